"""
The engine for asynchronous code.

The same loops as in the engine for blocking code, answered with awaited calls. A test compares the
two, name by name, parameter by parameter and sentence by sentence.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ordercore.engine._async_driver import AsyncDriver
from ordercore.engine._async_hosted import AsyncHosted
from ordercore.engine._async_operating import AsyncOperating
from ordercore.engine._defaults import HOST, now, random_key
from ordercore.engine._engine_loops import EngineLoops, order_id_of, require_least
from ordercore.engine._environment import Environment, Ports
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._operating_loops import OperatingLoops
from ordercore.engine._requests import Submitted, Wish
from ordercore.engine._snapshots import EVERY
from ordercore.engine._stock_loops import StockLoops
from ordercore.engine._verify import Verification
from ordercore.engine._ways import Ways
from ordercore.errors import OrderCoreError
from ordercore.fulfillment import CapacityLevel
from ordercore.grammar import Actor, Aggregate, Command, Recorded
from ordercore.ids import OrderId, TenantId
from ordercore.instants import Instant
from ordercore.orders import ORDERS, Allowed, Order, Rules, allowed
from ordercore.ports import (
    AsyncCarrier,
    AsyncCatalog,
    AsyncPaymentGateway,
    AsyncPlaces,
    AsyncStore,
    AsyncTaxCalculator,
    Carrier,
    Catalog,
    Observer,
    PaymentGateway,
    Places,
    Store,
    TaxCalculator,
    WebhookSource,
)
from ordercore.views import TimelineEntry, timeline

if TYPE_CHECKING:
    from ordercore.intake import Headers

__all__ = ["AsyncEngine"]

_StateT = TypeVar("_StateT")


class AsyncEngine(AsyncHosted, AsyncOperating):
    """
    Runs one shop's orders over a store and the host's ports, for asynchronous code.

    Every method of :class:`Engine` is here, awaited. Adapters may be of both kinds, in any mixture:
    asynchronous methods are awaited, blocking ones are called in threads; see
    :mod:`ordercore.ports`. Safe to share between the tasks of an event loop. What an order owes at
    one moment is performed at the same time.

    A task that is canceled leaves what a crash at that point would leave, and no thread that still
    works for it; :meth:`resume` and :meth:`run_pending` go on from there.

    Args:
        store: Where everything is kept.
        catalog: The host's products.
        places: The host's places.
        payments: The payment port.
        tax: The tax port.
        carrier: The carrier port.
        rules: The host's policies.
        tenant: Whose orders; nothing of other tenants is visible.
        clock: Says what time it is; aware datetimes in UTC.
        new_key: Makes keys for commands that come without one.
        worker: This process's name in leases. Leave it out unless a restarted process can be sure
            that its predecessor of the same name is dead: then it need not wait for its leases.
        lease_s: How long a call to a port may take before others ask what became of it.
        kinds: Which commands and kinds of streams there are; all that ordercore has. With others,
            the store must be able to write them.
        snapshot_every: After how many events of a stream its state is kept, so that whoever loads
            it folds no more than these; 0 for never.
        observer: Watches what the engine does, for traces, metrics and logs.
        threads: How many blocking calls are made at the same time, at most.
        together: How many effects of one stream are performed at the same time, at most; and how
            many streams by :meth:`run_pending`.

    Raises:
        InvalidDefinition: ``lease_s``, ``threads`` or ``together`` is below 1, or
            ``snapshot_every`` below 0.
    """

    def __init__(
        self,
        *,
        store: Store | AsyncStore,
        catalog: Catalog | AsyncCatalog,
        places: Places | AsyncPlaces,
        payments: PaymentGateway | AsyncPaymentGateway,
        tax: TaxCalculator | AsyncTaxCalculator,
        carrier: Carrier | AsyncCarrier,
        rules: Rules | None = None,
        tenant: str = "main",
        clock: Callable[[], Instant] = now,
        new_key: Callable[[], str] = random_key,
        worker: str | None = None,
        lease_s: int = 60,
        kinds: Kinds = KINDS,
        snapshot_every: int = EVERY,
        observer: Observer | None = None,
        threads: int = 8,
        together: int = 8,
    ) -> None:
        require_least("lease_s", lease_s)
        require_least("snapshot_every", snapshot_every, 0)
        require_least("threads", threads)
        require_least("together", together)
        # To the loops, every port is one for blocking code; the driver knows the way to each.
        ports = Ports(
            store=cast("Store", Ways(store, is_store=True)),
            catalog=cast("Catalog", Ways(catalog)),
            places=cast("Places", Ways(places)),
            payments=cast("PaymentGateway", Ways(payments)),
            tax=cast("TaxCalculator", Ways(tax)),
            carrier=cast("Carrier", Ways(carrier)),
        )
        env = Environment.over(
            ports,
            tenant=TenantId(tenant),
            kinds=kinds,
            rules=rules or Rules(),
            clock=clock,
            lease_s=lease_s,
            worker=worker or f"worker-{random_key()}",
            snapshot_every=snapshot_every,
            observer=observer,
        )
        self._store = ports.store
        self._tenant = env.tenant
        self._loops = EngineLoops(env, new_key)
        self._driver = AsyncDriver(
            store=store,
            tenant=env.tenant,
            together=together,
            threads=ThreadPoolExecutor(threads, "ordercore"),
        )
        stock = StockLoops(env.reader, env.rules.stock, clock)
        super().__init__(self._driver, stock, OperatingLoops(self._loops))

    @property
    def tenant(self) -> TenantId:
        """
        Whose orders this engine runs.

        """
        return self._tenant

    # --- commands ----------------------------------------------------------------------------

    async def submit(
        self,
        command: Command,
        *,
        key: str | None = None,
        actor: Actor = HOST,
        on_behalf_of: str | None = None,
        expected_version: int | None = None,
        perform: bool = True,
    ) -> Submitted:
        """
        Decide a command, record what it leads to, and perform what has become due.

        Args:
            command: What is wanted.
            key: Names this wish for ever: the same key with the same command (``occurred_at``
                aside) returns the recorded result. Without one, every call is a new wish.
            actor: Who acts.
            on_behalf_of: For whom, where an agent acts for a customer.
            expected_version: The version a person looked at; refuse if the order has moved on.
            perform: Whether to call ports for what is due now. False leaves it to
                :meth:`run_pending`.

        Returns:
            What it led to. Errors of ports while performing do not undo it: they are recorded, and
            what is owed comes back by itself.

        Raises:
            Rejected: The business says no; nothing has changed.
            Conflict: ``expected_version`` is not the present one; nothing has changed.
            PortUnavailable: A port that must be read could not answer; nothing has changed.
            InvalidData: The key is malformed.
        """
        loops = self._loops
        wish = loops.submission(command, key, actor, on_behalf_of, expected_version)
        return await self._drive(loops.submit(wish, perform=perform))

    async def submit_many(
        self, wishes: Sequence[Wish | Command], *, perform: bool = True
    ) -> tuple[Submitted | OrderCoreError, ...]:
        """
        Decide commands, each for itself, and record them in one transaction with one flush.

        An error stands in its place and touches none of the others. What lost a race, even to
        another of them, is submitted once more by itself. What must be decided on what another has
        led to (of one order, behind a receipt, behind a refusal) follows in another transaction.

        Args:
            wishes: What is wanted: commands, or with more to say about them,
                :class:`~ordercore.engine.Wish`.
            perform: Whether to call ports for what is due then in all of their streams.

        Returns:
            For each wish, in the order given, what :meth:`submit` would return or raise.

        Raises:
            InvalidData: A key is malformed; nothing was done.
        """
        return await self._drive(self._loops.submit_many(wishes, perform=perform))

    async def receive(
        self, source: WebhookSource, headers: "Headers", body: bytes, *, vault_ref: str = ""
    ) -> Submitted:
        """
        Verify a provider's message and keep it, in one commit; acknowledge it once this returns.

        No port is called and no order is looked for; :meth:`run_pending` does that. The same
        message again is answered by the recorded result, and nothing happens twice.

        Args:
            source: Whose endpoint it came to.
            headers: Of the request.
            body: The bytes as they came in. They are not kept.
            vault_ref: Where the host has put them for a while, if it has.

        Raises:
            Rejected: It is not genuine, not whole or not fresh (see the source); ``key_reused``
                where it was received before and said something else. Nothing was kept.
            InvalidData: It can't be read. Nothing was kept.
        """
        return await self._drive(self._loops.receive(source, headers, body, vault_ref))

    async def resume(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> int:
        """
        Perform what an order owes and is due; after a crash, what was under way first of all.

        Args:
            own_id: Which order.
            of: Another kind of stream that it is the id of.

        Returns:
            How many obligations were looked at.
        """
        return await self._drive(self._loops.resume(own_id, of))

    async def archive(self, before: Instant, *, limit: int = 1_000) -> int:
        """
        Put the events of ended streams out of the way; every reading is as it was.

        A closed order that somebody returns goes on where it stood. Call it from a timer, as often
        as you like; what it leaves is found the next time.

        Args:
            before: Only streams to which nothing has happened since before this instant.
            limit: How many streams, at most.

        Returns:
            How many streams were put away.

        Cost: O(streams at rest).
        """
        return await self._drive(self._loops.archive(before, limit))

    # --- reading -----------------------------------------------------------------------------

    async def order(self, order_id: str) -> Order:
        """
        Return an order as it is now.

        Raises:
            Rejected: ``unknown_order``.
        """
        return await self.state(order_id, of=ORDERS)

    async def state(self, own_id: str, *, of: Aggregate[_StateT]) -> _StateT:
        """
        Return the present state of a stream of any kind.

        Args:
            own_id: Which of its kind.
            of: The kind (``ordercore.orders.ORDERS``).

        Raises:
            Rejected: ``unknown_order``, or whatever the kind is.
        """
        return await self._drive(self._loops.state(own_id, of))

    async def version(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> int:
        """
        Return the version of a stream, an order's by default; give it as ``expected_version``.

        """
        return await self._drive(self._loops.version(own_id, of))

    async def history(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> tuple[Recorded, ...]:
        """
        Return everything that has happened in a stream, an order's by default, in order.

        """
        return await self._drive(self._loops.history(own_id, of))

    async def timeline(self, order_id: str) -> tuple[TimelineEntry, ...]:
        """
        Tell an order's history as a person would want to read it.

        """
        return timeline(await self.history(order_id))

    async def allowed(self, order_id: str) -> tuple[Allowed, ...]:
        """
        List what may be done with an order next.

        Raises:
            Rejected: ``unknown_order``.
        """
        return allowed(await self.order(order_id))

    async def capacity(self, place: str, day: date) -> CapacityLevel | None:
        """
        Read what a place can do on a day; None where its days are not limited.

        Raises:
            Rejected: ``unknown_place``.
        """
        return await self._drive(self._loops.capacity(place, day))

    async def order_ids(self) -> AsyncIterator[OrderId]:
        """
        Iterate over all orders, in order of id.

        """
        async for stream in self._driver.iterate(self._store.streams, self._tenant):
            if (order_id := order_id_of(stream)) is not None:
                yield order_id

    async def find(self, reference: str) -> OrderId | None:
        """
        Return the order that an outside reference belongs to (``"fakepay:ch_17"``).

        """
        return await self._drive(self._loops.find(reference))

    async def verify(self) -> Verification:
        """
        Recompute everything that is kept and name every difference and leak.

        Cost: reads the whole store once.
        """
        return await self._drive(self._loops.verify())
