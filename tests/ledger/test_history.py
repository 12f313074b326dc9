from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.ledger import (
    NOTHING,
    AccountId,
    Balance,
    Ledger,
    Number,
    balance_after,
    balance_recorded_by,
    explain,
    history,
    posted_occurred_by,
)
from tests.ledger.builders import NOON, SOLD, STOCK, at, pend, post, post_pending, reverse
from tests.ledger.walks import ACCOUNTS, walked

seeds = st.integers(0, 10_000)
NUMBERS: tuple[Number, ...] = ("posted", "pending_out", "pending_in", "available")


def prefixes(ledger: Ledger) -> list[Ledger]:
    """
    Return the ledger as it was after each entry, each recorded anew: slow and obviously right.

    """
    entries, found = list(ledger.entries()), [Ledger()]
    for length in range(1, len(entries) + 1):
        again = Ledger()
        again._replay(entries[:length])
        found.append(again)
    return found


@given(seeds, st.sampled_from(ACCOUNTS))
def test_the_balance_at_any_position_is_what_the_ledger_showed_there(
    seed: int, account: AccountId
) -> None:
    ledger = walked(seed, 12)

    for position, then in enumerate(prefixes(ledger)):
        entries = ledger.entries(account)
        assert balance_after(account, entries, position) == then.balance(account)


@given(seeds, st.sampled_from(ACCOUNTS), st.integers(-1, 14))
def test_the_balance_at_an_instant_is_what_a_reader_was_told(
    seed: int, account: AccountId, seconds: int
) -> None:
    ledger = walked(seed, 12)
    then = Ledger()
    then._replay(entry for entry in ledger.entries() if entry.recorded_at <= at(seconds))

    found = balance_recorded_by(account, ledger.entries(account), at(seconds))
    assert found == then.balance_at(account, at(seconds))


@given(seeds, st.sampled_from(ACCOUNTS), st.sampled_from(NUMBERS))
def test_the_changes_that_explain_a_number_sum_to_it(
    seed: int, account: AccountId, number: Number
) -> None:
    ledger = walked(seed, 15)
    lines = explain(account, ledger.entries(account), number)

    assert sum(getattr(line.change, number) for line in lines) == getattr(
        ledger.balance(account), number
    )
    assert all(getattr(line.change, number) for line in lines)


@given(seeds)
def test_the_statements_of_all_accounts_are_conserved_at_every_position(seed: int) -> None:
    ledger = walked(seed, 15)
    posted: Counter[int] = Counter()
    held: Counter[int] = Counter()
    for account in ACCOUNTS:
        for line in history(account, ledger.entries(account)):
            posted[line.entry.position] += line.change.posted
            held[line.entry.position] += line.change.pending_out - line.change.pending_in

    assert not any(posted.values())
    assert not any(held.values())


@given(seeds, st.sampled_from(ACCOUNTS))
def test_a_statement_may_be_read_from_the_whole_log_as_well(seed: int, account: AccountId) -> None:
    ledger = walked(seed, 12)
    own = list(history(account, ledger.entries(account)))
    among_all = [
        line for line in history(account, ledger.entries()) if line in own or any(line.change)
    ]

    assert among_all == own


def test_why_is_this_4() -> None:
    ledger = Ledger()
    ledger.apply([post("in", 9)], at(0))
    ledger.apply([pend("cart", 2, until=5)], at(1))
    ledger.apply([pend("order", 3)], at(2))
    ledger.apply([post_pending("pick", "order")], at(6))
    ledger.apply([pend("next", 2)], at(7))
    ledger.apply([post("wrong", 7)], at(8))
    ledger.apply([reverse("wrong")], at(9))

    told = [
        (line.entry.step.id, line.change.available, line.balance.available)
        for line in explain(STOCK, ledger.entries(STOCK))
    ]
    assert told == [
        ("in", 9, 9),
        ("cart", -2, 7),
        ("order", -3, 4),
        ("cart/expired", 2, 6),
        ("next", -2, 4),
        ("wrong", 7, 11),
        ("wrong/reversed", -7, 4),
    ]


def test_a_due_hold_is_left_out_from_its_instant_on_whatever_is_recorded_later() -> None:
    ledger = Ledger()
    ledger.apply([post("in", 9), pend("cart", 2, until=5)], at(0))
    ledger.apply([pend("next", 9)], at(60))

    assert balance_recorded_by(STOCK, ledger.entries(STOCK), at(4)) == Balance(9, 2)
    assert balance_recorded_by(STOCK, ledger.entries(STOCK), at(5)) == Balance(9, 0)
    assert balance_recorded_by(STOCK, ledger.entries(STOCK), at(-1)) == NOTHING


@pytest.mark.parametrize(("seconds", "posted"), [(-1, 0), (0, 9), (3, 5), (10, 6)])
def test_what_had_occurred_is_asked_apart_from_what_was_recorded(seconds: int, posted: int) -> None:
    ledger = Ledger()
    ledger.apply([post("in", 9)], at(0))
    late = post("found", 1)._replace(occurred_at=at(10))
    early = post("out", 4, STOCK, SOLD)._replace(occurred_at=at(3))
    ledger.apply([late], at(20))
    ledger.apply([early], at(21))

    assert posted_occurred_by(STOCK, ledger.entries(STOCK), at(seconds)) == posted
    assert at(0) == NOON
