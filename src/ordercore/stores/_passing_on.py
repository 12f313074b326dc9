"""
What a store around another store passes on as it is.

Every method of the port but those by which it writes commits and keeps others out; what is added to
the port is added here in one line.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Concatenate, Final, ParamSpec, TypeVar

from ordercore.ports import Store

__all__ = ["PassingOn"]

_Params = ParamSpec("_Params")
_Returned = TypeVar("_Returned")


class _Around:
    """
    Something that has a store inside.

    """

    __slots__ = ("_store",)

    def __init__(self, store: Store) -> None:
        self._store: Final = store


def _passed_on(
    method: Callable[Concatenate[Store, _Params], _Returned],
) -> Callable[Concatenate[_Around, _Params], _Returned]:
    name = method.__name__

    def call(self: _Around, /, *args: _Params.args, **options: _Params.kwargs) -> _Returned:
        inner: Callable[_Params, _Returned] = getattr(self._store, name)  # pyright: ignore[reportPrivateUsage]  # of this module
        return inner(*args, **options)

    update_wrapper(call, method)
    return call


class PassingOn(_Around):
    """
    A store around another, without the ways to write a commit.

    """

    __slots__ = ()

    load = _passed_on(Store.load)
    recall = _passed_on(Store.recall)
    balances = _passed_on(Store.balances)
    accounts = _passed_on(Store.accounts)
    pendings = _passed_on(Store.pendings)
    pendings_made = _passed_on(Store.pendings_made)
    entries = _passed_on(Store.entries)
    occurred_after = _passed_on(Store.occurred_after)
    last_position = _passed_on(Store.last_position)
    lease = _passed_on(Store.lease)
    unlease = _passed_on(Store.unlease)
    leases = _passed_on(Store.leases)
    due = _passed_on(Store.due)
    claim_due = _passed_on(Store.claim_due)
    unclaim = _passed_on(Store.unclaim)
    next_due = _passed_on(Store.next_due)
    waiting = _passed_on(Store.waiting)
    standing = _passed_on(Store.standing)
    snapshot = _passed_on(Store.snapshot)
    find = _passed_on(Store.find)
    feed = _passed_on(Store.feed)
    consumed = _passed_on(Store.consumed)
    consume = _passed_on(Store.consume)
    advance = _passed_on(Store.advance)
    archivable = _passed_on(Store.archivable)
    archive = _passed_on(Store.archive)
    streams = _passed_on(Store.streams)
    tenants = _passed_on(Store.tenants)
    close = _passed_on(Store.close)
