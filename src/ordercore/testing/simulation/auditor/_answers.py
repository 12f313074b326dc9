"""
The model of answers from outside: outcomes, tries in vain, what does not fit, a person's word.

"""

from collections.abc import Iterator

from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.instants import seconds_after
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._money import answered, ask_capture, ask_refund, retryable
from ordercore.testing.simulation.auditor._shapes import (
    ShadowAttempt,
    ShadowOrder,
    ShadowPackage,
)
from ordercore.testing.simulation.auditor._violation import No

__all__ = ["record_anomaly", "record_attempt", "record_outcome", "retry"]

_DAY_S = 86_400


def record_outcome(case: Case) -> Iterator[None]:
    """
    Tell what something that was asked has come to.

    """
    order, key = case.order(), case.command.effect_key
    boxes = {f"{box.package_id}/label": box for box in order.packages.values()}
    if key not in boxes and key not in order.payments and key not in order.requests:
        raise No("unknown_request")
    yield
    outcome: Outcome = case.command.outcome
    if key in boxes:
        word = _label(case, boxes[key], outcome)
    else:
        word = answered(case, order, key, outcome)
    if word and (word, key) not in order.anomalies:
        order.anomalies.append((word, key))
        case.change()
        if key in order.owes():
            _ask_person(order, key)


def _label(case: Case, box: ShadowPackage, outcome: Outcome) -> str:
    if isinstance(outcome, Declined):
        if box.label_bought:
            return "label_declined_after_purchase"
        if not box.label_declined:
            box.label_declined = outcome.code
            case.change()
        return ""
    if not isinstance(outcome, Succeeded) or box.tracking == outcome.reference:
        return ""
    if box.status != "packed":
        return "label_purchased_late"
    box.status, box.label_bought = "labeled", True
    box.carrier, box.tracking = outcome.account, outcome.reference
    case.change()
    return ""


def _ask_person(order: ShadowOrder, key: str) -> None:
    known = order.attempts.get(key)
    order.attempts[key] = ShadowAttempt(
        count=known.count + 1 if known else 1, person=True, not_before=None
    )


def record_attempt(case: Case) -> Iterator[None]:
    """
    Tell that something was tried in vain: it comes back later, or a person is asked.

    """
    order, key, rules = case.order(), case.command.effect_key, case.shop.rules
    yield
    if key not in order.owes():
        return
    case.change()
    known = order.attempts.get(key)
    count = known.count + 1 if known else 1
    if case.command.give_up or count >= rules.attempts_max or (known and known.person):
        # Who has been asked stays asked: only a person lets it be tried again.
        _ask_person(order, key)
    else:
        wait_s = min(rules.retry_s * 2 ** min(count - 1, 30), _DAY_S)
        order.attempts[key] = ShadowAttempt(
            count=count, person=False, not_before=seconds_after(case.at, wait_s)
        )


def record_anomaly(case: Case) -> Iterator[None]:
    """
    Keep what does not fit, once.

    """
    order, command = case.order(), case.command
    yield
    if (command.kind, command.subject) not in order.anomalies:
        order.anomalies.append((command.kind, command.subject))
        case.change()


def retry(case: Case) -> Iterator[None]:
    """
    Let something be tried again, or asked anew that was declined.

    """
    order, key = case.order(), case.command.effect_key
    request, amount = retryable(order, key)
    if key in order.owes():
        yield
        case.change()
        order.attempts.pop(key, None)
    elif request is not None and amount:
        yield
        case.change()
        ask = ask_capture if request.kind == "capture" else ask_refund
        ask(order, amount, request.purpose, request)
    else:
        raise No("nothing_to_retry")
