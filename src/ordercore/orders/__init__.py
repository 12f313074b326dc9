"""
Orders: the aggregate, the only room that combines the slices.

One stream an order, with its payments, fulfillment, packages and returns: one version, one fold,
one audit trail. Each family of commands has a module in which a script of slice calls decides it;
what follows by itself from a decision is drawn in one place, ``_conclusions``.
"""

from ordercore.grammar import Attempt, AttemptFailed, EffectRetried, OperatorNeeded
from ordercore.orders._aftercare import cancelable
from ordercore.orders._aggregate import CAPACITY, CARTS, ORDERS
from ordercore.orders._allowed import Allowed, allowed
from ordercore.orders._balance import Balance, Settlement, balance
from ordercore.orders._capacity import SetCapacity
from ordercore.orders._carts import Reservation
from ordercore.orders._commands import (
    AddTender,
    CapturePayment,
    CartCommand,
    OrderCommand,
    PlaceOrder,
    RecordAnomaly,
    RecordAttempt,
    RecordOutcome,
    RecordPayment,
    ReleaseCart,
    ReserveCart,
    RetryEffect,
)
from ordercore.orders._decide import decide, needs
from ordercore.orders._events import (
    AnomalyRecorded,
    ChargedUnits,
    OrderEnded,
    OrderEvent,
    OrderPlaced,
    OrderReleased,
    PackageCharged,
    PlacedLine,
    RefundGranted,
    SourcingFailed,
    UnitsCanceled,
    UnitsSourcedAgain,
)
from ordercore.orders._kits import KitPart, PlacedKit
from ordercore.orders._known_orders import (
    SLOTS_MAX,
    SOMEBODY_WAITS,
    KnownReferences,
    PresentOrder,
    is_slot,
    waiting_slots,
)
from ordercore.orders._lifecycles import ORDER_LIFECYCLE
from ordercore.orders._order import Anomaly, Grant, Order, OrderLine
from ordercore.orders._outstanding import OrderEffect, outstanding
from ordercore.orders._plans import STOCK_NEEDS, PlanSourcing
from ordercore.orders._rules import CaptureWhen, OrderContext, ReleaseWhen, Rules
from ordercore.orders._shape import LineLots, LineQuantity, LineRequest
from ordercore.orders._state import evolve, fold
from ordercore.orders._work_commands import (
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    ReportMissing,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
)

__all__ = [
    "CAPACITY",
    "CARTS",
    "ORDERS",
    "ORDER_LIFECYCLE",
    "SLOTS_MAX",
    "SOMEBODY_WAITS",
    "STOCK_NEEDS",
    "AddTender",
    "Allowed",
    "Anomaly",
    "AnomalyRecorded",
    "Attempt",
    "AttemptFailed",
    "AuthorizeReturn",
    "Balance",
    "CancelReturn",
    "CancelUnits",
    "CapturePayment",
    "CaptureWhen",
    "CartCommand",
    "ChargedUnits",
    "EffectRetried",
    "FulfillUnits",
    "Grant",
    "InspectReturn",
    "KitPart",
    "KnownReferences",
    "LineLots",
    "LineQuantity",
    "LineRequest",
    "OperatorNeeded",
    "Order",
    "OrderCommand",
    "OrderContext",
    "OrderEffect",
    "OrderEnded",
    "OrderEvent",
    "OrderLine",
    "OrderPlaced",
    "OrderReleased",
    "PackUnits",
    "PackageCharged",
    "PickUnits",
    "PlaceOrder",
    "PlacedKit",
    "PlacedLine",
    "PlanSourcing",
    "PresentOrder",
    "ReceiveReturn",
    "RecordAnomaly",
    "RecordAttempt",
    "RecordDelivery",
    "RecordOutcome",
    "RecordPayment",
    "RefundGranted",
    "ReleaseCart",
    "ReleaseWhen",
    "ReportMissing",
    "Reservation",
    "ReserveCart",
    "RetryEffect",
    "Rules",
    "SetCapacity",
    "Settlement",
    "ShipPackage",
    "SourceAgain",
    "SourcingFailed",
    "UnitsCanceled",
    "UnitsSourcedAgain",
    "UnpackPackage",
    "allowed",
    "balance",
    "cancelable",
    "decide",
    "evolve",
    "fold",
    "is_slot",
    "needs",
    "outstanding",
    "waiting_slots",
]
