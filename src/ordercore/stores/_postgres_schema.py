"""
The tables of the PostgreSQL store, and how a database comes to have them.

All names begin with ``oc_``, and the tables lie in one schema, so the store may share a database
with its host. Every key begins with the tenant, so that tables can be spread by it. Texts that are
ordered have the collation ``C``: byte by byte, as Python orders them, whatever the database's own.

Versions and migrations are those of the SQLite store: ``oc_meta`` says which version the schema
has; an older one is brought forward in one transaction, a newer one is refused untouched. Processes
that start at once take turns by an advisory lock.

    oc_events, oc_transfers    appended without a position; ``seq`` orders them as they were
                               inserted, and numbering fills ``position`` later
    oc_balances                accounts that have been judged, in one part or several
    oc_balance_tail            changes of accounts that were not: balance = parts + tail
"""

from typing import Final, LiteralString, cast

from ordercore.errors import InvalidData
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_work import Statement, Work, quoted

__all__ = ["MIGRATIONS", "bring_forward"]

_FIRST: Final = (
    'CREATE TABLE oc_meta (key text COLLATE "C" PRIMARY KEY, value bigint NOT NULL)',
    'CREATE TABLE oc_tenants (tenant text COLLATE "C" PRIMARY KEY)',
    # A row with version 0 is a stream that has something due and no event yet.
    """CREATE TABLE oc_streams (
        tenant text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        version bigint NOT NULL CHECK (version >= 0),
        not_before bigint,
        waits bigint NOT NULL DEFAULT 0,
        holder text COLLATE "C",
        claimed_until bigint,
        PRIMARY KEY (tenant, stream)
    ) WITH (fillfactor = 80)""",
    """CREATE INDEX oc_streams_due ON oc_streams (tenant, not_before, stream)
        WHERE not_before IS NOT NULL""",
    "CREATE INDEX oc_streams_waiting ON oc_streams (tenant, stream) WHERE waits > 0",
    """CREATE INDEX oc_streams_claimed ON oc_streams (tenant, claimed_until)
        WHERE claimed_until IS NOT NULL""",
    # One state a stream, the last that was brought along.
    """CREATE TABLE oc_snapshots (
        tenant text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        form text NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (tenant, stream)
    )""",
    """CREATE TABLE oc_events (
        tenant text COLLATE "C" NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        position bigint,
        stream text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        recorded_at bigint NOT NULL,
        command_id text COLLATE "C" NOT NULL,
        actor_kind text NOT NULL,
        actor_id text NOT NULL,
        on_behalf_of text,
        name text NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (tenant, stream, version)
    )""",
    """CREATE UNIQUE INDEX oc_events_position ON oc_events (tenant, position)
        WHERE position IS NOT NULL""",
    "CREATE INDEX oc_events_unnumbered ON oc_events (tenant, seq) WHERE position IS NULL",
    # Events of ended streams, out of the way; read together with the others.
    """CREATE TABLE oc_archive (
        tenant text COLLATE "C" NOT NULL,
        position bigint NOT NULL,
        stream text COLLATE "C" NOT NULL,
        version bigint NOT NULL,
        recorded_at bigint NOT NULL,
        command_id text COLLATE "C" NOT NULL,
        actor_kind text NOT NULL,
        actor_id text NOT NULL,
        on_behalf_of text,
        name text NOT NULL,
        body text NOT NULL,
        PRIMARY KEY (tenant, stream, version),
        UNIQUE (tenant, position)
    )""",
    """CREATE TABLE oc_consumers (
        tenant text COLLATE "C" NOT NULL,
        consumer text COLLATE "C" NOT NULL,
        position bigint NOT NULL,
        PRIMARY KEY (tenant, consumer)
    )""",
    """CREATE TABLE oc_references (
        tenant text COLLATE "C" NOT NULL,
        reference text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        PRIMARY KEY (tenant, reference)
    )""",
    """CREATE TABLE oc_receipts (
        tenant text COLLATE "C" NOT NULL,
        command_id text COLLATE "C" NOT NULL,
        recorded_at bigint NOT NULL,
        stream text COLLATE "C",
        from_version bigint NOT NULL,
        to_version bigint NOT NULL,
        command_name text NOT NULL,
        command text NOT NULL,
        reply_name text,
        reply text,
        rejected text,
        PRIMARY KEY (tenant, command_id)
    )""",
    """CREATE TABLE oc_leases (
        tenant text COLLATE "C" NOT NULL,
        effect_key text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        holder text NOT NULL,
        first_at bigint NOT NULL,
        tried_at bigint NOT NULL,
        until bigint NOT NULL,
        inherited boolean NOT NULL,
        PRIMARY KEY (tenant, effect_key)
    )""",
    # Steps that end a hold carry the hold's accounts too, so an account's history is one condition.
    """CREATE TABLE oc_transfers (
        tenant text COLLATE "C" NOT NULL,
        seq bigint GENERATED ALWAYS AS IDENTITY,
        position bigint,
        recorded_at bigint NOT NULL,
        kind text NOT NULL CHECK (kind IN (
            'post', 'pend', 'post_pending', 'void_pending', 'expire_pending', 'divide', 'merge',
            'reverse')),
        id text COLLATE "C" NOT NULL,
        source text COLLATE "C" NOT NULL,
        target text COLLATE "C" NOT NULL,
        amount bigint,
        pending text COLLATE "C",
        parts text,
        leave_at_least bigint,
        expires_at bigint,
        promised_at bigint,
        reason text,
        reference text,
        occurred_at bigint NOT NULL,
        PRIMARY KEY (tenant, id)
    )""",
    # A hold ends once.
    """CREATE UNIQUE INDEX oc_transfers_ending ON oc_transfers (tenant, pending)
        WHERE pending IS NOT NULL""",
    "CREATE INDEX oc_transfers_unnumbered ON oc_transfers (tenant, seq) WHERE position IS NULL",
    # What is numbered, in order: the log, the history of an account from either side, and what is
    # said to have occurred since.
    """CREATE UNIQUE INDEX oc_transfers_position ON oc_transfers (tenant, position)
        WHERE position IS NOT NULL""",
    """CREATE INDEX oc_transfers_source ON oc_transfers (tenant, source, position)
        WHERE position IS NOT NULL""",
    """CREATE INDEX oc_transfers_target ON oc_transfers (tenant, target, position)
        WHERE position IS NOT NULL""",
    """CREATE INDEX oc_transfers_occurred ON oc_transfers (tenant, occurred_at, position)
        WHERE position IS NOT NULL""",
    # A merger ends several.
    """CREATE TABLE oc_merged (
        tenant text COLLATE "C" NOT NULL,
        pending text COLLATE "C" NOT NULL,
        step text COLLATE "C" NOT NULL,
        PRIMARY KEY (tenant, pending)
    )""",
    """CREATE TABLE oc_pendings (
        tenant text COLLATE "C" NOT NULL,
        made bigint GENERATED ALWAYS AS IDENTITY,
        id text COLLATE "C" NOT NULL,
        source text COLLATE "C" NOT NULL,
        target text COLLATE "C" NOT NULL,
        amount bigint NOT NULL CHECK (amount > 0),
        reference text COLLATE "C" NOT NULL,
        expires_at bigint,
        promised_at bigint NOT NULL,
        PRIMARY KEY (tenant, id)
    )""",
    "CREATE INDEX oc_pendings_source ON oc_pendings (tenant, source, expires_at, id)",
    "CREATE INDEX oc_pendings_holder ON oc_pendings (tenant, reference)",
    # Judged accounts are written again and again; free space on their pages keeps that in place.
    # An account that is split has a row a part; each knows how many there are.
    """CREATE TABLE oc_balances (
        tenant text COLLATE "C" NOT NULL,
        account text COLLATE "C" NOT NULL,
        part bigint NOT NULL CHECK (part >= 0),
        parts bigint NOT NULL CHECK (parts > 0),
        posted bigint NOT NULL,
        pending_out bigint NOT NULL CHECK (pending_out >= 0),
        pending_in bigint NOT NULL CHECK (pending_in >= 0),
        PRIMARY KEY (tenant, account, part)
    ) WITH (fillfactor = 50)""",
    """CREATE TABLE oc_balance_tail (
        tenant text COLLATE "C" NOT NULL,
        account text COLLATE "C" NOT NULL,
        posted bigint NOT NULL,
        pending_out bigint NOT NULL,
        pending_in bigint NOT NULL
    )""",
    "CREATE INDEX oc_balance_tail_account ON oc_balance_tail (tenant, account)",
)

#: The n-th brings a database from version n to version n + 1.
MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (_FIRST,)

#: Whoever creates or changes tables holds this lock; any number will do, as long as it stays.
_LOCK: Final = "SELECT pg_advisory_xact_lock(7236837412001)"

# Both read the catalogs by a query, which sees what others have committed while we waited for the
# lock. ``to_regclass`` answers from what this session has looked up before.
_HAS_SCHEMA: Final = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)"
_HAS_META: Final = """
SELECT EXISTS
    (SELECT FROM pg_catalog.pg_class WHERE relname = 'oc_meta' AND pg_table_is_visible(oid))
"""
_VERSION: Final = "SELECT value FROM oc_meta WHERE key = 'schema_version'"
_SET_VERSION: Final = """
INSERT INTO oc_meta (key, value) VALUES ('schema_version', $1)
ON CONFLICT (key) DO UPDATE SET value = excluded.value
"""


def bring_forward(schema: str | None) -> Work[None]:
    """
    Bring a database to the present schema: all missing migrations, or none.

    Args:
        schema: In which schema of the database the tables lie, made where it is missing; None for
            the first of the search path.

    Raises:
        InvalidData: The tables were written by a newer version of the library; none was changed.
    """
    if (yield from _readable_version(schema)) == len(MIGRATIONS):
        return
    yield Statement(sql.BEGIN), Statement(_LOCK)
    if schema is not None:
        name = quoted(schema)
        ((found,),) = (yield (Statement(_HAS_SCHEMA, (schema,)),))[0]
        if not found:
            create = cast("LiteralString", f"CREATE SCHEMA {name}")  # type: ignore[redundant-cast]
            yield (Statement(create),)
    # Another process may have been faster while this one waited for the lock.
    version = yield from _readable_version(schema)
    missing = [Statement(text) for migration in MIGRATIONS[version:] for text in migration]
    yield (*missing, Statement(_SET_VERSION, (len(MIGRATIONS),)), Statement(sql.COMMIT))


def _readable_version(schema: str | None) -> Work[int]:
    """
    Return the schema version of a database, 0 where it has none of our tables.

    """
    (((found,),),) = yield (Statement(_HAS_META),)
    if not found:
        return 0
    (rows,) = yield (Statement(_VERSION),)
    version: int = rows[0][0] if rows else 0
    if not 0 < version <= len(MIGRATIONS):
        fault = (
            f"its schema has version {version if rows else 'none'}; this ordercore reads and "
            f"writes versions 1 to {len(MIGRATIONS)}: use the newer one that wrote it"
        )
        raise InvalidData(f"store {schema or 'in PostgreSQL'}", (fault,))
    return version
