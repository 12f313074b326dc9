"""
The store in PostgreSQL for an event loop: the twin of :class:`PostgresStore`.

The same body of code, on connections that ``_postgres_tasks`` lends to tasks.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, final

from psycopg_pool import AsyncConnectionPool

from ordercore.codec import JsonCodec
from ordercore.errors import Conflict, InvalidData, InvariantViolated, Rejected
from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import AccountId, Balance, Entry, OpenPending
from ordercore.ports import AsyncEffectRunner, Codec, Commit, CommitRefusal, Lease, Receipt
from ordercore.stores._postgres_hosted_async import AsyncHosted
from ordercore.stores._postgres_tasks import AsyncConnections
from ordercore.stores._postgres_upkeep import maintain, split
from ordercore.stores._postgres_work import Access, Session
from ordercore.stores._rows import to_us

__all__ = ["AsyncPostgresStore"]


@final
class AsyncPostgresStore(AsyncHosted):
    """
    A store in a PostgreSQL database, version 15 or newer, for one event loop.

    Tasks may share it: each piece of work borrows a connection of a bounded pool. On Windows it
    needs a selector event loop, as its driver does.
    """

    __slots__ = ()

    def __init__(
        self,
        dsn: str = "",
        *,
        pool: "AsyncConnectionPool[Any] | None" = None,
        schema: str | None = None,
        codec: Codec | None = None,
        connections_min: int = 1,
        connections_max: int = 10,
        connect_timeout_ms: int = 10_000,
        lock_timeout_ms: int = 10_000,
        statement_timeout_ms: int = 60_000,
        runner: AsyncEffectRunner | None = None,
    ) -> None:
        """
        Describe a store; its first use, or :meth:`open`, reaches for the database.

        Args:
            dsn: Where the database is: a ``postgresql://`` URL or ``key=value`` pairs, see libpq;
                what it leaves open comes from the environment (``PGHOST`` ...).
            pool: A pool to borrow connections from, instead of one of its own. It must serve this
                store alone, since sessions are set up for it; :meth:`close` leaves it open.
            schema: In which schema of the database the tables lie, made where it is missing; None
                for the first of the search path.
            codec: How events, commands and replies are written; None for the library's own JSON.
            connections_min: How many connections are kept open.
            connections_max: How many there are at most; whoever needs one more waits.
            connect_timeout_ms: How long work waits for a connection, the first one included.
            lock_timeout_ms: How long a statement waits for a lock; 0 for ever.
            statement_timeout_ms: How long a statement may take; 0 for ever.
            runner: A job engine in the same database that carries what streams owe; None leaves
                that to workers.

        Raises:
            InvalidDefinition: Both a DSN and a pool were given, impossible sizes, or a runner
                that makes plain calls.
        """
        chosen = JsonCodec() if codec is None else codec
        session = Session(schema, lock_timeout_ms, statement_timeout_ms)
        access = Access(dsn, connections_min, connections_max, connect_timeout_ms, session)
        super().__init__(AsyncConnections(access, pool), chosen, schema, runner)

    async def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        An event that no reading of the feed has numbered yet has the position 0.
        """
        return await self._read(self._reading.load, tenant, stream, after)

    async def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit, or return the receipt recorded under its command id before.

        A refused commit records its receipt and ends the leases it settles; the stream's version
        is not compared and its due row stays.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule, see ``ordercore.ledger.apply_batch``; nothing was written.
            InvalidData: A number exceeds 64 bits or a text is no Unicode or holds a NUL; nothing
                was written.
            InvariantViolated: The commit contradicts itself; nothing was written.
            PortUnavailable: The database can't be reached or a lock was not to be had; nothing
                was written.
            OutcomeUnknown: The connection was lost during the commit, and the database can't be
                asked what became of it. The same commit may be sent again.
        """
        prepared = self._committing.prepared(commit)
        receipt = await self._run(
            lambda attempts: self._carried(
                self._committing.commit(commit, prepared, attempts), (commit,), attempts
            ),
            f"commit {commit.receipt.command_id}",
        )
        self._committing.remember(commit.tenant)
        return receipt

    async def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several commits in one transaction with one flush; answer each, in order.

        See :meth:`ordercore.ports.Store.commit_many`. Where PostgreSQL can't hold a value of one,
        all are written one by one.

        Raises:
            PortUnavailable: The database can't be reached or a lock was not to be had; nothing
                was written.
            OutcomeUnknown: The connection was lost during the commit, and the database can't be
                asked what became of it.
        """
        answers, groups = self._committing.screen(commits)
        if groups:
            try:
                written = await self._run(
                    lambda attempts: self._carried(
                        self._committing.commit_many(groups, attempts), commits, attempts
                    ),
                    "group",
                )
            except InvalidData:
                written = {
                    index: await self._answer(commit)
                    for group in groups.values()
                    for index, commit, _ in group
                }
            self._committing.remember_all(groups, written)
            for index, answer in written.items():
                answers[index] = answer
        return [answer for answer in answers if answer is not None]

    async def _answer(self, commit: Commit) -> Receipt | CommitRefusal:
        try:
            return await self.commit(commit)
        except (Conflict, Rejected, InvalidData, InvariantViolated) as refusal:
            return refusal.with_traceback(None)

    async def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        return (await self._read(self._committing.receipts, tenant, (command_id,))).get(command_id)

    @asynccontextmanager
    async def hold(self, tenant: TenantId) -> AsyncGenerator[None, None]:
        """
        Keep every other writer of this tenant out until the block ends, of all processes.

        Other tenants go on. Inside, the task that has entered it works on one connection, which
        holds a lock of the session; a task that it starts is another, and waits.

        Raises:
            PortUnavailable: Somebody else kept the tenant for longer than the lock timeout.
        """
        if not self._opened:
            await self.open()
        async with self._connections.hold(tenant):
            yield

    async def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        """
        Return balances as they count at an instant: holds that are due no longer go out.

        All of them are of one moment. Cost: O(accounts + their due holds + their tails).
        """
        return await self._read(self._reading.balances, tenant, accounts, at) if accounts else {}

    async def accounts(
        self, tenant: TenantId, prefix: str = ""
    ) -> AsyncIterator[tuple[AccountId, Balance]]:
        """
        Iterate over touched accounts by prefix, in order, as recorded (due holds still counted).

        What is written meanwhile may be seen or not; inside :meth:`hold` all is of one moment.
        """
        last, beyond = prefix, False
        while page := await self._read(self._reading.accounts, tenant, last, beyond):
            for account, balance in page:
                if not account.startswith(prefix):
                    return
                yield account, balance
            last, beyond = page[-1][0], True

    async def pendings(
        self, tenant: TenantId, reference: str | None = None, *, source: AccountId | None = None
    ) -> Sequence[OpenPending]:
        """
        Return open holds in the order in which they were made: all, of one holder, of one account.

        """
        return await self._read(self._reading.pendings, tenant, reference, source)

    async def pendings_made(
        self, tenant: TenantId, ids: Collection[str]
    ) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        """
        return await self._read(self._reading.pendings_made, tenant, ids)

    async def entries(
        self, tenant: TenantId, account: AccountId | None = None, *, after: int = 0
    ) -> AsyncIterator[Entry]:
        """
        Iterate over the ledger's log beyond a position, all or what touched one account, in order.

        What is appended meanwhile is seen. Cost: O(steps beyond it).
        """
        while page := await self._read(self._reading.entries, tenant, account, after):
            for one in page:
                yield one
            after = page[-1].position

    async def occurred_after(self, tenant: TenantId, at: Instant) -> AsyncIterator[Entry]:
        """
        Iterate over the steps that are said to have occurred after an instant.

        Cost: O(these steps), whatever the length of the log.
        """
        last = self._reading.first_occurred_after(at)
        while page := await self._read(self._reading.occurred_after, tenant, *last):
            for one in page:
                yield one
            last = (to_us(page[-1].step.occurred_at), page[-1].position)

    async def last_position(self, tenant: TenantId) -> int:
        """
        Return the position of the last step of a tenant's log, 0 where there is none.

        """
        return await self._read(self._reading.last_position, tenant)

    async def lease(
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
        return await self._run(
            lambda _: self._reading.lease(
                tenant, stream, effect_key, holder=holder, at=at, until=until, version=version
            ),
            f"lease {effect_key}",
        )

    async def unlease(self, tenant: TenantId, effect_key: str) -> None:
        """
        Give a lease back unused: the port certainly did not act.

        That speaks for the latest try alone. An inherited lease therefore ends and is remembered,
        since what came of the try before it is still unknown.
        """
        await self._read(self._reading.unlease, tenant, effect_key)

    async def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        """
        Return the stream whose events declared an outside reference; the first that did.

        """
        return await self._read(self._reading.find, tenant, reference)

    async def streams(self, tenant: TenantId) -> AsyncIterator[StreamId]:
        """
        Iterate over all streams, in order of id.

        """
        last = ""
        while page := await self._read(self._reading.streams, tenant, last):
            for one in page:
                yield one
            last = page[-1]

    async def tenants(self) -> Sequence[TenantId]:
        """
        List the tenants that have written anything, in order of id.

        """
        return await self._read(self._reading.tenants)

    async def maintain(self, tenant: TenantId, *, tail_rows: int = 100, limit: int = 100) -> int:
        """
        Fold the tails of accounts that nobody judges into their rows, so that reading stays quick.

        Call it now and then, from any process. Nothing depends on it but the speed of reading.

        Args:
            tenant: Whose.
            tail_rows: From how many rows on a tail is folded.
            limit: How many accounts at most.

        Returns:
            How many accounts it has found; as many as ``limit`` where there may be more.
        """
        return await self._read(maintain, tenant, tail_rows, limit)

    async def split_account(self, tenant: TenantId, account: AccountId, parts: int = 16) -> None:
        """
        Let a hot account lie in several parts, so that as many processes may promise from it.

        Nobody sees the parts: balances, refusals and the log are those of one account. It pays
        where many processes take from one account at the same moment; see the PostgreSQL guide.

        Args:
            tenant: Whose.
            account: Which; it must have been touched by a step before.
            parts: How many, 1 to 256; about as many as there are connections that write. A split
                account is spread anew.

        Raises:
            InvalidData: Nothing was ever recorded of the account.
            InvalidDefinition: It can't lie in so many parts.
        """
        await self._read(split, tenant, account, parts)

    async def join_account(self, tenant: TenantId, account: AccountId) -> None:
        """
        Let an account lie in one part again; an account that was never split stays as it is.

        Raises:
            InvalidData: Nothing was ever recorded of the account.
        """
        await self._read(split, tenant, account, 1)

    async def close(self) -> None:
        """
        Give back the store's own connections; a second call does nothing.

        """
        await self._connections.close()
