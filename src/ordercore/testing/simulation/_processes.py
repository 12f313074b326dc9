"""
The processes of a simulated shop: what each is at, how far it is, and how it dies.

"""

from typing import Any, Final

import attrs

from ordercore.engine import Stepwise, receive_stepwise, run_pending_stepwise, submit_stepwise
from ordercore.errors import OutcomeUnknown, PortUnavailable, Rejected
from ordercore.grammar import Actor
from ordercore.ids import CommandId
from ordercore.orders import PlaceOrder, ReserveCart
from ordercore.testing._time import VirtualClock
from ordercore.testing._webhooks import ProviderMessage
from ordercore.testing.simulation._actors import wanted
from ordercore.testing.simulation._faults import FaultKind, Faults
from ordercore.testing.simulation._shop import Shop, Wish
from ordercore.testing.simulation._tally import Tally
from ordercore.testing.simulation._world import World

__all__ = ["Processes"]

#: How many things may be left in the middle at the same time.
_UNDER_WAY_MAX: Final = 3
#: How many calls one thing may make before it counts as one that never ends.
_CALLS_MAX: Final = 5_000
#: Of 1,000, how many are left in the middle for a while.
_LEFT: Final = 120

_COMMITS: Final = frozenset({"commit", "commit_many"})
_CALLS: Final = frozenset({"authorize", "capture", "void", "refund", "buy_label", "lookup"})


@attrs.define(kw_only=True, eq=False)
class _Task:
    """
    Something that one process is at; ``wish`` is None where nobody waits for the answer.

    """

    shop: Shop
    process: int
    wish: Wish | None
    work: Stepwise[Any]
    crash_in: int = -1
    hit: bool = False


class Processes:
    """
    Drives the engines of all tenants, one call at a time.

    """

    def __init__(
        self, shops: list[Shop], world: World, clock: VirtualClock, faults: Faults, tally: Tally
    ) -> None:
        self._shops: Final = shops
        self._world: Final = world
        self._clock: Final = clock
        self._faults: Final = faults
        self._tally: Final = tally
        self._under_way: list[_Task] = []
        self._inside = False
        for shop in shops:
            shop.early = self._early_for(shop)

    @property
    def under_way(self) -> int:
        """
        How many things were left in the middle.

        """
        return len(self._under_way)

    # --- beginning -------------------------------------------------------------------------------

    def submit(self, shop: Shop, wish: Wish) -> None:
        """
        Have a wish carried out by some process.

        """
        dice, tally = self._faults.dice, self._tally
        tally.steps += 1
        tally.commands[type(wish.command).__name__] += 1
        process = dice.below(len(shop.processes))
        if tally.story is not None:
            words = f"{wish.who} asks process {process + 1}, key {wish.key}: {wish.command}"
            tally.tell(shop.tenant, words)
        witness = tally.witnesses.get(shop.tenant)
        if witness is not None:
            witness.begun(CommandId(wish.key), wish.command, self._clock())
        work = submit_stepwise(
            shop.processes[process],
            wish.command,
            key=wish.key,
            actor=Actor(wish.who, wish.who),
            perform=dice.chance(700),
        )
        self._begin(shop, process, work, wish)

    def hear(self, shop: Shop, message: ProviderMessage) -> None:
        """
        Have some process receive a provider's message.

        """
        process = self._faults.dice.below(len(shop.processes))
        self._tally.steps += 1
        self._tally.tell(shop.tenant, f"process {process + 1} hears {message.topic} {message.key}")
        headers, body = shop.webhooks.signed(message)
        work = receive_stepwise(shop.processes[process], shop.webhooks.source, headers, body)
        self._begin(shop, process, work)

    def run_pending(self, shop: Shop, limit: int) -> None:
        """
        Have some process do what is due.

        """
        process = self._faults.dice.below(len(shop.processes))
        self._begin(shop, process, run_pending_stepwise(shop.processes[process], limit))

    def _early_for(self, shop: Shop) -> Any:  # noqa: ANN401 - a listener
        def early(message: ProviderMessage) -> None:
            with_rival, self._inside = self._inside, True
            try:
                self.hear(shop, message)
                self.run_pending(shop, 3)
            finally:
                self._inside = with_rival

        return early

    def _begin(
        self, shop: Shop, process: int, work: Stepwise[Any], wish: Wish | None = None
    ) -> None:
        task = _Task(shop=shop, process=process, wish=wish, work=work)
        if self._faults.plans(FaultKind.CRASH_ELSEWHERE):
            task.crash_in = self._faults.dice.below(15)
        self._under_way.append(task)
        self._advance(task)

    # --- going on --------------------------------------------------------------------------------

    def go_on(self) -> None:
        """
        Let something that was left in the middle go on.

        """
        self._advance(self._faults.dice.pick(self._under_way))

    def finish(self) -> None:
        """
        Let everything go on to its end.

        """
        while self._under_way:  # each goes on to its end where no fault strikes
            self._advance(self._under_way[0])

    def _advance(self, task: _Task) -> None:
        faults, stop_after = self._faults, _CALLS_MAX
        may_wait = faults.on and not self._inside and len(self._under_way) <= _UNDER_WAY_MAX
        if may_wait and faults.dice.chance(_LEFT):
            stop_after = faults.dice.between(1, 12)
        for number in range(_CALLS_MAX):
            if task not in self._under_way:
                return  # its process has died of something else that it was at
            if task.work.over:
                self._over(task)
                return
            if number >= stop_after and not task.work.holds:
                return
            died = self._step(task)
            if died is not None:
                self._die(task.process, died)
                return
        self._tally.stop(task.shop.tenant, "I16 liveness", "", f"{_CALLS_MAX} calls, and no end")

    def _step(self, task: _Task) -> FaultKind | None:
        """
        Make one call; the fault of which its process dies, if it does.

        """
        faults, name = self._faults, task.work.waits_for
        commits, calls = name in _COMMITS, name in _CALLS
        if task.crash_in == 0:
            faults.note(FaultKind.CRASH_ELSEWHERE)
            return FaultKind.CRASH_ELSEWHERE
        task.crash_in -= 1
        if commits and faults.strikes(FaultKind.CRASH_BEFORE_COMMIT):
            return FaultKind.CRASH_BEFORE_COMMIT
        if calls and faults.strikes(FaultKind.CRASH_BEFORE_CALL):
            return FaultKind.CRASH_BEFORE_CALL
        if commits and not (self._inside or task.work.holds) and faults.strikes(FaultKind.RIVAL):
            self._rival(task)
            if task not in self._under_way:
                return None
        before = self._tally.struck
        task.work.step()
        task.hit |= self._tally.struck > before
        if commits and faults.strikes(FaultKind.CRASH_AFTER_COMMIT):
            return FaultKind.CRASH_AFTER_COMMIT
        if calls and faults.strikes(FaultKind.CRASH_AFTER_CALL):
            return FaultKind.CRASH_AFTER_CALL
        return None

    def _rival(self, task: _Task) -> None:
        """
        Let another process act just before one writes.

        """
        self._inside = True
        try:
            wish = wanted(task.shop, self._world.assortment, self._faults.dice)
            if wish is not None:
                self.submit(task.shop, wish)
        finally:
            self._inside = False

    def _die(self, process: int, kind: FaultKind) -> None:
        """
        Let a process die, with all that it is at, for every tenant.

        """
        dice = self._faults.dice
        self._tally.tell(None, f"process {process + 1} dies: {kind}")
        dead = [task for task in self._under_way if task.process == process]
        self._under_way = [task for task in self._under_way if task.process != process]
        for task in dead:
            task.work.abandon()
            if task.wish is not None:
                self._nobody_at(task, task.wish)
                self._tally.befell(task.shop.tenant, kind, task.wish.key)
                if dice.chance(850):
                    task.shop.again.append(task.wish)
        for shop in self._shops:
            shop.processes[process] = shop.reborn()

    # --- ending ----------------------------------------------------------------------------------

    def _over(self, task: _Task) -> None:
        self._under_way.remove(task)
        wish, tenant = task.wish, task.shop.tenant
        if wish is not None:
            self._nobody_at(task, wish)
        answer = ""
        try:
            task.work.result()
        except Rejected as refusal:
            answer = refusal.code
        except (PortUnavailable, OutcomeUnknown) as error:
            if not task.hit:
                sentence = f"{type(error).__name__} though all was well: {error}"
                self._tally.stop(tenant, "reply", "", sentence)
            if wish is not None:
                task.shop.again.append(wish)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be
            name = "what was due" if wish is None else type(wish.command).__name__
            sentence = f"{name} ended in {type(error).__name__}: {error}"
            self._tally.stop(tenant, "reply", "", sentence)
        if wish is not None:
            self._answered(task.shop, wish, answer)

    def _nobody_at(self, task: _Task, wish: Wish) -> None:
        witness = self._tally.witnesses.get(task.shop.tenant)
        still = any(
            other.shop is task.shop and other.wish is not None and other.wish.key == wish.key
            for other in self._under_way
        )
        if witness is not None and not still:
            witness.ended(CommandId(wish.key), self._clock())

    def _answered(self, shop: Shop, wish: Wish, answer: str) -> None:
        tally, command = self._tally, wish.command
        if shop.answers.setdefault(wish.key, answer) != answer:
            first = shop.answers[wish.key] or "accepted"
            sentence = f"{type(command).__name__} was {first}, and is now {answer or 'accepted'}"
            tally.stop(shop.tenant, "I12 same key, same answer", wish.key, sentence)
        if answer:
            tally.refused[answer] += 1
        else:
            tally.accepted += 1
            if isinstance(command, PlaceOrder) and command.order_id not in shop.known:
                shop.known.add(command.order_id)
                shop.orders.append(command.order_id)
            elif isinstance(command, ReserveCart) and command.cart_id not in shop.carts:
                shop.carts.append(command.cart_id)
        if self._faults.strikes(FaultKind.COMMAND_LOST):
            shop.again.append(wish)
