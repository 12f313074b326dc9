"""
What the rules of all stock documents share: what they ask for, and refusals.

"""

from collections.abc import Container, Iterable
from typing import Any, TypeVar

from ordercore.catalog import Products
from ordercore.errors import Rejected
from ordercore.grammar import Context, Decision, Facts, Need
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.inventory._accounts import Bucket, available_account, bucket_account
from ordercore.inventory._document_steps import DocumentSteps, Shelf
from ordercore.inventory._recorded_stock import AccountBalances, StockKey, StockRecord
from ordercore.ledger import NOTHING, Step
from ordercore.places import KnownPlaces

__all__ = [
    "DocumentContext",
    "DocumentDecision",
    "Healing",
    "available_balances",
    "discrepancies",
    "known",
    "known_skus",
    "no_needs",
    "refuse_existing",
    "refuse_future",
    "refuse_missing_lot",
    "refuse_unknown",
    "settle_shelf",
    "unknown_line",
]

DocumentT = TypeVar("DocumentT")

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
    Refuse what the catalog or the shop does not know.

    Raises:
        Rejected: ``unknown_sku``, ``unknown_place``.
    """
    products = known_skus(skus)
    unknown = tuple(sku for sku in products.skus if sku not in facts[products])
    if unknown:
        raise Rejected(
            "unknown_sku",
            f"the catalog does not know {', '.join(unknown[:5])}",
            data={"skus": unknown},
            legal=("SKUs of the catalog",),
        )
    for place in places:
        if place not in facts[KnownPlaces(places)]:
            raise Rejected(
                "unknown_place",
                f"there is no place {place}",
                data={"place": place},
                legal=("places of the shop",),
            )


def known(document: DocumentT | None, kind: str, document_id: str) -> DocumentT:
    """
    Return a document, or refuse to speak of one that was never opened.

    Raises:
        Rejected: ``unknown_document``.
    """
    if document is None:
        raise Rejected(
            "unknown_document",
            f"there is no {kind} {document_id}",
            data={"kind": kind, "id": document_id},
            legal=(f"a {kind} that was opened",),
        )
    return document


def refuse_existing(document: object | None, kind: str, document_id: str) -> None:
    """
    Refuse to open a document twice.

    Raises:
        Rejected: ``document_exists``.
    """
    if document is not None:
        raise Rejected(
            "document_exists",
            f"{kind} {document_id} was opened before",
            data={"kind": kind, "id": document_id},
            legal=("another id",),
        )


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


def discrepancies(place: PlaceId, skus: Iterable[Sku]) -> AccountBalances:
    """
    Ask how far places have sent away more than their record held.

    """
    return AccountBalances(
        tuple(bucket_account(Bucket.DISCREPANCY, sku, place) for sku in sorted(set(skus)))
    )


def available_balances(place: PlaceId, skus: Iterable[Sku]) -> AccountBalances:
    """
    Ask what is available of some SKUs at a place.

    """
    return AccountBalances(tuple(available_account(sku, place) for sku in sorted(set(skus))))


class Healing:
    """
    Hands out what there is to explain of the discrepancies of one place, each unit once.

    """

    __slots__ = ("_left", "_place")

    def __init__(self, place: PlaceId, skus: Iterable[Sku], facts: Facts) -> None:
        need = discrepancies(place, skus)
        answers = facts[need]
        self._place = place
        self._left = {a: max(-answers.get(a, NOTHING).posted, 0) for a in need.accounts}

    def take(self, sku: Sku, most: int) -> int:
        """
        Return how many units the discrepancy explains, at most so many.

        """
        account = bucket_account(Bucket.DISCREPANCY, sku, self._place)
        taken = min(self._left[account], most)
        self._left[account] -= taken
        return taken


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
    steps: DocumentSteps, shelf: Shelf, record: StockRecord, stated: int, reason: str
) -> tuple[int, int]:
    """
    Make the record of a shelf say what was stated of it; what occurred since survives.

    Returns:
        By how much what is available changes, and how much discrepancy was explained.
    """
    key = StockKey(shelf.sku, lot=shelf.lot)
    beside = key._replace(bucket=Bucket.DISCREPANCY)
    return steps.settle(
        shelf,
        record.now.get(key, 0),
        record.now.get(beside, 0),
        stated - record.stated(key),
        reason,
    )


def no_needs(
    command: object, state: object, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Ask for nothing.

    """
    del command, state, facts, context
    return frozenset()
