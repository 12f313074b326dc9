"""
The loop of the engine, as data.

The two loops below say what happens to a command and to what an order owes; they perform no I/O.
They are generators: each yields one :data:`Request` (load this, read that, write, call) and is
sent the answer, or is thrown the error. A driver of a few lines answers the requests, with blocking
calls or with awaited ones; both drivers run these same loops, so there is one order of steps to
reason about and to crash.

A command (:func:`submit_loop`):

    recall ──known──> the recorded result
      │
      load ── needs ── read ── decide ── write ──> done
      ^                                     │
      └── somebody was faster: twice, then once more with every other writer held out

An obligation (:func:`perform_loop`), each in this order so that a crash anywhere is safe:

    load ── lease (durable) ── call ── write the outcome; the lease ends in that same commit

A lease without an outcome means that somebody may have called and never told: then the port is
asked what became of it, or asked again under the same key where its idempotency covers that, and
otherwise a person is asked. Nothing is ever called anew on a guess.
"""

from collections.abc import Callable, Generator, Mapping
from typing import Any, Final, TypeVar, cast

import attrs

from ordercore.errors import Conflict, InvariantViolated, OutcomeUnknown, PortUnavailable, Rejected
from ordercore.grammar import (
    ROUNDS_MAX,
    Actor,
    ActorKind,
    Command,
    Context,
    Decision,
    Event,
    Facts,
    Need,
    Outcome,
    Unknown,
)
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant, seconds_after
from ordercore.orders import (
    STOCK_NEEDS,
    Order,
    OrderContext,
    OrderEffect,
    RecordAttempt,
    RecordOutcome,
    Rules,
    Submit,
    decide,
    fold,
    needs,
    outstanding,
    stream_of,
)
from ordercore.ports import ActingCapabilities, Commit, Lease, LeaseState, Receipt

__all__ = [
    "ENGINE_ACTOR",
    "Ask",
    "Environment",
    "GiveBack",
    "Hold",
    "Load",
    "Loaded",
    "LookUp",
    "Loop",
    "Read",
    "Recall",
    "Request",
    "Submission",
    "Submitted",
    "TakeLease",
    "Write",
    "perform_loop",
    "submit_loop",
]

#: How often a command is decided before the stock that it needs is held for it.
_RACES_MAX: Final = 2

#: How many obligations of one stream are performed in one go; the rest stays due.
_EFFECTS_MAX: Final = 1_000

#: Who acts where the engine acts by itself.
ENGINE_ACTOR: Final = Actor(ActorKind.SYSTEM, "engine")

_T = TypeVar("_T")


# --- what a driver is asked ------------------------------------------------------------------


@attrs.frozen
class Recall:
    """
    What was recorded under this command id? Answer: ``Receipt | None``.

    """

    command_id: CommandId


@attrs.frozen
class Load:
    """
    What is this order? Answer: :class:`Loaded`.

    """

    stream: StreamId


@attrs.frozen
class Loaded:
    """
    An order and the version of its stream.

    """

    version: int
    order: Order | None


@attrs.frozen
class Read:
    """
    Answer these needs as of an instant. Answer: a mapping from need to answer.

    """

    needs: tuple[Need[Any], ...]
    at: Instant


@attrs.frozen
class Hold:
    """
    Keep every other writer out until this loop ends. Answer: ``None``.

    """


@attrs.frozen
class Write:
    """
    Commit. Answer: ``Receipt``; thrown: ``Conflict``, ``Rejected``.

    """

    commit: Commit


@attrs.frozen
class TakeLease:
    """
    Lease an effect, durably. Answer: :class:`~ordercore.ports.Lease`.

    """

    stream: StreamId
    effect_key: str
    at: Instant
    until: Instant


@attrs.frozen
class GiveBack:
    """
    Give a lease back unused. Answer: ``None``.

    """

    effect_key: str


@attrs.frozen
class Ask:
    """
    Perform an effect through its port. Answer: an outcome; thrown: port errors.

    """

    effect: OrderEffect


@attrs.frozen
class LookUp:
    """
    Ask the port what became of an effect. Answer: ``Outcome | None``; thrown: port errors.

    """

    effect: OrderEffect


Request = Recall | Load | Read | Hold | Write | TakeLease | GiveBack | Ask | LookUp

Loop = Generator[Request, Any, _T]


# --- a command -------------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Environment:
    """
    What the loops know that does not change.

    Attributes:
        tenant: Whose orders.
        rules: The host's policies.
        clock: Says what time it is.
        lease_s: How long a call to a port may take before others may ask what became of it.
        capabilities: What the port of an effect promises about lost answers.
    """

    tenant: TenantId
    rules: Rules
    clock: Callable[[], Instant]
    lease_s: int
    capabilities: Callable[[OrderEffect], ActingCapabilities]


@attrs.frozen(kw_only=True)
class Submission:
    """
    A command and who submits it.

    Attributes:
        command: What is wanted.
        command_id: The caller's key: the same key is the same command.
        actor: Who acts.
        on_behalf_of: For whom, where an agent acts for a customer.
        expected_version: The version of the order that a person saw when deciding; None for facts
            and for whoever does not care.
    """

    command: Command
    command_id: CommandId
    actor: Actor = ENGINE_ACTOR
    on_behalf_of: str | None = None
    expected_version: int | None = None


@attrs.frozen(kw_only=True)
class Submitted:
    """
    What became of an accepted command.

    Attributes:
        command_id: Its key.
        stream: The stream it is about, or None for stock alone.
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


def submit_loop(env: Environment, submission: Submission) -> Loop[Submitted]:
    """
    Decide a command and record what it leads to, once.

    Raises:
        Rejected: The business says no; recorded under the key. ``key_reused`` is not: the key
            belongs to another command.
        Conflict: ``expected_version`` is not the present one; not recorded.
        PortUnavailable: A read port could not answer; not recorded.
    """
    known: Receipt | None = yield Recall(submission.command_id)
    if known is not None:
        return _replayed(submission, known)
    stream = stream_of(submission.command)
    facts = Facts()
    for race in range(_RACES_MAX + 1):
        last = race == _RACES_MAX
        if last:
            yield Hold()
        context = Context(
            at=env.clock(),
            actor=submission.actor,
            on_behalf_of=submission.on_behalf_of,
            command_id=submission.command_id,
            rules=env.rules,
        )
        loaded = Loaded(0, None) if stream is None else (yield Load(stream))
        if submission.expected_version not in {None, loaded.version}:
            raise Conflict(
                str(stream), expected=submission.expected_version or 0, actual=loaded.version
            )
        try:
            facts = yield from _gather(submission.command, loaded.order, facts, context)
            decision = decide(submission.command, loaded.order, facts, context)
        except Rejected as refusal:
            yield from _refuse(env, submission, context, stream, loaded, refusal)
            raise
        commit = _commit(env, submission, context, stream, loaded, decision)
        try:
            receipt: Receipt = yield Write(commit)
        except Conflict:
            if last:
                raise
        except Rejected as refusal:
            # A rule of the ledger: the facts about stock were out of date.
            if last:
                yield from _refuse(env, submission, context, stream, loaded, refusal)
                raise
            facts = facts.without(STOCK_NEEDS)
        else:
            if receipt is not commit.receipt:  # somebody recorded this key in between
                return _replayed(submission, receipt)
            return Submitted(
                command_id=submission.command_id,
                stream=stream,
                version=receipt.to_version,
                events=decision.events,
                reply=decision.reply,
            )
    raise InvariantViolated(f"{submission.command_id} lost a race while everyone was held out")


def _gather(
    command: Command, order: Order | None, facts: Facts, context: OrderContext
) -> Loop[Facts]:
    for _ in range(ROUNDS_MAX):
        missing = facts.missing(needs(command, order, facts, context))
        if not missing:
            return facts
        answers: Mapping[Need[Any], object] = yield Read(missing, context.at)
        facts = facts.and_also(answers)
    missing = facts.missing(needs(command, order, facts, context))
    if missing:
        raise InvariantViolated(f"{type(command).__name__} asks more than {ROUNDS_MAX} rounds")
    return facts


def _commit(
    env: Environment,
    submission: Submission,
    context: OrderContext,
    stream: StreamId | None,
    loaded: Loaded,
    decision: Decision[Any, Any],
) -> Commit:
    command = submission.command
    after = fold(decision.events, loaded.order)
    return Commit(
        tenant=env.tenant,
        receipt=Receipt(
            command_id=submission.command_id,
            command=command,
            at=context.at,
            stream=stream,
            from_version=loaded.version,
            to_version=loaded.version + len(decision.events),
            reply=decision.reply,
        ),
        events=decision.events,
        steps=decision.transfers,
        actor=submission.actor,
        on_behalf_of=submission.on_behalf_of,
        next_due=None if after is None else _next_due(after, context.at),
        settles=(command.effect_key,) if isinstance(command, RecordOutcome) else (),
    )


def _next_due(order: Order, at: Instant) -> Instant | None:
    due = [e.not_before or at for e in outstanding(order) if not e.waits_for_operator]
    return min(due, default=None)


def _refuse(
    env: Environment,
    submission: Submission,
    context: OrderContext,
    stream: StreamId | None,
    loaded: Loaded,
    refusal: Rejected,
) -> Loop[None]:
    receipt = Receipt(
        command_id=submission.command_id,
        command=submission.command,
        at=context.at,
        stream=stream,
        from_version=loaded.version,
        to_version=loaded.version,
        rejected=refusal,
    )
    yield Write(
        Commit(
            tenant=env.tenant,
            receipt=receipt,
            actor=submission.actor,
            on_behalf_of=submission.on_behalf_of,
            next_due=None if loaded.order is None else _next_due(loaded.order, context.at),
        )
    )


def _replayed(submission: Submission, receipt: Receipt) -> Submitted:
    """
    Answer a key that is known: the recorded result, if it is the same command.

    """
    field = _first_difference(receipt.command, submission.command)
    if field is not None:
        raise Rejected(
            "key_reused",
            f"{submission.command_id} was used for another command: {field} differs",
            data={"key": submission.command_id, "field": field},
            legal=("the same command again", "a new key"),
        )
    if receipt.rejected is not None:
        raise receipt.rejected
    return Submitted(
        command_id=receipt.command_id,
        stream=receipt.stream,
        version=receipt.to_version,
        events=(),
        reply=receipt.reply,
        repeated=True,
    )


def _first_difference(known: Command, again: Command) -> str | None:
    if type(known) is not type(again):
        return "command"
    names = (field.name for field in attrs.fields(cast("type[attrs.AttrsInstance]", type(known))))
    return next((name for name in names if getattr(known, name) != getattr(again, name)), None)


# --- an obligation ---------------------------------------------------------------------------


def perform_loop(env: Environment, stream: StreamId) -> Loop[int]:
    """
    Perform what an order owes and is due, each obligation at most once; returns how many.

    """
    tried: set[str] = set()
    for _ in range(_EFFECTS_MAX):
        loaded: Loaded = yield Load(stream)
        effect = _next_effect(loaded.order, env.clock(), tried)
        if effect is None:
            break
        tried.add(effect.key)
        if isinstance(effect, Submit):
            yield from _submit_own(env, stream, effect)
        else:
            yield from _perform(env, stream, loaded, effect)
    return len(tried)


def _next_effect(order: Order | None, at: Instant, tried: set[str]) -> OrderEffect | None:
    if order is None:
        return None
    for effect in outstanding(order):
        due = effect.not_before is None or effect.not_before <= at
        if due and not effect.waits_for_operator and effect.key not in tried:
            return effect
    return None


def _submit_own(env: Environment, stream: StreamId, effect: Submit) -> Loop[None]:
    submission = Submission(command=effect.command, command_id=CommandId(effect.key))
    try:
        yield from submit_loop(env, submission)
    except Rejected as refusal:
        yield from _record_attempt(env, stream, effect, f"refused: {refusal.code}", give_up=True)


def _perform(
    env: Environment, stream: StreamId, loaded: Loaded, effect: OrderEffect
) -> Loop[None]:
    at = env.clock()
    lease: Lease = yield TakeLease(stream, effect.key, at, seconds_after(at, env.lease_s))
    if lease.state is LeaseState.HELD:
        return
    outcome: Outcome | None = None
    if lease.state is LeaseState.INHERITED:
        learned = yield from _learn(env, effect, lease)
        if isinstance(learned, _Waiting):
            yield from _record_attempt(env, stream, effect, learned.reason, learned.give_up)
            return
        outcome = learned
    if outcome is None:
        called = yield from _call(env, effect, lease)
        if isinstance(called, _Waiting):
            yield from _record_attempt(env, stream, effect, called.reason, called.give_up)
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


def _call(env: Environment, effect: OrderEffect, lease: Lease) -> Loop[Outcome | _Waiting]:
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
    return _Waiting(outcome.reason) if found is None else found


def _learn(
    env: Environment, effect: OrderEffect, lease: Lease
) -> Loop[Outcome | _Waiting | None]:
    """
    Find out what became of a call that nobody told about; None says that calling again is safe.

    """
    promised = env.capabilities(effect)
    now = env.clock()
    if promised.lookup:
        found = yield from _look_up(env, effect)
        if found is not None:
            return found
        if now >= seconds_after(lease.tried_at, promised.settling_s):
            return None
        return _Waiting("not found yet, and too early to conclude that nothing was done")
    if now < seconds_after(lease.first_at, promised.idempotency_s):
        return None
    return _Waiting("the outcome is unknown and can't be asked for", give_up=True)


def _look_up(env: Environment, effect: OrderEffect) -> Loop[Outcome | None]:
    if not env.capabilities(effect).lookup:
        return None
    try:
        found: Outcome | None = yield LookUp(effect)
    except (PortUnavailable, OutcomeUnknown):
        return None
    return None if isinstance(found, Unknown) else found


def _record_outcome(
    env: Environment,
    stream: StreamId,
    loaded: Loaded,
    effect: OrderEffect,
    outcome: Outcome,
) -> Loop[None]:
    order = loaded.order
    assert order is not None  # noqa: S101 - an order that does not exist owes nothing
    tries = next((a.count for a in order.attempts if a.effect_key == effect.key), 0)
    yield from submit_loop(
        env,
        Submission(
            command=RecordOutcome(order_id=order.id, effect_key=effect.key, outcome=outcome),
            command_id=CommandId(f"{effect.key}/reply-{tries + 1}"),
        ),
    )
    after: Loaded = yield Load(stream)
    for still in outstanding(after.order) if after.order else ():
        if still.key == effect.key and not still.waits_for_operator:
            reason = f"{type(outcome).__name__} does not answer the request"
            yield from _record_attempt(env, stream, effect, reason, give_up=True)


def _record_attempt(
    env: Environment, stream: StreamId, effect: OrderEffect, reason: str, give_up: bool  # noqa: FBT001
) -> Loop[None]:
    loaded: Loaded = yield Load(stream)
    order = loaded.order
    assert order is not None  # noqa: S101 - an order that does not exist owes nothing
    tries = next((a.count for a in order.attempts if a.effect_key == effect.key), 0)
    command = RecordAttempt(
        order_id=order.id,
        effect_key=effect.key,
        attempt=tries + 1,
        reason=reason,
        give_up=give_up,
    )
    key = CommandId(f"{effect.key}/attempt-{loaded.version}")
    yield from submit_loop(env, Submission(command=command, command_id=key))
