"""
The equal life by the `eventsourcing` library, as its documentation writes applications.

Aggregates with decorated commands, an application that loads, acts and saves: one save a command,
11 events an order. Two variants:

- **alone**: the order's own events. Nobody keeps stock; the place is chosen by price alone.
- **stock**: one ``StockItem`` for each SKU and place, 30 of them. Placing reads all 30 to choose
  the place; what is reserved and what leaves is an event of the items, saved in the same
  transaction as the order's. This is the work that ordercore does, so this is what is compared.

Each is led in three ways, and the quickest one counts for the peer. *Stored*: every command
rebuilds what it needs from the store; the items are snapshotted every 10 events, so none grows
slow.
*Forwarded*: the library's own cache of aggregates, which reads what has been recorded since, so
that several processes may write, as they may with ordercore. *Cached*: the same cache without
that reading; right only where a single process ever writes. Neither copies what it only reads.

Recorded in SQLite as the library sets it up: write-ahead log, ``synchronous`` left at SQLite's
default, which is FULL. In memory by its POPO recorder.
"""

# pyright: reportMissingImports=false

from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event

from bench.peers.equal_life import (
    LINES,
    PLACES,
    SHIPPING_MINOR,
    WARM_UP,
    package_minor,
    stocked,
    tax_minor,
    timed,
)
from bench.peers.line_protocol import IN_MEMORY, Life, serve

__all__: list[str] = []

SNAPSHOT_EVERY: Final = 10
WAYS: Final[dict[str, dict[str, str]]] = {
    "stored": {},
    "forwarded": {"AGGREGATE_CACHE_MAXSIZE": "2000", "AGGREGATE_CACHE_FASTFORWARD": "y"},
    "cached": {"AGGREGATE_CACHE_MAXSIZE": "2000", "AGGREGATE_CACHE_FASTFORWARD": "n"},
}


class Order(Aggregate):
    @event("Placed")
    def __init__(
        self, number: int, area: int, lines: list[dict[str, Any]], shipping: int, total: int
    ) -> None:
        self.number = number
        self.area = area
        self.lines = lines
        self.shipping = shipping
        self.total = total
        self.place = ""
        self.status = "placed"
        self.authorized = 0
        self.captured = 0
        self.reference = ""
        self.tracking = ""
        self.picked: dict[str, int] = {}
        self.packed: dict[str, int] = {}
        self.shipped: dict[str, int] = {}

    @staticmethod
    def create_id(number: int) -> UUID:
        return uuid5(NAMESPACE_URL, f"/orders/{number}")

    @event("Sourced")
    def source(self, place: str, cost: int) -> None:
        self.place = place

    @event("PaymentAuthorized")
    def authorize(self, amount: int, reference: str) -> None:
        self.authorized = amount
        self.reference = reference

    @event("Released")
    def release(self) -> None:
        self.status = "released"

    @event("UnitsPicked")
    def _pick(self, units: dict[str, int]) -> None:
        self.picked = units

    def pick(self, units: dict[str, int]) -> None:
        self._require("released")
        if units != {line["sku"]: line["quantity"] for line in self.lines}:
            raise ValueError(f"{units} are not the order's units")
        self._pick(units)

    @event("PackagePacked")
    def _pack(self, units: dict[str, int]) -> None:
        self.packed = units

    def pack(self, units: dict[str, int]) -> None:
        self._require("released")
        if units != self.picked:
            raise ValueError(f"{units} were not picked")
        self._pack(units)

    @event("PackageShipped")
    def _ship(self, carrier: str, tracking: str) -> None:
        self.shipped = self.packed
        self.tracking = tracking
        self.status = "shipped"

    def ship(self, carrier: str, tracking: str) -> None:
        self._require("released")
        if not self.packed:
            raise ValueError("nothing is packed")
        self._ship(carrier, tracking)

    @event("CaptureRequested")
    def request_capture(self, amount: int) -> None:
        pass

    @event("PaymentCaptured")
    def _capture(self, amount: int, reference: str) -> None:
        self.captured += amount

    def capture(self, amount: int, reference: str) -> None:
        if self.captured + amount > self.authorized:
            raise ValueError(f"{amount} is more than was authorized")
        self._capture(amount, reference)

    @event("PackageDelivered")
    def _deliver(self) -> None:
        self.status = "delivered"

    def deliver(self) -> None:
        self._require("shipped")
        self._deliver()

    @event("Completed")
    def complete(self) -> None:
        self.status = "completed"

    def _require(self, status: str) -> None:
        if self.status != status:
            raise ValueError(f"order {self.number} is {self.status}, not {status}")


class StockItem(Aggregate):
    @event("Received")
    def __init__(self, sku: str, place: str, units: int) -> None:
        self.sku = sku
        self.place = place
        self.on_hand = units
        self.available = units
        self.holds: dict[str, int] = {}

    @staticmethod
    def create_id(sku: str, place: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/stock/{place}/{sku}")

    @event("Reserved")
    def _reserve(self, order: str, units: int) -> None:
        self.available -= units
        self.holds[order] = units

    def reserve(self, order: str, units: int) -> None:
        if units > self.available:
            raise ValueError(f"{self.sku} at {self.place}: {self.available}, not {units}")
        self._reserve(order, units)

    @event("Shipped")
    def _ship(self, order: str, units: int) -> None:
        self.on_hand -= units
        del self.holds[order]

    def ship(self, order: str, units: int) -> None:
        if self.holds.get(order) != units:
            raise ValueError(f"{self.sku} at {self.place}: {order} does not hold {units}")
        self._ship(order, units)


class Provider:
    """Answers at once."""

    def __init__(self) -> None:
        self._number = 0

    def call(self, amount: int) -> str:
        self._number += 1
        return f"ch_{self._number}"


UNITS: Final = {sku: quantity for sku, quantity, _ in LINES}


class Orders(Application[UUID]):
    """The order alone."""

    def __init__(self, env: dict[str, str]) -> None:
        super().__init__(env)
        self.provider = Provider()

    def place(self, number: int) -> None:
        area = number % len(PLACES)
        order = self._placed(number, area)
        cost, place = min((package_minor(n, area), place) for n, place in enumerate(PLACES))
        order.source(place, cost)
        self._authorize(order)
        self.save(order)

    def pick(self, number: int) -> None:
        order = self._order(number)
        order.pick(UNITS)
        self.save(order)

    def pack(self, number: int) -> None:
        order = self._order(number)
        order.pack(UNITS)
        self.save(order)

    def ship(self, number: int) -> None:
        order = self._order(number)
        self._hand_over(order)
        self.save(order)

    def deliver(self, number: int) -> None:
        order = self._order(number)
        order.deliver()
        order.complete()
        self.save(order)

    def lead(self, number: int) -> None:
        self.place(number)
        self.pick(number)
        self.pack(number)
        self.ship(number)
        self.deliver(number)

    def end(self, lives: int) -> dict[str, int]:
        orders = [self._order(number) for number in range(lives)]
        return {
            "orders_completed": sum(order.status == "completed" for order in orders),
            "units_shipped": sum(sum(order.shipped.values()) for order in orders),
            "captured_minor": sum(order.captured for order in orders),
        }

    def _order(self, number: int) -> Order:
        found: Order = self.repository.get(Order.create_id(number))
        return found

    def _placed(self, number: int, area: int) -> Order:
        lines: list[dict[str, Any]] = [
            {
                "id": f"line-{n}",
                "sku": sku,
                "quantity": quantity,
                "unit_price": price,
                "net": quantity * price,
                "tax": tax_minor(quantity * price),
            }
            for n, (sku, quantity, price) in enumerate(LINES, 1)
        ]
        shipping = SHIPPING_MINOR + tax_minor(SHIPPING_MINOR)
        total = sum(line["net"] + line["tax"] for line in lines) + shipping
        order: Order = Order(number=number, area=area, lines=lines, shipping=shipping, total=total)
        return order

    def _authorize(self, order: Order) -> None:
        order.authorize(order.total, self.provider.call(order.total))
        order.release()

    def _hand_over(self, order: Order) -> None:
        order.ship("post", f"O-{order.number}")
        order.request_capture(order.total)
        order.capture(order.total, self.provider.call(order.total))


class OrdersWithStock(Orders):
    """The order and the stock that it is promised, in one transaction."""

    snapshotting_intervals: ClassVar[dict[Any, int]] = {StockItem: SNAPSHOT_EVERY}

    def receive(self, lives: int) -> None:
        units = stocked(lives)
        for place in PLACES:
            self.save(*(StockItem(sku=sku, place=place, units=units[sku]) for sku in units))

    def place(self, number: int) -> None:
        area = number % len(PLACES)
        order = self._placed(number, area)
        cost, place, items = self._choose(area)
        order.source(place, cost)
        for item in items:
            item.reserve(str(order.id), UNITS[item.sku])
        self._authorize(order)
        self.save(order, *items)

    def ship(self, number: int) -> None:
        order = self._order(number)
        items = [self._item(line["sku"], order.place) for line in order.lines]
        for item in items:
            item.ship(str(order.id), UNITS[item.sku])
        self._hand_over(order)
        self.save(order, *items)

    def end(self, lives: int) -> dict[str, int]:
        items = [self._item(sku, place) for sku in UNITS for place in PLACES]
        return {
            **super().end(lives),
            "units_reserved": sum(sum(item.holds.values()) for item in items),
            "units_on_hand": sum(item.on_hand for item in items),
        }

    def _choose(self, area: int) -> tuple[int, str, list[StockItem]]:
        """Read the stock of all places; return the cheapest that has everything."""
        able: list[tuple[int, str, list[StockItem]]] = []
        for n, place in enumerate(PLACES):
            items = [self._item(sku, place, read_only=True) for sku in UNITS]
            if all(item.available >= UNITS[item.sku] for item in items):
                able.append((package_minor(n, area), place, items))
        cost, place, items = min(able, key=lambda found: found[:2])
        if self.repository.cache is not None:  # what was read there must not be acted on
            items = [self._item(sku, place) for sku in UNITS]
        return cost, place, items

    def _item(self, sku: str, place: str, *, read_only: bool = False) -> StockItem:
        found: StockItem = self.repository.get(
            StockItem.create_id(sku, place), deepcopy_from_cache=not read_only
        )
        return found


def _lives(way: str, application: type[Orders]) -> Life:
    def life(lives: int, path: str) -> tuple[float, dict[str, int]]:
        environment = dict(WAYS[way])
        if path == IN_MEMORY:
            environment["PERSISTENCE_MODULE"] = "eventsourcing.popo"
        else:
            environment["PERSISTENCE_MODULE"] = "eventsourcing.sqlite"
            environment["SQLITE_DBNAME"] = str(Path(path, "eventsourcing.db"))
        app = application(environment)
        try:
            if isinstance(app, OrdersWithStock):
                app.receive(lives + WARM_UP)
            seconds = timed(app.lead, lives)
            return seconds, app.end(lives + WARM_UP)
        finally:
            app.close()

    return life


if __name__ == "__main__":
    serve(
        ("eventsourcing",),
        {
            f"{name}-{way}": _lives(way, application)
            for name, application in (("alone", Orders), ("stock", OrdersWithStock))
            for way in WAYS
        },
    )
