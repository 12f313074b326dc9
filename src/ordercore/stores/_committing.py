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
from typing import Final, NamedTuple

from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import Codec, Commit, CommitRefusal, EffectRunner, Receipt
from ordercore.stores import _sql as sql
from ordercore.stores._carrying import falling_due
from ordercore.stores._check import check_commit
from ordercore.stores._connections import Connections
from ordercore.stores._group_ledger import GroupLedger
from ordercore.stores._judging import judge, screen, verdict
from ordercore.stores._ledger_rows import read_ahead, write_ledger
from ordercore.stores._rows import (
    Row,
    from_us,
    key_list,
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

    def commit(self, commit: Commit) -> Receipt | CommitRefusal:
        """
        Write one commit: a group of one, without what a group needs beyond it.

        Raises:
            InvalidData: What the codec or the driver can't write; nothing was written.
            InvariantViolated: The commit contradicts itself, or the file is damaged.
            PortUnavailable: The file is locked, full or gone; nothing was written.
        """
        texts = self._prepared(commit)
        try:
            with self._connections.writing() as connection:
                return self._write_one(connection, commit, texts)
        except (OverflowError, UnicodeEncodeError) as error:
            return unstorable(commit.receipt.command_id, error)

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
                        self._write_group(connection, tenant, group, answers)
            except (OverflowError, UnicodeEncodeError):
                with self._connections.writing() as connection:
                    self._write_apart(connection, groups, answers)
        return [answer for answer in answers if answer is not None]

    def _write_apart(
        self,
        connection: sqlite3.Connection,
        groups: Mapping[TenantId, _Group],
        answers: _Answers,
    ) -> None:
        for group in groups.values():
            for index, commit, texts in group:
                connection.execute(sql.SAVE)
                try:
                    answers[index] = self._write_one(connection, commit, texts)
                except (OverflowError, UnicodeEncodeError) as error:
                    connection.execute(sql.UNDO)
                    answers[index] = unstorable(commit.receipt.command_id, error)
                connection.execute(sql.RELEASE)

    def _write_one(
        self, connection: sqlite3.Connection, commit: Commit, texts: _Texts
    ) -> Receipt | CommitRefusal:
        """
        Judge and write one commit within the transaction.

        """
        tenant, receipt = commit.tenant, commit.receipt
        head = _head(connection, commit)
        known_tenant, known, version, last_event, last_step = head
        if known:
            return self._receipts(connection, tenant, (receipt.command_id,))[receipt.command_id]
        ledger = GroupLedger(commit.steps, receipt.at)
        last = read_ahead(connection, tenant, ledger) if commit.steps else {}
        answer = verdict(commit, None, version, ledger.apply)
        if answer is receipt:
            if not known_tenant:
                connection.execute(sql.ADD_TENANT, (tenant,))
            write_ledger(connection, tenant, ledger, last, last_step)
            _append(connection, tenant, ((0, commit, texts),), last_event)
            self._hand_over(connection, tenant, (commit,))
        return answer

    def _hand_over(
        self, connection: sqlite3.Connection, tenant: TenantId, commits: Sequence[Commit]
    ) -> None:
        """
        Let a host's job engine know of what falls due, in the same transaction.

        """
        if self._runner is not None:
            for stream, at in falling_due(commits):
                self._runner.enqueue(connection, tenant, stream, at)

    def _write_group(
        self, connection: sqlite3.Connection, tenant: TenantId, group: _Group, answers: _Answers
    ) -> None:
        """
        Judge and write the commits of one tenant within the transaction.

        """
        commits = [commit for _, commit, _ in group]
        known_tenant, _, _, last_event, last_step = _head(connection, commits[0])
        ids = dict.fromkeys(commit.receipt.command_id for commit in commits)
        receipts = self._receipts(connection, tenant, tuple(ids))
        fresh = [commit for commit in commits if commit.receipt.command_id not in receipts]
        ledger = GroupLedger(
            [step for commit in fresh for step in commit.steps],
            max(commit.receipt.at for commit in commits),
        )
        last = read_ahead(connection, tenant, ledger)
        judgment = judge(commits, receipts, _versions(connection, tenant, commits), ledger.apply)
        for (index, _, _), answer in zip(group, judgment.answers, strict=True):
            answers[index] = answer
        if judgment.accepted:
            accepted = [group[n] for n in judgment.accepted]
            if not known_tenant:
                connection.execute(sql.ADD_TENANT, (tenant,))
            write_ledger(connection, tenant, ledger, last, last_step)
            _append(connection, tenant, accepted, last_event)
            self._hand_over(connection, tenant, [commit for _, commit, _ in accepted])

    def _receipts(
        self, connection: sqlite3.Connection, tenant: TenantId, ids: Sequence[CommandId]
    ) -> dict[CommandId, Receipt]:
        return {
            CommandId(row[0]): self.receipt_of(row)
            for row in connection.execute(sql.RECEIPTS_OF, (tenant, key_list(ids)))
        }

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


def _head(connection: sqlite3.Connection, commit: Commit) -> tuple[int, ...]:
    """
    Return what must be known first: is the tenant, is the command; version and last positions.

    """
    tenant, receipt = commit.tenant, commit.receipt
    stream = receipt.stream or ""
    keys = (tenant, tenant, receipt.command_id, tenant, stream, tenant, tenant)
    row: tuple[int, ...] = connection.execute(sql.HEAD, keys).fetchone()
    return row


def _versions(
    connection: sqlite3.Connection, tenant: TenantId, commits: Sequence[Commit]
) -> dict[StreamId, int]:
    streams = {commit.receipt.stream: None for commit in commits if commit.receipt.stream}
    return {
        StreamId(name): version
        for name, version in connection.execute(sql.VERSIONS_OF, (tenant, key_list(tuple(streams))))
    }


def _append(
    connection: sqlite3.Connection, tenant: TenantId, accepted: _Group, last_event: int
) -> None:
    """
    Write accepted commits, all but their ledger steps.

    """
    position = last_event
    events: list[Row] = []
    references: list[Row] = []
    settled: list[Row] = []
    streams: dict[StreamId, Row] = {}
    for _, commit, texts in accepted:
        receipt, actor, stream = commit.receipt, commit.actor, commit.receipt.stream
        settled += [(tenant, key) for key in commit.settles]
        if stream is None or receipt.rejected is not None:
            continue
        at_us, version = to_us(receipt.at), receipt.from_version
        for event, body in zip(commit.events, texts.bodies, strict=True):
            position += 1
            version += 1
            events.append(
                (
                    tenant, position, stream, version, at_us, receipt.command_id,
                    actor.kind.value, actor.id, commit.on_behalf_of, *body,
                )
            )  # fmt: skip
            references += [(tenant, name, stream) for name in event.references]
        due = to_us_or_none(commit.next_due)
        streams[stream] = (tenant, stream, receipt.to_version, due, commit.waits)
        if commit.snapshot is not None:
            set_snapshot(connection, tenant, stream, commit.snapshot)
    many = connection.executemany
    if events:
        many(sql.ADD_EVENT, events)
    if references:
        many(sql.ADD_REFERENCE, references)
    if streams:
        many(sql.SET_STREAM, streams.values())
    many(sql.ADD_RECEIPT, [texts.receipt for _, _, texts in accepted])
    if settled:
        many(sql.DROP_LEASE, settled)
