"""
How an adapter is called: in place, in a thread, or awaited.

"""

from collections.abc import Callable
from enum import Enum, auto
from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import attrs

from ordercore import ports as port_room
from ordercore.engine._environment import Ports
from ordercore.errors import InvalidDefinition

__all__ = ["InPlace", "Mode", "Way", "Ways", "is_async", "refuse_async"]

_PROTOCOLS = {
    "store": port_room.Store,
    "catalog": port_room.Catalog,
    "places": port_room.Places,
    "payments": port_room.PaymentGateway,
    "tax": port_room.TaxCalculator,
    "carrier": port_room.Carrier,
}


def is_async(method: Any) -> bool:  # noqa: ANN401 - whatever an adapter has under the name
    """
    Tell whether a method is declared with ``async def``.

    """
    return iscoroutinefunction(method) or isasyncgenfunction(method)


def refuse_async(ports: Ports) -> None:
    """
    Refuse adapters that blocking code can't call.

    Raises:
        InvalidDefinition: There is one; named by its port.
    """
    for port, adapter in attrs.asdict(ports, recurse=False).items():
        for name in dir(_PROTOCOLS[port]):
            if name[0] != "_" and is_async(getattr(adapter, name, None)):
                raise InvalidDefinition(
                    f"{port}: {type(adapter).__name__}.{name} is asynchronous, and Engine makes "
                    "plain calls; use AsyncEngine, which takes adapters of both kinds"
                )


class Mode(Enum):
    """
    How a method is called from an event loop.

    """

    IN_PLACE = auto()  #: it is asynchronous, or declared to wait for nothing
    IN_THREAD = auto()  #: it may block


@attrs.frozen
class Way:
    """
    A method, and how it is called.

    """

    method: Callable[..., Any]
    mode: Mode = Mode.IN_THREAD


class Ways:
    """
    Stands for an adapter in the loops of an asynchronous engine: its methods are ways to call it.

    Args:
        adapter: Of either kind.
        is_store: It may wait for whoever holds it, whatever it declares.
    """

    def __init__(self, adapter: object, *, is_store: bool = False) -> None:
        self._adapter = adapter
        self._in_place = not is_store and getattr(adapter, "never_blocks", False) is True

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - a method's way, or a plain attribute
        found = getattr(self._adapter, name)
        if not callable(found):
            return found
        in_place = self._in_place or is_async(found)
        return Way(found, Mode.IN_PLACE if in_place else Mode.IN_THREAD)


class InPlace(Ways):
    """
    Stands for an adapter whose methods are called where the loop runs, blocking or not.

    """

    def __init__(self, adapter: object) -> None:
        super().__init__(adapter)
        self._in_place = True
