"""
Group commit: threads that commit at the same moment share one transaction and one flush.

A disk confirms a flush in its own time, however much is in it. So the first thread that arrives
leads: it waits a moment for others, writes all of them with ``Store.commit_many``, and hands out
the answers. Who arrives while it writes stands in line for the next leader. The order of writing is
the order of arrival, and each commit is judged for itself (S11), so nobody can tell from an answer
that there was a group. A leader waits for no more than have lately been at it at once; so a caller
who is alone soon waits for nobody.

Nobody waits for ever. A leader that dies hands the line on. A store that is unavailable is so for
all of the group. Should a commit of the group break the store in a way that no store expects, the
members are committed one by one, so that only the culprit hears of it. And whoever has waited for
``wait_s`` gives its leader up: from the line, it writes for itself; where the leader has begun to
write and nobody knows what came of it, the caller is told so and may try the same command again.
"""

import threading
import time
from collections.abc import Generator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, Final, final

from ordercore.errors import InvalidDefinition, InvariantViolated, OutcomeUnknown, PortUnavailable
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ports import (
    CarriedStore,
    Commit,
    CommitRefusal,
    JoinableStore,
    JoinedStore,
    Receipt,
    Store,
)
from ordercore.stores._gathering import Gathering, Ticket
from ordercore.stores._judging import outcome
from ordercore.stores._passing_on import PassingOn

__all__ = ["GroupCommit", "check_times", "told"]


class _Signal:
    """
    What one thread waits for and others give: an event that is used up by whoever has waited.

    A lock is all that it needs; ``threading.Event`` makes another at every wait.
    """

    __slots__ = ("_given",)

    def __init__(self) -> None:
        self._given: Final = threading.Lock()
        self._given.acquire()

    def set(self) -> None:
        with suppress(RuntimeError):  # it was given before
            self._given.release()

    def clear(self) -> None:
        self._given.acquire(blocking=False)

    def wait(self, seconds: float) -> bool:
        return self._given.acquire(timeout=max(seconds, 0))


class _Here(threading.local):
    """
    What one thread holds.

    """

    holds = 0


@final
class GroupCommit(PassingOn):
    """
    A store that writes the commits of several threads together: ``GroupCommit(SQLiteStore(path))``.

    Worth it where commits wait for a disk and come from several threads at once. All threads share
    one of these. What is not a commit goes straight to the store inside.

    Attributes:
        flushes: How many transactions of commits it has asked the store for.
        commits: How many commits were in them.
    """

    __slots__ = (
        "_here", "_line", "_linger_s", "_lock", "_streams", "_wait_s", "commits", "flushes",
    )  # fmt: skip

    def __init__(
        self,
        store: Store,
        *,
        linger_s: float = 0.002,
        most: int = 64,
        wait_s: float = 30.0,
        streams: bool = True,
    ) -> None:
        """
        Put group commit in front of a store; closing it closes the store.

        Args:
            store: Where the groups are written.
            linger_s: How long a leader waits for others, counted from its own arrival. 0 groups
                only what gathers while another group is being written.
            most: How many commits one group may hold; a leader that has so many waits no longer.
            wait_s: How long a thread waits before it gives its leader up; above what the store
                itself may take for a group.
            streams: Whether commits that write to a stream are grouped too; False groups only
                those of the ledger alone.

        Raises:
            InvalidDefinition: A time is negative, or a group could hold nothing.
        """
        check_times(linger_s, wait_s, most)
        super().__init__(store)
        self._linger_s: Final = linger_s
        self._wait_s: Final = wait_s
        self._streams: Final = streams
        self._line: Final = Gathering(most)
        self._lock: Final = threading.Lock()
        self._here: Final = _Here()
        self.flushes = 0
        self.commits = 0

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit together with those of other threads; see :meth:`Store.commit`.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule; nothing was written.
            PortUnavailable: The store itself failed; nothing was written.
            OutcomeUnknown: The thread that has begun to write it has not come back in ``wait_s``.
        """
        if self._here.holds or (commit.receipt.stream is not None and not self._streams):
            self._count(1)
            return self._store.commit(commit)
        signal = _Signal()
        ticket = Ticket(commit, signal.set, time.monotonic())
        try:
            with self._lock:
                self._line.join(ticket)
            self._see_through(ticket, signal)
        finally:
            # However this ends, an interrupt included: the line goes on without this thread.
            with self._lock:
                self._line.leave(ticket)
        if ticket.is_settled:
            return told(ticket)
        self._count(1)
        return self._store.commit(commit)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write a group as it is; see :meth:`Store.commit_many`.

        """
        self._count(len(commits))
        return self._store.commit_many(commits)

    def joined(self, connection: Any) -> AbstractContextManager[JoinedStore]:  # noqa: ANN401 - the store inside knows it
        """
        Work inside a host's transaction; nothing of it is grouped.

        Raises:
            InvalidDefinition: The store inside can't, or not with this connection.
        """
        inside = self._store
        if not isinstance(inside, JoinableStore):
            raise InvalidDefinition(f"a {type(inside).__name__} joins no transaction")
        return inside.joined(connection)

    def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner of the store inside enqueue what is due; see :meth:`SQLiteStore.redrive`.

        Raises:
            InvalidDefinition: There is no runner.
        """
        inside = self._store
        if not isinstance(inside, CarriedStore):
            raise InvalidDefinition(f"a {type(inside).__name__} has no runner")
        return inside.redrive(tenant, by)

    @contextmanager
    def hold(self, tenant: TenantId) -> Generator[None, None, None]:
        """
        Keep every other writer out until the block ends; see :meth:`Store.hold`.

        What this thread commits inside goes straight to the store: it can't wait for those whom
        it keeps out.
        """
        with self._store.hold(tenant):
            self._here.holds += 1
            try:
                yield
            finally:
                self._here.holds -= 1

    def _see_through(self, ticket: Ticket, signal: _Signal) -> None:
        """
        Wait for an answer, or lead and find it. Without one, the caller may write for itself.

        Raises:
            OutcomeUnknown: A leader has begun to write the commit and has not come back.
        """
        until = ticket.arrived + self._wait_s
        while not (ticket.is_settled or ticket.is_out):
            if ticket.leads:
                self._linger(ticket, signal)
                self._write(ticket)
                continue
            in_time = signal.wait(until - time.monotonic())
            if not ticket.waits():  # as mostly; all wake at once, and need not queue for the lock
                continue
            with self._lock:
                if not ticket.waits():
                    continue
                signal.clear()
                if not in_time:
                    if self._line.give_up(ticket):
                        return
                    reason = f"a group commit has not come back for {self._wait_s} s"
                    raise OutcomeUnknown("store", ticket.commit.receipt.command_id, reason)

    def _linger(self, ticket: Ticket, signal: _Signal) -> None:
        """
        Wait for others to join, until the time is over or the group is full.

        """
        with self._lock:
            signal.clear()  # from here on it says that the group is full
            left = 0 if self._line.is_full else ticket.arrived + self._linger_s - time.monotonic()
        if left > 0:
            signal.wait(left)

    def _write(self, leader: Ticket) -> None:
        """
        Write a group and hand out the answers.

        """
        with self._lock:
            group = self._line.close(leader)
        if not group:
            return
        commits = [ticket.commit for ticket in group]
        answers: Sequence[Receipt | CommitRefusal | Exception]
        try:
            self._count(len(group))
            answers = self._store.commit_many(commits)
        except PortUnavailable as error:
            answers = [PortUnavailable(error.port, error.reason) for _ in group]
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            # Nothing of the group was written; whose fault it is, each finds out alone.
            answers = [error] if len(group) == 1 else [self._alone(commit) for commit in commits]
        with self._lock:
            self._line.settle(group, answers)

    def _alone(self, commit: Commit) -> Receipt | Exception:
        self._count(1)
        try:
            return self._store.commit(commit)
        except Exception as error:  # noqa: BLE001 - raised again by the thread that waits for it
            return error

    def _count(self, commits: int) -> None:
        with self._lock:
            self.flushes += 1
            self.commits += commits


def check_times(linger_s: float, wait_s: float, most: int) -> None:
    """
    Refuse a group commit that could write nothing.

    Raises:
        InvalidDefinition: A time is negative, or a group could hold nothing.
    """
    if linger_s < 0 or wait_s <= 0 or most < 1:
        raise InvalidDefinition(
            f"group commit with linger_s={linger_s}, wait_s={wait_s}, most={most}: the first "
            "is 0 or more, the second above 0, the third 1 or more"
        )


def told(ticket: Ticket) -> Receipt:
    """
    Return or raise what came of a commit, once.

    """
    answer, failure = ticket.answer, ticket.failure
    ticket.answer = ticket.failure = None  # else an error and the frames it passes keep each other
    if answer is not None:
        return outcome(answer)
    try:
        raise failure or InvariantViolated("a group commit was settled with nothing")
    finally:
        del failure
