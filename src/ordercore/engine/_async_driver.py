"""
The driver for asynchronous code: answers what the loops ask with awaited calls.

The loops and everything that they decide are those of the blocking driver; here stands only how a
method is called. An adapter's asynchronous method is awaited. A blocking one is called in a thread
of the engine's own pool, and so is what is no port at all but takes long (the search for the best
plan). What an adapter declares to wait for nothing is called in place.

A hold of a blocking store belongs to the thread that took it. So whoever holds gets a thread to
itself, and all blocking calls that it makes until the hold ends are made there: it never waits for
the pool, whose threads may all be waiting for the hold.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from inspect import isawaitable
from itertools import islice
from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary, WeakValueDictionary

import attrs

from ordercore.engine._requests import Call, Each, Hold, Loop, Request, Together, Turn
from ordercore.engine._threads import in_thread
from ordercore.engine._ways import Mode, Way
from ordercore.ids import StreamId, TenantId

__all__ = ["AsyncDriver"]

_T = TypeVar("_T")


#: How many items a thread brings at a time where one iterates.
_CHUNK: Final = 500

_Turns = WeakValueDictionary[StreamId, asyncio.Lock]


@attrs.frozen(eq=False)
class _Held:
    """
    A hold that a loop runs in, and the thread that it belongs to where the store blocks.

    """

    thread: Executor | None


@attrs.frozen(kw_only=True, eq=False)
class AsyncDriver:
    """
    Runs loops to their end, as many at the same time as there are tasks that ask.

    Attributes:
        store: The store itself, to be held.
        tenant: Whose writers a hold keeps out.
        together: How many loops of one request are driven at the same time.
        threads: Where blocking calls are made.
    """

    store: Any
    tenant: TenantId
    together: int
    threads: Executor
    # A lock belongs to one event loop; it is kept while somebody has it or waits for it.
    _turns: WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns] = attrs.field(
        init=False, factory=WeakKeyDictionary[asyncio.AbstractEventLoop, _Turns]
    )

    async def drive(self, loop: Loop[_T], held: _Held | None = None) -> _T:
        """
        Run a loop and return what it comes to.

        Args:
            loop: What is run.
            held: The hold that it runs in, if there is one.

        Raises:
            Exception: What the loop lets through.
        """
        try:
            request = loop.send(None)
            while True:  # bounded by the loops, which are
                try:
                    answer = await self._answer(request, held)
                except Exception as error:  # noqa: BLE001 - the loop is told and decides
                    request = loop.throw(error)
                else:
                    request = loop.send(answer)
        except StopIteration as stop:
            result: _T = stop.value
            return result
        finally:
            loop.close()

    async def iterate(
        self, method: Callable[..., Iterator[_T]], *args: object
    ) -> AsyncIterator[_T]:
        """
        Iterate over what a port's method returns, a chunk at a time where it blocks.

        """
        found: Any = await self._called(method, args, {}, None)
        if hasattr(found, "__aiter__"):
            async for item in found:
                yield item
            return
        items = iter(found)

        def chunk() -> list[_T]:
            return list(islice(items, _CHUNK))

        while brought := await in_thread(self.threads, chunk):
            for item in brought:
                yield item

    async def _answer(self, request: Request, held: _Held | None) -> Any:  # noqa: ANN401 - its own
        if isinstance(request, Call):
            return await self._called(request.method, request.args, request.kwargs, held)
        if isinstance(request, Turn):
            async with self._turn_at(request.stream):
                return await self.drive(request.loop, held)
        if isinstance(request, Each):
            return await self._each(request, held)
        if isinstance(request, Together):
            return await self._together(request.loops)
        # Who holds already keeps everybody out.
        return await (self.drive(request.loop, held) if held else self._held(request))

    async def _called(
        self,
        method: object,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        held: _Held | None,
    ) -> Any:  # noqa: ANN401 - whatever the method returns
        way = method if isinstance(method, Way) else Way(cast("Callable[..., Any]", method))
        if way.mode is Mode.IN_THREAD:
            threads = held.thread if held and held.thread else self.threads
            answer = await in_thread(threads, way.method, *args, **kwargs)
        else:
            answer = way.method(*args, **kwargs)
        return await answer if isawaitable(answer) else answer

    async def _each(self, request: Each[Any], held: _Held | None) -> None:
        way = cast("Way", request.method)

        def go() -> Any:  # noqa: ANN401 - what can't be iterated over here
            items: Any = way.method(*request.args, **request.kwargs)
            if hasattr(items, "__aiter__"):
                return items
            for item in items:
                request.take(item)
            return ()

        async for item in _awaited(await self._called(Way(go, way.mode), (), {}, held)):
            request.take(item)

    async def _together(self, loops: Sequence[Loop[_T]]) -> tuple[_T, ...]:
        if len(loops) == 1:
            return (await self.drive(loops[0]),)
        room = asyncio.Semaphore(self.together)

        async def one(loop: Loop[_T]) -> tuple[_T | None, Exception | None]:
            async with room:
                try:
                    return await self.drive(loop), None
                except Exception as error:  # noqa: BLE001 - the others are brought to their end
                    return None, error

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(one(loop)) for loop in loops]
        except BaseExceptionGroup as ended:
            raise _innermost(ended) from None
        answers: list[Any] = []
        for task in tasks:
            answer, error = task.result()
            if error is not None:
                raise error
            answers.append(answer)
        return tuple(answers)

    async def _held(self, request: Hold[_T]) -> _T:
        hold: Any = self.store.hold(self.tenant)
        if hasattr(hold, "__aenter__"):
            awaited: AbstractAsyncContextManager[None] = hold
            async with awaited:
                return await self.drive(request.loop, _Held(None))
        with ThreadPoolExecutor(1, "ordercore-hold") as thread:
            async with _InThread(hold, thread):
                return await self.drive(request.loop, _Held(thread))

    def _turn_at(self, stream: StreamId) -> asyncio.Lock:
        turns = self._turns.setdefault(asyncio.get_running_loop(), WeakValueDictionary())
        lock = turns.get(stream)
        if lock is None:
            lock = turns[stream] = asyncio.Lock()
        return lock


class _InThread:
    """
    A blocking context manager that is entered and left in one thread, however the task ends.

    """

    def __init__(self, manager: AbstractContextManager[None], thread: Executor) -> None:
        self._manager = manager
        self._thread = thread
        self._entered = False

    def _enter(self) -> None:
        self._manager.__enter__()
        self._entered = True

    async def __aenter__(self) -> None:
        try:
            await in_thread(self._thread, self._enter)
        except BaseException as error:
            # Canceled while it waited: what the thread has got meanwhile is given back.
            if self._entered:
                await self.__aexit__(type(error), error, error.__traceback__)
            raise

    async def __aexit__(self, *ended: object) -> bool | None:
        return await in_thread(self._thread, self._manager.__exit__, *ended, whatever_happens=True)


async def _awaited(items: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - iterates over anything
    if hasattr(items, "__aiter__"):
        async for item in items:
            yield item


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
