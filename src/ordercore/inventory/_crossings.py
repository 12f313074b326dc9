"""
Crossings: the moments at which a SKU runs out at a place, runs low, or is back.

A crossing is computed, never stored: a pure fold over the ledger's entries and the balances before
them. It belongs to the one batch that caused it, which is the unit in which a ledger changes: a
cart's hold that becomes an order's promise gives units back and takes them in one batch, and
crosses nothing. Whoever reads the same log from the same or another position finds the same
crossings at the same positions, so a reader that remembers how far it has read is told of each
exactly once, however often it starts again.

What is watched is ``available`` of a place: posted less held less the safety stock, for no channel
in particular, under the rules of the day on which the batch was recorded. Before and after are
judged by the same rules, so a rule that changes crosses nothing by itself.

    out_of_stock     above zero before, not above zero after
    back_in_stock    not above zero before, above zero after
    low              above ``low_at`` before, not above it after, and some are left

A hold that has run out counts for nothing from its instant on, but it crosses when its end is
recorded, by the next guard on its account or by a sweep; such an end is a batch of its own unless
it stands between two steps of one. So it is with a reversal, which bears the name of another step.

Entries carry no mark of their batch. Steps of one batch share what stands before the last slash of
their ids, the id of their command, which names no other batch; an id without a slash stands for
itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Final

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._rules import StockTerms
from ordercore.ledger import (
    AccountId,
    Divide,
    Entry,
    ExpirePending,
    Merge,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    account_parts,
)

__all__ = [
    "Crossing",
    "CrossingKind",
    "Crossings",
    "available_changes",
    "batches",
    "crossings",
    "holds_ended",
    "reversed_before",
]


class CrossingKind(StrEnum):
    """
    What was crossed.

    """

    OUT_OF_STOCK = "out_of_stock"  #: nothing can be promised any more
    LOW = "low"  #: few are left
    BACK_IN_STOCK = "back_in_stock"  #: something can be promised again


@attrs.frozen
class Crossing:
    """
    A SKU crossed a line at a place.

    Attributes:
        kind: Which line.
        sku: What.
        place: Where.
        available: What can be promised afterwards; never below zero.
        position: Of the step that completed it in the ledger's log.
        at: When that was recorded.
        step_id: That step.
    """

    kind: CrossingKind
    sku: Sku
    place: PlaceId
    available: int
    position: int
    at: Instant
    step_id: str


@attrs.frozen
class Crossings:
    """
    What a stretch of the log holds.

    Attributes:
        found: In order of position, then of SKU and place.
        position: How far was read; go on from here. It lies between batches.
    """

    found: tuple[Crossing, ...]
    position: int


#: The terms of a SKU at a place on a day, for no channel in particular.
TermsOn = Callable[[Sku, PlaceId, date], StockTerms]

_Watched = tuple[Sku, PlaceId]
_Entries = Sequence[Entry]


def crossings(
    entries: Iterable[Entry],
    *,
    before: Mapping[AccountId, int],
    holds: Mapping[str, OpenPending],
    terms: TermsOn,
    earlier: Iterable[Entry] = (),
) -> tuple[Crossing, ...]:
    """
    Find the crossings of a stretch of the log, which begins and ends between batches.

    Args:
        entries: The stretch, in order.
        before: Posted less held before it, of the accounts it touches; missing ones are 0.
        holds: As they were made, those that :func:`holds_ended` names.
        terms: The rules.
        earlier: The steps that :func:`reversed_before` names.

    Returns:
        In order of position, then of SKU and place.

    Cost: O(entries).
    """
    fold = _Fold(holds, earlier)
    level = dict(before)
    found: list[Crossing] = []
    for batch in batches(entries):
        moved: dict[AccountId, tuple[int, Entry]] = {}
        for entry in batch:
            for account, change in fold.changes(entry.step):
                moved[account] = (moved.get(account, (0, entry))[0] + change, entry)
        crossed: list[Crossing] = []
        for account, (change, entry) in moved.items():
            old = level.get(account, 0)
            level[account] = old + change
            watched = _watched(account)
            if watched is not None and change:
                rules = terms(*watched, entry.recorded_at.date())
                crossed.extend(_crossed(watched, old, old + change, rules, entry))
        crossed.sort(key=lambda crossing: (crossing.position, crossing.sku, crossing.place))
        found.extend(crossed)
    return tuple(found)


def batches(entries: Iterable[Entry]) -> Iterator[_Entries]:
    """
    Cut a stretch of the log into its batches.

    """
    batch: list[Entry] = []
    unnamed: list[Entry] = []
    command: str | None = None
    for entry in entries:
        # These bear the name of a step of another batch.
        if isinstance(entry.step, ExpirePending | Reverse):
            unnamed.append(entry)
            continue
        named = entry.step.id.rpartition("/")[0] or entry.step.id
        if named != command:
            yield from _cut(batch, unnamed)
            batch, command = [], named
        else:
            batch.extend(unnamed)
        batch.append(entry)
        unnamed = []
    yield from _cut(batch, unnamed)


def _cut(batch: list[Entry], unnamed: list[Entry]) -> Iterator[_Entries]:
    if batch:
        yield batch
    for entry in unnamed:
        yield [entry]


def holds_ended(entries: Iterable[Entry]) -> tuple[str, ...]:
    """
    Name the holds that a stretch ends and has not made: what must be known of earlier ones.

    """
    made: set[str] = set()
    named: dict[str, None] = {}
    for entry in entries:
        step = entry.step
        named.update(dict.fromkeys(hold for hold in _ended_by(step) if hold not in made))
        if isinstance(step, Pend | Merge):
            made.add(step.id)
        elif isinstance(step, Divide):
            made.update(step.part_ids)
    return tuple(named)


def _ended_by(step: Step) -> tuple[str, ...]:
    if isinstance(step, Post | Pend | Reverse):
        return ()
    return step.pendings if isinstance(step, Merge) else (step.pending,)


def reversed_before(entries: Iterable[Entry]) -> frozenset[str]:
    """
    Name the steps that a stretch reverses and that stand before it.

    """
    known: set[str] = set()
    named: set[str] = set()
    for entry in entries:
        known.add(entry.step.id)
        if isinstance(entry.step, Reverse):
            named.add(entry.step.step)
    return frozenset(named - known)


def available_changes(
    entries: Iterable[Entry], holds: Mapping[str, OpenPending], earlier: Iterable[Entry] = ()
) -> Mapping[AccountId, int]:
    """
    Sum what a stretch changes in posted less held, of each account that is watched.

    What stands now less this is what stood before.
    """
    fold = _Fold(holds, earlier)
    changes: defaultdict[AccountId, int] = defaultdict(int)
    for entry in entries:
        for account, change in fold.changes(entry.step):
            changes[account] += change
    return {account: change for account, change in changes.items() if _watched(account)}


class _Fold:
    """
    What each step changes, with the holds that must be known for it.

    """

    __slots__ = ("_holds", "_posted")

    def __init__(self, holds: Mapping[str, OpenPending], earlier: Iterable[Entry]) -> None:
        self._holds: dict[str, tuple[AccountId, AccountId, int]] = {
            name: (hold.source, hold.target, hold.amount) for name, hold in holds.items()
        }
        # What may be reversed, by step.
        self._posted: dict[str, tuple[AccountId, AccountId, int]] = {}
        for entry in earlier:
            self.changes(entry.step)

    def changes(self, step: Step) -> tuple[tuple[AccountId, int], ...]:
        if isinstance(step, Post):
            self._posted[step.id] = (step.source, step.target, step.amount)
            return (step.source, -step.amount), (step.target, step.amount)
        if isinstance(step, Pend):
            self._holds[step.id] = (step.source, step.target, step.amount)
            return ((step.source, -step.amount),)
        if isinstance(step, Reverse):
            source, target, amount = self._posted[step.step]
            return (source, amount), (target, -amount)
        if isinstance(step, Merge):
            parts = [self._holds.pop(name) for name in step.pendings]
            self._holds[step.id] = (*parts[0][:2], sum(amount for *_, amount in parts))
            return ()
        source, target, held = self._holds.pop(step.pending)
        if isinstance(step, Divide):
            for name, amount in zip(step.part_ids, step.parts, strict=True):
                self._holds[name] = (source, target, amount)
            return ()
        if isinstance(step, PostPending):
            taken = held if step.amount is None else step.amount
            self._posted[step.id] = (source, target, taken)
            return (source, held - taken), (target, taken)
        return ((source, held),)


_PREFIX: Final = ("promise", "available")


def _watched(account: AccountId) -> _Watched | None:
    parts = account_parts(account)
    if (parts.book, parts.code) != _PREFIX or parts.owner:
        return None
    return Sku(parts.unit), PlaceId(parts.place)


def _crossed(
    watched: _Watched, old: int, new: int, terms: StockTerms, entry: Entry
) -> Iterator[Crossing]:
    before, after = old - terms.safety, new - terms.safety
    if before > 0 >= after:
        kind = CrossingKind.OUT_OF_STOCK
    elif before <= 0 < after:
        kind = CrossingKind.BACK_IN_STOCK
    elif before > terms.low_at >= after:
        kind = CrossingKind.LOW
    else:
        return
    sku, place = watched
    yield Crossing(
        kind, sku, place, max(after, 0), entry.position, entry.recorded_at, entry.step.id
    )
