"""
The rules of stock counts.

A count asserts what lay on the shelf at a point in time. It is compared with what had occurred by
then among what is recorded (see ``_recorded_stock``), and the difference is posted with that
instant, so movements after it survive whatever the order in which count and movements are
recorded. A discrepancy of the place is explained first; only what remains is found or lost.

A count is never refused for what it finds. Promises that are no longer covered stand: the event
names SKU, place and shortage, and who loses is for the orders to decide.

Movements that occurred before the count and are recorded after it are late. They are listed by
:func:`late_movements`, and compensated when the same count is recorded again: the event names
them. Recording a count of the same moment twice with nothing late in between changes nothing.
"""

from collections.abc import Iterable
from typing import Any

from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import count_stream
from ordercore.inventory._accounts import Bucket
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
from ordercore.inventory._movements import Movements
from ordercore.inventory._recorded_stock import (
    LateMovement,
    OnHandAsOf,
    StockKey,
    late_in,
    uncovered,
)
from ordercore.inventory.documents._count_commands import (
    CancelCount,
    CloseCount,
    CountedLine,
    OpenCount,
    RecordCount,
)
from ordercore.inventory.documents._count_state import (
    CountCanceled,
    CountClosed,
    CountedUnits,
    CountOpened,
    CountRecorded,
    ShelfCount,
    StockCount,
)
from ordercore.inventory.documents._known_documents import known_count, refuse_known_count
from ordercore.inventory.documents._lifecycles import COUNT_LIFECYCLE
from ordercore.ledger import Entry
from ordercore.places import KnownPlaces

__all__ = [
    "decide_cancel_count",
    "decide_close_count",
    "decide_open_count",
    "decide_record_count",
    "late_movements",
    "opening_needs",
    "recording_needs",
]


def opening_needs(
    command: OpenCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known.

    """
    del state, facts, context
    return frozenset({known_skus(command.skus), KnownPlaces((command.place,))})


def decide_open_count(
    command: OpenCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Begin to count.

    Raises:
        Rejected: ``count_exists``, ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    del context
    refuse_known_count(state, command.count_id)
    refuse_unknown(command.skus, (command.place,), facts)
    opened = CountOpened(
        count_id=command.count_id,
        place=command.place,
        skus=command.skus,
        note=command.note,
        status=COUNT_LIFECYCLE().initial,
    )
    return Decision((opened,))


def _compared(command: RecordCount, count: StockCount) -> OnHandAsOf:
    known_before = [count.shelf(line.sku, line.lot) for line in command.lines]
    positions = [shelf.read_to for shelf in known_before if shelf is not None]
    return OnHandAsOf(
        tuple(sorted({line.sku for line in command.lines})),
        count.place,
        command.counted_at,
        min(positions, default=None),
    )


def recording_needs(
    command: RecordCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs are known, what lay there at that moment and what is promised.

    """
    del facts, context
    if state is None:
        return frozenset()
    skus = {line.sku for line in command.lines}
    return frozenset(
        {known_skus(skus), _compared(command, state), available_balances(state.place, skus)}
    )


def decide_record_count(
    command: RecordCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Make the record agree with what was counted.

    Raises:
        Rejected: ``unknown_count``, ``not_legal_now``, ``in_the_future``, ``unknown_sku``,
            ``kit_has_no_stock``, ``not_in_count``, ``count_outdated`` where a later count of the
            same shelf stands already, ``lot_needed``.
    """
    count = known_count(state, command.count_id)
    status = COUNT_LIFECYCLE().after(count.status, "record", count.id)
    refuse_future(command.counted_at, context.at, "count")
    refuse_unknown((line.sku for line in command.lines), (), facts)
    record = facts[_compared(command, count)]
    named = {StockKey(line.sku, lot=line.lot) for line in command.lines}
    stream = count_stream(count.id)
    steps = Movements(context.command_id, stream, command.counted_at)
    lines: list[CountedUnits] = []
    changes = dict.fromkeys((line.sku for line in command.lines), 0)
    for line in command.lines:
        _refuse_uncountable(count, line, command)
        key = StockKey(line.sku, lot=line.lot)
        refuse_missing_lot(key, record, named)
        changed, healed = settle_shelf(steps, count.place, key, record, line.counted)
        changes[line.sku] += changed
        before = count.shelf(line.sku, line.lot)
        late = (m for m in record.late if m.key == key and _is_late(m, before, stream))
        lines.append(
            CountedUnits(
                sku=line.sku,
                lot=line.lot,
                counted=line.counted,
                recorded=record.stated(key),
                healed=healed,
                late=tuple(movement.step_id for movement in late),
            )
        )
    if not steps.steps and all(_stands(count, line, command) for line in command.lines):
        return Decision()
    balances = facts[available_balances(count.place, changes)]
    event = CountRecorded(
        lines=tuple(lines),
        counted_at=command.counted_at,
        read_to=record.read_to,
        uncovered=uncovered(count.place, changes, balances),
        note=command.note,
        status=status,
    )
    return Decision((event,), tuple(steps.batch()))


def _refuse_uncountable(count: StockCount, line: CountedLine, command: RecordCount) -> None:
    if count.skus and line.sku not in count.skus:
        raise Rejected(
            "not_in_count",
            f"{line.sku} is not among what count {count.id} counts",
            data={"count": count.id, "sku": line.sku},
            legal=count.skus,
        )
    before = count.shelf(line.sku, line.lot)
    if before is not None and before.counted_at > command.counted_at:
        last = before.counted_at.isoformat()
        raise Rejected(
            "count_outdated",
            f"{line.sku} was counted again at {last}, after {command.counted_at.isoformat()}",
            data={"count": count.id, "sku": line.sku, "counted_at": last},
            legal=(f"counts of {last} or later",),
        )


def _stands(count: StockCount, line: CountedLine, command: RecordCount) -> bool:
    before = count.shelf(line.sku, line.lot)
    asked = (line.counted, command.counted_at)
    return before is not None and (before.counted, before.counted_at) == asked


def _is_late(movement: LateMovement, shelf: ShelfCount | None, stream: str) -> bool:
    """
    Say whether a movement is late for what was counted; the count's own corrections are not.

    """
    return (
        shelf is not None
        and movement.position > shelf.read_to
        and movement.occurred_at <= shelf.counted_at
        and movement.reference != stream
    )


def late_movements(count: StockCount, entries: Iterable[Entry]) -> tuple[LateMovement, ...]:
    """
    List what occurred before a count and was recorded after it, in order of the log.

    The record is off by these until the count is recorded again, or somebody decides otherwise.
    Where a later count of the same shelf has been recorded since, ask that one: it has seen them.

    Args:
        count: The count.
        entries: The log, or as much of it as comes after the count.

    Cost: O(entries).
    """
    if not count.shelves:
        return ()
    by_key = {StockKey(shelf.sku, lot=shelf.lot): shelf for shelf in count.shelves}
    need = OnHandAsOf(
        tuple(sorted({shelf.sku for shelf in count.shelves})),
        count.place,
        max(shelf.counted_at for shelf in count.shelves),
    )
    stream = count_stream(count.id)
    return tuple(
        movement
        for entry in entries
        for movement in late_in(entry, need)
        if movement.key.bucket is Bucket.ON_HAND
        and _is_late(movement, by_key.get(movement.key), stream)
    )


def decide_close_count(
    command: CloseCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    End a count.

    Raises:
        Rejected: ``unknown_count``, ``not_legal_now``.
    """
    del facts, context
    count = known_count(state, command.count_id)
    return Decision((CountClosed(status=COUNT_LIFECYCLE().after(count.status, "close", count.id)),))


def decide_cancel_count(
    command: CancelCount, state: StockCount | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Give a count up.

    Raises:
        Rejected: ``unknown_count``, ``not_legal_now``.
    """
    del facts, context
    count = known_count(state, command.count_id)
    status = COUNT_LIFECYCLE().after(count.status, "cancel", count.id)
    return Decision((CountCanceled(reason=command.reason, status=status),))
