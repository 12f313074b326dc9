"""
What an engine offers, as loops: each public method of an engine is one of them, driven.

"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar

import attrs

from ordercore.engine._environment import Environment
from ordercore.engine._receive import kept_before, received
from ordercore.engine._requests import Call, Loop, Submission, Submitted, Wish
from ordercore.engine._submit import submit_loop
from ordercore.engine._submit_many import submit_many_loop
from ordercore.engine._verify import Verification, verify_loop
from ordercore.engine._waking import perform_and_wake_loop, wake_loop
from ordercore.errors import InvalidData, InvalidDefinition, OrderCoreError, Rejected
from ordercore.fulfillment import CapacityLevel
from ordercore.grammar import Actor, ActorKind, Aggregate, Command, Recorded
from ordercore.ids import CommandId, OrderId, StreamId, id_fault
from ordercore.instants import Instant
from ordercore.orders import ORDERS
from ordercore.ports import WebhookSource

if TYPE_CHECKING:
    from ordercore.intake import Headers

__all__ = ["EngineLoops", "order_id_of", "require_least"]

_StateT = TypeVar("_StateT")

#: How many streams are asked for at a time where many are gone through.
_PAGE: Final = 200


def require_least(name: str, value: int, least: int = 1) -> None:
    """
    Refuse a number of an engine's definition that is below the least.

    Raises:
        InvalidDefinition: It is.
    """
    if value < least:
        raise InvalidDefinition(f"engine: {name} is {value}, least is {least}")


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
            minted=key is None,
        )

    def submit(self, submission: Submission, *, perform: bool) -> Loop[Submitted]:
        """
        Decide and record a command, and perform what has become due.

        """
        env = self.env.noting()
        submitted = yield from submit_loop(env, submission)
        submitted = yield from env.streams.retold(submitted)
        if perform and submitted.stream is not None:
            written = None if submitted.repeated else submitted.version
            yield from perform_and_wake_loop(env, submitted.stream, written=written)
        else:
            yield from wake_loop(env)
        return submitted

    def receive(
        self, source: WebhookSource, headers: "Headers", body: bytes, vault_ref: str
    ) -> Loop[Submitted]:
        """
        Verify a provider's message and keep it.

        """
        command = received(source, headers, body, self.env.clock(), vault_ref)
        actor = Actor(ActorKind.PROVIDER, source.provider)

        def keep(what: Command) -> Loop[Submitted]:
            wish = self.submission(what, command.key, actor, None, None)
            return self.submit(wish, perform=False)

        try:
            return (yield from keep(command))
        except Rejected as refused:
            again = yield from kept_before(refused, command, self.env.streams)
            if again is None:
                raise
            return (yield from keep(again))

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
        return submit_many_loop(self.env.noting(), submissions, perform=perform)

    def resume(self, own_id: str, of: Aggregate[Any]) -> Loop[int]:
        """
        Perform what a stream owes and is due.

        """
        return perform_and_wake_loop(self.env.noting(), of.stream(own_id))

    def archive(self, before: Instant, limit: int) -> Loop[int]:
        """
        Put ended streams out of the way.

        """
        env, archived, last = self.env, 0, ""
        while archived < limit:  # each page goes on behind the one before
            page = yield from Call(env.store.archivable, env.tenant, before, last, _PAGE)
            if not page:
                break
            for stream in page:
                last = stream
                loaded = yield from env.streams.load(stream)
                if env.kinds.of_stream(stream).has_ended(loaded.state):
                    moved = yield from Call(env.store.archive, env.tenant, stream)
                    archived += moved > 0
                if archived == limit:
                    break
        return archived

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
