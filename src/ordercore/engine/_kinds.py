"""
The table of what an engine drives: families of commands, and kinds of streams among them.

Rooms say what they offer; here it is put together, and the engine asks nothing else about orders,
purchases or counts. A new kind is a line in :data:`KINDS`. What few processes need is named by its
package alone and loaded when a command or a stream comes that nobody else knows.
"""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from ordercore.errors import InvalidDefinition
from ordercore.grammar import Aggregate, Command, CommandFamily
from ordercore.ids import StreamId
from ordercore.inventory import STOCK
from ordercore.orders import CAPACITY, CARTS, ORDERS

__all__ = ["KINDS", "Kinds"]


class Kinds:
    """
    Finds who decides a command and who folds a stream. Lookups are O(1).

    Args:
        families: What is driven, aggregates among them.
        later: Packages whose ``FAMILIES`` are driven too, loaded when they are asked for.

    Raises:
        InvalidDefinition: Two of them claim one command, one kind of stream or of holder.
    """

    __slots__ = ("_by_command", "_by_kind", "_expiring", "_families", "_later")

    def __init__(self, *families: CommandFamily, later: tuple[str, ...] = ()) -> None:
        self._later = later
        self._tell(families)

    def _tell(self, families: tuple[CommandFamily, ...]) -> None:
        self._families = families
        self._by_command: Mapping[type[Command], CommandFamily] = _once(
            "command", [(command, family) for family in families for command in family.commands]
        )
        self._by_kind: Mapping[str, Aggregate[Any]] = _once(
            "kind of stream", [(f.kind, f) for f in families if isinstance(f, Aggregate)]
        )
        owners = [(holder, family) for family in families for holder in family.holders]
        owners += self._by_kind.items()
        self._expiring = frozenset(_once("kind of holder", owners)) - set(self._by_kind)

    def _load(self) -> None:
        """
        Load what was to be loaded later; a second time does nothing.

        """
        if self._later:
            more = [family for name in self._later for family in import_module(name).FAMILIES]
            self._tell((*self._families, *more))
            self._later = ()

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """
        Every command that is driven.

        """
        self._load()
        return tuple(self._by_command)

    @property
    def aggregates(self) -> tuple[Aggregate[Any], ...]:
        """
        Every kind of stream that is driven.

        """
        self._load()
        return tuple(self._by_kind.values())

    def of_command(self, command: Command) -> CommandFamily:
        """
        Return who decides a command.

        Raises:
            InvalidDefinition: Nobody does.
        """
        if type(command) not in self._by_command:
            self._load()
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
        if not self.drives(stream):
            raise InvalidDefinition(f"{stream} is of no kind that is driven here")
        return self._by_kind[stream.partition("/")[0]]

    def drives(self, stream: StreamId) -> bool:
        """
        Tell whether somebody folds a stream.

        """
        kind = stream.partition("/")[0]
        if kind not in self._by_kind:
            self._load()
        return kind in self._by_kind

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
KINDS: Final = Kinds(
    ORDERS, CARTS, CAPACITY, STOCK, later=("ordercore.inventory.documents", "ordercore.intake")
)
