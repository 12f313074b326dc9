"""
The part of a store that tells what has happened, in one order, to whoever follows it.

"""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from ordercore.grammar import Recorded
from ordercore.ids import TenantId

__all__ = ["FeedStore"]


class FeedStore(Protocol):
    """
    The part of a store that is followed under names.

    """

    def feed(self, tenant: TenantId, after: int, limit: int) -> Sequence[Recorded]:
        """
        Return events of all streams beyond a position, in order of position.

        """
        ...

    def consumed(self, tenant: TenantId, consumer: str) -> int:
        """
        Return the position up to which a consumer has handled the feed; 0 for an unknown one.

        """
        ...

    def consume(
        self,
        tenant: TenantId,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], None],
        limit: int = 100,
    ) -> int:
        """
        Hand a consumer its next events, and move it beyond them in the same transaction.

        Exactly-once effect for what the handler writes through the connection that it is given;
        at least once for whatever else it does. It may read the store, and must not keep it long:
        the consumer is locked, and in a file every writer is. Consumers of a broker read
        :meth:`feed` and then call :meth:`advance`.

        Args:
            tenant: Whose events.
            consumer: The name under which the position is kept.
            handle: Given the events and the store's own connection (None where it has none); not
                called when there are none.
            limit: At most so many events.

        Returns:
            How many events were handled.

        Raises:
            Exception: What the handler raises; nothing has moved, and what it wrote is undone.
        """
        ...

    def advance(self, tenant: TenantId, consumer: str, *, after: int, to: int) -> bool:
        """
        Move a consumer that handles events elsewhere, unless somebody else has moved it.

        Moving back, to 0 for one, has a projection built anew.

        Args:
            tenant: Whose events.
            consumer: The name under which the position is kept.
            after: Where the caller has read from.
            to: The position of the last event handled.

        Returns:
            Whether it was at ``after`` and is now at ``to``. False: another process has handled
            these events too.

        Raises:
            InvalidData: The feed has no position ``to``; nothing has moved.
        """
        ...
