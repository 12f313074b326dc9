"""
The loop of what a stream owes, as data; see ``_submit`` for how loops are driven.

Each obligation goes the same way, in this order, so that a crash anywhere is safe:

    load ── lease (durable), if the stream has not moved on ── call ── write the outcome; the lease
                                                                       ends in that same commit

A lease without an outcome means that somebody may have called and never told: then the port is
asked what became of it, or asked again under the same key where its idempotency covers that, and
otherwise a person is asked. Nothing is ever called anew on a guess.

A command that a stream owes to itself or to another one is submitted under a key of its own, so it
needs no lease. That another stream has taken it is told to the owing stream like any outcome; a
crash in between submits it again, which by then says nothing new.

What a stream owes at one moment is performed together: every request is frozen, so what one comes
to changes nothing about the others. Where the order matters all the same (the requests to one
authorization), effects name one lane, and a lane is gone through in order. Whatever happens
meanwhile, here or elsewhere, nothing is called that is no longer owed when its lease is taken.
Outcomes of one stream are recorded one at a time, each when it is there.
"""

from collections.abc import Callable
from typing import Any, Final

import attrs

from ordercore.engine._environment import Environment
from ordercore.engine._observing import Attributes, observed
from ordercore.engine._requests import Loaded, Loop, Submission, Submitted, Together, Turn
from ordercore.engine._submit import submit_loop
from ordercore.errors import (
    InvalidData,
    InvariantViolated,
    OutcomeUnknown,
    PortUnavailable,
    Rejected,
)
from ordercore.grammar import (
    Aggregate,
    Answers,
    Command,
    Effect,
    Outcome,
    Submit,
    Succeeded,
    Unknown,
)
from ordercore.ids import CommandId, StreamId
from ordercore.instants import seconds_after
from ordercore.ports import Lease, LeaseState

__all__ = ["always", "perform_loop"]

#: How many obligations of one stream are performed in one go; the rest stays due.
_EFFECTS_MAX: Final = 1_000

#: How often a stream may move on while one of its effects is being leased; beyond, it stays due.
_MOVES_MAX: Final = 100


def always() -> bool:
    """
    Go on.

    """
    return True


def perform_loop(
    env: Environment,
    stream: StreamId,
    go_on: Callable[[], bool] = always,
    *,
    early: bool = False,
    written: int | None = None,
) -> Loop[int]:
    """
    Perform what a stream owes and is due, each obligation at most once; returns how many.

    Before each one it is asked whether to go on; what was begun is always finished. With ``early``,
    commands that it owes count as due: what they wait for has happened. Whoever has just
    ``written`` a version of it need not have it read again; leases tell where it has moved on.
    """
    return observed(
        env.observer,
        "ordercore.perform",
        lambda: {"tenant": env.tenant, "stream": stream},
        _perform_all(env, stream, go_on, early=early, written=written),
        lambda effects: {"effects": effects},
    )


def _about(env: Environment, effect: Effect) -> Attributes:
    return {"tenant": env.tenant, "effect": type(effect).__name__, "key": effect.key}


def _perform_all(
    env: Environment,
    stream: StreamId,
    go_on: Callable[[], bool],
    *,
    early: bool,
    written: int | None,
) -> Loop[int]:
    tried: set[str] = set()
    while len(tried) < _EFFECTS_MAX and go_on():
        if written is None:
            loaded = yield from env.streams.load(stream)
        else:
            loaded = yield from env.streams.at_least(stream, written)
        written = loaded.version
        due = [e for e in _due(env, stream, loaded, early=early) if e.key not in tried]
        if not due:
            break
        due = due[: _EFFECTS_MAX - len(tried)]
        tried.update(effect.key for effect in due)
        lanes: dict[str, list[Effect]] = {}
        for effect in due:
            lanes.setdefault(effect.lane, []).append(effect)
        loops = [
            _go_through(env, stream, loaded, lane, go_on, early=early) for lane in lanes.values()
        ]
        if len(loops) == 1:
            yield from loops[0]
        else:
            yield from Together(loops)
    return len(tried)


def _due(
    env: Environment, stream: StreamId, loaded: Loaded, *, early: bool = False
) -> list[Effect]:
    at = env.clock()
    return [
        effect
        for effect in env.kinds.of_stream(stream).owed(loaded.state)
        if not effect.waits_for_operator
        and (
            effect.not_before is None
            or effect.not_before <= at
            or (early and isinstance(effect, Submit))
        )
    ]


def _still_due(
    env: Environment, stream: StreamId, key: str, *, early: bool = False
) -> Loop[tuple[Loaded, Effect] | None]:
    """
    Return the stream and an effect as they are now; None where it is not owed, or not yet.

    """
    loaded = yield from env.streams.load(stream)
    effect = next((e for e in _due(env, stream, loaded, early=early) if e.key == key), None)
    return None if effect is None else (loaded, effect)


def _go_through(
    env: Environment,
    stream: StreamId,
    loaded: Loaded,
    lane: list[Effect],
    go_on: Callable[[], bool],
    *,
    early: bool,
) -> Loop[None]:
    for number, effect in enumerate(lane):
        if not go_on():
            return
        if not isinstance(effect, Submit):
            yield from _perform(env, stream, loaded, effect)
        elif not number:
            yield from _submit(env, stream, loaded, effect)
        elif still := (yield from _still_due(env, stream, effect.key, early=early)):
            yield from _submit(env, stream, still[0], effect)


def _submit(env: Environment, stream: StreamId, loaded: Loaded, effect: Submit) -> Loop[None]:
    # The version in the key: what was refused may be tried again by a person's word, and whoever
    # else is at it at this version writes the same key, hence once.
    key = CommandId(f"{effect.key}/try-{loaded.version}")
    target = env.kinds.of_command(effect.command).stream_of(effect.command)
    if target != stream:
        # This stream may move on between the other's commit and hearing of it, so there the first
        # try has a key for ever; only after a refusal does the version tell tries apart.
        first = CommandId(f"{effect.key}/submit")
        known = yield from env.streams.recall(first)
        if known is None or known.rejected is None:
            key = first
    loop = submit_loop(env, Submission(command=effect.command, command_id=key))
    try:
        taken = yield from (loop if target is None else Turn(target, loop))
    except Rejected as refusal:
        waiting = _Waiting(f"refused: {refusal.code}", give_up=True)
        yield from Turn(stream, _record_attempt(env, stream, effect, waiting))
    except PortUnavailable as error:
        waiting = _Waiting(error.reason)
        yield from Turn(stream, _record_attempt(env, stream, effect, waiting))
    else:
        if target != stream:
            reached = Succeeded(reference=taken.stream or key)
            yield from Turn(stream, _record_outcome(env, stream, loaded, effect, reached))


def _perform(env: Environment, stream: StreamId, loaded: Loaded, effect: Effect) -> Loop[None]:
    if not env.leases.begin(effect.key):
        return
    try:
        leased = yield from _leased(env, stream, loaded, effect)
        if leased is None:
            return
        lease, loaded, effect = leased
        came_to = yield from _outcome_of(env, effect, lease)
        if isinstance(came_to, _Waiting):
            yield from Turn(stream, _record_attempt(env, stream, effect, came_to))
        else:
            yield from Turn(stream, _record_outcome(env, stream, loaded, effect, came_to))
    finally:
        env.leases.end(effect.key)


def _leased(
    env: Environment, stream: StreamId, loaded: Loaded, effect: Effect
) -> Loop[tuple[Lease, Loaded, Effect] | None]:
    """
    Lease an effect as it is owed now; None where it is not, or somebody else is at it.

    A lease of a stream that has moved on would be one of an effect that may have ended; whoever
    died with it in hand would leave it for ever.
    """
    for _ in range(_MOVES_MAX):
        at = env.clock()
        until = seconds_after(at, env.lease_s)
        lease = yield from env.leases.take(
            stream, effect.key, version=loaded.version, at=at, until=until
        )
        if lease.state is LeaseState.HELD:
            return None
        if lease.state is not LeaseState.STALE:
            return lease, loaded, effect
        still = yield from _still_due(env, stream, effect.key)
        if still is None:
            return None
        loaded, effect = still
    return None  # it stays due


def _outcome_of(env: Environment, effect: Effect, lease: Lease) -> "Loop[Outcome | _Waiting]":
    if lease.state is LeaseState.INHERITED:
        learned = yield from _learn(env, effect, lease)
        if learned is not None:
            return learned
    return (yield from _call(env, effect, lease))


@attrs.frozen
class _Waiting:
    """
    No outcome yet: try again later, or let a person decide.

    """

    reason: str
    give_up: bool = False


def _call(env: Environment, effect: Effect, lease: Lease) -> Loop[Outcome | _Waiting]:
    try:
        outcome = yield from observed(
            env.observer,
            "ordercore.ask",
            lambda: _about(env, effect),
            env.world.ask(effect),
            lambda outcome: {"outcome": type(outcome).__name__},
        )
    except PortUnavailable as error:
        # It certainly did not act: the next try is the first.
        yield from env.leases.give_back(lease, effect.key)
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
    promised = env.world.capabilities(effect)
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
    if not env.world.capabilities(effect).lookup:
        return None
    try:
        found = yield from observed(
            env.observer,
            "ordercore.look_up",
            lambda: _about(env, effect),
            env.world.look_up(effect),
            lambda found: {"outcome": "" if found is None else type(found).__name__},
        )
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
    try:
        command = _answers(aggregate).outcome(loaded.state, effect.key, outcome)
    except InvalidData as error:
        yield from _record_attempt(env, stream, effect, _Waiting(str(error), give_up=True))
        return
    told = yield from _tell(env, stream, loaded, f"{effect.key}/reply", lambda _: command)
    after = yield from env.streams.at_least(stream, told.version)
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
    loaded = yield from env.streams.load(stream)
    answers = _answers(env.kinds.of_stream(stream))

    def attempt(loaded: Loaded) -> Command:
        return answers.attempt(loaded.state, effect.key, waiting.reason, waiting.give_up)

    yield from _tell(env, stream, loaded, f"{effect.key}/attempt", attempt)


def _tell(
    env: Environment, stream: StreamId, loaded: Loaded, about: str, say: Callable[[Loaded], Command]
) -> Loop[Submitted]:
    """
    Record what became of a try, under a key with the stream's version.

    The version: an answer that did not settle the request may be followed by one that does, and
    must not be taken for the same. Who has given its lease back, or held it for too long, may find
    that another has told something else of its own try at this version; both are recorded.
    """
    for _ in range(_MOVES_MAX):
        key = CommandId(f"{about}-{loaded.version}")
        try:
            return (yield from submit_loop(env, Submission(command=say(loaded), command_id=key)))
        except Rejected as refusal:
            present = yield from env.streams.load(stream)
            if refusal.code != "key_reused" or present.version == loaded.version:
                raise
            loaded = present
    raise InvariantViolated(f"{stream} kept moving on while {about} was to be recorded")


def _answers(aggregate: Aggregate[Any]) -> Answers[Any]:
    if aggregate.answers is None:  # an aggregate that may owe anything is refused without them
        raise InvariantViolated(f"a {aggregate.kind} owes, and has no answers")
    return aggregate.answers
