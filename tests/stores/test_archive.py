"""Archived events read as before, in every way (S12), over every store."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.ids import StreamId
from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import OTHER, SHOP, ToyCodec, minutes, says

STREAMS = tuple(StreamId(f"s-{n}") for n in range(3))


def readings(store: Store) -> tuple[object, ...]:
    """All that is read of events, from every beginning; the feed first, which numbers them."""
    return (
        [list(store.feed(SHOP, after, 3)) for after in range(9)],
        [list(store.load(SHOP, stream, after)) for stream in STREAMS for after in range(4)],
        list(store.streams(SHOP)),
    )


def test_what_is_archived_reads_as_before(store: Store) -> None:
    store.commit(says("c-1", "s-0", "a", "b"))
    store.commit(says("c-2", "s-1", "c"))
    store.commit(says("c-3", "s-0", "d", version=2))
    store.commit(says("c-4", "s-2", "e"))
    before = readings(store)

    assert store.archive(SHOP, STREAMS[0]) == 3

    assert readings(store) == before
    assert store.archive(SHOP, STREAMS[0]) == 0


def test_an_archived_stream_goes_on_where_it_stood(store: Store) -> None:
    store.commit(says("c-1", "s-0", "a", "b"))
    store.commit(says("c-2", "s-1", "c"))
    store.archive(SHOP, STREAMS[0])

    store.commit(says("c-3", "s-0", "d", version=2))

    assert [r.version for r in store.load(SHOP, STREAMS[0])] == [1, 2, 3]
    assert [r.position for r in store.feed(SHOP, 0, 9)] == [1, 2, 3, 4]
    store.commit(says("c-4", "s-1", "e", version=1))
    assert store.archive(SHOP, STREAMS[0]) == 1
    assert [r.version for r in store.load(SHOP, STREAMS[0], 1)] == [2, 3]


def test_positions_are_never_given_out_twice(store: Store) -> None:
    store.commit(says("c-1", "s-0", "a"))
    store.commit(says("c-2", "s-1", "b"))
    store.archive(SHOP, STREAMS[0])
    store.archive(SHOP, STREAMS[1])

    store.commit(says("c-3", "s-2", "c"))

    assert [(r.position, r.stream) for r in store.feed(SHOP, 0, 9)] == [
        (1, "s-0"),
        (2, "s-1"),
        (3, "s-2"),
    ]


def test_only_quiet_streams_are_offered_page_by_page(store: Store) -> None:
    store.commit(says("c-1", "s-0", "a", at=1))
    store.commit(says("c-2", "s-1", "b", at=2, due=50))
    store.commit(says("c-3", "s-2", "c", at=3))
    store.commit(says("c-4", "s-3", "d", at=9))
    store.commit(says("c-5", "s-0", "other", at=1, tenant=OTHER))

    assert list(store.archivable(SHOP, minutes(9), "", 9)) == ["s-0", "s-2"]
    assert list(store.archivable(SHOP, minutes(9), "", 1)) == ["s-0"]
    assert list(store.archivable(SHOP, minutes(9), "s-0", 9)) == ["s-2"]
    store.archive(SHOP, STREAMS[0])
    assert list(store.archivable(SHOP, minutes(9), "", 9)) == ["s-2"]
    store.commit(says("c-6", "s-0", "again", version=1, at=4))
    assert list(store.archivable(SHOP, minutes(9), "", 9)) == ["s-0", "s-2"]


def test_what_waits_for_a_person_is_not_offered(store: Store) -> None:
    store.commit(says("c-1", "s-0", "a", waits=1))
    assert list(store.archivable(SHOP, minutes(9), "", 9)) == []


ACTS = st.lists(
    st.tuples(st.sampled_from(("say", "say", "archive")), st.sampled_from(STREAMS)), max_size=20
)


@given(ACTS)
@settings(max_examples=60, deadline=None)
def test_whatever_is_archived_when_all_readings_are_those_of_a_store_without_archive(
    acts: list[tuple[str, StreamId]],
) -> None:
    plain, memory = MemoryStore(), MemoryStore()
    rows = SQLiteStore(":memory:", codec=ToyCodec())
    versions = dict.fromkeys(STREAMS, 0)
    try:
        for n, (act, stream) in enumerate(acts):
            if act == "archive":
                assert memory.archive(SHOP, stream) == rows.archive(SHOP, stream)
                continue
            for store in (plain, memory, rows):
                store.commit(says(f"c-{n}", stream, "x", version=versions[stream]))
            versions[stream] += 1
        assert readings(plain) == readings(memory) == readings(rows)
    finally:
        rows.close()
