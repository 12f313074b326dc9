"""
A strict payment provider in memory.

It keeps what it authorized, captured and refunded, and refuses what real providers refuse, as
values:

    amount_invalid              below 1
    currency_not_supported      not in ISO 4217
    card_declined               the token says so
    unknown_authorization       never heard of that number
    currency_differs            unlike the authorization's
    not_confirmed               the customer has not met the challenge
    challenge_failed            and will not
    authorization_voided        given back before
    authorization_expired       its life is over
    exceeds_authorization       more than is left of it
    exceeds_captured            a refund above what is captured and not refunded
    nothing_to_void             everything was captured

They are judged in the order in which :meth:`FakePaymentGateway` asks them; refunds ask neither for
expiry nor for a void, because captured money can go back long after both.

Tokens steer it: one that ends in ``declined`` is declined, one that ends in ``challenge`` needs the
customer, every other is good. How keys, faults and lookups work is told in
``ordercore.testing._acting``.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

import attrs

from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded
from ordercore.instants import Instant, seconds_after
from ordercore.money import CURRENCIES
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.testing._acting import CAPABLE, ActingFake, Clock, Entry

__all__ = ["FakePaymentGateway"]

_CONFIRM: Final = "confirm"
_WEEK_S: Final = 7 * 86_400

_AskT = TypeVar("_AskT", AskCapture, AskVoid, AskRefund)


@attrs.define(kw_only=True)
class _Authorization:
    """
    What the provider keeps of one authorization; changed in place, and by entries only.

    """

    key: str
    reference: str
    amount_minor: int
    currency: str
    valid_until: Instant | None
    voided: bool = False
    voided_minor: int = 0
    captured_minor: int = 0
    refunded_minor: int = 0

    @property
    def left_minor(self) -> int:
        return self.amount_minor - self.captured_minor - self.voided_minor


class FakePaymentGateway(ActingFake):
    """
    A fake of :class:`ordercore.ports.PaymentGateway`, checked by the kit that adapters pass.

    Args:
        clock: Tells the time; shared with the engine under test.
        capabilities: What it declares and then keeps, but no more: beyond ``idempotency_s`` a key
            acts again.
        life_s: How long an authorization holds, in seconds.
        account: The provider account that its numbers belong to.
        journal: A file to keep its memory in, so that a killed process and its successor see the
            same provider; None for memory alone. Made where missing; see
            ``ordercore.testing._journal``.

    Raises:
        InvalidDefinition: ``life_s`` is below 1.
        InvalidData: The journal holds something else.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        capabilities: ActingCapabilities = CAPABLE,
        life_s: int = _WEEK_S,
        account: str = "fakepay",
        journal: Path | None = None,
    ) -> None:
        if life_s < 1:
            raise InvalidDefinition(f"payments: a life of {life_s} s is below 1")
        super().__init__(
            "payments",
            clock,
            capabilities,
            asks={
                "authorize": AskAuthorization,
                _CONFIRM: AskAuthorization,
                "capture": AskCapture,
                "void": AskVoid,
                "refund": AskRefund,
            },
            acting=("authorize", "capture", "void", "refund"),
            reading=("lookup",),
            journal=journal,
        )
        self._life_s = life_s
        self._account = account
        self._authorizations: dict[str, _Authorization] = {}
        self._challenged: set[str] = set()
        self._catch_up()

    def authorize(self, ask: AskAuthorization) -> Outcome:
        """
        Keep an amount, as far as the token allows.

        """
        return self._ask("authorize", ask, lambda: self._judge_authorization(ask))

    def confirm(self, key: str, *, met: bool = True) -> Outcome:
        """
        Let the customer meet the challenge of an authorization, or fail it.

        The life of the authorization counts from here. A second call changes nothing and returns
        what the first did. ``lookup`` tells the new outcome from now on; ``authorize`` under the
        same key repeats its old answer, the challenge, as providers do.

        Returns:
            What the provider's webhook would carry; submit it as the outcome of ``key``.

        Raises:
            InvalidData: Nothing under that key waits for the customer.
        """
        with self._lock:
            self._catch_up()
            entries = self._entries.get(key, [])
            for entry in reversed(entries):
                if entry.operation == _CONFIRM:
                    return entry.outcome
                ask, challenge = entry.ask, entry.outcome
                if isinstance(challenge, ActionRequired) and isinstance(ask, AskAuthorization):
                    outcome = (
                        self._promise(challenge.reference, ask.amount_minor)
                        if met
                        else Declined(code="challenge_failed", reason="the challenge was not met")
                    )
                    self._record(_CONFIRM, ask, outcome)
                    return outcome
            raise InvalidData("confirm", (f"nothing under {key} waits for the customer",))

    def capture(self, ask: AskCapture) -> Outcome:
        """
        Take part of an authorized amount; any number of times until it is used up.

        """
        return self._ask("capture", ask, lambda: self._judge(ask, self._judge_capture))

    def void(self, ask: AskVoid) -> Outcome:
        """
        Give back all that is not captured, also after captures; what was captured stays.

        The provider goes by its own books: it releases what it holds, whatever ``amount_minor``
        the ask states, and answers with what that was.
        """
        return self._ask("void", ask, lambda: self._judge(ask, self._judge_void))

    def refund(self, ask: AskRefund) -> Outcome:
        """
        Return captured money, in one piece or many, never above what was captured.

        """
        return self._ask("refund", ask, lambda: self._judge(ask, self._judge_refund))

    def authorized_minor(self, key: str) -> int:
        """
        How much was authorized under a key, whatever has become of it since.

        """
        return sum(a.amount_minor for a in self._under(key))

    def captured_minor(self, key: str) -> int:
        """
        How much was captured of what was authorized under a key.

        """
        return sum(a.captured_minor for a in self._under(key))

    def refunded_minor(self, key: str) -> int:
        """
        How much of that went back.

        """
        return sum(a.refunded_minor for a in self._under(key))

    def held_minor(self, key: str) -> int:
        """
        How much of the customer's money is still kept back under a key; 0 once it has expired.

        """
        now = self._clock()
        return sum(a.left_minor for a in self._under(key) if not _is_over(a, now))

    def balance_minor(self, currency: str | None = None) -> int:
        """
        What the shop has: captured less refunded, over all authorizations.

        Args:
            currency: Of which currency; may be left out where there is only one.

        Raises:
            InvalidData: Left out, and there are several.
        """
        known = self._under(None)
        if currency is None and len({a.currency for a in known}) > 1:
            raise InvalidData("balance", ("there are several currencies; name one",))
        return sum(
            a.captured_minor - a.refunded_minor for a in known if currency in {None, a.currency}
        )

    def kept_minor(self) -> Mapping[str, int]:
        """
        What was captured less what went back, by the key under which it was authorized.

        """
        kept: dict[str, int] = {}
        for known in self._under(None):
            taken = known.captured_minor - known.refunded_minor
            kept[known.key] = kept.get(known.key, 0) + taken
        return kept

    def _under(self, key: str | None) -> list[_Authorization]:
        with self._lock:
            self._catch_up()
            return [a for a in self._authorizations.values() if key in {None, a.key}]

    def _judge_authorization(self, ask: AskAuthorization) -> Outcome:
        if ask.amount_minor < 1:
            return _refused("amount_invalid", f"{ask.amount_minor} is below 1")
        if ask.currency not in CURRENCIES:
            return _refused("currency_not_supported", f"{ask.currency} is not in ISO 4217")
        if ask.token_ref.endswith("declined"):
            return _refused("card_declined", "the card issuer said no")
        reference = self._number("au")
        if ask.token_ref.endswith("challenge"):
            return ActionRequired(reference=reference, action=f"challenge:{reference}")
        return self._promise(reference, ask.amount_minor)

    def _promise(self, reference: str, amount_minor: int) -> Succeeded:
        return Succeeded(
            reference=reference,
            account=self._account,
            amount_minor=amount_minor,
            valid_until=seconds_after(self._clock(), self._life_s),
        )

    def _judge(self, ask: _AskT, rule: Callable[[_AskT, _Authorization], Outcome]) -> Outcome:
        """
        Judge what captures, voids and refunds have in common, then by their own rule.
        """
        known = self._authorizations.get(ask.authorization)
        if known is None:
            if ask.authorization in self._challenged:
                return _refused("not_confirmed", f"{ask.authorization} waits for the customer")
            return _refused("unknown_authorization", f"{ask.authorization!r} is no authorization")
        if ask.amount_minor < 1:
            return _refused("amount_invalid", f"{ask.amount_minor} is below 1")
        if ask.currency != known.currency:
            return _refused("currency_differs", f"{known.reference} is in {known.currency}")
        return rule(ask, known)

    def _judge_capture(self, ask: AskCapture, known: _Authorization) -> Outcome:
        over = self._refusal_when_over(known)
        if over is not None:
            return over
        if ask.amount_minor > known.left_minor:
            reason = f"{ask.amount_minor} is above the {known.left_minor} left of {known.reference}"
            return _refused("exceeds_authorization", reason)
        return self._done("ca", ask.amount_minor)

    def _judge_void(self, ask: AskVoid, known: _Authorization) -> Outcome:
        over = self._refusal_when_over(known)
        if over is not None:
            return over
        if not known.left_minor:
            return _refused("nothing_to_void", f"{known.reference} is captured in full")
        return self._done("vo", known.left_minor)

    def _judge_refund(self, ask: AskRefund, known: _Authorization) -> Outcome:
        refundable_minor = known.captured_minor - known.refunded_minor
        if ask.amount_minor > refundable_minor:
            reason = f"{ask.amount_minor} is above the {refundable_minor} that can go back"
            return _refused("exceeds_captured", reason)
        return self._done("re", ask.amount_minor)

    def _refusal_when_over(self, known: _Authorization) -> Declined | None:
        if known.voided:
            return _refused("authorization_voided", f"{known.reference} was given back")
        if _is_over(known, self._clock()):
            return _refused("authorization_expired", f"{known.reference} has ended by itself")
        return None

    def _done(self, kind: str, amount_minor: int) -> Succeeded:
        reference = self._number(kind)
        return Succeeded(reference=reference, account=self._account, amount_minor=amount_minor)

    def _number(self, kind: str) -> str:
        return f"{kind}-{self._entries_count + 1}"

    def _happened(self, entry: Entry) -> None:
        outcome = entry.outcome
        if isinstance(outcome, ActionRequired):
            self._challenged.add(outcome.reference)
        if not isinstance(outcome, Succeeded):
            return
        match entry.ask:
            case AskAuthorization() as ask:
                self._authorizations[outcome.reference] = _Authorization(
                    key=ask.key,
                    reference=outcome.reference,
                    amount_minor=ask.amount_minor,
                    currency=ask.currency,
                    valid_until=outcome.valid_until,
                )
            case AskCapture() as ask:
                self._authorizations[ask.authorization].captured_minor += ask.amount_minor
            case AskVoid() as ask:
                known = self._authorizations[ask.authorization]
                known.voided = True
                known.voided_minor += outcome.amount_minor or 0
            case AskRefund() as ask:
                self._authorizations[ask.authorization].refunded_minor += ask.amount_minor
            case _:  # pragma: no cover - the table of asks holds no other
                raise AssertionError(entry)


def _is_over(known: _Authorization, now: Instant) -> bool:
    return known.valid_until is not None and now >= known.valid_until


def _refused(code: str, reason: str) -> Declined:
    return Declined(code=code, reason=reason)
