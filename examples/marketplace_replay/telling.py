"""
Telling a shop what happened: from a fact of the source to commands, one after the other.

Each command has a key made of the order, the kind of fact and the step, so telling a fact again
changes nothing. What the library refuses is an anomaly of the source: it is noted and the next
fact follows. Nothing is put in order, made up or left out, with these rules where the source is
silent:

- A payment without approval time is recorded at the purchase.
- What is told before the purchase is told of the order's first fulfillment order or package, and
  refused, since there is no order yet.
- A dispatch is that of every seller of the order; the source has one time for all.
- A delivery before any dispatch proves that the boxes were packed. They are packed at that
  moment, the order keeps the delivery as an anomaly, and it counts once the dispatch is told.
- A canceled order has no time of canceling; it is canceled after its last recorded fact. An
  unavailable one has its units reported missing then.
"""

from collections.abc import Callable
from typing import Final

from examples.marketplace_replay.journal import Fact, FactKind, Journal
from examples.marketplace_replay.shop import ACCOUNT
from examples.marketplace_replay.source import CURRENCY
from ordercore import (
    CancelUnits,
    Charge,
    Destination,
    Engine,
    FulfillUnits,
    InvalidData,
    LineRequest,
    PackUnits,
    PickUnits,
    PlaceOrder,
    ReceiveStock,
    RecordDelivery,
    RecordPayment,
    Rejected,
    ReportMissing,
    ShipPackage,
)
from ordercore.fulfillment import FulfillmentOrder
from ordercore.grammar import Command
from ordercore.ids import FulfillmentOrderId, OrderId, PackageId, PlaceId, Sku, child
from ordercore.money import UnitPrice
from ordercore.orders import Order
from ordercore.totals import ComponentKind

__all__ = ["LATE_PAYMENT", "Telling"]

#: The anomaly of a payment that is told after the dispatch of what it pays for.
LATE_PAYMENT: Final = "after_dispatch"

#: A seller's stock is received in deliveries of at most so many products.
_DELIVERY_LINES_MAX: Final = 1_000


#: What is said to be missing of an order that nobody knows.
_ANY: Final[dict[str, int]] = {"line-1": 1}


class Telling:
    """
    Tells facts to a shop.

    """

    def __init__(self, engine: Engine, journal: Journal) -> None:
        self._engine = engine
        self._journal = journal
        self._tell: Final[dict[FactKind, Callable[[Fact], None]]] = {
            FactKind.PURCHASE: self._purchase,
            FactKind.PAYMENT: self._payment,
            FactKind.DISPATCH: self._dispatch,
            FactKind.DELIVERY: self._delivery,
            FactKind.CANCELLATION: self._cancellation,
            FactKind.SHORTAGE: self._shortage,
        }

    def stock(self) -> None:
        """
        Give each seller exactly what the source sells of theirs.

        """
        for seller, products in self._journal.stock():
            lines = list(products.items())
            for start in range(0, len(lines), _DELIVERY_LINES_MAX):
                part = dict(lines[start : start + _DELIVERY_LINES_MAX])
                self._engine.submit(
                    ReceiveStock(place=PlaceId(seller), lines=part),
                    key=f"stock:{seller}:{start}",
                )

    def tell(self, fact: Fact) -> None:
        """
        Tell one fact; what is refused is noted.

        """
        self._tell[fact.kind](fact)

    # --- one kind of fact each -------------------------------------------------------------------

    def _purchase(self, fact: Fact) -> None:
        items = self._journal.items(fact.order_id)
        if not items:
            self._journal.note_not_placed(fact, "no_lines")
            return
        state, postal_area = self._journal.destination(fact.order_id)
        code = self._submit(
            fact,
            "",
            lambda: PlaceOrder(
                order_id=OrderId(fact.order_id),
                currency=CURRENCY,
                channel=ACCOUNT,
                destination=Destination(country="BR", subdivision=state, postal_area=postal_area),
                lines=tuple(
                    LineRequest(
                        sku=Sku(item.product_id),
                        quantity=item.quantity,
                        unit_price=UnitPrice(item.price_minor),
                        charges=_freight(item.freight_minor * item.quantity),
                        place=PlaceId(item.seller_id),
                    )
                    for item in items
                ),
            ),
        )
        if code is not None:
            self._journal.note_not_placed(fact, code)

    def _payment(self, fact: Fact) -> None:
        if self._journal.is_dispatched_before(fact):
            self._journal.note(fact, "", LATE_PAYMENT)
        for payment in self._journal.payments(fact.order_id):
            self._submit(
                fact,
                f":{payment.number}",
                lambda payment=payment: RecordPayment(  # type: ignore[misc]
                    order_id=OrderId(fact.order_id),
                    method=payment.method,
                    amount_minor=payment.amount_minor,
                    currency=CURRENCY,
                    account=ACCOUNT,
                    reference=f"{fact.order_id}.{payment.number}",
                ),
                amount_minor=payment.amount_minor,
            )

    def _dispatch(self, fact: Fact) -> None:
        order = self._order(fact)
        if order is None:
            self._fulfill(fact, 1, FulfillmentOrderId(child(fact.order_id, "fo", 1)))
            return
        early = {anomaly.subject for anomaly in order.anomalies}
        packed = {
            package.fulfillment_order_id: package.id
            for package in order.fulfillment.packages
            if package.id in early
        }
        for n, work in enumerate(order.fulfillment.orders, 1):
            if work.id in packed:
                self._ship(fact, n, packed[work.id])
            else:
                self._fulfill(fact, n, work.id)

    def _fulfill(self, fact: Fact, n: int, work_id: FulfillmentOrderId) -> None:
        self._submit(
            fact,
            f":{n}",
            lambda: FulfillUnits(order_id=OrderId(fact.order_id), fulfillment_order_id=work_id),
        )

    def _ship(self, fact: Fact, n: int, package_id: PackageId) -> None:
        self._submit(
            fact,
            f":{n}",
            lambda: ShipPackage(order_id=OrderId(fact.order_id), package_id=package_id),
        )

    def _delivery(self, fact: Fact) -> None:
        order = self._order(fact)
        if order is None:
            self._deliver(fact, 1, PackageId(child(fact.order_id, "package", 1)))
            return
        boxed = {package.fulfillment_order_id for package in order.fulfillment.packages}
        for n, work in enumerate(order.fulfillment.orders, 1):
            if work.id not in boxed:
                self._pack(fact, n, work)
        packages = self._engine.order(fact.order_id).fulfillment.packages
        for n, package in enumerate(packages, 1):
            self._deliver(fact, n, package.id)

    def _pack(self, fact: Fact, n: int, work: FulfillmentOrder) -> None:
        order_id = OrderId(fact.order_id)
        # All that the place was given, not what is left: told again, the command must be the same.
        lines: dict[str, int] = {line.line_id: line.quantity for line in work.lines}
        self._submit(
            fact,
            f":pick-{n}",
            lambda: PickUnits(order_id=order_id, fulfillment_order_id=work.id, lines=lines),
        )
        self._submit(
            fact,
            f":pack-{n}",
            lambda: PackUnits(order_id=order_id, fulfillment_order_id=work.id, lines=lines),
        )

    def _deliver(self, fact: Fact, n: int, package_id: PackageId) -> None:
        self._submit(
            fact,
            f":{n}",
            lambda: RecordDelivery(order_id=OrderId(fact.order_id), package_id=package_id),
        )

    def _cancellation(self, fact: Fact) -> None:
        self._submit(
            fact,
            "",
            lambda: CancelUnits(order_id=OrderId(fact.order_id), reason="canceled at the source"),
        )

    def _shortage(self, fact: Fact) -> None:
        order = self._order(fact)
        if order is None:
            self._miss(fact, 1, FulfillmentOrderId(child(fact.order_id, "fo", 1)), _ANY)
            return
        for n, work in enumerate(order.fulfillment.orders, 1):
            self._miss(fact, n, work.id, {line.line_id: line.quantity for line in work.lines})

    def _miss(self, fact: Fact, n: int, work_id: FulfillmentOrderId, lines: dict[str, int]) -> None:
        self._submit(
            fact,
            f":{n}",
            lambda: ReportMissing(
                order_id=OrderId(fact.order_id),
                fulfillment_order_id=work_id,
                lines=lines,
            ),
        )

    # --- the shop --------------------------------------------------------------------------------

    def _order(self, fact: Fact) -> Order | None:
        """
        Return the order as far as it can be known at this fact.

        A replay that was cut off tells facts again to a shop that knows more already, so that a
        fact comes before the purchase is read from the stream and not from the shop.
        """
        if self._journal.is_before_purchase(fact):
            return None
        try:
            return self._engine.order(fact.order_id)
        except Rejected:
            return None

    def _submit(
        self, fact: Fact, step: str, make: Callable[[], Command], *, amount_minor: int = 0
    ) -> str | None:
        """
        Submit a command under the key of the fact; return the code of a refusal.

        """
        try:
            self._engine.submit(make(), key=f"{fact.order_id}:{fact.kind}{step}")
        except Rejected as refusal:
            code, reason = refusal.code, str(refusal)
        except InvalidData as invalid:
            code, reason = "invalid_data", str(invalid)
        else:
            return None
        self._journal.note(fact, step, code, reason, amount_minor)
        return code


def _freight(amount_minor: int) -> tuple[Charge, ...]:
    charge = Charge(code="freight", kind=ComponentKind.SHIPPING, amount_minor=amount_minor)
    return (charge,) if amount_minor else ()
