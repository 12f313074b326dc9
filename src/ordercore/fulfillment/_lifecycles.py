"""
The compiled lifecycles of fulfillment; the machines are imported to be drawn.

"""

from typing import Final

from ordercore.fulfillment._tables import FULFILLMENT_ORDER, PACKAGE
from ordercore.lifecycle import Declared

__all__ = ["FULFILLMENT_ORDER_LIFECYCLE", "PACKAGE_LIFECYCLE"]

FULFILLMENT_ORDER_LIFECYCLE: Final = Declared(
    "ordercore.fulfillment._machines", "FulfillmentOrderMachine", FULFILLMENT_ORDER
)
PACKAGE_LIFECYCLE: Final = Declared("ordercore.fulfillment._machines", "PackageMachine", PACKAGE)
