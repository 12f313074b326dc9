"""
How a commit is written to PostgreSQL: what is locked, in which order, and what then holds.

**Without ledger steps** a commit is one statement, a transaction of its own. It compares the
stream's version by writing it (``... WHERE version = expected``); everything else it writes hangs
on that row having been written. PostgreSQL lets of two such statements one wait for the other and
look again, so one of them finds its version and the other none.

**With ledger steps**, and in a group, it is one transaction in two round trips: lock and read, then
write. Locks are taken in one order by every commit, tenant by tenant, so that no two ever wait for
each other in a circle:

  1. the tenant's lock, shared among all commits; ``hold`` takes it alone
  2. the rows of streams, in order of their ids (made first where one is missing)
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

What PostgreSQL can't hold (a number beyond 64 bits, a text with a NUL) it finds out when it is
sent. A group in which that happens is undone as a whole, and its commits are written one by one, so
that the culprit is refused and its neighbors do not notice.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeVar

from ordercore.errors import Conflict
from ordercore.ids import CommandId, TenantId
from ordercore.ledger import AccountId
from ordercore.ports import Codec, Commit, CommitRefusal, Receipt
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._check import check_commit
from ordercore.stores._judging import Screened, judge, outcome, screen
from ordercore.stores._postgres_group import Group, Plan, Prepared, kept
from ordercore.stores._postgres_ledger import Parts, columns, lock_number
from ordercore.stores._postgres_promising import Promising
from ordercore.stores._postgres_work import Attempts, Rows, Statement, Work
from ordercore.stores._rows import Row, from_us, refusal_of, refusal_text, to_us, to_us_or_none

__all__ = ["Committing", "Prepared"]


class Committing:
    """
    Writes commits and reads receipts.

    """

    __slots__ = ("_codec", "_promising", "_tenants")

    def __init__(self, codec: Codec) -> None:
        self._codec: Final = codec
        self._tenants: Final[dict[TenantId, int]] = {}
        self._promising: Final = Promising()

    def screen(self, commits: Sequence[Commit]) -> Screened[Prepared]:
        """
        Refuse the commits that are wrong by themselves; write the others as texts.

        """
        return screen(commits, self.prepared)

    def prepared(self, commit: Commit) -> Prepared:
        """
        Check a commit and write it as texts.

        Raises:
            InvariantViolated: It contradicts itself.
        """
        check_commit(commit)
        encode, receipt = self._codec.encode, commit.receipt
        reply = (None, None) if receipt.reply is None else encode(receipt.reply)
        row = (
            commit.tenant, receipt.command_id, to_us(receipt.at), receipt.stream,
            receipt.from_version, receipt.to_version, *encode(receipt.command), *reply,
            None if receipt.rejected is None else refusal_text(receipt.rejected),
        )  # fmt: skip
        return Prepared([encode(event) for event in commit.events], row)

    def commit(self, commit: Commit, prepared: Prepared, attempts: Attempts) -> Work[Receipt]:
        """
        Write a commit, or return the receipt recorded under its command id before.

        A connection may be lost so late that nobody knows whether this was written. Then the
        receipt that is found when it is done again is its own, where it is the same in all.
        """
        if not commit.steps:
            return (yield from self._commit_alone(commit, prepared, attempts))
        group = {commit.tenant: [(0, commit, prepared)]}
        answers = yield from self.commit_many(group, attempts)
        return outcome(answers[0])

    def receipts(
        self, tenant: TenantId, command_ids: Sequence[CommandId]
    ) -> Work[dict[CommandId, Receipt]]:
        """
        Return what was recorded under command ids.

        """
        (rows,) = yield (Statement(sql.RECEIPTS, (tenant, list(command_ids))),)
        return self._receipts_of(rows)

    def remember(self, tenant: TenantId) -> None:
        """
        Note that a tenant is listed: a commit of it has been recorded.

        """
        if tenant not in self._tenants:
            self._tenants[tenant] = lock_number(tenant)

    def remember_all(
        self,
        groups: Mapping[TenantId, Group],
        answers: Mapping[int, Receipt | CommitRefusal],
    ) -> None:
        """
        Note which tenants are listed: those of which a commit has been recorded.

        """
        for tenant, group in groups.items():
            if any(isinstance(answers[index], Receipt) for index, _, _ in group):
                self.remember(tenant)

    # --- one commit without ledger steps --------------------------------------------------------

    def _commit_alone(
        self, commit: Commit, prepared: Prepared, attempts: Attempts
    ) -> Work[Receipt]:
        receipt, tenant, stream = commit.receipt, commit.tenant, commit.receipt.stream
        if attempts.again:  # another transaction wrote a key of ours: most likely this very command
            known = yield from self.receipts(tenant, (receipt.command_id,))
            if receipt.command_id in known:
                return _told(receipt, known[receipt.command_id], attempts)
        root: sql.Root = "receipt"
        keys: Row = prepared.receipt
        parts: Parts = []
        if stream is not None and receipt.rejected is None:
            root = "later" if receipt.from_version else "new"
            due = to_us_or_none(commit.next_due)
            keys = (tenant, stream, receipt.from_version, receipt.to_version, due, commit.waits)
            parts.append(("receipt", prepared.receipt))
        parts.extend(self._parts(commit, prepared))
        text = sql.writing(root, tuple(name for name, _ in parts), alone=True)
        bound = (self._lock(tenant), *keys, *(key for _, part in parts for key in part))
        attempts.sent = True
        (written,) = yield (Statement(text, bound),)
        attempts.sent = False
        if written:
            return receipt
        known = yield from self.receipts(tenant, (receipt.command_id,))
        if receipt.command_id in known:
            return _told(receipt, known[receipt.command_id], attempts)
        (rows,) = yield (Statement(sql.VERSION_OF, (tenant, stream)),)
        actual = rows[0][0] if rows else 0
        raise Conflict(stream or "", expected=receipt.from_version, actual=actual)

    def _parts(self, commit: Commit, prepared: Prepared) -> Parts:
        tenant, receipt, actor = commit.tenant, commit.receipt, commit.actor
        parts: Parts = []
        if tenant not in self._tenants:
            parts.append(("tenant", (tenant,)))
        if prepared.bodies:
            keys = (
                tenant, receipt.stream, receipt.from_version, to_us(receipt.at),
                receipt.command_id, actor.kind.value, actor.id, commit.on_behalf_of,
            )  # fmt: skip
            if len(prepared.bodies) == 1:
                parts.append(("event", (*keys, *prepared.bodies[0])))
            else:
                parts.append(("events", (*keys, *columns(prepared.bodies))))
            known_as = sorted({name for event in commit.events for name in event.references})
            if known_as:
                parts.append(("known_as", (tenant, receipt.stream, known_as)))
        parts.extend(kept(tenant, (commit,)))
        if commit.settles:
            parts.append(("leases", (tenant, list(commit.settles))))
        return parts

    # --- a group --------------------------------------------------------------------------------

    def commit_many(
        self, groups: Mapping[TenantId, Group], attempts: Attempts
    ) -> Work[dict[int, Receipt | CommitRefusal]]:
        """
        Write commits of any tenants in one transaction; answer each under its index.

        """
        if len(groups) == 1 and attempts.own and not (attempts.again or attempts.unknown):
            ((tenant, group),) = groups.items()
            lock, is_listed = self._lock(tenant), tenant in self._tenants
            promise = self._promising.promise(tenant, group, lock, is_listed=is_listed)
            if promise is not None:
                attempts.sent = True
                (had,) = yield (promise.statement,)
                attempts.sent = False
                self._promising.kept(tenant, promise, had)
                return dict(promise.answers)
        judged: dict[TenantId, set[AccountId]] = {tenant: set() for tenant in groups}
        while True:
            plans = [Plan(tenant, groups[tenant], judged[tenant]) for tenant in sorted(groups)]
            locks = [Statement(sql.LOCK_SHARED, (self._lock(plan.tenant),)) for plan in plans]
            asked = [plan.statements() for plan in plans]
            rows = yield (Statement(sql.BEGIN), *locks, *(one for some in asked for one in some))
            taken = 1 + len(locks)
            unlocked = False
            for plan, statements in zip(plans, asked, strict=True):
                plan.take(rows[taken : taken + len(statements)])
                taken += len(statements)
                more = yield from plan.ledger.read_on()
                judged[plan.tenant].update(more)
                unlocked |= bool(more) or plan.ledger.torn
            if not unlocked:
                return (yield from self._write(plans, attempts))
            yield (Statement(sql.ROLLBACK),)

    def _write(
        self, plans: Sequence[Plan], attempts: Attempts
    ) -> Work[dict[int, Receipt | CommitRefusal]]:
        answers: dict[int, Receipt | CommitRefusal] = {}
        writes: list[Statement] = []
        written = False
        for plan in plans:
            commits = [commit for _, commit, _ in plan.group]
            known = self._receipts_of(plan.receipts)
            judgment = judge(commits, known, plan.versions, plan.ledger.ledger.apply)
            self._promising.judged(plan.tenant, plan.ledger.parts, judgment.answers)
            for (index, commit, _), answer in zip(plan.group, judgment.answers, strict=True):
                answers[index] = _told(commit.receipt, answer, attempts)
            parts = plan.written(judgment)
            if judgment.accepted:
                written = True
                if plan.tenant not in self._tenants:
                    parts.append(("tenant", (plan.tenant,)))
            if parts:
                # Also where nothing was accepted: tails were taken, and must be in their rows.
                text = sql.writing("none", tuple(name for name, _ in parts), alone=False)
                writes.append(Statement(text, [key for _, part in parts for key in part]))
        if not written:
            yield (Statement(sql.ROLLBACK),)
            return answers
        attempts.sent = True
        yield (*writes, Statement(sql.COMMIT))
        attempts.sent = False
        return answers

    # --- rows -----------------------------------------------------------------------------------

    def _lock(self, tenant: TenantId) -> int:
        return self._tenants.get(tenant) or lock_number(tenant)

    def _receipts_of(self, rows: Rows) -> dict[CommandId, Receipt]:
        return {row[0]: self._receipt_of(row) for row in rows}

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


_Answer = TypeVar("_Answer", Receipt, CommitRefusal | Receipt)


def _told(receipt: Receipt, recorded: _Answer, attempts: Attempts) -> _Answer:
    """
    Say that a receipt that was found is the commit's own, where nobody can have written another.

    """
    if attempts.unknown and recorded == receipt:
        return receipt  # pyright: ignore[reportReturnType] # a Receipt is of either kind
    return recorded
