"""
A second kind of stream goes the whole way that orders go, by being registered and nothing else.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    Conflict,
    Destination,
    Engine,
    InvalidDefinition,
    InvariantViolated,
    LineRequest,
    MemoryStore,
    Place,
    PlaceOrder,
    Product,
    ReceiveStock,
    Rejected,
    Rules,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.engine import Kinds, verify
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Aggregate, Command, Decision, Effect
from ordercore.ids import StreamId
from ordercore.inventory import STOCK
from ordercore.orders import CARTS, ORDERS, OrderEnded
from ordercore.ports import Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax, VirtualClock
from tests.engine.lockers import (
    KINDS,
    LOCKERS,
    CloseLocker,
    Locker,
    LockerClosed,
    LockerCodec,
    LockerOpened,
    OpenLocker,
    OrderTold,
    RetryLocker,
    decide,
)
from tests.engine.test_promises import RivalFirst
from tests.engine.whole_way import Boundaries, Crash, MortalStore

Reopen = Callable[[], Store]

HOME = Destination(country="DE")
OPEN = OpenLocker(locker_id="L-1", sku="MUG", place="berlin")
CLOSE = CloseLocker(locker_id="L-1", cancels="O-1")
KEY = "locker/L-1/cancel-order"


class Shop:
    """What outlives a process: the clock and the provider. Three mugs lie in berlin."""

    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.payments = FakePaymentGateway(self.clock)

    def engine(self, store: Store, kinds: Kinds = KINDS) -> Engine:
        return Engine(
            store=store,
            catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
            places=StaticPlaces([Place(id="berlin", name="Berlin")]),
            payments=self.payments,
            tax=NoTax(),
            carrier=FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
            rules=Rules(retry_s=10),
            clock=self.clock,
            kinds=kinds,
        )


def stocked(mugs: int = 3, kinds: Kinds = KINDS) -> tuple[Shop, Engine]:
    shop = Shop()
    engine = shop.engine(MemoryStore(), kinds)
    engine.submit(ReceiveStock(place="berlin", lines={"MUG": mugs}))
    return shop, engine


def order(order_id: str = "O-1") -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        currency="EUR",
        destination=HOME,
        lines=(LineRequest(sku="MUG", quantity=1, unit_price=UnitPrice(1000)),),
        tenders=(Tender(method="card", token_ref="vault:1"),),
    )


def available(engine: Engine) -> int:
    return engine.availability("MUG", places=("berlin",))[0].available


# --- the whole way ---------------------------------------------------------------------------


def test_another_kind_of_stream_promises_refuses_and_comes_to_rest() -> None:
    _, engine = stocked()

    opened = engine.submit(OPEN, key="k-1")

    assert opened.stream == "locker/L-1"
    assert available(engine) == 2
    assert engine.state("L-1", of=LOCKERS).open
    assert str(engine.verify()).startswith("0 orders, 1 other streams, ")
    assert str(engine.verify()).endswith("balanced, no leaks")

    engine.submit(CloseLocker(locker_id="L-1"))
    assert available(engine) == 3
    assert engine.version("L-1", of=LOCKERS) == 2
    assert [type(r.event) for r in engine.history("L-1", of=LOCKERS)] == [
        LockerOpened,
        LockerClosed,
    ]
    assert str(engine.verify()).endswith("balanced, no leaks")


def test_its_keys_answer_for_ever_and_its_refusals_too() -> None:
    _, engine = stocked()
    first = engine.submit(OPEN, key="k-1")
    engine.submit(CloseLocker(locker_id="L-1"))
    with pytest.raises(Rejected, match="locker_closed"):
        engine.submit(CloseLocker(locker_id="L-1"), key="k-2")

    again = engine.submit(OPEN, key="k-1")

    assert (again.repeated, again.events) == (True, first.events)
    with pytest.raises(Rejected, match="locker_closed"):
        engine.submit(CloseLocker(locker_id="L-1"), key="k-2")
    with pytest.raises(Rejected, match="sku differs"):
        engine.submit(attrs.evolve(OPEN, sku="TEA"), key="k-1")


def test_a_person_who_saw_an_older_version_of_it_is_told() -> None:
    _, engine = stocked()
    engine.submit(OPEN)
    engine.submit(CloseLocker(locker_id="L-1"))

    with pytest.raises(Conflict) as caught:
        engine.submit(CLOSE, expected_version=1)

    assert (caught.value.expected, caught.value.actual) == (1, 2)


def test_a_stream_that_never_began_is_unknown_by_the_name_of_its_kind() -> None:
    _, engine = stocked()

    with pytest.raises(Rejected) as caught:
        engine.state("L-9", of=LOCKERS)

    assert (caught.value.code, caught.value.legal) == ("unknown_locker", ("OpenLocker",))


def test_streams_of_two_kinds_share_an_id_and_nothing_else() -> None:
    _, engine = stocked()
    engine.submit(order("X-1"))
    engine.submit(attrs.evolve(OPEN, locker_id="X-1"))

    engine.submit(CloseLocker(locker_id="X-1"))

    assert engine.order("X-1").status == "released"
    assert list(engine.order_ids()) == ["X-1"]
    assert available(engine) == 2


def test_who_loses_the_stock_to_a_rival_is_told_the_true_numbers() -> None:
    shop, engine = stocked(mugs=1)
    rival = cast("Store", RivalFirst(engine._store, [lambda: engine.submit(order())]))

    with pytest.raises(Rejected) as caught:
        shop.engine(rival).submit(OPEN)

    assert (caught.value.code, caught.value.data["missing"]) == ("shortage", 1)


def test_a_kept_state_is_brought_up_to_date_and_not_folded_again() -> None:
    shop, engine = stocked()
    engine.submit(OPEN)
    folded: list[str] = []

    def counting(state: Locker | None, event: Any) -> Locker:
        folded.append(type(event).__name__)
        return LOCKERS.evolve(state, event)

    counted = Kinds(ORDERS, CARTS, STOCK, attrs.evolve(LOCKERS, evolve=counting))
    reader = shop.engine(engine._store, counted)
    assert reader.state("L-1", of=LOCKERS).open
    engine.submit(CloseLocker(locker_id="L-1"))

    assert not reader.state("L-1", of=LOCKERS).open
    assert not reader.state("L-1", of=LOCKERS).open
    assert folded == ["LockerOpened", "LockerClosed"]


# --- a command owed to another stream --------------------------------------------------------


def test_what_one_stream_owes_to_another_reaches_it_once() -> None:
    _, engine = stocked()
    engine.submit(OPEN)
    engine.submit(order())

    engine.submit(CLOSE)

    assert engine.order("O-1").status == "canceled"
    assert [type(r.event) for r in engine.history("L-1", of=LOCKERS)][2:] == [OrderTold]
    ended = [r for r in engine.history("O-1") if isinstance(r.event, OrderEnded)]
    assert len(ended) == 1
    assert engine.resume("L-1", of=LOCKERS) == 0
    engine.run_pending()
    assert engine.run_pending() == 0
    assert str(engine.verify()).endswith("balanced, no leaks")


def test_what_the_other_stream_refuses_waits_for_a_person() -> None:
    _, engine = stocked()
    engine.submit(OPEN)

    engine.submit(CLOSE)  # of an order that is not there yet

    assert engine.verify().waiting == (f"locker/L-1: {KEY} waits for a person",)
    assert engine.run_pending() == 0
    engine.submit(order())
    engine.submit(RetryLocker(locker_id="L-1", effect_key=KEY))
    assert engine.order("O-1").status == "canceled"
    assert engine.verify().waiting == ()


def test_what_reached_the_other_stream_before_a_crash_is_not_said_again() -> None:
    shop, engine = stocked()
    engine.submit(OPEN)
    engine.submit(order())
    boundaries = Boundaries()
    dying = shop.engine(cast("Store", MortalStore(engine._store, boundaries)))
    boundaries.die_at = 4  # after CloseLocker and CancelUnits, each with a before and an after
    with pytest.raises(Crash, match="after append of CancelUnits"):
        dying.submit(CLOSE)

    # The locker moves on before anybody resumes: a second cancellation would be refused.
    engine.submit(RetryLocker(locker_id="L-1", effect_key=KEY))

    assert engine.state("L-1", of=LOCKERS).cancels == ""
    assert engine.verify().waiting == ()


@pytest.fixture(params=["memory", "sqlite"])
def new_stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Reopen]]:
    """Make stores that a dead process leaves behind; opening one again is a new process."""
    files = iter(tmp_path / f"{n}.db" for n in range(10_000))
    opened: list[Store] = []

    def fresh() -> Reopen:
        if request.param == "memory":
            store = MemoryStore()
            return lambda: store
        path = next(files)

        def reopen() -> Store:
            opened.append(SQLiteStore(path, durability="normal", codec=LockerCodec()))
            return opened[-1]

        return reopen

    yield fresh
    for store in opened:
        store.close()


def walk(engine: Engine) -> None:
    script: tuple[Command, ...] = (
        ReceiveStock(place="berlin", lines={"MUG": 3}),
        OPEN,
        order(),
        attrs.evolve(OPEN, locker_id="L-2"),
        CLOSE,
        CloseLocker(locker_id="L-2", cancels="O-1"),  # which has been canceled by then
    )
    for n, command in enumerate(script):
        engine.submit(command, key=f"s{n}")


def settle(shop: Shop, engine: Engine) -> None:
    for _ in range(4):
        engine.run_pending()
        shop.clock.advance(seconds=90)
    assert engine.run_pending() == 0


def arrival(shop: Shop, engine: Engine) -> dict[str, object]:
    lockers = [engine.state(i, of=LOCKERS) for i in ("L-1", "L-2")]
    return {
        "lockers": [(state.open, state.cancels, len(state.attempts)) for state in lockers],
        "order": engine.order("O-1").status,
        "available": available(engine),
        "verified": str(engine.verify()).partition(": ")[2],
        "actions": dict(shop.payments.actions),
    }


def test_a_crash_at_any_append_ends_where_no_crash_does(
    new_stores: Callable[[], Reopen],
) -> None:
    shop, boundaries = Shop(), Boundaries()
    engine = shop.engine(cast("Store", MortalStore(new_stores()(), boundaries)))
    walk(engine)
    names = list(boundaries.passed)
    settle(shop, engine)
    expected = arrival(shop, engine)
    assert expected["order"] == "canceled"
    for act in ("OpenLocker", "CloseLocker", "CancelUnits", "RecordLockerOutcome"):
        assert f"before append of {act}" in names
        assert f"after append of {act}" in names

    for die_at, name in enumerate(names, start=1):
        reopen, again = new_stores(), Shop()
        with pytest.raises(Crash):
            walk(again.engine(cast("Store", MortalStore(reopen(), Boundaries(die_at)))))
        survivor = again.engine(reopen())
        settle(again, survivor)
        walk(survivor)
        settle(again, survivor)

        assert arrival(again, survivor) == expected, name


# --- the audit, and what is refused when kinds are put together ------------------------------


def test_stock_that_an_ended_stream_holds_is_a_leak() -> None:
    shop, engine = stocked()
    engine.submit(OPEN)
    over: Aggregate[Locker] = attrs.evolve(LOCKERS, has_ended=lambda _: True)

    leaks = shop.engine(engine._store, Kinds(ORDERS, CARTS, STOCK, over)).verify().leaks

    assert [leak.partition(": ")[2] for leak in leaks] == [
        "1 promised to locker/L-1, which has ended or is unknown"
    ]


def test_a_stream_of_a_kind_that_nobody_knows_is_named_with_what_it_holds() -> None:
    _, engine = stocked()
    engine.submit(OPEN)

    found = verify(engine._store, engine.tenant)

    assert found.differences == ("locker/L-1: nobody knows this kind of stream",)
    assert len(found.leaks) == 1
    assert not found.balanced


def test_an_event_of_another_kind_is_never_written() -> None:
    def foreign(*args: Any) -> Decision[Any, Any]:
        return Decision((*decide(*args).events, OrderEnded(status="completed")))

    wrong: Aggregate[Locker] = attrs.evolve(LOCKERS, decide=foreign)
    _, engine = stocked(kinds=Kinds(ORDERS, CARTS, STOCK, wrong))

    with pytest.raises(InvariantViolated, match="OrderEnded can't stand in a locker"):
        engine.submit(OPEN)

    assert list(engine._store.streams(engine.tenant)) == []


def test_a_command_or_a_stream_that_nobody_drives_is_named() -> None:
    _, engine = stocked(kinds=Kinds(ORDERS, CARTS, STOCK))

    with pytest.raises(InvalidDefinition, match="OpenLocker is no command of ordercore"):
        engine.submit(OPEN)
    with pytest.raises(InvalidDefinition, match="locker/L-1 is of no kind"):
        KINDS_WITHOUT.of_stream(StreamId("locker/L-1"))


KINDS_WITHOUT = Kinds(ORDERS, CARTS, STOCK)


def test_two_owners_of_one_command_kind_or_holder_are_refused() -> None:
    with pytest.raises(InvalidDefinition, match="twice as command: CloseLocker, OpenLocker"):
        Kinds(LOCKERS, attrs.evolve(LOCKERS, kind="box", commands=(OpenLocker, CloseLocker)))
    with pytest.raises(InvalidDefinition, match="twice as kind of stream: locker"):
        Kinds(LOCKERS, attrs.evolve(LOCKERS, commands=()))
    with pytest.raises(InvalidDefinition, match="twice as kind of holder: cart"):
        Kinds(CARTS, attrs.evolve(LOCKERS, kind="cart"))


def test_a_kind_that_may_owe_and_can_not_be_told_is_refused() -> None:
    def owes(state: Locker) -> tuple[Effect, ...]:
        return (Effect(key=state.id),)

    with pytest.raises(InvalidDefinition, match="no answers"):
        attrs.evolve(LOCKERS, answers=None, outstanding=owes)
    with pytest.raises(InvalidDefinition, match="no kind of stream"):
        attrs.evolve(LOCKERS, kind="pick/up")


def test_an_effect_that_no_port_performs_is_a_mistake_of_whoever_defined_it() -> None:
    def owes(state: Locker) -> tuple[Effect, ...]:
        return (Effect(key=f"locker/{state.id}/wave"),)

    waving: Aggregate[Locker] = attrs.evolve(LOCKERS, outstanding=owes)
    _, engine = stocked(kinds=Kinds(ORDERS, CARTS, STOCK, waving))

    with pytest.raises(InvalidDefinition, match="no port performs Effect"):
        engine.submit(OPEN)
