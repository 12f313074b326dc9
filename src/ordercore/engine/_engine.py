"""
The engine for blocking code.

It holds no rule of the business: it answers what the loops ask from a store and the host's ports.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from uuid import uuid4

import attrs

from ordercore.engine._dead_letters import DeadLetter, redrive_of
from ordercore.engine._driver import Driver
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._operating import Operating
from ordercore.engine._perform import perform_loop
from ordercore.engine._read import Reader
from ordercore.engine._requests import Environment, Submission, Submitted
from ordercore.engine._snapshots import EVERY, Snapshots
from ordercore.engine._streams import Streams
from ordercore.engine._submit import submit_loop
from ordercore.engine._verify import Verification, verify
from ordercore.engine._world import World
from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.fulfillment import CapacityLevel
from ordercore.grammar import Actor, ActorKind, Aggregate, Command, Recorded
from ordercore.ids import (
    CommandId,
    OrderId,
    TenantId,
    id_fault,
)
from ordercore.instants import Instant
from ordercore.orders import ORDERS, Allowed, Order, Rules, allowed
from ordercore.ports import (
    Carrier,
    Catalog,
    PaymentGateway,
    Places,
    Store,
    TaxCalculator,
)
from ordercore.views import TimelineEntry, timeline

__all__ = ["Engine"]

_StateT = TypeVar("_StateT")

_HOST: Final = Actor(ActorKind.SYSTEM, "host")


def _now() -> Instant:
    return datetime.now(UTC)


def _random_key() -> str:
    return uuid4().hex


class Engine(Operating):
    """
    Runs one shop's orders over a store and the host's ports, for blocking code.

    Safe to share between threads as far as the store and the ports are. After a crash anybody may
    make a new engine over the same store and call :meth:`resume` or :meth:`run_pending`.

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

    Raises:
        InvalidDefinition: ``lease_s`` is below 1, or ``snapshot_every`` below 0.
    """

    def __init__(
        self,
        *,
        store: Store,
        catalog: Catalog,
        places: Places,
        payments: PaymentGateway,
        tax: TaxCalculator,
        carrier: Carrier,
        rules: Rules | None = None,
        tenant: str = "main",
        clock: Callable[[], Instant] = _now,
        new_key: Callable[[], str] = _random_key,
        worker: str | None = None,
        lease_s: int = 60,
        kinds: Kinds = KINDS,
        snapshot_every: int = EVERY,
    ) -> None:
        if lease_s < 1:
            raise InvalidDefinition(f"engine: lease_s is {lease_s}, least is 1")
        if snapshot_every < 0:
            raise InvalidDefinition(f"engine: snapshot_every is {snapshot_every}, least is 0")
        self._store = store
        world = World(payments=payments, carrier=carrier)
        self._tenant = TenantId(tenant)
        self._clock = clock
        self._new_key = new_key
        snapshots = Snapshots(self._tenant, snapshot_every)
        self._streams = Streams(tenant=self._tenant, store=store, kinds=kinds, snapshots=snapshots)
        self._env = Environment(
            tenant=self._tenant,
            kinds=kinds,
            rules=rules or Rules(),
            clock=clock,
            lease_s=lease_s,
            capabilities=world.capabilities,
            snapshots=snapshots,
        )
        reader = Reader(
            tenant=self._tenant,
            store=store,
            catalog=catalog,
            places=places,
            carrier=carrier,
            tax=tax,
        )
        super().__init__(reader, self._env.rules.stock, clock)
        self._driver = Driver(
            store=store,
            streams=self._streams,
            reader=reader,
            world=world,
            worker=worker or f"worker-{_random_key()}",
        )
        self._drive = self._driver.drive

    @property
    def tenant(self) -> TenantId:
        """
        Whose orders this engine runs.

        """
        return self._tenant

    # --- commands ----------------------------------------------------------------------------

    def submit(
        self,
        command: Command,
        *,
        key: str | None = None,
        actor: Actor = _HOST,
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
        if key is not None and (fault := id_fault(key)) is not None:
            raise InvalidData("key", (fault,))
        submission = Submission(
            command=command,
            command_id=CommandId(key or self._new_key()),
            actor=actor,
            on_behalf_of=on_behalf_of,
            expected_version=expected_version,
        )
        return self._submitted(submission, perform=perform)

    def _submitted(self, submission: Submission, *, perform: bool) -> Submitted:
        submitted = self._drive(submit_loop(self._env, submission))
        if submitted.repeated and submitted.stream is not None:
            events = self._streams.events_of(submitted.command_id)
            submitted = attrs.evolve(submitted, events=events)
        if perform and submitted.stream is not None:
            self._drive(perform_loop(self._env, submitted.stream))
        return submitted

    def resume(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> int:
        """
        Perform what an order owes and is due; after a crash, what was under way first of all.

        Args:
            own_id: Which order.
            of: Another kind of stream that it is the id of.

        Returns:
            How many obligations were looked at.
        """
        return self._drive(perform_loop(self._env, of.stream(own_id)))

    def redrive(
        self,
        letter: DeadLetter | str,
        *,
        actor: Actor,
        on_behalf_of: str | None = None,
        perform: bool = True,
    ) -> Submitted:
        """
        Let what waits for a person be tried again, and try it.

        The same letter, or the same key while nothing was given up anew, is carried out once: a
        second call returns the recorded result.

        Args:
            letter: A dead letter, or the key of its effect.
            actor: Who has decided so.
            on_behalf_of: For whom.
            perform: Whether to try it now. False leaves it to whoever runs what is due.

        Raises:
            Rejected: ``unknown_dead_letter``; what the kind of stream says where there is nothing
                to try again (``nothing_to_retry``).
        """
        key = letter if isinstance(letter, str) else letter.effect_key
        if isinstance(letter, DeadLetter) and letter.retry is not None:
            command, command_id = letter.retry, letter.command_id
        else:
            command, command_id = redrive_of(self._store, self._tenant, self._env.kinds, key)
        submission = Submission(
            command=command, command_id=command_id, actor=actor, on_behalf_of=on_behalf_of
        )
        return self._submitted(submission, perform=perform)

    # --- reading -----------------------------------------------------------------------------

    def order(self, order_id: str) -> Order:
        """
        Return an order as it is now.

        Raises:
            Rejected: ``unknown_order``.
        """
        return self.state(order_id, of=ORDERS)

    def state(self, own_id: str, *, of: Aggregate[_StateT]) -> _StateT:
        """
        Return the present state of a stream of any kind.

        Args:
            own_id: Which of its kind.
            of: The kind (``ordercore.orders.ORDERS``).

        Raises:
            Rejected: ``unknown_order``, or whatever the kind is.
        """
        state: _StateT | None = self._streams.load(of.stream(own_id)).state
        if state is None:
            raise of.unknown(own_id)
        return state

    def version(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> int:
        """
        Return the version of a stream, an order's by default; give it as ``expected_version``.

        """
        return self._streams.load(of.stream(own_id)).version

    def history(self, own_id: str, *, of: Aggregate[Any] = ORDERS) -> tuple[Recorded, ...]:
        """
        Return everything that has happened in a stream, an order's by default, in order.

        """
        return tuple(self._store.load(self._tenant, of.stream(own_id)))

    def timeline(self, order_id: str) -> tuple[TimelineEntry, ...]:
        """
        Tell an order's history as a person would want to read it.

        """
        return timeline(self.history(order_id))

    def allowed(self, order_id: str) -> tuple[Allowed, ...]:
        """
        List what may be done with an order next.

        Raises:
            Rejected: ``unknown_order``.
        """
        return allowed(self.order(order_id))

    def capacity(self, place: str, day: date) -> CapacityLevel | None:
        """
        Read what a place can do on a day; None where its days are not limited.

        Raises:
            Rejected: ``unknown_place``.
        """
        return self._reader.capacity_of(place, day, self._clock())

    def order_ids(self) -> Iterator[OrderId]:
        """
        Iterate over all orders, in order of id.

        """
        for stream in self._store.streams(self._tenant):
            kind, _, order_id = stream.partition("/")
            if kind == ORDERS.kind:
                yield OrderId(order_id)

    def find(self, reference: str) -> OrderId | None:
        """
        Return the order that an outside reference belongs to (``"fakepay:ch_17"``).

        """
        stream = self._store.find(self._tenant, reference)
        kind, _, own_id = (stream or "").partition("/")
        return OrderId(own_id) if kind == ORDERS.kind else None

    def verify(self) -> Verification:
        """
        Recompute everything that is kept and name every difference and leak.

        Cost: reads the whole store once.
        """
        return verify(self._store, self._tenant, self._env.kinds)
