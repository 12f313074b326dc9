"""
The store in one SQLite file: durable, for one machine, for several threads and processes.

A commit is one transaction. It looks first whether its command is recorded, compares the stream's
version, lets ``ordercore.ledger`` judge the batch over the rows as they stand, and writes events,
steps, balances, receipt, references and due instant; all of it takes about a dozen statements.
Whatever fails on the way undoes all of it.

Durability is a choice. ``full`` (the default) returns from a commit when the disk has confirmed
it. ``normal`` leaves that to the operating system: the process may be killed at any moment and
nothing is lost, but a power cut can take the last commits with it. It takes them whole and from
the end, so the file stays sound; what it loses may have been told to the world.
"""

import os
import sqlite3
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import final

from ordercore.codec import JsonCodec
from ordercore.errors import Conflict
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    apply_batch,
)
from ordercore.ports import Codec, Commit, Lease, LeaseState, Receipt
from ordercore.stores import _sql as sql
from ordercore.stores._check import check_commit
from ordercore.stores._connections import Connections, Durability
from ordercore.stores._ledger_rows import LedgerRows
from ordercore.stores._rows import (
    Row,
    from_us,
    refusal_of,
    refusal_text,
    storable,
    to_us,
    to_us_or_none,
)
from ordercore.stores._work_rows import WorkRows, set_snapshot

__all__ = ["SQLiteStore"]


@final
class SQLiteStore(WorkRows):
    """
    A store in one file.

    Threads may share it, and processes may open the same file; a process that forks opens its own
    afterwards. The file should lie on a local file system.
    """

    __slots__ = ()

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        codec: Codec | None = None,
        durability: Durability = "full",
        lock_timeout_ms: int = 10_000,
    ) -> None:
        """
        Open a store; a file that is missing or empty becomes one.

        Args:
            path: The file, or ``":memory:"`` for a database that ends with this object.
            codec: How events, commands and replies are written; None for the library's own JSON.
            durability: What a commit waits for, see the module's text.
            lock_timeout_ms: How long a write waits for other processes.

        Raises:
            InvalidData: The file is no SQLite database, or a newer ordercore has written it;
                nothing in it was changed.
            InvalidDefinition: The durability is unknown, SQLite is too old, or the file system
                can't keep a write-ahead log.
            PortUnavailable: The file can't be opened, or was locked for too long.
        """
        connections = Connections(os.fspath(path), durability, lock_timeout_ms)
        super().__init__(connections, JsonCodec() if codec is None else codec)

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
        check_commit(commit)
        receipt, tenant = commit.receipt, commit.tenant
        bodies = [self._codec.encode(event) for event in commit.events]
        receipt_row = self._receipt_row(tenant, receipt)
        stream = receipt.stream or ""
        keys = (tenant, tenant, receipt.command_id, tenant, stream, tenant, tenant)
        with storable(receipt.command_id), self._connections.writing() as connection:
            head: tuple[int, ...] = connection.execute(sql.HEAD, keys).fetchone()
            known_tenant, known, version, last_event, last_step = head
            if known:
                first = connection.execute(sql.RECEIPT, (tenant, receipt.command_id))
                return self._receipt_of(first.fetchone())
            if receipt.rejected is None:
                if receipt.stream is not None and version != receipt.from_version:
                    raise Conflict(stream, expected=receipt.from_version, actual=version)
                if commit.steps:
                    _transfer(connection, commit, last_step)
                if receipt.stream is not None:
                    _append(connection, commit, bodies, last_event)
            if not known_tenant:
                connection.execute(sql.ADD_TENANT, (tenant,))
            connection.execute(sql.ADD_RECEIPT, receipt_row)
            for key in commit.settles:
                connection.execute(sql.DROP_LEASE, (tenant, key))
        return receipt

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        rows = self._rows(sql.RECEIPT, (tenant, command_id))
        return self._receipt_of(rows[0]) if rows else None

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
    ) -> Lease:
        """
        Ask for the right to perform an effect; see :meth:`ordercore.ports.Store.lease`.

        """
        with self._connections.writing() as connection:
            execute, at_us, until_us = connection.execute, to_us(at), to_us(until)
            row: Row | None = execute(sql.LEASE, (tenant, effect_key)).fetchone()
            if row is None:
                execute(sql.ADD_TENANT, (tenant,))
                execute(sql.ADD_LEASE, (tenant, effect_key, stream, holder, at_us, at_us, until_us))
                return Lease(LeaseState.FRESH, at, at, until)
            present, first_us, tried_us, present_until_us = row
            first_at, tried_at = from_us(first_us), from_us(tried_us)
            if present != holder and at_us < present_until_us:
                return Lease(LeaseState.HELD, first_at, tried_at, from_us(present_until_us))
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

    def close(self) -> None:
        """
        Close the file; a second call does nothing.

        """
        self._connections.close()

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


def _transfer(connection: sqlite3.Connection, commit: Commit, last_step: int) -> None:
    at = commit.receipt.at
    ledger = LedgerRows(connection, commit.tenant)
    ledger.read_ahead(commit.steps, at)
    apply_batch(commit.steps, ledger, at)
    ledger.write(at, last_step)


def _append(
    connection: sqlite3.Connection,
    commit: Commit,
    bodies: Sequence[tuple[str, str]],
    last_event: int,
) -> None:
    tenant, receipt, actor = commit.tenant, commit.receipt, commit.actor
    stream, at_us, first = receipt.stream, to_us(receipt.at), receipt.from_version + 1
    connection.executemany(
        sql.ADD_EVENT,
        [
            (
                tenant, last_event + n + 1, stream, first + n, at_us, receipt.command_id,
                actor.kind.value, actor.id, commit.on_behalf_of, *body,
            )
            for n, body in enumerate(bodies)
        ],
    )  # fmt: skip
    references = [(tenant, name, stream) for event in commit.events for name in event.references]
    if references:
        connection.executemany(sql.ADD_REFERENCE, references)
    due = to_us_or_none(commit.next_due)
    connection.execute(sql.SET_STREAM, (tenant, stream, receipt.to_version, due, commit.waits))
    if commit.snapshot is not None:
        set_snapshot(connection, tenant, stream, commit.snapshot)
