"""
Rows of the SQLite store and the values they stand for.

Instants are whole microseconds since 1970 in UTC: exact, and ordered as integers. Ledger steps are
columns, not JSON: they are queried, audited and repaired by people with SQL at hand. Events,
commands and replies are the codec's.
"""

import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from ordercore.errors import InvalidData, InvariantViolated, Rejected
from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CommandId
from ordercore.instants import Instant
from ordercore.ledger import (
    Divide,
    Entry,
    ExpirePending,
    Hold,
    Merge,
    Movement,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    open_pending,
)

__all__ = [
    "Row",
    "actor_of",
    "entry_of",
    "from_us",
    "key_list",
    "pending_of",
    "pending_row",
    "refusal_of",
    "refusal_text",
    "step_row",
    "to_us",
    "to_us_or_none",
    "unstorable",
]

#: A row as the driver returns it, or as it is bound: columns of str, int and None.
Row = tuple[Any, ...]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


#: Writes a list of keys for a statement; made once, ``json.dumps`` would be slower.
key_list: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def to_us(value: Instant) -> int:
    """
    Return an instant as microseconds since 1970, exactly.

    """
    return (value - _EPOCH) // _MICROSECOND


def to_us_or_none(value: Instant | None) -> int | None:
    """
    Return an instant as microseconds since 1970, and None for none.

    """
    return None if value is None else (value - _EPOCH) // _MICROSECOND


def from_us(value: int) -> Instant:
    """
    Return the instant again.

    """
    return _EPOCH + timedelta(microseconds=value)


def _from_us_or_none(value: int | None) -> Instant | None:
    return None if value is None else _EPOCH + timedelta(microseconds=value)


@lru_cache(maxsize=1024)
def actor_of(kind: str, actor_id: str) -> Actor:
    """
    Return an actor; the same few act again and again.

    """
    return Actor(ActorKind(kind), actor_id)


def refusal_text(rejected: Rejected) -> str:
    """
    Write a refusal as JSON.

    """
    return json.dumps(
        {
            "code": rejected.code,
            "reason": rejected.reason,
            "data": dict(rejected.data),
            "legal": rejected.legal,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def refusal_of(text: str) -> Rejected:
    """
    Return the refusal again.

    """
    read: dict[str, Any] = json.loads(text)
    data: dict[str, Any] = read["data"]
    return Rejected(
        read["code"],
        read["reason"],
        data={k: tuple(v) if isinstance(v, list) else v for k, v in data.items()},  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] # JSON
        legal=tuple(read["legal"]),
    )


def step_row(tenant: str, position: int, at_us: int, step: Step, movement: Movement) -> Row:
    """
    Write a ledger step, with the accounts between which it has moved.

    """
    head = (tenant, position, at_us, _KINDS[type(step)], step.id, movement.source, movement.target)
    occurred = to_us(step.occurred_at)
    if isinstance(step, ExpirePending):
        return (*head, None, step.pending, None, None, None, None, None, None, occurred)
    tail = (step.reason, step.reference, occurred)
    if isinstance(step, Post):
        return (*head, step.amount, None, None, step.leave_at_least, None, None, *tail)
    if isinstance(step, Pend):
        expires, promised = to_us_or_none(step.expires_at), to_us_or_none(step.promised_at)
        return (*head, step.amount, None, None, step.leave_at_least, expires, promised, *tail)
    if isinstance(step, Merge):
        return (*head, None, None, json.dumps(step.pendings), None, None, None, *tail)
    if isinstance(step, Reverse):
        what = json.dumps([step.step])
        return (*head, None, None, what, step.leave_at_least, None, None, *tail)
    amount = step.amount if isinstance(step, PostPending) else None
    parts = json.dumps(step.parts) if isinstance(step, Divide) else None
    return (*head, amount, step.pending, parts, None, None, None, *tail)


_KINDS: Final[dict[type[Step], str]] = {
    Post: "post",
    Pend: "pend",
    PostPending: "post_pending",
    VoidPending: "void_pending",
    ExpirePending: "expire_pending",
    Divide: "divide",
    Merge: "merge",
    Reverse: "reverse",
}


def entry_of(row: Row) -> Entry:
    """
    Read a ledger step and where it stands in the log.

    Raises:
        InvariantViolated: The row is of no kind that this library writes.
    """
    return Entry(row[0], from_us(row[1]), _step_of(row))


def _step_of(row: Row) -> Step:
    (
        kind, step_id, source, target, amount, pending, parts,
        least, expires_at, promised_at, reason, reference, occurred_at,
    ) = row[2:]  # fmt: skip
    occurred = from_us(occurred_at)
    if kind == "post":
        return Post(step_id, source, target, amount, reason, reference, occurred, least)
    if kind == "pend":
        expires = _from_us_or_none(expires_at)
        promised = _from_us_or_none(promised_at)
        return Pend(
            step_id, source, target, amount, reason, reference, occurred, least, expires, promised
        )
    if kind == "post_pending":
        return PostPending(step_id, pending, amount, reason, reference, occurred)
    if kind == "void_pending":
        return VoidPending(step_id, pending, reason, reference, occurred)
    if kind == "expire_pending":
        return ExpirePending(step_id, pending, occurred)
    if kind == "divide":
        return Divide(step_id, pending, tuple(json.loads(parts)), reason, reference, occurred)
    if kind == "merge":
        return Merge(step_id, tuple(json.loads(parts)), reason, reference, occurred)
    if kind == "reverse":
        return Reverse(step_id, json.loads(parts)[0], reason, reference, occurred, least)
    raise InvariantViolated(f"ledger step {step_id} is recorded with the unknown kind {kind!r}")


def pending_row(tenant: str, hold: Hold) -> Row:
    """
    Write an open hold.

    """
    pending = open_pending(hold)
    return (
        tenant,
        pending.id,
        pending.source,
        pending.target,
        pending.amount,
        pending.reference,
        to_us_or_none(pending.expires_at),
        to_us(pending.promised_at),
    )


def pending_of(row: Row) -> OpenPending:
    """
    Read an open hold.

    """
    pending_id, source, target, amount, reference, expires_at, promised_at = row
    return OpenPending(
        pending_id,
        source,
        target,
        amount,
        reference,
        _from_us_or_none(expires_at),
        from_us(promised_at),
    )


def unstorable(command_id: CommandId, error: OverflowError | UnicodeEncodeError) -> InvalidData:
    """
    Say it in the library's words where the driver can't bind a value of a commit.

    A number lies outside 64 bits, or a text is no Unicode.
    """
    if isinstance(error, OverflowError):
        fault = "a number lies outside 64 bits: -2**63 to 2**63 - 1 can be stored"
    else:
        fault = f"a text holds {error.object[error.start : error.end]!r}, which is no Unicode"
    refusal = InvalidData(f"commit {command_id}", (fault,))
    refusal.__cause__ = error.with_traceback(None)
    return refusal
