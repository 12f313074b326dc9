"""
The rules of inbound purchases.

What is expected stands in a dated account of the promise book, where it can be promised by its
day; a receipt moves it to what is available now, and the units onto the shelf. Quantities of a
line obey *open = ordered - received*, or nothing where more came than was ordered: rejected units
have come, and a replacement for them is a change of what is expected. Of several days of a line
the earliest is received first.

More than is open is taken up to the tolerance that the purchase was opened with, a percentage of
what is ordered, rounded down; beyond it a receipt is refused with the numbers. Who wants to keep
the surplus changes what is expected first, so that the record says why.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import LineId, Sku, purchase_stream
from ordercore.inventory._accounts import Bucket, incoming_account
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    Healing,
    discrepancies,
    known,
    known_skus,
    refuse_existing,
    refuse_unknown,
    unknown_line,
)
from ordercore.inventory._document_steps import DocumentSteps, ExpectedUnits, Shelf
from ordercore.inventory._lifecycles import PURCHASE_LIFECYCLE
from ordercore.inventory._purchase_commands import (
    CancelPurchase,
    ChangeExpectation,
    ClosePurchase,
    OpenPurchase,
    ReceivedLine,
    ReceivePurchase,
    RejectedTo,
)
from ordercore.inventory._purchase_state import (
    ExpectationChanged,
    Purchase,
    PurchaseCanceled,
    PurchaseClosed,
    PurchasedUnits,
    PurchaseLine,
    PurchaseOpened,
    PurchaseReceived,
    ReceivedUnits,
    UncoveredSupply,
    UnreceivedUnits,
    less,
)
from ordercore.inventory._recorded_stock import AccountBalances
from ordercore.ledger import NOTHING
from ordercore.places import KnownPlaces

__all__ = [
    "decide_cancel_purchase",
    "decide_change_expectation",
    "decide_close_purchase",
    "decide_open_purchase",
    "decide_receive_purchase",
    "ending_needs",
    "expectation_needs",
    "opening_needs",
    "receiving_needs",
]

_BUCKETS = {RejectedTo.QUALITY: Bucket.QUALITY, RejectedTo.DAMAGED: Bucket.DAMAGED}


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
        Rejected: ``document_exists``, ``unknown_sku``, ``unknown_place``.
    """
    refuse_existing(state, "purchase", command.purchase_id)
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
    steps = DocumentSteps(context.command_id, purchase_stream(command.purchase_id), when)
    for line in lines:
        steps.expect(line.sku, command.place, line.expected)
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


# --- what is expected ------------------------------------------------------------------------


def _line(purchase: Purchase, line_id: LineId) -> PurchaseLine:
    line = purchase.line(line_id)
    if line is None:
        raise unknown_line(f"purchase {purchase.id}", line_id, (x.line_id for x in purchase.lines))
    return line


def _supply(purchase: Purchase) -> AccountBalances:
    accounts = {
        incoming_account(line.sku, purchase.place, each.day)
        for line in purchase.lines
        for each in line.expected
    }
    return AccountBalances(tuple(sorted(accounts)))


def expectation_needs(
    command: ChangeExpectation, state: Purchase | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    What has been promised against the open units.

    """
    del command, facts, context
    return frozenset() if state is None else frozenset({_supply(state)})


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
    return frozenset() if state is None else frozenset({_supply(state)})


def _day(expected: ExpectedUnits) -> date:
    return expected.day


def _uncovered(
    purchase: Purchase, facts: Facts, anew: Mapping[LineId, tuple[ExpectedUnits, ...]]
) -> tuple[UncoveredSupply, ...]:
    """
    Tell which promises against a day its supply no longer covers.

    """
    by_day: Counter[tuple[Sku, date]] = Counter()
    for line in purchase.lines:
        for each in line.expected if line.line_id in anew else ():
            by_day[line.sku, each.day] -= each.quantity
        for each in anew.get(line.line_id, ()):
            by_day[line.sku, each.day] += each.quantity
    balances = facts[_supply(purchase)]
    found: list[UncoveredSupply] = []
    for (sku, day), delta in sorted(by_day.items()):
        account = incoming_account(sku, purchase.place, day)
        left = balances.get(account, NOTHING).available + delta
        if delta < 0 and left < 0:
            short = ExpectedUnits(day, -left)
            found.append(UncoveredSupply(sku=sku, place=purchase.place, expected=short))
    return tuple(found)


def decide_change_expectation(
    command: ChangeExpectation, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Expect open units on other days, or other numbers of them.

    Promises against a day that loses its supply stand; the event names them with their shortage.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``, ``unknown_line``.
    """
    purchase = known(state, "purchase", command.purchase_id)
    status = PURCHASE_LIFECYCLE().after(purchase.status, "change", purchase.id)
    anew = {line.line_id: tuple(sorted(line.expected, key=_day)) for line in command.lines}
    steps = DocumentSteps(context.command_id, purchase_stream(purchase.id), context.at)
    changed: list[PurchasedUnits] = []
    for line_id, expected in anew.items():
        line = _line(purchase, line_id)
        if expected == line.expected:
            continue
        steps.unexpect(line.sku, purchase.place, less(line.expected, expected))
        steps.expect(line.sku, purchase.place, less(expected, line.expected))
        changed.append(PurchasedUnits(line_id=line_id, sku=line.sku, expected=expected))
    if not changed:
        return Decision()
    left = sum(sum(e.quantity for e in anew.get(x.line_id, x.expected)) for x in purchase.lines)
    if not left and any(line.received for line in purchase.lines):
        status = PURCHASE_LIFECYCLE().after(purchase.status, "complete", purchase.id)
    event = ExpectationChanged(
        lines=tuple(changed),
        uncovered=_uncovered(purchase, facts, {c.line_id: c.expected for c in changed}),
        note=command.note,
        status=status,
    )
    return Decision((event,), tuple(steps.batch()))


# --- what comes ------------------------------------------------------------------------------


def receiving_needs(
    command: ReceivePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether the place has sent away more than its record held.

    """
    del command, facts, context
    if state is None:
        return frozenset()
    return frozenset({discrepancies(state.place, (line.sku for line in state.lines))})


def decide_receive_purchase(
    command: ReceivePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Take in what has come.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``, ``unknown_line``, ``over_receipt``
            where a line gets more than the tolerance allows.
    """
    purchase = known(state, "purchase", command.purchase_id)
    PURCHASE_LIFECYCLE().after(purchase.status, "receive", purchase.id)
    _refuse_over_receipt(purchase, command)
    when = command.occurred_at or context.at
    steps = DocumentSteps(context.command_id, purchase_stream(purchase.id), when)
    healing = Healing(purchase.place, (line.sku for line in purchase.lines), facts)
    waiting = {line.line_id: line.expected for line in purchase.lines}
    received: list[ReceivedUnits] = []
    for given in command.lines:
        sku = _line(purchase, given.line_id).sku
        taken = _earliest(waiting[given.line_id], given.received)
        waiting[given.line_id] = less(waiting[given.line_id], taken)
        stocked = given.received - given.rejected
        heals = healing.take(sku, stocked)
        shelf = Shelf(sku, purchase.place, given.lot)
        steps.receive(shelf, stocked, taken, heals)
        steps.reject(shelf, given.rejected, _BUCKETS.get(given.rejected_to))
        received.append(_units(given, shelf, taken, heals))
    word = "receive" if any(waiting.values()) else "complete"
    event = PurchaseReceived(
        lines=tuple(received),
        note=command.note,
        occurred_at=when,
        status=PURCHASE_LIFECYCLE().after(purchase.status, word, purchase.id),
    )
    return Decision((event,), tuple(steps.batch()))


def _units(
    given: ReceivedLine, shelf: Shelf, taken: tuple[ExpectedUnits, ...], heals: int
) -> ReceivedUnits:
    return ReceivedUnits(
        line_id=given.line_id,
        sku=shelf.sku,
        received=given.received,
        rejected=given.rejected,
        rejected_to=given.rejected_to,
        lot=given.lot,
        expected=taken,
        healed=heals,
    )


def _refuse_over_receipt(purchase: Purchase, command: ReceivePurchase) -> None:
    came: Counter[LineId] = Counter()
    for given in command.lines:
        came[given.line_id] += given.received
    for line_id, quantity in came.items():
        line = _line(purchase, line_id)
        most = line.ordered + line.ordered * purchase.tolerance_percent // 100 - line.received
        if quantity > most:
            raise Rejected(
                "over_receipt",
                f"{quantity} of line {line_id} of purchase {purchase.id} have come: "
                f"{line.ordered} are ordered, {line.received} have come before, "
                f"{purchase.tolerance_percent} percent more would do",
                data={
                    "purchase": purchase.id,
                    "line": line_id,
                    "received": quantity,
                    "ordered": line.ordered,
                    "received_before": line.received,
                    "at_most": max(most, 0),
                },
                legal=(f"at most {most}" if most > 0 else "nothing more of this line",),
            )


def _earliest(expected: tuple[ExpectedUnits, ...], quantity: int) -> tuple[ExpectedUnits, ...]:
    taken: list[ExpectedUnits] = []
    left = quantity
    for each in expected:
        if left:
            taken.append(ExpectedUnits(each.day, min(each.quantity, left)))
            left -= taken[-1].quantity
    return tuple(taken)


# --- the end ---------------------------------------------------------------------------------


def decide_close_purchase(
    command: ClosePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Expect nothing more.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``.
    """
    purchase = known(state, "purchase", command.purchase_id)
    event = PurchaseClosed(
        unreceived=tuple(
            UnreceivedUnits(line_id=line.line_id, sku=line.sku, quantity=line.open)
            for line in purchase.lines
            if line.open
        ),
        uncovered=_uncovered(purchase, facts, {line.line_id: () for line in purchase.lines}),
        reason=command.reason,
        status=PURCHASE_LIFECYCLE().after(purchase.status, "close", purchase.id),
    )
    return Decision((event,), _expect_nothing(purchase, context))


def decide_cancel_purchase(
    command: CancelPurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Call a purchase off.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``.
    """
    purchase = known(state, "purchase", command.purchase_id)
    event = PurchaseCanceled(
        uncovered=_uncovered(purchase, facts, {line.line_id: () for line in purchase.lines}),
        reason=command.reason,
        status=PURCHASE_LIFECYCLE().after(purchase.status, "cancel", purchase.id),
    )
    return Decision((event,), _expect_nothing(purchase, context))


def _expect_nothing(purchase: Purchase, context: DocumentContext) -> tuple[Any, ...]:
    steps = DocumentSteps(context.command_id, purchase_stream(purchase.id), context.at)
    for line in purchase.lines:
        steps.unexpect(line.sku, purchase.place, line.expected)
    return tuple(steps.batch())
