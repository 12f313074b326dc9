"""
What an engine offers to hosts that have a transaction or a job engine of their own, as loops.

"""

from typing import Any, cast

import attrs

from ordercore.engine._engine_loops import EngineLoops
from ordercore.engine._requests import Call, Loop, Submission, Submitted
from ordercore.engine._submit_prepared import Prepared, prepare_loop, submit_prepared_loop
from ordercore.engine._waking import perform_and_wake_loop
from ordercore.errors import InvalidDefinition, Rejected
from ordercore.ids import StreamId
from ordercore.instants import seconds_after
from ordercore.ports import Store

__all__ = ["HostedLoops", "method_of"]


def method_of(store: object, name: str, what_for: str) -> Any:  # noqa: ANN401 - each has its own
    """
    Return a method that not every store has.

    Raises:
        InvalidDefinition: This one has not.
    """
    found = getattr(store, name, None)
    if found is None:
        raise InvalidDefinition(
            f"the engine's store {what_for}: use an SQLiteStore over a file, or a PostgresStore"
        )
    return found


@attrs.frozen
class HostedLoops:
    """
    The loops of one engine for such a host.

    """

    loops: EngineLoops

    def prepare(self, submission: Submission) -> Loop[Prepared]:
        """
        Read all that a command is decided on.

        """
        return prepare_loop(self.loops.env, submission)

    def submit(self, joined: object, prepared: Prepared) -> Loop[Submitted | Rejected]:
        """
        Decide a prepared command, and write it into a transaction.

        Args:
            joined: The store, inside that transaction.
            prepared: The command.

        Raises:
            InvalidDefinition: It was prepared for another tenant.
        """
        env = self.loops.env
        if prepared.tenant != env.tenant:
            raise InvalidDefinition(
                f"prepared for tenant {prepared.tenant}, submitted by the engine of {env.tenant}"
            )
        store = cast("Store", joined)
        streams = env.streams.inside(store)
        return submit_prepared_loop(attrs.evolve(env, store=store, streams=streams), prepared)

    def perform_stream(self, stream: StreamId) -> Loop[float | None]:
        """
        Perform what a stream owes and is due; return in how many seconds to come again.

        """
        env = self.loops.env.noting()
        yield from perform_and_wake_loop(env, stream)
        loaded = yield from env.streams.load(stream)
        at = env.clock()
        owed = env.kinds.of_stream(stream).owed(loaded.state)
        due = [effect.not_before or at for effect in owed if not effect.waits_for_operator]
        if not due:
            return None
        # What is still due is at this moment somebody else's, whose lease ends by itself.
        return max((min(due) - at).total_seconds(), env.lease_s / 4)

    def enqueue_due(self, within_s: int | None) -> Loop[int]:
        """
        Enqueue a job for each stream that has something due.

        """
        env = self.loops.env
        redrive = method_of(env.store, "redrive", "has no runner that carries effects")
        by = None if within_s is None else seconds_after(env.clock(), within_s)
        found: int = yield from Call(redrive, env.tenant, by)
        return found
