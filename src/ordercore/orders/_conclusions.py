"""
What follows by itself from what has just happened.

Every command ends here. Each conclusion looks at the order as it would now be and adds what
follows: work begins once money is promised, fulfillment orders end once nothing is left to handle,
decided refunds are asked for, unused authorizations are given back, the order ends. One may lead
to another, so they are drawn in turn until each has looked at the order as it is and none has
added anything; each ends something or asks for something once, hence that is soon.
"""

from collections.abc import Callable
from datetime import date
from itertools import chain, repeat
from typing import Final

from ordercore import fulfillment, payments
from ordercore.errors import InvariantViolated
from ordercore.fulfillment import AllocatedUnits, FulfillmentOrderEnded, PromisedWork
from ordercore.ids import PlaceId
from ordercore.orders._balance import balance, refundable_minor
from ordercore.orders._draft import Draft, OrderDecision
from ordercore.orders._events import OrderEnded, OrderReleased
from ordercore.orders._lifecycles import ORDER_LIFECYCLE
from ordercore.orders._promised_work import end_work, reduce_work
from ordercore.orders._rules import CaptureWhen, ReleaseWhen
from ordercore.payments import RefundRequested, RequestKind

__all__ = ["conclude", "open_work"]

#: How often all conclusions are drawn before it is a defect that they don't come to rest.
_ROUNDS_MAX: Final = 20


def conclude(draft: Draft) -> OrderDecision:
    """
    Draw every conclusion and return the decision.

    Raises:
        InvariantViolated: They do not come to rest; a defect.
    """
    silent = 0
    for conclusion in chain.from_iterable(repeat(_CONCLUSIONS, _ROUNDS_MAX)):
        before = len(draft.events)
        conclusion(draft)
        silent = 0 if len(draft.events) > before else silent + 1
        if silent == len(_CONCLUSIONS):
            return draft.decision()
    raise InvariantViolated(f"conclusions about order {draft.order.id} do not come to rest")


def open_work(
    draft: Draft, allocations: tuple[AllocatedUnits, ...], promised: tuple[PromisedWork, ...]
) -> None:
    """
    Give each place its units, in the order of the plan, and the day that it has promised.

    What was preordered is work of its own, for it leaves when its supply has come.
    """
    work = {days.place: days for days in promised}
    parcels: dict[tuple[PlaceId, date | None], list[AllocatedUnits]] = {}
    for units in allocations:
        parcels.setdefault((units.place, units.ships_by), []).append(units)
    for (place, ships_by), units_there in parcels.items():
        draft.add(
            fulfillment.open_fulfillment_order(
                draft.order.fulfillment,
                draft.order.id,
                place,
                tuple(units_there),
                work.get(place) if ships_by is None else None,
            )
        )


def _release(draft: Draft) -> None:
    order = draft.order
    if not order.allocations or not ORDER_LIFECYCLE().allows(order.status, "release"):
        return
    covered = order.payments.authorized_minor >= order.due_minor
    if order.release is ReleaseWhen.AUTHORIZED and not covered:
        return
    allocations, work = order.allocations, order.work
    draft.add(OrderReleased(status=ORDER_LIFECYCLE().after(order.status, "release", order.id)))
    open_work(draft, allocations, work)


def _wrap_up(draft: Draft) -> None:
    reduce_work(draft)
    for event in fulfillment.wrap_up(draft.order.fulfillment):
        if isinstance(event, FulfillmentOrderEnded):
            end_work(draft, event)
        else:
            draft.add(event)


def _pay_back(draft: Draft) -> None:
    """
    Ask for the refunds that are granted, as far as what they are for was paid.

    What was declined waits for a person: asking again unasked might never end.
    """
    if not draft.order.grants:
        return
    asked: dict[str, int] = {}
    for r in draft.order.payments.requests:
        if r.kind is RequestKind.REFUND and (r.status != "declined" or r.waits_for_person):
            asked[r.purpose] = asked.get(r.purpose, 0) + r.amount_minor
    refundable = refundable_minor(draft.order)
    for grant in draft.order.grants:
        left = min(grant.amount_minor - asked.get(grant.grant_id, 0), refundable)
        if left > 0:
            money = draft.order.payments
            requested = payments.request_refund(money, draft.order.id, left, grant.grant_id)
            draft.add(*requested)
            refundable -= sum(r.amount_minor for r in requested if isinstance(r, RefundRequested))


def _collect(draft: Draft) -> None:
    """
    Ask for what packages that left came to, once it is authorized.

    That a box has left is a fact: what is not authorized is not asked for and shows in the balance.
    """
    order, money = draft.order, draft.order.payments
    if order.capture is not CaptureWhen.PER_PACKAGE:
        return
    taken = money.captured_minor + money.pending_minor(RequestKind.CAPTURE)
    uncollected = order.charged_minor - taken
    if uncollected <= 0:
        return
    unpaid = min(uncollected, balance(order).unpaid_minor)
    part = min(unpaid, sum(money.usable_minor(payment) for payment in money.payments))
    if part > 0:
        left = [p.id for p in order.fulfillment.packages if p.status in {"shipped", "delivered"}]
        draft.add(*payments.request_capture(money, order.id, part, left[-1]))


def _give_back_authorizations(draft: Draft) -> None:
    order = draft.order
    # Asked first, for payments change less often than the order, and know the answer.
    if not order.payments.has_capturable:
        return
    if order.units_to_ship == 0 and not balance(order).unpaid_minor:
        draft.add(*payments.request_voids(order.payments, order.id))


def _end(draft: Draft) -> None:
    order, lifecycle = draft.order, ORDER_LIFECYCLE()
    if lifecycle.has_ended(order.status) or order.units_to_ship:
        return
    left = any(line.units.captured for line in order.lines)
    if not left:
        word = "cancel"
    elif all(p.status in {"delivered", "unpacked"} for p in order.fulfillment.packages):
        word = "complete"
    else:
        return
    draft.add(OrderEnded(status=lifecycle.after(order.status, word, order.id)))


_CONCLUSIONS: Final[tuple[Callable[[Draft], None], ...]] = (
    _release,
    _wrap_up,
    _collect,
    _pay_back,
    _give_back_authorizations,
    _end,
)
