"""The store in memory and the store on disk answer alike, refusals included."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import Conflict, Rejected
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import AccountId, Divide, Pend, Post, PostPending, Step, VoidPending, account
from ordercore.ports import Commit, Receipt, Recorded, Store
from ordercore.stores import MemoryStore, SQLiteStore, audit_ledger
from tests.stores._toys import OTHER, SHOP, START, Answer, Said, ToyCodec, minutes, says

STREAMS = ("s-1", "s-2", "s-3")
COMMANDS = tuple(f"c-{n}" for n in range(14))
PLACES = ("berlin", "paris")
ACCOUNTS = tuple(
    account("promise", code, "MUG", place)
    for code in ("supply", "available", "allocated")
    for place in PLACES
)
# Few names, so that repeats, ends of ended holds and refusals are what happens, not the exception.
STEP_IDS = tuple(f"t-{n}" for n in range(12))
HOLDS = (*STEP_IDS, "t-1/part-1", "t-2/part-2", "t-3/part-1")
UNTIL = 12

instants = st.integers(0, UNTIL).map(minutes)
names = st.sampled_from(STEP_IDS)
accounts = st.sampled_from(ACCOUNTS)
amounts = st.integers(0, 6)
words = st.sampled_from(("why", "because"))
holders = st.sampled_from(("cart-1", "cart-2"))


def steps() -> st.SearchStrategy[Step]:
    least = st.none() | st.integers(-3, 2)
    when = st.just(START)
    holds = st.sampled_from(HOLDS)
    parts = st.lists(amounts, min_size=1, max_size=3).map(tuple)
    return st.one_of(
        st.builds(Post, names, accounts, accounts, amounts, words, holders, when, least),
        st.builds(
            Pend, names, accounts, accounts, amounts, words, holders, when, least,
            st.none() | instants,
        ),
        st.builds(PostPending, names, holds, st.none() | amounts, words, holders, when),
        st.builds(VoidPending, names, holds, words, holders, when),
        st.builds(Divide, names, holds, parts, words, holders, when),
    )  # fmt: skip


@st.composite
def commits(draw: st.DrawFn) -> Commit:
    refused = draw(st.integers(0, 9)) == 0
    stream = draw(st.sampled_from((*STREAMS, *STREAMS, None)))
    events = [] if refused or stream is None else draw(st.lists(st.integers(0, 3), max_size=3))
    due = st.none() | st.integers(0, UNTIL)
    return says(
        draw(st.sampled_from(COMMANDS)),
        stream,
        *(Said(f"w{n}", (f"pay:{n}",) if n else ()) for n in events),
        version=draw(st.integers(0, 2)),
        tenant=draw(st.sampled_from((SHOP, SHOP, SHOP, OTHER))),
        at=draw(st.integers(0, UNTIL)),
        steps=() if refused else tuple(draw(st.lists(steps(), max_size=4))),
        due=None if stream is None else draw(due),
        rejected=Rejected("no", "no", data={"n": 1}, legal=("yes",)) if refused else None,
        reply=draw(st.none() | st.builds(Answer, st.integers(0, 9))),
        settles=draw(st.sampled_from(((), (), ("e-1",)))),
    )


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
            "references": [store.find(tenant, f"pay:{n}") for n in range(5)],
        }
    return read


@given(st.lists(commits(), max_size=25))
@settings(max_examples=120, deadline=None)
def test_both_stores_answer_the_same_commits_alike_in_every_reading(walk: list[Commit]) -> None:
    memory, disk = MemoryStore(), SQLiteStore(":memory:", codec=ToyCodec())
    try:
        for commit in walk:
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
