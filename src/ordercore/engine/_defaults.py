"""
What an engine takes where a host says nothing.

"""

from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from ordercore.grammar import Actor, ActorKind
from ordercore.instants import Instant

__all__ = ["HOST", "now", "random_key"]

#: Who acts where nobody is named.
HOST: Final = Actor(ActorKind.SYSTEM, "host")


def now() -> Instant:
    """
    Say what time it is.

    """
    return datetime.now(UTC)


def random_key() -> str:
    """
    Make a key that nobody has.

    """
    return uuid4().hex
