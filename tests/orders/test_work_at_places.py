"""
Work at places, step by step, on the whole order: what each step leads to.

"""

from datetime import timedelta
from typing import Any

import pytest

from ordercore.errors import InvariantViolated, Rejected
from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CartId, CommandId, OrderId, PlaceId, ReturnId
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    OrderContext,
    OrderReleased,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    ReleaseCart,
    ReportMissing,
    Reservation,
    ReserveCart,
    Rules,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
    balance,
)
from ordercore.orders import _conclusions as conclusions
from ordercore.orders._draft import Draft
from tests.orders.builders import GERMANY, START, Shop, line_of, shop

ORDER = OrderId("O-1")


def at(made: Shop, n: int = 0, **more: Any) -> dict[str, Any]:
    return {"order_id": ORDER, "fulfillment_order_id": made.work(n=n).id, **more}


def box(made: Shop, n: int = -1) -> dict[str, Any]:
    return {"order_id": ORDER, "package_id": made.package(n=n).id}


def boxed(quantity: int = 2, stock: int = 5) -> Shop:
    made = shop({"MUG": stock})
    made.place(lines=[line_of(quantity=quantity)], shipping_minor=490)
    made.do(PickUnits(**at(made, lines={"line-1": quantity})))
    made.do(PackUnits(**at(made, lines={"line-1": quantity})))
    return made


def test_a_box_that_is_opened_again_can_be_packed_anew_and_its_units_canceled() -> None:
    made = boxed()
    made.do(UnpackPackage(**box(made)))
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert made.stock() == (4, 0, 4)
    made.do(PackUnits(**at(made, lines={"line-1": 1}), weight_g=777))
    assert made.package().weight_g == 777
    made.do(ShipPackage(**box(made)))
    assert balance(made.order()).charged_minor == 1490
    assert made.order().fulfillment.orders[0].status == "closed"


def test_the_weight_of_a_box_is_that_of_its_units_unless_it_was_weighed() -> None:
    made = shop({"TEE": 5})
    made.place(lines=[line_of("TEE", 3)])
    assert made.send().weight_g == 300


def test_a_delivery_told_before_its_dispatch_takes_effect_with_it() -> None:
    made = boxed()
    early = made.clock.now
    made.do(RecordDelivery(**box(made), occurred_at=early))
    made.do(RecordDelivery(**box(made)))
    assert [a.kind for a in made.order().anomalies] == ["delivered_before_dispatch"]
    assert made.package().status == "packed"
    made.do(ShipPackage(**box(made)))
    assert made.package().status == "delivered"
    assert made.order().status == "completed"
    delivered = made.engine.timeline("O-1")[-1]
    assert delivered.at == early or "delivered" not in delivered.text


def test_a_delivery_of_a_box_that_was_opened_again_is_kept_once_and_changes_nothing() -> None:
    made = boxed()
    made.do(UnpackPackage(**box(made)))
    for _ in range(2):
        made.do(RecordDelivery(**box(made)))
    assert [a.kind for a in made.order().anomalies] == ["delivered_though_unpacked"]
    assert made.order().status == "released"


def test_a_delivery_told_twice_says_nothing_new() -> None:
    made = boxed()
    made.do(ShipPackage(**box(made)))
    made.do(RecordDelivery(**box(made)))
    version = made.engine.version("O-1")
    assert made.do(RecordDelivery(**box(made))).events == ()
    assert made.engine.version("O-1") == version


def test_fulfilling_in_one_takes_what_was_picked_before_and_picks_the_rest() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=3)])
    made.do(PickUnits(**at(made, lines={"line-1": 2})))
    made.do(FulfillUnits(**at(made, lines={"line-1": 1})))
    line = made.work().lines[0]
    assert (line.waiting, line.picked, line.shipped) == (1, 1, 1)
    made.do(FulfillUnits(**at(made)))
    assert made.work().lines[0].shipped == 3
    with pytest.raises(Rejected, match="nothing_asked"):
        made.do(FulfillUnits(**at(made)))


def test_shipping_is_charged_once_with_the_first_box() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=3)], shipping_minor=490)
    made.send(lines={"line-1": 1})
    assert balance(made.order()).charged_minor == 1490
    made.send()
    assert balance(made.order()).charged_minor == 3490


def test_shipping_is_refunded_once_and_only_when_asked() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=3)], shipping_minor=490)
    made.send(deliver=True)
    for n, refunded, asked in ((1, 1000, False), (2, 2490, True), (3, 3490, True)):
        about: dict[str, Any] = {"order_id": ORDER, "return_id": ReturnId(f"O-1/return-{n}")}
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
        made.do(ReceiveReturn(**about, place=PlaceId("lyon")))
        made.do(InspectReturn(**about, refund_shipping=asked))
        assert balance(made.order()).refunded_minor == refunded
    assert made.stock(place="lyon") == (3, 0, 3)


def test_shipping_is_canceled_with_the_last_unit_and_not_before() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=2)], shipping_minor=490)
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert made.order().due_minor == 1490
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert made.order().due_minor == 0
    assert made.order().status == "canceled"


def test_units_without_a_source_are_canceled_first() -> None:
    made = shop({"MUG": 3})
    made.place(lines=[line_of(quantity=3)])
    made.do(ReportMissing(**at(made, lines={"line-1": 1})))
    assert made.order().lines[0].unsourced == 1
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 2}))
    line = made.order().lines[0]
    assert (line.unsourced, made.work().lines[0].waiting) == (0, 1)
    assert made.do(SourceAgain(order_id=ORDER)).events == ()


def test_only_what_has_no_source_may_be_canceled_and_the_rest_goes_on() -> None:
    made = shop({"MUG": 3})
    made.place(lines=[line_of(quantity=3)])
    made.do(ReportMissing(**at(made, lines={"line-1": 1})))
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert made.work().lines[0].waiting == 2
    made.send(deliver=True)
    assert made.order().status == "completed"
    assert balance(made.order()).captured_minor == 2000


def test_a_place_that_does_not_ship_there_is_passed_over() -> None:
    made = shop({"MUG": 3})
    made.receive({"MUG": 3}, "lyon")
    made.post.serves = ("lyon",)
    made.place(lines=[line_of(quantity=3)])
    assert made.work().place == "lyon"


def test_promises_that_no_place_was_given_yet_are_given_back_from_the_last_one() -> None:
    made = shop({"MUG": 2})
    made.receive({"MUG": 2}, "lyon")
    made.place(lines=[line_of(quantity=3), line_of(quantity=1)], tenders=())
    held = [(a.line_id, a.place, a.quantity) for a in made.order().allocations]
    assert sum(n for _, _, n in held) == 4
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 2}))
    assert sum(a.quantity for a in made.order().allocations) == 2
    assert {a.line_id for a in made.order().allocations} == {"line-1", "line-2"}
    free = sum(level.available for level in made.engine.availability("MUG"))
    assert free == 2
    assert made.engine.verify().balanced


def test_an_order_is_completed_when_every_box_that_left_has_arrived() -> None:
    made = shop({"MUG": 2})
    made.place(lines=[line_of(quantity=2)])
    made.send(lines={"line-1": 1}, deliver=True)
    assert made.order().status == "released"
    made.do(CancelUnits(order_id=ORDER))
    assert made.order().status == "completed"


# --- carts -----------------------------------------------------------------------------------


def reserve(made: Shop, quantity: int, cart: str = "C-1", **more: Any) -> Reservation:
    command = ReserveCart(
        cart_id=CartId(cart),
        currency="EUR",
        destination=GERMANY,
        lines={"MUG": quantity},
        **more,
    )
    reply = made.do(command).reply
    assert isinstance(reply, Reservation)
    return reply


def test_a_cart_holds_its_units_until_they_run_out_or_are_given_back() -> None:
    made = shop({"MUG": 3})
    reply = reserve(made, 2, hold_s=600)
    assert timedelta(seconds=599) <= reply.expires_at - made.clock.now <= timedelta(seconds=600)
    assert made.stock() == (3, 0, 1)
    made.do(ReleaseCart(cart_id=CartId("C-1")))
    assert made.stock() == (3, 0, 3)
    reserve(made, 3)
    made.clock.advance(hours=1)
    assert made.stock() == (3, 0, 3)
    made.do(ReleaseCart(cart_id=CartId("C-1")))
    made.do(ReleaseCart(cart_id=CartId("never-seen")))
    assert made.engine.verify().balanced


def test_a_cart_replaces_what_it_held_and_is_never_in_its_own_way() -> None:
    made = shop({"MUG": 3})
    reserve(made, 2)
    reserve(made, 3)
    assert made.stock() == (3, 0, 0)
    with pytest.raises(Rejected, match="shortage"):
        reserve(made, 4)
    assert made.stock() == (3, 0, 0)
    with pytest.raises(Rejected, match="shortage"):
        reserve(made, 1, cart="C-2")
    reserve(made, 1)
    reserve(made, 2, cart="C-2")


def test_an_order_takes_over_what_its_cart_held() -> None:
    made = shop({"MUG": 3})
    reserve(made, 3)
    with pytest.raises(Rejected, match="shortage"):
        made.place("O-2")
    made.place(lines=[line_of(quantity=3)], cart_id=CartId("C-1"))
    assert made.stock() == (3, 3, 0)
    assert made.store.pendings(made.engine._tenant, "cart/C-1") == ()


def test_an_order_whose_carts_hold_has_run_out_takes_what_is_there() -> None:
    made = shop({"MUG": 3})
    reserve(made, 3)
    made.clock.advance(hours=2)
    made.place("O-2", lines=[line_of(quantity=2)])
    with pytest.raises(Rejected, match="2 of MUG"):
        made.place(lines=[line_of(quantity=3)], cart_id=CartId("C-1"))
    made.place(cart_id=CartId("C-1"))


# --- the rest --------------------------------------------------------------------------------


def test_what_is_allowed_reads_as_a_list_of_commands() -> None:
    made = shop({"MUG": 3}, rules=Rules())
    made.place(lines=[line_of(quantity=2)])
    words = [str(entry) for entry in made.engine.allowed("O-1")]
    assert "PickUnits O-1/fo-1 (2 wait at berlin)" in words
    assert "CancelUnits (up to 2 in no box)" in words
    made.do(PickUnits(**at(made, lines={"line-1": 1})))
    made.do(PackUnits(**at(made, lines={"line-1": 1})), perform=False)
    words = [str(entry) for entry in made.engine.allowed("O-1")]
    assert "ShipPackage O-1/package-1 (packed with a tracking number)" in words
    assert "CancelUnits (up to 1 in no box)" in words
    made.do(ReportMissing(**at(made, lines={"line-1": 1})))
    assert "SourceAgain (1 have no place)" in [str(e) for e in made.engine.allowed("O-1")]


def test_conclusions_that_do_not_come_to_rest_are_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    made = shop({"MUG": 3})
    order = made.place()
    context: OrderContext = OrderContext(
        at=START,
        actor=Actor(ActorKind.SYSTEM, "host"),
        command_id=CommandId("c"),
        rules=made.rules,
    )

    def restless(draft: Draft) -> None:
        draft.add(OrderReleased(status="released"))

    monkeypatch.setattr(conclusions, "_CONCLUSIONS", (restless,))
    with pytest.raises(InvariantViolated, match="O-1 do not come to rest"):
        conclusions.conclude(Draft.of(order, context))
