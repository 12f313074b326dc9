"""
What an order costs, of what it consists, and what of it falls on which units.

:func:`price_order` puts the components of an order together, once. From then on :class:`LineUnits`
counts what was captured, canceled and refunded of each line, and every amount of every such step is
computed from those counts: exactly, with nothing stored beside them.
"""

from ordercore.totals._components import (
    COMPONENTS_MAX,
    SHIPPING_LINE,
    Component,
    ComponentKind,
    OrderTotals,
    PricedLine,
)
from ordercore.totals._parts import PartToPrice, split_line
from ordercore.totals._pricing import (
    LINES_MAX,
    Charge,
    Discount,
    LineToPrice,
    TaxedAmount,
    price_order,
    taxable_amounts,
)
from ordercore.totals._tax import TaxableAmount, TaxOn, TaxQuote
from ordercore.totals._units import (
    LineAmounts,
    LineUnits,
    cancel_amount,
    capture_amount,
    line_amounts,
    refund_amount,
    unrefund_amount,
)

__all__ = [
    "COMPONENTS_MAX",
    "LINES_MAX",
    "SHIPPING_LINE",
    "Charge",
    "Component",
    "ComponentKind",
    "Discount",
    "LineAmounts",
    "LineToPrice",
    "LineUnits",
    "OrderTotals",
    "PartToPrice",
    "PricedLine",
    "TaxOn",
    "TaxQuote",
    "TaxableAmount",
    "TaxedAmount",
    "cancel_amount",
    "capture_amount",
    "line_amounts",
    "price_order",
    "refund_amount",
    "split_line",
    "taxable_amounts",
    "unrefund_amount",
]
