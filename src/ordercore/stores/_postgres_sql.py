"""
Every statement of the PostgreSQL store.

A commit's writes are one statement: data-modifying common table expressions that all depend on
``root``, the one that compares the stream's version. Where the version has moved on, ``root`` is
empty and so is everything else. Which parts a commit needs varies, so the text is put together from
parts; there are few combinations, each is built once and prepared by the server once.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, Literal, LiteralString, cast

__all__ = ["HELD", "PARTS", "Part", "Root", "joined", "writing"]

Root = Literal["new", "later", "receipt", "none"]
Part = Literal[
    "tenant", "event", "events", "known_as", "receipt", "streams", "all_events", "all_known_as",
    "receipts", "kept", "leases", "step", "steps", "merged", "closed", "hold", "holds", "balances",
    "change", "changes", "unmade_streams", "unmade_balances",
]  # fmt: skip

BEGIN: Final = "BEGIN"
BEGIN_READING: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"

# ------------------------------------------------------------------------------ locks

LOCK_SHARED: Final = "SELECT pg_advisory_xact_lock_shared($1::bigint)"
LOCK: Final = "SELECT pg_advisory_xact_lock($1::bigint)"
HOLD: Final = "SELECT pg_advisory_lock($1::bigint)"
LET_GO: Final = "SELECT pg_advisory_unlock($1::bigint)"

MAKE_STREAMS: Final = """
INSERT INTO oc_streams (tenant, stream, version)
SELECT $1::text, s, 0 FROM unnest($2::text[]) AS s ORDER BY s COLLATE "C"
ON CONFLICT (tenant, stream) DO NOTHING RETURNING stream
"""
LOCK_STREAMS: Final = """
SELECT stream, version FROM oc_streams WHERE tenant = $1 AND stream = ANY($2::text[])
ORDER BY stream FOR UPDATE
"""
MAKE_BALANCES: Final = """
INSERT INTO oc_balances (tenant, account, part, parts, posted, pending_out, pending_in)
SELECT $1::text, a, 0, 1, 0, 0, 0 FROM unnest($2::text[]) AS a ORDER BY a COLLATE "C"
ON CONFLICT (tenant, account, part) DO NOTHING RETURNING account
"""
LOCK_BALANCES: Final = """
SELECT account, part, parts, posted, pending_out, pending_in FROM oc_balances
WHERE tenant = $1 AND account = ANY($2::text[]) ORDER BY account, part FOR UPDATE
"""
#: The tails of locked accounts, taken out to be folded into their rows.
TAKE_TAILS: Final = """
WITH taken AS (
    DELETE FROM oc_balance_tail WHERE tenant = $1 AND account = ANY($2::text[])
    RETURNING account, posted, pending_out, pending_in
)
SELECT account, sum(posted), sum(pending_out), sum(pending_in) FROM taken GROUP BY account
"""
_PENDING: Final = "id, source, target, amount, reference, expires_at, promised_at"
#: tenant, ids, accounts, at, limit an account -> the holds of these ids, and what of these accounts
#: is due
LOCK_PENDINGS: Final = f"""
SELECT {_PENDING}, expires_at <= $4 AND source = ANY($3::text[]) FROM oc_pendings
WHERE tenant = $1 AND id IN (
    SELECT unnest($2::text[])
    UNION
    SELECT due.id FROM unnest($3::text[]) AS judged (account) CROSS JOIN LATERAL (
        SELECT id FROM oc_pendings
        WHERE tenant = $1 AND source = judged.account AND expires_at <= $4
        ORDER BY expires_at, id LIMIT $5
    ) AS due
)
ORDER BY id FOR UPDATE OF oc_pendings
"""

# ------------------------------------------------------------------------------ writing a commit


def _inserted(table: str, columns: str, *, several: bool) -> str:
    """
    Return what inserts a row, a tenant and a value a column, or several in order, an array each.

    """
    names, kinds = _KIND.sub("", columns), _KIND.findall(columns)
    rows = ", ".join(f"${n}::{kind}{'[]' * several}" for n, kind in enumerate(kinds, 2))
    if several:
        rows = f"{names} FROM root, unnest({rows}) WITH ORDINALITY AS r ({names}, n) ORDER BY n"
    else:
        rows += " FROM root"
    return f"INSERT INTO {table} (tenant, {names}) SELECT $1::text, {rows}"


_KIND: Final = re.compile(r" (text|bigint)\b")
_OF_RECEIPT: Final = """command_id text, recorded_at bigint, stream text, from_version bigint,
    to_version bigint, command_name text, command text, reply_name text, reply text, rejected text
    """.rstrip()
_OF_STEP: Final = """recorded_at bigint, kind text, id text, source text, target text,
    amount bigint, pending text, parts text, leave_at_least bigint, expires_at bigint,
    promised_at bigint, reason text, reference text, occurred_at bigint"""
_OF_HOLD: Final = """id text, source text, target text, amount bigint, reference text,
    expires_at bigint, promised_at bigint"""
_OF_CHANGE: Final = "account text, posted bigint, pending_out bigint, pending_in bigint"

HELD: Final = "held AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared($1::bigint))"
_ROOTS: Final[dict[Root, str]] = {
    # tenant, stream, from version, to version, not before, waits
    "new": """INSERT INTO oc_streams AS present (tenant, stream, version, not_before, waits)
    SELECT $1::text, $2::text, $4::bigint, $5::bigint, $6::bigint {of_held}
    ON CONFLICT (tenant, stream) DO UPDATE SET version = excluded.version,
        not_before = excluded.not_before, waits = excluded.waits
    WHERE present.version = $3::bigint RETURNING 1""",
    "later": """UPDATE oc_streams SET version = $4::bigint, not_before = $5::bigint,
        waits = $6::bigint {of_held}
    WHERE tenant = $1::text AND stream = $2::text AND version = $3::bigint RETURNING 1""",
    "receipt": _inserted("oc_receipts", _OF_RECEIPT, several=False).replace("root", "{held}")
    + " ON CONFLICT (tenant, command_id) DO NOTHING RETURNING 1",
    "none": "SELECT 1",
}
PARTS: Final[dict[Part, str]] = {
    "tenant": """INSERT INTO oc_tenants (tenant) SELECT $1::text FROM root
    ON CONFLICT (tenant) DO NOTHING""",
    # tenant, stream, from version, recorded at, command, actor, of whom, names, bodies
    "events": """INSERT INTO oc_events (tenant, stream, version, recorded_at, command_id,
        actor_kind, actor_id, on_behalf_of, name, body)
    SELECT $1::text, $2::text, $3::bigint + event.n, $4::bigint, $5::text, $6::text, $7::text,
        $8::text, event.name, event.body
    FROM root, unnest($9::text[], $10::text[]) WITH ORDINALITY AS event (name, body, n)
    ORDER BY event.n""",
    # The same for one event, as most commits have.
    "event": """INSERT INTO oc_events (tenant, stream, version, recorded_at, command_id,
        actor_kind, actor_id, on_behalf_of, name, body)
    SELECT $1::text, $2::text, $3::bigint + 1, $4::bigint, $5::text, $6::text, $7::text, $8::text,
        $9::text, $10::text FROM root""",
    "known_as": """INSERT INTO oc_references (tenant, reference, stream)
    SELECT $1::text, reference, $2::text FROM root, unnest($3::text[]) AS reference
    ON CONFLICT (tenant, reference) DO NOTHING""",
    "receipt": _inserted("oc_receipts", _OF_RECEIPT, several=False),
    # --- the same for several commits
    "streams": """UPDATE oc_streams AS present
    SET version = written.version, not_before = written.not_before, waits = written.waits
    FROM root, unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[])
        AS written (stream, version, not_before, waits)
    WHERE present.tenant = $1::text AND present.stream = written.stream""",
    "all_events": """INSERT INTO oc_events (tenant, stream, version, recorded_at, command_id,
        actor_kind, actor_id, on_behalf_of, name, body)
    SELECT $1::text, stream, version, recorded_at, command_id, actor_kind, actor_id, on_behalf_of,
        name, body
    FROM root, unnest($2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::text[], $7::text[],
        $8::text[], $9::text[], $10::text[]) WITH ORDINALITY AS event (stream, version, recorded_at,
        command_id, actor_kind, actor_id, on_behalf_of, name, body, n)
    ORDER BY n""",
    "all_known_as": """INSERT INTO oc_references (tenant, reference, stream)
    SELECT $1::text, reference, stream
    FROM root, unnest($2::text[], $3::text[]) AS known_as (reference, stream)
    ON CONFLICT (tenant, reference) DO NOTHING""",
    "receipts": _inserted("oc_receipts", _OF_RECEIPT, several=True),
    # --- a commit or several
    "kept": """INSERT INTO oc_snapshots AS present (tenant, stream, version, form, body)
    SELECT $1::text, stream, version, form, body
    FROM root, unnest($2::text[], $3::bigint[], $4::text[], $5::text[])
        AS kept (stream, version, form, body)
    ON CONFLICT (tenant, stream) DO UPDATE
    SET version = excluded.version, form = excluded.form, body = excluded.body""",
    "leases": """DELETE FROM oc_leases USING root
    WHERE tenant = $1::text AND effect_key = ANY($2::text[])""",
    "step": _inserted("oc_transfers", _OF_STEP, several=False),
    "steps": _inserted("oc_transfers", _OF_STEP, several=True),
    "hold": _inserted("oc_pendings", _OF_HOLD, several=False),
    "holds": _inserted("oc_pendings", _OF_HOLD, several=True),
    "change": _inserted("oc_balance_tail", _OF_CHANGE, several=False),
    "changes": _inserted("oc_balance_tail", _OF_CHANGE, several=True),
    "merged": """INSERT INTO oc_merged (tenant, pending, step) SELECT $1::text, pending, step
    FROM root, unnest($2::text[], $3::text[]) AS merger (pending, step)""",
    "closed": "DELETE FROM oc_pendings USING root WHERE tenant = $1::text AND id = ANY($2::text[])",
    "balances": """UPDATE oc_balances AS present
    SET posted = judged.posted, pending_out = judged.pending_out, pending_in = judged.pending_in
    FROM root, unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        AS judged (account, part, posted, pending_out, pending_in)
    WHERE present.tenant = $1::text AND present.account = judged.account
        AND present.part = judged.part""",
    # Rows that were made to be locked and that nobody has written.
    "unmade_streams": """DELETE FROM oc_streams USING root
    WHERE tenant = $1::text AND stream = ANY($2::text[])""",
    "unmade_balances": """DELETE FROM oc_balances USING root
    WHERE tenant = $1::text AND account = ANY($2::text[])""",
}
_NUMBER: Final = re.compile(r"\$(\d+)")


@lru_cache(maxsize=512)
def writing(root: Root, parts: tuple[Part, ...], *, alone: bool) -> LiteralString:
    """
    Return the statement that writes a commit, or what a commit needs besides others.

    Its parameters are those of the root and of the parts, in order; before them the lock's number,
    where it stands alone. It answers a row where the root has written one; else there is none, and
    nothing was written.

    Args:
        root: What decides whether anything is written.
        parts: What is.
        alone: Whether the statement is a transaction of its own and must take the tenant's lock.
    """
    head = _ROOTS[root]
    head = head.replace("{of_held}", "FROM held" if alone else "")
    head = head.replace("{held}", "held" if alone else "(SELECT 1) AS held")
    if alone and root == "none":
        head = f"{head} FROM held"
    texts = [HELD] if alone else []
    texts.append(f"root AS ({head})")
    texts.extend(f"{name} AS ({PARTS[name]})" for name in parts)
    # Built of the constants above alone.
    return cast("LiteralString", f"WITH {joined(texts)} SELECT 1 FROM root")  # type: ignore[redundant-cast]  # to pyright it is none


def joined(texts: Iterable[str]) -> str:
    """Put parts of a statement together, each of which numbers its parameters from 1."""
    taken, numbered = 0, list[str]()
    for text in texts:
        numbered.append(_shifted(text, taken))
        taken += max((int(n) for n in _NUMBER.findall(text)), default=0)
    return ", ".join(numbered)


def _shifted(text: str, by: int) -> str:
    return _NUMBER.sub(lambda number: f"${int(number[1]) + by}", text)


# ------------------------------------------------------------------------------ reading events

_EVENT: Final = """
SELECT coalesce(position, 0), stream, version, recorded_at, command_id,
       actor_kind, actor_id, on_behalf_of, name, body
FROM """
_OF_STREAM: Final = "WHERE tenant = $1 AND stream = $2 AND version > $3"
_BEYOND: Final = "WHERE tenant = $1 AND position > $2"
LOAD: Final = f"""
{_EVENT} oc_events {_OF_STREAM} UNION ALL {_EVENT} oc_archive {_OF_STREAM} ORDER BY version
"""
#: A page of each, so that neither table is read to its end, and of these the first.
FEED: Final = f"""
({_EVENT} oc_events {_BEYOND} ORDER BY position LIMIT $3) UNION ALL
({_EVENT} oc_archive {_BEYOND} ORDER BY position LIMIT $3) ORDER BY 1 LIMIT $3
"""
#: tenant, after, before, limit: streams at rest whose last event is not archived
ARCHIVABLE: Final = """
SELECT stream FROM oc_streams AS s
WHERE tenant = $1 AND stream > $2 AND not_before IS NULL AND waits = 0 AND EXISTS (
    SELECT 1 FROM oc_events AS e WHERE e.tenant = s.tenant AND e.stream = s.stream
    AND e.version = s.version AND e.recorded_at < $3)
ORDER BY stream LIMIT $4
"""
ARCHIVE: Final = """
WITH moved AS (
    DELETE FROM oc_events WHERE tenant = $1 AND stream = $2 AND position < (
        SELECT position FROM oc_events WHERE tenant = $1 AND position IS NOT NULL
        ORDER BY position DESC LIMIT 1)
    RETURNING tenant, position, stream, version, recorded_at, command_id,
              actor_kind, actor_id, on_behalf_of, name, body
)
INSERT INTO oc_archive (tenant, position, stream, version, recorded_at, command_id,
                        actor_kind, actor_id, on_behalf_of, name, body)
SELECT * FROM moved RETURNING 1
"""
FIND: Final = "SELECT stream FROM oc_references WHERE tenant = $1 AND reference = $2"
STREAMS: Final = """
SELECT stream FROM oc_streams WHERE tenant = $1 AND stream > $2 AND version > 0
ORDER BY stream LIMIT $3
"""
TENANTS: Final = "SELECT tenant FROM oc_tenants ORDER BY tenant"
VERSION_OF: Final = "SELECT version FROM oc_streams WHERE tenant = $1 AND stream = $2"
RECEIPTS: Final = """
SELECT command_id, recorded_at, stream, from_version, to_version,
       command_name, command, reply_name, reply, rejected
FROM oc_receipts WHERE tenant = $1 AND command_id = ANY($2::text[])
"""

# ------------------------------------------------------------------------------ numbering

EVENTS_UNNUMBERED: Final = (
    "SELECT EXISTS (SELECT 1 FROM oc_events WHERE tenant = $1 AND position IS NULL)"
)
TRANSFERS_UNNUMBERED: Final = (
    "SELECT EXISTS (SELECT 1 FROM oc_transfers WHERE tenant = $1 AND position IS NULL)"
)
_NUMBER_ROWS: Final = """
WITH unnumbered AS MATERIALIZED (
    SELECT ctid AS place, row_number() OVER (ORDER BY seq) AS n FROM {table}
    WHERE tenant = $1 AND position IS NULL ORDER BY seq LIMIT $2
), last AS MATERIALIZED (
    SELECT coalesce((SELECT position FROM {table} WHERE tenant = $1 AND position IS NOT NULL
                     ORDER BY position DESC LIMIT 1), 0) AS position
), numbered AS (
    UPDATE {table} AS entry SET position = last.position + unnumbered.n FROM unnumbered, last
    WHERE entry.ctid = unnumbered.place RETURNING 1
)
SELECT count(*) FROM numbered
"""
#: tenant, limit -> how many were numbered
NUMBER_EVENTS: Final = _NUMBER_ROWS.replace("{table}", "oc_events")
NUMBER_TRANSFERS: Final = _NUMBER_ROWS.replace("{table}", "oc_transfers")

# ------------------------------------------------------------------------------ leases

MAKE_LEASE: Final = """
INSERT INTO oc_leases (tenant, effect_key, stream, holder, first_at, tried_at, until, inherited)
VALUES ($1, $2, $3, $4, $5, $5, $6, false)
ON CONFLICT (tenant, effect_key) DO NOTHING RETURNING 1
"""
LOCK_LEASE: Final = """
SELECT holder, first_at, tried_at, until FROM oc_leases WHERE tenant = $1 AND effect_key = $2
FOR UPDATE
"""
INHERIT_LEASE: Final = """
UPDATE oc_leases SET holder = $3, tried_at = $4, until = $5, inherited = true
WHERE tenant = $1 AND effect_key = $2
"""
DROP_FRESH_LEASE: Final = (
    "DELETE FROM oc_leases WHERE tenant = $1 AND effect_key = $2 AND NOT inherited"
)
END_LEASE: Final = """
UPDATE oc_leases SET holder = '', until = first_at WHERE tenant = $1 AND effect_key = $2
"""
ADD_TENANT: Final = "INSERT INTO oc_tenants (tenant) VALUES ($1) ON CONFLICT (tenant) DO NOTHING"

# ------------------------------------------------------------------------------ the ledger

_TRANSFER: Final = """coalesce(position, 0), recorded_at, kind, id, source, target, amount, pending,
       parts, leave_at_least, expires_at, promised_at, reason, reference, occurred_at"""
TRANSFERS_OF_IDS: Final = f"""
SELECT {_TRANSFER} FROM oc_transfers WHERE tenant = $1 AND id = ANY($2::text[])
"""
#: By which steps holds have ended: the hold, then the step.
ENDINGS_OF: Final = f"""
SELECT pending, {_TRANSFER} FROM oc_transfers WHERE tenant = $1 AND pending = ANY($2::text[])
UNION ALL
SELECT merged.hold, {_TRANSFER} FROM (
    SELECT pending AS hold, step FROM oc_merged WHERE tenant = $1 AND pending = ANY($2::text[])
) AS merged JOIN oc_transfers ON tenant = $1 AND id = merged.step
"""
_LOG: Final = f"SELECT {_TRANSFER} FROM oc_transfers"
TRANSFERS: Final = f"{_LOG} WHERE tenant = $1 AND position > $2 ORDER BY position LIMIT $3"
#: tenant, after, limit, account
TRANSFERS_OF_ACCOUNT: Final = f"""
(SELECT position AS place, {_TRANSFER} FROM oc_transfers
 WHERE tenant = $1 AND source = $4 AND position > $2 ORDER BY position LIMIT $3)
UNION ALL
(SELECT position AS place, {_TRANSFER} FROM oc_transfers
 WHERE tenant = $1 AND target = $4 AND position > $2 ORDER BY position LIMIT $3)
ORDER BY place LIMIT $3
"""
#: tenant, occurred at, position, limit; in order of both
TRANSFERS_OCCURRED_AFTER: Final = f"""{_LOG}
WHERE tenant = $1 AND (occurred_at, position) > ($2, $3) AND position IS NOT NULL
ORDER BY occurred_at, position LIMIT $4
"""
LAST_POSITION: Final = """
SELECT position FROM oc_transfers WHERE tenant = $1 AND position IS NOT NULL
ORDER BY position DESC LIMIT 1
"""
_PENDINGS: Final = f"SELECT {_PENDING} FROM oc_pendings WHERE tenant = $1"
PENDINGS: Final = f"{_PENDINGS} ORDER BY made"
PENDINGS_OF_HOLDER: Final = f"{_PENDINGS} AND reference = $2 ORDER BY made"
PENDINGS_OF_SOURCE: Final = f"{_PENDINGS} AND source = $2 ORDER BY made"
PENDINGS_OF_BOTH: Final = f"{_PENDINGS} AND reference = $2 AND source = $3 ORDER BY made"
_NUMBERS: Final = "account, posted, pending_out, pending_in"
#: tenant, accounts, at -> row and tail together, less what is due
BALANCES_AT: Final = f"""
SELECT account, sum(posted), sum(pending_out), sum(pending_in) FROM (
    SELECT {_NUMBERS} FROM oc_balances WHERE tenant = $1 AND account = ANY($2::text[])
    UNION ALL
    SELECT {_NUMBERS} FROM oc_balance_tail WHERE tenant = $1 AND account = ANY($2::text[])
    UNION ALL
    SELECT source, 0, -amount, 0 FROM oc_pendings
    WHERE tenant = $1 AND source = ANY($2::text[]) AND expires_at <= $3
) AS change GROUP BY account
"""
_ACCOUNTS: Final = f"""
SELECT account, sum(posted), sum(pending_out), sum(pending_in) FROM (
    SELECT {_NUMBERS} FROM oc_balances WHERE tenant = $1 AND account {{beyond}} $2
    UNION ALL
    SELECT {_NUMBERS} FROM oc_balance_tail WHERE tenant = $1 AND account {{beyond}} $2
) AS change GROUP BY account ORDER BY account LIMIT $3
"""
BALANCES_FROM: Final = _ACCOUNTS.replace("{beyond}", ">=")
BALANCES_AFTER: Final = _ACCOUNTS.replace("{beyond}", ">")
