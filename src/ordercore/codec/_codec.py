"""
The JSON codec.

cattrs is lenient by default (``2.7`` becomes ``2``, ``None`` becomes ``"None"``, text becomes a
tuple of letters); here each primitive is what it says or a fault. Instants are ISO 8601 in UTC.
Values that equal a field's default are left out, so a field may be added to a fact later, with a
default that says what the old rows meant.
"""

import json
from collections.abc import Callable
from datetime import datetime
from enum import Enum
from typing import Any, Final, cast

import cattrs
from cattrs.errors import IterableValidationError, IterableValidationNote
from cattrs.strategies import configure_tagged_union

from ordercore.codec._names import NAMES, TYPES
from ordercore.errors import InvalidData
from ordercore.grammar import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.instants import format_instant, parse_instant

__all__ = ["JsonCodec"]

#: The longest text that is parsed, in characters.
TEXT_MAX: Final = 16 * 1024 * 1024

#: The field that says which of the outcomes it is.
_TAG: Final = "outcome"

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
        if not isinstance(plain, dict):
            raise InvalidData(kind.__name__, (f"{plain!r:.40} is no object",))
        try:
            value: Any = self._structure(plain, kind)
        except cattrs.BaseValidationError as error:
            faults = tuple(cattrs.transform_error(error, format_exception=_describe))
            raise InvalidData(kind.__name__, faults) from error
        return value


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True, omit_if_default=True)
    # By class and not by predicate: cattrs asks its own hooks of classes first, lenient ones. They
    # serve subclasses too, hence truth values (of int) and words of enumerations (of str).
    for primitive in (int, str):
        converter.register_structure_hook(primitive, _structure_primitive)
    converter.register_structure_hook_factory(_is_tuple_of, _structure_tuple(converter))
    converter.register_structure_hook(datetime, lambda value, _: parse_instant(_text(value)))
    converter.register_unstructure_hook(datetime, format_instant)
    configure_tagged_union(
        Outcome, converter, tag_name=_TAG, tag_generator=lambda kind: _OUTCOMES[kind]
    )
    return converter


class _Misfit(TypeError):
    """
    A value that is not of the kind that belongs there, in words that may be shown.

    """


def _structure_primitive(value: object, kind: type) -> object:
    if type(value) is kind:
        return value
    if not issubclass(kind, Enum):
        raise _Misfit(f"{value!r:.40} is no {kind.__name__}")
    try:
        return kind(value)
    except ValueError:
        legal = ", ".join(str(word.value) for word in kind)
        raise _Misfit(f"{value!r:.40} is none of {legal}") from None


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
            each, what, entries = hooks[0], inner[0], _entries(value)
            try:
                return tuple([each(entry, what) for entry in entries])
            except Exception as error:
                raise _faults_by_place(entries, each, what, kind) from error

        def exactly(value: object, _: object) -> tuple[Any, ...]:
            entries = _entries(value)
            if len(inner) != len(entries):
                raise _Misfit(f"{len(entries)} entries where {len(inner)} belong")
            return tuple(h(v, k) for h, v, k in zip(hooks, entries, inner, strict=True))

        return many if of_one_kind else exactly

    return factory


def _faults_by_place(
    entries: list[object], each: Callable[[object, Any], object], what: Any, kind: Any
) -> IterableValidationError:
    """
    Read entries of which one does not fit once more, and note with each fault where it lies.

    """
    faults: list[Exception] = []
    for place, entry in enumerate(entries):
        try:
            each(entry, what)
        except Exception as error:  # noqa: BLE001 - cattrs sorts them out
            error.add_note(IterableValidationNote(f"at {place}", place, what))
            faults.append(error)
    return IterableValidationError("entries do not fit", faults, kind)


def _entries(value: object) -> list[object]:
    if not isinstance(value, list):
        raise _Misfit(f"{value!r:.40} is no list")
    return cast("list[object]", value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Misfit(f"{value!r:.40} is no text")
    return value


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
    if isinstance(error, KeyError) and kind == Outcome and error.args[0] != _TAG:
        return f"{error.args[0]!r:.40} is none of {', '.join(_OUTCOMES.values())}"
    if isinstance(error, KeyError):
        return f"required field missing: {error.args[0]!r:.60}"
    if isinstance(error, cattrs.ForbiddenExtraKeysError):
        return f"unknown fields: {', '.join(sorted(error.extra_fields))}"
    if isinstance(error, _Misfit | ValueError):
        return str(error)
    return f"does not fit {getattr(kind, '__name__', 'any kind of outcome')}"
