"""
The host's policies, as frozen data.

"""

from enum import StrEnum

import attrs

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Context
from ordercore.inventory import StockRules
from ordercore.money import Rounding

__all__ = ["CaptureWhen", "OrderContext", "ReleaseWhen", "Rules"]


class ReleaseWhen(StrEnum):
    """
    When places may begin to work on an order.

    """

    AUTHORIZED = "authorized"  #: as soon as providers have promised what is due
    IMMEDIATELY = "immediately"  #: at placement, whatever becomes of the payment


class CaptureWhen(StrEnum):
    """
    When authorized money is taken.

    """

    PER_PACKAGE = "per_package"  #: each package takes its share as it leaves
    BY_COMMAND = "by_command"  #: only when ``CapturePayment`` says so


@attrs.frozen(kw_only=True)
class Rules:
    """
    How one shop wants its orders handled. What an order was placed under is copied into it.

    Attributes:
        release: When work begins.
        capture: When money is taken.
        rounding: How shares of amounts are rounded to minor units.
        prices_include_tax: Whether unit prices and shipping are gross.
        reservation_s: How long a cart holds its units, in seconds.
        buy_labels: Whether a packed box asks the carrier for a label.
        attempts_max: How often an effect is tried before a person must decide.
        retry_s: How long to wait after the first failed attempt, doubled after each up to
            a day.
        capacity_days_max: How many days, the present one included, are looked at for a place to
            have room for new work.
        stock: What is kept back, promised beyond stock or not counted, and who serves whom.

    Raises:
        InvalidDefinition: A number is outside of what can work.
    """

    release: ReleaseWhen = ReleaseWhen.AUTHORIZED
    capture: CaptureWhen = CaptureWhen.PER_PACKAGE
    rounding: Rounding = Rounding.HALF_EVEN
    prices_include_tax: bool = False
    reservation_s: int = 1_800
    buy_labels: bool = True
    attempts_max: int = 5
    retry_s: int = 60
    capacity_days_max: int = 7
    stock: StockRules = attrs.field(factory=StockRules)

    def __attrs_post_init__(self) -> None:
        least_of = {"reservation_s": 1, "attempts_max": 1, "retry_s": 0, "capacity_days_max": 1}
        for name, least in least_of.items():
            if getattr(self, name) < least:
                raise InvalidDefinition(f"rules: {name} is {getattr(self, name)}, least is {least}")


#: What decisions about orders know beside their facts.
OrderContext = Context[Rules]
