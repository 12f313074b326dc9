"""
The compiled lifecycles of fulfillment; the machines are imported on first use.

"""

from typing import Final

from ordercore.lifecycle import Declared

__all__ = ["FULFILLMENT_ORDER_LIFECYCLE", "PACKAGE_LIFECYCLE"]

FULFILLMENT_ORDER_LIFECYCLE: Final = Declared(
    "ordercore.fulfillment._machines", "FulfillmentOrderMachine"
)
PACKAGE_LIFECYCLE: Final = Declared("ordercore.fulfillment._machines", "PackageMachine")
