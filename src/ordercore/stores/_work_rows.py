"""
The part of the SQLite store that workers and operators ask, with its statements.

A claim is two columns of the stream's row. What is asked often costs no write: a worker that finds
nothing due has only read.
"""

import sqlite3
from collections.abc import Collection, Sequence
from typing import Final

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import OpenLease, Snapshot, Standing
from ordercore.stores._event_reading import EventReading
from ordercore.stores._rows import from_us, to_us, to_us_or_none

__all__ = ["WorkRows", "set_snapshot"]

_DUE: Final = """
SELECT stream FROM oc_streams WHERE tenant = ? AND not_before <= ?
ORDER BY not_before, stream LIMIT ?
"""
#: tenant, at, at, holder, limit
_CLAIMABLE: Final = """
SELECT stream FROM oc_streams WHERE tenant = ? AND not_before <= ?
    AND (claimed_until IS NULL OR claimed_until <= ? OR holder = ?)
ORDER BY not_before, stream LIMIT ?
"""
_CLAIM: Final = """
UPDATE oc_streams SET holder = ?, claimed_until = ? WHERE tenant = ? AND stream = ?
"""
_UNCLAIM: Final = """
UPDATE oc_streams SET holder = ?, claimed_until = ? WHERE tenant = ? AND stream = ? AND holder = ?
"""
#: tenant, tenant: the first that nobody has claimed, and the first that will be free again
_NEXT_DUE: Final = """
SELECT (SELECT not_before FROM oc_streams
        WHERE tenant = ? AND not_before IS NOT NULL AND claimed_until IS NULL
        ORDER BY not_before LIMIT 1),
       (SELECT min(max(not_before, claimed_until)) FROM oc_streams
        WHERE tenant = ? AND claimed_until IS NOT NULL AND not_before IS NOT NULL)
"""
_WAITING: Final = """
SELECT stream FROM oc_streams WHERE tenant = ? AND waits > 0 AND stream > ?
ORDER BY stream LIMIT ?
"""
_STANDING: Final = """
SELECT version, not_before, waits FROM oc_streams WHERE tenant = ? AND stream = ?
"""
_LEASES: Final = """
SELECT effect_key, stream, holder, first_at, tried_at, until FROM oc_leases
WHERE tenant = ? AND effect_key > ? ORDER BY effect_key LIMIT ?
"""
_SNAPSHOT: Final = "SELECT version, form, body FROM oc_snapshots WHERE tenant = ? AND stream = ?"
_SET_SNAPSHOT: Final = """
INSERT INTO oc_snapshots (tenant, stream, version, form, body) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, stream) DO UPDATE SET
    version = excluded.version, form = excluded.form, body = excluded.body
"""


class WorkRows(EventReading):
    """
    Claims, marks, leases and kept states in one file.

    """

    __slots__ = ()

    def due(self, tenant: TenantId, at: Instant, limit: int) -> Sequence[StreamId]:
        """
        Return streams that have something to do by an instant, the longest due first.

        """
        return [row[0] for row in self._rows(_DUE, (tenant, to_us(at), max(limit, 0)))]

    def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, *, holder: str, until: Instant
    ) -> Sequence[StreamId]:
        """
        Claim streams that are due; see :meth:`ordercore.ports.WorkStore.claim_due`.

        Cost: O(limit + due streams that others have claimed).
        """
        keys = (tenant, to_us(at), to_us(at), holder, max(limit, 0))
        if not self._rows(_CLAIMABLE, keys):
            return ()
        with self._connections.writing() as connection:
            claimed: list[StreamId] = [row[0] for row in connection.execute(_CLAIMABLE, keys)]
            rows = [(holder, to_us(until), tenant, stream) for stream in claimed]
            connection.executemany(_CLAIM, rows)
        return claimed

    def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        *,
        holder: str,
        rest_until: Instant | None = None,
    ) -> None:
        """
        Give claims back; see :meth:`ordercore.ports.WorkStore.unclaim`.

        """
        rest, nobody = to_us_or_none(rest_until), None if rest_until is None else ""
        with self._connections.writing() as connection:
            connection.executemany(
                _UNCLAIM, [(nobody, rest, tenant, stream, holder) for stream in streams]
            )

    def next_due(self, tenant: TenantId) -> Instant | None:
        """
        Return the first instant at which a stream is both due and free of claims.

        Cost: O(log n + claims).
        """
        found = [us for us in self._rows(_NEXT_DUE, (tenant, tenant))[0] if us is not None]
        return from_us(min(found)) if found else None

    def waiting(self, tenant: TenantId, after: str, limit: int) -> Sequence[StreamId]:
        """
        Return streams with effects that wait for a person, in order of id, beyond one.

        """
        return [row[0] for row in self._rows(_WAITING, (tenant, after, max(limit, 0)))]

    def standing(self, tenant: TenantId, stream: StreamId) -> Standing | None:
        """
        Return what is kept beside a stream's events; None where nothing is.

        """
        for version, not_before, waits in self._rows(_STANDING, (tenant, stream)):
            due = None if not_before is None else from_us(not_before)
            return Standing(version=version, next_due=due, waits=waits)
        return None

    def leases(self, tenant: TenantId, after: str, limit: int) -> Sequence[OpenLease]:
        """
        Return leases that no outcome has ended, in order of effect key, beyond one.

        """
        return [
            OpenLease(
                effect_key=key,
                stream=stream,
                holder=holder,
                first_at=from_us(first_at),
                tried_at=from_us(tried_at),
                until=from_us(until),
            )
            for key, stream, holder, first_at, tried_at, until in self._rows(
                _LEASES, (tenant, after, max(limit, 0))
            )
        ]

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along, whatever its form.

        """
        for version, form, body in self._glance(_SNAPSHOT, (tenant, stream)):
            return Snapshot(version=version, form=form, body=body)
        return None


def set_snapshot(
    connection: sqlite3.Connection, tenant: TenantId, stream: StreamId | None, snapshot: Snapshot
) -> None:
    """
    Put a stream's state in place of an earlier one, inside a commit.

    """
    row = (tenant, stream, snapshot.version, snapshot.form, snapshot.body)
    connection.execute(_SET_SNAPSHOT, row)
