"""
The rules of what comes of inbound purchases.

More than is open is taken up to the tolerance that the purchase was opened with, a percentage of
what is ordered, rounded down; beyond it a receipt is refused with the numbers. Who wants to keep
the surplus changes what is expected first, so that the record says why.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import LineId, Sku, purchase_stream
from ordercore.inventory._accounts import Bucket, incoming_account
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    Healing,
    discrepancies,
    unknown_line,
)
from ordercore.inventory._document_shape import ExpectedUnits, of_lot
from ordercore.inventory._movements import Movements
from ordercore.inventory._preorders import (
    AllocatedPreorder,
    SupplyGuards,
    WaitingForSupply,
    open_preorders,
)
from ordercore.inventory._recorded_stock import AccountBalances
from ordercore.inventory.documents._known_documents import known_purchase
from ordercore.inventory.documents._lifecycles import PURCHASE_LIFECYCLE
from ordercore.inventory.documents._purchase_commands import (
    ReceivedLine,
    ReceivePurchase,
    RejectedTo,
)
from ordercore.inventory.documents._purchase_state import (
    Purchase,
    PurchaseLine,
    PurchaseReceived,
    ReceivedUnits,
    less,
)

__all__ = ["decide_receive_purchase", "line_of", "receiving_needs", "supply_of"]

#: Where rejected units come to lie; None for nowhere.
_BUCKETS: Final[dict[RejectedTo, Bucket | None]] = {
    RejectedTo.QUALITY: Bucket.QUALITY,
    RejectedTo.DAMAGED: Bucket.DAMAGED,
    RejectedTo.SUPPLIER: None,
}


def line_of(purchase: Purchase, line_id: LineId) -> PurchaseLine:
    """
    Return a line of a purchase.

    Raises:
        Rejected: ``unknown_line``.
    """
    line = purchase.line(line_id)
    if line is None:
        raise unknown_line(f"purchase {purchase.id}", line_id, (x.line_id for x in purchase.lines))
    return line


def receiving_needs(
    command: ReceivePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether the place has sent away more than its record held, and who waits for the units.

    """
    del facts, context
    if state is None:
        return frozenset()
    gaps = discrepancies(state.place, _units_of(command, state))
    return frozenset(
        {gaps, supply_of(state), open_preorders((line.sku for line in state.lines), state.place)}
    )


def supply_of(
    purchase: Purchase, anew: Mapping[LineId, tuple[ExpectedUnits, ...]] | None = None
) -> AccountBalances:
    """
    Ask what is left of the days for which units are open, and of those given anew.

    """
    accounts = {
        incoming_account(line.sku, purchase.place, each.day)
        for line in purchase.lines
        for each in (*line.expected, *(anew or {}).get(line.line_id, ()))
    }
    return AccountBalances(tuple(sorted(accounts)))


def _units_of(command: ReceivePurchase, purchase: Purchase) -> list[tuple[Sku, str]]:
    lines = ((purchase.line(given.line_id), given.lot) for given in command.lines)
    return [(line.sku, lot) for line, lot in lines if line is not None]


def decide_receive_purchase(
    command: ReceivePurchase, state: Purchase | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Take in what has come; who preordered it is served in the order of the promises.

    Raises:
        Rejected: ``unknown_purchase``, ``not_legal_now``, ``unknown_line``, ``over_receipt``
            where a line gets more than the tolerance allows.
    """
    purchase = known_purchase(state, command.purchase_id)
    PURCHASE_LIFECYCLE().after(purchase.status, "receive", purchase.id)
    _refuse_over_receipt(purchase, command)
    when = command.occurred_at or context.at
    dock = _Dock(
        Movements(context.command_id, purchase_stream(purchase.id), when),
        purchase,
        Healing(purchase.place, discrepancies(purchase.place, _units_of(command, purchase)), facts),
        WaitingForSupply(
            open_preorders((line.sku for line in purchase.lines), purchase.place), facts
        ),
        SupplyGuards(facts[supply_of(purchase)]),
    )
    received = tuple(dock.take_in(given) for given in command.lines)
    word = "receive" if any(dock.open.values()) else "complete"
    event = PurchaseReceived(
        lines=received,
        allocated=tuple(dock.allocated),
        note=command.note,
        occurred_at=when,
        status=PURCHASE_LIFECYCLE().after(purchase.status, word, purchase.id),
    )
    return Decision((event,), tuple(dock.steps.batch()))


class _Dock:
    """
    Where units of one purchase are taken in, line by line.

    """

    def __init__(
        self,
        steps: Movements,
        purchase: Purchase,
        healing: Healing,
        waiting: WaitingForSupply,
        guards: SupplyGuards,
    ) -> None:
        self.steps = steps
        self.purchase = purchase
        self.open = {line.line_id: line.expected for line in purchase.lines}
        self.allocated: list[AllocatedPreorder] = []
        self._healing = healing
        self._waiting = waiting
        self._guards = guards

    def take_in(self, given: ReceivedLine) -> ReceivedUnits:
        sku, place = line_of(self.purchase, given.line_id).sku, self.purchase.place
        taken = _earliest(self.open[given.line_id], given.received)
        self.open[given.line_id] = less(self.open[given.line_id], taken)
        stocked = given.received - given.rejected
        shelved = _of_days(taken, stocked)
        for day, quantity in shelved:
            self._receive(sku, given.lot, day, quantity, Bucket.ON_HAND)
        rejected = _of_days(less(taken, _dated(shelved)), given.rejected)
        for day, quantity in rejected:
            self._receive(sku, given.lot, day, quantity, _BUCKETS[given.rejected_to])
        heals = self._healing.explain(self.steps, sku, given.lot, stocked)
        left = spare = stocked - heals
        for each in _dated(shelved):
            there = min(left, each.quantity)
            supply = incoming_account(sku, place, each.day)
            served = self._waiting.serve(self.steps, sku, there, supply)
            self.allocated += served
            left -= there
            spare -= sum(one.quantity for one in served)
        last = max((each.day for each in _dated(shelved)), default=None)
        if last is not None:
            self.allocated += self._waiting.serve_earlier(self.steps, sku, spare, last)
        return ReceivedUnits(
            line_id=given.line_id,
            sku=sku,
            received=given.received,
            rejected=given.rejected,
            rejected_to=given.rejected_to,
            lot=given.lot,
            expected=taken,
            healed=heals,
        )

    def _receive(
        self, sku: Sku, lot: str, day: date | None, quantity: int, bucket: Bucket | None
    ) -> None:
        place = self.purchase.place
        left = self._guards.take(incoming_account(sku, place, day), quantity) if day else None
        if bucket is not None:
            self.steps.receive(
                sku,
                place,
                quantity,
                lots=of_lot(lot, quantity),
                into=bucket,
                expected=day,
                expected_quantity=quantity if day else 0,
                leave_expected=left,
            )
        elif day is not None:
            self.steps.unexpect(sku, place, day, quantity, leave_at_least=left)


def _of_days(
    expected: tuple[ExpectedUnits, ...], quantity: int
) -> tuple[tuple[date | None, int], ...]:
    """
    Divide units by the days for which they were expected; what nobody expected comes last.

    """
    dated = _earliest(expected, quantity)
    rest = quantity - sum(each.quantity for each in dated)
    days = tuple((each.day, each.quantity) for each in dated)
    return (*days, (None, rest)) if rest else days


def _dated(units: tuple[tuple[date | None, int], ...]) -> tuple[ExpectedUnits, ...]:
    return tuple(ExpectedUnits(day, quantity) for day, quantity in units if day is not None)


def _refuse_over_receipt(purchase: Purchase, command: ReceivePurchase) -> None:
    came: Counter[LineId] = Counter()
    for given in command.lines:
        came[given.line_id] += given.received
    for line_id, quantity in came.items():
        line = line_of(purchase, line_id)
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
