"""The store in memory and the store on disk answer alike, refusals included."""

from collections.abc import Sequence
from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.engine import audit_ledger
from ordercore.errors import Conflict, Rejected
from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    AccountId,
    Divide,
    ExpirePending,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    account,
    expiry_id,
    reversal_id,
)
from ordercore.ports import Commit, Receipt, Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import OTHER, SHOP, START, Answer, Said, ToyCodec, minutes, says

STREAMS = ("s-1", "s-2", "s-3")
COMMANDS = tuple(f"c-{n}" for n in range(60))
ACCOUNTS = tuple(
    account("promise", code, "MUG", place)
    for code in ("supply", "available", "allocated")
    for place in ("berlin", "paris")
)
HOLDERS = ("cart-1", "cart-2")
LEASED = ("e-1", "e-2")
UNTIL = 12
MADE = tuple(f"t-{n}{part}" for n in range(60) for part in ("", "/part-1", "/part-2"))


class Walk:
    """
    A walk over few names, so that repeats, late ends and refusals happen among what succeeds.

    """

    def __init__(self, random: Random, store: Store) -> None:
        self._random = random
        self._store = store
        self._now = 0
        self._fresh: list[Step] = []

    def commit(self) -> Commit:
        random, store = self._random, self._store
        self._now += random.choice((0, 0, 0, 1))
        tenant = random.choice((SHOP, SHOP, SHOP, OTHER))
        refused = self.rarely()
        stream = None if self.rarely() else random.choice(STREAMS)
        version = 0 if stream is None else len(store.load(tenant, StreamId(stream)))
        count = 0 if refused or stream is None else random.randrange(3)
        self._fresh = []
        for _ in range(0 if refused else random.randrange(4)):
            self._fresh.append(self.step(tenant))
        steps = tuple(self._fresh)
        return says(
            random.choice(COMMANDS),
            stream,
            *(Said("w", random.choice(((), ("pay:1",), ("pay:2", "pay:3")))) for _ in range(count)),
            version=max(0, version + (random.choice((-1, 1)) if self.rarely() else 0)),
            tenant=tenant,
            at=self._now,
            steps=steps,
            due=None if stream is None or random.random() < 0.3 else random.randrange(UNTIL),
            settles=(random.choice(LEASED),) if self.rarely() else (),
            rejected=Rejected("no", "no", data={"n": 1}, legal=("yes",)) if refused else None,
            reply=Answer(random.randrange(9)) if self.rarely() else None,
        )

    def step(self, tenant: TenantId) -> Step:
        random = self._random
        name, holder = f"t-{random.randrange(60)}", random.choice(HOLDERS)
        amount = 0 if self.rarely() else random.randint(1, 4)
        tail = ("why" if self.rarely() else "because", holder, START)
        recorded = list(self._store.entries(tenant))
        if recorded and self.rarely():
            return random.choice(recorded).step
        if random.random() < 0.5:
            source, target = self.accounts()
            least = random.choice((None, 0, -3, 1))
            if random.random() < 0.4:
                return Post(name, source, target, amount, *tail, None if self.rarely() else least)
            expires = random.choice((None, minutes(self._now + random.randint(0, 3))))
            return Pend(name, source, target, amount, *tail, least, expires)
        if self.rarely():
            return self.reversal(tenant, *tail)
        hold, held = self.hold(tenant)
        kind = random.randrange(5)
        if kind == 3:
            made = self._store.pendings_made(tenant, (hold,)).get(hold)
            due = minutes(self._now) if made is None else made.expires_at
            return ExpirePending(expiry_id(hold), hold, due or START)
        if kind == 4:
            return Merge(name, (hold, self.alike(tenant, hold)), *tail)
        if kind == 0:
            return PostPending(name, hold, random.choice((None, amount)), *tail)
        if kind == 1:
            return VoidPending(name, hold, *tail)
        parts = (held,) if held < 2 or self.rarely() else (1, held - 1)
        return Divide(name, hold, (*parts, 1) if self.rarely() else parts, *tail)

    def accounts(self) -> tuple[AccountId, AccountId]:
        if self.rarely():
            return self._random.choice(ACCOUNTS), self._random.choice((*ACCOUNTS, ELSEWHERE))
        place = self._random.randrange(2)
        step = self._random.choice((0, 0, 2))
        return ACCOUNTS[step + place], ACCOUNTS[step + 2 + place]

    def hold(self, tenant: TenantId) -> tuple[str, int]:
        """Choose a hold: mostly an open one, else one that was made at some time or never."""
        open_holds = list(self._store.pendings(tenant))
        if open_holds and self._random.random() < 0.6:
            chosen = self._random.choice(open_holds)
            return chosen.id, chosen.amount
        recorded = [*self._fresh, *(entry.step for entry in self._store.entries(tenant))]
        made = [step.id for step in recorded if isinstance(step, Pend | Merge)]
        made += [part for step in recorded if isinstance(step, Divide) for part in step.part_ids]
        return self._random.choice((*made, "t-99")), 2

    def alike(self, tenant: TenantId, pending_id: str) -> str:
        """Choose a hold that can be merged with another, where there is one."""
        one = self._store.pendings_made(tenant, (pending_id,)).get(pending_id)
        others = [
            other.id
            for other in self._store.pendings(tenant)
            if one is not None
            and other.id != one.id
            and attrs.evolve(other, id=one.id, amount=one.amount, promised_at=one.promised_at)
            == one
        ]
        return self._random.choice(others) if others else self.hold(tenant)[0]

    def reversal(
        self, tenant: TenantId, reason: str, reference: str, occurred_at: Instant
    ) -> Reverse:
        """Reverse what was posted, before or in the very commit; rarely what can't be reversed."""
        recorded = [*self._fresh, *(entry.step for entry in self._store.entries(tenant))]
        posted = [step for step in recorded if isinstance(step, Post | PostPending)]
        names = [step.id for step in (recorded if self.rarely() else posted)]
        step_id = self._random.choice((*names, "t-99"))
        least = self._random.choice((None, 0, -2))
        return Reverse(reversal_id(step_id), step_id, reason, reference, occurred_at, least)

    def rarely(self) -> bool:
        return self._random.random() < 0.1


ELSEWHERE = account("value", "credit", "EUR")


def plain(receipt: Receipt | None) -> object:
    """Return a receipt without the identity of the refusal in it."""
    if receipt is None:
        return None
    refusal = None if receipt.rejected is None else receipt.rejected.args
    return (
        receipt.command_id, receipt.command, receipt.at, receipt.stream, receipt.from_version,
        receipt.to_version, receipt.reply, refusal,
    )  # fmt: skip


def answer(store: Store, commit: Commit) -> object:
    """Commit, and say what came of it."""
    try:
        return plain(store.commit(commit))
    except (Rejected, Conflict) as refusal:
        return type(refusal), refusal.args


def readings(store: Store) -> dict[str, object]:
    """Read everything that a store can be asked."""

    def listed(values: Sequence[Recorded]) -> list[Recorded]:
        return list(values)

    read: dict[str, object] = {"tenants": list(store.tenants())}
    for tenant in (SHOP, OTHER):
        read[tenant] = {
            "feed": listed(store.feed(tenant, 0, 1_000)),
            "page": listed(store.feed(tenant, 2, 2)),
            "streams": list(store.streams(tenant)),
            "loads": [listed(store.load(tenant, StreamId(s), n)) for s in STREAMS for n in (0, 1)],
            "receipts": [plain(store.recall(tenant, CommandId(c))) for c in COMMANDS],
            "accounts": list(store.accounts(tenant)),
            "of a prefix": list(store.accounts(tenant, "promise|a")),
            "balances": [
                dict(store.balances(tenant, ACCOUNTS, minutes(at))) for at in (0, 4, UNTIL)
            ],
            "pendings": list(store.pendings(tenant)),
            "of holders": [list(store.pendings(tenant, h)) for h in ("cart-1", "cart-2", "x")],
            "entries": list(store.entries(tenant)),
            "of accounts": [list(store.entries(tenant, AccountId(a))) for a in ACCOUNTS],
            "due": [list(store.due(tenant, minutes(at), 2)) for at in (0, 4, UNTIL)],
            "made": dict(store.pendings_made(tenant, MADE)),
            "references": [store.find(tenant, f"pay:{n}") for n in range(4)],
        }
    return read


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_both_stores_answer_the_same_commits_alike_in_every_reading(seed: int) -> None:
    memory, disk = MemoryStore(), SQLiteStore(":memory:", codec=ToyCodec())
    walk = Walk(Random(seed), memory)
    try:
        for _ in range(40):
            commit = walk.commit()
            assert answer(memory, commit) == answer(disk, commit)
        assert readings(memory) == readings(disk)
        for tenant in (SHOP, OTHER):
            assert audit_ledger(memory, tenant) == ()
            assert audit_ledger(disk, tenant) == ()
    finally:
        disk.close()


leases = st.tuples(
    st.sampled_from(("ask", "ask", "ask", "unlease", "settle")),
    st.sampled_from(("e-1", "e-2")),
    st.sampled_from(("w-1", "w-2")),
    st.integers(0, 3),
    st.integers(1, 4),
)


@given(st.lists(leases, max_size=25))
@settings(max_examples=100, deadline=None)
def test_both_stores_lease_alike(walk: list[tuple[str, str, str, int, int]]) -> None:
    memory, disk = MemoryStore(), SQLiteStore(":memory:", codec=ToyCodec())

    def play(store: Store) -> list[object]:
        now, seen = 0, list[object]()
        for n, (what, key, holder, later, last) in enumerate(walk):
            now += later
            if what == "ask":
                at, until = minutes(now), minutes(now + last)
                stream = StreamId("s-1")
                seen.append(store.lease(SHOP, stream, key, holder=holder, at=at, until=until))
            elif what == "unlease":
                store.unlease(SHOP, key)
            else:
                store.commit(says(f"c-{n}", None, settles=(key,)))
        return seen

    try:
        assert play(memory) == play(disk)
    finally:
        disk.close()
