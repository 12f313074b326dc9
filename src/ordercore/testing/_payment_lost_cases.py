"""
What every payment gateway must do when an answer is lost, and when time passes.

These need somebody who can lose an answer: a fake, or a proxy before a provider's sandbox. Where
nothing can be planned they don't apply.
"""

from collections.abc import Callable
from typing import Final

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.grammar import Outcome, Succeeded, Unknown
from ordercore.testing._conformance import Kit, Unmet, require, succeeded
from ordercore.testing._faults import Fault
from ordercore.testing._payment_trial import PaymentTrial, alike, looks_up, recognizes_keys, says

__all__ = ["LOST_CASES"]

_kit: Final = Kit[PaymentTrial]()


def _plans(t: PaymentTrial) -> bool:
    return t.plan is not None


def _plans_and_recognizes(t: PaymentTrial) -> bool:
    return _plans(t) and recognizes_keys(t)


def _plans_and_looks_up(t: PaymentTrial) -> bool:
    return _plans(t) and looks_up(t) and (t.wait is not None or not _settling(t))


def _settling(t: PaymentTrial) -> bool:
    return t.gateway.capabilities.settling_s > 0


def _waits_and_recognizes(t: PaymentTrial) -> bool:
    return t.wait is not None and recognizes_keys(t)


def _lost(call: Callable[[], Outcome]) -> Outcome | OutcomeUnknown | PortUnavailable:
    try:
        return call()
    except (OutcomeUnknown, PortUnavailable) as error:
        return error


@_kit.case(_plans)
def _a_lost_answer_is_told_as_unknown(t: PaymentTrial) -> None:
    """It may have acted; who is told that it has not would charge again."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.TIMEOUT_AFTER)
    told = _lost(lambda: t.capture(authorization, 100))
    require(isinstance(told, OutcomeUnknown | Unknown), f"it is told as {told!r}")


@_kit.case(_plans)
def _an_outage_is_told_as_unavailable(t: PaymentTrial) -> None:
    """It has not acted; a decline would end the payment, a doubt would call a person."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.UNAVAILABLE)
    told = _lost(lambda: t.capture(authorization, 100))
    require(isinstance(told, PortUnavailable), f"it is told as {told!r}")


@_kit.case(_plans)
def _an_outage_has_not_acted(t: PaymentTrial) -> None:
    """The call is made again, maybe under another key."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.UNAVAILABLE)
    _lost(lambda: t.capture(authorization, 100))
    succeeded(t.capture(authorization, 100, "capture-2"), "a capture after an outage")


@_kit.case(_plans_and_recognizes)
def _a_retry_after_a_lost_answer_succeeds(t: PaymentTrial) -> None:
    """A timeout, and then the success that it hid."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.TIMEOUT_AFTER)
    _lost(lambda: t.capture(authorization, 100))
    says(t.capture(authorization, 100), 100, "a capture asked again")


@_kit.case(_plans_and_recognizes)
def _a_retry_after_a_lost_answer_takes_once(t: PaymentTrial) -> None:
    """What it left must still be there to take."""
    authorization = t.authorized(80)
    t.goes_wrong("capture", Fault.TIMEOUT_AFTER)
    _lost(lambda: t.capture(authorization, 40))
    t.capture(authorization, 40)
    succeeded(t.capture(authorization, 40, "capture-2"), "the other half")


@_kit.case(_plans_and_recognizes)
def _a_retry_after_a_lost_refund_returns_once(t: PaymentTrial) -> None:
    """The same for a refund."""
    authorization = t.captured(80, of_minor=80)
    t.goes_wrong("refund", Fault.TIMEOUT_AFTER)
    _lost(lambda: t.refund(authorization, 40))
    t.refund(authorization, 40)
    succeeded(t.refund(authorization, 40, "refund-2"), "the other half")


@_kit.case(_plans_and_recognizes)
def _a_retry_after_a_lost_authorization_can_be_captured(t: PaymentTrial) -> None:
    """The number in the second answer is that of the money kept by the first."""
    t.goes_wrong("authorize", Fault.TIMEOUT_AFTER)
    _lost(lambda: t.gateway.authorize(t.ask(100)))
    succeeded(t.capture(t.authorized(100), 100), "a capture")


@_kit.case(_plans_and_recognizes)
def _what_never_arrived_is_done_when_asked_again(t: PaymentTrial) -> None:
    """A key that nobody has seen is fresh."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.TIMEOUT_BEFORE)
    _lost(lambda: t.capture(authorization, 100))
    says(t.capture(authorization, 100), 100, "a capture asked again")


@_kit.case(_plans_and_looks_up)
def _a_lost_success_is_found(t: PaymentTrial) -> None:
    """So the order goes on, and nobody asks the customer."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.TIMEOUT_AFTER)
    _lost(lambda: t.capture(authorization, 100))
    t.settles()
    found = t.gateway.lookup(t.key("capture-1"))
    require(isinstance(found, Succeeded), f"found {found}")


@_kit.case(lambda t: _plans_and_looks_up(t) and _settling(t))
def _a_late_success_is_found_once_settled(t: PaymentTrial) -> None:
    """After the declared time "not found" lets the call be made again."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.LATE)
    _lost(lambda: t.capture(authorization, 100))
    t.settles()
    found = t.gateway.lookup(t.key("capture-1"))
    require(isinstance(found, Succeeded), f"found {found} when settled")


@_kit.case(_plans_and_looks_up)
def _what_never_arrived_is_not_found(t: PaymentTrial) -> None:
    """A doubt that never ends would call a person for each broken line."""
    authorization = t.authorized(100)
    t.goes_wrong("capture", Fault.TIMEOUT_BEFORE)
    _lost(lambda: t.capture(authorization, 100))
    t.settles()
    found = t.gateway.lookup(t.key("capture-1"))
    require(found is None, f"found {found}")


@_kit.case(_waits_and_recognizes)
def _a_key_is_recognized_until_its_window_ends(t: PaymentTrial) -> None:
    """The window was declared, and repeats were made on it."""
    if t.wait is None:  # pragma: no cover - such cases do not apply
        raise Unmet("time can't be moved")
    authorization = t.authorized(90)
    first = succeeded(t.capture(authorization, 90), "a capture")
    t.wait(t.gateway.capabilities.idempotency_s - 1)
    alike(first, t.capture(authorization, 90), "a capture a second before its window ends")


#: In order.
LOST_CASES: Final = _kit.cases
