import pytest
from hypothesis import given
from hypothesis import strategies as st
from statemachine.exceptions import TransitionNotAllowed

from ordercore.errors import Rejected
from ordercore.lifecycle import Category, compile_lifecycle
from tests.lifecycle.machines import ParcelMachine

PARCEL = compile_lifecycle(ParcelMachine)
EVENTS = sorted({event for _, event in PARCEL.table})

walks = st.lists(st.sampled_from([*EVENTS, "teleport"]), max_size=20)


@given(walks)
def test_the_table_and_the_machine_go_the_same_way(events: list[str]) -> None:
    machine = ParcelMachine()
    status = PARCEL.initial
    for event in events:
        try:
            machine.send(event)
        except TransitionNotAllowed:
            assert not PARCEL.allows(status, event)
            with pytest.raises(Rejected, match="not_legal_now"):
                PARCEL.after(status, event, "P-1")
        else:
            assert PARCEL.allows(status, event)
            status = PARCEL.after(status, event, "P-1")

        (state,) = machine.configuration
        assert status == state.value
        assert PARCEL.has_ended(status) == state.final
        assert set(PARCEL.legal(status)) == {str(event) for event in machine.allowed_events}


def test_what_is_legal_is_listed_as_declared() -> None:
    assert PARCEL.legal("packed") == ("unpack", "weigh", "hand_over", "stop")
    assert PARCEL.legal("delivered") == ()


@pytest.mark.parametrize(
    ("status", "event", "message"),
    [
        (
            "planned",
            "deliver",
            "not_legal_now: can't deliver parcel P-1: it is planned; legal now: pack, stop",
        ),
        (
            "delivered",
            "stop",
            (
                "not_legal_now: can't stop parcel P-1: it is delivered; "
                "legal now: nothing: it has ended"
            ),
        ),
    ],
)
def test_a_refusal_says_what_would_be_legal(status: str, event: str, message: str) -> None:
    with pytest.raises(Rejected) as refusal:
        PARCEL.after(status, event, "P-1")

    assert str(refusal.value) == message
    assert refusal.value.data == {"subject": "P-1", "status": status, "event": event}


@pytest.mark.parametrize(
    ("status", "ended"),
    [("planned", False), ("packed", False), ("delivered", True), ("stopped", True)],
)
def test_done_and_stopped_are_the_ends(status: str, *, ended: bool) -> None:
    assert PARCEL.has_ended(status) == ended
    assert (PARCEL.categories[status] in {Category.DONE, Category.STOPPED}) == ended
