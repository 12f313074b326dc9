"""
What a host does to the balances of a store for their speed alone: folding, splitting, joining.

None of it is seen in the log, in a balance or in an answer.
"""

from typing import Final

from ordercore.errors import InvalidData, InvalidDefinition
from ordercore.ids import TenantId
from ordercore.ledger import AccountId
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._postgres_ledger import columns, lock_number
from ordercore.stores._postgres_parts import added, spread
from ordercore.stores._postgres_work import Rows, Statement, Work

__all__ = ["PARTS_MAX", "maintain", "split"]

#: In how many parts an account may lie.
PARTS_MAX: Final = 256

#: tenant, least length, limit
_LONG_TAILS: Final = """
SELECT account FROM oc_balance_tail WHERE tenant = $1
GROUP BY account HAVING count(*) >= $2 ORDER BY account LIMIT $3
"""
#: tenant, account; the account is locked.
_DROP: Final = "DELETE FROM oc_balances WHERE tenant = $1 AND account = $2"
_ADD: Final = """
INSERT INTO oc_balances (tenant, account, part, parts, posted, pending_out, pending_in)
SELECT $1::text, $2::text, part, $3::bigint, posted, pending_out, pending_in
FROM unnest($4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
    AS lot (part, posted, pending_out, pending_in)
"""


def maintain(tenant: TenantId, tail_rows: int, limit: int) -> Work[int]:
    """
    Fold long tails into their rows; return how many.

    """
    (rows,) = yield (Statement(_LONG_TAILS, (tenant, tail_rows, limit)),)
    for (account,) in rows:
        present, tail, _ = yield from _locked(tenant, account)
        if not tail:  # somebody else has folded it
            yield (Statement(sql.ROLLBACK),)
            continue
        sums = added(tail, added((row[0], *row[3:]) for row in present))
        lots = [(account, *lot) for lot in spread(*sums[account], len(present))]
        text = sql.writing("none", ("balances",), alone=False)
        yield Statement(text, (tenant, *columns(lots))), Statement(sql.COMMIT)
    return len(rows)


def split(tenant: TenantId, account: AccountId, parts: int) -> Work[None]:
    """
    Let an account lie in so many parts from now on; one joins them.

    Raises:
        InvalidDefinition: It can't lie in so many.
        InvalidData: Nothing was ever recorded of it.
    """
    if not 1 <= parts <= PARTS_MAX:
        raise InvalidDefinition(f"{account} can't lie in {parts} parts: 1 to {PARTS_MAX}")
    present, tail, made = yield from _locked(tenant, account)
    if made and not tail:
        yield (Statement(sql.ROLLBACK),)
        raise InvalidData(f"account {account}", ("nothing was ever recorded of it",))
    if len(present) == parts:
        yield (Statement(sql.ROLLBACK),)
        return
    numbers = added(tail, added((row[0], *row[3:]) for row in present))[account]
    lots = columns(list(spread(*numbers, parts)))
    yield (
        Statement(_DROP, (tenant, account)),
        Statement(_ADD, (tenant, account, parts, *lots)),
        Statement(sql.COMMIT),
    )


def _locked(tenant: TenantId, account: AccountId) -> Work[tuple[Rows, Rows, bool]]:
    """
    Begin, and lock all parts of an account; return them, its tail, and whether it had none before.

    """
    key = (tenant, [account])
    while True:
        _, _, made, present, tail = yield (
            Statement(sql.BEGIN),
            Statement(sql.LOCK_SHARED, (lock_number(tenant),)),
            Statement(sql.MAKE_BALANCES, key),
            Statement(sql.LOCK_BALANCES, key),
            Statement(sql.TAKE_TAILS, key),
        )
        if present and len(present) == present[0][2]:
            return present, tail, bool(made)
        yield (Statement(sql.ROLLBACK),)  # it was split or joined while its lock was waited for
