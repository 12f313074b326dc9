"""
Who waits, who leads, who is written next: the queue of a group commit, without any waiting in it.

Callers stand in one line, in order of arrival. One of them leads: it closes a group at the head of
the line, writes it, and settles everybody in it. Those who arrive meanwhile form the next group,
and the first of them leads it. Nobody here blocks, sleeps or locks: a caller is woken by a function
that it brought along, so threads and coroutines queue by the same rules. Whoever shares a line
among threads holds one lock around every call.

A leader may die at any point (an interrupt, a cancellation). :meth:`Gathering.leave` puts right
whatever it left behind: those of its group that have no answer go back to the head of the line, and
the next one leads. To write a commit twice is harmless, since a store records a command id once.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from ordercore.ports import Commit, CommitRefusal, Receipt

__all__ = ["Gathering", "Ticket"]


class Ticket:
    """
    One commit in the line.

    Attributes:
        commit: What is to be written.
        wake: Lets its caller look again; may be called more than once.
        arrived: When it joined, by the clock of whoever waits.
        leads: Whether its caller is to write a group that begins with it.
        answer: What came of it.
        failure: Why the store could not say; to be raised.
        is_begun: Whether a leader is writing it.
        is_out: Whether it was put out of the line; its caller writes for itself.
    """

    __slots__ = ("answer", "arrived", "commit", "failure", "is_begun", "is_out", "leads", "wake")

    def __init__(self, commit: Commit, wake: Callable[[], None], arrived: float) -> None:
        self.commit: Final = commit
        self.wake: Final = wake
        self.arrived: Final = arrived
        self.leads = False
        self.answer: Receipt | CommitRefusal | None = None
        self.failure: Exception | None = None
        self.is_begun = False
        self.is_out = False

    @property
    def is_settled(self) -> bool:
        """
        Whether there is nothing left to wait for.

        """
        return self.answer is not None or self.failure is not None

    def waits(self) -> bool:
        """
        Say whether its caller has nothing to do but to wait.

        """
        return not (self.is_settled or self.leads or self.is_out)


class Gathering:
    """
    The line of a group commit.

    """

    __slots__ = ("_abreast", "_group", "_leader", "_most", "_waiting")

    def __init__(self, most: int) -> None:
        """
        Open a line.

        Args:
            most: How many commits one group may hold.
        """
        self._most: Final = most
        self._abreast = most
        self._waiting: deque[Ticket] = deque()
        self._group: list[Ticket] = []
        self._leader: Ticket | None = None

    @property
    def is_full(self) -> bool:
        """
        Whether those who wait fill a group, so that its leader need not wait for more.

        A group is full with the most that it may hold, and with all who have lately been abreast:
        nobody waits for those who never come. A line that is new expects the most.
        """
        return len(self._waiting) >= min(self._most, self._abreast)

    def join(self, ticket: Ticket) -> None:
        """
        Stand at the end of the line; where nobody leads, the first in it does from now on.

        """
        self._waiting.append(ticket)
        if self._leader is None:
            self._appoint()
        elif self.is_full and not self._group:
            self._leader.wake()

    def close(self, leader: Ticket) -> Sequence[Ticket]:
        """
        Let a leader take its group: itself and those who wait behind it, in order of arrival.

        """
        if self._leader is not leader:  # it was given up for lost while it waited
            return ()
        self._group = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
        for ticket in self._group:
            ticket.is_begun = True
        return tuple(self._group)

    def settle(
        self, group: Sequence[Ticket], answers: Sequence[Receipt | CommitRefusal | Exception]
    ) -> None:
        """
        Answer a group and wake it. An error that is no refusal is raised where it is waited for.

        Those who were in it and those who have come meanwhile are abreast: as many may come again.
        Where fewer do, less is expected a little at a time, for they may only be late.
        """
        abreast = len(group) + len(self._waiting)
        self._abreast = max(abreast, self._abreast - 1 - self._abreast // 8)
        for ticket, answer in zip(group, answers, strict=True):
            if ticket.is_settled:
                continue
            if isinstance(answer, Receipt | CommitRefusal):
                ticket.answer = answer
            else:
                ticket.failure = answer
            ticket.wake()

    def leave(self, ticket: Ticket) -> None:
        """
        Step out of the line, done or not, leading or not.

        What a leader's group still waits for goes back to the head of the line, and the next leads.
        """
        if self._leader is ticket:
            self._leader, group = None, self._group
            self._group = []
            for other in reversed(group):
                if not other.is_settled and other is not ticket:
                    other.is_begun = False
                    self._waiting.appendleft(other)
        elif ticket in self._group:
            self._group.remove(ticket)
        if ticket in self._waiting:
            self._waiting.remove(ticket)
        ticket.leads = False
        if self._leader is None:
            self._appoint()

    def give_up(self, ticket: Ticket) -> bool:
        """
        Step out of the line because its leader does not come back; the next one leads in its stead.

        What the lost leader was writing stays with it: should it come back, its group is settled.
        A leader that was only slow finds itself out of the line and writes for itself.

        Returns:
            Whether the commit was certainly not begun, so that it may be written otherwise.
        """
        lost = self._leader
        is_its_leader = ticket in self._waiting or ticket in self._group
        if lost is not None and lost is not ticket and is_its_leader:
            self._leader, self._group = None, []
            lost.leads = False
            if lost in self._waiting:
                self._waiting.remove(lost)
                lost.is_out = True
                lost.wake()
        self.leave(ticket)
        return not ticket.is_begun

    def _appoint(self) -> None:
        if self._waiting:
            self._leader = self._waiting[0]
            self._leader.leads = True
            self._leader.wake()
