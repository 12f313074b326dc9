"""Tax calculators that are wrong in one way each, by the name of the case that has to find it."""

import threading
from collections.abc import Callable

import attrs

from ordercore.testing import FakeTax
from ordercore.totals import TaxedAmount, TaxOn, TaxQuote

VAT = {("DE", "standard"): 1900, ("DE", "shipping"): 1900}


class Changed(FakeTax):
    """Changes the answers of one that is right."""

    def __init__(self, change: Callable[[TaxOn, TaxQuote], TaxQuote]) -> None:
        super().__init__(VAT)
        self.change = change

    def quote(self, question: TaxOn) -> TaxQuote:
        return self.change(question, super().quote(question))


class Moody(FakeTax):
    def __init__(self) -> None:
        super().__init__(VAT)

    def quote(self, question: TaxOn) -> TaxQuote:
        quote = super().quote(question)
        return quote if self.calls % 2 or len(question.amounts) < 3 else TaxQuote()


class Distracted(FakeTax):
    """Forgets its question where several threads ask."""

    def __init__(self) -> None:
        super().__init__(VAT)

    def quote(self, question: TaxOn) -> TaxQuote:
        crowded = threading.current_thread().name.startswith("ThreadPool")
        return TaxQuote() if crowded else super().quote(question)


class Small(FakeTax):
    def __init__(self) -> None:
        super().__init__(VAT)

    def quote(self, question: TaxOn) -> TaxQuote:
        if any(amount.amount_minor >= 2**31 for amount in question.amounts):
            raise OverflowError
        return super().quote(question)


def line_1(question: TaxOn) -> int:
    """Return what the first line costs."""
    return question.amounts[0].amount_minor if question.amounts else -1


def plus(
    line: str,
    amount_minor: int,
    when: Callable[[TaxOn], bool],
) -> Callable[[], FakeTax]:
    """Add a tax where a question is of some kind."""

    def change(question: TaxOn, quote: TaxQuote) -> TaxQuote:
        included = question.prices_include_tax
        more = TaxedAmount(line=line, code="eco", amount_minor=amount_minor, included=included)
        return attrs.evolve(quote, taxes=(*quote.taxes, more)) if when(question) else quote

    return lambda: Changed(change)


def turned(*, gross: bool) -> Callable[[], FakeTax]:
    """Take net prices for gross ones, or gross ones for net."""

    def change(question: TaxOn, quote: TaxQuote) -> TaxQuote:
        if question.prices_include_tax != gross:
            return quote
        return attrs.evolve(
            quote, taxes=tuple(attrs.evolve(t, included=not gross) for t in quote.taxes)
        )

    return lambda: Changed(change)


def nameless(_: TaxOn, quote: TaxQuote) -> TaxQuote:
    """Leave out the codes."""
    return attrs.evolve(quote, taxes=tuple(attrs.evolve(t, code="") for t in quote.taxes))


def doubled(_: TaxOn, quote: TaxQuote) -> TaxQuote:
    """Say everything twice."""
    return attrs.evolve(quote, taxes=quote.taxes * 2)


WRONG_TAXES: dict[str, Callable[[], FakeTax]] = {
    "the_same_question_has_the_same_taxes": Moody,
    "every_tax_is_on_a_line_of_the_question": plus("line-9", 0, lambda q: bool(q.amounts)),
    "a_tax_stands_once_on_a_line": lambda: Changed(doubled),
    "taxes_on_net_prices_are_added": turned(gross=False),
    "taxes_in_gross_prices_are_contained": turned(gross=True),
    "contained_taxes_do_not_exceed_their_line": plus("line-1", 2, lambda q: line_1(q) == 1),
    "nothing_costs_no_tax": plus("line-1", 1, lambda q: line_1(q) == 0),
    "an_order_without_lines_is_not_taxed": plus("line-1", 1, lambda q: not q.amounts),
    "a_tax_has_a_name": lambda: Changed(nameless),
    "the_largest_amount_is_taxed": Small,
    "questions_at_once_get_their_own_answers": Distracted,
}
