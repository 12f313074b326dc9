"""
The loop of what a stream owes, as data; see ``_submit`` for how loops are driven.

Each obligation goes the same way, in this order, so that a crash anywhere is safe:

    load ── lease (durable) ── call ── write the outcome; the lease ends in that same commit

A lease without an outcome means that somebody may have called and never told: then the port is
asked what became of it, or asked again under the same key where its idempotency covers that, and
otherwise a person is asked. Nothing is ever called anew on a guess.

A command that a stream owes to itself or to another one is submitted under a key of its own, so it
needs no lease. That another stream has taken it is told to the owing stream like any outcome; a
crash in between submits it again, which by then says nothing new.
"""

from collections.abc import Callable
from typing import Any, Final

import attrs

from ordercore.engine._requests import (
    Ask,
    Environment,
    GiveBack,
    Load,
    Loaded,
    LookUp,
    Loop,
    Recall,
    Submission,
    TakeLease,
)
from ordercore.engine._submit import submit_loop
from ordercore.errors import (
    InvalidData,
    InvariantViolated,
    OutcomeUnknown,
    PortUnavailable,
    Rejected,
)
from ordercore.grammar import Aggregate, Answers, Effect, Outcome, Submit, Succeeded, Unknown
from ordercore.ids import CommandId, StreamId
from ordercore.instants import Instant, seconds_after
from ordercore.ports import Lease, LeaseState, Receipt

__all__ = ["perform_loop"]

#: How many obligations of one stream are performed in one go; the rest stays due.
_EFFECTS_MAX: Final = 1_000


def perform_loop(
    env: Environment, stream: StreamId, go_on: Callable[[], bool] = lambda: True
) -> Loop[int]:
    """
    Perform what a stream owes and is due, each obligation at most once; returns how many.

    Before each one it is asked whether to go on; what was begun is always finished.

    """
    aggregate = env.kinds.of_stream(stream)
    tried: set[str] = set()
    for _ in range(_EFFECTS_MAX):
        if not go_on():
            break
        loaded: Loaded = yield Load(stream)
        effect = _next_effect(aggregate, loaded.state, env.clock(), tried)
        if effect is None:
            break
        tried.add(effect.key)
        if isinstance(effect, Submit):
            yield from _submit(env, stream, loaded, effect)
        else:
            yield from _perform(env, stream, loaded, effect)
    return len(tried)


def _next_effect(
    aggregate: Aggregate[Any], state: object, at: Instant, tried: set[str]
) -> Effect | None:
    for effect in aggregate.owed(state):
        due = effect.not_before is None or effect.not_before <= at
        if due and not effect.waits_for_operator and effect.key not in tried:
            return effect
    return None


def _submit(env: Environment, stream: StreamId, loaded: Loaded, effect: Submit) -> Loop[None]:
    # The version in the key: what was refused may be tried again by a person's word, and whoever
    # else is at it at this version writes the same key, hence once.
    key = CommandId(f"{effect.key}/try-{loaded.version}")
    to_itself = env.kinds.of_command(effect.command).stream_of(effect.command) == stream
    if not to_itself:
        # This stream may move on between the other's commit and hearing of it, so there the first
        # try has a key for ever; only after a refusal does the version tell tries apart.
        first = CommandId(f"{effect.key}/submit")
        known: Receipt | None = yield Recall(first)
        if known is None or known.rejected is None:
            key = first
    try:
        taken = yield from submit_loop(env, Submission(command=effect.command, command_id=key))
    except Rejected as refusal:
        waiting = _Waiting(f"refused: {refusal.code}", give_up=True)
        yield from _record_attempt(env, stream, effect, waiting)
    except PortUnavailable as error:
        yield from _record_attempt(env, stream, effect, _Waiting(error.reason))
    else:
        if not to_itself:
            reached = Succeeded(reference=taken.stream or key)
            yield from _record_outcome(env, stream, loaded, effect, reached)


def _perform(env: Environment, stream: StreamId, loaded: Loaded, effect: Effect) -> Loop[None]:
    at = env.clock()
    lease: Lease = yield TakeLease(stream, effect.key, at, seconds_after(at, env.lease_s))
    if lease.state is LeaseState.HELD:
        return
    outcome: Outcome | None = None
    if lease.state is LeaseState.INHERITED:
        learned = yield from _learn(env, effect, lease)
        if isinstance(learned, _Waiting):
            yield from _record_attempt(env, stream, effect, learned)
            return
        outcome = learned
    if outcome is None:
        called = yield from _call(env, effect, lease)
        if isinstance(called, _Waiting):
            yield from _record_attempt(env, stream, effect, called)
            return
        outcome = called
    yield from _record_outcome(env, stream, loaded, effect, outcome)


@attrs.frozen
class _Waiting:
    """
    No outcome yet: try again later, or let a person decide.

    """

    reason: str
    give_up: bool = False


def _call(env: Environment, effect: Effect, lease: Lease) -> Loop[Outcome | _Waiting]:
    try:
        outcome: Outcome = yield Ask(effect)
    except PortUnavailable as error:
        if lease.state is LeaseState.FRESH:
            yield GiveBack(effect.key)  # it certainly did not act: the next try is the first
        return _Waiting(error.reason)
    except OutcomeUnknown as error:
        outcome = Unknown(reason=error.reason)
    if not isinstance(outcome, Unknown):
        return outcome
    found = yield from _look_up(env, effect)
    return found or _Waiting(outcome.reason)


def _learn(env: Environment, effect: Effect, lease: Lease) -> Loop[Outcome | _Waiting | None]:
    """
    Find out what became of a call that nobody told about; None says that calling again is safe.

    """
    promised = env.capabilities(effect)
    now = env.clock()
    if promised.lookup:
        found = yield from _look_up(env, effect)
        if found is not None:  # an answer, or no answer at all, which is not "not found"
            return found
        if now >= seconds_after(lease.tried_at, promised.settling_s):
            return None
        return _Waiting("not found yet, and too early to conclude that nothing was done")
    if now < seconds_after(lease.first_at, promised.idempotency_s):
        return None
    return _Waiting("the outcome is unknown and can't be asked for", give_up=True)


def _look_up(env: Environment, effect: Effect) -> Loop[Outcome | _Waiting | None]:
    """
    Ask what became of a call; None where it is not known of, or nobody can be asked.

    """
    if not env.capabilities(effect).lookup:
        return None
    try:
        found: Outcome | None = yield LookUp(effect)
    except PortUnavailable as error:
        return _Waiting(error.reason)
    except OutcomeUnknown as error:
        return _Waiting(error.reason)
    return _Waiting(found.reason) if isinstance(found, Unknown) else found


def _record_outcome(
    env: Environment,
    stream: StreamId,
    loaded: Loaded,
    effect: Effect,
    outcome: Outcome,
) -> Loop[None]:
    aggregate = env.kinds.of_stream(stream)
    # The version in the key: an answer that did not settle the request may be followed by one that
    # does, and must not be taken for the same.
    key = CommandId(f"{effect.key}/reply-{loaded.version}")
    try:
        command = _answers(aggregate).outcome(loaded.state, effect.key, outcome)
    except InvalidData as error:
        yield from _record_attempt(env, stream, effect, _Waiting(str(error), give_up=True))
        return
    yield from submit_loop(env, Submission(command=command, command_id=key))
    after: Loaded = yield Load(stream)
    for still in aggregate.outstanding(after.state):
        if still.key == effect.key and not still.waits_for_operator:
            reason = f"{type(outcome).__name__} does not answer the request"
            yield from _record_attempt(env, stream, effect, _Waiting(reason, give_up=True))


def _record_attempt(
    env: Environment,
    stream: StreamId,
    effect: Effect,
    waiting: _Waiting,
) -> Loop[None]:
    loaded: Loaded = yield Load(stream)
    answers = _answers(env.kinds.of_stream(stream))
    command = answers.attempt(loaded.state, effect.key, waiting.reason, waiting.give_up)
    key = CommandId(f"{effect.key}/attempt-{loaded.version}")
    yield from submit_loop(env, Submission(command=command, command_id=key))


def _answers(aggregate: Aggregate[Any]) -> Answers[Any]:
    if aggregate.answers is None:  # an aggregate that may owe anything is refused without them
        raise InvariantViolated(f"a {aggregate.kind} owes, and has no answers")
    return aggregate.answers
