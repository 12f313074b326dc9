"""
What an engine offers to hosts that have a transaction or a job engine of their own, as loops.

"""

from typing import Any, cast

import attrs

from ordercore.engine._engine_loops import EngineLoops
from ordercore.engine._requests import Call, Loop, Submission, Submitted
from ordercore.engine._submit_prepared import Prepared, prepare_loop, submit_prepared_loop
from ordercore.errors import InvalidDefinition, Rejected
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

    def enqueue_due(self, within_s: int | None) -> Loop[int]:
        """
        Enqueue a job for each stream that has something due.

        """
        env = self.loops.env
        redrive = method_of(env.store, "redrive", "has no runner that carries effects")
        by = None if within_s is None else seconds_after(env.clock(), within_s)
        found: int = yield from Call(redrive, env.tenant, by)
        return found
