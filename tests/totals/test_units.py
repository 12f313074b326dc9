"""
The refund theorem: never a cent more than was captured, and all of it when everything is undone.
"""

from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, Rejected
from ordercore.money import QUANTITY_MAX, Rounding
from ordercore.totals import (
    ComponentKind,
    LineUnits,
    PricedLine,
    cancel_amount,
    capture_amount,
    line_amounts,
    refund_amount,
    unrefund_amount,
)
from tests.totals.totals_cases import goods_line, priced_lines, roundings

Step = Literal["capture", "cancel", "refund", "unrefund"]

steps = st.lists(
    st.tuples(
        st.sampled_from(["capture", "cancel", "refund", "unrefund"]),
        st.integers(1, 5),
    ),
    max_size=25,
)
AMOUNT_OF: dict[Step, Callable[[PricedLine, LineUnits, int, Rounding], int]] = {
    "capture": capture_amount,
    "cancel": cancel_amount,
    "refund": refund_amount,
    "unrefund": unrefund_amount,
}
#: How many units a step can take at most: what the theorem is about, stated without the code.
POSSIBLE: dict[Step, Callable[[LineUnits], int]] = {
    "capture": lambda u: u.quantity - u.captured - u.canceled,
    "cancel": lambda u: u.quantity - u.captured - u.canceled,
    "refund": lambda u: u.captured - u.refunded,
    "unrefund": lambda u: u.refunded,
}


class Books:
    """
    What an accountant would write down of each step, per component and in all.
    """

    def __init__(self, line: PricedLine, rounding: Rounding) -> None:
        self.line, self.rounding = line, rounding
        self.units = LineUnits(quantity=line.quantity)
        self.sums: dict[Step, int] = dict.fromkeys(AMOUNT_OF, 0)
        self.parts: dict[Step, list[int]] = {s: [0] * len(line.components) for s in AMOUNT_OF}

    def take(self, step: Step, n: int) -> int | None:
        """
        Take a step and book it, or see it refused exactly where there are too few units.
        """
        before = self.units
        if n > POSSIBLE[step](before):
            with pytest.raises(Rejected):
                getattr(before, step)(n)
            return None
        self.units, start, stop = getattr(before, step)(n)
        amount = AMOUNT_OF[step](self.line, before, n, self.rounding)
        self.sums[step] += amount
        for i, part in enumerate(self.line.breakdown(start, stop, self.rounding)):
            self.parts[step][i] += part.amount_minor
        return amount

    @property
    def refunded(self) -> int:
        return self.sums["refund"] - self.sums["unrefund"]

    def refunded_parts(self) -> list[int]:
        pairs = zip(self.parts["refund"], self.parts["unrefund"], strict=True)
        return [refund - undone for refund, undone in pairs]


@given(line=priced_lines(), rounding=roundings, walk=steps)
def test_refunds_are_the_first_units_captured_and_never_above_them(
    line: PricedLine, rounding: Rounding, walk: list[tuple[Step, int]]
) -> None:
    books = Books(line, rounding)
    for step, n in walk:
        books.take(step, n)

        first_units = line.breakdown(0, books.units.refunded, rounding)
        assert books.refunded_parts() == [c.amount_minor for c in first_units]
        assert 0 <= books.refunded <= books.sums["capture"] <= line.total_minor
        for refunded, captured in zip(books.refunded_parts(), books.parts["capture"], strict=True):
            assert abs(refunded) <= abs(captured)
            assert refunded * captured >= 0


@given(line=priced_lines(), rounding=roundings, walk=steps)
def test_refunding_everything_pays_back_exactly_what_was_captured(
    line: PricedLine, rounding: Rounding, walk: list[tuple[Step, int]]
) -> None:
    books = Books(line, rounding)
    for step, n in walk:
        books.take(step, n)
    for _ in range(books.units.refundable):
        books.take("refund", 1)

    assert books.refunded == books.sums["capture"]
    assert books.refunded_parts() == books.parts["capture"]


@given(line=priced_lines(), rounding=roundings, walk=steps)
def test_captured_canceled_and_remaining_are_the_line_in_every_component(
    line: PricedLine, rounding: Rounding, walk: list[tuple[Step, int]]
) -> None:
    books = Books(line, rounding)
    for step, n in walk:
        books.take(step, n)
        units = books.units
        rest = line.breakdown(units.captured, units.quantity - units.canceled, rounding)
        assert [
            captured + canceled + remaining.amount_minor
            for captured, canceled, remaining in zip(
                books.parts["capture"], books.parts["cancel"], rest, strict=True
            )
        ] == [c.amount_minor for c in line.components]


@given(line=priced_lines(), rounding=roundings, walk=steps)
def test_what_the_counts_are_worth_is_what_the_steps_added_up_to(
    line: PricedLine, rounding: Rounding, walk: list[tuple[Step, int]]
) -> None:
    books = Books(line, rounding)
    for step, n in walk:
        books.take(step, n)

    worth = line_amounts(line, books.units, rounding)
    assert worth.captured_minor == books.sums["capture"]
    assert worth.canceled_minor == books.sums["cancel"]
    assert worth.refunded_minor == books.refunded
    assert worth.refundable_minor == books.sums["capture"] - books.refunded
    assert worth.captured_minor + worth.canceled_minor + worth.uncaptured_minor == line.total_minor


@given(line=priced_lines(), rounding=roundings, n=st.integers(1, 12))
def test_an_undone_refund_takes_back_exactly_what_it_paid(
    line: PricedLine, rounding: Rounding, n: int
) -> None:
    books = Books(line, rounding)
    books.take("capture", line.quantity)
    books.take("refund", 1)
    before = books.units
    paid = books.take("refund", n)
    if paid is not None:
        assert books.take("unrefund", n) == paid
    assert books.units == before


def test_each_step_takes_units_from_its_own_end() -> None:
    units = LineUnits(quantity=10)
    units, *captured = units.capture(4)
    units, *canceled = units.cancel(3)
    units, *refunded = units.refund(2)
    units, *more = units.refund(1)
    units, *undone = units.unrefund(2)
    assert [captured, canceled, refunded, more, undone] == [[0, 4], [7, 10], [0, 2], [2, 3], [1, 3]]
    assert units == LineUnits(quantity=10, captured=4, canceled=3, refunded=1)
    assert (units.uncaptured, units.refundable) == (3, 3)


HALFWAY = LineUnits(quantity=10, captured=4, canceled=3, refunded=1)


@pytest.mark.parametrize(
    ("step", "possible", "code"),
    [
        ("capture", 3, "nothing_left_to_capture"),
        ("cancel", 3, "nothing_left_to_cancel"),
        ("refund", 3, "not_captured"),
        ("unrefund", 1, "not_refunded"),
    ],
)
def test_a_step_beyond_what_is_there_is_refused_with_true_numbers(
    step: str, possible: int, code: str
) -> None:
    getattr(HALFWAY, step)(possible)
    with pytest.raises(Rejected) as caught:
        getattr(HALFWAY, step)(possible + 1)
    assert caught.value.code == code
    assert caught.value.legal == (f"{step} 1 to {possible}",)
    assert caught.value.data == {
        "asked": possible + 1,
        "possible": possible,
        "quantity": 10,
        "captured": 4,
        "canceled": 3,
        "refunded": 1,
    }


@pytest.mark.parametrize("step", ["capture", "cancel", "refund", "unrefund"])
@pytest.mark.parametrize("n", [0, -1, True, 1.0, QUANTITY_MAX + 1])
def test_a_step_is_of_one_unit_at_least(step: str, n: object) -> None:
    with pytest.raises(InvalidData, match="units: "):
        getattr(HALFWAY, step)(n)


@pytest.mark.parametrize(
    "counts",
    [
        {"quantity": 0},
        {"quantity": QUANTITY_MAX + 1},
        {"quantity": 3, "captured": -1},
        {"quantity": 3, "canceled": -1},
        {"quantity": 3, "captured": 1, "refunded": -1},
        {"quantity": 3, "captured": 2, "canceled": 2},
        {"quantity": 3, "captured": 1, "refunded": 2},
    ],
)
def test_counts_that_cannot_be_are_refused(counts: dict[str, int]) -> None:
    with pytest.raises(InvalidData, match="LineUnits is invalid"):
        LineUnits(**counts)


@pytest.mark.parametrize("step", ["capture", "cancel", "refund", "unrefund"])
def test_counts_of_another_quantity_are_not_mistaken_for_the_lines(step: Step) -> None:
    line = goods_line(9, (ComponentKind.GOODS, 100))
    with pytest.raises(InvalidData, match="the line has 9 units, the counts are of 10"):
        AMOUNT_OF[step](line, HALFWAY, 1, Rounding.DOWN)
    with pytest.raises(InvalidData, match="the line has 9 units, the counts are of 10"):
        line_amounts(line, HALFWAY, Rounding.DOWN)
