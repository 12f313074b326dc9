"""
The part of an engine that workers and operators use: what is due, and what waits for a person.

"""

from collections.abc import Callable

from ordercore.engine._dead_letters import DeadLetter, dead_letters
from ordercore.engine._driver import Driver
from ordercore.engine._perform import perform_loop
from ordercore.engine._requests import Environment
from ordercore.engine._stock import StockReading
from ordercore.ids import StreamId
from ordercore.instants import Instant, seconds_after
from ordercore.ports import Store

__all__ = ["Operating"]


def _always() -> bool:
    return True


class Operating(StockReading):
    """
    Performs what is due, and shows what waits.

    """

    _store: Store
    _env: Environment
    _driver: Driver

    @property
    def store(self) -> Store:
        """
        Where everything is kept.

        """
        return self._store

    def now(self) -> Instant:
        """
        Say what time it is to this engine.

        """
        return self._env.clock()

    def perform(self, stream: StreamId, *, go_on: Callable[[], bool] = _always) -> int:
        """
        Perform what a stream owes and is due, whoever has claimed it.

        Args:
            stream: Which.
            go_on: Asked before each obligation: whether another one may be begun.

        Returns:
            How many obligations were looked at.
        """
        return self._driver.drive(perform_loop(self._env, stream, go_on))

    def run_pending(self, limit: int = 100) -> int:
        """
        Perform what is due anywhere and claimed by nobody else, the longest due first.

        A stream whose work fails with a defect or an unreachable store rests for ``lease_s``, so
        that the next call comes to the others. A loop over this is :class:`Worker`.

        Args:
            limit: How many streams to look at, at most.

        Returns:
            How many streams were looked at; 0 when nothing is due.
        """
        env, store, holder = self._env, self._store, self._driver.worker
        at = env.clock()
        until = seconds_after(at, env.lease_s)
        claimed = store.claim_due(env.tenant, at, limit, holder=holder, until=until)
        for stream in claimed:
            try:
                self.perform(stream)
            except Exception:
                store.unclaim(env.tenant, (stream,), holder=holder, rest_until=until)
                store.unclaim(env.tenant, claimed, holder=holder)
                raise
        if claimed:
            store.unclaim(env.tenant, claimed, holder=holder)
        return len(claimed)

    def dead_letters(self, *, after: str = "", limit: int = 100) -> tuple[DeadLetter, ...]:
        """
        List what waits for a person, in order of stream; see :class:`DeadLetter`.

        Args:
            after: Only streams beyond this one: ``stream`` of the last letter of the page before.
            limit: Of how many streams at most.

        Cost: O(events of these streams + open leases).
        """
        env = self._env
        return dead_letters(self._store, env.tenant, env.kinds, after=after, limit=limit)
