"""
The engine for blocking code.

It holds no rule of the business: it answers what the loops ask from a store and the host's ports.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Final, TypeVar
from uuid import uuid4

from ordercore.engine._perform import perform_loop
from ordercore.engine._read import Reader
from ordercore.engine._requests import (
    Ask,
    Environment,
    GiveBack,
    Hold,
    Load,
    Loaded,
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
from ordercore.engine._submit import submit_loop
from ordercore.engine._verify import Verification, verify
from ordercore.errors import InvalidData, InvalidDefinition, OrderCoreError, Rejected
from ordercore.fulfillment import AskLabel
from ordercore.grammar import Actor, ActorKind, Command, Outcome
from ordercore.ids import (
    CartId,
    CommandId,
    OrderId,
    PlaceId,
    Sku,
    StreamId,
    TenantId,
    id_fault,
    order_stream,
)
from ordercore.instants import Instant
from ordercore.inventory import StockAt, StockLevel
from ordercore.ledger import account_parts
from ordercore.orders import (
    Allowed,
    Order,
    OrderEffect,
    OrderEvent,
    Rules,
    Submit,
    allowed,
    fold,
)
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import (
    ActingCapabilities,
    Carrier,
    Catalog,
    Lease,
    LeaseState,
    PaymentGateway,
    Places,
    Recorded,
    Store,
    TaxCalculator,
)
from ordercore.views import TimelineEntry, timeline

__all__ = ["Engine"]

_T = TypeVar("_T")

#: How many folded orders are kept; each is brought up to date from the store on every load.
_CACHE_MAX: Final = 1_024

_HOST: Final = Actor(ActorKind.SYSTEM, "host")


def _now() -> Instant:
    return datetime.now(UTC)


def _random_key() -> str:
    return uuid4().hex


class Engine:
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
        self._payments = payments
        self._carrier = carrier
        self._tenant = TenantId(tenant)
        self._clock = clock
        self._new_key = new_key
        self._worker = worker or f"worker-{_random_key()}"
        self._under_way: set[str] = set()
        self._under_way_lock = Lock()
        self._cache: OrderedDict[StreamId, Loaded] = OrderedDict()
        self._env = Environment(
            tenant=self._tenant,
            rules=rules or Rules(),
            clock=clock,
            lease_s=lease_s,
            capabilities=self._capabilities,
        )
        self._reader = Reader(
            tenant=self._tenant,
            store=store,
            catalog=catalog,
            places=places,
            carrier=carrier,
            tax=tax,
        )

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
            key: Names this wish for ever: the same key with the same command returns the recorded
                result and changes nothing. Without one, every call is a new wish.
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
            submitted = self._with_events(submitted)
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
        order = self._load(order_stream(order_id)).order
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
        return self._load(order_stream(order_id)).version

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

    def availability(
        self, *skus: str, places: tuple[str, ...] | None = None, cart_id: str | None = None
    ) -> tuple[StockLevel, ...]:
        """
        Read stock, each number by its name.

        Args:
            skus: Which SKUs.
            places: Where; None for wherever the SKU ever lay.
            cart_id: On whose behalf: its own hold does not count against it.

        Returns:
            One level a SKU and place, in order of both.
        """
        found: list[StockLevel] = []
        for sku in skus:
            where = self._places_of(sku) if places is None else places
            need = StockAt(
                (Sku(sku),),
                tuple(PlaceId(place) for place in where),
                None if cart_id is None else CartId(cart_id),
            )
            found.extend(self._reader.stock(need, self._clock()).values())
        return tuple(found)

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
                return self._load(stream)
            case Write(commit):
                return self._store.commit(commit)
            case Read(needs, at):
                return self._reader.answer(needs, at)
            case Recall(command_id):
                return self._store.recall(self._tenant, command_id)
            case TakeLease():
                return self._lease(request, held)
            case Ask(effect):
                return self._ask(effect)
            case LookUp(effect):
                port = self._carrier if isinstance(effect, AskLabel) else self._payments
                return port.lookup(effect.key)
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

    def _ask(self, effect: OrderEffect) -> Outcome:
        match effect:
            case AskAuthorization():
                return self._payments.authorize(effect)
            case AskCapture():
                return self._payments.capture(effect)
            case AskVoid():
                return self._payments.void(effect)
            case AskRefund():
                return self._payments.refund(effect)
            case AskLabel():
                return self._carrier.buy_label(effect)
            case Submit():
                raise InvalidDefinition("a command is submitted, not asked of a port")

    def _capabilities(self, effect: OrderEffect) -> ActingCapabilities:
        port = self._carrier if isinstance(effect, AskLabel) else self._payments
        return port.capabilities

    def _load(self, stream: StreamId) -> Loaded:
        known = self._cache.get(stream, Loaded(0, None))
        newer = self._store.load(self._tenant, stream, known.version)
        if newer:
            events: list[OrderEvent] = [recorded.event for recorded in newer]  # type: ignore[misc]
            known = Loaded(newer[-1].version, fold(events, known.order))
            self._cache[stream] = known
            self._cache.move_to_end(stream)
            if len(self._cache) > _CACHE_MAX:
                self._cache.popitem(last=False)
        return known

    def _with_events(self, submitted: Submitted) -> Submitted:
        assert submitted.stream is not None  # noqa: S101 - the caller has looked
        receipt = self._store.recall(self._tenant, submitted.command_id)
        if receipt is None or receipt.to_version == receipt.from_version:
            return submitted
        recorded = self._store.load(self._tenant, submitted.stream, receipt.from_version)
        mine = recorded[: receipt.to_version - receipt.from_version]
        return Submitted(
            command_id=submitted.command_id,
            stream=submitted.stream,
            version=submitted.version,
            events=tuple(r.event for r in mine),
            reply=submitted.reply,
            repeated=True,
        )

    def _places_of(self, sku: str) -> tuple[str, ...]:
        prefix = f"promise|available|{sku}|"
        return tuple(
            account_parts(account).place
            for account, _ in self._store.accounts(self._tenant, prefix)
        )
