"""What every store keeps for workers and operators, beyond what the kit says of it."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.errors import InvariantViolated, Rejected
from ordercore.ids import StreamId
from ordercore.ports import Commit, OpenLease, Snapshot, Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import OTHER, SHOP, ToyCodec, minutes, says

S1, S2 = StreamId("s-1"), StreamId("s-2")


def due(store: Store, *names: str, at: int = 0) -> None:
    """Make streams due, one minute after the other."""
    for n, name in enumerate(names):
        store.commit(says(f"c-{name}", name, "x", due=at + n))


def claim(store: Store, holder: str, *, at: int, until: int = 60, limit: int = 9) -> list[str]:
    """Claim what is due."""
    return list(store.claim_due(SHOP, minutes(at), limit, holder=holder, until=minutes(until)))


# ---------------------------------------------------------------- S9: claims


def test_the_next_due_instant_is_when_a_stream_is_both_due_and_free(store: Store) -> None:
    assert store.next_due(SHOP) is None
    due(store, "s-1", "s-2", at=5)
    assert store.next_due(SHOP) == minutes(5)

    claim(store, "w-1", at=5, until=30)
    assert store.next_due(SHOP) == minutes(6)
    claim(store, "w-1", at=6, until=20)
    assert store.next_due(SHOP) == minutes(20)
    store.unclaim(SHOP, [S1], holder="w-1", rest_until=minutes(9))
    assert store.next_due(SHOP) == minutes(9)
    store.unclaim(SHOP, [S2], holder="w-1")
    assert store.next_due(SHOP) == minutes(6)
    assert store.next_due(OTHER) is None


asks = st.tuples(
    st.sampled_from(("claim", "claim", "unclaim", "rest", "commit")),
    st.sampled_from(("w-1", "w-2")),
    st.sampled_from(("s-1", "s-2", "s-3")),
    st.integers(0, 3),
    st.integers(1, 4),
)


walks_of_claims = st.lists(asks, max_size=25)


def play_claims(store: Store, walk: list[tuple[str, str, str, int, int]]) -> list[object]:
    """Claim, commit and give back; say what was answered."""
    now, versions, seen = 0, dict[str, int](), list[object]()
    for n, (what, holder, stream, later, last) in enumerate(walk):
        now += later
        rest = minutes(now + last) if what == "rest" else None
        if what == "claim":
            seen.append(claim(store, holder, at=now, until=now + last, limit=last))
        elif what == "commit":
            version = versions.get(stream, 0)
            store.commit(says(f"c-{n}", stream, "x", version=version, due=now + last - 2))
            versions[stream] = version + 1
        else:
            store.unclaim(SHOP, [StreamId(stream)], holder=holder, rest_until=rest)
        seen.append(store.next_due(SHOP))
    return seen


@given(walks_of_claims)
@settings(max_examples=100, deadline=None)
def test_both_stores_give_out_the_same_claims(walk: list[tuple[str, str, str, int, int]]) -> None:
    memory, disk = MemoryStore(), SQLiteStore(":memory:", codec=ToyCodec())
    try:
        assert play_claims(memory, walk) == play_claims(disk, walk)
    finally:
        disk.close()


# ---------------------------------------------------------------- leases, listed


def test_leases_without_an_outcome_are_listed_by_their_keys(store: Store) -> None:
    for key, holder, at in (("e-2", "w-1", 1), ("e-1", "w-2", 2), ("e-3", "w-1", 3)):
        store.lease(SHOP, S1, key, holder=holder, at=minutes(at), until=minutes(at + 5))
    store.lease(SHOP, S1, "e-2", holder="w-3", at=minutes(9), until=minutes(12))
    store.unlease(SHOP, "e-2")  # a try before it is still unknown
    store.unlease(SHOP, "e-3")

    first, second = store.leases(SHOP, "", 9)

    assert first == OpenLease(
        effect_key="e-1",
        stream=S1,
        holder="w-2",
        first_at=minutes(2),
        tried_at=minutes(2),
        until=minutes(7),
    )
    assert (second.effect_key, second.holder, second.tried_at) == ("e-2", "", minutes(9))
    assert [lease.effect_key for lease in store.leases(SHOP, "e-1", 9)] == ["e-2"]
    assert [lease.effect_key for lease in store.leases(SHOP, "", 1)] == ["e-1"]
    assert list(store.leases(OTHER, "", 9)) == []


# ---------------------------------------------------------------- S10: kept states


def kept(version: int, body: str = "{}") -> Snapshot:
    """Build a state."""
    return Snapshot(version=version, form="toy-1", body=body)


@pytest.mark.parametrize(
    "broken",
    [
        lambda: says("c-1", None, waits=1),
        lambda: says("c-1", None, snapshot=kept(0)),
        lambda: says("c-1", "s-1", "a", snapshot=kept(2)),
        lambda: says("c-1", "s-1", rejected=Rejected("no", "no"), snapshot=kept(0)),
    ],
    ids=["waits without stream", "state without stream", "another version", "refused"],
)
def test_a_mark_or_state_that_fits_no_stream_is_a_defect(
    store: Store, broken: Callable[[], Commit]
) -> None:
    with pytest.raises(InvariantViolated, match="c-1"):
        store.commit(broken())

    assert list(store.tenants()) == []
