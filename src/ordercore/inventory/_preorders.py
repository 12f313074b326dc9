"""
Who waits for expected supply, and is served when it comes.

A preorder stands against the supply of a day. When units of that day arrive they are for sale at
once, so in the same batch as many of them as were preordered are allocated: in the order in which
they were promised, and nobody comes in between. A receipt that nobody had announced serves whoever
waits, whatever the day. Backorders need nothing of the kind: they stand against what is available,
and a receipt lifts that.
"""

from collections.abc import Iterable

import attrs

from ordercore.grammar import Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._movements import Movements
from ordercore.ledger import AccountId, OpenPending, account_parts

__all__ = ["AllocatedPreorder", "OpenPreorders", "WaitingForSupply", "open_preorders"]


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
