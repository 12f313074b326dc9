"""
What every payment gateway must keep books of: what is authorized, captured, given back, returned.

Amounts are small, so that the kit runs against a provider's sandbox too.
"""

from functools import partial
from typing import Final

import attrs

from ordercore.grammar import Declined, Outcome, Succeeded
from ordercore.money import exponent
from ordercore.testing._conformance import Kit, at_once, refused, require, succeeded
from ordercore.testing._payment_trial import PaymentTrial, says

__all__ = ["BOOK_CASES"]

_kit: Final = Kit[PaymentTrial]()


@_kit.case()
def _every_capture_has_a_number_of_its_own(t: PaymentTrial) -> None:
    """Two captures under one number could not be told apart in a payout."""
    authorization = t.authorized(100)
    first = succeeded(t.capture(authorization, 40, "capture-1"), "the first capture")
    second = succeeded(t.capture(authorization, 60, "capture-2"), "the second capture")
    require(first.reference != second.reference, f"both captures are {first.reference}")


@_kit.case()
def _partial_captures_add_up(t: PaymentTrial) -> None:
    """Every package is captured when it ships."""
    authorization = t.authorized(100)
    for n, amount_minor in enumerate((30, 30, 40), 1):
        outcome = t.capture(authorization, amount_minor, f"capture-{n}")
        says(outcome, amount_minor, f"capture {n} of 3")


@_kit.case()
def _a_capture_above_the_authorization_is_declined(t: PaymentTrial) -> None:
    """More than the customer agreed to is never taken."""
    authorization = t.authorized(100)
    refused(lambda: t.capture(authorization, 101), "a capture of 101 of 100")


@_kit.case()
def _captures_together_stay_within_the_authorization(t: PaymentTrial) -> None:
    """Nor is it taken in two steps."""
    authorization = t.captured(60, of_minor=100)
    refused(lambda: t.capture(authorization, 41, "capture-2"), "41 of the 40 left")


@_kit.case()
def _a_capture_of_nothing_is_refused(t: PaymentTrial) -> None:
    """A capture of 0 means "everything" at some providers."""
    authorization = t.authorized(100)
    refused(lambda: t.capture(authorization, 0), "a capture of 0", malformed=True)


@_kit.case()
def _a_capture_in_another_currency_is_refused(t: PaymentTrial) -> None:
    """100 JPY must not be taken as 100 EUR cents."""
    ask = t.ask_capture(t.authorized(100), 100)
    other = attrs.evolve(ask, currency=t.other_currency)
    refused(lambda: t.gateway.capture(other), f"a capture in {t.other_currency}", malformed=True)


@_kit.case()
def _a_capture_of_an_unknown_authorization_is_declined(t: PaymentTrial) -> None:
    """The same as a value: the order must come to know it."""
    refused(lambda: t.capture("no-such-authorization", 1), "a capture of nothing known")


@_kit.case()
def _a_capture_after_a_void_is_declined(t: PaymentTrial) -> None:
    """What was given back is the customer's."""
    authorization = t.authorized(100)
    succeeded(t.void(authorization, 100), "a void")
    refused(lambda: t.capture(authorization, 1), "a capture after a void")


@_kit.case()
def _a_void_after_a_capture_gives_back_the_rest(t: PaymentTrial) -> None:
    """A partly shipped order whose rest was canceled binds no money."""
    authorization = t.captured(40, of_minor=100)
    says(t.void(authorization, 60), 60, "a void")


@_kit.case()
def _a_refund_after_a_void_is_done(t: PaymentTrial) -> None:
    """Giving back the rest does not touch what was captured."""
    authorization = t.captured(40, of_minor=100)
    t.void(authorization, 60)
    succeeded(t.refund(authorization, 40), "a refund after a void of the rest")


@_kit.case()
def _partial_refunds_add_up(t: PaymentTrial) -> None:
    """Every returned item is refunded when it arrives."""
    authorization = t.captured(90, of_minor=90)
    for n in (1, 2, 3):
        says(t.refund(authorization, 30, f"refund-{n}"), 30, f"refund {n} of 3")


@_kit.case()
def _a_refund_above_the_captured_is_declined(t: PaymentTrial) -> None:
    """What was authorized and not captured can't go back."""
    authorization = t.captured(60, of_minor=100)
    refused(lambda: t.refund(authorization, 61), "a refund of 61 of 60")


@_kit.case()
def _refunds_together_stay_within_the_captured(t: PaymentTrial) -> None:
    """Nor does more go back in two steps."""
    authorization = t.captured(60, of_minor=60)
    succeeded(t.refund(authorization, 40), "a refund")
    refused(lambda: t.refund(authorization, 21, "refund-2"), "21 of the 20 left")


@_kit.case()
def _a_refund_of_an_unknown_authorization_is_declined(t: PaymentTrial) -> None:
    """The same as a value: the customer is still owed."""
    refused(lambda: t.refund("no-such-authorization", 1), "a refund of nothing known")


@_kit.case()
def _every_authorization_has_a_number_of_its_own(t: PaymentTrial) -> None:
    """A gift card and a card of one order are two tenders."""
    first, second = t.authorized(100), t.apart("other").authorized(100)
    require(first != second, f"both authorizations are {first}")


@_kit.case()
def _every_refund_has_a_number_of_its_own(t: PaymentTrial) -> None:
    """The customer asks for one of them by its number."""
    authorization = t.captured(100, of_minor=100)
    first = succeeded(t.refund(authorization, 40), "the first refund")
    second = succeeded(t.refund(authorization, 60, "refund-2"), "the second refund")
    require(first.reference != second.reference, f"both refunds are {first.reference}")


@_kit.case()
def _payments_are_kept_apart(t: PaymentTrial) -> None:
    """What was taken from one tender leaves the others whole."""
    other = t.apart("other")
    first, second = t.authorized(100), other.authorized(100)
    says(t.capture(first, 100), 100, "a capture of the first")
    says(other.capture(second, 100), 100, "a capture of the second")


@_kit.case()
def _one_minor_unit_is_an_amount(t: PaymentTrial) -> None:
    """Shares of an order may come to a cent."""
    authorization = t.captured(1, of_minor=1)
    says(t.refund(authorization, 1), 1, "a refund")


@_kit.case()
def _the_last_minor_unit_is_captured(t: PaymentTrial) -> None:
    """The last package of an order may cost a cent."""
    authorization = t.captured(99, of_minor=100)
    says(t.capture(authorization, 1, "capture-2"), 1, "a capture of the last unit")


@_kit.case()
def _nothing_is_left_after_the_last_minor_unit(t: PaymentTrial) -> None:
    """Nor a tolerance that a provider grants silently."""
    authorization = t.captured(99, of_minor=100)
    t.capture(authorization, 1, "capture-2")
    refused(lambda: t.capture(authorization, 1, "capture-3"), "1 of the 0 left")


@_kit.case()
def _captures_at_once_stay_within_the_authorization(t: PaymentTrial) -> None:
    """Packages leave several places in the same moment."""
    authorization = t.authorized(100)

    def taken(n: int) -> bool:
        return isinstance(t.capture(authorization, 40, f"capture-{n}"), Succeeded)

    taken_count = sum(at_once(taken, 4))
    require(taken_count <= 2, f"{taken_count} captures of 40 were taken of 100")


@_kit.case()
def _an_amount_below_zero_is_refused(t: PaymentTrial) -> None:
    """A refund of -5 is a charge that nobody agreed to."""
    authorization = t.captured(40, of_minor=100)
    refused(lambda: t.refund(authorization, -5), "a refund of -5", malformed=True)
    refused(lambda: t.capture(authorization, -5, "capture-2"), "a capture of -5", malformed=True)


@_kit.case()
def _a_void_of_an_unknown_authorization_is_declined(t: PaymentTrial) -> None:
    """The same as a value: somebody believes that the money is free."""
    refused(lambda: t.void("no-such-authorization", 1), "a void of nothing known")


def _gives_nothing(outcome: Outcome, what: str) -> None:
    stated = isinstance(outcome, Succeeded) and outcome.amount_minor == 0
    require(stated or isinstance(outcome, Declined), f"{what} comes to {outcome}")


@_kit.case()
def _a_void_of_what_was_captured_gives_nothing_back(t: PaymentTrial) -> None:
    """Captured money goes back as a refund, or it is booked twice."""
    authorization = t.captured(100, of_minor=100)
    _gives_nothing(t.void(authorization, 100), "a void of the captured")


@_kit.case()
def _a_second_void_gives_nothing_more_back(t: PaymentTrial) -> None:
    """Nor does the rest go back twice."""
    authorization = t.authorized(100)
    succeeded(t.void(authorization, 100), "a void")
    _gives_nothing(t.void(authorization, 100, "void-2"), "a second void")


@_kit.case()
def _a_refund_before_any_capture_is_declined(t: PaymentTrial) -> None:
    """There is nothing that could go back yet."""
    authorization = t.authorized(100)
    refused(lambda: t.refund(authorization, 1), "a refund of what is only authorized")


@_kit.case()
def _a_refund_of_what_was_voided_is_declined(t: PaymentTrial) -> None:
    """It never left the customer."""
    authorization = t.captured(40, of_minor=100)
    t.void(authorization, 60)
    refused(lambda: t.refund(authorization, 41), "a refund of 41 of 40")


@_kit.case()
def _nothing_is_left_to_refund_after_the_last_minor_unit(t: PaymentTrial) -> None:
    """Many small refunds come to exactly what was captured."""
    authorization = t.captured(60, of_minor=60)
    for n in (1, 2, 3):
        t.refund(authorization, 20, f"refund-{n}")
    refused(lambda: t.refund(authorization, 1, "refund-4"), "1 of the 0 left")


@_kit.case()
def _a_refund_of_nothing_is_refused(t: PaymentTrial) -> None:
    """A refund of 0 means "everything" at some providers."""
    authorization = t.captured(100, of_minor=100)
    refused(lambda: t.refund(authorization, 0), "a refund of 0", malformed=True)


@_kit.case()
def _a_refund_in_another_currency_is_refused(t: PaymentTrial) -> None:
    """It would return another value under the same number."""
    authorization = t.captured(100, of_minor=100)
    foreign = attrs.evolve(t, currency=t.other_currency)
    what = f"a refund in {t.other_currency}"
    refused(lambda: foreign.refund(authorization, 100), what, malformed=True)


@_kit.case()
def _a_capture_after_a_refund_is_done(t: PaymentTrial) -> None:
    """One item came back while the next was packed."""
    authorization = t.captured(40, of_minor=100)
    t.refund(authorization, 40)
    says(t.capture(authorization, 60, "capture-2"), 60, "a capture after a refund")


@_kit.case()
def _a_refund_does_not_reopen_the_authorization(t: PaymentTrial) -> None:
    """What went back was agreed to once and not twice."""
    authorization = t.captured(40, of_minor=100)
    t.refund(authorization, 40)
    refused(lambda: t.capture(authorization, 61, "capture-2"), "61 of the 60 left")


def _has(decimals: int, trial: PaymentTrial) -> list[str]:
    return [code for code in trial.currencies if exponent(code) == decimals]


def _untouched(t: PaymentTrial, decimals: int) -> None:
    """
    Authorize and capture in each currency with so many decimals that the gateway takes.

    The amount ends in 0, because networks ask for that where there are three decimals.
    """
    for currency in _has(decimals, t):
        own = t.apart(currency, currency)
        outcome = t.gateway.authorize(own.ask(120))
        if isinstance(outcome, Declined):
            continue  # no gateway takes every currency
        says(outcome, 120, f"an authorization in {currency}")
        number = succeeded(outcome, "an authorization").reference
        refused(partial(own.capture, number, 130), f"130 of 120 {currency}")
        says(own.capture(number, 120, "capture-2"), 120, f"a capture in {currency}")


@_kit.case(lambda t: bool(_has(0, t)))
def _amounts_without_decimals_go_through_untouched(t: PaymentTrial) -> None:
    """120 JPY are 120 yen."""
    _untouched(t, 0)


@_kit.case(lambda t: bool(_has(2, t)))
def _amounts_with_two_decimals_go_through_untouched(t: PaymentTrial) -> None:
    """120 minor units of HUF are 1.20 forint, though nobody has coins for it."""
    _untouched(t, 2)


@_kit.case(lambda t: bool(_has(3, t)))
def _amounts_with_three_decimals_go_through_untouched(t: PaymentTrial) -> None:
    """120 minor units of KWD are 0.120 dinar and not 1.20."""
    _untouched(t, 3)


@_kit.case(lambda t: bool(_has(4, t)))
def _amounts_with_four_decimals_go_through_untouched(t: PaymentTrial) -> None:
    """Units of account are currencies of ISO 4217, too."""
    _untouched(t, 4)


#: In order.
BOOK_CASES: Final = _kit.cases
