"""
States as text: what a stream has come to, so that it need not be folded from its first event.

Facts and commands are kept for ever and read by people, so they are objects with names and every
value is checked (``_codec``). A state is neither: it can be folded anew at any time. So it is
written by position, without names, and read back by functions that are made once a class and call
nothing for plain values, which is about twice as fast as the careful way; decoding is most of what
loading a long order costs.

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
from collections.abc import Callable, Iterable
from datetime import date, datetime
from enum import Enum
from hashlib import blake2b
from operator import attrgetter
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
        self._write, self._read = maker.ways(kind)
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
            state: StateT = self._read(json.loads(text))
        except (ValueError, TypeError, LookupError, RecursionError) as error:
            fault = f"it is sealed and no {self.name}: {type(error).__name__}"
            raise InvalidData(f"state of {label}", (fault,)) from error
        return state

    def _seal(self, text: str, label: str) -> str:
        return _digest(f"{self.name}\n{label}\n{text}")


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=_SEAL_BYTES).hexdigest()


Way = Callable[[Any], Any]


class _Maker:
    """
    Makes the functions of a class and of all that it is made of.

    A class is a list of its fields in order; an enumeration its word; an instant and a day their
    text; a tuple a list. Text, numbers and truth values are themselves, so nothing is called for
    them: a way is None where the value stays as it is.
    """

    def __init__(self) -> None:
        self._met: dict[type[Any], tuple[Way, Way]] = {}

    def ways(self, kind: type[Any]) -> tuple[Way, Way]:
        """
        Return the functions that write and read a class or an enumeration.

        """
        known = self._met.get(kind)
        if known is None:
            self._met[kind] = self._later(kind, 0), self._later(kind, 1)
            known = self._met[kind] = self._made(kind)
        return known

    def fingerprints(self) -> list[str]:
        """
        Describe every class that was met: name, fields, types, words.

        """
        return sorted(_fingerprint(kind) for kind in self._met)

    def _later(self, kind: type[Any], way: int) -> Way:
        # A class that holds itself finds its functions when they are called.
        def later(value: Any) -> Any:
            return self._met[kind][way](value)

        return later

    def _made(self, kind: type[Any]) -> tuple[Way, Way]:
        if issubclass(kind, Enum):
            words = {word.value: word for word in kind}
            return attrgetter("value"), words.__getitem__
        fields = _fields(kind)
        for field in fields:
            if not field.init:
                raise InvalidDefinition(
                    f"{kind.__name__}.{field.name} is not given when one is made"
                )
        ways = [self._way(field.type, f"{kind.__name__}.{field.name}") for field in fields]
        values = _values_of(tuple(field.name for field in fields))
        names: tuple[str, ...] = tuple(field.alias or field.name for field in fields)
        written = tuple((n, way[0]) for n, way in enumerate(ways) if way is not None)
        read = tuple(
            (name, way[1]) for name, way in zip(names, ways, strict=True) if way is not None
        )

        def write_object(state: Any) -> Any:
            found = list(values(state))
            for n, write in written:
                found[n] = write(found[n])
            return found

        made = _made_of_fields(kind, fields)

        def read_object(entries: Any) -> Any:
            given = dict(zip(names, entries, strict=True))
            for name, read_value in read:
                given[name] = read_value(given[name])
            return made(given)

        return write_object, read_object

    def _way(self, kind: Any, where: str) -> tuple[Way, Way] | None:
        kind, inner, optional = _taken_apart(kind, where)
        if optional:
            way = self._way(kind, where)
            return way and (_or_none(way[0]), _or_none(way[1]))
        if kind in _PLAIN:
            return None
        if kind is datetime:
            return format_instant, parse_instant
        if kind is date:
            return date.isoformat, date.fromisoformat
        if kind is not tuple:
            return self.ways(kind)
        if len(inner) == 2 and inner[1] is ...:  # noqa: PLR2004 - tuple[X, ...]
            way = self._way(inner[0], where)
            return (_each(way[0], list), _each(way[1], tuple)) if way else (list, tuple)
        parts = [self._way(part, where) for part in inner]
        return (
            _one_by_one([part and part[0] for part in parts]),
            _one_by_one([part and part[1] for part in parts]),
        )


def _made_of_fields(kind: type[Any], fields: tuple[Any, ...]) -> Callable[[dict[str, Any]], Any]:
    """
    Return how one of a class is made of all its fields.

    A class that keeps them in a ``__dict__`` and checks nothing would only copy them there.
    """
    checks = any(field.validator or field.converter for field in fields)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # attrs leaves a converter's type open
    aliases = any(field.alias != field.name for field in fields)
    if checks or aliases or not kind.__dictoffset__ or hasattr(kind, "__attrs_post_init__"):
        return lambda given: kind(**given)

    def made(given: dict[str, Any]) -> Any:
        state = object.__new__(kind)
        object.__setattr__(state, "__dict__", given)
        return state

    return made


def _values_of(names: tuple[str, ...]) -> Callable[[Any], Iterable[Any]]:
    if len(names) > 1:
        return attrgetter(*names)
    return lambda state: [getattr(state, name) for name in names]


def _or_none(way: Way) -> Way:
    return lambda value: None if value is None else way(value)


def _each(way: Way, made: Way) -> Way:
    return lambda values: made([way(value) for value in values])


def _one_by_one(ways: list[Way | None]) -> Way:
    def one_by_one(values: Any) -> Any:
        pairs = zip(ways, values, strict=True)
        return tuple([value if way is None else way(value) for way, value in pairs])

    return one_by_one


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


def _fields(kind: type[Any]) -> "tuple[attrs.Attribute[Any], ...]":
    made = cast("type[attrs.AttrsInstance]", kind)
    return tuple(attrs.fields(attrs.resolve_types(made)))


def _fingerprint(kind: type[Any]) -> str:
    if issubclass(kind, Enum):
        words = [f"{word.name}={word.value!r}" for word in kind]
        return f"{kind.__module__}.{kind.__qualname__}: {' | '.join(words)}"
    fields = [f"{field.alias}: {field.type}" for field in _fields(kind)]
    return f"{kind.__module__}.{kind.__qualname__}({', '.join(fields)})"
