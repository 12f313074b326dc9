"""
What a worker does next, as data.

A worker serves one shop or several. It claims a handful of due streams, performs what they owe,
gives them back, and turns to the next shop, until all of them have come up empty; then it waits,
and asks again. Which shop, which stream, how many and how long is decided here, without I/O: the
loops yield one step and are sent the answer or thrown the error, so a blocking worker and an
asynchronous one do the same; the one performs a handful of streams one after the other, the other
at the same time.

    claim ── perform ── give back ── the next shop
      ^                                    │
      └──── wait, where all came up empty <┘

- A stream that fails, for whatever reason, is told, and rests: nobody gets it for a while, which
  doubles with each failure. What others have due is not held up.
- A stream that is still due after it was performed is somebody else's at the moment (its effect is
  leased), so it rests shortly instead of being asked in circles.
- A shop whose store cannot be asked rests alike, and the others go on.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any, Final, TypeVar

import attrs

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant, seconds_after

__all__ = [
    "Agenda",
    "AskDue",
    "Claim",
    "GiveBack",
    "Perform",
    "Performed",
    "Step",
    "Steps",
    "Tell",
    "Trouble",
    "Wait",
    "round_steps",
    "run_steps",
]

#: How many streams one round looks at before it asks again whether to go on.
ROUND_MAX: Final = 1_000
#: The longest rest of what fails again and again, in seconds.
_REST_MAX_S: Final = 600
#: How many failing streams are remembered; the one that failed longest ago is forgotten first.
_FAILING_MAX: Final = 10_000
#: The shortest wait, in seconds: a clock that is slow to tick is not asked in circles.
_WAIT_MIN_S: Final = 0.005

_T = TypeVar("_T")


@attrs.frozen(kw_only=True)
class Trouble:
    """
    Something failed that should not, and will be tried again.

    Attributes:
        tenant: Whose.
        stream: Which stream; None where the store could not be asked what is due.
        error: What was raised.
        failures: How often in a row.
        again_at: Before when it is not tried again.
    """

    tenant: TenantId
    stream: StreamId | None
    error: Exception
    failures: int
    again_at: Instant


@attrs.frozen
class Claim:
    """
    Claim due streams of a shop. Answer: the streams.

    """

    shop: int
    limit: int


@attrs.frozen
class Perform:
    """
    Perform what streams owe. Answer: :data:`Performed`.

    """

    shop: int
    streams: tuple[StreamId, ...]


@attrs.frozen
class GiveBack:
    """
    Give claims back, at once or after a rest. Answer: anything.

    """

    shop: int
    streams: tuple[StreamId, ...]
    rest_until: Instant | None = None


@attrs.frozen
class AskDue:
    """
    Ask when a shop's next stream is due and free. Answer: an instant or None.

    """

    shop: int


@attrs.frozen
class Tell:
    """
    Tell the host of a trouble. Answer: anything; it must not raise.

    """

    trouble: Trouble


@attrs.frozen
class Wait:
    """
    Wait so many seconds, or until somebody wakes the worker. Answer: anything.

    """

    seconds: float


Step = Claim | Perform | GiveBack | AskDue | Tell | Wait
Steps = Generator[Step, Any, _T]

#: What became of the streams that were begun before the worker was told to stop, in the order
#: given: what each has failed with, None where it went well.
Performed = Mapping[StreamId, Exception | None]


@attrs.define(kw_only=True)
class Agenda:
    """
    What a worker knows between two steps.

    Attributes:
        tenants: The shops, in turn.
        clock: Says what time it is.
        stopping: Whether nothing new may be begun.
        batch: How many streams of a shop are claimed at once.
        poll_s: How long to wait at most where nothing is known to be due.
        retry_s: How long what failed once rests.
    """

    tenants: Sequence[TenantId]
    clock: Callable[[], Instant]
    stopping: Callable[[], bool]
    batch: int
    poll_s: int
    retry_s: int
    _turn: int = attrs.field(init=False, default=0)
    _failing: "OrderedDict[tuple[int, StreamId | None], int]" = attrs.field(
        init=False, factory=OrderedDict[tuple[int, StreamId | None], int]
    )
    _resting: dict[int, Instant] = attrs.field(init=False, factory=dict[int, Instant])

    def shops_in_turn(self) -> "deque[int]":
        """
        Return the shops to ask, beginning with the one after where the last round began.

        """
        count, now = len(self.tenants), self.clock()
        turn, self._turn = self._turn, (self._turn + 1) % count
        shops = ((turn + n) % count for n in range(count))
        return deque(s for s in shops if self._resting.get(s, now) <= now)

    def failed(self, shop: int, stream: StreamId | None, error: Exception) -> Trouble:
        """
        Count a failure and say how long what failed rests.

        """
        failures = self._failing.pop((shop, stream), 0) + 1
        self._failing[shop, stream] = failures
        if len(self._failing) > _FAILING_MAX:
            self._failing.popitem(last=False)
        rest_s = min(self.retry_s * 2 ** min(failures - 1, 30), _REST_MAX_S)
        again_at = seconds_after(self.clock(), rest_s)
        if stream is None:
            self._resting[shop] = again_at
        return Trouble(
            tenant=self.tenants[shop],
            stream=stream,
            error=error,
            failures=failures,
            again_at=again_at,
        )

    def went_well(self, shop: int, stream: StreamId | None) -> None:
        """
        Forget failures: the next one is the first.

        """
        self._failing.pop((shop, stream), None)

    def resting(self, shop: int) -> Instant | None:
        """
        Return until when a shop is not asked; None where it may be asked now.

        """
        until = self._resting.get(shop)
        return until if until is not None and until > self.clock() else None


def run_steps(agenda: Agenda, until: Instant | None = None) -> Steps[int]:
    """
    Work until told to stop, or until an instant; returns how many streams were looked at.

    An idle worker asks once in ``poll_s``, or when the next thing it knows of is due.
    """
    looked_at = 0
    while not agenda.stopping():
        if until is not None and agenda.clock() >= until:
            break
        found = yield from round_steps(agenda, ROUND_MAX)
        looked_at += found
        if not found and not agenda.stopping():
            yield Wait((yield from _idle_s(agenda, until)))
    return looked_at


def round_steps(agenda: Agenda, limit: int) -> Steps[int]:
    """
    Look at what is due in every shop, a handful of each in turn; returns how many streams.

    Each stream is performed once. The round ends when every shop has come up empty, at the limit,
    or when told to stop.
    """
    shops, seen = agenda.shops_in_turn(), set[tuple[int, StreamId]]()
    while shops and len(seen) < limit and not agenda.stopping():
        shop = shops.popleft()
        # Each turn looks at a new stream, lays one to rest, or is the shop's last: it is bounded.
        if (yield from _turn(agenda, shop, min(agenda.batch, limit - len(seen)), seen)):
            shops.append(shop)
    return len(seen)


def _turn(agenda: Agenda, shop: int, limit: int, seen: set[tuple[int, StreamId]]) -> Steps[bool]:
    """
    Look at a handful of streams of a shop; returns whether there may be more.

    """
    try:
        claimed: Sequence[StreamId] = yield Claim(shop, limit)
    except Exception as error:  # noqa: BLE001 - a store may fail in any way; the others go on
        yield Tell(agenda.failed(shop, None, error))
        return False
    agenda.went_well(shop, None)
    again = tuple(stream for stream in claimed if (shop, stream) in seen)
    given = True
    if again:
        rest_until = seconds_after(agenda.clock(), agenda.poll_s)
        given = yield from _give_back(agenda, GiveBack(shop, again, rest_until))
    fresh = tuple(stream for stream in claimed if (shop, stream) not in seen)
    begun: Performed = (yield Perform(shop, fresh)) if fresh else {}
    for stream, failure in begun.items():
        seen.add((shop, stream))
        if failure is None:
            agenda.went_well(shop, stream)
            continue
        trouble = agenda.failed(shop, stream, failure)
        yield Tell(trouble)
        back = GiveBack(shop, (stream,), trouble.again_at)
        given = (yield from _give_back(agenda, back)) and given
    free = tuple(stream for stream in fresh if begun.get(stream) is None)
    if free:
        given = (yield from _give_back(agenda, GiveBack(shop, free))) and given
    return given and bool(claimed)


def _give_back(agenda: Agenda, back: GiveBack) -> Steps[bool]:
    try:
        yield back
    except Exception as error:  # noqa: BLE001 - claims end by time, too
        yield Tell(agenda.failed(back.shop, None, error))
        return False
    return True


def _idle_s(agenda: Agenda, until: Instant | None) -> Steps[float]:
    """
    Say how long to wait where nothing is due: to the next instant that is known, or ``poll_s``.

    """
    ends = [] if until is None else [until]
    for shop in range(len(agenda.tenants)):
        rests = agenda.resting(shop)
        if rests is None:
            try:
                rests = yield AskDue(shop)
            except Exception as error:  # noqa: BLE001 - as when claiming
                trouble = agenda.failed(shop, None, error)
                yield Tell(trouble)
                rests = trouble.again_at
        if rests is not None:
            ends.append(rests)
    if not ends:
        return agenda.poll_s
    known_s = (min(ends) - agenda.clock()).total_seconds()
    return max(min(known_s, agenda.poll_s), _WAIT_MIN_S)
