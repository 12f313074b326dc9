import pytest

from ordercore.ledger import Step
from tests.ledger.builders import (
    SOLD,
    STOCK,
    at,
    divide,
    expire,
    ledger_with,
    pend,
    post,
    post_pending,
    refusal,
    void,
)


@pytest.mark.parametrize(
    "step",
    [
        pend("h/part-1", 1),
        post("h/part-12", 1),
        pend("h/expired", 1),
        void("h/expired", "h"),
        divide("h/part-1/part-2", "h", 1),
        post_pending("h/part-1/expired", "h"),
        expire("h", 5, "mine"),
        expire("h", 5, "other/expired"),
    ],
    ids=lambda step: f"{type(step).__name__}-{step.id}",
)
def test_the_names_that_the_ledger_gives_are_never_given_by_others(step: Step) -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))
    refused = refusal(ledger, step, seconds=5)

    assert (refused.code, dict(refused.data)) == ("id_reserved", {"step": step.id})


@pytest.mark.parametrize("step_id", ["expired", "part-1", "h/part-one", "h/part-1/x", "h/expired-1"])
def test_only_names_that_the_ledger_would_give_are_reserved(step_id: str) -> None:
    ledger = ledger_with(post("in", 9))
    ledger.apply([pend(step_id, 4)], at(0))

    assert [hold.id for hold in ledger.pendings()] == [step_id]


def test_no_part_ever_takes_the_place_of_another_hold() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4), divide("cut", "h", 1, 3))

    assert refusal(ledger, pend("h/part-1", 2)).code == "id_reserved"
    assert ledger.balance(STOCK).pending_out == 4
    assert ledger.balance(SOLD).pending_in == 4


@pytest.mark.parametrize(
    ("until", "said", "recorded", "code"),
    [
        (None, 5, 9, "expiry_differs"),
        (5, 4, 9, "expiry_differs"),
        (5, 6, 9, "expiry_differs"),
        (5, 4, 4, "expiry_differs"),
        (5, 5, 4, "pending_not_due"),
    ],
)
def test_a_hold_expires_at_its_own_instant_and_is_never_cut_short(
    until: int | None, said: int, recorded: int, code: str
) -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=until))
    refused = refusal(ledger, expire("h", said), seconds=recorded)

    assert (refused.code, dict(refused.data)) == (code, {"step": "h/expired", "pending": "h"})


def test_a_sweep_may_record_what_has_expired() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))
    ledger.apply([expire("h", 5)], at(9))

    assert list(ledger.pendings()) == []
    assert ledger.apply([expire("h", 5)], at(10)).repeated
    ledger.check_invariants()


@pytest.mark.parametrize("until", [-1, 0])
def test_a_hold_that_would_be_over_at_once_is_not_made(until: int) -> None:
    refused = refusal(ledger_with(post("in", 9)), pend("h", 4, until=until))

    assert (refused.code, dict(refused.data)) == ("expires_at_passed", {"step": "h"})
