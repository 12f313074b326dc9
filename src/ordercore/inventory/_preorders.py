"""
Who waits for expected supply, and is served when it comes.

A preorder stands against the supply of a day. When units of that day arrive they are for sale at
once, so in the same batch as many of them as were preordered are allocated: in the order in which
they were promised, and nobody comes in between. What is left goes to who waits for an earlier day,
in vain so far. A receipt that nobody had announced serves whoever
waits, whatever the day. Backorders need nothing of the kind: they stand against what is available,
and a receipt lifts that.

When the supply of a day is expected on another one, the promises that the day no longer covers move
there, the latest ones; who was promised first keeps the nearer day.
"""

from collections.abc import Iterable, Mapping
from datetime import date

import attrs

from ordercore.grammar import Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._coverage import coverage
from ordercore.inventory._movements import Movements
from ordercore.ledger import NOTHING, AccountId, Balance, OpenPending, account_parts

__all__ = [
    "AllocatedPreorder",
    "AwaitedSupply",
    "MovedPreorder",
    "OpenPreorders",
    "SupplyGuards",
    "WaitingForSupply",
    "awaited_supply",
    "open_preorders",
]


@attrs.frozen
class OpenPreorders(Need[tuple[OpenPending, ...]]):
    """
    The open promises against what is expected of some SKUs at a place, on any day.

    """

    skus: tuple[Sku, ...]
    place: PlaceId


@attrs.frozen(kw_only=True)
class AllocatedPreorder:
    """
    Units that were promised of expected supply, and are promised of what is there now.

    Attributes:
        holder: Who holds them.
        sku: What.
        quantity: How many.
        preorder: The hold that has ended.
        allocation: The hold in its place.
        rest: The hold of units that go on waiting, or "" where there are none.
    """

    holder: str
    sku: Sku
    quantity: int
    preorder: str
    allocation: str
    rest: str


@attrs.frozen(kw_only=True)
class MovedPreorder:
    """
    Units that were promised of the supply of a day and now are of another day's.

    Attributes:
        holder: Who holds them.
        sku: What.
        quantity: How many.
        day: On which day they were expected.
        to_day: On which they are now.
        preorder: The hold that has ended.
        instead: The hold in its place.
        rest: The hold of units that stay with their day, or "" where there are none.
    """

    holder: str
    sku: Sku
    quantity: int
    day: date
    to_day: date
    preorder: str
    instead: str
    rest: str


@attrs.frozen
class AwaitedSupply:
    """
    A promise against expected supply, and what is expected for it.

    Attributes:
        hold: The promise.
        day: The day of its supply.
        covered: How many of its units that day is expected to bring for it, in promise order.
    """

    hold: OpenPending
    day: date
    covered: int

    @property
    def uncovered(self) -> int:
        """
        Units that nothing is expected for on that day any more.

        """
        return self.hold.amount - self.covered

    def is_late(self, on: date) -> bool:
        """
        Say whether the day has passed and nothing has come.

        """
        return self.day < on


def awaited_supply(
    holds: Iterable[OpenPending], expected: Mapping[AccountId, Balance]
) -> tuple[AwaitedSupply, ...]:
    """
    Say who waits for which day, the earliest day first, in promise order.

    Args:
        holds: Open promises against expected supply, in any order.
        expected: Balances of the accounts that they are promised of.

    Cost: O(n log n) for n promises.
    """
    by_account: dict[AccountId, list[OpenPending]] = {}
    for hold in holds:
        by_account.setdefault(hold.source, []).append(hold)
    return tuple(
        AwaitedSupply(row.hold, date.fromisoformat(account_parts(account).lot), row.covered)
        for account in sorted(by_account, key=lambda account: account_parts(account).lot)
        for row in coverage(expected.get(account, NOTHING).posted, by_account[account])
    )


class SupplyGuards:
    """
    What expected supply must have left after a document took of it, by what was known of it.

    Supply that comes is a fact that no promise stops. But who promised of it in between would be
    left behind with nothing expected, so then the batch is refused and decided anew, with that
    promise served. Decided while others are held out, it is never refused.
    """

    __slots__ = ("_left",)

    def __init__(self, balances: Mapping[AccountId, Balance]) -> None:
        self._left = {account: balance.available for account, balance in balances.items()}

    def take(self, supply: AccountId, quantity: int) -> int:
        """
        Take units off a day's supply and return the guard.

        """
        left = self._left[supply] = self._left.get(supply, 0) - quantity
        return left


def open_preorders(skus: Iterable[Sku], place: PlaceId) -> OpenPreorders:
    """
    Ask who waits for supply of some SKUs.

    """
    return OpenPreorders(tuple(sorted(set(skus))), place)


def _since(hold: OpenPending) -> tuple[Instant, str]:
    return hold.promised_at, hold.id


class WaitingForSupply:
    """
    Serves who waits at one place, each unit once.

    """

    __slots__ = ("_waiting",)

    def __init__(self, need: OpenPreorders, facts: Facts) -> None:
        waiting: tuple[OpenPending, ...] = facts[need]
        self._waiting = sorted(waiting, key=_since)

    def serve(
        self, steps: Movements, sku: Sku, quantity: int, supply: AccountId | None = None
    ) -> tuple[AllocatedPreorder, ...]:
        """
        Allocate units that have come to who has waited longest.

        Args:
            steps: Where the movements are written.
            sku: What has come.
            quantity: How many units; none are given that are not there.
            supply: The day's account that they had been expected in; None serves every day.

        Returns:
            Who was served, in that order.
        """
        served: list[AllocatedPreorder] = []
        left, waiting = quantity, list[OpenPending]()
        for hold in self._waiting:
            fits = hold.source == supply if supply else account_parts(hold.source).unit == sku
            taken = min(left, hold.amount) if fits else 0
            if not taken:
                waiting.append(hold)
                continue
            left -= taken
            allocation, rest = steps.fulfill_part(hold, taken)
            if rest:
                waiting.append(attrs.evolve(hold, id=rest, amount=hold.amount - taken))
            served.append(
                AllocatedPreorder(
                    holder=hold.reference,
                    sku=sku,
                    quantity=taken,
                    preorder=hold.id,
                    allocation=allocation,
                    rest=rest,
                )
            )
        self._waiting = waiting
        return tuple(served)

    def serve_earlier(
        self, steps: Movements, sku: Sku, quantity: int, day: date
    ) -> tuple[AllocatedPreorder, ...]:
        """
        Allocate units that their own day does not need to who waits for an earlier one.

        Their supply is late or was called off; nobody who comes now may overtake them.

        Returns:
            Who was served, the earliest day first.
        """
        supplies = {
            hold.source
            for hold in self._waiting
            if account_parts(hold.source).unit == sku
            and account_parts(hold.source).lot < day.isoformat()
        }
        served: list[AllocatedPreorder] = []
        left = quantity
        for supply in sorted(supplies, key=lambda supply: account_parts(supply).lot):
            some = self.serve(steps, sku, left, supply)
            left -= sum(each.quantity for each in some)
            served.extend(some)
        return tuple(served)

    def move(
        self, steps: Movements, supply: AccountId, short: int, room: dict[date, int]
    ) -> tuple[MovedPreorder, ...]:
        """
        Let promises that a day no longer covers wait for other days, the latest promises alone.

        Args:
            steps: Where the movements are written, with the new supply in them.
            supply: The account of the day that has less than was promised of it.
            short: By how many units.
            room: How many units other days have for them; what is taken is taken off.

        Returns:
            What moved, in promise order, to the earliest day first.
        """
        parts, lot = account_parts(supply), account_parts(supply).lot
        left = min(short, sum(room.values()))
        moving: list[tuple[OpenPending, int]] = []
        for hold in reversed([hold for hold in self._waiting if hold.source == supply]):
            taken = min(left, hold.amount)
            left -= taken
            if taken:
                moving.append((hold, taken))
        moved: list[MovedPreorder] = []
        for whole, quantity in reversed(moving):
            hold, open_units = whole, quantity
            for day in sorted(room):
                taken = min(open_units, room[day])
                if not taken:
                    continue
                room[day] -= taken
                open_units -= taken
                instead, rest = steps.move_preorder(hold, day, taken)
                moved.append(
                    MovedPreorder(
                        holder=hold.reference,
                        sku=Sku(parts.unit),
                        quantity=taken,
                        day=date.fromisoformat(lot),
                        to_day=day,
                        preorder=hold.id,
                        instead=instead,
                        rest=rest,
                    )
                )
                hold = attrs.evolve(hold, id=rest, amount=hold.amount - taken)
        return tuple(moved)
