"""
The engine for blocking code.

It holds no rule of the business: it answers what the loops ask from a store and the host's ports.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, TypeVar
from uuid import uuid4

import attrs

from ordercore.engine._orders import Orders
from ordercore.engine._perform import perform_loop
from ordercore.engine._read import Reader
from ordercore.engine._requests import (
    Ask,
    Environment,
    GiveBack,
    Hold,
    Load,
    LookUp,
    Loop,
    Read,
    Recall,
    Request,
    Submission,
    Submitted,
    TakeLease,
    Write,
)
from ordercore.engine._stock import StockReading
from ordercore.engine._submit import submit_loop
from ordercore.engine._verify import Verification, verify
from ordercore.engine._world import World
from ordercore.errors import InvalidData, InvalidDefinition, OrderCoreError, Rejected
from ordercore.grammar import Actor, ActorKind, Command, Recorded
from ordercore.ids import (
    CommandId,
    OrderId,
    TenantId,
    id_fault,
    order_stream,
)
from ordercore.instants import Instant
from ordercore.orders import (
    Allowed,
    Order,
    Rules,
    allowed,
)
from ordercore.ports import (
    Carrier,
    Catalog,
    Lease,
    LeaseState,
    PaymentGateway,
    Places,
    Store,
    TaxCalculator,
)
from ordercore.views import TimelineEntry, timeline

__all__ = ["Engine"]

_T = TypeVar("_T")

_HOST: Final = Actor(ActorKind.SYSTEM, "host")


def _now() -> Instant:
    return datetime.now(UTC)


def _random_key() -> str:
    return uuid4().hex


class Engine(StockReading):
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

    Raises:
        InvalidDefinition: ``lease_s`` is below 1.
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
    ) -> None:
        if lease_s < 1:
            raise InvalidDefinition(f"engine: lease_s is {lease_s}, least is 1")
        self._store = store
        self._world = World(payments=payments, carrier=carrier)
        self._tenant = TenantId(tenant)
        self._clock = clock
        self._new_key = new_key
        self._worker = worker or f"worker-{_random_key()}"
        self._under_way: set[str] = set()
        self._under_way_lock = Lock()
        self._orders = Orders(tenant=self._tenant, store=store)
        self._env = Environment(
            tenant=self._tenant,
            rules=rules or Rules(),
            clock=clock,
            lease_s=lease_s,
            capabilities=self._world.capabilities,
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
        submitted = self._drive(submit_loop(self._env, submission))
        if submitted.repeated and submitted.stream is not None:
            events = self._orders.events_of(submitted.command_id)
            submitted = attrs.evolve(submitted, events=events)
        if perform and submitted.stream is not None:
            self._drive(perform_loop(self._env, submitted.stream))
        return submitted

    def resume(self, order_id: str) -> int:
        """
        Perform what an order owes and is due; after a crash, what was under way first of all.

        Returns:
            How many obligations were looked at.
        """
        return self._drive(perform_loop(self._env, order_stream(order_id)))

    def run_pending(self, limit: int = 100) -> int:
        """
        Perform what is due anywhere, the longest due first.

        Args:
            limit: How many orders to look at, at most.

        Returns:
            How many orders were looked at; 0 when nothing is due.
        """
        due = self._store.due(self._tenant, self._clock(), limit)
        for stream in due:
            self._drive(perform_loop(self._env, stream))
        return len(due)

    # --- reading -----------------------------------------------------------------------------

    def order(self, order_id: str) -> Order:
        """
        Return an order as it is now.

        Raises:
            Rejected: ``unknown_order``.
        """
        order = self._orders.load(order_stream(order_id)).order
        if order is None:
            raise Rejected(
                "unknown_order",
                f"there is no order {order_id}",
                data={"order": order_id},
                legal=("PlaceOrder",),
            )
        return order

    def version(self, order_id: str) -> int:
        """
        Return the version of an order's stream, to be given back as ``expected_version``.

        """
        return self._orders.load(order_stream(order_id)).version

    def history(self, order_id: str) -> tuple[Recorded, ...]:
        """
        Return everything that has happened to an order, in order.

        """
        return tuple(self._store.load(self._tenant, order_stream(order_id)))

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

    def order_ids(self) -> Iterator[OrderId]:
        """
        Iterate over all orders, in order of id.

        """
        for stream in self._store.streams(self._tenant):
            kind, _, order_id = stream.partition("/")
            if kind == "order":
                yield OrderId(order_id)

    def find(self, reference: str) -> OrderId | None:
        """
        Return the order that an outside reference belongs to (``"fakepay:ch_17"``).

        """
        stream = self._store.find(self._tenant, reference)
        return None if stream is None else OrderId(stream.partition("/")[2])

    def verify(self) -> Verification:
        """
        Recompute everything that is kept and name every difference and leak.

        Cost: reads the whole store once.
        """
        return verify(self._store, self._tenant)

    # --- the driver --------------------------------------------------------------------------

    def _drive(self, loop: Loop[_T]) -> _T:
        with ExitStack() as held:
            answer: Any = None
            error: OrderCoreError | None = None
            while True:  # bounded by the loops, which are
                try:
                    request = loop.send(answer) if error is None else loop.throw(error)
                except StopIteration as stop:
                    result: _T = stop.value
                    return result
                answer, error = None, None
                try:
                    answer = self._answer(request, held)
                except OrderCoreError as raised:
                    error = raised

    def _answer(self, request: Request, held: ExitStack) -> object:
        match request:
            case Load(stream):
                return self._orders.load(stream)
            case Write(commit, after):
                return self._orders.write(commit, after)
            case Read(needs, at):
                return self._reader.answer(needs, at)
            case Recall(command_id):
                return self._store.recall(self._tenant, command_id)
            case TakeLease():
                return self._lease(request, held)
            case Ask(effect):
                return self._world.ask(effect)
            case LookUp(effect):
                return self._world.look_up(effect)
            case GiveBack(key):
                self._store.unlease(self._tenant, key)
                return None
            case Hold():
                held.enter_context(self._store.hold(self._tenant))
                return None

    def _lease(self, request: TakeLease, held: ExitStack) -> Lease:
        """
        Lease an effect. Threads of one engine share its name, so they settle it among themselves.

        """
        key, at, until = request.effect_key, request.at, request.until
        with self._under_way_lock:
            if key in self._under_way:
                return Lease(LeaseState.HELD, at, at, until)
            self._under_way.add(key)
        held.callback(self._under_way.discard, key)
        return self._store.lease(
            self._tenant, request.stream, key, holder=self._worker, at=at, until=until
        )
