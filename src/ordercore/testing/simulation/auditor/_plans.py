"""
Where units may come from, and what that costs at least.

"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

from ordercore.ids import PlaceId, Sku
from ordercore.testing.simulation.auditor._case import Case
from ordercore.testing.simulation.auditor._stock import Pair, ShadowStock
from ordercore.testing.simulation.auditor._violation import OVERSELL, PLAN, UNITS, No, Violation

__all__ = ["Want", "check_choice", "look_for", "refuse_unknown"]

#: Beyond so many places, it is not tried whether a cheaper plan exists.
_PLACES_MAX = 4

Row = tuple[str, Pair, int]


class Want(NamedTuple):
    """
    Units of a line that need a place.

    """

    line_id: str
    sku: Sku
    quantity: int
    place: PlaceId | None


class Look(NamedTuple):
    """
    What somebody saw who looked for units.

    Attributes:
        filled: How many units there are, by SKU, up to what is wanted.
        cost: What it costs at least to send them; None where that is not known.
    """

    filled: Counter[str]
    cost: int | None


def refuse_unknown(case: Case, skus: Iterable[Sku], places: Iterable[PlaceId | None]) -> None:
    """
    Refuse what the shop does not know.

    Raises:
        No: ``unknown_sku``, ``unknown_place``; in this order.
    """
    if any(sku not in case.shop.products for sku in skus):
        raise No("unknown_sku")
    if any(place is not None and place not in case.shop.places for place in places):
        raise No("unknown_place")


def look_for(
    case: Case,
    stock: ShadowStock,
    wants: Sequence[Want],
    *,
    cart: str = "",
    barred: Collection[tuple[str, str]] = (),
    priced: bool = False,
) -> Look:
    """
    Look for units: those that name their place there, first; the others anywhere.

    Args:
        case: For whom, and when.
        stock: Where to look.
        wants: What for.
        cart: Whose own holds don't stand in the way.
        barred: Pairs of SKU and place that are known not to have what the record says.
        priced: Whether to say what it costs at least.
    """
    skus, places = {want.sku for want in wants}, case.shop.places
    there = {
        (sku, place): 0
        if (sku, place) in barred
        else max(stock.available((sku, place), case.at, cart), 0)
        for sku in skus
        for place in places
    }
    filled: Counter[str] = Counter()
    at_place: Counter[PlaceId] = Counter()
    wanted: Counter[Sku] = Counter()
    for want in wants:
        if want.place is None:
            wanted[want.sku] += want.quantity
            continue
        taken = min(want.quantity, there[want.sku, want.place])
        there[want.sku, want.place] -= taken
        filled[want.sku] += taken
        at_place[want.place] += taken
    for sku, quantity in wanted.items():
        wanted[sku] = min(quantity, sum(there[sku, place] for place in places))
        filled[sku] += wanted[sku]
    rate = case.shop.rate
    if not priced or rate is None or len(places) > _PLACES_MAX:
        return Look(filled, None)
    return Look(filled, _least_cost(rate, places, there, +wanted, +at_place))


def _least_cost(
    rate: Callable[[PlaceId, int], int],
    places: Sequence[PlaceId],
    there: dict[Pair, int],
    wanted: Counter[Sku],
    fixed: Counter[PlaceId],
) -> int:
    """
    Try every set of places. A parcel costs something once, and something for each unit in it.
    """
    unit = {place: rate(place, 2) - rate(place, 1) for place in places}
    opening = {place: rate(place, 1) - unit[place] for place in places}
    base = sum(opening[place] + units * unit[place] for place, units in fixed.items())
    if not wanted:
        return base
    costs: list[int] = []
    for size in range(1, len(places) + 1):
        for some in combinations(sorted(places, key=lambda place: (unit[place], place)), size):
            cost = base + sum(opening[place] for place in some if place not in fixed)
            for sku, quantity in wanted.items():
                left = quantity
                for place in some:
                    taken = min(left, there[sku, place])
                    left -= taken
                    cost += taken * unit[place]
                if left:
                    break
            else:
                costs.append(cost)
    return min(costs)


def check_choice(
    case: Case,
    subject: str,
    wants: Sequence[Want],
    rows: Sequence[Row],
    *,
    cart: str = "",
    barred: Collection[tuple[str, str]] = (),
    partly: bool = False,
    by_line: bool = True,
) -> None:
    """
    Check the engine's choice of places, before the model takes it over.

    Args:
        case: The accepted command.
        subject: Whose units: an order, a cart.
        wants: What for.
        rows: The choice, by line; or with "" for all lines.
        cart: Whose own holds end with it.
        barred: Where the units must not come from.
        partly: Whether it may take as many as there are, instead of all.
        by_line: Whether the rows name lines.

    Raises:
        Violation: It takes other units than are wanted, units that are not there, or costs more
            than another one would.
    """
    _check_sums(subject, wants if by_line else _any_line(wants), rows, partly=partly)
    taken: Counter[Pair] = Counter()
    for _, pair, quantity in rows:
        taken[pair] += quantity
    for pair, quantity in taken.items():
        free = case.shop.stock.available(pair, case.at, cart)
        if quantity > free or pair in barred:
            raise Violation(OVERSELL, subject, f"at most {free} of {pair}", f"promised {quantity}")
    rate = case.shop.rate
    units = Counter[str]()
    at_place = Counter[PlaceId]()
    for (sku, place), quantity in taken.items():
        units[sku] += quantity
        at_place[place] += quantity
    cost = None if rate is None else sum(rate(place, n) for place, n in at_place.items())
    looks: list[Look] = []
    for view in reversed(case.views):
        look = look_for(case, view, wants, cart=cart, barred=barred, priced=True)
        if look.filled == units and look.cost in {None, cost}:
            return
        looks.append(look)
    best = looks[0]
    raise Violation(
        PLAN,
        subject,
        f"{dict(best.filled)} for {best.cost}",
        f"{dict(units)} for {cost} from {sorted(at_place)}",
    )


def _any_line(wants: Sequence[Want]) -> list[Want]:
    wanted: Counter[Sku] = Counter()
    for want in wants:
        wanted[want.sku] += want.quantity
    return [Want("", sku, quantity, None) for sku, quantity in wanted.items()]


def _check_sums(subject: str, wants: Sequence[Want], rows: Sequence[Row], *, partly: bool) -> None:
    known = {(want.line_id, want.sku): want for want in wants}
    given: Counter[tuple[str, Sku]] = Counter()
    for line_id, (sku, place), quantity in rows:
        want = known.get((line_id, sku))
        if want is None or quantity < 1 or want.place not in {None, place}:
            found = f"{quantity} of {sku} from {place} for {line_id!r}"
            raise Violation(PLAN, subject, f"units of {sorted(known)}", found)
        given[line_id, sku] += quantity
    for (line_id, sku), want in known.items():
        units = given[line_id, sku]
        if units > want.quantity or (units < want.quantity and not partly):
            expected = f"{want.quantity} of {sku} for {line_id!r}"
            raise Violation(UNITS, subject, expected, units)
