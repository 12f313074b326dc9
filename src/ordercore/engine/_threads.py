"""
Blocking work off the event loop, in threads that a task waits for however it ends.

A thread can't be interrupted. A task that is canceled while one works for it therefore ends only
when the thread is done; the thread's result is dropped. So nothing runs on behind a task that has
ended, and what it had leased, held or locked is free by then.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from contextvars import copy_context
from typing import Any, TypeVar

__all__ = ["in_thread"]

_T = TypeVar("_T")


async def in_thread(
    threads: Executor,
    work: Callable[..., _T],
    /,
    *args: Any,  # noqa: ANN401 - those of the work
    whatever_happens: bool = False,
    **kwargs: Any,  # noqa: ANN401 - those of the work
) -> _T:
    """
    Do blocking work in a thread of a pool and wait for it, canceled or not.

    Work that no thread has begun when the task is canceled is left undone, but for what must be
    done ``whatever_happens``.
    """
    begun = threads.submit(copy_context().run, work, *args, **kwargs)
    done = asyncio.wrap_future(begun)
    try:
        return await asyncio.shield(done)
    except asyncio.CancelledError:
        if not whatever_happens and begun.cancel():
            raise
        while not done.done():  # bounded by the work
            with suppress(asyncio.CancelledError):  # asked once more: it is the thread that decides
                await asyncio.wait((done,))
        if not done.cancelled():
            done.exception()  # of no interest any more, and no warning either
        raise
