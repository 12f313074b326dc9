"""
Given, when, then: a rule told as a story over the real engine.

A scenario is a shop in memory that has everything a command may ask for: every SKU is known, every
place that was given stock serves every destination, providers and carriers are the strict fakes.
What is *given* goes through the same commands as in production, so no state is told that could not
be reached. What happened *then* are the facts that the command and all that followed from it added
to the order.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from difflib import ndiff
from typing import Final

from ordercore.catalog import Product
from ordercore.engine import KINDS, Engine
from ordercore.errors import Rejected
from ordercore.fulfillment import ShippingRate, ShippingRates
from ordercore.grammar import Command, Event
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import ReceiveStock
from ordercore.orders import Rules
from ordercore.parties import Destination
from ordercore.places import Place
from ordercore.stores import MemoryStore
from ordercore.testing._carrier import FakeCarrier
from ordercore.testing._payments import FakePaymentGateway
from ordercore.testing._tax import NoTax
from ordercore.testing._time import SequenceIds, VirtualClock

__all__ = ["Scenario", "ScenarioFailure"]

_START: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)

Expected = Event | type[Event]


class ScenarioFailure(AssertionError):
    """
    What happened is not what was told; the message is a diff of facts.

    """


class _EverySku:
    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        return {sku: Product(sku=sku, name=sku, weight_g=100) for sku in skus}


class _EveryPlace:
    def __init__(self) -> None:
        self.stocked: dict[PlaceId, None] = {}

    def candidates(self, destination: Destination) -> Sequence[Place]:
        del destination
        return tuple(Place(id=place, name=place) for place in self.stocked)

    def places(self, ids: Collection[PlaceId]) -> Mapping[PlaceId, Place]:
        return {place: Place(id=place, name=place) for place in ids}


def _one_rate(question: ShippingRates) -> Sequence[ShippingRate]:
    return tuple(ShippingRate(place=place, package_minor=500) for place in question.places)


class Scenario:
    """
    One story about one order.

    >>> from ordercore import Destination, LineRequest, PlaceOrder, ReceiveStock, UnitPrice
    >>> from ordercore.orders import OrderPlaced
    >>> (
    ...     Scenario()
    ...     .given(ReceiveStock(place="berlin", lines={"MUG": 1}))
    ...     .when(
    ...         PlaceOrder(
    ...             order_id="O-1",
    ...             currency="EUR",
    ...             destination=Destination(country="DE"),
    ...             lines=(LineRequest(sku="MUG", quantity=2, unit_price=UnitPrice(999)),),
    ...         )
    ...     )
    ...     .then_rejected("shortage")
    ... )

    Attributes:
        engine: The engine, to look at what else the story has led to.
        clock: The shop's clock; it stands still until it is told to go on.
        payments: The fake provider, to plan what goes wrong.
        carrier: The fake carrier.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self.clock = VirtualClock(_START)
        self.payments = FakePaymentGateway(self.clock)
        self.carrier = FakeCarrier(_one_rate, clock=self.clock)
        self._store = MemoryStore()
        self._places = _EveryPlace()
        self.engine = Engine(
            store=self._store,
            catalog=_EverySku(),
            places=self._places,
            payments=self.payments,
            tax=NoTax(),
            carrier=self.carrier,
            rules=rules,
            clock=self.clock,
            new_key=SequenceIds("step"),
        )
        self._told: str = ""
        self._happened: tuple[Event, ...] = ()
        self._refusal: Rejected | None = None

    def given(self, *commands: Command) -> "Scenario":
        """
        Let commands happen that the story rests on.

        Raises:
            Rejected: One of them is refused; the story cannot begin like this.
        """
        for command in commands:
            self._stock(command)
            self.engine.submit(command)
        return self

    def when(self, command: Command) -> "Scenario":
        """
        Submit the command that the story is about, and perform what follows from it.

        """
        self._stock(command)
        self._told = type(command).__name__
        before = self._version(command)
        self._refusal, self._happened = None, ()
        try:
            self.engine.submit(command)
        except Rejected as refusal:
            self._refusal = refusal
        stream = KINDS.of_command(command).stream_of(command)
        if stream is not None:
            added = self._store.load(self.engine.tenant, stream, before)
            self._happened = tuple(recorded.event for recorded in added)
        return self

    def then(self, *expected: Expected) -> None:
        """
        Say what has happened, in order; a type stands for any fact of that type.

        Raises:
            ScenarioFailure: Something else has.
        """
        if self._refusal is not None:
            raise ScenarioFailure(f"{self._told} was refused: {self._refusal}")
        fits = len(expected) == len(self._happened) and all(
            isinstance(fact, wanted) if isinstance(wanted, type) else fact == wanted
            for wanted, fact in zip(expected, self._happened, strict=True)
        )
        if not fits:
            raise ScenarioFailure(f"{self._told} led to other facts:\n{self._difference(expected)}")

    def then_nothing(self) -> None:
        """
        Say that it was so already: accepted, and no new fact.

        Raises:
            ScenarioFailure: There are new facts, or it was refused.
        """
        self.then()

    def then_rejected(self, code: str) -> None:
        """
        Say that it was refused, for which reason, and that nothing has happened.

        Raises:
            ScenarioFailure: It was accepted, or refused for another reason.
        """
        if self._refusal is None:
            facts = ", ".join(type(fact).__name__ for fact in self._happened) or "nothing new"
            raise ScenarioFailure(f"{self._told} was accepted and led to {facts}, not to {code}")
        if self._refusal.code != code:
            raise ScenarioFailure(f"{self._told} was refused, but not for {code}: {self._refusal}")

    def _stock(self, command: Command) -> None:
        if isinstance(command, ReceiveStock):
            self._places.stocked[command.place] = None

    def _version(self, command: Command) -> int:
        stream = KINDS.of_command(command).stream_of(command)
        return 0 if stream is None else len(self._store.load(self.engine.tenant, stream))

    def _difference(self, expected: Sequence[Expected]) -> str:
        told = [
            wanted.__name__ if isinstance(wanted, type) else repr(wanted) for wanted in expected
        ]
        happened = [
            # Where only a type was told, only the type is compared.
            type(fact).__name__ if type(fact).__name__ in told else repr(fact)
            for fact in self._happened
        ]
        return "\n".join(line.rstrip() for line in ndiff(told, happened) if line[0] != "?")
