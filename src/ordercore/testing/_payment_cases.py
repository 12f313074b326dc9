"""
What every payment gateway must do, in one kit.

Amounts are small and most cases use one currency, so that the kit runs against a provider's sandbox
too. Cases about repeated keys apply where an idempotency window is declared, cases about lookups
where lookup is; what is declared is thereby held to.
"""

from collections.abc import Awaitable, Callable, Collection, Iterable
from functools import partial
from typing import Any, Final

from ordercore.money import CURRENCIES
from ordercore.ports import AsyncPaymentGateway, PaymentGateway
from ordercore.testing._conformance import Case, run_cases
from ordercore.testing._faults import Fault
from ordercore.testing._payment_book_cases import BOOK_CASES
from ordercore.testing._payment_key_cases import KEY_CASES
from ordercore.testing._payment_lost_cases import LOST_CASES
from ordercore.testing._payment_trial import PaymentTrial

__all__ = ["PAYMENT_CASES", "check_payment_gateway"]

#: The cases of payment gateways, in order.
PAYMENT_CASES: Final = (*KEY_CASES, *BOOK_CASES, *LOST_CASES)


def check_payment_gateway(
    make: Callable[[], PaymentGateway | AsyncPaymentGateway | Awaitable[AsyncPaymentGateway]],
    *,
    cases: Iterable[Case[PaymentTrial]] = PAYMENT_CASES,
    run: str = "kit",
    method: str = "card",
    token_ref: str = "tok-good",  # noqa: S107 - a reference, no secret
    declined_token_ref: str = "tok-declined",  # noqa: S107 - the same
    currency: str = "EUR",
    other_currency: str = "JPY",
    card_number: str = "",
    currencies: Collection[str] = CURRENCIES,
    plan: Callable[[Any, str, Fault], None] | None = None,
    wait: Callable[[int], object] | None = None,
) -> tuple[str, ...]:
    """
    Hold the claims of the payment port against an adapter.

    Args:
        make: Returns a fresh adapter, blocking or awaited; called once a case. It may be a
            coroutine function, and then makes it on a running event loop.
        cases: Which claims; all of them unless told otherwise.
        run: Opens every key. Give each run its own where the provider remembers earlier ones.
        method: The tenders' method.
        token_ref: A token that is good for any amount.
        declined_token_ref: A token that is always declined.
        currency: Of all amounts, which are below 1,000 minor units.
        other_currency: Another one.
        card_number: The number behind ``token_ref``, to be looked for where it must not stand.
        currencies: Whose minor units are tried: all of ISO 4217 unless told otherwise. One that
            the gateway declines is passed over.
        plan: Given an adapter that was made, a method's name and a fault, has the next call of it
            go wrong. Claims about lost answers apply only where it is given.
        wait: Lets so many seconds pass, of the clock that the adapter goes by. Claims about time
            apply only where it is given.

    Returns:
        The names of the cases that apply to what the adapter declares; all of them hold.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    return run_cases(
        cases,
        make,
        PaymentGateway,
        lambda case, asked: PaymentTrial(
            gateway=asked.adapter,
            case=case,
            run=run,
            method=method,
            token_ref=token_ref,
            declined_token_ref=declined_token_ref,
            currency=currency,
            other_currency=other_currency,
            card_number=card_number,
            currencies=tuple(currencies),
            plan=None if plan is None else partial(plan, asked.made),
            wait=wait,
        ),
    )
