"""
Telling an observer what a loop does, without letting it take part.

A loop runs in the thread or task of whoever drives it, so a span that is open around it is the
present one there, and spans of loops inside it are its children. Without an observer a loop is
returned as it is: watching costs nothing where nobody watches.
"""

import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self, TypeAlias, TypeVar

from ordercore.engine._requests import Call, Loop
from ordercore.errors import Rejected
from ordercore.ports import Observer, Span

__all__ = ["Attributes", "observed"]

_T = TypeVar("_T")

Attributes: TypeAlias = Mapping[str, str | int]


def observed(
    observer: Observer | None,
    name: str,
    attributes: Callable[[], Attributes],
    loop: Loop[_T] | Call[_T],
    conclude: Callable[[_T], Attributes],
) -> Loop[_T]:
    """
    Let an observer watch a loop.

    Args:
        observer: Who watches; None for nobody.
        name: Of the span.
        attributes: Says what is known before.
        loop: What is watched.
        conclude: Says what is noted of its result.
    """
    if observer is None:
        return iter(loop)
    return _watched(observer, name, attributes, iter(loop), conclude)


def _watched(
    observer: Observer,
    name: str,
    attributes: Callable[[], Attributes],
    loop: Loop[_T],
    conclude: Callable[[_T], Attributes],
) -> Loop[_T]:
    with _Harmless(observer, name, attributes()) as span:
        try:
            result = yield from loop
        except BaseException as error:
            span.note("error", type(error).__name__)
            if isinstance(error, Rejected):
                span.note("code", error.code)
            raise
        for what, value in conclude(result).items():
            span.note(what, value)
        return result


class _Harmless:
    """
    A span whose observer may fail; what is watched goes on as if nobody watched.

    """

    __slots__ = ("_attributes", "_context", "_name", "_observer", "_span")

    def __init__(self, observer: Observer, name: str, attributes: Attributes) -> None:
        self._observer: Final = observer
        self._name: Final = name
        self._attributes: Final = attributes
        self._context: AbstractContextManager[Span] | None = None
        self._span: Span | None = None

    def __enter__(self) -> Self:
        try:
            context = self._observer.span(self._name, self._attributes)
            self._span = context.__enter__()
            self._context = context
        except Exception as error:  # noqa: BLE001 - an observer's defect is not the order's
            self._complain(error)
        return self

    def note(self, name: str, value: str | int) -> None:
        """
        Say more about it, unless the observer has failed.

        """
        if self._span is None:
            return
        try:
            self._span.note(name, value)
        except Exception as error:  # noqa: BLE001 - see above
            self._complain(error)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._context is None:
            return
        try:
            self._context.__exit__(kind, error, trace)
        except Exception as raised:  # noqa: BLE001 - see above
            if raised is not error:
                self._complain(raised)

    def _complain(self, error: Exception) -> None:
        message = f"an observer failed at {self._name} with {type(error).__name__}"
        warnings.warn(message, RuntimeWarning, stacklevel=3)
