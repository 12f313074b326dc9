"""
What workers and operators ask of PostgreSQL: claims, marks, leases and kept states.

A claim is two columns of the stream's row. Workers that ask at the same moment pass over the rows
that another has just locked (``SKIP LOCKED``), so each gets its own without waiting; whoever asks
when nothing is due has only read. A claim locks the rows that it writes and no other, and waits for
none of them, so it can't stand in a circle with a commit.
"""

from collections.abc import Collection, Sequence
from typing import Final

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports import OpenLease, Snapshot, Standing
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_ledger import lock_number
from ordercore.stores._postgres_work import Statement, Work
from ordercore.stores._rows import from_us, to_us, to_us_or_none

__all__ = ["Standings"]

_DUE: Final = """
SELECT stream FROM oc_streams WHERE tenant = $1 AND not_before <= $2
ORDER BY not_before, stream LIMIT $3
"""
#: tenant, at, limit, holder
_CLAIMABLE: Final = """
SELECT stream FROM oc_streams WHERE tenant = $1 AND not_before <= $2
    AND (claimed_until IS NULL OR claimed_until <= $2 OR holder = $4)
ORDER BY not_before, stream LIMIT $3
"""
#: tenant, at, limit, holder, until
_CLAIM: Final = f"""
WITH claimable AS MATERIALIZED ({_CLAIMABLE} FOR NO KEY UPDATE SKIP LOCKED), claimed AS (
    UPDATE oc_streams AS present SET holder = $4, claimed_until = $5 FROM claimable
    WHERE present.tenant = $1 AND present.stream = claimable.stream
    RETURNING present.stream, present.not_before
)
SELECT stream FROM claimed ORDER BY not_before, stream
"""
#: tenant, streams, holder, nobody, rest until
_UNCLAIM: Final = """
WITH mine AS MATERIALIZED (
    SELECT stream FROM oc_streams
    WHERE tenant = $1 AND stream = ANY($2::text[]) AND holder = $3
    ORDER BY stream FOR NO KEY UPDATE
)
UPDATE oc_streams AS present SET holder = $4::text, claimed_until = $5::bigint FROM mine
WHERE present.tenant = $1 AND present.stream = mine.stream
"""
#: The first that nobody has claimed, and the first that will be free again.
_NEXT_DUE: Final = """
SELECT (SELECT not_before FROM oc_streams
        WHERE tenant = $1 AND not_before IS NOT NULL AND claimed_until IS NULL
        ORDER BY not_before LIMIT 1),
       (SELECT min(greatest(not_before, claimed_until)) FROM oc_streams
        WHERE tenant = $1 AND claimed_until IS NOT NULL AND not_before IS NOT NULL)
"""
_WAITING: Final = """
SELECT stream FROM oc_streams WHERE tenant = $1 AND waits > 0 AND stream > $2
ORDER BY stream LIMIT $3
"""
_STANDING: Final = """
SELECT version, not_before, waits FROM oc_streams WHERE tenant = $1 AND stream = $2
"""
_LEASES: Final = """
SELECT effect_key, stream, holder, first_at, tried_at, until FROM oc_leases
WHERE tenant = $1 AND effect_key > $2 ORDER BY effect_key LIMIT $3
"""
_SNAPSHOT: Final = "SELECT version, form, body FROM oc_snapshots WHERE tenant = $1 AND stream = $2"


class Standings:
    """
    Reads and claims.

    """

    __slots__ = ()

    def due(self, tenant: TenantId, at: Instant, limit: int) -> Work[Sequence[StreamId]]:
        """
        Return due streams, claimed or not.

        """
        (rows,) = yield (Statement(_DUE, (tenant, to_us(at), max(limit, 0))),)
        return [row[0] for row in rows]

    def claim_due(
        self, tenant: TenantId, at: Instant, limit: int, holder: str, until: Instant
    ) -> Work[Sequence[StreamId]]:
        """
        Claim due streams. What another worker claims at this moment is passed over.

        """
        keys = (tenant, to_us(at), max(limit, 0), holder)
        (rows,) = yield (Statement(_CLAIMABLE, keys),)
        if not rows:
            return ()
        _, _, claimed, _ = yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK_SHARED, (lock_number(tenant),)),
            Statement(_CLAIM, (*keys, to_us(until))),
            Statement(sql.COMMIT),
        )
        return [row[0] for row in claimed]

    def unclaim(
        self,
        tenant: TenantId,
        streams: Collection[StreamId],
        holder: str,
        rest_until: Instant | None,
    ) -> Work[None]:
        """
        Give claims back, or put a rest that is nobody's in their place.

        """
        rest, nobody = to_us_or_none(rest_until), None if rest_until is None else ""
        yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK_SHARED, (lock_number(tenant),)),
            Statement(_UNCLAIM, (tenant, list(streams), holder, nobody, rest)),
            Statement(sql.COMMIT),
        )

    def next_due(self, tenant: TenantId) -> Work[Instant | None]:
        """
        Return the first instant at which a stream is both due and free of claims.

        """
        (rows,) = yield (Statement(_NEXT_DUE, (tenant,)),)
        found = [us for us in rows[0] if us is not None]
        return from_us(min(found)) if found else None

    def waiting(self, tenant: TenantId, after: str, limit: int) -> Work[Sequence[StreamId]]:
        """
        Return streams with effects that wait for a person.

        """
        (rows,) = yield (Statement(_WAITING, (tenant, after, max(limit, 0))),)
        return [row[0] for row in rows]

    def standing(self, tenant: TenantId, stream: StreamId) -> Work[Standing | None]:
        """
        Return what is kept beside a stream's events.

        """
        (rows,) = yield (Statement(_STANDING, (tenant, stream)),)
        for version, not_before, waits in rows:
            due = None if not_before is None else from_us(not_before)
            return Standing(version=version, next_due=due, waits=waits)
        return None

    def leases(self, tenant: TenantId, after: str, limit: int) -> Work[Sequence[OpenLease]]:
        """
        Return leases that no outcome has ended.

        """
        (rows,) = yield (Statement(_LEASES, (tenant, after, max(limit, 0))),)
        return [
            OpenLease(
                effect_key=key,
                stream=stream,
                holder=holder,
                first_at=from_us(first_at),
                tried_at=from_us(tried_at),
                until=from_us(until),
            )
            for key, stream, holder, first_at, tried_at, until in rows
        ]

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Work[Snapshot | None]:
        """
        Return the last state that a commit has brought along.

        """
        (rows,) = yield (Statement(_SNAPSHOT, (tenant, stream)),)
        for version, form, body in rows:
            return Snapshot(version=version, form=form, body=body)
        return None
