"""
A whole order as a person reads it.
"""

from ordercore.orders import balance
from ordercore.stores import MemoryStore
from tests.engine.whole_way import ORDER, World, walk


def test_a_whole_order_is_told_in_sentences() -> None:
    world = World()
    engine = world.engine(MemoryStore())
    walk(engine)

    told = [entry.text for entry in engine.timeline(ORDER)]

    assert told == [
        "placed: 4 x Mug, 3 x Tea for 64.08 EUR, to be sent from berlin and hamburg",
        "asked voucher for 10.00 EUR",
        "asked card for 54.08 EUR",
        "authorized 10.00 EUR by voucher",
        "authorized 54.08 EUR by card",
        "released to its places",
        "berlin is to send 3 x Mug",
        "hamburg is to send 1 x Mug, 3 x Tea",
        "picked 2 x Mug",
        "packed O-1/package-1 at berlin: 2 x Mug",
        "label for O-1/package-1: fakepost FAKEPOSTD2E1E6760BD9",
        "shipped O-1/package-1",
        "O-1/package-1 came to 29.61 EUR",
        "to capture 10.00 EUR for O-1/package-1",
        "to capture 19.61 EUR for O-1/package-1",
        "captured 10.00 EUR from voucher",
        "captured 19.61 EUR from card",
        "delivered O-1/package-1",
        "1 x Mug not found on the shelf",
        "found 1 x Mug at hamburg instead",
        "hamburg is to send 1 x Mug",
        "picked 1 x Mug",
        "packed O-1/package-2 at hamburg: 1 x Mug",
        "label for O-1/package-2: fakepost FAKEPOST6327B38EA313",
        "shipped O-1/package-2",
        "O-1/package-2 came to 11.88 EUR",
        "to capture 11.88 EUR for O-1/package-2",
        "captured 11.88 EUR from card",
        "picked 2 x Tea",
        "canceled 1 x Mug, 3 x Tea (22.59 EUR): customer",
        "gave 22.59 EUR of the authorization back to card",
        "delivered O-1/package-2",
        "completed",
        "return permitted: 2 x Mug (changed_mind)",
        "returned to hamburg: 2 x Mug",
        "inspected 2 x Mug: 1 back in stock, 1 damaged",
        "granted 23.78 EUR back: return",
        "refunded 10.00 EUR to voucher",
        "refunded 13.78 EUR to card",
    ]


def test_entries_keep_their_place_and_who_acted() -> None:
    world = World()
    engine = world.engine(MemoryStore())
    walk(engine)

    entries = engine.timeline(ORDER)
    versions = [entry.version for entry in entries]

    assert versions == sorted(set(versions))
    assert versions[-1] <= engine.version(ORDER)
    assert {entry.actor for entry in entries} == {r.actor for r in engine.history(ORDER)}
    assert str(entries[0]) == f"2026-03-02 09:00 {entries[0].text}"
    assert entries[0].why
    assert balance(engine.order(ORDER)).kept_minor == world.payments.balance_minor("EUR")
