"""
The JSON codec.

cattrs is lenient by default (``2.7`` becomes ``2``, ``None`` becomes ``"None"``, text becomes a
tuple of letters); here each primitive is what it says or a fault. Instants are ISO 8601 in UTC.
Values that equal a field's default are left out, so a field may be added to a fact later, with a
default that says what the old rows meant.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Final, cast

import attrs
import cattrs
from cattrs.strategies import configure_tagged_union

from ordercore.codec._names import NAMES, TYPES
from ordercore.errors import InvalidData
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.instants import format_instant, parse_instant

__all__ = ["JsonCodec"]

#: The longest text that is parsed, in characters.
TEXT_MAX: Final = 16 * 1024 * 1024

_OUTCOMES: Final[dict[type, str]] = {
    Succeeded: "succeeded",
    Declined: "declined",
    ActionRequired: "action-required",
    Unknown: "unknown",
}


class JsonCodec:
    """
    Writes and reads everything that :data:`ordercore.codec.TYPES` names.

    Satisfies :class:`ordercore.ports.Codec`. Making one is cheap; the hooks of a type are built
    when it is first written or read.
    """

    __slots__ = ("_converter", "_read", "_structure", "_write")

    def __init__(self) -> None:
        self._converter = _converter()
        self._structure: Callable[[object, type], Any] = self._converter.structure
        # json.dumps and json.loads make these anew on every call that is not to their defaults.
        encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
        decoder = json.JSONDecoder(
            parse_constant=_refuse_constant, object_pairs_hook=_refuse_repeated
        )
        self._write: Callable[[object], str] = encoder.encode
        self._read: Callable[[str], object] = decoder.decode

    def encode(self, value: object) -> tuple[str, str]:
        """
        Return a value's stable name and its JSON.

        Raises:
            InvalidData: The type has no name.
        """
        name = NAMES.get(type(value))
        if name is None:
            raise InvalidData(type(value).__name__, ("it is no fact, command or reply",))
        return name, self.dumps(value)

    def decode(self, name: str, text: str) -> object:
        """
        Return the value again.

        Raises:
            InvalidData: The name is unknown, or the text does not fit it; every fault with its
                path.
        """
        kind = TYPES.get(name)
        if kind is None:
            raise InvalidData(name, ("nothing of that name is known to this version",))
        return self.loads(text, kind)

    def dumps(self, value: object) -> str:
        """
        Write any attrs value of ordercore as JSON, without a name.

        """
        return self._write(self._converter.unstructure(value))

    def loads(self, text: str, kind: type) -> Any:
        """
        Read an attrs value of ordercore from JSON.

        Raises:
            InvalidData: Every fault with its path.
        """
        if len(text) > TEXT_MAX:
            raise InvalidData(kind.__name__, (f"{len(text)} characters: legal are {TEXT_MAX}",))
        try:
            plain = self._read(text)
        except (ValueError, RecursionError) as error:
            raise InvalidData(kind.__name__, (f"it is no JSON: {error}",)) from error
        try:
            value: Any = self._structure(plain, kind)
        except cattrs.BaseValidationError as error:
            faults = tuple(cattrs.transform_error(error, format_exception=_describe))
            raise InvalidData(kind.__name__, faults) from error
        except InvalidData:
            raise
        except (TypeError, ValueError, KeyError, RecursionError) as error:
            raise InvalidData(kind.__name__, (_describe(error, kind),)) from error
        return value


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, omit_if_default=True)

    def objects(kind: Any) -> Callable[[Any, Any], Any]:
        return _from_object(converter.gen_structure_attrs_fromdict(kind))

    for primitive in (int, str, bool):
        # By class: cattrs has lenient hooks for these classes, and those come before predicates.
        converter.register_structure_hook(primitive, _exactly(primitive))
    converter.register_structure_hook(Enum, _structure_word)
    converter.register_structure_hook_factory(_is_tuple_of, _structure_tuple(converter))
    converter.register_structure_hook_factory(attrs.has, objects)
    converter.register_structure_hook(date, lambda value, _: _day(_text(value)))
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(datetime, lambda value, _: parse_instant(_text(value)))
    converter.register_unstructure_hook(datetime, format_instant)
    configure_tagged_union(
        Outcome, converter, tag_name="outcome", tag_generator=lambda kind: _OUTCOMES[kind]
    )
    told = converter.get_structure_hook(Outcome)
    converter.register_structure_hook(Outcome, _from_object(told))
    return converter


def _from_object(hook: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """
    Let a hook see JSON objects only; cattrs looks for keys in whatever it is given.

    """

    def from_object(value: object, kind: Any) -> Any:
        if type(value) is not dict:
            raise TypeError(f"{value!r:.40} is no object")
        return hook(cast("dict[str, object]", value), kind)

    return from_object


def _structure_word(value: object, kind: type[Enum]) -> Enum:
    try:
        return kind(value)
    except ValueError:
        legal = ", ".join(str(word.value) for word in kind)
        raise ValueError(f"{value!r:.40} is none of {legal}") from None


def _exactly(primitive: type) -> Any:
    def hook(value: object, kind: Any) -> object:
        if isinstance(kind, type) and issubclass(kind, Enum):
            # A word of an enumeration is a str too, and must come back as its word.
            return _structure_word(value, kind)
        if type(value) is not primitive:
            raise TypeError(f"{value!r:.40} is no {primitive.__name__}")
        return value

    return hook


def _is_tuple_of(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is tuple


def _structure_tuple(converter: cattrs.Converter) -> Callable[[Any], Any]:
    """
    Return what makes the hook of a tuple type; hooks of entries are looked up once for all.

    """

    def factory(kind: Any) -> Any:
        inner: tuple[Any, ...] = kind.__args__
        hooks = tuple(converter.get_structure_hook(k) for k in inner if k is not ...)
        of_one_kind = len(inner) == 2 and inner[1] is ...  # noqa: PLR2004 - tuple[X, ...]

        def many(value: object, _: object) -> tuple[Any, ...]:
            each, what = hooks[0], inner[0]
            entries = _entries(value)
            try:
                return tuple([each(entry, what) for entry in entries])
            except Exception:  # noqa: BLE001 - whatever it was, it is found again with its place
                return _by_place(entries, [each] * len(entries), [what] * len(entries))

        def exactly(value: object, _: object) -> tuple[Any, ...]:
            entries = _entries(value)
            if len(inner) != len(entries):
                raise ValueError(f"{len(entries)} entries where {len(inner)} belong")
            return _by_place(entries, hooks, inner)

        return many if of_one_kind else exactly

    return factory


def _by_place(
    entries: Sequence[object], hooks: Sequence[Callable[[Any, Any], Any]], kinds: Sequence[Any]
) -> tuple[Any, ...]:
    """
    Read entries one by one, so that every fault is told with its place.

    """
    read: list[Any] = []
    faults: list[Exception] = []
    for place, (hook, entry, kind) in enumerate(zip(hooks, entries, kinds, strict=True)):
        try:
            read.append(hook(entry, kind))
        except Exception as error:  # noqa: BLE001 - cattrs tells all faults at once
            error.add_note(cattrs.IterableValidationNote(f"entry {place}", place, kind))
            faults.append(error)
    if faults:
        # cattrs gives its groups the class too, which pyright overlooks.
        group: Any = cattrs.IterableValidationError
        raise group("faulty entries", faults, tuple)
    return tuple(read)


def _entries(value: object) -> list[object]:
    if not isinstance(value, list):
        raise TypeError(f"{value!r:.40} is no list")
    return cast("list[object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.40} is no text")
    return value


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise ValueError(f"{text!r:.40} is no day: legal is ISO 8601, as 2026-03-01")
    return day


def _refuse_constant(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON number")


def _refuse_repeated(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _describe(error: BaseException, kind: type | None) -> str:
    if isinstance(error, InvalidData):
        return "; ".join(error.faults)
    if isinstance(error, KeyError):
        return f"required field missing: {error.args[0]!r:.60}"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown fields: {', '.join(sorted(error.extra_fields))}"
    return str(error) or f"does not fit {getattr(kind, '__name__', kind)}"
