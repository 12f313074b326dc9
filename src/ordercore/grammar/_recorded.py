"""
An event with its place in the world's order.

"""

import attrs

from ordercore.grammar._grammar import Actor, Event
from ordercore.ids import CommandId, StreamId
from ordercore.instants import Instant

__all__ = ["Recorded"]


@attrs.frozen(kw_only=True)
class Recorded:
    """
    An event as it stands in the store.

    Attributes:
        position: Its place in the tenant's feed, from 1; 0 where it has none yet.
        stream: Whose fact it is.
        version: Its place in the stream, from 1.
        recorded_at: When it was committed.
        command_id: The command that led to it.
        actor: Who acted.
        on_behalf_of: For whom, where an agent acted for a customer.
        event: The fact.
    """

    position: int
    stream: StreamId
    version: int
    recorded_at: Instant
    command_id: CommandId
    actor: Actor
    on_behalf_of: str | None
    event: Event
