"""
An engine decides on what it has seen of a stream last. What comes of it is what would come of
reading first, whoever has written meanwhile.
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore import (
    Conflict,
    Engine,
    FulfillUnits,
    MemoryStore,
    PortUnavailable,
    RecordDelivery,
    Rejected,
    SQLiteStore,
)
from ordercore.grammar import Command
from ordercore.ids import CommandId
from ordercore.orders import CancelUnits, LineQuantity, PackUnits, PickUnits, ShipPackage
from ordercore.ports import Store
from ordercore.testing import Fault
from tests.engine.test_promises import Shop, order

WORK = "O-1/fo-1"
PACKAGE = "O-1/package-1"
BOTH = (LineQuantity("line-1", 2),)
ALL = FulfillUnits(order_id="O-1", fulfillment_order_id=WORK)


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    memory = request.param == "memory"
    store: Store = MemoryStore() if memory else SQLiteStore(tmp_path / "shop.db")
    yield Shop(store).stocked(MUG=5)
    store.close()


def placed_and_seen(shop: Shop, quantity: int = 2, *, perform: bool = True) -> Engine:
    """Place an order; return another engine, which has seen it as it is now."""
    shop.engine.submit(order(quantity=quantity), perform=perform)
    other = shop.another_engine()
    assert other.version("O-1") == shop.engine.version("O-1")
    return other


def rejected_under(shop: Shop, key: str) -> Rejected | None:
    receipt = shop.store.recall(shop.engine.tenant, CommandId(key))
    assert receipt is not None
    return receipt.rejected


def test_what_only_an_older_state_would_refuse_is_accepted(shop: Shop) -> None:
    other = placed_and_seen(shop, perform=False)
    shop.engine.resume("O-1")  # the payment is authorized, the order released

    done = other.submit(ALL, key="k-1")

    assert done.events
    assert rejected_under(shop, "k-1") is None


def test_what_only_an_older_state_would_accept_is_refused_and_stays_so(shop: Shop) -> None:
    other = placed_and_seen(shop)
    shop.engine.submit(ALL)
    version = shop.engine.version("O-1")

    with pytest.raises(Rejected) as first:
        other.submit(ALL, key="k-1")
    with pytest.raises(Rejected) as again:
        shop.engine.submit(ALL, key="k-1")

    assert first.value.code == again.value.code
    assert rejected_under(shop, "k-1") is not None
    assert shop.engine.version("O-1") == version


def test_a_key_that_another_has_used_has_its_recorded_answer(shop: Shop) -> None:
    other = placed_and_seen(shop)
    first = shop.engine.submit(ALL, key="k-1")

    again = other.submit(ALL, key="k-1")

    assert (again.events, again.version, again.repeated) == (first.events, first.version, True)
    with pytest.raises(Rejected, match="key_reused"):
        other.submit(CancelUnits(order_id="O-1"), key="k-1")


def test_a_key_is_answered_though_what_it_says_would_be_refused_by_now(shop: Shop) -> None:
    """The repeating engine has seen the very state in which it is refused."""
    first = shop.engine.submit(order(), key="k-1")
    shop.engine.submit(ALL, key="k-2")

    again = shop.engine.submit(order(), key="k-1")

    assert (again.version, again.repeated) == (first.version, True)
    assert shop.engine.submit(ALL, key="k-2").repeated


def test_a_version_is_compared_with_the_present_one_and_not_with_the_one_seen(shop: Shop) -> None:
    other = placed_and_seen(shop)
    seen = other.version("O-1")
    part = FulfillUnits(order_id="O-1", fulfillment_order_id=WORK, lines={"line-1": 1})
    shop.engine.submit(part)
    present = shop.engine.version("O-1")

    with pytest.raises(Conflict) as caught:
        shop.another_engine().submit(part, expected_version=seen)
    with pytest.raises(Conflict) as unaware:
        other.submit(part, expected_version=seen)
    assert caught.value.actual == unaware.value.actual == present

    assert other.submit(part, expected_version=present).events


def test_a_person_who_knows_more_than_the_engine_is_not_refused_for_it(shop: Shop) -> None:
    other = placed_and_seen(shop)
    part = FulfillUnits(order_id="O-1", fulfillment_order_id=WORK, lines={"line-1": 1})
    shop.engine.submit(part)

    assert other.submit(part, expected_version=shop.engine.version("O-1")).events


def test_a_port_that_is_away_hides_no_recorded_answer() -> None:
    shop = Shop().stocked(MUG=5)
    first = shop.engine.submit(order(), key="k-1")
    shop.tax.plan("quote", Fault.UNAVAILABLE, Fault.UNAVAILABLE)

    assert shop.engine.submit(order(), key="k-1").version == first.version
    with pytest.raises(PortUnavailable):
        shop.another_engine().submit(order("O-2"))


class Counting:
    """Counts what a store is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.asked = Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked[name] += 1
        return getattr(self._store, name)


def test_who_has_just_written_a_stream_need_not_read_it_again() -> None:
    shop = Shop().stocked(MUG=5)
    counting = Counting(shop.store)
    engine = shop.another_engine(cast("Store", counting))
    engine.submit(order())
    counting.asked.clear()

    engine.submit(ALL)

    assert counting.asked["commit"] == 2  # the command, and the capture's outcome
    assert (counting.asked["load"], counting.asked["recall"]) == (0, 0)


#: Commands that are accepted, refused or say nothing new, as the order stands.
COMMANDS: tuple[Command, ...] = (
    ALL,
    FulfillUnits(order_id="O-1", fulfillment_order_id=WORK, lines={"line-1": 1}),
    PickUnits(order_id="O-1", fulfillment_order_id=WORK, lines=BOTH),
    PackUnits(order_id="O-1", fulfillment_order_id=WORK, lines=BOTH),
    ShipPackage(order_id="O-1", package_id=PACKAGE, carrier="post", tracking="T-1"),
    RecordDelivery(order_id="O-1", package_id=PACKAGE),
    CancelUnits(order_id="O-1"),
    order(quantity=2),
)

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),  # who
        st.sampled_from(COMMANDS),
        st.sampled_from(["k-1", "k-2", "k-3", None]),
        st.integers(-1, 1) | st.none(),  # how far off the version is that somebody saw
        st.booleans(),  # performed at once
    ),
    max_size=12,
)


def told(engine: Engine, step: tuple[Any, ...], key: str, shop: Shop) -> tuple[Any, ...]:
    """Submit a command by an engine that need not have looked; return all that it tells."""
    _, command, _, off, perform = step
    expected = None if off is None else shop.another_engine().version("O-1") + off
    try:
        done = engine.submit(command, key=key, expected_version=expected, perform=perform)
    except Rejected as refusal:
        return ("rejected", refusal.code, dict(refusal.data))
    except Conflict as conflict:
        return ("conflict", conflict.expected, conflict.actual)
    return (done.version, done.events, done.repeated)


@given(steps=STEPS)
@settings(max_examples=30, deadline=None)
def test_engines_that_have_seen_less_answer_and_record_what_one_that_reads_first_does(
    steps: list[tuple[Any, ...]],
) -> None:
    kept, fresh = Shop().stocked(MUG=5), Shop().stocked(MUG=5)
    engines = (kept.engine, kept.another_engine())
    for place in (kept, fresh):
        place.engine.submit(order(quantity=2), key="placed")
    for engine in engines:
        engine.version("O-1")

    for number, step in enumerate(steps):
        key = step[2] or f"own-{number}"
        by_kept = told(engines[step[0]], step, key, kept)
        assert by_kept == told(fresh.another_engine(), step, key, fresh)

    def history(place: Shop) -> list[Any]:
        reader = place.another_engine()
        return [(r.version, r.event) for r in reader.history("O-1")]

    assert history(kept) == history(fresh)
    assert str(kept.engine.verify()) == str(fresh.engine.verify())
