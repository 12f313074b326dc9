"""
Returns: what customers send back, from the permission to the inspection.

"""

from ordercore.returns._returns import (
    EMPTY,
    RETURN_LIFECYCLE,
    InspectedUnits,
    Return,
    ReturnAuthorized,
    ReturnCanceled,
    ReturnedUnits,
    ReturnEvent,
    ReturnInspected,
    ReturnReceived,
    Returns,
    authorize_return,
    cancel_return,
    evolve,
    inspect_return,
    receive_return,
    require_return,
)

__all__ = [
    "EMPTY",
    "RETURN_LIFECYCLE",
    "InspectedUnits",
    "Return",
    "ReturnAuthorized",
    "ReturnCanceled",
    "ReturnEvent",
    "ReturnInspected",
    "ReturnReceived",
    "ReturnedUnits",
    "Returns",
    "authorize_return",
    "cancel_return",
    "evolve",
    "inspect_return",
    "receive_return",
    "require_return",
]
