"""
The model of stock: how many units lie where, and who was promised how many.

What is for sale is what lies on the shelf less every promise; it is kept nowhere.
"""

from collections import Counter
from collections.abc import Iterable

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.ledger import Balance, account_parts
from ordercore.testing.simulation.auditor._violation import TENANT, Violation

__all__ = ["CartHold", "Pair", "ShadowStock"]

#: A SKU at a place.
Pair = tuple[Sku, PlaceId]


@attrs.define(eq=False)
class CartHold:
    """
    Units that are held for a cart until an instant.

    """

    name: str
    cart: str
    pair: Pair
    quantity: int
    until: Instant


_Parts = tuple[str, str, str, str, str]


class ShadowStock:
    """
    Units by where they are, promises by pair, money by account.

    Attributes:
        lies: Units by (bucket, SKU, place); parts of the world have no place.
        promised: Units that orders were promised and nobody has taken from the shelf.
        held: What carts hold, by pair, in the order in which it was held.
        money: Minor units by account of the value book.
        touched: Accounts of which the model has changed anything since it was last emptied.
    """

    def __init__(self) -> None:
        self.lies: Counter[tuple[str, str, str]] = Counter()
        self.promised: Counter[Pair] = Counter()
        self.held: dict[Pair, list[CartHold]] = {}
        self.money: Counter[str] = Counter()
        self.touched: set[str] = set()
        self._places: dict[str, set[PlaceId]] = {}
        self._parts: dict[str, _Parts] = {}

    def view(self, pairs: Iterable[Pair]) -> "ShadowStock":
        """
        Copy what is known of some pairs, to be looked at later.

        """
        old = ShadowStock()
        for pair in pairs:
            sku, place = pair
            for bucket in ("on_hand", "discrepancy"):
                old.lies[bucket, sku, place] = self.lies[bucket, sku, place]
            old.promised[pair] = self.promised[pair]
            if holds := self.held.get(pair):
                old.held[pair] = list(holds)
        return old

    # --- reading -----------------------------------------------------------------------------

    def on_hand(self, pair: Pair) -> int:
        """
        Count what lies on the shelf.

        """
        return self.lies["on_hand", pair[0], pair[1]]

    def available(self, pair: Pair, at: Instant, cart: str = "") -> int:
        """
        Count what may be promised: on hand less promises to others that still hold.

        """
        left = self.lies["on_hand", pair[0], pair[1]] - self.promised[pair]
        holds = self.held.get(pair)
        if holds:
            left -= sum(h.quantity for h in holds if h.until > at and h.cart != cart)
        return left

    def holds_of(self, cart: str) -> list[CartHold]:
        """
        List what a cart holds, run out or not.

        """
        return [hold for holds in self.held.values() for hold in holds if hold.cart == cart]

    # --- changing ----------------------------------------------------------------------------

    def move(self, sku: Sku, quantity: int, source: str, target: str, place: PlaceId) -> None:
        """
        Move units between buckets of a place, or between it and the world.

        """
        if not quantity:
            return
        self._places.setdefault(sku, set()).add(place)
        for bucket, units in ((source, -quantity), (target, quantity)):
            where = "" if bucket in _WORLD else place
            self.lies[bucket, sku, where] += units
            self.touched.add(f"physical|{bucket}|{sku}|{where}|")
            if bucket == "on_hand":
                self.touched.add(f"promise|available|{sku}|{place}|")

    def promise(self, pair: Pair, quantity: int) -> None:
        """
        Promise units to an order, or with a negative number end a promise.

        """
        self.promised[pair] += quantity
        self._places.setdefault(pair[0], set()).add(pair[1])
        self.touched.add(f"promise|available|{pair[0]}|{pair[1]}|")

    def hold(self, hold: CartHold) -> None:
        """
        Hold units for a cart.

        """
        pair = hold.pair
        self.held.setdefault(pair, []).append(hold)
        self._places.setdefault(pair[0], set()).add(pair[1])
        self.touched.add(f"promise|available|{pair[0]}|{pair[1]}|")

    def release(self, hold: CartHold) -> None:
        """
        End a cart's hold.

        """
        self.held[hold.pair].remove(hold)
        self.touched.add(f"promise|available|{hold.pair[0]}|{hold.pair[1]}|")

    def expire(self, pair: Pair, at: Instant) -> None:
        """
        End the holds that have run out, for good: somebody has promised from there since.

        """
        holds = self.held.get(pair)
        if holds and any(hold.until <= at for hold in holds):
            self.held[pair] = [hold for hold in holds if hold.until > at]

    def pay(self, currency: str, account: str, amount: int) -> None:
        """
        Take money from a customer, or with a negative amount give it back.

        """
        for name, minor in (
            (f"value|customer|{currency}||", -amount),
            (f"value|clearing|{currency}||{account}", amount),
        ):
            self.money[name] += minor
            self.touched.add(name)

    # --- what the ledger must say ------------------------------------------------------------

    def balance(self, account: str, at: Instant) -> Balance:
        """
        Return the balance that the ledger must have, as it counts at an instant.

        Raises:
            Violation: It is an account that nothing in this shop may use.
        """
        book, code, sku, place, owner = self._read(account)
        if book == "value":
            return Balance(self.money[account])
        if book == "physical" and not owner:
            return Balance(self.lies[code, sku, place])
        if book == "promise" and not owner:
            pair = (Sku(sku), PlaceId(place))
            if code == "available":
                return Balance(self.lies["on_hand", sku, place], self._promised(pair, at))
            if code == "allocated":
                return Balance(self._at_work(sku, place), 0, self.promised[pair])
            if code == "outside":
                here = self._places.get(sku, ())
                return Balance(
                    -sum(self.on_hand((pair[0], p)) + self._at_work(sku, p) for p in here)
                )
            if code == "reserved":
                holds = self.held.get(pair, ())
                return Balance(0, 0, sum(hold.quantity for hold in holds))
        raise Violation(TENANT, account, "an account of this shop", "none of its own")

    def _promised(self, pair: Pair, at: Instant) -> int:
        holds = self.held.get(pair)
        if not holds:
            return self.promised[pair]
        return self.promised[pair] + sum(hold.quantity for hold in holds if hold.until > at)

    def _at_work(self, sku: str, place: str) -> int:
        return self.lies["picked", sku, place] + self.lies["packed", sku, place]

    def _read(self, account: str) -> _Parts:
        known = self._parts.get(account)
        if known is None:
            parts = account_parts(account)  # type: ignore[arg-type]
            known = (parts.book, parts.code, parts.unit, parts.place, parts.owner)
            self._parts[account] = known
        return known


_WORLD = frozenset({"supplier", "customer", "shrinkage"})
