"""Adapters that are awaited are held to the same claims, and fail the same ones."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from ordercore.fulfillment import ShippingRate
from ordercore.ids import PlaceId
from ordercore.ports import AsyncCarrier, AsyncPaymentGateway, AsyncStore, AsyncTaxCalculator
from ordercore.stores import MemoryStore
from ordercore.testing import (
    CARRIER_CASES,
    STORE_CASES,
    TAX_CASES,
    ConformanceFailure,
    FakeCarrier,
    FakePaymentGateway,
    FakeTax,
    check_carrier,
    check_payment_gateway,
    check_store,
    check_tax,
)
from tests.testing.wrong_gateways import CLOCK, WRONG
from tests.testing.wrong_stores import WRONG_STORES

RATES = {PlaceId("WH-1"): ShippingRate(place=PlaceId("WH-1"), package_minor=450, kg_minor=20)}
ITERATES = {"accounts", "entries", "occurred_after", "streams"}


class Twin:
    """An adapter for blocking code as one that is awaited; it gives way before it answers."""

    def __init__(self, adapter: Any) -> None:
        self.adapter = adapter
        self._held = asyncio.Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.adapter, name)
        if not callable(found):
            return found
        if name in ITERATES:

            async def iterated(*asked: Any, **options: Any) -> Any:
                for one in cast("Iterator[Any]", found(*asked, **options)):
                    await asyncio.sleep(0)
                    yield one

            return iterated

        async def awaited(*asked: Any, **options: Any) -> Any:
            await asyncio.sleep(0)
            return found(*asked, **options)

        return awaited

    @asynccontextmanager
    async def hold(self, _: str) -> AsyncIterator[None]:
        async with self._held:
            self.holder = asyncio.current_task()
            try:
                yield
            finally:
                self.holder = None

    holder: object = None

    async def commit(self, commit: Any) -> Any:
        if self.holder is asyncio.current_task():
            return self.adapter.commit(commit)
        async with self._held:
            return self.adapter.commit(commit)

    async def consume(self, tenant: Any, consumer: str, handle: Any, limit: int = 100) -> int:
        async with self._held:
            before = self.adapter.consumed(tenant, consumer)
            events = self.adapter.feed(tenant, before, limit)
            if events:
                await handle(events, None)
                self.adapter.advance(tenant, consumer, after=before, to=events[-1].position)
            return len(events)


def payments(make: Callable[[], FakePaymentGateway]) -> Callable[[], AsyncPaymentGateway]:
    return lambda: cast("AsyncPaymentGateway", Twin(make()))


def held_by(make: Any, **options: Any) -> tuple[str, ...]:
    return check_payment_gateway(
        make,
        plan=lambda g, operation, fault: getattr(g, "adapter", g).plan(operation, fault),
        wait=lambda seconds: CLOCK.advance(seconds=seconds),
        **options,
    )


def test_an_awaited_gateway_is_held_to_every_claim_that_a_blocking_one_is() -> None:
    blocking = held_by(lambda: FakePaymentGateway(CLOCK))

    assert held_by(payments(lambda: FakePaymentGateway(CLOCK))) == blocking


def test_awaited_carriers_and_tax_calculators_are_held_to_every_claim() -> None:
    carrier = check_carrier(lambda: cast("AsyncCarrier", Twin(FakeCarrier(RATES))))
    tax = check_tax(lambda: cast("AsyncTaxCalculator", Twin(FakeTax({}))))

    assert carrier == check_carrier(lambda: FakeCarrier(RATES))
    assert len(carrier) <= len(CARRIER_CASES)
    assert tax == tuple(case.name for case in TAX_CASES)


def test_an_awaited_store_is_held_to_every_claim_that_a_blocking_one_is() -> None:
    held = check_store(lambda: cast("AsyncStore", Twin(MemoryStore())))

    assert held == check_store(MemoryStore)


@pytest.mark.parametrize(
    "name",
    [
        "a_repeated_capture_takes_once",
        "a_retry_is_answered_by_what_was_recorded",
        "a_lost_success_is_found",
    ],
)
def test_a_wrong_awaited_gateway_fails_the_claim_that_it_breaks(name: str) -> None:
    with pytest.raises(ConformanceFailure) as caught:
        held_by(payments(WRONG[name]), currencies=())

    assert caught.value.case == name


@pytest.mark.parametrize(
    "name",
    [
        "a_conflict_writes_nothing",
        "accounts_are_listed_in_order_by_prefix",
        "a_claim_ends_by_time",
    ],
)
def test_a_wrong_awaited_store_fails_the_claim_that_it_breaks(name: str) -> None:
    cases = [case for case in STORE_CASES if case.name == name]

    with pytest.raises(ConformanceFailure, match=name):
        check_store(lambda: cast("AsyncStore", Twin(WRONG_STORES[name]())), cases=cases)


def test_a_factory_may_be_awaited_and_makes_its_adapter_on_the_loop_that_asks_it() -> None:
    loops: list[object] = []

    async def make() -> AsyncPaymentGateway:
        loops.append(asyncio.get_running_loop())
        return payments(lambda: FakePaymentGateway(CLOCK))()

    held_by(make)

    assert len(set(loops)) == 1


def test_a_kit_runs_from_within_a_running_event_loop() -> None:
    async def inside() -> tuple[str, ...]:
        return check_tax(lambda: cast("AsyncTaxCalculator", Twin(FakeTax({}))))

    assert asyncio.run(inside())


def test_an_awaited_store_that_can_be_opened_again_may_be_opened_by_a_coroutine() -> None:
    async def back(store: Twin) -> Twin:
        await asyncio.sleep(0)
        return Twin(store.adapter)

    held = check_store(
        lambda: cast("AsyncStore", Twin(MemoryStore())),
        reopen=back,
    )

    assert held == tuple(case.name for case in STORE_CASES)
