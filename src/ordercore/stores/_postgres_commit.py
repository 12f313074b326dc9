"""
How a commit is written to PostgreSQL: what is locked, in which order, and what then holds.

**Without ledger steps** a commit is one statement, a transaction of its own. It compares the
stream's version by writing it (``... WHERE version = expected``); everything else it writes hangs
on that row having been written. PostgreSQL lets of two such statements one wait for the other and
look again, so one of them finds its version and the other none.

**With ledger steps** it is one transaction in two round trips: lock and read, then write. Locks are
taken in one order by every commit, so that no two ever wait for each other in a circle:

  1. the tenant's lock, shared among all commits; ``hold`` takes it alone
  2. the stream's row (made first where it is missing)
  3. the rows of judged accounts, the sources of guarded steps, in order of their ids
  4. the rows of holds, in order of their ids: those that are mentioned, and those of judged
     accounts that are due

Under READ COMMITTED each statement sees what was committed before it began, so what is read after a
lock was granted is what its last owner has left. The guard is judged on row and tail of a locked
account. A change of that account by a commit that does not judge it (goods arrive, a hold is
released) is appended to the tail without the lock; one that is committed later than our reading
counts as later, exactly as if it had come a moment after us. It can't break what we have judged:
whatever could take too much is guarded, and hence waits for the lock; an unguarded fact (what was
found missing in a count) may take what it takes at any time, before or after.

A key that another transaction wrote between our reading and our writing (the same command or step
at the same moment) violates a unique constraint; then nothing is written, and all is done again.
The second time it is found. A deadlock, which only callers with crossing step ids can cause, is
treated alike.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from ordercore.errors import Conflict, InvariantViolated
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import Step, apply_batch
from ordercore.ports import Codec, Commit, Receipt
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_ledger import JudgedRows, Mentioned, NotReadError
from ordercore.stores._postgres_work import Attempts, Statement, Work
from ordercore.stores._rows import Row, from_us, refusal_of, refusal_text, to_us, to_us_or_none

__all__ = ["Committing", "lock_number"]

#: Names and texts of events.
Bodies = Sequence[tuple[str, str]]

#: How often the rules may ask for rows that nobody foresaw.
_ASK_MAX: Final = 10_000


def lock_number(tenant: TenantId, of: str = "tenant") -> int:
    """
    Return the number of a tenant's advisory lock. Two tenants that share one merely wait more.

    """
    digest = blake2b(f"ordercore {of} {tenant}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class Committing:
    """
    Writes commits and reads receipts.

    """

    __slots__ = ("_codec", "_tenants")

    def __init__(self, codec: Codec) -> None:
        self._codec: Final = codec
        self._tenants: Final[dict[TenantId, int]] = {}

    def commit(self, commit: Commit, attempts: Attempts) -> Work[Receipt]:
        """
        Write a commit, or return the receipt recorded under its command id before.

        A connection may be lost so late that nobody knows whether this was written. Then the
        receipt that is found when it is done again is its own, where it is the same in all.
        """
        bodies = [self._codec.encode(event) for event in commit.events]
        receipt = self._receipt_row(commit.tenant, commit.receipt)
        if commit.steps and commit.receipt.rejected is None:
            return (yield from self._commit_steps(commit, bodies, receipt, attempts))
        return (yield from self._commit_alone(commit, bodies, receipt, attempts))

    def receipts(
        self, tenant: TenantId, command_ids: Sequence[CommandId]
    ) -> Work[dict[CommandId, Receipt]]:
        """
        Return what was recorded under command ids.

        """
        ((*rows,),) = yield (Statement(sql.RECEIPTS, (tenant, list(command_ids))),)
        return {row[0]: self._receipt_of(row) for row in rows}

    # --- without ledger steps -----------------------------------------------------------------

    def _commit_alone(
        self, commit: Commit, bodies: Bodies, receipt_row: Row, attempts: Attempts
    ) -> Work[Receipt]:
        receipt, tenant = commit.receipt, commit.tenant
        if attempts.again:  # another transaction wrote a key of ours: most likely this very command
            known = yield from self.receipts(tenant, (receipt.command_id,))
            if receipt.command_id in known:
                return _told(receipt, known[receipt.command_id], attempts)
        root: sql.Root = "receipt"
        keys: Row = receipt_row
        parts: list[tuple[sql.Part, Row]] = []
        if receipt.stream is not None and receipt.rejected is None:
            root = "later" if receipt.from_version else "new"
            keys = _stream_keys(commit, receipt.stream)
            parts.append(("receipt", receipt_row))
        parts.extend(self._parts(commit, bodies))
        text = sql.writing(root, tuple(name for name, _ in parts), alone=True)
        bound = (self._lock(tenant), *keys, *(key for _, part in parts for key in part))
        attempts.sent = True
        (((written,),),) = yield (Statement(text, bound),)
        attempts.sent = False
        if written:
            return receipt
        known = yield from self.receipts(tenant, (receipt.command_id,))
        if receipt.command_id in known:
            return _told(receipt, known[receipt.command_id], attempts)
        stream = receipt.stream or ""
        (rows,) = yield (Statement(sql.VERSION_OF, (tenant, stream)),)
        raise Conflict(stream, expected=receipt.from_version, actual=rows[0][0] if rows else 0)

    # --- with ledger steps --------------------------------------------------------------------

    def _commit_steps(
        self, commit: Commit, bodies: Bodies, receipt_row: Row, attempts: Attempts
    ) -> Work[Receipt]:
        receipt, tenant, stream = commit.receipt, commit.tenant, commit.receipt.stream
        mentioned = Mentioned(commit.steps)
        if mentioned.reversed:
            yield from self._foresee_reversals(tenant, mentioned)
        head = [Statement(sql.BEGIN), Statement(sql.LOCK_SHARED, (self._lock(tenant),))]
        if stream is not None:
            if receipt.from_version == 0:
                head.append(Statement(sql.MAKE_STREAMS, (tenant, [stream])))
            head.append(Statement(sql.LOCK_STREAMS, (tenant, [stream])))
        locks = mentioned.locks(tenant, receipt.at)
        known = Statement(sql.RECEIPTS, (tenant, [receipt.command_id]))
        rows = yield (*head, *locks, *mentioned.reads(tenant), known)
        if rows[-1]:
            yield (Statement(sql.ROLLBACK),)
            return _told(receipt, self._receipt_of(rows[-1][0]), attempts)
        if stream is not None:
            found = rows[len(head) - 1]
            version = found[0][1] if found else 0
            if version != receipt.from_version:
                raise Conflict(stream, expected=receipt.from_version, actual=version)
        table = JudgedRows()
        table.fill(mentioned, rows[len(head) : -1])
        if not table.guards(mentioned):  # what is to be reversed was recorded a moment ago
            yield (Statement(sql.ROLLBACK),)
            return (yield from self._commit_steps(commit, bodies, receipt_row, attempts))
        yield from self._judge(commit.steps, table, tenant, receipt.at)
        root: sql.Root = "none" if stream is None else "later"
        keys = () if stream is None else _stream_keys(commit, stream)
        parts = [
            ("receipt", receipt_row),
            *self._parts(commit, bodies),
            *table.written(tenant, receipt.at),
        ]
        text = sql.writing(root, tuple(name for name, _ in parts), alone=False)
        bound = (*keys, *(key for _, part in parts for key in part))
        attempts.sent = True
        ((written,),), *_ = yield (Statement(text, bound), Statement(sql.COMMIT))
        attempts.sent = False
        if not written:
            raise InvariantViolated(f"store: {stream} was locked and has not been written")
        return receipt

    def _foresee_reversals(self, tenant: TenantId, mentioned: Mentioned) -> Work[None]:
        """
        Find out which accounts guarded reversals will judge; a recorded step never changes.

        """
        (rows,) = yield (Statement(sql.TRANSFERS_OF_IDS, (tenant, mentioned.reversed)),)
        mentioned.judged.update(row[7] for row in rows)

    def _judge(
        self, steps: tuple[Step, ...], table: JudgedRows, tenant: TenantId, at: Instant
    ) -> Work[None]:
        for _ in range(_ASK_MAX):
            try:
                apply_batch(steps, table, at)
            except NotReadError as asked:
                yield from read_more(table, tenant, (asked,))
            else:
                return
        raise InvariantViolated(f"store: a batch asks for more than {_ASK_MAX} rows one by one")

    # --- rows ---------------------------------------------------------------------------------

    def _parts(self, commit: Commit, bodies: Bodies) -> list[tuple[sql.Part, Row]]:
        tenant, receipt, actor = commit.tenant, commit.receipt, commit.actor
        parts: list[tuple[sql.Part, Row]] = []
        if tenant not in self._tenants:
            parts.append(("tenant", (tenant,)))
        if bodies:
            names, texts = (list(column) for column in zip(*bodies, strict=True))
            keys = (
                tenant, receipt.stream, receipt.from_version, to_us(receipt.at),
                receipt.command_id, actor.kind.value, actor.id, commit.on_behalf_of, names, texts,
            )  # fmt: skip
            parts.append(("events", keys))
            known_as = sorted({name for event in commit.events for name in event.references})
            if known_as:
                parts.append(("known_as", (tenant, receipt.stream, known_as)))
        if commit.settles:
            parts.append(("leases", (tenant, list(commit.settles))))
        return parts

    def remember(self, tenant: TenantId) -> None:
        """
        Note that a tenant is listed: a commit of it has come to its end.

        """
        self._tenants.setdefault(tenant, lock_number(tenant))

    def _lock(self, tenant: TenantId) -> int:
        return self._tenants.get(tenant) or lock_number(tenant)

    def _receipt_row(self, tenant: TenantId, receipt: Receipt) -> Row:
        reply_name = reply = None
        if receipt.reply is not None:
            reply_name, reply = self._codec.encode(receipt.reply)
        return (
            tenant,
            receipt.command_id,
            to_us(receipt.at),
            receipt.stream,
            receipt.from_version,
            receipt.to_version,
            *self._codec.encode(receipt.command),
            reply_name,
            reply,
            None if receipt.rejected is None else refusal_text(receipt.rejected),
        )

    def _receipt_of(self, row: Row) -> Receipt:
        command_id, at, stream, from_version, to_version, name, command, *rest = row
        reply_name, reply, rejected = rest
        return Receipt(
            command_id=command_id,
            command=self._codec.decode(name, command),  # type: ignore[arg-type]  # as encoded
            at=from_us(at),
            stream=stream,
            from_version=from_version,
            to_version=to_version,
            reply=None if reply_name is None else self._codec.decode(reply_name, reply),
            rejected=None if rejected is None else refusal_of(rejected),
        )


def read_more(table: JudgedRows, tenant: TenantId, asked: Sequence[NotReadError]) -> Work[None]:
    """
    Fetch rows that the rules have asked for.

    """
    steps = [error.step for error in asked if error.step is not None]
    ended = [error.ended for error in asked if error.ended is not None]
    found_steps, found_endings = yield (
        Statement(sql.TRANSFERS_OF_IDS, (tenant, steps)),
        Statement(sql.ENDINGS_OF, (tenant, ended)),
    )
    table.fill_steps(steps, found_steps)
    table.fill_endings(ended, found_endings)


def _told(receipt: Receipt, recorded: Receipt, attempts: Attempts) -> Receipt:
    return receipt if attempts.unknown and recorded == receipt else recorded


def _stream_keys(commit: Commit, stream: StreamId) -> tuple[Any, ...]:
    receipt = commit.receipt
    return (
        commit.tenant,
        stream,
        receipt.from_version,
        receipt.to_version,
        to_us_or_none(commit.next_due),
    )
