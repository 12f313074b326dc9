"""
Performing effects: which port does what, and what an adapter's own errors mean.

An adapter that raises what no port may raise has a defect, and nobody knows how far it came. The
order must neither be stuck in it nor lose it: it counts as an unknown outcome, under the error's
type (its text might hold what must not be kept), and is found out like any other.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

import attrs

from ordercore.engine._requests import Call, Loop
from ordercore.errors import InvalidDefinition, OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Effect, Outcome
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities, Carrier, PaymentGateway

__all__ = ["World"]

_T = TypeVar("_T")


@attrs.frozen(kw_only=True)
class World:
    """
    The ports that act.

    """

    payments: PaymentGateway
    carrier: Carrier

    def ask(self, effect: Effect) -> Loop[Outcome]:
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
        return (yield from _of_adapter(effect, Call(act(self), effect)))

    def look_up(self, effect: Effect) -> Loop[Outcome | None]:
        """
        Ask what became of an effect.

        Raises:
            PortUnavailable: The port could not be asked.
            OutcomeUnknown: It could not say.
        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return (yield from _of_adapter(effect, Call(port.lookup, effect.key)))

    def capabilities(self, effect: Effect) -> ActingCapabilities:
        """
        Return what the effect's port promises about lost answers.

        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return port.capabilities


_ACTS: Final[dict[type[Effect], Callable[[World], Callable[[Any], Outcome]]]] = {
    AskAuthorization: lambda world: world.payments.authorize,
    AskCapture: lambda world: world.payments.capture,
    AskVoid: lambda world: world.payments.void,
    AskRefund: lambda world: world.payments.refund,
    AskLabel: lambda world: world.carrier.buy_label,
}


def _of_adapter(effect: Effect, call: Call[_T]) -> Loop[_T]:
    try:
        return (yield from call)
    except (PortUnavailable, OutcomeUnknown):
        raise
    except Exception as error:
        port = "carrier" if isinstance(effect, AskLabel) else "payments"
        raise OutcomeUnknown(port, effect.key, type(error).__name__) from error
