"""
What the engine promises beside surviving crashes: keys, races, lost answers, a person's word.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import attrs
import pytest

from ordercore import (
    Conflict,
    Destination,
    Engine,
    FulfillUnits,
    InvalidData,
    LineRequest,
    MemoryStore,
    PackUnits,
    PickUnits,
    Place,
    PlaceOrder,
    PortUnavailable,
    Product,
    ReceiveStock,
    RecordOutcome,
    Rejected,
    ReserveCart,
    RetryEffect,
    Rules,
    ShipPackage,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Submitted,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.ids import CommandId, TenantId
from ordercore.orders import AnomalyRecorded, OrderPlaced, outstanding
from ordercore.payments import AskAuthorization
from ordercore.ports import ActingCapabilities, Commit, LeaseState, OpenLease, Receipt, Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, Fault, VirtualClock

HOME = Destination(country="DE")
NOTHING_PROMISED = ActingCapabilities()


class Shop:
    """Two places, two SKUs, strict fakes."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        rules: Rules | None = None,
        capabilities: ActingCapabilities | None = None,
    ) -> None:
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
        self.store: Store = MemoryStore() if store is None else store
        self.payments = (
            FakePaymentGateway(self.clock)
            if capabilities is None
            else FakePaymentGateway(self.clock, capabilities=capabilities)
        )
        self.carrier = FakeCarrier(
            {
                "berlin": ShippingRate(place="berlin", package_minor=400),
                "lyon": ShippingRate(place="lyon", package_minor=700),
            },
            clock=self.clock,
        )
        self.tax = FakeTax({})
        self.rules = rules
        self.engine = self.another_engine()

    def another_engine(self, store: Store | None = None, **settings: Any) -> Engine:
        return Engine(
            store=store or self.store,
            catalog=StaticCatalog([Product(sku="MUG", name="Mug"), Product(sku="TEA", name="Tea")]),
            places=StaticPlaces([Place(id=p, name=p) for p in ("berlin", "lyon")]),
            payments=self.payments,
            tax=self.tax,
            carrier=self.carrier,
            rules=self.rules,
            clock=self.clock,
            **settings,
        )

    def leases(self) -> list[OpenLease]:
        return list(self.store.leases(self.engine.tenant, "", 100))

    def stocked(self, place: str = "berlin", **quantities: int) -> "Shop":
        self.engine.submit(ReceiveStock(place=place, lines=quantities))
        return self


def order(order_id: str = "O-1", quantity: int = 1, token: str = "vault:1") -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        currency="EUR",
        destination=HOME,
        lines=(LineRequest(sku="MUG", quantity=quantity, unit_price=UnitPrice(1000)),),
        tenders=(Tender(method="card", token_ref=token),),
    )


# --- tries -----------------------------------------------------------------------------------


def test_two_who_tell_of_different_tries_at_the_same_moment_are_both_recorded() -> None:
    """
    One gives its lease back; before it tells, another has taken it, called and told.

    """
    shop = Shop().stocked(MUG=1)
    shop.payments.plan("authorize", Fault.UNAVAILABLE, Fault.TIMEOUT_BEFORE)
    rivals = [shop.another_engine()]

    class Overtaken:
        def unlease(self, tenant: TenantId, effect_key: str) -> None:
            shop.store.unlease(tenant, effect_key)
            while rivals:
                rivals.pop().resume("O-1")

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    shop.another_engine(cast("Store", Overtaken())).submit(order())

    (attempt,) = shop.engine.order("O-1").attempts
    assert attempt.count == 2
    texts = [entry.text for entry in shop.engine.timeline("O-1")]
    assert sum("try 1" in text and "not heard" in text for text in texts) == 1
    assert sum("try 2" in text and "away" in text for text in texts) == 1
    shop.clock.advance(minutes=10)
    shop.engine.run_pending()
    assert shop.engine.order("O-1").status == "released"
    assert list(shop.payments.actions.values()) == [1]


# --- keys ------------------------------------------------------------------------------------


def test_the_same_key_returns_the_recorded_result_and_changes_nothing() -> None:
    shop = Shop().stocked(MUG=5)
    first = shop.engine.submit(order(), key="k-1")

    again = shop.engine.submit(order(), key="k-1")

    assert (again.events, again.version, again.repeated) == (first.events, first.version, True)
    assert isinstance(again.events[0], OrderPlaced)
    assert len(shop.payments.calls) == 1


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_two_who_find_a_key_unknown_at_the_same_moment_get_one_answer(
    kind: str, tmp_path: Path
) -> None:
    """
    The slower one decides on what the faster one has done, and must not be told that it can't.

    """
    shop = Shop(MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "shop.db"))
    shop.stocked(MUG=5).engine.submit(order())
    away = FulfillUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1")
    first: list[Submitted] = []

    class Unaware:
        def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
            found = shop.store.recall(tenant, command_id)
            if not first:
                first.append(shop.engine.submit(away, key="k-1"))
            return found

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    slower = shop.another_engine(cast("Store", Unaware()))
    second = slower.submit(away, key="k-1")

    assert (second.events, second.version, second.repeated) == (
        first[0].events,
        first[0].version,
        True,
    )
    recorded = shop.store.recall(shop.engine.tenant, CommandId("k-1"))
    assert recorded is not None
    assert recorded.rejected is None


def test_who_is_refused_was_refused_by_how_things_stood_at_one_moment() -> None:
    """
    A rival places the same order between the look at the order and the look at the stock.

    """
    shop = Shop().stocked(MUG=2)
    rivals = [shop.another_engine()]

    class Overtaken:
        def balances(self, *asked: Any) -> Any:
            while rivals:
                rivals.pop().submit(order(quantity=2))
            return shop.store.balances(*asked)

        def __getattr__(self, name: str) -> Any:
            return getattr(shop.store, name)

    with pytest.raises(Rejected, match="order_exists"):  # and not a shortage that never was
        shop.another_engine(cast("Store", Overtaken())).submit(order(quantity=2))


def test_a_reservation_answers_the_same_under_the_same_key() -> None:
    shop = Shop().stocked(MUG=5)
    cart = ReserveCart(cart_id="C-1", currency="EUR", destination=HOME, lines={"MUG": 2})
    first = shop.engine.submit(cart, key="k-1")
    shop.clock.advance(minutes=5)

    again = shop.engine.submit(cart, key="k-1")

    assert again.reply == first.reply
    assert [level.reserved for level in shop.engine.availability("MUG")] == [2]


def test_a_key_that_names_another_command_is_refused_by_the_field_that_differs() -> None:
    shop = Shop().stocked(MUG=5)
    shop.engine.submit(order(), key="k-1")

    with pytest.raises(Rejected, match="lines differs") as caught:
        shop.engine.submit(order(quantity=2), key="k-1")

    assert caught.value.data["field"] == "lines"
    with pytest.raises(Rejected, match="command differs"):
        shop.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 1}), key="k-1")


def test_the_same_wish_told_at_another_time_is_the_same_wish() -> None:
    shop = Shop().stocked(MUG=5)
    first = shop.engine.submit(order(), key="k-1")

    later = attrs.evolve(order(), occurred_at=shop.clock() + timedelta(seconds=3))
    again = shop.engine.submit(later, key="k-1")

    assert (again.repeated, again.version) == (True, first.version)


@pytest.mark.parametrize("order_id", ["\ud800", "", "O/1", "x" * 101])
def test_an_order_id_that_no_order_can_have_is_named_whatever_is_asked(order_id: str) -> None:
    shop = Shop()

    with pytest.raises(InvalidData, match=r"RetryEffect.order_id.*legal are"):
        shop.engine.submit(RetryEffect(order_id=order_id, effect_key="k"), key="k-1")

    assert shop.store.recall(shop.engine.tenant, cast("Any", "k-1")) is None


def test_a_refusal_is_the_answer_to_its_key_for_ever() -> None:
    shop = Shop().stocked(MUG=1)
    with pytest.raises(Rejected, match="shortage"):
        shop.engine.submit(order(quantity=2), key="k-1")
    shop.stocked(MUG=5)

    with pytest.raises(Rejected, match="shortage"):
        shop.engine.submit(order(quantity=2), key="k-1")

    assert shop.engine.submit(order(quantity=2), key="k-2").version > 0


def test_a_port_that_can_not_answer_leaves_the_key_free() -> None:
    shop = Shop().stocked(MUG=1)
    shop.tax.plan("quote", Fault.UNAVAILABLE)
    with pytest.raises(PortUnavailable):
        shop.engine.submit(order(), key="k-1")

    assert shop.engine.submit(order(), key="k-1").repeated is False


def test_a_person_who_saw_an_older_version_is_told() -> None:
    shop = Shop().stocked(MUG=2)
    shop.engine.submit(order(quantity=2))
    seen = shop.engine.version("O-1")
    fulfill = FulfillUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 1})
    shop.engine.submit(fulfill)

    with pytest.raises(Conflict) as caught:
        shop.engine.submit(fulfill, expected_version=seen)

    assert (caught.value.expected, caught.value.actual) == (seen, shop.engine.version("O-1"))


# --- races -----------------------------------------------------------------------------------


class RivalFirst:
    """A store in which a rival commits right before the first commits of somebody else."""

    def __init__(self, store: Store, rivals: list[Callable[[], object]]) -> None:
        self._store = store
        self._rivals = rivals

    def commit(self, commit: Commit) -> Receipt:
        if self._rivals:
            self._rivals.pop(0)()
        return self._store.commit(commit)

    @contextmanager
    def hold(self, tenant: TenantId) -> Iterator[None]:
        self._rivals.clear()  # everybody else is held out
        with self._store.hold(tenant):
            yield

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def rivaled(shop: Shop, *rivals: Callable[[], object]) -> Engine:
    return shop.another_engine(cast("Store", RivalFirst(shop.store, list(rivals))))


def test_who_loses_the_stock_to_a_rival_is_sourced_from_elsewhere() -> None:
    shop = Shop().stocked("berlin", MUG=1).stocked("lyon", MUG=1)
    engine = rivaled(shop, lambda: shop.engine.submit(order("O-rival")))

    engine.submit(order("O-1"))

    assert [fo.place for fo in engine.order("O-rival").fulfillment.orders] == ["berlin"]
    assert [fo.place for fo in engine.order("O-1").fulfillment.orders] == ["lyon"]


def test_who_loses_every_race_is_told_the_true_numbers_and_not_that_it_was_slow() -> None:
    shop = Shop().stocked("berlin", MUG=1).stocked("lyon", MUG=1)
    engine = rivaled(
        shop,
        lambda: shop.engine.submit(order("O-2")),
        lambda: shop.engine.submit(order("O-3")),
    )

    with pytest.raises(Rejected) as caught:
        engine.submit(order("O-1"))

    assert (caught.value.code, caught.value.data["missing"]) == ("shortage", 1)
    assert list(engine.order_ids()) == ["O-2", "O-3"]
    assert str(engine.verify()).endswith("balanced, no leaks")


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_the_last_unit_is_sold_once_to_many_buyers_at_a_time(kind: str, tmp_path: Path) -> None:
    store: Store = MemoryStore() if kind == "memory" else SQLiteStore(tmp_path / "shop.db")
    shop = Shop(store).stocked(MUG=1)
    engines = [shop.another_engine() for _ in range(4)]
    results: list[str] = []
    start = threading.Barrier(16)

    def buy(n: int) -> None:
        start.wait()
        try:
            engines[n % 4].submit(order(f"O-{n}"))
            results.append("bought")
        except Rejected as refusal:
            results.append(refusal.code)

    buyers = [threading.Thread(target=buy, args=(n,)) for n in range(16)]
    for buyer in buyers:
        buyer.start()
    for buyer in buyers:
        buyer.join()

    assert sorted(results) == ["bought"] + ["shortage"] * 15
    assert shop.payments.balance_minor("EUR") == 0
    assert len(shop.payments.calls) == 1
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_the_last_unit_of_an_expired_cart_is_for_sale_though_nobody_swept() -> None:
    shop = Shop().stocked(MUG=1)
    cart = ReserveCart(cart_id="C-1", currency="EUR", destination=HOME, lines={"MUG": 1}, hold_s=60)
    shop.engine.submit(cart)
    with pytest.raises(Rejected, match="shortage"):
        shop.engine.submit(order("O-1"))
    shop.clock.advance(seconds=60)

    shop.engine.submit(order("O-2"))

    assert [level.available for level in shop.engine.availability("MUG")] == [0]


# --- lost answers ----------------------------------------------------------------------------


def test_what_can_neither_be_asked_nor_repeated_waits_for_a_person() -> None:
    shop = Shop(capabilities=NOTHING_PROMISED).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
    shop.engine.submit(order())
    shop.clock.advance(hours=1)
    shop.engine.run_pending()

    waiting = outstanding(shop.engine.order("O-1"))

    assert [effect.waits_for_operator for effect in waiting] == [True]
    assert len(shop.payments.calls) == 1
    assert "waits for a person" in str(shop.engine.verify())
    assert any(a.command == "RetryEffect" for a in shop.engine.allowed("O-1"))


def test_a_person_can_tell_the_outcome_that_nobody_else_knows() -> None:
    shop = Shop(capabilities=NOTHING_PROMISED).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
    shop.engine.submit(order())
    shop.clock.advance(hours=1)
    shop.engine.run_pending()

    shop.engine.submit(
        RecordOutcome(
            order_id="O-1",
            effect_key="O-1/payment-1",
            outcome=Succeeded(reference="auth-1", account="fakepay"),
        )
    )

    assert shop.engine.order("O-1").status == "released"
    assert len(shop.payments.calls) == 1


def test_a_person_can_decide_to_try_again() -> None:
    shop = Shop(capabilities=NOTHING_PROMISED, rules=Rules(attempts_max=1)).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.UNAVAILABLE)
    shop.engine.submit(order())
    assert outstanding(shop.engine.order("O-1"))[0].waits_for_operator

    shop.engine.submit(RetryEffect(order_id="O-1", effect_key="O-1/payment-1"))

    assert shop.engine.order("O-1").status == "released"


def test_a_port_that_stays_away_is_tried_at_growing_intervals_and_then_no_more() -> None:
    shop = Shop(rules=Rules(attempts_max=3, retry_s=10)).stocked(MUG=1)
    shop.payments.plan("authorize", *[Fault.UNAVAILABLE] * 5)
    shop.engine.submit(order())

    tries = [len(shop.payments.calls)]
    for _ in range(8):
        shop.clock.advance(seconds=10)
        shop.engine.run_pending()
        tries.append(len(shop.payments.calls))

    assert tries == [1, 2, 2, 3, 3, 3, 3, 3, 3]
    assert outstanding(shop.engine.order("O-1"))[0].waits_for_operator


def test_an_adapter_with_a_defect_neither_stops_the_order_nor_is_called_on_a_guess() -> None:
    shop = Shop().stocked(MUG=1)
    authorize, broken = shop.payments.authorize, [True]

    def defective(ask: AskAuthorization) -> Outcome:
        outcome = authorize(ask)
        if broken.pop():
            raise ValueError("4111 1111 1111 1111 is not to be written anywhere")
        return outcome

    shop.payments.authorize = defective  # type: ignore[method-assign]

    shop.engine.submit(order())

    assert shop.engine.order("O-1").status == "released"  # the provider told when it was asked
    assert shop.payments.actions["O-1/payment-1"] == 1


def test_what_another_worker_is_at_is_left_alone() -> None:
    shop = Shop().stocked(MUG=1)
    shop.engine.submit(order(), perform=False)
    now = shop.clock()
    lease = shop.store.lease(
        shop.engine.tenant,
        cast("Any", "order/O-1"),
        "O-1/payment-1",
        holder="somebody",
        at=now,
        until=now + timedelta(seconds=60),
    )
    assert lease.state is LeaseState.FRESH

    shop.engine.resume("O-1")
    assert shop.payments.calls == []

    shop.clock.advance(seconds=61)
    shop.engine.resume("O-1")
    assert [call[0] for call in shop.payments.calls] == ["lookup", "authorize"]


def test_a_lease_ends_with_what_it_was_for_also_where_no_answer_came() -> None:
    """
    Nobody knows what became of the label that was asked for, and the box leaves with another one.

    """
    shop = Shop().stocked(MUG=1)
    shop.carrier.plan("buy_label", Fault.TIMEOUT_BEFORE)
    shop.engine.submit(order())
    about: dict[str, Any] = {"order_id": "O-1", "fulfillment_order_id": "O-1/fo-1"}
    shop.engine.submit(PickUnits(**about, lines={"line-1": 1}))
    shop.engine.submit(PackUnits(**about, lines={"line-1": 1}))
    assert [open_.effect_key for open_ in shop.leases()] == ["O-1/package-1/label"]

    shop.engine.submit(ShipPackage(order_id="O-1", package_id="O-1/package-1", tracking="T-1"))

    assert shop.leases() == []
    assert shop.engine.verify().leaks == ()


def test_what_is_left_to_later_is_done_later() -> None:
    shop = Shop().stocked(MUG=1)
    shop.engine.submit(order(), perform=False)
    assert (shop.payments.calls, shop.engine.order("O-1").status) == ([], "placed")

    assert shop.engine.run_pending() == 1

    assert shop.engine.order("O-1").status == "released"
    assert shop.engine.run_pending() == 0


# --- facts from outside ----------------------------------------------------------------------


def test_a_customer_who_confirms_later_lets_the_order_go_on() -> None:
    shop = Shop().stocked(MUG=1)
    shop.engine.submit(order(token="challenge"))
    assert shop.engine.order("O-1").payments.payments[0].status == "action_required"

    outcome = shop.payments.confirm("O-1/payment-1")
    shop.engine.submit(RecordOutcome(order_id="O-1", effect_key="O-1/payment-1", outcome=outcome))

    assert shop.engine.order("O-1").status == "released"


def test_a_message_that_comes_twice_says_nothing_new_and_one_that_contradicts_is_kept() -> None:
    shop = Shop().stocked(MUG=1)
    shop.engine.submit(order())
    version = shop.engine.version("O-1")
    told = Succeeded(reference="again", account="fakepay")

    for _ in range(2):
        shop.engine.submit(RecordOutcome(order_id="O-1", effect_key="O-1/payment-1", outcome=told))
    assert shop.engine.version("O-1") == version

    for _ in range(2):
        shop.engine.submit(
            RecordOutcome(order_id="O-1", effect_key="O-1/payment-1", outcome=Declined(code="late"))
        )
    events = [recorded.event for recorded in shop.engine.history("O-1")[version:]]
    assert [type(event) for event in events] == [AnomalyRecorded]
    assert shop.engine.order("O-1").status == "released"


def test_an_outside_reference_finds_its_order() -> None:
    shop = Shop().stocked(MUG=1)
    shop.engine.submit(order())
    payment = shop.engine.order("O-1").payments.payments[0]

    assert shop.engine.find(f"{payment.account}:{payment.reference}") == "O-1"
    assert shop.engine.find("fakepay:unheard-of") is None


def test_tenants_do_not_see_each_other_in_one_store() -> None:
    store = MemoryStore()
    one = Shop(store).stocked(MUG=1)
    other = Engine(
        store=store,
        catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
        places=StaticPlaces([Place(id="berlin", name="berlin")]),
        payments=one.payments,
        tax=one.tax,
        carrier=FakeCarrier({}),
        tenant="other",
    )
    one.engine.submit(order(), key="k-1")

    assert other.availability("MUG", places=("berlin",))[0].on_hand == 0
    assert list(other.order_ids()) == []
    with pytest.raises(Rejected, match="unknown_order"):
        other.order("O-1")
    other.submit(ReceiveStock(place="berlin", lines={"MUG": 7}), key="k-1")
    assert one.engine.availability("MUG")[0].on_hand == 1
