"""
The model against the books of those who were asked.

"""

from collections.abc import Mapping

from ordercore.testing.simulation.auditor._rest import waits_for_person
from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._violation import LABELS, ORPHANS, Violation

__all__ = ["check_provider"]


def check_provider(
    orders: Mapping[str, ShadowOrder], actions: Mapping[str, int], kept_minor: Mapping[str, int]
) -> int:
    """
    Compare with what providers say they did; returns how many comparisons that were.

    An order may differ that has told somebody: by an anomaly, or because it waits for a person.

    Raises:
        Violation: Something was done twice or unasked, or money moved unseen.
    """
    known = {
        key
        for order in orders.values()
        for key in (
            *order.payments,
            *order.requests,
            *(f"{box.package_id}/label" for box in order.packages.values() if box.label_wanted),
        )
    }
    for key, times in actions.items():
        invariant = LABELS if key.endswith("/label") else ORPHANS
        if times > 1:
            raise Violation(invariant, key, "done once", f"done {times} times")
        if times and key not in known:
            raise Violation(invariant, key, "something that was asked", "unknown to every order")
    for order_id in sorted({*orders, *kept_minor}):
        order = orders.get(order_id)
        theirs = kept_minor.get(order_id, 0)
        if order is None:
            if theirs:
                raise Violation(ORPHANS, order_id, "no money without an order", theirs)
            continue
        mine = sum(p.captured - p.refunded for p in order.payments.values() if not p.by_itself)
        if mine != theirs and not order.anomalies and not waits_for_person(order):
            raise Violation(ORPHANS, order_id, mine, f"{theirs} at the provider")
    return len(actions) + len({*orders, *kept_minor})
