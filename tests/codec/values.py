"""
Values of every type that is written, made from the types of their fields.

"""

from collections.abc import Callable
from datetime import UTC, datetime
from enum import Enum
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from ordercore.money import AMOUNT_MAX, QUANTITY_MAX, UnitPrice
from ordercore.orders import LineQuantity, SkuQuantity
from ordercore.totals import (
    Charge,
    Component,
    ComponentKind,
    Discount,
    OrderTotals,
    PricedLine,
)

IDS: Final = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~@+=:-]{0,20}", fullmatch=True)
SKUS: Final = (
    st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="|"), min_size=1)
    .map(lambda text: text[:40])
    .filter(lambda text: text == text.strip() and text.isprintable())
)
TEXTS: Final = st.text(st.characters(exclude_categories=("Cs", "Nd")), max_size=30)
CURRENCIES: Final = st.sampled_from(["EUR", "JPY", "KWD"])
AMOUNTS: Final = st.integers(0, AMOUNT_MAX)
QUANTITIES: Final = st.integers(1, QUANTITY_MAX)
INSTANTS: Final = st.datetimes(
    datetime(1, 1, 2),  # noqa: DTZ001 - Hypothesis adds the zone
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)

#: What stands in a field of a command is checked; these are legal everywhere.
BY_NAME: Final[dict[str, st.SearchStrategy[Any]]] = {
    **dict.fromkeys(("order_id", "cart_id", "place", "method", "account", "line_id"), IDS),
    "sku": SKUS,
    "currency": CURRENCIES,
    "quantity": QUANTITIES,
    "hold_s": QUANTITIES,
    "weight_g": QUANTITIES,
    "amount_minor": st.integers(1, AMOUNT_MAX),
    "shipping_minor": AMOUNTS,
}

COMPONENTS: Final = st.builds(
    Component,
    kind=st.sampled_from([ComponentKind.GOODS, ComponentKind.TAX, ComponentKind.FEE]),
    code=TEXTS,
    amount_minor=AMOUNTS,
)

BY_TYPE: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: TEXTS,
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    datetime: INSTANTS,
    UnitPrice: st.builds(UnitPrice, amount_minor=AMOUNTS, per=QUANTITIES),
    Discount: st.builds(Discount, code=TEXTS, amount_minor=AMOUNTS),
    Charge: st.builds(
        Charge,
        code=TEXTS,
        kind=st.sampled_from([ComponentKind.FEE, ComponentKind.SHIPPING]),
        amount_minor=AMOUNTS,
    ),
    Component: COMPONENTS,
    PricedLine: st.builds(
        PricedLine,
        line=IDS,
        quantity=QUANTITIES,
        components=st.lists(COMPONENTS, max_size=3).map(tuple),
    ),
}

#: Fields that hold lines, each of which may be there once and of which there must be one.
LINES: Final[dict[Any, st.SearchStrategy[Any]]] = {
    LineQuantity: st.lists(
        st.builds(LineQuantity, IDS, QUANTITIES),
        min_size=1,
        max_size=3,
        unique_by=lambda line: line.line_id,
    ).map(tuple),
    SkuQuantity: st.lists(
        st.builds(SkuQuantity, SKUS, QUANTITIES, st.none() | IDS), min_size=1, max_size=3
    ).map(tuple),
}


def value_of(kind: Any, name: str = "") -> st.SearchStrategy[Any]:
    """
    Make values of a type, as its fields say.

    """
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    origin = get_origin(kind)
    if origin in {Union, UnionType}:
        arms = [arm for arm in get_args(kind) if arm is not type(None)]
        options = [value_of(arm, name) for arm in arms]
        return (
            st.none() | st.one_of(options)
            if len(arms) < len(get_args(kind))
            else st.one_of(options)
        )
    if origin is tuple:
        inner = get_args(kind)
        if len(inner) == 2 and inner[1] is ...:
            if inner[0] in LINES:
                return LINES[inner[0]]
            least = 1 if name == "lines" else 0
            return st.lists(value_of(inner[0]), min_size=least, max_size=2).map(tuple)
        return st.tuples(*(value_of(each) for each in inner))
    if kind in {str, int} and name in BY_NAME:
        return BY_NAME[name]
    if kind in BY_TYPE:
        return BY_TYPE[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    if kind is OrderTotals:
        return st.deferred(lambda: _built(kind))
    return _built(kind)


def _built(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    fields: dict[str, st.SearchStrategy[Any]] = {
        field.name: value_of(hints[field.name], field.name) for field in attrs.fields(kind)
    }
    make: Callable[..., Any] = kind
    return st.fixed_dictionaries(fields).map(lambda given: make(**given))


def same(one: object, other: object) -> bool:
    """
    Say whether two values are equal in every part, of the same type in every part.

    A word of an enumeration equals its text, True equals 1: equality alone says too little.
    """
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if attrs.has(type(one)):
        names = [field.name for field in attrs.fields(type(one))]  # type: ignore[arg-type]
        return all(same(getattr(one, name), getattr(other, name)) for name in names)
    return one == other
