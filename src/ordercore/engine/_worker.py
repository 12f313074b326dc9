"""
The worker for blocking code: runs what is due, for one shop or several, until it is told to stop.

Several may run beside each other, in one process or on many machines: they claim different streams,
and what two of them look at all the same is leased one effect at a time.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar
from uuid import uuid4

from ordercore.engine._engine import Engine
from ordercore.engine._rounds import (
    Agenda,
    AskDue,
    Claim,
    GiveBack,
    Perform,
    Step,
    Steps,
    Tell,
    Trouble,
    Wait,
    round_steps,
    run_steps,
)
from ordercore.errors import InvalidDefinition
from ordercore.instants import Instant, seconds_after

__all__ = ["Worker"]

_T = TypeVar("_T")


class Worker:
    """
    A loop over what is due.

    Args:
        engines: The shops it serves, in turn; at least one.
        batch: How many streams of a shop are claimed at once.
        poll_s: How late something that another process made due may be performed; what this
            worker's store knows to be due later is performed in time.
        claim_s: How long a claim lasts where this process dies.
        retry_s: How long a stream rests whose work failed; doubled with each failure in a row, up
            to ten minutes.
        name: This worker's name in claims; of all that run at the same time, no two are alike.
        wait: Waits so many seconds; by default, until :meth:`stop` or :meth:`wake` is called.
        on_error: Is told of every trouble. By default it is logged, without the error's text,
            which may hold what no log should.

    Raises:
        InvalidDefinition: There is no engine, or a number is below 1.
    """

    def __init__(
        self,
        *engines: Engine,
        batch: int = 16,
        poll_s: int = 5,
        claim_s: int = 60,
        retry_s: int = 10,
        name: str | None = None,
        wait: Callable[[float], object] | None = None,
        on_error: Callable[[Trouble], object] | None = None,
    ) -> None:
        numbers = {"batch": batch, "poll_s": poll_s, "claim_s": claim_s, "retry_s": retry_s}
        for what, number in {"engines": len(engines), **numbers}.items():
            if number < 1:
                raise InvalidDefinition(f"worker: {what} is {number}, least is 1")
        self._engines = engines
        self._claim_s = claim_s
        self._name = name or f"worker-{uuid4().hex}"
        self._wait = wait or self._wait_for_word
        self._on_error = on_error or _log
        self._stopping = False
        # Not an Event: a signal may come while this very thread holds the Event's lock, and then
        # setting it would never return. Putting into this queue is safe at any moment.
        self._words: SimpleQueue[None] = SimpleQueue()
        self._agenda = Agenda(
            tenants=tuple(engine.tenant for engine in engines),
            clock=engines[0].now,
            stopping=lambda: self._stopping,
            batch=batch,
            poll_s=poll_s,
            retry_s=retry_s,
        )

    @property
    def name(self) -> str:
        """
        This worker's name in claims.

        """
        return self._name

    @property
    def stopping(self) -> bool:
        """
        Whether it was told to stop.

        """
        return self._stopping

    def run_once(self, limit: int = 100) -> int:
        """
        Look at what is due now, each stream once, and return how many were looked at.

        Whatever fails is told to ``on_error`` and comes back later; nothing is raised.

        Args:
            limit: How many streams to look at, at most.
        """
        return self._carry_out(round_steps(self._agenda, limit))

    def run(self, until: Instant | None = None) -> int:
        """
        Work until :meth:`stop` is called, or until an instant; returns how many streams it was.

        Whatever fails is told to ``on_error`` and comes back later; nothing is raised.
        """
        return self._carry_out(run_steps(self._agenda, until))

    def stop(self) -> None:
        """
        Finish what is under way, give all claims back, and begin nothing new.

        May be called from a signal handler or another thread, and returns at once; a second call
        changes nothing. A worker that was stopped stays so.
        """
        self._stopping = True
        self._words.put(None)

    def wake(self) -> None:
        """
        End an idle wait: something was made due in this process.

        May be called from a signal handler or another thread.
        """
        self._words.put(None)

    def _carry_out(self, steps: Steps[_T]) -> _T:
        try:
            step = next(steps)
            while True:  # bounded by the steps
                try:
                    answer = self._answer(step)
                except Exception as error:  # noqa: BLE001 - the steps decide what it means
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as ended:
            result: _T = ended.value
            return result

    def _answer(self, step: Step) -> object:
        match step:
            case Claim(shop, limit):
                engine = self._engines[shop]
                at = engine.now()
                until = seconds_after(at, self._claim_s)
                return engine.store.claim_due(
                    engine.tenant, at, limit, holder=self._name, until=until
                )
            case Perform(shop, stream):
                return self._engines[shop].perform(stream, go_on=lambda: not self._stopping)
            case GiveBack(shop, streams, rest_until):
                engine = self._engines[shop]
                store, tenant = engine.store, engine.tenant
                store.unclaim(tenant, streams, holder=self._name, rest_until=rest_until)
            case AskDue(shop):
                return self._engines[shop].store.next_due(self._engines[shop].tenant)
            case Tell(trouble):
                self._tell(trouble)
            case Wait(seconds):
                self._wait(seconds)
        return None

    def _tell(self, trouble: Trouble) -> None:
        try:
            self._on_error(trouble)
        except Exception as error:  # noqa: BLE001 - who listens badly must not stop the work
            _log(trouble)
            _logged("on_error failed with %s", type(error).__name__)

    def _wait_for_word(self, seconds: float) -> None:
        try:
            self._words.get(timeout=seconds)
            while True:  # several words are one; bounded by what was said
                self._words.get_nowait()
        except Empty:
            return


def _log(trouble: Trouble) -> None:
    _logged(
        "%s: %s failed with %s, %d in a row; again at %s",
        trouble.tenant,
        trouble.stream or "asking what is due",
        type(trouble.error).__name__,
        trouble.failures,
        trouble.again_at.isoformat(),
    )


def _logged(text: str, *values: object) -> None:
    # Loaded here: whoever never fails need not pay for it.
    from logging import getLogger  # noqa: PLC0415

    getLogger("ordercore.worker").error(text, *values)
