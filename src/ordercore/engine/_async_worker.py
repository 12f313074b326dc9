"""
The worker for asynchronous code: the same steps as for blocking code, awaited.

What it has claimed is performed at the same time, so a provider that is slow for one order holds up
no other one of the handful.

A worker whose task is canceled leaves of each stream what a crash at that point would leave; its
claims it still gives back, so that others need not wait for their end.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from inspect import isawaitable
from typing import Any, TypeVar

from ordercore.engine._async_engine import AsyncEngine
from ordercore.engine._engine_loops import require_least
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

__all__ = ["AsyncWorker"]

_T = TypeVar("_T")


class AsyncWorker(AnyWorker[AsyncEngine]):
    """
    A loop over what is due, for asynchronous code.

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
        on_error: Is told of every trouble, and awaited where it can be. By default it is logged,
            without the error's text, which may hold what no log should.
        together: How many streams are performed at the same time, at most.

    Raises:
        InvalidDefinition: There is no engine, or a number is below 1.
    """

    def __init__(
        self,
        *engines: AsyncEngine,
        batch: int = 16,
        poll_s: int = 5,
        claim_s: int = 60,
        retry_s: int = 10,
        name: str | None = None,
        wait: Callable[[float], Awaitable[object]] | None = None,
        on_error: Callable[[Trouble], object] | None = None,
        together: int = 8,
    ) -> None:
        require_least("together", together)
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
        self._together = together
        self._claimed: dict[int, set[StreamId]] = {}
        # Both belong to the event loop that it runs in; before that there is nobody to wake.
        self._loop: asyncio.AbstractEventLoop | None = None
        self._word = asyncio.Event()

    async def run_once(self, limit: int = 100) -> int:
        """
        Look at what is due now, each stream once, and return how many were looked at.

        Whatever fails is told to ``on_error`` and comes back later; nothing is raised.

        Args:
            limit: How many streams to look at, at most.
        """
        return await self._carry_out(round_steps(self._agenda, limit))

    async def run(self, until: Instant | None = None) -> int:
        """
        Work until :meth:`stop` is called, or until an instant; returns how many streams it was.

        Whatever fails is told to ``on_error`` and comes back later; nothing is raised.
        """
        return await self._carry_out(run_steps(self._agenda, until))

    def wake(self) -> None:
        """
        End an idle wait: something was made due in this process.

        May be called from a signal handler or another thread.
        """
        if (loop := self._loop) is not None:
            with suppress(RuntimeError):  # it has ended meanwhile: nobody waits
                loop.call_soon_threadsafe(self._word.set)

    async def _carry_out(self, steps: Steps[_T]) -> _T:
        self._word, self._loop = asyncio.Event(), asyncio.get_running_loop()
        try:
            step = next(steps)
            while True:  # bounded by the steps
                try:
                    answer = await self._answer(step)
                except Exception as error:  # noqa: BLE001 - the steps decide what it means
                    step = steps.throw(error)
                else:
                    step = steps.send(answer)
        except StopIteration as ended:
            result: _T = ended.value
            return result
        except asyncio.CancelledError:
            await self._let_go()
            raise
        finally:
            steps.close()
            self._loop = None

    async def _answer(self, step: Step) -> object:
        match step:
            case Claim(shop, limit):
                engine = self._engines[shop]
                claimed = await engine.claim_due(limit, holder=self._name, claim_s=self._claim_s)
                self._claimed.setdefault(shop, set()).update(claimed)
                return claimed
            case Perform(shop, streams):
                return await self._performed(self._engines[shop], streams)
            case GiveBack(shop, streams, rest_until):
                await self._engines[shop].unclaim(streams, holder=self._name, rest_until=rest_until)
                self._claimed[shop].difference_update(streams)
            case AskDue(shop):
                return await self._engines[shop].next_due()
            case Tell(trouble):
                await self._tell(trouble)
            case Wait(seconds):
                await self._wait(seconds)
        return None

    async def _performed(self, engine: AsyncEngine, streams: tuple[StreamId, ...]) -> Performed:
        room = asyncio.Semaphore(self._together)
        begun: dict[StreamId, Exception | None] = {}

        async def one(stream: StreamId) -> None:
            async with room:
                if self._stopping:
                    return
                begun[stream] = None
                try:
                    await engine.perform(stream, go_on=self._goes_on)
                except Exception as error:  # noqa: BLE001 - it is not the others' defect
                    begun[stream] = error

        try:
            async with asyncio.TaskGroup() as group:
                for stream in streams:
                    group.create_task(one(stream))
        except BaseExceptionGroup as ended:
            # Not an error of a stream, which is kept above: what ends a process, a thread.
            raise ended.exceptions[0] from None
        return begun

    async def _let_go(self) -> None:
        """
        Give back what a canceled run had claimed; a store that fails lets the claims end by time.

        """
        for shop, streams in self._claimed.items():
            if streams:
                with suppress(Exception):
                    await self._engines[shop].unclaim(tuple(streams), holder=self._name)
        self._claimed.clear()

    async def _tell(self, trouble: Trouble) -> None:
        try:
            heard: Any = self._on_error(trouble)
            if isawaitable(heard):
                await heard
        except Exception as error:  # noqa: BLE001 - who listens badly must not stop the work
            log_failed_listener(trouble, error)

    async def _wait_for_word(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._word.wait()
        self._word.clear()
