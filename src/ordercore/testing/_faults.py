"""
Faults that a test plans for the calls of a fake.

A call to the world can go wrong in few ways that matter: it did not act and says so, it did not act
and says nothing, it acted and says nothing, it acted and says that it does not know. Everything
that networks, gateways and providers do to a caller is one of these, at some delay.
"""

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from ordercore.errors import InvalidDefinition

__all__ = ["Fault", "FaultPlan"]


class Fault(StrEnum):
    """
    What goes wrong with one call.

    """

    UNAVAILABLE = "unavailable"  #: ``PortUnavailable``; has not acted
    TIMEOUT_BEFORE = "timeout_before"  #: ``OutcomeUnknown``; has not acted
    TIMEOUT_AFTER = "timeout_after"  #: ``OutcomeUnknown``; has acted
    UNKNOWN_VALUE = "unknown_value"  #: answers ``Unknown``; has acted
    LATE = "late"  #: ``OutcomeUnknown``; has acted, and lookup finds it only after settling


#: A port that acts on nothing can only be away.
READING: Final = frozenset({Fault.UNAVAILABLE})


class FaultPlan:
    """
    The planned faults of one fake, each used up by one call.

    Args:
        port: Whose; opens the messages.
        acting: Operations for which every fault may be planned.
        reading: Operations that act on nothing; only ``UNAVAILABLE`` makes sense for them.
    """

    __slots__ = ("_acting", "_planned", "_port", "_reading")

    def __init__(
        self, port: str, *, acting: Collection[str] = (), reading: Collection[str] = ()
    ) -> None:
        self._port = port
        self._acting = frozenset(acting)
        self._reading = frozenset(reading)
        self._planned: list[tuple[str, str | None, Fault | None]] = []

    def add(self, operation: str, faults: Collection[Fault | None], key: str | None) -> None:
        """
        Plan what goes wrong with the next calls of an operation, one entry a call.

        Raises:
            InvalidDefinition: No such operation, or a fault that cannot befall it.
        """
        if operation not in self._acting | self._reading:
            legal = ", ".join(sorted(self._acting | self._reading))
            raise InvalidDefinition(f"{self._port} has no operation {operation!r}; legal: {legal}")
        for fault in faults:
            if operation in self._reading and fault is not None and fault not in READING:
                raise InvalidDefinition(
                    f"{self._port}: {operation} acts on nothing, so {fault} cannot befall it;"
                    f" legal: {', '.join(sorted(READING))}"
                )
        self._planned += [(operation, key, fault) for fault in faults]

    def take(self, operation: str, key: str) -> Fault | None:
        """
        Use up what is planned next for a call; None where it is to go well.

        Cost: O(faults planned).
        """
        for i, (planned, only, fault) in enumerate(self._planned):
            if planned == operation and only in {None, key}:
                del self._planned[i]
                return fault
        return None

    @property
    def left(self) -> int:
        """
        How many planned calls have not come: 0 at the end of a test that met all its faults.

        """
        return len(self._planned)
