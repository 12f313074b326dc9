"""
What the model of an order is made of: every unit an entry, every amount an integer.

Theory of operation
===================
A line is a list of units. Each unit is in one state and knows where it is; how many are picked is
a count over the list, done anew each time somebody asks. Prices are a list too, one amount a unit.
Units are alike, so which amount belongs to which is not followed: amounts are charged from the
left, canceled from the right, and refunded from the left of what was charged.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

import attrs

from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant

__all__ = [
    "NOWHERE",
    "ShadowAmounts",
    "ShadowAttempt",
    "ShadowGrant",
    "ShadowLine",
    "ShadowOrder",
    "ShadowPackage",
    "ShadowPayment",
    "ShadowRequest",
    "ShadowReturn",
    "ShadowUnit",
    "ShadowWork",
]

#: Where a unit comes from that has no place.
NOWHERE: Final = PlaceId("")


@attrs.define(eq=False)
class ShadowUnit:
    """
    One unit of one line.

    Attributes:
        line_id: Of which line.
        sku: What.
        state: ``unsourced``, ``promised`` (no place works on it yet), ``waiting``, ``picked``,
            ``packed``, ``shipped`` or ``canceled``.
        place: Where it comes from.
        work: The fulfillment order that handles it.
        package: The box it is in.
        back: The return it comes back with.
    """

    line_id: str
    sku: Sku
    state: str = "unsourced"
    place: PlaceId = NOWHERE
    work: str = ""
    package: str = ""
    back: str = ""


@attrs.define
class ShadowAmounts:
    """
    What each unit of a line costs, and how many were charged, canceled and refunded.

    """

    prices: list[int]
    charged: int = 0
    canceled: int = 0
    refunded: int = 0

    @property
    def uncharged(self) -> int:
        """
        Units that are neither charged nor canceled.

        """
        return len(self.prices) - self.charged - self.canceled

    @property
    def canceled_minor(self) -> int:
        """
        What the canceled units would have cost.

        """
        return sum(self.prices[len(self.prices) - self.canceled :])

    def charge(self, units: int) -> int:
        """
        Charge further units; returns what they cost.

        """
        self.charged += units
        return sum(self.prices[self.charged - units : self.charged])

    def cancel(self, units: int) -> int:
        """
        Give up the last units; returns what they would have cost.

        """
        stop = len(self.prices) - self.canceled
        self.canceled += units
        return sum(self.prices[stop - units : stop])

    def refund(self, units: int) -> int:
        """
        Pay further units back; returns what they had cost.

        """
        self.refunded += units
        return sum(self.prices[self.refunded - units : self.refunded])


@attrs.define
class ShadowLine:
    """
    One line of an order.

    Attributes:
        named: The only place it may come from, or "".
    """

    line_id: str
    sku: Sku
    named: PlaceId
    units: list[ShadowUnit]
    amounts: ShadowAmounts

    def count(self, *states: str) -> int:
        """
        Count the units in some states.

        """
        return sum(unit.state in states for unit in self.units)


@attrs.define
class ShadowWork:
    """
    What one place was given to do.

    Attributes:
        given: Every unit it was ever given, in order; those that it has no more name other work.
        missing: How many units of a line were not found.
        canceled: How many units of a line are no longer wanted.
    """

    work_id: str
    place: PlaceId
    given: list[ShadowUnit]
    status: str = "open"
    missing: dict[str, int] = attrs.Factory(dict[str, int])
    canceled: dict[str, int] = attrs.Factory(dict[str, int])

    def units(self, line_id: str | None, *states: str) -> list[ShadowUnit]:
        """
        List the units in some states that it still handles, of one line or all.

        """
        return [
            unit
            for unit in self.given
            if unit.work == self.work_id
            and unit.state in states
            and (line_id is None or unit.line_id == line_id)
        ]


@attrs.define
class ShadowPackage:
    """
    A box.

    Attributes:
        inside: What is or was in it.
        lines: The same, as how many units of which line.
    """

    package_id: str
    work: str
    place: PlaceId
    inside: list[ShadowUnit]
    label_wanted: bool
    status: str = "packed"
    carrier: str = ""
    tracking: str = ""
    label_bought: bool = False
    label_declined: str = ""
    lines: dict[str, int] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.lines = dict(Counter(unit.line_id for unit in self.inside))


@attrs.define
class ShadowPayment:
    """
    One tender.

    """

    payment_id: str
    method: str
    asked: int
    status: str = "requested"
    authorized: int = 0
    captured: int = 0
    voided: int = 0
    refunded: int = 0
    account: str = ""
    reference: str = ""
    by_itself: bool = False


@attrs.define
class ShadowRequest:
    """
    One capture, void or refund.

    """

    request_id: str
    kind: str
    payment: ShadowPayment
    amount: int
    purpose: str = ""
    status: str = "requested"
    repeated: bool = False

    @property
    def waits_for_person(self) -> bool:
        """
        Whether it was declined and only a person may ask again.

        """
        return self.kind != "void" and self.status == "declined" and not self.repeated


@attrs.define
class ShadowGrant:
    """A decision to pay back."""

    grant_id: str
    reason: str
    amount: int
    charged: bool


@attrs.define
class ShadowReturn:
    """
    One return; ``lines`` is what may come until it has come.

    """

    return_id: str
    lines: dict[str, int]
    status: str = "authorized"
    place: PlaceId | None = None


@attrs.define
class ShadowAttempt:
    """How often something was tried in vain."""

    count: int
    person: bool
    not_before: Instant | None


@attrs.define(kw_only=True)
class ShadowOrder:
    """
    What the model believes of an order.

    Attributes:
        promised: Units that are promised and given to no place yet, in the order of the plan.
    """

    order_id: str
    currency: str
    placed_at: Instant
    lines: dict[str, ShadowLine]
    shipping: ShadowAmounts | None
    status: str = "placed"
    promised: list[ShadowUnit] = attrs.Factory(list[ShadowUnit])
    works: dict[str, ShadowWork] = attrs.Factory(dict[str, ShadowWork])
    packages: dict[str, ShadowPackage] = attrs.Factory(dict[str, ShadowPackage])
    payments: dict[str, ShadowPayment] = attrs.Factory(dict[str, ShadowPayment])
    requests: dict[str, ShadowRequest] = attrs.Factory(dict[str, ShadowRequest])
    grants: list[ShadowGrant] = attrs.Factory(list[ShadowGrant])
    returns: dict[str, ShadowReturn] = attrs.Factory(dict[str, ShadowReturn])
    attempts: dict[str, ShadowAttempt] = attrs.Factory(dict[str, ShadowAttempt])
    anomalies: list[tuple[str, str]] = attrs.Factory(list[tuple[str, str]])
    barred: set[tuple[str, str]] = attrs.Factory(set[tuple[str, str]])
    sourcing_failed: bool = False
    short_picks: int = 0
    charged_minor: int = 0

    @property
    def ended(self) -> bool:
        """
        Whether nothing more will be sent.

        """
        return self.status in {"completed", "canceled"}

    def units(self) -> Iterator[ShadowUnit]:
        """
        Iterate over all units.

        """
        for line in self.lines.values():
            yield from line.units

    def amounts(self) -> list[ShadowAmounts]:
        """
        List the amounts of all lines, then the shipping.

        """
        found = [line.amounts for line in self.lines.values()]
        return found if self.shipping is None else [*found, self.shipping]

    @property
    def total_minor(self) -> int:
        """
        What was ordered came to.

        """
        return sum(sum(amounts.prices) for amounts in self.amounts())

    @property
    def due_minor(self) -> int:
        """
        What the customer owes for all that was not canceled.

        """
        return self.total_minor - sum(amounts.canceled_minor for amounts in self.amounts())

    @property
    def to_ship(self) -> int:
        """
        Units that are neither canceled nor gone.

        """
        return sum(unit.state not in {"canceled", "shipped"} for unit in self.units())

    @property
    def captured(self) -> int:
        """
        What was taken.

        """
        return sum(payment.captured for payment in self.payments.values())

    @property
    def kept_minor(self) -> int:
        """
        What the shop has: taken less paid back.

        """
        return sum(p.captured - p.refunded for p in self.payments.values())

    def asked(self, kind: str, payment: ShadowPayment | None = None) -> int:
        """
        Sum what was asked and not answered, of one payment or all.

        """
        return sum(
            request.amount
            for request in self.requests.values()
            if request.kind == kind
            and request.status == "requested"
            and (payment is None or request.payment is payment)
        )

    def owes(self) -> set[str]:
        """
        Name everything that the order has asked of the world, or of itself, without an answer.

        """
        open_keys = {p.payment_id for p in self.payments.values() if p.status == "requested"}
        open_keys |= {r.request_id for r in self.requests.values() if r.status == "requested"}
        open_keys |= {
            f"{box.package_id}/label"
            for box in self.packages.values()
            if box.status == "packed" and box.label_wanted and not box.label_declined
        }
        if not self.sourcing_failed and any(u.state == "unsourced" for u in self.units()):
            open_keys.add(f"{self.order_id}/source-again-{self.short_picks}")
        return open_keys
