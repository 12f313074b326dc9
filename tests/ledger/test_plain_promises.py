from copy import deepcopy
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.ledger import AccountId, Ledger, Step, _rules
from ordercore.ledger._plain import promise_plainly
from tests.ledger.builders import (
    CUPS,
    SHELF,
    SOLD,
    STOCK,
    SUPPLY,
    at,
    ledger_with,
    pend,
    post,
    state_of,
    void,
)
from tests.ledger.walks import walked

PLACES = [STOCK, SOLD, SUPPLY, CUPS, SHELF, AccountId("nowhere")]

promises = st.builds(
    pend,
    st.sampled_from(["a", "b", "c", "h", "x/part-1", "y/expired", ""]),
    st.integers(-1, 9),
    st.sampled_from(PLACES),
    st.sampled_from(PLACES),
    leave=st.none() | st.integers(-2, 4),
    until=st.none() | st.integers(1, 9),
)
others = st.sampled_from([post("in-2", 3), void("v", "h"), post("in", 9)])
batches = st.lists(promises | promises | others, min_size=1, max_size=5)


def told(ledger: Ledger, batch: list[Step], seconds: int) -> object:
    try:
        return ledger.apply(batch, at(seconds))
    except Exception as refused:  # noqa: BLE001 - whatever it is, both must say the same
        return type(refused), str(refused)


@given(st.lists(batches, min_size=1, max_size=4), st.lists(st.integers(0, 9), min_size=4))
def test_what_is_plain_is_recorded_as_the_rules_alone_would(
    drawn: list[list[Step]], instants: list[int]
) -> None:
    quick = ledger_with(post("in", 9), pend("h", 2, until=4))
    slow = deepcopy(quick)
    for batch, seconds in zip(drawn, sorted(instants), strict=False):
        said = told(quick, batch, seconds)
        with patch.object(_rules, "promise_plainly", lambda *_: 0):
            assert told(slow, batch, seconds) == said
        assert state_of(quick) == state_of(slow)
    quick.check_invariants()


@given(st.integers(0, 10_000))
def test_whole_histories_are_the_same_without_it(seed: int) -> None:
    quick = walked(seed, 20)
    with patch.object(_rules, "promise_plainly", lambda *_: 0):
        slow = walked(seed, 20)

    assert state_of(quick) == state_of(slow)


def test_it_takes_the_head_of_a_batch_and_leaves_the_rest() -> None:
    ledger = ledger_with(post("in", 9), pend("known", 1))
    batch: list[Step] = [pend("a", 1), pend("b", 1, until=5), post("in-2", 1), pend("c", 1)]

    assert promise_plainly(tuple(batch), ledger._table, at(0)) == 2
    assert [hold.id for hold in ledger.pendings()] == ["known", "a", "b"]
    with pytest.raises(Rejected, match="exists_with_different"):
        ledger.apply([pend("a", 2)], at(0))
