"""
The parts of a hot account.

"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ordercore.ledger import AccountId

__all__ = ["added", "spread"]

#: How many free units a part must get for an account to be spread over its parts.
SHARE_MIN: Final = 4

Numbers = tuple[int, int, int]


def added(
    rows: Iterable[tuple[Any, ...]], to: Mapping[AccountId, Numbers] | None = None
) -> dict[AccountId, Numbers]:
    """
    Add rows up by account: (account, posted, pending out, pending in).

    """
    sums = dict(to or {})
    for name, posted, out, into in rows:
        was = sums.get(name, (0, 0, 0))
        sums[name] = (was[0] + int(posted), was[1] + int(out), was[2] + int(into))
    return sums


def spread(posted: int, out: int, into: int, parts: int) -> Iterator[tuple[int, int, int, int]]:
    """
    Spread the numbers of an account over its parts: (part, posted, pending out, pending in).

    What is free is divided evenly. Where that is too little, or less than nothing, the first part
    gets all of it and the others nothing.
    """
    share, rest = divmod(posted - out, parts)
    if share < SHARE_MIN:
        share, rest = 0, 0
    others = [share + (part < rest) for part in range(1, parts)]
    yield 0, posted - sum(others), out, into
    for part, free in enumerate(others, 1):
        yield part, free, 0, 0
