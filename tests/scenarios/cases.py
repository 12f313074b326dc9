"""
How a case is written down, and how its story is told to an engine.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

import pytest

from ordercore.catalog import SkuQuantity
from ordercore.engine import Engine
from ordercore.errors import Rejected
from ordercore.grammar import Command
from ordercore.ids import CartId, FulfillmentOrderId, OrderId, PlaceId, ReturnId, Sku
from ordercore.inventory import ReceiveStock
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    PlaceOrder,
    ReceiveReturn,
    RecordPayment,
    ReserveCart,
)
from ordercore.payments import Tender
from tests.orders.builders import GERMANY, line_of, order_of

OK: Final = ""

#: On hand, promised (to carts and orders), available.
Level = tuple[int, int, int]


class Case(NamedTuple):
    """
    A row: steps with what comes of each, OK or a code, then the levels that must stand.
    """

    id: str
    facts: str
    steps: list[tuple[Command, str]]
    ends: dict[str, Level]


def receive(quantity: int, place: str = "L1", sku: str = "MUG") -> Command:
    return ReceiveStock(place=PlaceId(place), lines={sku: quantity})


def hold(cart: str, *lines: tuple[str, int] | tuple[str, int, str]) -> Command:
    return ReserveCart(
        cart_id=CartId(cart),
        currency="EUR",
        destination=GERMANY,
        lines=tuple(
            SkuQuantity(Sku(line[0]), line[1], PlaceId(line[2]) if len(line) > 2 else None)
            for line in lines
        ),
    )


def buy(
    *lines: tuple[str, int],
    order_id: str = "O-1",
    price: int = 1000,
    tenders: tuple[Tender, ...] = (Tender(method="card", token_ref="vault:1"),),
    shipping_minor: int = 0,
) -> PlaceOrder:
    return order_of(
        order_id,
        lines=[line_of(sku, quantity, price) for sku, quantity in lines],
        tenders=tenders,
        shipping_minor=shipping_minor,
    )


def ship(lines: Mapping[str, int], n: int = 1) -> Command:
    return FulfillUnits(
        order_id=OrderId("O-1"),
        fulfillment_order_id=FulfillmentOrderId(f"O-1/fo-{n}"),
        lines=lines,
    )


def cancel(lines: Mapping[str, int] | None = None) -> Command:
    return CancelUnits(order_id=OrderId("O-1"), lines=lines)


def permit(quantity: int, line: str = "line-1") -> Command:
    return AuthorizeReturn(order_id=OrderId("O-1"), lines={line: quantity})


def take_back(n: int = 1, quantity: int | None = None) -> Command:
    return ReceiveReturn(
        order_id=OrderId("O-1"),
        return_id=ReturnId(f"O-1/return-{n}"),
        place=PlaceId("L1"),
        lines=None if quantity is None else {"line-1": quantity},
    )


def inspect(n: int = 1, damaged: int = 0, *, shipping: bool = False) -> Command:
    return InspectReturn(
        order_id=OrderId("O-1"),
        return_id=ReturnId(f"O-1/return-{n}"),
        damaged={"line-1": damaged} if damaged else (),
        refund_shipping=shipping,
    )


def give_back(quantity: int, n: int = 1, *, shipping: bool = False) -> list[tuple[Command, str]]:
    """A whole return: its refund is what the case is about."""
    return [(permit(quantity), OK), (take_back(n), OK), (inspect(n, shipping=shipping), OK)]


def pay_in(amount: int, reference: str = "r-1") -> Command:
    return RecordPayment(
        order_id=OrderId("O-1"),
        method="transfer",
        amount_minor=amount,
        currency="EUR",
        account="bank",
        reference=reference,
    )


def tell(engine: Engine, steps: list[tuple[Command, str]]) -> None:
    """Submit each step, and hold it to what must come of it."""
    for command, code in steps:
        if code == OK:
            engine.submit(command)
            continue
        with pytest.raises(Rejected) as caught:
            engine.submit(command)
        assert caught.value.code == code, caught.value


def levels(engine: Engine, sku: str = "MUG") -> dict[str, Level]:
    return {
        level.place: (level.on_hand, level.reserved + level.allocated, level.available)
        for level in engine.availability(sku)
    }
