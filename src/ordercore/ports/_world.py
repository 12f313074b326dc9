"""
The ports to the world beyond stores: payment, tax, carriers, catalog, places.

Read ports (catalog, places, rates, tax quotes) may be asked again at no cost; they raise
``PortUnavailable`` where they can't answer. Ports that act (payment, labels) get an idempotency
key that names the obligation: asked twice under one key they act once and answer the same, as far
as their declared capabilities promise. They answer with a value (``Succeeded``, ``Declined``,
``ActionRequired``, ``Unknown``), raise ``PortUnavailable`` where they certainly did not act, and
``OutcomeUnknown`` where they may have.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

import attrs

from ordercore.catalog import Product
from ordercore.errors import InvalidDefinition
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Outcome
from ordercore.ids import PlaceId, Sku
from ordercore.parties import Destination
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.places import Place
from ordercore.totals import TaxOn, TaxQuote

__all__ = ["ActingCapabilities", "Carrier", "Catalog", "PaymentGateway", "Places", "TaxCalculator"]


@attrs.frozen(kw_only=True)
class ActingCapabilities:
    """
    What a port that acts can promise about calls whose answer was lost.

    Attributes:
        lookup: ``lookup(key)`` tells what became of a call.
        settling_s: How long after a call "not found" may still be wrong, in seconds.
        idempotency_s: For how long the same key is recognized, in seconds; 0 for not at all.

    Raises:
        InvalidDefinition: A number below zero.
    """

    lookup: bool = False
    settling_s: int = 0
    idempotency_s: int = 0

    def __attrs_post_init__(self) -> None:
        if self.settling_s < 0 or self.idempotency_s < 0:
            raise InvalidDefinition("capabilities: seconds are 0 or more")


class PaymentGateway(Protocol):
    """
    One or several payment providers, told apart by the tender's method and token.

    Every call carries ``ask.key``, which must travel in the provider's idempotency key and in its
    metadata, so that its messages find their way back.
    """

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What can be promised about lost answers.

        """
        ...

    def authorize(self, ask: AskAuthorization) -> Outcome:
        """
        Keep an amount for us.

        """
        ...

    def capture(self, ask: AskCapture) -> Outcome:
        """
        Take part of an authorized amount; several captures an authorization are normal.

        """
        ...

    def void(self, ask: AskVoid) -> Outcome:
        """
        Give back what of an authorization was not captured.

        """
        ...

    def refund(self, ask: AskRefund) -> Outcome:
        """
        Return captured money to where it came from.

        """
        ...

    def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of the call under a key; None where the provider knows of none.

        Called only where ``capabilities.lookup`` is declared.
        """
        ...


class TaxCalculator(Protocol):
    """
    Says what taxes are.

    """

    def quote(self, question: TaxOn) -> TaxQuote:
        """
        Quote the taxes of an order, line by line. Acts on nothing.

        """
        ...


class Carrier(Protocol):
    """
    Carriers: rates to plan with, labels to ship with.

    """

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What can be promised about lost answers.

        """
        ...

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        """
        Return a rate for each place that can ship to the destination. Acts on nothing.

        """
        ...

    def buy_label(self, ask: AskLabel) -> Outcome:
        """
        Buy a label: ``Succeeded`` with the tracking number as reference and the carrier as account.

        """
        ...

    def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of the call under a key; None where the carrier knows of none.

        """
        ...


class Catalog(Protocol):
    """
    The host's products.

    """

    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Return the known ones of some SKUs.

        """
        ...


class Places(Protocol):
    """
    The host's places.

    """

    def candidates(self, destination: Destination) -> Sequence[Place]:
        """
        Return the places that may serve a destination.

        """
        ...

    def places(self, ids: Collection[PlaceId]) -> Mapping[PlaceId, Place]:
        """
        Return the known ones of some places.

        """
        ...
