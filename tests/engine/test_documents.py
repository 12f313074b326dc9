"""
Stock documents go their whole way through the engine, over every store.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from ordercore import (
    AdjustReason,
    AdjustStock,
    ApplySnapshot,
    CancelPurchase,
    ChangeExpectation,
    CloseCount,
    ClosePurchase,
    CloseTransfer,
    Destination,
    Engine,
    ExpectedUnits,
    FulfillUnits,
    LineExpectation,
    LineRequest,
    MemoryStore,
    OpenCount,
    OpenPurchase,
    OpenTransfer,
    Place,
    PlaceOrder,
    Product,
    PurchaseLineRequest,
    ReceivedLine,
    ReceivePurchase,
    ReceiveStock,
    ReceiveTransfer,
    RecordCount,
    Rejected,
    RestOfTransfer,
    SendTransfer,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CommandId, PlaceId, Sku, TenantId
from ordercore.inventory import Bucket, Movements, bucket_account, incoming_account
from ordercore.inventory.documents import COUNTS, PURCHASES, SNAPSHOTS, TRANSFERS, late_movements
from ordercore.ports import Commit, Receipt, Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax, VirtualClock
from tests.engine.test_promises import RivalFirst

MUG, BERLIN, LYON = Sku("MUG"), PlaceId("berlin"), PlaceId("lyon")
MONDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 13)
MAIN = TenantId("main")


class RivalAtWrite(RivalFirst):
    """A rival that comes although the reading before had kept everybody out."""

    @contextmanager
    def hold(self, tenant: TenantId) -> Iterator[None]:
        with self._store.hold(tenant):
            yield


class Shop:
    """A shop with two places, and a clock that people set."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = VirtualClock(datetime(2026, 3, 2, 9, tzinfo=UTC))
        self.payments = FakePaymentGateway(self.clock)
        self.engine = self.over(store)

    def over(self, store: Store) -> Engine:
        places = [Place(id=each, name=each) for each in (BERLIN, LYON)]
        rates = {each: ShippingRate(place=each, package_minor=400) for each in (BERLIN, LYON)}
        return Engine(
            store=store,
            catalog=StaticCatalog([Product(sku=MUG, name="Mug"), Product(sku="TEE", name="Tee")]),
            places=StaticPlaces(places),
            payments=self.payments,
            tax=NoTax(),
            carrier=FakeCarrier(rates),
            clock=self.clock,
        )

    def level(self, place: str = "berlin") -> tuple[int, int]:
        """On hand and available."""
        (found,) = self.engine.availability(MUG, places=(place,))
        return found.on_hand, found.available

    def bucket(self, bucket: Bucket, place: str = "berlin") -> int:
        account = bucket_account(bucket, MUG, place)
        return self.store.balances(MAIN, [account], self.clock())[account].posted

    def incoming(self, day: date, place: str = "berlin") -> int:
        account = incoming_account(MUG, place, day)
        return self.store.balances(MAIN, [account], self.clock())[account].posted

    def move(self, batch: str, write: Callable[[Movements], object], holder: str = "cart/c") -> Any:
        """Write movements that no command makes yet; returns what the writer said."""
        movements = Movements(batch, holder, self.clock())
        said = write(movements)
        receipt = Receipt(
            command_id=CommandId(batch),
            command=ReceiveStock(place=BERLIN, lines={MUG: 1}),
            at=self.clock(),
        )
        actor = Actor(ActorKind.SYSTEM, "test")
        steps = tuple(movements.batch())
        self.store.commit(Commit(tenant=MAIN, receipt=receipt, steps=steps, actor=actor))
        return said

    def is_sound(self) -> None:
        """Nothing differs, nothing leaks, nothing waits."""
        assert str(self.engine.verify()).endswith("balanced, no leaks")


@pytest.fixture(params=["memory", "sqlite"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    store = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "shop.db")
    yield Shop(store)
    store.close()


def purchase(
    purchase_id: str = "P-1", mugs: int = 10, day: date = MONDAY, **more: Any
) -> OpenPurchase:
    line = PurchaseLineRequest(line_id="m", sku=MUG, quantity=mugs, expected_on=day)
    return OpenPurchase(
        purchase_id=purchase_id, supplier="acme", place=BERLIN, lines=(line,), **more
    )


def came(received: int, rejected: int = 0, purchase_id: str = "P-1") -> ReceivePurchase:
    line = ReceivedLine(line_id="m", received=received, rejected=rejected)
    return ReceivePurchase(purchase_id=purchase_id, lines=(line,))


def ordered(order_id: str, quantity: int) -> PlaceOrder:
    return PlaceOrder(
        order_id=order_id,
        currency="EUR",
        destination=Destination(country="DE"),
        lines=(LineRequest(sku=MUG, quantity=quantity, unit_price=UnitPrice(1000)),),
        tenders=(Tender(method="card", token_ref="vault:1"),),
    )


# --- purchases -------------------------------------------------------------------------------


def test_a_purchase_is_expected_comes_in_parts_and_is_closed(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(purchase())
    assert (shop.incoming(MONDAY), shop.level()) == (10, (0, 0))

    engine.submit(came(6, 1))
    assert (shop.level(), shop.incoming(MONDAY), shop.bucket(Bucket.QUALITY)) == ((5, 5), 4, 1)
    later = LineExpectation(line_id="m", expected=(ExpectedUnits(FRIDAY, 4),))
    engine.submit(ChangeExpectation(purchase_id="P-1", lines=(later,)))
    assert (shop.incoming(MONDAY), shop.incoming(FRIDAY)) == (0, 4)
    shop.is_sound()
    closed = engine.submit(ClosePurchase(purchase_id="P-1", reason="sold out"))

    assert closed.stream == "purchase/P-1"
    state = engine.state("P-1", of=PURCHASES)
    line = state.lines[0]
    assert (state.status, line.received, line.rejected, line.open) == ("closed", 6, 1, 0)
    assert shop.incoming(FRIDAY) == 0
    assert len(engine.history("P-1", of=PURCHASES)) == 4
    shop.is_sound()


def test_a_key_receives_once_and_a_refusal_is_remembered(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(purchase())
    first = engine.submit(came(4), key="delivery-1")

    again = engine.submit(came(4), key="delivery-1")

    assert (again.repeated, again.events, shop.level()) == (True, first.events, (4, 4))
    with pytest.raises(Rejected, match="over_receipt"):
        engine.submit(came(7), key="delivery-2")
    engine.submit(ClosePurchase(purchase_id="P-1"))
    with pytest.raises(Rejected, match="over_receipt"):
        engine.submit(came(7), key="delivery-2")
    with pytest.raises(Rejected) as unknown:
        engine.state("P-9", of=PURCHASES)
    with pytest.raises(Rejected) as refused:
        engine.submit(CancelPurchase(purchase_id="P-9"))
    assert refused.value.code == unknown.value.code == "unknown_purchase"
    assert refused.value.legal == unknown.value.legal == ("OpenPurchase",)
    shop.is_sound()


def forced(shop: Shop, quantity: int) -> None:
    """Units leave that were never on record."""

    def leave(movements: Movements) -> None:
        movements.unheal(MUG, BERLIN, quantity)
        movements.adjust(MUG, BERLIN, -quantity, AdjustReason.OWN_USE)

    shop.move("forced", leave)
    assert shop.bucket(Bucket.DISCREPANCY) == -quantity


def test_of_two_receipts_of_one_purchase_the_second_sees_what_the_first_explained(
    shop: Shop,
) -> None:
    shop.engine.submit(purchase())
    forced(shop, 3)
    rival = RivalFirst(shop.store, [lambda: shop.engine.submit(came(4))])

    shop.over(cast("Store", rival)).submit(came(5))

    assert shop.engine.state("P-1", of=PURCHASES).lines[0].received == 9
    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((6, 6), 0)
    assert shop.incoming(MONDAY) == 1
    shop.is_sound()


def test_of_two_receipts_of_one_purchase_the_second_may_be_one_too_many(shop: Shop) -> None:
    shop.engine.submit(purchase())
    rival = RivalFirst(shop.store, [lambda: shop.engine.submit(came(6))])

    with pytest.raises(Rejected) as refused:
        shop.over(cast("Store", rival)).submit(came(6))

    assert (refused.value.code, refused.value.data["at_most"]) == ("over_receipt", 4)
    assert shop.level() == (6, 6)
    shop.is_sound()


def test_of_two_receipts_for_one_day_the_second_sees_what_the_first_explained(shop: Shop) -> None:
    for each in ("P-1", "P-2"):
        shop.engine.submit(purchase(each))
    forced(shop, 3)
    rival = RivalFirst(shop.store, [lambda: shop.engine.submit(came(5, purchase_id="P-2"))])

    shop.over(cast("Store", rival)).submit(came(5))

    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((7, 7), 0)
    shop.is_sound()


def test_what_two_purchases_explained_twice_the_next_receipt_puts_back(shop: Shop) -> None:
    for each, day in (("P-1", MONDAY), ("P-2", FRIDAY)):
        shop.engine.submit(purchase(each, day=day))
    forced(shop, 3)
    rival = RivalFirst(shop.store, [lambda: shop.engine.submit(came(5, purchase_id="P-2"))])
    shop.over(cast("Store", rival)).submit(came(5))
    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((4, 4), 3)

    shop.engine.submit(came(1))

    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((8, 8), 0)
    shop.is_sound()


# --- preorders and backorders ----------------------------------------------------------------


def preordered(shop: Shop, name: str, quantity: int, day: date = MONDAY) -> str:
    shop.clock.advance(seconds=60)
    hold: str = shop.move(
        name, lambda m: m.preorder(MUG, BERLIN, day, quantity), holder=f"cart/{name}"
    )
    return hold


def held(shop: Shop) -> list[tuple[str, str, int]]:
    """Who holds how many of what."""
    holds = shop.store.pendings(MAIN)
    return sorted((h.reference, h.target.split("|")[1], h.amount) for h in holds)


def test_what_comes_is_allocated_to_preorders_in_the_order_of_the_promises(shop: Shop) -> None:
    shop.engine.submit(purchase())
    first, second = preordered(shop, "a", 3), preordered(shop, "b", 4)

    (event,) = shop.engine.submit(came(6, 1)).events

    served = cast("Any", event).allocated
    assert [(s.holder, s.quantity, s.preorder, bool(s.rest)) for s in served] == [
        ("cart/a", 3, first, False),
        ("cart/b", 2, second, True),
    ]
    assert held(shop) == [
        ("cart/a", "allocated", 3),
        ("cart/b", "allocated", 2),
        ("cart/b", "preordered", 2),
    ]
    assert (shop.level(), shop.incoming(MONDAY)) == ((5, 0), 4)
    shop.is_sound()
    shop.engine.submit(came(4))
    assert held(shop) == [
        ("cart/a", "allocated", 3),
        ("cart/b", "allocated", 2),
        ("cart/b", "allocated", 2),
    ]
    assert shop.level() == (9, 2)
    shop.is_sound()


def test_a_receipt_serves_those_of_its_own_day_and_one_without_day_serves_all(shop: Shop) -> None:
    shop.engine.submit(purchase())
    shop.engine.submit(purchase("P-2", 5, FRIDAY))
    preordered(shop, "late", 2, FRIDAY)
    preordered(shop, "soon", 2)

    shop.engine.submit(came(3))
    assert held(shop) == [("cart/late", "preordered", 2), ("cart/soon", "allocated", 2)]
    shop.engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 4}))

    assert held(shop) == [("cart/late", "allocated", 2), ("cart/soon", "allocated", 2)]
    assert (shop.level(), shop.incoming(FRIDAY)) == ((7, 3), 5)
    shop.is_sound()


def test_a_preorder_that_is_made_while_a_transfer_arrives_is_served_all_the_same(
    shop: Shop,
) -> None:
    shop.engine.submit(ReceiveStock(place=LYON, lines={MUG: 5}))
    opening = OpenTransfer(
        transfer_id="T-1", source=LYON, target=BERLIN, lines={MUG: 5}, expected_on=FRIDAY
    )
    shop.engine.submit(opening)
    shop.engine.submit(SendTransfer(transfer_id="T-1", lines={"line-1": 5}))
    rival = RivalFirst(shop.store, [lambda: preordered(shop, "a", 2, FRIDAY)])

    shop.over(cast("Store", rival)).submit(ReceiveTransfer(transfer_id="T-1", lines={"line-1": 5}))

    assert (held(shop), shop.level()) == ([("cart/a", "allocated", 2)], (5, 3))
    shop.is_sound()


def test_a_preorder_that_ends_while_units_come_is_not_served(shop: Shop) -> None:
    shop.engine.submit(purchase())
    hold = preordered(shop, "a", 3)
    rival = RivalFirst(
        shop.store, [lambda: shop.move("gone", lambda m: m.release(hold, "gave up"))]
    )

    (event,) = shop.over(cast("Store", rival)).submit(came(5)).events

    assert cast("Any", event).allocated == ()
    assert (held(shop), shop.level()) == ([], (5, 5))
    shop.is_sound()


def test_a_receipt_lifts_what_was_promised_beyond_stock_first(shop: Shop) -> None:
    shop.engine.submit(purchase())
    shop.move("back", lambda m: m.allocate(MUG, BERLIN, 4, leave_at_least=-4))
    assert shop.level() == (0, 0)

    shop.engine.submit(came(6))

    assert shop.level() == (6, 2)
    shop.is_sound()


# --- transfers -------------------------------------------------------------------------------


def test_a_transfer_loses_units_on_the_way_and_every_one_is_accounted_for(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 10}))
    opening = OpenTransfer(
        transfer_id="T-1", source=BERLIN, target=LYON, lines={MUG: 6}, expected_on=MONDAY
    )
    engine.submit(opening)
    engine.submit(SendTransfer(transfer_id="T-1", lines={"line-1": 6}))
    assert (shop.level(), shop.bucket(Bucket.IN_TRANSIT, "lyon")) == ((4, 4), 6)
    shop.move("pre", lambda m: m.preorder(MUG, LYON, MONDAY, 2))
    shop.is_sound()

    arrived = engine.submit(ReceiveTransfer(transfer_id="T-1", lines={"line-1": 4}), key="truck")
    again = engine.submit(ReceiveTransfer(transfer_id="T-1", lines={"line-1": 4}), key="truck")
    assert (again.repeated, again.events) == (True, arrived.events)
    assert (shop.level("lyon"), held(shop)) == ((4, 2), [("cart/c", "allocated", 2)])
    engine.submit(CloseTransfer(transfer_id="T-1", rest=RestOfTransfer.LOST))

    state = engine.state("T-1", of=TRANSFERS)
    assert (state.status, state.lines[0].received) == ("closed", 4)
    assert (shop.bucket(Bucket.IN_TRANSIT, "lyon"), shop.incoming(MONDAY, "lyon")) == (0, 0)
    assert shop.level()[0] + shop.level("lyon")[0] == 8
    with pytest.raises(Rejected, match="not_legal_now"):
        engine.submit(ReceiveTransfer(transfer_id="T-1", lines={"line-1": 1}))
    shop.is_sound()


def test_promised_units_are_not_sent_away_and_the_refusal_has_true_numbers(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 5}))
    opening = OpenTransfer(
        transfer_id="T-1", source=BERLIN, target=LYON, lines={MUG: 5}, expected_on=MONDAY
    )
    engine.submit(opening)
    rival = RivalFirst(shop.store, [lambda: engine.submit(ordered("O-1", 3))])

    with pytest.raises(Rejected) as refused:
        shop.over(cast("Store", rival)).submit(SendTransfer(transfer_id="T-1", lines={"line-1": 5}))

    assert (refused.value.code, refused.value.legal) == ("shortage", ("at most 2",))
    shop.is_sound()


# --- counts, lists and adjustments -----------------------------------------------------------


def test_what_is_sold_after_a_count_stays_sold(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 10}))
    engine.submit(OpenCount(count_id="C-1", place=BERLIN, skus=(MUG,)))
    shop.clock.advance(seconds=3600)
    counted_at = shop.clock()
    shop.clock.advance(seconds=60)
    engine.submit(ordered("O-1", 4))
    work = FulfillUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 4})
    engine.submit(work)
    assert shop.level() == (6, 6)

    said = RecordCount(count_id="C-1", lines={MUG: 9}, counted_at=counted_at)
    (event,) = engine.submit(said, key="sheet-1").events

    line = cast("Any", event).lines[0]
    assert (line.recorded, line.delta, shop.level()) == (10, -1, (5, 5))
    assert engine.submit(said, key="sheet-1").repeated
    assert engine.submit(said).events == ()
    late = ReceiveStock(place=BERLIN, lines={MUG: 2}, occurred_at=counted_at)
    engine.submit(late)
    found = late_movements(engine.state("C-1", of=COUNTS), shop.store.entries(MAIN))
    assert [(m.reason, m.delta) for m in found] == [("receive", 2)]
    (again,) = engine.submit(said).events
    assert len(cast("Any", again).lines[0].late) == 1
    assert shop.level() == (5, 5)
    engine.submit(CloseCount(count_id="C-1"))
    assert engine.state("C-1", of=COUNTS).status == "closed"
    shop.is_sound()


def test_a_count_of_less_than_has_left_since_is_never_refused(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 5}))
    engine.submit(OpenCount(count_id="C-1", place=BERLIN))
    counted_at = shop.clock()
    shop.clock.advance(seconds=60)
    gone = AdjustStock(place=BERLIN, lines={MUG: -3}, reason=AdjustReason.DAMAGE)
    rival = RivalAtWrite(shop.store, [lambda: engine.submit(gone)])

    said = RecordCount(count_id="C-1", lines={MUG: 1}, counted_at=counted_at)
    shop.over(cast("Store", rival)).submit(said)

    assert (shop.level()[0], shop.bucket(Bucket.DISCREPANCY)) == (0, -2)
    shop.is_sound()


def test_a_list_is_applied_once_and_an_older_one_is_refused(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 10, "TEE": 2}))
    engine.submit(ordered("O-1", 4))
    as_of = shop.clock()
    shop.clock.advance(seconds=60)
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 1}))
    said = ApplySnapshot(
        place=BERLIN, as_of=as_of, lines={MUG: 3}, complete=(Bucket.ON_HAND,), reference="wms-7"
    )

    (event,) = engine.submit(said).events

    corrections = cast("Any", event).corrections
    assert [(each.sku, each.delta) for each in corrections] == [(MUG, -7), ("TEE", -2)]
    assert [(u.sku, u.shortage) for u in cast("Any", event).uncovered] == []
    assert shop.level() == (4, 0)
    assert engine.submit(said).events == ()
    assert shop.level() == (4, 0)
    shop.clock.advance(seconds=60)
    engine.submit(ApplySnapshot(place=BERLIN, as_of=shop.clock(), lines={MUG: 4}))
    with pytest.raises(Rejected, match="snapshot_outdated"):
        engine.submit(said)
    assert engine.state("berlin", of=SNAPSHOTS).as_of == shop.clock()
    assert [h.amount for h in shop.store.pendings(MAIN)] == [4]
    shop.is_sound()


def test_a_list_of_less_than_has_left_a_bucket_since_is_balanced(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(purchase())
    engine.submit(came(6, 4))
    as_of = shop.clock()
    shop.clock.advance(seconds=60)
    shop.move("restock", lambda m: m.restock(MUG, BERLIN, 3))
    said = ApplySnapshot(place=BERLIN, as_of=as_of, lines={MUG: 2}, complete=(Bucket.QUALITY,))

    engine.submit(said)

    assert (shop.bucket(Bucket.QUALITY), shop.bucket(Bucket.DISCREPANCY)) == (0, -3)
    assert engine.submit(said).events == ()
    shop.is_sound()


def test_an_adjustment_says_why_and_its_key_answers_for_ever(shop: Shop) -> None:
    engine = shop.engine
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 2}))
    gone = AdjustStock(place=BERLIN, lines={MUG: -5}, reason=AdjustReason.THEFT, reference="r-1")

    first = engine.submit(gone, key="r-1")
    again = engine.submit(gone, key="r-1")

    assert (again.repeated, again.reply) == (True, first.reply)
    assert cast("Any", first.reply).beyond == 3
    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((0, 0), -3)
    engine.submit(ReceiveStock(place=BERLIN, lines={MUG: 5}))
    assert (shop.level(), shop.bucket(Bucket.DISCREPANCY)) == ((2, 2), 0)
    shop.is_sound()
