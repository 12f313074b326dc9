"""
Every statement of the SQLite store, as constants: SQLite prepares each text once.

The tenant comes first in every key and every condition. Positions of the feed and of the ledger's
log are not counted in a row of their own: they follow from the last row of an index, which is one
descent of a tree and cannot disagree with the rows.

A list of keys is one JSON text, whatever its length, and the table is looked up for each; a list
of parameters would have to be padded to a few lengths, and SQLite sorts it before it looks.
"""

from typing import Final

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
       command_name, command, reply_name, reply, rejected FROM"""
RECEIPT: Final = f"{_RECEIPT} oc_receipts WHERE tenant = ? AND command_id = ?"
#: The keys that are asked for: the second parameter.
_ASKED: Final = "json_each(?2) AS asked"
RECEIPTS_OF: Final = f"""{_RECEIPT} {_ASKED}
CROSS JOIN oc_receipts ON tenant = ?1 AND command_id = asked.value
"""
VERSIONS_OF: Final = f"""
SELECT stream, version FROM {_ASKED}
CROSS JOIN oc_streams ON tenant = ?1 AND stream = asked.value
"""  # noqa: S608 - of constants

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

#: tenant, stream, effect key -> the stream's version, and its lease or nulls
LEASE: Final = """
SELECT coalesce((SELECT version FROM oc_streams WHERE tenant = ?1 AND stream = ?2), 0),
       holder, first_at, tried_at, until
FROM (SELECT 1) LEFT JOIN oc_leases ON tenant = ?1 AND effect_key = ?3
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
SELECT position, recorded_at, kind, step.id, source, target, amount, step.pending, parts,
       leave_at_least, expires_at, promised_at, reason, reference, occurred_at"""
_TRANSFER: Final = f"{_TRANSFER_AND} FROM oc_transfers AS step"
TRANSFERS_OF_IDS: Final = f"""{_TRANSFER_AND} FROM {_ASKED}
CROSS JOIN oc_transfers AS step ON tenant = ?1 AND step.id = asked.value
"""
#: the step and, last, the hold that it ended
ENDINGS_OF: Final = f"""{_TRANSFER_AND}, step.pending FROM {_ASKED}
CROSS JOIN oc_transfers AS step ON tenant = ?1 AND step.pending = asked.value
"""
MERGERS_OF: Final = f"""{_TRANSFER_AND}, merged.pending FROM {_ASKED}
CROSS JOIN oc_merged AS merged ON merged.tenant = ?1 AND merged.pending = asked.value
JOIN oc_transfers AS step ON step.tenant = ?1 AND step.id = merged.step
"""
ADD_MERGED: Final = "INSERT INTO oc_merged (tenant, pending, step) VALUES (?, ?, ?)"
TRANSFERS: Final = f"{_TRANSFER} WHERE tenant = ? AND position > ? ORDER BY position LIMIT ?"
#: The greatest row number there can be.
POSITION_MAX: Final = 2**63 - 1
#: tenant, occurred at, position, limit; in order of both
TRANSFERS_OCCURRED_AFTER: Final = f"""{_TRANSFER}
WHERE tenant = ? AND (occurred_at, position) > (?, ?) ORDER BY occurred_at, position LIMIT ?
"""
LAST_POSITION: Final = (
    "SELECT position FROM oc_transfers WHERE tenant = ? ORDER BY position DESC LIMIT 1"
)
#: tenant, account, after -> where the steps that touched an account stand, the last one first; at
#: the end what comes before them: not beyond ``after``, or None where it isn't known
CHAIN: Final = """
WITH RECURSIVE chain (position) AS (
    SELECT last_position FROM oc_balances WHERE tenant = ?1 AND account = ?2
    UNION ALL
    SELECT iif(step.source = ?2, step.source_before, step.target_before)
    FROM chain JOIN oc_transfers AS step ON step.tenant = ?1 AND step.position = chain.position
    WHERE chain.position > ?3
)
SELECT position FROM chain
"""
#: tenant, a JSON list of positions, in their order
TRANSFERS_AT: Final = f"""{_TRANSFER}
WHERE tenant = ? AND position IN (SELECT value FROM json_each(?)) ORDER BY position
"""  # noqa: S608 - of constants
#: tenant, after, account, account, limit
TRANSFERS_SEARCHED: Final = f"""{_TRANSFER}
WHERE tenant = ? AND position > ? AND (source = ? OR target = ?) ORDER BY position LIMIT ?
"""
ADD_TRANSFER: Final = """
INSERT INTO oc_transfers (tenant, position, recorded_at, kind, id, source, target, amount,
                          pending, parts, leave_at_least, expires_at, promised_at, reason,
                          reference, occurred_at, source_before, target_before)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""

_PENDING: Final = """
SELECT hold.id, source, target, amount, reference, expires_at, promised_at FROM"""
_OPEN: Final = f"{_PENDING} oc_pendings AS hold WHERE tenant = ?"
PENDINGS_OF_IDS: Final = f"""{_PENDING} {_ASKED}
CROSS JOIN oc_pendings AS hold ON tenant = ?1 AND hold.id = asked.value
"""


def pendings(tenant: str, reference: str | None, source: str | None) -> tuple[str, tuple[str, ...]]:
    """
    Return the query for open holds: all, of one holder, of one account; as they were made.

    """
    text = _OPEN
    keys: tuple[str, ...] = (tenant,)
    if reference is not None:
        text, keys = f"{text} AND reference = ?", (*keys, reference)
    if source is not None:
        text, keys = f"{text} AND source = ?", (*keys, source)
    return f"{text} ORDER BY made", keys


#: tenant, accounts, at, limit: due holds by account, and within one by (expiry, id)
PENDINGS_DUE_OF: Final = f"""{_PENDING} {_ASKED}
CROSS JOIN oc_pendings AS hold ON tenant = ?1 AND source = asked.value AND expires_at <= ?3
ORDER BY source, expires_at, hold.id LIMIT ?4
"""
#: tenant, account, at, limit
PENDINGS_DUE: Final = f"""{_OPEN} AND source = ? AND expires_at <= ?
ORDER BY expires_at, id LIMIT ?
"""
ADD_PENDING: Final = """
INSERT INTO oc_pendings (tenant, id, source, target, amount, reference, expires_at, promised_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
DROP_PENDING: Final = "DELETE FROM oc_pendings WHERE tenant = ? AND id = ?"

BALANCES_OF: Final = f"""
SELECT account, posted, pending_out, pending_in, last_position FROM {_ASKED}
CROSS JOIN oc_balances ON tenant = ?1 AND account = asked.value
"""  # noqa: S608 - of constants
#: tenant, accounts, at -> balances as they count at an instant
BALANCES_AT: Final = f"""
SELECT account, posted, pending_out - iif(pending_out = 0, 0, coalesce((
    SELECT sum(amount) FROM oc_pendings AS hold WHERE hold.tenant = ?1
    AND hold.source = balance.account AND hold.expires_at <= ?3), 0)), pending_in
FROM {_ASKED} CROSS JOIN oc_balances AS balance ON tenant = ?1 AND account = asked.value
"""  # noqa: S608 - of constants
_BALANCE: Final = "SELECT account, posted, pending_out, pending_in FROM oc_balances"
BALANCES_FROM: Final = f"{_BALANCE} WHERE tenant = ? AND account >= ? ORDER BY account LIMIT ?"
BALANCES_AFTER: Final = f"{_BALANCE} WHERE tenant = ? AND account > ? ORDER BY account LIMIT ?"
SET_BALANCE: Final = """
INSERT INTO oc_balances (tenant, account, posted, pending_out, pending_in, last_position)
VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (tenant, account) DO UPDATE SET
    posted = excluded.posted, pending_out = excluded.pending_out, pending_in = excluded.pending_in,
    last_position = excluded.last_position
"""
