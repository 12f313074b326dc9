"""
The equal life by ordercore: five submitted commands of the synchronous engine.

What a host calls and nothing else. The payment's two answers are recorded by the engine in commits
of their own, because it persists a request before it calls the provider; so five commands are seven
commits. Each writes events, ledger steps, balances, the command with its result, what falls due.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Final

from bench.life import START, Ports
from bench.peers.equal_life import (
    LINES,
    PLACES,
    SHIPPING_MINOR,
    WARM_UP,
    package_minor,
    stocked,
    timed,
)
from bench.peers.line_protocol import IN_MEMORY, serve
from ordercore import (
    Destination,
    Engine,
    LineRequest,
    MemoryStore,
    Place,
    PlaceOrder,
    Product,
    ReceiveStock,
    RecordDelivery,
    Rules,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate, ShippingRates
from ordercore.ids import FulfillmentOrderId, OrderId, PackageId, PlaceId, Sku
from ordercore.orders import LineQuantity, PackUnits, PickUnits, ShipPackage
from ordercore.ports import Store

__all__ = ["engine_on", "facts_of_one_life", "lead"]

QUANTITIES: Final = {f"line-{n}": quantity for n, (_, quantity, _) in enumerate(LINES, 1)}


class RingPorts(Ports):
    """Ports that answer at once; a box costs by the way from its place to the destination."""

    def rates(self, question: ShippingRates) -> list[ShippingRate]:
        area = int(question.destination.postal_area)
        return [
            ShippingRate(
                place=place,
                package_minor=package_minor(int(place.rpartition("-")[2]), area),
                unit_minor=10,
            )
            for place in question.places
        ]


def engine_on(store: Store, lives: int) -> Engine:
    """Return an engine whose ten places hold what that many lives need."""
    ports, ticks = RingPorts(), count(1)
    clock: Callable[[], datetime] = lambda: START + timedelta(milliseconds=next(ticks))  # noqa: E731
    engine = Engine(
        store=store,
        catalog=StaticCatalog(
            [Product(sku=Sku(sku), name=sku.title(), weight_g=300) for sku, _, _ in LINES]
        ),
        places=StaticPlaces([Place(id=PlaceId(place), name=place.title()) for place in PLACES]),
        payments=ports,
        tax=ports,
        carrier=ports,
        clock=clock,
        rules=Rules(buy_labels=False),  # no peer buys a label
    )
    for place in PLACES:
        engine.submit(ReceiveStock(place=place, lines=stocked(lives)))
    return engine


def lead(engine: Engine, number: int) -> None:
    """Lead one order through the five commands."""
    name = f"O-{number}"
    order_id = OrderId(name)
    work, package = FulfillmentOrderId(f"{name}/fo-1"), PackageId(f"{name}/package-1")
    engine.submit(
        PlaceOrder(
            order_id=order_id,
            currency="EUR",
            lines=tuple(
                LineRequest(sku=Sku(sku), quantity=quantity, unit_price=UnitPrice(price))
                for sku, quantity, price in LINES
            ),
            destination=Destination(country="DE", postal_area=str(number % len(PLACES))),
            tenders=(Tender(method="card", token_ref="token"),),  # noqa: S106  # no secret
            shipping_minor=SHIPPING_MINOR,
        )
    )
    lines = tuple(LineQuantity(line, quantity) for line, quantity in QUANTITIES.items())
    engine.submit(PickUnits(order_id=order_id, fulfillment_order_id=work, lines=lines))
    engine.submit(PackUnits(order_id=order_id, fulfillment_order_id=work, lines=lines))
    engine.submit(ShipPackage(order_id=order_id, package_id=package, carrier="post", tracking=name))
    engine.submit(RecordDelivery(order_id=order_id, package_id=package))


def facts_of_one_life() -> dict[str, int]:
    """Count what one life leaves behind."""
    engine = engine_on(MemoryStore(), 1)
    received = engine.verify().steps
    lead(engine, 0)
    history = engine.history("O-0")
    return {
        "host_commands": 5,
        "commits": len({recorded.command_id for recorded in history}),
        "events": len(history),
        "steps": engine.verify().steps - received,
    }


def _end(engine: Engine, lives: int) -> dict[str, int]:
    """Read the end state, and have the audit find no fault with it."""
    found = engine.verify()
    assert found.balanced, str(found)
    assert not found.leaks, str(found)
    orders = [engine.order(order_id) for order_id in engine.order_ids()]
    levels = [level for sku, _, _ in LINES for level in engine.availability(sku)]
    return {
        "orders_completed": sum(str(order.status) == "completed" for order in orders),
        "units_shipped": sum(
            line.shipped
            for order in orders
            for work in order.fulfillment.orders
            for line in work.lines
        ),
        "units_reserved": sum(level.reserved + level.allocated for level in levels),
        "units_on_hand": sum(level.on_hand for level in levels),
        "captured_minor": sum(
            payment.captured_minor for order in orders for payment in order.payments.payments
        ),
    }


def _life(lives: int, path: str) -> tuple[float, dict[str, int]]:
    store: Store = (
        MemoryStore()
        if path == IN_MEMORY
        else SQLiteStore(Path(path, "ours.db"), durability="full")
    )
    try:
        engine = engine_on(store, lives + WARM_UP)
        seconds = timed(lambda number: lead(engine, number), lives)
        return seconds, _end(engine, lives + WARM_UP)
    finally:
        store.close()


if __name__ == "__main__":
    serve((), {"whole": _life})
