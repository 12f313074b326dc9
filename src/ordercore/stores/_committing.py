"""
How the SQLite store writes a group of commits: one transaction, about a dozen statements.

It looks first which commands are recorded and where the streams stand, reads ahead what the rules
of the ledger will ask, lets ``_judging`` judge the group over it, and writes events, steps,
balances, receipts, references and due instants of the accepted commits. Whatever fails on the way
undoes all of it.

What the driver can't bind is found out only when it is bound: a number beyond 64 bits, a text that
is no Unicode. A group in which that happens is undone and written again one by one, each under a
savepoint, still in one transaction; so the culprit is refused and its neighbors do not notice.
"""

import sqlite3
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Final, NamedTuple

from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import Codec, Commit, CommitRefusal, EffectRunner, Receipt
from ordercore.stores import _sql as sql
from ordercore.stores._carrying import falling_due
from ordercore.stores._check import check_commit
from ordercore.stores._connections import Connections
from ordercore.stores._group_ledger import GroupLedger
from ordercore.stores._judging import judge, screen
from ordercore.stores._ledger_rows import read_ahead, write_ledger
from ordercore.stores._rows import (
    Row,
    from_us,
    refusal_of,
    refusal_text,
    to_us,
    to_us_or_none,
    unstorable,
)
from ordercore.stores._work_rows import set_snapshot

__all__ = ["Committing"]


class _Texts(NamedTuple):
    """
    What the codec makes of a commit, before the transaction.

    """

    bodies: list[tuple[str, str]]
    receipt: Row


class _Head(NamedTuple):
    """
    What a group must know first.

    """

    known_tenant: int
    last_event: int
    last_step: int
    receipts: Mapping[CommandId, Receipt]
    versions: Mapping[StreamId, int]


_Group = Sequence[tuple[int, Commit, _Texts]]
_Answers = list[Receipt | CommitRefusal | None]


class Committing:
    """
    Writes commits to one file.

    """

    __slots__ = ("_codec", "_connections", "_runner")

    def __init__(
        self, connections: Connections, codec: Codec, runner: EffectRunner | None = None
    ) -> None:
        self._connections: Final = connections
        self._codec: Final = codec
        self._runner: Final = runner

    def commit_many(self, commits: Sequence[Commit]) -> list[Receipt | CommitRefusal]:
        """
        Write commits of any tenants in one transaction; answer each in order.

        Raises:
            PortUnavailable: The file is locked, full or gone; nothing was written.
            InvariantViolated: The file is damaged; nothing was written.
        """
        answers, groups = screen(commits, self._prepared)
        if groups:
            try:
                with self._connections.writing() as connection:
                    for tenant, group in groups.items():
                        self._write(connection, tenant, group, answers)
            except (OverflowError, UnicodeEncodeError) as error:
                if len(commits) == 1:
                    answers[0] = unstorable(commits[0].receipt.command_id, error)
                else:
                    with self._connections.writing() as connection:
                        self._write_apart(connection, groups, answers)
        return [answer for answer in answers if answer is not None]

    def _write_apart(
        self,
        connection: sqlite3.Connection,
        groups: Mapping[TenantId, _Group],
        answers: _Answers,
    ) -> None:
        for tenant, group in groups.items():
            for one in group:
                index, commit, _ = one
                connection.execute(sql.SAVE)
                try:
                    self._write(connection, tenant, (one,), answers)
                except (OverflowError, UnicodeEncodeError) as error:
                    connection.execute(sql.UNDO)
                    answers[index] = unstorable(commit.receipt.command_id, error)
                connection.execute(sql.RELEASE)

    def _write(
        self, connection: sqlite3.Connection, tenant: TenantId, group: _Group, answers: _Answers
    ) -> None:
        """
        Judge and write the commits of one tenant within the transaction.

        """
        commits = [commit for _, commit, _ in group]
        head = self._head(connection, tenant, commits)
        fresh = [
            commit
            for commit in commits
            if commit.steps and commit.receipt.command_id not in head.receipts
        ]
        if len(fresh) == 1:
            ledger = GroupLedger(fresh[0].steps, fresh[0].receipt.at)
        else:
            steps = [step for commit in fresh for step in commit.steps]
            at = max((commit.receipt.at for commit in fresh), default=commits[0].receipt.at)
            ledger = GroupLedger(steps, at)
        if fresh:
            read_ahead(connection, tenant, ledger)
        judgment = judge(commits, head.receipts, head.versions, ledger.apply)
        for (index, _, _), answer in zip(group, judgment.answers, strict=True):
            answers[index] = answer
        accepted = [group[n] for n in judgment.accepted]
        if not accepted:
            return
        if not head.known_tenant:
            connection.execute(sql.ADD_TENANT, (tenant,))
        write_ledger(connection, tenant, ledger, head.last_step)
        _append(connection, tenant, accepted, head.last_event)
        connection.executemany(sql.ADD_RECEIPT, [texts.receipt for _, _, texts in accepted])
        settled = [(tenant, key) for _, commit, _ in accepted for key in commit.settles]
        if settled:
            connection.executemany(sql.DROP_LEASE, settled)
        if self._runner is not None:
            for stream, at in falling_due(commit for _, commit, _ in accepted):
                self._runner.enqueue(connection, tenant, stream, at)

    def _head(
        self, connection: sqlite3.Connection, tenant: TenantId, commits: Sequence[Commit]
    ) -> _Head:
        first = commits[0].receipt
        stream = first.stream or ""
        keys = (tenant, tenant, first.command_id, tenant, stream, tenant, tenant)
        row: tuple[int, ...] = connection.execute(sql.HEAD, keys).fetchone()
        known_tenant, known, version, last_event, last_step = row
        if len(commits) == 1:
            ids: tuple[CommandId, ...] = (first.command_id,) if known else ()
            versions = {StreamId(stream): version}
        else:
            ids = tuple(dict.fromkeys(commit.receipt.command_id for commit in commits))
            streams = dict.fromkeys(commit.receipt.stream or "" for commit in commits)
            versions = {
                StreamId(name): at
                for text, part in sql.VERSIONS_OF.parts(tuple(streams))
                for name, at in connection.execute(text, (tenant, *part))
            }
        receipts = {
            CommandId(found[0]): self.receipt_of(found)
            for text, part in sql.RECEIPTS_OF.parts(ids)
            for found in connection.execute(text, (tenant, *part))
        }
        return _Head(known_tenant, last_event, last_step, receipts, versions)

    def _prepared(self, commit: Commit) -> _Texts:
        check_commit(commit)
        encode, receipt = self._codec.encode, commit.receipt
        bodies = [encode(event) for event in commit.events]
        reply_name = reply = None
        if receipt.reply is not None:
            reply_name, reply = encode(receipt.reply)
        row = (
            commit.tenant,
            receipt.command_id,
            to_us(receipt.at),
            receipt.stream,
            receipt.from_version,
            receipt.to_version,
            *encode(receipt.command),
            reply_name,
            reply,
            None if receipt.rejected is None else refusal_text(receipt.rejected),
        )
        return _Texts(bodies, row)

    def receipt_of(self, row: Row) -> Receipt:
        """
        Read a receipt.

        """
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


def _append(
    connection: sqlite3.Connection, tenant: TenantId, accepted: _Group, last_event: int
) -> None:
    """
    Write the events of accepted commits, what they declare, and where their streams stand now.

    """
    positions = count(last_event + 1)
    events: list[Row] = []
    references: list[Row] = []
    streams: dict[StreamId, Row] = {}
    for _, commit, texts in accepted:
        receipt, actor, stream = commit.receipt, commit.actor, commit.receipt.stream
        if stream is None or receipt.rejected is not None:
            continue
        at_us, first = to_us(receipt.at), receipt.from_version + 1
        events += [
            (
                tenant, next(positions), stream, version, at_us, receipt.command_id,
                actor.kind.value, actor.id, commit.on_behalf_of, *body,
            )
            for version, body in enumerate(texts.bodies, first)
        ]  # fmt: skip
        references += [
            (tenant, name, stream) for event in commit.events for name in event.references
        ]
        due = to_us_or_none(commit.next_due)
        streams[stream] = (tenant, stream, receipt.to_version, due, commit.waits)
        if commit.snapshot is not None:
            set_snapshot(connection, tenant, stream, commit.snapshot)
    if events:
        connection.executemany(sql.ADD_EVENT, events)
    if references:
        connection.executemany(sql.ADD_REFERENCE, references)
    if streams:
        connection.executemany(sql.SET_STREAM, streams.values())
