"""
What a group of commits does with the rows of one tenant: what it locks and reads, what it writes.

"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import attrs

from ordercore.ids import StreamId, TenantId
from ordercore.ledger import AccountId, Pend, Post
from ordercore.ports import Commit
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._judging import Judgment
from ordercore.stores._postgres_ledger import LedgerPlan, Parts, columns, inserted
from ordercore.stores._postgres_work import Rows, Statement
from ordercore.stores._rows import Row, to_us, to_us_or_none

__all__ = ["Group", "Plan", "Prepared", "kept"]


class Prepared(NamedTuple):
    """
    What the codec makes of a commit, before the transaction.

    """

    bodies: Sequence[tuple[str, str]]
    receipt: Row


#: Commits of one tenant: (index in the whole group, commit, what the codec makes of it).
Group = Sequence[tuple[int, Commit, Prepared]]


class Plan:
    """
    What a group does with the rows of one tenant.

    """

    __slots__ = ("_made", "_makes", "group", "ledger", "receipts", "tenant", "versions")

    def __init__(self, tenant: TenantId, group: Group, judged: Iterable[AccountId]) -> None:
        self.tenant: Final = tenant
        self.group: Final = group
        steps = [step for _, commit, _ in group for step in commit.steps]
        at = max(commit.receipt.at for _, commit, _ in group)
        self.ledger: Final = LedgerPlan(tenant, steps, at, judged)
        self._makes = 0
        self._made: list[StreamId] = []
        self.receipts: Rows = ()
        self.versions: dict[StreamId, int] = {}

    def statements(self) -> list[Statement]:
        """
        Return the statements that lock and read; the last one reads receipts.

        """
        receipts = [commit.receipt for _, commit, _ in self.group]
        writing = [r for r in receipts if r.stream is not None and r.rejected is None]
        new = sorted({r.stream for r in writing if r.stream is not None and not r.from_version})
        streams = sorted({r.stream for r in writing if r.stream is not None})
        statements: list[Statement] = []
        if new:
            statements.append(Statement(sql.MAKE_STREAMS, (self.tenant, new)))
        self._makes = len(statements)
        statements.append(Statement(sql.LOCK_STREAMS, (self.tenant, streams)))
        ids = [receipt.command_id for receipt in receipts]
        known = Statement(sql.RECEIPTS, (self.tenant, ids))
        return [*statements, *self.ledger.statements(), known]

    def take(self, rows: Sequence[Rows]) -> None:
        """
        Take in what they have read.

        """
        self._made = [row[0] for row in rows[0]] if self._makes else []
        self.versions = dict(rows[self._makes])
        self.ledger.take(rows[self._makes + 1 : -1])
        self.receipts = rows[-1]

    def is_plain(self) -> bool:
        """
        Say whether nothing need be read to judge the group, but whether there is enough.

        So it is where every commit posts or holds under ids of its own, and none goes to a stream.
        """
        commits = [commit for _, commit, _ in self.group]
        steps = [step for commit in commits for step in commit.steps]
        return (
            all(commit.receipt.stream is None and not commit.settles for commit in commits)
            and all(isinstance(step, Post | Pend) for step in steps)
            and len({step.id for step in steps}) == len(steps)
            and len({commit.receipt.command_id for commit in commits}) == len(commits)
        )

    def written(self, judgment: Judgment) -> Parts:
        """
        Return the parts of the statement that writes what was accepted, and clears up the rest.

        """
        accepted = [self.group[n] for n in judgment.accepted]
        tenant = self.tenant
        parts: Parts = []
        if accepted:
            receipts = [prepared.receipt[1:] for _, _, prepared in accepted]
            parts.append(inserted("receipt", "receipts", tenant, receipts))
        streams: dict[StreamId, tuple[int, int | None, int]] = {}
        events: list[Row] = []
        known_as: dict[str, StreamId] = {}
        settled: list[str] = []
        for _, commit, prepared in accepted:
            receipt, actor, stream = commit.receipt, commit.actor, commit.receipt.stream
            settled.extend(commit.settles)
            if stream is None or receipt.rejected is not None:
                continue
            due = to_us_or_none(commit.next_due)
            streams[stream] = receipt.to_version, due, commit.waits
            head = (to_us(receipt.at), receipt.command_id, actor.kind.value, actor.id)
            for version, body in enumerate(prepared.bodies, receipt.from_version + 1):
                events.append((stream, version, *head, commit.on_behalf_of, *body))
            for event in commit.events:
                for name in event.references:
                    known_as.setdefault(name, stream)
        if streams:
            rows = [(stream, *streams[stream]) for stream in sorted(streams)]
            parts.append(("streams", (tenant, *columns(rows))))
        if unmade := [stream for stream in self._made if stream not in streams]:
            parts.append(("unmade_streams", (tenant, unmade)))
        if events:
            parts.append(("all_events", (tenant, *columns(events))))
        if known_as:
            parts.append(("all_known_as", (tenant, *columns(sorted(known_as.items())))))
        if settled:
            parts.append(("leases", (tenant, settled)))
        parts.extend(kept(tenant, (commit for _, commit, _ in accepted)))
        return [*parts, *self.ledger.written()]


def kept(tenant: TenantId, commits: Iterable[Commit]) -> Parts:
    """
    Return the part that keeps the states which commits have brought along, the last of each stream.

    """
    rows: dict[StreamId | None, Row] = {}
    for commit in commits:
        if commit.snapshot is not None:
            stream = commit.receipt.stream
            rows[stream] = (stream, *attrs.astuple(commit.snapshot))
    return [("kept", (tenant, *columns(list(rows.values()))))] if rows else []
