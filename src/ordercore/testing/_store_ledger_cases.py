"""
What every store must do with the ledger: judge its rules inside the commit, and tell what it holds.

The promise S3 of :mod:`ordercore.ports`, and the readings of accounts, holds and the log.
"""

from typing import Final

from ordercore.errors import Rejected
from ordercore.ledger import NOTHING, Balance, Divide, ExpirePending, Step, VoidPending, account
from ordercore.testing._conformance import Kit, at_once, require
from ordercore.testing._store_trial import (
    ALLOCATED,
    AVAILABLE,
    SHOP,
    START,
    SUPPLY,
    StoreTrial,
    carry_out,
    minute,
    promise,
    supply,
    writes,
)

__all__ = ["LEDGER_CASES"]

_kit: Final = Kit[StoreTrial]()


@_kit.case()
def _a_guard_is_judged_on_what_earlier_commits_left(t: StoreTrial) -> None:
    """Stock never goes below zero."""
    t.put(supply("t-1", 5))
    t.put(promise("h-1", 4))
    refusal = t.shortage(writes("c-9", None, steps=(promise("h-2", 2),)), "2 of the 1 left")
    found = (refusal.code, refusal.data.get("available"))
    require(found == ("shortage", 1), f"the refusal is {refusal!r}")


@_kit.case()
def _promises_at_once_never_go_below_zero(t: StoreTrial) -> None:
    """The last unit goes to one shopper, however many ask in the same moment."""
    t.put(supply("t-1", 3))

    def taken(n: int) -> bool:
        try:
            t.put(promise(f"h-{n}", 1))
        except Rejected:
            return False
        return True

    got = sum(at_once(taken, 8))
    require(got == 3, f"{got} shoppers were promised 3 units")


@_kit.case()
def _a_refused_step_says_which_rule(t: StoreTrial) -> None:
    """Programs go by the code."""
    t.put(supply("t-1", 5), promise("h-1", 2))
    asked: dict[str, Step] = {
        "exceeds_pending": carry_out("t-2", "h-1", 3),
        "pending_not_found": carry_out("t-3", "h-9"),
        "id_exists_with_different_amount": supply("t-1", 6),
        "amount_not_positive": supply("t-4", 0),
    }
    for n, (code, step) in enumerate(asked.items()):
        found = t.shortage(writes(f"c-{n}", None, steps=(step,)), code).code
        require(found == code, f"the code is {found}, not {code}")


@_kit.case()
def _steps_recorded_before_are_not_recorded_again(t: StoreTrial) -> None:
    """An effect that was undone half way repeats its steps under another command."""
    steps = (supply("t-1", 5), promise("h-1", 2))
    t.write(writes("c-1", None, steps=steps), writes("c-2", "s-1", "a", steps=steps))
    written = len(list(t.store.entries(SHOP)))
    require(written == 2, f"2 steps are {written} entries")


@_kit.case()
def _a_hold_ends_once(t: StoreTrial) -> None:
    """Goods that left can't leave again."""
    t.put(supply("t-1", 5), promise("h-1", 2))
    t.put(carry_out("t-2", "h-1"))
    again = writes("c-9", None, steps=(carry_out("t-3", "h-1"),))
    code = t.shortage(again, "a hold that was carried out").code
    require(code == "pending_already_posted", f"the code is {code}")


@_kit.case()
def _what_is_due_gives_way_and_is_recorded(t: StoreTrial) -> None:
    """A cart that was left holds nothing, and the log says since when."""
    t.put(supply("t-1", 2), promise("h-1", 2, until=5))
    t.put(promise("h-2", 2), at=6)
    ended = [e.step for e in t.store.entries(SHOP) if isinstance(e.step, ExpirePending)]
    expected = [ExpirePending("h-1/expired", "h-1", minute(5))]
    require(ended == expected, f"expired are {ended}")


@_kit.case()
def _balances_leave_out_what_is_due(t: StoreTrial) -> None:
    """A page that is read shows what could be bought now."""
    t.put(supply("t-1", 9), promise("h-1", 4, until=5))
    found = [t.available(at=at) for at in (4, 5)]
    require(found == [5, 9], f"available before and at its end are {found}")


@_kit.case()
def _every_account_asked_for_is_in_the_answer(t: StoreTrial) -> None:
    """What was never delivered is there with zeros."""
    never = account("promise", "available", "CUP", "berlin")
    found = dict(t.store.balances(SHOP, (never,), START))
    require(found == {never: NOTHING}, f"the answer is {found}")


@_kit.case()
def _accounts_are_listed_in_order_by_prefix(t: StoreTrial) -> None:
    """Reports go through a part of the books at a time."""
    t.put(supply("t-1", 9), promise("h-1", 4))
    prefixes = ("", "promise|a", AVAILABLE, "promise|zzz")
    found = [[name for name, _ in t.store.accounts(SHOP, prefix)] for prefix in prefixes]
    both = [ALLOCATED, AVAILABLE]
    require(found == [[*both, SUPPLY], both, [AVAILABLE], []], f"the lists are {found}")


@_kit.case()
def _a_prefix_is_text_and_no_pattern(t: StoreTrial) -> None:
    """A SKU may hold any sign that a query language gives a meaning."""
    t.put(supply("t-1", 9))
    for prefix in ("%", "promise_", "*", "promise.available"):
        found = [name for name, _ in t.store.accounts(SHOP, prefix)]
        require(not found, f"{prefix!r} finds {found}")


@_kit.case()
def _accounts_are_told_as_recorded(t: StoreTrial) -> None:
    """Due holds are in the books until their end is written."""
    t.put(supply("t-1", 9), promise("h-1", 4, until=5))
    t.put(promise("h-2", 1), at=4)
    found = t.balance(AVAILABLE)
    require(found == Balance(9, 5, 0), f"recorded is {found}")


@_kit.case()
def _holds_are_listed_as_they_were_made(t: StoreTrial) -> None:
    """Who came first is served first."""
    t.put(supply("t-1", 9), promise("h-9", 1), promise("h-5", 1))
    t.put(promise("h-7", 1))
    found = [hold.id for hold in t.store.pendings(SHOP)]
    require(found == ["h-9", "h-5", "h-7"], f"the holds are {found}")


@_kit.case()
def _holds_are_found_by_holder_and_by_account(t: StoreTrial) -> None:
    """A cart that is given up is looked for by its name."""
    t.put(supply("t-1", 9), promise("h-1", 1), promise("h-2", 1, reference="cart-2"))
    found = [
        [hold.id for hold in t.store.pendings(SHOP, "cart-2")],
        [hold.id for hold in t.store.pendings(SHOP, "cart-3")],
        [hold.id for hold in t.store.pendings(SHOP, source=AVAILABLE)],
        [hold.id for hold in t.store.pendings(SHOP, "cart-2", source=ALLOCATED)],
    ]
    require(found == [["h-2"], [], ["h-1", "h-2"], []], f"found are {found}")


@_kit.case()
def _a_hold_is_told_as_it_was_made_whatever_became_of_it(t: StoreTrial) -> None:
    """A parcel comes back after years and asks what had been promised."""
    t.put(supply("t-1", 9), promise("h-1", 5), promise("h-2", 4))
    t.put(Divide("t-2", "h-1", (2, 3), "split", "o", START))
    t.put(carry_out("t-3", "h-1/part-2"), VoidPending("t-4", "h-2", "cancel", "o", START))
    made = t.store.pendings_made(SHOP, ("h-1", "h-1/part-2", "h-2", "h-9"))
    found = {name: hold.amount for name, hold in made.items()}
    require(found == {"h-1": 5, "h-1/part-2": 3, "h-2": 4}, f"made were {found}")


@_kit.case()
def _the_log_is_read_on_from_a_position(t: StoreTrial) -> None:
    """Whoever follows it begins where it has read to."""
    t.put(supply("t-1", 5), promise("h-1", 2), carry_out("t-2", "h-1"))
    for name in (None, AVAILABLE):
        whole = list(t.store.entries(SHOP, name))
        for after in range(4):
            found = [e.position for e in t.store.entries(SHOP, name, after=after)]
            expected = [e.position for e in whole if e.position > after]
            require(found == expected, f"beyond {after} lie {found}, not {expected}")


@_kit.case()
def _an_accounts_history_is_all_that_touched_it(t: StoreTrial) -> None:
    """A number that looks wrong is explained by its steps."""
    t.put(supply("t-1", 5), promise("h-1", 2), carry_out("t-2", "h-1"))
    found = [
        [entry.step.id for entry in t.store.entries(SHOP, name)]
        for name in (SUPPLY, AVAILABLE, ALLOCATED)
    ]
    expected = [["t-1"], ["t-1", "h-1", "t-2"], ["h-1", "t-2"]]
    require(found == expected, f"the histories are {found}")


@_kit.case()
def _every_step_comes_back_as_it_was_recorded(t: StoreTrial) -> None:
    """An audit replays the log and must come to the same balances."""
    steps = (
        supply("t-1", 9, occurred=-3),
        promise("h-1", 4, until=60),
        promise("h-2", 1)._replace(leave_at_least=-5),
        promise("h-3", 1)._replace(leave_at_least=None),
        VoidPending("t-2", "h-3", "cancel", "o", START.replace(microsecond=1)),
        Divide("t-3", "h-1", (1, 3), "split", "o", START),
        carry_out("t-4", "h-1/part-1"),
        carry_out("t-5", "h-1/part-2", 2),
    )
    t.put(*steps, at=7)
    entries = list(t.store.entries(SHOP))
    found = tuple(entry.step for entry in entries)
    require(found == steps, f"{steps} came back as {found}")
    places = [(entry.position, entry.recorded_at) for entry in entries]
    expected = [(n, minute(7)) for n in range(1, 9)]
    require(places == expected, f"recorded at {places}")


@_kit.case()
def _big_amounts_come_back_as_they_were(t: StoreTrial) -> None:
    """Beyond 2**53 a float has lost a unit."""
    amount = 2**53 + 1
    t.put(supply("t-1", amount))
    t.put(promise("h-1", amount - 2))
    found = t.balance(AVAILABLE)
    require(found == Balance(amount, amount - 2, 0), f"{amount} came back in {found}")


@_kit.case()
def _what_occurred_after_an_instant_is_told_whenever_recorded(t: StoreTrial) -> None:
    """A step's own word for its time counts: a count must leave alone what came later."""
    for n, occurred in enumerate((4, 1, 9)):
        t.put(supply(f"t-{n}", 1, occurred=occurred), at=20 + n)
    found = {e.step.id for e in t.store.occurred_after(SHOP, minute(3))}
    require(found == {"t-0", "t-2"}, f"after minute 3 occurred {found}")


@_kit.case()
def _the_last_position_is_that_of_the_last_step(t: StoreTrial) -> None:
    """A report says up to where it has read."""
    found = [t.store.last_position(SHOP)]
    for name in ("t-1", "t-2"):
        t.put(supply(name, 1), supply(f"{name}b", 1))
        found.append(t.store.last_position(SHOP))
    require(found == [0, 2, 4], f"the last positions are {found}")


#: In order.
LEDGER_CASES: Final = _kit.cases
