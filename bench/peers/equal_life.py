"""
The order life that ordercore and its peers all lead: five commands, three lines, ten places.

This page is what "the same work" means. Everybody imports it, nobody needs anything for it but
Python, and each says in its own module how it spells the five commands:

1. **place**: price three lines and VAT, choose among ten places the one that ships cheapest and
   has everything, promise the units there, have the payment authorized;
2. **pick**: the units were taken from the shelf;
3. **pack**: they were put into a box;
4. **ship**: the carrier has the box, the units have left the stock, the payment is captured;
5. **deliver**: the customer has it, the order is completed.

Providers answer at once, in the same process, for everybody. An order's destination moves around
the ten places, so the stock of all of them is drawn upon alike.

What everybody has to arrive at is in :func:`end_of`; the runs compare it.
"""

import gc
import time
from collections.abc import Callable
from typing import Any, Final

__all__ = [
    "LINES",
    "PLACES",
    "SHIPPING_MINOR",
    "WARM_UP",
    "end_of",
    "package_minor",
    "stocked",
    "tax_minor",
    "timed",
    "total_minor",
]

#: SKU, units, price of one in cents without VAT. Their VAT is whole cents, so that libraries which
#: round by unit, by line or by order arrive at the same total.
LINES: Final = (("MUG", 2, 1_000), ("TEA", 1, 500), ("POT", 1, 1_300))
PLACES: Final = tuple(f"place-{n}" for n in range(10))
SHIPPING_MINOR: Final = 500
#: Lives led before the clock starts, on the same store.
WARM_UP: Final = 5


def tax_minor(amount_minor: int) -> int:
    """Return the VAT on an amount: 19 %, cents below one dropped."""
    return amount_minor * 19 // 100


def total_minor() -> int:
    """Return what one order costs."""
    nets = [quantity * price for _, quantity, price in LINES] + [SHIPPING_MINOR]
    return sum(net + tax_minor(net) for net in nets)


def package_minor(place: int, area: int) -> int:
    """Return what a box from a place to an area costs: dearer by the way around the ring."""
    way = (place - area) % len(PLACES)
    return 490 + 40 * min(way, len(PLACES) - way)


def stocked(lives: int) -> dict[str, int]:
    """Return what lies at each place at the start: enough for its share, and spare."""
    share = lives // len(PLACES) + 2
    return {sku: 2 * quantity * share for sku, quantity, _ in LINES}


def end_of(lives: int) -> dict[str, int]:
    """Return the state after so many lives."""
    units = sum(quantity for _, quantity, _ in LINES)
    received = len(PLACES) * sum(stocked(lives).values())
    return {
        "orders_completed": lives,
        "units_shipped": lives * units,
        "units_reserved": 0,
        "units_on_hand": received - lives * units,
        "captured_minor": lives * total_minor(),
    }


def timed(lead: Callable[[int], Any], lives: int) -> float:
    """Return the seconds that so many lives take, after :data:`WARM_UP` others."""
    for number in range(WARM_UP):
        lead(number)
    gc.collect()
    start = time.perf_counter()
    for number in range(WARM_UP, WARM_UP + lives):
        lead(number)
    return time.perf_counter() - start
