"""
Everything that can be asked of an order and of stock.

A command checks its own shape when it is made and names every fault with its path; whether it is
legal now is decided later, on facts. Line quantities may be given as a mapping
(``{"line-1": 2}``).
"""

from collections.abc import Iterable, Mapping
from typing import Final

import attrs

from ordercore.errors import InvalidData
from ordercore.grammar import Command, Outcome
from ordercore.ids import (
    CartId,
    FulfillmentOrderId,
    LineId,
    OrderId,
    PackageId,
    PlaceId,
    ReturnId,
    Sku,
    card_number_fault,
    id_fault,
    sku_fault,
)
from ordercore.instants import Instant
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, UnitPrice, exponent
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import Charge, Discount

__all__ = [
    "LINES_MAX",
    "AddTender",
    "AuthorizeReturn",
    "CancelReturn",
    "CancelUnits",
    "CapturePayment",
    "FulfillUnits",
    "InspectReturn",
    "LineQuantity",
    "LineRequest",
    "OrderCommand",
    "PackUnits",
    "PickUnits",
    "PlaceOrder",
    "ReceiveReturn",
    "ReceiveStock",
    "RecordAttempt",
    "RecordDelivery",
    "RecordOutcome",
    "RecordPayment",
    "ReleaseCart",
    "ReportMissing",
    "ReserveCart",
    "RetryEffect",
    "ShipPackage",
    "SkuQuantity",
    "SourceAgain",
    "StockCommand",
    "UnpackPackage",
]

#: How many lines an order, a cart or a delivery may have.
LINES_MAX: Final = 1_000


@attrs.frozen
class LineQuantity:
    """
    So many units of one line of an order.

    """

    line_id: LineId
    quantity: int


@attrs.frozen
class SkuQuantity:
    """
    So many units of one SKU.

    Attributes:
        sku: What.
        quantity: How many.
        place: Only from this place; None for wherever it is best.
    """

    sku: Sku
    quantity: int
    place: PlaceId | None = None


@attrs.frozen(kw_only=True)
class LineRequest:
    """
    One line of an order that is being placed.

    Attributes:
        sku: What.
        quantity: How many.
        unit_price: The price of one (or of ``per``) in minor units.
        discounts: Off this line.
        charges: Fees and shipping that belong to this line alone.
        place: Only from this place: pickup, a marketplace seller, a workshop.
    """

    sku: Sku
    quantity: int
    unit_price: UnitPrice
    discounts: tuple[Discount, ...] = ()
    charges: tuple[Charge, ...] = ()
    place: PlaceId | None = None


Quantities = Mapping[str, int] | Iterable[LineQuantity]


def _line_quantities(given: Quantities) -> tuple[LineQuantity, ...]:
    if isinstance(given, Mapping):
        return tuple(LineQuantity(LineId(line), quantity) for line, quantity in given.items())
    return tuple(given)


def _optional_line_quantities(given: Quantities | None) -> tuple[LineQuantity, ...] | None:
    return None if given is None else _line_quantities(given)


def _sku_quantities(given: Mapping[str, int] | Iterable[SkuQuantity]) -> tuple[SkuQuantity, ...]:
    if isinstance(given, Mapping):
        return tuple(SkuQuantity(Sku(sku), quantity) for sku, quantity in given.items())
    return tuple(given)


def quantity_fault(value: object, least: int = 1) -> str | None:
    """
    Say what is wrong with a quantity, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= QUANTITY_MAX:
        return None
    return f"{value!r:.40} is no quantity: legal is a whole number from {least} to {QUANTITY_MAX}"


def amount_fault(value: object, least: int = 0) -> str | None:
    """
    Say what is wrong with an amount in minor units, or None where it is fine.

    """
    if isinstance(value, int) and not isinstance(value, bool) and least <= value <= AMOUNT_MAX:
        return None
    return f"{value!r:.40} is no amount: legal are whole minor units from {least} to {AMOUNT_MAX}"


class _Faults:
    """
    Collects what is wrong with a command, each fault with its path.

    """

    __slots__ = ("_faults", "_subject")

    def __init__(self, command: object) -> None:
        self._subject = type(command).__name__
        self._faults: list[str] = []

    def note(self, path: str, fault: str | None) -> None:
        if fault is not None:
            self._faults.append(f"{path}: {fault}")

    def lines(self, lines: tuple[LineQuantity, ...], path: str = "lines", least: int = 1) -> None:
        self.count(len(lines), path)
        seen: set[str] = set()
        for n, line in enumerate(lines):
            self.note(f"{path}[{n}].quantity", quantity_fault(line.quantity, least))
            if line.line_id in seen:
                self.note(f"{path}[{n}].line_id", f"{line.line_id} is there twice")
            seen.add(line.line_id)

    def skus(self, lines: tuple[SkuQuantity, ...]) -> None:
        self.count(len(lines), "lines")
        for n, line in enumerate(lines):
            self.note(f"lines[{n}].sku", sku_fault(line.sku))
            self.note(f"lines[{n}].quantity", quantity_fault(line.quantity))

    def count(self, number: int, path: str) -> None:
        if not 1 <= number <= LINES_MAX:
            self.note(path, f"{number} lines: legal are 1 to {LINES_MAX}")

    def currency(self, currency: str) -> None:
        try:
            exponent(currency)
        except InvalidData as error:
            self.note("currency", "; ".join(error.faults))

    def aware(self, occurred_at: Instant | None) -> None:
        if occurred_at is not None and occurred_at.tzinfo is None:
            self.note("occurred_at", f"{occurred_at} has no time zone: give it one")

    def text(self, path: str, text: str) -> None:
        self.length(path, text)
        self.note(path, card_number_fault(text))

    def length(self, path: str, text: str, longest: int = 500) -> None:
        if len(text) > longest:
            self.note(path, f"{len(text)} characters: legal are {longest}")

    def tenders(self, tenders: tuple[Tender, ...]) -> None:
        for n, tender in enumerate(tenders):
            self.note(f"tenders[{n}].method", id_fault(tender.method))
            self.text(f"tenders[{n}].token_ref", tender.token_ref)
            if tender.amount_minor is not None:
                self.note(f"tenders[{n}].amount_minor", amount_fault(tender.amount_minor, 1))

    def check(self) -> None:
        if self._faults:
            raise InvalidData(self._subject, tuple(self._faults))


# --- stock and carts -------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class ReceiveStock(Command):
    """
    Units have arrived from a supplier and are for sale.

    Attributes:
        place: Where.
        lines: What and how many; a mapping of SKU to quantity will do.
        reference: The delivery they came with.
        occurred_at: When, if not now.
    """

    place: PlaceId
    lines: tuple[SkuQuantity, ...] = attrs.field(converter=_sku_quantities)
    reference: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("place", id_fault(self.place))
        faults.skus(self.lines)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class ReserveCart(Command):
    """
    Hold what a cart contains for a while, from where it would be cheapest to send.

    Holds that the cart had before are replaced in the same moment; it is never blocked by them.
    All of it is held, or nothing changes.

    Attributes:
        cart_id: Whose hold.
        currency: In which the provisional plan is priced.
        destination: Where it would go.
        lines: What; a mapping of SKU to quantity will do.
        hold_s: For how long, in seconds; None for the shop's rule.
    """

    cart_id: CartId
    currency: str
    destination: Destination
    lines: tuple[SkuQuantity, ...] = attrs.field(converter=_sku_quantities)
    hold_s: int | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("cart_id", id_fault(self.cart_id))
        faults.currency(self.currency)
        faults.skus(self.lines)
        if self.hold_s is not None:
            faults.note("hold_s", quantity_fault(self.hold_s))
        faults.check()


@attrs.frozen(kw_only=True)
class ReleaseCart(Command):
    """
    Give back what a cart holds; nothing where it holds nothing.

    """

    cart_id: CartId


StockCommand = ReceiveStock | ReserveCart | ReleaseCart


# --- placement and payment -------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class PlaceOrder(Command):
    """
    Turn what a customer wants into an order, with its stock promised.

    Attributes:
        order_id: The host's number for it.
        currency: ISO 4217; every amount of the order is in its minor units.
        lines: What is bought.
        destination: Where it goes.
        tenders: How it is paid, in the sequence of use. Empty where money is recorded as it comes.
        cart_id: The cart whose holds become this order's allocations.
        customer_ref: The host's reference to the buyer.
        channel: Where it was sold.
        discounts: Off the whole order, shared over its lines by value.
        shipping_minor: What the customer pays for shipping.
        shipping_discounts: Off the shipping.
        occurred_at: When it was placed, if not now.
    """

    order_id: OrderId
    currency: str
    lines: tuple[LineRequest, ...]
    destination: Destination
    tenders: tuple[Tender, ...] = ()
    cart_id: CartId | None = None
    customer_ref: str = ""
    channel: str = ""
    discounts: tuple[Discount, ...] = ()
    shipping_minor: int = 0
    shipping_discounts: tuple[Discount, ...] = ()
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("order_id", id_fault(self.order_id))
        faults.currency(self.currency)
        faults.count(len(self.lines), "lines")
        for n, line in enumerate(self.lines):
            path = f"lines[{n}]"
            faults.note(f"{path}.sku", sku_fault(line.sku))
            faults.note(f"{path}.quantity", quantity_fault(line.quantity))
            faults.note(f"{path}.unit_price", amount_fault(line.unit_price.amount_minor))
            for discount in line.discounts:
                faults.note(f"{path}.discounts", amount_fault(discount.amount_minor))
            for charge in line.charges:
                faults.note(f"{path}.charges", amount_fault(charge.amount_minor))
        for discount in (*self.discounts, *self.shipping_discounts):
            faults.note("discounts", amount_fault(discount.amount_minor))
        faults.note("shipping_minor", amount_fault(self.shipping_minor))
        faults.tenders(self.tenders)
        faults.text("customer_ref", self.customer_ref)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class AddTender(Command):
    """
    Pay what is due and not covered by another means, after a decline for instance.

    Attributes:
        order_id: Which order.
        tender: How; without an amount it pays all that is not covered.
    """

    order_id: OrderId
    tender: Tender

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.tenders((self.tender,))
        faults.check()


@attrs.frozen(kw_only=True)
class RecordPayment(Command):
    """
    Record money that has come in by itself: a transfer, cash, what a marketplace collected.

    More or less than is due is recorded as it is and stays in the balance by name.

    Attributes:
        order_id: Which order.
        method: How it was paid.
        amount_minor: How much.
        currency: Must be the order's.
        account: In whose statement it stands.
        reference: Under which number; the same number twice is the same money.
        occurred_at: When, if not now.
    """

    order_id: OrderId
    method: str
    amount_minor: int
    currency: str
    account: str
    reference: str
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("method", id_fault(self.method))
        faults.note("account", id_fault(self.account))
        faults.note("amount_minor", amount_fault(self.amount_minor, 1))
        faults.currency(self.currency)
        faults.length("reference", self.reference)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class CapturePayment(Command):
    """
    Take an amount from the order's authorizations now.

    Attributes:
        order_id: Which order.
        amount_minor: How much.
        reason: For what.
    """

    order_id: OrderId
    amount_minor: int
    reason: str = "by command"

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("amount_minor", amount_fault(self.amount_minor, 1))
        faults.check()


# --- work at places --------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _AtFulfillmentOrder(Command):
    order_id: OrderId
    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineQuantity, ...] = attrs.field(converter=_line_quantities)
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.lines(self.lines)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class PickUnits(_AtFulfillmentOrder):
    """
    Units were taken from the shelf for an order.

    """


@attrs.frozen(kw_only=True)
class ReportMissing(_AtFulfillmentOrder):
    """
    Units that should lie there do not: a short pick. They are sourced again from elsewhere.

    """


@attrs.frozen(kw_only=True)
class PackUnits(_AtFulfillmentOrder):
    """
    Picked units were put into a box.

    Attributes:
        weight_g: As weighed; None for the sum of the catalog's weights.
    """

    weight_g: int | None = None


@attrs.frozen(kw_only=True)
class UnpackPackage(Command):
    """
    A box without label was opened again.

    """

    order_id: OrderId
    package_id: PackageId


@attrs.frozen(kw_only=True)
class ShipPackage(Command):
    """
    The carrier has taken a box; its share is captured.

    Attributes:
        order_id: Which order.
        package_id: Which box.
        carrier: Who took it, where no label was bought.
        tracking: The carrier's number, where no label was bought.
        occurred_at: When, if not now.
    """

    order_id: OrderId
    package_id: PackageId
    carrier: str = ""
    tracking: str = ""
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
class FulfillUnits(Command):
    """
    Pick, pack and ship in one, for places that report only that a box has left.

    Attributes:
        order_id: Which order.
        fulfillment_order_id: Which place's work.
        lines: What was in the box; None for all that is still to be handled.
        carrier: Who took it.
        tracking: The carrier's number.
        occurred_at: When, if not now.
    """

    order_id: OrderId
    fulfillment_order_id: FulfillmentOrderId
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=_optional_line_quantities
    )
    carrier: str = ""
    tracking: str = ""
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        if self.lines is not None:
            faults = _Faults(self)
            faults.lines(self.lines)
            faults.check()


@attrs.frozen(kw_only=True)
class RecordDelivery(Command):
    """
    The customer has a box.

    A delivery that is told before its dispatch is kept as an anomaly and takes effect when the
    dispatch is told; it is neither dropped nor put in order.

    Attributes:
        order_id: Which order.
        package_id: Which box.
        occurred_at: When, if not now.
    """

    order_id: OrderId
    package_id: PackageId
    occurred_at: Instant | None = None


@attrs.frozen(kw_only=True)
class SourceAgain(Command):
    """
    Look for other places for units that were not found where they should be.

    """

    order_id: OrderId


# --- changes of mind -------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class CancelUnits(Command):
    """
    The customer no longer wants units that have not left.

    Attributes:
        order_id: Which order.
        lines: What; None for everything that can still be canceled.
        reason: Why.
    """

    order_id: OrderId
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=_optional_line_quantities
    )
    reason: str = "customer"

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        if self.lines is not None:
            faults.lines(self.lines)
        faults.text("reason", self.reason)
        faults.check()


@attrs.frozen(kw_only=True)
class AuthorizeReturn(Command):
    """
    Permit the customer to send units back.

    """

    order_id: OrderId
    lines: tuple[LineQuantity, ...] = attrs.field(converter=_line_quantities)
    reason: str = "changed_mind"

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.lines(self.lines)
        faults.text("reason", self.reason)
        faults.check()


@attrs.frozen(kw_only=True)
class ReceiveReturn(Command):
    """
    Returned units have arrived.

    Attributes:
        order_id: Which order.
        return_id: Which return.
        place: Where.
        lines: What; None for all that was permitted.
        occurred_at: When, if not now.
    """

    order_id: OrderId
    return_id: ReturnId
    place: PlaceId
    lines: tuple[LineQuantity, ...] | None = attrs.field(
        default=None, converter=_optional_line_quantities
    )
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = _Faults(self)
        faults.note("place", id_fault(self.place))
        if self.lines is not None:
            faults.lines(self.lines)
        faults.check()


@attrs.frozen(kw_only=True)
class InspectReturn(Command):
    """
    Returned units were inspected; their share is refunded.

    Attributes:
        order_id: Which order.
        return_id: Which return.
        damaged: How many of a line cannot be sold again; the rest is restocked.
        refund_shipping: Whether the order's shipping is refunded too, if it has not been.
    """

    order_id: OrderId
    return_id: ReturnId
    damaged: tuple[LineQuantity, ...] = attrs.field(default=(), converter=_line_quantities)
    refund_shipping: bool = False


@attrs.frozen(kw_only=True)
class CancelReturn(Command):
    """
    A permitted return will not come.

    """

    order_id: OrderId
    return_id: ReturnId


# --- answers from outside --------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class RecordOutcome(Command):
    """
    Tell what a request to the outside has come to; from a reply, a webhook or a person.

    Attributes:
        order_id: Which order.
        effect_key: The key of the request.
        outcome: What it has come to.
    """

    order_id: OrderId
    effect_key: str
    outcome: Outcome


@attrs.frozen(kw_only=True)
class RecordAttempt(Command):
    """
    Tell that a request could not be made or its outcome could not be learned.

    Attributes:
        order_id: Which order.
        effect_key: The key of the request.
        attempt: Which try it was, from 1.
        reason: What happened.
        give_up: Do not try again: the outcome cannot be learned without risk.
    """

    order_id: OrderId
    effect_key: str
    attempt: int
    reason: str
    give_up: bool = False


@attrs.frozen(kw_only=True)
class RetryEffect(Command):
    """
    A person has decided that a request shall be tried again.

    """

    order_id: OrderId
    effect_key: str


OrderCommand = (
    PlaceOrder
    | AddTender
    | RecordPayment
    | CapturePayment
    | PickUnits
    | ReportMissing
    | PackUnits
    | UnpackPackage
    | ShipPackage
    | FulfillUnits
    | RecordDelivery
    | SourceAgain
    | CancelUnits
    | AuthorizeReturn
    | ReceiveReturn
    | InspectReturn
    | CancelReturn
    | RecordOutcome
    | RecordAttempt
    | RetryEffect
)
