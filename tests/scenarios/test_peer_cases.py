"""
Cases that other order systems learned, told to the whole engine.

Each row has the id under which the project keeps the case, its facts in short, and a story. Cases
wait for what the library cannot do yet:

- places that do not restock what comes back: two thirds of RTN-06; SRC-05 as told (its split is
  here);
- change sets and exchanges: ALC-09 (its sums are told to the ledger), RTN-04;
- moving work between places, splitting by weight or kind: SRC-10, SRC-11, SRC-12, SRC-15, SRC-17;
- refunds of a free amount: REF-12;
- chargebacks, adjusted and partly canceled authorizations: PEV-05, PEV-07, PEV-17;
- store credit and gift cards as a ledger of their own: TND-05, TND-06, TND-09;
- returns that are reversed: RTN-10.
"""

import threading
from collections.abc import Callable

import pytest

from ordercore.errors import OrderCoreError, Rejected
from ordercore.grammar import Declined, Succeeded
from ordercore.ids import FulfillmentOrderId, OrderId, PlaceId, ReturnId
from ordercore.inventory import AdjustReason, AdjustStock, ReceiveStock
from ordercore.money import Rounding
from ordercore.orders import (
    AnomalyRecorded,
    AuthorizeReturn,
    CapturePayment,
    CaptureWhen,
    InspectReturn,
    PlaceOrder,
    ReceiveReturn,
    RecordOutcome,
    ReleaseCart,
    ReportMissing,
    RetryEffect,
    Rules,
    Settlement,
    balance,
)
from ordercore.payments import RequestKind, Tender
from ordercore.testing import Fault, Scenario
from ordercore.totals import Discount
from tests.orders.builders import line_of, order_of, shop
from tests.scenarios.cases import (
    OK,
    Case,
    buy,
    cancel,
    give_back,
    hold,
    inspect,
    levels,
    pay_in,
    permit,
    receive,
    ship,
    take_back,
    tell,
)

ORDER, L1 = OrderId("O-1"), PlaceId("L1")
TEN = receive(10)
BY_COMMAND = Rules(capture=CaptureWhen.BY_COMMAND)


def release(cart: str) -> ReleaseCart:
    return ReleaseCart(cart_id=cart)


STOCK = [
    Case(
        "AVL-02",
        "5 of 10 allocated, 3 shipped: 2 allocated, 7 on hand, 5 available throughout",
        [(TEN, OK), (buy(("MUG", 5)), OK), (ship({"line-1": 3}), OK)],
        {"L1": (7, 2, 5)},
    ),
    Case(
        "AVL-03",
        "4 of 5 allocated are canceled: 1 allocated, 10 on hand",
        [(TEN, OK), (buy(("MUG", 5)), OK), (cancel({"line-1": 4}), OK)],
        {"L1": (10, 1, 9)},
    ),
    Case(
        "AVL-04",
        "6 of 5 allocated are canceled: refused, 5 stay",
        [(TEN, OK), (buy(("MUG", 5)), OK), (cancel({"line-1": 6}), "quantity_not_there")],
        {"L1": (10, 5, 5)},
    ),
    Case(
        "AVL-10",
        "a cart has all 3 and asks for 1 more: what it has already counts",
        [(receive(3), OK), (hold("C-1", ("MUG", 3)), OK), (hold("C-1", ("MUG", 4)), "shortage")],
        {"L1": (3, 3, 0)},
    ),
    Case(
        "ALC-06",
        "80 of 100 allocated: giving back 80 leaves 0",
        [(receive(100), OK), (buy(("MUG", 80)), OK), (cancel({"line-1": 80}), OK)],
        {"L1": (100, 0, 100)},
    ),
    Case(
        "ALC-06",
        "80 of 100 allocated: giving back 50 leaves 30",
        [(receive(100), OK), (buy(("MUG", 80)), OK), (cancel({"line-1": 50}), OK)],
        {"L1": (100, 30, 70)},
    ),
    Case(
        "ALC-07",
        "a line has 2 here and 1 there, 1 is given back: 2 in all, nowhere below 0",
        [
            (receive(2), OK),
            (receive(1, "L2"), OK),
            (buy(("MUG", 3)), OK),
            (cancel({"line-1": 1}), OK),
        ],
        {"L1": (2, 2, 0), "L2": (1, 0, 1)},
    ),
    Case(
        "ALC-10",
        "two lines of one order on one stock are given back: 0, once for each",
        [(TEN, OK), (buy(("MUG", 3), ("MUG", 4)), OK), (cancel(), OK)],
        {"L1": (10, 0, 10)},
    ),
    Case(
        "ALC-13",
        "10 and 15 free: after 13 another 13 is refused and 12 are left",
        [
            (TEN, OK),
            (receive(15, "L2"), OK),
            (buy(("MUG", 13)), OK),
            (buy(("MUG", 13), order_id="O-2"), "shortage"),
            (buy(("MUG", 12), order_id="O-2"), OK),
        ],
        {"L1": (10, 10, 0), "L2": (15, 15, 0)},
    ),
    Case(
        "RSV-01",
        "3 of 2 are refused and nothing is held",
        [(receive(2), OK), (hold("C-1", ("MUG", 3)), "shortage")],
        {"L1": (2, 0, 2)},
    ),
    Case(
        "RSV-03",
        "stocked at two places, asked at a third: refused, and no level comes into being there",
        [
            (TEN, OK),
            (receive(1, "L2"), OK),
            (receive(1, "L3", "TEA"), OK),
            (hold("C-1", ("MUG", 1, "L3")), "shortage"),
        ],
        {"L1": (10, 0, 10), "L2": (1, 0, 1)},
    ),
    Case(
        "RSV-05",
        "holds of 2 + 2 and of 2: releasing the first twice leaves 2",
        [
            (TEN, OK),
            (hold("C-1", ("MUG", 2), ("MUG", 2)), OK),
            (hold("C-2", ("MUG", 2)), OK),
            (release("C-1"), OK),
            (release("C-1"), OK),
        ],
        {"L1": (10, 2, 8)},
    ),
    Case(
        "RSV-06",
        "three holds of 2 in one call on 2: refused as a whole",
        [(receive(2), OK), (hold("C-1", ("MUG", 2), ("MUG", 2), ("MUG", 2)), "shortage")],
        {"L1": (2, 0, 2)},
    ),
    Case(
        "RSV-09",
        "one SKU on two lines, 3 and 3, on 5: they are summed",
        [(receive(5), OK), (hold("C-1", ("MUG", 3), ("MUG", 3)), "shortage")],
        {"L1": (5, 0, 5)},
    ),
    Case(
        "RSV-11",
        "4 and 3, others hold 2 and 1: 5 are refused and nothing of them is allocated",
        [
            (receive(4), OK),
            (receive(3, "L2"), OK),
            (hold("C-2", ("MUG", 2, "L1"), ("MUG", 1, "L2")), OK),
            (buy(("MUG", 5)), "shortage"),
        ],
        {"L1": (4, 2, 2), "L2": (3, 1, 2)},
    ),
    Case(
        "FUL-05",
        "50 are to be shipped of a line of 10 though 100 are there: refused",
        [(receive(100), OK), (buy(("MUG", 10)), OK), (ship({"line-1": 50}), "quantity_not_there")],
        {"L1": (100, 10, 90)},
    ),
    Case(
        "FUL-09",
        "1 and 1 of 3 are shipped: 2 more are refused, 1 is not",
        [
            (TEN, OK),
            (buy(("MUG", 3)), OK),
            (ship({"line-1": 1}), OK),
            (ship({"line-1": 1}), OK),
            (ship({"line-1": 2}), "quantity_not_there"),
            (ship({"line-1": 1}), OK),
        ],
        {"L1": (7, 0, 7)},
    ),
    Case(
        "CAN-06",
        "7 of 10 are shipped and the rest canceled: 3 are for sale again",
        [
            (receive(100), OK),
            (buy(("MUG", 10)), OK),
            (ship({"line-1": 7}), OK),
            (cancel(), OK),
            (cancel(), "nothing_to_cancel"),
        ],
        {"L1": (93, 0, 93)},
    ),
    Case(
        "CAN-08",
        "3 of 5 are paid, canceled, and canceled again: the hold is 0, never below",
        [
            (receive(5), OK),
            (buy(("MUG", 3), tenders=()), OK),
            (pay_in(3000), OK),
            (cancel(), OK),
            (cancel(), "nothing_to_cancel"),
        ],
        {"L1": (5, 0, 5)},
    ),
    Case(
        "CAN-09",
        "5 on hand, 3 promised, 4 gone: canceling gives the promise back, and 1 is there",
        [
            (receive(5), OK),
            (buy(("MUG", 3)), OK),
            (AdjustStock(place=L1, lines={"MUG": -4}, reason=AdjustReason.THEFT), OK),
            (cancel(), OK),
        ],
        {"L1": (1, 0, 1)},
    ),
    Case(
        "RTN-02",
        "2 of 3 shipped are coming back: 2 more are refused, 1 is not",
        [
            (TEN, OK),
            (buy(("MUG", 3)), OK),
            (ship({"line-1": 3}), OK),
            (permit(2), OK),
            (permit(2), "not_shipped"),
            (permit(1), OK),
        ],
        {"L1": (7, 0, 7)},
    ),
    Case(
        "RTN-03",
        "2 are permitted: 3 cannot come, nor can 3 of what came be damaged",
        [
            (TEN, OK),
            (buy(("MUG", 3)), OK),
            (ship({"line-1": 3}), OK),
            (permit(2), OK),
            (take_back(1, 3), "quantity_not_there"),
            (take_back(1), OK),
            (inspect(damaged=3), "quantity_not_there"),
            (inspect(damaged=2), OK),
        ],
        {"L1": (7, 0, 7)},
    ),
    Case(
        "RTN-06",
        "one good unit comes back to a place that restocks: 1 more on hand",
        [(TEN, OK), (buy(("MUG", 3)), OK), (ship({"line-1": 3}), OK), *give_back(1)],
        {"L1": (8, 0, 8)},
    ),
    Case(
        "REF-03",
        "100 paid, 80 and 20 refunded: nothing more can come back",
        [
            (TEN, OK),
            (buy(("MUG", 10), price=10), OK),
            (ship({"line-1": 10}), OK),
            *give_back(8),
            *give_back(2, 2),
            (permit(1), "not_shipped"),
        ],
        {"L1": (10, 0, 10)},
    ),
    Case(
        "REF-04",
        "two units authorized, one captured: a refund of both is refused",
        [(TEN, OK), (buy(("MUG", 2)), OK), (ship({"line-1": 1}), OK), (permit(2), "not_shipped")],
        {"L1": (9, 1, 8)},
    ),
    Case(
        "REF-05",
        "10 captured, 5 refunded: 6 more are refused",
        [
            (TEN, OK),
            (buy(("MUG", 10)), OK),
            (ship({"line-1": 10}), OK),
            *give_back(5),
            (permit(6), "not_shipped"),
        ],
        {"L1": (5, 0, 5)},
    ),
]


@pytest.mark.parametrize("case", STOCK, ids=lambda case: f"{case.id}: {case.facts}")
def test_stock_ends_where_the_case_says(case: Case) -> None:
    scenario = Scenario().given(*(c for c, _ in case.steps if isinstance(c, ReceiveStock)))
    engine = scenario.engine

    tell(engine, [step for step in case.steps if not isinstance(step[0], ReceiveStock)])

    assert levels(engine) == case.ends
    found = engine.verify()
    assert (found.balanced, found.leaks) == (True, ())


# --- sourcing ----------------------------------------------------------------------------------


def sent(scenario: Scenario) -> dict[str, int]:
    return {
        work.place: sum(line.quantity for line in work.lines)
        for work in scenario.engine.order("O-1").fulfillment.orders
    }


@pytest.mark.parametrize("stock", [(5,), (5, 0), (0, 5), (2, 3), (2, 5), (5, 2), (5, 5), (2, 2, 2)])
def test_src_02_and_04_each_unit_is_sent_once(stock: tuple[int, ...]) -> None:
    received = [receive(n, f"L{i}") for i, n in enumerate(stock) if n]

    split = sent(Scenario().given(*received, buy(("MUG", 5))))

    assert sum(split.values()) == 5
    assert all(quantity <= stock[int(place[1:])] for place, quantity in split.items())
    assert len(split) == (1 if max(stock) >= 5 else len(stock))


def test_src_05_what_lies_apart_is_sent_apart() -> None:
    split = sent(Scenario().given(receive(1), receive(1, "L2", "TEA"), buy(("MUG", 1), ("TEA", 1))))

    assert split == {"L1": 1, "L2": 1}


def test_src_06_what_one_place_has_it_sends_alone() -> None:
    story = [receive(100), receive(100, sku="TEA"), receive(4, "L2"), receive(9, "L3", "TEA")]

    split = sent(Scenario().given(*story, buy(("MUG", 30), ("TEA", 5))))

    assert split == {"L1": 35}


# --- work --------------------------------------------------------------------------------------


def test_ful_07_a_line_that_was_not_in_the_box_is_not_fulfilled() -> None:
    scenario = Scenario().given(TEN, buy(("MUG", 2), ("MUG", 1)), ship({"line-1": 2}))
    state = scenario.engine.order("O-1").fulfillment

    assert [state.shipped("line-1"), state.shipped("line-2")] == [2, 0]


def test_can_01_a_unit_that_nobody_has_costs_nothing_once_it_is_canceled() -> None:
    missing = ReportMissing(
        order_id=ORDER,
        fulfillment_order_id=FulfillmentOrderId("O-1/fo-1"),
        lines={"line-1": 1},
    )
    scenario = Scenario().given(receive(1), buy(("MUG", 1)), missing, cancel())
    sums = balance(scenario.engine.order("O-1"))

    assert (sums.canceled_minor, sums.owed_minor, sums.captured_minor) == (1000, 0, 0)
    assert scenario.engine.order("O-1").status == "canceled"


# --- captures ----------------------------------------------------------------------------------


def capture(amount: int) -> CapturePayment:
    return CapturePayment(order_id=ORDER, amount_minor=amount)


def asked(scenario: Scenario, operation: str) -> int:
    return sum(1 for name, _ in scenario.payments.calls if name == operation)


def test_cap_02_what_is_captured_is_not_captured_again() -> None:
    scenario = Scenario(rules=BY_COMMAND).given(TEN, buy(("MUG", 1)), capture(1000))
    told = scenario.engine.version("O-1")

    scenario.when(capture(1000)).then_rejected("exceeds_authorization")

    assert (asked(scenario, "capture"), scenario.engine.version("O-1")) == (1, told)


def test_cap_03_two_halves_are_the_whole() -> None:
    scenario = Scenario(rules=BY_COMMAND).given(TEN, buy(("MUG", 1)), capture(500), capture(500))
    (payment,) = scenario.engine.order("O-1").payments.payments

    assert (payment.captured_minor, payment.status) == (1000, "settled")


def at_once(*acts: Callable[[], object]) -> list[OrderCoreError]:
    """Do everything in threads that start together; return what was refused."""
    refused: list[OrderCoreError] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except OrderCoreError as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


def test_cap_07_captures_and_refunds_at_once_lose_nothing() -> None:
    amounts = (120, 180, 200, 500)
    tenders = tuple(
        Tender(method=f"card-{a}", token_ref=f"vault:{a}", amount_minor=a) for a in amounts
    )
    scenario = Scenario(rules=BY_COMMAND)
    engine = scenario.given(receive(1000), buy(("MUG", 1000), price=1, tenders=tenders)).engine
    shares = (60, 60, 180, 100, 40, 60, 200, 200, 100)

    assert at_once(*(lambda a=a: engine.submit(capture(a)) for a in shares)) == []

    engine.submit(ship({"line-1": 1000}))
    wanted = (70, 50, 180, 100, 40, 60, 400, 99)
    for n, quantity in enumerate(wanted, 1):
        tell(engine, [(permit(quantity), OK), (take_back(n), OK)])
    refunds = range(1, len(wanted) + 1)
    assert at_once(*(lambda n=n: engine.submit(inspect(n)) for n in refunds)) == []
    sums = balance(engine.order("O-1"))
    assert (sums.authorized_minor, sums.captured_minor, sums.refunded_minor) == (1000, 1000, 999)
    assert scenario.payments.balance_minor("EUR") == 1


def test_cap_08_the_first_partial_capture_does_not_close_the_payment() -> None:
    scenario = Scenario().given(TEN, buy(("MUG", 2), price=25), ship({"line-1": 1}))
    (payment,) = scenario.engine.order("O-1").payments.payments
    assert (payment.captured_minor, payment.status) == (25, "authorized")

    scenario.given(ship({"line-1": 1}))

    (payment,) = scenario.engine.order("O-1").payments.payments
    assert (payment.captured_minor, payment.status) == (50, "settled")


# --- refunds -----------------------------------------------------------------------------------


def shipped(quantity: int, *, price: int = 1000, shipping_minor: int = 0) -> Scenario:
    bought = buy(("MUG", quantity), price=price, shipping_minor=shipping_minor)
    return Scenario().given(receive(1000), bought, ship({"line-1": quantity}))


def test_ref_02_a_refund_that_has_its_number_is_not_asked_again() -> None:
    scenario = shipped(2)
    tell(scenario.engine, give_back(1))
    told = scenario.engine.version("O-1")
    key = next(key for name, key in scenario.payments.calls if name == "refund")

    scenario.engine.resume("O-1")
    again = Succeeded(reference="again", account="fakepay")
    scenario.engine.submit(RecordOutcome(order_id=ORDER, effect_key=key, outcome=again))

    assert (asked(scenario, "refund"), scenario.engine.version("O-1")) == (1, told)


def test_ref_07_a_unit_and_the_shipping_are_granted_once() -> None:
    scenario = shipped(2, shipping_minor=490)
    tell(scenario.engine, give_back(1, shipping=True))
    assert scenario.payments.balance_minor("EUR") == 1000

    tell(scenario.engine, [(permit(2), "not_shipped"), *give_back(1, 2, shipping=True)])

    assert scenario.payments.balance_minor("EUR") == 0


def test_ref_11_what_was_charged_for_ten_is_refunded_for_ten() -> None:
    made = shop(
        {"MUG": 10},
        rules=Rules(buy_labels=False, prices_include_tax=True, rounding=Rounding.HALF_UP),
        percent=20,
    )
    off = (Discount(code="quarter", amount_minor=5975),)
    made.place(lines=[line_of(quantity=10, price=2390, discounts=off)])
    made.send()
    assert balance(made.order()).captured_minor == 17_925

    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": 10}))
    back = ReturnId("O-1/return-1")
    made.do(ReceiveReturn(order_id=ORDER, return_id=back, place=PlaceId("berlin")))
    made.do(InspectReturn(order_id=ORDER, return_id=back))

    assert balance(made.order()).refunded_minor == 17_925


# --- what providers tell -----------------------------------------------------------------------


def test_pev_01_a_request_and_its_success_leave_nothing_pending() -> None:
    money = Scenario().given(TEN, buy(("MUG", 1), price=11)).engine.order("O-1").payments

    assert (money.authorized_minor, money.undecided_minor) == (11, 0)


def test_pev_03_a_failure_that_comes_after_the_success_does_not_undo_it() -> None:
    scenario = Scenario().given(TEN, buy(("MUG", 1), price=11))
    late = RecordOutcome(
        order_id=ORDER, effect_key="O-1/payment-1", outcome=Declined(code="do_not_honor")
    )

    scenario.when(late).then(AnomalyRecorded)

    assert scenario.engine.order("O-1").payments.authorized_minor == 11


def test_pev_04_an_unanswered_request_stays_pending_beside_an_answered_one() -> None:
    scenario = Scenario()
    scenario.payments.plan("authorize", Fault.UNAVAILABLE, key="O-1/payment-1")
    tenders = (
        Tender(method="card", token_ref="vault:1", amount_minor=11),
        Tender(method="card", token_ref="vault:2"),
    )
    money = (
        scenario.given(TEN, buy(("MUG", 1), price=23, tenders=tenders)).engine.order("O-1").payments
    )

    assert (money.undecided_minor, money.authorized_minor) == (11, 12)


@pytest.mark.parametrize(
    ("case", "first", "first_fails", "refunded"),
    [("PEV-08", 11, False, 11), ("PEV-09", 15, True, 0)],
)
def test_pev_08_and_09_refunds_that_went_and_that_failed_and_one_under_way(
    case: str, first: int, first_fails: bool, refunded: int
) -> None:
    made = shop({"MUG": 250})
    made.place(lines=[line_of(quantity=250, price=1)])
    made.send()
    if first_fails:
        made.pay.tell("refund", Declined(code="no"))

    def back(quantity: int, n: int, *, perform: bool = True) -> None:
        return_id = ReturnId(f"O-1/return-{n}")
        made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": quantity}))
        made.do(ReceiveReturn(order_id=ORDER, return_id=return_id, place=PlaceId("berlin")))
        made.do(InspectReturn(order_id=ORDER, return_id=return_id), perform=perform)

    back(first, 1)
    back(3, 2, perform=False)

    money = made.order().payments
    assert money.captured_minor == 250, case
    assert (money.refunded_minor, money.pending_minor(RequestKind.REFUND)) == (refunded, 3)
    if first_fails:  # the failed 15 is available again
        failed = next(ask.key for name, ask in made.pay.asked if name == "refund")
        made.do(RetryEffect(order_id=ORDER, effect_key=failed))
        assert balance(made.order()).refunded_minor == 18


def test_pev_11_the_same_number_with_another_amount_changes_nothing() -> None:
    scenario = Scenario().given(TEN, buy(("MUG", 1), price=10, tenders=()), pay_in(10))

    scenario.when(pay_in(12)).then_rejected("payment_differs")

    assert balance(scenario.engine.order("O-1")).captured_minor == 10


# --- several tenders ---------------------------------------------------------------------------


def test_tnd_01_two_tenders_pay_one_order() -> None:
    tenders = (
        Tender(method="card", token_ref="vault:1", amount_minor=50),
        Tender(method="credit", token_ref="vault:2", amount_minor=50),
    )
    scenario = Scenario().given(
        TEN, buy(("MUG", 1), price=100, tenders=tenders), ship({"line-1": 1})
    )
    sums = balance(scenario.engine.order("O-1"))

    assert (sums.captured_minor, sums.unpaid_minor) == (100, 0)
    assert sums.settlement is Settlement.EXACT


@pytest.mark.parametrize(("total", "paid", "difference"), [(3030, 2020, -1010), (820, 1020, 200)])
def test_tnd_03_what_is_outstanding_is_the_total_less_what_is_kept(
    total: int, paid: int, difference: int
) -> None:
    scenario = Scenario().given(TEN, buy(("MUG", 1), price=total, tenders=()), pay_in(paid))

    assert balance(scenario.engine.order("O-1")).difference_minor == difference


def test_tnd_03_a_canceled_order_that_was_paid_back_owes_nothing() -> None:
    scenario = Scenario(rules=BY_COMMAND).given(TEN, buy(("MUG", 1)), capture(1000), cancel())
    sums = balance(scenario.engine.order("O-1"))

    assert (sums.refunded_minor, sums.difference_minor) == (1000, 0)


# --- at the same time --------------------------------------------------------------------------


def test_avl_12_who_comes_second_is_stopped_before_any_payment() -> None:
    scenario = Scenario().given(receive(1), buy(("MUG", 1)))

    scenario.when(buy(("MUG", 1), order_id="O-2")).then_rejected("shortage")

    assert asked(scenario, "authorize") == 1
    assert levels(scenario.engine) == {"L1": (1, 1, 0)}


@pytest.mark.parametrize("buyers", [2, 10])
def test_con_01_the_last_unit_has_one_buyer(buyers: int) -> None:
    scenario = Scenario().given(receive(1))
    engine = scenario.engine

    refused = at_once(
        *(lambda n=n: engine.submit(buy(("MUG", 1), order_id=f"O-{n}")) for n in range(buyers))
    )

    assert [e.code for e in refused if isinstance(e, Rejected)] == ["shortage"] * (buyers - 1)
    assert asked(scenario, "authorize") == 1
    assert levels(engine) == {"L1": (1, 1, 0)}


def test_con_02_two_deliveries_at_once_are_both_received() -> None:
    engine = Scenario().given(receive(1)).engine

    assert at_once(*[lambda: engine.submit(receive(5))] * 2) == []
    assert levels(engine) == {"L1": (11, 0, 11)}


def test_con_05_orders_over_the_same_skus_in_opposite_order_do_not_block_each_other() -> None:
    engine = Scenario().given(receive(40), receive(40, sku="TEA")).engine

    def order(n: int) -> PlaceOrder:
        skus = ("MUG", "TEA") if n % 2 else ("TEA", "MUG")
        return order_of(f"O-{n}", lines=[line_of(sku) for sku in skus])

    refused = at_once(*(lambda n=n: engine.submit(order(n)) for n in range(20)))

    assert refused == []
    assert levels(engine) == {"L1": (40, 20, 20)} == levels(engine, "TEA")
