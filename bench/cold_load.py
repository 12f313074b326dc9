"""Loading an order that this process has never seen: of few events, of many, with a kept state."""

from collections.abc import Callable
from typing import Final

from bench.life import place_order, ready_engine
from ordercore import (
    Destination,
    Engine,
    FulfillUnits,
    LineRequest,
    PackUnits,
    PickUnits,
    PlaceOrder,
    RecordDelivery,
    ShipPackage,
    SQLiteStore,
    Tender,
    UnitPrice,
)
from ordercore.engine import KINDS
from ordercore.engine._driver import Driver
from ordercore.engine._snapshots import EVERY, Snapshots
from ordercore.engine._streams import Streams
from ordercore.ids import order_stream

__all__ = ["cold_loads"]

#: Packages of the long order; each is four commands and eight events.
PACKAGES: Final = 60


def cold_loads(*, small: bool) -> dict[str, Callable[[], object]]:
    """Return calls that load orders as a new process does, from a database in memory."""
    engine = ready_engine(SQLiteStore(":memory:"), 100)
    engine.submit(place_order("SHORT"))
    work = engine.order("SHORT").fulfillment.orders[0].id
    engine.submit(FulfillUnits(order_id="SHORT", fulfillment_order_id=work))
    _ship_one_by_one(engine, "LONG", 7 if small else PACKAGES)
    short, long = len(engine.history("SHORT")), len(engine.history("LONG"))
    return {
        f"cold load of {short} events": _load(engine, "SHORT", EVERY),
        f"cold load of {long} events, state kept": _load(engine, "LONG", EVERY),
        f"cold load of {long} events, all folded": _load(engine, "LONG", 0),
    }


def _load(engine: Engine, order_id: str, every: int) -> Callable[[], object]:
    snapshots = Snapshots(engine.tenant, every)
    store = engine._store  # noqa: SLF001  # as the engine loads its own
    stream = order_stream(order_id)
    drive = Driver(store, engine.tenant).drive

    def load() -> object:
        streams = Streams(tenant=engine.tenant, store=store, kinds=KINDS, snapshots=snapshots)
        return drive(streams.load(stream))

    return load


def _ship_one_by_one(engine: Engine, order_id: str, units: int) -> None:
    engine.submit(
        PlaceOrder(
            order_id=order_id,
            currency="EUR",
            lines=(LineRequest(sku="MUG", quantity=units, unit_price=UnitPrice(999)),),
            destination=Destination(country="DE"),
            tenders=(Tender(method="card", token_ref="token"),),  # noqa: S106  # no secret
        )
    )
    one = {"line-1": 1}
    work = f"{order_id}/fo-1"
    for n in range(1, units + 1):
        package = f"{order_id}/package-{n}"
        for command in (
            PickUnits(order_id=order_id, fulfillment_order_id=work, lines=one),
            PackUnits(order_id=order_id, fulfillment_order_id=work, lines=one),
            ShipPackage(order_id=order_id, package_id=package, carrier="post", tracking="1"),
            RecordDelivery(order_id=order_id, package_id=package),
        ):
            engine.submit(command)
