"""
Every statement of the SQLite store, as constants: SQLite prepares each text once.

The tenant comes first in every key and every condition. Positions of the feed and of the ledger's
log are not counted in a row of their own: they follow from the last row of an index, which is one
descent of a tree and cannot disagree with the rows.
"""

from collections.abc import Iterator, Sequence
from typing import Final

__all__ = ["InList"]

#: Lengths for which a list statement is prepared; a list is padded to the next one.
_LENGTHS: Final = (2, 8, 32, 256)


class InList:
    """
    A statement over a list of keys of any length, in a few constant texts.

    Lists are cut into parts of at most 256 keys, and a part is padded by repeating its last key,
    which selects nothing twice.
    """

    __slots__ = ("_texts",)

    def __init__(self, head: str, tail: str = "") -> None:
        self._texts: Final = tuple((n, f"{head} ({', '.join('?' * n)}){tail}") for n in _LENGTHS)

    def parts(self, keys: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
        """
        Cut a list into statement texts and the keys for each.

        """
        for start in range(0, len(keys), _LENGTHS[-1]):
            part = tuple(keys[start : start + _LENGTHS[-1]])
            for length, text in self._texts:
                if length >= len(part):
                    yield text, part + part[-1:] * (length - len(part))
                    break


BEGIN: Final = "BEGIN IMMEDIATE"
BEGIN_READING: Final = "BEGIN DEFERRED"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
SAVE: Final = "SAVEPOINT ordercore"
RELEASE: Final = "RELEASE ordercore"
UNDO: Final = "ROLLBACK TO ordercore"

# ------------------------------------------------------------------------------ a commit

#: tenant, tenant, command, tenant, stream, tenant, tenant -> what a commit must know first;
#: of a group, the first one
HEAD: Final = """
SELECT EXISTS (SELECT 1 FROM oc_tenants WHERE tenant = ?),
       EXISTS (SELECT 1 FROM oc_receipts WHERE tenant = ? AND command_id = ?),
       coalesce((SELECT version FROM oc_streams WHERE tenant = ? AND stream = ?), 0),
       coalesce((SELECT position FROM oc_events WHERE tenant = ?
                 ORDER BY position DESC LIMIT 1), 0),
       coalesce((SELECT position FROM oc_transfers WHERE tenant = ?
                 ORDER BY position DESC LIMIT 1), 0)
"""
ADD_TENANT: Final = "INSERT OR IGNORE INTO oc_tenants (tenant) VALUES (?)"
ADD_EVENT: Final = """
INSERT INTO oc_events (tenant, position, stream, version, recorded_at, command_id,
                       actor_kind, actor_id, on_behalf_of, name, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
ADD_REFERENCE: Final = """
INSERT OR IGNORE INTO oc_references (tenant, reference, stream) VALUES (?, ?, ?)
"""
SET_STREAM: Final = """
INSERT INTO oc_streams (tenant, stream, version, not_before, waits) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, stream) DO UPDATE SET
    version = excluded.version, not_before = excluded.not_before, waits = excluded.waits
"""
ADD_RECEIPT: Final = """
INSERT INTO oc_receipts (tenant, command_id, recorded_at, stream, from_version, to_version,
                         command_name, command, reply_name, reply, rejected)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_RECEIPT: Final = """
SELECT command_id, recorded_at, stream, from_version, to_version,
       command_name, command, reply_name, reply, rejected
FROM oc_receipts WHERE tenant = ? AND command_id"""
RECEIPT: Final = f"{_RECEIPT} = ?"
RECEIPTS_OF: Final = InList(f"{_RECEIPT} IN")
VERSION_OF: Final = "SELECT version FROM oc_streams WHERE tenant = ? AND stream = ?"
VERSIONS_OF: Final = InList("SELECT stream, version FROM oc_streams WHERE tenant = ? AND stream IN")

#: tenant, by -> what runners are told of again
ALL_DUE: Final = """
SELECT stream, not_before FROM oc_streams WHERE tenant = ? AND not_before <= ? ORDER BY stream
"""

# ------------------------------------------------------------------------------ reading events

_TABLES: Final = ("oc_events", "oc_archive")
_EVENT: Final = """
SELECT position, stream, version, recorded_at, command_id,
       actor_kind, actor_id, on_behalf_of, name, body
FROM """


def _events(condition: str, order: str) -> str:
    """
    Return the query for events that meet a condition, be they archived or not.

    """
    both = " UNION ALL ".join(f"{_EVENT}{table} WHERE {condition}" for table in _TABLES)
    return f"{both} ORDER BY {order}"


LOAD: Final = _events("tenant = ?1 AND stream = ?2 AND version > ?3", "version")
FEED: Final = f"{_events('tenant = ?1 AND position > ?2', 'position')} LIMIT ?3"
#: tenant, after, before, limit: streams at rest whose last event is not archived
ARCHIVABLE: Final = """
SELECT stream FROM oc_streams AS s
WHERE tenant = ?1 AND stream > ?2 AND not_before IS NULL AND waits = 0 AND EXISTS (
    SELECT 1 FROM oc_events AS e WHERE e.tenant = s.tenant AND e.stream = s.stream
    AND e.version = s.version AND e.recorded_at < ?3)
ORDER BY stream LIMIT ?4
"""
_OF_STREAM: Final = """
WHERE tenant = ?1 AND stream = ?2
AND position < (SELECT max(position) FROM oc_events WHERE tenant = ?1)
"""
_COLUMNS: Final = """tenant, position, stream, version, recorded_at, command_id,
       actor_kind, actor_id, on_behalf_of, name, body"""
ARCHIVE: Final = (
    f"INSERT INTO oc_archive ({_COLUMNS}) SELECT {_COLUMNS} FROM oc_events {_OF_STREAM}"  # noqa: S608 - of constants
)
LET_GO: Final = f"DELETE FROM oc_events {_OF_STREAM}"  # noqa: S608 - of constants
LAST_EVENT: Final = "SELECT coalesce(max(position), 0) FROM oc_events WHERE tenant = ?"
CONSUMED: Final = "SELECT position FROM oc_consumers WHERE tenant = ? AND consumer = ?"
MOVE_CONSUMER: Final = """
INSERT INTO oc_consumers (tenant, consumer, position) VALUES (?, ?, ?)
ON CONFLICT (tenant, consumer) DO UPDATE SET position = excluded.position
"""
FIND: Final = "SELECT stream FROM oc_references WHERE tenant = ? AND reference = ?"
STREAMS: Final = """
SELECT stream FROM oc_streams WHERE tenant = ? AND stream > ? AND version > 0
ORDER BY stream LIMIT ?
"""
TENANTS: Final = "SELECT tenant FROM oc_tenants ORDER BY tenant"

# ------------------------------------------------------------------------------ leases

LEASE: Final = """
SELECT holder, first_at, tried_at, until FROM oc_leases WHERE tenant = ? AND effect_key = ?
"""
ADD_LEASE: Final = """
INSERT INTO oc_leases (tenant, effect_key, stream, holder, first_at, tried_at, until, inherited)
VALUES (?, ?, ?, ?, ?, ?, ?, 0)
"""
INHERIT_LEASE: Final = """
UPDATE oc_leases SET holder = ?, tried_at = ?, until = ?, inherited = 1
WHERE tenant = ? AND effect_key = ?
"""
DROP_LEASE: Final = "DELETE FROM oc_leases WHERE tenant = ? AND effect_key = ?"
DROP_FRESH_LEASE: Final = f"{DROP_LEASE} AND inherited = 0"
END_LEASE: Final = """
UPDATE oc_leases SET holder = '', until = first_at WHERE tenant = ? AND effect_key = ?
"""

# ------------------------------------------------------------------------------ the ledger

_TRANSFER_AND: Final = """
SELECT position, recorded_at, kind, id, source, target, amount, step.pending, parts,
       leave_at_least, expires_at, promised_at, reason, reference, occurred_at"""
_FROM: Final = "FROM oc_transfers AS step"
_TRANSFER: Final = f"{_TRANSFER_AND} {_FROM}"
TRANSFERS_OF_IDS: Final = InList(f"{_TRANSFER} WHERE tenant = ? AND id IN")
#: the step and, last, the hold that it ended
ENDINGS_OF: Final = InList(f"{_TRANSFER_AND}, pending {_FROM} WHERE tenant = ? AND pending IN")
MERGERS_OF: Final = InList(
    f"{_TRANSFER_AND}, merged.pending {_FROM} JOIN oc_merged AS merged"
    " ON merged.tenant = step.tenant AND merged.step = step.id"
    " WHERE merged.tenant = ? AND merged.pending IN"
)
ADD_MERGED: Final = "INSERT INTO oc_merged (tenant, pending, step) VALUES (?, ?, ?)"
_TRANSFERS: Final = f"{_TRANSFER} WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?"
#: The greatest row number there can be.
POSITION_MAX: Final = 2**63 - 1
#: tenant, occurred at, position, limit; in order of both
TRANSFERS_OCCURRED_AFTER: Final = f"""{_TRANSFER}
WHERE tenant = ? AND (occurred_at, position) > (?, ?) ORDER BY occurred_at, position LIMIT ?
"""
LAST_POSITION: Final = (
    "SELECT position FROM oc_transfers WHERE tenant = ? ORDER BY position DESC LIMIT 1"
)
_OF_SIDE: Final = "WHERE tenant = ? AND {} = ? AND position > ? ORDER BY position LIMIT ?"
#: tenant, account, after, limit, tenant, account, after, limit, limit
_TRANSFERS_OF_ACCOUNT: Final = (
    f"SELECT * FROM ({_TRANSFER} {_OF_SIDE.format('source')})"  # noqa: S608 - of constants
    f" UNION ALL SELECT * FROM ({_TRANSFER} {_OF_SIDE.format('target')})"
    " ORDER BY position LIMIT ?"
)


def transfers(
    tenant: str, account: str | None, after: int, limit: int
) -> tuple[str, tuple[str | int, ...]]:
    """
    Return the query for the log beyond a position: all of it, or what touched one account.

    """
    if account is None:
        return _TRANSFERS, (tenant, after, limit)
    return _TRANSFERS_OF_ACCOUNT, (*(tenant, account, after, limit) * 2, limit)


ADD_TRANSFER: Final = """
INSERT INTO oc_transfers (tenant, position, recorded_at, kind, id, source, target, amount,
                          pending, parts, leave_at_least, expires_at, promised_at, reason,
                          reference, occurred_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_PENDING: Final = """
SELECT id, source, target, amount, reference, expires_at, promised_at FROM oc_pendings"""
PENDINGS_OF_IDS: Final = InList(f"{_PENDING} WHERE tenant = ? AND id IN")


def pendings(tenant: str, reference: str | None, source: str | None) -> tuple[str, tuple[str, ...]]:
    """
    Return the query for open holds: all, of one holder, of one account; as they were made.

    """
    text = f"{_PENDING} WHERE tenant = ?"
    keys: tuple[str, ...] = (tenant,)
    if reference is not None:
        text, keys = f"{text} AND reference = ?", (*keys, reference)
    if source is not None:
        text, keys = f"{text} AND source = ?", (*keys, source)
    return f"{text} ORDER BY made", keys


#: Due holds of several accounts at once: by account, and within one by (expiry, id).
PENDINGS_DUE_OF: Final = InList(
    f"{_PENDING} WHERE tenant = ? AND expires_at <= ? AND source IN",
    " ORDER BY source, expires_at, id LIMIT ?",
)
PENDINGS_DUE: Final = f"""{_PENDING}
WHERE tenant = ? AND source = ? AND expires_at <= ? ORDER BY expires_at, id LIMIT ?
"""
ADD_PENDING: Final = """
INSERT INTO oc_pendings (tenant, id, source, target, amount, reference, expires_at, promised_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
DROP_PENDING: Final = "DELETE FROM oc_pendings WHERE tenant = ? AND id = ?"

BALANCES_OF: Final = InList(
    "SELECT account, posted, pending_out, pending_in FROM oc_balances"
    " WHERE tenant = ? AND account IN"
)
#: at, tenant, accounts -> balances as they count at an instant
BALANCES_AT: Final = InList(
    "SELECT account, posted, pending_out - coalesce(("
    "SELECT sum(amount) FROM oc_pendings AS hold WHERE hold.tenant = balance.tenant"
    " AND hold.source = balance.account AND hold.expires_at <= ?), 0), pending_in"
    " FROM oc_balances AS balance WHERE tenant = ? AND account IN"
)
_BALANCE: Final = "SELECT account, posted, pending_out, pending_in FROM oc_balances"
BALANCES_FROM: Final = f"{_BALANCE} WHERE tenant = ? AND account >= ? ORDER BY account LIMIT ?"
BALANCES_AFTER: Final = f"{_BALANCE} WHERE tenant = ? AND account > ? ORDER BY account LIMIT ?"
SET_BALANCE: Final = """
INSERT INTO oc_balances (tenant, account, posted, pending_out, pending_in) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (tenant, account) DO UPDATE SET
    posted = excluded.posted, pending_out = excluded.pending_out, pending_in = excluded.pending_in
"""
