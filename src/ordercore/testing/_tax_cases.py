"""
What every tax calculator must do.

"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

import attrs

from ordercore.money import AMOUNT_MAX
from ordercore.parties import Destination
from ordercore.ports import AsyncTaxCalculator, TaxCalculator
from ordercore.testing._conformance import Case, Kit, at_once, require, run_cases
from ordercore.totals import SHIPPING_LINE, TaxableAmount, TaxOn

__all__ = ["TAX_CASES", "TaxTrial", "check_tax"]


@attrs.frozen(kw_only=True)
class TaxTrial:
    """
    A fresh tax calculator and what a case needs to ask it things.

    Attributes:
        tax: Fresh from its factory.
        currency: Of all amounts.
        destination: One that the calculator knows.
        tax_class: One that the calculator knows.
        sku: What is sold.
    """

    tax: TaxCalculator
    currency: str
    destination: Destination
    tax_class: str
    sku: str

    def question(self, *amounts_minor: int, gross: bool = False) -> TaxOn:
        """
        Ask for the taxes of an order: a line an amount, and shipping last.

        """
        lines = tuple(
            TaxableAmount(
                line=f"line-{n}",
                sku=self.sku,
                tax_class=self.tax_class,
                quantity=1,
                amount_minor=amount_minor,
            )
            for n, amount_minor in enumerate(amounts_minor, 1)
        )
        shipping = TaxableAmount(
            line=SHIPPING_LINE, sku="", tax_class="shipping", quantity=1, amount_minor=495
        )
        return TaxOn(
            currency=self.currency,
            destination=self.destination,
            prices_include_tax=gross,
            amounts=(*lines, shipping) if lines else (),
        )


_kit: Final = Kit[TaxTrial]()


@_kit.case()
def _the_same_question_has_the_same_taxes(t: TaxTrial) -> None:
    """The total that the shopper saw is the total of the order."""
    question = t.question(999, 12_345)
    first, second = t.tax.quote(question).taxes, t.tax.quote(question).taxes
    require(first == second, f"first {first}, then {second}")


@_kit.case()
def _every_tax_is_on_a_line_of_the_question(t: TaxTrial) -> None:
    """A tax on nothing that is sold could never be refunded."""
    question = t.question(999, 12_345)
    asked = {amount.line for amount in question.amounts}
    strange = [tax.line for tax in t.tax.quote(question).taxes if tax.line not in asked]
    require(not strange, f"taxes on unknown lines {strange}")


@_kit.case()
def _a_tax_stands_once_on_a_line(t: TaxTrial) -> None:
    """Two entries of one tax on one line are one tax counted twice."""
    named = [(tax.line, tax.code) for tax in t.tax.quote(t.question(999, 12_345)).taxes]
    require(len(named) == len(set(named)), f"named twice among {named}")


@_kit.case()
def _taxes_on_net_prices_are_added(t: TaxTrial) -> None:
    """A net price contains no tax."""
    contained = [tax for tax in t.tax.quote(t.question(999, 12_345)).taxes if tax.included]
    require(not contained, f"contained in net prices: {contained}")


@_kit.case()
def _taxes_in_gross_prices_are_contained(t: TaxTrial) -> None:
    """Whoever is quoted a gross price pays that price."""
    question = t.question(999, 12_345, gross=True)
    added = [tax for tax in t.tax.quote(question).taxes if not tax.included]
    require(not added, f"added to gross prices: {added}")


@_kit.case()
def _contained_taxes_do_not_exceed_their_line(t: TaxTrial) -> None:
    """A line of one minor unit contains at most that."""
    question = t.question(1, 2, 3, gross=True)
    taxes = t.tax.quote(question).taxes
    for amount in question.amounts:
        contained = sum(x.amount_minor for x in taxes if x.included and x.line == amount.line)
        require(
            contained <= amount.amount_minor,
            f"{contained} are contained in the {amount.amount_minor} of {amount.line}",
        )


@_kit.case()
def _nothing_costs_no_tax(t: TaxTrial) -> None:
    """A line given away is not taxed, be it named or not."""
    taxes = t.tax.quote(t.question(0)).taxes
    taxed = [tax for tax in taxes if tax.line == "line-1" and tax.amount_minor]
    require(not taxed, f"taxes on an amount of 0: {taxed}")


@_kit.case()
def _an_order_without_lines_is_not_taxed(t: TaxTrial) -> None:
    """No line, no tax, and no exception either."""
    taxes = t.tax.quote(t.question()).taxes
    require(not taxes, f"taxes on nothing: {taxes}")


@_kit.case()
def _a_tax_has_a_name(t: TaxTrial) -> None:
    """An invoice says which tax it is."""
    nameless = [x for x in t.tax.quote(t.question(999)).taxes if not x.code]
    require(not nameless, f"without code: {nameless}")


@_kit.case()
def _the_largest_amount_is_taxed(t: TaxTrial) -> None:
    """An order of any size is quoted, in either kind of prices."""
    for gross in (False, True):
        question = t.question(AMOUNT_MAX, gross=gross)
        first, second = t.tax.quote(question).taxes, t.tax.quote(question).taxes
        require(first == second, f"first {first}, then {second}")


@_kit.case()
def _questions_at_once_get_their_own_answers(t: TaxTrial) -> None:
    """Shoppers at the till in the same moment have different carts."""
    questions = [t.question(1_000 * (n + 1)) for n in range(4)]
    expected = [t.tax.quote(question).taxes for question in questions]
    found = at_once(lambda n: t.tax.quote(questions[n]).taxes, 4)
    require(found == expected, f"one by one {expected}, at once {found}")


#: The cases of tax calculators, in order.
TAX_CASES: Final = _kit.cases


def check_tax(
    make: Callable[[], TaxCalculator | AsyncTaxCalculator | Awaitable[AsyncTaxCalculator]],
    *,
    cases: Iterable[Case[TaxTrial]] = TAX_CASES,
    currency: str = "EUR",
    country: str = "DE",
    subdivision: str = "",
    postal_area: str = "",
    tax_class: str = "standard",
    sku: str = "SKU-1",
) -> tuple[str, ...]:
    """
    Hold the claims of the tax port against an adapter.

    Args:
        make: Returns a fresh adapter, blocking or awaited; called once a case. It may be a
            coroutine function, and then makes it on a running event loop.
        cases: Which claims; all of them unless told otherwise.
        currency: Of all amounts.
        country: Where the goods go; better one that is taxed.
        subdivision: The same, where taxes ask for it.
        postal_area: The same.
        tax_class: Of the goods; better one that is taxed.
        sku: Of the goods.

    Returns:
        The names of the cases, all of which hold.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    destination = Destination(country=country, subdivision=subdivision, postal_area=postal_area)
    return run_cases(
        cases,
        make,
        TaxCalculator,
        lambda _, asked: TaxTrial(
            tax=asked.adapter,
            currency=currency,
            destination=destination,
            tax_class=tax_class,
            sku=sku,
        ),
    )
