"""
What the stores have in common about runners, which carry what streams owe.

"""

from collections.abc import Iterable
from inspect import iscoroutinefunction
from typing import Final, TypeVar

from ordercore.errors import InvalidDefinition
from ordercore.ids import StreamId
from ordercore.instants import Instant
from ordercore.ports import AsyncEffectRunner, Commit, EffectRunner

__all__ = ["LATEST", "awaited", "blocking", "falling_due", "required"]

#: Later than any instant, in microseconds.
LATEST: Final = 2**63 - 1

_T = TypeVar("_T")


def falling_due(commits: Iterable[Commit]) -> list[tuple[StreamId, Instant]]:
    """
    Return which streams have something due by what was written, in order of id, each once.

    """
    found: dict[StreamId, Instant | None] = {}
    for commit in commits:
        receipt = commit.receipt
        if receipt.stream is not None and receipt.rejected is None:
            found[receipt.stream] = commit.next_due  # the last one is what counts
    return sorted((stream, at) for stream, at in found.items() if at is not None)


def blocking(runner: EffectRunner) -> EffectRunner:
    """
    Return a runner that a blocking store can call.

    Raises:
        InvalidDefinition: It is asynchronous.
    """
    if iscoroutinefunction(runner.enqueue):
        raise InvalidDefinition(
            f"{type(runner).__name__} is asynchronous, and this store makes plain calls"
        )
    return runner


def awaited(runner: AsyncEffectRunner) -> AsyncEffectRunner:
    """
    Return a runner that a store can await.

    Raises:
        InvalidDefinition: It is blocking.
    """
    if not iscoroutinefunction(runner.enqueue):
        raise InvalidDefinition(
            f"{type(runner).__name__} makes plain calls, and this store awaits its runner"
        )
    return runner


def required(runner: _T | None) -> _T:
    """
    Return the runner, where there is one.

    Raises:
        InvalidDefinition: There is none.
    """
    if runner is None:
        raise InvalidDefinition("this store has no runner: give it one with runner=...")
    return runner
