"""
What is made of other things: kits, and what a workshop makes to order.

Theory of operation
===================
A product may consist of components. A *kit* exists only on paper: it is taken apart when an order
is placed, and its components are promised, picked and sent. What is *made to order* exists once it
is made: its components are used up, and it is a thing of its own from then on.

:func:`parts_of` takes a product apart down to what lies on shelves. Kits within kits are taken
apart too, a component that is made to order is not. What occurs twice is summed. Catalogs come
from hosts, so the walk is bounded in depth and in steps, and a product that contains itself is
named as such.

A part's *weight* is its share in the price of the whole. On each level the share is list price
times quantity, where every component there names a list price, and the bare quantity where one
does not; shares multiply downwards. They are exact fractions, brought to one denominator, so a
price can be apportioned by integers.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from enum import StrEnum
from fractions import Fraction
from math import lcm
from typing import Final, Protocol, TypeAlias, TypeVar

import attrs

from ordercore.errors import InvalidData
from ordercore.ids import Sku, sku_fault
from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, range_faults

__all__ = [
    "DEPTH_MAX",
    "PARTS_MAX",
    "Component",
    "ComponentLevels",
    "Composed",
    "Composition",
    "Part",
    "component_levels",
    "composition_faults",
    "parts_of",
    "with_components",
]

#: How many products may contain each other, the outermost included.
DEPTH_MAX: Final = 8

#: How many components one product may come to, counted over all levels.
PARTS_MAX: Final = 250


class Composition(StrEnum):
    """
    How a product relates to its components.

    """

    KIT = "kit"  #: taken apart when ordered: components are promised, picked and sent
    MADE_TO_ORDER = "made_to_order"  #: a workshop uses components up to make it


@attrs.frozen
class Component:
    """
    So many units of another product, in one unit of this.

    Attributes:
        sku: What.
        quantity: How many base units, 1 to ``QUANTITY_MAX``.
        list_price_minor: What one unit of it is worth beside the other components, by which the
            price of a kit is shared among them; only the ratio counts. Where one component of a
            product has none, all are weighed by quantity.

    Raises:
        InvalidData: When made with a malformed SKU, quantity or price.
    """

    sku: Sku = attrs.field(converter=Sku)
    quantity: int = 1
    list_price_minor: int | None = None

    def __attrs_post_init__(self) -> None:
        """
        Refuse what could be in no box.
        """
        fault = sku_fault(self.sku)
        faults: tuple[str, ...] = () if fault is None else (f"sku: {fault}",)
        faults += range_faults("quantity", self.quantity, 1, QUANTITY_MAX)
        if self.list_price_minor is not None:
            faults += range_faults("list_price_minor", self.list_price_minor, 0, AMOUNT_MAX)
        if faults:
            raise InvalidData("component", faults)


class Composed(Protocol):
    """
    What is known of a product's inside.

    """

    @property
    def components(self) -> tuple[Component, ...]:
        """
        What it consists of; empty where it is bought and sold as it is.

        """
        ...

    @property
    def composition(self) -> Composition:
        """
        How it relates to its components.

        """
        ...


ComposedT = TypeVar("ComposedT", bound=Composed)


@attrs.frozen
class Part:
    """
    What lies on a shelf, as part of one unit of something.

    Attributes:
        sku: What.
        quantity: How many of it in one unit of the whole.
        weight: Its share in the price of the whole, against the weights of the other parts.
    """

    sku: Sku
    quantity: int
    weight: int


def parts_of(sku: Sku, products: Mapping[Sku, Composed]) -> tuple[Part, ...]:
    """
    Take one unit of a kit apart, or list what making one uses up.

    Args:
        sku: A product with components.
        products: It and everything in it; a component that is not there is taken as it is.

    Returns:
        Each SKU once, in the order of first occurrence; nothing for what has no components.
        Cost: O(components on all levels).

    Raises:
        InvalidData: The product contains itself, is nested deeper than ``DEPTH_MAX``, or comes to
            more than ``PARTS_MAX`` components or ``QUANTITY_MAX`` units of one.
    """
    found: dict[Sku, tuple[int, Fraction]] = {}
    steps = 0
    # What is still to be taken apart: the way to it, how many of it, and its share in the price.
    ahead: list[tuple[tuple[Sku, ...], int, Fraction]] = [((sku,), 1, Fraction(1))]
    while ahead:
        way, times, worth = ahead.pop()
        product = products.get(way[-1])
        is_whole = len(way) == 1
        if product is None or not (product.components and (is_whole or _is_kit(product))):
            if not is_whole:
                quantity, share = found.get(way[-1], (0, Fraction(0)))
                found[way[-1]] = (quantity + times, share + worth)
            continue
        _require_sound(way)
        shares = _shares(product.components)
        steps += len(shares)
        if steps > PARTS_MAX:
            raise _unsound(sku, f"it comes to more than {PARTS_MAX} components")
        # Last in, first out: turned round, so that parts come in the order in which they stand.
        ahead.extend(
            ((*way, component.sku), times * component.quantity, worth * share)
            for component, share in reversed(list(zip(product.components, shares, strict=True)))
        )
    for part, (quantity, _) in found.items():
        if quantity > QUANTITY_MAX:
            raise _unsound(sku, f"it holds {quantity} of {part}: legal are {QUANTITY_MAX}")
    whole = lcm(*(worth.denominator for _, worth in found.values()))
    return tuple(
        Part(part, quantity, int(worth * whole)) for part, (quantity, worth) in found.items()
    )


def composition_faults(products: Mapping[Sku, Composed]) -> tuple[str, ...]:
    """
    List what is wrong with the components of a whole catalog; empty where all is sound.

    """
    faults: list[str] = []
    for sku, product in products.items():
        unknown = sorted({c.sku for c in product.components if c.sku not in products})
        if unknown:
            faults.append(f"SKU {sku} contains {', '.join(unknown[:5])}, which is no product")
        try:
            parts_of(sku, products)
        except InvalidData as error:
            faults.extend(error.faults)
    return tuple(faults)


ComponentLevels: TypeAlias = Generator[
    tuple[Sku, ...], Mapping[Sku, ComposedT], dict[Sku, ComposedT]
]


def with_components(
    read: Callable[[Collection[Sku]], Mapping[Sku, ComposedT]], skus: Iterable[Sku]
) -> dict[Sku, ComposedT]:
    """
    Read products and everything that they consist of, level by level.

    Args:
        read: Returns the known ones of some SKUs.
        skus: What is asked for.

    Returns:
        The known ones, by SKU. At most ``DEPTH_MAX`` reads: what lies deeper is refused when it is
        taken apart.
    """
    walk: ComponentLevels[ComposedT] = component_levels(skus)
    try:
        wanted = next(walk)
        while True:  # bounded by the walk
            wanted = walk.send(read(wanted))
    except StopIteration as stop:
        known: dict[Sku, ComposedT] = stop.value
        return known


def component_levels(
    skus: Iterable[Sku],
) -> ComponentLevels[ComposedT]:
    """
    Ask for products and everything that they consist of, level by level, as data.

    Each level is yielded as SKUs, and the known ones of them are sent; see
    :func:`with_components`, which drives it with a callable.
    """
    known: dict[Sku, ComposedT] = {}
    asked: set[Sku] = set()
    wanted = tuple(dict.fromkeys(skus))
    for _ in range(DEPTH_MAX):
        if not wanted:
            break
        asked.update(wanted)
        read_now = yield wanted
        known.update(read_now)
        inside = (component.sku for p in read_now.values() for component in p.components)
        wanted = tuple(sku for sku in dict.fromkeys(inside) if sku not in asked)
    return known


def _is_kit(product: Composed) -> bool:
    return product.composition is Composition.KIT


def _shares(components: tuple[Component, ...]) -> list[Fraction]:
    weights = [component.quantity for component in components]
    priced: list[int] = [
        component.list_price_minor * component.quantity
        for component in components
        if component.list_price_minor is not None
    ]
    if len(priced) == len(components) and sum(priced) > 0:
        weights = priced
    whole = sum(weights)
    return [Fraction(weight, whole) for weight in weights]


def _require_sound(way: tuple[Sku, ...]) -> None:
    if way[-1] in way[:-1]:
        circle = way[way.index(way[-1]) :]
        raise _unsound(way[0], f"it is contained in itself: {' > '.join(circle)}")
    if len(way) > DEPTH_MAX:
        raise _unsound(way[0], f"{' > '.join(way)} is deeper than {DEPTH_MAX}")


def _unsound(sku: Sku, fault: str) -> InvalidData:
    return InvalidData("catalog", (f"SKU {sku} cannot be taken apart: {fault}",))
