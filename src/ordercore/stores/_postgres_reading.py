"""
What the PostgreSQL store reads, how it numbers the feed and the log, and its leases.

**Numbering.** Rows commit without a position. A position that was given before the commit would be
seen out of order: whoever took 7 may commit before whoever took 6, and a reader that has seen 7
would never look for 6 again. So positions are given afterwards, to rows that everybody can see.
Whoever reads the feed or the log numbers first what is not numbered yet: under an advisory lock of
the tenant, all visible rows in the order of ``seq``, consecutively after the last position. Slow
transactions get their positions when they have committed, behind all that was read before them.
There is never a gap, since only what is committed is numbered, in a transaction of its own.

Within a stream the order is that of versions: version 2 is inserted by a commit that found version
1 committed, so its ``seq`` was drawn later, and whenever both are visible without a number they are
numbered in that order; when just one is, it is version 1. The same holds for steps at an account
that is judged, whose commits follow each other by its lock, and for a hold and its end. Order
between streams is the order of numbering.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, LiteralString

from ordercore.grammar import Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import NOTHING, AccountId, Balance, Entry, OpenPending, open_pending
from ordercore.ports import Codec, Lease, LeaseState
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_ledger import endings_of, lock_number, steps_of
from ordercore.stores._postgres_work import Rows, Statement, Work
from ordercore.stores._reads import ReadAhead
from ordercore.stores._rows import actor_of, entry_of, from_us, pending_of, to_us

__all__ = ["PAGE_ROWS", "Reading", "number_rows"]

#: How many rows an iteration reads at a time; between pages it holds no connection.
PAGE_ROWS: Final = 500

#: How many rows are numbered in one transaction.
_NUMBERED_AT_ONCE: Final = 10_000

#: Nothing that is due is read for holds as they were made.
_WHENEVER: Final = datetime.min.replace(tzinfo=UTC)

_POSITION_MAX: Final = 2**63 - 1


class Reading:
    """
    Reads streams, ledgers and leases.

    """

    __slots__ = ("_codec",)

    def __init__(self, codec: Codec) -> None:
        self._codec: Final = codec

    # --- events -------------------------------------------------------------------------------

    def load(self, tenant: TenantId, stream: StreamId, after: int) -> Work[Sequence[Recorded]]:
        """
        Return a stream's events beyond a version; what is not numbered yet has position 0.

        """
        (rows,) = yield (Statement(sql.LOAD, (tenant, stream, after)),)
        return self.recorded(rows)

    def feed(self, tenant: TenantId, after: int, limit: int) -> Work[Sequence[Recorded]]:
        """
        Return events beyond a position.

        """
        wanted = max(limit, 0)
        read = Statement(sql.FEED, (tenant, after, wanted))
        unnumbered, rows = yield (Statement(sql.EVENTS_UNNUMBERED, (tenant,)), read)
        if len(rows) < wanted and unnumbered[0][0]:
            yield from number_rows(tenant, sql.NUMBER_EVENTS)
            (rows,) = yield (read,)
        return self.recorded(rows)

    def archivable(
        self, tenant: TenantId, before: Instant, after: str, limit: int
    ) -> Work[Sequence[StreamId]]:
        """
        Return a page of streams that have been quiet.

        """
        keys = (tenant, after, to_us(before), max(limit, 0))
        (rows,) = yield (Statement(sql.ARCHIVABLE, keys),)
        return [row[0] for row in rows]

    def archive(self, tenant: TenantId, stream: StreamId) -> Work[int]:
        """
        Put events out of the way, numbered: the archive is never looked through for others.

        """
        ((unnumbered,),) = yield (Statement(sql.EVENTS_UNNUMBERED, (tenant,)),)
        if unnumbered[0]:
            yield from number_rows(tenant, sql.NUMBER_EVENTS)
        (rows,) = yield (Statement(sql.ARCHIVE, (tenant, stream)),)
        return len(rows)

    def find(self, tenant: TenantId, reference: str) -> Work[StreamId | None]:
        """
        Return the stream that declared a reference.

        """
        (rows,) = yield (Statement(sql.FIND, (tenant, reference)),)
        return rows[0][0] if rows else None

    def streams(self, tenant: TenantId, last: str) -> Work[Sequence[StreamId]]:
        """
        Return a page of streams.

        """
        (rows,) = yield (Statement(sql.STREAMS, (tenant, last, PAGE_ROWS)),)
        return [row[0] for row in rows]

    def tenants(self) -> Work[Sequence[TenantId]]:
        """
        Return all tenants.

        """
        (rows,) = yield (Statement(sql.TENANTS),)
        return [row[0] for row in rows]

    def recorded(self, rows: Rows) -> Sequence[Recorded]:
        """
        Read events.

        """
        decode = self._codec.decode
        return [
            Recorded(
                position=position,
                stream=stream,
                version=version,
                recorded_at=from_us(recorded_at),
                command_id=command_id,
                actor=actor_of(actor_kind, actor_id),
                on_behalf_of=on_behalf_of,
                event=decode(name, body),  # type: ignore[arg-type]  # what was encoded was an event
            )
            for (
                position, stream, version, recorded_at, command_id,
                actor_kind, actor_id, on_behalf_of, name, body,
            ) in rows
        ]  # fmt: skip

    # --- the ledger ---------------------------------------------------------------------------

    def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Work[Mapping[AccountId, Balance]]:
        """
        Return balances as they count at an instant, all of one moment.

        """
        found = dict.fromkeys(accounts, NOTHING)
        (rows,) = yield (Statement(sql.BALANCES_AT, (tenant, list(found), to_us(at))),)
        found.update((row[0], _balance(row)) for row in rows)
        return found

    def accounts(
        self,
        tenant: TenantId,
        start: str,
        beyond: bool,  # noqa: FBT001 - one kind of call for all readings
    ) -> Work[Sequence[tuple[AccountId, Balance]]]:
        """
        Return a page of accounts.

        """
        text = sql.BALANCES_AFTER if beyond else sql.BALANCES_FROM
        (rows,) = yield (Statement(text, (tenant, start, PAGE_ROWS)),)
        return [(row[0], _balance(row)) for row in rows]

    def pendings(
        self, tenant: TenantId, reference: str | None, source: AccountId | None
    ) -> Work[Sequence[OpenPending]]:
        """
        Return open holds in the order in which they were made.

        """
        if reference is None:
            text = sql.PENDINGS if source is None else sql.PENDINGS_OF_SOURCE
        else:
            text = sql.PENDINGS_OF_HOLDER if source is None else sql.PENDINGS_OF_BOTH
        keys = tuple(key for key in (tenant, reference, source) if key is not None)
        (rows,) = yield (Statement(text, keys),)
        return [pending_of(row) for row in rows]

    def pendings_made(
        self, tenant: TenantId, ids: Collection[str]
    ) -> Work[Mapping[str, OpenPending]]:
        """
        Rebuild holds from the rows that made them. Cost: a round trip a level of division.

        """
        ledger = ReadAhead((), _WHENEVER)
        for pending_id in ids:
            ledger.seek(pending_id)
        while (reads := ledger.reads()) is not None:
            found_steps, found_endings = yield (
                Statement(sql.TRANSFERS_OF_IDS, (tenant, list(reads.steps))),
                Statement(sql.ENDINGS_OF, (tenant, list(reads.endings))),
            )
            ledger.take_steps(reads.steps, steps_of(found_steps))
            ledger.take_endings(reads.endings, endings_of(found_endings))
        made = ((pending_id, ledger.find_hold(pending_id)) for pending_id in dict.fromkeys(ids))
        return {name: open_pending(hold) for name, hold in made if hold is not None}

    def entries(self, tenant: TenantId, account: AccountId | None, after: int) -> Work[list[Entry]]:
        """
        Return a page of the log beyond a position.

        """
        if account is None:
            keys: tuple[Any, ...] = (tenant, after, PAGE_ROWS)
            return (yield from self._log(tenant, Statement(sql.TRANSFERS, keys), entry_of))
        keys = (tenant, after, PAGE_ROWS, account)
        read = Statement(sql.TRANSFERS_OF_ACCOUNT, keys)
        return (yield from self._log(tenant, read, lambda row: entry_of(row[1:])))

    def occurred_after(self, tenant: TenantId, at_us: int, position: int) -> Work[list[Entry]]:
        """
        Return a page of the steps that occurred after an instant, beyond a position within it.

        """
        keys = (tenant, at_us, position, PAGE_ROWS)
        read = Statement(sql.TRANSFERS_OCCURRED_AFTER, keys)
        return (yield from self._log(tenant, read, entry_of))

    def first_occurred_after(self, at: Instant) -> tuple[int, int]:
        """
        Return where the steps that occurred after an instant begin.

        """
        return to_us(at), _POSITION_MAX

    def last_position(self, tenant: TenantId) -> Work[int]:
        """
        Return the position of the last step.

        """
        rows = yield from self._log(
            tenant, Statement(sql.LAST_POSITION, (tenant,)), lambda row: int(row[0]), full=2
        )
        return rows[0] if rows else 0

    def _log(
        self, tenant: TenantId, read: Statement, made: Callable[[Any], Any], full: int = PAGE_ROWS
    ) -> Work[list[Any]]:
        unnumbered, rows = yield (Statement(sql.TRANSFERS_UNNUMBERED, (tenant,)), read)
        if len(rows) < full and unnumbered[0][0]:
            yield from number_rows(tenant, sql.NUMBER_TRANSFERS)
            (rows,) = yield (read,)
        return [made(row) for row in rows]

    # --- leases -------------------------------------------------------------------------------

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
    ) -> Work[Lease]:
        """
        Ask for the right to perform an effect.

        The version is read after whoever held the lease has committed, by a statement of its own.
        """
        key, at_us, until_us = (tenant, effect_key), to_us(at), to_us(until)
        rows = yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK_SHARED, (lock_number(tenant),)),
            Statement(sql.MAKE_LEASE, (*key, stream, holder, at_us, until_us)),
            Statement(sql.LOCK_LEASE, key),
            Statement(sql.VERSION_OF, (tenant, stream)),
        )
        made, found, versions = rows[-3:]
        moved_on = version is not None and (versions[0][0] if versions else 0) != version
        if made and moved_on:
            yield (Statement(sql.ROLLBACK),)
            return Lease(LeaseState.STALE, at, at, at)
        if made:
            yield Statement(sql.ADD_TENANT, (tenant,)), Statement(sql.COMMIT)
            return Lease(LeaseState.FRESH, at, at, until)
        if not found:  # its outcome was committed between the two: it is free again
            yield (Statement(sql.ROLLBACK),)
            times = {"at": at, "until": until}
            again = self.lease(tenant, stream, effect_key, holder=holder, **times, version=version)
            return (yield from again)
        present, first_us, tried_us, present_until_us = found[0]
        first_at, tried_at = from_us(first_us), from_us(tried_us)
        if present != holder and at_us < present_until_us:
            yield (Statement(sql.ROLLBACK),)
            return Lease(LeaseState.HELD, first_at, tried_at, from_us(present_until_us))
        if moved_on:
            yield (Statement(sql.ROLLBACK),)
            return Lease(LeaseState.STALE, at, at, at)
        inherit = Statement(sql.INHERIT_LEASE, (*key, holder, at_us, until_us))
        yield inherit, Statement(sql.COMMIT)
        return Lease(LeaseState.INHERITED, first_at, tried_at, until)

    def unlease(self, tenant: TenantId, effect_key: str) -> Work[None]:
        """
        Give a lease back unused.

        """
        key = (tenant, effect_key)
        yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK_SHARED, (lock_number(tenant),)),
            Statement(sql.DROP_FRESH_LEASE, key),
            Statement(sql.END_LEASE, key),
            Statement(sql.COMMIT),
        )


def number_rows(tenant: TenantId, text: LiteralString) -> Work[None]:
    """
    Give positions to all visible rows that have none; see the module's text.

    Each transaction numbers a part. Rows that are committed meanwhile need no number for the
    reading that asked, so it ends when a part is not full.
    """
    numbered = _NUMBERED_AT_ONCE
    while numbered == _NUMBERED_AT_ONCE:
        rows = yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK, (lock_number(tenant, "numbering"),)),
            Statement(text, (tenant, _NUMBERED_AT_ONCE)),
            Statement(sql.COMMIT),
        )
        numbered = rows[2][0][0]


def _balance(row: Sequence[Any]) -> Balance:
    return Balance(int(row[1]), int(row[2]), int(row[3]))
