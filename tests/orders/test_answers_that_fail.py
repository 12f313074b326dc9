"""
The world does not answer, answers nonsense, or answers twice: what is owed is neither lost nor done
twice, and what nobody can know waits for a person.

"""

from datetime import timedelta
from typing import Any

import pytest

from ordercore.errors import Conflict, OutcomeUnknown, PortUnavailable, Rejected
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.ids import OrderId, PlaceId
from ordercore.orders import (
    CancelUnits,
    PackUnits,
    PickUnits,
    RecordAttempt,
    RecordOutcome,
    ReportMissing,
    RetryEffect,
    Rules,
    SourceAgain,
    balance,
    outstanding,
)
from ordercore.ports import ActingCapabilities
from tests.orders.builders import BLIND, LOOKUP, Shop, line_of, order_of, shop

ORDER = OrderId("O-1")
LOST = OutcomeUnknown("payments", "key", "lost")


def lost() -> OutcomeUnknown:
    return OutcomeUnknown("payments", "key", "lost")


def test_a_lookup_that_fails_is_not_taken_for_not_found() -> None:
    made = shop({"MUG": 9})
    pay = made.pay
    asked = pay.lookup

    def away(key: str) -> Outcome | None:
        raise PortUnavailable("payments", "lookup is away")

    pay.lookup = away  # type: ignore[method-assign]
    pay.tell("authorize", lost)
    made.place()
    made.clock.advance(hours=1)
    made.engine.run_pending()
    assert pay.acted["O-1/payment-1"] == 1
    pay.lookup = asked  # type: ignore[method-assign]
    made.settle(days=1)
    assert pay.acted["O-1/payment-1"] == 1
    assert made.order().payments.payments[0].status == "authorized"


@pytest.mark.parametrize("answer", [Unknown(reason="?"), LOST], ids=["unknown", "lost"])
def test_a_lookup_without_a_word_is_asked_again_later(answer: Outcome | OutcomeUnknown) -> None:
    made = shop({"MUG": 9})
    pay, asked = made.pay, made.pay.lookup

    def unsure(key: str) -> Outcome | None:
        if isinstance(answer, OutcomeUnknown):
            raise answer
        return answer

    pay.lookup = unsure  # type: ignore[method-assign]
    pay.tell("authorize", lost)
    made.place()
    made.clock.advance(hours=1)
    made.engine.run_pending()
    pay.lookup = asked  # type: ignore[method-assign]
    made.settle(days=1)
    assert pay.acted["O-1/payment-1"] == 1
    assert made.order().payments.payments[0].status == "authorized"


def test_an_answer_that_settles_nothing_does_not_stand_in_the_way_of_the_one_that_does() -> None:
    made = shop({"MUG": 9})
    made.place()
    made.pay.tell("capture", ActionRequired(reference="x", action="go"))
    made.send()
    (waiting,) = outstanding(made.order())
    assert waiting.waits_for_operator
    made.pay._known.clear()
    made.do(RetryEffect(order_id=ORDER, effect_key=waiting.key))
    assert balance(made.order()).captured_minor == 1000


def test_an_amount_that_was_not_asked_for_waits_for_a_person() -> None:
    made = shop({"MUG": 9})
    made.place()
    made.pay.tell("capture", Succeeded(reference="x", account="pay", amount_minor=999))
    made.send()
    order = made.order()
    assert [a.kind for a in order.anomalies] == ["capture_amount_differs"]
    assert [e.waits_for_operator for e in outstanding(order)] == [True]
    assert balance(order).captured_minor == 0
    made.do(
        RecordOutcome(
            order_id=ORDER,
            effect_key="O-1/capture-1",
            outcome=Succeeded(reference="x", account="pay", amount_minor=1000),
        )
    )
    assert balance(made.order()).captured_minor == 1000
    assert outstanding(made.order()) == ()


def test_where_nobody_can_be_asked_a_person_decides_and_only_then_is_it_asked_anew() -> None:
    made = shop({"MUG": 9}, capabilities=BLIND)
    made.pay.tell("authorize", OutcomeUnknown("payments", "key", "lost"))
    made.place()
    made.settle(days=1)
    assert len(made.pay.asked) == 1
    (waiting,) = outstanding(made.order())
    assert waiting.waits_for_operator
    made.do(RetryEffect(order_id=ORDER, effect_key=waiting.key))
    assert len(made.pay.asked) == 2
    assert made.order().payments.payments[0].status == "authorized"


def test_a_person_who_has_asked_the_provider_may_tell_what_it_said() -> None:
    made = shop({"MUG": 9}, capabilities=BLIND)
    made.pay.tell("authorize", lost)
    made.place()
    made.settle(days=1)
    made.do(
        RecordOutcome(
            order_id=ORDER,
            effect_key="O-1/payment-1",
            outcome=Succeeded(reference="a-9", account="pay"),
        )
    )
    assert made.order().status == "released"
    assert made.pay.acted["O-1/payment-1"] == 1


def test_the_same_key_is_asked_again_only_while_it_is_recognized() -> None:
    made = shop({"MUG": 9}, capabilities=ActingCapabilities(idempotency_s=3_600))
    made.pay.tell("authorize", lost)
    made.place()
    made.clock.advance(minutes=5)
    made.engine.run_pending()
    assert made.order().status == "released"
    assert made.pay.acted["O-1/payment-1"] == 1

    made.pay.tell("authorize", lost)
    made.place("O-2")
    made.clock.advance(hours=2)
    made.engine.run_pending()
    (waiting,) = outstanding(made.order("O-2"))
    assert waiting.waits_for_operator
    assert made.pay.acted["O-2/payment-1"] == 1


def test_a_port_that_certainly_did_not_act_is_asked_again_at_doubling_intervals() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, retry_s=100, attempts_max=4))
    away = PortUnavailable("payments", "away")
    made.pay.tell("authorize", away, away, away, away)
    made.place()
    waits: list[timedelta] = []
    for _ in range(3):
        (effect,) = outstanding(made.order())
        assert effect.not_before is not None
        waits.append(effect.not_before - made.clock.now)
        made.clock.now = effect.not_before
        made.engine.run_pending()
    assert [round(w.total_seconds(), -2) for w in waits] == [100, 200, 400]
    (effect,) = outstanding(made.order())
    assert effect.waits_for_operator
    assert "O-1/payment-1 waits for a person" in str(made.engine.verify())


def test_the_wait_between_two_tries_never_exceeds_a_day() -> None:
    made = shop({"MUG": 9}, rules=Rules(buy_labels=False, attempts_max=10_000))
    made.do(order_of(), perform=False)
    for n in range(1, 80):
        made.do(
            RecordAttempt(order_id=ORDER, effect_key="O-1/payment-1", attempt=n, reason="no"),
            perform=False,
        )
    (effect,) = outstanding(made.order())
    assert effect.not_before is not None
    assert effect.not_before - made.clock.now <= timedelta(days=1)


def test_a_try_at_what_is_answered_meanwhile_says_nothing() -> None:
    made = shop({"MUG": 9})
    made.place()
    before = made.engine.version("O-1")
    made.do(RecordAttempt(order_id=ORDER, effect_key="O-1/payment-1", attempt=1, reason="no"))
    assert made.engine.version("O-1") == before


def test_a_try_that_is_told_late_does_not_take_an_effect_back_from_a_person() -> None:
    made = shop({"MUG": 9})
    made.do(order_of(), perform=False)
    told: dict[str, Any] = {"order_id": ORDER, "effect_key": "O-1/payment-1", "attempt": 1}
    made.do(RecordAttempt(**told, reason="no contract", give_up=True), perform=False)
    made.do(RecordAttempt(**told, reason="away"), perform=False)
    (asked,) = outstanding(made.order())
    assert asked.waits_for_operator
    assert made.order().attempts[0].count == 2
    made.do(RetryEffect(order_id=ORDER, effect_key="O-1/payment-1"))
    assert made.order().status == "released"


@pytest.mark.parametrize("account", ["a|b", " ", "x" * 101])
def test_an_account_that_no_ledger_can_name_waits_for_a_person(account: str) -> None:
    made = shop({"MUG": 9})
    made.pay.tell("authorize", Succeeded(reference="x", account=account))
    made.place()
    (effect,) = outstanding(made.order())
    assert effect.waits_for_operator
    assert "outcome.account" in made.order().attempts[0].reason


# --- a second source ---------------------------------------------------------------------------


def short_picked(made: Shop) -> None:
    made.do(ReportMissing(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 1}))


def test_a_carrier_without_rates_does_not_fail_the_report_of_missing_units() -> None:
    made = shop({"MUG": 1})
    made.receive({"MUG": 1}, "lyon")
    made.place()
    made.post.away = 1
    short_picked(made)
    (effect,) = outstanding(made.order())
    assert effect.not_before is not None
    made.settle(days=1)
    assert [fo.place for fo in made.order().fulfillment.orders] == ["berlin", "lyon"]


def test_a_second_sourcing_that_was_refused_can_be_tried_again() -> None:
    made = shop({"MUG": 1})
    made.receive({"MUG": 2})
    made.place(lines=[line_of(place=PlaceId("berlin"))])
    made.post.serves = ("lyon",)
    short_picked(made)
    (effect,) = outstanding(made.order())
    assert effect.waits_for_operator
    assert "cannot_ship_from" in made.order().attempts[0].reason
    made.post.serves = ("berlin", "lyon")
    made.do(RetryEffect(order_id=ORDER, effect_key=effect.key))
    assert outstanding(made.order()) == ()
    assert made.order().sourcing_failed


def test_units_that_no_place_has_wait_for_a_person_and_may_be_canceled() -> None:
    made = shop({"MUG": 1})
    made.place()
    short_picked(made)
    assert made.order().sourcing_failed
    assert outstanding(made.order()) == ()
    made.receive({"MUG": 1}, "turin")
    made.do(SourceAgain(order_id=ORDER))
    assert made.order().fulfillment.orders[1].place == "turin"
    made.do(CancelUnits(order_id=ORDER))
    assert made.order().status == "canceled"
    assert made.engine.verify().leaks == ()


def test_what_is_found_in_part_leaves_the_rest_without_a_source() -> None:
    made = shop({"MUG": 3})
    made.place(lines=[line_of(quantity=3)])
    made.receive({"MUG": 1}, "lyon")
    made.do(ReportMissing(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 2}))
    order = made.order()
    assert order.lines[0].unsourced == 1
    assert order.sourcing_failed
    assert [fo.lines[0].waiting for fo in order.fulfillment.orders] == [1, 1]


def test_a_place_that_did_not_have_it_is_not_asked_for_that_line_again() -> None:
    made = shop({"MUG": 5})
    made.place()
    short_picked(made)
    assert made.order().sourcing_failed
    assert made.order().barred == (("line-1", "berlin"),)


# --- labels ------------------------------------------------------------------------------------


def boxed(**how: Any) -> Shop:
    made = shop({"MUG": 9}, rules=Rules(), **how)
    made.place()
    about: dict[str, Any] = {
        "order_id": ORDER,
        "fulfillment_order_id": made.work().id,
        "lines": {"line-1": 1},
    }
    made.do(PickUnits(**about))
    made.do(PackUnits(**about), perform=False)
    return made


def test_a_label_is_bought_once_although_the_answer_was_lost() -> None:
    made = boxed(capabilities=LOOKUP)
    made.post.tell("label", lost)
    made.settle(days=1)
    assert made.package().status == "labeled"
    assert made.post.acted["O-1/package-1/label"] == 1
    assert made.engine.find(f"post:{made.package().tracking}") == "O-1"


def test_a_label_that_comes_too_late_is_kept_as_an_anomaly_once() -> None:
    made = boxed()
    made.settle()
    told = RecordOutcome(
        order_id=ORDER,
        effect_key="O-1/package-1/label",
        outcome=Succeeded(reference="other", account="post"),
    )
    made.do(told)
    made.do(told)
    assert [a.kind for a in made.order().anomalies] == ["label_purchased_late"]
    made.do(
        RecordOutcome(order_id=ORDER, effect_key="O-1/package-1/label", outcome=Declined(code="no"))
    )
    assert [a.kind for a in made.order().anomalies][1:] == ["label_declined_after_purchase"]


def test_two_people_who_looked_at_one_version_do_not_both_decide() -> None:
    made = shop({"MUG": 9})
    made.place(lines=[line_of(quantity=2)])
    seen = made.engine.version("O-1")
    made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}), expected_version=seen)
    with pytest.raises(Conflict):
        made.do(CancelUnits(order_id=ORDER, lines={"line-1": 1}), expected_version=seen)
    assert made.order().lines[0].units.canceled == 1


def test_what_is_neither_open_nor_declined_cannot_be_retried() -> None:
    made = shop({"MUG": 9})
    made.place()
    with pytest.raises(Rejected, match="nothing: all is answered"):
        made.do(RetryEffect(order_id=ORDER, effect_key="O-1/payment-1"))
