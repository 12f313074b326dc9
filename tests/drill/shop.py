"""
The shop of the drill: little stock, many orders, and a script for each order that any process may
take up where another has died.

What order number n wants follows from the seed alone. Each command's key follows from what it is
about, so whoever submits it again, submits the same.
"""

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import attrs

from ordercore import (
    AddTender,
    AuthorizeReturn,
    CancelUnits,
    Destination,
    Engine,
    FulfillUnits,
    InspectReturn,
    LineRequest,
    PackUnits,
    PickUnits,
    Place,
    PlaceOrder,
    Product,
    ReceiveReturn,
    ReceiveStock,
    RecordDelivery,
    Rejected,
    ReportMissing,
    ReserveCart,
    Rules,
    ShipPackage,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.codec import JsonCodec
from ordercore.fulfillment import FulfillmentOrder
from ordercore.grammar import Command
from ordercore.instants import Instant
from ordercore.orders import Order, allowed
from ordercore.ports import AsyncStore, Store
from ordercore.stores import AsyncPostgresStore, PostgresStore
from ordercore.testing import NoTax
from tests.drill.provider import Provider

PLACES: Final = ("berlin", "hamburg", "lyon")
SKUS: Final = ("MUG", "TEA", "POT", "CUP")
HOME: Final = Destination(country="DE")
START: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
#: How much faster than the real one the clock of the drill goes.
PACE: Final = 5
#: In seconds of that clock: 12 real ones in which a slow machine may leave a process standing.
LEASE_S: Final = 60

#: Builds its hooks once, before workers are forked.
CODEC: Final = JsonCodec()

SIZES: Final[dict[str, Any]] = {"connections_max": 4, "connect_timeout_ms": 5_000}

Step = tuple[str, Command]


@attrs.frozen
class FastClock:
    """A clock that all processes share; it is set forward only while nobody is at work."""

    began: float
    ahead_s: float = 0

    def __call__(self) -> Instant:
        return START + timedelta(seconds=(time.monotonic() - self.began) * PACE + self.ahead_s)


def opened(location: str) -> Store:
    """Open the store: a file, or the public schema of "DSN#"."""
    if not location.endswith("#"):
        return SQLiteStore(location, codec=CODEC, durability="normal", lock_timeout_ms=60_000)
    return PostgresStore(location[:-1], codec=CODEC, **SIZES)


def opened_to_await(location: str) -> Store | AsyncStore:
    """Open the store for an engine that awaits."""
    if not location.endswith("#"):
        return opened(location)
    return AsyncPostgresStore(location[:-1], codec=CODEC, **SIZES)


def provider_of(folder: Path, clock: FastClock, seed: int, *, calm: bool = False) -> Provider:
    return Provider(folder / "provider.db", clock, seed, calm=calm)


def settings(
    store: Store | AsyncStore, provider: Provider, clock: Callable[[], Instant]
) -> dict[str, Any]:
    """What an engine of either kind is made of."""
    return dict(  # noqa: C408 - reads as the call that it becomes
        store=store,
        catalog=StaticCatalog([Product(sku=sku, name=sku.title(), weight_g=100) for sku in SKUS]),
        places=StaticPlaces([Place(id=place, name=place.title()) for place in PLACES]),
        payments=provider.payments,
        tax=NoTax(),
        carrier=provider.carrier,
        rules=Rules(retry_s=10, attempts_max=8, reservation_s=600),
        clock=clock,
        lease_s=LEASE_S,
    )


def brought(number: int) -> dict[str, int]:
    """What a delivery brings: never enough."""
    chance = random.Random(f"receipt {number}")
    return {sku: chance.randint(1, 6) for sku in SKUS}


def receipt(number: int) -> Step:
    """The command that books a delivery."""
    place = PLACES[number % len(PLACES)]
    return f"receipt-{number}", ReceiveStock(place=place, lines=brought(number))


@attrs.frozen
class Plan:
    """What one customer will want, in the end."""

    number: int
    lines: tuple[tuple[str, int], ...]
    cart: bool
    buys: bool
    tenders: tuple[Tender, ...]
    canceled: str
    missing: bool
    by_hand: bool
    returned: bool
    damaged: bool

    @property
    def order_id(self) -> str:
        return f"O-{self.number}"


def plan_of(seed: int, number: int) -> Plan:
    chance = random.Random(f"{seed} order {number}")
    skus = chance.sample(SKUS, chance.choice((1, 2, 2, 3)))
    card = Tender(method="card", token_ref="vault:card")
    return Plan(
        number=number,
        lines=tuple((sku, chance.randint(1, 3)) for sku in skus),
        cart=chance.random() < 0.3,
        buys=chance.random() < 0.95,
        tenders=chance.choice(
            (
                (card,),
                (card,),
                (Tender(method="voucher", token_ref="vault:voucher", amount_minor=500), card),
                (Tender(method="card", token_ref="vault:declined"),),
            )
        ),
        canceled=chance.choice(("", "", "", "", "at once", "half way")),
        missing=chance.random() < 0.08,
        by_hand=chance.random() < 0.5,
        returned=chance.random() < 0.3,
        damaged=chance.random() < 0.3,
    )


def order_of(engine: Engine, order_id: str) -> Order | None:
    try:
        return engine.order(order_id)
    except Rejected:
        return None


def steps(plan: Plan, order: Order | None) -> Iterator[Step]:
    """What can be done next about an order; nothing at its end, or while something is awaited."""
    for key, command in _steps(plan, order):
        yield key.replace("/", ":"), command


def _steps(plan: Plan, order: Order | None) -> Iterator[Step]:
    if order is None:
        yield from _placement(plan)
        return
    if order.status != "canceled":
        yield from _changes_of_mind(plan, order)
    if order.status == "placed" and any(may.command == "AddTender" for may in allowed(order)):
        number = len(order.payments.payments)
        tender = Tender(method="card", token_ref="vault:another-card")
        yield f"{plan.order_id}/tender-{number}", AddTender(order_id=order.id, tender=tender)
    for work in order.fulfillment.orders:
        if work.status not in {"closed", "canceled"}:
            yield from _work(plan, order, work)
    yield from _boxes(order)
    yield from _return(plan, order)


def _placement(plan: Plan) -> Iterator[Step]:
    cart = f"C-{plan.number}" if plan.cart else None
    if cart:
        lines = dict(plan.lines)
        yield (
            f"{plan.order_id}/cart",
            ReserveCart(cart_id=cart, currency="EUR", destination=HOME, lines=lines),
        )
    if plan.buys:
        yield (
            f"{plan.order_id}/place",
            PlaceOrder(
                order_id=plan.order_id,
                currency="EUR",
                cart_id=cart,
                lines=tuple(
                    LineRequest(sku=sku, quantity=quantity, unit_price=UnitPrice(999))
                    for sku, quantity in plan.lines
                ),
                destination=HOME,
                shipping_minor=490,
                tenders=plan.tenders,
            ),
        )


def _changes_of_mind(plan: Plan, order: Order) -> Iterator[Step]:
    gone = any(p.status in {"shipped", "delivered"} for p in order.fulfillment.packages)
    if plan.canceled == "at once" or (plan.canceled == "half way" and gone):
        yield f"{order.id}/cancel", CancelUnits(order_id=order.id)
    if order.sourcing_failed and (lost := sum(line.unsourced for line in order.lines)):
        lines = {line.line_id: line.unsourced for line in order.lines if line.unsourced}
        key = f"{order.id}/give-up-{order.short_picks}-{lost}"
        yield key, CancelUnits(order_id=order.id, lines=lines, reason="nowhere")


def _work(plan: Plan, order: Order, work: FulfillmentOrder) -> Iterator[Step]:
    waiting = {line.line_id: line.waiting for line in work.lines if line.waiting}
    picked = {line.line_id: line.picked for line in work.lines if line.picked}
    about: dict[str, Any] = {"order_id": order.id, "fulfillment_order_id": work.id}
    if plan.missing and waiting and not order.short_picks:
        line = min(waiting)
        yield f"{order.id}/missing-{line}", ReportMissing(**about, lines={line: 1})
    if not plan.by_hand and (waiting or picked):
        yield f"{work.id}/fulfill-{_told(waiting)}-{_told(picked)}", FulfillUnits(**about)
    elif waiting:
        yield f"{work.id}/pick-{_told(waiting)}", PickUnits(**about, lines=waiting)
    elif picked:
        key = f"{work.id}/pack-{_told(picked)}-{len(order.fulfillment.packages)}"
        yield key, PackUnits(**about, lines=picked)


def _told(lines: dict[Any, int]) -> str:
    return ".".join(f"{line}x{quantity}" for line, quantity in sorted(lines.items()))


def _boxes(order: Order) -> Iterator[Step]:
    for box in order.fulfillment.packages:
        about: dict[str, Any] = {"order_id": order.id, "package_id": box.id}
        if box.status == "labeled":
            yield f"{box.id}/ship", ShipPackage(**about)
        elif box.status == "packed" and box.label_declined:
            yield (
                f"{box.id}/ship-otherwise",
                ShipPackage(**about, carrier="courier", tracking=f"courier-{box.id}"),
            )
        elif box.status == "shipped":
            yield f"{box.id}/deliver", RecordDelivery(**about)


def _return(plan: Plan, order: Order) -> Iterator[Step]:
    if not plan.returned:
        return
    line = order.lines[0]
    if order.fulfillment.delivered(line.line_id) and not order.returns.returns:
        yield (
            f"{order.id}/return",
            AuthorizeReturn(order_id=order.id, lines={line.line_id: 1}),
        )
    for known in order.returns.returns:
        about: dict[str, Any] = {"order_id": order.id, "return_id": known.id}
        if known.status == "authorized":
            yield f"{known.id}/receive", ReceiveReturn(**about, place=PLACES[0])
        elif known.status == "received":
            damaged = {line.line_id: 1} if plan.damaged else {}
            yield f"{known.id}/inspect", InspectReturn(**about, damaged=damaged)
