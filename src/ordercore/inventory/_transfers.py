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
from ordercore.ids import LineId, Sku, transfer_stream
from ordercore.inventory._document_rules import (
    DocumentContext,
    DocumentDecision,
    Healing,
    available_balances,
    discrepancies,
    known,
    known_skus,
    refuse_existing,
    refuse_unknown,
    unknown_line,
)
from ordercore.inventory._document_steps import DocumentSteps, Shelf
from ordercore.inventory._lifecycles import TRANSFER_LIFECYCLE
from ordercore.inventory._recorded_stock import uncovered
from ordercore.inventory._transfer_commands import (
    CancelTransfer,
    CloseTransfer,
    OpenTransfer,
    ReceiveTransfer,
    RestOfTransfer,
    SendTransfer,
)
from ordercore.inventory._transfer_state import (
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
        Rejected: ``document_exists``, ``unknown_sku``, ``unknown_place``.
    """
    del context
    refuse_existing(state, "transfer", command.transfer_id)
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


def sending_needs(
    command: SendTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> frozenset[Need[Any]]:
    """
    Where units have arrived that the source never recorded: its discrepancy, and its promises.

    """
    del command, facts, context
    skus = () if state is None else _sent_unrecorded(state)
    if state is None or not skus:
        return frozenset()
    return frozenset({discrepancies(state.source, skus), available_balances(state.source, skus)})


def decide_send_transfer(
    command: SendTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Send units on their way.

    Units that are promised at the source stay there: the ledger refuses the batch as a
    ``shortage``. Units that have arrived already were sent before, so they are not sent again; the
    source's discrepancy is explained by them, unless a count has done that.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``, ``unknown_line``,
            ``quantity_not_open`` where more is sent than was asked for.
    """
    transfer = known(state, "transfer", command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "send", transfer.id)
    when = command.occurred_at or context.at
    steps = DocumentSteps(context.command_id, transfer_stream(transfer.id), when)
    unrecorded = _sent_unrecorded(transfer)
    healing = Healing(transfer.source, unrecorded, facts) if unrecorded else None
    changes = dict.fromkeys(unrecorded, 0)
    sent: list[SentUnits] = []
    for given in command.lines:
        line = _line(transfer, given.line_id)
        _refuse_unasked(transfer, line, given.quantity)
        before = min(given.quantity, line.unexplained)
        explained = healing.take(line.sku, before) if healing and before else 0
        shelf = Shelf(line.sku, transfer.source, line.lot)
        steps.explain(shelf, explained)
        steps.send(shelf, transfer.target, transfer.expected_on, given.quantity - before)
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
    Whether the target has sent away more than its record held.

    """
    del command, facts, context
    if state is None:
        return frozenset()
    return frozenset({discrepancies(state.target, (line.sku for line in state.lines))})


def decide_receive_transfer(
    command: ReceiveTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    Take in what has arrived.

    More than is under way is taken in too; the event says how much, and the source's discrepancy
    account stands for it.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``, ``unknown_line``.
    """
    transfer = known(state, "transfer", command.transfer_id)
    under_way = TRANSFER_LIFECYCLE().after(transfer.status, "receive", transfer.id)
    when = command.occurred_at or context.at
    steps = DocumentSteps(context.command_id, transfer_stream(transfer.id), when)
    healing = Healing(transfer.target, (line.sku for line in transfer.lines), facts)
    arrived: list[ArrivedUnits] = []
    for given in command.lines:
        line = _line(transfer, given.line_id)
        beyond = max(given.quantity - line.in_transit, 0)
        expected = given.quantity - beyond
        heals = healing.take(line.sku, expected)
        shelf = Shelf(line.sku, transfer.target, line.lot)
        if expected:
            steps.arrive(shelf, transfer.expected_on, expected, heals)
        if beyond:
            steps.arrive_beyond(shelf, transfer.source, beyond)
        arrived.append(
            ArrivedUnits(
                line_id=line.line_id,
                sku=line.sku,
                quantity=given.quantity,
                beyond=beyond,
                healed=heals,
            )
        )
    event = TransferReceived(lines=tuple(arrived), occurred_at=when, status=under_way)
    return Decision((_completed(transfer, event),), tuple(steps.batch()))


def decide_close_transfer(
    command: CloseTransfer, state: StockTransfer | None, facts: Facts, context: DocumentContext
) -> DocumentDecision:
    """
    End a transfer: units under way are written off, or are back at the source.

    What has arrived beyond the record stays a discrepancy of the source until it counts.

    Raises:
        Rejected: ``unknown_document``, ``not_legal_now``.
    """
    del facts
    transfer = known(state, "transfer", command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "close", transfer.id)
    when = command.occurred_at or context.at
    steps = DocumentSteps(context.command_id, transfer_stream(transfer.id), when)
    rest: list[RestUnits] = []
    for line in transfer.lines:
        shelf, day = Shelf(line.sku, transfer.target, line.lot), transfer.expected_on
        if command.rest is RestOfTransfer.LOST:
            steps.lose_in_transit(shelf, day, line.in_transit)
        else:
            steps.return_from_transit(shelf, transfer.source, day, line.in_transit)
        if line.in_transit:
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
        Rejected: ``unknown_document``, ``not_legal_now``.
    """
    del facts, context
    transfer = known(state, "transfer", command.transfer_id)
    status = TRANSFER_LIFECYCLE().after(transfer.status, "cancel", transfer.id)
    return Decision((TransferCanceled(reason=command.reason, status=status),))
