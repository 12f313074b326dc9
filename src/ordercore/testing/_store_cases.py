"""
What every store must do, in one kit.

Each case writes a few commits into a fresh store and reads them back; none needs anything but the
store itself. What takes many processes, a lost connection or a full disk is beyond a kit.
"""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from inspect import iscoroutinefunction
from typing import Any, Final, cast

from ordercore.ports import AsyncStore, Store
from ordercore.testing._awaited import Asked
from ordercore.testing._conformance import Case, run_cases
from ordercore.testing._store_commit_cases import COMMIT_CASES
from ordercore.testing._store_ledger_cases import LEDGER_CASES
from ordercore.testing._store_reading_cases import READING_CASES
from ordercore.testing._store_trial import StoreTrial
from ordercore.testing._store_work_cases import WORK_CASES

__all__ = ["STORE_CASES", "check_store"]

#: The cases of stores, in order.
STORE_CASES: Final = (*COMMIT_CASES, *LEDGER_CASES, *WORK_CASES, *READING_CASES)


def check_store(
    make: Callable[[], Store | AsyncStore | Awaitable[AsyncStore]],
    *,
    cases: Iterable[Case[StoreTrial]] = STORE_CASES,
    reopen: Callable[[Any], Any] | None = None,
) -> tuple[str, ...]:
    """
    Hold the claims of the store port against a store.

    Args:
        make: Returns a fresh and empty store that can write the library's own facts and commands
            (:class:`ordercore.codec.JsonCodec`), blocking or awaited; called once a case. It may
            be a coroutine function, and then makes it on a running event loop.
        cases: Which claims; all of them unless told otherwise.
        reopen: Given a store that was made and closed, opens the same place again. Leave it out
            where a store ends with its process: claims about coming back don't apply then.

    Returns:
        The names of the cases that apply; all of them hold. Every store is closed.

    Raises:
        ConformanceFailure: The first claim that does not hold.
    """
    return run_cases(
        cases,
        make,
        Store,
        lambda _, asked: StoreTrial(
            store=asked.adapter,
            opened_again=None if reopen is None else partial(_again, asked, reopen),
        ),
        end=lambda trial: trial.store.close(),
    )


def _again(asked: Asked, reopen: Callable[[Any], Any]) -> Store:
    if not iscoroutinefunction(reopen):
        return cast("Store", asked.driver.asked(lambda: reopen(asked.made)).adapter)

    async def awaited() -> Any:  # noqa: ANN401 - a store of either kind
        return await reopen(asked.made)

    return cast("Store", asked.driver.asked(awaited).adapter)
