"""
The ledger as rows of PostgreSQL: what a group of commits needs locked and read, and what it writes.

Only *judged* accounts are locked, the sources of guarded steps. What is judged is their row and
their tail as committed by then; both are in the table, and the row is written back with its tail
folded in. Of the others the table knows just what the holds of the group say is held. Whatever the
rules make of these numbers, the difference is the change, and that is appended to their tail: it
needs no lock, so no two commits wait for each other at an account that nobody guards.

What the rules may ask is planned by ``_reads``. Where it turns out under way that another account
is judged (a guarded reversal names the step that it reverses, not the account), the transaction is
given up and begun anew with that account among the locked: locks are taken in one order or not at
all. What a reversal moves was recorded for ever, so the second time nothing new turns up.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final, cast

from ordercore.errors import InvalidData
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    EXPIRE_MAX,
    AccountId,
    OpenPending,
    Pend,
    Post,
    Step,
    account_parts,
)
from ordercore.stores import _postgres_sql as sql
from ordercore.stores._group_ledger import GroupLedger
from ordercore.stores._postgres_parts import added, spread
from ordercore.stores._postgres_work import Rows, Statement, Work
from ordercore.stores._rows import Row, entry_of, pending_of, pending_row, step_row, to_us

__all__ = ["LedgerPlan", "Parts", "columns", "endings_of", "inserted", "lock_number", "steps_of"]

#: What the statement that writes is put together from, with the parameters of each.
Parts = list[tuple[sql.Part, tuple[Any, ...]]]


#: What an account is assumed to have that is not asked. Sums of it stay within 64 bits.
PLENTY: Final = 2**60


#: What hardly any text holds; one that does is written in another way.
_CUT: Final = "\x1f"


def lock_number(tenant: TenantId, of: str = "tenant") -> int:
    """
    Return the number of a tenant's advisory lock. Two tenants that share one merely wait more.

    """
    digest = blake2b(f"ordercore {of} {tenant}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class LedgerPlan:
    """
    What one tenant's part of a group does with the ledger, within one transaction.

    Attributes:
        judged: Accounts that are judged, in order.
        ledger: What the rules judge.
        parts: In how many parts the locked accounts lie.
        torn: Whether one of them was split or joined while its lock was waited for. The statement
            that has waited can't see all of its parts, so all of it is to be done again.
    """

    __slots__ = (
        "_assumed", "_at", "_balances", "_due", "_endings", "_folded", "_holds", "_holds_asked",
        "_made", "_steps", "_tenant", "judged", "ledger", "parts", "torn",
    )  # fmt: skip

    def __init__(
        self, tenant: TenantId, steps: Sequence[Step], at: Instant, judged: Iterable[AccountId]
    ) -> None:
        """
        Plan what is locked and read.

        Args:
            tenant: Whose ledger.
            steps: Of all commits of the group, in order.
            at: The latest instant at which one of them is recorded.
            judged: Accounts of which it has turned out before that they are judged.
        """
        self._tenant: Final = tenant
        self._at: Final = at
        self.ledger: Final = GroupLedger(steps, at)
        reads = self.ledger.reads()
        self._steps = () if reads is None else reads.steps
        self._holds_asked = () if reads is None else reads.holds
        asked = {*judged, *(() if reads is None else reads.due)}
        self.judged: Final = sorted(name for name in asked if _is_account(name))
        self._balances: dict[AccountId, tuple[int, int, int]] = {}
        self._folded: dict[AccountId, None] = {}
        self._made: list[AccountId] = []
        self._holds: dict[str, OpenPending] = {}
        self._due: dict[AccountId, list[OpenPending]] = {name: [] for name in asked}
        self._endings: list[tuple[str, Step]] = []
        self.parts: dict[AccountId, int] = {}
        self.torn = False
        self._assumed = False

    def statements(self) -> list[Statement]:
        """
        Return the statements that lock and read, in the order that all commits keep.

        Accounts by their ids, then holds by theirs: those that are mentioned, and those of judged
        accounts that are due; then what is recorded of the steps and holds already.
        """
        tenant, judged, holds = self._tenant, self.judged, list(self._holds_asked)
        statements: list[Statement] = []
        if judged:
            statements += (
                Statement(sql.MAKE_BALANCES, (tenant, judged)),
                Statement(sql.LOCK_BALANCES, (tenant, judged)),
                Statement(sql.TAKE_TAILS, (tenant, judged)),
            )
        if judged or holds:
            keys = (tenant, holds, judged, to_us(self._at), EXPIRE_MAX)
            statements.append(Statement(sql.LOCK_PENDINGS, keys))
        if self._steps:
            statements.append(Statement(sql.TRANSFERS_OF_IDS, (tenant, list(self._steps))))
        if holds:
            statements.append(Statement(sql.ENDINGS_OF, (tenant, holds)))
        return statements

    def take(self, rows: Sequence[Rows]) -> None:
        """
        Take in what :meth:`statements` have read, in their order.

        """
        left = iter(rows)
        if self.judged:
            self._made = [row[0] for row in next(left)]
            lots = next(left)
            self.parts = {name: parts for name, _, parts, *_ in lots}
            had = Counter(name for name, *_ in lots)
            self.torn = any(had[name] != self.parts.get(name) for name in self.judged)
            self._balances = added((lot[0], *lot[3:]) for lot in lots)
            tails = next(left)
            self._folded = dict.fromkeys(row[0] for row in tails)
            self._balances = added(tails, self._balances)
        if self.judged or self._holds_asked:
            for read in next(left):
                hold, due = pending_of(read[:-1]), read[-1]
                self._holds[hold.id] = hold
                if due:
                    self._due[hold.source].append(hold)
        if self._steps:
            self.ledger.take_steps(self._steps, steps_of(next(left)))
        if self._holds_asked:
            self._endings = list(endings_of(next(left)))

    def assume(self, parts: Mapping[AccountId, int]) -> None:
        """
        Take it for granted, instead of asking, that nothing is recorded and plenty is there.

        Args:
            parts: In how many parts accounts are known to lie; one, where nothing is known.
        """
        ledger = self.ledger
        self.parts = {name: parts.get(name, 1) for name in self.judged}
        self._assumed = True
        self._balances = dict.fromkeys(self.judged, (PLENTY, 0, 0))
        ledger.take_steps(self._steps, ())
        ledger.take_due(self.judged, ())
        reads = ledger.reads()
        if reads is not None:
            ledger.take_accounts(reads.accounts, self._numbers(reads.accounts))

    def asked(self) -> Row | None:
        """
        Return what the assumptions come to, as the keys of a statement that finds out.

        These are the accounts, how many units each must have free for all to be as it was judged,
        in how many parts it lies, the latest instant, and how many accounts there are. An account
        must have what its guards ask of it, one step after the other, and keep nothing below zero.
        Behind them, by how much their numbers change. None where no account is judged; where it is
        one, plain values: its name, what it must have, its parts, the instant, its changes.
        """
        gone, needs = dict.fromkeys(self.judged, 0), dict.fromkeys(self.judged, 0)
        for _, step, (source, target, posted, pending) in self.ledger.moves:
            least = step.leave_at_least if isinstance(step, Post | Pend) else None
            if source in gone:
                gone[source] += posted + pending
                if least is not None:
                    needs[source] = max(needs[source], gone[source] + least)
            if posted and target in gone:
                gone[target] -= posted
        if not gone:
            return None
        asked = [(name, max(needs[name], gone[name]), self.parts[name]) for name in gone]
        balances = self.ledger.new_balances()
        changes = [
            (name, self.parts[name], posted - PLENTY, out, into)
            for name in gone
            for posted, out, into in (balances[name],)
        ]
        tenant = self._tenant
        if len(asked) == 1:
            return (tenant, *asked[0], to_us(self._at), *changes[0][2:])
        keys = (tenant, *columns(asked), to_us(self._at), len(asked))
        return (*keys, tenant, *columns(changes))

    def read_on(self) -> Work[tuple[AccountId, ...]]:
        """
        Read what the answers bring up, until the group can be judged.

        Returns:
            Accounts that are judged and were not locked, in which case it can't.
        """
        ledger, asked_holds = self.ledger, frozenset(self._holds_asked)
        while (reads := ledger.reads()) is not None:
            unlocked = tuple(name for name in reads.due if name not in self._due)
            if unlocked:
                return unlocked
            ledger.take_due(reads.due, (hold for name in reads.due for hold in self._due[name]))
            held = (self._holds.get(name) for name in reads.holds)
            ledger.take_holds(reads.holds, (hold for hold in held if hold is not None))
            ledger.take_endings(tuple(asked_holds), self._endings)
            steps = list(reads.steps)
            endings = [name for name in reads.endings if name not in asked_holds]
            if steps or endings:
                found_steps, found_endings = yield (
                    Statement(sql.TRANSFERS_OF_IDS, (self._tenant, steps)),
                    Statement(sql.ENDINGS_OF, (self._tenant, endings)),
                )
                ledger.take_steps(steps, steps_of(found_steps))
                ledger.take_endings(endings, endings_of(found_endings))
            elif not (reads.due or reads.holds or reads.endings):
                found = self._numbers(reads.accounts)
                ledger.take_accounts(reads.accounts, found)
        return ()

    def _numbers(self, accounts: Iterable[AccountId]) -> Iterator[tuple[AccountId, int, int, int]]:
        """
        Return the numbers of locked accounts, and of others what is held by the group's holds.

        """
        asked = frozenset(accounts)
        for name, numbers in self._balances.items():
            if name in asked:
                yield name, *numbers
        for name, (out, into) in self._seeds().items():
            if name in asked:
                yield name, 0, out, into

    def _seeds(self) -> dict[AccountId, tuple[int, int]]:
        seeds: dict[AccountId, tuple[int, int]] = {}
        for hold in self._holds.values():
            for name, out, into in ((hold.source, hold.amount, 0), (hold.target, 0, hold.amount)):
                if name not in self._balances:
                    was_out, was_in = seeds.get(name, (0, 0))
                    seeds[name] = (was_out + out, was_in + into)
        return seeds

    def written(self) -> Parts:
        """
        Return the parts of the statement that write what the rules have recorded.

        """
        tenant, ledger = self._tenant, self.ledger
        parts: Parts = []
        if ledger.moves:
            rows = [step_row("", 0, to_us(at), step, moved)[2:] for at, step, moved in ledger.moves]
            parts.append(inserted("step", "steps", tenant, rows))
        if ledger.merged:
            parts.append(("merged", (tenant, *columns(ledger.merged))))
        if ended := ledger.ended_holds():
            parts.append(("closed", (tenant, ended)))
        if opened := ledger.new_holds():
            rows = [pending_row("", hold)[1:] for hold in opened]
            parts.append(inserted("hold", "holds", tenant, rows))
        seeds = self._seeds()
        judged = {name: self._balances[name] for name in self._folded}
        appended: list[tuple[str, int, int, int]] = []
        for name, balance in ledger.new_balances().items():
            if name in self._balances:
                judged[name] = (balance.posted, balance.pending_out, balance.pending_in)
                continue
            out, into = seeds.get(name, (0, 0))
            change = (balance.posted, balance.pending_out - out, balance.pending_in - into)
            if any(change) or name not in seeds:
                appended.append((name, *change))
        if judged and not self._assumed:
            lots = [
                (name, *lot)
                for name, numbers in judged.items()
                for lot in spread(*numbers, self.parts[name])
            ]
            parts.append(("balances", (tenant, *columns(lots))))
        if unmade := [name for name in self._made if name not in judged]:
            parts.append(("unmade_balances", (tenant, unmade)))
        if appended:
            parts.append(inserted("change", "changes", tenant, appended))
        return parts


def inserted(
    one: sql.Part, several: sql.Part, tenant: TenantId, rows: Sequence[Row]
) -> tuple[sql.Part, tuple[Any, ...]]:
    """
    Return the part that inserts rows: one has plain values, several have an array a column.

    """
    if len(rows) == 1:
        return one, (tenant, *rows[0])
    return several, (tenant, *columns(rows))


def columns(rows: Sequence[tuple[Any, ...]]) -> Iterator[str]:
    """
    Turn rows into an array a column, written as PostgreSQL reads it.

    A driver writes arrays element by element, which took most of the time of a group.
    """
    return map(_array, zip(*rows, strict=True))


def _array(column: tuple[str | int | None, ...]) -> str:
    # Most columns are of one kind and without a gap, and written all at once.
    kinds = set(map(type, column))
    if kinds == {int}:
        return f"{{{','.join(map(str, column))}}}"
    if kinds == {str}:
        text = _CUT.join(cast("tuple[str, ...]", column))
        if text.count(_CUT) < len(column):
            return '{"' + _escaped(text).replace(_CUT, '","') + '"}'
    return f"{{{','.join(map(_element, column))}}}"


def _element(value: str | int | None) -> str:
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else f'"{_escaped(value)}"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')


def steps_of(rows: Rows) -> Iterator[Step]:
    """
    Read steps.

    """
    return (entry_of(row).step for row in rows)


def endings_of(rows: Rows) -> Iterator[tuple[str, Step]]:
    """
    Read holds and the steps that have ended them.

    """
    return ((row[0], entry_of(row[1:]).step) for row in rows)


def _is_account(name: AccountId) -> bool:
    """
    Say whether a name is that of an account. What is none gets no row; the rules will refuse it.

    """
    try:
        account_parts(name)
    except InvalidData:
        return False
    return True
