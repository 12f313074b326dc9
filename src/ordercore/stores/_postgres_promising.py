"""
Promises from hot accounts: one statement, and a lock that is held for no round trip.

A reservation is judged by one number, what its account has free. What it writes can be written
before anybody knows whether that is enough, and what it locks can be locked after. So a group of
commits that only posts and holds, under ids of its own, is judged by the rules over accounts that
are assumed to have plenty; what that comes to is how much each guarded account *must* have free.
One statement then writes the rows, locks the accounts in order, compares, and changes their
balances. Of the rows only the steps are written under the locks, so that they stand in the log in
the order in which their accounts were locked. Where one has too little it divides by zero, which
undoes all of it, and the group is judged anew by what is recorded (``_postgres_commit``): only that
may refuse, so a refusal always tells true numbers, and a neighbor of a refused commit does not
notice.

Where it is one account, as in nearly every hot group, the comparison, the lock and the change are
one conditional UPDATE. A statement that has waited for a row sets all of its parts up once more to
look at what the row has become, and at a hot row nearly every statement has waited. Locked by one
part and changed by another it did so twice, which took up to 40 % of the server's time.

The lock is held from its grant to the flush, with no client in between. That is what bounds a hot
row: commits a second are at most the commits in a group by the time of a flush.

**Nothing is oversold.** While it waits for a lock, a statement sees the other tables as they were
when it began. Of a tail it therefore counts only what takes (what was returned meanwhile waits for
the slow way to be folded), and what was folded meanwhile is counted twice, to the side of caution.
Guarded takers take under the lock, and the row itself is read as its last owner left it (that of a
single account must also have had enough when the statement began; more caution again). Facts that
nobody guards are judged as ever: those that commit later count as later. A hold that is due and
not ended yet sends the group the slow way, where it is ended.

**Parts.** An account that is split lies in several rows, each with units of its own, and their sum
with the tail is its balance. A connection promises from one part alone, by the number of its
process in the server. It must leave there what the guard protects, and never less than nothing:

- Every part but the first has zero or more free at any time, and the first has less only while the
  others have none. For the fast way leaves zero or more, and the slow way, which locks all parts
  and judges by their sum, spreads what is free evenly, or leaves all of it in the first part where
  it is little. So the sum is never below what was left in one part, nor that below a guard.
- Nothing strands: a part that has too little sends its commit the slow way, which sees every unit
  in every part. The last units are sold one after the other, under all locks.
- Nobody waits in a circle: parts are locked in order, account by account, by everybody. Only the
  same id in two transactions at once, one each way, can cross; the database finds that, and the
  loser is done again and finds what the winner has recorded.

Who has not heard yet that an account was split promises from its first part, which is as good as
any; the answer tells in how many it lies. Who waits for an account while it is being split or
joined finds fewer rows than there are parts, or none, and begins anew.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final, LiteralString, NamedTuple, cast

from ordercore.errors import Rejected
from ordercore.ids import TenantId
from ordercore.ledger import AccountId
from ordercore.ports import CommitRefusal, Receipt
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._judging import judge
from ordercore.stores._postgres_group import Group, Plan
from ordercore.stores._postgres_work import Statement
from ordercore.stores._rows import Row

__all__ = ["Promise", "Promising"]

#: Of how many accounts a process remembers that they are split, or that they have too little.
_REMEMBERED: Final = 10_000

#: What is written when the locks are held.
_LAST: Final[frozenset[sql.Part]] = frozenset(("step", "steps"))

# tenant, accounts, how much each must have free, in how many parts it lies, at, how many
_ENOUGH: Final = """enough AS (
    WITH judged AS MATERIALIZED (
        SELECT present.account, present.parts, present.posted - present.pending_out AS free,
            asked.need
        FROM ({written}) AS written CROSS JOIN unnest($2::text[], $3::bigint[], $4::bigint[])
            AS asked (account, need, parts)
        JOIN oc_balances AS present ON present.tenant = $1::text
            AND present.account = asked.account AND present.part = pg_backend_pid() % asked.parts
        ORDER BY present.account FOR UPDATE OF present
    )
    SELECT array_agg(account) AS had, array_agg(parts) AS parts_had,
        1 / (count(*) = $6::bigint)::int AS or_all_is_judged_anew
    FROM judged
    WHERE free + (
            SELECT coalesce(sum(least(posted - pending_out, 0)), 0) FROM oc_balance_tail AS tail
            WHERE tail.tenant = $1::text AND tail.account = judged.account
        ) >= need AND NOT EXISTS (
            SELECT 1 FROM oc_pendings AS hold WHERE hold.tenant = $1::text
                AND hold.source = judged.account AND hold.expires_at <= $5::bigint
        )
)"""
_HAD: Final = "SELECT * FROM enough"
# The same for one account, as nearly every hot group has: the comparison and the change are one.
# tenant, account, how much it must have free, in how many parts it lies, at, how its numbers change
_ENOUGH_OF_ONE: Final = """enough AS (
    UPDATE oc_balances AS present
    SET posted = present.posted + $6::bigint,
        pending_out = present.pending_out + $7::bigint,
        pending_in = present.pending_in + $8::bigint
    FROM ({written}) AS written
    WHERE present.tenant = $1::text AND present.account = $2::text
        AND present.part = pg_backend_pid() % $4::bigint
        AND present.posted - present.pending_out + (
            SELECT coalesce(sum(least(posted - pending_out, 0)), 0) FROM oc_balance_tail
            WHERE tenant = $1::text AND account = $2::text
        ) >= $3::bigint AND NOT EXISTS (
            SELECT 1 FROM oc_pendings
            WHERE tenant = $1::text AND source = $2::text AND expires_at <= $5::bigint
        )
    RETURNING present.account AS had, present.parts AS parts_had
)"""
_HAD_OF_ONE: Final = """SELECT array_agg(had), array_agg(parts_had),
    1 / count(*)::int AS or_all_is_judged_anew FROM enough"""
# tenant, accounts, in how many parts each lies, by how much its numbers change
_CHANGED: Final = """changed AS (UPDATE oc_balances AS present
    SET posted = present.posted + change.posted,
        pending_out = present.pending_out + change.pending_out,
        pending_in = present.pending_in + change.pending_in
    FROM enough, unnest($2::text[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
        AS change (account, parts, posted, pending_out, pending_in)
    WHERE present.tenant = $1::text AND present.account = change.account
        AND present.part = pg_backend_pid() % change.parts)"""


@lru_cache(maxsize=64)
def _promising(parts: tuple[sql.Part, ...], *, of_one: bool) -> LiteralString:
    last: sql.Part = next(name for name in parts if name in _LAST)
    before: list[sql.Part] = [name for name in parts if name != last]
    counts = " + ".join(f"(SELECT count(*) FROM {name})" for name in before)  # noqa: S608  # constants
    enough = [_ENOUGH_OF_ONE] if of_one else [_ENOUGH, _CHANGED]
    texts = (
        sql.HELD,
        "root AS (SELECT 1 FROM held)",
        *(f"{name} AS ({sql.PARTS[name]} RETURNING 1)" for name in before),
        *(text.replace("{written}", f"SELECT {counts}") for text in enough),
        f"{last} AS ({sql.PARTS[last].replace('FROM root', 'FROM enough')})",
    )
    # Built of constants alone.
    text = f"WITH {sql.joined(texts)} {_HAD_OF_ONE if of_one else _HAD}"
    return cast("LiteralString", text)  # type: ignore[redundant-cast]  # to pyright it is none


class Promise(NamedTuple):
    """
    A group that is accepted where there is enough.

    """

    statement: Statement
    answers: dict[int, Receipt]
    asks: bool


class Promising:
    """
    Makes promises, and remembers where that pays.

    """

    __slots__ = ("_short", "_split")

    def __init__(self) -> None:
        self._split: Final[dict[tuple[TenantId, AccountId], int]] = {}
        self._short: Final[set[tuple[TenantId, AccountId]]] = set()

    def promise(
        self, tenant: TenantId, group: Group, lock: int, *, is_listed: bool
    ) -> Promise | None:
        """
        Return what writes a group if there is enough; None where more must be known to judge it.

        Args:
            tenant: Whose.
            group: Its commits.
            lock: The number of the tenant's lock.
            is_listed: Whether the tenant is listed.
        """
        plan = Plan(tenant, group, ())
        if not plan.is_plain() or any((tenant, name) in self._short for name in plan.ledger.judged):
            return None
        split = self._split
        plan.ledger.assume({name: split.get((tenant, name), 1) for name in plan.ledger.judged})
        judgment = judge([commit for _, commit, _ in group], {}, {}, plan.ledger.ledger.apply)
        steps = sum(len(commit.steps) for _, commit, _ in group)
        if len(judgment.accepted) != len(group) or len(plan.ledger.ledger.moves) != steps:
            return None  # a refusal, or a hold of the group that is over before the group is
        parts = plan.written(judgment)
        if not is_listed:
            parts.append(("tenant", (tenant,)))
        names = tuple(name for name, _ in parts)
        keys: Row = (lock, *(key for _, part in parts for key in part))
        asked = plan.ledger.asked()
        if asked is None:
            statement = Statement(sql.writing("none", names, alone=True), keys)
        else:
            first = (part for name, part in parts if name not in _LAST)
            bound = (lock, *(key for part in first for key in part), *asked)
            last = next(part for name, part in parts if name in _LAST)
            text = _promising(names, of_one=len(plan.ledger.judged) == 1)
            statement = Statement(text, (*bound, *last))
        answers = {index: commit.receipt for index, commit, _ in group}
        return Promise(statement, answers, asked is not None)

    def kept(self, tenant: TenantId, promise: Promise, rows: Sequence[Row]) -> None:
        """
        Learn from what a promise was answered in how many parts its accounts lie.

        """
        if promise.asks:
            accounts, parts, _ = rows[0]
            self._learn(tenant, dict(zip(accounts, parts, strict=True)))

    def judged(
        self,
        tenant: TenantId,
        parts: Mapping[AccountId, int],
        answers: Iterable[Receipt | CommitRefusal],
    ) -> None:
        """
        Learn from a group that was judged by what is recorded.

        Where there was a shortage, the next is judged so at once, until there is none.
        """
        self._learn(tenant, parts)
        self._short.difference_update((tenant, name) for name in parts)
        if len(self._short) >= _REMEMBERED:
            self._short.clear()
        for answer in answers:
            if isinstance(answer, Rejected) and answer.code == "shortage":
                self._short.add((tenant, AccountId(str(answer.data["account"]))))

    def _learn(self, tenant: TenantId, parts: Mapping[AccountId, int]) -> None:
        if len(self._split) >= _REMEMBERED:
            self._split.clear()
        for name, number in parts.items():
            if number > 1:
                self._split[tenant, name] = number
            else:
                self._split.pop((tenant, name), None)
