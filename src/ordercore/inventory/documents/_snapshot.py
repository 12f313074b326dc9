"""
Synchronizing with a warehouse's own system: its list, a watermark, and the fewest corrections.

A list is absolute: so many lay there. It is old when it comes, so it carries the instant up to
which the warehouse had seen movements, its watermark. :func:`reconcile` compares it with what had
occurred by then; what occurred later is not its business. Each differing SKU, bucket and lot is
one correction, and fewer would not do, since a correction changes one of them. Corrections are
posted with the watermark's instant, so the ledger as of the watermark then equals the list, and
comparing again finds nothing.

Reservations and allocations live in the promise book; a list neither sees nor changes them. Where
they are no longer covered, the event says so with numbers.

What a place's system has stated is a stream of its own, because an older list must be told from a
newer one even where neither led to a correction. A list as of an instant before the last one's is
refused: what it could correct has been corrected by a better witness. One as of the same instant
is compared again; so late movements are compensated, as with counts.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, cast

import attrs

from ordercore.errors import Rejected
from ordercore.grammar import Command, Decision, Event, Facts, Need
from ordercore.ids import PlaceId, Sku, snapshot_stream
from ordercore.instants import Instant
from ordercore.inventory._accounts import Bucket
from ordercore.inventory._corrections import AdjustReason
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    available_balances,
    known_skus,
    refuse_future,
    refuse_missing_lot,
    refuse_unknown,
    settle_shelf,
)
from ordercore.inventory._document_shape import DocumentFaults, of_lot, together
from ordercore.inventory._movements import Movements
from ordercore.inventory._recorded_stock import (
    OnHandAsOf,
    StockKey,
    StockRecord,
    Uncovered,
    uncovered,
)
from ordercore.places import KnownPlaces

__all__ = [
    "SNAPSHOT_BUCKETS",
    "ApplySnapshot",
    "Correction",
    "PlaceStatements",
    "SnapshotApplied",
    "SnapshotLine",
    "decide_snapshot",
    "evolve_statements",
    "reconcile",
    "snapshot_needs",
]

#: The buckets of which a warehouse may state the contents; the others follow from orders' work.
SNAPSHOT_BUCKETS: Final = (Bucket.ON_HAND, Bucket.QUALITY, Bucket.QUARANTINE, Bucket.DAMAGED)


@attrs.frozen(kw_only=True)
class SnapshotLine:
    """
    So many units lay there.

    Attributes:
        sku: What.
        quantity: How many, promised or not.
        bucket: In which state.
        lot: Of which lot, where lots are told apart.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int
    bucket: Bucket = Bucket.ON_HAND
    lot: str = ""

    @property
    def key(self) -> StockKey:
        """
        What is counted together.

        """
        return StockKey(self.sku, self.bucket, self.lot)


SnapshotLines = Mapping[Sku, int] | Mapping[str, int] | Iterable[SnapshotLine]


def _snapshot_lines(given: SnapshotLines) -> tuple[SnapshotLine, ...]:
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(SnapshotLine(sku=Sku(sku), quantity=n) for sku, n in by_sku.items())
    return tuple(given)


@attrs.frozen(kw_only=True)
class ApplySnapshot(Command):
    """
    Make the record of a place agree with the list of its own system.

    Attributes:
        place: Where.
        as_of: The watermark: the list has seen what occurred up to this instant.
        lines: What lay there; a mapping of SKU to quantity on hand will do.
        complete: The buckets of which the list names all that lies there; what it does not name
            is not there. Empty where it speaks of its lines alone.
        reference: The list's own number.
    """

    place: PlaceId = attrs.field(converter=PlaceId)
    as_of: Instant
    lines: tuple[SnapshotLine, ...] = attrs.field(converter=_snapshot_lines)
    complete: tuple[Bucket, ...] = ()
    reference: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("place", self.place)
        faults.aware(self.as_of, "as_of")
        faults.count(len(self.lines), "lines", 0 if self.complete else 1)
        for n, line in enumerate(self.lines):
            faults.sku(f"lines[{n}].sku", line.sku)
            faults.quantity(f"lines[{n}].quantity", line.quantity, 0)
            faults.lot(f"lines[{n}].lot", line.lot)
        buckets = [(f"lines[{n}].bucket", line.bucket) for n, line in enumerate(self.lines)]
        buckets += [(f"complete[{n}]", bucket) for n, bucket in enumerate(self.complete)]
        for path, bucket in buckets:
            if bucket not in SNAPSHOT_BUCKETS:
                legal = ", ".join(SNAPSHOT_BUCKETS)
                faults.note(path, f"{bucket} is not for a warehouse to state: legal are {legal}")
        faults.once((f"lines[{n}]", together(*line.key)) for n, line in enumerate(self.lines))
        faults.once((f"complete[{n}]", bucket) for n, bucket in enumerate(self.complete))
        faults.text("reference", self.reference)
        faults.check()


@attrs.frozen(kw_only=True)
class Correction:
    """
    One number of the record that is made to agree with a list.

    Attributes:
        sku: What.
        place: Where.
        bucket: In which state.
        lot: Of which lot, or empty.
        recorded: What the ledger said of the watermark's instant.
        stated: What the list says.
    """

    sku: Sku
    place: PlaceId
    bucket: Bucket
    lot: str
    recorded: int
    stated: int

    @property
    def delta(self) -> int:
        """
        What is found, or below zero lost.

        """
        return self.stated - self.recorded


@attrs.frozen(kw_only=True)
class SnapshotApplied(Event):
    """
    A place's own system has stated what lay there, and the record was made to agree.

    """

    place: PlaceId
    as_of: Instant
    corrections: tuple[Correction, ...]
    read_to: int
    uncovered: tuple[Uncovered, ...]
    reference: str


@attrs.frozen(kw_only=True)
class PlaceStatements:
    """
    What a place's own system has stated last.

    Attributes:
        place: Where.
        as_of: The watermark of the last list that was applied.
        read_to: The last position of the ledger that it was compared with.
    """

    place: PlaceId
    as_of: Instant
    read_to: int


def evolve_statements(state: PlaceStatements | None, event: SnapshotApplied) -> PlaceStatements:
    """
    Fold one event into the statements of a place.

    """
    del state
    return PlaceStatements(place=event.place, as_of=event.as_of, read_to=event.read_to)


def reconcile(recorded: StockRecord, snapshot: ApplySnapshot) -> tuple[Correction, ...]:
    """
    Tell the fewest corrections that make the record agree with a list.

    Args:
        recorded: What the ledger says as of the list's watermark.
        snapshot: The list.

    Returns:
        One correction for each SKU, bucket and lot that differs, in that order.

    Cost: O(lines + what is recorded of the place).
    """
    stated = {line.key: line.quantity for line in snapshot.lines}
    for key in recorded.as_of:
        # What left beyond the record counts with the shelf, which then may hold nothing else.
        there = key._replace(bucket=Bucket.ON_HAND) if key.bucket is Bucket.DISCREPANCY else key
        if there.bucket in snapshot.complete:
            stated.setdefault(there, 0)
    return tuple(
        Correction(
            sku=key.sku,
            place=snapshot.place,
            bucket=key.bucket,
            lot=key.lot,
            recorded=recorded.stated(key),
            stated=stated[key],
        )
        for key in sorted(stated)
        if stated[key] != recorded.stated(key)
    )


def _compared(command: ApplySnapshot) -> OnHandAsOf:
    skus = () if command.complete else tuple(sorted({line.sku for line in command.lines}))
    return OnHandAsOf(skus, command.place, command.as_of)


def snapshot_needs(
    command: ApplySnapshot, state: PlaceStatements | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known, what lay there, and what of what differs is promised.

    """
    del state, context
    compared = _compared(command)
    asked: set[Need[Any]] = {
        compared,
        known_skus(line.sku for line in command.lines),
        KnownPlaces((command.place,)),
    }
    if compared in facts:
        skus = {each.sku for each in reconcile(facts[compared], command)}
        asked.add(available_balances(command.place, skus))
    return frozenset(asked)


def decide_snapshot(
    command: ApplySnapshot, state: PlaceStatements | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Post the corrections; movements after the watermark and promises stay as they are.

    Raises:
        Rejected: ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``, ``in_the_future``,
            ``snapshot_outdated`` where a newer list was applied, ``lot_needed``.
    """
    refuse_unknown((line.sku for line in command.lines), (command.place,), facts)
    refuse_future(command.as_of, context.at, "snapshot")
    if state is not None and command.as_of < state.as_of:
        raise Rejected(
            "snapshot_outdated",
            f"a list of {command.place} as of {state.as_of.isoformat()} was applied before "
            f"this one as of {command.as_of.isoformat()}",
            data={"place": command.place, "applied": state.as_of.isoformat()},
            legal=(f"lists as of {state.as_of.isoformat()} or later",),
        )
    record = facts[_compared(command)]
    named = {line.key for line in command.lines}
    for line in command.lines:
        refuse_missing_lot(line.key, record, named)
    corrections = reconcile(record, command)
    if not corrections and state is not None and command.as_of == state.as_of:
        return Decision()
    steps = Movements(context.command_id, snapshot_stream(command.place), command.as_of)
    changes: dict[Sku, int] = dict.fromkeys((each.sku for each in corrections), 0)
    for each in corrections:
        key = StockKey(each.sku, each.bucket, each.lot)
        if each.bucket is Bucket.ON_HAND:
            changes[each.sku] += settle_shelf(steps, command.place, key, record, each.stated)[0]
        else:
            _correct(steps, each, record.now.get(key, 0), context.at)
    event = SnapshotApplied(
        place=command.place,
        as_of=command.as_of,
        corrections=corrections,
        read_to=record.read_to,
        uncovered=uncovered(
            command.place, changes, facts[available_balances(command.place, changes)]
        ),
        reference=command.reference,
    )
    return Decision((event,), tuple(steps.batch()))


def _correct(steps: Movements, correction: Correction, there: int, at: Instant) -> None:
    """
    Find or lose units in a bucket that nothing is promised from.

    Where fewer were there than have left since, units left beyond the record after the list was
    made: the place's discrepancy gives them, at the instant at which that is known.
    """
    sku, place, delta = correction.sku, correction.place, correction.delta
    if beyond := max(-delta - there, 0):
        known_now = attrs.evolve(steps, occurred_at=at)  # of the same batch
        lots = of_lot(correction.lot, beyond)
        known_now.unheal(sku, place, beyond, correction.bucket, lots=lots)
    lots = of_lot(correction.lot, abs(delta))
    steps.adjust(sku, place, delta, AdjustReason.COUNT, correction.bucket, lots=lots)
