"""
Both engines take messages in: the same ends, whoever drives the loops.
"""

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    Actor,
    ActorKind,
    AsyncEngine,
    DismissNotice,
    MemoryStore,
    Product,
    ReceiveStock,
    Rejected,
    ReopenNotice,
    Rules,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
)
from ordercore.fulfillment import ShippingRate
from ordercore.ids import TenantId
from ordercore.intake import RecordNoticeAttempt, RetryNotice
from ordercore.money import Money
from ordercore.orders import SOMEBODY_WAITS
from ordercore.places import Place
from ordercore.ports import PaymentGateway, Store
from ordercore.testing import FakeCarrier, NoTax, ProviderMessage
from tests.intake.shops import ORDER, Shop, count, placed


class Awaited:
    """Every call of an adapter lets other tasks run before and after it."""

    def __init__(self, adapter: object) -> None:
        self._adapter = adapter

    @property
    def capabilities(self) -> object:
        return cast("PaymentGateway", self._adapter).capabilities

    async def _called(self, name: str, ask: object) -> Any:
        await asyncio.sleep(0)
        answer = getattr(self._adapter, name)(ask)
        if inspect.isawaitable(answer):
            answer = await answer
        await asyncio.sleep(0)
        return answer

    async def authorize(self, ask: object) -> Any:
        return await self._called("authorize", ask)

    async def capture(self, ask: object) -> Any:
        return await self._called("capture", ask)

    async def void(self, ask: object) -> Any:
        return await self._called("void", ask)

    async def refund(self, ask: object) -> Any:
        return await self._called("refund", ask)

    async def lookup(self, key: str) -> Any:
        return await self._called("lookup", key)


class Blocking:
    """The engine for blocking code, under the names of the awaited one."""

    def __init__(self, shop: Shop) -> None:
        self._engine = shop.engine

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._engine, name)

        async def call(*args: Any, **kwargs: Any) -> object:
            return method(*args, **kwargs)

        return call


def awaited(shop: Shop) -> AsyncEngine:
    return AsyncEngine(
        store=shop.store,
        catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
        places=StaticPlaces([Place(id="berlin", name="Berlin")]),
        payments=cast("Any", Awaited(shop.webhooks)),
        tax=NoTax(),
        carrier=FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
        rules=Rules(retry_s=60),
        clock=shop.clock,
    )


@pytest.fixture(params=["blocking", "awaited"])
def engine_over(request: pytest.FixtureRequest) -> Callable[[Shop], Any]:
    return Blocking if request.param == "blocking" else awaited


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "shop.db")


class Asked:
    """A store that counts how often its index of references is asked."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.names: list[str] = []

    def find(self, tenant: TenantId, reference: str) -> object:
        self.names.append(reference)
        return self._store.find(tenant, reference)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


async def settled(engine: Any) -> None:
    for _ in range(20):
        if not await engine.run_pending():
            return
    raise AssertionError("it does not come to rest")


def test_a_message_is_kept_found_and_told_by_either_engine(
    engine_over: Callable[[Shop], Any], store: Store
) -> None:
    shop = Shop(store).stocked()
    engine = engine_over(shop)

    async def go() -> None:
        await engine.submit(placed(token="vault:challenge"))
        (asked,) = shop.webhooks.messages
        paid = attrs.evolve(asked, id="paid", outcome="succeeded")
        source, signed = shop.webhooks.source, shop.webhooks.signed(paid)
        first = await engine.receive(source, *signed, vault_ref="vault:a")
        again = await engine.receive(source, *signed, vault_ref="vault:b")
        assert (first.repeated, again.repeated) == (False, True)
        assert again.events == first.events
        with pytest.raises(Rejected, match="wrong_signature"):
            await engine.receive(source, signed[0], signed[1] + b" ")
        lie = attrs.evolve(paid, amount_minor=1)
        with pytest.raises(Rejected, match="key_reused"):
            await engine.receive(source, *shop.webhooks.signed(lie))
        assert shop.status("fakepay:paid") == "received"
        await settled(engine)

    asyncio.run(go())

    assert shop.status("fakepay:paid") == "applied"
    assert count(shop.events(), "PaymentAuthorized") == 1
    shop.is_sound()


def test_a_number_told_before_its_reply_is_woken_by_it_in_either_engine(
    engine_over: Callable[[Shop], Any], store: Store
) -> None:
    shop = Shop(store, carries_keys=False).stocked()
    engine = engine_over(shop)
    parked: list[str] = []

    def deliver(message: ProviderMessage) -> None:
        shop.receive(message)
        shop.engine.run_pending()
        parked.append(shop.status(f"fakepay:{message.id}"))

    shop.webhooks.before_reply = deliver
    asyncio.run(engine.submit(placed()))

    assert parked == ["parked"]
    assert shop.status("fakepay:msg_1") == "applied", "without any waiting"
    assert count(shop.events(), "PaymentAuthorized") == 1


@pytest.mark.parametrize("perform", [False, True])
def test_orders_placed_at_once_wake_who_waits_for_each_of_them(
    engine_over: Callable[[Shop], Any], store: Store, perform: bool
) -> None:
    shop = Shop(store).stocked()
    shop.place(token="vault:challenge")
    (asked,) = shop.webhooks.messages
    names = ["O-2", "O-3", "O-4"]
    for name in names:
        shop.receive(attrs.evolve(asked, id=name, key=f"{name}/payment-1", reference=f"au_{name}"))
    shop.settle()
    assert {shop.status(f"fakepay:{name}") for name in names} == {"parked"}

    wishes = [placed(name, "vault:challenge") for name in names]
    asyncio.run(engine_over(shop).submit_many(wishes, perform=perform))

    statuses = {shop.status(f"fakepay:{name}") for name in names}
    assert statuses == {"applied"}


def test_many_messages_taken_in_by_many_tasks_come_to_the_same() -> None:
    shop = Shop().stocked()
    names = [f"O-{n}" for n in range(1, 7)]
    for name in names:
        shop.place(name, token="vault:challenge")
    said = [attrs.evolve(m, id=f"{m.id}-paid", outcome="succeeded") for m in shop.webhooks.messages]
    engine = awaited(shop)

    async def go() -> None:
        async with asyncio.TaskGroup() as group:
            for message in [*said, *reversed(said)]:
                signed = shop.webhooks.signed(message)
                group.create_task(engine.receive(shop.webhooks.source, *signed))
                group.create_task(engine.run_pending())
        await settled(engine)

    asyncio.run(go())

    assert {shop.engine.order(name).status for name in names} == {"released"}
    assert {count(shop.events(name), "PaymentAuthorized") for name in names} == {1}
    shop.is_sound()


def test_where_nobody_was_ever_parked_the_index_is_asked_once_a_drive() -> None:
    shop = Shop().stocked()
    asked = Asked(shop.store)
    engine = shop.over(cast("Store", asked))

    engine.submit_many([placed(f"O-{n}") for n in range(2, 7)], perform=False)
    assert asked.names == [SOMEBODY_WAITS]
    engine.submit(placed(ORDER), perform=False)
    assert asked.names == [SOMEBODY_WAITS] * 2
    engine.submit(ReceiveStock(place="berlin", lines={"MUG": 1}))
    assert asked.names == [SOMEBODY_WAITS] * 2, "nobody waits for stock"


# --- a person decides -------------------------------------------------------------------------

ANNA = Actor(ActorKind.AGENT, "desk-7")


def test_what_was_set_aside_is_a_dead_letter_that_is_redriven_once(
    engine_over: Callable[[Shop], Any], store: Store
) -> None:
    shop = Shop(store).stocked()
    engine = engine_over(shop)

    async def go() -> None:
        await engine.submit(placed())
        (message,) = shop.webhooks.messages
        stray = attrs.evolve(message, id="stray", key="O-2/payment-1", reference="-")
        await engine.receive(shop.webhooks.source, *shop.webhooks.signed(stray))
        await settled(engine)
        assert await engine.dead_letters() == (), "it is still looked for"
        shop.clock.advance(days=4)
        await settled(engine)

        (letter,) = await engine.dead_letters()
        assert letter.stream == "notice/fakepay:stray"
        assert letter.effect_key == "notice/fakepay:stray/1"
        assert (letter.what, letter.port) == ("webhook authorization", "")
        assert (letter.reason, letter.since) == ("order_unknown", shop.clock())
        assert letter.amount == Money(1000, "EUR")
        assert letter.retry == ReopenNotice(notice_id="fakepay:stray", number=1)
        assert letter.may == ("ReopenNotice", "DismissNotice")
        assert letter.lease is None
        assert await engine.next_due() is None

        await engine.submit(placed("O-2"))
        first = await engine.redrive(letter, actor=ANNA)
        again = await engine.redrive(letter, actor=ANNA)
        by_key = await engine.redrive(letter.effect_key, actor=ANNA)
        assert [done.repeated for done in (first, again, by_key)] == [False, True, True]
        assert shop.status("fakepay:stray") == "applied"
        assert await engine.dead_letters() == ()

    asyncio.run(go())
    shop.is_sound()


def test_what_is_set_aside_anew_is_another_letter_until_it_is_dismissed(
    engine_over: Callable[[Shop], Any], store: Store
) -> None:
    shop = Shop(store).stocked()
    engine = engine_over(shop)

    async def go() -> None:
        await engine.submit(placed(token="vault:challenge"))
        (asked,) = shop.webhooks.messages
        cent = attrs.evolve(asked, id="cent", outcome="succeeded", amount_minor=1)
        await engine.receive(shop.webhooks.source, *shop.webhooks.signed(cent))
        await settled(engine)
        (letter,) = await engine.dead_letters()
        assert (letter.reason, letter.amount) == ("amount_differs", Money(1, "EUR"))

        await engine.redrive(letter, actor=ANNA)
        (anew,) = await engine.dead_letters()
        assert anew.reason == "amount_differs", "it is what it was"
        assert anew.given_up_at > letter.given_up_at
        assert not (await engine.redrive(anew.effect_key, actor=ANNA)).repeated

        await engine.submit(DismissNotice(notice_id="fakepay:cent", reason="a test of theirs"))
        assert await engine.dead_letters() == ()
        with pytest.raises(Rejected, match="not_legal_now"):
            await engine.redrive(anew.effect_key, actor=ANNA)

    asyncio.run(go())
    shop.is_sound()


def test_what_a_message_owes_and_was_given_up_is_tried_again_too(
    engine_over: Callable[[Shop], Any], store: Store
) -> None:
    shop = Shop(store).stocked()
    engine = engine_over(shop)
    seek = "notice/fakepay:msg/seek"

    async def go() -> None:
        await engine.submit(placed(token="vault:challenge"))
        (asked,) = shop.webhooks.messages
        paid = attrs.evolve(asked, id="msg", outcome="succeeded")
        await engine.receive(shop.webhooks.source, *shop.webhooks.signed(paid))
        defect = RecordNoticeAttempt(
            notice_id="fakepay:msg", effect_key=seek, reason="a defect", give_up=True
        )
        await engine.submit(defect, perform=False)
        await settled(engine)
        assert shop.status("fakepay:msg") == "received", "nobody tries by himself"

        (letter,) = await engine.dead_letters()
        assert (letter.effect_key, letter.reason) == (seek, "a defect")
        assert letter.may == ("RetryNotice",)
        assert not (await engine.redrive(seek, actor=ANNA)).repeated
        assert (await engine.redrive(letter, actor=ANNA)).repeated
        assert shop.status("fakepay:msg") == "applied"
        with pytest.raises(Rejected, match="nothing_to_retry"):
            await engine.submit(RetryNotice(notice_id="fakepay:msg", effect_key=seek))

    asyncio.run(go())
    shop.is_sound()
