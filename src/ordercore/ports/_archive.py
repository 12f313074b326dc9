"""
The part of a store that puts the events of ended streams out of the way.

Years of closed orders are read seldom and never change by themselves, yet they lie among those that
are written every second. An archive is a second place for events in the same store: what works
every day stays small, and every reading is as it was. A closed order that somebody returns goes on
where it stood; what is added to it lies among the present events and may be archived in its turn.
"""

from collections.abc import Sequence
from typing import Protocol

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant

__all__ = ["ArchiveStore"]


class ArchiveStore(Protocol):
    """
    The part of a store that archives.

    """

    def archivable(
        self, tenant: TenantId, before: Instant, after: str, limit: int
    ) -> Sequence[StreamId]:
        """
        Return streams that have been quiet since before an instant, in order of id, beyond one.

        Quiet: events that are not archived, the last of them recorded before the instant; nothing
        due, and nothing that waits for a person. Whether such a stream has ended is its kind's to
        say, so callers ask that.
        """
        ...

    def archive(self, tenant: TenantId, stream: StreamId) -> int:
        """
        Put a stream's events out of the way; returns how many have moved. Readings don't change.

        The last event of the feed stays where it is, whosever it is: positions are counted from it.
        """
        ...
