"""
How an adapter is called: with a plain call or with an awaited one.

"""

from inspect import isasyncgenfunction, iscoroutinefunction
from typing import Any

import attrs

from ordercore import ports as port_room
from ordercore.engine._environment import Ports
from ordercore.errors import InvalidDefinition

__all__ = ["is_async", "refuse_async"]

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
        for name, declared in vars(_PROTOCOLS[port]).items():
            if name[0] != "_" and callable(declared) and is_async(getattr(adapter, name, None)):
                raise InvalidDefinition(
                    f"{port}: {type(adapter).__name__}.{name} is asynchronous, and Engine makes "
                    "plain calls; use AsyncEngine, which takes adapters of both kinds"
                )
