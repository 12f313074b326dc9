"""
Everything that can be asked of a stock count.

"""

from collections.abc import Iterable, Mapping
from typing import cast

import attrs

from ordercore.grammar import Command
from ordercore.ids import CountId, PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._document_shape import DocumentFaults, together

__all__ = [
    "CancelCount",
    "CloseCount",
    "CountedLine",
    "OpenCount",
    "RecordCount",
]


@attrs.frozen(kw_only=True)
class CountedLine:
    """
    What somebody has counted on the shelf: all that was there, promised or not.

    Attributes:
        sku: What.
        counted: How many; what is picked, packed or set aside is not on the shelf.
        lot: Which lot of it, where lots are told apart.
    """

    sku: Sku = attrs.field(converter=Sku)
    counted: int
    lot: str = ""


def _skus(given: Iterable[str]) -> tuple[Sku, ...]:
    return tuple(Sku(sku) for sku in given)


CountedLines = Mapping[Sku, int] | Mapping[str, int] | Iterable[CountedLine]


def _counted_lines(given: CountedLines) -> tuple[CountedLine, ...]:
    if isinstance(given, Mapping):
        by_sku = cast("Mapping[str, int]", given)
        return tuple(CountedLine(sku=Sku(sku), counted=n) for sku, n in by_sku.items())
    return tuple(given)


@attrs.frozen(kw_only=True)
class OpenCount(Command):
    """
    Begin to count; nothing is frozen, and sales go on.

    Attributes:
        count_id: The host's number for it.
        place: Where.
        skus: What is counted; empty for whatever lies there.
        note: For people.
    """

    count_id: CountId = attrs.field(converter=CountId)
    place: PlaceId = attrs.field(converter=PlaceId)
    skus: tuple[Sku, ...] = attrs.field(default=(), converter=_skus)
    note: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("count_id", self.count_id)
        faults.id("place", self.place)
        faults.count(len(self.skus), "skus", 0)
        for n, sku in enumerate(self.skus):
            faults.sku(f"skus[{n}]", sku)
        faults.once((f"skus[{n}]", sku) for n, sku in enumerate(self.skus))
        faults.text("note", self.note)
        faults.check()


@attrs.frozen(kw_only=True)
class RecordCount(Command):
    """
    State what lay on the shelf at a point in time.

    Recorded again for the same point in time it takes in what came to light since.

    Attributes:
        count_id: Which count.
        lines: What was there; a mapping of SKU to quantity will do.
        counted_at: When it was counted, to the best of anybody's knowledge.
        note: For people.
    """

    count_id: CountId = attrs.field(converter=CountId)
    lines: tuple[CountedLine, ...] = attrs.field(converter=_counted_lines)
    counted_at: Instant
    note: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("count_id", self.count_id)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            faults.sku(f"lines[{n}].sku", line.sku)
            faults.quantity(f"lines[{n}].counted", line.counted, 0)
            faults.lot(f"lines[{n}].lot", line.lot)
        faults.once((f"lines[{n}]", together(x.sku, x.lot)) for n, x in enumerate(self.lines))
        faults.aware(self.counted_at, "counted_at")
        faults.text("note", self.note)
        faults.check()


@attrs.frozen(kw_only=True)
class CloseCount(Command):
    """
    End a count; what it recorded stands.

    """

    count_id: CountId = attrs.field(converter=CountId)

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("count_id", self.count_id)
        faults.check()


@attrs.frozen(kw_only=True)
class CancelCount(Command):
    """
    Give a count up that has recorded nothing.

    """

    count_id: CountId = attrs.field(converter=CountId)
    reason: str = ""

    def __attrs_post_init__(self) -> None:
        faults = DocumentFaults(self)
        faults.id("count_id", self.count_id)
        faults.text("reason", self.reason)
        faults.check()
