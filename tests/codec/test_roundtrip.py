"""
What is written comes back as it was: same values, same types; and only what fits comes in.

"""

import json
from pathlib import Path
from typing import Any, get_args, get_type_hints

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.codec import JsonCodec
from ordercore.codec._codec import TEXT_MAX
from ordercore.codec._names import NAMES, TYPES
from ordercore.errors import InvalidData
from ordercore.grammar import Command, Event, Succeeded
from ordercore.ids import OrderId
from ordercore.orders import (
    CancelUnits,
    OrderCommand,
    OrderEvent,
    OrderPlaced,
    RecordOutcome,
    StockCommand,
)
from ordercore.payments import CaptureRequested, PaymentAuthorized
from tests.codec.values import same, value_of
from tests.orders.builders import order_of, shop

CODEC = JsonCodec()
GOLDEN = Path(__file__).with_name("names.txt")


@pytest.mark.parametrize("name", sorted(TYPES))
def test_what_is_written_comes_back_as_it_was(name: str) -> None:
    @settings(max_examples=20)
    @given(value=value_of(TYPES[name]))
    def comes_back(value: object) -> None:
        written, text = CODEC.encode(value)
        assert written == name
        again = CODEC.decode(written, text)
        assert again == value
        assert same(again, value), (again, value)
        assert CODEC.encode(again) == (written, text)
        json.loads(text)

    comes_back()


@given(value=value_of(OrderPlaced), data=st.data())
def test_a_field_that_is_unknown_or_missing_is_named(value: object, data: st.DataObject) -> None:
    name, text = CODEC.encode(value)
    plain = json.loads(text)
    with pytest.raises(InvalidData, match="unknown fields: surprise"):
        CODEC.decode(name, json.dumps({**plain, "surprise": 1}))
    field = data.draw(st.sampled_from(sorted(plain)))
    del plain[field]
    with pytest.raises(InvalidData, match=f"required field missing: '{field}'"):
        CODEC.decode(name, json.dumps(plain))


REQUEST = {
    "request_id": "r",
    "payment_id": "p",
    "amount_minor": 1,
    "currency": "EUR",
    "purpose": "x",
}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("amount_minor", 1.0, "1.0 is no int"),
        ("amount_minor", True, "True is no int"),
        ("amount_minor", "1", "'1' is no int"),
        ("amount_minor", None, "None is no int"),
        ("currency", 1, "1 is no str"),
        ("currency", None, "None is no str"),
        ("currency", ["EUR"], "is no str"),
        ("currency", {}, "is no str"),
    ],
)
def test_a_value_of_another_type_is_a_fault_with_its_path(
    field: str, value: object, says: str
) -> None:
    with pytest.raises(InvalidData) as caught:
        CODEC.decode("capture-requested", json.dumps({**REQUEST, field: value}))
    (fault,) = caught.value.faults
    assert says in fault
    assert field in fault


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400", "1e2", "0.1"])
def test_what_is_no_whole_number_is_no_amount(number: str) -> None:
    text = json.dumps(REQUEST).replace('"amount_minor": 1', f'"amount_minor": {number}')
    with pytest.raises(InvalidData):
        CODEC.decode("capture-requested", text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        ('{"currency": "EUR", "currency": "USD"}', "a key stands twice"),
        ("[" * 200_000, "it is no JSON"),
        ('{"a":' * 100_000, "it is no JSON"),
        ("9" * 10_000, "it is no JSON"),
        ("null", "is no object"),
        ("[]", "is no object"),
        ("1", "is no object"),
        ('"text"', "is no object"),
        ("{}", "required field missing"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_object_of_the_kind_is_refused(text: str, says: str) -> None:
    with pytest.raises(InvalidData, match=says) as caught:
        CODEC.decode("capture-requested", text)
    assert caught.value.faults
    assert len(str(caught.value)) < 2_000


def test_a_text_that_is_too_long_is_refused_before_it_is_parsed() -> None:
    with pytest.raises(InvalidData, match=str(TEXT_MAX)):
        CODEC.decode("capture-requested", " " * (TEXT_MAX + 1))


def test_a_name_that_nobody_knows_and_a_type_without_name_are_refused() -> None:
    with pytest.raises(InvalidData, match="nothing of that name"):
        CODEC.decode("order-exploded", "{}")
    with pytest.raises(InvalidData, match="no fact, command or reply"):
        CODEC.encode(Succeeded(reference="x"))


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        (("release",), "whenever", "none of authorized, immediately"),
        (("lines",), "abc", "is no list"),
        (("lines",), {"a": 1}, "is no list"),
        (("occurred_at",), "2026-03-01T09:00:00", "no time zone"),
        (("occurred_at",), 1_772_355_600, "is no text"),
        (("occurred_at",), "soon", "is no instant"),
        (("lines", 0, "quantity"), "two", "'two' is no int @ $.lines[0].quantity"),
        (("totals", "lines", 0, "quantity"), 0, "quantity: 0 is below 1 @ $.totals.lines[0]"),
        (("destination",), None, "does not fit Destination @ $.destination"),
        (("destination",), "DE", "does not fit Destination @ $.destination"),
        (("lines", 0), [], "does not fit PlacedLine @ $.lines[0]"),
    ],
)
def test_faults_deep_inside_are_found(path: tuple[Any, ...], value: object, says: str) -> None:
    plain: Any = json.loads(CODEC.encode(_placed())[1])
    spot = plain
    for step in path[:-1]:
        spot = spot[step]
    spot[path[-1]] = value
    with pytest.raises(InvalidData) as caught:
        CODEC.decode("order-placed", json.dumps(plain))
    assert says in str(caught.value)


def test_pairs_of_another_length_are_refused() -> None:
    plain = {"lines": [["line-1", 1, 2]]}
    with pytest.raises(InvalidData, match="3 entries where 2 belong"):
        CODEC.decode("sourcing-failed", json.dumps(plain))


def test_every_fault_is_told_not_only_the_first() -> None:
    with pytest.raises(InvalidData) as caught:
        CODEC.decode(
            "capture-requested", json.dumps({**REQUEST, "amount_minor": "1", "currency": 2})
        )
    assert len(caught.value.faults) == 2


def test_a_command_is_checked_when_it_is_read_as_when_it_is_made() -> None:
    plain = {"order_id": "O-1", "lines": [{"line_id": "line-1", "quantity": 0}]}
    with pytest.raises(InvalidData, match="quantity"):
        CODEC.decode("command.cancel-units", json.dumps(plain))


def test_the_kinds_of_an_outcome_are_told_apart_by_their_word() -> None:
    told = RecordOutcome(order_id=OrderId("O-1"), effect_key="k", outcome=Succeeded(reference="x"))
    name, text = CODEC.encode(told)
    assert json.loads(text)["outcome"]["outcome"] == "succeeded"
    for bad in ('{"outcome":"hoped"}', '{"outcome":[]}', "{}", "[]", "null", '{"reference":"x"}'):
        with pytest.raises(InvalidData, match="outcome"):
            CODEC.decode(name, f'{{"order_id":"O-1","effect_key":"k","outcome":{bad}}}')
    with pytest.raises(InvalidData, match="reference"):
        CODEC.decode(name, text.replace('"x"', "1"))


def test_a_value_at_its_default_is_left_out_and_old_rows_without_it_are_read() -> None:
    assert json.loads(CODEC.encode(CancelUnits(order_id=OrderId("O-1")))[1]) == {"order_id": "O-1"}
    old = CODEC.decode("capture-requested", json.dumps(REQUEST))
    assert isinstance(old, CaptureRequested)
    assert old.repeats == ""


def test_instants_are_written_in_utc_so_that_text_order_is_time_order() -> None:
    event = PaymentAuthorized(
        payment_id="p",  # type: ignore[arg-type]
        amount_minor=1,
        account="a",
        reference="r",
        valid_until=None,
        status="authorized",
    )
    assert json.loads(CODEC.encode(event)[1])["valid_until"] is None
    placed = _placed()
    assert json.loads(CODEC.encode(placed)[1])["occurred_at"].endswith("Z")


# --- names ---------------------------------------------------------------------------------------


def written_names() -> str:
    lines = []
    names: dict[str, Any] = dict(sorted(TYPES.items()))
    for name, kind in names.items():
        fields = ", ".join(field.name for field in attrs.fields(kind))
        lines.append(f"{name}: {fields}")
    nested = sorted(_nested(set(TYPES.values())), key=lambda kind: kind.__qualname__)
    lines.extend(
        f"{kind.__name__}: {', '.join(field.name for field in attrs.fields(kind))}"
        for kind in nested
    )
    return "\n".join(lines) + "\n"


def _nested(kinds: set[Any]) -> set[Any]:
    """
    Return every attrs type that lies inside some types.

    """
    found: set[Any] = set()
    frontier: list[Any] = [hint for kind in kinds for hint in get_type_hints(kind).values()]
    seen: set[Any] = set()
    while frontier:
        hint = frontier.pop()
        if hint in seen:
            continue
        seen.add(hint)
        frontier.extend(arg for arg in get_args(hint) if arg is not ...)
        if isinstance(hint, type) and attrs.has(hint):
            found.add(hint)
            frontier.extend(get_type_hints(hint).values())
    return found - kinds


def test_names_and_fields_are_those_under_which_rows_were_written() -> None:
    """
    The file beside this test is the storage format. A new fact or field adds to it; a name that
    goes or changes makes rows unreadable.
    """
    assert GOLDEN.read_text(encoding="utf-8") == written_names()


def test_every_fact_and_command_has_exactly_one_name() -> None:
    assert set(get_args(OrderEvent)) == {k for k in TYPES.values() if issubclass(k, Event)}
    commands = {*get_args(OrderCommand), *get_args(StockCommand)}
    assert commands == {k for k in TYPES.values() if issubclass(k, Command)}
    assert len(NAMES) == len(TYPES)
    for name, kind in TYPES.items():
        assert name.startswith("command.") == issubclass(kind, Command)


def _placed() -> OrderPlaced:
    made = shop({"MUG": 1})
    placed = made.do(order_of()).events[0]
    assert isinstance(placed, OrderPlaced)
    return placed
