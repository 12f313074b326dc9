"""Who reads the feed under a name: F1 and F2, over every store."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import PortUnavailable
from ordercore.grammar import Recorded
from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import SHOP, ToyCodec, says


def fill(store: Store, count: int) -> None:
    for n in range(count):
        store.commit(says(f"c-{n}", f"s-{n}", f"word {n}"))


class Listener:
    """Remembers the positions that it was told."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, events: Sequence[Recorded], _: Any) -> None:
        self.heard.extend(event.position for event in events)


@given(st.lists(st.one_of(st.integers(1, 5), st.just("fails"), st.just("appends")), max_size=20))
def test_however_it_is_read_a_projection_has_every_event_once(
    acts: list[int | str],
) -> None:
    memory, rows = MemoryStore(), SQLiteStore(":memory:", codec=ToyCodec())
    heard: dict[Store, list[int]] = {memory: [], rows: []}
    for n, act in enumerate([*acts, 100]):
        for store, told in heard.items():

            def handle(
                events: Sequence[Recorded], _: Any, act: Any = act, told: list[int] = told
            ) -> None:
                if act == "fails":
                    raise PortUnavailable("search", "down")
                told.extend(event.position for event in events)

            if act == "appends":
                store.commit(says(f"c-{n}", f"s-{n}", "a", "b"))
                continue
            try:
                store.consume(SHOP, "search", handle, limit=act if isinstance(act, int) else 9)
            except PortUnavailable:
                assert act == "fails"
    appended = 2 * acts.count("appends")
    assert heard[memory] == heard[rows] == list(range(1, appended + 1))
    rows.close()


# ---------------------------------------------------------------- F2, in one file


def test_a_projection_in_the_same_file_stands_or_falls_with_its_position(path: Path) -> None:
    store = SQLiteStore(path, codec=ToyCodec())
    fill(store, 3)
    with sqlite3.connect(path) as host:
        host.execute("CREATE TABLE words (position INTEGER PRIMARY KEY, stream TEXT)")

    def project(events: Sequence[Recorded], connection: sqlite3.Connection) -> None:
        rows = [(event.position, event.stream) for event in events]
        connection.executemany("INSERT INTO words VALUES (?, ?)", rows)
        if store.consumed(SHOP, "words") == 2:
            raise RuntimeError("the power fails")

    store.consume(SHOP, "words", project, limit=2)
    with pytest.raises(RuntimeError):
        store.consume(SHOP, "words", project)
    store.close()

    with sqlite3.connect(path) as host:
        assert host.execute("SELECT position FROM words").fetchall() == [(1,), (2,)]
    again = SQLiteStore(path, codec=ToyCodec())
    assert again.consumed(SHOP, "words") == 2
    again.close()


def test_a_handler_may_commit_and_its_commit_falls_with_it(path: Path) -> None:
    store = SQLiteStore(path, codec=ToyCodec())
    fill(store, 1)
    fails = True

    def answer(events: Sequence[Recorded], _: Any) -> None:
        for event in events:
            store.commit(says(f"answer-{event.position}", f"answer-{event.position}", "yes"))
        if fails:
            raise RuntimeError("too early")

    with pytest.raises(RuntimeError):
        store.consume(SHOP, "answers", answer)
    assert [r.stream for r in store.feed(SHOP, 0, 10)] == ["s-0"]

    fails = False
    assert store.consume(SHOP, "answers", answer) == 1
    assert [r.stream for r in store.feed(SHOP, 0, 10)] == ["s-0", "answer-1"]
    store.close()


def test_two_processes_hand_a_consumer_on_where_the_other_has_left_it(path: Path) -> None:
    first, second = SQLiteStore(path, codec=ToyCodec()), SQLiteStore(path, codec=ToyCodec())
    fill(first, 4)
    listener = Listener()
    for store in (first, second, first, second):
        store.consume(SHOP, "search", listener, limit=1)
    assert listener.heard == [1, 2, 3, 4]
    first.close()
    second.close()
