"""
The tables of the SQLite store, and how a file comes to have them.

All names begin with ``oc_``, so the store may share a file with its host. Every key begins with
the tenant. Tables whose rows are little more than their key are ``WITHOUT ROWID``: one tree
instead of two. Events, transfers, receipts and holds are appended in the order of their row ids.

A file says in ``oc_meta`` which version of the schema it has. An older file is brought forward,
one migration after the other, in one transaction; a newer one is refused before anything in it is
touched. Migrations are never edited once released: a change is another migration at the end.
"""

import sqlite3
from typing import Final

from ordercore.errors import InvalidData
from ordercore.stores import _sql as sql

__all__ = ["MIGRATIONS", "bring_forward", "require_readable_version"]

_FIRST: Final = (
    "CREATE TABLE oc_meta (key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    "CREATE TABLE oc_tenants (tenant TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
    # A row with version 0 is a stream that has something due and no event yet.
    """CREATE TABLE oc_streams (
        tenant TEXT NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL CHECK (version >= 0),
        not_before INTEGER,
        waits INTEGER NOT NULL CHECK (waits >= 0),
        holder TEXT,
        claimed_until INTEGER,
        PRIMARY KEY (tenant, stream)
    ) STRICT, WITHOUT ROWID""",
    """CREATE INDEX oc_streams_due ON oc_streams (tenant, not_before, stream)
        WHERE not_before IS NOT NULL""",
    "CREATE INDEX oc_streams_waiting ON oc_streams (tenant, stream) WHERE waits > 0",
    """CREATE INDEX oc_streams_claimed ON oc_streams (tenant, claimed_until)
        WHERE claimed_until IS NOT NULL""",
    # One state a stream; bodies are long, so they lie beside the key and not in its tree.
    """CREATE TABLE oc_snapshots (
        row INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        form TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (tenant, stream)
    ) STRICT""",
    """CREATE TABLE oc_events (
        row INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        position INTEGER NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        command_id TEXT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id TEXT NOT NULL,
        on_behalf_of TEXT,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (tenant, position),
        UNIQUE (tenant, stream, version)
    ) STRICT""",
    # Events of ended streams, out of the way; read together with the others.
    """CREATE TABLE oc_archive (
        row INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        position INTEGER NOT NULL,
        stream TEXT NOT NULL,
        version INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        command_id TEXT NOT NULL,
        actor_kind TEXT NOT NULL,
        actor_id TEXT NOT NULL,
        on_behalf_of TEXT,
        name TEXT NOT NULL,
        body TEXT NOT NULL,
        UNIQUE (tenant, position),
        UNIQUE (tenant, stream, version)
    ) STRICT""",
    """CREATE TABLE oc_references (
        tenant TEXT NOT NULL,
        reference TEXT NOT NULL,
        stream TEXT NOT NULL,
        PRIMARY KEY (tenant, reference)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE oc_consumers (
        tenant TEXT NOT NULL,
        consumer TEXT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (tenant, consumer)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE oc_receipts (
        row INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        command_id TEXT NOT NULL,
        recorded_at INTEGER NOT NULL,
        stream TEXT,
        from_version INTEGER NOT NULL,
        to_version INTEGER NOT NULL,
        command_name TEXT NOT NULL,
        command TEXT NOT NULL,
        reply_name TEXT,
        reply TEXT,
        rejected TEXT,
        UNIQUE (tenant, command_id)
    ) STRICT""",
    """CREATE TABLE oc_leases (
        tenant TEXT NOT NULL,
        effect_key TEXT NOT NULL,
        stream TEXT NOT NULL,
        holder TEXT NOT NULL,
        first_at INTEGER NOT NULL,
        tried_at INTEGER NOT NULL,
        until INTEGER NOT NULL,
        inherited INTEGER NOT NULL,
        PRIMARY KEY (tenant, effect_key)
    ) STRICT, WITHOUT ROWID""",
    # Steps that end a hold carry the hold's accounts too. A step names the one before it that has
    # touched its source, and its target: 0 where there is none, null where it isn't known. So an
    # account's history is a chain, and its balance knows the end of it; as indexes, from either
    # side, it was a third of all pages that a commit writes.
    """CREATE TABLE oc_transfers (
        row INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        position INTEGER NOT NULL,
        recorded_at INTEGER NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN (
            'post', 'pend', 'post_pending', 'void_pending', 'expire_pending', 'divide', 'merge',
            'reverse')),
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        amount INTEGER,
        pending TEXT,
        parts TEXT,
        leave_at_least INTEGER,
        expires_at INTEGER,
        promised_at INTEGER,
        reason TEXT,
        reference TEXT,
        occurred_at INTEGER NOT NULL,
        source_before INTEGER,
        target_before INTEGER,
        UNIQUE (tenant, position),
        UNIQUE (tenant, id)
    ) STRICT""",
    # A hold ends once.
    """CREATE UNIQUE INDEX oc_transfers_ending ON oc_transfers (tenant, pending)
        WHERE pending IS NOT NULL""",
    # A merger ends several.
    """CREATE TABLE oc_merged (
        tenant TEXT NOT NULL,
        pending TEXT NOT NULL,
        step TEXT NOT NULL,
        PRIMARY KEY (tenant, pending)
    ) STRICT, WITHOUT ROWID""",
    # What occurred since somebody looked; appended almost in order.
    "CREATE INDEX oc_transfers_occurred ON oc_transfers (tenant, occurred_at, position)",
    # A new row id is above every present one, so `made` orders open holds as they were made.
    """CREATE TABLE oc_pendings (
        made INTEGER PRIMARY KEY,
        tenant TEXT NOT NULL,
        id TEXT NOT NULL,
        source TEXT NOT NULL,
        target TEXT NOT NULL,
        amount INTEGER NOT NULL CHECK (amount > 0),
        reference TEXT NOT NULL,
        expires_at INTEGER,
        promised_at INTEGER NOT NULL,
        UNIQUE (tenant, id)
    ) STRICT""",
    "CREATE INDEX oc_pendings_source ON oc_pendings (tenant, source, expires_at, id)",
    "CREATE INDEX oc_pendings_holder ON oc_pendings (tenant, reference)",
    """CREATE TABLE oc_balances (
        tenant TEXT NOT NULL,
        account TEXT NOT NULL,
        posted INTEGER NOT NULL,
        pending_out INTEGER NOT NULL CHECK (pending_out >= 0),
        pending_in INTEGER NOT NULL CHECK (pending_in >= 0),
        last_position INTEGER,
        PRIMARY KEY (tenant, account)
    ) STRICT, WITHOUT ROWID""",
)

#: The n-th brings a file from version n to version n + 1.
MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)

_HAS_META: Final = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'oc_meta'"
_VERSION: Final = "SELECT value FROM oc_meta WHERE key = 'schema_version'"
_SET_VERSION: Final = """
INSERT INTO oc_meta (key, value) VALUES ('schema_version', ?)
ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""


def require_readable_version(connection: sqlite3.Connection, path: str) -> int:
    """
    Return the schema version of a file, 0 where it has none of our tables.

    Raises:
        InvalidData: The file was written by a newer version of the library.
    """
    if connection.execute(_HAS_META).fetchone() is None:
        return 0
    row: tuple[int] | None = connection.execute(_VERSION).fetchone()
    found = 0 if row is None else row[0]
    if row is None or not 0 < found <= len(MIGRATIONS):
        fault = (
            f"its schema has version {found if row else 'none'}; this ordercore reads and writes "
            f"versions 1 to {len(MIGRATIONS)}: use the newer one that wrote it"
        )
        raise InvalidData(f"store {path}", (fault,))
    return found


def bring_forward(connection: sqlite3.Connection, path: str) -> None:
    """
    Bring a file to the present schema: all missing migrations, or none.

    Raises:
        InvalidData: The file was written by a newer version of the library.
    """
    if require_readable_version(connection, path) == len(MIGRATIONS):
        return
    connection.execute(sql.BEGIN)
    try:
        # Another process may have been faster while this one waited for the lock.
        for migration in MIGRATIONS[require_readable_version(connection, path) :]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(_SET_VERSION, (len(MIGRATIONS),))
        connection.execute(sql.COMMIT)
    finally:
        if connection.in_transaction:
            connection.execute(sql.ROLLBACK)
