"""
Returns alone: never more back than left, and each unit once.

"""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.ids import LineId, PlaceId, Sku
from ordercore.returns import (
    EMPTY,
    ReturnEvent,
    Returns,
    authorize_return,
    cancel_return,
    evolve,
    inspect_return,
    receive_return,
    require_return,
)

A, B = LineId("line-1"), LineId("line-2")
BERLIN = PlaceId("berlin")


def permit(state: Returns, quantities: Mapping[LineId, int], a: int = 3, b: int = 0) -> Returns:
    shipped = {A: (Sku("MUG"), a), B: (Sku("TEE"), b)}
    return evolve(state, authorize_return(state, "O-1", quantities, shipped, "too small"))


def told(state: Returns, *events: ReturnEvent) -> Returns:
    for event in events:
        state = evolve(state, event)
    return state


def test_no_more_comes_back_than_left_and_is_not_coming_back_already() -> None:
    state = permit(EMPTY, {A: 2})
    with pytest.raises(Rejected, match="3 have shipped and 2 are returned") as caught:
        permit(state, {A: 2})
    assert caught.value.legal == ("1 to 1",)
    assert permit(state, {A: 1}).units(A) == 3
    with pytest.raises(Rejected, match="0 have shipped") as caught:
        permit(state, {B: 1})
    assert caught.value.legal == ("nothing of this line",)


def test_a_return_of_nothing_or_of_an_unknown_line_is_refused() -> None:
    with pytest.raises(Rejected, match="nothing_asked"):
        permit(EMPTY, {})
    with pytest.raises(Rejected, match="line-1, line-2"):
        permit(EMPTY, {LineId("line-9"): 1})
    for quantity in (0, -1):
        with pytest.raises(Rejected, match="not_shipped"):
            permit(EMPTY, {A: quantity})


def test_a_canceled_return_frees_its_units() -> None:
    state = permit(EMPTY, {A: 3})
    state = told(state, cancel_return(state.returns[0]))
    assert state.units(A) == 0
    assert permit(state, {A: 3}).returns[1].id == "O-1/return-2"
    with pytest.raises(Rejected, match="nothing: it has ended"):
        cancel_return(state.returns[0])


def test_what_did_not_come_may_be_returned_later() -> None:
    state = permit(EMPTY, {A: 3})
    state = told(state, receive_return(state.returns[0], BERLIN, {A: 1}))
    assert state.units(A) == 1
    assert permit(state, {A: 2}).units(A) == 3


def test_everything_that_was_permitted_has_come_unless_said_otherwise() -> None:
    state = permit(EMPTY, {A: 2})
    received = receive_return(state.returns[0], BERLIN, None)
    assert [(u.line_id, u.quantity) for u in received.lines] == [(A, 2)]
    with pytest.raises(Rejected, match="nothing_asked"):
        receive_return(state.returns[0], BERLIN, {})


@pytest.mark.parametrize("quantities", [{A: 3}, {A: 0}, {B: 1}])
def test_nothing_is_received_that_was_not_permitted(quantities: Mapping[LineId, int]) -> None:
    state = permit(EMPTY, {A: 2})
    with pytest.raises(Rejected, match="quantity_not_there"):
        receive_return(state.returns[0], BERLIN, quantities)


@pytest.mark.parametrize("damaged", [{A: 3}, {A: -1}, {B: 1}])
def test_no_more_is_damaged_than_came(damaged: Mapping[LineId, int]) -> None:
    state = permit(EMPTY, {A: 2})
    state = told(state, receive_return(state.returns[0], BERLIN, None))
    with pytest.raises(Rejected, match="quantity_not_there"):
        inspect_return(state.returns[0], damaged)


def test_what_is_not_damaged_goes_back_on_the_shelf() -> None:
    state = permit(EMPTY, {A: 3})
    state = told(state, receive_return(state.returns[0], BERLIN, None))
    inspected = inspect_return(state.returns[0], {A: 1})
    assert [(u.restocked, u.damaged, u.quantity) for u in inspected.lines] == [(2, 1, 3)]
    state = told(state, inspected)
    assert (state.returns[0].status, state.units(A)) == ("inspected", 3)


def test_each_step_comes_once_and_in_its_order() -> None:
    state = permit(EMPTY, {A: 2})
    with pytest.raises(Rejected, match="can't inspect"):
        inspect_return(state.returns[0], {})
    state = told(state, receive_return(state.returns[0], BERLIN, None))
    with pytest.raises(Rejected, match="can't receive"):
        receive_return(state.returns[0], BERLIN, None)
    with pytest.raises(Rejected, match="can't cancel"):
        cancel_return(state.returns[0])
    state = told(state, inspect_return(state.returns[0], {}))
    with pytest.raises(Rejected, match="can't inspect"):
        inspect_return(state.returns[0], {})


def test_an_unknown_return_is_refused_naming_those_that_exist() -> None:
    state = permit(EMPTY, {A: 1})
    assert require_return(state, "O-1/return-1").reason == "too small"
    with pytest.raises(Rejected, match="O-1/return-1") as caught:
        require_return(state, "O-1/return-2")
    assert caught.value.code == "unknown_return"


@given(
    shipped=st.integers(0, 6),
    steps=st.lists(
        st.tuples(st.sampled_from("prric"), st.integers(0, 3), st.integers(1, 4)), max_size=15
    ),
)
def test_a_line_never_takes_back_more_than_left(
    shipped: int, steps: list[tuple[str, int, int]]
) -> None:
    state = EMPTY
    for word, which, n in steps:
        known = state.returns[which % len(state.returns)] if state.returns else None
        try:
            if word == "p":
                state = permit(state, {A: n}, shipped)
            elif known and word == "r":
                state = told(state, receive_return(known, BERLIN, {A: n}))
            elif known and word == "i":
                state = told(state, inspect_return(known, {A: n - 1}))
            elif known:
                state = told(state, cancel_return(known))
        except Rejected as refusal:
            assert refusal.legal  # noqa: PT017 - any step may be refused, always with a way out
        assert 0 <= state.units(A) <= shipped
