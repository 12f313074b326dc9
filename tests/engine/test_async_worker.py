"""
The worker that is awaited: the steps of the other one, several streams at a time, and canceled.
"""

import asyncio
import inspect
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    AsyncWorker,
    InvalidDefinition,
    MemoryStore,
    Rejected,
    Rules,
    SQLiteStore,
    Trouble,
    Worker,
)
from ordercore.engine import Kinds
from ordercore.ids import TenantId
from ordercore.inventory import STOCK
from ordercore.orders import CARTS, ORDERS, Order
from ordercore.ports import Store
from ordercore.testing import Fault
from tests.cli.command import SOURCE
from tests.engine.test_async import AwaitedStore, CancelAt, Shop
from tests.engine.test_dead_letters import ANNA
from tests.engine.test_promises import order

MAIN = TenantId("main")


@pytest.fixture(params=["memory", "sqlite", "awaited"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    memory = MemoryStore()
    disk = SQLiteStore(tmp_path / "shop.db", durability="normal")
    yield {"memory": memory, "sqlite": disk, "awaited": AwaitedStore(memory)}[request.param]
    disk.close()


def plain(store: Any) -> Store:
    """Return the store without awaiting, to look into."""
    return cast("Store", store.store if isinstance(store, AwaitedStore) else store)


async def owing(shop: Shop, *order_ids: str) -> Shop:
    """Place orders whose authorizations nobody has asked for yet."""
    await shop.stocked(9)
    for order_id in order_ids:
        await shop.engine.submit(order(order_id), perform=False)
    return shop


def authorized(shop: Shop) -> list[str]:
    """Name the orders whose authorization the provider made."""
    return sorted(key.partition("/")[0] for key in shop.world.payments.actions)


def free(shop: Shop) -> list[str]:
    """Claim whatever is due and nobody's."""
    at = shop.clock()
    return list(plain(shop.store).claim_due(MAIN, at, 9, holder="another", until=at))


# --- twins -----------------------------------------------------------------------------------


def test_both_workers_offer_the_same_in_the_same_words() -> None:
    names = [name for name in dir(Worker) if not name.startswith("_")]

    assert names == [name for name in dir(AsyncWorker) if not name.startswith("_")]
    for name in names:
        ours, theirs = getattr(Worker, name), getattr(AsyncWorker, name)
        assert inspect.getdoc(ours) == inspect.getdoc(theirs), name
        if callable(ours):
            assert inspect.signature(ours) == inspect.signature(theirs), name


def test_both_workers_are_defined_alike() -> None:
    blocking = inspect.signature(Worker).parameters
    awaited = inspect.signature(AsyncWorker).parameters

    assert set(awaited) - set(blocking) == {"together"}
    assert all(awaited[name].default == blocking[name].default for name in blocking)


@pytest.mark.parametrize("wrong", ["batch", "poll_s", "claim_s", "retry_s", "together"])
def test_a_worker_that_could_do_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidDefinition, match=f"{wrong} is 0, least is 1"):
        AsyncWorker(Shop().engine, **{wrong: 0})  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match="engines is 0"):
        AsyncWorker()


# --- what it does ----------------------------------------------------------------------------


def test_what_is_due_is_performed_once_and_nothing_stays_claimed(store: Any) -> None:
    async def run() -> None:
        shop = await owing(Shop(store), "O-1", "O-2", "O-3")
        worker = AsyncWorker(shop.engine, batch=2)

        assert await worker.run_once() == 3
        assert await worker.run_once() == 0

        assert authorized(shop) == ["O-1", "O-2", "O-3"]
        assert free(shop) == []
        assert str(await shop.engine.verify()).endswith("balanced, no leaks")

    asyncio.run(run())


@pytest.mark.parametrize(("together", "most"), [(8, 3), (2, 2), (1, 1)])
def test_orders_are_performed_at_the_same_time_as_far_as_wanted(together: int, most: int) -> None:
    async def run() -> None:
        shop = await owing(Shop(), "O-1", "O-2", "O-3")
        shop.provider.meeting = most

        await AsyncWorker(shop.engine, together=together).run_once()

        assert shop.provider.most == most
        assert authorized(shop) == ["O-1", "O-2", "O-3"]

    asyncio.run(run())


def test_what_is_known_to_be_due_later_is_performed_right_then() -> None:
    async def run() -> None:
        shop = Shop(rules=Rules(retry_s=7))
        shop.world.payments.plan("authorize", Fault.UNAVAILABLE)
        await owing(shop, "O-1")
        start, waits = shop.clock(), list[float]()

        async def wait(seconds: float) -> None:
            waits.append(seconds)
            shop.clock.set(shop.clock() + timedelta(seconds=seconds))

        await AsyncWorker(shop.engine, poll_s=5, wait=wait).run(start + timedelta(seconds=10))

        assert waits == [5, 2, 3]
        paid = [
            r for r in await shop.engine.history("O-1") if "Authorized" in type(r.event).__name__
        ]
        assert [r.recorded_at for r in paid] == [start + timedelta(seconds=7)]

    asyncio.run(run())


# --- whoever fails ---------------------------------------------------------------------------


def outstanding(state: Order) -> tuple[Any, ...]:
    """Tell what an order owes, but for bad ones."""
    if state.id.startswith("B-"):
        raise ZeroDivisionError
    return ORDERS.outstanding(state)


BROKEN = Kinds(attrs.evolve(ORDERS, outstanding=outstanding), CARTS, STOCK)


@pytest.mark.parametrize("awaited", [False, True])
def test_a_defect_in_some_streams_holds_up_nobody_else_and_ends_nothing(
    store: Any, awaited: bool
) -> None:
    async def run() -> None:
        shop = await owing(Shop(store), "B-1", "B-2", "B-3", "O-1", "O-2")
        told: list[Trouble] = []

        async def listen(trouble: Trouble) -> None:
            await asyncio.sleep(0)
            told.append(trouble)

        worker = AsyncWorker(
            Shop(store, kinds=BROKEN, payments=shop.provider, clock=shop.clock).engine,
            batch=2,
            on_error=listen if awaited else told.append,
        )

        assert await worker.run_once() == 5
        assert authorized(shop) == ["O-1", "O-2"]
        assert [(t.stream, t.failures) for t in told] == [(f"order/B-{n}", 1) for n in (1, 2, 3)]
        assert {type(t.error) for t in told} == {ZeroDivisionError}
        assert await worker.run_once() == 0  # they rest

    asyncio.run(run())


def test_a_listener_that_fails_stops_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def listen(trouble: Trouble) -> None:
        raise LookupError("anna@example.org")

    async def run() -> None:
        shop = await owing(Shop(), "B-1", "O-1")
        broken = Shop(shop.store, kinds=BROKEN, payments=shop.provider, clock=shop.clock)

        await AsyncWorker(broken.engine, on_error=listen).run_once()

        assert authorized(shop) == ["O-1"]

    asyncio.run(run())
    assert "on_error failed with LookupError" in caplog.text
    assert "example.org" not in caplog.text


def test_run_pending_rests_what_failed_and_comes_to_the_others(store: Any) -> None:
    async def run() -> None:
        shop = await owing(Shop(store), "B-1", "O-1", "O-2")
        broken = Shop(store, kinds=BROKEN, payments=shop.provider, clock=shop.clock)

        with pytest.raises(ZeroDivisionError):
            await broken.engine.run_pending(limit=1)

        assert await broken.engine.run_pending() == 2
        assert authorized(shop) == ["O-1", "O-2"]
        assert free(shop) == []

    asyncio.run(run())


# --- dead letters ----------------------------------------------------------------------------


def test_dead_letters_are_seen_and_driven_on_once(store: Any) -> None:
    async def run() -> None:
        shop = Shop(store, rules=Rules(attempts_max=1))
        shop.world.payments.plan("authorize", Fault.UNAVAILABLE)
        await owing(shop, "O-1")
        await AsyncWorker(shop.engine).run_once()

        (letter,) = await shop.engine.dead_letters()
        done = await shop.engine.redrive(letter, actor=ANNA)
        again = await shop.engine.redrive(letter.effect_key, actor=ANNA)

        assert (done.repeated, again.repeated) == (False, True)
        assert await shop.engine.dead_letters() == ()
        assert (await shop.engine.order("O-1")).status == "released"
        with pytest.raises(Rejected, match="unknown_dead_letter"):
            await shop.engine.redrive("O-2/payment-1", actor=ANNA)

    asyncio.run(run())


# --- stopping --------------------------------------------------------------------------------


def stopping(shop: Shop, worker: Callable[[], AsyncWorker]) -> None:
    """Let the provider's answer be the moment at which somebody stops the worker."""
    honest = shop.provider.authorize

    async def authorize(ask: Any) -> Any:
        worker().stop()
        worker().stop()
        return await honest(ask)

    cast("Any", shop.provider).authorize = authorize


@pytest.mark.parametrize(("together", "begun"), [(1, ["O-1"]), (2, ["O-1", "O-2"])])
def test_a_stopped_worker_finishes_what_is_under_way_gives_back_the_rest_and_begins_nothing(
    store: Any, together: int, begun: list[str]
) -> None:
    async def run() -> None:
        shop = await owing(Shop(store), "O-1", "O-2", "O-3")
        made: list[AsyncWorker] = []
        shop.provider.meeting = together
        stopping(shop, lambda: made[0])
        made.append(AsyncWorker(shop.engine, together=together))

        assert await made[0].run() == len(begun)

        assert authorized(shop) == begun
        assert not list(plain(store).leases(MAIN, "", 9))
        assert free(shop) == [f"order/O-{n}" for n in range(len(begun) + 1, 4)]
        assert await made[0].run() == 0
        assert made[0].stopping

    asyncio.run(run())


def test_an_idle_worker_stops_at_once_when_another_thread_says_so() -> None:
    async def run() -> int:
        worker = AsyncWorker(Shop().engine, poll_s=3_600)
        task = asyncio.create_task(worker.run())
        await asyncio.sleep(0)
        thread = Thread(target=worker.stop)
        thread.start()
        async with asyncio.timeout(10):
            looked_at = await task
        thread.join()
        return looked_at

    assert asyncio.run(run()) == 0


def test_an_idle_worker_is_woken_to_what_was_just_made_due() -> None:
    async def run() -> None:
        shop = Shop()
        made: list[AsyncWorker] = []
        stopping(shop, lambda: made[0])
        made.append(AsyncWorker(shop.engine, poll_s=3_600))
        task = asyncio.create_task(made[0].run())
        await owing(shop, "O-1")

        made[0].wake()
        async with asyncio.timeout(10):
            await task

        assert authorized(shop) == ["O-1"]

    asyncio.run(run())


def test_a_worker_may_run_in_one_event_loop_after_the_other() -> None:
    shop = Shop()
    worker = AsyncWorker(shop.engine, poll_s=1)
    worker.wake()  # nobody waits yet
    until = shop.clock()

    async def wait_once() -> None:
        task = asyncio.create_task(worker.run(until + timedelta(hours=1)))
        await asyncio.sleep(0.01)
        shop.clock.advance(hours=1)
        worker.wake()
        async with asyncio.timeout(10):
            await task

    asyncio.run(wait_once())
    until = shop.clock()
    asyncio.run(wait_once())
    worker.wake()  # and nobody waits any more


PROCESS = """
import asyncio, signal, sys
from datetime import UTC, datetime
from ordercore import AsyncEngine, AsyncWorker, SQLiteStore, StaticCatalog, StaticPlaces
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax, VirtualClock

async def main():
    store = SQLiteStore(sys.argv[1])
    clock = lambda: datetime.now(UTC)
    shop = AsyncEngine(store=store, catalog=StaticCatalog([]), places=StaticPlaces([]),
                       payments=FakePaymentGateway(VirtualClock(clock())), tax=NoTax(),
                       carrier=FakeCarrier({}))
    worker = AsyncWorker(shop, poll_s=3600)
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    print("ready", flush=True)
    print("looked at", await worker.run(), flush=True)
    store.close()

asyncio.run(main())
"""


def test_a_process_that_is_told_to_terminate_ends_well(tmp_path: Path) -> None:
    path = tmp_path / "shop.db"
    SQLiteStore(path).close()
    process = subprocess.Popen(
        [sys.executable, "-c", PROCESS, str(path)],
        env={"PYTHONPATH": SOURCE},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "looked at 0\n")


# --- canceled --------------------------------------------------------------------------------


class CancelNamed(CancelAt):
    """Remembers where it canceled."""

    name = ""

    def __call__(self, name: str) -> None:
        super().__call__(name)
        if self.task is not None and self.count == self.at:
            self.name = name


def canceled(at: int | None) -> tuple[int, str]:
    """Cancel a worker where it waits, let another go on; tell the points passed, and which."""

    async def run() -> tuple[int, str]:
        cancel = CancelNamed(at)
        shop = await owing(Shop(AwaitedStore(MemoryStore(), cancel)), "O-1", "O-2", "O-3")
        shop.provider.at_each = cancel
        worker = AsyncWorker(shop.engine, batch=2, together=2)
        cancel.task = asyncio.create_task(worker.run_once())
        try:
            await cancel.task
        except asyncio.CancelledError:
            assert at is not None
        cancel.task = None
        assert not shop.engine._loops.env.leases._under_way
        if cancel.name != "after claim_due":  # then nobody knows what was claimed
            assert free(shop) == list(plain(shop.store).due(MAIN, shop.clock(), 9)), cancel.name
        for _ in range(3):
            shop.clock.advance(seconds=120)
            await AsyncWorker(shop.engine).run_once()

        assert authorized(shop) == ["O-1", "O-2", "O-3"], cancel.name
        assert set(shop.world.payments.actions.values()) == {1}, cancel.name
        assert str(await shop.engine.verify()).endswith("balanced, no leaks"), cancel.name
        return cancel.count, cancel.name

    return asyncio.run(run())


def test_a_worker_canceled_at_any_await_gives_its_claims_back_and_others_end_its_work() -> None:
    points, _ = canceled(None)
    assert points > 30

    names = {canceled(at)[1] for at in range(1, points + 1)}

    assert names >= {"before commit", "after lease", "after unclaim", "after the provider"}


def test_a_canceled_worker_whose_store_is_gone_ends_as_canceled() -> None:
    async def run() -> None:
        shop = await owing(Shop(), "O-1")
        begun = asyncio.Event()

        async def authorize(ask: Any) -> Any:
            begun.set()
            cast("Any", shop.store).unclaim = lambda *_, **__: 1 / 0
            await asyncio.sleep(3_600)

        cast("Any", shop.provider).authorize = authorize
        task = asyncio.create_task(AsyncWorker(shop.engine).run())
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(run())
