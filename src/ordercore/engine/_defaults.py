"""
What an engine takes where the host hands in nothing: the machine's clock, and keys by chance.

"""

from datetime import UTC, datetime
from uuid import uuid4

from ordercore.instants import Instant

__all__ = ["now", "random_key"]


def now() -> Instant:
    """
    Say what time it is.

    """
    return datetime.now(UTC)


def random_key() -> str:
    """
    Make a key that nobody has made before.

    """
    return uuid4().hex
