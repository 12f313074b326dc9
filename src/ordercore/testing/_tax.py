"""
Taxes by a table of rates, and no taxes at all.

"""

from collections.abc import Mapping

from ordercore.errors import InvalidDefinition, PortUnavailable
from ordercore.money import Rounding, divide
from ordercore.testing._faults import Fault, FaultPlan
from ordercore.totals import TaxableAmount, TaxedAmount, TaxOn, TaxQuote

__all__ = ["FakeTax", "NoTax"]

_WHOLE_BP = 10_000
_RATE_MAX_BP = 100_000


class NoTax:
    """
    A fake of :class:`ordercore.ports.TaxCalculator` for which nothing is taxed.

    """

    def quote(self, question: TaxOn) -> TaxQuote:
        """
        Return a quote without taxes.

        """
        return TaxQuote()


class FakeTax:
    """
    A fake of :class:`ordercore.ports.TaxCalculator`: one tax a line, by country and tax class.

    A tax is rounded once a line, a half to the even neighbor. Where the prices include tax, it is
    the part contained in the amount. Subdivisions are ignored. Same questions, same answers.

    Args:
        rates: Basis points by (country, tax class): ``{("DE", "standard"): 1900}`` is 19 %. What is
            not listed, or listed at 0, is not taxed. Shipping has the tax class ``"shipping"``.

    Attributes:
        calls: How often it was asked, planned faults included.

    Raises:
        InvalidDefinition: A rate outside 0 to 100,000.
    """

    def __init__(self, rates: Mapping[tuple[str, str], int]) -> None:
        for (country, tax_class), rate_bp in rates.items():
            if not 0 <= rate_bp <= _RATE_MAX_BP:
                raise InvalidDefinition(
                    f"tax: the rate of {tax_class} in {country} is {rate_bp} basis points;"
                    f" legal are 0 to {_RATE_MAX_BP}"
                )
        self.calls = 0
        self._rates = dict(rates)
        self._faults = FaultPlan("tax", reading=("quote",))

    def plan(self, operation: str, *faults: Fault | None) -> None:
        """
        Plan what goes wrong with the next calls of ``"quote"``; None lets a call pass.

        Raises:
            InvalidDefinition: Another operation, or another fault than ``UNAVAILABLE``.
        """
        self._faults.add(operation, faults, None)

    @property
    def faults_left(self) -> int:
        """
        How many planned faults no call has met yet.

        """
        return self._faults.left

    def quote(self, question: TaxOn) -> TaxQuote:
        """
        Quote by the table.

        Raises:
            PortUnavailable: As planned.
        """
        self.calls += 1
        if self._faults.take("quote", "") is not None:
            raise PortUnavailable("tax", "quote is away, as planned")
        taxes = (self._tax(question, amount) for amount in question.amounts)
        return TaxQuote(taxes=tuple(tax for tax in taxes if tax is not None))

    def _tax(self, question: TaxOn, amount: TaxableAmount) -> TaxedAmount | None:
        rate_bp = self._rates.get((question.destination.country, amount.tax_class), 0)
        if not rate_bp:
            return None
        included = question.prices_include_tax
        whole_bp = _WHOLE_BP + rate_bp if included else _WHOLE_BP
        return TaxedAmount(
            line=amount.line,
            code=f"vat-{rate_bp}",
            amount_minor=divide(amount.amount_minor * rate_bp, whole_bp, Rounding.HALF_EVEN),
            included=included,
        )
