"""
The ports for adapters that are awaited: the same methods, the same promises.

An ``AsyncEngine`` takes adapters of both kinds, in any mixture. What is declared with ``async def``
(or is an asynchronous generator) is awaited. Every other method is called in a thread, off the
event loop, unless the adapter says that it never waits for anything: ``never_blocks = True`` as an
attribute lets it be called in place (:class:`~ordercore.catalog.StaticCatalog` and
:class:`~ordercore.places.StaticPlaces` say so). A store is called off the loop whatever it says:
one that lies in memory waits, too, while somebody holds it.

A test compares these with the ports for blocking code, name by name.
"""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from ordercore.catalog import Product
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Outcome, Recorded
from ordercore.ids import CommandId, PlaceId, Sku, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import AccountId, Balance, Entry, OpenPending
from ordercore.parties import Destination
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.places import Place
from ordercore.ports._async_parts import AsyncArchiveStore, AsyncFeedStore, AsyncWorkStore
from ordercore.ports._store import Commit, CommitRefusal, Lease, Receipt
from ordercore.ports._world import ActingCapabilities
from ordercore.totals import TaxOn, TaxQuote

__all__ = [
    "AsyncCarrier",
    "AsyncCatalog",
    "AsyncPaymentGateway",
    "AsyncPlaces",
    "AsyncStore",
    "AsyncTaxCalculator",
]


class AsyncPaymentGateway(Protocol):
    """
    The twin of :class:`PaymentGateway` for an adapter that is awaited; its promises are the same.

    """

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What can be promised about lost answers.

        See :attr:`PaymentGateway.capabilities`.
        """
        ...

    async def authorize(self, ask: AskAuthorization) -> Outcome:
        """
        Keep an amount for us.

        See :meth:`PaymentGateway.authorize`.
        """
        ...

    async def capture(self, ask: AskCapture) -> Outcome:
        """
        Take part of an authorized amount; several captures an authorization are normal.

        See :meth:`PaymentGateway.capture`.
        """
        ...

    async def void(self, ask: AskVoid) -> Outcome:
        """
        Give back what of an authorization was not captured.

        See :meth:`PaymentGateway.void`.
        """
        ...

    async def refund(self, ask: AskRefund) -> Outcome:
        """
        Return captured money to where it came from.

        See :meth:`PaymentGateway.refund`.
        """
        ...

    async def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of the call under a key; None where the provider knows of none.

        See :meth:`PaymentGateway.lookup`.
        """
        ...


class AsyncTaxCalculator(Protocol):
    """
    The twin of :class:`TaxCalculator` for an adapter that is awaited; its promises are the same.

    """

    async def quote(self, question: TaxOn) -> TaxQuote:
        """
        Quote the taxes of an order, line by line. Acts on nothing.

        See :meth:`TaxCalculator.quote`.
        """
        ...


class AsyncCarrier(Protocol):
    """
    The twin of :class:`Carrier` for an adapter that is awaited; its promises are the same.

    """

    @property
    def capabilities(self) -> ActingCapabilities:
        """
        What can be promised about lost answers.

        See :attr:`Carrier.capabilities`.
        """
        ...

    async def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        """
        Return a rate for each place that can ship to the destination. Acts on nothing.

        See :meth:`Carrier.rates`.
        """
        ...

    async def buy_label(self, ask: AskLabel) -> Outcome:
        """
        Buy a label: ``Succeeded`` with the tracking number as reference and the carrier as account.

        See :meth:`Carrier.buy_label`.
        """
        ...

    async def lookup(self, key: str) -> Outcome | None:
        """
        Tell what became of the call under a key; None where the carrier knows of none.

        See :meth:`Carrier.lookup`.
        """
        ...


class AsyncCatalog(Protocol):
    """
    The twin of :class:`Catalog` for an adapter that is awaited; its promises are the same.

    """

    async def products(self, skus: Collection[Sku]) -> Mapping[Sku, Product]:
        """
        Return the known ones of some SKUs.

        See :meth:`Catalog.products`.
        """
        ...


class AsyncPlaces(Protocol):
    """
    The twin of :class:`Places` for an adapter that is awaited; its promises are the same.

    """

    async def candidates(self, destination: Destination) -> Sequence[Place]:
        """
        Return the places that may serve a destination.

        See :meth:`Places.candidates`.
        """
        ...

    async def places(self, ids: Collection[PlaceId]) -> Mapping[PlaceId, Place]:
        """
        Return the known ones of some places.

        See :meth:`Places.places`.
        """
        ...


class AsyncStore(AsyncArchiveStore, AsyncFeedStore, AsyncWorkStore, Protocol):
    """
    The twin of :class:`Store` for a store that is awaited; its promises are the same, S1 and on.

    What one task calls inside :meth:`hold` is the holder's, so a hold is entered, used and left by
    one task. Where a task is canceled in a commit, all of it is written or nothing.

    """

    async def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        See :meth:`Store.load`.
        """
        ...

    async def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit and return its own receipt, or the one recorded under its key before.

        See :meth:`Store.commit`.
        """
        ...

    async def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several commits in one transaction with one flush; answer each, in order.

        See :meth:`Store.commit_many`.
        """
        ...

    async def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        See :meth:`Store.recall`.
        """
        ...

    def hold(self, tenant: TenantId) -> AbstractAsyncContextManager[None]:
        """
        Keep every other writer out until the block ends; reads and one commit inside see one state.

        See :meth:`Store.hold`.
        """
        ...

    async def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        """
        Return balances as they count at an instant: holds that are due no longer go out.

        See :meth:`Store.balances`.
        """
        ...

    def accounts(
        self, tenant: TenantId, prefix: str = ""
    ) -> AsyncIterator[tuple[AccountId, Balance]]:
        """
        Iterate over touched accounts by prefix, in order, as recorded (due holds still counted).

        See :meth:`Store.accounts`.
        """
        ...

    async def pendings(
        self, tenant: TenantId, reference: str | None = None, *, source: AccountId | None = None
    ) -> Sequence[OpenPending]:
        """
        Return open holds in the order in which they were made: all, of one holder, of one account.

        See :meth:`Store.pendings`.
        """
        ...

    async def pendings_made(
        self, tenant: TenantId, ids: Collection[str]
    ) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        See :meth:`Store.pendings_made`.
        """
        ...

    def entries(
        self, tenant: TenantId, account: AccountId | None = None, *, after: int = 0
    ) -> AsyncIterator[Entry]:
        """
        Iterate over the ledger's log beyond a position, all or what touched one account, in order.

        See :meth:`Store.entries`.
        """
        ...

    def occurred_after(self, tenant: TenantId, at: Instant) -> AsyncIterator[Entry]:
        """
        Iterate over the steps that are said to have occurred after an instant, in any order.

        See :meth:`Store.occurred_after`.
        """
        ...

    async def last_position(self, tenant: TenantId) -> int:
        """
        Return the position of the last step of a tenant's log, 0 where there is none.

        See :meth:`Store.last_position`.
        """
        ...

    async def lease(
        self,
        tenant: TenantId,
        stream: StreamId,
        effect_key: str,
        *,
        holder: str,
        at: Instant,
        until: Instant,
        version: int | None = None,
    ) -> Lease:
        """
        Ask for the right to perform an effect, durably, before it is performed.

        See :meth:`Store.lease`.
        """
        ...

    async def unlease(self, tenant: TenantId, effect_key: str) -> None:
        """
        Give a lease back unused: the port certainly did not act.

        See :meth:`Store.unlease`.
        """
        ...

    async def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        """
        Return the stream whose events declared an outside reference.

        See :meth:`Store.find`.
        """
        ...

    def streams(self, tenant: TenantId) -> AsyncIterator[StreamId]:
        """
        Iterate over all streams, in order of id.

        See :meth:`Store.streams`.
        """
        ...

    async def tenants(self) -> Sequence[TenantId]:
        """
        List the tenants that have written anything.

        See :meth:`Store.tenants`.
        """
        ...

    async def close(self) -> None:
        """
        Give back connections and files; a second call does nothing.

        See :meth:`Store.close`.
        """
        ...
