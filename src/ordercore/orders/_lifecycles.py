"""
The compiled lifecycle of an order; its machine is imported to be drawn.

"""

from typing import Final

from ordercore.lifecycle import Declared
from ordercore.orders._tables import ORDER

__all__ = ["ORDER_LIFECYCLE"]

ORDER_LIFECYCLE: Final = Declared("ordercore.orders._machines", "OrderMachine", ORDER)
