"""
What rules outside of orders may ask about them: whose a number is, and how an order stands.

"""

from collections.abc import Mapping
from typing import Final

import attrs

from ordercore.grammar import Need
from ordercore.ids import OrderId, StreamId
from ordercore.orders._order import Order

__all__ = [
    "SLOTS_MAX",
    "SOMEBODY_WAITS",
    "KnownReferences",
    "PresentOrder",
    "is_slot",
    "waiting_slots",
]

#: How many may be woken by one reference; those beyond find it when they look again.
SLOTS_MAX: Final = 8
#: What everybody declares who waits for any reference at all: where nobody ever has, nobody need be
#: asked for one by one.
SOMEBODY_WAITS: Final = "parked:"


@attrs.frozen
class KnownReferences(Need[Mapping[str, StreamId]]):
    """
    Whose these outside references are. Answer: the stream that declared each; unknown ones absent.

    Attributes:
        names: As events declare them (``"acme-pay:ch_17"``).
    """

    names: tuple[str, ...]


@attrs.frozen
class PresentOrder(Need[Order | None]):
    """
    How an order stands. Answer: the order, None where there is none.

    It may have moved on by the time of the commit: go by what of it never changes.
    """

    order_id: OrderId


def waiting_slots(name: str) -> tuple[str, ...]:
    """
    Name the slots in which others wait for a reference, in the order in which they are taken.

    Whoever waits for a reference declares one of them among its own references; whoever has
    recorded it asks who stands there.

    >>> waiting_slots("acme:ch_17")[0]
    'parked:acme:ch_17#1'
    """
    return tuple(f"{SOMEBODY_WAITS}{name}#{n}" for n in range(1, SLOTS_MAX + 1))


def is_slot(reference: str) -> bool:
    """
    Tell the names of those who wait from those that they wait for.

    """
    return reference.startswith(SOMEBODY_WAITS)
