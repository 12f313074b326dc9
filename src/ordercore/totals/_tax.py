"""
What a tax port is asked, and what it answers.

"""

import attrs

from ordercore.grammar import Need
from ordercore.parties import Destination
from ordercore.totals._pricing import TaxedAmount

__all__ = ["TaxOn", "TaxQuote", "TaxableAmount"]


@attrs.frozen(kw_only=True)
class TaxableAmount:
    """
    One line as a tax port sees it.

    Attributes:
        line: The line's id; ``"shipping"`` for the order's own shipping.
        sku: What is taxed; empty for shipping.
        tax_class: The catalog's word for how it is taxed; ``"shipping"`` for shipping.
        quantity: Units.
        amount_minor: Goods less discounts plus charges, in minor units, for the whole line.
    """

    line: str
    sku: str
    tax_class: str
    quantity: int
    amount_minor: int


@attrs.frozen(kw_only=True)
class TaxQuote:
    """
    What the taxes are, and by whose word.

    Attributes:
        reference: The tax port's name for this answer; empty where it keeps none.
        taxes: By line and tax; a line without entry is not taxed.
    """

    reference: str = ""
    taxes: tuple[TaxedAmount, ...] = ()


@attrs.frozen(kw_only=True, cache_hash=True)
class TaxOn(Need[TaxQuote]):
    """
    The taxes on what is sold to a destination.

    Attributes:
        currency: Of the amounts.
        destination: Where it goes.
        prices_include_tax: Whether the amounts are gross; the taxes are then contained in them.
        amounts: Line by line.
    """

    currency: str
    destination: Destination
    prices_include_tax: bool
    amounts: tuple[TaxableAmount, ...]
