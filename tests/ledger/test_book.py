from collections.abc import Callable, Iterable

import pytest

from ordercore.errors import InvalidData, InvariantViolated
from ordercore.ledger import (
    NOTHING,
    AccountId,
    AccountParts,
    Balance,
    Entry,
    Ledger,
    account,
    account_parts,
)
from tests.ledger.builders import (
    CUPS,
    SHELF,
    SOLD,
    STOCK,
    SUPPLY,
    at,
    divide,
    ledger_with,
    pend,
    post,
    post_pending,
    void,
)


def busy_ledger() -> Ledger:
    """
    A ledger with a bit of everything: ended holds, divided ones, one that can expire.

    """
    return ledger_with(
        post("in", 20),
        pend("h1", 5),
        pend("h2", 4, until=60, reference="cart/C-2"),
        divide("cut", "h1", 2, 3),
        post_pending("ship", "h1/part-1"),
        pend("h3", 1),
        void("drop", "h3"),
        post("cups", 7, account("promise", "supply", "CUP", "berlin"), CUPS),
    )


def ids(entries: Iterable[Entry]) -> list[str]:
    return [entry.step.id for entry in entries]


def test_the_log_is_numbered_without_gaps_and_says_when() -> None:
    ledger = Ledger()
    ledger.apply([post("a", 1), post("b", 2)], at(3))
    ledger.apply([post("c", 3)], at(1))

    assert list(ledger.entries()) == [
        Entry(1, at(3), post("a", 1)),
        Entry(2, at(3), post("b", 2)),
        Entry(3, at(1), post("c", 3)),
    ]


def test_the_history_of_an_account_follows_its_holds_through_their_parts() -> None:
    ledger = busy_ledger()

    assert ids(ledger.entries(STOCK)) == ["in", "h1", "h2", "cut", "ship", "h3", "drop"]
    assert ids(ledger.entries(SOLD)) == ["h1", "h2", "cut", "ship", "h3", "drop"]
    assert ids(ledger.entries(SUPPLY)) == ["in"]
    assert ids(ledger.entries(CUPS)) == ["cups"]
    assert ids(ledger.entries(SHELF)) == []


def test_an_expiry_belongs_to_the_history_of_both_accounts() -> None:
    ledger = busy_ledger()
    ledger.apply([pend("h4", 1)], at(60))

    assert ids(ledger.entries(STOCK))[-2:] == ["h2/expired", "h4"]
    assert ids(ledger.entries(SOLD))[-2:] == ["h2/expired", "h4"]


def test_balances_are_found_by_prefix_in_order_of_id() -> None:
    ledger = busy_ledger()
    cups_supply = account("promise", "supply", "CUP", "berlin")

    assert list(ledger.balances()) == [
        (CUPS, Balance(7)),
        (STOCK, Balance(18, 7)),
        (SOLD, Balance(2, 0, 7)),
        (cups_supply, Balance(-7)),
        (SUPPLY, Balance(-20)),
    ]
    assert [name for name, _ in ledger.balances("promise|available|")] == [CUPS, STOCK]
    assert [name for name, _ in ledger.balances(STOCK)] == [STOCK]
    assert list(ledger.balances("promise|available|MUGS")) == []
    assert list(ledger.balances("zzz")) == []
    assert ledger.balance(SHELF) == NOTHING


def test_holds_are_listed_by_holder_in_the_order_in_which_they_were_made() -> None:
    ledger = busy_ledger()

    assert [hold.id for hold in ledger.pendings()] == ["h2", "h1/part-2"]
    assert [hold.id for hold in ledger.pendings("cart/C-1")] == ["h1/part-2"]
    assert [hold.id for hold in ledger.pendings("cart/C-2")] == ["h2"]
    assert list(ledger.pendings("cart/C-3")) == []


def test_a_step_and_a_hold_are_found_by_their_ids() -> None:
    ledger = busy_ledger()
    hold = ledger.open_pending("h2")

    assert ledger.step("cut") == divide("cut", "h1", 2, 3)
    assert ledger.step("h1/part-1") is None
    assert ledger.step("nobody") is None
    assert hold is not None
    assert (hold.amount, hold.reference, hold.expires_at) == (4, "cart/C-2", at(60))
    assert ledger.open_pending("h1") is None
    assert ledger.ended_by("h1") == divide("cut", "h1", 2, 3)
    assert ledger.ended_by("h1/part-1") == post_pending("ship", "h1/part-1")
    assert ledger.ended_by("h2") is None


def test_due_holds_are_handed_out_by_expiry_then_id_and_bounded() -> None:
    ledger = ledger_with(
        post("in", 9), pend("b", 1, until=5), pend("c", 1, until=4), pend("a", 1, until=5)
    )

    assert [hold.id for hold in ledger.due_pendings(STOCK, at(4), 9)] == ["c"]
    assert [hold.id for hold in ledger.due_pendings(STOCK, at(5), 9)] == ["c", "a", "b"]
    assert [hold.id for hold in ledger.due_pendings(STOCK, at(5), 2)] == ["c", "a"]
    assert list(ledger.due_pendings(SOLD, at(5), 9)) == []


def test_a_due_hold_is_released_to_its_source_only() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))

    assert ledger.balance_at(STOCK, at(4)) == Balance(9, 4)
    assert ledger.balance_at(STOCK, at(5)) == Balance(9, 0)
    assert ledger.balance_at(SOLD, at(5)) == Balance(0, 0, 4)
    assert ledger.balance(STOCK) == Balance(9, 4)


def test_the_trial_balance_sums_each_unit_of_each_book() -> None:
    assert busy_ledger().trial_balance() == {("promise", "MUG"): 0, ("promise", "CUP"): 0}


def test_an_account_id_is_read_as_it_was_written() -> None:
    assert account_parts(STOCK) == AccountParts("promise", "available", "MUG", "berlin", "")
    pill = account("physical", "on_hand", "PILL", "berlin", "acme", lot="L-7", serial="S-1")
    assert account_parts(pill) == ("physical", "on_hand", "PILL", "berlin", "acme", "L-7", "S-1")
    with pytest.raises(InvalidData, match="then lot and serial"):
        account_parts(AccountId(f"{STOCK}|"))  # another spelling of the same account
    with pytest.raises(InvalidData, match=r"'promise\|MUG' is not book\|code\|unit\|place\|owner"):
        account_parts(account("promise", "MUG", "").removesuffix("|||"))  # type: ignore[arg-type]  # the claim


def lost_stock(ledger: Ledger) -> None:
    ledger._table.accounts[STOCK].posted -= 1


def shifted_stock(ledger: Ledger) -> None:
    ledger._table.accounts[STOCK].posted -= 1
    ledger._table.accounts[SOLD].posted += 1


def stranger_among_accounts(ledger: Ledger) -> None:
    ledger._table.touch(SHELF)


def lost_hold(ledger: Ledger) -> None:
    del ledger._table.open["h2"]


def swollen_hold(ledger: Ledger) -> None:
    ledger._table.open["h2"] = pend("h2", 5, until=60, reference="cart/C-2")


def revived_hold(ledger: Ledger) -> None:
    del ledger._table.ended["h3"]


def hold_that_would_never_expire(ledger: Ledger) -> None:
    ledger._table.waiting.clear()


def entry_under_another_id(ledger: Ledger) -> None:
    log = ledger._table.log
    log["cupsx"] = log.pop("cups")


def lost_entry(ledger: Ledger) -> None:
    del ledger._table.log["h1"]


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (lost_stock, r"trial balance is not zero: {\('promise', 'MUG'\): -1}"),
        (shifted_stock, r"balances differ from the log: .*available\|MUG"),
        (stranger_among_accounts, r"balances differ from the log: .*on_hand"),
        (lost_hold, r"open holds differ from the log: \['h2'\]"),
        (swollen_hold, r"open holds differ from the log: \['h2'\]"),
        (revived_hold, r"ended holds differ from the log: \['h3'\]"),
        (hold_that_would_never_expire, r"order of expiry differs from the log: \['h2'\]"),
        (entry_under_another_id, r"the log keeps cups under cupsx"),
        (lost_entry, r"entry 3 of the log, cut, breaks a rule: pending_not_found"),
    ],
)
def test_a_planted_corruption_is_found(corrupt: Callable[[Ledger], None], message: str) -> None:
    ledger = busy_ledger()
    ledger.check_invariants()
    corrupt(ledger)

    with pytest.raises(InvariantViolated, match=message):
        ledger.check_invariants()


def test_a_hold_that_the_balance_does_not_know_stops_the_rules() -> None:
    ledger = busy_ledger()
    ledger._table.accounts[STOCK].pending_out = 3

    with pytest.raises(
        InvariantViolated, match=r"available\|MUG\|berlin\| or .* would hold less than nothing"
    ):
        ledger.apply([void("v", "h2")], at(0))
