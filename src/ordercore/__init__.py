"""
Everything a shop does after the buy button, as a pure library.

The names below are the ones that most programs start with; every room has its own namespace
beside them (``ordercore.money``, ``ordercore.ledger``, ...). A program pays only for the rooms
that it enters: a name is imported from its home on first use (PEP 562), so ``import ordercore``
costs next to nothing and loads no store, no event loop and no serializer.

Three places list the same names: ``_HOME`` for the interpreter, the ``TYPE_CHECKING`` block for
type checkers and editors, ``__all__`` for readers. A test keeps them equal.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ordercore.catalog import (
        Component,
        Composition,
        Product,
        SkuQuantity,
        StaticCatalog,
        UnitOfMeasure,
    )
    from ordercore.engine import Engine, Submitted
    from ordercore.errors import (
        Conflict,
        InvalidData,
        InvalidDefinition,
        InvariantViolated,
        OrderCoreError,
        OutcomeUnknown,
        PortUnavailable,
        Rejected,
    )
    from ordercore.grammar import Actor, ActorKind
    from ordercore.inventory import MakeUnits, ReceiveStock, StockRule, StockRules
    from ordercore.money import Money, Rounding, UnitPrice
    from ordercore.orders import (
        AddTender,
        AuthorizeReturn,
        CancelReturn,
        CancelUnits,
        CapturePayment,
        CaptureWhen,
        FulfillUnits,
        InspectReturn,
        LineRequest,
        PackUnits,
        PickUnits,
        PlaceOrder,
        ReceiveReturn,
        RecordDelivery,
        RecordOutcome,
        RecordPayment,
        ReleaseCart,
        ReleaseWhen,
        ReportMissing,
        ReserveCart,
        RetryEffect,
        Rules,
        SetCapacity,
        ShipPackage,
        SourceAgain,
        UnpackPackage,
    )
    from ordercore.parties import Destination
    from ordercore.payments import Tender
    from ordercore.places import CapacityMeasure, Place, PlaceKind, StaticPlaces
    from ordercore.stores import MemoryStore, SQLiteStore
    from ordercore.totals import Charge, Discount

__all__ = [
    "Actor",
    "ActorKind",
    "AddTender",
    "AuthorizeReturn",
    "CancelReturn",
    "CancelUnits",
    "CapacityMeasure",
    "CapturePayment",
    "CaptureWhen",
    "Charge",
    "Component",
    "Composition",
    "Conflict",
    "Destination",
    "Discount",
    "Engine",
    "FulfillUnits",
    "InspectReturn",
    "InvalidData",
    "InvalidDefinition",
    "InvariantViolated",
    "LineRequest",
    "MakeUnits",
    "MemoryStore",
    "Money",
    "OrderCoreError",
    "OutcomeUnknown",
    "PackUnits",
    "PickUnits",
    "Place",
    "PlaceKind",
    "PlaceOrder",
    "PortUnavailable",
    "Product",
    "ReceiveReturn",
    "ReceiveStock",
    "RecordDelivery",
    "RecordOutcome",
    "RecordPayment",
    "Rejected",
    "ReleaseCart",
    "ReleaseWhen",
    "ReportMissing",
    "ReserveCart",
    "RetryEffect",
    "Rounding",
    "Rules",
    "SQLiteStore",
    "SetCapacity",
    "ShipPackage",
    "SkuQuantity",
    "SourceAgain",
    "StaticCatalog",
    "StaticPlaces",
    "StockRule",
    "StockRules",
    "Submitted",
    "Tender",
    "UnitOfMeasure",
    "UnitPrice",
    "UnpackPackage",
    "__version__",
]

__version__ = "0.1.0"

#: Public name -> the module that defines it.
_HOME: dict[str, str] = {
    "Actor": "ordercore.grammar",
    "ActorKind": "ordercore.grammar",
    "AddTender": "ordercore.orders",
    "AuthorizeReturn": "ordercore.orders",
    "CancelReturn": "ordercore.orders",
    "CancelUnits": "ordercore.orders",
    "CapacityMeasure": "ordercore.places",
    "CapturePayment": "ordercore.orders",
    "CaptureWhen": "ordercore.orders",
    "Charge": "ordercore.totals",
    "Component": "ordercore.catalog",
    "Composition": "ordercore.catalog",
    "Conflict": "ordercore.errors",
    "Destination": "ordercore.parties",
    "Discount": "ordercore.totals",
    "Engine": "ordercore.engine",
    "FulfillUnits": "ordercore.orders",
    "InspectReturn": "ordercore.orders",
    "InvalidData": "ordercore.errors",
    "InvalidDefinition": "ordercore.errors",
    "InvariantViolated": "ordercore.errors",
    "LineRequest": "ordercore.orders",
    "MakeUnits": "ordercore.inventory",
    "MemoryStore": "ordercore.stores",
    "Money": "ordercore.money",
    "OrderCoreError": "ordercore.errors",
    "OutcomeUnknown": "ordercore.errors",
    "PackUnits": "ordercore.orders",
    "PickUnits": "ordercore.orders",
    "Place": "ordercore.places",
    "PlaceKind": "ordercore.places",
    "PlaceOrder": "ordercore.orders",
    "PortUnavailable": "ordercore.errors",
    "Product": "ordercore.catalog",
    "ReceiveReturn": "ordercore.orders",
    "ReceiveStock": "ordercore.inventory",
    "RecordDelivery": "ordercore.orders",
    "RecordOutcome": "ordercore.orders",
    "RecordPayment": "ordercore.orders",
    "Rejected": "ordercore.errors",
    "ReleaseCart": "ordercore.orders",
    "ReleaseWhen": "ordercore.orders",
    "ReportMissing": "ordercore.orders",
    "ReserveCart": "ordercore.orders",
    "RetryEffect": "ordercore.orders",
    "Rounding": "ordercore.money",
    "Rules": "ordercore.orders",
    "SQLiteStore": "ordercore.stores",
    "SetCapacity": "ordercore.orders",
    "ShipPackage": "ordercore.orders",
    "SkuQuantity": "ordercore.catalog",
    "SourceAgain": "ordercore.orders",
    "StaticCatalog": "ordercore.catalog",
    "StaticPlaces": "ordercore.places",
    "StockRule": "ordercore.inventory",
    "StockRules": "ordercore.inventory",
    "Submitted": "ordercore.engine",
    "Tender": "ordercore.payments",
    "UnitOfMeasure": "ordercore.catalog",
    "UnitPrice": "ordercore.money",
    "UnpackPackage": "ordercore.orders",
}


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message, name=name)
    value: object = getattr(import_module(home), name)
    globals()[name] = value  # the next look-up doesn't come here
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
