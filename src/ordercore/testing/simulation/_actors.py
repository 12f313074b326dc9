"""
Who wants what: shoppers, agents, warehouses, carriers, and whoever keeps the stock.

Each looks at the shop as a person would, through a window that no fault dims, and wants something
that is mostly possible. Now and then one wants what is not: another quantity, a thing that has
ended, a line that does not exist. Nothing here decides whether it is right; the auditor does.
"""

from collections.abc import Callable, Mapping
from typing import Final

from ordercore.errors import Rejected
from ordercore.grammar import ActorKind, Command
from ordercore.ids import CartId, LineId, OrderId, PlaceId, Sku
from ordercore.inventory import AdjustReason, AdjustStock, ReceiveStock
from ordercore.money import UnitPrice
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    LineRequest,
    Order,
    PackUnits,
    PickUnits,
    PlaceOrder,
    ReceiveReturn,
    RecordDelivery,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
    allowed,
)
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.testing.simulation._dice import Dice
from ordercore.testing.simulation._shop import Shop, Wish
from ordercore.testing.simulation._world import Assortment

__all__ = ["constructive", "wanted"]

_HOME: Final = Destination(country="DE")
_LIVE_MAX: Final = 60


def wanted(shop: Shop, assortment: Assortment, dice: Dice) -> Wish | None:
    """
    Say what somebody wants next; None where nobody wants anything.

    """
    crowded = len(shop.orders) >= _LIVE_MAX
    actor = dice.weighted(
        (
            (0 if crowded else 12, _shopper),
            (5 if crowded else 3, _agent),
            (30 + len(shop.orders) // 2, _worker),
            (5, _stock_keeper),
        )
    )
    found = actor(shop, assortment, dice)
    return None if found is None else Wish(key=shop.next_key(), command=found, who=_WHO[actor])


def _lines(assortment: Assortment, dice: Dice) -> dict[Sku, int]:
    skus = list(assortment.prices)
    lines: dict[Sku, int] = {}
    for _ in range(dice.pick((1, 1, 2, 2, 3))):
        # All want the first; the rest is wanted alike.
        sku = skus[0] if dice.chance(350) else dice.pick(skus)
        lines[sku] = lines.get(sku, 0) + dice.between(1, 3)
    return lines


def _shopper(shop: Shop, assortment: Assortment, dice: Dice) -> Command | None:
    if dice.chance(150):
        # Out of the list until it is answered: nobody fills one cart twice at the same time.
        again = bool(shop.carts) and dice.chance(400)
        new = CartId(f"C-{shop.last_number + 1}")
        cart = shop.carts.pop(dice.below(len(shop.carts))) if again else new
        return ReserveCart(
            cart_id=cart, currency="EUR", destination=_HOME, lines=_lines(assortment, dice)
        )
    if shop.carts and dice.chance(60):
        return ReleaseCart(cart_id=dice.pick(shop.carts))
    cart_id = shop.carts.pop() if shop.carts and dice.chance(500) else None
    # Now and then the number of an order that there is already.
    number = dice.between(1, shop.last_number) if dice.chance(10) else shop.last_number + 1
    lines = tuple(
        LineRequest(sku=sku, quantity=quantity, unit_price=UnitPrice(assortment.prices[sku]))
        for sku, quantity in _lines(assortment, dice).items()
    )
    return PlaceOrder(
        order_id=OrderId(f"O-{number}"),
        currency="EUR",
        lines=(*lines, lines[0]) if dice.chance(60) else lines,
        destination=_HOME,
        tenders=_tenders(dice),
        cart_id=cart_id,
        shipping_minor=assortment.shipping_minor,
    )


def _tenders(dice: Dice) -> tuple[Tender, ...]:
    card = Tender(method="card", token_ref="vault:card")  # noqa: S106 - no secret
    bad = Tender(method="card", token_ref="vault:declined")  # noqa: S106 - no secret
    voucher = Tender(method="voucher", token_ref="vault:voucher", amount_minor=1)  # noqa: S106
    return dice.weighted(((80, (card,)), (7, (bad,)), (12, (voucher, card)), (1, (voucher,))))


def _agent(shop: Shop, assortment: Assortment, dice: Dice) -> Command | None:
    """
    Change minds, and do what can't be done.

    """
    order = _some_order(shop, dice)
    if order is None:
        return None
    if dice.chance(300):
        return _nonsense(order, dice)
    wishes: tuple[tuple[int, Callable[[], Command]], ...] = (
        (4, lambda: CancelUnits(order_id=order.id)),
        (4, lambda: CancelUnits(order_id=order.id, lines=_some_units(order, dice))),
        (2, lambda: AddTender(order_id=order.id, tender=_tenders(dice)[-1])),
        (1, lambda: SourceAgain(order_id=order.id)),
    )
    return dice.weighted(wishes)()


def _nonsense(order: Order, dice: Dice) -> Command:
    work = order.fulfillment.orders[0].id if order.fulfillment.orders else f"{order.id}/fo-1"
    box = dice.pick([p.id for p in order.fulfillment.packages] or [f"{order.id}/package-1"])
    lines = _some_units(order, dice)
    wishes: tuple[Callable[[], Command], ...] = (
        lambda: PickUnits(order_id=order.id, fulfillment_order_id=work, lines=lines),
        lambda: PackUnits(order_id=order.id, fulfillment_order_id=work, lines=lines),
        lambda: ShipPackage(order_id=order.id, package_id=box, tracking="T-1"),
        lambda: RecordDelivery(order_id=order.id, package_id=box),
        lambda: UnpackPackage(order_id=order.id, package_id=box),
        lambda: AuthorizeReturn(order_id=order.id, lines=lines),
        lambda: ReceiveReturn(
            order_id=order.id, return_id=f"{order.id}/return-1", place=PlaceId("berlin")
        ),
        lambda: InspectReturn(order_id=order.id, return_id=f"{order.id}/return-1"),
        lambda: PickUnits(order_id=f"{order.id}0", fulfillment_order_id=work, lines=lines),
    )
    return dice.pick(wishes)()


def _some_units(order: Order, dice: Dice) -> dict[LineId, int]:
    line = dice.pick(order.lines)
    return {line.line_id: dice.between(1, line.placed.quantity + (1 if dice.chance(100) else 0))}


def _worker(shop: Shop, assortment: Assortment, dice: Dice) -> Command | None:
    """
    Work on an order: pick, pack, ship, deliver, take back.

    """
    order = _some_order(shop, dice)
    if order is None:
        return None
    may = [known for known in allowed(order) if known.command in _WORK]
    if not may:
        return None
    known = dice.weighted([(_WORK[each.command], each) for each in may])
    return _command(order, known.command, known.about, assortment, dice)


#: How often each is chosen where it is possible.
_WORK: Final[Mapping[str, int]] = {
    "PickUnits": 20,
    "PackUnits": 30,
    "FulfillUnits": 20,
    "ShipPackage": 40,
    "RecordDelivery": 40,
    "ReportMissing": 1,
    "UnpackPackage": 1,
    "ReceiveReturn": 20,
    "InspectReturn": 20,
    "CancelReturn": 3,
    "AuthorizeReturn": 5,
    "AddTender": 8,
    "RetryEffect": 10,
    "SourceAgain": 5,
}


def _command(
    order: Order, name: str, about: str, assortment: Assortment, dice: Dice
) -> Command | None:
    at_work = {work.id: work for work in order.fulfillment.orders}
    work = at_work.get(about)  # type: ignore[call-overload]  # ids are texts
    part = dice.chance(250)

    def counted(attribute: str) -> dict[LineId, int]:
        assert work is not None  # noqa: S101 - listed by the order itself
        units = {ln.line_id: getattr(ln, attribute) for ln in work.lines if getattr(ln, attribute)}
        if part:
            line = dice.pick(list(units))
            return {line: dice.between(1, units[line])}
        return units

    match name:
        case "PickUnits":
            return PickUnits(
                order_id=order.id, fulfillment_order_id=about, lines=counted("waiting")
            )
        case "ReportMissing":
            part = True
            lines = counted("waiting")
            return ReportMissing(order_id=order.id, fulfillment_order_id=about, lines=lines)
        case "PackUnits":
            return PackUnits(order_id=order.id, fulfillment_order_id=about, lines=counted("picked"))
        case "FulfillUnits":
            return FulfillUnits(order_id=order.id, fulfillment_order_id=about, tracking="T-2")
        case "ShipPackage":
            box = order.fulfillment.package(about)
            needs = box is not None and box.label_wanted and not box.tracking
            tracking = "T-3" if needs and dice.chance(300) else ""
            return ShipPackage(order_id=order.id, package_id=about, tracking=tracking)
        case "AuthorizeReturn":
            return AuthorizeReturn(order_id=order.id, lines=_some_units(order, dice))
        case "ReceiveReturn":
            place = dice.pick(assortment.places)
            return ReceiveReturn(order_id=order.id, return_id=about, place=place)
        case "InspectReturn":
            known = next(r for r in order.returns.returns if r.id == about)
            bad = {units.line_id: 1 for units in known.lines} if dice.chance(300) else {}
            return InspectReturn(
                order_id=order.id, return_id=about, damaged=bad, refund_shipping=dice.chance(500)
            )
        case _:
            return _plain(order, name, about)


def _plain(order: Order, name: str, about: str) -> Command | None:
    match name:
        case "RecordDelivery":
            return RecordDelivery(order_id=order.id, package_id=about)
        case "UnpackPackage":
            return UnpackPackage(order_id=order.id, package_id=about)
        case "CancelReturn":
            return CancelReturn(order_id=order.id, return_id=about)
        case "RetryEffect":
            return RetryEffect(order_id=order.id, effect_key=about)
        case "AddTender":
            another = Tender(method="card", token_ref="vault:another")  # noqa: S106 - no secret
            return AddTender(order_id=order.id, tender=another)
        case "SourceAgain":
            return SourceAgain(order_id=order.id)
        case _:
            return None


def _stock_keeper(shop: Shop, assortment: Assortment, dice: Dice) -> Command | None:
    place = dice.pick(assortment.places)
    sku = dice.pick(list(assortment.prices))
    if dice.chance(60):
        return AdjustStock(place=place, lines={sku: -1}, reason=AdjustReason.DAMAGE)
    hot = next(iter(assortment.prices))
    lines = {sku: dice.between(1, 20)} | ({hot: dice.between(1, 6)} if dice.chance(500) else {})
    return ReceiveStock(place=place, lines=lines)


def _some_order(shop: Shop, dice: Dice) -> Order | None:
    if not shop.orders:
        return None
    order_id = dice.pick(shop.orders)
    try:
        return shop.window.order(order_id)
    except Rejected:
        shop.orders.remove(order_id)  # it was never placed
        return None


#: What brings an order nearer to its end, the nearest first.
_NEARER: Final = (
    "ShipPackage", "PackUnits", "RecordDelivery", "InspectReturn", "ReceiveReturn", "RetryEffect",
    "AddTender",
)  # fmt: skip


def constructive(
    order: Order, assortment: Assortment, dice: Dice, *, shelf_is_empty: bool = False
) -> Command | None:
    """
    Say what brings an order nearer to its end; None where nobody can do anything.

    Args:
        order: Which.
        assortment: What there is.
        dice: For what does not matter.
        shelf_is_empty: Report units as missing that could be sent otherwise.
    """
    may = allowed(order)
    send = "ReportMissing" if shelf_is_empty else "FulfillUnits"
    for name in (*_NEARER[:2], send, *_NEARER[2:]):
        for known in may:
            if known.command == name:
                if name == "ShipPackage" and "tracking" in known.detail:
                    return ShipPackage(order_id=order.id, package_id=known.about, tracking="T-4")
                return _command(order, name, known.about, assortment, dice)
    if any(line.unsourced for line in order.lines) and order.sourcing_failed:
        lines = {line.line_id: line.unsourced for line in order.lines if line.unsourced}
        return CancelUnits(order_id=order.id, lines=lines, reason="nowhere")
    return None


_WHO: Final = {
    _shopper: ActorKind.SHOPPER,
    _agent: ActorKind.AGENT,
    _worker: ActorKind.WAREHOUSE,
    _stock_keeper: ActorKind.WAREHOUSE,
}
