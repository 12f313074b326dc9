"""
The compiled lifecycle of an order; its machine is imported on first use.

"""

from typing import Final

from ordercore.lifecycle import Declared

__all__ = ["ORDER_LIFECYCLE"]

ORDER_LIFECYCLE: Final = Declared("ordercore.orders._machines", "OrderMachine")
