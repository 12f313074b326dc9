"""
Payments alone: the sequence of tenders, what may be taken, and outcomes of every kind.

"""

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import Rejected
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.payments import (
    EMPTY,
    PAYMENT_LIFECYCLE,
    AskAuthorization,
    AskCapture,
    AskRefund,
    AskVoid,
    CaptureRequested,
    PaymentEvent,
    Payments,
    RefundRequested,
    RequestKind,
    Tender,
    authorize_tenders,
    evolve,
    outstanding,
    record_outcome,
    record_payment,
    request_capture,
    request_refund,
    request_voids,
)

NO = Declined(code="no")


def fold(state: Payments, events: tuple[PaymentEvent, ...] | str) -> Payments:
    assert not isinstance(events, str), events
    for event in events:
        state = evolve(state, event)
    return state


def tender(method: str, amount: int | None = None) -> Tender:
    return Tender(method=method, token_ref=f"tok-{method}", amount_minor=amount)


def yes(number: str = "n-1", **more: Any) -> Succeeded:
    return Succeeded(reference=number, account="pay", **more)


def authorized(*amounts: int) -> Payments:
    tenders = tuple(tender(f"m{n}", amount) for n, amount in enumerate(amounts, 1))
    state = fold(EMPTY, authorize_tenders(EMPTY, "O-1", tenders, sum(amounts), "EUR"))
    for payment in state.payments:
        state = fold(state, record_outcome(state, payment.payment_id, yes(payment.payment_id)))
    return state


def worth(events: tuple[PaymentEvent, ...]) -> int:
    return sum(e.amount_minor for e in events if isinstance(e, CaptureRequested | RefundRequested))


def answer(state: Payments, key: str, outcome: Outcome) -> Payments:
    return fold(state, record_outcome(state, key, outcome))


def captured(*amounts: int) -> Payments:
    state = authorized(*amounts)
    state = fold(state, request_capture(state, "O-1", sum(amounts), "all"))
    for request in state.requests:
        state = answer(state, request.request_id, yes(request.request_id))
    return state


# --- asking ----------------------------------------------------------------------------------


def test_the_tender_without_amount_pays_what_the_others_leave() -> None:
    events = authorize_tenders(EMPTY, "O-1", (tender("voucher", 300), tender("card")), 1000, "EUR")
    state = fold(EMPTY, events)
    assert [(p.method, p.asked_minor) for p in state.payments] == [("voucher", 300), ("card", 700)]
    assert state.undecided_minor == 1000
    asks = outstanding(state)
    assert [(ask.key, ask.amount_minor) for ask in asks] == [
        ("O-1/payment-1", 300),
        ("O-1/payment-2", 700),
    ]
    assert all(isinstance(ask, AskAuthorization) for ask in asks)


def test_money_is_taken_from_tenders_in_their_sequence() -> None:
    state = authorized(300, 700)
    state = fold(state, request_capture(state, "O-1", 500, "box 1"))
    assert [(r.payment_id, r.amount_minor) for r in state.requests] == [
        ("O-1/payment-1", 300),
        ("O-1/payment-2", 200),
    ]
    state = fold(state, request_capture(state, "O-1", 500, "box 2"))
    assert state.requests[-1].amount_minor == 500
    assert [type(ask) for ask in outstanding(state)] == [AskCapture] * 3
    with pytest.raises(Rejected, match=r"exceeds_authorization.*0 is authorized"):
        request_capture(state, "O-1", 1, "box 3")


def test_a_capture_beyond_what_is_left_takes_nothing() -> None:
    state = authorized(300, 700)
    with pytest.raises(Rejected, match="at most 1000") as caught:
        request_capture(state, "O-1", 1001, "x")
    assert caught.value.data == {"asked_minor": 1001, "capturable_minor": 1000}


def test_a_part_taken_does_not_close_a_payment_and_all_of_it_does() -> None:
    state = authorized(50)
    for n, status in ((1, "authorized"), (2, "settled")):
        state = fold(state, request_capture(state, "O-1", 25, f"box {n}"))
        state = answer(state, f"O-1/capture-{n}", yes())
        assert state.payments[0].status == status
    assert state.captured_minor == 50


def test_what_is_left_after_a_part_was_taken_is_given_back_and_settles_the_payment() -> None:
    state = authorized(100)
    state = fold(state, request_capture(state, "O-1", 60, "box"))
    assert request_voids(state, "O-1") == ()  # a capture is under way
    state = answer(state, "O-1/capture-1", yes())
    state = fold(state, request_voids(state, "O-1"))
    (ask,) = outstanding(state)
    assert isinstance(ask, AskVoid)
    assert (ask.amount_minor, ask.authorization) == (40, "O-1/payment-1")
    state = answer(state, ask.key, yes())
    (payment,) = state.payments
    assert (payment.captured_minor, payment.voided_minor, payment.status) == (60, 40, "settled")
    assert state.authorized_minor == 60
    assert request_voids(state, "O-1") == ()


def test_what_was_never_taken_is_voided_and_a_refused_void_is_not_asked_twice() -> None:
    state = authorized(100, 50)
    state = fold(state, request_voids(state, "O-1"))
    state = answer(state, "O-1/void-1", yes())
    state = answer(state, "O-1/void-2", NO)
    assert [p.status for p in state.payments] == ["voided", "authorized"]
    assert request_voids(state, "O-1") == ()
    assert not any(r.waits_for_person for r in state.requests)


def test_nothing_is_taken_from_what_is_being_given_back() -> None:
    state = authorized(100)
    state = fold(state, request_voids(state, "O-1"))
    with pytest.raises(Rejected, match="exceeds_authorization"):
        request_capture(state, "O-1", 1, "x")


def test_a_tender_that_refused_a_capture_is_not_asked_unless_a_person_says_so() -> None:
    state = authorized(100, 100)
    state = fold(state, request_capture(state, "O-1", 60, "box"))
    state = answer(state, "O-1/capture-1", NO)
    assert [state.usable_minor(p) for p in state.payments] == [0, 100]
    assert [state.capturable_minor(p) for p in state.payments] == [100, 100]
    other = request_capture(state, "O-1", 60, "box")
    assert fold(state, other).requests[-1].payment_id == "O-1/payment-2"
    again = fold(state, request_capture(state, "O-1", 60, "box", "O-1/capture-1"))
    assert [(r.payment_id, r.repeated) for r in again.requests] == [
        ("O-1/payment-1", True),
        ("O-1/payment-1", False),
    ]
    assert again.usable_minor(again.payments[0]) == 40


# --- giving back -----------------------------------------------------------------------------


def test_a_refund_goes_to_the_tenders_in_their_sequence_each_up_to_what_it_paid() -> None:
    state = captured(300, 700)
    state = fold(state, request_refund(state, "O-1", 500, "grant"))
    assert [(r.payment_id, r.amount_minor) for r in state.requests[2:]] == [
        ("O-1/payment-1", 300),
        ("O-1/payment-2", 200),
    ]
    assert [type(ask) for ask in outstanding(state)] == [AskRefund] * 2
    for request in state.requests[2:]:
        state = answer(state, request.request_id, yes())
    assert [p.refunded_minor for p in state.payments] == [300, 200]


def test_no_more_is_given_back_than_was_taken() -> None:
    state = captured(100)
    state = fold(state, request_refund(state, "O-1", 80, "a"))
    state = fold(state, request_refund(state, "O-1", 80, "b"))
    assert [r.amount_minor for r in state.requests[1:]] == [80, 20]
    assert request_refund(state, "O-1", 1, "c") == ()
    assert request_refund(authorized(100), "O-1", 1, "c") == ()


def test_a_refused_refund_leaves_its_money_refundable() -> None:
    state = captured(250)
    state = fold(state, request_refund(state, "O-1", 15, "a"))
    state = answer(state, "O-1/refund-2", NO)
    state = fold(state, request_refund(state, "O-1", 3, "b"))
    (payment,) = state.payments
    assert payment.refunded_minor == 0
    assert state.pending_minor(RequestKind.REFUND) == 3
    assert state.refundable_minor(payment) == 247


@given(
    amounts=st.lists(st.integers(1, 500), min_size=1, max_size=4),
    steps=st.lists(
        st.tuples(st.sampled_from(["capture", "refund", "void"]), st.integers(1, 400)), max_size=12
    ),
    answers=st.lists(st.booleans(), min_size=60, max_size=60),
)
def test_every_sum_stays_within_what_it_was_taken_from(
    amounts: list[int], steps: list[tuple[str, int]], answers: list[bool]
) -> None:
    state = authorized(*amounts)
    said = iter(answers)
    for word, amount in steps:
        if word == "capture":
            left = sum(map(state.usable_minor, state.payments))
            if amount > left:
                with pytest.raises(Rejected):
                    request_capture(state, "O-1", amount, "x")
                continue
            events = request_capture(state, "O-1", amount, "x")
            assert worth(events) == amount
        elif word == "refund":
            left = sum(map(state.refundable_minor, state.payments))
            events = request_refund(state, "O-1", amount, "x")
            assert worth(events) == min(amount, left)
        else:
            events = request_voids(state, "O-1")
        state = fold(state, events)
        for ask in outstanding(state):
            state = answer(state, ask.key, yes() if next(said, True) else NO)
        for payment in state.payments:
            assert 0 <= payment.refunded_minor <= payment.captured_minor
            assert payment.captured_minor + payment.voided_minor <= payment.authorized_minor
        assert len({r.request_id for r in state.requests}) == len(state.requests)


# --- outcomes --------------------------------------------------------------------------------

OUTCOMES: list[Outcome] = [
    yes(),
    yes(amount_minor=100),
    NO,
    ActionRequired(reference="3ds", action="go"),
    Unknown(reason="?"),
]


def asked() -> Payments:
    return fold(EMPTY, authorize_tenders(EMPTY, "O-1", (tender("card"),), 100, "EUR"))


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda o: type(o).__name__)
def test_the_same_outcome_twice_says_nothing_new(outcome: Outcome) -> None:
    state = answer(asked(), "O-1/payment-1", outcome)
    assert record_outcome(state, "O-1/payment-1", outcome) == ()
    for kind in (request_capture, request_refund):
        base = authorized(100) if kind is request_capture else captured(100)
        state = fold(base, kind(base, "O-1", 100, "x"))
        key = state.requests[-1].request_id
        if isinstance(outcome, ActionRequired | Unknown):
            assert record_outcome(state, key, outcome) == ()
            continue
        assert record_outcome(answer(state, key, outcome), key, outcome) == ()


@pytest.mark.parametrize(
    ("first", "then", "word"),
    [
        (yes(), NO, "declined_after_authorization"),
        (NO, yes(), "authorized_after_decline"),
    ],
)
def test_an_authorization_does_not_change_its_mind(
    first: Outcome, then: Outcome, word: str
) -> None:
    state = answer(asked(), "O-1/payment-1", first)
    assert record_outcome(state, "O-1/payment-1", then) == word


@pytest.mark.parametrize("kind", ["capture", "void", "refund"])
def test_a_request_does_not_change_its_mind(kind: str) -> None:
    make: dict[str, Any] = {
        "capture": lambda: (authorized(100), request_capture, (100, "x")),
        "void": lambda: (authorized(100), request_voids, ()),
        "refund": lambda: (captured(100), request_refund, (100, "x")),
    }
    base, ask, how = make[kind]()
    state = fold(base, ask(base, "O-1", *how))
    key = state.requests[-1].request_id
    done = answer(state, key, yes())
    assert record_outcome(done, key, NO) == f"{kind}_declined_after_succeeded"
    refused = answer(state, key, NO)
    assert record_outcome(refused, key, yes()) == f"{kind}_succeeded_after_declined"


def test_an_amount_that_differs_is_an_anomaly_and_changes_nothing() -> None:
    state = asked()
    assert record_outcome(state, "O-1/payment-1", yes(amount_minor=99)) == (
        "authorized_amount_differs"
    )
    state = authorized(100)
    state = fold(state, request_capture(state, "O-1", 60, "x"))
    assert record_outcome(state, "O-1/capture-1", yes(amount_minor=100)) == (
        "capture_amount_differs"
    )


def test_a_customer_who_must_act_may_succeed_or_fail_afterwards() -> None:
    waiting = answer(asked(), "O-1/payment-1", ActionRequired(reference="3ds", action="go"))
    assert waiting.payments[0].status == "action_required"
    assert outstanding(waiting) == ()
    assert waiting.undecided_minor == 100
    valid = datetime(2026, 3, 8, tzinfo=UTC)
    done = answer(waiting, "O-1/payment-1", yes(valid_until=valid))
    assert (done.payments[0].status, done.payments[0].valid_until) == ("authorized", valid)
    assert answer(waiting, "O-1/payment-1", NO).payments[0].status == "declined"
    assert record_outcome(done, "O-1/payment-1", ActionRequired(reference="x", action="y")) == ()


def test_an_outcome_of_what_was_never_asked_names_what_was() -> None:
    with pytest.raises(Rejected, match="unknown_request") as caught:
        record_outcome(authorized(100), "O-1/capture-9", yes())
    assert caught.value.legal == ("O-1/payment-1",)
    with pytest.raises(Rejected, match="nothing was asked"):
        record_outcome(EMPTY, "O-1/capture-9", yes())


def test_money_that_came_by_itself_is_known_by_its_number_in_its_account() -> None:
    def paid(state: Payments, **more: Any) -> tuple[PaymentEvent, ...]:
        how: dict[str, Any] = {
            "method": "transfer",
            "amount_minor": 100,
            "currency": "EUR",
            "account": "bank",
            "reference": "r-1",
            "occurred_at": datetime(2026, 3, 1, tzinfo=UTC),
        }
        return record_payment(state, "O-1", **{**how, **more})

    state = fold(EMPTY, paid(EMPTY))
    assert paid(state) == ()
    with pytest.raises(Rejected, match="recorded with 100, not with 99"):
        paid(state, amount_minor=99)
    state = fold(state, paid(state, account="other"))
    state = fold(state, paid(state, reference=""))
    state = fold(state, paid(state, reference=""))
    assert state.captured_minor == state.authorized_minor == 400
    assert all(p.status == "settled" for p in state.payments)
    assert sum(map(state.capturable_minor, state.payments)) == 0
    assert sum(map(state.refundable_minor, state.payments)) == 400


def test_facts_name_the_numbers_by_which_the_world_knows_them() -> None:
    state = asked()
    events = record_outcome(state, "O-1/payment-1", yes("a-1"))
    assert [e.references for e in events if not isinstance(e, str)] == [("pay:a-1",)]
    events = record_outcome(state, "O-1/payment-1", Succeeded(reference=""))
    assert [e.references for e in events if not isinstance(e, str)] == [()]
    state = authorized(100)
    state = fold(state, request_capture(state, "O-1", 100, "x"))
    events = record_outcome(state, "O-1/capture-1", yes("c-1"))
    assert [e.references for e in events if not isinstance(e, str)] == [("pay:c-1",)]
    state = fold(state, events)
    state = fold(state, request_refund(state, "O-1", 100, "x"))
    events = record_outcome(state, "O-1/refund-2", yes("r-1"))
    assert [e.references for e in events if not isinstance(e, str)] == [("pay:r-1",)]


def test_every_status_that_a_payment_gets_is_one_of_its_lifecycle() -> None:
    for state in (asked(), authorized(1), captured(1), answer(asked(), "O-1/payment-1", NO)):
        assert all(p.status in PAYMENT_LIFECYCLE().categories for p in state.payments)
    assert attrs.asdict(EMPTY) == {"payments": (), "requests": ()}
