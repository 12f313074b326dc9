"""
One tenant's shop in a simulation: its provider, its processes, the messages that are on their way.

"""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, cast

import attrs

from ordercore.engine import Engine
from ordercore.grammar import ActorKind, Command
from ordercore.ids import CartId, OrderId, Sku, TenantId
from ordercore.instants import Instant, seconds_after
from ordercore.orders import ORDER_LIFECYCLE, outstanding
from ordercore.ports import Store
from ordercore.testing._acting import ActingFake
from ordercore.testing._faults import Fault
from ordercore.testing._time import VirtualClock
from ordercore.testing._webhooks import FakeWebhooks, ProviderMessage
from ordercore.testing.simulation._faults import FaultKind, Faults
from ordercore.testing.simulation._proxies import ActingProxy, ReadingProxy, StoreProxy, Struck
from ordercore.testing.simulation._world import World

__all__ = ["Notice", "Shop", "Wish"]


@attrs.frozen(kw_only=True)
class Wish:
    """
    A command that a client wants carried out, under the key by which it asks again.

    """

    key: str
    command: Command
    who: ActorKind


@attrs.define(kw_only=True)
class Notice:
    """
    A provider's message on its way.

    """

    message: ProviderMessage
    due: Instant
    number: int


class Shop:
    """
    One tenant: same ids, same clients, other dice.

    Attributes:
        tenant: Whose.
        orders: Those that a client was told of and that have not ended, in the order of placement.
        known: All that were ever placed.
        carts: Carts that may hold something.
        again: What clients will ask again, since they heard no answer or are impatient.
        notices: Messages on their way.
        truths: What a provider will do though it said that it won't, and from when on.
        answers: What each key was answered: "" or the code of the refusal.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        tenant: TenantId,
        world: World,
        store: Store,
        proxy: StoreProxy,
        clock: VirtualClock,
        faults: Faults,
        struck: Struck,
        answered: Callable[[], None],
    ) -> None:
        self.tenant: Final = tenant
        self.orders: list[OrderId] = []
        self.known: set[OrderId] = set()
        self.carts: list[CartId] = []
        self.again: list[Wish] = []
        self.notices: list[Notice] = []
        self.truths: list[tuple[Instant, Callable[[], object]]] = []
        self.answers: dict[str, str] = {}
        self.last_number = 0
        self.provider: Final = world.payments(clock)
        self._world: Final = world
        self._clock: Final = clock
        self._faults: Final = faults
        self._proxy: Final = proxy
        self._lives = 0
        self.webhooks: Final = FakeWebhooks(self.provider, clock)
        self.webhooks.before_reply = self._told
        self.early: Callable[[ProviderMessage], None] | None = None
        carrier = world.carrier(clock, world.assortment)

        def acting(inner: Any) -> Any:  # noqa: ANN401 - any acting port
            fake = self.provider if inner is self.webhooks else inner
            return ActingProxy(
                inner,
                faults,
                struck,
                answered,
                lied=self._lied,
                delay=_delay(fake) if isinstance(fake, ActingFake) else None,
                assortment=world.assortment,
            )

        self._payments: Final = acting(self.webhooks)
        self._carrier: Final = acting(carrier)
        calm = Faults(0)
        calm.on = False
        reading = ReadingProxy(world.assortment, world.tax(), calm, struck)
        #: Reads without faults, and is never used to submit anything.
        self.window: Final = self._engine(store, reading, "window")
        self._reading: Final = ReadingProxy(world.assortment, world.tax(), faults, struck)
        self.processes: list[Engine] = [self.reborn() for _ in range(world.processes)]

    def do_what_was_denied(self, *, at_once: bool = False) -> None:
        """
        Let the provider do what it said it would not, once it is time.

        """
        now = self._clock()
        due = [truth for at, truth in self.truths if at <= now or at_once]
        self.truths = [(at, truth) for at, truth in self.truths if at > now and not at_once]
        for truth in due:
            truth()

    def let_go_of_what_has_ended(self) -> None:
        """
        Look at one order; leave it alone from now on where it has ended and nothing comes of it.

        """
        if not self.orders:
            return
        number = self._faults.dice.below(len(self.orders))
        order = self.window.order(self.orders[number])
        ended = ORDER_LIFECYCLE().has_ended(order.status) and not outstanding(order)
        back = any(known.status in {"authorized", "received"} for known in order.returns.returns)
        if ended and not back:
            del self.orders[number]

    def statuses(self) -> Counter[str]:
        """
        Count the orders that have not been left alone, by status.

        """
        return Counter(self.window.order(order_id).status for order_id in self.orders)

    def promisable(self, sku: Sku) -> int:
        """
        How many units of a SKU can be promised now, wherever they lie.

        """
        return self.window.availability_of(sku).available

    def reborn(self) -> Engine:
        """
        Start a process that remembers nothing.

        """
        self._lives += 1
        return self._engine(cast("Store", self._proxy), self._reading, f"process-{self._lives}")

    def _engine(self, store: Store, reading: ReadingProxy, worker: str) -> Engine:
        return Engine(
            store=store,
            catalog=reading,
            places=reading,
            payments=self._payments,
            tax=reading,
            carrier=self._carrier,
            rules=self._world.rules,
            tenant=self.tenant,
            clock=self._clock,
            new_key=self.next_key,
            worker=worker,
            lease_s=self._world.lease_s,
        )

    def next_key(self) -> str:
        """
        Name the next wish; the same names in every tenant.

        """
        self.last_number += 1
        return f"w-{self.last_number}"

    def _lied(self, truth: Callable[[], object]) -> None:
        later = self._faults.dice.between(60, 7_200)
        self.truths.append((seconds_after(self._clock(), later), truth))

    def _told(self, message: ProviderMessage) -> None:
        """
        Put a message on its way, or let it arrive before the answer to the call.

        """
        faults, dice = self._faults, self._faults.dice
        if self.early is not None and faults.strikes(FaultKind.NOTICE_EARLY):
            self.early(message)
            return
        if faults.strikes(FaultKind.NOTICE_LOST):
            return
        late_s = dice.between(1, 30)
        if faults.strikes(FaultKind.NOTICE_LATE):
            late_s = dice.between(3_600, 200_000)
        due = seconds_after(self._clock(), late_s)
        self.notices.append(Notice(message=message, due=due, number=len(self.webhooks.messages)))

    def arrived(self) -> ProviderMessage | None:
        """
        Take the message that arrives now, if there is one.

        """
        now, faults = self._clock(), self._faults
        here = [notice for notice in self.notices if notice.due <= now or not faults.on]
        if not here:
            return None
        first = min(here, key=lambda notice: notice.number)
        if len(here) > 1 and faults.strikes(FaultKind.NOTICE_OVERTAKES):
            first = faults.dice.pick([notice for notice in here if notice is not first])
        if faults.strikes(FaultKind.NOTICE_TWICE):
            first.due = seconds_after(now, faults.dice.between(0, 4_000))
        else:
            self.notices.remove(first)
        return first.message


def _delay(fake: ActingFake) -> Callable[[str, str], None]:
    def late(operation: str, key: str) -> None:
        fake.plan(operation, Fault.LATE, key=key)

    return late
