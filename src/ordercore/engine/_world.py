"""
Performing effects: which port does what, and what an adapter's own errors mean.

An adapter that raises what no port may raise has a defect, and nobody knows how far it came. The
order must neither be stuck in it nor lose it: it counts as an unknown outcome, under the error's
type (its text might hold what must not be kept), and is found out like any other.
"""

from collections.abc import Generator
from contextlib import contextmanager
from typing import assert_never

import attrs

from ordercore.errors import InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Outcome
from ordercore.orders import OrderEffect, Submit
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities, Carrier, PaymentGateway

__all__ = ["World"]


@attrs.frozen(kw_only=True)
class World:
    """
    The ports that act.

    """

    payments: PaymentGateway
    carrier: Carrier

    def ask(self, effect: OrderEffect) -> Outcome:
        """
        Perform an effect.

        Raises:
            PortUnavailable: It certainly was not done.
            OutcomeUnknown: It may have been done.
        """
        with _adapter_of(effect):
            return self._ask(effect)

    def _ask(self, effect: OrderEffect) -> Outcome:
        match effect:
            case AskAuthorization():
                return self.payments.authorize(effect)
            case AskCapture():
                return self.payments.capture(effect)
            case AskVoid():
                return self.payments.void(effect)
            case AskRefund():
                return self.payments.refund(effect)
            case AskLabel():
                return self.carrier.buy_label(effect)
            case Submit():
                raise InvalidDefinition(f"{effect.key} is a command, no port performs it")
            case _:
                assert_never(effect)

    def look_up(self, effect: OrderEffect) -> Outcome | None:
        """
        Ask what became of an effect.

        Raises:
            PortUnavailable: The port could not be asked.
            OutcomeUnknown: It could not say.
        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        with _adapter_of(effect):
            return port.lookup(effect.key)

    def capabilities(self, effect: OrderEffect) -> ActingCapabilities:
        """
        Return what the effect's port promises about lost answers.

        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return port.capabilities


@contextmanager
def _adapter_of(effect: OrderEffect) -> Generator[None]:
    try:
        yield
    except (PortUnavailable, OutcomeUnknown):
        raise
    except Exception as error:
        port = "carrier" if isinstance(effect, AskLabel) else "payments"
        raise OutcomeUnknown(port, effect.key, type(error).__name__) from error
