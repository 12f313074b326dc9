"""
Performing effects: which port does what.

"""

from typing import assert_never

import attrs

from ordercore.errors import InvalidDefinition
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
            InvalidDefinition: The effect is a command, which is submitted and not asked.
        """
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

        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return port.lookup(effect.key)

    def capabilities(self, effect: OrderEffect) -> ActingCapabilities:
        """
        Return what the effect's port promises about lost answers.

        """
        port = self.carrier if isinstance(effect, AskLabel) else self.payments
        return port.capabilities
