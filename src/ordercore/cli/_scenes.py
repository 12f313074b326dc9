"""
The scenes of the demonstration until noon: stock, carts, orders, payments, picking.

Every number that is told is read from what the library answered; the sentences around them say
what to look at.
"""

from typing import Final, TypeVar

from ordercore.cli._day import Day, eur, plan_table
from ordercore.cli._narrator import Column, Mark, Table
from ordercore.cli._shop import ANNA, BEN, CHLOE, CURRENCY, HOME, STOCK, line, tender
from ordercore.cli._words import counted, listed
from ordercore.errors import InvariantViolated
from ordercore.ids import CartId
from ordercore.inventory import ReceiveStock
from ordercore.orders import (
    AddTender,
    LineQuantity,
    OrderPlaced,
    PickUnits,
    PlaceOrder,
    ReportMissing,
    Reservation,
    ReserveCart,
    UnitsSourcedAgain,
)
from ordercore.totals import Discount
from ordercore.views import public_status

__all__ = ["cart", "decline", "morning", "picking", "placement"]

_T = TypeVar("_T")

_CART: Final = {"TEAPOT": 2, "CUP": 4, "SENCHA": 3}
_SHIPPING_MINOR: Final = 5_95


def morning(day: Day) -> None:
    """
    Stock arrives; what is available has terms.

    """
    day.scene(1, 8, 0, "Stock arrives at five places")
    for place, lines in STOCK:
        day.do(ReceiveStock(place=place, lines=lines))
    units = sum(sum(lines.values()) for _, lines in STOCK)
    day.tell.say(
        f"Two warehouses, a store, a workshop and a supplier report {units} units. Each number "
        "has its name: what lies there, what carts hold, what orders were promised, and what "
        "that leaves to sell."
    )
    day.availability("TEAPOT", "CUP", "SENCHA")


def cart(day: Day) -> None:
    """
    A cart holds units for a while; nobody else can take them.

    """
    day.scene(2, 9, 10, "A cart holds its units")
    reserve = ReserveCart(cart_id=CartId("anna"), currency=CURRENCY, destination=HOME, lines=_CART)
    reply = _the(Reservation, day.do(reserve).reply)
    day.tell.say(
        f"Anna's cart holds 2 teapots, 4 cups and 3 teas until {reply.expires_at:%H:%M}. After "
        "that they are free again by themselves: nothing has to sweep. Sent today, they would "
        f"come from {listed(reply.plan.places)}."
    )
    day.tell.say("Ben wants 3 teapots. Four lie on the shelves, and Anna's two are not for sale.")
    refusal = day.refused(
        ReserveCart(cart_id=CartId("ben"), currency=CURRENCY, destination=HOME, lines={"TEAPOT": 3})
    )
    day.tell.note(Mark.REFUSED, f"{refusal.code}: {refusal.reason}")
    day.availability("TEAPOT")


def placement(day: Day) -> None:
    """
    An order is split because that costs least; another is not, for the same reason.

    """
    day.scene(3, 9, 25, "An order is split over two places")
    lines = tuple(line(sku, quantity) for sku, quantity in _CART.items())
    day.do(
        PlaceOrder(
            order_id=ANNA,
            cart_id=CartId("anna"),
            currency=CURRENCY,
            lines=lines,
            destination=HOME,
            discounts=(Discount(code="welcome", amount_minor=10_00),),
            shipping_minor=_SHIPPING_MINOR,
            tenders=(
                tender("voucher", "anna-voucher", 50_00),
                tender("card", "anna-card"),
            ),
        )
    )
    order = day.shop.engine.order(ANNA)
    day.tell.say(
        f"Anna orders for {eur(order.total_minor)}, shipping and tax included and 10.00 EUR off: "
        "50.00 EUR by voucher, the rest by card. What the cart held is the order's in the same "
        "instant. This is the cheapest way to send it, proven, and the reason in words:"
    )
    plan = _the(OrderPlaced, day.shop.engine.history(ANNA)[0].event).plan
    day.tell.table(plan_table(plan))
    day.tell.because(plan.reasons)
    day.tell.say("What may be done with the order now, as any program or agent can ask:")
    day.tell.table(
        Table(
            columns=(Column("command"), Column("about"), Column("detail", faint=True)),
            rows=tuple((a.command, a.about, a.detail) for a in day.shop.engine.allowed(ANNA)),
        )
    )
    _twelve_cups(day)


def _twelve_cups(day: Day) -> None:
    day.do(
        PlaceOrder(
            order_id=CHLOE,
            currency=CURRENCY,
            lines=(line("CUP", 12),),
            destination=HOME,
            shipping_minor=_SHIPPING_MINOR,
            tenders=(tender("card", "chloe-card"),),
        )
    )
    plan = _the(OrderPlaced, day.shop.engine.history(CHLOE)[0].event).plan
    day.tell.say(f"Chloe's office orders 12 cups. {_capital(listed(plan.places))} sends them all:")
    day.tell.because(plan.reasons)


def decline(day: Day) -> None:
    """
    A card is declined; the stock stays promised, and another card pays.

    """
    day.scene(4, 10, 5, "A card is declined")
    day.do(
        PlaceOrder(
            order_id=BEN,
            currency=CURRENCY,
            lines=(line("CADDY", 1), line("WHISK", 1)),
            destination=HOME,
            shipping_minor=_SHIPPING_MINOR,
            tenders=(tender("card", "ben-declined"),),
        )
    )
    order = day.shop.engine.order(BEN)
    day.tell.say(
        f"Ben takes a hand-painted caddy and a whisk for {eur(order.total_minor)}. His card is "
        "declined, which is an answer and no error: the units stay promised to him, and no place "
        "begins to work."
    )
    day.tell.note(Mark.REFUSED, f"{BEN}: {_words(public_status(order))}")
    day.do(AddTender(order_id=BEN, tender=tender("card", "ben-other")))
    order = day.shop.engine.order(BEN)
    places = [work.place for work in order.fulfillment.orders]
    day.done(
        f"another card promises {eur(order.payments.authorized_minor)}, and "
        f"{listed(places)} begin to work"
    )


def picking(day: Day) -> None:
    """
    Units are not where they should be; the order finds others by itself.

    """
    day.scene(5, 11, 30, "One cup is not on its shelf")
    for place in ("amsterdam", "rotterdam"):
        work = day.work(ANNA, place)
        short = 1 if place == "rotterdam" else 0
        lines = tuple(LineQuantity(ln.line_id, ln.quantity - short) for ln in work.lines)
        day.do(PickUnits(order_id=ANNA, fulfillment_order_id=work.id, lines=lines))
    work = day.work(ANNA, "rotterdam")
    missing = {ln.line_id: ln.waiting for ln in work.lines}
    day.do(ReportMissing(order_id=ANNA, fulfillment_order_id=work.id, lines=missing))
    day.tell.say(
        f"Amsterdam picks everything; Rotterdam finds {counted(3, 'cup')} of 4. The missing one "
        "leaves the books in the same moment, so that nobody is sold it, and the order looks for "
        "another without being told:"
    )
    events = [recorded.event for recorded in day.shop.engine.history(ANNA)]
    again = next(event for event in events if isinstance(event, UnitsSourcedAgain))
    day.tell.table(plan_table(again.plan))
    day.tell.because(again.plan.reasons)
    day.done(
        f"the short pick costs the shop {eur(again.plan.cost_minor)} more, the customer nothing"
    )


def _the(kind: type[_T], value: object) -> _T:
    """
    Take a value for what it must be.

    Raises:
        InvariantViolated: It is something else.
    """
    if not isinstance(value, kind):
        raise InvariantViolated(f"expected {kind.__name__}, found {type(value).__name__}")
    return value


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _words(name: str) -> str:
    return name.replace("_", " ")
