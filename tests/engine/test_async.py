"""
The engine that is awaited: the same promises, adapters of both kinds, and a task that is canceled.
"""

import asyncio
import inspect
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    AsyncEngine,
    Conflict,
    Engine,
    FulfillUnits,
    InvalidDefinition,
    MemoryStore,
    Place,
    PlaceOrder,
    Product,
    ReceiveStock,
    Rejected,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
)
from ordercore import ports as port_room
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Outcome
from ordercore.ids import TenantId
from ordercore.orders import outstanding
from ordercore.payments import AskAuthorization
from ordercore.ports import ActingCapabilities, Commit, Receipt, Store
from ordercore.sourcing import SourcingPlan, SourcingProblem, solve
from ordercore.testing import FakeCarrier, FakePaymentGateway, Fault, NoTax, VirtualClock
from tests.engine.test_promises import order
from tests.engine.whole_way import LEASE_S, Boundaries, World, arrival, settle, steps

At = Callable[[str], None]


def _nowhere(_: str) -> None:
    """Let a point pass."""


PAIRS = [
    (getattr(port_room, name), getattr(port_room, f"Async{name}"))
    for name in ("Store", "PaymentGateway", "TaxCalculator", "Carrier", "Catalog", "Places")
]


# --- twins -----------------------------------------------------------------------------------


def _methods(kind: type) -> dict[str, Any]:
    return {
        name: inspect.getattr_static(kind, name) for name in dir(kind) if not name.startswith("_")
    }


def _shape(method: Any) -> object:
    if isinstance(method, property):
        return property
    return [
        # A handler of a store that is awaited is awaited too.
        (
            p.name,
            p.kind,
            p.default,
            str(p.annotation).replace("collections.abc.Awaitable[None]", "None"),
        )
        for p in inspect.signature(method).parameters.values()
    ]


def test_both_engines_offer_the_same_in_the_same_words() -> None:
    blocking, awaited = _methods(Engine), _methods(AsyncEngine)

    assert sorted(blocking) == sorted(awaited)
    for name, method in blocking.items():
        twin = awaited[name]
        assert _shape(method) == _shape(twin), name
        assert inspect.getdoc(method) == inspect.getdoc(twin), name
        if not isinstance(twin, property):
            assert inspect.iscoroutinefunction(twin) or inspect.isasyncgenfunction(twin), name


def test_both_engines_are_defined_alike() -> None:
    blocking = inspect.signature(Engine).parameters
    awaited = dict(inspect.signature(AsyncEngine).parameters)

    assert sorted(set(awaited) - set(blocking)) == ["threads", "together"]
    assert all(awaited[name].default == blocking[name].default for name in blocking)


@pytest.mark.parametrize(("blocking", "awaited"), PAIRS, ids=lambda kind: kind.__name__)
def test_each_port_has_a_twin_with_the_same_methods(blocking: type, awaited: type) -> None:
    ours, theirs = _methods(blocking), _methods(awaited)

    assert sorted(ours) == sorted(theirs)
    for name, method in ours.items():
        assert _shape(method) == _shape(theirs[name]), name


# --- a shop with adapters of both kinds -------------------------------------------------------


@attrs.define
class Threads:
    """Which threads made which calls."""

    seen: dict[str, set[int]] = attrs.Factory(dict[str, set[int]])

    def note(self, name: str) -> None:
        self.seen.setdefault(name, set()).add(threading.get_ident())


class Watched:
    """A blocking adapter that notes where it is called."""

    def __init__(self, adapter: object, threads: Threads, name: str) -> None:
        self._adapter = adapter
        self._threads = threads
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._adapter, name)
        if callable(found):

            def call(*args: Any, **kwargs: Any) -> object:
                self._threads.note(self._name)
                return found(*args, **kwargs)

            return call
        return found


class AwaitedStore:
    """A store in memory that is awaited; every call lets others run before and after it."""

    def __init__(self, store: MemoryStore, at_each: At = _nowhere) -> None:
        self.store = store
        self.locked = asyncio.Lock()
        self.holder: object = None
        self.at_each = at_each

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)

        async def call(*args: Any, **kwargs: Any) -> object:
            await self.pause(f"before {name}")
            if name == "commit" and self.holder is not asyncio.current_task():
                async with self.locked:
                    answer: object = method(*args, **kwargs)
            else:
                answer = method(*args, **kwargs)
            await self.pause(f"after {name}")
            return answer

        async def iterate(*args: Any, **kwargs: Any) -> AsyncIterator[object]:
            for item in method(*args, **kwargs):
                await self.pause(f"in {name}")
                yield item

        iterates = name in {"accounts", "entries", "occurred_after", "streams"}
        return iterate if iterates else call

    async def pause(self, name: str) -> None:
        self.at_each(name)
        await asyncio.sleep(0)

    @asynccontextmanager
    async def hold(self, tenant: TenantId) -> AsyncIterator[None]:
        await self.pause("before hold")
        async with self.locked:
            self.holder = asyncio.current_task()
            try:
                await self.pause("in hold")
                yield
                await self.pause("at the end of hold")
            finally:
                self.holder = None


class AwaitedProvider:
    """The strict fake, awaited; it notes how many calls are under way at the same time."""

    def __init__(self, fake: FakePaymentGateway, at_each: At = _nowhere) -> None:
        self.fake = fake
        self.at_each = at_each
        self.under_way = 0
        self.most = 0
        self.meeting = 0  # so many calls wait until they are all under way

    @property
    def capabilities(self) -> ActingCapabilities:
        return self.fake.capabilities

    async def _call(self, call: Callable[[Any], Any], ask: object) -> Any:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        try:
            self.at_each("before the provider")
            for _ in range(10):
                await asyncio.sleep(0)
            async with asyncio.timeout(10):
                while self.most < self.meeting:  # noqa: ASYNC110 - the provider waits for callers
                    await asyncio.sleep(0)
            answer = call(ask)
            self.at_each("after the provider")
            await asyncio.sleep(0)
            return answer
        finally:
            self.under_way -= 1

    async def authorize(self, ask: Any) -> Outcome:
        return cast("Outcome", await self._call(self.fake.authorize, ask))

    async def capture(self, ask: Any) -> Outcome:
        return cast("Outcome", await self._call(self.fake.capture, ask))

    async def void(self, ask: Any) -> Outcome:
        return cast("Outcome", await self._call(self.fake.void, ask))

    async def refund(self, ask: Any) -> Outcome:
        return cast("Outcome", await self._call(self.fake.refund, ask))

    async def lookup(self, key: str) -> Outcome | None:
        return cast("Outcome | None", await self._call(self.fake.lookup, key))


class Shop:
    """One SKU at one place; the provider is awaited, the rest as asked."""

    def __init__(self, store: Any = None, **settings: Any) -> None:
        self.world = World()
        self.clock: VirtualClock = self.world.clock
        self.store = MemoryStore() if store is None else store
        self.provider = AwaitedProvider(self.world.payments)
        ports: dict[str, Any] = {
            "store": self.store,
            "catalog": StaticCatalog([Product(sku="MUG", name="Mug", weight_g=300)]),
            "places": StaticPlaces([Place(id="berlin", name="Berlin")]),
            "payments": self.provider,
            "tax": NoTax(),
            "carrier": FakeCarrier(
                {"berlin": ShippingRate(place="berlin", package_minor=400)}, clock=self.clock
            ),
            "clock": self.clock,
        }
        self.engine = AsyncEngine(**ports | settings)

    async def stocked(self, units: int) -> "Shop":
        await self.engine.submit(ReceiveStock(place="berlin", lines={"MUG": units}), key="stock")
        return self


def paid_by(cards: int) -> PlaceOrder:
    """An order over ten euro for each card."""
    some = order(quantity=cards)
    tenders = [
        Tender(method="card", token_ref=f"vault:{n}", amount_minor=1000) for n in range(cards - 1)
    ]
    return attrs.evolve(some, tenders=(*tenders, Tender(method="card", token_ref="vault:last")))


def test_blocking_adapters_are_called_off_the_loop_and_what_never_blocks_in_place() -> None:
    threads = Threads()
    catalog = Watched(StaticCatalog([Product(sku="MUG", name="Mug")]), threads, "catalog")
    tax = Watched(NoTax(), threads, "tax")
    store = Watched(MemoryStore(), threads, "store")
    assert catalog.never_blocks

    async def run() -> int:
        shop = await Shop(store, catalog=catalog, tax=tax).stocked(1)
        await shop.engine.submit(order())
        assert (await shop.engine.order("O-1")).status == "released"
        return threading.get_ident()

    here = asyncio.run(run())
    assert threads.seen["catalog"] == {here}
    assert here not in threads.seen["tax"] | threads.seen["store"]


def test_a_search_for_a_plan_keeps_nobody_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads()

    def noted(problem: SourcingProblem) -> SourcingPlan:
        threads.note("solve")
        return solve(problem)

    monkeypatch.setattr("ordercore.engine._read.solve", noted)

    async def run() -> int:
        shop = await Shop().stocked(1)
        await shop.engine.submit(order())
        return threading.get_ident()

    assert asyncio.run(run()) not in threads.seen["solve"]


@pytest.mark.parametrize("port", ["store", "payments", "carrier", "catalog"])
def test_the_blocking_engine_refuses_an_awaited_adapter_by_its_port(port: str) -> None:
    class Awaited:
        async def lookup(self, key: str) -> None: ...
        async def products(self, skus: object) -> None: ...
        async def recall(self, *_: object) -> None: ...

    world = World()
    settings: dict[str, Any] = {
        "store": MemoryStore(),
        "catalog": StaticCatalog([]),
        "places": StaticPlaces([]),
        "payments": world.payments,
        "tax": NoTax(),
        "carrier": world.carrier,
    }

    settings[port] = Awaited()
    with pytest.raises(InvalidDefinition, match=rf"{port}: Awaited\.\w+ is .* use AsyncEngine"):
        Engine(**settings)


@pytest.mark.parametrize("name", ["lease_s", "threads", "together"])
def test_numbers_below_one_define_no_engine(name: str) -> None:
    with pytest.raises(InvalidDefinition, match=f"{name} is 0, least is 1"):
        Shop(**{name: 0})


def test_one_engine_serves_one_event_loop_after_another() -> None:
    shop = Shop()
    asyncio.run(shop.stocked(5))
    asyncio.run(cast("Coroutine[Any, Any, object]", shop.engine.submit(paid_by(3))))

    async def read() -> list[str]:
        return [order_id async for order_id in shop.engine.order_ids()]

    assert asyncio.run(read()) == ["O-1"]
    assert str(asyncio.run(shop.engine.verify())).endswith("balanced, no leaks")


def test_a_store_that_is_awaited_serves_as_well_as_one_in_threads() -> None:
    async def run() -> tuple[object, str]:
        store = AwaitedStore(MemoryStore())
        shop = await Shop(store).stocked(5)
        await shop.engine.submit(paid_by(3))
        ids = [order_id async for order_id in shop.engine.order_ids()]
        levels = await shop.engine.availability("MUG")
        told = await shop.engine.crossings()
        assert len(await shop.engine.explain("MUG", "berlin")) == 2
        assert told.position == 3
        return (ids, levels[0].available), str(await shop.engine.verify())

    found, verdict = asyncio.run(run())
    assert found == (["O-1"], 2)
    assert verdict.endswith("balanced, no leaks")


# --- together --------------------------------------------------------------------------------


@pytest.mark.parametrize(("together", "most"), [(1, 1), (3, 3), (8, 5)])
def test_what_an_order_owes_at_one_moment_is_asked_for_together(together: int, most: int) -> None:
    async def run() -> AwaitedProvider:
        shop = await Shop(together=together).stocked(5)
        shop.provider.meeting = most
        await shop.engine.submit(paid_by(5))
        assert (await shop.engine.order("O-1")).status == "released"
        # Recorded one at a time: nobody has lost a race to another, nothing was tried again.
        history = await shop.engine.history("O-1")
        assert len({recorded.command_id for recorded in history}) == 6
        return shop.provider

    provider = asyncio.run(run())
    assert provider.most == most
    assert sorted(provider.fake.actions.values()) == [1] * 5


def test_requests_to_one_authorization_are_asked_one_after_the_other_in_order() -> None:
    async def run() -> AwaitedProvider:
        shop = await Shop().stocked(2)
        await shop.engine.submit(order(quantity=2))
        for parcel in ("first", "second"):
            await shop.engine.submit(
                FulfillUnits(
                    order_id="O-1",
                    fulfillment_order_id="O-1/fo-1",
                    lines={"line-1": 1},
                    carrier="post",
                    tracking=parcel,
                ),
                perform=False,
            )
        assert len(outstanding(await shop.engine.order("O-1"))) == 2
        shop.provider.most = 0
        await shop.engine.resume("O-1")
        return shop.provider

    provider = asyncio.run(run())
    assert provider.most == 1
    captures = [key for operation, key in provider.fake.calls if operation == "capture"]
    assert captures == sorted(captures)
    assert len(captures) == 2


def test_one_lost_answer_leaves_the_others_of_the_order_alone() -> None:
    async def run() -> tuple[str, dict[str, int]]:
        shop = await Shop().stocked(3)
        shop.world.payments.plan("authorize", Fault.UNAVAILABLE, key="O-1/payment-2")
        await shop.engine.submit(paid_by(3))
        before = [p.status for p in (await shop.engine.order("O-1")).payments.payments]
        assert sorted(before) == ["authorized", "authorized", "requested"]
        shop.clock.advance(hours=1)
        assert await shop.engine.run_pending() == 1
        status = (await shop.engine.order("O-1")).status
        return status, dict(shop.world.payments.actions)

    status, actions = asyncio.run(run())
    assert status == "released"
    assert sorted(actions.values()) == [1, 1, 1]


def test_what_somebody_else_has_ended_meanwhile_is_not_asked_for() -> None:
    """Between reading what is owed and leasing it, another worker has done it all."""
    shop = World()
    provider = FakePaymentGateway(shop.clock, capabilities=ActingCapabilities())
    settings: dict[str, Any] = {
        "catalog": StaticCatalog([Product(sku="MUG", name="Mug")]),
        "places": StaticPlaces([Place(id="berlin", name="Berlin")]),
        "payments": provider,
        "tax": NoTax(),
        "carrier": FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
        "clock": shop.clock,
    }
    store = MemoryStore()
    other = Engine(store=store, **settings)

    class LateLease:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def lease(self, *args: Any, **kwargs: Any) -> Any:
            other.resume("O-1")
            return store.lease(*args, **kwargs)

    engine = Engine(store=cast("Store", LateLease()), **settings)
    engine.submit(ReceiveStock(place="berlin", lines={"MUG": 1}))
    engine.submit(order())

    assert [call for call, _ in provider.calls] == ["authorize"]
    assert engine.order("O-1").status == "released"
    assert engine.run_pending() == 0


def test_many_orders_that_are_due_are_performed_at_the_same_time() -> None:
    async def run() -> tuple[int, int]:
        shop = await Shop(together=3).stocked(9)
        shop.provider.meeting = 3
        for n in range(9):
            await shop.engine.submit(order(f"O-{n}"), perform=False)
        return await shop.engine.run_pending(), shop.provider.most

    assert asyncio.run(run()) == (9, 3)


def test_two_tasks_at_one_order_ask_the_provider_once() -> None:
    async def run() -> dict[str, int]:
        shop = await Shop().stocked(1)
        await shop.engine.submit(order(), perform=False)
        await asyncio.gather(*(shop.engine.resume("O-1") for _ in range(5)))
        return dict(shop.world.payments.actions)

    assert list(asyncio.run(run()).values()) == [1]


def test_many_tasks_buy_the_last_unit_and_one_gets_it() -> None:
    async def run() -> list[bool]:
        shop = await Shop().stocked(1)

        async def buy(n: int) -> bool:
            try:
                await shop.engine.submit(order(f"O-{n}"))
            except Rejected as refusal:
                return refusal.code != "shortage"
            return True

        bought = await asyncio.gather(*(buy(n) for n in range(20)))
        assert str(await shop.engine.verify()).endswith("balanced, no leaks")
        return list(bought)

    assert sum(asyncio.run(run())) == 1


def test_an_awaited_adapter_with_a_defect_counts_as_an_outcome_that_nobody_knows() -> None:
    async def run() -> str:
        shop = await Shop().stocked(1)
        honest, broken = shop.provider.authorize, [True]

        async def defective(ask: AskAuthorization) -> Outcome:
            outcome = await honest(ask)
            if broken.pop():
                raise TimeoutError
            return outcome

        cast("Any", shop.provider).authorize = defective
        await shop.engine.submit(order())
        assert shop.world.payments.actions["O-1/payment-1"] == 1
        return (await shop.engine.order("O-1")).status

    assert asyncio.run(run()) == "released"


# --- canceled --------------------------------------------------------------------------------


class CancelAt:
    """Cancels the task of the walk at one of the points where it waits."""

    def __init__(self, at: int | None = None) -> None:
        self.at = at
        self.count = 0
        self.task: asyncio.Task[object] | None = None

    def __call__(self, name: str) -> None:
        if self.task is not None:
            self.count += 1
            if self.count == self.at:
                self.task.cancel()


def _canceled_whole_way(at: int | None) -> tuple[dict[str, object], int]:
    """Walk, be canceled at a point, walk again; return where it ends and how many points passed."""
    world, store, cancel = World(), MemoryStore(), CancelAt(at)

    async def run() -> None:
        awaited = AwaitedStore(store, cancel)
        settings = world.settings(cast("Store", store), Boundaries())
        settings["store"] = awaited
        engine = AsyncEngine(**settings, payments=AwaitedProvider(world.payments, cancel))

        async def walk() -> None:
            for step in steps(cast("Engine", engine)):
                await cast("Any", step())

        cancel.task = asyncio.create_task(walk())
        try:
            await cancel.task
        except asyncio.CancelledError:
            assert at is not None
        cancel.task = None
        assert not awaited.locked.locked()
        # Nobody here is at anything any more: whoever comes next may go on at once.
        assert not engine._loops.env.leases._under_way
        for _ in range(12):
            await engine.run_pending()
            world.clock.advance(seconds=LEASE_S + 30)
        await walk()

    asyncio.run(run())
    engine = world.engine(store)
    settle(world, engine)
    assert str(engine.verify()).endswith("balanced, no leaks")
    assert max(world.payments.actions.values()) == 1, at
    return arrival(world, engine), cancel.count


@pytest.mark.parametrize("stride", [23, pytest.param(1, marks=pytest.mark.slow)])
def test_a_task_canceled_at_any_await_leaves_what_a_crash_would_leave(
    stride: int, capsys: pytest.CaptureFixture[str]
) -> None:
    expected, points = _canceled_whole_way(None)
    assert points > 120

    survived = range(1, points + 1, stride)
    for at in survived:
        assert _canceled_whole_way(at)[0] == expected, at
    with capsys.disabled():
        print(f" {len(survived)} of {points} awaits", end="")  # noqa: T201 - the drill reports


class AlwaysLate:
    """A store at which a rival of the order is always faster, until it is held."""

    def __init__(self, store: Store, at_each: Callable[[str], None]) -> None:
        self._store = store
        self._held = False
        self._at_each = at_each

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> object:
            self._at_each(name)
            return found(*args, **kwargs)

        return call if callable(found) else found

    def commit(self, commit: Commit) -> Receipt:
        self._at_each("commit")
        if isinstance(commit.receipt.command, PlaceOrder) and not self._held:
            raise Conflict("order/O-1", expected=0, actual=1)
        return self._store.commit(commit)

    @contextmanager
    def hold(self, tenant: TenantId) -> Iterator[None]:
        self._at_each("hold")
        with self._store.hold(tenant):
            self._held = True
            try:
                yield
            finally:
                self._at_each("end of hold")
                self._held = False


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_hold_is_given_back_wherever_its_task_is_canceled(kind: str, tmp_path: Path) -> None:
    async def once(at: int | None, store: Store) -> tuple[int, list[str]]:
        loop, passed = asyncio.get_running_loop(), list[str]()
        tasks: list[asyncio.Task[object]] = []

        def at_each(name: str) -> None:
            if tasks:
                passed.append(name)
                if len(passed) == at:
                    loop.call_soon_threadsafe(tasks[0].cancel)

        shop = await Shop(AlwaysLate(store, at_each)).stocked(1)
        tasks.append(asyncio.create_task(shop.engine.submit(order(), key="k")))
        try:
            await tasks[0]
        except asyncio.CancelledError:
            assert at is not None
        tasks.clear()
        # Another thread gets the hold and writes; then the same wish comes to the same end.
        await asyncio.wait_for(asyncio.to_thread(lambda: _enter_and_leave(store)), timeout=5)
        await shop.engine.submit(order(), key="k")
        shop.clock.advance(hours=1)
        await shop.engine.run_pending()
        assert (await shop.engine.order("O-1")).status == "released"
        assert max(shop.world.payments.actions.values()) == 1
        return len(passed), passed

    def fresh(name: str) -> Store:
        return MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / name)

    store = fresh("whole.db")
    points, passed = asyncio.run(once(None, store))
    store.close()
    assert "hold" in passed
    for at in range(1, points + 1):
        store = fresh(f"{at}.db")
        asyncio.run(once(at, store))
        store.close()


def _enter_and_leave(store: Store) -> None:
    with store.hold(TenantId("main")):
        pass


def test_a_canceled_task_ends_when_the_thread_that_works_for_it_is_done() -> None:
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async def run() -> tuple[bool, dict[str, int]]:
        world = World()
        authorize = world.payments.authorize

        def slow(ask: AskAuthorization) -> Outcome:
            begun.set()
            go_on.wait(5)
            outcome = authorize(ask)
            ended.set()
            return outcome

        world.payments.authorize = slow  # type: ignore[method-assign]
        shop = await Shop(payments=world.payments, clock=world.clock).stocked(1)
        task = asyncio.create_task(shop.engine.submit(order(), key="k"))
        await asyncio.to_thread(begun.wait, 5)
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        assert not task.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        was_done = ended.is_set()
        await shop.engine.submit(order(), key="k")
        assert (await shop.engine.order("O-1")).status == "released"
        return was_done, dict(world.payments.actions)

    was_done, actions = asyncio.run(run())
    assert was_done
    assert list(actions.values()) == [1]
