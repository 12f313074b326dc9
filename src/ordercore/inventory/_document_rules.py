"""
What the rules of all stock documents share: what they ask for, and refusals.

"""

from collections.abc import Container, Iterable
from typing import Any

from ordercore.catalog import Products
from ordercore.errors import Rejected
from ordercore.grammar import Context, Decision, Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._accounts import Bucket, available_account, bucket_account
from ordercore.inventory._corrections import AdjustReason
from ordercore.inventory._document_shape import of_lot
from ordercore.inventory._movements import Movements
from ordercore.inventory._recorded_stock import AccountBalances, StockKey, StockRecord
from ordercore.ledger import NOTHING, Step
from ordercore.places import KnownPlaces, require_place

__all__ = [
    "DocumentContext",
    "DocumentDecision",
    "Healing",
    "available_balances",
    "discrepancies",
    "known_skus",
    "no_needs",
    "refuse_future",
    "refuse_missing_lot",
    "refuse_unknown",
    "settle_shelf",
    "unknown_line",
]


#: Stock documents know no policy of the host: what they go by is given in them.
DocumentContext = Context[Any]
DocumentDecision = Decision[Any, Step]


def known_skus(skus: Iterable[Sku]) -> Products:
    """
    Ask for the products of some SKUs.

    """
    return Products(tuple(sorted(set(skus))))


def refuse_unknown(skus: Iterable[Sku], places: tuple[PlaceId, ...], facts: Facts) -> None:
    """
    Refuse what the catalog or the shop does not know, and kits, which lie on no shelf.

    Raises:
        Rejected: ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    products = known_skus(skus)
    known = facts[products]
    unknown = tuple(sku for sku in products.skus if sku not in known)
    if unknown:
        raise Rejected(
            "unknown_sku",
            f"the catalog does not know {', '.join(unknown[:5])}",
            data={"skus": unknown},
            legal=("SKUs of the catalog",),
        )
    kits = tuple(sku for sku in products.skus if known[sku].is_kit)
    if kits:
        raise Rejected(
            "kit_has_no_stock",
            f"{', '.join(kits[:5])} lie nowhere as such: a kit is its components",
            data={"skus": kits},
            legal=tuple(part.sku for part in known[kits[0]].components),
        )
    for place in places:
        require_place(place, facts[KnownPlaces(places)])


def refuse_future(when: Instant, at: Instant, kind: str) -> None:
    """
    Refuse an assertion about what has not happened yet.

    Raises:
        Rejected: ``in_the_future``.
    """
    if when > at:
        raise Rejected(
            "in_the_future",
            f"a {kind} as of {when.isoformat()} can't be told at {at.isoformat()}",
            data={"as_of": when.isoformat(), "at": at.isoformat()},
            legal=(f"up to {at.isoformat()}",),
        )


def unknown_line(document: str, line_id: str, lines: Iterable[str]) -> Rejected:
    """
    Say that a document has no such line.

    """
    return Rejected(
        "unknown_line",
        f"{document} has no line {line_id}",
        data={"line": line_id},
        legal=tuple(lines),
    )


def discrepancies(place: PlaceId, units: Iterable[tuple[Sku, str]]) -> AccountBalances:
    """
    Ask how far a place has sent away more than its record held, of SKUs with their lots.

    """
    return AccountBalances(
        tuple(
            bucket_account(Bucket.DISCREPANCY, sku, place, lot=lot)
            for sku, lot in sorted(set(units))
        )
    )


def available_balances(place: PlaceId, skus: Iterable[Sku]) -> AccountBalances:
    """
    Ask what is available of some SKUs at a place.

    """
    return AccountBalances(tuple(available_account(sku, place) for sku in sorted(set(skus))))


class Healing:
    """
    Explains the discrepancies of one place by units that are taken in, each unit once.

    """

    __slots__ = ("_left", "_place")

    def __init__(self, place: PlaceId, need: AccountBalances, facts: Facts) -> None:
        answers = facts[need]
        self._place = place
        self._left = {a: answers.get(a, NOTHING).posted for a in need.accounts}

    def explain(self, steps: Movements, sku: Sku, lot: str, most: int) -> int:
        """
        Take units off the shelf's record that had left before they were recorded.

        Two documents that were recorded at one moment may both have explained the same units; the
        discrepancy is then above zero, and the excess goes back onto the shelf.

        Args:
            steps: Where the movements are written, with the units on the shelf already.
            sku: What.
            lot: Which lot of it, or empty.
            most: How many units the shelf has gained.

        Returns:
            How many units the discrepancy explains.
        """
        account = bucket_account(Bucket.DISCREPANCY, sku, self._place, lot=lot)
        left = self._left[account]
        if left > 0:
            steps.unheal(sku, self._place, left, lots=of_lot(lot, left))
            self._left[account] = 0
            return 0
        explained = min(-left, most)
        if explained > 0:
            steps.heal(sku, self._place, explained, lots=of_lot(lot, explained))
            self._left[account] += explained
        return explained


def refuse_missing_lot(key: StockKey, record: StockRecord, named: Container[StockKey]) -> None:
    """
    Refuse a statement about a SKU as a whole where its lots are told apart.

    Nobody could say which lot is short. A statement about what has no lot is taken beside
    statements about lots.

    Raises:
        Rejected: ``lot_needed``.
    """
    lots = record.lots(key.sku)
    if key.lot or not lots or any(key._replace(lot=lot) in named for lot in lots):
        return
    raise Rejected(
        "lot_needed",
        f"{key.sku} is told apart by lots there: {', '.join(lots[:5])}",
        data={"sku": key.sku, "lots": lots},
        legal=lots,
    )


def settle_shelf(
    steps: Movements, place: PlaceId, key: StockKey, record: StockRecord, stated: int
) -> tuple[int, int]:
    """
    Make the record of a shelf say what was stated of it; what occurred since survives.

    A discrepancy is explained before anything is lost for good. Fewer than have left since are a
    discrepancy: they are never refused, and the shelf never holds less than nothing.

    Returns:
        By how much what is available changes, and how much discrepancy was explained.
    """
    on_hand = record.now.get(key, 0)
    gap = record.now.get(key._replace(bucket=Bucket.DISCREPANCY), 0)
    correction = stated - record.stated(key)
    forced = max(-correction - on_hand, 0)
    if correction:
        lots = of_lot(key.lot, abs(correction))
        reason = AdjustReason.COUNT
        steps.adjust(key.sku, place, correction, reason, lots=lots, forced=forced)
    shelf, open_gap = max(on_hand + correction, 0), gap - forced
    if explained := min(-open_gap, shelf) if open_gap < 0 else 0:
        steps.heal(key.sku, place, explained, lots=of_lot(key.lot, explained))
    if open_gap > 0:
        steps.unheal(key.sku, place, open_gap, lots=of_lot(key.lot, open_gap))
    after = on_hand + gap + correction
    return max(after, 0) - on_hand, max(min(after, 0) - gap, 0)


def no_needs(
    command: object, state: object, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Ask for nothing.

    """
    del command, state, facts, context
    return frozenset()
