"""
The model of an order against the order as the engine folds it, number by number.

"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

from ordercore.orders import Order
from ordercore.testing.simulation.auditor._shapes import ShadowOrder
from ordercore.testing.simulation.auditor._violation import (
    ANOMALIES,
    ATTEMPTS,
    FOLD,
    LABELS,
    LATTICE,
    REFUNDS,
    TERMINAL,
    TOTALS,
    UNITS,
    Violation,
)

__all__ = ["check_ended", "compare"]

_Section = tuple[str, str, object, object]

_ORDER_ENDS = frozenset({"completed", "canceled"})
_WORK_ENDS = frozenset({"closed", "canceled"})
_BOX_ENDS = frozenset({"delivered", "unpacked"})
_PAYMENT_ENDS = frozenset({"settled", "declined", "voided"})
_REQUEST_ENDS = frozenset({"succeeded", "declined"})
_RETURN_ENDS = frozenset({"inspected", "canceled"})


def compare(model: ShadowOrder, order: Order) -> int:
    """
    Compare the model with the engine's fold; returns how many sections agree.

    Raises:
        Violation: By the first section that differs, naming where.
    """
    sections = 0
    for invariant, name, expected, found in _sections(model, order):
        sections += 1
        if expected != found:
            where, mine, theirs = _difference(name, expected, found)
            raise Violation(invariant, f"{model.order_id} {where}", mine, theirs)
    return sections


def _difference(name: str, expected: object, found: object) -> tuple[str, object, object]:
    if isinstance(expected, dict) and isinstance(found, dict):
        model = cast("dict[object, object]", expected)
        fold = cast("dict[object, object]", found)
        for key in sorted({*model, *fold}, key=repr):
            mine, theirs = model.get(key), fold.get(key)
            if mine != theirs:
                return f"{name} {key}", mine, theirs
    return name, expected, found


def _sections(model: ShadowOrder, order: Order) -> Iterator[_Section]:
    money = order.payments
    yield (
        REFUNDS,
        "payments",
        {
            p.payment_id: (
                p.method,
                p.status,
                p.asked,
                p.authorized,
                p.captured,
                p.voided,
                p.refunded,
                p.account,
                p.reference,
            )
            for p in model.payments.values()
        },
        {
            p.payment_id: (
                p.method,
                p.status,
                p.asked_minor,
                p.authorized_minor,
                p.captured_minor,
                p.voided_minor,
                p.refunded_minor,
                p.account,
                p.reference,
            )
            for p in money.payments
        },
    )
    yield (
        REFUNDS,
        "requests",
        {
            r.request_id: (r.kind, r.payment.payment_id, r.amount, r.purpose, r.status, r.repeated)
            for r in model.requests.values()
        },
        {
            r.request_id: (r.kind, r.payment_id, r.amount_minor, r.purpose, r.status, r.repeated)
            for r in money.requests
        },
    )
    yield from _units(model, order)
    yield from _amounts(model, order)
    yield from _around(model, order)
    yield FOLD, "status", model.status, order.status


def _units(model: ShadowOrder, order: Order) -> Iterator[_Section]:
    by_line: Counter[tuple[str, str]] = Counter()
    by_work: Counter[tuple[str, str, str]] = Counter()
    for unit in model.units():
        if unit.state == "promised":
            by_line[unit.line_id, unit.place] += 1
        elif unit.state == "unsourced":
            by_line[unit.line_id, ""] += 1
        elif unit.work:
            by_work[unit.work, unit.line_id, unit.state] += 1
    theirs: Counter[tuple[str, str]] = Counter()
    for units in order.allocations:
        theirs[units.line_id, units.place] += units.quantity
    for line in order.lines:
        theirs[line.line_id, ""] += line.unsourced
    yield UNITS, "units without work", by_line, theirs
    mine_at_work = {
        work.work_id: (work.place, work.status, +work.missing, +work.canceled)
        for work in model.works.values()
    }
    work_found: dict[str, object] = {}
    found: Counter[tuple[str, str, str]] = Counter()
    for fo in order.fulfillment.orders:
        missing: Counter[str] = Counter()
        canceled: Counter[str] = Counter()
        for at_place in fo.lines:
            line_id = at_place.line_id
            found[fo.id, line_id, "waiting"] = at_place.waiting
            found[fo.id, line_id, "picked"] = at_place.picked
            found[fo.id, line_id, "packed"] = at_place.packed
            found[fo.id, line_id, "shipped"] = at_place.shipped
            missing[line_id] = at_place.missing
            canceled[line_id] = at_place.canceled
        work_found[fo.id] = (fo.place, fo.status, +missing, +canceled)
    yield UNITS, "units at work", by_work, found
    yield UNITS, "work", mine_at_work, work_found


def _amounts(model: ShadowOrder, order: Order) -> Iterator[_Section]:
    yield (
        LATTICE,
        "lines",
        {
            line_id: (
                line.sku,
                len(line.units),
                line.amounts.charged,
                line.amounts.canceled,
                line.amounts.refunded,
            )
            for line_id, line in model.lines.items()
        },
        {
            line.line_id: (
                line.placed.sku,
                line.units.quantity,
                line.units.captured,
                line.units.canceled,
                line.units.refunded,
            )
            for line in order.lines
        },
    )
    freight, theirs = model.shipping, order.shipping_units
    yield (
        LATTICE,
        "shipping",
        freight and (freight.charged, freight.canceled, freight.refunded),
        theirs and (theirs.captured, theirs.canceled, theirs.refunded),
    )
    yield (
        TOTALS,
        "grants",
        {g.grant_id: (g.reason, g.amount, g.charged) for g in model.grants},
        {g.grant_id: (g.reason, g.amount_minor, g.units_charged) for g in order.grants},
    )
    yield (
        TOTALS,
        "sums",
        (model.currency, model.total_minor, model.charged_minor, model.due_minor),
        (order.currency, order.total_minor, order.charged_minor, order.due_minor),
    )


def _around(model: ShadowOrder, order: Order) -> Iterator[_Section]:
    yield (
        LABELS,
        "packages",
        {
            box.package_id: (
                box.work,
                box.place,
                box.status,
                box.label_wanted,
                box.label_bought,
                box.label_declined,
                box.carrier,
                box.tracking,
                Counter(unit.line_id for unit in box.inside),
            )
            for box in model.packages.values()
        },
        {
            box.id: (
                box.fulfillment_order_id,
                box.place,
                box.status,
                box.label_wanted,
                box.label_bought,
                box.label_declined,
                box.carrier,
                box.tracking,
                {moved.line_id: moved.quantity for moved in box.lines},
            )
            for box in order.fulfillment.packages
        },
    )
    yield (
        LATTICE,
        "returns",
        {r.return_id: (r.status, r.place, r.lines) for r in model.returns.values()},
        {
            r.id: (r.status, r.place, {units.line_id: units.quantity for units in r.lines})
            for r in order.returns.returns
        },
    )
    yield (
        ATTEMPTS,
        "tries",
        {key: (a.person, a.not_before) for key, a in model.attempts.items()},
        {a.effect_key: (a.waits_for_operator, a.not_before) for a in order.attempts},
    )
    anomalies = [(a.kind, a.subject) for a in order.anomalies]
    yield ANOMALIES, "anomalies", model.anomalies, anomalies
    yield (
        UNITS,
        "search",
        (model.barred, model.sourcing_failed, model.short_picks),
        (set(order.barred), order.sourcing_failed, order.short_picks),
    )


def check_ended(before: Order, after: Order) -> int:
    """
    See that nothing that has ended has begun anew; returns how many things have ended.

    Raises:
        Violation: Something has.
    """
    if before.status in _ORDER_ENDS and after.status != before.status:
        raise Violation(TERMINAL, before.id, before.status, after.status)
    pairs = [
        *_pairs(before.payments.payments, after.payments.payments, "payment_id", _PAYMENT_ENDS),
        *_pairs(before.payments.requests, after.payments.requests, "request_id", _REQUEST_ENDS),
        *_pairs(before.fulfillment.orders, after.fulfillment.orders, "id", _WORK_ENDS),
        *_pairs(before.fulfillment.packages, after.fulfillment.packages, "id", _BOX_ENDS),
        *_pairs(before.returns.returns, after.returns.returns, "id", _RETURN_ENDS),
    ]
    for name, was, now in pairs:
        if was != now:
            raise Violation(TERMINAL, name, was, now)
    return len(pairs) + 1


def _pairs(
    before: tuple[Any, ...], after: tuple[Any, ...], key: str, ends: frozenset[str]
) -> list[tuple[str, str, str]]:
    if before is after or not before:
        return []
    now: dict[str, str] = {getattr(x, key): x.status for x in after}
    found: list[tuple[str, str, str]] = []
    for known in before:
        name, status = getattr(known, key), known.status
        if status in ends:
            found.append((name, status, now.get(name, "gone")))
    return found
