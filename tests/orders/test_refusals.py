"""
What an order refuses: one clear error that says what, where and what was legal; nothing changes.

"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from ordercore.catalog import SkuQuantity
from ordercore.errors import Conflict, InvalidData, InvalidDefinition, OrderCoreError, Rejected
from ordercore.grammar import Command, Declined, Facts, Succeeded
from ordercore.ids import (
    CartId,
    CommandId,
    FulfillmentOrderId,
    LineId,
    OrderId,
    PackageId,
    PlaceId,
    ReturnId,
    Sku,
)
from ordercore.inventory import ReceiveStock
from ordercore.ledger import AccountId
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    CapturePayment,
    FulfillUnits,
    InspectReturn,
    LineQuantity,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordAttempt,
    RecordDelivery,
    RecordOutcome,
    RecordPayment,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    Rules,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
    decide,
)
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import LINES_MAX, Discount
from tests.orders.builders import GERMANY, TENANT, Shop, line_of, order_of, shop, tender

ORDER = OrderId("O-1")
NOWHERE = OrderId("O-9")
WORK = FulfillmentOrderId("O-1/fo-1")
SHIPPED = PackageId("O-1/package-1")
PACKED = PackageId("O-1/package-2")
OTHER = PackageId("O-1/package-7")
CARD_NUMBER = "please use 4111 1111 1111 1111"
NAIVE = datetime(2026, 3, 1)  # noqa: DTZ001 - naive on purpose


def busy_shop() -> Shop:
    """
    One order with a unit shipped, one in a box and one waiting; one return under way.

    """
    made = shop({"MUG": 9, "TEE": 2})
    made.place(lines=[line_of(quantity=3), line_of("TEE", 2, 500)])
    made.send(lines={"line-1": 1})
    made.do(PickUnits(order_id=ORDER, fulfillment_order_id=WORK, lines={"line-1": 1}))
    made.do(PackUnits(order_id=ORDER, fulfillment_order_id=WORK, lines={"line-1": 1}))
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    return made


def lines(**quantities: int) -> dict[str, int]:
    return {name.replace("_", "-"): n for name, n in quantities.items()}


def at_work(kind: Any, order_id: str = "O-1", work: str = WORK, **quantities: int) -> Command:
    made: Command = kind(order_id=order_id, fulfillment_order_id=work, lines=lines(**quantities))
    return made


def cart(**more: Any) -> ReserveCart:
    how: dict[str, Any] = {
        "cart_id": CartId("C-1"),
        "currency": "EUR",
        "destination": GERMANY,
        "lines": {"MUG": 1},
    }
    return ReserveCart(**{**how, **more})


def paid_in(**more: Any) -> RecordPayment:
    how: dict[str, Any] = {
        "order_id": ORDER,
        "method": "transfer",
        "amount_minor": 100,
        "currency": "EUR",
        "account": "bank",
        "reference": "r-1",
    }
    return RecordPayment(**{**how, **more})


def back(kind: Any, return_id: str = "O-1/return-1", **more: Any) -> Command:
    made: Command = kind(order_id=ORDER, return_id=ReturnId(return_id), **more)
    return made


#: Code, what the message must name, what it must say was legal, the command.
REFUSED: list[tuple[str, str, str, Command]] = [
    ("unknown_sku", "NOPE", "SKUs of the catalog", order_of("O-2", lines=[line_of("NOPE")])),
    ("unknown_sku", "NOPE", "catalog", ReceiveStock(place=PlaceId("berlin"), lines={"NOPE": 1})),
    ("unknown_sku", "NOPE", "catalog", cart(lines={"NOPE": 1})),
    ("unknown_place", "mars", "places", ReceiveStock(place=PlaceId("mars"), lines={"MUG": 1})),
    (
        "unknown_place",
        "mars",
        "places",
        order_of("O-2", lines=[line_of(place=PlaceId("mars"))]),
    ),
    ("shortage", "4 of MUG", "less of these", order_of("O-2", lines=[line_of(quantity=10)])),
    ("shortage", "1 of TEE", "less of these", cart(lines={"MUG": 1, "TEE": 1})),
    (
        "shortage",
        "6 of MUG",
        "receipt",
        order_of("O-2", lines=[line_of(quantity=6), line_of(quantity=6)]),
    ),
    (
        "shortage",
        "1 of MUG",
        "receipt",
        order_of("O-2", lines=[line_of(quantity=1, place=PlaceId("lyon"))]),
    ),
    ("order_exists", "O-1", "another order id", order_of("O-1")),
    (
        "discount_exceeds_order",
        "1001",
        "0 to 1000",
        order_of("O-2", discounts=(Discount(code="x", amount_minor=1001),)),
    ),
    (
        "discount_exceeds_line",
        "1001",
        "0 to 1000",
        order_of("O-2", lines=[line_of(discounts=(Discount(code="x", amount_minor=1001),))]),
    ),
    (
        "tenders_differ_from_total",
        "999 of 1000",
        "1000",
        order_of("O-2", tenders=[tender(amount=999)]),
    ),
    (
        "tenders_differ_from_total",
        "1001 of 1000",
        "1000",
        order_of("O-2", tenders=[tender(amount=1001)]),
    ),
    (
        "tenders_differ_from_total",
        "0 of 1000",
        "one tender without amount",
        order_of("O-2", tenders=[tender(), tender()]),
    ),
    (
        "too_many_tenders",
        "51",
        "at most 50",
        order_of("O-2", tenders=[*(tender(amount=1) for _ in range(50)), tender()]),
    ),
    ("nothing_due", "covered", "nothing", AddTender(order_id=ORDER, tender=tender())),
    ("currency_differs", "EUR, not in USD", "EUR", paid_in(currency="USD")),
    (
        "exceeds_authorization",
        "can't capture 3001",
        "at most 3000",
        CapturePayment(order_id=ORDER, amount_minor=3001),
    ),
    (
        "unknown_fulfillment_order",
        "O-1/fo-7",
        "O-1/fo-1",
        at_work(PickUnits, work=FulfillmentOrderId("O-1/fo-7"), line_1=1),
    ),
    ("unknown_line", "line-7", "line-1, line-2", at_work(PickUnits, line_7=1)),
    ("unknown_line", "line-7", "line-1, line-2", at_work(FulfillUnits, line_7=1)),
    (
        "unknown_line",
        "line-7",
        "line-1, line-2",
        CancelUnits(order_id=ORDER, lines=lines(line_7=1)),
    ),
    ("unknown_line", "line-7", "line-1", AuthorizeReturn(order_id=ORDER, lines=lines(line_7=1))),
    ("quantity_not_there", "pick 2", "1 to 1", at_work(PickUnits, line_1=2)),
    ("quantity_not_there", "miss 2", "1 to 1", at_work(ReportMissing, line_1=2)),
    ("quantity_not_there", "pack 1", "nothing to pack", at_work(PackUnits, line_1=1)),
    ("quantity_not_there", "pick 2", "1 to 1", at_work(FulfillUnits, line_1=2)),
    (
        "quantity_not_there",
        "can't cancel 2",
        "1 to 1",
        CancelUnits(order_id=ORDER, lines=lines(line_1=2)),
    ),
    (
        "unknown_package",
        "package-7",
        "O-1/package-1",
        ShipPackage(order_id=ORDER, package_id=OTHER),
    ),
    (
        "unknown_package",
        "package-7",
        "O-1/package-1",
        UnpackPackage(order_id=ORDER, package_id=OTHER),
    ),
    (
        "unknown_package",
        "package-7",
        "O-1/package-1",
        RecordDelivery(order_id=ORDER, package_id=OTHER),
    ),
    ("not_legal_now", "can't ship", "deliver", ShipPackage(order_id=ORDER, package_id=SHIPPED)),
    ("not_legal_now", "can't unpack", "deliver", UnpackPackage(order_id=ORDER, package_id=SHIPPED)),
    (
        "not_shipped",
        "1 have shipped",
        "nothing of this line",
        AuthorizeReturn(order_id=ORDER, lines=lines(line_1=1)),
    ),
    (
        "not_shipped",
        "0 have shipped",
        "nothing of this line",
        AuthorizeReturn(order_id=ORDER, lines=lines(line_2=1)),
    ),
    ("unknown_return", "return-7", "O-1/return-1", back(CancelReturn, "O-1/return-7")),
    ("unknown_return", "return-7", "O-1/return-1", back(InspectReturn, "O-1/return-7")),
    (
        "unknown_return",
        "return-7",
        "O-1/return-1",
        back(ReceiveReturn, "O-1/return-7", place=PlaceId("berlin")),
    ),
    ("not_legal_now", "can't inspect", "receive", back(InspectReturn)),
    (
        "quantity_not_there",
        "2 of line line-1",
        "1 to 1",
        back(ReceiveReturn, place=PlaceId("berlin"), lines=lines(line_1=2)),
    ),
    (
        "quantity_not_there",
        "1 of line line-2",
        "nothing of this line",
        back(ReceiveReturn, place=PlaceId("berlin"), lines=lines(line_2=1)),
    ),
    (
        "unknown_request",
        "O-1/capture-7",
        "O-1/capture-1",
        RecordOutcome(order_id=ORDER, effect_key="O-1/capture-7", outcome=Declined(code="no")),
    ),
    (
        "nothing_to_retry",
        "O-1/capture-7",
        "nothing",
        RetryEffect(order_id=ORDER, effect_key="O-1/capture-7"),
    ),
    *(
        ("unknown_order", "O-9", "PlaceOrder", command)
        for command in (
            AddTender(order_id=NOWHERE, tender=tender()),
            paid_in(order_id=NOWHERE),
            CapturePayment(order_id=NOWHERE, amount_minor=1),
            at_work(PickUnits, "O-9", line_1=1),
            at_work(ReportMissing, "O-9", line_1=1),
            at_work(PackUnits, "O-9", line_1=1),
            at_work(FulfillUnits, "O-9", line_1=1),
            UnpackPackage(order_id=NOWHERE, package_id=PACKED),
            ShipPackage(order_id=NOWHERE, package_id=PACKED),
            RecordDelivery(order_id=NOWHERE, package_id=PACKED),
            SourceAgain(order_id=NOWHERE),
            CancelUnits(order_id=NOWHERE),
            AuthorizeReturn(order_id=NOWHERE, lines=lines(line_1=1)),
            ReceiveReturn(order_id=NOWHERE, return_id=ReturnId("r"), place=PlaceId("berlin")),
            InspectReturn(order_id=NOWHERE, return_id=ReturnId("r")),
            CancelReturn(order_id=NOWHERE, return_id=ReturnId("r")),
            RecordOutcome(order_id=NOWHERE, effect_key="k", outcome=Declined(code="no")),
            RecordAttempt(order_id=NOWHERE, effect_key="k", attempt=1, reason="no"),
            RetryEffect(order_id=NOWHERE, effect_key="k"),
        )
    ),
]


@pytest.mark.parametrize(
    ("code", "names", "legal", "command"),
    REFUSED,
    ids=[f"{type(row[3]).__name__}-{row[0]}-{n}" for n, row in enumerate(REFUSED)],
)
def test_a_refusal_says_what_where_and_what_was_legal_and_changes_nothing(
    code: str, names: str, legal: str, command: Command
) -> None:
    made = busy_shop()
    before = made.state()
    with pytest.raises(Rejected) as caught:
        made.do(command, key="K-1")
    refusal = caught.value
    assert refusal.code == code
    assert names in refusal.reason
    assert any(legal in phrase for phrase in (", ".join(refusal.legal), *refusal.legal))
    assert refusal.legal
    assert code in str(refusal)
    assert made.state() == before
    receipt = made.store.recall(TENANT, CommandId("K-1"))
    assert receipt is not None
    assert receipt.rejected == refusal
    assert receipt.from_version == receipt.to_version
    with pytest.raises(Rejected) as again:
        made.do(command, key="K-1")
    assert str(again.value) == str(refusal)
    assert made.engine.verify().balanced


def test_more_than_is_due_is_not_captured_although_it_is_authorized() -> None:
    made = busy_shop()
    made.do(CancelUnits(order_id=ORDER, lines=lines(line_2=2)))
    before = made.state()
    with pytest.raises(Rejected, match=r"exceeds_due.*2000 is due") as caught:
        made.do(CapturePayment(order_id=ORDER, amount_minor=2001))
    assert caught.value.legal == ("at most 2000",)
    assert made.state() == before


def test_a_tender_that_names_more_than_is_missing_is_refused() -> None:
    made = busy_shop()
    made.place("O-2", tenders=())
    before = made.state()
    with pytest.raises(Rejected, match="names 1001, 1000 of order O-2") as caught:
        made.do(AddTender(order_id=OrderId("O-2"), tender=tender(amount=1001)))
    assert caught.value.code == "tenders_differ_from_total"
    assert made.state() == before


def test_money_recorded_under_one_number_has_one_amount() -> None:
    made = busy_shop()
    made.do(paid_in())
    before = made.state()
    made.do(paid_in())
    with pytest.raises(Rejected, match="payment_differs") as caught:
        made.do(paid_in(amount_minor=101))
    assert caught.value.data["recorded_minor"] == 100
    assert made.state() == before


def test_an_order_takes_no_more_payments_than_it_can_show() -> None:
    made = busy_shop()
    for n in range(49):
        made.do(paid_in(reference=f"r-{n}", amount_minor=1))
    before = made.state()
    with pytest.raises(Rejected, match="too_many_tenders"):
        made.do(paid_in(reference="r-49", amount_minor=1))
    assert made.state() == before


def test_a_box_that_waits_for_its_label_does_not_leave_without_a_number() -> None:
    made = shop({"MUG": 9}, rules=Rules())
    made.place()
    made.do(at_work(PickUnits, line_1=1))
    made.do(at_work(PackUnits, line_1=1), perform=False)
    before = made.state()
    with pytest.raises(Rejected, match="label_missing") as caught:
        made.do(ShipPackage(order_id=ORDER, package_id=SHIPPED), perform=False)
    assert "wait for the label" in caught.value.legal
    assert made.state() == before


def test_what_is_all_in_boxes_cannot_be_canceled() -> None:
    made = shop({"MUG": 9})
    made.place()
    made.do(at_work(PickUnits, line_1=1))
    made.do(at_work(PackUnits, line_1=1))
    before = made.state()
    with pytest.raises(Rejected, match="nothing_to_cancel") as caught:
        made.do(CancelUnits(order_id=ORDER))
    assert "UnpackPackage before it leaves" in caught.value.legal
    with pytest.raises(Rejected, match="nothing_asked"):
        made.do(FulfillUnits(order_id=ORDER, fulfillment_order_id=WORK))
    assert made.state() == before


def test_a_place_that_does_not_ship_there_is_refused_by_name() -> None:
    made = busy_shop()
    made.post.serves = ("lyon", "turin")
    before = made.state()
    with pytest.raises(Rejected, match="berlin does not ship to DE") as caught:
        made.do(order_of("O-2", lines=[line_of(place=PlaceId("berlin"))]))
    assert caught.value.code == "cannot_ship_from"
    assert made.state() == before


# --- what is malformed ---------------------------------------------------------------------------

HUGE = QUANTITY_MAX + 1
NO_QUANTITIES: tuple[Any, ...] = (0, -1, HUGE, True, 1.5)
Make = Callable[[], Command]

MALFORMED: list[tuple[str, Make]] = [
    *(
        (f"lines[0].quantity: {n}", lambda n=n: order_of("O-2", lines=[line_of(quantity=n)]))
        for n in NO_QUANTITIES
    ),
    *(
        (
            f"lines[0].quantity: {n}",
            lambda n=n: ReceiveStock(place=PlaceId("berlin"), lines={"MUG": n}),
        )
        for n in NO_QUANTITIES
    ),
    ("lines[0].quantity: -1", lambda: cart(lines={"MUG": -1})),
    ("lines[0].quantity: 0", lambda: at_work(PickUnits, line_1=0)),
    ("lines[0].quantity: True", lambda: CancelUnits(order_id=ORDER, lines={"line-1": True})),
    (
        "lines[1].line_id: line-1 is there twice",
        lambda: CancelUnits(order_id=ORDER, lines=[LineQuantity(LineId("line-1"), 1)] * 2),
    ),
    ("lines: 0 lines", lambda: CancelUnits(order_id=ORDER, lines={})),
    ("lines: 0 lines", lambda: ReceiveStock(place=PlaceId("berlin"), lines={})),
    ("lines: 0 lines", lambda: back(ReceiveReturn, place=PlaceId("berlin"), lines={})),
    (
        f"lines: {LINES_MAX + 1} lines",
        lambda: cart(lines=[SkuQuantity(Sku("MUG"), 1)] * (LINES_MAX + 1)),
    ),
    ("damaged[0].quantity: -1", lambda: back(InspectReturn, damaged={"line-1": -1})),
    ("damaged[0].quantity: 0.5", lambda: back(InspectReturn, damaged={"line-1": 0.5})),
    (
        "damaged[1].line_id",
        lambda: back(InspectReturn, damaged=[LineQuantity(LineId("line-1"), 1)] * 2),
    ),
    ("currency", lambda: order_of("O-2", currency="EURO")),
    ("currency", lambda: cart(currency="eur")),
    ("currency", lambda: paid_in(currency="XYZ")),
    ("order_id", lambda: order_of("O/2")),
    ("order_id", lambda: order_of("")),
    ("cart_id", lambda: cart(cart_id=CartId("C|1"))),
    ("cart_id", lambda: ReleaseCart(cart_id=CartId("C 1"))),
    ("cart_id", lambda: order_of("O-2", cart_id=CartId("order/O-1"))),
    ("place", lambda: ReceiveStock(place=PlaceId("a|b"), lines={"MUG": 1})),
    ("place", lambda: back(ReceiveReturn, place=PlaceId("a|b"))),
    ("lines[0].sku", lambda: order_of("O-2", lines=[line_of("A|B")])),
    ("hold_s: 0", lambda: cart(hold_s=0)),
    ("shipping_minor: -1", lambda: order_of("O-2", shipping_minor=-1)),
    ("shipping_minor: True", lambda: order_of("O-2", shipping_minor=True)),
    ("tenders[0].amount_minor: 0", lambda: order_of("O-2", tenders=[tender(amount=0)])),
    ("tenders[0].method", lambda: AddTender(order_id=ORDER, tender=tender("a card"))),
    ("amount_minor: 0", lambda: CapturePayment(order_id=ORDER, amount_minor=0)),
    ("amount_minor: -1", lambda: paid_in(amount_minor=-1)),
    (f"amount_minor: {AMOUNT_MAX + 1}", lambda: paid_in(amount_minor=AMOUNT_MAX + 1)),
    ("account", lambda: paid_in(account="a|b")),
    ("reference: 501 characters", lambda: paid_in(reference="x" * 501)),
    (
        "weight_g: -1",
        lambda: PackUnits(
            order_id=ORDER, fulfillment_order_id=WORK, lines=lines(line_1=1), weight_g=-1
        ),
    ),
    *(
        (
            f"{path}: holds what looks like a card number",
            make,
        )
        for path, make in (
            ("customer_ref", lambda: order_of("O-2", customer_ref=CARD_NUMBER)),
            ("channel", lambda: order_of("O-2", channel=CARD_NUMBER)),
            (
                "destination.address_ref",
                lambda: order_of(
                    "O-2", destination=Destination(country="DE", address_ref=CARD_NUMBER)
                ),
            ),
            (
                "destination.postal_area",
                lambda: cart(destination=Destination(country="DE", postal_area=CARD_NUMBER)),
            ),
            (
                "tenders[0].token_ref",
                lambda: order_of(
                    "O-2", tenders=[Tender(method="card", token_ref="4111111111111111")]
                ),
            ),
            ("reason", lambda: CancelUnits(order_id=ORDER, reason=CARD_NUMBER)),
            (
                "reason",
                lambda: AuthorizeReturn(order_id=ORDER, lines=lines(line_1=1), reason=CARD_NUMBER),
            ),
            (
                "reason",
                lambda: CapturePayment(order_id=ORDER, amount_minor=1, reason=CARD_NUMBER),
            ),
            (
                "reference",
                lambda: ReceiveStock(
                    place=PlaceId("berlin"), lines={"MUG": 1}, reference=CARD_NUMBER
                ),
            ),
        )
    ),
    ("reason: half a character", lambda: CancelUnits(order_id=ORDER, reason="\ud800")),
    *(
        ("occurred_at: 2026-03-01 00:00:00 has no time zone", make)
        for make in (
            lambda: order_of("O-2", occurred_at=NAIVE),
            lambda: ReceiveStock(place=PlaceId("berlin"), lines={"MUG": 1}, occurred_at=NAIVE),
            lambda: paid_in(occurred_at=NAIVE),
            lambda: PickUnits(
                order_id=ORDER, fulfillment_order_id=WORK, lines=lines(line_1=1), occurred_at=NAIVE
            ),
            lambda: FulfillUnits(order_id=ORDER, fulfillment_order_id=WORK, occurred_at=NAIVE),
            lambda: ShipPackage(order_id=ORDER, package_id=PACKED, occurred_at=NAIVE),
            lambda: RecordDelivery(order_id=ORDER, package_id=PACKED, occurred_at=NAIVE),
            lambda: back(ReceiveReturn, place=PlaceId("berlin"), occurred_at=NAIVE),
        )
    ),
    (
        "outcome.account",
        lambda: RecordOutcome(
            order_id=ORDER, effect_key="k", outcome=Succeeded(reference="x", account="a|b")
        ),
    ),
]


@pytest.mark.parametrize(
    ("path", "make"), MALFORMED, ids=[f"{n}-{row[0][:40]}" for n, row in enumerate(MALFORMED)]
)
def test_what_is_malformed_is_named_with_its_path_when_it_is_made(path: str, make: Make) -> None:
    with pytest.raises(InvalidData) as caught:
        make()
    assert any(fault.startswith(path) for fault in caught.value.faults), caught.value
    assert len(caught.value.faults) == 1


def test_every_fault_is_listed_at_once() -> None:
    with pytest.raises(InvalidData) as caught:
        order_of("", currency="?", lines=[line_of("", 0)], shipping_minor=-1)
    paths = [fault.partition(":")[0] for fault in caught.value.faults]
    assert paths[:2] == ["order_id", "currency"]
    assert {"lines[0].sku", "lines[0].quantity", "shipping_minor"} <= set(paths)


def test_a_card_number_never_comes_back_in_the_error_that_refuses_it() -> None:
    with pytest.raises(InvalidData) as caught:
        CancelUnits(order_id=ORDER, reason=CARD_NUMBER)
    assert "4111" not in str(caught.value)


def test_a_total_beyond_what_any_shop_means_is_refused_and_nothing_is_recorded() -> None:
    made = shop({"MUG": 9})
    before = made.state()
    command = order_of(lines=[line_of(quantity=9, price=AMOUNT_MAX)])
    with pytest.raises(InvalidData):
        made.do(command, key="K-1")
    assert made.state() == before
    assert made.store.recall(TENANT, CommandId("K-1")) is None


# --- keys and versions --------------------------------------------------------------------------


def test_a_key_that_stands_for_another_command_is_refused_naming_the_field() -> None:
    made = busy_shop()
    made.do(paid_in(), key="K-1")
    before = made.state()
    others: dict[str, Command] = {
        "amount_minor": paid_in(amount_minor=101),
        "reference": paid_in(reference="r-2"),
        "command": CancelUnits(order_id=ORDER),
    }
    for field, other in others.items():
        with pytest.raises(Rejected, match="key_reused") as caught:
            made.do(other, key="K-1")
        assert caught.value.data == {"key": "K-1", "field": field}
    assert made.state() == before
    assert made.do(paid_in(), key="K-1").repeated


def test_a_stale_version_is_refused_before_anything_else_and_leaves_the_key_free() -> None:
    made = busy_shop()
    now = made.engine.version("O-1")
    before = made.state()
    with pytest.raises(Conflict) as caught:
        made.do(CancelUnits(order_id=ORDER), key="K-1", expected_version=now - 1)
    assert (caught.value.expected, caught.value.actual) == (now - 1, now)
    assert made.state() == before
    assert made.store.recall(TENANT, CommandId("K-1")) is None
    assert made.do(CancelUnits(order_id=ORDER), key="K-1", expected_version=now).events


@pytest.mark.parametrize("key", ["", "a/b", "x" * 101, "a b"])
def test_a_malformed_key_is_refused(key: str) -> None:
    made = busy_shop()
    before = made.state()
    with pytest.raises(InvalidData, match="key"):
        made.do(CancelUnits(order_id=ORDER), key=key)
    assert made.state() == before


def test_what_is_no_command_of_orders_is_a_defect_of_the_host() -> None:
    class Strange(Command):
        pass

    made = busy_shop()
    before = made.state()
    with pytest.raises(InvalidDefinition, match="Strange is no command"):
        made.do(Strange())
    with pytest.raises(OrderCoreError):
        decide(Strange(), None, Facts(), None)  # type: ignore[arg-type]
    assert made.state() == before


@pytest.mark.parametrize("rules", [{"reservation_s": 0}, {"attempts_max": 0}, {"retry_s": -1}])
def test_rules_that_cannot_work_are_refused_when_they_are_made(rules: dict[str, int]) -> None:
    with pytest.raises(InvalidDefinition, match=next(iter(rules))):
        Rules(**rules)  # type: ignore[arg-type]


def test_an_unknown_order_is_unknown_to_every_reading_too() -> None:
    made = busy_shop()
    for read in (made.engine.order, made.engine.allowed):
        with pytest.raises(Rejected, match="unknown_order"):
            read("O-9")
    assert made.engine.version("O-9") == 0
    assert made.engine.history("O-9") == ()
    assert AccountId("promise|available|MUG|berlin|") in dict(made.store.accounts(TENANT))
