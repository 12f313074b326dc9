"""
Cases from the test suites and issue lists of other order systems, as facts, through the engine.

Each row names the case, says what is given and what must come of it, and plays it. ``AVL-02`` and
the like are the numbers of the collection that the cases were gathered in. What the library does
not offer yet (backorders, manual corrections of stock, exchanges, chargebacks, gift cards of its
own) has no row.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ordercore.errors import Rejected
from ordercore.grammar import Declined, Succeeded
from ordercore.ids import CartId, OrderId, PlaceId, ReturnId
from ordercore.orders import (
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    CapturePayment,
    CaptureWhen,
    FulfillUnits,
    InspectReturn,
    PickUnits,
    ReceiveReturn,
    ReceiveStock,
    RecordOutcome,
    RecordPayment,
    ReleaseWhen,
    ReserveCart,
    RetryEffect,
    Rules,
    Settlement,
    balance,
)
from ordercore.payments import RequestKind
from ordercore.totals import Discount
from tests.orders.builders import (
    GERMANY,
    Shop,
    line_of,
    order_of,
    shop,
    tender,
)

ORDER = OrderId("O-1")
CASES: list[tuple[str, str, Callable[[], None]]] = []


def case(number: str, facts: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def enter(play: Callable[[], None]) -> Callable[[], None]:
        CASES.append((number, facts, play))
        return play

    return enter


def mugs(on_hand: int, ordered: int, **how: Any) -> Shop:
    made = shop({"MUG": on_hand}, **how)
    made.place(lines=[line_of(quantity=ordered)])
    return made


def hold(cart: str, quantity: int) -> ReserveCart:
    return ReserveCart(
        cart_id=CartId(cart), currency="EUR", destination=GERMANY, lines={"MUG": quantity}
    )


def paid(amount: int, reference: str = "r-1") -> RecordPayment:
    return RecordPayment(
        order_id=ORDER,
        method="transfer",
        amount_minor=amount,
        currency="EUR",
        account="bank",
        reference=reference,
    )


def cancel(**quantities: int) -> CancelUnits:
    lines = {name.replace("_", "-"): n for name, n in quantities.items()}
    return CancelUnits(order_id=ORDER, lines=lines or None)


def back(made: Shop, n: int, quantity: int, **inspection: Any) -> None:
    about: dict[str, Any] = {"order_id": ORDER, "return_id": ReturnId(f"O-1/return-{n}")}
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": quantity}))
    made.do(ReceiveReturn(**about, place=PlaceId("berlin")))
    made.do(InspectReturn(**about, **inspection))


# --- availability ----------------------------------------------------------------------------


@case("AVL-02", "10 on hand; allocate 5, ship 3: 7 on hand, 2 allocated, 5 available throughout")
def _() -> None:
    made = mugs(10, 5)
    assert made.stock() == (10, 5, 5)
    made.do(PickUnits(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 3}))
    assert made.stock() == (7, 2, 5)
    made.send(lines={"line-1": 3})
    assert made.stock() == (7, 2, 5)


@case("AVL-03", "10 on hand, 5 allocated; cancel 4: 1 allocated, 10 on hand")
def _() -> None:
    made = mugs(10, 5)
    made.do(cancel(line_1=4))
    assert made.stock() == (10, 1, 9)


@case("AVL-04", "5 allocated; canceling 6 is refused and 5 stay")
def _() -> None:
    made = mugs(10, 5)
    with pytest.raises(Rejected, match="quantity_not_there"):
        made.do(cancel(line_1=6))
    assert made.stock() == (10, 5, 5)


@case("AVL-10", "3 on hand and held by the cart; a fourth is refused: the cart's own 3 count")
def _() -> None:
    made = shop({"MUG": 3})
    made.do(hold("C-1", 3))
    with pytest.raises(Rejected, match="1 of MUG"):
        made.do(hold("C-1", 4))


@case("AVL-12", "1 on hand in two carts; the second buyer is refused before any payment is asked")
def _() -> None:
    made = mugs(1, 1)
    asked = len(made.pay.asked)
    with pytest.raises(Rejected, match="shortage"):
        made.place("O-2")
    assert len(made.pay.asked) == asked
    assert made.stock() == (1, 1, 0)


# --- allocation ------------------------------------------------------------------------------


@case("ALC-06", "80 of 100 allocated; take back 80, or 50: 0 or 30 are left, on hand untouched")
def _() -> None:
    for released, left in ((80, 0), (50, 30)):
        made = mugs(100, 80)
        made.do(cancel(line_1=released))
        assert made.stock() == (100, left, 100 - left)


@case("ALC-07", "2 allocated at A and 1 at B; take back 1: 2 are left in all, none negative")
def _() -> None:
    made = shop({"MUG": 2})
    made.receive({"MUG": 1}, "lyon")
    made.place(lines=[line_of(quantity=3)])
    made.do(cancel(line_1=1))
    allocated = [level.allocated for level in made.engine.availability("MUG")]
    assert sum(allocated) == 2
    assert min(allocated) >= 0


@case("ALC-09", "two lines of one order on one stock, 49 and 60: the counter is their sum, 109")
def _() -> None:
    made = shop({"MUG": 200})
    made.place(lines=[line_of(quantity=49), line_of(quantity=60)])
    assert made.stock() == (200, 109, 91)


@case("ALC-10", "two lines on one stock; cancel the whole order: the counter is 0")
def _() -> None:
    made = shop({"MUG": 200})
    made.place(lines=[line_of(quantity=49), line_of(quantity=60)])
    made.do(cancel())
    assert made.stock() == (200, 0, 200)
    assert made.engine.verify().leaks == ()


@case("ALC-13", "10 and 15 free at two places; order 13 twice: the second finds 12 and is refused")
def _() -> None:
    made = shop({"MUG": 10})
    made.receive({"MUG": 15}, "lyon")
    made.place(lines=[line_of(quantity=13)])
    with pytest.raises(Rejected, match="1 of MUG"):
        made.place("O-2", lines=[line_of(quantity=13)])
    made.place("O-3", lines=[line_of(quantity=12)])
    assert sum(level.available for level in made.engine.availability("MUG")) == 0


# --- fulfillment -----------------------------------------------------------------------------


@case("FUL-05", "10 of 100 allocated to a line; shipping 50 is refused: never 40 beyond the order")
def _() -> None:
    made = mugs(100, 10)
    with pytest.raises(Rejected, match="quantity_not_there"):
        made.send(lines={"line-1": 50})
    assert made.stock() == (100, 10, 90)


@case("FUL-07", "two lines; fulfilling the first leaves the second at 0")
def _() -> None:
    made = shop({"MUG": 2, "TEE": 2})
    made.place(lines=[line_of(), line_of("TEE")])
    made.send(lines={"line-1": 1})
    shipped = made.order().fulfillment.shipped
    assert (shipped("line-1"), shipped("line-2")) == (1, 0)


@case("FUL-09", "line of 3, boxes of 1 and 1: 1 is left; 2 are refused, 1 completes it")
def _() -> None:
    made = mugs(3, 3)
    made.send(lines={"line-1": 1})
    made.send(lines={"line-1": 1})
    assert made.work().lines[0].waiting == 1
    with pytest.raises(Rejected, match="1 to 1"):
        made.send(lines={"line-1": 2})
    made.send(lines={"line-1": 1})
    assert made.order().units_to_ship == 0


# --- cancellation ----------------------------------------------------------------------------


@case("CAN-01", "1 unit at 10.00 that can't be sent: 10.00 less is due, the unit is canceled")
def _() -> None:
    made = mugs(1, 1)
    made.do(cancel())
    assert (made.order().canceled_minor, made.order().due_minor) == (1000, 0)
    assert made.order().lines[0].units.canceled == 1


@case("CAN-06", "100 each of two SKUs; order 10 and 10; ship 7 and 6; cancel: 93 and 94 for sale")
def _() -> None:
    made = shop({"MUG": 100, "TEE": 100})
    made.place(lines=[line_of(quantity=10), line_of("TEE", 10)])
    made.send(lines={"line-1": 7, "line-2": 6})
    made.do(cancel())
    assert (made.stock("MUG"), made.stock("TEE")) == ((93, 0, 93), (94, 0, 94))


@case("CAN-07", "100 on hand; order 5, ship 3, cancel the rest: 97 for sale, not 95")
def _() -> None:
    made = mugs(100, 5)
    made.send(lines={"line-1": 3})
    made.do(cancel())
    assert made.stock() == (97, 0, 97)


@case("CAN-08", "5 in stock; order 3, pay; cancel: paid back, hold 0 and never -3, 5 in stock")
def _() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=3)], tenders=())
    made.do(paid(3000))
    made.do(cancel())
    assert made.stock() == (5, 0, 5)
    assert balance(made.order()).refunded_minor == 3000
    with pytest.raises(Rejected, match="nothing_to_cancel"):
        made.do(cancel())
    assert made.stock() == (5, 0, 5)


# --- captures --------------------------------------------------------------------------------


@case("CAP-02", "all is captured; capturing again asks nobody and changes nothing")
def _() -> None:
    made = mugs(1, 1)
    made.send()
    before = made.state()
    with pytest.raises(Rejected, match="exceeds_authorization"):
        made.do(CapturePayment(order_id=ORDER, amount_minor=1))
    assert made.state() == before


@case("CAP-03", "100 authorized; capture 50 and 50: 100 captured, settled once")
def _() -> None:
    made = mugs(1, 1, rules=Rules(capture=CaptureWhen.BY_COMMAND))
    for status in ("authorized", "settled"):
        made.do(CapturePayment(order_id=ORDER, amount_minor=500))
        assert made.order().payments.payments[0].status == status
    assert balance(made.order()).captured_minor == 1000


@case("CAP-07", "120, 180, 200, 500 authorized and captured in parts, 999 refunded: no sum is lost")
def _() -> None:
    made = shop({"MUG": 1}, rules=Rules(buy_labels=False, capture=CaptureWhen.BY_COMMAND))
    parts = (120, 180, 200, 500)
    made.place(tenders=[tender(f"m{n}", amount) for n, amount in enumerate(parts)])
    with ThreadPoolExecutor(8) as pool:
        captures = (60, 60, 180, 100, 40, 60, 200, 200, 100)
        asked = [
            pool.submit(made.do, CapturePayment(order_id=ORDER, amount_minor=amount))
            for amount in captures
        ]
        assert all(future.result().events for future in asked)
    made.settle(days=1)
    sums = balance(made.order())
    assert (sums.authorized_minor, sums.captured_minor) == (1000, 1000)
    assert [p.captured_minor for p in made.order().payments.payments] == list(parts)
    made.do(cancel())
    assert balance(made.order()).refunded_minor == 1000
    assert made.pay.moved["refund"] == 1000


@case("CAP-08", "50.00 in two boxes of 25.00: the first capture does not close the payment")
def _() -> None:
    made = shop({"MUG": 2})
    made.place(lines=[line_of(quantity=2, price=2500)])
    for captured in (2500, 5000):
        made.send(lines={"line-1": 1})
        assert balance(made.order()).captured_minor == captured


# --- refunds ---------------------------------------------------------------------------------


@case("REF-02", "a refund that was made is not made again by another attempt")
def _() -> None:
    made = mugs(1, 1)
    made.send(deliver=True)
    back(made, 1, 1)
    asked = len(made.pay.asked)
    with pytest.raises(Rejected, match="nothing_to_retry"):
        made.do(RetryEffect(order_id=ORDER, effect_key="O-1/refund-2"))
    assert made.engine.run_pending() == 0
    assert len(made.pay.asked) == asked


@case("REF-03", "paid 100, 80 refunded: 20 are refundable; then 0")
def _() -> None:
    made = shop({"MUG": 5})
    made.place(lines=[line_of(quantity=5, price=20)])
    made.send(deliver=True)
    back(made, 1, 4)
    money = made.order().payments
    assert money.refundable_minor(money.payments[0]) == 20
    back(made, 2, 1)
    money = made.order().payments
    assert money.refundable_minor(money.payments[0]) == 0
    assert balance(made.order()).refunded_minor == 100


@case("REF-04", "100 authorized, 50 captured: no more than 50 go back")
def _() -> None:
    made = mugs(2, 2)
    made.send(lines={"line-1": 1}, deliver=True)
    with pytest.raises(Rejected, match="not_shipped"):
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    back(made, 1, 1)
    made.do(cancel())
    assert balance(made.order()).refunded_minor == balance(made.order()).captured_minor == 1000


@case("REF-05", "5 units paid, 3 refunded: 3 more are refused")
def _() -> None:
    made = mugs(5, 5)
    made.send(deliver=True)
    back(made, 1, 3)
    with pytest.raises(Rejected, match="1 to 2"):
        back(made, 2, 3)
    assert balance(made.order()).refunded_minor == 3000


@case("REF-07", "line of 2, 1 granted, shipping granted: 2 refused, 1 accepted, shipping not again")
def _() -> None:
    made = shop({"MUG": 2})
    made.place(lines=[line_of(quantity=2)], shipping_minor=490)
    made.send(deliver=True)
    back(made, 1, 1, refund_shipping=True)
    with pytest.raises(Rejected, match="not_shipped"):
        back(made, 2, 2)
    back(made, 2, 1, refund_shipping=True)
    assert balance(made.order()).refunded_minor == 2490


@case("REF-11", "23.90 gross, 25 % off, 10 units: charged 179.25; all ten back: 179.25, not 179.26")
def _() -> None:
    made = shop({"MUG": 10}, percent=20, rules=Rules(buy_labels=False, prices_include_tax=True))
    made.place(
        lines=[line_of(quantity=10, price=2390, discounts=(Discount(code="q", amount_minor=5975),))]
    )
    assert made.order().total_minor == 17925
    made.send(deliver=True)
    for n in range(1, 11):
        back(made, n, 1)
    assert balance(made.order()).refunded_minor == 17925


# --- payment events --------------------------------------------------------------------------


@case("PEV-01", "an authorization of 11 is asked and succeeds: 11 authorized, nothing pending")
def _() -> None:
    made = shop({"MUG": 1})
    made.place(lines=[line_of(price=11)])
    money = made.order().payments
    assert (money.authorized_minor, money.undecided_minor) == (11, 0)


@case("PEV-03", "a late 'declined' after 'authorized' changes nothing and is kept as an anomaly")
def _() -> None:
    made = mugs(1, 1)
    late = RecordOutcome(order_id=ORDER, effect_key="O-1/payment-1", outcome=Declined(code="late"))
    made.do(late)
    made.do(late)
    assert made.order().payments.authorized_minor == 1000
    assert [a.kind for a in made.order().anomalies] == ["declined_after_authorization"]


@case("PEV-04", "11 asked and unanswered, 12 asked and granted: 11 undecided, 12 authorized")
def _() -> None:
    made = shop({"MUG": 1})
    made.do(
        order_of(lines=[line_of(price=23)], tenders=[tender("a", 11), tender("b", 12)]),
        perform=False,
    )
    made.do(
        RecordOutcome(
            order_id=ORDER,
            effect_key="O-1/payment-2",
            outcome=Succeeded(reference="b-1", account="pay"),
        ),
        perform=False,
    )
    money = made.order().payments
    assert (money.undecided_minor, money.authorized_minor) == (11, 12)


@case("PEV-09", "18 paid, a refund of 15 fails: the 15 are refundable again and still granted")
def _() -> None:
    made = shop({"MUG": 2})
    made.place(lines=[line_of(price=15), line_of(price=3)])
    made.send(deliver=True)
    made.pay.tell("refund", Declined(code="no"))
    back(made, 1, 1)
    money = made.order().payments
    assert (money.refunded_minor, money.pending_minor(RequestKind.REFUND)) == (0, 0)
    assert sum(map(money.refundable_minor, money.payments)) == 18
    assert balance(made.order()).granted_minor == 15


@case("PEV-11", "a payment is told again under its number with another amount: refused, it stays")
def _() -> None:
    made = shop({"MUG": 1})
    made.place(tenders=())
    made.do(paid(10))
    with pytest.raises(Rejected, match="payment_differs"):
        made.do(paid(12))
    assert balance(made.order()).captured_minor == 10


# --- several tenders -------------------------------------------------------------------------


@case("TND-01", "100 paid by card 50 and credit 50: nothing is outstanding")
def _() -> None:
    made = shop({"MUG": 1})
    made.place(tenders=[tender("card", 500), tender("credit", 500)])
    made.send(deliver=True)
    assert balance(made.order()).settlement is Settlement.EXACT


@case("TND-03", "paid 20.20 of 30.30, 10.20 of 8.20, all back after canceling: 10.10, -2.00, 0")
def _() -> None:
    made = shop({"MUG": 9})
    for n, (total, came, outstanding) in enumerate(((3030, 2020, 1010), (820, 1020, -200)), 1):
        made.place(f"O-{n}", lines=[line_of(price=total)], tenders=())
        made.do(
            RecordPayment(
                order_id=OrderId(f"O-{n}"),
                method="transfer",
                amount_minor=came,
                currency="EUR",
                account="bank",
                reference=f"r-{n}",
            )
        )
        assert -balance(made.order(f"O-{n}")).difference_minor == outstanding
    made.do(cancel())
    assert balance(made.order()).difference_minor == 0


@case("TND-05", "an authorization of 40 is given back exactly once")
def _() -> None:
    made = shop({"MUG": 1})
    made.place(lines=[line_of(price=40)])
    made.do(cancel())
    made.settle(days=1)
    assert made.pay.moved["void"] == 40
    assert made.order().payments.authorized_minor == 0


@case("TND-09", "a total of 30 takes 30 of a card of 50: no tender is asked for more than is due")
def _() -> None:
    made = shop({"MUG": 1})
    with pytest.raises(Rejected, match="tenders_differ_from_total"):
        made.place(lines=[line_of(price=30)], tenders=[tender("gift", 50)])
    made.place(lines=[line_of(price=30)], tenders=[tender("gift")])
    assert made.order().payments.authorized_minor == 30


# --- returns ---------------------------------------------------------------------------------


@case("RTN-02", "3 shipped, a return of 2 is asked: 2 more are refused, 1 would pass")
def _() -> None:
    made = mugs(3, 3)
    made.send(deliver=True)
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    with pytest.raises(Rejected, match="1 to 1"):
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))


@case("RTN-03", "a return of 2: receiving 3, or 1 good and 2 damaged, is refused")
def _() -> None:
    made = mugs(3, 3)
    made.send(deliver=True)
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 2}))
    about: dict[str, Any] = {"order_id": ORDER, "return_id": ReturnId("O-1/return-1")}
    with pytest.raises(Rejected, match="1 to 2"):
        made.do(ReceiveReturn(**about, place=PlaceId("berlin"), lines={"line-1": 3}))
    made.do(ReceiveReturn(**about, place=PlaceId("berlin")))
    with pytest.raises(Rejected, match="1 to 2"):
        made.do(InspectReturn(**about, damaged={"line-1": 3}))


@case("RTN-06", "a good unit comes back: 1 more on hand; a damaged one: none")
def _() -> None:
    made = mugs(5, 2)
    made.send(deliver=True)
    back(made, 1, 1)
    assert made.stock() == (4, 0, 4)
    back(made, 2, 1, damaged={"line-1": 1})
    assert made.stock() == (4, 0, 4)


@case("RTN-10", "2 delivered, a return of 1 is called off: 2 are with the customer")
def _() -> None:
    made = mugs(2, 2)
    made.send(deliver=True)
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 1}))
    made.do(CancelReturn(order_id=ORDER, return_id=ReturnId("O-1/return-1")))
    assert made.order().fulfillment.delivered("line-1") == 2
    assert made.order().returns.units("line-1") == 0


# --- concurrency -----------------------------------------------------------------------------


@case("CON-01", "1 on hand, 50 buyers at once: one order, 49 refusals, no loser is asked to pay")
def _() -> None:
    made = shop({"MUG": 1})

    def buy(n: int) -> str:
        try:
            made.do(order_of(f"O-{n}"), key=f"K-{n}")
        except Rejected as refusal:
            return refusal.code
        return "placed"

    with ThreadPoolExecutor(8) as pool:
        ends = sorted(pool.map(buy, range(50)))
    assert ends == ["placed"] + ["shortage"] * 49
    assert made.stock() == (1, 1, 0)
    assert sum(made.pay.acted.values()) == 1


@case("CON-02", "two receipts of 5 at once: 10")
def _() -> None:
    made = shop()
    with ThreadPoolExecutor(2) as pool:
        for future in [
            pool.submit(made.do, ReceiveStock(place=PlaceId("berlin"), lines={"MUG": 5}))
            for _ in range(2)
        ]:
            future.result()
    assert made.stock() == (10, 0, 10)


@case("CON-05", "orders of (A, B) and (B, A) at once, again and again: nobody waits for ever")
def _() -> None:
    made = shop({"MUG": 100, "TEE": 100})

    def buy(n: int) -> None:
        skus = ("MUG", "TEE") if n % 2 else ("TEE", "MUG")
        made.do(order_of(f"O-{n}", lines=[line_of(sku) for sku in skus]), key=f"K-{n}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(buy, range(100)))
    assert made.stock("MUG") == made.stock("TEE") == (100, 100, 0)
    assert made.engine.verify().balanced


# --- what trackers of other systems tell ----------------------------------------------------------


@case("lost race 5", "two buyers, one unit, both ready to pay: the loser is never charged")
def _() -> None:
    made = mugs(1, 1, rules=Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY))
    with pytest.raises(Rejected, match="shortage"):
        made.place("O-2")
    assert [ask.key for _, ask in made.pay.asked] == ["O-1/payment-1"]


@case("double click 45", "one wish submitted twice under one key: one order, one authorization")
def _() -> None:
    made = shop({"MUG": 5})
    first = made.do(order_of(), key="K-1")
    again = made.do(order_of(), key="K-1")
    assert again.repeated
    assert again.events == first.events
    assert made.stock() == (5, 1, 4)
    assert len(made.pay.asked) == 1


@case("webhook first 41", "the webhook comes before the reply: one payment, no second call")
def _() -> None:
    made = shop({"MUG": 5})
    made.do(order_of(), perform=False)
    told = Succeeded(reference="ch-1", account="pay")
    made.do(RecordOutcome(order_id=ORDER, effect_key="O-1/payment-1", outcome=told))
    made.settle()
    assert made.pay.asked == []
    assert made.engine.find("pay:ch-1") == ORDER
    assert made.order().status == "released"


@case("double fulfillment 37", "two clerks send the same 3 units at once: they leave once")
def _() -> None:
    made = mugs(3, 3)
    work = made.work().id

    def send(n: int) -> str:
        command = FulfillUnits(order_id=ORDER, fulfillment_order_id=work, lines={"line-1": 3})
        try:
            made.do(command, key=f"clerk-{n}")
        except Rejected as refusal:
            return refusal.code
        return "sent"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, range(2))) == ["quantity_not_there", "sent"]
    assert balance(made.order()).captured_minor == 3000


@pytest.mark.parametrize(
    "play", [row[2] for row in CASES], ids=[f"{row[0]}: {row[1]}" for row in CASES]
)
def test_what_other_systems_had_to_learn(play: Callable[[], None]) -> None:
    play()
