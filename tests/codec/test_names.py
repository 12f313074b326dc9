"""
The names of the storage format, and that every name has everything that belongs to it.

``names.txt`` is what stands in stores already. A line that changes or goes means that old rows can
no longer be read: give the new shape a new name instead. A new name, or a new field with a default
(marked ``?``), is no harm; take it over by copying the text that the failing test prints.
"""

from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any, cast, get_args, get_type_hints

import attrs
import pytest

from ordercore.codec import NAMES, TYPES
from ordercore.engine import KINDS
from ordercore.grammar import ActionRequired, Command, Declined, Event, Succeeded, Unknown
from ordercore.intake import NoticeEvent
from ordercore.inventory.documents import DocumentEvent
from ordercore.orders import OrderEvent
from ordercore.orders._events import OrderPlaced
from ordercore.orders._state import _FOLDS
from ordercore.views._timeline import _SENTENCES

KEPT = Path(__file__).parent / "names.txt"

EVENTS: tuple[type[Any], ...] = get_args(OrderEvent)
DOCUMENT_EVENTS: tuple[type[Any], ...] = get_args(DocumentEvent)
NOTICE_EVENTS: tuple[type[Any], ...] = get_args(NoticeEvent)
COMMANDS: tuple[type[Any], ...] = KINDS.commands


def _inner(hint: Any) -> Iterator[type]:
    """The classes that an annotation is made of."""
    if isinstance(hint, type):
        yield hint
    for arm in get_args(hint):
        yield from _inner(arm)


def _fields(kind: type) -> str:
    return " ".join(
        field.name + ("" if field.default is attrs.NOTHING else "?")
        for field in attrs.fields(cast("Any", kind))
    )


def written() -> str:
    """Every stored name with its fields, then the parts and words that they hold."""
    lines = [f"{name}: {_fields(kind)}" for name, kind in TYPES.items()]
    parts: dict[type, None] = {}
    words: dict[type[Enum], None] = {}
    seen = [*TYPES.values(), Succeeded, Declined, ActionRequired, Unknown]
    for kind in seen:  # grows while it is read; bounded by the number of classes
        for inner in (i for hint in get_type_hints(kind).values() for i in _inner(hint)):
            if attrs.has(inner) and inner not in seen:
                seen.append(inner)
                parts[inner] = None
            elif issubclass(inner, Enum):
                words[inner] = None
    parts.update(dict.fromkeys((Succeeded, Declined, ActionRequired, Unknown)))
    lines += sorted(f"(part) {kind.__name__}: {_fields(kind)}" for kind in parts)
    lines += sorted(f"(words) {w.__name__}: {' '.join(str(m.value) for m in w)}" for w in words)
    return "\n".join(lines) + "\n"


def test_no_stored_name_or_field_has_changed() -> None:
    assert written() == KEPT.read_text(encoding="utf-8")


def test_facts_of_orders_documents_and_notices_and_only_they_are_named_as_facts() -> None:
    named = {kind for kind in TYPES.values() if issubclass(kind, Event)}
    assert named == {*EVENTS, *DOCUMENT_EVENTS, *NOTICE_EVENTS}
    assert named == {kind for aggregate in KINDS.aggregates for kind in aggregate.events}


def test_commands_and_only_they_are_named_as_commands() -> None:
    events = (*EVENTS, *DOCUMENT_EVENTS, *NOTICE_EVENTS)
    assert {kind for kind in TYPES.values() if issubclass(kind, Command)} == set(COMMANDS)
    assert all(NAMES[kind].startswith("command.") for kind in COMMANDS)
    assert not any(NAMES[kind].startswith(("command.", "reply.")) for kind in events)


@pytest.mark.parametrize("event", EVENTS, ids=lambda kind: kind.__name__)
def test_every_fact_has_a_fold_and_a_place_in_the_timeline(event: type) -> None:
    assert event in _SENTENCES
    assert event is OrderPlaced or event in _FOLDS


def test_nothing_is_folded_or_told_or_ruled_that_is_no_fact_or_command() -> None:
    assert set(_FOLDS) | {OrderPlaced} == set(EVENTS)
    assert set(_SENTENCES) == set(EVENTS)
