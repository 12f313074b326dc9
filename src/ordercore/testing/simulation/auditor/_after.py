"""
The model of changes of mind: cancellations, and returns.

"""

from collections import Counter
from collections.abc import Iterator

from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._money import grant, grant_prepaid
from ordercore.testing.simulation.auditor._shapes import ShadowOrder, ShadowReturn, ShadowUnit
from ordercore.testing.simulation.auditor._violation import No
from ordercore.testing.simulation.auditor._work import as_counts

__all__ = ["authorize_return", "cancel", "cancel_return", "inspect", "receive_back"]

_CANCELABLE = ("unsourced", "promised", "waiting", "picked")


def cancel(case: Case) -> Iterator[None]:
    """
    Cancel units that are in no box: those without a place first, then from the last place.

    """
    order = case.order()
    there = {line_id: line.count(*_CANCELABLE) for line_id, line in order.lines.items()}
    if case.command.lines is None:
        wanted = {line_id: units for line_id, units in there.items() if units}
        if not wanted:
            raise No("nothing_to_cancel")
    else:
        wanted = as_counts(case.command.lines)
    for line_id, quantity in wanted.items():
        if line_id not in order.lines:
            raise No("unknown_line")
        if quantity > there[line_id]:
            raise No("quantity_not_there")
    yield
    case.change()
    canceled = 0
    for line_id, quantity in wanted.items():
        canceled += order.lines[line_id].amounts.cancel(quantity)
        for unit in _first_to_go(order, line_id)[:quantity]:
            _give_up(case, order, unit)
    order.promised = [unit for unit in order.promised if unit.state == "promised"]
    shipping = order.shipping
    if (
        shipping is not None
        and shipping.uncharged
        and all(unit.state == "canceled" for unit in order.units())
    ):
        canceled += shipping.cancel(1)
    grant_prepaid(order, canceled)


def _first_to_go(order: ShadowOrder, line_id: str) -> list[ShadowUnit]:
    """
    List the units of a line that can be canceled, in the order in which they are.
    """
    nowhere = [unit for unit in order.lines[line_id].units if unit.state == "unsourced"]
    promised = [unit for unit in reversed(order.promised) if unit.line_id == line_id]
    at_work = [
        unit
        for work in reversed(order.works.values())
        for state in ("waiting", "picked")
        for unit in work.units(line_id, state)
    ]
    return nowhere + promised + at_work


def _give_up(case: Case, order: ShadowOrder, unit: ShadowUnit) -> None:
    stock = case.shop.stock
    if unit.state in {"promised", "waiting"}:
        stock.promise((unit.sku, unit.place), -1)
    elif unit.state == "picked":
        stock.move(unit.sku, 1, "picked", "on_hand", unit.place)
    if unit.work:
        canceled = order.works[unit.work].canceled
        canceled[unit.line_id] = canceled.get(unit.line_id, 0) + 1
    unit.state, unit.work = "canceled", ""


# --- returns --------------------------------------------------------------------------------------


def _return_of(case: Case, order: ShadowOrder, status: str) -> ShadowReturn:
    known = order.returns.get(case.command.return_id)
    if known is None:
        raise No("unknown_return")
    if known.status != status:
        raise No("not_legal_now")
    return known


def authorize_return(case: Case) -> Iterator[None]:
    """
    Permit units to come back that have left and are not coming back already.

    """
    order, wanted = case.order(), as_counts(case.command.lines)
    coming: list[ShadowUnit] = []
    for line_id, quantity in wanted.items():
        if line_id not in order.lines:
            raise No("unknown_line")
        out = [u for u in order.lines[line_id].units if u.state == "shipped" and not u.back]
        if quantity > len(out):
            raise No("not_shipped")
        coming += out[:quantity]
    yield
    case.change()
    return_id = f"{order.order_id}/return-{len(order.returns) + 1}"
    order.returns[return_id] = ShadowReturn(return_id, wanted)
    for unit in coming:
        unit.back = return_id


def receive_back(case: Case) -> Iterator[None]:
    """
    Take returned units in; those that have not come can be returned again.

    """
    order = case.order()
    known = _return_of(case, order, "authorized")
    came = known.lines if case.command.lines is None else as_counts(case.command.lines)
    if any(quantity > known.lines.get(line_id, 0) for line_id, quantity in came.items()):
        raise No("quantity_not_there")
    if case.command.place not in case.shop.places:
        raise No("unknown_place")
    yield
    stock, place = case.change(), case.command.place
    left = Counter(came)
    for unit in order.units():
        if unit.back != known.return_id:
            continue
        if left[unit.line_id]:
            left[unit.line_id] -= 1
            stock.move(unit.sku, 1, "customer", "quality", place)
        else:
            unit.back = ""
    known.status, known.place, known.lines = "received", place, dict(came)


def inspect(case: Case) -> Iterator[None]:
    """
    Restock or set aside what came back, and grant what it had cost.

    """
    order, damaged = case.order(), as_counts(case.command.damaged)
    known = _return_of(case, order, "received")
    if any(quantity > known.lines.get(line_id, 0) for line_id, quantity in damaged.items()):
        raise No("quantity_not_there")
    yield
    stock, place = case.change(), known.place
    assert place is not None  # noqa: S101 - it was received there
    amount = 0
    for line_id, quantity in known.lines.items():
        line, bad = order.lines[line_id], damaged.get(line_id, 0)
        stock.move(line.sku, quantity - bad, "quality", "on_hand", place)
        stock.move(line.sku, bad, "quality", "damaged", place)
        amount += line.amounts.refund(quantity)
    shipping = order.shipping
    if case.command.refund_shipping and shipping and shipping.charged > shipping.refunded:
        amount += shipping.refund(1)
    known.status = "inspected"
    grant(order, "return", amount, charged=True)


def cancel_return(case: Case) -> Iterator[None]:
    """
    Let the units stay with the customer.

    """
    order = case.order()
    known = _return_of(case, order, "authorized")
    yield
    case.change()
    known.status = "canceled"
    for unit in order.units():
        if unit.back == known.return_id:
            unit.back = ""
