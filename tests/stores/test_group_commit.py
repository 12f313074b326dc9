"""Threads that commit at the same moment share a transaction, and no answer shows it."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.engine import audit_ledger
from ordercore.errors import (
    Conflict,
    InvalidDefinition,
    OutcomeUnknown,
    PortUnavailable,
    Rejected,
)
from ordercore.ids import CommandId, StreamId
from ordercore.ports import Commit, CommitRefusal, Receipt, Store
from ordercore.stores import GroupCommit, MemoryStore
from ordercore.stores._gathering import Gathering, Ticket
from ordercore.stores._passing_on import PassingOn
from tests.stores._toys import SHOP, available, promise, says, supply, told
from tests.stores.test_agreement import readings
from tests.stores.test_concurrency import at_once

LONG_S = 30.0


class Watched(PassingOn):
    """A store that lets a test see, stop and break its writing."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.groups: list[list[str]] = []
        self.first: BaseException | None = None
        self.broken: dict[str, BaseException] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def commit(self, commit: Commit) -> Receipt:
        self._write((commit,))
        return self._store.commit(commit)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        self._write(commits)
        return self._store.commit_many(commits)

    @contextmanager
    def hold(self, tenant: object) -> Iterator[None]:
        with self._store.hold(SHOP):
            yield

    def _write(self, commits: Sequence[Commit]) -> None:
        names = [str(commit.receipt.command_id) for commit in commits]
        self.groups.append(names)
        self.entered.set()
        assert self.gate.wait(LONG_S)
        if self.first is not None:
            failure, self.first = self.first, None
            raise failure
        for name in names:
            if name in self.broken:
                raise self.broken[name]


def wait_for(condition: Callable[[], bool]) -> None:
    """Wait until the other threads have come so far; they are under way."""
    pause = threading.Event()
    for _ in range(6_000):
        if condition():
            return
        pause.wait(0.005)
    raise AssertionError


def standing_in_line(group: GroupCommit) -> int:
    return len(group._line._waiting)


class Submitters:
    """Threads that each commit once and keep what came of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._threads: list[threading.Thread] = []
        self.answers: dict[str, object] = {}

    def start(self, *commits: Commit) -> None:
        for commit in commits:
            thread = threading.Thread(target=self._commit, args=(commit,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _commit(self, commit: Commit) -> None:
        name = str(commit.receipt.command_id)
        try:
            self.answers[name] = self._store.commit(commit)
        except BaseException as error:  # noqa: BLE001 - looked at by the test
            self.answers[name] = error

    def finish(self) -> dict[str, object]:
        for thread in self._threads:
            thread.join(LONG_S)
            assert not thread.is_alive(), "a thread waits for ever"
        return self.answers


def test_twenty_concurrent_commits_are_one_flush(store: Store) -> None:
    group = GroupCommit(store, linger_s=LONG_S, most=20)

    receipts = at_once(20, lambda n: group.commit(says(f"c-{n}", f"s-{n}", "a")))

    assert (group.flushes, group.commits) == (1, 20)
    assert {receipt.command_id for receipt in receipts} == {f"c-{n}" for n in range(20)}
    assert len(list(store.feed(SHOP, 0, 99))) == 20


def test_what_gathers_while_a_group_is_written_is_the_next_group_in_order_of_arrival() -> None:
    watched = Watched(MemoryStore())
    group = GroupCommit(watched, linger_s=0, most=3)
    submitters = Submitters(group)
    watched.gate.clear()
    submitters.start(says("c-0", "s-0", "a"))
    assert watched.entered.wait(LONG_S)
    for n in range(1, 6):
        submitters.start(says(f"c-{n}", f"s-{n}", "a"))
        wait_for(lambda n=n: standing_in_line(group) == n)  # type: ignore[misc]  # bound at once
    watched.gate.set()

    submitters.finish()

    assert watched.groups == [["c-0"], ["c-1", "c-2", "c-3"], ["c-4", "c-5"]]
    assert (group.flushes, group.commits) == (3, 6)


def test_a_lone_commit_waits_its_moment_and_is_written(store: Store) -> None:
    group = GroupCommit(store)
    mine = says("c-1", "s-1", "a")

    assert group.commit(mine) is mine.receipt
    assert group.commit(says("c-1", "s-1", "a")) == mine.receipt
    assert told(store) == ["a"]
    assert (group.flushes, group.commits) == (2, 2)


def test_of_a_group_each_hears_its_own_answer(store: Store) -> None:
    store.commit(says("c-0", "s-1", "a", steps=(supply("t-0", 2),)))
    group = GroupCommit(store, linger_s=LONG_S, most=5)
    submitters = Submitters(group)
    commits = (
        says("c-1", None, steps=(promise("h-1", 2),)),
        says("c-2", None, steps=(promise("h-2", 3),)),
        says("c-3", "s-1", "late", version=0),
        says("c-4", "s-1", "b", version=1),
        says("c-0", "s-1", "a"),
    )
    submitters.start(*commits)

    answers = submitters.finish()

    assert group.flushes == 1
    assert answers["c-1"] is commits[0].receipt
    assert isinstance(answers["c-2"], Rejected)
    assert isinstance(answers["c-3"], Conflict)
    assert answers["c-4"] is commits[3].receipt
    assert answers["c-0"] == store.recall(SHOP, CommandId("c-0"))
    assert told(store) == ["a", "b"]
    assert available(store) == 0


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_threads_that_group_leave_what_single_commits_leave(seed: int) -> None:
    random, alone, inner = Random(seed), MemoryStore(), MemoryStore()
    group = GroupCommit(inner, linger_s=0.0005, most=random.randint(1, 8))
    shares: list[deque[Commit]] = [deque() for _ in range(4)]
    for n in range(24):
        own = n % 4  # a stream each, so that the order among threads changes nothing
        steps = (supply(f"t-{n}", 1),) if random.random() < 0.5 else ()
        commit = says(f"c-{n}", f"s-{own}", "w", version=n // 4, steps=steps)
        shares[own].append(commit)
        alone.commit(commit)

    def work(own: int) -> None:
        for commit in shares[own]:
            assert group.commit(commit) is commit.receipt

    at_once(4, work)

    assert group.commits == 24
    for own in range(4):
        assert told(inner, stream=f"s-{own}") == told(alone, stream=f"s-{own}") == ["w"] * 6
    assert list(inner.accounts(SHOP)) == list(alone.accounts(SHOP))
    assert audit_ledger(inner, SHOP) == ()


def test_of_200_buyers_of_the_last_unit_exactly_one_wins(store: Store) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 1),)))
    group = GroupCommit(store)

    def buy(n: int) -> bool:
        try:
            group.commit(says(f"c-{n}-buys", f"o-{n}", "bought", steps=(promise(f"h-{n}", 1),)))
        except Rejected as refusal:
            assert refusal.code == "shortage"  # noqa: PT017 - the losers' own answer
            return False
        return True

    assert sum(at_once(200, buy)) == 1
    assert available(store) == 0
    assert len(list(store.streams(SHOP))) == 1
    assert group.commits == 200
    assert group.flushes < 200


# ---------------------------------------------------------------- leaders and stores that fail


@pytest.mark.parametrize("death", [KeyboardInterrupt(), SystemExit()])
def test_when_a_leader_is_killed_while_it_writes_its_group_is_written_by_the_next(
    death: BaseException,
) -> None:
    watched = Watched(MemoryStore())
    watched.first = death
    group = GroupCommit(watched, linger_s=LONG_S, most=3)
    submitters = Submitters(group)
    for n in range(3):
        submitters.start(says(f"c-{n}", f"s-{n}", "a"))
        wait_for(lambda n=n: len(watched.groups) > 0 or standing_in_line(group) == n + 1)  # type: ignore[misc]
    wait_for(lambda: len(watched.groups) > 0)
    submitters.start(says("c-3", "s-3", "a"))  # fills the group of the two that are left

    answers = submitters.finish()

    assert answers["c-0"] is death
    assert all(isinstance(answers[f"c-{n}"], Receipt) for n in (1, 2, 3))
    assert watched.groups == [["c-0", "c-1", "c-2"], ["c-1", "c-2", "c-3"]]


def test_a_store_that_is_unavailable_is_so_for_the_whole_group_and_nothing_is_written() -> None:
    watched = Watched(MemoryStore())
    watched.first = PortUnavailable("store", "the disk is full")
    group = GroupCommit(watched, linger_s=LONG_S, most=3)
    submitters = Submitters(group)
    submitters.start(*(says(f"c-{n}", f"s-{n}", "a") for n in range(3)))

    answers = submitters.finish()

    assert {str(answer) for answer in answers.values()} == {
        "store is unavailable: the disk is full"
    }
    assert len({id(answer) for answer in answers.values()}) == 3
    assert list(watched.tenants()) == []


def test_a_defect_in_one_commit_is_heard_of_by_its_own_thread_alone() -> None:
    watched = Watched(MemoryStore())
    watched.broken["c-1"] = TypeError("no text")
    group = GroupCommit(watched, linger_s=LONG_S, most=3)
    submitters = Submitters(group)
    submitters.start(*(says(f"c-{n}", f"s-{n}", "a") for n in range(3)))

    answers = submitters.finish()

    assert isinstance(answers["c-1"], TypeError)
    assert isinstance(answers["c-0"], Receipt)
    assert isinstance(answers["c-2"], Receipt)
    assert sorted(map(len, watched.groups)) == [1, 1, 1, 3]


def test_who_stands_in_line_behind_a_leader_that_does_not_come_back_writes_for_itself() -> None:
    watched = Watched(MemoryStore())
    group = GroupCommit(watched, linger_s=0, most=1, wait_s=0.2)
    submitters = Submitters(group)
    watched.gate.clear()
    submitters.start(says("c-0", "s-0", "a"))
    assert watched.entered.wait(LONG_S)
    submitters.start(says("c-1", "s-1", "a"))
    wait_for(lambda: len(watched.groups) == 2)  # though the first has not come back
    assert not submitters.answers
    watched.gate.set()

    answers = submitters.finish()

    assert isinstance(answers["c-0"], Receipt)
    assert isinstance(answers["c-1"], Receipt)
    assert watched.groups == [["c-0"], ["c-1"]]
    assert isinstance(group.commit(says("c-2", "s-2", "a")), Receipt)


def test_whose_commit_was_begun_by_a_leader_that_does_not_come_back_is_told_that_nobody_knows() -> (
    None
):
    watched = Watched(MemoryStore())
    group = GroupCommit(watched, linger_s=LONG_S, most=2, wait_s=0.2)
    submitters = Submitters(group)
    watched.gate.clear()
    first, second = (says(f"c-{n}", f"s-{n}", "a") for n in (0, 1))
    submitters.start(first)
    wait_for(lambda: standing_in_line(group) == 1)
    submitters.start(second)
    wait_for(lambda: "c-1" in submitters.answers)
    unknown = submitters.answers["c-1"]
    watched.gate.set()

    answers = submitters.finish()

    assert isinstance(unknown, OutcomeUnknown)
    assert unknown.key == "c-1"
    assert isinstance(answers["c-0"], Receipt)
    assert group._store.recall(SHOP, CommandId("c-1")) == second.receipt


# ---------------------------------------------------------------- what is not grouped


def test_inside_a_hold_a_commit_goes_straight_to_the_store(store: Store) -> None:
    group = GroupCommit(store, linger_s=LONG_S)

    with group.hold(SHOP):
        group.commit(says("c-1", "s-1", "a"))
        with group.hold(SHOP):
            group.commit(says("c-2", "s-1", "b", version=1))

        assert told(group) == ["a", "b"]
    assert group.flushes == 2


def test_commits_to_streams_can_be_left_alone(store: Store) -> None:
    group = GroupCommit(store, linger_s=LONG_S, most=2, streams=False)
    submitters = Submitters(group)

    group.commit(says("c-1", "s-1", "a"))
    submitters.start(*(says(f"c-{n}", None, steps=(supply(f"t-{n}", 1),)) for n in (2, 3)))
    submitters.finish()

    assert (group.flushes, group.commits) == (2, 3)
    assert available(store) == 2


def test_all_else_is_asked_of_the_store_inside(store: Store) -> None:
    group = GroupCommit(store, linger_s=0)
    group.commit_many((says("c-1", "s-1", "a"), says("c-2", "s-2", "b", due=3)))

    assert (group.flushes, group.commits) == (1, 2)
    assert readings(group) == readings(store)
    assert group.load(SHOP, StreamId("s-1")) == store.load(SHOP, StreamId("s-1"))
    names = {name for name in dir(Store) if not name.startswith("_")}
    assert names <= set(dir(GroupCommit))


@pytest.mark.parametrize("wrong", [{"linger_s": -0.1}, {"most": 0}, {"wait_s": 0}])
def test_a_group_that_could_hold_nothing_is_no_definition(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidDefinition, match="group commit"):
        GroupCommit(MemoryStore(), **wrong)  # type: ignore[arg-type]  # of any of the three


# ---------------------------------------------------------------- the line by itself

moves = st.lists(
    st.tuples(
        st.sampled_from(("join", "join", "join", "close", "settle", "die", "give up")),
        st.integers(0, 9),
    ),
    max_size=60,
)


@given(moves, st.integers(1, 4))
@settings(max_examples=300)
def test_whoever_stands_in_line_has_a_leader_and_nobody_stands_in_it_twice(
    walk: list[tuple[str, int]], most: int
) -> None:
    line, joined = Gathering(most), list[Ticket]()
    groups: dict[int, tuple[Ticket, Sequence[Ticket]]] = {}
    left: set[int] = set()

    def leave(ticket: Ticket) -> None:
        line.leave(ticket)
        left.add(id(ticket))
        groups.pop(id(ticket), None)

    for what, which in walk:
        present = [ticket for ticket in joined if id(ticket) not in left]
        leaders = [ticket for ticket in present if ticket.leads]
        if what == "join":
            joined.append(Ticket(says(f"c-{len(joined)}", None), lambda: None, float(len(joined))))
            line.join(joined[-1])
        elif what == "close" and leaders and id(leaders[0]) not in groups:
            groups[id(leaders[0])] = leaders[0], line.close(leaders[0])
        elif what == "settle" and groups:
            leader, group = list(groups.values())[which % len(groups)]
            line.settle(group, [ticket.commit.receipt for ticket in group])
            for ticket in (*group, leader):
                leave(ticket)
        elif what == "die" and present:
            leave(present[which % len(present)])
        elif what == "give up" and present:
            ticket = present[which % len(present)]
            if not (ticket.leads or ticket.is_settled or ticket.is_out):
                line.give_up(ticket)
                left.add(id(ticket))

        waiting = list(line._waiting)
        assert len({id(ticket) for ticket in waiting}) == len(waiting)
        assert not any(ticket.is_settled or ticket.is_begun for ticket in waiting)
        assert sum(ticket.leads for ticket in joined) == (1 if waiting or line._leader else 0)
        for ticket in joined:
            ended = ticket.is_settled or ticket.is_out or ticket.is_begun or id(ticket) in left
            assert ended or ticket in waiting
