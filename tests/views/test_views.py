"""
What people read: one word for an order, and its history in sentences.

"""

from datetime import date
from typing import Any, get_args

import pytest

from ordercore.grammar import Actor, ActorKind, Declined
from ordercore.ids import LineId, OrderId, PlaceId, PurchaseId, ReturnId, Sku
from ordercore.inventory import StockRule, StockRules
from ordercore.inventory.documents import OpenPurchase, PurchaseLineRequest
from ordercore.orders import (
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    InspectReturn,
    OrderEvent,
    ReceiveReturn,
    RecordDelivery,
    ReleaseWhen,
    ReportMissing,
    Rules,
    evolve,
)
from ordercore.orders._state import _FOLDS
from ordercore.views import AwaitedUnits, PublicStatus, awaited_units, public_status, timeline
from ordercore.views._timeline import _SENTENCES
from tests.orders.builders import Shop, line_of, order_of, shop

ORDER = OrderId("O-1")


def two_mugs(**how: Any) -> Shop:
    made = shop({"MUG": 9}, **how)
    made.place(lines=[line_of(quantity=2)])
    return made


def word(made: Shop, order_id: str = "O-1") -> PublicStatus:
    return public_status(made.order(order_id))


def test_the_word_follows_an_order_to_its_end() -> None:
    made = shop({"MUG": 9})
    made.do(order_of(lines=[line_of(quantity=2)]), perform=False)
    assert word(made) is PublicStatus.AWAITING_PAYMENT
    made.settle()
    assert word(made) is PublicStatus.PROCESSING
    made.send(lines={"line-1": 1})
    assert word(made) is PublicStatus.PARTIALLY_SHIPPED
    made.send()
    assert word(made) is PublicStatus.SHIPPED
    for n, status in ((0, PublicStatus.PARTIALLY_DELIVERED), (1, PublicStatus.DELIVERED)):
        made.do(RecordDelivery(order_id=ORDER, package_id=made.package(n=n).id))
        assert word(made) is status
    for n, status in ((1, PublicStatus.PARTIALLY_RETURNED), (2, PublicStatus.RETURNED)):
        return_id = ReturnId(f"O-1/return-{n}")
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
        made.do(ReceiveReturn(order_id=ORDER, return_id=return_id, place=PlaceId("berlin")))
        assert word(made) is status


def test_a_return_that_is_only_permitted_or_was_canceled_changes_no_word() -> None:
    made = two_mugs()
    made.send(deliver=True)
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    assert word(made) is PublicStatus.DELIVERED
    made.do(CancelReturn(order_id=ORDER, return_id=ReturnId("O-1/return-1")))
    assert word(made) is PublicStatus.DELIVERED


def test_canceled_units_do_not_count() -> None:
    made = two_mugs()
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert word(made) is PublicStatus.PROCESSING
    made.send()
    assert word(made) is PublicStatus.SHIPPED
    other = two_mugs()
    other.do(CancelUnits(order_id=ORDER))
    assert word(other) is PublicStatus.CANCELED


def test_an_order_whose_every_tender_was_refused_says_so_until_another_comes() -> None:
    made = shop({"MUG": 9})
    made.pay.tell("authorize", Declined(code="no"))
    made.place()
    assert word(made) is PublicStatus.PAYMENT_DECLINED
    unpaid = shop({"MUG": 9})
    unpaid.place(tenders=())
    assert word(unpaid) is PublicStatus.AWAITING_PAYMENT


def test_work_that_begins_before_the_money_is_processing() -> None:
    made = shop({"MUG": 9}, rules=Rules(release=ReleaseWhen.IMMEDIATELY))
    made.place(tenders=())
    assert word(made) is PublicStatus.PROCESSING


def test_an_order_of_preordered_units_alone_is_preordered_and_says_by_when() -> None:
    day = date(2026, 3, 20)
    rule = StockRule(sku=Sku("MUG"), preorder_limit=5, ships_by=day)
    made = shop(rules=Rules(buy_labels=False, stock=StockRules(rules=(rule,))))
    purchase = OpenPurchase(
        purchase_id=PurchaseId("P-1"),
        supplier="S-1",
        place=PlaceId("berlin"),
        lines=(
            PurchaseLineRequest(
                line_id=LineId("m"), sku=Sku("MUG"), quantity=5, expected_on=date(2026, 3, 9)
            ),
        ),
    )
    made.do(purchase)
    unpaid = made.place("O-2", lines=[line_of("MUG")], tenders=())
    assert word(made, "O-2") is PublicStatus.AWAITING_PAYMENT
    made.receive({"TEE": 1})
    made.place(lines=[line_of("MUG", 2)])
    assert word(made) is PublicStatus.PREORDERED
    made.place("O-3", lines=[line_of("MUG"), line_of("TEE")])
    assert word(made, "O-3") is PublicStatus.PROCESSING
    expected = AwaitedUnits(line_id=LineId("line-1"), sku=Sku("MUG"), quantity=1, ships_by=day)
    assert awaited_units(unpaid) == awaited_units(made.order("O-3")) == (expected,)
    told = [reason for entry in made.engine.timeline("O-3") for reason in entry.why]
    promise = "1 of MUG are promised of what is expected at berlin on 2026-03-09, to leave by "
    assert f"{promise}{day}" in told


def test_every_word_is_one_that_an_order_can_come_to() -> None:
    # The tests above see them all; a new word needs a place there.
    assert {status.value for status in PublicStatus} == {
        "awaiting_payment",
        "payment_declined",
        "processing",
        "preordered",
        "partially_shipped",
        "shipped",
        "partially_delivered",
        "delivered",
        "partially_returned",
        "returned",
        "canceled",
    }


# --- history -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", get_args(OrderEvent), ids=lambda kind: kind.__name__)
def test_every_fact_has_a_fold_and_a_sentence_or_none_on_purpose(kind: type) -> None:
    assert kind in _SENTENCES
    assert kind in _FOLDS or kind.__name__ == "OrderPlaced"


def test_no_sentence_and_no_fold_is_about_something_that_never_happens() -> None:
    assert set(_SENTENCES) == set(get_args(OrderEvent))
    assert set(_FOLDS) <= set(get_args(OrderEvent))


def test_what_happened_is_told_in_order_with_who_and_why() -> None:
    made = two_mugs()
    clerk = Actor(ActorKind.WAREHOUSE, "w-7")
    made.do(
        ReportMissing(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 1}),
        actor=clerk,
    )
    made.send(deliver=True)
    entries = made.engine.timeline("O-1")
    assert [e.version for e in entries] == sorted(e.version for e in entries)
    text = "\n".join(map(str, entries))
    for phrase in ("2 x Mug", "20.00 EUR", "berlin", "not found", "1 x Mug", "O-1/package-1"):
        assert phrase in text, (phrase, text)
    (missing,) = (e for e in entries if "not found" in e.text)
    assert missing.actor == clerk
    assert entries[0].why
    assert len(timeline(made.engine.history("O-1")[:3])) <= 3


def test_every_fact_of_a_long_history_is_told_without_a_raw_number_of_minor_units() -> None:
    made = two_mugs()
    made.send(deliver=True)
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    about: dict[str, Any] = {"order_id": ORDER, "return_id": ReturnId("O-1/return-1")}
    made.do(ReceiveReturn(**about, place=PlaceId("berlin")))
    made.do(InspectReturn(**about, damaged={"line-1": 1}))
    history = made.engine.history("O-1")
    told = {entry.version for entry in made.engine.timeline("O-1")}
    for recorded in history:
        assert (recorded.version in told) == (_SENTENCES[type(recorded.event)] is not None)
    text = "\n".join(entry.text for entry in made.engine.timeline("O-1"))
    assert "1 damaged" in text
    assert "2000" not in text


def test_a_fact_before_the_order_exists_is_a_defect() -> None:
    made = two_mugs()
    with pytest.raises(AssertionError):
        evolve(None, made.engine.history("O-1")[1].event)  # type: ignore[arg-type]
