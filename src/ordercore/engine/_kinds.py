"""
The table of what an engine drives: families of commands, and kinds of streams among them.

Rooms say what they offer; here it is put together, and the engine asks nothing else about orders,
purchases or counts. A new kind is a line in :data:`KINDS`.
"""

from collections.abc import Mapping
from typing import Any, Final

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Aggregate, Command, CommandFamily
from ordercore.ids import StreamId
from ordercore.inventory import COUNTS, PURCHASES, SNAPSHOTS, STOCK, TRANSFERS
from ordercore.orders import CAPACITY, CARTS, ORDERS

__all__ = ["KINDS", "Kinds"]


class Kinds:
    """
    Finds who decides a command and who folds a stream. Lookups are O(1).

    Args:
        families: What is driven, aggregates among them.

    Raises:
        InvalidDefinition: Two of them claim one command, one kind of stream or of holder.
    """

    __slots__ = ("_by_command", "_by_kind", "_expiring")

    def __init__(self, *families: CommandFamily) -> None:
        self._by_command: Final[Mapping[type[Command], CommandFamily]] = _once(
            "command", [(command, family) for family in families for command in family.commands]
        )
        self._by_kind: Final[Mapping[str, Aggregate[Any]]] = _once(
            "kind of stream", [(f.kind, f) for f in families if isinstance(f, Aggregate)]
        )
        owners = [(holder, family) for family in families for holder in family.holders]
        owners += self._by_kind.items()
        self._expiring: Final = frozenset(_once("kind of holder", owners)) - set(self._by_kind)

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """
        Every command that is driven.

        """
        return tuple(self._by_command)

    @property
    def aggregates(self) -> tuple[Aggregate[Any], ...]:
        """
        Every kind of stream that is driven.

        """
        return tuple(self._by_kind.values())

    def of_command(self, command: Command) -> CommandFamily:
        """
        Return who decides a command.

        Raises:
            InvalidDefinition: Nobody does.
        """
        family = self._by_command.get(type(command))
        if family is None:
            raise InvalidDefinition(f"{type(command).__name__} is no command of ordercore")
        return family

    def of_stream(self, stream: StreamId) -> Aggregate[Any]:
        """
        Return who folds a stream.

        Raises:
            InvalidDefinition: Nobody does.
        """
        aggregate = self._by_kind.get(stream.partition("/")[0])
        if aggregate is None:
            raise InvalidDefinition(f"{stream} is of no kind that is driven here")
        return aggregate

    def drives(self, stream: StreamId) -> bool:
        """
        Tell whether somebody folds a stream.

        """
        return stream.partition("/")[0] in self._by_kind

    def ends_by_itself(self, holder: str) -> bool:
        """
        Tell whether what a holder holds ends without anybody's doing, as a cart's does.

        """
        return holder.partition("/")[0] in self._expiring


def _once(what: str, claims: list[tuple[Any, Any]]) -> dict[Any, Any]:
    found = dict(claims)
    if len(found) != len(claims):
        twice = sorted(
            {
                str(getattr(c, "__name__", c))
                for n, (c, _) in enumerate(claims)
                if c in [known for known, _ in claims[:n]]
            }
        )
        raise InvalidDefinition(f"claimed twice as {what}: {', '.join(twice)}")
    return found


#: Everything that ordercore has.
KINDS: Final = Kinds(ORDERS, CARTS, CAPACITY, STOCK, PURCHASES, TRANSFERS, COUNTS, SNAPSHOTS)
