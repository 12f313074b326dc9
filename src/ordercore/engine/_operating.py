"""
The part of an engine that workers and operators use, with plain calls.

"""

from collections.abc import Callable, Collection, Sequence

from ordercore.engine._dead_letters import DeadLetter
from ordercore.engine._driver import Driver
from ordercore.engine._operating_loops import OperatingLoops
from ordercore.engine._perform import always
from ordercore.engine._requests import Submitted
from ordercore.engine._stock import StockReading
from ordercore.engine._stock_loops import StockLoops
from ordercore.grammar import Actor
from ordercore.ids import StreamId
from ordercore.instants import Instant

__all__ = ["Operating"]


class Operating(StockReading):
    """
    Performs what is due, and shows what waits.

    """

    def __init__(self, driver: Driver, stock: StockLoops, operating: OperatingLoops) -> None:
        super().__init__(driver, stock)
        self._operating = operating

    @property
    def clock(self) -> Callable[[], Instant]:
        """
        Says what time it is to this engine.

        """
        return self._operating.env.clock

    def perform(self, stream: str, *, go_on: Callable[[], bool] = always) -> float | None:
        """
        Perform what a stream owes and is due; for workers and jobs of a host's own.

        Call it as often as you like, early, late or twice, whoever has claimed the stream: what is
        not due stays, what somebody else is at is left alone.

        Args:
            stream: Which, as :meth:`claim_due` or an :class:`~ordercore.ports.EffectRunner` names
                it.
            go_on: Asked before each obligation: whether another one may be begun.

        Returns:
            In how many seconds to come again; None where nothing is owed, or all of it waits for a
            person.
        """
        return self._drive(self._operating.perform(StreamId(stream), go_on))

    def run_pending(self, limit: int = 100) -> int:
        """
        Perform what is due anywhere and claimed by nobody else, the longest due first.

        A stream whose work fails with a defect or an unreachable store rests for ``lease_s``, so
        that the next call comes to the others. A worker is a loop over this, and more.

        Args:
            limit: How many streams to look at, at most.

        Returns:
            How many streams were looked at; 0 when nothing is due.
        """
        return self._drive(self._operating.run_pending(limit))

    def claim_due(self, limit: int, *, holder: str, claim_s: int) -> Sequence[StreamId]:
        """
        Claim streams that are due, the longest due first; for workers of a host's own.

        Args:
            limit: How many at most.
            holder: Who claims; of all that claim at the same time, no two are named alike.
            claim_s: How long the claims last where they are not given back.

        Returns:
            The streams that are the holder's now; those of others are passed over.
        """
        return self._drive(self._operating.claim_due(limit, holder, claim_s))

    def unclaim(
        self, streams: Collection[StreamId], *, holder: str, rest_until: Instant | None = None
    ) -> None:
        """
        Give claims back; what another holder has claimed meanwhile stays theirs.

        Args:
            streams: Which.
            holder: Who gives them back.
            rest_until: Nobody gets them before: work on them just failed. None for at once.
        """
        self._drive(self._operating.unclaim(streams, holder, rest_until))

    def next_due(self) -> Instant | None:
        """
        Return the first instant at which something is both due and free of claims; None for never.

        It may lie in the past.
        """
        return self._drive(self._operating.next_due())

    def dead_letters(self, *, after: str = "", limit: int = 100) -> tuple[DeadLetter, ...]:
        """
        List what waits for a person, in order of stream; see :class:`DeadLetter`.

        Args:
            after: Only streams beyond this one: ``stream`` of the last letter of the page before.
            limit: Of how many streams at most.

        Cost: O(events of these streams + open leases).
        """
        return self._drive(self._operating.dead_letters(after, limit))

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
        loop = self._operating.redrive(letter, actor, on_behalf_of, perform=perform)
        return self._drive(loop)
