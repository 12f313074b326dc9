"""
Reading stock: one level a SKU and place, every number with its name.

"""

from collections.abc import Iterable, Mapping

import attrs

from ordercore.grammar import Need
from ordercore.ids import CartId, PlaceId, Sku
from ordercore.inventory._accounts import (
    allocated_account,
    available_account,
    movable_account,
    reserved_account,
)
from ordercore.ledger import NOTHING, AccountId, Balance, OpenPending

__all__ = [
    "CartHolds",
    "StockAt",
    "StockLevel",
    "stock_accounts",
    "stock_level",
]


@attrs.frozen(kw_only=True)
class StockLevel:
    """
    One SKU at one place, in units, at one instant.

    Attributes:
        sku: What.
        place: Where.
        on_hand: Physically there and sellable, promised or not.
        reserved: Held for carts; ends by itself.
        allocated: Promised to placed orders and not yet picked, movable to another place or not.
        picked: Taken from the shelf for orders and not yet dispatched.
        own_hold: Of ``reserved``, what the asking cart holds itself.
    """

    sku: Sku
    place: PlaceId
    on_hand: int = 0
    reserved: int = 0
    allocated: int = 0
    picked: int = 0
    own_hold: int = 0

    @property
    def net(self) -> int:
        """
        On hand less every promise to others; negative is a shortage, to be seen inside only.

        """
        return self.on_hand - self.reserved - self.allocated + self.own_hold

    @property
    def available(self) -> int:
        """
        What may be promised to the asker; never negative.

        """
        return max(self.net, 0)


@attrs.frozen
class StockAt(Need[Mapping[tuple[Sku, PlaceId], StockLevel]]):
    """
    The levels of some SKUs at some places, as one cart or nobody in particular sees them.

    Every pair is in the answer; where nothing ever lay the numbers are zero.
    """

    skus: tuple[Sku, ...]
    places: tuple[PlaceId, ...]
    cart_id: CartId | None = None


@attrs.frozen
class CartHolds(Need[tuple[OpenPending, ...]]):
    """
    The reservations that a cart has and that have not expired.

    """

    cart_id: CartId


def stock_accounts(sku: Sku, place: PlaceId) -> tuple[AccountId, ...]:
    """
    List the accounts that :func:`stock_level` reads.

    """
    return (
        available_account(sku, place),
        reserved_account(sku, place),
        allocated_account(sku, place),
        movable_account(sku, place),
    )


def stock_level(
    sku: Sku, place: PlaceId, balances: Mapping[AccountId, Balance], own: Iterable[OpenPending] = ()
) -> StockLevel:
    """
    Read one level from balances as they count at an instant.

    Reserved is what leaves ``available`` and points at no order's account, so that holds that have
    run out count as neither, whether or not anybody has recorded that yet.

    Args:
        sku: What.
        place: Where.
        balances: Of the accounts of :func:`stock_accounts`.
        own: The open holds of the asker, of any SKU and place.
    """
    available = balances.get(available_account(sku, place), NOTHING)
    allocated = balances.get(allocated_account(sku, place), NOTHING)
    account = available_account(sku, place)
    ordered = allocated.pending_in + balances.get(movable_account(sku, place), NOTHING).pending_in
    return StockLevel(
        sku=sku,
        place=place,
        on_hand=available.posted,
        reserved=available.pending_out - ordered,
        allocated=ordered,
        picked=allocated.posted,
        own_hold=sum(hold.amount for hold in own if hold.source == account),
    )
