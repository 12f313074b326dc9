"""
The compiled lifecycles of payments; the machines are imported on first use.

"""

from typing import Final

from ordercore.lifecycle import Declared

__all__ = ["PAYMENT_LIFECYCLE", "REQUEST_LIFECYCLE"]

PAYMENT_LIFECYCLE: Final = Declared("ordercore.payments._machines", "PaymentMachine")
REQUEST_LIFECYCLE: Final = Declared("ordercore.payments._machines", "MoneyRequestMachine")
