"""
What an awaited store around another passes on as it is: the twin of ``_passing_on``.

"""

from collections.abc import AsyncIterator, Callable
from functools import update_wrapper
from typing import Concatenate, Final, ParamSpec, TypeVar, cast

from ordercore.ports import AsyncStore

__all__ = ["AsyncPassingOn"]

_Params = ParamSpec("_Params")
_Returned = TypeVar("_Returned")


class _Around:
    """
    Something that has a store inside.

    """

    __slots__ = ("_store",)

    def __init__(self, store: AsyncStore) -> None:
        self._store: Final = store


def _passed_on(
    method: Callable[Concatenate[AsyncStore, _Params], _Returned],
) -> Callable[Concatenate[_Around, _Params], _Returned]:
    name = method.__name__

    async def call(self: _Around, /, *args: _Params.args, **options: _Params.kwargs) -> object:
        return await getattr(self._store, name)(*args, **options)  # pyright: ignore[reportPrivateUsage]  # of this module

    # The coroutine of the method that is passed on, whose answer it gives.
    return cast("Callable[Concatenate[_Around, _Params], _Returned]", update_wrapper(call, method))


def _iterated(
    method: Callable[Concatenate[AsyncStore, _Params], AsyncIterator[_Returned]],
) -> Callable[Concatenate[_Around, _Params], AsyncIterator[_Returned]]:
    name = method.__name__

    async def call(
        self: _Around, /, *args: _Params.args, **options: _Params.kwargs
    ) -> AsyncIterator[_Returned]:
        inner: Callable[_Params, AsyncIterator[_Returned]] = getattr(self._store, name)  # pyright: ignore[reportPrivateUsage]  # of this module
        async for one in inner(*args, **options):
            yield one

    update_wrapper(call, method)
    return call


class AsyncPassingOn(_Around):
    """
    A store around another, without the ways to write a commit.

    """

    __slots__ = ()

    load = _passed_on(AsyncStore.load)
    recall = _passed_on(AsyncStore.recall)
    balances = _passed_on(AsyncStore.balances)
    accounts = _iterated(AsyncStore.accounts)
    pendings = _passed_on(AsyncStore.pendings)
    pendings_made = _passed_on(AsyncStore.pendings_made)
    entries = _iterated(AsyncStore.entries)
    occurred_after = _iterated(AsyncStore.occurred_after)
    last_position = _passed_on(AsyncStore.last_position)
    lease = _passed_on(AsyncStore.lease)
    unlease = _passed_on(AsyncStore.unlease)
    leases = _passed_on(AsyncStore.leases)
    due = _passed_on(AsyncStore.due)
    claim_due = _passed_on(AsyncStore.claim_due)
    unclaim = _passed_on(AsyncStore.unclaim)
    next_due = _passed_on(AsyncStore.next_due)
    waiting = _passed_on(AsyncStore.waiting)
    standing = _passed_on(AsyncStore.standing)
    snapshot = _passed_on(AsyncStore.snapshot)
    find = _passed_on(AsyncStore.find)
    feed = _passed_on(AsyncStore.feed)
    consumed = _passed_on(AsyncStore.consumed)
    consume = _passed_on(AsyncStore.consume)
    advance = _passed_on(AsyncStore.advance)
    archivable = _passed_on(AsyncStore.archivable)
    archive = _passed_on(AsyncStore.archive)
    streams = _iterated(AsyncStore.streams)
    tenants = _passed_on(AsyncStore.tenants)
    close = _passed_on(AsyncStore.close)
