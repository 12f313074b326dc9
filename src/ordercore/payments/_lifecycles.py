"""
The compiled lifecycles of payments; the machines are imported to be drawn.

"""

from typing import Final

from ordercore.lifecycle import Declared
from ordercore.payments._tables import PAYMENT, REQUEST

__all__ = ["PAYMENT_LIFECYCLE", "REQUEST_LIFECYCLE"]

PAYMENT_LIFECYCLE: Final = Declared("ordercore.payments._machines", "PaymentMachine", PAYMENT)
REQUEST_LIFECYCLE: Final = Declared("ordercore.payments._machines", "MoneyRequestMachine", REQUEST)
