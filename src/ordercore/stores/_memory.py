"""
The store in memory: dictionaries per tenant and one ledger each, under one lock.

For tests, for trying things out, and for hosts that rebuild their state on every start. It is the
plainest reading of the store's contract; the store on disk is compared with it, reading by
reading. One reentrant lock guards everything: a commit first finds every reason to refuse, then
writes, and nothing it does while writing can fail.
"""

from collections.abc import Callable, Collection, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, final

from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import EXPIRE_MAX, AccountId, Balance, Entry, Ledger, OpenPending
from ordercore.ports import Commit, CommitRefusal, Lease, LeaseState, Receipt
from ordercore.stores._check import check_commit, check_position
from ordercore.stores._group_ledger import GroupLedger
from ordercore.stores._judging import Judgment, judge, outcome, screen, verdict
from ordercore.stores._memory_work import Leased, MemoryWork, Tenant
from ordercore.stores._reads import ReadAhead

__all__ = ["MemoryStore"]


_Group = Sequence[tuple[int, Commit, tuple[str, ...]]]


@final
class MemoryStore(MemoryWork):
    """
    A store that lives and dies with its process.

    It may be shared by threads. Durability (S5) ends with the process.
    """

    __slots__ = ()

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        """
        with self._lock:
            return tuple(self._of(tenant).streams.get(stream, ())[max(after, 0) :])

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit, or return the receipt recorded under its command id before.

        A refused commit records its receipt and ends the leases it settles; the stream's version
        is not compared and its due row stays.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule, see ``ordercore.ledger.apply_batch``; nothing was written.
            InvariantViolated: The commit contradicts itself; nothing was written.
        """
        # A group of one, without what a group needs beyond it: nothing can come after it, so it
        # is applied as it is judged.
        references, receipt = _references(commit), commit.receipt
        with self._lock:
            here = self._of(commit.tenant)
            known = here.receipts.get(receipt.command_id)
            version = 0 if receipt.stream is None else len(here.streams.get(receipt.stream, ()))
            answer = verdict(commit, known, version, here.ledger.apply)
            if known is None and answer is receipt:
                here.write(commit, references)
                self._tenants[commit.tenant] = here
        return outcome(answer)

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several commits at one go; answer each, in order.

        See :meth:`ordercore.ports.Store.commit_many`. A group is judged over a copy of what it
        touches before anything is written, so a defect in one of them leaves nothing half done.
        """
        answers, groups = screen(commits, _references)
        with self._lock:
            rows = [(self._of(tenant), group) for tenant, group in groups.items()]
            judged = [(here, group, _judged(here, group)) for here, group in rows]
            # Every reason to refuse has been found; everything below is writing.
            for here, group, judgment in judged:
                for (index, _, _), answer in zip(group, judgment.answers, strict=True):
                    answers[index] = answer
                for n in judgment.accepted:
                    _, commit, references = group[n]
                    here.ledger.apply(commit.steps, commit.receipt.at)
                    here.write(commit, references)
                    self._tenants[commit.tenant] = here
        return [answer for answer in answers if answer is not None]

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        with self._lock:
            return self._of(tenant).receipts.get(command_id)

    @contextmanager
    def hold(self, tenant: TenantId) -> Generator[None, None, None]:
        """
        Keep every other thread out until the block ends.

        """
        with self._lock:
            yield

    def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        """
        Return balances as they count at an instant: holds that are due no longer go out.

        """
        with self._lock:
            return self._of(tenant).ledger.balances_at(accounts, at)

    def accounts(self, tenant: TenantId, prefix: str = "") -> Iterator[tuple[AccountId, Balance]]:
        """
        Iterate over touched accounts by prefix, in order, as recorded (due holds still counted).

        """
        with self._lock:
            return iter(tuple(self._of(tenant).ledger.balances(prefix)))

    def pendings(
        self, tenant: TenantId, reference: str | None = None, *, source: AccountId | None = None
    ) -> Sequence[OpenPending]:
        """
        Return open holds in the order in which they were made: all, of one holder, of one account.

        Cost: O(open holds of the tenant).
        """
        with self._lock:
            return tuple(self._of(tenant).ledger.pendings(reference, source=source))

    def pendings_made(self, tenant: TenantId, ids: Collection[str]) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        """
        with self._lock:
            return self._of(tenant).ledger.pendings_made(ids)

    def entries(
        self, tenant: TenantId, account: AccountId | None = None, *, after: int = 0
    ) -> Iterator[Entry]:
        """
        Iterate over the ledger's log beyond a position, all or what touched one account, in order.

        Cost: O(log length), at the call.
        """
        with self._lock:
            return iter(tuple(self._of(tenant).ledger.entries(account, after=after)))

    def occurred_after(self, tenant: TenantId, at: Instant) -> Iterator[Entry]:
        """
        Iterate over the steps that are said to have occurred after an instant.

        Cost: O(log length), at the call.
        """
        with self._lock:
            log = self._of(tenant).ledger.entries()
            return iter(tuple(entry for entry in log if entry.step.occurred_at > at))

    def last_position(self, tenant: TenantId) -> int:
        """
        Return the position of the last step of a tenant's log, 0 where there is none.

        """
        with self._lock:
            return self._of(tenant).ledger.position

    def lease(
        self,
        tenant: TenantId,
        stream: StreamId,
        effect_key: str,
        *,
        holder: str,
        at: Instant,
        until: Instant,
        version: int | None = None,
    ) -> Lease:
        """
        Ask for the right to perform an effect; see :meth:`ordercore.ports.Store.lease`.

        """
        with self._lock:
            here = self._of(tenant)
            row = here.leases.get(effect_key)
            if row is not None and row.holder != holder and at < row.until:
                return Lease(LeaseState.HELD, row.first_at, row.tried_at, row.until)
            if version not in {None, len(here.streams.get(stream, ()))}:
                return Lease(LeaseState.STALE, at, at, at)
            if row is None:
                here.leases[effect_key] = Leased(stream, holder, at, at, until)
                self._tenants[tenant] = here
                return Lease(LeaseState.FRESH, at, at, until)
            tried_at, row.tried_at = row.tried_at, at
            row.holder, row.until, row.inherited = holder, until, True
            return Lease(LeaseState.INHERITED, row.first_at, tried_at, until)

    def unlease(self, tenant: TenantId, effect_key: str) -> None:
        """
        Give a lease back unused: the port certainly did not act.

        That speaks for the latest try alone. An inherited lease therefore ends and is remembered,
        since what came of the try before it is still unknown.
        """
        with self._lock:
            leases = self._of(tenant).leases
            row = leases.get(effect_key)
            if row is None:
                return
            if row.inherited:
                row.holder, row.until = "", row.first_at
            else:
                del leases[effect_key]

    def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        """
        Return the stream whose events declared an outside reference; the first that did.

        """
        with self._lock:
            return self._of(tenant).references.get(reference)

    def feed(self, tenant: TenantId, after: int, limit: int) -> Sequence[Recorded]:
        """
        Return events of all streams beyond a position, in order of position.

        """
        start = max(after, 0)
        with self._lock:
            return tuple(self._of(tenant).feed[start : start + max(limit, 0)])

    def consumed(self, tenant: TenantId, consumer: str) -> int:
        """
        Return the position up to which a consumer has handled the feed; 0 for an unknown one.

        """
        with self._lock:
            return self._of(tenant).consumers.get(consumer, 0)

    def consume(
        self,
        tenant: TenantId,
        consumer: str,
        handle: Callable[[Sequence[Recorded], Any], None],
        limit: int = 100,
    ) -> int:
        """
        Hand a consumer its next events, and move it beyond them unless the handler raises.

        There is no connection to write through: the handler is given None.
        """
        with self._lock:
            events = self.feed(tenant, self.consumed(tenant, consumer), limit)
            if events:
                handle(events, None)
                self._tenants[tenant].consumers[consumer] = events[-1].position
        return len(events)

    def advance(self, tenant: TenantId, consumer: str, *, after: int, to: int) -> bool:
        """
        Move a consumer that handles events elsewhere, unless somebody else has moved it.

        Raises:
            InvalidData: There is no such position.
        """
        with self._lock:
            here = self._of(tenant)
            check_position(consumer, to, len(here.feed))
            if here.consumers.get(consumer, 0) != after:
                return False
            here.consumers[consumer] = to
        return True

    def archivable(
        self, tenant: TenantId, before: Instant, after: str, limit: int
    ) -> Sequence[StreamId]:
        """
        Return streams that have been quiet since before an instant, in order of id, beyond one.

        Cost: O(streams).
        """
        with self._lock:
            here = self._of(tenant)
            quiet = (
                stream
                for stream, recorded in here.streams.items()
                if stream > after
                and here.archived.get(stream, 0) < len(recorded)
                and recorded[-1].recorded_at < before
                and stream not in here.due_at
                and stream not in here.waiting
            )
            return sorted(quiet)[: max(limit, 0)]

    def archive(self, tenant: TenantId, stream: StreamId) -> int:
        """
        Note how much of a stream counts as archived: in memory there is nowhere to put it.

        """
        with self._lock:
            here = self._of(tenant)
            known = here.archived.get(stream, 0)
            recorded = here.streams.get(stream, ())
            moved = sum(event.position < len(here.feed) for event in recorded[known:])
            if moved:
                here.archived[stream] = known + moved
            return moved

    def streams(self, tenant: TenantId) -> Iterator[StreamId]:
        """
        Iterate over all streams, in order of id.

        """
        with self._lock:
            return iter(sorted(self._of(tenant).streams))

    def tenants(self) -> Sequence[TenantId]:
        """
        List the tenants that have written anything, in order of id.

        """
        with self._lock:
            return sorted(self._tenants)

    def close(self) -> None:
        """
        Do nothing: there is nothing to give back.

        """


def _judged(here: Tenant, group: _Group) -> Judgment:
    commits = [commit for _, commit, _ in group]
    streams = {commit.receipt.stream for commit in commits}
    versions = {name: len(here.streams.get(name, ())) for name in streams if name is not None}
    copy = GroupLedger(
        (step for commit in commits for step in commit.steps),
        max(commit.receipt.at for commit in commits),
    )
    _read_ahead(here.ledger, copy)
    return judge(commits, here.receipts, versions, copy.apply)


def _references(commit: Commit) -> tuple[str, ...]:
    check_commit(commit)
    return tuple(name for event in commit.events for name in event.references)


def _read_ahead(ledger: Ledger, copy: ReadAhead) -> None:
    """
    Fill a copy of what a group's steps may touch from the ledger.

    """
    while (reads := copy.reads()) is not None:
        steps, holds, endings, due, accounts, at = reads
        copy.take_steps(steps, filter(None, map(ledger.step, steps)))
        copy.take_holds(holds, filter(None, map(ledger.open_pending, holds)))
        ended = ((name, ledger.ended_by(name)) for name in endings)
        copy.take_endings(endings, ((name, step) for name, step in ended if step is not None))
        for account in due:
            copy.take_due((account,), ledger.due_pendings(account, at, EXPIRE_MAX))
        found = ((name, ledger.balance(name)) for name in accounts)
        copy.take_accounts(
            accounts, ((name, posted, out, into) for name, (posted, out, into) in found)
        )
