"""
Stock: two books that agree after every movement, and numbers that mean what they are called.

"""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    Bucket,
    Movements,
    StockLevel,
    allocated_account,
    available_account,
    book_differences,
    bucket_account,
    reserved_account,
    stock_accounts,
    stock_level,
)
from ordercore.ledger import AccountId, Balance, Ledger, Post, account_parts

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
MUG, BERLIN = Sku("MUG"), PlaceId("berlin")


class Stockroom:
    """
    One SKU at one place.

    """

    def __init__(self, on_hand: int = 0) -> None:
        self.ledger = Ledger()
        self.batches = 0
        if on_hand:
            receipt = self.begin()
            receipt.receive(MUG, BERLIN, on_hand)
            self.end(receipt)

    def begin(self) -> Movements:
        self.batches += 1
        return Movements(f"c-{self.batches}", "order/O-1", NOW)

    def end(self, movements: Movements, at: datetime = NOW) -> None:
        self.ledger.apply(movements.batch(), at)

    def level(self, at: datetime = NOW) -> StockLevel:
        balances = {a: self.ledger.balance_at(a, at) for a in stock_accounts(MUG, BERLIN)}
        return stock_level(MUG, BERLIN, balances)

    def bucket(self, bucket: Bucket) -> int:
        return self.ledger.balance(bucket_account(bucket, MUG, BERLIN)).posted

    def allocated(self, quantity: int) -> str:
        movements = self.begin()
        hold = movements.allocate(MUG, BERLIN, quantity)
        self.end(movements)
        return hold


def numbers(level: StockLevel) -> tuple[int, int, int, int]:
    return level.on_hand, level.allocated, level.picked, level.available


def test_a_unit_goes_from_the_supplier_to_the_customer_and_back() -> None:
    room = Stockroom(10)
    hold = room.allocated(3)
    assert numbers(room.level()) == (10, 3, 0, 7)
    move = room.begin()
    assert move.pick(hold, 3, MUG, BERLIN, 3) == ""
    room.end(move)
    assert numbers(room.level()) == (7, 0, 3, 7)
    move = room.begin()
    move.pack(MUG, BERLIN, 3)
    move.unpack(MUG, BERLIN, 1)
    room.end(move)
    assert (room.bucket(Bucket.PICKED), room.bucket(Bucket.PACKED)) == (1, 2)
    move = room.begin()
    move.put_back(MUG, BERLIN, 1)
    move.dispatch(MUG, BERLIN, 2)
    room.end(move)
    assert numbers(room.level()) == (8, 0, 0, 8)
    move = room.begin()
    move.take_back(MUG, BERLIN, 2)
    room.end(move)
    assert (numbers(room.level()), room.bucket(Bucket.QUALITY)) == ((8, 0, 0, 8), 2)
    move = room.begin()
    move.restock(MUG, BERLIN, 1)
    move.set_aside(MUG, BERLIN, 1)
    room.end(move)
    assert (numbers(room.level()), room.bucket(Bucket.DAMAGED)) == ((9, 0, 0, 9), 1)
    assert book_differences(dict(room.ledger.balances(""))) == ()


def test_the_rest_of_a_partly_picked_promise_is_never_for_sale() -> None:
    room = Stockroom(3)
    hold = room.allocated(3)
    move = room.begin()
    rest = move.pick(hold, 3, MUG, BERLIN, 1)
    room.end(move)
    assert numbers(room.level()) == (2, 2, 1, 0)
    with pytest.raises(Rejected):
        room.allocated(1)
    move = room.begin()
    assert move.release_part(rest, 2, 2, "canceled") == ""
    room.end(move)
    assert room.level().available == 2


def test_missing_units_leave_the_shelf_and_the_promise_together() -> None:
    room = Stockroom(3)
    hold = room.allocated(3)
    move = room.begin()
    rest = move.miss(hold, 3, MUG, BERLIN, 1)
    room.end(move)
    assert numbers(room.level()) == (2, 2, 0, 0)
    assert room.bucket(Bucket.MISSING) == 1
    assert room.ledger.open_pending(rest) is not None


def test_more_than_is_available_is_not_promised() -> None:
    room = Stockroom(2)
    with pytest.raises(Rejected):
        room.allocated(3)
    assert numbers(room.level()) == (2, 0, 0, 2)


def test_a_hold_that_has_run_out_counts_as_neither_reserved_nor_allocated() -> None:
    room = Stockroom(5)
    room.allocated(1)
    move = room.begin()
    move.reserve(MUG, BERLIN, 2, LATER)
    room.end(move)
    level = room.level()
    assert (level.reserved, level.allocated, level.available) == (2, 1, 2)
    level = room.level(LATER)
    assert (level.reserved, level.allocated, level.available) == (0, 1, 4)


def test_what_is_promised_to_an_order_is_never_told_as_held_for_carts() -> None:
    room = Stockroom(5)
    move = room.begin()
    move.allocate(MUG, BERLIN, 2, movable=True)
    move.reserve(MUG, BERLIN, 1, LATER)
    room.end(move)
    for at, reserved in ((NOW, 1), (LATER, 0)):
        level = room.level(at)
        assert (level.reserved, level.allocated, level.movable) == (reserved, 0, 2)
        assert level.available == 3 - reserved


def test_ones_own_hold_does_not_stand_in_ones_way() -> None:
    room = Stockroom(1)
    move = room.begin()
    hold = move.reserve(MUG, BERLIN, 1, LATER)
    room.end(move)
    own = room.ledger.open_pending(hold)
    assert own is not None
    balances = {a: room.ledger.balance_at(a, NOW) for a in stock_accounts(MUG, BERLIN)}
    assert stock_level(MUG, BERLIN, balances).available == 0
    mine = stock_level(MUG, BERLIN, balances, [own])
    assert (mine.available, mine.own, mine.reserved) == (1, 1, 1)
    elsewhere = stock_level(MUG, PlaceId("lyon"), balances, [own])
    assert (elsewhere.available, elsewhere.own) == (0, 0)


def test_a_shortage_is_seen_inside_and_never_offered() -> None:
    level = StockLevel(sku=MUG, place=BERLIN, on_hand=2, reserved=4, allocated=1)
    assert (level.net, level.available) == (-3, 0)


def test_books_that_differ_are_told_apart_by_sku_and_place() -> None:
    room = Stockroom(2)
    cheat = [
        Post(
            f"x-{n}",
            source,
            target,
            1,
            "theft",
            "r",
            NOW,
        )
        for n, (source, target) in enumerate(
            [
                (bucket_account(Bucket.ON_HAND, MUG, BERLIN), AccountId("physical|x|MUG||")),
                (AccountId("promise|x|MUG||"), allocated_account(MUG, BERLIN)),
            ]
        )
    ]
    room.ledger.apply(cheat, NOW)
    found = book_differences(dict(room.ledger.balances("")))
    assert found == (
        "MUG at berlin: 2 sellable, 1 on hand",
        "MUG at berlin: 1 taken for orders, 0 at work",
    )


def test_lots_and_serial_numbers_are_summed_and_owners_told_apart() -> None:
    balances = {
        available_account(MUG, BERLIN, "acme"): Balance(5),
        bucket_account(Bucket.ON_HAND, MUG, BERLIN, owner="acme", lot="A"): Balance(3),
        bucket_account(Bucket.ON_HAND, MUG, BERLIN, owner="acme", serial="S-1"): Balance(1),
        bucket_account(Bucket.ON_HAND, MUG, BERLIN, owner="acme"): Balance(1),
    }
    assert book_differences(balances) == ()
    balances[bucket_account(Bucket.ON_HAND, MUG, BERLIN, owner="acme", lot="B")] = Balance(2)
    balances[reserved_account(MUG, BERLIN)] = Balance(1)
    assert book_differences(balances) == (
        "MUG at berlin: 1 carried out to reserved, which is only held for",
        "MUG of acme at berlin: 5 sellable, 7 on hand",
    )


def test_nothing_touched_is_nothing_different() -> None:
    assert book_differences({}) == ()
    assert book_differences({AccountId("value|customer|EUR||"): Balance(5, 0, 0)}) == ()
    assert stock_level(MUG, BERLIN, {}) == StockLevel(sku=MUG, place=BERLIN)
    assert account_parts(reserved_account(MUG, BERLIN)).code == "reserved"
    assert account_parts(available_account(MUG, BERLIN)).code == "available"


class StockMachine(RuleBasedStateMachine):
    """
    Any sequence of movements: both books agree, and units are conserved.

    """

    def __init__(self) -> None:
        super().__init__()
        self.room = Stockroom()
        self.holds: dict[str, int] = {}
        self.at: Counter[str] = Counter()
        self.received = 0

    @rule(quantity=st.integers(1, 5))
    def receive(self, quantity: int) -> None:
        move = self.room.begin()
        move.receive(MUG, BERLIN, quantity)
        self.room.end(move)
        self.received += quantity
        self.at["on_hand"] += quantity

    @rule(quantity=st.integers(1, 4))
    def allocate(self, quantity: int) -> None:
        free = self.at["on_hand"] - sum(self.holds.values())
        move = self.room.begin()
        hold = move.allocate(MUG, BERLIN, quantity)
        if quantity > free:
            with pytest.raises(Rejected):
                self.room.end(move)
            return
        self.room.end(move)
        self.holds[hold] = quantity

    @precondition(lambda self: self.holds)
    @rule(quantity=st.integers(1, 4), word=st.sampled_from(["pick", "miss", "release"]))
    def use(self, quantity: int, word: str) -> None:
        hold, held = self.holds.popitem()
        quantity = min(quantity, held)
        move = self.room.begin()
        if word == "pick":
            rest = move.pick(hold, held, MUG, BERLIN, quantity)
        elif word == "miss":
            rest = move.miss(hold, held, MUG, BERLIN, quantity)
        else:
            rest = move.release_part(hold, held, quantity, "canceled")
        self.room.end(move)
        assert bool(rest) == (held > quantity)
        if rest:
            self.holds[rest] = held - quantity
        if word != "release":
            self.at["on_hand"] -= quantity
            self.at["picked" if word == "pick" else "missing"] += quantity

    @rule(word=st.sampled_from(["put_back", "pack", "unpack", "dispatch", "take_back", "restock"]))
    def move_one(self, word: str) -> None:
        ways = {
            "put_back": ("picked", "on_hand"),
            "pack": ("picked", "packed"),
            "unpack": ("packed", "picked"),
            "dispatch": ("packed", "gone"),
            "take_back": ("gone", "quality"),
            "restock": ("quality", "on_hand"),
        }
        source, target = ways[word]
        if not self.at[source]:
            return
        move = self.room.begin()
        getattr(move, word)(MUG, BERLIN, 1)
        self.room.end(move)
        self.at[source] -= 1
        self.at[target] += 1

    @invariant()
    def the_books_agree_with_the_model(self) -> None:
        balances = dict(self.room.ledger.balances(""))
        assert book_differences(balances) == ()
        for bucket in Bucket:
            assert self.room.bucket(bucket) == self.at[bucket.value], bucket
        level = self.room.level()
        assert level.on_hand == self.at["on_hand"]
        assert level.allocated == sum(self.holds.values())
        assert level.picked == self.at["picked"] + self.at["packed"]
        assert level.available == level.net >= 0
        assert sum(self.at.values()) == self.received


TestStockMachine = StockMachine.TestCase
TestStockMachine.settings = settings(max_examples=60, stateful_step_count=25)
