"""
Noting what commits make known that others may wait for; see ``_waking``.

"""

from collections import deque
from typing import Final

import attrs

from ordercore.engine._requests import Submitted
from ordercore.orders import ORDERS, is_slot

__all__ = ["NAMES_MAX", "Noted"]

#: How many names are noted and asked for in one go; who waits for one beyond looks again by itself.
NAMES_MAX: Final = 1_000


@attrs.frozen(eq=False)
class Noted:
    """
    The names that the commits of one drive have made known, and that nobody has asked for yet.

    """

    names: deque[str] = attrs.field(factory=lambda: deque[str](maxlen=NAMES_MAX))

    def note(self, submitted: Submitted) -> Submitted:
        """
        Note what a command has made known, once it is durable; return its result.

        """
        stream, events = submitted.stream, submitted.events
        if stream is None or submitted.repeated or not events:
            return submitted
        if submitted.version == len(events) and stream.startswith(_ORDER):
            self.names.append(stream)  # an order is what a message may name outright
        for event in events:
            self.names.extend(name for name in event.references if not is_slot(name))
        return submitted


_ORDER: Final = f"{ORDERS.kind}/"
