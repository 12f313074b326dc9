"""Closed orders are put away, and come back when somebody returns something."""

import asyncio

import pytest

from ordercore import AsyncEngine, SQLiteStore, StaticPlaces
from ordercore.ids import OrderId, PlaceId, ReturnId
from ordercore.orders import AuthorizeReturn, InspectReturn, ReceiveReturn
from ordercore.ports import Store
from ordercore.stores import MemoryStore
from tests.orders.builders import Shop


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest) -> Shop:
    store: Store = MemoryStore() if request.param == "memory" else SQLiteStore(":memory:")
    made = Shop(store=store)
    made.receive({"MUG": 9})
    for name in ("O-1", "O-2", "O-3"):
        made.place(name)
    for name in ("O-1", "O-3"):
        made.send(name, deliver=True)
    made.clock.advance(days=40)
    return made


def test_ended_orders_alone_are_put_away_and_no_more_than_asked(shop: Shop) -> None:
    assert shop.engine.archive(shop.clock(), limit=1) == 1
    assert shop.engine.archive(shop.clock()) == 1
    assert shop.engine.archive(shop.clock()) == 0


def test_an_order_that_something_happened_to_since_stays(shop: Shop) -> None:
    before = shop.clock()
    shop.clock.advance(days=1)
    shop.send("O-2", deliver=True)
    assert shop.engine.archive(before) == 2


def test_an_archived_order_is_read_returned_and_refunded_as_any_other(shop: Shop) -> None:
    order, history = shop.order("O-1"), shop.engine.history("O-1")
    shop.engine.archive(shop.clock())
    shop.engine = shop.new_engine()  # nothing is remembered

    assert shop.order("O-1") == order
    assert shop.engine.history("O-1") == history
    order_id, return_id = OrderId("O-1"), ReturnId("O-1/return-1")
    shop.do(AuthorizeReturn(order_id=order_id, lines={"line-1": 1}))
    shop.do(ReceiveReturn(order_id=order_id, return_id=return_id, place=PlaceId("berlin")))
    shop.do(InspectReturn(order_id=order_id, return_id=return_id))
    assert shop.pay.moved["refund"] > 0
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_an_engine_for_asyncio_archives_too(shop: Shop) -> None:
    engine = AsyncEngine(
        store=shop.store,
        catalog=shop.catalog(),
        places=StaticPlaces(shop.places),
        payments=shop.pay,
        tax=shop.tax,
        carrier=shop.post,
        rules=shop.rules,
        clock=shop.clock,
    )
    assert asyncio.run(engine.archive(shop.clock())) == 2
