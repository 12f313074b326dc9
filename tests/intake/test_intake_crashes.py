"""
The process dies before and after every commit of an intake; whoever comes next arrives where an
undisturbed one does, the provider sending again what was not acknowledged.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import attrs
import pytest

from ordercore import CapturePayment, Engine, MemoryStore, SQLiteStore
from ordercore.ports import Store
from ordercore.testing import ProviderMessage
from tests.engine.whole_way import Boundaries, Crash, MortalStore
from tests.intake.shops import ORDER, Shop, placed

Reopen = Callable[[], Store]


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
            opened.append(SQLiteStore(path, durability="normal"))
            return opened[-1]

        return reopen

    yield fresh
    for store in opened:
        store.close()


def messages() -> list[ProviderMessage]:
    """A true one, one that contradicts it by its amount, one that waits for the order of later."""
    true = ProviderMessage(
        id="true",
        topic="authorization.succeeded",
        occurred_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
        account="fakepay",
        kind="authorization",
        key=f"{ORDER}/payment-1",
        reference="au_77",
        outcome="succeeded",
        amount_minor=1000,
        currency="EUR",
    )
    return [
        true,
        attrs.evolve(true, id="false", amount_minor=1),
        attrs.evolve(true, id="early", key="O-2/payment-1", reference="au_78"),
    ]


def walk(shop: Shop, engine: Engine) -> None:
    """Everything that a host does; each step may be done again."""
    said = messages()
    engine.submit(placed(token="vault:challenge"), key="p-1")
    for message in said:
        shop.receive(message, engine)
    shop.settle(engine)
    engine.submit(placed("O-2", token="vault:challenge"), key="p-2")
    engine.submit(CapturePayment(order_id=ORDER, amount_minor=1000, reason="all"), key="c-1")
    shop.settle(engine)


def recover(shop: Shop, engine: Engine) -> None:
    for _ in range(4):
        shop.settle(engine)
        shop.clock.advance(seconds=90)


def arrival(shop: Shop, engine: Engine) -> dict[str, object]:
    orders = [engine.order(each) for each in (ORDER, "O-2")]
    told = [shop.message(f"fakepay:{n}", engine).notices[0] for n in ("true", "false", "early")]
    return {
        "orders": [(each.status, [a.kind for a in each.anomalies]) for each in orders],
        "notices": [(each.status, each.reason) for each in told],
        "authorized": [
            sum(type(r.event).__name__ == "PaymentAuthorized" for r in engine.history(each.id))
            for each in orders
        ],
        "verified": str(engine.verify()).partition(": ")[2],
        "accounts": dict(engine._store.accounts(engine.tenant)),
    }


def test_a_crash_at_any_commit_ends_where_no_crash_does(
    new_stores: Callable[[], Reopen],
) -> None:
    shop, boundaries = Shop(new_stores()()).stocked(), Boundaries()
    engine = shop.over(cast("Store", MortalStore(shop.store, boundaries)))
    walk(shop, engine)
    names = list(boundaries.passed)
    recover(shop, engine)
    expected = arrival(shop, engine)
    assert expected["notices"] == [
        ("applied", ""),
        ("set_aside", "amount_differs"),
        ("applied", ""),
    ]
    assert expected["authorized"] == [1, 1]
    for act in ("ReceiveNotice", "SeekOrders", "RecordAnomaly", "RecordNoticeOutcome"):
        assert f"before append of {act}" in names

    for die_at, name in enumerate(names, start=1):
        reopen = new_stores()
        again = Shop(reopen()).stocked()
        with pytest.raises(Crash):
            walk(again, again.over(cast("Store", MortalStore(reopen(), Boundaries(die_at)))))
        again.clock.advance(seconds=90)
        survivor = again.over(reopen())
        recover(again, survivor)
        walk(again, survivor)
        recover(again, survivor)

        assert arrival(again, survivor) == expected, name
