"""Who reads the feed under a name: F1 and F2, over every store."""

import sqlite3
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidData, PortUnavailable
from ordercore.grammar import Recorded
from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import OTHER, SHOP, ToyCodec, says


def fill(store: Store, count: int) -> None:
    for n in range(count):
        store.commit(says(f"c-{n}", f"s-{n}", f"word {n}"))


class Listener:
    """Remembers the positions that it was told."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def __call__(self, events: Sequence[Recorded], _: Any) -> None:
        self.heard.extend(event.position for event in events)


def test_a_consumer_is_told_each_event_once_and_in_order(store: Store) -> None:
    fill(store, 7)
    listener = Listener()

    assert [store.consume(SHOP, "search", listener, limit=3) for _ in range(4)] == [3, 3, 1, 0]

    assert listener.heard == [1, 2, 3, 4, 5, 6, 7]
    assert store.consumed(SHOP, "search") == 7


def test_a_handler_is_not_called_for_nothing(store: Store) -> None:
    def never(events: Sequence[Recorded], _: Any) -> None:
        raise AssertionError(events)

    assert store.consume(SHOP, "search", never) == 0
    assert (store.consumed(SHOP, "search"), store.tenants()) == (0, [])


def test_consumers_and_tenants_go_their_own_ways(store: Store) -> None:
    fill(store, 3)
    store.commit(says("c-1", "s-1", "elsewhere", tenant=OTHER))
    listener = Listener()

    store.consume(SHOP, "search", listener, limit=2)

    assert store.consumed(SHOP, "mail") == store.consumed(OTHER, "search") == 0
    assert store.consume(OTHER, "search", Listener()) == 1
    assert store.consumed(SHOP, "search") == 2


def test_a_handler_that_fails_is_told_the_same_events_again(store: Store) -> None:
    fill(store, 2)

    def failing(events: Sequence[Recorded], _: Any) -> None:
        raise ValueError(len(events))

    with pytest.raises(ValueError, match="2"):
        store.consume(SHOP, "search", failing)

    listener = Listener()
    assert store.consume(SHOP, "search", listener) == 2
    assert listener.heard == [1, 2]


def test_eight_threads_under_one_name_share_the_feed_without_loss_or_repeat(store: Store) -> None:
    fill(store, 60)
    listener = Listener()

    def work() -> None:
        for _ in range(100):
            if not store.consume(SHOP, "search", listener, limit=3):
                return
        raise AssertionError("the feed has an end")

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert listener.heard == list(range(1, 61))


def test_who_handles_events_elsewhere_learns_that_another_was_faster(store: Store) -> None:
    fill(store, 4)

    assert store.advance(SHOP, "broker", after=0, to=2)
    assert not store.advance(SHOP, "broker", after=0, to=3)
    assert store.consumed(SHOP, "broker") == 2
    assert store.advance(SHOP, "broker", after=2, to=0)
    listener = Listener()
    assert store.consume(SHOP, "broker", listener) == 4
    assert listener.heard == [1, 2, 3, 4]


@pytest.mark.parametrize("position", [-1, 3])
def test_a_consumer_is_not_moved_where_there_is_no_event(store: Store, position: int) -> None:
    fill(store, 2)
    with pytest.raises(InvalidData, match=f"to: {position} is not within 0 to 2"):
        store.advance(SHOP, "broker", after=0, to=position)
    assert store.consumed(SHOP, "broker") == 0


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
