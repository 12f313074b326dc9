"""
The model of stock that comes in, of carts, of placement, and of looking for other places.

"""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ordercore.ids import Sku
from ordercore.instants import seconds_after
from ordercore.money import Rounding
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._conclusions import give_work
from ordercore.testing.simulation.auditor._money import ask_tenders, check_tenders
from ordercore.testing.simulation.auditor._plans import (
    Want,
    check_choice,
    look_for,
    refuse_unknown,
)
from ordercore.testing.simulation.auditor._shapes import (
    NOWHERE,
    ShadowAmounts,
    ShadowLine,
    ShadowOrder,
    ShadowUnit,
)
from ordercore.testing.simulation.auditor._stock import CartHold, Pair, ShadowStock
from ordercore.testing.simulation.auditor._violation import CONSERVED, HOLDS, No, Violation

__all__ = ["adjust", "place", "receive", "release", "reserve", "source_again"]


# --- stock ----------------------------------------------------------------------------------------


def receive(case: Case) -> Iterator[None]:
    """
    Take units in; they explain first what had left beyond the record.

    """
    command = case.command
    refuse_unknown(case, (line.sku for line in command.lines), (command.place,))
    yield
    stock, here = case.change(), command.place
    come: Counter[Sku] = Counter()
    for line in command.lines:
        come[line.sku] += line.quantity
        stock.move(line.sku, line.quantity, "supplier", "on_hand", here)
    told = case.chosen()
    healed, unhealed = told.moved("on_hand", "discrepancy"), told.moved("discrepancy", "on_hand")
    for sku, quantity in come.items():
        gaps = {view.lies["discrepancy", sku, here] for view in case.views}
        legal = {min(-gap, quantity) if gap < 0 else -gap for gap in gaps}
        heals = healed[sku] - unhealed[sku]
        if heals not in legal:
            raise Violation(CONSERVED, f"{sku} at {here} explained", sorted(legal), heals)
        stock.move(sku, heals, "on_hand", "discrepancy", here)


def adjust(case: Case) -> Iterator[None]:
    """
    Change what is on hand; what is gone beyond the record is balanced by the discrepancy.

    """
    command = case.command
    refuse_unknown(case, (line.sku for line in command.lines), (command.place,))
    yield
    stock, here = case.change(), command.place
    forced = case.chosen().moved("discrepancy", "on_hand")
    for line in command.lines:
        pair: Pair = (line.sku, here)
        legal = {max(-line.delta - view.on_hand(pair), 0) for view in case.views}
        if forced[line.sku] not in legal:
            raise Violation(CONSERVED, f"{line.sku} at {here}", sorted(legal), forced[line.sku])
        stock.move(line.sku, forced[line.sku], "discrepancy", "on_hand", here)
        if line.delta > 0:
            stock.move(line.sku, line.delta, "shrinkage", "on_hand", here)
        else:
            stock.move(line.sku, -line.delta, "on_hand", "shrinkage", here)


# --- carts ----------------------------------------------------------------------------------------


def _refuse_shortage(case: Case, wants: Sequence[Want], cart: str) -> None:
    filled = look_for(case, case.stock, wants, cart=cart).filled
    if filled.total() < sum(want.quantity for want in wants):
        raise No("shortage")


def _let_go(case: Case, cart: str, views: Sequence[ShadowStock]) -> None:
    """
    End what a cart holds; what has run out ends by itself.

    What it was given since the command came in may stay: then the command was there first.
    """
    told = case.chosen().let_go()
    legal = [
        frozenset(hold.name for hold in view.holds_of(cart) if hold.until > case.at)
        for view in views
    ]
    if told not in legal:
        raise Violation(HOLDS, f"cart/{cart}", f"{sorted(legal[-1])} let go", sorted(told))
    for hold in case.shop.stock.holds_of(cart):
        if hold.name in told:
            case.change().release(hold)


def reserve(case: Case) -> Iterator[None]:
    """
    Hold what a cart contains, instead of what it held before.

    """
    command, cart = case.command, str(case.command.cart_id)
    lines = command.lines
    refuse_unknown(case, (line.sku for line in lines), (line.place for line in lines))
    wants = [Want(f"line-{n}", x.sku, x.quantity, x.place) for n, x in enumerate(lines, 1)]
    _refuse_shortage(case, wants, cart)
    yield
    held = case.chosen().held()
    rows = [("", pair, quantity) for _, pair, quantity, _ in held]
    check_choice(case, f"cart/{cart}", wants, rows, cart=cart, by_line=False)
    stock = case.change()
    # Not as it was a moment ago: two wishes of one cart would both be held.
    _let_go(case, cart, (stock,))
    until = seconds_after(case.at, command.hold_s or case.shop.rules.reservation_s)
    for name, pair, quantity, ends in held:
        if ends != until:
            raise Violation(HOLDS, f"cart/{cart}", f"held until {until}", ends)
        stock.expire(pair, case.at)
        stock.hold(CartHold(name, cart, pair, quantity, until))


def release(case: Case) -> Iterator[None]:
    """
    Give back what a cart holds.

    """
    yield
    _let_go(case, str(case.command.cart_id), case.views)


# --- orders ---------------------------------------------------------------------------------------


def place(case: Case) -> Iterator[None]:
    """
    Turn what a customer wants into an order, with its stock promised.

    """
    command = case.command
    if command.order_id in case.shop.orders:
        raise No("order_exists")
    lines, cart = command.lines, str(command.cart_id or "")
    refuse_unknown(case, (line.sku for line in lines), (line.place for line in lines))
    wants = [Want(f"line-{n}", x.sku, x.quantity, x.place) for n, x in enumerate(lines, 1)]
    _refuse_shortage(case, wants, cart)
    order = _as_ordered(case)
    if command.tenders:
        check_tenders(0, command.tenders, order.total_minor)
    yield
    rows = case.chosen().rows()
    check_choice(case, order.order_id, wants, rows, cart=cart)
    if cart:
        _let_go(case, cart, case.views)
    order.promised = _promise(case, order, rows)
    case.shop.orders[order.order_id] = order
    if command.tenders:
        ask_tenders(order, command.tenders, order.total_minor)


def _as_ordered(case: Case) -> ShadowOrder:
    command, rounding = case.command, case.shop.rules.rounding
    lines: dict[str, ShadowLine] = {}
    for number, line in enumerate(command.lines, 1):
        line_id, n = f"line-{number}", line.quantity
        total = _rounded(line.unit_price.amount_minor * n, line.unit_price.per, rounding)
        upto = [_rounded(total * k, n, rounding) for k in range(n + 1)]
        lines[line_id] = ShadowLine(
            line_id,
            line.sku,
            line.place or NOWHERE,
            [ShadowUnit(line_id, line.sku) for _ in range(n)],
            ShadowAmounts([after - before for before, after in pairwise(upto)]),
        )
    shipping = command.shipping_minor
    return ShadowOrder(
        order_id=str(command.order_id),
        currency=command.currency,
        placed_at=command.occurred_at or case.at,
        lines=lines,
        shipping=ShadowAmounts([shipping]) if shipping else None,
    )


def _promise(
    case: Case, order: ShadowOrder, rows: Sequence[tuple[str, Pair, int]]
) -> list[ShadowUnit]:
    stock = case.change()
    promised: list[ShadowUnit] = []
    for line_id, pair, quantity in rows:
        free = [unit for unit in order.lines[line_id].units if unit.state == "unsourced"]
        for unit in free[:quantity]:
            unit.state, unit.place = "promised", pair[1]
            promised.append(unit)
        stock.expire(pair, case.at)
        stock.promise(pair, quantity)
    return promised


def source_again(case: Case) -> Iterator[None]:
    """
    Look for other places for units that were missing; what no place has waits for a person.

    """
    order = case.order()
    wants = [
        Want(line.line_id, line.sku, line.count("unsourced"), line.named or None)
        for line in order.lines.values()
        if line.count("unsourced")
    ]
    yield
    if not wants:
        return
    barred = {(order.lines[line_id].sku, there) for line_id, there in order.barred}
    rows = case.chosen().rows()
    check_choice(case, order.order_id, wants, rows, barred=barred, partly=True)
    if rows:
        give_work(order, _promise(case, order, rows))
    if any(unit.state == "unsourced" for unit in order.units()):
        order.sourcing_failed = True
        case.change()


def _rounded(numerator: int, denominator: int, rounding: Rounding) -> int:
    """
    Round a fraction that is not negative.
    """
    whole, rest = divmod(numerator, denominator)
    beyond = 2 * rest - denominator
    up = {
        Rounding.UP: rest > 0,
        Rounding.DOWN: False,
        Rounding.HALF_UP: beyond >= 0,
        Rounding.HALF_DOWN: beyond > 0,
        Rounding.HALF_EVEN: beyond > 0 or (beyond == 0 and whole % 2 == 1),
    }
    return whole + (rest > 0 and up[rounding])
