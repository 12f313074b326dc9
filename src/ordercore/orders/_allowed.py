"""
What may be done with an order next.

"""

import attrs

from ordercore.fulfillment import PACKAGE_LIFECYCLE
from ordercore.money import Money
from ordercore.orders._aftercare import cancelable
from ordercore.orders._answers import retryable_minor
from ordercore.orders._balance import balance, uncovered_minor
from ordercore.orders._order import Order
from ordercore.orders._outstanding import outstanding

__all__ = ["Allowed", "allowed"]


@attrs.frozen
class Allowed:
    """
    One command that would be accepted now.

    Attributes:
        command: The name of its class.
        about: What it would be about: an id, or "" for the order.
        detail: How much, or why, for people.
    """

    command: str
    about: str
    detail: str

    def __str__(self) -> str:
        return " ".join(part for part in (self.command, self.about, f"({self.detail})") if part)


def allowed(order: Order) -> tuple[Allowed, ...]:
    """
    List the commands that the order's present state admits, in the order of its life.

    What outside answers admit (stock, providers) is known only when the command is submitted.

    Cost: O(lines + packages + requests).
    """
    return (
        *_payment(order),
        *_work(order),
        *_aftercare(order),
        *_operator(order),
    )


def _payment(order: Order) -> list[Allowed]:
    money = order.payments
    found: list[Allowed] = []
    missing = uncovered_minor(order)
    if missing > 0:
        found.append(Allowed("AddTender", "", f"{Money(missing, order.currency)} not covered"))
    left = sum(money.usable_minor(payment) for payment in money.payments)
    due = min(left, balance(order).unpaid_minor)
    if due > 0:
        found.append(Allowed("CapturePayment", "", f"up to {Money(due, order.currency)}"))
    return found


def _work(order: Order) -> list[Allowed]:
    found: list[Allowed] = []
    for work in order.fulfillment.orders:
        waiting = sum(line.waiting for line in work.lines)
        picked = sum(line.picked for line in work.lines)
        if waiting:
            by = next((f", to leave by {x.ships_by}" for x in work.lines if x.ships_by), "")
            found.append(Allowed("PickUnits", work.id, f"{waiting} wait at {work.place}{by}"))
            found.append(Allowed("ReportMissing", work.id, f"{waiting} wait at {work.place}{by}"))
        if picked:
            found.append(Allowed("PackUnits", work.id, f"{picked} picked at {work.place}"))
        if waiting + picked:
            found.append(Allowed("FulfillUnits", work.id, f"{waiting + picked} at {work.place}"))
    for package in order.fulfillment.packages:
        if PACKAGE_LIFECYCLE().allows(package.status, "ship"):
            label = (
                " with a tracking number" if package.label_wanted and not package.tracking else ""
            )
            found.append(Allowed("ShipPackage", package.id, f"{package.status}{label}"))
        if PACKAGE_LIFECYCLE().allows(package.status, "unpack"):
            found.append(Allowed("UnpackPackage", package.id, package.status))
        if PACKAGE_LIFECYCLE().allows(package.status, "deliver"):
            found.append(Allowed("RecordDelivery", package.id, package.status))
    unsourced = sum(line.unsourced for line in order.lines)
    if unsourced:
        found.append(Allowed("SourceAgain", "", f"{unsourced} have no place"))
    return found


def _aftercare(order: Order) -> list[Allowed]:
    found: list[Allowed] = []
    open_units = sum(cancelable(order, line) for line in order.lines)
    if open_units:
        found.append(Allowed("CancelUnits", "", f"up to {open_units} in no box"))
    returnable = sum(
        order.fulfillment.shipped(line.line_id) - order.returns.units(line.line_id)
        for line in order.lines
    )
    if returnable:
        found.append(Allowed("AuthorizeReturn", "", f"up to {returnable} shipped"))
    for known in order.returns.returns:
        if known.status == "authorized":
            found.append(Allowed("ReceiveReturn", known.id, known.status))
            found.append(Allowed("CancelReturn", known.id, known.status))
        if known.status == "received":
            found.append(Allowed("InspectReturn", known.id, known.status))
    return found


def _operator(order: Order) -> list[Allowed]:
    waiting = [
        Allowed("RetryEffect", effect.key, "waits for a person")
        for effect in outstanding(order)
        if effect.waits_for_operator
    ]
    declined = [
        Allowed("RetryEffect", request.request_id, f"{request.kind} was declined")
        for request in order.payments.requests
        if retryable_minor(order, request)
    ]
    return [*waiting, *declined]
