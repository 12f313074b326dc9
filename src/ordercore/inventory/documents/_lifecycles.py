"""
The compiled lifecycles of the stock documents; the machines are imported to be drawn.

"""

from typing import Final

from ordercore.inventory.documents._tables import COUNT, PURCHASE, TRANSFER
from ordercore.lifecycle import Declared

__all__ = ["COUNT_LIFECYCLE", "PURCHASE_LIFECYCLE", "TRANSFER_LIFECYCLE"]

PURCHASE_LIFECYCLE: Final = Declared(
    "ordercore.inventory.documents._machines", "PurchaseMachine", PURCHASE
)
TRANSFER_LIFECYCLE: Final = Declared(
    "ordercore.inventory.documents._machines", "TransferMachine", TRANSFER
)
COUNT_LIFECYCLE: Final = Declared("ordercore.inventory.documents._machines", "CountMachine", COUNT)
