"""
What a store keeps for whoever runs it: who works on what, what waits for a person, kept states.

None of it decides anything. A claim is a courtesy between workers, a mark is an index over folds,
a kept state saves folding; each can be lost or wrong, and no order ends otherwise.
"""

from collections.abc import Collection, Sequence
from typing import Protocol

import attrs

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant

__all__ = ["OpenLease", "Snapshot", "Standing", "WorkStore"]


@attrs.frozen(kw_only=True)
class Snapshot:
    """
    The state of a stream at a version, as text.

    Attributes:
        version: Which version's.
        form: Names what the text is made of; who knows another form folds anew.
        body: The text; a store keeps it and reads nothing in it.
    """

    version: int
    form: str
    body: str


@attrs.frozen(kw_only=True)
class Standing:
    """
    What a store keeps beside a stream's events.

    Attributes:
        version: How many events there are, as the stream's row says.
        next_due: When it next has something to do by itself; None for never.
        waits: How many of its effects wait for a person.
    """

    version: int
    next_due: Instant | None
    waits: int


@attrs.frozen(kw_only=True)
class OpenLease:
    """
    A lease that no outcome has ended yet.

    Attributes:
        effect_key: Of which effect.
        stream: Who owes it.
        holder: Whose it is; "" where it was given back after a try with an unknown outcome.
        first_at: When the effect was first leased.
        tried_at: When it was last leased.
        until: When the present lease ends.
    """

    effect_key: str
    stream: StreamId
    holder: str
    first_at: Instant
    tried_at: Instant
    until: Instant


class WorkStore(Protocol):
    """
    The part of a store that workers and operators ask.

    """

    def due(self, tenant: TenantId, at: Instant, limit: int) -> Sequence[StreamId]:
        """
        Return streams that have something to do by an instant, the longest due first.

        Claimed or not: this is for people and audits, workers use :meth:`claim_due`.
        """
        ...

    def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, *, holder: str, until: Instant
    ) -> Sequence[StreamId]:
        """
        Claim streams that have something to do by an instant, the longest due first (S9).

        A stream that somebody else has claimed beyond ``at`` is passed over; one's own come again.
        What is returned is ``holder``'s until ``until``, so two workers that ask at the same
        moment get different streams. Where nothing is due, nothing is written.

        Args:
            tenant: Whose.
            at: By when they are due.
            limit: How many at most.
            holder: Who claims; not empty.
            until: When the claim ends by itself, as after a crash.
        """
        ...

    def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        *,
        holder: str,
        rest_until: Instant | None = None,
    ) -> None:
        """
        Give claims back; what another holder has claimed meanwhile stays theirs.

        Args:
            tenant: Whose.
            streams: Which.
            holder: Who gives them back.
            rest_until: Nobody gets them before, the giver neither: work on them just failed. None
                for at once.
        """
        ...

    def next_due(self, tenant: TenantId) -> Instant | None:
        """
        Return the first instant at which a stream is both due and free of claims; None for never.

        It may lie in the past.
        """
        ...

    def waiting(self, tenant: TenantId, after: str, limit: int) -> Sequence[StreamId]:
        """
        Return streams with effects that wait for a person, in order of id, beyond one.

        """
        ...

    def standing(self, tenant: TenantId, stream: StreamId) -> Standing | None:
        """
        Return what is kept beside a stream's events; None where nothing is.

        """
        ...

    def leases(self, tenant: TenantId, after: str, limit: int) -> Sequence[OpenLease]:
        """
        Return leases that no outcome has ended, in order of effect key, beyond one.

        Those whose time is over are among them: nobody knows yet what came of their calls.
        """
        ...

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        ...
