"""
Reading stock from balances: which accounts, and what they say.

The terms stand in ``_levels``, the rules in ``_rules``.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Final

import attrs

from ordercore.grammar import Need
from ordercore.ids import CartId, OrderId, PlaceId, Sku
from ordercore.inventory._accounts import (
    allocated_account,
    available_account,
    movable_account,
    preordered_account,
)
from ordercore.inventory._levels import Availability, DatedSupply, StockLevel
from ordercore.inventory._rules import NO_TERMS, StockTerms, TermsByPlace
from ordercore.ledger import NOTHING, AccountId, Balance, OpenPending, account_parts

__all__ = [
    "CartHolds",
    "OrderHolds",
    "StockAt",
    "availability",
    "dated_supply",
    "stock_accounts",
    "stock_accounts_at",
    "stock_level",
]


@attrs.frozen(cache_hash=True)
class StockAt(Need[Mapping[tuple[Sku, PlaceId], StockLevel]]):
    """
    The levels of some SKUs at some places, as a cart, an order or nobody in particular sees them.

    Every pair is in the answer, without terms; where nothing ever lay the numbers are zero.

    Attributes:
        skus: Which.
        places: Where.
        cart_id: The cart that asks; its own holds don't count against it.
        order_id: The order that asks; the same.
        supply: Whether to tell what is expected, too.
    """

    skus: tuple[Sku, ...]
    places: tuple[PlaceId, ...]
    cart_id: CartId | None = None
    order_id: OrderId | None = None
    supply: bool = False


@attrs.frozen
class CartHolds(Need[tuple[OpenPending, ...]]):
    """
    The reservations that a cart has and that have not expired.

    """

    cart_id: CartId


@attrs.frozen
class OrderHolds(Need[tuple[OpenPending, ...]]):
    """
    All that an order holds: promises of what is there and of what is expected, days of places.

    """

    order_id: OrderId


#: No place has terms of its own.
_NO_TERMS: Final[Mapping[str, StockTerms]] = MappingProxyType({})

#: Stands for the place in the pattern of an account's name; no id contains it.
_PLACE: Final = PlaceId("\0")


def stock_accounts(sku: Sku, place: PlaceId) -> tuple[AccountId, ...]:
    """
    List the accounts that :func:`stock_level` reads.

    """
    return (
        available_account(sku, place),
        allocated_account(sku, place),
        movable_account(sku, place),
        preordered_account(sku, place),
    )


def stock_accounts_at(sku: Sku, places: Iterable[PlaceId]) -> list[AccountId]:
    """
    List the accounts that :func:`availability` reads of a SKU at some places.

    Names are made from patterns: naming each account anew would cost more than reading it.
    """
    patterns = [account.split(_PLACE) for account in stock_accounts(sku, _PLACE)]
    return [AccountId(f"{head}{place}{end}") for place in places for head, end in patterns]


def stock_level(
    sku: Sku, place: PlaceId, balances: Mapping[AccountId, Balance], own: Iterable[OpenPending] = ()
) -> StockLevel:
    """
    Read one level from balances as they count at an instant, without terms.

    Args:
        sku: What.
        place: Where.
        balances: Of the accounts of :func:`stock_accounts`.
        own: The open holds of the asker, of any SKU and place.
    """
    return availability(sku, (place,), balances, own=own).levels[0]


def availability(
    sku: Sku,
    places: Iterable[PlaceId],
    balances: Mapping[AccountId, Balance],
    *,
    terms: TermsByPlace | None = None,
    own: Iterable[OpenPending] = (),
    supply: Mapping[PlaceId, Sequence[DatedSupply]] | None = None,
) -> Availability:
    """
    Read what is available of one SKU at some places, from balances as they count at an instant.

    Reserved is what leaves ``available`` and points neither at ``allocated`` nor at ``movable``,
    so holds that have run out count as nothing, whether or not anybody has recorded that yet.

    Args:
        sku: What.
        places: Where; those that serve the channel, where one asks.
        balances: Of the accounts of :func:`stock_accounts` of each place; one that is missing
            counts as untouched.
        terms: What the rules say; None for no rules.
        own: The open holds of the asker, of any SKU and place.
        supply: What is expected, by place (see :func:`dated_supply`).

    Cost: O(places + own holds), whatever the number of promises.
    """
    (free, free_end), (fixed, fixed_end), (loose, loose_end), (early, early_end) = (
        account.split(_PLACE) for account in stock_accounts(sku, _PLACE)
    )
    mine: dict[str, int] = {}
    for hold in own:
        mine[hold.source] = mine.get(hold.source, 0) + hold.amount
    known: Mapping[str, Balance] = balances  # type: ignore[assignment]  # AccountId is a string
    expected = supply or {}
    named, elsewhere = (terms.named, terms.elsewhere) if terms else (_NO_TERMS, NO_TERMS)
    levels: list[StockLevel] = []
    for place in places:
        account = free + place + free_end
        on_hand, promised, _ = known.get(account, NOTHING)
        picked, _, allocated = known.get(fixed + place + fixed_end, NOTHING)
        picked_loose, _, movable = known.get(loose + place + loose_end, NOTHING)
        levels.append(
            StockLevel(
                sku,
                place,
                on_hand,
                promised - allocated - movable,
                allocated,
                movable,
                picked + picked_loose,
                known.get(early + place + early_end, NOTHING).pending_in,
                mine.get(account, 0) if mine else 0,
                named.get(place, elsewhere),
                tuple(expected.get(place, ())) if expected else (),
            )
        )
    tracked = terms is None or terms.elsewhere.tracked
    return Availability(sku=sku, levels=tuple(levels), tracked=tracked)


def dated_supply(
    sku: Sku, balances: Iterable[tuple[AccountId, Balance]]
) -> Mapping[PlaceId, tuple[DatedSupply, ...]]:
    """
    Read what is expected of a SKU, by place and day.

    Args:
        sku: What.
        balances: Of any accounts; those of ``incoming_account`` of the SKU are read.

    Returns:
        Only places at which something is expected or promised, each by day.
    """
    found: dict[PlaceId, list[DatedSupply]] = {}
    for account, balance in balances:
        parts = account_parts(account)
        if (parts.book, parts.code, parts.unit) != ("promise", "incoming", sku) or parts.owner:
            continue
        if balance.posted or balance.pending_out:
            row = DatedSupply(date.fromisoformat(parts.lot), balance.posted, balance.pending_out)
            found.setdefault(PlaceId(parts.place), []).append(row)
    return {place: tuple(sorted(rows)) for place, rows in found.items()}
