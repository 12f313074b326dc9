"""
How a kit asks adapters that are awaited: with the same cases as every other.

A case is blocking code. What it calls on an awaited adapter runs on one event loop, in a thread of
its own, and the case waits for the answer. So there is one body of cases for both kinds, and a kit
can be run from within a test that is itself asynchronous.

All that one thread calls is called by one task: whoever holds a store is a task, so a hold has to
be entered, used and left by the same one. Threads of a case that call at once are tasks that do.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from inspect import isasyncgenfunction, isawaitable, iscoroutinefunction
from typing import Any, Final, NamedTuple, Self

from ordercore.grammar import Recorded

__all__ = ["Asked", "Awaited", "Driver"]

_PATIENCE_S: Final = 60
_END: Final = object()

_Call = Callable[[], Awaitable[Any]]
_Calls = asyncio.Queue[tuple[_Call, "asyncio.Future[Any]"]]


class Driver:
    """
    An event loop in a thread of its own, started with the first call that needs one.

    Args:
        port: The protocol of the adapters.
    """

    def __init__(self, port: type) -> None:
        self._port = port
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()
        self._lock = threading.Lock()
        self._callers: dict[int, tuple[_Calls, asyncio.Task[None]]] = {}
        self._loop: asyncio.AbstractEventLoop
        self._over: asyncio.Event

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._over.set)
            self._thread.join()

    def asked(self, make: Callable[[], Any]) -> "Asked":
        """
        Make an adapter; a factory that is awaited makes it on the loop.

        """
        adapter = self.run(make) if iscoroutinefunction(make) else make()
        methods = (getattr(adapter, name, None) for name in dir(self._port) if name[0] != "_")
        if any(iscoroutinefunction(m) or isasyncgenfunction(m) for m in methods):
            return Asked(adapter, Awaited(adapter, self), self)
        return Asked(adapter, adapter, self)

    def run(self, call: _Call) -> Any:  # noqa: ANN401 - whatever it comes to
        """
        Have the calling thread's task await something, and wait for what it comes to.

        Raises:
            TimeoutError: There is no answer after a minute.
        """
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=lambda: asyncio.run(self._live()))
                self._thread.daemon = True
                self._thread.start()
                self._ready.wait()
        handed = self._hand_over(threading.get_ident(), call)
        return asyncio.run_coroutine_threadsafe(handed, self._loop).result(timeout=_PATIENCE_S)

    async def _live(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._ready.set()
        await self._over.wait()

    async def _hand_over(self, thread: int, call: _Call) -> Any:  # noqa: ANN401 - as above
        if thread not in self._callers:
            calls: _Calls = asyncio.Queue()
            self._callers[thread] = calls, self._loop.create_task(_serve(calls))
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._callers[thread][0].put_nowait((call, answer))
        return await answer


async def _serve(calls: _Calls) -> None:
    while True:  # until the loop ends
        call, answer = await calls.get()
        try:
            result = await call()
        except asyncio.CancelledError:
            answer.cancel()
            raise
        except BaseException as error:  # noqa: BLE001 - the caller's to raise
            answer.set_exception(error)
        else:
            answer.set_result(result)


class Asked(NamedTuple):
    """
    An adapter as a case asks it.

    Attributes:
        made: What the factory has made.
        adapter: The same as blocking code calls it: itself, unless something of it is awaited.
        driver: Where it is asked.
    """

    made: Any
    adapter: Any
    driver: Driver


class Awaited:
    """
    Stands for an adapter that is awaited; its methods block.

    """

    def __init__(self, adapter: Any, driver: Driver) -> None:  # noqa: ANN401 - of any port
        self._adapter = adapter
        self._driver = driver

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method, or a plain attribute
        found = getattr(self._adapter, name)
        if not callable(found):
            return found

        def call(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401 - of any method
            answer: Any = found(*arguments, **options)
            kind: object = answer
            if isawaitable(kind):
                return self._driver.run(lambda: answer)
            if isinstance(kind, AsyncIterator):
                return self._iterate(answer)
            if isinstance(kind, AbstractAsyncContextManager):
                return self._inside(answer)
            return answer

        return call

    def consume(
        self,
        tenant: str,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], None],
        limit: int = 100,
    ) -> Any:  # noqa: ANN401 - as the adapter answers
        """
        Hand a blocking handler to a store whose handlers are awaited.

        """

        async def awaited(events: Sequence[Recorded], connection: object) -> None:
            await asyncio.to_thread(handle, events, connection)  # it may ask this very store

        return self._driver.run(lambda: self._adapter.consume(tenant, consumer, awaited, limit))

    def _iterate(self, answer: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:  # noqa: ANN401 - what is iterated over
            return await anext(answer, _END)

        while (one := self._driver.run(following)) is not _END:
            yield one

    @contextmanager
    def _inside(self, block: AbstractAsyncContextManager[Any]) -> Generator[Any, None, None]:
        entered = self._driver.run(block.__aenter__)
        try:
            yield entered
        finally:
            self._driver.run(lambda: block.__aexit__(None, None, None))
