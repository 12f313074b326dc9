"""
Identifiers: who may choose them, what they look like, how children are named.

The host chooses the ids of what it brings (orders, carts, SKUs, places); everything that comes
into being inside an order is named after its parent by :func:`child`, so the same decision on
the same facts mints the same ids, on every machine and after every crash. A slash never occurs in
a host's id, therefore a child's id never collides with one.
"""

import re
from typing import Final, NewType

from ordercore.errors import InvalidData

__all__ = [
    "CartId",
    "CommandId",
    "CountId",
    "FulfillmentOrderId",
    "LineId",
    "OrderId",
    "PackageId",
    "PaymentId",
    "PlaceId",
    "PurchaseId",
    "RefundId",
    "ReturnId",
    "Sku",
    "StockTransferId",
    "StreamId",
    "TenantId",
    "TransferId",
    "card_number_fault",
    "cart_holder",
    "child",
    "count_stream",
    "id_fault",
    "order_stream",
    "purchase_stream",
    "require_id",
    "require_sku",
    "sku_fault",
    "snapshot_stream",
    "transfer_stream",
]

TenantId = NewType("TenantId", str)
CommandId = NewType("CommandId", str)
StreamId = NewType("StreamId", str)
TransferId = NewType("TransferId", str)

Sku = NewType("Sku", str)
PlaceId = NewType("PlaceId", str)
CartId = NewType("CartId", str)
OrderId = NewType("OrderId", str)
LineId = NewType("LineId", str)
PaymentId = NewType("PaymentId", str)
RefundId = NewType("RefundId", str)
FulfillmentOrderId = NewType("FulfillmentOrderId", str)
PackageId = NewType("PackageId", str)
ReturnId = NewType("ReturnId", str)

PurchaseId = NewType("PurchaseId", str)
StockTransferId = NewType("StockTransferId", str)
CountId = NewType("CountId", str)

_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~@+=:-]{0,99}", re.ASCII)
_ID_LEGAL: Final = "1 to 100 ASCII letters, digits or . _ ~ @ + = : -, the first a letter or digit"
_SKU_LEGAL: Final = "1 to 100 printable characters without | and without outer spaces"


def id_fault(value: object) -> str | None:
    """
    Say what is wrong with an id chosen by a host, or None where it is fine.

    """
    if isinstance(value, str) and _ID.fullmatch(value):
        return None
    return f"{value!r:.120} is no id: legal are {_ID_LEGAL}"


def sku_fault(value: object) -> str | None:
    """
    Say what is wrong with a SKU, or None where it is fine.

    SKUs come from many systems, so they may hold spaces, slashes and letters of any script; a
    vertical bar separates the parts of an account and is the one printable character refused.
    """
    if (
        isinstance(value, str)
        and 0 < len(value) <= 100  # noqa: PLR2004 - stated in the message
        and value == value.strip()
        and value.isprintable()
        and "|" not in value
    ):
        return None
    return f"{value!r:.120} is no SKU: legal are {_SKU_LEGAL}"


def require_id(value: str, what: str) -> None:
    """
    Refuse an id that a host may not choose.

    Raises:
        InvalidData: Naming ``what`` and the rule.
    """
    fault = id_fault(value)
    if fault is not None:
        raise InvalidData(what, (fault,))


def require_sku(value: str, what: str) -> None:
    """
    Refuse a SKU outside the rule of :func:`sku_fault`.

    Raises:
        InvalidData: Naming ``what`` and the rule.
    """
    fault = sku_fault(value)
    if fault is not None:
        raise InvalidData(what, (fault,))


def child(parent: str, kind: str, n: int) -> str:
    """
    Name the n-th thing of a kind that belongs to a parent.

    >>> child("O-1", "package", 2)
    'O-1/package-2'
    """
    return f"{parent}/{kind}-{n}"


def order_stream(order_id: OrderId | str) -> StreamId:
    """
    Name the stream that holds everything about one order.

    """
    return StreamId(f"order/{order_id}")


def purchase_stream(purchase_id: PurchaseId | str) -> StreamId:
    """
    Name the stream of an inbound purchase; its movements refer to it by this name too.

    """
    return StreamId(f"purchase/{purchase_id}")


def transfer_stream(transfer_id: StockTransferId | str) -> StreamId:
    """
    Name the stream of a stock transfer between places; its movements refer to it too.

    """
    return StreamId(f"transfer/{transfer_id}")


def count_stream(count_id: CountId | str) -> StreamId:
    """
    Name the stream of a stock count; its corrections refer to it too.

    """
    return StreamId(f"count/{count_id}")


def snapshot_stream(place: PlaceId | str) -> StreamId:
    """
    Name the stream of what a place's own system has stated about its stock.

    """
    return StreamId(f"snapshot/{place}")


def cart_holder(cart_id: CartId | str) -> str:
    """
    Name a cart as the holder of its reservations.

    """
    return f"cart/{cart_id}"


#: A UUID or a digest in hexadecimal with a letter in it: one in four hundred holds 13 digits in a
#: row that pass the Luhn check by chance, and none is a card number.
_HEX_ID: Final = re.compile(
    r"(?<![0-9A-Za-z])(?=[0-9-]*[a-f])"
    r"(?:[0-9a-f]{32,128}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?![0-9A-Za-z])",
    re.ASCII | re.IGNORECASE,
)
_DIGIT_GROUPS: Final = re.compile(r"\d+(?:[ -]\d+)*", re.ASCII)
_CARD_DIGITS_MIN: Final = 13
_CARD_DIGITS_MAX: Final = 19


def card_number_fault(text: str) -> str | None:
    """
    Say so where a text holds what looks like a card number, or None where it does not.

    Card numbers never enter orders, events or logs (PCI DSS); 13 to 19 digits that pass the Luhn
    check of ISO/IEC 7812-1 are taken for one, be they in one group or in several, whatever digits
    stand in the groups around them. UUIDs and hexadecimal digests are not looked into.
    """
    for match in _DIGIT_GROUPS.finditer(_HEX_ID.sub("#", text)):
        groups = match.group().replace("-", " ").split(" ")
        for first in range(len(groups)):
            digits = ""
            for group in groups[first:]:
                digits += group
                if len(digits) > _CARD_DIGITS_MAX:
                    break
                if len(digits) >= _CARD_DIGITS_MIN and _passes_luhn(digits):
                    return "holds what looks like a card number: give the vault's reference instead"
    return None


def _passes_luhn(digits: str) -> bool:
    values = [int(c) for c in reversed(digits)]
    doubled = (d * 2 - 9 if d > 4 else d * 2 for d in values[1::2])  # noqa: PLR2004 - Luhn
    return (sum(values[::2]) + sum(doubled)) % 10 == 0
