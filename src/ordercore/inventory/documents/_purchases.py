"""
The rules of inbound purchases.

What is expected stands in a dated account of the promise book, where it can be promised by its
day; a receipt moves it to what is available now, and the units onto the shelf. Quantities of a
line obey *open = ordered - received*, or nothing where more came than was ordered: rejected units
have come, and a replacement for them is a change of what is expected. Of several days of a line
the earliest is received first.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any, TypeAlias

import attrs

from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import LineId, PlaceId, Sku, purchase_stream
from ordercore.inventory._accounts import incoming_account
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    known_skus,
    refuse_unknown,
)
from ordercore.inventory._document_shape import ExpectedUnits
from ordercore.inventory._movements import Movements
from ordercore.inventory._preorders import (
    MovedPreorder,
    OpenPreorders,
    SupplyGuards,
    WaitingForSupply,
    open_preorders,
)
from ordercore.inventory.documents._known_documents import known_purchase, refuse_known_purchase
from ordercore.inventory.documents._lifecycles import PURCHASE_LIFECYCLE
from ordercore.inventory.documents._purchase_commands import (
    CancelPurchase,
    ChangeExpectation,
    ClosePurchase,
    OpenPurchase,
)
from ordercore.inventory.documents._purchase_receipts import line_of, supply_of
from ordercore.inventory.documents._purchase_state import (
    ExpectationChanged,
    Purchase,
    PurchaseCanceled,
    PurchaseClosed,
    PurchasedUnits,
    PurchaseOpened,
    UncoveredSupply,
    UnreceivedUnits,
    less,
)
from ordercore.ledger import NOTHING, AccountId, Balance
from ordercore.places import KnownPlaces

__all__ = [
    "decide_cancel_purchase",
    "decide_change_expectation",
    "decide_close_purchase",
    "decide_open_purchase",
    "ending_needs",
    "expectation_needs",
    "opening_needs",
]

#: What is expected of lines from now on.
_Anew: TypeAlias = Mapping[LineId, tuple[ExpectedUnits, ...]]


def opening_needs(
    command: OpenPurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and place are known.

    """
    del state, facts, context
    return frozenset(
        {known_skus(line.sku for line in command.lines), KnownPlaces((command.place,))}
    )


def decide_open_purchase(
    command: OpenPurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Expect units from a supplier.

    Raises:
        Rejected: ``purchase_exists``, ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    refuse_known_purchase(state, command.purchase_id)
    refuse_unknown((line.sku for line in command.lines), (command.place,), facts)
    when = command.occurred_at or context.at
    lines = tuple(
        PurchasedUnits(
            line_id=line.line_id,
            sku=line.sku,
            expected=(ExpectedUnits(line.expected_on, line.quantity),),
        )
        for line in command.lines
    )
    steps = Movements(context.command_id, purchase_stream(command.purchase_id), when)
    for line in lines:
        _expect(steps, line.sku, command.place, line.expected)
    opened = PurchaseOpened(
        purchase_id=command.purchase_id,
        supplier=command.supplier,
        place=command.place,
        lines=lines,
        tolerance_percent=command.tolerance_percent,
        note=command.note,
        occurred_at=when,
        status=PURCHASE_LIFECYCLE().initial,
    )
    return Decision((opened,), tuple(steps.batch()))


def _expect(
    steps: Movements, sku: Sku, place: PlaceId, expected: tuple[ExpectedUnits, ...]
) -> None:
    for each in expected:
        steps.expect(sku, place, each.day, each.quantity)


def _unexpect(
    steps: Movements,
    sku: Sku,
    place: PlaceId,
    expected: tuple[ExpectedUnits, ...],
    guards: SupplyGuards,
) -> None:
    for each in expected:
        left = guards.take(incoming_account(sku, place, each.day), each.quantity)
        steps.unexpect(sku, place, each.day, each.quantity, leave_at_least=left)


# --- what is expected ------------------------------------------------------------------------


def expectation_needs(
    command: ChangeExpectation, state: Purchase | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    What has been promised against the open units and their new days, and to whom.

    """
    del facts, context
    if state is None:
        return frozenset()
    return frozenset({supply_of(state, _anew(command)), _waiting(state)})


def _anew(command: ChangeExpectation) -> _Anew:
    return {line.line_id: tuple(sorted(line.expected, key=_day)) for line in command.lines}


def _waiting(purchase: Purchase) -> OpenPreorders:
    return open_preorders((line.sku for line in purchase.lines), purchase.place)


def ending_needs(
    command: ClosePurchase | CancelPurchase,
    state: Purchase | None,
    facts: Facts,
    context: DocumentContext,
) -> frozenset[Need[Any]]:
    """
    What has been promised against the open units.

    """
    del command, facts, context
    return frozenset() if state is None else frozenset({supply_of(state)})


def _day(expected: ExpectedUnits) -> date:
    return expected.day


def _changes(purchase: Purchase, anew: _Anew) -> Counter[tuple[Sku, date]]:
    """
    Count by how much what is expected of a SKU on a day changes.

    """
    by_day: Counter[tuple[Sku, date]] = Counter()
    for line in purchase.lines:
        for each in line.expected if line.line_id in anew else ():
            by_day[line.sku, each.day] -= each.quantity
        for each in anew.get(line.line_id, ()):
            by_day[line.sku, each.day] += each.quantity
    return by_day


def _uncovered(
    purchase: Purchase, balances: Mapping[AccountId, Balance], anew: _Anew
) -> tuple[UncoveredSupply, ...]:
    """
    Tell which promises against a day its supply no longer covers.

    """
    found: list[UncoveredSupply] = []
    for (sku, day), delta in sorted(_changes(purchase, anew).items()):
        account = incoming_account(sku, purchase.place, day)
        left = balances.get(account, NOTHING).available + delta
        if delta < 0 and left < 0:
            short = ExpectedUnits(day, -left)
            found.append(UncoveredSupply(sku=sku, place=purchase.place, expected=short))
    return tuple(found)


def _move_along(
    purchase: Purchase,
    facts: Facts,
    balances: Mapping[AccountId, Balance],
    anew: _Anew,
    steps: Movements,
) -> tuple[tuple[MovedPreorder, ...], tuple[UncoveredSupply, ...]]:
    """
    Let promises move with their supply; return what moved and what is uncovered even so.

    """
    room: defaultdict[Sku, dict[date, int]] = defaultdict(dict)
    for (sku, day), delta in _changes(purchase, anew).items():
        if delta > 0:
            account = incoming_account(sku, purchase.place, day)
            room[sku][day] = max(balances.get(account, NOTHING).available + delta, 0)
    waiting = WaitingForSupply(_waiting(purchase), facts)
    moved: list[MovedPreorder] = []
    left: list[UncoveredSupply] = []
    for short in _uncovered(purchase, balances, anew):
        supply = incoming_account(short.sku, short.place, short.expected.day)
        along = waiting.move(steps, supply, short.expected.quantity, room[short.sku])
        moved.extend(along)
        rest = short.expected.quantity - sum(each.quantity for each in along)
        if rest:
            expected = ExpectedUnits(short.expected.day, rest)
            left.append(attrs.evolve(short, expected=expected))
    return tuple(moved), tuple(left)


def decide_change_expectation(
    command: ChangeExpectation, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Expect open units on other days, or other numbers of them.

    Promises against a day that loses its supply move with it, the latest ones, and keep their rank.
    Where the new days have no room for them they stand; the event names them with their shortage.

    Raises:
        Rejected: ``unknown_purchase``, ``not_legal_now``, ``unknown_line``.
    """
    purchase = known_purchase(state, command.purchase_id)
    status = PURCHASE_LIFECYCLE().after(purchase.status, "change", purchase.id)
    anew = _anew(command)
    steps = Movements(context.command_id, purchase_stream(purchase.id), context.at)
    balances = facts[supply_of(purchase, anew)]
    guards = SupplyGuards(balances)
    changed: list[PurchasedUnits] = []
    for line_id, expected in anew.items():
        line = line_of(purchase, line_id)
        if expected == line.expected:
            continue
        _unexpect(steps, line.sku, purchase.place, less(line.expected, expected), guards)
        _expect(steps, line.sku, purchase.place, less(expected, line.expected))
        changed.append(PurchasedUnits(line_id=line_id, sku=line.sku, expected=expected))
    if not changed:
        return Decision()
    left = sum(sum(e.quantity for e in anew.get(x.line_id, x.expected)) for x in purchase.lines)
    if not left and any(line.received for line in purchase.lines):
        status = PURCHASE_LIFECYCLE().after(purchase.status, "complete", purchase.id)
    new = {each.line_id: each.expected for each in changed}
    moved, uncovered = _move_along(purchase, facts, balances, new, steps)
    event = ExpectationChanged(
        lines=tuple(changed),
        uncovered=uncovered,
        note=command.note,
        status=status,
        moved=moved,
    )
    return Decision((event,), tuple(steps.batch()))


# --- the end ---------------------------------------------------------------------------------


def decide_close_purchase(
    command: ClosePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Expect nothing more.

    Raises:
        Rejected: ``unknown_purchase``, ``not_legal_now``.
    """
    purchase = known_purchase(state, command.purchase_id)
    event = PurchaseClosed(
        unreceived=tuple(
            UnreceivedUnits(line_id=line.line_id, sku=line.sku, quantity=line.open)
            for line in purchase.lines
            if line.open
        ),
        uncovered=_uncovered(
            purchase, facts[supply_of(purchase)], {line.line_id: () for line in purchase.lines}
        ),
        reason=command.reason,
        status=PURCHASE_LIFECYCLE().after(purchase.status, "close", purchase.id),
    )
    return Decision((event,), _expect_nothing(purchase, facts, context))


def decide_cancel_purchase(
    command: CancelPurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Call a purchase off.

    Raises:
        Rejected: ``unknown_purchase``, ``not_legal_now``.
    """
    purchase = known_purchase(state, command.purchase_id)
    event = PurchaseCanceled(
        uncovered=_uncovered(
            purchase, facts[supply_of(purchase)], {line.line_id: () for line in purchase.lines}
        ),
        reason=command.reason,
        status=PURCHASE_LIFECYCLE().after(purchase.status, "cancel", purchase.id),
    )
    return Decision((event,), _expect_nothing(purchase, facts, context))


def _expect_nothing(purchase: Purchase, facts: Facts, context: DocumentContext) -> tuple[Any, ...]:
    steps = Movements(context.command_id, purchase_stream(purchase.id), context.at)
    guards = SupplyGuards(facts[supply_of(purchase)])
    for line in purchase.lines:
        _unexpect(steps, line.sku, purchase.place, line.expected, guards)
    return tuple(steps.batch())
