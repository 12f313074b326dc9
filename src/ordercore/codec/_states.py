"""
States as text: what a stream has come to, so that it need not be folded from its first event.

Facts and commands are kept for ever and read by people, so they are objects with names and every
value is checked (``_codec``). A state is neither: it can be folded anew at any time. So it is
written by position, without names, and read back by functions that are made once a class, which is
about three times as fast as the careful way; decoding is most of what loading a long order costs.

What keeps a wrong state out is not a look at each value but two rules around them:

- The *form* is a fingerprint of all classes that a state is made of: their names, their fields in
  order, their types, the words of their enumerations; and of an edition, by which whoever changes
  what a fold means tells old states from new. Text of another form is not read.
- A text is sealed by a digest over the form, a label (whose state, of which version) and itself.
  What was changed, cut or moved to another stream is refused as a whole.

Neither is a secret: who writes to the store at will can write a false state with a true seal. An
audit folds anew and compares.
"""

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from hashlib import blake2b
from types import NoneType, UnionType
from typing import Any, Final, Generic, TypeVar, Union, cast, get_args, get_origin

import attrs

from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.instants import format_instant, parse_instant

__all__ = ["StateForm"]

StateT = TypeVar("StateT")

_PLAIN: Final = (str, int, bool)
_SEAL_BYTES: Final = 16
_WRITE: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class StateForm(Generic[StateT]):
    """
    Writes and reads the states of one class.

    States are attrs classes of text, numbers, truth values, enumerations, instants, days, each
    other, tuples of these, and each of them or None.

    Args:
        kind: The class.
        edition: Tells apart states of the same classes that mean something else.

    Raises:
        InvalidDefinition: The class holds something else; its field is named.
    """

    __slots__ = ("_read", "_write", "name")

    def __init__(self, kind: type[StateT], edition: str) -> None:
        maker = _Maker()
        self._write: Callable[[StateT], object] = maker.function("write", kind)
        self._read: Callable[[object], StateT] = maker.function("read", kind)
        made_of = "\n".join((edition, *maker.fingerprints()))
        self.name: Final = f"{kind.__name__.lower()}-{_digest(made_of)}"

    def write(self, state: StateT, label: str) -> str:
        """
        Return a state as sealed text; the label must be the same when it is read.

        """
        text = _WRITE(self._write(state))
        return f"{self._seal(text, label)} {text}"

    def read(self, sealed: str, label: str) -> StateT:
        """
        Return the state again.

        Raises:
            InvalidData: The text is not what was written under that label in this form.
        """
        seal, _, text = sealed.partition(" ")
        if seal != self._seal(text, label):
            raise InvalidData(f"state of {label}", ("its seal is broken",))
        try:
            return self._read(json.loads(text))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            fault = f"it is sealed and no {self.name}: {type(error).__name__}"
            raise InvalidData(f"state of {label}", (fault,)) from error

    def _seal(self, text: str, label: str) -> str:
        return _digest(f"{self.name}\n{label}\n{text}")


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_SEAL_BYTES).hexdigest()


class _Maker:
    """
    Makes the functions of a class and of all that it is made of, as attrs itself makes methods.

    A class is a list of its fields in order; an enumeration its word; an instant and a day their
    text; a tuple a list. In the made code ``v`` is the value at hand.
    """

    def __init__(self) -> None:
        self._names: dict[type, int] = {}
        self._scope: dict[str, Any] = {
            "instant_text": format_instant,
            "instant_of": parse_instant,
            "day_of": date.fromisoformat,
        }

    def function(self, way: str, kind: type) -> Any:
        """
        Return the function that writes or reads a class.

        """
        self._enter(kind)
        return self._scope[f"{way}_{self._names[kind]}"]

    def fingerprints(self) -> list[str]:
        """
        Describe every class that was met: name, fields, types, words.

        """
        return sorted(_fingerprint(kind) for kind in self._names)

    def _enter(self, kind: type) -> None:
        if kind in self._names:
            return
        n = self._names[kind] = len(self._names)
        self._scope[f"kind_{n}"] = kind
        if issubclass(kind, Enum):
            self._scope[f"words_{n}"] = {word.value: word for word in kind}
            return
        fields = [(field, f"{kind.__name__}.{field.name}") for field in _fields(kind)]
        for field, where in fields:
            if not field.init:
                raise InvalidDefinition(
                    f"{where} is not given when one is made; no state may be so"
                )
        written = [self._written(field.type, f"v.{field.name}", where) for field, where in fields]
        read = [
            f"{field.alias}={self._read(field.type, f'f{i}', where)}"
            for i, (field, where) in enumerate(fields)
        ]
        names = "".join(f"f{i}, " for i in range(len(fields)))
        taken = f"    {names}= v\n" if names else "    () = v\n"  # refuses another count of fields
        exec(  # noqa: S102 - of the names and types of classes, nothing from outside
            f"def write_{n}(v):\n    return [{', '.join(written)}]\n"
            f"def read_{n}(v):\n{taken}    return kind_{n}({', '.join(read)})\n",
            self._scope,
        )

    def _written(self, kind: Any, value: str, where: str) -> str:
        kind, inner, optional = _taken_apart(kind, where)
        if optional:
            shown = self._written(kind, value, where)
            return shown if shown == value else f"(None if {value} is None else {shown})"
        if kind is tuple:
            if len(inner) == 2 and inner[1] is ...:  # noqa: PLR2004 - tuple[X, ...]
                each = self._written(inner[0], "x", where)
                return value if each == "x" else f"[{each} for x in {value}]"
            parts = [self._written(k, f"{value}[{i}]", where) for i, k in enumerate(inner)]
            return f"[{', '.join(parts)}]"
        if kind in _PLAIN:
            return value
        if kind is datetime:
            return f"instant_text({value})"
        if kind is date:
            return f"{value}.isoformat()"
        self._enter(kind)
        return f"{value}.value" if issubclass(kind, Enum) else f"write_{self._names[kind]}({value})"

    def _read(self, kind: Any, value: str, where: str) -> str:
        kind, inner, optional = _taken_apart(kind, where)
        if optional:
            shown = self._read(kind, value, where)
            return shown if shown == value else f"(None if {value} is None else {shown})"
        if kind is tuple:
            if len(inner) == 2 and inner[1] is ...:  # noqa: PLR2004 - tuple[X, ...]
                each = self._read(inner[0], "x", where)
                return f"tuple({value})" if each == "x" else f"tuple([{each} for x in {value}])"
            parts = [self._read(k, f"{value}[{i}]", where) for i, k in enumerate(inner)]
            return f"({', '.join(parts)},)"
        if kind in _PLAIN:
            return value
        if kind is datetime:
            return f"instant_of({value})"
        if kind is date:
            return f"day_of({value})"
        n = self._names[kind]
        return f"words_{n}[{value}]" if issubclass(kind, Enum) else f"read_{n}({value})"


def _taken_apart(kind: Any, where: str) -> tuple[Any, tuple[Any, ...], bool]:
    """
    Return what a type is at its core, what is in it, and whether it may be None.

    Raises:
        InvalidDefinition: States may not hold such a thing.
    """
    while hasattr(kind, "__supertype__"):
        kind = kind.__supertype__
    origin, inner = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        others = [k for k in inner if k is not NoneType]
        if len(others) == 1 and len(inner) == 2:  # noqa: PLR2004 - X | None
            return others[0], (), True
    if origin is tuple and inner:
        return tuple, inner, False
    if kind in _PLAIN or kind in {datetime, date}:
        return kind, (), False
    if isinstance(kind, type) and (attrs.has(kind) or issubclass(kind, Enum)):
        return kind, (), False
    raise InvalidDefinition(f"{where}: no state may hold {kind}")


def _fields(kind: type) -> "tuple[attrs.Attribute[Any], ...]":
    made = cast("type[attrs.AttrsInstance]", kind)
    return tuple(attrs.fields(attrs.resolve_types(made)))


def _fingerprint(kind: type) -> str:
    if issubclass(kind, Enum):
        words = [f"{word.name}={word.value!r}" for word in kind]
        return f"{kind.__module__}.{kind.__qualname__}: {' | '.join(words)}"
    fields = [f"{field.alias}: {field.type}" for field in _fields(kind)]
    return f"{kind.__module__}.{kind.__qualname__}({', '.join(fields)})"
