"""
What an engine offers, as loops: each public method of an engine is one of them, driven.

"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import attrs

from ordercore.engine._environment import Environment
from ordercore.engine._perform import perform_loop
from ordercore.engine._requests import Call, Loop, Submission, Submitted, Together, Wish
from ordercore.engine._submit import submit_loop
from ordercore.engine._submit_many import submit_many_loop
from ordercore.engine._verify import Verification, verify_loop
from ordercore.errors import InvalidData, InvalidDefinition, OrderCoreError
from ordercore.fulfillment import CapacityLevel
from ordercore.grammar import Actor, Aggregate, Command, Recorded
from ordercore.ids import CommandId, OrderId, StreamId, id_fault
from ordercore.orders import ORDERS

__all__ = ["EngineLoops", "order_id_of", "require_least"]

_StateT = TypeVar("_StateT")


def require_least(name: str, value: int) -> None:
    """
    Refuse a number of an engine's definition that is below 1.

    Raises:
        InvalidDefinition: It is.
    """
    if value < 1:
        raise InvalidDefinition(f"engine: {name} is {value}, least is 1")


def order_id_of(stream: StreamId | None) -> OrderId | None:
    """
    Return the order that a stream is of, if it is of one.

    """
    kind, _, own_id = (stream or "").partition("/")
    return OrderId(own_id) if kind == ORDERS.kind else None


@attrs.frozen
class EngineLoops:
    """
    The loops of one engine.

    """

    env: Environment
    new_key: Callable[[], str]

    def submission(
        self,
        command: Command,
        key: str | None,
        actor: Actor,
        on_behalf_of: str | None,
        expected_version: int | None,
    ) -> Submission:
        """
        Put a wish into words.

        Raises:
            InvalidData: The key is malformed.
        """
        if key is not None and (fault := id_fault(key)) is not None:
            raise InvalidData("key", (fault,))
        return Submission(
            command=command,
            command_id=CommandId(key or self.new_key()),
            actor=actor,
            on_behalf_of=on_behalf_of,
            expected_version=expected_version,
        )

    def submit(self, submission: Submission, *, perform: bool) -> Loop[Submitted]:
        """
        Decide and record a command, and perform what has become due.

        """
        submitted = yield from submit_loop(self.env, submission)
        submitted = yield from self.env.streams.retold(submitted)
        if perform and submitted.stream is not None:
            yield from perform_loop(self.env, submitted.stream)
        return submitted

    def submit_many(
        self, wishes: Sequence[Wish | Command], *, perform: bool
    ) -> Loop[tuple[Submitted | OrderCoreError, ...]]:
        """
        Decide commands, each for itself, and record them in one transaction.

        """
        told = (wish if isinstance(wish, Wish) else Wish(wish) for wish in wishes)
        submissions = [
            self.submission(w.command, w.key, w.actor, w.on_behalf_of, w.expected_version)
            for w in told
        ]
        return submit_many_loop(self.env, submissions, perform=perform)

    def resume(self, own_id: str, of: Aggregate[Any]) -> Loop[int]:
        """
        Perform what a stream owes and is due.

        """
        return perform_loop(self.env, of.stream(own_id))

    def run_pending(self, limit: int) -> Loop[int]:
        """
        Perform what is due anywhere.

        """
        env = self.env
        due = yield from Call(env.store.due, env.tenant, env.clock(), limit)
        yield from Together([perform_loop(env, stream) for stream in due])
        return len(due)

    def state(self, own_id: str, of: Aggregate[_StateT]) -> Loop[_StateT]:
        """
        Return the present state of a stream.

        """
        state: _StateT | None = (yield from self.env.streams.load(of.stream(own_id))).state
        if state is None:
            raise of.unknown(own_id)
        return state

    def version(self, own_id: str, of: Aggregate[Any]) -> Loop[int]:
        """
        Return the version of a stream.

        """
        return (yield from self.env.streams.load(of.stream(own_id))).version

    def history(self, own_id: str, of: Aggregate[Any]) -> Loop[tuple[Recorded, ...]]:
        """
        Return everything that has happened in a stream.

        """
        env = self.env
        return tuple((yield from Call(env.store.load, env.tenant, of.stream(own_id))))

    def capacity(self, place: str, day: date) -> Loop[CapacityLevel | None]:
        """
        Read what a place can do on a day.

        """
        return self.env.reader.capacity_of(place, day, self.env.clock())

    def find(self, reference: str) -> Loop[OrderId | None]:
        """
        Return the order that an outside reference belongs to.

        """
        env = self.env
        return order_id_of((yield from Call(env.store.find, env.tenant, reference)))

    def verify(self) -> Loop[Verification]:
        """
        Recompute everything that is kept.

        """
        return verify_loop(self.env.store, self.env.tenant, self.env.kinds)
