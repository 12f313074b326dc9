"""
An order as its events tell it: everything that is known about it, and nothing else.

"""

import attrs

from ordercore import fulfillment, payments, returns
from ordercore.fulfillment import AllocatedUnits, Fulfillment, PromisedWork
from ordercore.grammar import Attempt, derived
from ordercore.ids import LineId, OrderId, PlaceId
from ordercore.instants import Instant
from ordercore.orders._events import PlacedLine
from ordercore.orders._kits import PlacedKit
from ordercore.orders._rules import CaptureWhen, ReleaseWhen
from ordercore.parties import Destination
from ordercore.payments import Payments
from ordercore.returns import Returns
from ordercore.totals import SHIPPING_LINE, LineUnits, OrderTotals

__all__ = ["Anomaly", "Grant", "Order", "OrderLine"]


@attrs.frozen(kw_only=True, slots=False)
class OrderLine:
    """
    One line of an order.

    Attributes:
        placed: As it was ordered.
        units: Which of its units were charged, canceled and refunded.
        unsourced: Units that were missing where they should be and have no other place yet.
    """

    placed: PlacedLine
    units: LineUnits
    unsourced: int = 0

    @property
    def line_id(self) -> LineId:
        """
        Its name inside the order.

        """
        return self.placed.line_id


@attrs.frozen(kw_only=True)
class Grant:
    """
    A decision that the customer gets money back.

    Attributes:
        units_charged: Whether it is for units that were charged; else for canceled ones.
    """

    grant_id: str
    reason: str
    amount_minor: int
    units_charged: bool


@attrs.frozen(kw_only=True)
class Anomaly:
    """
    Something that was told and does not fit.

    """

    kind: str
    subject: str
    occurred_at: Instant


@attrs.frozen(kw_only=True, slots=False)
class Order:
    """
    An order as its events tell it.

    Attributes:
        id: The host's number.
        status: Where the order as a whole is in its lifecycle.
        currency: ISO 4217.
        placed_at: When the customer placed it.
        customer_ref: The host's reference to the buyer.
        destination: Where it goes.
        lines: What was bought; of a kit, its parts.
        totals: What it costs, component by component.
        shipping_units: The order's own shipping as one unit; None where it costs nothing.
        allocations: Promises that have not been given to places yet.
        work: Days that limited places have promised for them.
        release: The rule under which work begins.
        capture: The rule under which money is taken.
        payments: All its tenders.
        fulfillment: All its work.
        returns: All its returns.
        charged_minor: What packages that left came to.
        grants: Decisions to pay back.
        attempts: Effects that were tried in vain, with the last reason.
        anomalies: What was told and does not fit.
        barred: Places that did not have units of a line when they were looked for.
        sourcing_failed: No place was found for what is unsourced; somebody must decide.
        short_picks: How often units were missing.
        kits: Which lines are parts of which kit.
        channel: Where it was sold.
    """

    id: OrderId
    status: str
    currency: str
    placed_at: Instant
    customer_ref: str
    destination: Destination
    lines: tuple[OrderLine, ...]
    totals: OrderTotals
    shipping_units: LineUnits | None
    allocations: tuple[AllocatedUnits, ...]
    release: ReleaseWhen
    capture: CaptureWhen
    work: tuple[PromisedWork, ...] = ()
    payments: Payments = payments.EMPTY
    fulfillment: Fulfillment = fulfillment.EMPTY
    returns: Returns = returns.EMPTY
    charged_minor: int = 0
    grants: tuple[Grant, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    anomalies: tuple[Anomaly, ...] = ()
    barred: tuple[tuple[LineId, PlaceId], ...] = ()
    sourcing_failed: bool = False
    short_picks: int = 0
    kits: tuple[PlacedKit, ...] = ()
    channel: str = ""

    def line(self, line_id: str) -> OrderLine | None:
        """
        Return a line by id.

        """
        for line in self.lines:
            if line.placed.line_id == line_id:
                return line
        return None

    def amount(self, line_id: str, start: int, stop: int) -> int:
        """
        Return the exact share of units [start, stop) of a line, in minor units.

        """
        return self.totals.line(line_id).amount(start, stop, self.totals.rounding)

    @property
    def total_minor(self) -> int:
        """
        What was ordered came to.

        """
        return self.totals.total_minor

    @derived
    def canceled_minor(self) -> int:
        """
        What of it will never be charged.

        """
        canceled = sum(
            self.amount(ln.line_id, ln.units.quantity - ln.units.canceled, ln.units.quantity)
            for ln in self.lines
            if ln.units.canceled
        )
        shipping = self.shipping_units
        if shipping is not None and shipping.canceled:
            canceled += self.amount(SHIPPING_LINE, 0, 1)
        return canceled

    @property
    def due_minor(self) -> int:
        """
        What the customer owes for everything that was not canceled, before any refund.

        """
        return self.total_minor - self.canceled_minor

    @derived
    def units_to_ship(self) -> int:
        """
        Count the units that are neither canceled nor gone.

        """
        return sum(
            ln.units.quantity - ln.units.canceled - self.fulfillment.shipped(ln.line_id)
            for ln in self.lines
        )
