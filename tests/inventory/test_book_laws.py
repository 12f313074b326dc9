"""
Laws of both books: they agree whatever happens, and what undoes a movement undoes all of it.

"""

from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    AdjustReason,
    Bucket,
    LotQuantity,
    Movements,
    allocated_account,
    available_account,
    movable_account,
)
from ordercore.ledger import Divide, OpenPending, Pend, VoidPending
from tests.inventory.books import BERLIN, FRIDAY, LID, LYON, MONDAY, MUG, NOW, Books

B = Bucket
few = st.integers(1, 5)
owners = st.sampled_from(["", "acme"])
places = st.sampled_from([BERLIN, LYON])
days = st.sampled_from([MONDAY, FRIDAY])
shelves = st.sampled_from([B.ON_HAND, B.QUALITY, B.QUARANTINE, B.DAMAGED, B.MISSING])


@st.composite
def lots_of(draw: st.DrawFn, quantity: int) -> tuple[LotQuantity, ...]:
    """Units told apart in one of the ways of splitting them over two lots, or not at all."""
    if draw(st.booleans()):
        return ()
    cut = draw(st.integers(0, quantity))
    parts = (LotQuantity("A", cut), LotQuantity("B", quantity - cut))
    return tuple(part for part in parts if part.quantity)


# --- what undoes a movement ------------------------------------------------------------------

Work = Callable[[Movements], object]


def undone(books: Books, there: Work, back: Work) -> None:
    """Do and undo; every account is as before, and only in between anything had changed."""
    before = books.state()
    books.do(there)
    assert books.state() != before
    books.do(back)
    assert books.state() == before


def at_work(on_hand: int, quantity: int, lots: tuple[LotQuantity, ...], owner: str) -> Books:
    """Books with units of which some are picked and some of those packed."""
    books = Books()

    def prepare(move: Movements) -> None:
        move.receive(MUG, BERLIN, on_hand + 2 * quantity, owner=owner)
        if lots:
            move.receive(MUG, BERLIN, 3 * quantity, lots=lots * 3, owner=owner)
        hold = move.allocate(MUG, BERLIN, 2 * quantity, owner=owner)
        move.pick(hold, 2 * quantity, MUG, BERLIN, 2 * quantity, lots=lots * 2, owner=owner)
        move.pack(MUG, BERLIN, quantity, lots=lots, owner=owner)

    books.do(prepare)
    return books


@given(st.data(), few, few, owners)
def test_what_is_undone_has_never_been(
    data: st.DataObject, on_hand: int, quantity: int, owner: str
) -> None:
    lots = data.draw(lots_of(quantity))
    books = at_work(on_hand, quantity, lots, owner)
    q, o = quantity, owner

    undone(
        books,
        lambda m: m.pack(MUG, BERLIN, q, lots=lots, owner=o),
        lambda m: m.unpack(MUG, BERLIN, q, lots=lots, owner=o),
    )
    source, target = data.draw(st.permutations([B.ON_HAND, B.QUALITY, B.DAMAGED, B.MISSING]))[:2]
    books.do(lambda m: m.receive(MUG, BERLIN, q, lots=lots, owner=o, into=source))
    undone(
        books,
        lambda m: m.shift(MUG, BERLIN, q, source, target, lots=lots, owner=o),
        lambda m: m.shift(MUG, BERLIN, q, target, source, lots=lots, owner=o),
    )
    undone(
        books,
        lambda m: m.receive(MUG, BERLIN, q, lots=lots, owner=o, into=target),
        lambda m: m.return_to_supplier(MUG, BERLIN, q, target, lots=lots, owner=o),
    )
    books.do(lambda m: m.adjust(MUG, BERLIN, q, AdjustReason.FOUND, lots=lots, owner=o))
    undone(
        books,
        lambda m: m.adjust(MUG, BERLIN, -q, AdjustReason.CORRECTION, lots=lots, owner=o),
        lambda m: m.adjust(MUG, BERLIN, q, AdjustReason.CORRECTION, lots=lots, owner=o),
    )
    undone(
        books,
        lambda m: m.expect(MUG, BERLIN, FRIDAY, q, owner=o),
        lambda m: m.unexpect(MUG, BERLIN, FRIDAY, q, owner=o),
    )


@given(st.data(), few, few)
def test_picking_and_putting_back_gives_the_promise_for_sale_again(
    data: st.DataObject, on_hand: int, quantity: int
) -> None:
    lots = data.draw(lots_of(quantity))
    books = at_work(on_hand, quantity, lots, "")
    books.do(lambda m: m.receive(MUG, BERLIN, quantity, lots=lots))
    before = books.state()
    hold = books.do(lambda m: m.allocate(MUG, BERLIN, quantity))
    books.do(lambda m: m.pick(hold, quantity, MUG, BERLIN, quantity, lots=lots))
    books.do(lambda m: m.put_back(MUG, BERLIN, quantity, lots=lots))
    assert books.state() == before


@given(few, few, st.booleans(), owners)
def test_a_promise_moved_there_and_back_has_not_moved(
    quantity: int, more: int, movable: bool, owner: str
) -> None:
    books = Books()
    for place in (BERLIN, LYON):
        books.do(lambda m, at=place: m.receive(MUG, at, quantity + more, owner=owner))  # type: ignore[misc]
    hold = books.hold(
        books.do(lambda m: m.allocate(MUG, BERLIN, quantity, movable=movable, owner=owner))
    )
    before = books.state()
    there = books.hold(books.do(lambda m: m.move_promise(hold, LYON)))
    assert books.state() != before
    back = books.hold(books.do(lambda m: m.move_promise(there, BERLIN)))
    assert books.state() == before
    assert (back.amount, back.reference, back.promised_at, back.expires_at, back.target) == (
        hold.amount,
        hold.reference,
        hold.promised_at,
        hold.expires_at,
        hold.target,
    )


@given(st.data(), few, st.integers(0, 5))
def test_sending_and_arriving_is_moving(data: st.DataObject, quantity: int, rest: int) -> None:
    lots = data.draw(lots_of(quantity))
    first = data.draw(st.integers(1, quantity))
    books = Books(rest)
    books.do(lambda m: m.receive(MUG, BERLIN, quantity, lots=lots))
    before = books.state()
    books.do(lambda m: m.send(MUG, BERLIN, LYON, quantity, FRIDAY, lots=lots))
    assert books.lies(B.IN_TRANSIT, place=LYON) == books.due_in(FRIDAY, place=LYON).posted
    if lots:
        books.do(lambda m: m.arrive(MUG, LYON, quantity, FRIDAY, lots=lots))
    else:
        books.do(lambda m: m.arrive(MUG, LYON, first, FRIDAY))
        if first < quantity:
            books.do(lambda m: m.arrive(MUG, LYON, quantity - first, FRIDAY))
    assert (books.free(), books.free(place=LYON)) == (rest, quantity)
    assert books.lies(B.IN_TRANSIT, place=LYON) == books.due_in(FRIDAY, place=LYON).posted == 0
    books.do(lambda m: m.send(MUG, LYON, BERLIN, quantity, MONDAY, lots=lots))
    books.do(lambda m: m.arrive(MUG, BERLIN, quantity, MONDAY, lots=lots))
    assert books.state() == before


@given(few, few, st.integers(0, 9))
def test_force_and_heal_leave_what_the_record_lacked(on_hand: int, forced: int, more: int) -> None:
    books = Books(on_hand)
    wanted = on_hand + forced
    hold = books.do(lambda m: m.allocate(MUG, BERLIN, wanted, leave_at_least=None))
    refusal = books.refused(lambda m: m.pick(hold, wanted, MUG, BERLIN, wanted))
    assert refusal.data["available"] == on_hand
    books.do(lambda m: m.pick(hold, wanted, MUG, BERLIN, wanted, forced=forced))
    assert (books.lies(B.PICKED), books.lies(B.DISCREPANCY)) == (wanted, -forced)
    books.do(lambda m: m.receive(MUG, BERLIN, forced + more, heals=forced))
    assert (books.lies(B.DISCREPANCY), books.lies(B.ON_HAND), books.free()) == (0, more, more)


# --- never for sale --------------------------------------------------------------------------


@given(few, st.integers(0, 3), st.data())
def test_a_promise_is_for_sale_at_no_position_on_its_way_through_the_log(
    quantity: int, spare: int, data: st.DataObject
) -> None:
    books = Books(quantity + spare)
    books.do(lambda m: m.receive(MUG, LYON, quantity + spare))
    books.do(lambda m: m.expect(MUG, LYON, FRIDAY, quantity))
    movable = books.hold(books.do(lambda m: m.allocate(MUG, BERLIN, quantity, movable=True)))
    preorder = books.hold(books.do(lambda m: m.preorder(MUG, LYON, FRIDAY, quantity)))
    start = len(list(books.ledger.entries()))
    moved = books.hold(books.do(lambda m: m.move_promise(movable, LYON)))
    fixed = books.hold(books.do(lambda m: m.fix(moved)))

    def arrive(move: Movements) -> str:
        hold = move.fulfill_preorder(preorder)
        move.receive(MUG, LYON, quantity, expected=FRIDAY, expected_quantity=quantity)
        return hold

    second = books.do(arrive)
    part = data.draw(st.integers(1, quantity))
    rest = books.do(lambda m: m.pick(fixed.id, quantity, MUG, LYON, part))
    if rest:
        books.do(lambda m: m.miss(rest, quantity - part, MUG, LYON, quantity - part))
    books.do(lambda m: m.miss(second, quantity, MUG, LYON, quantity))
    offered = books.offered([available_account(MUG, LYON)])[start:]
    assert all(lyon <= spare for (lyon,) in offered)
    assert (books.free(place=LYON), books.due_in(FRIDAY, place=LYON).available) == (spare, 0)


# --- whatever happens ------------------------------------------------------------------------


class StockWalk(RuleBasedStateMachine):
    """
    Any sequence of movements of two SKUs over two places and two owners.

    The model is a counter by place, owner and bucket of what lies there, and one of promises;
    it refuses what the record does not have, as the books must.
    """

    def __init__(self) -> None:
        super().__init__()
        self.books = Books()
        self.lies: Counter[tuple[Sku, PlaceId, str, str]] = Counter()
        self.held: Counter[tuple[Sku, PlaceId, str]] = Counter()
        self.holds: list[OpenPending] = []
        self.beyond = 0

    def try_to(self, work: Work, *, possible: bool) -> object:
        if possible:
            return self.books.do(work)
        assert self.books.refused(work).code == "shortage"
        return None

    def free(self, place: PlaceId, owner: str, sku: Sku = MUG) -> int:
        return self.lies[sku, place, owner, B.ON_HAND] - self.held[sku, place, owner]

    def move(
        self, quantity: int, place: PlaceId, owner: str, source: str, target: str, sku: Sku = MUG
    ) -> None:
        self.lies[sku, place, owner, source] -= quantity
        self.lies[sku, place, owner, target] += quantity

    @rule(quantity=few, place=places, owner=owners, into=shelves)
    def receive(self, quantity: int, place: PlaceId, owner: str, into: Bucket) -> None:
        self.books.do(lambda m: m.receive(MUG, place, quantity, owner=owner, into=into))
        self.lies[MUG, place, owner, into] += quantity

    @rule(quantity=few, place=places, owner=owners, movable=st.booleans(), cap=st.integers(-2, 2))
    def allocate(self, quantity: int, place: PlaceId, owner: str, movable: bool, cap: int) -> None:
        hold = self.try_to(
            lambda m: m.allocate(
                MUG, place, quantity, owner=owner, movable=movable, leave_at_least=cap
            ),
            possible=self.free(place, owner) - quantity >= cap,
        )
        if isinstance(hold, str):
            self.holds.append(self.books.hold(hold))
            self.held[MUG, place, owner] += quantity

    def pop(self) -> tuple[OpenPending, PlaceId, str]:
        hold = self.holds.pop(0)
        _, _, _, place, owner = hold.source.split("|")
        return hold, PlaceId(place), owner

    @rule(force=st.booleans(), word=st.sampled_from(["pick", "miss", "release", "move"]), part=few)
    def use(self, force: bool, word: str, part: int) -> None:
        if not self.holds:
            return
        hold, place, owner = self.pop()
        if word == "move":
            self.move_hold(hold, place, owner)
            return
        if hold.target == movable_account(MUG, place, owner):
            hold = self.books.hold(self.books.do(lambda m: m.fix(hold)))
        part = min(part, hold.amount)
        lacking = max(part - self.lies[MUG, place, owner, B.ON_HAND], 0)
        extra = lacking if force else 0
        works: dict[str, Work] = {
            "pick": lambda m: m.pick(
                hold.id, hold.amount, MUG, place, part, owner=owner, forced=extra
            ),
            "miss": lambda m: m.miss(
                hold.id, hold.amount, MUG, place, part, owner=owner, off_record=extra
            ),
            "release": lambda m: m.release_part(hold.id, hold.amount, part, "canceled"),
        }
        possible = word == "release" or not lacking or force
        rest = self.try_to(works[word], possible=possible)
        if not possible:
            self.holds.append(hold)
            return
        if rest:
            assert isinstance(rest, str)
            self.holds.append(self.books.hold(rest))
        self.held[MUG, place, owner] -= part
        if word == "pick":
            self.move(extra, place, owner, B.DISCREPANCY, B.ON_HAND)
            self.move(part, place, owner, B.ON_HAND, B.PICKED)
        elif word == "miss":
            self.move(part - extra, place, owner, B.ON_HAND, B.MISSING)

    def move_hold(self, hold: OpenPending, place: PlaceId, owner: str) -> None:
        to = LYON if place == BERLIN else BERLIN
        moved = self.try_to(
            lambda m: m.move_promise(hold, to), possible=self.free(to, owner) >= hold.amount
        )
        if not isinstance(moved, str):
            self.holds.append(hold)
            return
        self.holds.append(self.books.hold(moved))
        self.held[MUG, place, owner] -= hold.amount
        self.held[MUG, to, owner] += hold.amount

    @rule(quantity=few, place=places, owner=owners, source=shelves, to=shelves)
    def shift(self, quantity: int, place: PlaceId, owner: str, source: Bucket, to: Bucket) -> None:
        if source is to:
            return
        possible = self.lies[MUG, place, owner, source] >= quantity
        self.try_to(
            lambda m: m.shift(MUG, place, quantity, source, to, owner=owner),
            possible=possible,
        )
        if possible:
            self.move(quantity, place, owner, source, to)

    @rule(
        quantity=few,
        place=places,
        owner=owners,
        way=st.sampled_from(
            [
                ("put_back", B.PICKED, B.ON_HAND),
                ("pack", B.PICKED, B.PACKED),
                ("unpack", B.PACKED, B.PICKED),
                ("dispatch", B.PACKED, "customer"),
                ("restock", B.QUALITY, B.ON_HAND),
                ("set_aside", B.QUALITY, B.DAMAGED),
                ("heal", B.ON_HAND, B.DISCREPANCY),
            ]
        ),
    )
    def handle(self, quantity: int, place: PlaceId, owner: str, way: tuple[str, str, str]) -> None:
        word, source, target = way
        possible = self.lies[MUG, place, owner, source] >= quantity
        self.try_to(
            lambda m: getattr(m, word)(MUG, place, quantity, owner=owner), possible=possible
        )
        if possible:
            self.move(quantity, place, owner, source, target)

    @rule(delta=st.integers(-4, 4).filter(bool), place=places, owner=owners, bucket=shelves)
    def adjust(self, delta: int, place: PlaceId, owner: str, bucket: Bucket) -> None:
        possible = self.lies[MUG, place, owner, bucket] + delta >= 0
        self.try_to(
            lambda m: m.adjust(MUG, place, delta, AdjustReason.COUNT, bucket, owner=owner),
            possible=possible,
        )
        if possible:
            self.lies[MUG, place, owner, bucket] += delta

    @rule(quantity=few, place=places, owner=owners, day=days, forced=st.booleans())
    def send(self, quantity: int, place: PlaceId, owner: str, day: date, forced: bool) -> None:
        to = LYON if place == BERLIN else BERLIN
        lacking = max(quantity - self.lies[MUG, place, owner, B.ON_HAND], 0)
        guard = None if forced else 0
        extra = lacking if forced else 0
        possible = forced or self.free(place, owner) >= quantity
        self.try_to(
            lambda m: m.send(
                MUG, place, to, quantity, day, owner=owner, leave_at_least=guard, forced=extra
            ),
            possible=possible and (forced or not lacking),
        )
        if possible:
            self.move(extra, place, owner, B.DISCREPANCY, B.ON_HAND)
            self.lies[MUG, place, owner, B.ON_HAND] -= quantity
            self.lies[MUG, to, owner, B.IN_TRANSIT] += quantity
            self.lies[MUG, to, owner, day.isoformat()] += quantity

    @rule(quantity=few, place=places, owner=owners, day=days, into=shelves)
    def arrive(self, quantity: int, place: PlaceId, owner: str, day: date, into: Bucket) -> None:
        there = self.lies[MUG, place, owner, day.isoformat()]
        extra = max(quantity - there, 0)
        self.books.do(
            lambda m: m.arrive(MUG, place, quantity, day, owner=owner, into=into, forced=extra)
        )
        self.move(extra, place, owner, B.DISCREPANCY, B.IN_TRANSIT)
        self.move(quantity, place, owner, B.IN_TRANSIT, into)
        self.lies[MUG, place, owner, day.isoformat()] += extra - quantity

    @rule(quantity=st.integers(1, 2), place=places, owner=owners)
    def produce(self, quantity: int, place: PlaceId, owner: str) -> None:
        possible = self.free(place, owner) >= 2 * quantity
        enough = self.lies[MUG, place, owner, B.ON_HAND] >= 2 * quantity
        self.try_to(
            lambda m: m.produce(LID, place, quantity, {MUG: 2}, owner=owner),
            possible=possible and enough,
        )
        if possible and enough:
            self.lies[MUG, place, owner, B.ON_HAND] -= 2 * quantity
            self.lies[LID, place, owner, B.ON_HAND] += quantity

    @invariant()
    def the_books_agree_with_each_other_and_the_model(self) -> None:
        self.books.check()
        for sku in (MUG, LID):
            for place in (BERLIN, LYON):
                for owner in ("", "acme"):
                    for bucket in Bucket:
                        found = self.books.lies(bucket, sku, place, owner)
                        assert found == self.lies[sku, place, owner, bucket], bucket
                        assert found >= 0 or bucket is B.DISCREPANCY
                    assert self.books.free(sku, place, owner) == self.free(place, owner, sku)
                    owed = self.books.ledger.balance(allocated_account(sku, place, owner)).posted
                    work = [self.lies[sku, place, owner, b] for b in (B.PICKED, B.PACKED)]
                    assert owed == sum(work)

    def teardown(self) -> None:
        self.books.ledger.check_invariants()


TestStockWalk = StockWalk.TestCase
TestStockWalk.settings = settings(max_examples=40, stateful_step_count=30)


# --- the mechanism ---------------------------------------------------------------------------


def test_a_promise_that_takes_anothers_place_is_held_before_the_other_is_released() -> None:
    books = Books(1)
    hold = books.hold(books.do(lambda m: m.allocate(MUG, BERLIN, 1, movable=True)))
    move = books.begin()
    move.fix(hold)
    assert [type(step) for step in move.batch()] == [Pend, VoidPending]


def test_a_hold_is_divided_only_where_something_is_left() -> None:
    move = Movements("c", "r", NOW)
    move.pick("h", 2, MUG, BERLIN, 2)
    assert not any(isinstance(step, Divide) for step in move.batch())


def test_a_refused_batch_leaves_both_books_as_they_were() -> None:
    books = Books(3)
    hold = books.allocated(3)
    before = books.state()
    move = books.begin()
    move.pick(hold.id, 3, MUG, BERLIN, 3)
    move.pack(MUG, BERLIN, 4)
    with pytest.raises(Rejected, match="4 asked from physical"):
        books.ledger.apply(move.batch(), NOW)
    assert books.state() == before
