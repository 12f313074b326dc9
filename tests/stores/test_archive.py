"""Archived events read as before, in every way (S12), over every store."""

from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.ids import StreamId
from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.stores._toys import SHOP, ToyCodec, says

STREAMS = tuple(StreamId(f"s-{n}") for n in range(3))


def readings(store: Store) -> tuple[object, ...]:
    """All that is read of events, from every beginning; the feed first, which numbers them."""
    return (
        [list(store.feed(SHOP, after, 3)) for after in range(9)],
        [list(store.load(SHOP, stream, after)) for stream in STREAMS for after in range(4)],
        list(store.streams(SHOP)),
    )


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
