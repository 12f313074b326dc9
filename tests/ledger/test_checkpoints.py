from copy import deepcopy
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvariantViolated, Rejected
from ordercore.ledger import Ledger, Pend
from tests.ledger.builders import (
    SOLD,
    STOCK,
    at,
    divide,
    ledger_with,
    pend,
    post,
    post_pending,
    reverse,
    void,
)
from tests.ledger.walks import ACCOUNTS, walked

seeds = st.integers(0, 10_000)


def cut(whole: Ledger, position: int) -> Ledger:
    """
    Return the ledger again: resumed from a checkpoint at a position, with its tail.

    """
    older = Ledger()
    older._replay(islice(whole.entries(), position))
    return Ledger.resume(older.checkpoint(), older, whole.entries(after=position))


def shown(ledger: Ledger) -> object:
    return (
        ledger.position,
        list(ledger.entries()),
        list(ledger.balances()),
        list(ledger.pendings()),
        [list(ledger.entries(account)) for account in ACCOUNTS],
        [list(ledger.due_pendings(account, at(99), 99)) for account in ACCOUNTS],
    )


@given(seeds, st.data())
def test_a_ledger_that_was_resumed_cannot_be_told_from_one_that_never_stopped(
    seed: int, data: st.DataObject
) -> None:
    whole = walked(seed, 15)
    resumed = cut(whole, data.draw(st.integers(0, whole.position)))

    assert shown(resumed) == shown(whole)
    resumed.check_invariants()

    one, other = walked(seed + 1, 10, deepcopy(whole), 20), walked(seed + 1, 10, resumed, 20)
    assert shown(one) == shown(other)
    other.check_invariants()


@given(seeds, st.data())
def test_what_was_recorded_before_the_checkpoint_is_known_by_its_id(
    seed: int, data: st.DataObject
) -> None:
    whole = walked(seed, 10)
    resumed = cut(whole, data.draw(st.integers(0, whole.position)))

    for entry in list(whole.entries()):
        assert resumed.apply([entry.step], at(50)) == []
        assert resumed.step(entry.step.id) == entry.step
    assert shown(resumed) == shown(whole)


def test_every_rule_that_asks_for_the_past_finds_it_behind_the_checkpoint() -> None:
    whole = ledger_with(
        post("in", 9),
        pend("gone", 2),
        void("v", "gone"),
        pend("cut", 3),
        divide("d", "cut", 1, 2),
        post_pending("ship", "cut/part-2"),
    )
    resumed = cut(whole, whole.position)

    for step, code in (
        (void("x", "gone"), "pending_already_voided"),
        (void("x", "cut"), "pending_already_divided"),
        (void("x", "nobody"), "pending_not_found"),
        (pend("in", 1), "id_exists_with_different_kind"),
        (reverse("nobody"), "step_not_found"),
    ):
        with pytest.raises(Rejected) as refused:
            resumed.apply([step], at(9))
        assert refused.value.code == code
    resumed.apply([reverse("ship")], at(9))
    assert resumed.balance(STOCK).posted == 9
    assert resumed.balance(SOLD).posted == 0
    assert resumed.ended_by("gone") == void("v", "gone")


def test_a_tail_that_does_not_fit_its_checkpoint_is_refused() -> None:
    whole = walked(1, 40)
    older = Ledger()
    older._replay(islice(whole.entries(), 5))

    with pytest.raises(InvariantViolated, match="entry 7 of a log follows on 5"):
        Ledger.resume(older.checkpoint(), older, islice(whole.entries(), 6, None))


def test_a_checkpoint_keeps_no_step() -> None:
    checkpoint = walked(1, 30).checkpoint()

    assert not any(isinstance(hold, Pend) for hold in checkpoint.holds)
    assert set(checkpoint.balances) <= set(ACCOUNTS)
