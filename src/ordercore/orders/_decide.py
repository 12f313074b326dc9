"""
The table of the aggregate: which rules each command is decided by.

"""

from typing import Any, Final

from ordercore.grammar import Command, CommandTable, Decision, Facts, Need
from ordercore.ledger import Step
from ordercore.orders import (
    _aftercare,
    _answers,
    _capacity,
    _carts,
    _placement,
    _preordered,
    _second_sourcing,
    _shelf,
    _work,
)
from ordercore.orders import _commands as c
from ordercore.orders import _work_commands as w
from ordercore.orders._events import OrderEvent
from ordercore.orders._order import Order
from ordercore.orders._rules import OrderContext

__all__ = ["decide", "needs"]


def _no_needs(
    command: Command, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    return frozenset()


_RULES: Final = CommandTable(
    "ordercore.orders",
    {
        c.ReserveCart: (_carts.reservation_needs, _carts.decide_reservation),
        c.ReleaseCart: (_carts.release_needs, _carts.decide_release),
        _capacity.SetCapacity: (_capacity.capacity_needs, _capacity.decide_capacity),
        c.PlaceOrder: (_placement.placement_needs, _placement.decide_placement),
        c.AddTender: (_no_needs, _placement.decide_add_tender),
        c.RecordPayment: (_no_needs, _placement.decide_record_payment),
        c.CapturePayment: (_no_needs, _work.decide_capture),
        w.PickUnits: (_shelf.picking_needs, _work.decide_pick),
        w.ReportMissing: (_shelf.missing_needs, _work.decide_missing),
        w.PackUnits: (_no_needs, _work.decide_pack),
        w.UnpackPackage: (_no_needs, _work.decide_unpack),
        w.ShipPackage: (_no_needs, _work.decide_ship),
        w.FulfillUnits: (_shelf.picking_needs, _work.decide_fulfill),
        w.RecordDelivery: (_no_needs, _work.decide_delivery),
        w.SourceAgain: (_second_sourcing.source_again_needs, _second_sourcing.decide_source_again),
        w.CancelUnits: (_preordered.holds_needs, _aftercare.decide_cancel_units),
        w.AuthorizeReturn: (_no_needs, _aftercare.decide_authorize_return),
        w.ReceiveReturn: (_aftercare.receiving_needs, _aftercare.decide_receive_return),
        w.InspectReturn: (_no_needs, _aftercare.decide_inspect_return),
        w.CancelReturn: (_no_needs, _aftercare.decide_cancel_return),
        c.RecordOutcome: (_no_needs, _answers.decide_outcome),
        c.RecordAttempt: (_no_needs, _answers.decide_attempt),
        c.RecordAnomaly: (_no_needs, _answers.decide_anomaly),
        c.RetryEffect: (_no_needs, _answers.decide_retry),
    },
)


def needs(
    command: Command, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    Return what must be known to decide a command; ask again with the answers, at most 4 times.

    Raises:
        Rejected: It is clear already that the command is refused.
        InvalidDefinition: It is no command of this room.
    """
    return _RULES.needs(command, state, facts, context)


def decide(
    command: Command, state: Order | None, facts: Facts, context: OrderContext
) -> Decision[OrderEvent, Step]:
    """
    Decide a command: the events and transfers that it leads to, or a refusal.

    An empty decision says that it is already so.

    Raises:
        Rejected: A rule of the business; nothing has happened.
        InvalidDefinition: It is no command of this room.
    """
    return _RULES.decide(command, state, facts, context)
