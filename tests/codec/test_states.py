"""
States as text: what comes back is what was written, or nothing.
"""

from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any, NewType

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.codec import StateForm
from ordercore.engine import KINDS
from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.grammar import derived, remembered, replaced

Name = NewType("Name", str)
LABEL = "order/O-1 at 7"


class Color(StrEnum):
    """An enumeration."""

    RED = "red"
    BLUE = "blue"


@attrs.frozen
class Empty:
    """No field."""


@attrs.frozen(kw_only=True)
class Inner:
    """A part."""

    name: Name
    count: int = 0


@attrs.frozen(kw_only=True)
class Outer:
    """Everything that a state may hold."""

    text: str
    number: int
    flag: bool
    color: Color
    at: datetime
    day: date | None
    maybe: Inner | None
    parts: tuple[Inner, ...]
    pairs: tuple[tuple[Name, int], ...]
    words: tuple[str, ...]
    nested: tuple[tuple[Color, ...], ...]
    colors: tuple[Color, Inner | None]
    empty: Empty = Empty()
    maybe_words: tuple[str, ...] | None = None


inners = st.builds(Inner, name=st.text().map(Name), count=st.integers())
outers = st.builds(
    Outer,
    text=st.text(),
    number=st.integers(),
    flag=st.booleans(),
    color=st.sampled_from(Color),
    at=st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(fold=0)),
    day=st.none() | st.dates(),
    maybe=st.none() | inners,
    parts=st.lists(inners, max_size=3).map(tuple),
    pairs=st.lists(st.tuples(st.text().map(Name), st.integers()), max_size=3).map(tuple),
    words=st.lists(st.text(), max_size=3).map(tuple),
    nested=st.lists(st.lists(st.sampled_from(Color), max_size=2).map(tuple), max_size=2).map(tuple),
    colors=st.tuples(st.sampled_from(Color), st.none() | inners),
    maybe_words=st.none() | st.lists(st.text(), max_size=2).map(tuple),
)
FORM = StateForm(Outer, "1")


@given(outers)
def test_a_state_comes_back_as_it_was_written_with_its_types(state: Outer) -> None:
    read = FORM.read(FORM.write(state, LABEL), LABEL)

    assert read == state
    assert repr(read) == repr(state)


@given(outers, st.data())
def test_no_changed_text_is_ever_read(state: Outer, data: st.DataObject) -> None:
    text = FORM.write(state, LABEL)
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.characters().filter(lambda c: c != text[at]))
    cut = data.draw(st.integers(0, len(text) - 1))

    for other in (f"{text[:at]}{letter}{text[at + 1 :]}", text[:cut], f"{text}]"):
        with pytest.raises(InvalidData, match="its seal is broken"):
            FORM.read(other, LABEL)


@attrs.frozen(kw_only=True, slots=False)
class Long:
    """A state that remembers what follows from it."""

    parts: tuple[Inner, ...]
    name: str = ""

    @derived
    def total(self) -> int:
        """How many there are."""
        return sum(part.count for part in self.parts)


@remembered
def shout(state: Long) -> str:
    """Say the name louder."""
    return state.name.upper()


@given(st.builds(Long, parts=st.lists(inners, max_size=3).map(tuple), name=st.text()))
def test_what_a_state_remembers_beside_its_fields_is_neither_written_nor_read(
    state: Long,
) -> None:
    form = StateForm(Long, "1")
    before = form.write(state, LABEL)
    _ = state.total, shout(state)

    after = form.write(state, LABEL)
    read = form.read(after, LABEL)

    assert after == before
    assert (read, vars(read)) == (state, {"parts": state.parts, "name": state.name})
    assert (read.total, shout(read)) == (state.total, shout(state))
    assert replaced(read, name="b") == attrs.evolve(state, name="b")


@attrs.frozen(slots=False)
class Checked:
    """A state that checks what it is given, under another name."""

    _number: int = attrs.field(converter=int, validator=attrs.validators.ge(0))


def test_a_state_that_checks_its_fields_still_does_when_it_is_read() -> None:
    form = StateForm(Checked, "1")
    good, bad = Checked(1), Checked(1)
    object.__setattr__(bad, "_number", -1)

    assert form.read(form.write(good, LABEL), LABEL) == good
    with pytest.raises(InvalidData, match="sealed and no checked"):
        form.read(form.write(bad, LABEL), LABEL)


def some() -> Outer:
    return Outer(
        text="a", number=1, flag=True, color=Color.RED, at=datetime(2026, 3, 1, tzinfo=UTC),
        day=None, maybe=None, parts=(), pairs=(), words=(), nested=(), colors=(Color.RED, None),
    )  # fmt: skip


def test_a_state_of_another_stream_or_version_is_not_read() -> None:
    with pytest.raises(InvalidData, match="its seal is broken"):
        FORM.read(FORM.write(some(), LABEL), "order/O-2 at 7")


def changed(**fields: Any) -> type:
    """Make a class of the same name with other fields."""
    return attrs.make_class("Inner", fields, kw_only=True, frozen=True)


def test_the_form_tells_apart_classes_fields_types_words_and_editions() -> None:
    plain = {"name": attrs.field(type=str), "count": attrs.field(type=int)}

    class Words(StrEnum):
        RED = "red"

    class MoreWords(StrEnum):
        RED = "red"
        BLUE = "blue"

    MoreWords.__qualname__ = Words.__qualname__
    forms: list[StateForm[Any]] = [
        StateForm(changed(**plain), "1"),
        StateForm(changed(**plain), "2"),
        StateForm(changed(count=plain["count"], name=plain["name"]), "1"),
        StateForm(changed(name=attrs.field(type=str), count=attrs.field(type=bool)), "1"),
        StateForm(changed(name=attrs.field(type=str)), "1"),
        StateForm(changed(name=attrs.field(type=Words), count=attrs.field(type=int)), "1"),
        StateForm(changed(name=attrs.field(type=MoreWords), count=attrs.field(type=int)), "1"),
    ]

    assert len({form.name for form in forms}) == len(forms)
    assert StateForm(Outer, "1").name == FORM.name
    assert StateForm(changed(**plain), "1").name == forms[0].name


@pytest.mark.parametrize(
    "kind",
    [dict[str, int], list[int], float, int | str, Any, tuple, int | str | None],
    ids=str,
)
def test_what_no_state_may_hold_is_named_by_its_field(kind: Any) -> None:
    with pytest.raises(InvalidDefinition, match=r"Inner\.odd: no state may hold"):
        StateForm(changed(odd=attrs.field(type=kind)), "1")


def test_a_field_that_is_not_given_is_named() -> None:
    with pytest.raises(InvalidDefinition, match=r"Inner\.odd is not given"):
        StateForm(changed(odd=attrs.field(type=int, init=False, default=0)), "1")


@attrs.frozen
class Branch:
    """A class that holds itself."""

    name: str
    branches: "tuple[Branch, ...]" = ()


def test_a_class_may_hold_itself() -> None:
    tree = Branch("a", (Branch("b", (Branch("c"),)), Branch("d")))
    form = StateForm(Branch, "1")

    assert form.read(form.write(tree, LABEL), LABEL) == tree


def test_every_kind_of_stream_that_may_grow_long_keeps_its_states() -> None:
    without = {aggregate.kind for aggregate in KINDS.aggregates if aggregate.state is None}
    states = [a.state for a in KINDS.aggregates if a.state is not None]

    assert without == {"notice"}  # a message is told off in a few events
    for state in states:
        assert StateForm(state, "1").name.startswith(state.__name__.lower())
