"""
What is written is read again as it was; what was never written like this is refused by its path.
"""

import json
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.codec import NAMES, TYPES, JsonCodec
from ordercore.codec._codec import TEXT_MAX
from ordercore.errors import InvalidData
from ordercore.orders import CaptureWhen, OrderEnded, RecordOutcome, UnitsCanceled
from tests.codec.values import differences, leaves, may_be_none, values

CODEC = JsonCodec()
#: A fifth of the profile's examples for each name: there are many names.
FEW = settings(max_examples=max(settings().max_examples // 6, 1))
EVERY_NAME = pytest.mark.parametrize("name", list(TYPES))
#: What a field without parts must not be, unless it says so.
WRONG: tuple[object, ...] = (None, True, 1.0, 10**400, "no such word", [], {}, [[]])


def refused(name: str, plain: object) -> InvalidData:
    with pytest.raises(InvalidData) as caught:
        CODEC.decode(name, json.dumps(plain))
    return caught.value


def objects(plain: Any, path: str = "$") -> list[tuple[str, dict[str, Any]]]:
    """Every object inside a JSON value, with its path."""
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(plain, dict):
        found.append((path, cast("dict[str, Any]", plain)))
        for key, entry in found[0][1].items():
            found += objects(entry, f"{path}.{key}")
    elif isinstance(plain, list):
        for n, entry in enumerate(plain):
            found += objects(entry, f"{path}[{n}]")
    return found


# --- there and back --------------------------------------------------------------------------


@EVERY_NAME
@FEW
@given(data=st.data())
def test_what_is_written_is_read_again_in_content_and_in_type(
    name: str, data: st.DataObject
) -> None:
    value = data.draw(values(TYPES[name]))

    written, text = CODEC.encode(value)
    again = CODEC.decode(written, text)

    assert written == name
    assert list(differences(again, value)) == []
    assert again == value
    assert CODEC.encode(again) == (name, text)


def test_the_comparison_of_these_tests_tells_a_word_from_its_text() -> None:
    word = CaptureWhen.PER_PACKAGE

    assert word == "per_package"
    assert list(differences((word,), ("per_package",))) != []
    assert list(differences(OrderEnded(status="x"), OrderEnded(status="x"))) == []
    assert list(differences((1,), (True,))) != []


def test_what_has_no_name_is_not_written() -> None:
    with pytest.raises(InvalidData, match="it is no fact, command or reply"):
        CODEC.encode(object())


# --- refused ---------------------------------------------------------------------------------


@EVERY_NAME
@FEW
@given(data=st.data())
def test_a_value_of_the_wrong_type_is_refused_by_its_path(name: str, data: st.DataObject) -> None:
    value = data.draw(values(TYPES[name]))
    found = list(leaves(value, TYPES[name]))
    leaf = data.draw(st.sampled_from(found)) if found else None
    wrong = data.draw(st.sampled_from(WRONG))
    if leaf is None or type(leaf.value) is type(wrong) or _fits(leaf.hint, wrong):
        return
    plain = json.loads(CODEC.dumps(value))
    _put(plain, leaf.path, wrong)

    fault = refused(name, plain)

    path = "$" + "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in leaf.path)
    assert path in str(fault) or path.rpartition("[")[0] in str(fault), fault


def _fits(hint: Any, wrong: object) -> bool:
    """Tell whether a field may hold what is wrong elsewhere."""
    if wrong is None:
        return may_be_none(hint)
    kinds = {k for k in (hint, *getattr(hint, "__args__", ())) if isinstance(k, type)}
    supers = {getattr(k, "__supertype__", None) for k in (hint, *getattr(hint, "__args__", ()))}
    return type(wrong) in kinds | supers


def _put(plain: Any, path: tuple[str | int, ...], wrong: object) -> None:
    for step in path[:-1]:
        plain = plain[step]
    plain[path[-1]] = wrong


@EVERY_NAME
@FEW
@given(data=st.data())
def test_an_unknown_field_is_refused_wherever_it_stands(name: str, data: st.DataObject) -> None:
    plain = json.loads(CODEC.dumps(data.draw(values(TYPES[name]))))
    path, where = data.draw(st.sampled_from(objects(plain)))
    where["zeal"] = 1

    assert f"unknown fields: zeal @ {path}" in refused(name, plain).faults


@EVERY_NAME
@FEW
@given(data=st.data())
def test_a_missing_field_is_refused_by_its_name(name: str, data: st.DataObject) -> None:
    plain = json.loads(CODEC.dumps(data.draw(values(TYPES[name]))))
    kind = TYPES[name]
    required = [f.name for f in attrs.fields(cast("Any", kind)) if f.default is attrs.NOTHING]
    gone = data.draw(st.sampled_from(required))
    del plain[gone]

    assert any(f"required field missing: {gone!r}" in f for f in refused(name, plain).faults)


@EVERY_NAME
@pytest.mark.parametrize("text", ["null", "[]", "1", '"text"', "true", "[1, 2]"])
def test_what_is_no_object_is_refused(name: str, text: str) -> None:
    with pytest.raises(InvalidData):
        CODEC.decode(name, text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is no JSON"),
        ("{", "it is no JSON"),
        ('{"status": "a"} {}', "it is no JSON"),
        ('{"status": NaN}', "NaN is no JSON number"),
        ('{"status": Infinity}', "Infinity is no JSON number"),
        ('{"status": -Infinity}', "-Infinity is no JSON number"),
        ('{"status": "a", "status": "b"}', "a key stands twice"),
        ('{"status": {"a": 1, "a": 1}}', "a key stands twice"),
        ("[" * 100_000, "it is no JSON"),
        ('{"status": ' + "[" * 100_000 + "]" * 100_000 + "}", "it is no JSON"),
        ('{"status": ' + "1" * 10_000 + "}", "it is no JSON"),
        ('{"status": 1e999}', "inf is no str"),
        (" " * (TEXT_MAX + 1), f"legal are {TEXT_MAX}"),
    ],
    ids=lambda value: value[:24],
)
def test_what_is_no_plain_json_is_refused(text: str, fault: str) -> None:
    with pytest.raises(InvalidData, match="OrderEnded is invalid") as caught:
        CODEC.decode("order-ended", text)
    assert fault in str(caught.value)


def test_no_depth_of_nesting_ends_in_anything_but_a_refusal() -> None:
    for depth in range(1, 1_200, 7):
        with pytest.raises(InvalidData):
            CODEC.decode("order-ended", '{"status": ' + "[" * depth + "]" * depth + "}")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026-03-01T09:00:00",
        "2026-02-30T09:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "yesterday",
        "",
    ],
)
def test_what_names_no_instant_is_refused(text: str) -> None:
    plain = {"kind": "x", "subject": "y", "occurred_at": text}

    assert "$.occurred_at" in str(refused("anomaly-recorded", plain))


def test_all_faults_are_told_at_once_each_with_its_path() -> None:
    plain = {
        "lines": [{"line_id": 1, "start": "0", "stop": True, "amount_minor": 0}],
        "unsourced": [["line-1", 1.5], ["line-2"]],
        "reason": None,
    }

    faults = " ; ".join(refused("units-canceled", plain).faults)

    for path in ("$.lines[0].line_id", "$.lines[0].start", "$.lines[0].stop", "$.reason"):
        assert path in faults
    assert "$.unsourced" in faults
    assert "required field missing: 'allocations'" in faults


def test_what_a_command_refuses_when_it_is_made_it_refuses_when_it_is_read() -> None:
    plain = {"place": "a|b", "lines": [{"sku": "MUG", "quantity": 0}]}

    told = str(refused("command.receive-stock", plain))

    assert "place: 'a|b' is no id" in told
    assert "lines[0].quantity: 0 is no quantity" in told


@pytest.mark.parametrize("outcome", [{}, {"outcome": "perhaps"}, {"outcome": 1}, "succeeded", None])
def test_an_outcome_of_no_known_kind_is_refused(outcome: object) -> None:
    told = refused(
        "command.record-outcome", {"order_id": "O-1", "effect_key": "k", "outcome": outcome}
    )

    assert "outcome" in str(told)


@pytest.mark.parametrize("name", ["", "OrderPlaced", "order_placed", "order-placed ", "command."])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidData, match="nothing of that name is known"):
        CODEC.decode(name, "{}")


def test_a_name_stands_for_one_type_and_a_type_has_one_name() -> None:
    assert {NAMES[kind]: kind for kind in TYPES.values()} == dict(TYPES)
    assert NAMES[UnitsCanceled] == "units-canceled"
    assert NAMES[RecordOutcome] == "command.record-outcome"
