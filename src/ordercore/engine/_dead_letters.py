"""
Dead letters: what nobody does, or tries again, until a person has decided.

A stream's state says that an effect waits; its history says why and since when. So nothing is kept
beside the streams but a mark by which they are found, and a letter is as true as its stream. All
kinds of streams are told alike, by what they owe.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import attrs

from ordercore.engine._driver import Driver
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._requests import Call, Loop
from ordercore.errors import InvalidData, Rejected
from ordercore.fulfillment import AskLabel
from ordercore.grammar import (
    Aggregate,
    AskPerson,
    AttemptFailed,
    Command,
    Effect,
    EffectRetried,
    OperatorNeeded,
    Recorded,
    Submit,
    Unknown,
)
from ordercore.ids import CommandId, StreamId, TenantId, order_stream
from ordercore.instants import Instant
from ordercore.money import Money
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import OpenLease, Store

__all__ = ["DeadLetter", "dead_letters", "leases_loop", "letters_loop", "redrive_loop"]

_PAGE: Final = 500
#: How many letters are named to somebody who asked for one that is not there.
_NAMED_MAX: Final = 5

_ASKED: Final[dict[type[Effect], tuple[str, str]]] = {
    AskAuthorization: ("authorize", "payments"),
    AskCapture: ("capture", "payments"),
    AskVoid: ("void", "payments"),
    AskRefund: ("refund", "payments"),
    AskLabel: ("buy label", "carrier"),
}


@attrs.frozen(kw_only=True)
class DeadLetter:
    """
    What waits for a person: an effect that was given up, or a notice that was set aside.

    Attributes:
        stream: Who owes it.
        kind: The kind of that stream (``order``).
        own_id: Its id (``O-1``).
        effect_key: The effect's key, by which a provider knows it too.
        what: What is owed: ``capture``, ``buy label``, ``submit CancelUnits``,
            ``webhook capture``.
        port: Who would perform it: ``payments``, ``carrier``, ``engine``; "" for another, or where
            there is nothing to perform.
        amount: About which amount; None where it is about none.
        reason: Why it was given up, or set aside.
        attempts: How often it was tried in vain since a person last let it.
        since: Since when it waits.
        given_up_at: The version of the stream that says so.
        may: The commands that end the waiting: ``retry``; for what was asked of the world, the one
            that tells what became of it; for a notice, the one that dismisses it.
        retry: The command that lets it be tried again; None where its kind knows none.
        lease: The open lease: somebody called, and what came of it was never learned. None where
            it certainly was not done.
    """

    stream: StreamId
    kind: str
    own_id: str
    effect_key: str
    what: str
    port: str
    amount: Money | None
    reason: str
    attempts: int
    since: Instant
    given_up_at: int
    may: tuple[str, ...]
    retry: Command | None
    lease: OpenLease | None

    @property
    def command_id(self) -> CommandId:
        """
        The key under which trying again is submitted: the same for ever for this giving up.

        """
        return _redrive_key(self.effect_key, self.given_up_at)


def dead_letters(
    store: Store, tenant: TenantId, kinds: Kinds = KINDS, *, after: str = "", limit: int = 100
) -> tuple[DeadLetter, ...]:
    """
    List what waits for a person, in order of stream.

    Args:
        store: Any store.
        tenant: Whose.
        kinds: Which kinds of streams there are; others are left out, an audit names them.
        after: Only streams beyond this one: the last one of the page before.
        limit: Of how many streams at most.

    Cost: O(events of these streams + open leases).
    """
    loop = letters_loop(store, tenant, kinds, after=after, limit=limit)
    return Driver(store, tenant).drive(loop)


def letters_loop(
    store: Store, tenant: TenantId, kinds: Kinds, *, after: str, limit: int
) -> Loop[tuple[DeadLetter, ...]]:
    """
    List what waits for a person; see :func:`dead_letters`.

    """
    found = yield from Call(store.waiting, tenant, after, limit)
    waiting = [stream for stream in found if kinds.drives(stream)]
    if not waiting:
        return ()
    leases = {lease.effect_key: lease for lease in (yield from leases_loop(store, tenant))}
    letters: list[DeadLetter] = []
    for stream in waiting:
        history = yield from Call(store.load, tenant, stream)
        letters.extend(_letters(kinds.of_stream(stream), stream, history, leases))
    return tuple(letters)


def leases_loop(store: Store, tenant: TenantId) -> Loop[list[OpenLease]]:
    """
    Return a tenant's open leases, read page by page.

    """
    found: list[OpenLease] = []
    after = ""
    while page := (yield from Call(store.leases, tenant, after, _PAGE)):
        found.extend(page)
        after = page[-1].effect_key
    return found


def redrive_loop(
    store: Store, tenant: TenantId, kinds: Kinds, effect_key: str
) -> Loop[tuple[Command, CommandId]]:
    """
    Return the command that lets an effect be tried again, and the key for it.

    The key names the last giving up, so the same wish is carried out once, however often it comes.

    Raises:
        Rejected: ``unknown_dead_letter``: nothing of that key was ever given up.
    """
    for stream in _owners(kinds, effect_key):
        history = yield from Call(store.load, tenant, stream)
        aggregate = kinds.of_stream(stream)
        given_up = _given_up(aggregate, history, effect_key)
        answers = aggregate.answers
        if given_up is None or answers is None or answers.retry is None:
            continue
        state = aggregate.fold(recorded.event for recorded in history)
        key = _redrive_key(effect_key, given_up.version)
        return answers.retry(state, effect_key), key
    some = yield from letters_loop(store, tenant, kinds, after="", limit=_NAMED_MAX)
    raise Rejected(
        "unknown_dead_letter",
        f"{effect_key} has never waited for a person",
        data={"key": effect_key},
        legal=tuple(letter.effect_key for letter in some[:_NAMED_MAX]) or ("nothing waits",),
    )


def _owners(kinds: Kinds, effect_key: str) -> Iterator[StreamId]:
    """
    Name the streams that an effect's key may belong to: keys begin with their stream's name.
    """
    first, _, rest = effect_key.partition("/")
    yield order_stream(first)
    named = StreamId(f"{first}/{rest.partition('/')[0]}")
    if kinds.drives(named):
        yield named


def _redrive_key(effect_key: str, given_up_at: int) -> CommandId:
    return CommandId(f"{effect_key}/redrive-{given_up_at}")


def _letters(
    aggregate: Aggregate[object],
    stream: StreamId,
    history: Sequence[Recorded],
    leases: dict[str, OpenLease],
) -> Iterator[DeadLetter]:
    state = aggregate.fold(recorded.event for recorded in history)
    for effect in aggregate.owed(state):
        if not effect.waits_for_operator or state is None:
            continue
        given_up = _given_up(aggregate, history, effect.key)
        if given_up is None:
            continue
        retry = _retry(aggregate, state, effect)
        what, port = _what(effect)
        yield DeadLetter(
            stream=stream,
            kind=aggregate.kind,
            own_id=stream.partition("/")[2],
            effect_key=effect.key,
            what=what,
            port=port,
            amount=_amount(effect),
            reason=_reason(effect, given_up),
            attempts=_attempts(history, effect.key),
            since=given_up.recorded_at,
            given_up_at=given_up.version,
            may=_may(aggregate, state, effect, retry),
            retry=retry,
            lease=leases.get(effect.key),
        )


def _given_up(
    aggregate: Aggregate[object], history: Sequence[Recorded], effect_key: str
) -> Recorded | None:
    """
    Return what left an effect to a person the last time, whether or not it waits still.

    """
    said = _last(history, OperatorNeeded, effect_key)
    if said is not None:
        return said
    state: object = None
    waited = False
    for recorded in history:
        state = aggregate.evolve(state, recorded.event)
        owed = aggregate.outstanding(state)
        waits = any(isinstance(e, AskPerson) and e.key == effect_key for e in owed)
        if waits and not waited:
            said = recorded
        waited = waits
    return said


def _reason(effect: Effect, given_up: Recorded) -> str:
    if isinstance(effect, AskPerson):
        return effect.reason
    return given_up.event.reason if isinstance(given_up.event, OperatorNeeded) else ""


def _last(history: Sequence[Recorded], kind: type, effect_key: str) -> Recorded | None:
    return next(
        (
            recorded
            for recorded in reversed(history)
            if isinstance(recorded.event, kind)
            and getattr(recorded.event, "effect_key", "") == effect_key
        ),
        None,
    )


def _attempts(history: Sequence[Recorded], effect_key: str) -> int:
    let = _last(history, EffectRetried, effect_key)
    since = 0 if let is None else let.version
    return sum(
        recorded.version > since
        and isinstance(recorded.event, AttemptFailed | OperatorNeeded)
        and recorded.event.effect_key == effect_key
        for recorded in history
    )


def _what(effect: Effect) -> tuple[str, str]:
    if isinstance(effect, AskPerson):
        return effect.what, ""
    if isinstance(effect, Submit):
        return f"submit {type(effect.command).__name__}", "engine"
    return _ASKED.get(type(effect), (type(effect).__name__, ""))


def _amount(effect: Effect) -> Money | None:
    if isinstance(effect, AskAuthorization | AskCapture | AskVoid | AskRefund):
        return Money(effect.amount_minor, effect.currency)
    if isinstance(effect, AskPerson) and effect.amount_minor is not None:
        return Money(effect.amount_minor, effect.currency)
    return None


def _retry(aggregate: Aggregate[object], state: object, effect: Effect) -> Command | None:
    answers = aggregate.answers
    if answers is None or answers.retry is None:
        return None
    return answers.retry(state, effect.key)


def _may(
    aggregate: Aggregate[object], state: object, effect: Effect, retry: Command | None
) -> tuple[str, ...]:
    names = [] if retry is None else [type(retry).__name__]
    if isinstance(effect, AskPerson):
        return (*names, *effect.ends)
    if aggregate.answers is not None and not isinstance(effect, Submit):
        try:
            told = aggregate.answers.outcome(state, effect.key, Unknown(reason="asked"))
        except InvalidData:
            return tuple(names)
        names.append(type(told).__name__)
    return tuple(names)
