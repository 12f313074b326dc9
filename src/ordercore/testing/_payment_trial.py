"""
What the cases of payment gateways ask with.

"""

from collections.abc import Callable
from typing import Self

import attrs

from ordercore.grammar import Outcome
from ordercore.ids import PaymentId
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import PaymentGateway
from ordercore.testing._conformance import require, succeeded
from ordercore.testing._faults import Fault

__all__ = ["PaymentTrial", "alike", "looks_up", "recognizes_keys", "says"]


@attrs.frozen(kw_only=True)
class PaymentTrial:
    """
    A fresh gateway and what a case needs to ask it things.

    Attributes:
        gateway: Fresh from its factory.
        case: The case that is tried; part of every key.
        run: Opens every key; another one for every run against a provider that remembers.
        method: The tenders' method.
        token_ref: A token that is good for any amount.
        declined_token_ref: A token that is always declined.
        currency: Of all amounts.
        other_currency: One that no authorization is in.
        card_number: The number behind the token, or "" where it is not known.
        currencies: Those whose minor units are tried.
        plan: Has the next call of an operation go wrong; None where nothing can be planned.
        wait: Lets so many seconds pass; None where time can't be moved.
    """

    gateway: PaymentGateway
    case: str
    run: str
    method: str
    token_ref: str
    declined_token_ref: str
    currency: str
    other_currency: str
    card_number: str = ""
    currencies: tuple[str, ...] = ()
    plan: Callable[[str, Fault], None] | None = None
    wait: Callable[[int], object] | None = None

    def apart(self, name: str, currency: str = "") -> Self:
        """
        Return a trial of another payment at the same gateway.

        """
        return attrs.evolve(self, case=f"{self.case}/{name}", currency=currency or self.currency)

    def goes_wrong(self, operation: str, fault: Fault) -> None:
        """
        Have the next call of an operation go wrong.

        """
        if self.plan is not None:
            self.plan(operation, fault)

    def settles(self) -> None:
        """
        Let the time pass after which a lookup is right.

        """
        if self.wait is not None:
            self.wait(self.gateway.capabilities.settling_s)

    def key(self, name: str) -> str:
        """
        Return a key of this case alone.

        """
        return f"{self.run}/{self.case}/{name}"

    @property
    def payment_id(self) -> PaymentId:
        """
        The payment that the case is about; the key of its authorization.

        """
        return PaymentId(self.key("payment-1"))

    def ask(self, amount_minor: int, *, declined: bool = False) -> AskAuthorization:
        """
        Ask for an authorization.

        """
        return AskAuthorization(
            key=self.payment_id,
            payment_id=self.payment_id,
            method=self.method,
            token_ref=self.declined_token_ref if declined else self.token_ref,
            amount_minor=amount_minor,
            currency=self.currency,
        )

    def authorized(self, amount_minor: int) -> str:
        """
        Authorize and return the provider's number.

        """
        outcome = self.gateway.authorize(self.ask(amount_minor))
        return succeeded(outcome, f"an authorization of {amount_minor}").reference

    def capture(self, authorization: str, amount_minor: int, name: str = "capture-1") -> Outcome:
        """
        Capture under a key of its own.

        """
        return self.gateway.capture(self.ask_capture(authorization, amount_minor, name))

    def ask_capture(
        self, authorization: str, amount_minor: int, name: str = "capture-1"
    ) -> AskCapture:
        """
        Ask for a capture.

        """
        return AskCapture(
            key=self.key(name),
            payment_id=self.payment_id,
            authorization=authorization,
            amount_minor=amount_minor,
            currency=self.currency,
        )

    def void(self, authorization: str, amount_minor: int, name: str = "void-1") -> Outcome:
        """
        Void under a key of its own.

        """
        return self.gateway.void(
            AskVoid(
                key=self.key(name),
                payment_id=self.payment_id,
                authorization=authorization,
                amount_minor=amount_minor,
                currency=self.currency,
            )
        )

    def refund(self, authorization: str, amount_minor: int, name: str = "refund-1") -> Outcome:
        """
        Refund under a key of its own.

        """
        return self.gateway.refund(
            AskRefund(
                key=self.key(name),
                payment_id=self.payment_id,
                authorization=authorization,
                amount_minor=amount_minor,
                currency=self.currency,
            )
        )

    def captured(self, amount_minor: int, of_minor: int) -> str:
        """
        Authorize, capture a part and return the authorization's number.

        """
        authorization = self.authorized(of_minor)
        succeeded(self.capture(authorization, amount_minor), f"a capture of {amount_minor}")
        return authorization


def recognizes_keys(trial: PaymentTrial) -> bool:
    """
    Tell whether an idempotency window is declared.

    """
    return trial.gateway.capabilities.idempotency_s > 0


def looks_up(trial: PaymentTrial) -> bool:
    """
    Tell whether lookup is declared.

    """
    return trial.gateway.capabilities.lookup


def says(outcome: Outcome, amount_minor: int, what: str) -> None:
    """
    Require success, and no other amount than was asked.

    """
    said = succeeded(outcome, what).amount_minor
    require(said in {None, amount_minor}, f"{what} of {amount_minor} is answered with {said}")


def alike(first: Outcome, second: Outcome | None, what: str) -> None:
    """
    Require the same answer, word for word.

    """
    require(first == second, f"{what}: first {first}, then {second}")
