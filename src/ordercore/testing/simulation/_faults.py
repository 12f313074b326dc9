"""
What goes wrong in a simulation, how often, and the count of what did.

How often each kind strikes is drawn anew for each seed, so that some runs are all lost answers and
others all crashes: what hides behind one fault shows under another. A kind that is long overdue is
helped along, for a run in which a kind never struck has not tested it.
"""

from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

import attrs

from ordercore.testing.simulation._dice import Dice

__all__ = ["FaultKind", "Faults"]


class FaultKind(StrEnum):
    """
    A way in which the world fails a shop.

    """

    PORT_AWAY = "port_away"  #: a provider can't be reached; it has not acted
    REQUEST_LOST = "request_lost"  #: no answer; it has not acted
    ANSWER_LOST = "answer_lost"  #: no answer; it has acted
    ANSWER_LATE = "answer_late"  #: no answer; it has acted, and knows of it only later
    ANSWER_VAGUE = "answer_vague"  #: it answers that it doesn't know; it has acted
    LIE = "lie"  #: it says that it declined, and does it later all the same
    READING_AWAY = "reading_away"  #: the catalog, the tax or the rates can't be read
    NOTICE_LOST = "notice_lost"  #: a provider's message never comes
    NOTICE_LATE = "notice_late"  #: it comes much later
    NOTICE_TWICE = "notice_twice"  #: it comes again
    NOTICE_OVERTAKES = "notice_overtakes"  #: it comes before one that was sent earlier
    NOTICE_EARLY = "notice_early"  #: it comes before the answer to the call that caused it
    COMMAND_TWICE = "command_twice"  #: a client sends the same command again
    COMMAND_LOST = "command_lost"  #: a client hears no answer and asks again
    CRASH_BEFORE_COMMIT = "crash_before_commit"  #: a process dies just before it writes
    CRASH_AFTER_COMMIT = "crash_after_commit"  #: a process dies just after it wrote
    CRASH_BEFORE_CALL = "crash_before_call"  #: a process dies just before it calls a provider
    CRASH_AFTER_CALL = "crash_after_call"  #: a process dies with the provider's answer in hand
    CRASH_ELSEWHERE = "crash_elsewhere"  #: a process dies at any other boundary
    RIVAL = "rival"  #: another process is let in between two steps of one
    DISK_FULL = "disk_full"  #: the store can't write; nothing is written
    COMMIT_UNKNOWN = "commit_unknown"  #: the store wrote, and the answer was lost
    CLOCK_BACK = "clock_back"  #: the clock is set back by some seconds
    CLOCK_DAYLIGHT = "clock_daylight"  #: the clock jumps over a change of daylight saving
    CLOCK_MONTH = "clock_month"  #: ... over the end of a month
    CLOCK_LEAP_DAY = "clock_leap_day"  #: ... over a 29 February


#: The least and most of 1,000 occasions on which a kind strikes; drawn anew for each seed.
_RANGES: Final[Mapping[FaultKind, tuple[int, int]]] = {
    FaultKind.PORT_AWAY: (2, 120),
    FaultKind.REQUEST_LOST: (2, 80),
    FaultKind.ANSWER_LOST: (2, 120),
    FaultKind.ANSWER_LATE: (2, 60),
    FaultKind.ANSWER_VAGUE: (2, 60),
    FaultKind.LIE: (1, 15),
    FaultKind.READING_AWAY: (1, 30),
    FaultKind.NOTICE_LOST: (5, 300),
    FaultKind.NOTICE_LATE: (5, 300),
    FaultKind.NOTICE_TWICE: (5, 300),
    FaultKind.NOTICE_OVERTAKES: (20, 500),
    FaultKind.NOTICE_EARLY: (5, 150),
    FaultKind.COMMAND_TWICE: (5, 100),
    FaultKind.COMMAND_LOST: (5, 60),
    FaultKind.CRASH_BEFORE_COMMIT: (1, 25),
    FaultKind.CRASH_AFTER_COMMIT: (1, 25),
    FaultKind.CRASH_BEFORE_CALL: (1, 25),
    FaultKind.CRASH_AFTER_CALL: (1, 25),
    FaultKind.CRASH_ELSEWHERE: (1, 25),
    FaultKind.RIVAL: (20, 250),
    FaultKind.DISK_FULL: (1, 20),
    FaultKind.COMMIT_UNKNOWN: (1, 20),
    FaultKind.CLOCK_BACK: (1, 8),
    FaultKind.CLOCK_DAYLIGHT: (1, 3),
    FaultKind.CLOCK_MONTH: (1, 3),
    FaultKind.CLOCK_LEAP_DAY: (1, 2),
}

#: After how many occasions a kind that has not struck yet strikes.
_OVERDUE: Final = 200


@attrs.define
class _Chance:
    per_mille: int
    occasions: int = 0
    struck: int = 0


class Faults:
    """
    Decides when a fault strikes, and counts.

    Attributes:
        dice: Where chance comes from at the moment; each act of a simulation brings its own.
        on: Whether faults strike at all; they don't while a run comes to rest.
    """

    def __init__(self, seed: int) -> None:
        drawn = Dice(seed, "faults")
        self.dice = drawn
        self.on = True
        self._chances = {
            kind: _Chance(drawn.between(*_RANGES[kind]) if drawn.chance(850) else _RANGES[kind][0])
            for kind in FaultKind
        }

    def strikes(self, kind: FaultKind) -> bool:
        """
        Say whether a fault strikes on this occasion.

        """
        if not self.on:
            return False
        chance = self._chances[kind]
        chance.occasions += 1
        if not self.dice.chance(chance.per_mille) and (
            chance.struck or chance.occasions < _OVERDUE
        ):
            return False
        chance.struck += 1
        return True

    def plans(self, kind: FaultKind) -> bool:
        """
        Say whether a fault is to strike later on this occasion; :meth:`note` it when it does.

        """
        return self.on and self.dice.chance(self._chances[kind].per_mille)

    def first_of(self, *kinds: FaultKind) -> FaultKind | None:
        """
        Return the first of several kinds that strikes on this occasion.

        """
        for kind in kinds:
            if self.strikes(kind):
                return kind
        return None

    def note(self, kind: FaultKind) -> None:
        """
        Count a fault that came about by itself.

        """
        if self.on:
            self._chances[kind].struck += 1

    @property
    def fired(self) -> Mapping[FaultKind, int]:
        """
        How often each kind has struck.

        """
        return Counter({kind: chance.struck for kind, chance in self._chances.items()})

    @property
    def rates(self) -> Mapping[FaultKind, int]:
        """
        How often each kind was to strike, in 1,000 occasions.

        """
        return {kind: chance.per_mille for kind, chance in self._chances.items()}
