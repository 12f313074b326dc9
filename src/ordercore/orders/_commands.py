"""
Everything that can be asked of carts and of an order.

A command checks its own shape when it is made and names every fault with its path; whether it is
legal now is decided later, on facts. Line quantities may be given as a mapping
(``{"line-1": 2}``). What is asked while places work, and afterwards, stands in ``_work_commands``.
"""

import attrs

from ordercore.catalog import SkuQuantity, check_sku_quantities, sku_quantities
from ordercore.grammar import Command, Outcome, Succeeded, amount_fault, quantity_fault
from ordercore.ids import CartId, OrderId, id_fault, sku_fault
from ordercore.instants import Instant
from ordercore.orders._shape import Faults, LineRequest
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
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.totals import Discount

__all__ = [
    "AddTender",
    "CapturePayment",
    "CartCommand",
    "OrderCommand",
    "PlaceOrder",
    "RecordAnomaly",
    "RecordAttempt",
    "RecordOutcome",
    "RecordPayment",
    "ReleaseCart",
    "ReserveCart",
    "RetryEffect",
]


# --- carts -----------------------------------------------------------------------------------


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
        channel: Where it is to be sold.
    """

    cart_id: CartId = attrs.field(converter=CartId)
    currency: str
    destination: Destination
    lines: tuple[SkuQuantity, ...] = attrs.field(converter=sku_quantities)
    hold_s: int | None = None
    channel: str = ""

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("cart_id", id_fault(self.cart_id))
        faults.currency(self.currency)
        faults.goes_to(self.destination)
        check_sku_quantities(faults, self.lines)
        if self.hold_s is not None:
            faults.note("hold_s", quantity_fault(self.hold_s))
        faults.text("channel", self.channel)
        faults.check()


@attrs.frozen(kw_only=True)
class ReleaseCart(Command):
    """
    Give back what a cart holds; nothing where it holds nothing.

    """

    cart_id: CartId = attrs.field(converter=CartId)

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("cart_id", id_fault(self.cart_id))
        faults.check()


CartCommand = ReserveCart | ReleaseCart


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

    order_id: OrderId = attrs.field(converter=OrderId)
    currency: str
    lines: tuple[LineRequest, ...]
    destination: Destination
    tenders: tuple[Tender, ...] = ()
    cart_id: CartId | None = attrs.field(default=None, converter=attrs.converters.optional(CartId))
    customer_ref: str = ""
    channel: str = ""
    discounts: tuple[Discount, ...] = ()
    shipping_minor: int = 0
    shipping_discounts: tuple[Discount, ...] = ()
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
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
        if self.cart_id is not None:
            faults.note("cart_id", id_fault(self.cart_id))
        faults.goes_to(self.destination)
        faults.text("customer_ref", self.customer_ref)
        faults.text("channel", self.channel)
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

    order_id: OrderId = attrs.field(converter=OrderId)
    tender: Tender

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
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

    order_id: OrderId = attrs.field(converter=OrderId)
    method: str
    amount_minor: int
    currency: str
    account: str
    reference: str
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
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

    order_id: OrderId = attrs.field(converter=OrderId)
    amount_minor: int
    reason: str = "by command"

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("amount_minor", amount_fault(self.amount_minor, 1))
        faults.text("reason", self.reason)
        faults.check()


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

    order_id: OrderId = attrs.field(converter=OrderId)
    effect_key: str
    outcome: Outcome

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        if isinstance(self.outcome, Succeeded):
            # It becomes the owner of a ledger account, in whose name bars stand between the parts.
            if self.outcome.account:
                faults.note("outcome.account", id_fault(self.outcome.account))
            faults.length("outcome.reference", self.outcome.reference)
        faults.check()

    @property
    def settles(self) -> str:
        """
        The key of the request.

        """
        return self.effect_key


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

    order_id: OrderId = attrs.field(converter=OrderId)
    effect_key: str
    attempt: int
    reason: str
    give_up: bool = False


@attrs.frozen(kw_only=True)
class RecordAnomaly(Command):
    """
    Keep that something was told of an order that does not fit; it changes nothing else.

    Attributes:
        order_id: Which order.
        kind: A stable word for what does not fit (``"amount_differs"``).
        subject: What it was told about: the key of a request, a number.
        occurred_at: When it is said to have happened, if not now.
    """

    order_id: OrderId = attrs.field(converter=OrderId)
    kind: str
    subject: str
    occurred_at: Instant | None = None

    def __attrs_post_init__(self) -> None:
        faults = Faults(self)
        faults.note("kind", id_fault(self.kind))
        faults.text("subject", self.subject)
        faults.aware(self.occurred_at)
        faults.check()


@attrs.frozen(kw_only=True)
class RetryEffect(Command):
    """
    A person has decided that a request shall be tried again.

    """

    order_id: OrderId = attrs.field(converter=OrderId)
    effect_key: str

    @property
    def tries_again(self) -> str:
        """
        The key of the request.

        """
        return self.effect_key


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
    | RecordAnomaly
    | RetryEffect
)
