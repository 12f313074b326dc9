"""
The model of work at places: from the shelf into a box to the customer.

"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ordercore.orders import LineQuantity
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._shapes import (
    ShadowOrder,
    ShadowPackage,
    ShadowUnit,
    ShadowWork,
)
from ordercore.testing.simulation.auditor._stock import ShadowStock
from ordercore.testing.simulation.auditor._violation import CONSERVED, No, Violation

__all__ = ["as_counts", "deliver", "fulfill", "miss", "pack", "pick", "ship", "unpack"]

_EARLY = "delivered_before_dispatch"

Counts = Mapping[str, int]


def as_counts(lines: Sequence[LineQuantity]) -> dict[str, int]:
    """
    Read how many of which line, in the order asked.

    """
    return {str(line.line_id): line.quantity for line in lines}


def _work_of(case: Case, order: ShadowOrder) -> ShadowWork:
    work = order.works.get(case.command.fulfillment_order_id)
    if work is None:
        raise No("unknown_fulfillment_order")
    return work


def _box_of(case: Case, order: ShadowOrder) -> ShadowPackage:
    box = order.packages.get(case.command.package_id)
    if box is None:
        raise No("unknown_package")
    return box


def _units(work: ShadowWork, wanted: Counts, state: str) -> list[ShadowUnit]:
    """
    Take units of each line that are in a state.

    Raises:
        No: ``nothing_asked``, ``unknown_line``, ``quantity_not_there``; line by line.
    """
    if not wanted:
        raise No("nothing_asked")
    found: list[ShadowUnit] = []
    for line_id, quantity in wanted.items():
        if all(unit.line_id != line_id for unit in work.given):
            raise No("unknown_line")
        there = work.units(line_id, state)
        if not 1 <= quantity <= len(there):
            raise No("quantity_not_there")
        found += there[:quantity]
    return found


# --- from the shelf -------------------------------------------------------------------------------


def _refuse_shortage(case: Case, work: ShadowWork, units: Sequence[ShadowUnit]) -> None:
    """
    Refuse to take more than is on record, unless whoever picks says that more lies there.

    Raises:
        No: ``shortage``.
    """
    if case.command.beyond_record:
        return
    for sku, quantity in Counter(unit.sku for unit in units).items():
        if quantity > case.stock.on_hand((sku, work.place)):
            raise No("shortage")


def _pick(case: Case, work: ShadowWork, units: Sequence[ShadowUnit]) -> None:
    stock = case.change()
    forced = case.chosen().moved("discrepancy", "on_hand")
    for sku, quantity in Counter(unit.sku for unit in units).items():
        pair = (sku, work.place)
        legal = {0}
        if case.command.beyond_record:
            legal = {max(quantity - view.on_hand(pair), 0) for view in case.views}
        if forced[sku] not in legal:
            raise Violation(CONSERVED, f"{sku} beyond the record", sorted(legal), forced[sku])
        stock.move(sku, forced[sku], "discrepancy", "on_hand", work.place)
        stock.move(sku, quantity, "on_hand", "picked", work.place)
        stock.promise(pair, -quantity)
    for unit in units:
        unit.state = "picked"
    work.status = "in_progress"


def pick(case: Case) -> Iterator[None]:
    """
    Take promised units from the shelf.

    """
    order = case.order()
    work = _work_of(case, order)
    units = _units(work, as_counts(case.command.lines), "waiting")
    _refuse_shortage(case, work, units)
    yield
    _pick(case, work, units)


def _off_record(work: ShadowWork, wanted: Counts, view: ShadowStock) -> Counter[str]:
    """
    Count what the record lacks already, of units that were not found: only its promise ends.
    """
    off: Counter[str] = Counter()
    waiting = Counter(unit.sku for unit in work.units(None, "waiting"))
    left = {sku: max(view.on_hand((sku, work.place)), 0) for sku in waiting}
    for line_id, quantity in wanted.items():
        sku = next(unit.sku for unit in work.given if unit.line_id == line_id)
        here = min(quantity, max(waiting[sku] - left[sku], 0))
        off[sku] += here
        waiting[sku] -= quantity
        left[sku] -= quantity - here
    return off


def miss(case: Case) -> Iterator[None]:
    """
    Report promised units that are not there.

    """
    order = case.order()
    work = _work_of(case, order)
    wanted = as_counts(case.command.lines)
    units = _units(work, wanted, "waiting")
    yield
    stock = case.change()
    missed: Counter[str] = Counter(unit.sku for unit in units)
    lost = case.chosen().moved("on_hand", "missing")
    if lost not in [missed - _off_record(work, wanted, view) for view in case.views]:
        expected = missed - _off_record(work, wanted, stock)
        raise Violation(CONSERVED, f"missing at {work.place}", dict(expected), dict(lost))
    for sku, quantity in Counter(unit.sku for unit in units).items():
        stock.move(sku, lost[sku], "on_hand", "missing", work.place)
        stock.promise((sku, work.place), -quantity)
    for unit in units:
        unit.state, unit.work = "unsourced", ""
        work.missing[unit.line_id] = work.missing.get(unit.line_id, 0) + 1
        order.barred.add((unit.line_id, work.place))
    work.status = "in_progress"
    order.sourcing_failed = False
    order.short_picks += 1


# --- boxes ----------------------------------------------------------------------------------------


def _pack(
    case: Case,
    order: ShadowOrder,
    work: ShadowWork,
    units: list[ShadowUnit],
    *,
    label_wanted: bool,
) -> ShadowPackage:
    stock = case.change()
    package_id = f"{order.order_id}/package-{len(order.packages) + 1}"
    box = ShadowPackage(package_id, work.work_id, work.place, units, label_wanted)
    order.packages[package_id] = box
    for unit in units:
        unit.state, unit.package = "packed", package_id
        stock.move(unit.sku, 1, "picked", "packed", work.place)
    return box


def pack(case: Case) -> Iterator[None]:
    """
    Put picked units into a box.

    """
    order = case.order()
    work = _work_of(case, order)
    units = _units(work, as_counts(case.command.lines), "picked")
    yield
    _pack(case, order, work, units, label_wanted=case.shop.rules.buy_labels)


def unpack(case: Case) -> Iterator[None]:
    """
    Open a box that has no label.

    """
    order = case.order()
    box = _box_of(case, order)
    if box.status != "packed":
        raise No("not_legal_now")
    yield
    stock = case.change()
    box.status = "unpacked"
    for unit in box.inside:
        unit.state, unit.package = "picked", ""
        stock.move(unit.sku, 1, "packed", "picked", box.place)


def _ship(case: Case, order: ShadowOrder, box: ShadowPackage) -> None:
    """
    Hand a box over, charge what is in it, and the order's shipping with the first one.
    """
    stock = case.change()
    box.status = "shipped"
    box.carrier = case.command.carrier or box.carrier
    box.tracking = case.command.tracking or box.tracking
    for unit in box.inside:
        unit.state = "shipped"
        stock.move(unit.sku, 1, "packed", "customer", box.place)
    for line_id, quantity in box.lines.items():
        order.charged_minor += order.lines[line_id].amounts.charge(quantity)
    if order.shipping is not None and order.shipping.uncharged:
        order.charged_minor += order.shipping.charge(1)
    if (_EARLY, box.package_id) in order.anomalies:
        box.status = "delivered"


def ship(case: Case) -> Iterator[None]:
    """
    Hand a box to the carrier.

    """
    order = case.order()
    box = _box_of(case, order)
    if box.status == "packed" and box.label_wanted and not case.command.tracking:
        raise No("label_missing")
    if box.status not in {"packed", "labeled"}:
        raise No("not_legal_now")
    yield
    _ship(case, order, box)


def fulfill(case: Case) -> Iterator[None]:
    """
    Pick, pack and ship in one; what was picked before goes into the box first.

    """
    order = case.order()
    work = _work_of(case, order)
    if case.command.lines is None:
        wanted = dict(Counter(unit.line_id for unit in work.units(None, "waiting", "picked")))
    else:
        wanted = as_counts(case.command.lines)
    known = {unit.line_id for unit in work.given}
    picked = {line_id: work.units(line_id, "picked")[:n] for line_id, n in wanted.items()}
    # What is there to be picked is judged before what the place was never given.
    missing = {
        line_id: quantity - len(picked[line_id])
        for line_id, quantity in sorted(wanted.items(), key=lambda row: row[0] not in known)
        if quantity > len(picked[line_id])
    }
    units = _units(work, missing, "waiting") if missing or not wanted else []
    _refuse_shortage(case, work, units)
    yield
    if units:
        _pick(case, work, units)
    inside = [unit for some in picked.values() for unit in some] + units
    box = _pack(case, order, work, inside, label_wanted=False)
    _ship(case, order, box)


def deliver(case: Case) -> Iterator[None]:
    """
    Record that the customer has a box; before its dispatch it is kept as an anomaly.

    """
    order = case.order()
    box = _box_of(case, order)
    yield
    if box.status == "shipped":
        box.status = "delivered"
        case.change()
    elif box.status != "delivered":
        kind = "delivered_though_unpacked" if box.status == "unpacked" else _EARLY
        if (kind, box.package_id) not in order.anomalies:
            order.anomalies.append((kind, box.package_id))
            case.change()
