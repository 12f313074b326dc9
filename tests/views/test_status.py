"""
The one word that a customer reads, told by short stories.
"""

from collections.abc import Callable

import pytest

from ordercore.grammar import Command
from ordercore.ids import FulfillmentOrderId, OrderId, PackageId, PlaceId, ReturnId
from ordercore.inventory import ReceiveStock
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordPayment,
)
from ordercore.payments import Tender
from ordercore.testing import Scenario
from ordercore.views import public_status
from tests.orders.builders import line_of, order_of

ORDER = OrderId("O-1")
WORK = FulfillmentOrderId("O-1/fo-1")
STOCK = ReceiveStock(place=PlaceId("berlin"), lines={"MUG": 9})


def card(token: str) -> Tender:
    return Tender(method="card", token_ref=token)


def placed(quantity: int = 3, token: str = "vault:1", price: int = 1000) -> Command:
    tenders = (card(token),) if token else ()
    return order_of(lines=[line_of(quantity=quantity, price=price)], tenders=tenders)


def pay(amount: int) -> Command:
    return RecordPayment(
        order_id=ORDER,
        method="transfer",
        amount_minor=amount,
        currency="EUR",
        account="bank",
        reference=f"r-{amount}",
    )


def ship(quantity: int) -> Command:
    return FulfillUnits(order_id=ORDER, fulfillment_order_id=WORK, lines={"line-1": quantity})


def deliver(n: int = 1) -> Command:
    return RecordDelivery(order_id=ORDER, package_id=PackageId(f"O-1/package-{n}"))


def permit(quantity: int) -> Command:
    return AuthorizeReturn(order_id=ORDER, lines={"line-1": quantity})


def receive(n: int = 1) -> Command:
    return ReceiveReturn(
        order_id=ORDER, return_id=ReturnId(f"O-1/return-{n}"), place=PlaceId("berlin")
    )


def inspect(n: int = 1) -> Command:
    return InspectReturn(order_id=ORDER, return_id=ReturnId(f"O-1/return-{n}"))


def cancel(quantity: int | None = None) -> Command:
    return CancelUnits(order_id=ORDER, lines=None if quantity is None else {"line-1": quantity})


def at_work(kind: Callable[..., Command], quantity: int) -> Command:
    return kind(order_id=ORDER, fulfillment_order_id=WORK, lines={"line-1": quantity})


@pytest.mark.parametrize(
    ("status", "story"),
    [
        ("awaiting_payment", [placed(token="")]),
        ("awaiting_payment", [placed(token="challenge")]),
        ("awaiting_payment", [placed(token=""), pay(1)]),
        ("payment_declined", [placed(token="declined")]),
        (
            "awaiting_payment",
            [placed(token="declined"), AddTender(order_id=ORDER, tender=card("challenge"))],
        ),
        (
            "processing",
            [placed(token="declined"), AddTender(order_id=ORDER, tender=card("vault:2"))],
        ),
        ("processing", [placed()]),
        ("processing", [placed(token=""), pay(3000)]),
        ("processing", [placed(), at_work(PickUnits, 3), at_work(PackUnits, 3)]),
        ("partially_shipped", [placed(), ship(1)]),
        ("shipped", [placed(), ship(1), ship(2)]),
        ("shipped", [placed(), ship(2), cancel(1)]),
        ("partially_delivered", [placed(), ship(1), deliver()]),
        ("partially_delivered", [placed(), ship(1), ship(2), deliver(2)]),
        ("delivered", [placed(), ship(3), deliver()]),
        ("delivered", [placed(), ship(1), ship(2), deliver(2), deliver(1)]),
        ("delivered", [placed(), ship(2), cancel(), deliver()]),
        ("delivered", [placed(), ship(3), deliver(), permit(1)]),
        (
            "delivered",
            [
                placed(),
                ship(3),
                deliver(),
                permit(1),
                CancelReturn(order_id=ORDER, return_id=ReturnId("O-1/return-1")),
            ],
        ),
        ("partially_returned", [placed(), ship(3), deliver(), permit(1), receive()]),
        ("partially_returned", [placed(), ship(3), deliver(), permit(2), receive(), inspect()]),
        ("returned", [placed(), ship(3), deliver(), permit(3), receive()]),
        ("returned", [placed(), ship(3), permit(1), receive(), permit(2), receive(2), inspect()]),
        ("returned", [placed(), ship(2), cancel(), permit(2), receive(), inspect()]),
        ("canceled", [placed(), cancel()]),
        ("canceled", [placed(token="declined"), cancel()]),
        ("canceled", [placed(), cancel(1), cancel(2)]),
        ("processing", [placed(price=0, token="")]),
        ("delivered", [placed(price=0, token=""), ship(3), deliver()]),
        ("canceled", [placed(price=0, token=""), cancel()]),
    ],
)
def test_a_customer_reads_how_far_the_order_is(status: str, story: list[Command]) -> None:
    scenario = Scenario().given(STOCK, *story)

    assert public_status(scenario.engine.order("O-1")) == status
