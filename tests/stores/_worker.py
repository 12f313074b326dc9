"""
Another process at the same file.

python -m tests.stores._worker FILE MODE NAME COUNT

    append   commit COUNT events to one stream, trying again after each conflict
    take     ask COUNT times for the last units, and print how many were given
    die      write one commit and end the process at its COUNT-th write; print if it survived
    die-together   the same with a group of three commits
"""

import os
import sqlite3
import sys
from collections.abc import Iterable

from ordercore.errors import Conflict, Rejected
from ordercore.ids import StreamId
from ordercore.ports import Commit
from ordercore.stores import SQLiteStore
from tests.stores import _toys as toys

TRIES = 10_000


def append(store: SQLiteStore, name: str, count: int) -> None:
    for n in range(count):
        for _ in range(TRIES):
            version = len(store.load(toys.SHOP, StreamId("shared")))
            try:
                store.commit(toys.says(f"{name}-{n}", "shared", f"{name} {n}", version=version))
            except Conflict:
                continue
            break


def take(store: SQLiteStore, name: str, count: int) -> None:
    given = 0
    for n in range(count):
        try:
            store.commit(toys.says(f"{name}-{n}", None, steps=(toys.promise(f"{name}-{n}", 1),)))
            given += 1
        except Rejected:
            pass
    print(given)  # noqa: T201 - the answer to the test


class Dying(sqlite3.Connection):
    """A connection whose process dies at its n-th write."""

    last = -1  # not while the store is opened
    count = 0

    def _step(self, statement: str) -> None:
        if not statement.lstrip().startswith("SELECT"):
            Dying.count += 1
        if Dying.count == Dying.last:
            os._exit(9)

    def execute(self, statement: str, *keys: object) -> sqlite3.Cursor:
        self._step(statement)
        return super().execute(statement, *keys)  # type: ignore[arg-type]

    def executemany(self, statement: str, keys: Iterable[object]) -> sqlite3.Cursor:
        self._step(statement)
        return super().executemany(statement, keys)  # type: ignore[arg-type]


def die(path: str, at_write: int, commits: tuple[Commit, ...]) -> None:
    connect = sqlite3.connect

    def dying(*args: object, **options: object) -> sqlite3.Connection:
        return connect(*args, factory=Dying, **options)  # type: ignore[call-overload,no-any-return]

    sqlite3.connect = dying  # type: ignore[assignment]  # fewer overloads than the real one
    store = SQLiteStore(path, codec=toys.ToyCodec())
    Dying.count, Dying.last = 0, at_write
    store.commit_many(commits)
    print("survived")  # noqa: T201 - the answer to the test


if __name__ == "__main__":
    path, mode, name, number = sys.argv[1:]
    if mode == "die":
        die(path, int(number), (toys.full_commit(),))
    elif mode == "die-together":
        die(path, int(number), toys.full_group())
    else:
        opened = SQLiteStore(path, codec=toys.ToyCodec())
        {"append": append, "take": take}[mode](opened, name, int(number))
        opened.close()
