"""
Performing effects: which port does what, and what an adapter's own errors mean.

An adapter that raises what no port may raise has a defect, and nobody knows how far it came. The
order must neither be stuck in it nor lose it: it counts as an unknown outcome, under the error's
type (its text might hold what must not be kept), and is found out like any other.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final

import attrs

from ordercore.errors import InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Effect, Outcome
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

    def ask(self, effect: Effect) -> Outcome:
        """
        Perform an effect.

        Raises:
            PortUnavailable: It certainly was not done.
            OutcomeUnknown: It may have been done.
            InvalidDefinition: No port does such things.
        """
        act = _ACTS.get(type(effect))
        if act is None:
            raise InvalidDefinition(f"no port performs {type(effect).__name__}")
        with _adapter_of(effect):
            return act(self, effect)

    def look_up(self, effect: Effect) -> Outcome | None:
        """
        Ask what became of an effect.

        Raises:
            PortUnavailable: The port could not be asked.
            OutcomeUnknown: It could not say.
        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        with _adapter_of(effect):
            return port.lookup(effect.key)

    def capabilities(self, effect: Effect) -> ActingCapabilities:
        """
        Return what the effect's port promises about lost answers.

        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return port.capabilities


_ACTS: Final[dict[type[Effect], Callable[[World, Any], Outcome]]] = {
    AskAuthorization: lambda world, ask: world.payments.authorize(ask),
    AskCapture: lambda world, ask: world.payments.capture(ask),
    AskVoid: lambda world, ask: world.payments.void(ask),
    AskRefund: lambda world, ask: world.payments.refund(ask),
    AskLabel: lambda world, ask: world.carrier.buy_label(ask),
}


@contextmanager
def _adapter_of(effect: Effect) -> Generator[None]:
    try:
        yield
    except (PortUnavailable, OutcomeUnknown):
        raise
    except Exception as error:
        port = "carrier" if isinstance(effect, AskLabel) else "payments"
        raise OutcomeUnknown(port, effect.key, type(error).__name__) from error
