"""
The simulator: a shop, its clients, its providers and its faults in one thread and one order.

A run is a row of acts. Act number n draws from dice of its own, named by the seed and by n, so a
run of some of the acts plays each of them as the whole run did, as far as the world allows; that is
how a failing run is made short. In each act the clock moves, faults may befall it, and one thing
happens: somebody wants something, a message arrives, a process does what is due, or a process that
was left in the middle of something goes on.

Processes are engines that share a store. Their work is driven one call at a time
(:class:`ordercore.engine.Stepwise`), so between any two calls another process may act, the process
may die, or the answer may be lost. What died is gone with all that it knew; its clients ask another
process again, under the same key.

When the acts are over, faults stop and all that is under way comes to rest: every order ends or
waits for a person, and the books of shop and provider agree.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from itertools import count
from time import perf_counter
from typing import Final

from ordercore.codec import JsonCodec
from ordercore.ids import TenantId
from ordercore.ports import Store
from ordercore.testing._time import VirtualClock
from ordercore.testing.simulation._actors import wanted
from ordercore.testing.simulation._clocks import START, move
from ordercore.testing.simulation._dice import Dice
from ordercore.testing.simulation._faults import FaultKind, Faults
from ordercore.testing.simulation._findings import Findings, Sample
from ordercore.testing.simulation._processes import Processes
from ordercore.testing.simulation._proxies import StoreProxy
from ordercore.testing.simulation._resting import Rest
from ordercore.testing.simulation._shop import Shop
from ordercore.testing.simulation._tally import Stop, Tally, Witness
from ordercore.testing.simulation._world import World

__all__ = ["Simulation"]

#: After how many steps everything is checked in full.
_FULL_CHECK: Final = 1_000
_SAMPLES: Final = 200
_PAGE: Final = 1_000

_CODEC: Final = JsonCodec()

Judge = Callable[[TenantId, Store, World], Witness]


class Simulation:
    """
    One run.

    Args:
        seed: What it draws from.
        steps: How many steps it takes, at least.
        world: What is simulated.
        store: Where it is kept; the simulation must have it for itself.
        tenants: How many shops share it, with identical ids.
        witness: Makes who judges the shop of a tenant; None for a run that nobody checks.
        acts: The only acts that are played; None for as many as the steps take.
        progress: Told, now and then, how many steps are done.
        told: Whether the story is told, line by line.
    """

    def __init__(
        self,
        *,
        seed: int,
        steps: int,
        world: World,
        store: Store,
        tenants: int = 2,
        witness: Judge | None = None,
        acts: tuple[int, ...] | None = None,
        progress: Callable[[int], object] | None = None,
        told: bool = False,
    ) -> None:
        self._seed: Final = seed
        self._steps: Final = steps
        self._world: Final = world
        self._store: Final = store
        self._acts: Final = acts
        self._progress: Final = progress
        self._clock: Final = VirtualClock(START)
        self._faults: Final = Faults(seed)
        names = [TenantId(f"tenant-{number}") for number in range(1, tenants + 1)]
        witnesses = {} if witness is None else {name: witness(name, store, world) for name in names}
        self._tally: Final = Tally(self._clock, witnesses, told=told)
        self._shops: Final = [self._shop(name) for name in names]
        self._processes: Final = Processes(
            self._shops, world, self._clock, self._faults, self._tally
        )
        self._played = self._steps_played = 0
        self._next_full = _FULL_CHECK
        self._rest = Rest(
            self._shops, self._processes, world, store, self._clock, self._faults, self._tally
        )

    def _shop(self, tenant: TenantId) -> Shop:
        tally = self._tally

        def struck(kind: FaultKind, what: str) -> None:
            tally.befell(tenant, kind, what)

        proxy = StoreProxy(self._store, self._faults, tally.wrote, struck)
        return Shop(
            tenant,
            self._world,
            self._store,
            proxy,
            self._clock,
            self._faults,
            struck,
            tally.answered,
        )

    def run(self) -> Findings:
        """
        Play all acts, let all come to rest, and tell what it came to.

        """
        began = perf_counter()
        wall_s = 0.0
        try:
            for number in self._numbers():
                self._played += 1
                self._play(number)
            wall_s, self._steps_played = perf_counter() - began, self._tally.steps
            self._tally.act = -1
            self._rest.come()
        except Stop:
            if not wall_s:
                wall_s, self._steps_played = perf_counter() - began, self._tally.steps
        return self._findings(wall_s)

    def _numbers(self) -> Iterator[int]:
        numbers: Iterable[int] = count() if self._acts is None else self._acts
        every = max(self._steps // _SAMPLES, 1)
        next_sample = 0
        for number in numbers:
            steps = self._tally.steps
            if self._acts is None and steps >= self._steps:
                break
            if steps >= next_sample:
                next_sample = steps + every
                self._sample()
            yield number
        self._sample()

    def _play(self, number: int) -> None:
        self._tally.act = number
        dice = self._faults.dice = Dice(self._seed, number)
        move(self._clock, self._faults, hurried=self._processes.under_way > 0)
        self._happen(dice.pick(self._shops), dice)
        if self._tally.witnesses and self._tally.steps >= self._next_full:
            self._next_full = self._tally.steps + _FULL_CHECK
            self._rest.check()

    def _happen(self, shop: Shop, dice: Dice) -> None:
        shop.do_what_was_denied()
        processes = self._processes
        what = dice.weighted(
            (
                (40 * processes.under_way, "go on"),
                (25 if shop.notices else 0, "hear"),
                (12, "due"),
                (15 * len(shop.again[:3]), "again"),
                (60, "wish"),
            )
        )
        match what:
            case "go on":
                processes.go_on()
            case "hear":
                message = shop.arrived()
                if message is not None:
                    processes.hear(shop, message)
            case "due":
                processes.run_pending(shop, 5)
            case "again":
                processes.submit(shop, shop.again.pop(dice.below(len(shop.again))))
            case _:
                self._wish(shop, dice)

    def _wish(self, shop: Shop, dice: Dice) -> None:
        shop.let_go_of_what_has_ended()
        wish = wanted(shop, self._world.assortment, dice)
        if wish is None:
            return
        self._processes.submit(shop, wish)
        if self._faults.strikes(FaultKind.COMMAND_TWICE):
            shop.again.append(wish)

    # --- telling ---------------------------------------------------------------------------------

    def _sample(self) -> None:
        if self._progress is not None:
            self._progress(self._tally.steps)
        orders: Counter[str] = Counter()
        stock: dict[str, int] = {}
        hot = list(self._world.assortment.prices)[:3]
        for shop in self._shops:
            orders.update(shop.statuses())
            for sku in hot:
                stock[f"{sku} of {shop.tenant}"] = shop.promisable(sku)
        self._tally.samples.append(
            Sample(
                step=self._tally.steps,
                at=self._clock(),
                orders=orders,
                stock=stock,
                faults=sum(self._faults.fired.values()),
            )
        )

    def _findings(self, wall_s: float) -> Findings:
        tally = self._tally
        checked: Counter[str] = Counter()
        for witness in tally.witnesses.values():
            checked.update(witness.checks)
        return Findings(
            seed=self._seed,
            acts=self._acts,
            acts_played=self._played,
            steps=self._steps_played,
            steps_to_rest=tally.steps - self._steps_played,
            accepted=tally.accepted,
            refused=tally.refused,
            commands=tally.commands,
            orders=sum(len(shop.known) for shop in self._shops),
            ended=self._rest.ended,
            waiting=self._rest.waiting,
            lost=tuple(self._rest.lost),
            stuck=tuple(self._rest.stuck),
            faults_fired=self._faults.fired,
            faults_rates=self._faults.rates,
            recovery_s={kind: tuple(took) for kind, took in tally.recovery_s.items()},
            invariants_checked=checked,
            samples=tuple(tally.samples),
            simulated_s=int((self._clock() - START).total_seconds()),
            wall_s=wall_s,
            digest=self._digest(),
            incident=tally.incident,
            story=None if tally.story is None else tuple(tally.story),
        )

    def _digest(self) -> str:
        """
        Return a digest of all events, in the order of each tenant's feed.

        """
        digest = sha256()
        for shop in self._shops:
            after = 0
            while page := self._store.feed(shop.tenant, after, _PAGE):
                for told in page:
                    after = told.position
                    head = f"{told.position} {told.stream} {told.version} {told.command_id}"
                    at = told.recorded_at.isoformat()
                    digest.update(f"{head} {at} {_CODEC.encode(told.event)}\n".encode())
        return digest.hexdigest()
