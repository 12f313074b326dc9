"""
The capacity book: what a place can do a day, and who has been promised how much of it.

By measure (orders, units, minutes), place and day:

    outside ──set──> open ──pend──> promised     an order's promise; posted when the work is done,
       ^              │                          voided when it is not needed any more
       └────set───────┘
    unplanned <──set──> planned                  the same total again, see below

What was set for a day is ``open`` plus what ``promised`` has posted; what may still be promised is
what is available in ``open``. A promise is guarded and leaves at least nothing; setting a day is a
fact and asks nobody: where less is set than was promised the day is overbooked, its promises stay
and the shortage is visible.

Setting says what shall be, so it must know what is. ``planned`` holds the total and ``unplanned``
its opposite, and nothing but settings touches them: moving the old total out of the one leaves at
least nothing only if it was not less, and moving the new one out of the other leaves at least its
opposite only if it was not more. So of two people who set a day at once the second is refused by
the ledger and decides again, and neither difference is added to the other's.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import assert_never

import attrs

from ordercore.grammar import Need
from ordercore.ids import PlaceId, child
from ordercore.instants import Instant
from ordercore.ledger import (
    NOTHING,
    AccountId,
    Balance,
    Divide,
    Pend,
    Post,
    PostPending,
    Step,
    VoidPending,
    account,
)
from ordercore.places import CapacityMeasure

__all__ = [
    "CapacityAt",
    "CapacityLevel",
    "CapacityMovements",
    "capacity_accounts",
    "capacity_level",
    "open_account",
    "promised_account",
    "work_of",
]


def _dated(code: str, measure: CapacityMeasure, place: PlaceId | str, day: date) -> AccountId:
    return account("capacity", code, measure.value, place, lot=day.isoformat())


def open_account(measure: CapacityMeasure, place: PlaceId | str, day: date) -> AccountId:
    """
    Name the account of what a place can do on a day and has not done yet.

    """
    return _dated("open", measure, place, day)


def promised_account(measure: CapacityMeasure, place: PlaceId | str, day: date) -> AccountId:
    """
    Name the account that promises of a day's work point at; posted is what was done.

    """
    return _dated("promised", measure, place, day)


def work_of(units: int, measure: CapacityMeasure, minutes_per_unit: int = 1) -> int:
    """
    Say how much of a day a fulfillment order asks for.

    >>> work_of(3, CapacityMeasure.MINUTES, minutes_per_unit=20)
    60
    >>> work_of(3, CapacityMeasure.ORDERS)
    1

    Args:
        units: How many units it has; with none it asks for nothing.
        measure: By what the place counts.
        minutes_per_unit: How long a unit takes there.
    """
    match measure:
        case CapacityMeasure.ORDERS:
            return min(units, 1)
        case CapacityMeasure.UNITS:
            return units
        case CapacityMeasure.MINUTES:
            return units * minutes_per_unit
        case _:
            assert_never(measure)


@attrs.frozen(kw_only=True)
class CapacityLevel:
    """
    One day of one place.

    Attributes:
        place: Where.
        day: Which date there.
        measure: What the numbers count.
        open: How much it can do that day; 0 where nobody has set it.
        promised: How much of it orders have been promised and is not done yet.
        done: How much of it was done.
    """

    place: PlaceId
    day: date
    measure: CapacityMeasure
    open: int = 0
    promised: int = 0
    done: int = 0

    @property
    def left(self) -> int:
        """
        What may still be promised; never negative.

        """
        return max(self.open - self.promised - self.done, 0)

    @property
    def overbooked(self) -> int:
        """
        What was promised or done beyond what the day can hold, after less was set for it.

        """
        return max(self.promised + self.done - self.open, 0)


@attrs.frozen
class CapacityAt(Need[Mapping[tuple[PlaceId, date], CapacityLevel]]):
    """
    The levels of some places, each with its measure, on some days.

    Every pair is in the answer; where nothing was ever set the numbers are zero.
    """

    places: tuple[tuple[PlaceId, CapacityMeasure], ...]
    days: tuple[date, ...]


def capacity_accounts(
    measure: CapacityMeasure, place: PlaceId | str, day: date
) -> tuple[AccountId, ...]:
    """
    List the accounts that :func:`capacity_level` reads.

    """
    return open_account(measure, place, day), promised_account(measure, place, day)


def capacity_level(
    measure: CapacityMeasure, place: PlaceId, day: date, balances: Mapping[AccountId, Balance]
) -> CapacityLevel:
    """
    Read one level from the balances of :func:`capacity_accounts`.

    """
    is_open = balances.get(open_account(measure, place, day), NOTHING)
    promised = balances.get(promised_account(measure, place, day), NOTHING)
    return CapacityLevel(
        place=place,
        day=day,
        measure=measure,
        open=is_open.posted + promised.posted,
        promised=promised.pending_in,
        done=promised.posted,
    )


@attrs.define
class CapacityMovements:
    """
    Collects the steps of one command in the capacity book.

    Attributes:
        parent: The id under which the steps are numbered, used by no other batch.
        reference: For what: an order, or the command that sets a day.
        occurred_at: When it happened, as claimed.
        steps: The batch so far.
    """

    parent: str
    reference: str
    occurred_at: Instant
    steps: list[Step] = attrs.Factory(list[Step])

    def promise(self, measure: CapacityMeasure, place: PlaceId, day: date, amount: int) -> str:
        """
        Promise part of a day; returns the hold. More than is left is refused in the commit.

        """
        step = Pend(
            self._next_id(),
            open_account(measure, place, day),
            promised_account(measure, place, day),
            amount,
            "plan_work",
            self.reference,
            self.occurred_at,
            0,
        )
        self.steps.append(step)
        return step.id

    def done(self, hold: str) -> None:
        """
        Record that promised work was done.

        """
        self.steps.append(
            PostPending(self._next_id(), hold, None, "work_done", self.reference, self.occurred_at)
        )

    def release(self, hold: str, reason: str) -> None:
        """
        Give a promise back: the work is not needed any more.

        """
        self.steps.append(
            VoidPending(self._next_id(), hold, reason, self.reference, self.occurred_at)
        )

    def release_part(self, hold: str, held: int, amount: int, reason: str) -> str:
        """
        Give part of a promise back, less than all; returns the hold of the rest.

        """
        step = Divide(
            self._next_id(),
            hold,
            (amount, held - amount),
            reason,
            self.reference,
            self.occurred_at,
        )
        self.steps.append(step)
        released, rest = step.part_ids
        self.release(released, reason)
        return rest

    def set_open(self, level: CapacityLevel, amount: int) -> None:
        """
        Set how much a day can hold, from what it could; nothing where that is the same.

        """
        if amount == level.open:
            return
        outside = account("capacity", "outside", level.measure.value)
        is_open = open_account(level.measure, level.place, level.day)
        if amount > level.open:
            self._post(outside, is_open, amount - level.open)
        else:
            self._post(is_open, outside, level.open - amount)
        planned = _dated("planned", level.measure, level.place, level.day)
        unplanned = _dated("unplanned", level.measure, level.place, level.day)
        if level.open:
            self._post(planned, unplanned, level.open, 0)
        # Nothing can't be moved: where nothing shall be left, one goes there and back instead.
        self._post(unplanned, planned, amount or 1, -(amount or 1))
        if not amount:
            self._post(planned, unplanned, 1)

    def batch(self) -> Sequence[Step]:
        """
        Return the steps so far, in order.

        """
        return tuple(self.steps)

    def _post(
        self, source: AccountId, target: AccountId, amount: int, least: int | None = None
    ) -> None:
        self.steps.append(
            Post(
                self._next_id(),
                source,
                target,
                amount,
                "set_capacity",
                self.reference,
                self.occurred_at,
                least,
            )
        )

    def _next_id(self) -> str:
        return child(self.parent, "capacity", len(self.steps) + 1)
