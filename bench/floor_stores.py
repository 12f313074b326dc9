"""
Where the floor keeps its facts: in dictionaries, or by one SQLite transaction a command.

"""

import json
import sqlite3
from collections import defaultdict
from itertools import count
from typing import Any, Final, Protocol

__all__ = ["Dicts", "Event", "Keeper", "Rows", "Step"]

Event = tuple[str, dict[str, Any]]
#: id, source, target, amount, least that stays in the source (None: no guard)
Step = tuple[str, str, str, int, int | None]

_TABLES: Final = """
CREATE TABLE events (position INTEGER PRIMARY KEY, stream TEXT NOT NULL, version INTEGER NOT NULL,
    at INTEGER NOT NULL, command TEXT NOT NULL, name TEXT NOT NULL, body TEXT NOT NULL,
    UNIQUE (stream, version));
CREATE TABLE steps (position INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL,
    target TEXT NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL);
CREATE TABLE balances (account TEXT PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE commands (key TEXT PRIMARY KEY, name TEXT NOT NULL, body TEXT NOT NULL,
    at INTEGER NOT NULL) WITHOUT ROWID;
"""


class Keeper(Protocol):
    def known(self, key: str) -> bool: ...
    def commit(
        self,
        key: str,
        name: str,
        body: dict[str, Any],
        order: dict[str, Any] | None,
        *,
        events: list[Event],
        steps: list[Step],
    ) -> None: ...


def _check_left(source: str, have: int, amount: int, least: int | None) -> None:
    if least is not None and have - amount < least:
        raise ValueError(f"{source} has {have}, asked {amount}")


class Dicts:
    """Everything in dictionaries."""

    def __init__(self) -> None:
        self.events: defaultdict[str, list[Event]] = defaultdict(list)
        self.steps: dict[str, Step] = {}
        self.balances: defaultdict[str, int] = defaultdict(int)
        self.commands: dict[str, tuple[str, dict[str, Any]]] = {}

    def known(self, key: str) -> bool:
        return key in self.commands

    def commit(
        self,
        key: str,
        name: str,
        body: dict[str, Any],
        order: dict[str, Any] | None,
        *,
        events: list[Event],
        steps: list[Step],
    ) -> None:
        balances = self.balances
        for step in steps:
            _, source, _, amount, least = step
            _check_left(source, balances[source], amount, least)
        for step in steps:
            identity, source, target, amount, _ = step
            balances[source] -= amount
            balances[target] += amount
            self.steps[identity] = step
        if order is not None:
            self.events[order["id"]].extend(events)
        self.commands[key] = name, body


class Rows:
    """One SQLite transaction a command."""

    def __init__(self, path: str, durability: str = "FULL") -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute(f"PRAGMA synchronous = {durability}")
        self._db.executescript(_TABLES)
        self._ticks = count(1)

    def close(self) -> None:
        self._db.close()

    def known(self, key: str) -> bool:
        found = self._db.execute("SELECT 1 FROM commands WHERE key = ?", (key,)).fetchone()
        return found is not None

    def commit(
        self,
        key: str,
        name: str,
        body: dict[str, Any],
        order: dict[str, Any] | None,
        *,
        events: list[Event],
        steps: list[Step],
    ) -> None:
        db, at = self._db, next(self._ticks)
        db.execute("BEGIN IMMEDIATE")
        try:
            for identity, source, target, amount, least in steps:
                row = db.execute("SELECT amount FROM balances WHERE account = ?", (source,))
                have: int = (row.fetchone() or (0,))[0]
                _check_left(source, have, amount, least)
                db.executemany(
                    "INSERT INTO balances VALUES (?, ?) ON CONFLICT (account)"
                    " DO UPDATE SET amount = amount + excluded.amount",
                    ((source, -amount), (target, amount)),
                )
                db.execute(
                    "INSERT INTO steps (id, source, target, amount, at) VALUES (?, ?, ?, ?, ?)",
                    (identity, source, target, amount, at),
                )
            if order is not None:
                stream, version = order["id"], order["version"]
                db.executemany(
                    "INSERT INTO events (stream, version, at, command, name, body)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    [
                        (stream, version + n, at, key, event, json.dumps(facts))
                        for n, (event, facts) in enumerate(events, 1)
                    ],
                )
            db.execute(
                "INSERT INTO commands VALUES (?, ?, ?, ?)", (key, name, json.dumps(body), at)
            )
        except BaseException:
            db.execute("ROLLBACK")
            raise
        db.execute("COMMIT")
