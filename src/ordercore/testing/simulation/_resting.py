"""
How a simulation comes to rest, and what must hold then.

Faults stop. Messages arrive, clients ask again, processes do what is due, and people do what brings
each order nearer to its end, until every order has ended or waits for somebody who was asked and
told why. That it does is the promise of liveness; that nothing was lost on the way is looked up in
the store and in the provider's own books.
"""

from collections import Counter
from typing import Final

from ordercore.grammar import ActorKind, Command
from ordercore.ids import CommandId, OrderId
from ordercore.instants import Instant
from ordercore.ledger import account_parts
from ordercore.orders import ORDER_LIFECYCLE, FulfillUnits, Order, balance, outstanding
from ordercore.ports import Store
from ordercore.testing._payments import FakePaymentGateway
from ordercore.testing._time import VirtualClock
from ordercore.testing.simulation._actors import constructive
from ordercore.testing.simulation._dice import Dice
from ordercore.testing.simulation._faults import Faults
from ordercore.testing.simulation._processes import Processes
from ordercore.testing.simulation._shop import Shop, Wish
from ordercore.testing.simulation._tally import Tally
from ordercore.testing.simulation._world import World

__all__ = ["Rest"]

#: How many rounds all that is under way is given to come to rest.
_ROUNDS_MAX: Final = 200
#: How many of them are minutes apart, as retries are; the others are hours apart.
_SHORT_ROUNDS: Final = 20
#: How often a person tries the same again before it is left as it is.
_PATIENCE: Final = 3


class Rest:
    """
    Brings a run to rest.

    Attributes:
        ended: How many orders there are, by status, at rest.
        waiting: How many of them wait for a person.
        stuck: Orders that have not ended and wait for nobody.
        lost: What was acknowledged and is not there, or was done and nobody knows.
    """

    def __init__(  # noqa: PLR0917 - made in one place
        self,
        shops: list[Shop],
        processes: Processes,
        world: World,
        store: Store,
        clock: VirtualClock,
        faults: Faults,
        tally: Tally,
    ) -> None:
        self.ended: Counter[str] = Counter()
        self.waiting = 0
        self.stuck: list[str] = []
        self.lost: list[str] = []
        self._shops: Final = shops
        self._processes: Final = processes
        self._world: Final = world
        self._store: Final = store
        self._clock: Final = clock
        self._faults: Final = faults
        self._tally: Final = tally
        self._tried: Counter[tuple[str, str]] = Counter()

    def check(self) -> None:
        """
        Have the witnesses judge everything.

        """
        for shop in self._shops:
            witness = self._tally.witnesses.get(shop.tenant)
            if witness is not None:
                at = self._clock()
                self._tally.judged(shop.tenant, lambda w=witness, t=at: w.check(t))  # type: ignore[misc]

    def come(self) -> None:
        """
        Bring all to rest and look whether it is as it should be.

        """
        self._faults.on = False
        dice = self._faults.dice = Dice(0, "rest")
        self._processes.finish()
        for shop in self._shops:
            self._rest(shop, dice)
        self.check()
        for shop in self._shops:
            self._look(shop)

    def _rest(self, shop: Shop, dice: Dice) -> None:
        for number in range(_ROUNDS_MAX):
            shop.do_what_was_denied(at_once=True)
            while (message := shop.arrived()) is not None:  # no new ones come while they are heard
                self._processes.hear(shop, message)
            again, shop.again = shop.again, []
            for wish in again:
                self._processes.submit(shop, wish)
            # Attempts are put off for up to a day, messages for up to three.
            self._clock.advance(seconds=600 if number < _SHORT_ROUNDS else 20_000)
            self._run_due(shop)
            busy = [order_id for order_id in shop.orders if not self._pushed(shop, order_id, dice)]
            shop.orders = busy
            if not (busy or shop.notices or shop.truths or shop.again):
                return

    def _run_due(self, shop: Shop) -> None:
        for _ in range(_ROUNDS_MAX):
            due = shop.window.next_due()
            if due is None or due > self._clock():
                return
            self._processes.run_pending(shop, 100)

    def _pushed(self, shop: Shop, order_id: OrderId, dice: Dice) -> bool:
        """
        Do what brings an order nearer to its end; whether it has come there.

        """
        order = shop.window.order(order_id)
        # What could not be sent twice is not on its shelf.
        gone = self._tried[order.id, FulfillUnits.__name__] > 1
        if gone:
            del self._tried[order.id, FulfillUnits.__name__]
        command = constructive(order, self._world.assortment, dice, shelf_is_empty=gone)
        if command is not None and not self._tired(order, command):
            self._processes.submit(
                shop, Wish(key=shop.next_key(), command=command, who=ActorKind.AGENT)
            )
            return False
        return not any(not effect.waits_for_operator for effect in outstanding(order))

    def _tired(self, order: Order, command: Command) -> bool:
        name = type(command).__name__
        self._tried[order.id, name] += 1
        return name in {"AddTender", "RetryEffect"} and self._tried[order.id, name] > _PATIENCE

    # --- what must hold --------------------------------------------------------------------------

    def _look(self, shop: Shop) -> None:
        at, tally = self._clock(), self._tally
        found = shop.window.verify()
        for sentence in (*found.trial_balance, *found.differences, *found.leaks):
            tally.stop(shop.tenant, "I2 books", "", sentence)
        for key, answer in shop.answers.items():
            receipt = self._store.recall(shop.tenant, CommandId(key))
            if receipt is None:
                self.lost.append(f"{key} was acknowledged and is not in the store")
            elif (receipt.rejected.code if receipt.rejected else "") != answer:
                self.lost.append(f"{key} was answered {answer!r}; it is {receipt.rejected}")
        self._look_at_orders(shop)
        self._look_at_stock(shop, at)
        for sentence in self.lost:
            tally.stop(shop.tenant, "I11 nothing lost", "", sentence)
        for sentence in self.stuck:
            tally.stop(shop.tenant, "I16 liveness", "", sentence)

    def _look_at_orders(self, shop: Shop) -> None:
        kept = provider_kept(shop)
        for order_id in sorted(shop.known):
            order = shop.window.order(order_id)
            self.ended[order.status] += 1
            why = waits_for_person(order)
            self.waiting += bool(why)
            if not why and not ORDER_LIFECYCLE().has_ended(order.status):
                self.stuck.append(f"{order_id} is {order.status} and waits for nobody")
            told = kept.pop(order_id, 0)
            if told != balance(order).kept_minor and not why:
                self.lost.append(
                    f"{order_id} has kept {balance(order).kept_minor}, the provider says {told}"
                )
        strangers = {order: minor for order, minor in kept.items() if minor}
        if strangers:
            self.lost.append(f"money of orders that nobody knows: {strangers}")
        actions = getattr(shop.provider, "actions", {})
        twice = {key: n for key, n in actions.items() if n > 1}
        if twice:
            self.lost.append(f"done twice at the provider: {twice}")

    def _look_at_stock(self, shop: Shop, at: Instant) -> None:
        """
        Nothing is promised twice, unless units were lost that had been promised.

        """
        if self._tally.commands["AdjustStock"] or self._tally.commands["ReportMissing"]:
            return
        touched = [account for account, _ in self._store.accounts(shop.tenant, "promise|")]
        for account, held in self._store.balances(shop.tenant, touched, at).items():
            if account_parts(account).code == "available" and held.available < 0:
                self._tally.stop(shop.tenant, "I1 no oversell", account, f"{account}: {held}")


def waits_for_person(order: Order) -> str:
    """
    Say why an order waits for a person; "" where it doesn't.

    """
    asked = [attempt.reason for attempt in order.attempts if attempt.waits_for_operator]
    asked += [f"{r.request_id} was declined" for r in order.payments.requests if r.waits_for_person]
    asked += [anomaly.kind for anomaly in order.anomalies]
    if order.sourcing_failed:
        asked.append("no place has it")
    if order.status == "placed":
        asked.append("not paid")
    return "; ".join(asked)


def provider_kept(shop: Shop) -> Counter[str]:
    """
    What the provider has taken less what it gave back, by order; empty where it can't be asked.

    """
    kept: Counter[str] = Counter()
    if isinstance(shop.provider, FakePaymentGateway):
        for key, minor in shop.provider.kept_minor().items():
            kept[key.partition("/")[0]] += minor
    return kept
