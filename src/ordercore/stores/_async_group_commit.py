"""
Group commit for an event loop: the twin of ``_group_commit``, over the same line.

Tasks that commit at the same moment share one transaction and one flush. The rules of the queue are
those of ``_gathering``; here a caller waits by awaiting. All runs in one event loop, and what is
done with the line has no ``await`` in it, so no lock is needed.

A task that is canceled while it leads hands the line on: whoever of its group has no answer yet is
written again by the next leader, and a command id is recorded once.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, final

from ordercore.errors import OutcomeUnknown, PortUnavailable
from ordercore.ids import TenantId
from ordercore.ports import AsyncStore, Commit, CommitRefusal, Receipt
from ordercore.stores._async_passing_on import AsyncPassingOn
from ordercore.stores._gathering import Gathering, Ticket
from ordercore.stores._group_commit import check_times, told

__all__ = ["AsyncGroupCommit"]


@final
class AsyncGroupCommit(AsyncPassingOn):
    """
    A store that writes the commits of several tasks together: the twin of :class:`GroupCommit`.

    Put it around a store that is awaited: ``AsyncGroupCommit(AsyncPostgresStore(dsn))``. All tasks
    of the event loop share one of these. What is not a commit goes straight to the store inside.

    Attributes:
        flushes: How many transactions of commits it has asked the store for.
        commits: How many commits were in them.
    """

    __slots__ = ("_holds", "_line", "_linger_s", "_streams", "_wait_s", "commits", "flushes")

    def __init__(
        self,
        store: AsyncStore,
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
            wait_s: How long a task waits before it gives its leader up; above what the store
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
        self._holds: Final[dict[asyncio.Task[Any] | None, int]] = {}
        self.flushes = 0
        self.commits = 0

    async def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit together with those of other tasks; see :meth:`Store.commit`.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule; nothing was written.
            PortUnavailable: The store itself failed; nothing was written.
            OutcomeUnknown: The task that has begun to write it has not come back in ``wait_s``.
        """
        ungrouped = commit.receipt.stream is not None and not self._streams
        if ungrouped or asyncio.current_task() in self._holds:
            self._count(1)
            return await self._store.commit(commit)
        signal = asyncio.Event()
        ticket = Ticket(commit, signal.set, _now())
        try:
            self._line.join(ticket)
            await self._see_through(ticket, signal)
        finally:
            # However this ends, a cancellation included: the line goes on without this task.
            self._line.leave(ticket)
        if ticket.is_settled:
            return told(ticket)
        self._count(1)
        return await self._store.commit(commit)

    async def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write a group as it is; see :meth:`Store.commit_many`.

        """
        self._count(len(commits))
        return await self._store.commit_many(commits)

    @asynccontextmanager
    async def hold(self, tenant: TenantId) -> AsyncGenerator[None, None]:
        """
        Keep every other writer out until the block ends; see :meth:`Store.hold`.

        What this task commits inside goes straight to the store: it can't wait for those whom it
        keeps out.
        """
        task = asyncio.current_task()
        async with self._store.hold(tenant):
            self._holds[task] = self._holds.get(task, 0) + 1
            try:
                yield
            finally:
                self._holds[task] -= 1
                if not self._holds[task]:
                    del self._holds[task]

    async def _see_through(self, ticket: Ticket, signal: asyncio.Event) -> None:
        """
        Wait for an answer, or lead and find it. Without one, the caller may write for itself.

        Raises:
            OutcomeUnknown: A leader has begun to write the commit and has not come back.
        """
        until = ticket.arrived + self._wait_s
        while not (ticket.is_settled or ticket.is_out):
            if ticket.leads:
                await self._linger(ticket, signal)
                await self._write(ticket)
                continue
            in_time = await _is_set(signal, until)
            if not ticket.waits():
                continue
            signal.clear()
            if not in_time:
                if self._line.give_up(ticket):
                    return
                reason = f"a group commit has not come back for {self._wait_s} s"
                raise OutcomeUnknown("store", ticket.commit.receipt.command_id, reason)

    async def _linger(self, ticket: Ticket, signal: asyncio.Event) -> None:
        """
        Wait for others to join, until the time is over or the group is full.

        """
        signal.clear()  # from here on it says that the group is full
        if not self._line.is_full:
            await _is_set(signal, ticket.arrived + self._linger_s)

    async def _write(self, leader: Ticket) -> None:
        """
        Write a group and hand out the answers.

        """
        group = self._line.close(leader)
        if not group:
            return
        commits = [ticket.commit for ticket in group]
        answers: Sequence[Receipt | CommitRefusal | Exception]
        try:
            self._count(len(group))
            answers = await self._store.commit_many(commits)
        except PortUnavailable as error:
            answers = [PortUnavailable(error.port, error.reason) for _ in group]
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            # Nothing of the group was written; whose fault it is, each finds out alone.
            answers = [error]
            if len(group) > 1:
                answers = [await self._alone(commit) for commit in commits]
        self._line.settle(group, answers)

    async def _alone(self, commit: Commit) -> Receipt | Exception:
        self._count(1)
        try:
            return await self._store.commit(commit)
        except Exception as error:  # noqa: BLE001 - raised again by the task that waits for it
            return error

    def _count(self, commits: int) -> None:
        self.flushes += 1
        self.commits += commits


def _now() -> float:
    return asyncio.get_running_loop().time()


async def _is_set(signal: asyncio.Event, until: float) -> bool:
    """
    Wait for a signal until an instant of the loop's clock; say whether it came.

    """
    if signal.is_set():
        return True
    left = until - _now()
    if left <= 0:
        return False
    try:
        await asyncio.wait_for(signal.wait(), left)
    except TimeoutError:
        return False
    return True
