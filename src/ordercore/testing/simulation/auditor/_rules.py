"""
Which rule of the model answers which command.

"""

from collections.abc import Mapping
from typing import Final

from ordercore.catalog import SkuQuantity
from ordercore.grammar import Command
from ordercore.inventory import AdjustStock, ReceiveStock
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    CapturePayment,
    FulfillUnits,
    InspectReturn,
    LineRequest,
    PackUnits,
    PickUnits,
    PlaceOrder,
    ReceiveReturn,
    RecordAnomaly,
    RecordAttempt,
    RecordDelivery,
    RecordOutcome,
    RecordPayment,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
)
from ordercore.testing.simulation.auditor import (
    _after,
    _answers,
    _money,
    _placing,
    _work,
)
from ordercore.testing.simulation.auditor._case import Rule, Shop

__all__ = ["LOOKS_FOR_STOCK", "RULES", "holder_of", "is_modeled", "skus_of", "stream_of"]

RULES: Final[Mapping[type[Command], Rule]] = {
    ReceiveStock: _placing.receive,
    AdjustStock: _placing.adjust,
    ReserveCart: _placing.reserve,
    ReleaseCart: _placing.release,
    PlaceOrder: _placing.place,
    SourceAgain: _placing.source_again,
    AddTender: _money.add_tender,
    RecordPayment: _money.record_payment,
    CapturePayment: _money.capture,
    PickUnits: _work.pick,
    ReportMissing: _work.miss,
    PackUnits: _work.pack,
    UnpackPackage: _work.unpack,
    ShipPackage: _work.ship,
    FulfillUnits: _work.fulfill,
    RecordDelivery: _work.deliver,
    CancelUnits: _after.cancel,
    AuthorizeReturn: _after.authorize_return,
    ReceiveReturn: _after.receive_back,
    InspectReturn: _after.inspect,
    CancelReturn: _after.cancel_return,
    RecordOutcome: _answers.record_outcome,
    RecordAttempt: _answers.record_attempt,
    RecordAnomaly: _answers.record_anomaly,
    RetryEffect: _answers.retry,
}

#: Commands that are decided on what lies where, which others may change meanwhile.
LOOKS_FOR_STOCK: Final = (
    ReceiveStock,
    AdjustStock,
    ReserveCart,
    ReleaseCart,
    PlaceOrder,
    SourceAgain,
    PickUnits,
    FulfillUnits,
    ReportMissing,
)


def is_modeled(command: Command) -> bool:
    """
    Say whether the model answers a command: one it knows, without lots, discounts or charges.

    """
    if type(command) not in RULES or getattr(command, "lots", None):
        return False
    if isinstance(command, AdjustStock):
        return not any(line.lot for line in command.lines)
    if isinstance(command, PlaceOrder):
        more = command.discounts or command.shipping_discounts
        return not more and not any(line.discounts or line.charges for line in command.lines)
    return True


def stream_of(command: Command) -> str | None:
    """
    Name the stream that a command of this shop is about; None where it has none.

    """
    order_id: str | None = getattr(command, "order_id", None)
    return None if order_id is None else f"order/{order_id}"


def holder_of(command: Command) -> str:
    """
    Name in whose name a command may hold stock.

    """
    if isinstance(command, ReserveCart | ReleaseCart):
        return f"cart/{command.cart_id}"
    return stream_of(command) or "nobody"


def skus_of(command: Command, shop: Shop) -> set[str]:
    """
    Name the SKUs that a command is about.

    """
    order = shop.orders.get(getattr(command, "order_id", ""))
    found: set[str] = set() if order is None else {line.sku for line in order.lines.values()}
    for line in getattr(command, "lines", None) or ():
        if isinstance(line, LineRequest | SkuQuantity):
            found.add(line.sku)
        else:
            found.add(getattr(line, "sku", ""))
    return found & set(shop.products)
