"""
The table of a room: which rules each command is decided by.

"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import attrs

from ordercore.errors import InvalidDefinition
from ordercore.grammar._grammar import Command, Context, Decision, Facts, Need

__all__ = ["CommandTable"]

_Needs: TypeAlias = Callable[[Any, Any, Facts, Context[Any]], frozenset[Need[Any]]]
_Decide: TypeAlias = Callable[[Any, Any, Facts, Context[Any]], Decision[Any, Any]]


@attrs.frozen
class CommandTable:
    """
    Hands each command to its own rules.

    Attributes:
        room: Whose commands, for errors.
        rules: Per command what it needs and how it is decided.
    """

    room: str
    rules: Mapping[type[Command], tuple[_Needs, _Decide]]

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """
        The commands that are decided here.

        """
        return tuple(self.rules)

    def needs(
        self, command: Command, state: object, facts: Facts, context: Context[Any]
    ) -> frozenset[Need[Any]]:
        """
        Return what must be known to decide a command; ask again with the answers.

        Raises:
            InvalidDefinition: It is no command of this room.
        """
        return self._rules_for(command)[0](command, state, facts, context)

    def decide(
        self, command: Command, state: object, facts: Facts, context: Context[Any]
    ) -> Decision[Any, Any]:
        """
        Decide a command: the events and transfers that it leads to, or a refusal.

        Raises:
            Rejected: A rule of the business; nothing has happened.
            InvalidDefinition: It is no command of this room.
        """
        return self._rules_for(command)[1](command, state, facts, context)

    def _rules_for(self, command: Command) -> tuple[_Needs, _Decide]:
        rules = self.rules.get(type(command))
        if rules is None:
            raise InvalidDefinition(f"{type(command).__name__} is no command of {self.room}")
        return rules
