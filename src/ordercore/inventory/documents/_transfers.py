"""
The rules of stock transfers between places.

Opening a transfer holds nothing. Sending takes units that nobody was promised off the shelf of the
source and puts them, in one batch, on the way to the target: in the physical book in transit
there, in the promise book among what is expected there on a day. So a unit under way is in exactly
one place, can be promised at the target by its day, and is sold nowhere now.

More may arrive than is on record as sent. The units are there, so they are taken in; the source
must have sent them, so its discrepancy account gives them. It is explained when the source
records what it sent, or when it counts. For each line

    sent + unexplained = received + in transit + what was lost or came back.
"""

from typing import Any, TypeVar

import attrs

from ordercore.errors import Rejected
from ordercore.grammar import Decision, Facts, Need
from ordercore.ids import LineId, PlaceId, Sku, transfer_stream
from ordercore.inventory._accounts import Bucket, bucket_account, incoming_account
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    Healing,
    available_balances,
    discrepancies,
    known_skus,
    refuse_unknown,
    unknown_line,
)
from ordercore.inventory._document_shape import of_lot
from ordercore.inventory._movements import Movements
from ordercore.inventory._preorders import (
    AllocatedPreorder,
    SupplyGuards,
    WaitingForSupply,
    open_preorders,
)
from ordercore.inventory._recorded_stock import AccountBalances, uncovered
from ordercore.inventory.documents._known_documents import known_transfer, refuse_known_transfer
from ordercore.inventory.documents._lifecycles import TRANSFER_LIFECYCLE
from ordercore.inventory.documents._transfer_commands import (
    CancelTransfer,
    CloseTransfer,
    OpenTransfer,
    ReceiveTransfer,
    RestOfTransfer,
    SendTransfer,
)
from ordercore.inventory.documents._transfer_state import (
    ArrivedUnits,
    RestUnits,
    SentUnits,
    StockTransfer,
    TransferCanceled,
    TransferClosed,
    TransferLine,
    TransferOpened,
    TransferReceived,
    TransferSent,
    TransferUnits,
    evolve_transfer,
)
from ordercore.places import KnownPlaces

__all__ = [
    "decide_cancel_transfer",
    "decide_close_transfer",
    "decide_open_transfer",
    "decide_receive_transfer",
    "decide_send_transfer",
    "opening_needs",
    "receiving_needs",
    "sending_needs",
]


def opening_needs(
    command: OpenTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether SKUs and places are known.

    """
    del state, facts, context
    places = KnownPlaces((command.source, command.target))
    return frozenset({known_skus(line.sku for line in command.lines), places})


def decide_open_transfer(
    command: OpenTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Ask for stock to be moved.

    Raises:
        Rejected: ``transfer_exists``, ``unknown_sku``, ``kit_has_no_stock``, ``unknown_place``.
    """
    del context
    refuse_known_transfer(state, command.transfer_id)
    places = (command.source, command.target)
    refuse_unknown((line.sku for line in command.lines), places, facts)
    opened = TransferOpened(
        transfer_id=command.transfer_id,
        source=command.source,
        target=command.target,
        lines=tuple(
            TransferUnits(line_id=x.line_id, sku=x.sku, lot=x.lot, quantity=x.quantity)
            for x in command.lines
        ),
        expected_on=command.expected_on,
        note=command.note,
        status=TRANSFER_LIFECYCLE().initial,
    )
    return Decision((opened,))


def _line(transfer: StockTransfer, line_id: LineId) -> TransferLine:
    line = transfer.line(line_id)
    if line is None:
        raise unknown_line(f"transfer {transfer.id}", line_id, (x.line_id for x in transfer.lines))
    return line


def _sent_unrecorded(transfer: StockTransfer) -> tuple[Sku, ...]:
    return tuple(sorted({line.sku for line in transfer.lines if line.unexplained}))


def _gaps(transfer: StockTransfer, place: PlaceId) -> AccountBalances:
    return discrepancies(place, ((line.sku, line.lot) for line in transfer.lines))


def _shelves(transfer: StockTransfer) -> AccountBalances:
    return AccountBalances(
        tuple(
            bucket_account(Bucket.ON_HAND, sku, transfer.source, lot=lot)
            for sku, lot in sorted({(line.sku, line.lot) for line in transfer.lines})
        )
    )


def sending_needs(
    command: SendTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Where units have arrived that the source never recorded: its discrepancy, shelf and promises.

    """
    del command, facts, context
    skus = () if state is None else _sent_unrecorded(state)
    if state is None or not skus:
        return frozenset()
    gaps, shelves = _gaps(state, state.source), _shelves(state)
    return frozenset({gaps, shelves, available_balances(state.source, skus)})


def decide_send_transfer(
    command: SendTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Send units on their way.

    Units that are promised at the source stay there: the ledger refuses the batch as a
    ``shortage``. Units that have arrived already were sent before, so they are not sent again; the
    source's discrepancy is explained by them, unless a count has done that.

    Raises:
        Rejected: ``unknown_transfer``, ``not_legal_now``, ``unknown_line``,
            ``quantity_not_open`` where more is sent than was asked for.
    """
    transfer = known_transfer(state, command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "send", transfer.id)
    when = command.occurred_at or context.at
    steps = Movements(context.command_id, transfer_stream(transfer.id), when)
    unrecorded = _sent_unrecorded(transfer)
    yard = _Yard(transfer, facts) if unrecorded else None
    changes = dict.fromkeys(unrecorded, 0)
    sent: list[SentUnits] = []
    for given in command.lines:
        line = _line(transfer, given.line_id)
        _refuse_unasked(transfer, line, given.quantity)
        before = min(given.quantity, line.unexplained)
        explained = yard.explain(steps, line, before) if yard and before else 0
        if leaves := given.quantity - before:
            steps.send(
                line.sku,
                transfer.source,
                transfer.target,
                leaves,
                transfer.expected_on,
                lots=of_lot(line.lot, leaves),
            )
        if line.sku in changes:
            changes[line.sku] -= given.quantity - before + explained
        units = SentUnits(
            line_id=line.line_id, sku=line.sku, quantity=given.quantity, arrived_before=before
        )
        sent.append(units)
    event = TransferSent(
        lines=tuple(sent),
        uncovered=uncovered(
            transfer.source, changes, facts[available_balances(transfer.source, unrecorded)]
        )
        if unrecorded
        else (),
        occurred_at=when,
        status=status,
    )
    return Decision((_completed(transfer, event),), tuple(steps.batch()))


class _Yard:
    """
    The shelves of a source that has sent units which it never recorded as sent.

    """

    def __init__(self, transfer: StockTransfer, facts: Facts) -> None:
        self._place = transfer.source
        self._healing = Healing(transfer.source, _gaps(transfer, transfer.source), facts)
        self._there = {a: b.posted for a, b in facts[_shelves(transfer)].items()}

    def explain(self, steps: Movements, line: TransferLine, before: int) -> int:
        """
        Take units off the record that have arrived before, as far as they are still on it.

        """
        account = bucket_account(Bucket.ON_HAND, line.sku, self._place, lot=line.lot)
        most = min(before, self._there.get(account, 0))
        explained = self._healing.explain(steps, line.sku, line.lot, most)
        self._there[account] = self._there.get(account, 0) - explained
        return explained


def _refuse_unasked(transfer: StockTransfer, line: TransferLine, quantity: int) -> None:
    if quantity > line.unsent:
        raise Rejected(
            "quantity_not_open",
            f"{quantity} of line {line.line_id} of transfer {transfer.id} can't be "
            f"sent: {line.quantity} are asked for, {line.sent} have been sent",
            data={"line": line.line_id, "asked": quantity, "open": line.unsent},
            legal=(f"1 to {line.unsent}" if line.unsent else "nothing of this line",),
        )


MovedT = TypeVar("MovedT", TransferSent, TransferReceived)


def _completed(transfer: StockTransfer, event: MovedT) -> MovedT:
    """
    Let a transfer end by itself where nothing is left to be sent, to arrive or to be explained.

    """
    lines = evolve_transfer(transfer, event).lines
    if any(line.unsent or line.in_transit or line.unexplained for line in lines):
        return event
    status = TRANSFER_LIFECYCLE().after(event.status, "complete", transfer.id)
    return attrs.evolve(event, status=status)


def receiving_needs(
    command: ReceiveTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Whether the target has sent away more than its record held, and who waits for the units.

    """
    del command, facts, context
    if state is None:
        return frozenset()
    waiting = open_preorders((line.sku for line in state.lines), state.target)
    return frozenset({_gaps(state, state.target), _supply(state), waiting})


def _supply(transfer: StockTransfer) -> AccountBalances:
    skus = sorted({line.sku for line in transfer.lines})
    day = transfer.expected_on
    return AccountBalances(tuple(incoming_account(sku, transfer.target, day) for sku in skus))


def decide_receive_transfer(
    command: ReceiveTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Take in what has arrived.

    More than is under way is taken in too; the event says how much, and the source's discrepancy
    account stands for it. Who preordered what was under way is served in the order of the promises.

    Raises:
        Rejected: ``unknown_transfer``, ``not_legal_now``, ``unknown_line``.
    """
    transfer = known_transfer(state, command.transfer_id)
    under_way = TRANSFER_LIFECYCLE().after(transfer.status, "receive", transfer.id)
    when = command.occurred_at or context.at
    steps = Movements(context.command_id, transfer_stream(transfer.id), when)
    target, day = transfer.target, transfer.expected_on
    healing = Healing(target, _gaps(transfer, target), facts)
    waiting = WaitingForSupply(open_preorders((line.sku for line in transfer.lines), target), facts)
    guards = SupplyGuards(facts[_supply(transfer)])
    arrived: list[ArrivedUnits] = []
    allocated: list[AllocatedPreorder] = []
    for given in command.lines:
        line = _line(transfer, given.line_id)
        beyond = max(given.quantity - line.in_transit, 0)
        expected = given.quantity - beyond
        supply = incoming_account(line.sku, target, day)
        steps.arrive(
            line.sku,
            target,
            given.quantity,
            day,
            lots=of_lot(line.lot, given.quantity),
            forced=beyond,
            sent_by=transfer.source,
            leave_expected=guards.take(supply, expected),
        )
        heals = healing.explain(steps, line.sku, line.lot, expected)
        allocated += waiting.serve(steps, line.sku, given.quantity - heals, supply)
        arrived.append(
            ArrivedUnits(
                line_id=line.line_id,
                sku=line.sku,
                quantity=given.quantity,
                beyond=beyond,
                healed=heals,
            )
        )
    event = TransferReceived(
        lines=tuple(arrived), allocated=tuple(allocated), occurred_at=when, status=under_way
    )
    return Decision((_completed(transfer, event),), tuple(steps.batch()))


def decide_close_transfer(
    command: CloseTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    End a transfer: units under way are written off, or are back at the source.

    What has arrived beyond the record stays a discrepancy of the source until it counts.

    Raises:
        Rejected: ``unknown_transfer``, ``not_legal_now``.
    """
    del facts
    transfer = known_transfer(state, command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "close", transfer.id)
    when = command.occurred_at or context.at
    steps = Movements(context.command_id, transfer_stream(transfer.id), when)
    rest: list[RestUnits] = []
    for line in transfer.lines:
        if not line.in_transit:
            continue
        target, day = transfer.target, transfer.expected_on
        lots = of_lot(line.lot, line.in_transit)
        if command.rest is RestOfTransfer.LOST:
            steps.lose_in_transit(line.sku, target, line.in_transit, day, lots=lots)
        else:
            steps.turn_back(line.sku, target, transfer.source, line.in_transit, day, lots=lots)
        rest.append(RestUnits(line_id=line.line_id, sku=line.sku, quantity=line.in_transit))
    event = TransferClosed(
        rest=command.rest,
        lines=tuple(rest),
        reason=command.reason,
        occurred_at=when,
        status=status,
    )
    return Decision((event,), tuple(steps.batch()))


def decide_cancel_transfer(
    command: CancelTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Call a transfer off.

    Raises:
        Rejected: ``unknown_transfer``, ``not_legal_now``.
    """
    del facts, context
    transfer = known_transfer(state, command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "cancel", transfer.id)
    return Decision((TransferCanceled(reason=command.reason, status=status),))
