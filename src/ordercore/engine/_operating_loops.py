"""
What workers and operators ask of an engine, as loops: what is due, and what waits for a person.

"""

from collections.abc import Callable, Collection, Sequence

import attrs

from ordercore.engine._dead_letters import DeadLetter, letters_loop, redrive_loop
from ordercore.engine._engine_loops import EngineLoops
from ordercore.engine._environment import Environment
from ordercore.engine._requests import Call, Loop, Submission, Submitted, Together
from ordercore.engine._waking import perform_and_wake_loop
from ordercore.grammar import Actor
from ordercore.ids import StreamId
from ordercore.instants import Instant, seconds_after

__all__ = ["OperatingLoops"]


@attrs.frozen
class OperatingLoops:
    """
    The loops of one engine that are about its work as a whole.

    """

    loops: EngineLoops

    @property
    def env(self) -> Environment:
        """
        What the loops of the engine share.

        """
        return self.loops.env

    def perform(self, stream: StreamId, go_on: Callable[[], bool]) -> Loop[float | None]:
        """
        Perform what a stream owes and is due; return in how many seconds to come again.

        """
        env = self.env.noting()
        yield from perform_and_wake_loop(env, stream, go_on)
        loaded = yield from env.streams.load(stream)
        at = env.clock()
        owed = env.kinds.of_stream(stream).owed(loaded.state)
        due = [effect.not_before or at for effect in owed if not effect.waits_for_operator]
        if not due:
            return None
        # What is still due is at this moment somebody else's, whose lease ends by itself.
        return max((min(due) - at).total_seconds(), env.lease_s / 4)

    def run_pending(self, limit: int) -> Loop[int]:
        """
        Perform what is due anywhere, under claims of this engine's own name.

        """
        env = self.env
        holder = env.leases.worker
        claimed = yield from self.claim_due(limit, holder, env.lease_s)
        if not claimed:
            return 0
        failed: list[StreamId] = []
        try:
            yield from Together([self._one(stream, failed) for stream in claimed])
        except Exception:
            rest_until = seconds_after(env.clock(), env.lease_s)
            yield from self.unclaim(failed, holder, rest_until)
            yield from self.unclaim([s for s in claimed if s not in failed], holder, None)
            raise
        yield from self.unclaim(claimed, holder, None)
        return len(claimed)

    def _one(self, stream: StreamId, failed: list[StreamId]) -> Loop[None]:
        try:
            yield from perform_and_wake_loop(self.env.noting(), stream)
        except Exception:
            failed.append(stream)
            raise

    def claim_due(self, limit: int, holder: str, claim_s: int) -> Loop[Sequence[StreamId]]:
        """
        Claim due streams.

        """
        env = self.env
        at = env.clock()
        until = seconds_after(at, claim_s)
        claim = env.store.claim_due
        return (yield from Call(claim, env.tenant, at, limit, holder=holder, until=until))

    def unclaim(
        self, streams: Collection[StreamId], holder: str, rest_until: Instant | None
    ) -> Loop[None]:
        """
        Give claims back.

        """
        if streams:
            unclaim = self.env.store.unclaim
            yield from Call(unclaim, self.env.tenant, streams, holder=holder, rest_until=rest_until)

    def next_due(self) -> Loop[Instant | None]:
        """
        Say when the next stream is due and free.

        """
        return (yield from Call(self.env.store.next_due, self.env.tenant))

    def dead_letters(self, after: str, limit: int) -> Loop[tuple[DeadLetter, ...]]:
        """
        List what waits for a person.

        """
        env = self.env
        return letters_loop(env.store, env.tenant, env.kinds, after=after, limit=limit)

    def redrive(
        self, letter: DeadLetter | str, actor: Actor, on_behalf_of: str | None, *, perform: bool
    ) -> Loop[Submitted]:
        """
        Let what waits be tried again, and try it.

        """
        env = self.env
        if isinstance(letter, DeadLetter) and letter.retry is not None:
            command, command_id = letter.retry, letter.command_id
        else:
            key = letter if isinstance(letter, str) else letter.effect_key
            command, command_id = yield from redrive_loop(env.store, env.tenant, env.kinds, key)
        submission = Submission(
            command=command, command_id=command_id, actor=actor, on_behalf_of=on_behalf_of
        )
        return (yield from self.loops.submit(submission, perform=perform))
