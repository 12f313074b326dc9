"""
What the record of a shelf says of the units that somebody stands in front of.

A picker knows better than the record. Units that lie there beyond it are picked by force: they
come out of the place's discrepancy, which a receipt or a count explains later. Units that are not
there may be missing from the record, too, because a count has come first; of these only the
promise ends. Both numbers follow from the record, so nobody has to be asked for them.

*Off the record*, of units that were not found, is what the shelf lacks for what is still waited
for there. A line that waits for three where two are on record misses its first one off the record
and leaves the two to be picked; so a short count, a short pick and the pick of the rest go through
in any order. Lots that are named are off the record as far as the record of these lots lacks them.
"""

from collections.abc import Iterable, Mapping
from typing import final

import attrs

from ordercore.catalog import LotQuantity, named_units
from ordercore.errors import Rejected
from ordercore.grammar import Need
from ordercore.ids import PlaceId, Sku
from ordercore.inventory._accounts import Bucket, bucket_account
from ordercore.inventory._linked import Lots
from ordercore.ledger import AccountId, Balance, account_parts

__all__ = ["Shelf", "ShelfUnits", "shelf_units"]


@attrs.frozen
class ShelfUnits(Need[Mapping[Sku, Lots]]):
    """
    Which of the shop's own units are on record on the shelf of a place, by lot and serial number.

    Attributes:
        place: Where.
        skus: What.
    """

    place: PlaceId
    skus: tuple[Sku, ...]

    def prefixes(self) -> tuple[AccountId, ...]:
        """
        Name what the accounts of the answer begin with.

        """
        return tuple(bucket_account(Bucket.ON_HAND, sku, self.place) for sku in self.skus)


def shelf_units(
    need: ShelfUnits, balances: Iterable[tuple[AccountId, Balance]]
) -> Mapping[Sku, Lots]:
    """
    Answer from balances: a SKU of which nothing is on record is there with nothing.

    Args:
        need: What is asked.
        balances: The accounts that begin with the need's prefixes, each once; others do no harm.
    """
    found: dict[Sku, list[LotQuantity]] = {sku: [] for sku in need.skus}
    for account, balance in balances:
        parts = account_parts(account)
        shelf = (parts.book, parts.code) == ("physical", Bucket.ON_HAND.value)
        units = found.get(Sku(parts.unit))
        if units is None or not shelf or (parts.place, parts.owner) != (need.place, ""):
            continue
        if balance.posted > 0:
            units.append(LotQuantity(parts.lot, balance.posted, parts.serial))
    return {
        sku: tuple(sorted(units, key=lambda u: (u.lot, u.serial))) for sku, units in found.items()
    }


@final
class Shelf:
    """
    The record of a shelf while units are taken from it, line by line, in one decision.

    """

    __slots__ = ("_left", "_place")

    def __init__(self, need: ShelfUnits, units: Mapping[Sku, Lots]) -> None:
        self._place = need.place
        self._left = {
            (sku, each.lot, each.serial): each.quantity
            for sku, there in units.items()
            for each in there
        }

    def pick(self, sku: Sku, quantity: int, lots: Lots) -> tuple[Lots, int]:
        """
        Take units, on record or not.

        Returns:
            The units by lot, those last that are not on record, and how many these are.

        Raises:
            Rejected: ``lot_needed`` where the units are told apart by lots there and none of
                them is named.
        """
        there, beyond = self._take(sku, named_units(lots, quantity))
        forced = sum(units.quantity for units in beyond)
        if forced and not lots:
            self._refuse_without_lot(sku)
        return ((*there, *beyond) if lots else ()), forced

    def miss(self, sku: Sku, quantity: int, lots: Lots, waiting: int) -> tuple[Lots, int]:
        """
        Take units from the record that were not found.

        Args:
            sku: What.
            quantity: How many were not found.
            lots: Which units; empty where they are not told apart.
            waiting: How many units of the SKU are waited for, these included.

        Returns:
            The units by lot that are on record, and how many of the quantity are not.

        Raises:
            Rejected: ``lot_needed`` as for :meth:`pick`.
        """
        if lots:
            there, beyond = self._take(sku, lots)
            return there, sum(units.quantity for units in beyond)
        on_record = sum(left for (known, _, _), left in self._left.items() if known == sku)
        off_record = min(quantity, max(waiting - on_record, 0))
        if off_record < quantity:
            _, beyond = self._take(sku, named_units((), quantity - off_record))
            if beyond:
                self._refuse_without_lot(sku)
        return (), off_record

    def _take(self, sku: Sku, lots: Lots) -> tuple[Lots, Lots]:
        there: list[LotQuantity] = []
        beyond: list[LotQuantity] = []
        for units in lots:
            key = (sku, units.lot, units.serial)
            taken = min(self._left.get(key, 0), units.quantity)
            if taken:
                self._left[key] -= taken
                there.append(attrs.evolve(units, quantity=taken))
            if taken < units.quantity:
                beyond.append(attrs.evolve(units, quantity=units.quantity - taken))
        return tuple(there), tuple(beyond)

    def _refuse_without_lot(self, sku: Sku) -> None:
        lots = tuple(
            f"{lot} {serial}".strip()
            for (known, lot, serial), left in self._left.items()
            if known == sku and left and (lot or serial)
        )
        if lots:
            raise Rejected(
                "lot_needed",
                f"{sku} is told apart by lots at {self._place}: {', '.join(lots[:5])}",
                data={"sku": sku, "place": self._place, "lots": lots},
                legal=lots,
            )
