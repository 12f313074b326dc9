"""
One order's whole way as a script that a host could run again after a crash.

Every command has its own key and every id is known beforehand, so running the script again from
the start is what a host does that does not know how far it came.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from inspect import isawaitable
from threading import Lock
from typing import Any, cast

import attrs

from ordercore import (
    AsyncEngine,
    AuthorizeReturn,
    CancelUnits,
    Destination,
    Discount,
    Engine,
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
    ReportMissing,
    ReserveCart,
    Rules,
    ShipPackage,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Command
from ordercore.ids import StreamId, TenantId
from ordercore.orders import balance
from ordercore.ports import (
    AsyncPaymentGateway,
    Carrier,
    Commit,
    Lease,
    PaymentGateway,
    Receipt,
    Store,
)
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, VirtualClock
from ordercore.views import public_status

ORDER = "O-1"
HOME = Destination(country="DE", postal_area="10")
PLACES = ("berlin", "hamburg", "lyon")
LEASE_S = 60


class Crash(BaseException):
    """The process dies here; nothing may catch it."""


@attrs.define
class Boundaries:
    """
    Counts every point before and after something durable happens, and dies at one of them.

    """

    die_at: int | None = None
    passed: list[str] = attrs.Factory(list[str])
    _lock: Lock = attrs.Factory(Lock)

    def pass_by(self, name: str) -> None:
        with self._lock:
            self.passed.append(name)
            # The dead do nothing more, whatever else was going on in the process.
            if self.die_at is not None and len(self.passed) >= self.die_at:
                raise Crash(name)

    @contextmanager
    def around(self, name: str) -> Iterator[None]:
        self.pass_by(f"before {name}")
        yield
        self.pass_by(f"after {name}")


class MortalStore:
    """A store in front of which, and behind which, the process may die."""

    def __init__(self, store: Store, boundaries: Boundaries) -> None:
        self._store = store
        self._boundaries = boundaries

    def commit(self, commit: Commit) -> Receipt:
        with self._boundaries.around(f"append of {type(commit.receipt.command).__name__}"):
            return self._store.commit(commit)

    def lease(self, tenant: TenantId, stream: StreamId, effect_key: str, **when: Any) -> Lease:
        with self._boundaries.around(f"lease of {effect_key}"):
            return self._store.lease(tenant, stream, effect_key, **when)

    def unlease(self, tenant: TenantId, effect_key: str) -> None:
        with self._boundaries.around(f"return of the lease of {effect_key}"):
            self._store.unlease(tenant, effect_key)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class MortalPort:
    """A port in front of which, and behind which, the process may die."""

    def __init__(self, port: object, boundaries: Boundaries, mortal: tuple[str, ...]) -> None:
        self._port = port
        self._boundaries = boundaries
        self._mortal = mortal

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., object] = getattr(self._port, name)
        if name not in self._mortal:
            return call

        def mortal(ask: object) -> object:
            with self._boundaries.around(f"{name} of {ask.key}"):  # type: ignore[attr-defined]
                return call(ask)

        return mortal


class AwaitedPort(MortalPort):
    """The same as an adapter that is awaited, and lets others run meanwhile."""

    def __getattr__(self, name: str) -> Any:
        call = super().__getattr__(name)
        if not callable(call):
            return call

        async def awaited(ask: object) -> object:
            await asyncio.sleep(0)
            answer: object = call(ask)
            await asyncio.sleep(0)
            return answer

        return awaited


class Blocking:
    """An asynchronous engine whose every method is run to its end."""

    def __init__(self, engine: AsyncEngine, store: Store) -> None:
        self._engine = engine
        self._store = store
        self._tenant = engine.tenant

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._engine, name)

        def run(*args: Any, **kwargs: Any) -> object:
            answer = method(*args, **kwargs)
            return asyncio.run(_awaited(answer))

        return run


async def _awaited(answer: Any) -> object:
    return await answer if isawaitable(answer) else [item async for item in answer]


class World:
    """What outlives a process: the clock, the provider, the carrier."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.payments = FakePaymentGateway(self.clock)
        rates = {
            place: ShippingRate(place=place, package_minor=350 + 50 * n, unit_minor=20)
            for n, place in enumerate(PLACES)
        }
        self.carrier = FakeCarrier(rates, clock=self.clock)

    def engine(self, store: Store, boundaries: Boundaries | None = None) -> Engine:
        counted = boundaries or Boundaries()
        acting = ("authorize", "capture", "void", "refund")
        payments = cast("PaymentGateway", MortalPort(self.payments, counted, acting))
        return Engine(**self.settings(store, counted), payments=payments)

    def async_engine(self, store: Store, boundaries: Boundaries | None = None) -> Engine:
        """An engine that awaits the provider and calls all else in threads."""
        counted = boundaries or Boundaries()
        acting = ("authorize", "capture", "void", "refund")
        payments = cast("AsyncPaymentGateway", AwaitedPort(self.payments, counted, acting))
        engine = AsyncEngine(**self.settings(store, counted), payments=payments, threads=4)
        return cast("Engine", Blocking(engine, store))

    def settings(self, store: Store, counted: Boundaries) -> dict[str, Any]:
        return dict(  # noqa: C408 - reads as the call that it becomes
            store=cast("Store", MortalStore(store, counted)),
            catalog=StaticCatalog(
                [
                    Product(sku="MUG", name="Mug", weight_g=300),
                    Product(sku="TEA", name="Tea", weight_g=100),
                ]
            ),
            places=StaticPlaces([Place(id=place, name=place.title()) for place in PLACES]),
            tax=FakeTax({("DE", "standard"): 1900, ("DE", "shipping"): 1900}),
            carrier=cast("Carrier", MortalPort(self.carrier, counted, ("buy_label",))),
            rules=Rules(retry_s=10),
            clock=self.clock,
            lease_s=LEASE_S,
        )


def steps(engine: Engine) -> Iterator[Callable[[], object]]:
    """The whole way, step by step; each is idempotent by its key."""

    def step(key: str, command: Command) -> Callable[[], object]:
        return lambda: engine.submit(command, key=key)

    yield step("s1", ReceiveStock(place="berlin", lines={"MUG": 3}))
    yield step("s2", ReceiveStock(place="hamburg", lines={"MUG": 2, "TEA": 4}))
    yield step("s3", ReceiveStock(place="lyon", lines={"MUG": 5}))
    yield step(
        "s4",
        ReserveCart(
            cart_id="C-1",
            currency="EUR",
            destination=HOME,
            lines={"MUG": 4, "TEA": 3},
        ),
    )
    yield step(
        "s5",
        PlaceOrder(
            order_id=ORDER,
            currency="EUR",
            cart_id="C-1",
            destination=HOME,
            lines=(
                LineRequest(sku="MUG", quantity=4, unit_price=UnitPrice(999)),
                LineRequest(
                    sku="TEA",
                    quantity=3,
                    unit_price=UnitPrice(333),
                    discounts=(Discount(code="spring", amount_minor=100),),
                ),
            ),
            shipping_minor=490,
            tenders=(
                Tender(method="voucher", token_ref="vault:v1", amount_minor=1000),
                Tender(method="card", token_ref="vault:c1"),
            ),
        ),
    )
    pick: dict[str, Any] = {"fulfillment_order_id": f"{ORDER}/fo-1", "lines": {"line-1": 2}}
    yield step("s6", PickUnits(order_id=ORDER, **pick))
    yield step("s7", PackUnits(order_id=ORDER, **pick))
    yield step("s8", ShipPackage(order_id=ORDER, package_id=f"{ORDER}/package-1"))
    yield step("s9", RecordDelivery(order_id=ORDER, package_id=f"{ORDER}/package-1"))
    yield step(
        "s10",
        ReportMissing(
            order_id=ORDER,
            fulfillment_order_id=f"{ORDER}/fo-1",
            lines={"line-1": 1},
        ),
    )
    again: dict[str, Any] = {"fulfillment_order_id": f"{ORDER}/fo-3", "lines": {"line-1": 1}}
    yield step("s11", PickUnits(order_id=ORDER, **again))
    yield step("s12", PackUnits(order_id=ORDER, **again))
    yield step("s13", ShipPackage(order_id=ORDER, package_id=f"{ORDER}/package-2"))
    put_back: dict[str, Any] = {"fulfillment_order_id": f"{ORDER}/fo-2", "lines": {"line-2": 2}}
    yield step("s13b", PickUnits(order_id=ORDER, **put_back))
    yield step("s14", CancelUnits(order_id=ORDER))
    yield step("s15", RecordDelivery(order_id=ORDER, package_id=f"{ORDER}/package-2"))
    yield step("s16", AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    returned: dict[str, Any] = {"order_id": ORDER, "return_id": f"{ORDER}/return-1"}
    yield step("s17", ReceiveReturn(**returned, place="hamburg"))
    yield step("s18", InspectReturn(**returned, damaged={"line-1": 1}))


def walk(engine: Engine) -> None:
    """Run the script from the start."""
    for step in steps(engine):
        step()


def settle(world: World, engine: Engine, rounds: int = 12) -> None:
    """Let time pass until nothing is due: leases end, retries come back."""
    for _ in range(rounds):
        engine.run_pending()
        world.clock.advance(seconds=LEASE_S + 30)
    assert engine.run_pending() == 0


def arrival(world: World, engine: Engine) -> dict[str, object]:
    """Everything that must be the same however the order came here."""
    order = engine.order(ORDER)
    store = engine._store
    return {
        "status": (order.status, str(public_status(order))),
        "balance": balance(order),
        "payments": tuple(
            (p.payment_id, p.status, p.captured_minor, p.refunded_minor, p.voided_minor)
            for p in order.payments.payments
        ),
        "packages": tuple((p.id, p.status, p.tracking) for p in order.fulfillment.packages),
        "lines": tuple((line.units, line.unsourced) for line in order.lines),
        "accounts": dict(store.accounts(engine._tenant)),
        "holds": len(store.pendings(engine._tenant)),
        "provider": world.payments.balance_minor("EUR"),
    }
