"""
What a room offers to whoever drives it: families of commands, and kinds of streams.

A family of commands is decided by one ``needs`` and one ``decide``. An aggregate is a family whose
commands are about one stream: it adds which events may stand there, how they are folded, what the
state owes to the world, and when it is at rest. A driver composes what the rooms offer and knows
nothing else about orders, purchases or counts.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import attrs

from ordercore.errors import InvalidDefinition, InvariantViolated, Rejected
from ordercore.grammar._grammar import (
    Command,
    Context,
    Decision,
    Effect,
    Event,
    Facts,
    Need,
)
from ordercore.grammar._outcomes import Outcome
from ordercore.ids import StreamId, require_id

__all__ = ["Aggregate", "Answers", "CommandFamily", "Inspection"]

StateT = TypeVar("StateT")

Needs = Callable[[Any, Any, Facts, Context[Any]], frozenset[Need[Any]]]
Decide = Callable[[Any, Any, Facts, Context[Any]], Decision[Any, Any]]


@attrs.frozen(kw_only=True)
class Inspection:
    """
    What an audit learns from one state beside what every aggregate has in common.

    Attributes:
        leaks: What is still open though the stream has ended, one sentence each.
        waiting: What waits for a person and is no effect, one sentence each.
        kept_minor: Money that the stream says it has taken in less what it gave back, by currency;
            the value book must say the same.
    """

    leaks: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    kept_minor: Mapping[str, int] = attrs.Factory(dict[str, int])


def _ask_nothing(
    command: Command, state: object, facts: Facts, context: Context[Any]
) -> frozenset[Need[Any]]:
    return frozenset()


def _owe_nothing(state: object) -> tuple[Effect, ...]:
    return ()


def _as_set(events: Iterable[type[Event]]) -> frozenset[type[Event]]:
    return frozenset(events)


def _find_nothing(state: object) -> Inspection:
    return Inspection()


@attrs.frozen(kw_only=True)
class Answers(Generic[StateT]):
    """
    The commands in which a driver tells a stream what became of its effects.

    Attributes:
        outcome: From (state, effect key, outcome): it is answered, the effect is over. Raises
            ``InvalidData`` where the outcome is malformed.
        attempt: From (state, effect key, reason, give up): it was tried in vain; the effect comes
            back later or waits for a person.
        retry: From (state, effect key): a person lets it be tried again. None where nobody may.
    """

    outcome: Callable[[StateT, str, Outcome], Command]
    attempt: Callable[[StateT, str, str, bool], Command]
    retry: Callable[[StateT, str], Command] | None = None


@attrs.frozen(kw_only=True)
class CommandFamily:
    """
    Commands that are decided by one pair of functions, and are about no stream.

    Attributes:
        commands: Which; no other family has any of them.
        decide: The rules.
        needs: What the rules must know first.
        contested: Needs whose answers others may have changed when a guard of the ledger fails;
            they are read again before it is decided again.
        holders: Kinds of holders (``"cart"``) under whose names these commands hold stock. They
            have no stream that could end: their holds end by themselves.
    """

    commands: tuple[type[Command], ...]
    decide: Decide
    needs: Needs = _ask_nothing
    contested: tuple[type[Need[Any]], ...] = ()
    holders: tuple[str, ...] = ()

    def stream_of(self, command: Command) -> StreamId | None:
        """
        Return the stream that a command is about, or None.

        """
        del command
        return None

    def fold(self, events: Iterable[Event], state: Any = None) -> Any:  # noqa: ANN401 - no state
        """
        Return the state after some events; without a stream there are none.

        Raises:
            InvariantViolated: There are.
        """
        for event in events:
            raise InvariantViolated(f"{type(event).__name__} has no stream to stand in")
        return state

    def owed(self, state: Any) -> tuple[Effect, ...]:  # noqa: ANN401 - no state
        """
        Return what a state owes; without a stream that is nothing.

        """
        del state
        return ()


@attrs.frozen(kw_only=True)
class Aggregate(CommandFamily, Generic[StateT]):
    """
    One kind of stream: its commands, its events, its fold, its debts.

    What it names inside itself (effect keys, children) begins with the stream's name, except in
    orders, whose ids stand alone: so nothing of a purchase is ever taken for an order's. Stock that
    it promises is held under the stream's name.

    Attributes:
        kind: The first part of its streams' names (``order`` of ``order/O-1``).
        id_field: The field of its commands that names the stream (``order_id``).
        events: What may stand in its streams.
        evolve: The fold: from (state or None, event) to state.
        has_ended: Whether nothing more is to come by itself; then it may hold and owe nothing.
        begun_by: The commands that begin a stream.
        outstanding: All that a state owes, each with a key and a time.
        answers: How it is told what became of that; needed where it may owe anything.
        inspect: What an audit must know of a state beside.
        state: The class of its states, if they may be kept so that a long stream need not be folded
            from its first event: attrs classes of plain values, tuples and each other.
        edition: Counts what the fold means: raise it whenever ``evolve`` makes another state of the
            same events, so that states kept before are folded anew.

    Raises:
        InvalidDefinition: It owes and can't be told, or its kind is no plain word.
    """

    kind: str
    id_field: str
    events: frozenset[type[Event]] = attrs.field(converter=_as_set)
    evolve: Callable[[StateT | None, Any], StateT]
    has_ended: Callable[[StateT], bool]
    begun_by: tuple[type[Command], ...] = ()
    outstanding: Callable[[StateT], tuple[Effect, ...]] = _owe_nothing
    answers: Answers[StateT] | None = None
    inspect: Callable[[StateT], Inspection] = _find_nothing
    state: type[StateT] | None = None
    edition: int = 1

    def __attrs_post_init__(self) -> None:
        if not self.kind.isidentifier():
            raise InvalidDefinition(f"{self.kind!r} is no kind of stream: legal is a plain word")
        if self.answers is None and self.outstanding is not _owe_nothing:
            raise InvalidDefinition(f"{self.kind}: it may owe effects, and has no answers to them")

    def stream(self, own_id: str) -> StreamId:
        """
        Name the stream of an id.

        """
        return StreamId(f"{self.kind}/{own_id}")

    def stream_of(self, command: Command) -> StreamId:
        """
        Return the stream that a command is about.

        Raises:
            InvalidData: The id in it is none that a host may choose.
        """
        own_id: str = getattr(command, self.id_field)
        require_id(own_id, f"{type(command).__name__}.{self.id_field}")
        return self.stream(own_id)

    def fold(self, events: Iterable[Event], state: StateT | None = None) -> StateT | None:
        """
        Fold events, in order; None where there are none. Cost: O(events).

        Raises:
            InvariantViolated: One of them is no event of this kind of stream.
        """
        for event in events:
            if type(event) not in self.events:
                raise InvariantViolated(f"{type(event).__name__} can't stand in a {self.kind}")
            state = self.evolve(state, event)
        return state

    def owed(self, state: StateT | None) -> tuple[Effect, ...]:
        """
        Return what a state owes; nothing where the stream has not begun.

        """
        return () if state is None else self.outstanding(state)

    def unknown(self, own_id: str) -> Rejected:
        """
        Return the refusal that there is no stream of an id.

        """
        return Rejected(
            f"unknown_{self.kind}",
            f"there is no {self.kind} {own_id}",
            data={self.kind: own_id},
            legal=tuple(command.__name__ for command in self.begun_by),
        )
