"""
What the loops ask of a driver, and what they are told once.

There is one thing that a loop may ask of the world: call this method of this store or port with
these arguments (:class:`Call`; :class:`Each` where the method iterates). The other requests are
about loops: drive this one with every other writer held out, drive it when it is its turn, drive
these together. A driver is an answer to each of these, and nothing else.

Every request can be iterated: ``receipt = yield from Call(store.commit, commit)`` asks it, and the
answer keeps its type.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final, Generic, ParamSpec, TypeAlias, TypeVar

import attrs

from ordercore.engine._defaults import HOST
from ordercore.grammar import Actor, ActorKind, Command, Event
from ordercore.ids import CommandId, StreamId

__all__ = [
    "ENGINE_ACTOR",
    "Call",
    "Each",
    "Hold",
    "Loaded",
    "Loop",
    "Request",
    "Submission",
    "Submitted",
    "Together",
    "Turn",
    "Wish",
    "collect",
]

#: Who acts where the engine acts by itself.
ENGINE_ACTOR: Final = Actor(ActorKind.SYSTEM, "engine")

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Call(Generic[_T]):
    """
    Call this method with these arguments. Answer: what it returns; thrown: what it raises.

    """

    __slots__ = ("args", "kwargs", "method")

    def __init__(self, method: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> None:
        self.method: Callable[..., _T] = method
        self.args = args
        self.kwargs = kwargs

    def __iter__(self) -> "Loop[_T]":
        answer: _T = yield self
        return answer


class Each(Generic[_T]):
    """
    Call this method and give each item that it iterates over to ``take``. Answer: ``None``.

    """

    __slots__ = ("args", "kwargs", "method", "take")

    def __init__(
        self,
        take: Callable[[_T], object],
        method: Callable[_P, Iterator[_T]],
        *args: _P.args,
        **kwargs: _P.kwargs,
    ) -> None:
        self.take = take
        self.method: Callable[..., Iterator[_T]] = method
        self.args = args
        self.kwargs = kwargs

    def __iter__(self) -> "Loop[None]":
        yield self


@attrs.frozen
class Hold(Generic[_T]):
    """
    Drive this loop with every other writer held out. Answer: what it comes to.

    What is written meanwhile is durable when the answer is there, not before.
    """

    loop: "Loop[_T]"

    def __iter__(self) -> "Loop[_T]":
        answer: _T = yield self
        return answer


@attrs.frozen
class Turn(Generic[_T]):
    """
    Drive this loop when no other one has its turn at the stream in this engine.

    It spares writers of one stream, performed together, the races that they would lose to each
    other. No rule rests on it: other processes take no turns. Turns are never nested. Answer: what
    the loop comes to.
    """

    stream: StreamId
    loop: "Loop[_T]"

    def __iter__(self) -> "Loop[_T]":
        answer: _T = yield self
        return answer


@attrs.frozen
class Together(Generic[_T]):
    """
    Drive these loops, which do not depend on each other. Answer: what each comes to, in order.

    Thrown: the error of the first, in this order, that ends in one. Blocking code drives them one
    after the other and leaves out those behind an error; others may drive them at the same time.
    """

    loops: "Sequence[Loop[_T]]"

    def __iter__(self) -> "Loop[tuple[_T, ...]]":
        answer: tuple[_T, ...] = yield self
        return answer


Request: TypeAlias = Call[Any] | Each[Any] | Hold[Any] | Turn[Any] | Together[Any]

Loop: TypeAlias = Generator[Request, Any, _T]


def collect(
    method: Callable[_P, Iterator[_T]], *args: _P.args, **kwargs: _P.kwargs
) -> Loop[list[_T]]:
    """
    Call a method and return all that it iterates over. Cost: memory for all of it.

    """
    found: list[_T] = []
    yield from Each(found.append, method, *args, **kwargs)
    return found


@attrs.frozen
class Loaded:
    """
    The state of a stream, None where nothing has happened, and its version.

    """

    version: int
    state: Any


@attrs.frozen(kw_only=True)
class Submission:
    """
    A command and who submits it.

    Attributes:
        command: What is wanted.
        command_id: The caller's key: the same key is the same command.
        actor: Who acts.
        on_behalf_of: For whom, where an agent acts for a customer.
        expected_version: The version of the stream that a person saw when deciding; None for facts
            and for whoever does not care.
        minted: Whether the key was made for this very call, so that there is nothing to recall.
    """

    command: Command
    command_id: CommandId
    actor: Actor = ENGINE_ACTOR
    on_behalf_of: str | None = None
    expected_version: int | None = None
    minted: bool = False


@attrs.frozen
class Wish:
    """
    One of many commands that are submitted at once, with what else is said about it.

    Attributes:
        command: What is wanted.
        key: Names this wish for ever, see :meth:`ordercore.Engine.submit`.
        actor: Who acts.
        on_behalf_of: For whom, where an agent acts for a customer.
        expected_version: The version a person looked at.
    """

    command: Command
    key: str | None = attrs.field(default=None, kw_only=True)
    actor: Actor = attrs.field(default=HOST, kw_only=True)
    on_behalf_of: str | None = attrs.field(default=None, kw_only=True)
    expected_version: int | None = attrs.field(default=None, kw_only=True)


@attrs.frozen(kw_only=True)
class Submitted:
    """
    What became of an accepted command.

    Attributes:
        command_id: Its key.
        stream: The stream it is about, or None for stock and carts.
        version: The stream's version after it.
        events: What it led to; empty where it was already so.
        reply: What it answers beyond events (a cart's :class:`~ordercore.orders.Reservation`).
        repeated: Whether this is the recorded result of an earlier submission of the same key.
    """

    command_id: CommandId
    stream: StreamId | None
    version: int
    events: tuple[Event, ...]
    reply: object = None
    repeated: bool = False
