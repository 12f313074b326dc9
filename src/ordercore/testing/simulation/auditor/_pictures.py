"""
The model of an order against the order as the engine folds it, number by number.

"""

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

#: A fulfillment order, a line and a state.
_AtWork = tuple[str, str, str]

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
    model, fold = _by_name(expected), _by_name(found)
    if model is not None and fold is not None:
        for key in sorted({*model, *fold}, key=repr):
            mine, theirs = model.get(key), fold.get(key)
            if mine != theirs:
                return f"{name} {key}", mine, theirs
    return name, expected, found


def _by_name(section: object) -> dict[object, object] | None:
    return cast("dict[object, object]", section) if isinstance(section, dict) else None


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
    # Plain dictionaries without zeros: counters compare slowly.
    by_line: dict[tuple[str, str], int] = {}
    by_work: dict[_AtWork, int] = {}
    for unit in model.units():
        if unit.work:
            at = (unit.work, unit.line_id, unit.state)
            by_work[at] = by_work.get(at, 0) + 1
        elif unit.state != "canceled":
            key = (unit.line_id, unit.place if unit.state == "promised" else "")
            by_line[key] = by_line.get(key, 0) + 1
    theirs: dict[tuple[str, str], int] = {}
    for units in order.allocations:
        key = (units.line_id, units.place)
        theirs[key] = theirs.get(key, 0) + units.quantity
    for line in order.lines:
        if line.unsourced:
            theirs[line.line_id, ""] = line.unsourced
    yield UNITS, "units without work", by_line, theirs
    at_work, work_found = _at_work(order)
    yield UNITS, "units at work", by_work, at_work
    mine_at_work = {
        work.work_id: (work.place, work.status, work.missing, work.canceled)
        for work in model.works.values()
    }
    yield UNITS, "work", mine_at_work, work_found


def _at_work(order: Order) -> tuple[dict[_AtWork, int], dict[str, object]]:
    """
    Read what the engine says that places have, and what is missing or canceled there.
    """
    works: dict[str, object] = {}
    found: dict[_AtWork, int] = {}
    for fo in order.fulfillment.orders:
        missing: dict[str, int] = {}
        canceled: dict[str, int] = {}
        for at_place in fo.lines:
            line_id = at_place.line_id
            for state in ("waiting", "picked", "packed", "shipped"):
                if number := getattr(at_place, state):
                    found[fo.id, line_id, state] = number
            if at_place.missing:
                missing[line_id] = at_place.missing
            if at_place.canceled:
                canceled[line_id] = at_place.canceled
        works[fo.id] = (fo.place, fo.status, missing, canceled)
    return found, works


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
                box.lines,
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
