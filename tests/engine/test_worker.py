"""
A worker: what runs by itself, in time, whoever fails; and how it comes to rest.
"""

import logging
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
    Engine,
    InvalidDefinition,
    MemoryStore,
    Place,
    PortUnavailable,
    Product,
    Rules,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
    Trouble,
    Worker,
)
from ordercore.engine import Kinds
from ordercore.fulfillment import ShippingRate
from ordercore.ids import StreamId, TenantId, order_stream
from ordercore.instants import Instant
from ordercore.inventory import STOCK
from ordercore.orders import CARTS, ORDERS, Order
from ordercore.ports import ActingCapabilities, PaymentGateway, Store
from ordercore.testing import FakeCarrier, Fault
from tests.cli.command import SOURCE
from tests.engine.test_promises import Shop, order
from tests.engine.whole_way import Boundaries, Crash

MAIN = TenantId("main")


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kept: Store = (
        MemoryStore()
        if request.param == "memory"
        else SQLiteStore(tmp_path / "shop.db", durability="normal")
    )
    yield kept
    kept.close()


class Waits:
    """Waits by moving the shop's clock; tells how long each wait was."""

    def __init__(self, shop: Shop, *, stop_after: int = 1_000) -> None:
        self.shop = shop
        self.seconds: list[float] = []
        self.stop_after = stop_after
        self.worker: Worker | None = None

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.shop.clock.set(self.shop.clock() + timedelta(seconds=seconds))
        if len(self.seconds) >= self.stop_after and self.worker is not None:
            self.worker.stop()


def owing(shop: Shop, *order_ids: str) -> None:
    """Place orders whose authorizations nobody has asked for yet."""
    for order_id in order_ids:
        shop.engine.submit(order(order_id), perform=False)


def authorized(shop: Shop) -> list[str]:
    """Name the orders whose authorization the provider made, as it made them."""
    return [key.partition("/")[0] for key in shop.payments.actions]


# --- what it does ----------------------------------------------------------------------------


def test_what_is_due_is_performed_once_and_nothing_stays_claimed(store: Store) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "O-1", "O-2", "O-3")
    worker = Worker(shop.engine, batch=2)

    assert worker.run_once() == 3
    assert worker.run_once() == 0

    assert authorized(shop) == ["O-1", "O-2", "O-3"]
    assert store.claim_due(MAIN, shop.clock(), 9, holder="x", until=shop.clock()) in ([], ())
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_no_more_is_looked_at_than_was_asked(store: Store) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "O-1", "O-2", "O-3")

    assert Worker(shop.engine).run_once(limit=2) == 2
    assert authorized(shop) == ["O-1", "O-2"]


def test_run_pending_leaves_alone_what_a_worker_has_claimed(store: Store) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "O-1")
    later = shop.clock() + timedelta(seconds=30)
    store.claim_due(MAIN, shop.clock(), 9, holder="somebody", until=later)

    assert shop.engine.run_pending() == 0
    shop.clock.advance(seconds=30)
    assert shop.engine.run_pending() == 1


class MortalStore:
    """A store in front of which, and behind which, a worker may die."""

    mortal = ("claim_due", "unclaim", "lease", "commit")

    def __init__(self, store: Store, boundaries: Boundaries) -> None:
        self._store = store
        self._boundaries = boundaries

    def __getattr__(self, name: str) -> Any:
        call: Callable[..., object] = getattr(self._store, name)
        if name not in self.mortal:
            return call

        def mortal(*args: object, **rest: object) -> object:
            with self._boundaries.around(name):
                return call(*args, **rest)

        return mortal


def test_wherever_a_worker_dies_the_next_one_ends_its_work_once_the_claims_have_ended(
    store: Store,
) -> None:
    shop = Shop(store).stocked(MUG=99)

    def work(name: str, boundaries: Boundaries) -> None:
        owing(shop, f"{name}-1", f"{name}-2")
        Worker(shop.another_engine(cast("Store", MortalStore(store, boundaries)))).run_once()

    undisturbed = Boundaries()
    work("O", undisturbed)
    assert {name.partition(" ")[2] for name in undisturbed.passed} == {*MortalStore.mortal}

    for die_at, name in enumerate(undisturbed.passed, start=1):
        with pytest.raises(Crash):
            work(f"O{die_at}", Boundaries(die_at))
        shop.clock.advance(seconds=120)
        survivor = Worker(shop.engine)
        survivor.run_once()
        shop.clock.advance(seconds=120)
        survivor.run_once()

        assert shop.payments.actions[f"O{die_at}-1/payment-1"] == 1, name
        assert shop.payments.actions[f"O{die_at}-2/payment-1"] == 1, name
        assert not list(store.due(MAIN, shop.clock(), 9)), name

    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_what_a_dead_worker_has_claimed_is_nobodys_before_its_claim_ends(store: Store) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "O-1", "O-2")
    with pytest.raises(Crash):
        Worker(shop.another_engine(cast("Store", MortalStore(store, Boundaries(2))))).run_once()
    survivor = Worker(shop.engine)

    assert survivor.run_once() == 0
    shop.clock.advance(seconds=60)
    assert survivor.run_once() == 2


# --- in time ---------------------------------------------------------------------------------


def test_an_idle_worker_asks_once_in_poll_s_and_no_more() -> None:
    shop = Shop()
    waits = Waits(shop)

    Worker(shop.engine, poll_s=5, wait=waits).run(until=shop.clock() + timedelta(seconds=60))

    assert waits.seconds == [5] * 12


def test_what_is_known_to_be_due_later_is_performed_right_then() -> None:
    shop = Shop(rules=Rules(retry_s=7)).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.UNAVAILABLE)
    owing(shop, "O-1")
    start, waits = shop.clock(), Waits(shop)

    Worker(shop.engine, poll_s=5, wait=waits).run(until=start + timedelta(seconds=10))

    assert waits.seconds == [5, 2, 3]
    paid = [r for r in shop.engine.history("O-1") if "Authorized" in type(r.event).__name__]
    assert [r.recorded_at for r in paid] == [start + timedelta(seconds=7)]


def test_what_another_process_makes_due_is_late_by_poll_s_at_most() -> None:
    shop = Shop().stocked(MUG=1)
    start = shop.clock()

    def wait(seconds: float) -> None:
        if shop.clock() == start:
            owing(shop, "O-1")  # right after the worker has looked
        shop.clock.advance(seconds=int(seconds))

    Worker(shop.engine, poll_s=5, wait=wait).run(until=start + timedelta(seconds=9))

    assert authorized(shop) == ["O-1"]
    assert shop.engine.history("O-1")[-1].recorded_at <= start + timedelta(seconds=5)


def test_an_effect_that_another_worker_is_at_is_not_asked_for_in_circles() -> None:
    shop = Shop().stocked(MUG=9)
    owing(shop, "O-1", "O-2")
    at = shop.clock()
    shop.store.lease(
        MAIN,
        order_stream("O-1"),
        "O-1/payment-1",
        holder="other",
        at=at,
        until=at + timedelta(seconds=30),
    )
    waits = Waits(shop)

    looked_at = Worker(shop.engine, batch=1, poll_s=5, wait=waits).run(
        until=at + timedelta(seconds=29)
    )

    assert authorized(shop) == ["O-2"]
    assert looked_at <= 2 + 6  # O-2 once; O-1 again after each rest of poll_s


# --- whoever fails ---------------------------------------------------------------------------


def failing_for(shop: Shop, *bad: str, error: Exception) -> Engine:
    """Return an engine whose orders of some ids can't be told what they owe."""

    def outstanding(state: Order) -> tuple[Any, ...]:
        if state.id in bad:
            raise error
        return ORDERS.outstanding(state)

    orders = attrs.evolve(ORDERS, outstanding=outstanding)
    return shop.another_engine(kinds=Kinds(orders, CARTS, STOCK))


def test_a_defect_in_some_streams_holds_up_nobody_else_and_ends_nothing(store: Store) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "B-1", "B-2", "B-3", "O-1", "O-2")
    told: list[Trouble] = []
    engine = failing_for(shop, "B-1", "B-2", "B-3", error=ZeroDivisionError("1/0"))

    worker = Worker(engine, batch=2, on_error=told.append)

    assert worker.run_once() == 5
    assert authorized(shop) == ["O-1", "O-2"]
    assert [(t.tenant, t.stream, t.failures) for t in told] == [
        ("main", f"order/B-{n}", 1) for n in (1, 2, 3)
    ]
    assert {type(t.error) for t in told} == {ZeroDivisionError}
    assert worker.run_once() == 0  # they rest


def test_what_fails_again_rests_twice_as_long_each_time_up_to_ten_minutes() -> None:
    shop = Shop().stocked(MUG=1)
    owing(shop, "B-1")
    rests: list[Instant] = []
    engine = failing_for(shop, "B-1", error=PortUnavailable("store", "hiccup"))
    waits = Waits(shop)
    start = shop.clock()

    Worker(
        engine,
        retry_s=10,
        poll_s=600,
        wait=waits,
        on_error=lambda trouble: rests.append(trouble.again_at),
    ).run(until=start + timedelta(seconds=2_500))

    lasted = [b - a for a, b in zip([start, *rests], rests, strict=False)]
    assert [rest.seconds for rest in lasted] == [10, 20, 40, 80, 160, 320, 600, 600, 600, 600]
    assert len(waits.seconds) == 10  # and it was not asked about in between


def test_success_ends_the_count_of_failures() -> None:
    shop = Shop().stocked(MUG=1)
    owing(shop, "B-1")
    broken = {"B-1"}
    told: list[int] = []

    class Moody:
        def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Any:
            if broken and stream == "order/B-1":
                raise PortUnavailable("store", "hiccup")
            return shop.store.load(tenant, stream, after)

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    worker = Worker(
        shop.another_engine(cast("Store", Moody())),
        on_error=lambda trouble: told.append(trouble.failures),
    )
    worker.run_once()
    shop.clock.advance(seconds=10)
    worker.run_once()
    shop.clock.advance(seconds=20)
    broken.clear()
    worker.run_once()

    assert told == [1, 2]
    assert authorized(shop) == ["B-1"]


def test_a_shop_whose_store_is_gone_does_not_hold_up_the_others() -> None:
    good, bad = Shop().stocked(MUG=1), Shop()
    owing(good, "O-1")
    told: list[Trouble] = []

    class Gone:
        def __getattr__(self, name: str) -> Any:
            def gone(*_: object, **__: object) -> None:
                raise PortUnavailable("store", "gone")

            return gone

    worker = Worker(
        bad.another_engine(cast("Store", Gone())), good.engine, on_error=told.append, retry_s=30
    )

    assert worker.run_once() == 1
    assert worker.run_once() == 0
    assert authorized(good) == ["O-1"]
    assert [(t.stream, t.failures) for t in told] == [(None, 1)]


def test_a_listener_that_fails_stops_nothing_and_its_words_are_kept_out_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    shop = Shop().stocked(MUG=9)
    owing(shop, "B-1", "O-1")

    def listen(trouble: Trouble) -> None:
        raise LookupError("listener: anna@example.org")

    engine = failing_for(shop, "B-1", error=ValueError("anna@example.org"))
    with caplog.at_level(logging.ERROR, logger="ordercore.worker"):
        Worker(engine, on_error=listen).run_once()

    assert authorized(shop) == ["O-1"]
    assert "order/B-1 failed with ValueError, 1 in a row" in caplog.text
    assert "on_error failed with LookupError" in caplog.text
    assert "example.org" not in caplog.text


def test_run_pending_comes_to_the_others_after_one_has_failed() -> None:
    shop = Shop().stocked(MUG=9)
    owing(shop, "B-1", "O-1")
    engine = failing_for(shop, "B-1", error=ZeroDivisionError("1/0"))

    with pytest.raises(ZeroDivisionError):
        engine.run_pending()

    assert engine.run_pending() == 1
    assert authorized(shop) == ["O-1"]


# --- several shops ---------------------------------------------------------------------------


def test_shops_take_turns_however_much_one_of_them_has_due(store: Store) -> None:
    shop = Shop(store).stocked(MUG=30)
    busy, quiet = shop.engine, another_shop(shop, "quiet")
    owing(shop, *(f"B-{n:02}" for n in range(10)))
    shop.engine = quiet
    shop.stocked(MUG=30)
    owing(shop, "Q-1", "Q-2")

    Worker(busy, quiet, batch=2).run_once(limit=6)

    assert authorized(shop) == ["B-00", "B-01", "Q-1", "Q-2", "B-02", "B-03"]


def test_who_came_last_in_one_round_comes_first_in_the_next() -> None:
    store = MemoryStore()
    shop = Shop(store)
    engines = [another_shop(shop, name) for name in ("a", "b", "c")]
    for engine in engines:
        shop.engine = engine
        shop.stocked(MUG=9)
        owing(shop, *(f"{engine.tenant}-{n}" for n in range(3)))
    worker = Worker(*engines, batch=1)

    for _ in range(3):
        worker.run_once(limit=1)

    assert authorized(shop) == ["a-0", "b-0", "c-0"]


def another_shop(shop: Shop, tenant: str = "main", payments: object = None) -> Engine:
    """Return an engine like the shop's, for another tenant or with another provider."""
    return Engine(
        store=shop.store,
        catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
        places=StaticPlaces([Place(id="berlin", name="Berlin")]),
        payments=cast("PaymentGateway", payments or shop.payments),
        tax=shop.tax,
        carrier=FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
        tenant=tenant,
        clock=shop.clock,
    )


# --- stopping --------------------------------------------------------------------------------


class StopsWorker:
    """A provider during whose first answer somebody stops the worker."""

    capabilities = ActingCapabilities(lookup=True)

    def __init__(self, shop: Shop, made: list[Worker]) -> None:
        self._payments = shop.payments
        self._made = made

    def authorize(self, ask: Any) -> Any:
        self._made[0].stop()
        self._made[0].stop()
        return self._payments.authorize(ask)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._payments, name)


def test_a_stopped_worker_finishes_what_is_under_way_gives_back_the_rest_and_begins_nothing(
    store: Store,
) -> None:
    shop = Shop(store).stocked(MUG=9)
    owing(shop, "O-1", "O-2", "O-3")
    made: list[Worker] = []
    stopping = StopsWorker(shop, made)
    engine = another_shop(shop, payments=stopping)
    made.append(Worker(engine))

    assert made[0].run() == 1

    assert authorized(shop) == ["O-1"]
    assert not list(store.leases(MAIN, "", 9))
    free = store.claim_due(MAIN, shop.clock(), 9, holder="x", until=shop.clock())
    assert list(free) == ["order/O-2", "order/O-3"]
    assert made[0].run() == 0
    assert made[0].stopping


def test_nothing_more_is_begun_for_an_order_once_told_to_stop() -> None:
    shop = Shop().stocked(MUG=2)
    cards = (
        Tender(method="card", token_ref="vault:1", amount_minor=1000),
        Tender(method="card", token_ref="vault:2"),
    )
    shop.engine.submit(attrs.evolve(order(quantity=2), tenders=cards), perform=False)
    asked: list[str] = []

    def go_on() -> bool:
        asked.append("may another be begun?")
        return not shop.payments.calls

    shop.engine.perform(order_stream("O-1"), go_on=go_on)
    begun = list(shop.payments.actions)
    shop.engine.perform(order_stream("O-1"))

    assert begun == ["O-1/payment-1"]
    assert len(asked) >= 2
    assert list(shop.payments.actions) == ["O-1/payment-1", "O-1/payment-2"]


def test_an_idle_worker_stops_at_once_when_another_thread_says_so() -> None:
    worker = Worker(Shop().engine, poll_s=3_600)
    thread = Thread(target=worker.run)
    thread.start()

    worker.stop()
    worker.stop()
    thread.join(timeout=10)

    assert not thread.is_alive()


def test_an_idle_worker_is_woken_to_what_was_just_made_due() -> None:
    shop = Shop().stocked(MUG=1)
    made: list[Worker] = []
    stopping = StopsWorker(shop, made)
    engine = another_shop(shop, payments=stopping)
    made.append(Worker(engine, poll_s=3_600))
    thread = Thread(target=made[0].run)
    thread.start()

    owing(shop, "O-1")
    made[0].wake()
    thread.join(timeout=10)

    assert not thread.is_alive()
    assert authorized(shop) == ["O-1"]


PROCESS = """
import signal, sys
from ordercore import Engine, SQLiteStore, StaticCatalog, StaticPlaces, Worker
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax, VirtualClock
from datetime import UTC, datetime

store = SQLiteStore(sys.argv[1])
clock = lambda: datetime.now(UTC)
shop = Engine(store=store, catalog=StaticCatalog([]), places=StaticPlaces([]),
              payments=FakePaymentGateway(VirtualClock(clock())), tax=NoTax(),
              carrier=FakeCarrier({}))
worker = Worker(shop, poll_s=3600)
signal.signal(signal.SIGTERM, lambda *_: worker.stop())
print("ready", flush=True)
print("looked at", worker.run(), flush=True)
store.close()
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


@pytest.mark.parametrize("wrong", ["batch", "poll_s", "claim_s", "retry_s"])
def test_a_worker_that_could_do_nothing_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidDefinition, match=f"{wrong} is 0, least is 1"):
        Worker(Shop().engine, **{wrong: 0})  # type: ignore[arg-type]
    with pytest.raises(InvalidDefinition, match="engines is 0"):
        Worker()
