"""
Values of every type that the codec names, made from the annotations of its fields.

Types whose constructors judge what they are given have their own strategy; all others are filled
by annotation, so a new fact or command is covered on the day when it gets its name.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Final, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

import attrs
from hypothesis import strategies as st

from ordercore.catalog import LotQuantity
from ordercore.grammar import ActionRequired, Command, Declined, Outcome, Succeeded, Unknown
from ordercore.ids import Sku
from ordercore.intake import Notice, NoticeKind, ReceiveNotice
from ordercore.inventory import AdjustedLine, AdjustReason, ExpectedUnits, LineUnits
from ordercore.inventory.documents import (
    SNAPSHOT_BUCKETS,
    ApplySnapshot,
    CountedLine,
    LineExpectation,
    OpenTransfer,
    PurchaseLineRequest,
    ReceivedLine,
    SnapshotLine,
    TransferLineRequest,
)
from ordercore.money import UnitPrice
from ordercore.orders import (
    FulfillUnits,
    LineLots,
    LineQuantity,
    PickUnits,
    ReceiveReturn,
    RecordAnomaly,
    ReportMissing,
)
from ordercore.totals import Charge, Component, ComponentKind, Discount, PricedLine, TaxedAmount

#: Letters that JSON escapes, that are no ASCII, and that lie outside the 16-bit plane.
TEXTS: Final = st.text(alphabet="a Z\"\\/\n\x00\u2028é中🫖|'", max_size=8)
IDS: Final = st.text(alphabet="aZ09", min_size=1, max_size=6) | st.just("O-1.x~@+=:-")
SKUS: Final = st.sampled_from(["MUG", "Tee / blau", "茶 9", '"'])
CURRENCIES: Final = st.sampled_from(["EUR", "JPY", "KWD"])
INSTANTS: Final = st.datetimes(
    min_value=datetime(1, 1, 1),  # noqa: DTZ001 - the strategy adds the zone
    max_value=datetime(9999, 12, 31, 23, 59, 59, 999_999),  # noqa: DTZ001
    timezones=st.just(UTC),
)
AMOUNTS: Final = st.integers(0, 10**9)

#: What commands demand of a text or number by the name of its field.
WORDS: Final = {
    "currency": CURRENCIES,
    "method": IDS,
    "account": IDS,
    "supplier": IDS,
    "tolerance_percent": st.integers(0, 1_000),
    "lot": st.just("") | st.sampled_from(["L-7", "Los / 7"]),
}

#: What a command wants to see once, and by what.
_ONCE: Final[dict[Any, Callable[[Any], Any]]] = {
    LineQuantity: lambda entry: entry.line_id,
    LineUnits: lambda entry: entry.line_id,
    PurchaseLineRequest: lambda entry: entry.line_id,
    LineExpectation: lambda entry: entry.line_id,
    ReceivedLine: lambda entry: entry.line_id,
    TransferLineRequest: lambda entry: entry.line_id,
    ExpectedUnits: lambda entry: entry.day,
    CountedLine: lambda entry: entry.sku,
    AdjustedLine: lambda entry: entry.sku,
    SnapshotLine: lambda entry: entry.sku,
    Sku: lambda entry: entry,
}


class Leaf(NamedTuple):
    """A value without parts, the way to it, and what its field says that it is."""

    path: tuple[str | int, ...]
    hint: Any
    value: object


def values(kind: type, *, in_command: bool = False) -> st.SearchStrategy[Any]:
    """Values of an attrs class, filled by its annotations; commands refuse 0 and less."""
    made = _MADE.get((kind, in_command))
    if made is None:
        made = _MADE[kind, in_command] = _values(kind, in_command=in_command)
    return made


def _values(kind: type, *, in_command: bool) -> st.SearchStrategy[Any]:
    special = _SPECIAL.get(kind)
    if special is not None:
        return special()
    in_command = in_command or issubclass(kind, Command)
    fields = {
        name.lstrip("_"): _field(name, hint, in_command=in_command)
        for name, hint in get_type_hints(kind).items()
        if name in attrs.fields_dict(kind)
    }
    return st.builds(kind, **fields)


def _field(name: str, hint: Any, *, in_command: bool) -> st.SearchStrategy[Any]:
    if in_command and hint in {str, int} and name in WORDS:
        return WORDS[name]
    if in_command and hint == Outcome:
        return OUTCOMES_TOLD
    if in_command and hint is AdjustReason:
        return st.sampled_from([reason for reason in AdjustReason if reason.fits(1)])
    return _of(hint, in_command=in_command)


def _of(hint: Any, *, in_command: bool) -> st.SearchStrategy[Any]:
    if hint is Sku:
        return SKUS
    if hasattr(hint, "__supertype__"):
        return IDS
    origin = get_origin(hint)
    if origin in {Union, UnionType}:
        return st.one_of([_of(arm, in_command=in_command) for arm in get_args(hint)])
    if origin is tuple:
        return _tuples(get_args(hint), in_command=in_command)
    if hint is int:
        # Facts may hold any whole number, also one that no other language keeps in 64 bits.
        return st.integers(1, 10**6) if in_command else st.integers()
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return st.sampled_from(hint)
    assert attrs.has(hint), f"no strategy for {hint}"
    return values(hint, in_command=in_command)


def _tuples(inner: tuple[Any, ...], *, in_command: bool) -> st.SearchStrategy[Any]:
    if inner[-1] is not ...:
        return st.tuples(*(_of(hint, in_command=in_command) for hint in inner))
    least = 1 if in_command else 0
    entries = _of(inner[0], in_command=in_command)
    if in_command and inner[0] in _ONCE:
        unique = st.lists(entries, min_size=least, max_size=2, unique_by=_ONCE[inner[0]])
        return unique.map(tuple)
    return st.lists(entries, min_size=least, max_size=2).map(tuple)


def _components() -> st.SearchStrategy[Component]:
    added = st.builds(
        Component,
        kind=st.sampled_from([ComponentKind.GOODS, ComponentKind.FEE, ComponentKind.SHIPPING]),
        code=TEXTS,
        amount_minor=AMOUNTS,
    )
    taxes = st.builds(
        Component,
        kind=st.just(ComponentKind.TAX),
        code=TEXTS,
        amount_minor=AMOUNTS,
        included=st.booleans(),
    )
    return added | taxes


@st.composite
def _priced_lines(draw: st.DrawFn) -> PricedLine:
    before = draw(st.lists(_components(), max_size=2))
    left = sum(c.amount_minor for c in before if c.kind is not ComponentKind.TAX)
    off = Component(
        kind=ComponentKind.DISCOUNT, code=draw(TEXTS), amount_minor=-draw(st.integers(0, left))
    )
    return PricedLine(line=draw(IDS), quantity=draw(st.integers(1, 9)), components=(*before, off))


def _line_quantities() -> st.SearchStrategy[LineQuantity]:
    return st.builds(LineQuantity, line_id=IDS, quantity=st.integers(1, 10**6))


@st.composite
def _notices(draw: st.DrawFn) -> Notice:
    kind = draw(st.sampled_from(NoticeKind))
    payment, other = kind is NoticeKind.PAYMENT, kind is NoticeKind.OTHER
    numbers = st.lists(TEXTS.filter(bool), min_size=int(payment), max_size=2)
    amounts = st.integers(1, 10**6)
    told: st.SearchStrategy[Outcome] = st.one_of(
        st.builds(Succeeded, reference=TEXTS, account=st.just(""), valid_until=INSTANTS),
        st.builds(Declined, code=TEXTS, reason=TEXTS),
    )
    return Notice(
        account=draw(IDS),
        event_id=draw(TEXTS),
        occurred_at=draw(INSTANTS),
        kind=kind,
        topic=draw(TEXTS),
        references=tuple(draw(numbers)),
        effect_key=draw(TEXTS),
        order_id=draw(IDS),
        outcome=None if payment or other else draw(told),
        amount_minor=draw(amounts),
        currency=draw(CURRENCIES),
        method=draw(IDS),
    )


def _received_messages() -> st.SearchStrategy[ReceiveNotice]:
    return st.builds(
        ReceiveNotice,
        provider=st.sampled_from(["acme", "Bank-2"]),
        message_id=TEXTS.filter(bool),
        notices=st.lists(_notices(), max_size=2).map(tuple),
        accounts=st.lists(IDS, max_size=2).map(tuple),
        vault_ref=TEXTS,
    )


@st.composite
def _received_lines(draw: st.DrawFn) -> ReceivedLine:
    line = draw(st.builds(ReceivedLine, line_id=IDS, received=st.integers(1, 9), lot=WORDS["lot"]))
    return attrs.evolve(line, rejected=draw(st.integers(0, line.received)))


def _snapshot_lines() -> st.SearchStrategy[SnapshotLine]:
    return st.builds(
        SnapshotLine,
        sku=SKUS,
        quantity=st.integers(0, 10**6),
        bucket=st.sampled_from(SNAPSHOT_BUCKETS),
        lot=WORDS["lot"],
    )


def _snapshots() -> st.SearchStrategy[ApplySnapshot]:
    lines = st.lists(_snapshot_lines(), min_size=1, max_size=2, unique_by=_ONCE[SnapshotLine])
    buckets = st.lists(st.sampled_from(SNAPSHOT_BUCKETS), max_size=2, unique=True)
    return st.builds(
        ApplySnapshot,
        place=IDS,
        as_of=INSTANTS,
        lines=lines.map(tuple),
        complete=buckets.map(tuple),
        reference=TEXTS,
    )


def _transfers() -> st.SearchStrategy[OpenTransfer]:
    asked = _tuples((TransferLineRequest, ...), in_command=True)
    places = st.lists(IDS, min_size=2, max_size=2, unique=True)
    return places.flatmap(
        lambda ends: st.builds(
            OpenTransfer,
            transfer_id=IDS,
            source=st.just(ends[0]),
            target=st.just(ends[1]),
            lines=asked,
            expected_on=st.dates(),
            note=TEXTS,
        )
    )


def _with_lots(kind: type[Any], **others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A command whose lots sum to what its lines say."""
    lots = st.lists(st.booleans(), min_size=2, max_size=2)
    lines = st.lists(_line_quantities(), min_size=1, max_size=2, unique_by=_ONCE[LineQuantity])
    return st.tuples(lines, lots).flatmap(
        lambda drawn: st.builds(
            kind,
            lines=st.just(tuple(drawn[0])),
            lots=st.just(
                tuple(
                    LineLots(line.line_id, _two_lots(line.quantity))
                    for line, told in zip(drawn[0], drawn[1], strict=False)
                    if told
                )
            ),
            order_id=IDS,
            occurred_at=st.none() | INSTANTS,
            **others,
        )
    )


def _two_lots(quantity: int) -> tuple[LotQuantity, ...]:
    first = LotQuantity("L-7", 1, "S / 1")
    return (first, LotQuantity("", quantity - 1)) if quantity > 1 else (first,)


#: Making a strategy costs more than drawing from it.
_MADE: Final[dict[tuple[type, bool], st.SearchStrategy[Any]]] = {}

_PLAIN: Final[dict[Any, st.SearchStrategy[Any]]] = {
    str: TEXTS,
    bool: st.booleans(),
    NoneType: st.none(),
    date: st.dates(),
    datetime: INSTANTS,
}

_SPECIAL: Final[dict[type, Callable[[], st.SearchStrategy[Any]]]] = {
    UnitPrice: lambda: st.builds(UnitPrice, amount_minor=AMOUNTS, per=st.integers(1, 1000)),
    Discount: lambda: st.builds(Discount, code=TEXTS, amount_minor=AMOUNTS),
    Charge: lambda: st.builds(
        Charge,
        code=TEXTS,
        kind=st.sampled_from([ComponentKind.FEE, ComponentKind.SHIPPING]),
        amount_minor=AMOUNTS,
    ),
    TaxedAmount: lambda: st.builds(TaxedAmount, amount_minor=AMOUNTS),
    Component: _components,
    PricedLine: _priced_lines,
    LineQuantity: _line_quantities,
    ReceivedLine: _received_lines,
    SnapshotLine: _snapshot_lines,
    ApplySnapshot: _snapshots,
    OpenTransfer: _transfers,
    PickUnits: lambda: _with_lots(PickUnits, fulfillment_order_id=IDS, beyond_record=st.booleans()),
    ReportMissing: lambda: _with_lots(ReportMissing, fulfillment_order_id=IDS),
    FulfillUnits: lambda: _with_lots(
        FulfillUnits,
        fulfillment_order_id=IDS,
        beyond_record=st.booleans(),
        carrier=TEXTS,
        tracking=TEXTS,
    ),
    ReceiveReturn: lambda: _with_lots(ReceiveReturn, return_id=IDS, place=IDS),
    Notice: _notices,
    ReceiveNotice: _received_messages,
    RecordAnomaly: lambda: st.builds(
        RecordAnomaly, order_id=IDS, kind=IDS, subject=TEXTS, occurred_at=st.none() | INSTANTS
    ),
}

OUTCOMES_TOLD: Final = st.one_of(
    st.builds(
        Succeeded,
        reference=TEXTS,
        account=IDS | st.just(""),
        amount_minor=st.none() | AMOUNTS,
        valid_until=st.none() | INSTANTS,
    ),
    st.builds(Declined, code=TEXTS, reason=TEXTS),
    st.builds(ActionRequired, reference=TEXTS, action=TEXTS),
    st.builds(Unknown, reason=TEXTS),
)


def differences(one: Any, other: Any, path: str = "$") -> Iterator[str]:
    """
    Name where two values differ in content or type, however deep.

    ``==`` alone would not do: a word of an enumeration equals its text, and True equals 1.
    """
    if type(one) is not type(other):
        yield f"{path}: {one!r} is a {type(one).__name__}, {other!r} a {type(other).__name__}"
    elif attrs.has(type(one)):
        for name in attrs.fields_dict(cast("Any", type(one))):
            yield from differences(getattr(one, name), getattr(other, name), f"{path}.{name}")
    elif isinstance(one, tuple) and isinstance(other, tuple) and len(one) == len(other):
        for n, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{n}]")
    elif one != other or (isinstance(one, datetime) and one.utcoffset() is None):
        yield f"{path}: {one!r} is not {other!r}"


def leaves(value: Any, hint: Any, path: tuple[str | int, ...] = ()) -> Iterator[Leaf]:
    """List what a value consists of in the end."""
    if attrs.has(type(value)):
        hints = get_type_hints(type(value))
        for name in attrs.fields_dict(cast("Any", type(value))):
            yield from leaves(getattr(value, name), hints[name], (*path, name))
    elif isinstance(value, tuple):
        arms = [hint] if get_origin(hint) is tuple else list(get_args(hint))
        inner = get_args(next(arm for arm in arms if get_origin(arm) is tuple))
        for n, entry in enumerate(value):
            yield from leaves(entry, inner[0 if inner[-1] is ... else n], (*path, n))
    else:
        yield Leaf(path, hint, value)


def may_be_none(hint: Any) -> bool:
    """Tell whether a field may be empty."""
    return hint is NoneType or NoneType in get_args(hint)
