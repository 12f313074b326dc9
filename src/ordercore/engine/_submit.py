"""
The loop of a command, as data.

The loops of the engine say what happens to a command and to what a stream owes; they perform no
I/O. They are generators: each yields a request (call this method of the store, of a port) and is
sent the answer, or is thrown the error; see ``_requests``. A driver of a few lines answers, with
blocking calls or with awaited ones; every driver runs these same loops, so there is one order of
steps to reason about and to crash.

    kept ── needs ── read ── decide ── write ──> done
      │ none, or others have moved on         │
    recall ──known──> the recorded result     │
      │                                       │
      load ── needs ── read ── decide ── write ──> done
      ^                                     │
      └── somebody was faster: twice, then once more with every other writer held out

Deciding happens outside of any transaction, on facts that may be out of date; the write checks the
stream's version and the ledger's guards in one. The third time all others are held out, so that a
shortage ends as a refusal with true numbers and never as a lost race.

A stream that this process has seen is first decided on as it was then: the write checks key and
version all the same. A refusal or an error that comes of it counts once both have been read.
"""

from typing import Any, Final

import attrs

from ordercore.engine._environment import Environment
from ordercore.engine._observing import Attributes, observed
from ordercore.engine._replaying import replayed
from ordercore.engine._requests import Hold, Loaded, Loop, Submission, Submitted
from ordercore.engine._settling import settled
from ordercore.errors import Conflict, InvariantViolated, OrderCoreError, Rejected
from ordercore.grammar import (
    ROUNDS_MAX,
    CommandFamily,
    Context,
    Decision,
    Effect,
    Facts,
)
from ordercore.ids import StreamId
from ordercore.instants import Instant
from ordercore.orders import OrderContext
from ordercore.ports import Commit, Receipt

__all__ = [
    "Attempt",
    "Decided",
    "attempt_loop",
    "decide_loop",
    "gather_loop",
    "submit_loop",
]

#: How often a command is decided before the stock that it needs is held for it.
_RACES_MAX: Final = 2

_NO_STREAM: Final = Loaded(0, None)


def submit_loop(env: Environment, submission: Submission) -> Loop[Submitted]:
    """
    Decide a command and record what it leads to, once.

    Raises:
        Rejected: The business says no; recorded under the key. ``key_reused`` is not: the key
            belongs to another command.
        Conflict: ``expected_version`` is not the present one; not recorded.
        PortUnavailable: A read port could not answer; not recorded.
    """
    return observed(
        env.observer,
        "ordercore.submit",
        lambda: _about(env, submission),
        _submit(env, submission),
        lambda submitted: {
            "version": submitted.version,
            "events": len(submitted.events),
            "repeated": int(submitted.repeated),
        },
    )


def _about(env: Environment, submission: Submission) -> Attributes:
    command = submission.command
    stream = env.kinds.of_command(command).stream_of(command)
    return {"tenant": env.tenant, "command": type(command).__name__, "stream": stream or ""}


def _submit(env: Environment, submission: Submission) -> Loop[Submitted]:
    family = env.kinds.of_command(submission.command)
    stream = family.stream_of(submission.command)
    race = _Race(env, submission, family, stream)
    if stream is not None and (kept := env.streams.kept(stream)) is not None:
        guessed = yield from _guess(race, stream, kept)
        if guessed is not None:
            return env.noted.note(guessed)
    if not submission.minted:
        known = yield from env.streams.recall(submission.command_id)
        if known is not None:
            return replayed(submission, known)
    facts = Facts()
    for _ in range(_RACES_MAX):
        found = yield from _run(race, facts)
        if isinstance(found, Submitted):
            return env.noted.note(found)
        facts = found
    found = yield from Hold(_run(race, facts, last=True))
    if isinstance(found, Submitted):
        return env.noted.note(found)
    raise InvariantViolated(f"{submission.command_id} lost a race while everyone was held out")


@attrs.frozen
class _Race:
    """
    What is the same every time that a command is decided anew.

    """

    env: Environment
    submission: Submission
    family: CommandFamily
    stream: StreamId | None


def _guess(race: _Race, stream: StreamId, kept: Loaded) -> Loop[Submitted | None]:
    """
    Decide on a state that others may have moved on from, under a key that may be known.

    The write finds out whether either is so. What is not to be written is an answer only once key
    and version have been read; None where it has to be decided anew.
    """
    streams, submission = race.env.streams, race.submission
    attempt = _attempt_on(race, kept)
    try:
        attempt.check_expected_version()
        decided = attempt.decide((yield from gather_loop(attempt, Facts())))
    except OrderCoreError as error:
        known = yield from streams.recall(submission.command_id)
        if known is not None:
            return replayed(submission, known)
        present = yield from streams.load(stream)
        if present.version != kept.version:
            return None
        if not isinstance(error, Rejected):
            raise
        return replayed(submission, (yield from streams.write(attempt.refused(error))))
    try:
        receipt = yield from streams.write(decided.commit, decided.after)
    except (Conflict, Rejected):
        return None
    return decided.submitted(receipt)


def _run(race: _Race, facts: Facts, *, last: bool = False) -> Loop[Submitted | Facts]:
    """
    Decide and write once; where somebody was faster, return the facts that still hold.

    """
    write = race.env.streams.write
    attempt = yield from _attempt(race)
    try:
        facts = yield from gather_loop(attempt, facts)
        decided = attempt.decide(facts)
    except Rejected as refusal:
        if not last and (yield from _moved_on(race, attempt)):
            # Facts that were read later than the state make a refusal that was never true.
            return facts.without(race.family.contested)
        # Who was faster under this very key may have done what is refused here: theirs counts.
        return replayed(race.submission, (yield from write(attempt.refused(refusal))))
    try:
        # What is written while others are held out is durable only when the hold ends.
        receipt = yield from write(decided.commit, None if last else decided.after)
    except Conflict:
        if last or race.submission.expected_version is not None:
            raise
        # Whoever was first has changed what the stream's own commands go by.
        return facts.without(race.family.contested)
    except Rejected as refusal:
        # A rule of the ledger: the facts about stock were out of date.
        if last:
            return replayed(race.submission, (yield from write(attempt.refused(refusal))))
        return facts.without(race.family.contested)
    return decided.submitted(receipt)


def _moved_on(race: _Race, attempt: "Attempt") -> Loop[bool]:
    if race.stream is None or race.submission.expected_version is not None:
        return False
    present = yield from race.env.streams.load(race.stream)
    return present.version != attempt.loaded.version


def decide_loop(env: Environment, submission: Submission) -> "Loop[Submitted | Decided]":
    """
    Decide a command and leave the writing to the caller, who writes several at once.

    Returns:
        What is to be written; or the recorded result, where the key is known.

    Raises:
        Rejected: As things stand the business says no; not recorded.
    """
    known = yield from env.streams.recall(submission.command_id)
    if known is not None:
        return replayed(submission, known)
    attempt = yield from attempt_loop(env, submission)
    return attempt.decide((yield from gather_loop(attempt, Facts())))


def attempt_loop(env: Environment, submission: Submission) -> "Loop[Attempt]":
    """
    Begin to decide a command on the state of its stream as it is now.

    Raises:
        Conflict: ``expected_version`` is not the present one.
    """
    family = env.kinds.of_command(submission.command)
    stream = family.stream_of(submission.command)
    return (yield from _attempt(_Race(env, submission, family, stream)))


@attrs.frozen
class Decided:
    """
    A decision that is not written yet.

    Attributes:
        submission: On what.
        decision: What was decided.
        commit: What is to be written.
        after: The stream's state once it is.
    """

    submission: Submission
    decision: Decision[Any, Any]
    commit: Commit
    after: object

    def submitted(self, receipt: Receipt) -> Submitted:
        """
        Tell the result of writing it, from what the store has answered.

        """
        if receipt is not self.commit.receipt:  # somebody recorded this key in between
            return replayed(self.submission, receipt)
        return Submitted(
            command_id=self.submission.command_id,
            stream=receipt.stream,
            version=receipt.to_version,
            events=self.decision.events,
            reply=self.decision.reply,
        )


def _attempt(race: _Race) -> "Loop[Attempt]":
    env, stream = race.env, race.stream
    loaded = _NO_STREAM if stream is None else (yield from env.streams.load(stream))
    attempt = _attempt_on(race, loaded)
    attempt.check_expected_version()
    return attempt


def _attempt_on(race: _Race, loaded: Loaded) -> "Attempt":
    context = _context(race.env, race.submission)
    return Attempt(race.env, race.submission, race.family, context, race.stream, loaded)


@attrs.frozen
class Attempt:
    """
    One try to decide a command: on which state, at which instant.

    """

    env: Environment
    submission: Submission
    family: CommandFamily
    context: OrderContext
    stream: StreamId | None
    loaded: Loaded

    @property
    def at(self) -> Instant:
        return self.context.at

    def check_expected_version(self) -> None:
        expected = self.submission.expected_version
        if expected not in {None, self.loaded.version}:
            raise Conflict(str(self.stream), expected=expected or 0, actual=self.loaded.version)

    def decide(self, facts: Facts) -> Decided:
        """
        Decide, and say what is to be written.

        Raises:
            Rejected: As things stand the business says no; not recorded.
        """
        command, state = self.submission.command, self.loaded.state
        decision = self.family.decide(command, state, facts, self.context)
        after = decision.leads_to
        if after is None:
            after = self.family.fold(decision.events, state)
        return Decided(self.submission, decision, self._commit(decision, after), after)

    def _commit(self, decision: Decision[Any, Any], after: object) -> Commit:
        command, version = self.submission.command, self.loaded.version
        owed = self.family.owed(after)
        receipt = Receipt(
            command_id=self.submission.command_id,
            command=command,
            at=self.at,
            stream=self.stream,
            from_version=version,
            to_version=version + len(decision.events),
            reply=decision.reply,
        )
        return Commit(
            tenant=self.env.tenant,
            receipt=receipt,
            events=decision.events,
            steps=decision.transfers,
            actor=self.submission.actor,
            on_behalf_of=self.submission.on_behalf_of,
            next_due=_next_due(owed, self.at),
            settles=settled(self.env, command, self.family.owed(self.loaded.state), owed),
            waits=sum(effect.waits_for_operator for effect in owed),
            snapshot=self.env.snapshots.due(self.family, receipt, after),
        )

    def refused(self, refusal: Rejected) -> Commit:
        """
        Return what records a refusal.

        """
        return Commit(
            tenant=self.env.tenant,
            receipt=Receipt(
                command_id=self.submission.command_id,
                command=self.submission.command,
                at=self.at,
                stream=self.stream,
                from_version=self.loaded.version,
                to_version=self.loaded.version,
                rejected=refusal,
            ),
            actor=self.submission.actor,
            on_behalf_of=self.submission.on_behalf_of,
        )


def _context(env: Environment, submission: Submission) -> OrderContext:
    return Context(
        at=env.clock(),
        actor=submission.actor,
        on_behalf_of=submission.on_behalf_of,
        command_id=submission.command_id,
        rules=env.rules,
    )


def gather_loop(attempt: Attempt, facts: Facts) -> Loop[Facts]:
    """
    Read what a command needs beyond what is known.

    """
    command, state = attempt.submission.command, attempt.loaded.state
    needs = attempt.family.needs
    for _ in range(ROUNDS_MAX):
        asked = needs(command, state, facts, attempt.context)
        missing = facts.missing(asked) if asked else ()
        if not missing:
            return facts
        facts = facts.and_also((yield from attempt.env.reader.answer(missing, attempt.at)))
    if facts.missing(needs(command, state, facts, attempt.context)):
        raise InvariantViolated(f"{type(command).__name__} asks more than {ROUNDS_MAX} rounds")
    return facts


def _next_due(owed: tuple[Effect, ...], at: Instant) -> Instant | None:
    due = [effect.not_before or at for effect in owed if not effect.waits_for_operator]
    return min(due, default=None)
