"""
Money that comes late, is refused, or is asked for twice: nothing is lost and nothing taken twice.

"""

from typing import Any

import pytest

from ordercore.errors import Rejected
from ordercore.grammar import Declined, Succeeded
from ordercore.ids import OrderId, PlaceId, ReturnId
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    Balance,
    CancelUnits,
    CapturePayment,
    CaptureWhen,
    InspectReturn,
    ReceiveReturn,
    RecordOutcome,
    RecordPayment,
    ReleaseWhen,
    RetryEffect,
    Rules,
    Settlement,
    balance,
)
from tests.orders.builders import Shop, line_of, order_of, shop, tender

ORDER = OrderId("O-1")
NO = Declined(code="no")


def sums(made: Shop) -> Balance:
    return balance(made.order())


def give_back(made: Shop, quantity: int = 1, n: int = 1, **more: Any) -> None:
    return_id = ReturnId(f"O-1/return-{n}")
    made.do(AuthorizeReturn(order_id=ORDER, lines={"line-1": quantity}))
    made.do(ReceiveReturn(order_id=ORDER, return_id=return_id, place=PlaceId("berlin")))
    made.do(InspectReturn(order_id=ORDER, return_id=return_id, **more))


def pay_in(amount: int, reference: str = "r-1") -> RecordPayment:
    return RecordPayment(
        order_id=ORDER,
        method="transfer",
        amount_minor=amount,
        currency="EUR",
        account="bank",
        reference=reference,
    )


# --- captures by command ---------------------------------------------------------------------


def by_command() -> Shop:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, capture=CaptureWhen.BY_COMMAND))
    made.place(lines=[line_of(quantity=2)])
    return made


def test_an_authorization_outlives_the_last_box_until_the_command_to_capture() -> None:
    made = by_command()
    made.send(deliver=True)
    assert sums(made).captured_minor == 0
    assert made.order().payments.payments[0].status == "authorized"
    assert made.engine.verify().leaks == ()
    made.do(CapturePayment(order_id=ORDER, amount_minor=2000))
    assert (sums(made).captured_minor, sums(made).settlement) == (2000, Settlement.EXACT)


def test_what_no_command_will_capture_is_given_back_after_the_rest_is_captured() -> None:
    made = by_command()
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    made.send(deliver=True)
    made.do(CapturePayment(order_id=ORDER, amount_minor=1000))
    (payment,) = made.order().payments.payments
    assert (payment.captured_minor, payment.voided_minor, payment.status) == (1000, 1000, "settled")


def test_units_that_came_back_before_they_were_paid_for_leave_nothing_to_pay() -> None:
    made = by_command()
    made.send(deliver=True)
    give_back(made, 2)
    assert sums(made).refunded_minor == 0
    assert sums(made).settlement is Settlement.EXACT
    assert made.order().payments.payments[0].status == "voided"


def test_a_tender_for_units_that_came_back_unpaid_pays_for_the_rest_alone() -> None:
    """
    The capture was refused, one of two units came back, and another card pays for the other.

    """
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False))
    made.place(lines=[line_of(quantity=2)])
    made.pay.tell("capture", NO)
    made.send()
    give_back(made)
    assert (sums(made).captured_minor, sums(made).unpaid_minor) == (0, 1000)
    made.do(AddTender(order_id=ORDER, tender=tender()))
    assert [p.asked_minor for p in made.order().payments.payments] == [2000, 1000]
    assert (sums(made).captured_minor, sums(made).refunded_minor) == (1000, 0)
    assert sums(made).settlement is Settlement.EXACT


def test_a_refused_capture_is_asked_anew_for_what_was_not_returned_alone() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False))
    made.place(lines=[line_of(quantity=2)])
    made.pay.tell("capture", NO)
    made.send()
    give_back(made)
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert (sums(made).captured_minor, sums(made).refunded_minor) == (1000, 0)
    assert sums(made).settlement is Settlement.EXACT


# --- money that comes late -------------------------------------------------------------------


def test_what_is_authorized_after_the_box_has_left_is_captured() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY))
    made.do(order_of(), perform=False)
    made.send(perform=False)
    assert sums(made).charged_minor == 1000
    made.settle()
    assert (sums(made).captured_minor, sums(made).settlement) == (1000, Settlement.EXACT)
    assert made.pay.moved["void"] == 0


def test_a_box_that_was_paid_for_in_part_takes_the_rest_from_the_next_tender() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY))
    made.place(tenders=())
    made.do(AddTender(order_id=ORDER, tender=tender("voucher", 300)))
    made.send()
    assert sums(made).captured_minor == 300
    made.do(AddTender(order_id=ORDER, tender=tender()))
    assert sums(made).captured_minor == 1000


def test_money_that_came_by_itself_is_not_captured_again() -> None:
    made = shop({"MUG": 9})
    made.place()
    made.do(pay_in(1000))
    made.send()
    assert sums(made).captured_minor == 1000
    assert made.pay.moved["capture"] == 0
    assert made.pay.moved["void"] == 1000


@pytest.mark.parametrize(
    ("paid", "settlement", "difference"),
    [
        (999, Settlement.UNDERPAID, -1),
        (1000, Settlement.EXACT, 0),
        (1001, Settlement.OVERPAID, 1),
    ],
)
def test_over_and_underpayment_stay_in_the_balance_by_name(
    paid: int, settlement: Settlement, difference: int
) -> None:
    made = shop({"MUG": 9})
    made.place(tenders=())
    made.do(pay_in(paid))
    assert sums(made).settlement is settlement
    assert sums(made).difference_minor == difference
    assert made.engine.verify().balanced


# --- captures that were refused --------------------------------------------------------------


def refused_capture() -> Shop:
    made = shop({"MUG": 9})
    made.place(lines=[line_of(quantity=2)])
    made.pay.tell("capture", NO)
    made.send(lines={"line-1": 1})
    assert sums(made).captured_minor == 0
    return made


def test_a_refused_capture_keeps_its_authorization_and_waits_for_a_person() -> None:
    made = refused_capture()
    made.send(lines={"line-1": 1}, deliver=True)
    assert sums(made).captured_minor == 0
    assert made.pay.moved["void"] == 0
    assert made.engine.verify().leaks == ()
    assert made.engine.verify().waiting == (
        "order/O-1: O-1/capture-1 was declined and waits for a person",
    )
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert sums(made).captured_minor == 2000
    assert made.engine.verify().waiting == ()


def test_a_refused_capture_is_asked_anew_only_once() -> None:
    made = refused_capture()
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert made.engine.verify().waiting == ()
    with pytest.raises(Rejected, match="nothing_to_retry"):
        made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert sums(made).captured_minor == 1000


def test_a_capture_that_is_refused_again_may_be_asked_again_under_its_new_name() -> None:
    made = refused_capture()
    made.pay.tell("capture", NO)
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert sums(made).captured_minor == 0
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-2"))
    assert sums(made).captured_minor == 1000


def test_a_refused_capture_is_not_asked_anew_for_what_was_paid_meanwhile() -> None:
    made = refused_capture()
    made.do(pay_in(1700))
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))
    assert sums(made).captured_minor == 2000


def test_a_refused_capture_can_be_paid_by_another_tender() -> None:
    made = refused_capture()
    made.do(AddTender(order_id=ORDER, tender=tender("voucher")))
    first, second = made.order().payments.payments
    assert (first.captured_minor, second.captured_minor) == (0, 1000)
    made.send(deliver=True)
    first, second = made.order().payments.payments
    assert (first.captured_minor, second.captured_minor) == (0, 2000)
    assert (first.voided_minor, first.status) == (2000, "voided")
    with pytest.raises(Rejected, match="nothing_to_retry"):
        made.do(RetryEffect(order_id=ORDER, effect_key="O-1/capture-1"))


# --- refunds that were refused ---------------------------------------------------------------


def test_a_refused_refund_is_asked_anew_only_once() -> None:
    made = shop({"MUG": 9})
    made.place(lines=[line_of(quantity=3)])
    made.send()
    made.pay.tell("refund", NO)
    give_back(made)
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/refund-2"))
    assert sums(made).refunded_minor == 1000
    with pytest.raises(Rejected, match="nothing_to_retry"):
        made.do(RetryEffect(order_id=ORDER, effect_key="O-1/refund-2"))
    assert sums(made).refunded_minor == 1000


def test_a_refused_refund_and_a_later_cancellation_pay_back_each_cent_once() -> None:
    made = shop({"MUG": 9})
    made.place(lines=[line_of(quantity=2)])
    made.send(lines={"line-1": 1})
    made.pay.tell("refund", NO)
    give_back(made)
    made.do(CancelUnits(order_id=ORDER))
    assert (sums(made).granted_minor, sums(made).refunded_minor) == (1000, 0)
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/refund-2"))
    assert sums(made).refunded_minor == sums(made).captured_minor == 1000


def test_who_still_owes_is_paid_nothing_back_until_more_comes_than_is_owed() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY))
    made.place(lines=[line_of(quantity=2)], tenders=())
    made.do(pay_in(600))
    made.send()
    give_back(made)
    assert (sums(made).granted_minor, sums(made).refunded_minor) == (1000, 0)
    assert (sums(made).waived_minor, sums(made).unpaid_minor) == (1000, 400)
    made.do(pay_in(400, "r-2"))
    assert (sums(made).refunded_minor, sums(made).settlement) == (0, Settlement.EXACT)
    made.do(pay_in(1000, "r-3"))
    assert sums(made).refunded_minor == 1000
    assert sums(made).settlement is Settlement.EXACT


def test_the_rest_of_a_grant_is_paid_back_although_a_part_was_refused_once() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, release=ReleaseWhen.IMMEDIATELY))
    made.place(lines=[line_of(quantity=2)], tenders=())
    made.do(pay_in(1600))
    made.send()
    made.pay.tell("refund", NO)
    give_back(made)
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/refund-1"))
    assert sums(made).refunded_minor == 600
    made.do(pay_in(400, "r-2"))
    assert sums(made).refunded_minor == 1000


def test_a_capture_whose_reason_names_a_grant_is_no_refund() -> None:
    made = by_command()
    made.do(CapturePayment(order_id=ORDER, amount_minor=2000, reason="O-1/grant-1"))
    made.do(CancelUnits(order_id=ORDER))
    assert sums(made).refunded_minor == 2000


# --- cancellations -----------------------------------------------------------------------------


def test_an_authorization_that_comes_after_everything_was_canceled_is_given_back() -> None:
    made = shop({"MUG": 9})
    made.do(order_of(), perform=False)
    made.do(CancelUnits(order_id=ORDER), perform=False)
    made.do(
        RecordOutcome(
            order_id=ORDER,
            effect_key="O-1/payment-1",
            outcome=Succeeded(reference="a-1", account="pay"),
        )
    )
    assert made.order().status == "canceled"
    assert made.order().payments.payments[0].status == "voided"
    assert made.engine.verify().leaks == ()


def test_what_was_paid_ahead_goes_back_with_the_cancellation_and_no_more() -> None:
    made = shop({"MUG": 9})
    made.place(lines=[line_of(quantity=3, price=333)], tenders=())
    made.do(pay_in(900))
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}))
    assert sums(made).refunded_minor == 900 - 666
    made.do(CancelUnits(order_id=ORDER))
    assert sums(made).refunded_minor == 900
