"""
The audit: recompute everything that is kept beside the facts, and name what should not be there.

"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import attrs

from ordercore.engine._audit import audit_loop
from ordercore.engine._driver import Driver
from ordercore.engine._kinds import KINDS, Kinds
from ordercore.engine._requests import Call, Each, Loop, collect
from ordercore.engine._standing import leaks_loop, standing_loop
from ordercore.grammar import Aggregate, AskPerson, Effect, Recorded
from ordercore.ids import StreamId, TenantId
from ordercore.inventory import book_differences
from ordercore.ledger import AccountId, Balance, account_parts
from ordercore.ports import Store

__all__ = ["Verification", "verify", "verify_loop"]


@attrs.frozen(kw_only=True)
class Verification:
    """
    What an audit has found; no sentence in it means that all is well.

    Attributes:
        orders: How many orders were folded.
        other_streams: How many streams of other kinds were folded.
        steps: How many ledger steps were replayed.
        trial_balance: What does not sum to zero, by book and unit.
        differences: Where a kept number differs from the facts.
        leaks: Promises, authorizations and requests whose owner has ended or is unknown, and leases
            of what nobody owes.
        waiting: Requests and decisions that wait for a person.
    """

    orders: int
    steps: int
    trial_balance: tuple[str, ...]
    differences: tuple[str, ...]
    leaks: tuple[str, ...]
    waiting: tuple[str, ...]
    other_streams: int = 0

    @property
    def balanced(self) -> bool:
        """
        Whether every book sums to zero and every kept number follows from the facts.

        """
        return not self.trial_balance and not self.differences

    def __str__(self) -> str:
        found = (*self.trial_balance, *self.differences, *self.leaks, *self.waiting)
        others = f"{self.other_streams} other streams, " if self.other_streams else ""
        head = f"{self.orders} orders, {others}{self.steps} ledger steps: "
        return head + ("balanced, no leaks" if not found else "; ".join(found))


@attrs.define
class _Findings:
    """
    What was found stream by stream.

    """

    streams: Counter[str] = attrs.Factory(Counter[str])
    open: set[str] = attrs.Factory(set[str])
    kept_minor: Counter[str] = attrs.Factory(Counter[str])
    leaks: list[str] = attrs.Factory(list[str])
    waiting: list[str] = attrs.Factory(list[str])
    differences: list[str] = attrs.Factory(list[str])

    def look_at(
        self, stream: StreamId, aggregate: Aggregate[Any], history: Sequence[Recorded]
    ) -> None:
        state = aggregate.fold(recorded.event for recorded in history)
        if state is None:
            return
        self.streams[aggregate.kind] += 1
        owed = aggregate.outstanding(state)
        self.waiting.extend(
            f"{stream}: {effect.key} waits for a person{_why(effect)}"
            for effect in owed
            if effect.waits_for_operator
        )
        if aggregate.has_ended(state):
            self.leaks.extend(
                f"{stream}: {effect.key} is open, the {aggregate.kind} has ended" for effect in owed
            )
        else:
            self.open.add(stream)
        found = aggregate.inspect(state)
        self.waiting.extend(f"{stream}: {sentence}" for sentence in found.waiting)
        self.leaks.extend(f"{stream}: {sentence}" for sentence in found.leaks)
        self.kept_minor.update(found.kept_minor)


def _why(effect: Effect) -> str:
    return f": {effect.reason}" if isinstance(effect, AskPerson) else ""


def verify(store: Store, tenant: TenantId, kinds: Kinds = KINDS) -> Verification:
    """
    Audit one tenant's store.

    Each stream's own kind says what it owes and whether it has ended; a stream that has not may
    hold stock under its name, and nobody else may but carts, whose holds end by themselves.

    Args:
        store: Any store.
        tenant: Whose.
        kinds: Which kinds of streams and holders there are.

    Cost: reads the whole store once; memory for one stream at a time, the accounts, the open holds
    and one word a stream.
    """
    return Driver(store, tenant).drive(verify_loop(store, tenant, kinds))


def verify_loop(store: Store, tenant: TenantId, kinds: Kinds) -> Loop[Verification]:
    """
    Audit one tenant's store; see :func:`verify`.

    """
    findings = _Findings()
    for stream in (yield from collect(store.streams, tenant)):
        if kinds.drives(stream):
            history = yield from Call(store.load, tenant, stream)
            findings.look_at(stream, kinds.of_stream(stream), history)
            findings.differences.extend(
                (yield from standing_loop(store, tenant, kinds, stream, history))
            )
        else:
            findings.differences.append(f"{stream}: nobody knows this kind of stream")
    findings.leaks.extend(
        f"{hold.id}: {hold.amount} promised to {hold.reference}, which has ended or is unknown"
        for hold in (yield from Call(store.pendings, tenant))
        if hold.reference not in findings.open and not kinds.ends_by_itself(hold.reference)
    )
    findings.leaks.extend((yield from leaks_loop(store, tenant, kinds)))
    balances = dict((yield from collect(store.accounts, tenant)))
    steps = count()
    yield from Each(lambda _: next(steps), store.entries, tenant)
    differences = yield from audit_loop(store, tenant)
    return Verification(
        orders=findings.streams["order"],
        other_streams=findings.streams.total() - findings.streams["order"],
        steps=next(steps),
        trial_balance=_unbalanced(balances),
        differences=(
            *differences,
            *book_differences(balances),
            *_money_differences(balances, findings.kept_minor),
            *findings.differences,
        ),
        leaks=tuple(findings.leaks),
        waiting=tuple(findings.waiting),
    )


def _unbalanced(balances: Mapping[AccountId, Balance]) -> tuple[str, ...]:
    sums: dict[tuple[str, str], int] = {}
    for account, balance in balances.items():
        parts = account_parts(account)
        sums[parts.book, parts.unit] = sums.get((parts.book, parts.unit), 0) + balance.posted
    return tuple(
        f"{book} of {unit} sums to {total}" for (book, unit), total in sorted(sums.items()) if total
    )


def _money_differences(
    balances: Mapping[AccountId, Balance], kept: Mapping[str, int]
) -> tuple[str, ...]:
    clearing: dict[str, int] = {}
    for account, balance in balances.items():
        parts = account_parts(account)
        if (parts.book, parts.code) == ("value", "clearing"):
            clearing[parts.unit] = clearing.get(parts.unit, 0) + balance.posted
    return tuple(
        f"{currency}: streams have kept {kept.get(currency, 0)}, "
        f"the value book says {clearing.get(currency, 0)}"
        for currency in sorted({*kept, *clearing})
        if kept.get(currency, 0) != clearing.get(currency, 0)
    )
