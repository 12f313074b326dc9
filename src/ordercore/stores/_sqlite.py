"""
The store in one SQLite file: durable, for one machine, for several threads and processes.

A commit, or a group of commits, is one transaction; ``_committing`` says what happens in it.

Durability is a choice. ``full`` (the default) returns from a commit when the disk has confirmed
it. ``normal`` leaves that to the operating system: the process may be killed at any moment and
nothing is lost, but a power cut can take the last commits with it. It takes them whole and from
the end, so the file stays sound; what it loses may have been told to the world.
"""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, final

from ordercore.codec import JsonCodec
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import (
    Codec,
    Commit,
    CommitRefusal,
    EffectRunner,
    Lease,
    LeaseState,
    Receipt,
)
from ordercore.stores import _sql as sql
from ordercore.stores._carrying import LATEST, blocking, required
from ordercore.stores._committing import Committing
from ordercore.stores._connections import Connections, Durability
from ordercore.stores._judging import outcome
from ordercore.stores._rows import Row, from_us, to_us
from ordercore.stores._sqlite_joined import JoinedSQLite, joined
from ordercore.stores._work_rows import WorkRows

__all__ = ["SQLiteStore"]


@final
class SQLiteStore(WorkRows):
    """
    A store in one file.

    Threads may share it, and processes may open the same file; a process that forks opens its own
    afterwards. The file should lie on a local file system.
    """

    __slots__ = ("_committing", "_runner")

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        codec: Codec | None = None,
        durability: Durability = "full",
        lock_timeout_ms: int = 10_000,
        runner: EffectRunner | None = None,
    ) -> None:
        """
        Open a store; a file that is missing or empty becomes one.

        Args:
            path: The file, or ``":memory:"`` for a database that ends with this object.
            codec: How events, commands and replies are written; None for the library's own JSON.
            durability: What a commit waits for, see the module's text.
            lock_timeout_ms: How long a write waits for other processes.
            runner: A job engine that keeps its jobs in this file and carries what streams owe;
                None leaves that to workers.

        Raises:
            InvalidData: The file is no SQLite database, or a newer ordercore has written it;
                nothing in it was changed.
            InvalidDefinition: The durability is unknown, SQLite is too old, or the file system
                can't keep a write-ahead log.
            PortUnavailable: The file can't be opened, or was locked for too long.
        """
        connections = Connections(os.fspath(path), durability, lock_timeout_ms)
        super().__init__(connections, JsonCodec() if codec is None else codec)
        self._runner: Final = None if runner is None else blocking(runner)
        self._committing: Final = Committing(connections, self._codec, self._runner)

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit, or return the receipt recorded under its command id before.

        A refused commit records its receipt and ends the leases it settles; the stream's version
        is not compared and its due row stays. Inside :meth:`hold` it is durable when the hold ends.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule, see ``ordercore.ledger.apply_batch``; nothing was written.
            InvalidData: A number exceeds 64 bits or a text is no Unicode; nothing was written.
            InvariantViolated: The commit contradicts itself; nothing was written.
            PortUnavailable: The file is locked, full or gone; nothing was written.
        """
        return outcome(self._committing.commit(commit))

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several commits in one transaction with one flush; answer each, in order.

        See :meth:`ordercore.ports.Store.commit_many`.

        Raises:
            PortUnavailable: The file is locked, full or gone; nothing was written.
            InvariantViolated: The file is damaged; nothing was written.
        """
        return self._committing.commit_many(commits)

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        rows = self._glance(sql.RECEIPT, (tenant, command_id))
        return self._committing.receipt_of(rows[0]) if rows else None

    def hold(self, tenant: TenantId) -> AbstractContextManager[None]:
        """
        Keep every other writer out until the block ends, those of other processes too.

        SQLite has one writer to a file, so this holds up other tenants as well. What was committed
        inside stays, however the block ends.

        Raises:
            PortUnavailable: Another process kept the file locked for too long.
        """
        return self._connections.hold()

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
        with self._connections.writing() as connection:
            execute, at_us, until_us = connection.execute, to_us(at), to_us(until)
            found = execute(sql.LEASE, (tenant, stream, effect_key)).fetchone()
            present_version, present, first_us, tried_us, present_until_us = found
            if is_fresh := present is None:
                present, first_us, tried_us, present_until_us = holder, at_us, at_us, at_us
            first_at, tried_at = from_us(first_us), from_us(tried_us)
            if present != holder and at_us < present_until_us:
                return Lease(LeaseState.HELD, first_at, tried_at, from_us(present_until_us))
            if version not in {None, present_version}:
                return Lease(LeaseState.STALE, at, at, at)
            if is_fresh:
                if not present_version:
                    execute(sql.ADD_TENANT, (tenant,))
                execute(sql.ADD_LEASE, (tenant, effect_key, stream, holder, at_us, at_us, until_us))
                return Lease(LeaseState.FRESH, at, at, until)
            execute(sql.INHERIT_LEASE, (holder, at_us, until_us, tenant, effect_key))
            return Lease(LeaseState.INHERITED, first_at, tried_at, until)

    def unlease(self, tenant: TenantId, effect_key: str) -> None:
        """
        Give a lease back unused: the port certainly did not act.

        That speaks for the latest try alone. An inherited lease therefore ends and is remembered,
        since what came of the try before it is still unknown.
        """
        with self._connections.writing() as connection:
            connection.execute(sql.DROP_FRESH_LEASE, (tenant, effect_key))
            connection.execute(sql.END_LEASE, (tenant, effect_key))

    def joined(self, connection: Any) -> AbstractContextManager[JoinedSQLite]:  # noqa: ANN401 - checked there
        """
        Work inside a host's transaction; see :meth:`ordercore.ports.JoinableStore.joined`.

        Raises:
            InvalidDefinition: No ``sqlite3.Connection`` to this file in a transaction that has
                begun ``IMMEDIATE``; nothing was written.
            PortUnavailable: The file is locked.
        """
        return joined(connection, self._connections, self._codec, self._runner)

    def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner enqueue a job for every stream that has something due, by an instant or ever.

        Returns:
            How many streams there are.

        Raises:
            InvalidDefinition: There is no runner.
        """
        runner = required(self._runner)
        with self._connections.writing() as connection:
            latest = LATEST if by is None else to_us(by)
            due: list[Row] = connection.execute(sql.ALL_DUE, (tenant, latest)).fetchall()
            for stream, at in due:
                runner.enqueue(connection, tenant, stream, from_us(at))
        return len(due)

    def close(self) -> None:
        """
        Close the file; a second call does nothing.

        """
        self._connections.close()
