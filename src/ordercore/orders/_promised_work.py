"""
What becomes of the days that places have promised to an order.

A promise is made with the stock at placement, waits at the order until its places may begin, and
then belongs to the fulfillment order. It ends with that: done where anything was sent, given back
where nothing was. The day counts as used when the last unit is handled, however many boxes went
before; nothing is posted for a part. Where units are canceled or missing meanwhile, the promise is
divided and what is not needed any more goes back (units and minutes; an order remains one order).
"""

from collections.abc import Iterable

import attrs

from ordercore.fulfillment import (
    FULFILLMENT_ORDER_LIFECYCLE,
    AllocatedUnits,
    FulfillmentOrderEnded,
    PromisedWork,
    WorkReduced,
)
from ordercore.lifecycle import Category
from ordercore.orders._draft import Draft

__all__ = ["end_work", "keep_promises", "reduce_work"]


def keep_promises(draft: Draft, allocations: Iterable[AllocatedUnits]) -> tuple[PromisedWork, ...]:
    """
    Give back what an order that is not released does not need any more of its places' days.

    Args:
        draft: The order as it was promised.
        allocations: What remains of its promises of stock.

    Returns:
        What remains of its promises of days.
    """
    units: dict[str, int] = {}
    for left in allocations:
        if left.ships_by is not None:
            continue  # no day was promised for what has not come
        units[left.place] = units.get(left.place, 0) + left.quantity
    kept: list[PromisedWork] = []
    for work in draft.order.work:
        if units.get(work.place):
            kept.append(_reduced(draft, work, units[work.place]))
        else:
            draft.capacity.release(work.hold, "not_needed")
    return tuple(kept)


def reduce_work(draft: Draft) -> None:
    """
    Give back what fulfillment orders do not need any more of their days.

    """
    lifecycle = FULFILLMENT_ORDER_LIFECYCLE()
    for order in draft.order.fulfillment.orders:
        if order.work is None or not order.units or lifecycle.has_ended(order.status):
            continue  # what needs nothing any more is about to end, and its promise with it
        work = _reduced(draft, order.work, order.units)
        if work is not order.work:
            draft.add(WorkReduced(fulfillment_order_id=order.id, work=work))


def end_work(draft: Draft, ended: FulfillmentOrderEnded) -> None:
    """
    Let a fulfillment order end, and the promise of its day with it.

    """
    order = draft.order.fulfillment.order(ended.fulfillment_order_id)
    work = order.work if order else None
    if work is not None:
        if FULFILLMENT_ORDER_LIFECYCLE().categories[ended.status] is Category.DONE:
            draft.capacity.done(work.hold)
        else:
            draft.capacity.release(work.hold, "not_needed")
    draft.add(ended)


def _reduced(draft: Draft, work: PromisedWork, units: int) -> PromisedWork:
    needed = work.needed(units)
    if needed == work.amount:
        return work
    rest = draft.capacity.release_part(work.hold, work.amount, work.amount - needed, "not_needed")
    return attrs.evolve(work, amount=needed, hold=rest)
