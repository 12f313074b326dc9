"""
What stands between the engines of a simulation and the world: here the faults strike.

Proxies pass everything on; on the way a call may be lost, or its answer. They know nothing of the
engine, and what they stand before may be any adapter.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

from ordercore.catalog import Product
from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Declined, Effect, Outcome, Unknown
from ordercore.ids import PlaceId, Sku
from ordercore.parties import Destination
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.places import Place
from ordercore.ports import (
    ActingCapabilities,
    Carrier,
    Commit,
    CommitRefusal,
    PaymentGateway,
    Receipt,
    Store,
    TaxCalculator,
)
from ordercore.testing.simulation._faults import FaultKind, Faults
from ordercore.testing.simulation._world import Assortment
from ordercore.totals import TaxOn, TaxQuote

__all__ = ["ActingProxy", "ReadingProxy", "StoreProxy"]

#: Called with the kind of a fault, and with what it befell.
Struck = Callable[[FaultKind, str], None]


class StoreProxy:
    """
    A store whose commits may fail, and which tells of each that did not.

    """

    def __init__(
        self, store: Store, faults: Faults, wrote: Callable[[Commit], None], struck: Struck
    ) -> None:
        self._store: Final = store
        self._faults: Final = faults
        self._wrote: Final = wrote
        self._struck: Final = struck

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        found = getattr(self._store, name)
        setattr(self, name, found)  # found at once from now on
        return found

    def commit(self, commit: Commit) -> Receipt:
        """
        Write, unless the disk is full; the answer may be lost.

        """
        command_id = commit.receipt.command_id
        if self._faults.strikes(FaultKind.DISK_FULL):
            self._struck(FaultKind.DISK_FULL, command_id)
            raise PortUnavailable("store", "the disk is full, as simulated")
        receipt = self._store.commit(commit)
        if receipt is commit.receipt:
            self._wrote(commit)
        if self._faults.strikes(FaultKind.COMMIT_UNKNOWN):
            self._struck(FaultKind.COMMIT_UNKNOWN, command_id)
            raise OutcomeUnknown("store", command_id, "the answer was lost, as simulated")
        return receipt

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several, unless the disk is full.

        """
        if self._faults.strikes(FaultKind.DISK_FULL):
            self._struck(FaultKind.DISK_FULL, commits[0].receipt.command_id)
            raise PortUnavailable("store", "the disk is full, as simulated")
        answers = self._store.commit_many(commits)
        for commit, answer in zip(commits, answers, strict=True):
            if answer is commit.receipt:
                self._wrote(commit)
        return answers


class ReadingProxy:
    """
    The ports that are only read, which may be away.

    """

    def __init__(
        self, assortment: Assortment, tax: TaxCalculator, faults: Faults, struck: Struck
    ) -> None:
        self._assortment: Final = assortment
        self._tax: Final = tax
        self._faults: Final = faults
        self._struck: Final = struck

    def _read(self, what: str) -> None:
        if self._faults.strikes(FaultKind.READING_AWAY):
            self._struck(FaultKind.READING_AWAY, what)
            raise PortUnavailable(what, "away, as simulated")

    def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Answer as the catalog.

        """
        self._read("catalog")
        return self._assortment.products(skus)

    def candidates(self, destination: Destination) -> Sequence[Place]:
        """
        Answer as the places that serve a destination.

        """
        del destination
        self._read("places")
        return tuple(self._assortment.known_places.values())

    def places(self, ids: Collection[PlaceId]) -> Mapping[PlaceId, Place]:
        """
        Answer as the places by id.

        """
        self._read("places")
        known = self._assortment.known_places
        return {place: known[place] for place in ids if place in known}

    def quote(self, question: TaxOn) -> TaxQuote:
        """
        Answer as the tax calculator.

        """
        self._read("tax")
        return self._tax.quote(question)


#: What may befall a call to a provider, in the order in which chance is asked.
_ON_CALLS: Final = (
    FaultKind.PORT_AWAY,
    FaultKind.REQUEST_LOST,
    FaultKind.ANSWER_LOST,
    FaultKind.ANSWER_LATE,
    FaultKind.ANSWER_VAGUE,
)


class ActingProxy:
    """
    A payment provider or carrier whose calls and answers may be lost.

    Args:
        inner: Whom it stands before.
        faults: Say when they strike.
        struck: Is told which fault befell which effect.
        answered: Is told of each answer that reaches the engine.
        lied: Is given what a provider does later though it declined.
        delay: Makes an answer of the fake known only later; None where the adapter has no such way.
    """

    def __init__(
        self,
        inner: PaymentGateway | Carrier,
        faults: Faults,
        struck: Struck,
        answered: Callable[[], None],
        *,
        lied: Callable[[Callable[[], object]], None],
        delay: Callable[[str, str], None] | None,
        assortment: Assortment,
    ) -> None:
        self._inner: Final[Any] = inner
        self._faults: Final = faults
        self._struck: Final = struck
        self._answered: Final = answered
        self._lied: Final = lied
        self._delay: Final = delay
        self._assortment: Final = assortment

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What the inner one promises.

        """
        promised: ActingCapabilities = self._inner.capabilities
        return promised

    def authorize(self, ask: AskAuthorization) -> Outcome:
        """
        Pass on.

        """
        return self._call("authorize", ask, lies=True)

    def capture(self, ask: AskCapture) -> Outcome:
        """
        Pass on.

        """
        return self._call("capture", ask, lies=True)

    def void(self, ask: AskVoid) -> Outcome:
        """
        Pass on.

        """
        return self._call("void", ask)

    def refund(self, ask: AskRefund) -> Outcome:
        """
        Pass on.

        """
        return self._call("refund", ask)

    def buy_label(self, ask: AskLabel) -> Outcome:
        """
        Pass on.

        """
        return self._call("buy_label", ask)

    def lookup(self, key: str) -> Outcome | None:
        """
        Pass on.

        """
        if self._faults.strikes(FaultKind.PORT_AWAY):
            self._struck(FaultKind.PORT_AWAY, key)
            raise PortUnavailable("provider", "away, as simulated")
        found: Outcome | None = self._inner.lookup(key)
        self._answered()
        return found

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        """
        Answer what a package would cost.

        """
        if self._faults.strikes(FaultKind.READING_AWAY):
            self._struck(FaultKind.READING_AWAY, "carrier")
            raise PortUnavailable("carrier", "away, as simulated")
        return self._assortment.rates(question)

    def _call(self, operation: str, ask: Effect, *, lies: bool = False) -> Outcome:
        call: Callable[[Any], Outcome] = getattr(self._inner, operation)
        fault = self._faults.first_of(*_ON_CALLS)
        if fault is FaultKind.ANSWER_LATE and self._delay is None:
            fault = FaultKind.ANSWER_LOST
        if fault is None and lies and self._faults.strikes(FaultKind.LIE):
            fault = FaultKind.LIE
        if fault is not None:
            self._struck(fault, ask.key)
        match fault:
            case None:
                outcome = call(ask)
            case FaultKind.PORT_AWAY:
                raise PortUnavailable("provider", "away, as simulated")
            case FaultKind.REQUEST_LOST:
                raise OutcomeUnknown("provider", ask.key, "the request was lost, as simulated")
            case FaultKind.ANSWER_LATE if self._delay is not None:
                self._delay(operation, ask.key)
                outcome = call(ask)  # raises that it does not know
            case FaultKind.ANSWER_VAGUE:
                call(ask)
                outcome = Unknown(reason="it does not say, as simulated")
            case FaultKind.LIE:
                self._lied(lambda: self._after_all(call, ask))
                outcome = Declined(code="processing_error", reason="not true, as simulated")
            case _:
                call(ask)
                raise OutcomeUnknown("provider", ask.key, "the answer was lost, as simulated")
        self._answered()
        return outcome

    def _after_all(self, call: Callable[[Any], Outcome], ask: Effect) -> None:
        """
        Let the provider do what it said it would not, unless it was asked again and has done it.

        """
        inner = self._inner
        if not inner.capabilities.lookup or inner.lookup(ask.key) is None:
            call(ask)
