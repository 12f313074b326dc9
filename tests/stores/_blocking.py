"""A store that is awaited, for tests that don't await."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any, cast

from ordercore.ids import TenantId
from ordercore.ports import AsyncStore

END = object()


class Blocking:
    """
    Answers for a store that is awaited, on an event loop of its own.

    The calls of one thread are made by one task, so that a hold is entered, used and left by one.
    """

    def __init__(self, store: AsyncStore) -> None:
        self._store = store
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._callers: dict[int, asyncio.Queue[Any]] = {}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def call(*arguments: Any, **options: Any) -> Any:
            answer = method(*arguments, **options)
            if isinstance(answer, AsyncIterator):
                return self._iterate(answer)
            return self._ask(lambda: answer)

        return call

    @contextmanager
    def hold(self, tenant: TenantId) -> Generator[None, None, None]:
        held = self._store.hold(tenant)
        self._ask(held.__aenter__)
        try:
            yield
        finally:
            self._ask(lambda: held.__aexit__(None, None, None))

    def consume(
        self, tenant: TenantId, consumer: str, handle: Callable[..., None], limit: int = 100
    ) -> Any:
        async def awaited(events: Any, connection: Any) -> None:
            await asyncio.to_thread(handle, events, connection)  # it may ask this very store

        return self._ask(lambda: self._store.consume(tenant, consumer, awaited, limit))

    def close(self) -> None:
        if not self._loop.is_closed():
            self._ask(self._store.close)
            self._loop.call_soon_threadsafe(self._end)
            self._thread.join()
            self._loop.close()

    def _end(self) -> None:
        async def end() -> None:
            others = asyncio.all_tasks() - {cast("asyncio.Task[Any]", asyncio.current_task())}
            for task in others:
                task.cancel()
            await asyncio.gather(*others, return_exceptions=True)
            self._loop.stop()

        self._ending = self._loop.create_task(end())

    def _iterate(self, answer: AsyncIterator[Any]) -> Iterator[Any]:
        async def following() -> Any:
            return await anext(answer, END)

        while (one := self._ask(following)) is not END:
            yield one

    def _ask(self, call: Callable[[], Any]) -> Any:
        thread = threading.get_ident()
        future = asyncio.run_coroutine_threadsafe(self._hand_over(thread, call), self._loop)
        return future.result(timeout=120)

    async def _hand_over(self, thread: int, call: Callable[[], Any]) -> Any:
        queue = self._callers.get(thread)
        if queue is None:
            queue = self._callers[thread] = asyncio.Queue()
            self._tasks = {*getattr(self, "_tasks", ()), self._loop.create_task(_serve(queue))}
        answer: asyncio.Future[Any] = self._loop.create_future()
        queue.put_nowait((call, answer))
        return await answer


async def _serve(queue: "asyncio.Queue[Any]") -> None:
    while True:
        call, answer = await queue.get()
        try:
            answer.set_result(await call())
        except BaseException as error:  # the caller's to raise
            answer.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise
