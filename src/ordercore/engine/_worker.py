"""
The worker for blocking code: runs what is due, for one shop or several, until it is told to stop.

Several may run beside each other, in one process or on many machines: they claim different streams,
and what two of them look at all the same is leased one effect at a time.
"""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from ordercore.engine._engine import Engine
from ordercore.engine._rounds import (
    AskDue,
    Claim,
    GiveBack,
    Perform,
    Performed,
    Step,
    Steps,
    Tell,
    Trouble,
    Wait,
    round_steps,
    run_steps,
)
from ordercore.engine._working import AnyWorker, log_failed_listener
from ordercore.ids import StreamId
from ordercore.instants import Instant

__all__ = ["Worker"]

_T = TypeVar("_T")


class Worker(AnyWorker[Engine]):
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
        super().__init__(
            engines,
            batch=batch,
            poll_s=poll_s,
            claim_s=claim_s,
            retry_s=retry_s,
            name=name,
            on_error=on_error,
        )
        self._wait = wait or self._wait_for_word
        # Not an Event: a signal may come while this very thread holds the Event's lock, and then
        # setting it would never return. Putting into this queue is safe at any moment.
        self._words: SimpleQueue[None] = SimpleQueue()

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
                return engine.claim_due(limit, holder=self._name, claim_s=self._claim_s)
            case Perform(shop, streams):
                return self._performed(self._engines[shop], streams)
            case GiveBack(shop, streams, rest_until):
                self._engines[shop].unclaim(streams, holder=self._name, rest_until=rest_until)
            case AskDue(shop):
                return self._engines[shop].next_due()
            case Tell(trouble):
                self._tell(trouble)
            case Wait(seconds):
                self._wait(seconds)
        return None

    def _performed(self, engine: Engine, streams: tuple[StreamId, ...]) -> Performed:
        begun: dict[StreamId, Exception | None] = {}
        for stream in streams:
            if self._stopping:
                break
            begun[stream] = None
            try:
                engine.perform(stream, go_on=self._goes_on)
            except Exception as error:  # noqa: BLE001 - a defect in one stream is not the others'
                begun[stream] = error
        return begun

    def _tell(self, trouble: Trouble) -> None:
        try:
            self._on_error(trouble)
        except Exception as error:  # noqa: BLE001 - who listens badly must not stop the work
            log_failed_listener(trouble, error)

    def _wait_for_word(self, seconds: float) -> None:
        try:
            self._words.get(timeout=seconds)
            while True:  # several words are one; bounded by what was said
                self._words.get_nowait()
        except Empty:
            return
