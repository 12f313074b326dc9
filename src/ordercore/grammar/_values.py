"""
Values that never change, made cheap to succeed: ``replaced``, ``derived``, ``remembered``.

A state is frozen, and every event makes the next one of it. ``attrs.evolve`` reads every field and
hands all of them to the class's ``__init__``: for an order of two dozen fields that is most of what
a fold costs. A value whose class keeps its fields in a ``__dict__`` (``attrs.frozen(slots=False)``)
is copied in one step instead, however many fields it has, and then differs in those that change.

What follows from a value alone is true of it for ever, so it is worked out once and remembered
beside the fields (:class:`derived`, :func:`remembered`). It is no field: it is neither compared,
written nor printed, and a copy begins without it.
"""

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

import attrs

from ordercore.errors import InvalidDefinition

__all__ = ["derived", "remembered", "replaced"]

_ValueT = TypeVar("_ValueT")
_T_co = TypeVar("_T_co", covariant=True)

if TYPE_CHECKING:
    # So the type checkers compare the names and types of changes with those of the fields.
    from attrs import evolve as replaced
else:

    def replaced(value: _ValueT, /, **changes: object) -> _ValueT:
        """
        Return a frozen value with some fields changed; as :func:`attrs.evolve`, and faster.

        Only for classes that keep a ``__dict__`` and check nothing when they are made. Cost: one
        copy of a dictionary.

        Raises:
            TypeError: A change is of no field.
            InvalidDefinition: The class has slots, or validates or converts what it is given.
        """
        kind = type(value)
        count = _FIELDS.get(kind) or _count_fields(kind)
        known = value.__dict__
        fields = {**known, **changes}
        if len(fields) != count:
            # What was derived stands behind the fields; it is not true of the copy.
            fields = dict(known)
            while len(fields) > count:
                fields.popitem()
            fields.update(changes)
            if len(fields) != count:
                raise TypeError(f"{kind.__name__} has no fields {tuple(fields)[count:]}")
        copied: _ValueT = object.__new__(kind)
        # Past the frozen class: nobody else has seen the copy yet.
        object.__setattr__(copied, "__dict__", fields)
        return copied


def _count_fields(kind: type) -> int:
    if not kind.__dictoffset__:
        raise InvalidDefinition(f"{kind.__name__} keeps no __dict__: declare it slots=False")
    fields = attrs.fields(kind)
    if hasattr(kind, "__attrs_post_init__") or any(f.validator or f.converter for f in fields):
        raise InvalidDefinition(f"{kind.__name__} checks what it is given: use attrs.evolve")
    _FIELDS[kind] = len(fields)
    return len(fields)


#: How many fields each class has, once they are known to need no check.
_FIELDS: Final[dict[type, int]] = {}


class derived(Generic[_T_co]):  # noqa: N801 - reads as ``property`` does
    """
    A property of a frozen value that is worked out once; the class has ``slots=False``.

    Beside :func:`functools.cached_property` it takes no lock: two threads may both work out the
    same value from the same frozen fields, and either may keep it.
    """

    def __init__(self, work_out: Callable[[Any], _T_co]) -> None:
        self._work_out = work_out
        self._name = work_out.__name__
        self.__doc__ = work_out.__doc__

    @overload
    def __get__(self, value: None, owner: type) -> "derived[_T_co]": ...

    @overload
    def __get__(self, value: object, owner: type) -> _T_co: ...

    def __get__(self, value: object | None, owner: type) -> "_T_co | derived[_T_co]":
        if value is None:
            return self
        # Python asks here only while the instance's dictionary has no such name.
        found = value.__dict__[self._name] = self._work_out(value)
        return found


def remembered(work_out: Callable[[_ValueT], _T_co]) -> Callable[[_ValueT], _T_co]:
    """
    Let a pure function of one frozen value be worked out once a value; as :class:`derived`.

    For what a room says about another room's value, or where the value's class should not know it.
    """
    name = f"{work_out.__module__}.{work_out.__qualname__}"

    @wraps(work_out)
    def recall(value: _ValueT, /) -> _T_co:
        known = value.__dict__
        if name in known:
            found: _T_co = known[name]
            return found
        found = known[name] = work_out(value)
        return found

    return recall
