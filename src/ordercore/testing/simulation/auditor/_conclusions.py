"""
What follows by itself from whatever has happened to an order.

"""

from collections.abc import Callable
from typing import Final

from ordercore.orders import CaptureWhen, ReleaseWhen
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._money import ask_capture, ask_refund, ask_voids
from ordercore.testing.simulation.auditor._shapes import ShadowOrder, ShadowUnit, ShadowWork
from ordercore.testing.simulation.auditor._sums import (
    asked_back_minor,
    free_to_take,
    goes_back_minor,
    unasked,
    unpaid_minor,
)

__all__ = ["conclude", "give_work"]


def conclude(case: Case, order: ShadowOrder) -> None:
    """
    Draw every conclusion, until none adds anything.

    """
    for _ in range(100):
        # Each has its turn, whatever the one before has found: so requests get their numbers.
        found = [conclusion(case, order) for conclusion in _CONCLUSIONS]
        if not any(found):
            return
        case.changed = True
    raise AssertionError(f"the model of {order.order_id} does not come to rest")


def give_work(order: ShadowOrder, units: list[ShadowUnit]) -> None:
    """
    Give each place its units, in the order of the plan.

    """
    by_place: dict[str, list[ShadowUnit]] = {}
    for unit in units:
        by_place.setdefault(unit.place, []).append(unit)
    for some in by_place.values():
        work_id = f"{order.order_id}/fo-{len(order.works) + 1}"
        order.works[work_id] = ShadowWork(work_id, some[0].place, some)
        for unit in some:
            unit.state, unit.work = "waiting", work_id


def _release(case: Case, order: ShadowOrder) -> bool:
    """
    Let places begin once what is due is authorized, or at once where the shop wants that.
    """
    if order.status != "placed" or not order.promised:
        return False
    authorized = sum(p.authorized - p.voided for p in order.payments.values())
    if case.shop.rules.release is ReleaseWhen.AUTHORIZED and authorized < order.due_minor:
        return False
    order.status = "released"
    units, order.promised = order.promised, []
    give_work(order, units)
    return True


def _end_work(case: Case, order: ShadowOrder) -> bool:
    """
    End the work at places that have nothing left to handle.
    """
    del case
    found = False
    for work in order.works.values():
        if work.status in {"open", "in_progress"} and not work.units(
            None, "waiting", "picked", "packed"
        ):
            work.status = "closed" if work.units(None, "shipped") else "canceled"
            found = True
    return found


def _collect(case: Case, order: ShadowOrder) -> bool:
    """
    Ask for what boxes that left came to, as far as it is authorized and still owed.
    """
    if case.shop.rules.capture is not CaptureWhen.PER_PACKAGE:
        return False
    missing = order.charged_minor - order.captured - order.asked("capture")
    if missing <= 0:
        return False
    free = sum(free_to_take(order, payment) for payment in order.payments.values())
    part = min(missing, unpaid_minor(order), free)
    if part <= 0:
        return False
    left = [b.package_id for b in order.packages.values() if b.status in {"shipped", "delivered"}]
    ask_capture(order, part, left[-1])
    return True


def _pay_back(case: Case, order: ShadowOrder) -> bool:
    """
    Ask for refunds that are granted, as far as what they are for was paid.
    """
    del case
    found = False
    there = goes_back_minor(order, order.captured) - asked_back_minor(order)
    for grant in order.grants:
        asked = sum(
            request.amount
            for request in order.requests.values()
            if request.kind == "refund"
            and request.purpose == grant.grant_id
            and not (request.status == "declined" and request.repeated)
        )
        wanted = min(grant.amount - asked, there)
        before = asked_back_minor(order)
        if wanted > 0 and ask_refund(order, wanted, grant.grant_id):
            there -= asked_back_minor(order) - before
            found = True
    return found


def _give_back(case: Case, order: ShadowOrder) -> bool:
    """
    Give authorizations back once nothing is left to send and all of it is paid.
    """
    del case
    if not any(unasked(order, payment) > 0 for payment in order.payments.values()):
        return False
    if order.to_ship or unpaid_minor(order):
        return False
    return ask_voids(order)


def _end(case: Case, order: ShadowOrder) -> bool:
    """
    End the order: canceled where nothing was ever sent, completed where all of it has arrived.
    """
    del case
    if order.ended or order.to_ship:
        return False
    if not any(unit.state == "shipped" for unit in order.units()):
        order.status = "canceled"
    elif all(box.status in {"delivered", "unpacked"} for box in order.packages.values()):
        order.status = "completed"
    else:
        return False
    return True


_CONCLUSIONS: Final[tuple[Callable[[Case, ShadowOrder], bool], ...]] = (
    _release,
    _end_work,
    _collect,
    _pay_back,
    _give_back,
    _end,
)
