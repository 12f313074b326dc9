"""
What every store must tell: the feed in one order, streams, references, tenants apart, the archive.

The promises S6, S8, S12, F1 and F2 of :mod:`ordercore.ports`, and holds of the whole store.
"""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import Balance
from ordercore.testing._conformance import Kit, at_once, require
from ordercore.testing._store_trial import (
    AVAILABLE,
    LATER,
    OTHER,
    S1,
    S2,
    SHOP,
    StoreTrial,
    minute,
    promise,
    said,
    supply,
    writes,
)

__all__ = ["READING_CASES"]

_kit: Final = Kit[StoreTrial]()
_WAIT_S: Final = 0.05  # long enough for a writer that nobody keeps out


def _fill(t: StoreTrial, count: int) -> None:
    for n in range(count):
        t.write(writes(f"c-{n}", f"s-{n}", f"word {n}"))


@attrs.define
class _Listener:
    heard: list[int] = attrs.Factory(list[int])

    def __call__(self, events: Sequence[Recorded], _: Any) -> None:  # noqa: ANN401 - of any driver
        self.heard += [event.position for event in events]


def _raises(kind: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


@_kit.case()
def _the_feed_counts_from_one_in_commit_order(t: StoreTrial) -> None:
    """Who follows it misses nothing and sees nothing twice."""
    t.write(writes("c-1", "s-2", "a", "b"), writes("c-2", "s-1", "c"))
    t.refusal(writes("c-3", "s-1", "lost"), "a commit at an old version")
    t.write(writes("c-4", "s-2", "d", version=2))
    found = [(r.position, r.stream) for r in t.store.feed(SHOP, 0, 100)]
    expected = [(1, "s-2"), (2, "s-2"), (3, "s-1"), (4, "s-2")]
    require(found == expected, f"the feed is {found}")


@_kit.case()
def _the_feed_is_read_page_by_page(t: StoreTrial) -> None:
    """Years of facts don't fit one answer."""
    _fill(t, 4)
    pages = ((0, 2), (2, 2), (4, 2), (1, 9), (0, 0), (0, -1))
    found = [[r.position for r in t.store.feed(SHOP, after, limit)] for after, limit in pages]
    require(found == [[1, 2], [3, 4], [], [2, 3, 4], [], []], f"the pages are {found}")


@_kit.case()
def _streams_are_listed_in_order_of_id(t: StoreTrial) -> None:
    """An export can be gone on with."""
    for name in ("s-2", "s-10", "s-1"):
        t.write(writes(f"c-{name}", name, "x"))
    found = list(t.store.streams(SHOP))
    require(found == ["s-1", "s-10", "s-2"], f"the streams are {found}")


@_kit.case()
def _a_reference_belongs_to_the_stream_that_declared_it_first(t: StoreTrial) -> None:
    """A provider's number must not be taken from an order by a later message."""
    t.write(writes("c-1", "s-1", said("a", "1")), writes("c-2", "s-2", said("b", "1")))
    t.write(writes("c-3", "s-2", said("c", "2"), version=1))
    found = [t.store.find(SHOP, f"post:{n}") for n in (1, 2, 3)]
    require(found == [S1, S2, None], f"found are {found}")


@_kit.case()
def _an_iteration_survives_what_is_written_meanwhile(t: StoreTrial) -> None:
    """A report runs while the shop is open."""
    t.write(writes("c-1", "s-1", "a", steps=(supply("t-1", 1), supply("t-2", 1))))
    streams, entries = t.store.streams(SHOP), t.store.entries(SHOP)
    started = [next(streams), next(entries).step.id]
    t.write(writes("c-2", "s-2", "b", steps=(promise("h-1", 1),)))
    started += [next(entries).step.id]
    require(started == ["s-1", "t-1", "t-2"], f"read are {started}")
    rest = list(streams)
    require(rest in ([], ["s-2"]), f"the rest is {rest}")


@_kit.case()
def _tenants_may_use_the_same_names(t: StoreTrial) -> None:
    """Two shops on one store are two shops."""
    for tenant, words, amount in ((SHOP, "ours", 5), (OTHER, "theirs", 2)):
        steps = (supply("t-1", amount), promise("h-1", amount))
        t.write(writes("c-1", "s-1", words, tenant=tenant, steps=steps, due=amount))
    found = (
        t.words(tenant=OTHER),
        [r.position for r in t.store.feed(OTHER, 0, 10)],
        t.balance(AVAILABLE, OTHER),
        [hold.amount for hold in t.store.pendings(OTHER)],
        list(t.store.due(OTHER, minute(2), 9)),
        list(t.store.tenants()),
    )
    expected = (["theirs"], [1], Balance(2, 2, 0), [2], [S1], ["other", "shop"])
    require(found == expected, f"the other tenant reads {found}")


@_kit.case()
def _what_one_tenant_writes_another_does_not_see(t: StoreTrial) -> None:
    """Not by any key that it could guess."""
    t.write(writes("c-1", "s-1", said("a", "1"), steps=(supply("t-1", 5),), due=1, waits=1))
    t.write(writes("c-1", "s-9", "x", tenant=OTHER))
    found = (
        t.words(tenant=OTHER),
        t.store.find(OTHER, "post:1"),
        list(t.store.accounts(OTHER)),
        list(t.store.due(OTHER, LATER, 9)),
        list(t.store.waiting(OTHER, "", 9)),
        t.store.standing(OTHER, S1),
    )
    require(found == ([], None, [], [], [], None), f"the other tenant reads {found}")


@_kit.case()
def _who_only_reads_is_no_tenant(t: StoreTrial) -> None:
    """A misspelled name must not become a shop."""
    t.store.load(OTHER, S1)
    t.store.recall(OTHER, CommandId("c-1"))
    t.store.feed(OTHER, 0, 9)
    t.store.unlease(OTHER, "e-1")
    t.refusal(writes("c-1", "s-1", "a", version=3), "version 3 of 0")
    found = list(t.store.tenants())
    require(not found, f"the tenants are {found}")


@_kit.case()
def _a_consumer_is_told_each_fact_once_and_in_order(t: StoreTrial) -> None:
    """A search index that misses one is wrong for ever."""
    _fill(t, 5)
    listener = _Listener()
    counts = [t.store.consume(SHOP, "search", listener, limit=2) for _ in range(4)]
    found = (counts, listener.heard, t.store.consumed(SHOP, "search"))
    require(found == ([2, 2, 1, 0], [1, 2, 3, 4, 5], 5), f"the consumer was told {found}")


@_kit.case()
def _a_handler_is_not_called_for_nothing(t: StoreTrial) -> None:
    """It would open a transaction, send an empty batch, wake somebody."""
    called: list[object] = []
    t.store.consume(SHOP, "search", lambda events, _: called.append(events))
    require(not called, f"it was called with {called}")


@_kit.case()
def _consumers_go_their_own_ways(t: StoreTrial) -> None:
    """The mails are not sent because the index was built."""
    _fill(t, 3)
    t.store.consume(SHOP, "search", _Listener(), limit=2)
    found = (t.store.consumed(SHOP, "search"), t.store.consumed(SHOP, "mail"))
    require(found == (2, 0), f"the consumers are at {found}")


@_kit.case()
def _a_handler_that_fails_is_told_the_same_again(t: StoreTrial) -> None:
    """Its position and what it wrote stand or fall together."""
    _fill(t, 2)

    def failing(events: Sequence[Recorded], _: Any) -> None:  # noqa: ANN401 - of any driver
        raise LookupError(len(events))

    raised = _raises(LookupError, lambda: t.store.consume(SHOP, "search", failing))
    require(raised, "what the handler raises is lost")
    listener = _Listener()
    t.store.consume(SHOP, "search", listener)
    require(listener.heard == [1, 2], f"the second time it is told {listener.heard}")


@_kit.case()
def _consumers_at_once_under_one_name_share_the_feed(t: StoreTrial) -> None:
    """Without loss and without repeat."""
    _fill(t, 12)
    listener = _Listener()

    def work(_: int) -> None:
        for _ in range(100):
            if not t.store.consume(SHOP, "search", listener, limit=2):
                return

    at_once(work, 4)
    require(listener.heard == list(range(1, 13)), f"told are {listener.heard}")


@_kit.case()
def _who_handles_elsewhere_learns_that_another_was_faster(t: StoreTrial) -> None:
    """Else both would think that the batch is theirs."""
    _fill(t, 4)
    found = [t.store.advance(SHOP, "broker", after=0, to=to) for to in (2, 3)]
    found.append(t.store.consumed(SHOP, "broker") == 2)
    require(found == [True, False, True], f"moved, moved again and where it is: {found}")


@_kit.case()
def _a_projection_is_built_anew_from_the_beginning(t: StoreTrial) -> None:
    """A consumer may be moved back."""
    _fill(t, 2)
    t.store.advance(SHOP, "broker", after=0, to=2)
    moved = t.store.advance(SHOP, "broker", after=2, to=0)
    listener = _Listener()
    t.store.consume(SHOP, "broker", listener)
    require((moved, listener.heard) == (True, [1, 2]), f"it is told {listener.heard}")


@_kit.case()
def _a_consumer_is_not_moved_where_there_is_no_fact(t: StoreTrial) -> None:
    """It would skip what is yet to come."""
    _fill(t, 2)
    for to in (-1, 3):
        move = partial(t.store.advance, SHOP, "broker", after=0, to=to)
        require(_raises(InvalidData, move), f"it moves to {to} of 2")


@_kit.case()
def _what_is_archived_reads_as_before(t: StoreTrial) -> None:
    """Years of closed orders are out of the way, and there."""
    t.write(writes("c-1", "s-1", "a", "b"), writes("c-2", "s-2", "c"))
    t.write(writes("c-3", "s-1", "d", version=2), writes("c-4", "s-3", "e"))

    def readings() -> object:
        return (
            [list(t.store.feed(SHOP, after, 3)) for after in range(6)],
            [t.words(stream, after) for stream in ("s-1", "s-2") for after in range(4)],
            list(t.store.streams(SHOP)),
        )

    before = readings()
    moved = [t.store.archive(SHOP, S1), t.store.archive(SHOP, S1)]
    require(moved == [3, 0], f"moved are {moved} of 3 facts")
    require(readings() == before, f"{before} reads {readings()}")


@_kit.case()
def _an_archived_stream_goes_on_where_it_stood(t: StoreTrial) -> None:
    """A closed order may be returned."""
    t.write(writes("c-1", "s-1", "a", "b"), writes("c-2", "s-2", "c"))
    t.store.archive(SHOP, S1)
    t.write(writes("c-3", "s-1", "d", version=2))
    found = (t.words(), [r.position for r in t.store.feed(SHOP, 0, 9)])
    require(found == (["a", "b", "d"], [1, 2, 3, 4]), f"words and positions are {found}")


@_kit.case()
def _positions_are_never_given_out_twice(t: StoreTrial) -> None:
    """Also where all that had them is archived."""
    t.write(writes("c-1", "s-1", "a"), writes("c-2", "s-2", "b"))
    t.store.archive(SHOP, S1)
    t.store.archive(SHOP, S2)
    t.write(writes("c-3", "s-3", "c"))
    found = [(r.position, r.stream) for r in t.store.feed(SHOP, 0, 9)]
    require(found == [(1, "s-1"), (2, "s-2"), (3, "s-3")], f"the feed is {found}")


@_kit.case()
def _only_what_is_quiet_is_offered_for_the_archive(t: StoreTrial) -> None:
    """What is due, waits for a person or has just happened stays at hand."""
    t.write(writes("c-1", "s-1", "a", at=minute(1)), writes("c-2", "s-2", "b", due=50))
    t.write(writes("c-3", "s-3", "c", waits=1), writes("c-4", "s-4", "d", at=minute(9)))
    found = list(t.store.archivable(SHOP, minute(9), "", 9))
    require(found == [S1], f"offered are {found}")


@_kit.case()
def _the_archivable_are_offered_page_by_page_once(t: StoreTrial) -> None:
    """A stream comes again only where something was added to it."""
    _fill(t, 3)
    names = [StreamId(f"s-{n}") for n in range(3)]
    found = [list(t.store.archivable(SHOP, LATER, after, 2)) for after in ("", names[1])]
    t.store.archive(SHOP, names[0])
    found.append(list(t.store.archivable(SHOP, LATER, "", 9)))
    t.write(writes("c-9", names[0], "again", version=1))
    found.append(list(t.store.archivable(SHOP, LATER, "", 9)))
    require(found == [names[:2], names[2:], names[1:], names], f"offered are {found}")


@_kit.case()
def _inside_a_hold_reads_and_a_commit_see_one_state(t: StoreTrial) -> None:
    """The last resort of a decision that lost two races for the same stock."""
    t.put(supply("t-1", 1))
    with t.store.hold(SHOP):
        found = [t.available()]
        t.write(writes("c-1", "s-1", "a", steps=(promise("h-1", 1),)))
        found.append(t.available())
    require(found == [1, 0], f"available before and after the commit are {found}")


@_kit.case()
def _a_hold_keeps_other_writers_out(t: StoreTrial) -> None:
    """Until its block ends, and no longer."""
    begun = threading.Event()

    def write() -> None:
        begun.set()
        t.write(writes("c-2", "s-2", "b"))

    other = threading.Thread(target=write)
    with t.store.hold(SHOP):
        other.start()
        begun.wait()
        other.join(_WAIT_S)
        inside = t.words("s-2")
    other.join()
    found = (inside, t.words("s-2"))
    require(found == ([], ["b"]), f"inside and after the hold there are {found}")


@_kit.case()
def _what_was_committed_inside_a_hold_stays_however_it_ends(t: StoreTrial) -> None:
    """Its caller has been told that it is written."""

    def fails() -> None:
        with t.store.hold(SHOP):
            t.write(writes("c-1", "s-1", "a"))
            raise LookupError

    require(_raises(LookupError, fails), "what ended the hold is lost")
    require(t.words() == ["a"], f"there is {t.words()}")


@_kit.case()
def _a_refusal_inside_a_hold_leaves_it_open(t: StoreTrial) -> None:
    """The decision is made anew on the same state."""
    t.put(supply("t-1", 1))
    with t.store.hold(SHOP):
        t.shortage(writes("c-1", "s-1", "a", steps=(promise("h-1", 2),)), "2 of 1")
        t.write(writes("c-2", "s-1", "b", steps=(promise("h-2", 1),)))
    found = (t.words(), t.available())
    require(found == (["b"], 0), f"words and units are {found}")


#: In order.
READING_CASES: Final = _kit.cases
