"""
What every store must do with a commit: write it whole, once, at its version, alone or in a group.

The promises S1, S2, S4, S5 and S11 of :mod:`ordercore.ports`.
"""

from datetime import timedelta
from typing import Final

from ordercore.errors import Conflict, Rejected
from ordercore.grammar import Recorded
from ordercore.ids import CommandId
from ordercore.ports import LeaseState, Receipt
from ordercore.testing._conformance import Kit, at_once, require
from ordercore.testing._store_trial import (
    LATER,
    OTHER,
    REPLY,
    S1,
    SHOP,
    START,
    StoreTrial,
    minute,
    promise,
    said,
    supply,
    writes,
)

__all__ = ["COMMIT_CASES"]

_kit: Final = Kit[StoreTrial]()

_ODD: Final = "Gr\u00fc\u00dfe, Zu\u0308rich \U0001f389 \u2028 'quoted' \"twice\" \\ %s {x}\r\n\t"
_REFUSED: Final = Rejected(
    "shortage",
    "2 asked, 1 left",
    data={"asked": 2, "final": True, "lines": ("l-1", "l-2"), "note": None, "sku": "MUG"},
    legal=("at most 1",),
)


def _reopens(t: StoreTrial) -> bool:
    return t.opened_again is not None


def _same(before: object, after: object, what: str) -> None:
    require(before == after, f"{what}: {before} became {after}")


@_kit.case()
def _a_commit_writes_all_that_it_brings(t: StoreTrial) -> None:
    """Facts without their ledger steps would be an order without goods."""
    t.write(writes("c-1", "s-1", "a", said("b", "1"), steps=(supply("t-1", 5),), due=9))
    found = (
        t.words(),
        t.available(),
        t.store.recall(SHOP, CommandId("c-1")) is not None,
        t.store.find(SHOP, "post:1"),
        list(t.store.due(SHOP, minute(9), 9)),
    )
    require(found == (["a", "b"], 5, True, S1, [S1]), f"of one commit there is {found}")


@_kit.case()
def _a_conflict_writes_nothing(t: StoreTrial) -> None:
    """Whoever lost a race decides anew, on what the winner left and nothing else."""
    t.write(writes("c-1", "s-1", "a", steps=(supply("t-1", 5),), due=9))
    before = t.everything()
    late = writes("c-2", "s-1", said("b", "2"), steps=(supply("t-2", 1),), due=3)
    t.refusal(late, "a commit at an old version")
    _same(before, t.everything(), "a conflict")


@_kit.case()
def _a_shortage_writes_nothing(t: StoreTrial) -> None:
    """An order without its goods would be promised to nobody."""
    t.write(writes("c-1", "s-1", "a", steps=(supply("t-1", 5),), due=9))
    before = t.everything()
    short = writes("c-2", "s-1", said("b", "2"), version=1, steps=(promise("h-1", 6),), due=3)
    t.shortage(short, "a promise of 6 of 5")
    _same(before, t.everything(), "a shortage")


@_kit.case()
def _one_shortage_refuses_all_steps(t: StoreTrial) -> None:
    """A cart is promised whole; what its other lines took must not stay taken."""
    t.put(supply("t-1", 5))
    both = (promise("h-1", 3), promise("h-2", 3))
    t.shortage(writes("c-2", None, steps=both), "a promise of 3 and 3 of 5")
    found = t.available()
    require(found == 5, f"{found} of 5 are left")


@_kit.case()
def _a_conflict_names_both_versions(t: StoreTrial) -> None:
    """Who is told where the stream stands knows how far to read."""
    t.write(writes("c-1", "s-1", "a", "b"))
    for version in (0, 1, 3, 99):
        refusal = t.refusal(writes("c-2", "s-1", "c", version=version), f"version {version} of 2")
        named = isinstance(refusal, Conflict) and (refusal.expected, refusal.actual)
        require(named == (version, 2), f"the conflict is {refusal!r}")


@_kit.case()
def _versions_count_from_one_without_gap(t: StoreTrial) -> None:
    """Also across a decision that changed nothing."""
    t.write(writes("c-1", "s-1", "a", "b"), writes("c-2", "s-1", version=2))
    t.write(writes("c-3", "s-1", "c", version=2))
    found = [recorded.version for recorded in t.store.load(SHOP, S1)]
    require(found == [1, 2, 3], f"the versions are {found}")


@_kit.case()
def _an_empty_decision_is_compared_with_the_version_too(t: StoreTrial) -> None:
    """That nothing is to be done was decided on a state that is gone."""
    t.write(writes("c-1", "s-1", "a"))
    refusal = t.refusal(writes("c-2", "s-1", version=0), "an empty commit at an old version")
    require(isinstance(refusal, Conflict), f"it raises {refusal!r}")


@_kit.case()
def _a_stream_is_read_beyond_a_version(t: StoreTrial) -> None:
    """Whoever has a state of version 2 folds the rest onto it."""
    t.write(writes("c-1", "s-1", "a", "b", "c"))
    found = [t.words(after=after) for after in range(4)]
    require(found == [["a", "b", "c"], ["b", "c"], ["c"], []], f"beyond 0 to 3 lie {found}")


@_kit.case()
def _a_fact_comes_back_with_all_that_was_recorded_of_it(t: StoreTrial) -> None:
    """Who did what for whom, and when, is asked years later."""
    at = minute(4)
    commit = writes("c-1", "s-1", "a", at=at, on_behalf_of="customer-7")
    t.write(commit)
    expected = Recorded(
        position=1,
        stream=S1,
        version=1,
        recorded_at=at,
        command_id=CommandId("c-1"),
        actor=commit.actor,
        on_behalf_of="customer-7",
        event=commit.events[0],
    )
    (found,) = t.store.feed(SHOP, 0, 9)
    _same(expected, found, "a fact")
    _same([expected], list(t.store.load(SHOP, S1)), "a fact of the feed")


@_kit.case()
def _odd_texts_come_back_as_they_were(t: StoreTrial) -> None:
    """Names are written in every script, and a signed text must keep its every byte."""
    t.write(writes("c-1", "s-1", _ODD))
    _same([_ODD], t.words(), "a text")


@_kit.case()
def _long_texts_come_back_whole(t: StoreTrial) -> None:
    """An order of hundreds of lines is one fact."""
    long = "0123456789" * 10_000
    t.write(writes("c-1", "s-1", long))
    found = t.words()
    require(found == [long], f"{len(long)} characters came back as {[len(w) for w in found]}")


@_kit.case()
def _instants_come_back_to_the_microsecond(t: StoreTrial) -> None:
    """Two facts of one millisecond have an order."""
    at = START + timedelta(microseconds=123_457)
    t.write(writes("c-1", "s-1", "a", at=at))
    found = [recorded.recorded_at for recorded in t.store.load(SHOP, S1)]
    require(found == [at], f"{at} came back as {found}")


@_kit.case()
def _what_was_written_is_answered_with_its_own_receipt(t: StoreTrial) -> None:
    """The same object: so the caller can tell a write from a repeat."""
    commit = writes("c-1", "s-1", "a")
    require(t.store.commit(commit) is commit.receipt, "it is answered with another receipt")


@_kit.case()
def _a_repeated_command_writes_nothing(t: StoreTrial) -> None:
    """An impatient shopper sends an order twice and wants it once."""
    first = writes("c-1", "s-1", "a", steps=(supply("t-1", 5),))
    t.write(first, writes("c-2", "s-1", "b", version=1))
    before = t.everything()
    t.write(writes("c-1", "s-1", "a", steps=(supply("t-1", 5),)))
    _same(before, t.everything(), "a repeat")


@_kit.case()
def _a_repeat_is_answered_with_the_first_receipt(t: StoreTrial) -> None:
    """The answer that was lost on the way is given again, word for word."""
    first = writes("c-1", "s-1", "a", reply=REPLY)
    t.write(first)
    again = t.store.commit(writes("c-1", "s-1", "a", at=minute(9)))
    _same(first.receipt, again, "the answer")


@_kit.case()
def _a_command_is_recognized_whatever_the_version_meanwhile(t: StoreTrial) -> None:
    """Whoever retries has read the stream anew; it is the same command all the same."""
    first = writes("c-1", "s-1", "a")
    t.write(first, writes("c-2", "s-1", "b", version=1))
    again = t.store.commit(writes("c-1", "s-1", "x", "y", version=2))
    _same(first.receipt, again, "the answer at another version")


@_kit.case()
def _a_receipt_is_recalled_as_it_was_written(t: StoreTrial) -> None:
    """The command in it is compared where the key comes again with other content."""
    written = writes("c-1", "s-1", "a", "b", at=minute(3), reply=REPLY)
    t.write(written)
    _same(written.receipt, t.store.recall(SHOP, CommandId("c-1")), "a receipt")
    unknown = t.store.recall(SHOP, CommandId("c-9"))
    require(unknown is None, f"under an unknown key there is {unknown}")


@_kit.case()
def _a_refusal_is_recorded_with_all_it_said(t: StoreTrial) -> None:
    """The same key is refused again in the same words, whatever was delivered meanwhile."""
    t.write(writes("c-1", "s-1", "a"), writes("c-2", "s-1", rejected=_REFUSED))
    again = t.store.commit(writes("c-2", "s-1", "b", version=1)).rejected
    require(again is not None, "the refusal is gone")
    _same(_REFUSED.args, again and again.args, "a refusal")


@_kit.case()
def _a_refusal_leaves_its_stream_as_it_was(t: StoreTrial) -> None:
    """A question that was answered with no is no progress of the order."""
    t.write(writes("c-1", "s-1", "a", due=9, waits=1))
    before = t.store.standing(SHOP, S1)
    t.write(writes("c-2", "s-1", version=1, rejected=_REFUSED))
    _same(before, t.store.standing(SHOP, S1), "what stands beside the stream")


@_kit.case()
def _a_refusal_ends_the_leases_it_settles(t: StoreTrial) -> None:
    """An outcome that changes nothing is an outcome."""
    t.lease()
    t.write(writes("c-1", "s-1", rejected=_REFUSED, settles=("e-1",)))
    state = t.lease("w-2", at=1).state
    require(state is LeaseState.FRESH, f"the lease is {state}")


@_kit.case()
def _commands_at_once_under_one_key_are_written_once(t: StoreTrial) -> None:
    """Eight processes may have read the same message."""
    at_once(lambda _: t.store.commit(writes("c-1", None, steps=(supply("t-1", 1),))), 8)
    written = len(list(t.store.entries(SHOP)))
    require(written == 1, f"it was written {written} times")


@_kit.case()
def _of_writers_at_once_at_one_version_one_wins(t: StoreTrial) -> None:
    """All others have decided on a state that is gone."""

    def written(n: int) -> bool:
        try:
            t.store.commit(writes(f"c-{n}", "s-1", f"by {n}"))
        except Conflict:
            return False
        return True

    won = sum(at_once(written, 8))
    require(won == 1, f"{won} of 8 writers have won version 1")


@_kit.case()
def _a_group_is_answered_in_order(t: StoreTrial) -> None:
    """Each caller waits for the answer to its own commit."""
    group = [writes(f"c-{n}", f"s-{n}", "x") for n in range(3)]
    found = [a.command_id for a in t.store.commit_many(group) if isinstance(a, Receipt)]
    require(found == ["c-0", "c-1", "c-2"], f"the answers are of {found}")
    require(list(t.store.commit_many(())) == [], "an empty group has an answer")


@_kit.case()
def _a_refused_commit_of_a_group_touches_no_neighbor(t: StoreTrial) -> None:
    """Strangers share a flush; one's shortage is not the other's."""
    t.put(supply("t-1", 1))
    group = [
        writes("c-1", "s-1", "a"),
        writes("c-2", "s-2", "b", steps=(promise("h-1", 2),)),
        writes("c-3", "s-3", "c", version=4),
        writes("c-4", "s-4", "d", steps=(promise("h-2", 1),)),
    ]
    found = [type(answer).__name__ for answer in t.store.commit_many(group)]
    expected = ["Receipt", "Rejected", "Conflict", "Receipt"]
    require(found == expected, f"the answers are {found}, not {expected}")
    streams = list(t.store.streams(SHOP))
    require(streams == ["s-1", "s-4"], f"written are {streams}")


@_kit.case()
def _a_later_commit_of_a_group_sees_an_earlier_one(t: StoreTrial) -> None:
    """As if they came one after the other."""
    group = [
        writes("c-1", "s-1", "a", steps=(supply("t-1", 1),)),
        writes("c-2", "s-1", "b", version=1, steps=(promise("h-1", 1),)),
        writes("c-3", "s-2", "c", steps=(promise("h-2", 1),)),
    ]
    found = [type(answer).__name__ for answer in t.store.commit_many(group)]
    expected = ["Receipt", "Receipt", "Rejected"]
    require(found == expected, f"the answers are {found}, not {expected}")


@_kit.case()
def _a_key_that_comes_twice_in_a_group_is_written_once(t: StoreTrial) -> None:
    """The shopper's two clicks may share a flush, too."""
    group = [writes("c-1", None, steps=(supply(name, 1),)) for name in ("t-1", "t-2")]
    first, second = t.store.commit_many(group)
    _same(first, second, "the answer")
    require(t.available() == 1, f"{t.available()} were written for 1")


@_kit.case()
def _a_group_may_be_of_several_tenants(t: StoreTrial) -> None:
    """A flush is shared by all who wait for it."""
    t.store.commit_many([writes("c-1", tenant=n, steps=(supply("t-1", 2),)) for n in (SHOP, OTHER)])
    found = (t.available(), t.available(tenant=OTHER))
    require(found == (2, 2), f"the tenants have {found} of 2 each")


@_kit.case(_reopens)
def _what_was_committed_is_there_when_opened_again(t: StoreTrial) -> None:
    """A commit that has returned survives the process."""
    t.write(writes("c-1", "s-1", "a", said("b", "2"), steps=(supply("t-1", 5),), due=9, waits=1))
    before = t.everything()
    t.reopen()
    _same(before, t.everything(), "what was committed")


@_kit.case(_reopens)
def _a_command_is_recognized_when_opened_again(t: StoreTrial) -> None:
    """The retry comes to the successor of the process that crashed."""
    first = writes("c-1", "s-1", "a")
    t.write(first)
    t.reopen()
    _same(first.receipt, t.store.commit(writes("c-1", "s-1", "a")), "the answer")


@_kit.case(_reopens)
def _a_lease_is_there_when_opened_again(t: StoreTrial) -> None:
    """Else the successor would charge a card that its predecessor may have charged."""
    t.lease()
    t.reopen()
    state = t.lease("w-2", at=9).state
    require(state is LeaseState.INHERITED, f"the lease is {state}")


@_kit.case()
def _closing_twice_is_closing_once(t: StoreTrial) -> None:
    """Shutdowns come from several sides."""
    t.write(writes("c-1", "s-1", "a", due=9))
    require(bool(t.store.due(SHOP, LATER, 9)), "nothing was written")
    t.store.close()
    t.store.close()


#: In order.
COMMIT_CASES: Final = _kit.cases
