"""
Movements: what each does to both books, and what it refuses.

"""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ordercore.errors import InvalidData
from ordercore.inventory import (
    AdjustReason,
    Bucket,
    LotQuantity,
    Movements,
    available_account,
    book_differences,
    bucket_account,
)
from tests.inventory.books import (
    BERLIN,
    FRIDAY,
    LATER,
    LID,
    LYON,
    MONDAY,
    MUG,
    NOW,
    PILL,
    Books,
    serials,
    units,
)

B = Bucket


# --- promises --------------------------------------------------------------------------------


def test_a_safety_stock_is_not_promised() -> None:
    books = Books(5)
    refusal = books.refused(lambda move: move.allocate(MUG, BERLIN, 4, leave_at_least=2))
    assert (refusal.code, refusal.data["available"]) == ("shortage", 3)
    books.do(lambda move: move.allocate(MUG, BERLIN, 3, leave_at_least=2))
    assert books.free() == 2


def test_a_backorder_goes_to_its_cap_and_no_further() -> None:
    books = Books(5)
    books.do(lambda move: move.allocate(MUG, BERLIN, 25, leave_at_least=-20))
    assert (
        books.refused(lambda move: move.allocate(MUG, BERLIN, 1, leave_at_least=-20)).code
        == "shortage"
    )
    assert books.refused(lambda move: move.reserve(MUG, BERLIN, 1, LATER)).code == "shortage"
    assert books.free() == -20
    books.do(lambda move: move.allocate(MUG, BERLIN, 1, leave_at_least=None))
    assert books.free() == -21


def test_a_receipt_lifts_the_shortage_before_anybody_new_is_served() -> None:
    books = Books()
    books.do(lambda move: move.allocate(MUG, BERLIN, 2, leave_at_least=-2))
    books.do(lambda move: move.receive(MUG, BERLIN, 1))
    assert books.refused(lambda move: move.allocate(MUG, BERLIN, 1)).data["available"] == -1
    books.do(lambda move: move.receive(MUG, BERLIN, 2))
    books.do(lambda move: move.allocate(MUG, BERLIN, 1))
    assert books.free() == 0


def test_a_promise_moves_with_its_holder_its_date_and_its_expiry() -> None:
    books = Books(2)
    books.do(lambda move: move.receive(MUG, LYON, 2))
    allocation = books.hold(books.do(lambda m: m.allocate(MUG, BERLIN, 2, movable=True)))
    there = books.hold(books.do(lambda m: m.move_promise(allocation, LYON), at=LATER))
    assert (there.promised_at, there.reference, there.amount) == (NOW, "order/O-1", 2)
    assert (books.free(place=BERLIN), books.free(place=LYON)) == (2, 0)
    fixed = books.hold(books.do(lambda m: m.fix(there), at=LATER))
    assert (fixed.promised_at, books.free(place=LYON)) == (NOW, 0)
    books.do(lambda m: m.pick(fixed.id, 2, MUG, LYON, 2))
    assert books.lies(B.PICKED, place=LYON) == 2

    cart = books.hold(books.do(lambda m: m.reserve(MUG, BERLIN, 1, LATER)))
    other = Movements("x", "mover", NOW)
    other.move_promise(cart, LYON, leave_at_least=None)
    books.ledger.apply(other.batch(), NOW)
    (moved,) = books.ledger.pendings("order/O-1")
    assert (moved.expires_at, books.free(place=LYON)) == (LATER, -1)


def test_a_promise_is_not_moved_to_a_place_that_has_nothing_left() -> None:
    books = Books(2)
    hold = books.allocated(2)
    assert books.refused(lambda move: move.move_promise(hold, LYON)).code == "shortage"
    assert books.free() == 0


def test_a_picked_movable_promise_is_told_by_the_agreement() -> None:
    books = Books(2)
    hold = books.do(lambda move: move.allocate(MUG, BERLIN, 1, movable=True))
    move = books.begin()
    move.pick(hold, 1, MUG, BERLIN, 1)
    books.ledger.apply(move.batch(), NOW)
    assert book_differences(dict(books.ledger.balances())) == (
        "MUG at berlin: 0 taken for orders, 1 at work",
        "MUG at berlin: 1 carried out to movable, which is only held for",
    )


def test_units_of_several_owners_never_mix() -> None:
    books = Books(1)
    books.do(lambda move: move.receive(MUG, BERLIN, 2, owner="acme"))
    assert books.refused(lambda move: move.allocate(MUG, BERLIN, 2)).code == "shortage"
    hold = books.do(lambda move: move.allocate(MUG, BERLIN, 2, owner="acme"))

    def ship(move: Movements) -> None:
        move.pick(hold, 2, MUG, BERLIN, 2, owner="acme")
        move.pack(MUG, BERLIN, 2, owner="acme")
        move.unpack(MUG, BERLIN, 1, owner="acme")
        move.put_back(MUG, BERLIN, 1, owner="acme")
        move.dispatch(MUG, BERLIN, 1, owner="acme")

    books.do(ship)
    assert (books.free(), books.free(owner="acme")) == (1, 1)
    books.do(lambda move: move.take_back(MUG, BERLIN, 1, owner="acme"))
    books.do(lambda move: move.set_aside(MUG, BERLIN, 1, owner="acme"))
    assert (books.lies(B.DAMAGED), books.lies(B.DAMAGED, owner="acme")) == (0, 1)
    own = books.hold(books.do(lambda m: m.reserve(MUG, BERLIN, 1, LATER, owner="acme")))
    books.do(lambda move: move.move_promise(own, LYON, leave_at_least=None))
    assert books.free(place=LYON, owner="acme") == -1


# --- expected supply -------------------------------------------------------------------------


def test_a_preorder_becomes_an_allocation_when_its_supply_has_come() -> None:
    books = Books()
    books.do(lambda move: move.expect(MUG, BERLIN, FRIDAY, 5))
    assert books.refused(lambda move: move.preorder(MUG, BERLIN, FRIDAY, 6)).code == "shortage"
    hold = books.hold(books.do(lambda move: move.preorder(MUG, BERLIN, FRIDAY, 4)))
    assert (books.due_in(FRIDAY).available, books.free()) == (1, 0)

    def arrive(move: Movements) -> str:
        move.receive(MUG, BERLIN, 5, expected=FRIDAY, expected_quantity=5)
        return move.fulfill_preorder(hold)

    allocation = books.hold(books.do(arrive, at=LATER))
    assert (allocation.promised_at, allocation.amount) == (NOW, 4)
    assert (books.due_in(FRIDAY).posted, books.free(), books.lies(B.ON_HAND)) == (0, 1, 5)


@pytest.mark.parametrize(("come", "still", "there"), [(3, 2, 3), (5, 0, 5), (8, 0, 8)])
def test_a_receipt_takes_off_what_was_expected_and_no_more(
    come: int, still: int, there: int
) -> None:
    books = Books()
    books.do(lambda move: move.expect(MUG, BERLIN, FRIDAY, 5))
    books.do(lambda move: move.receive(MUG, BERLIN, come, expected=FRIDAY, expected_quantity=5))
    assert (books.due_in(FRIDAY).posted, books.free()) == (still, there)


def test_supply_that_is_called_off_leaves_its_preorders_short_and_seen() -> None:
    books = Books()
    books.do(lambda move: move.expect(MUG, BERLIN, FRIDAY, 5))
    books.do(lambda move: move.preorder(MUG, BERLIN, FRIDAY, 4))
    books.do(lambda move: move.unexpect(MUG, BERLIN, FRIDAY, 3))
    assert books.due_in(FRIDAY).available == -2


def test_rejected_units_are_off_the_announcement_and_never_for_sale() -> None:
    books = Books()
    books.do(lambda move: move.expect(MUG, BERLIN, MONDAY, 5))

    def inspect(move: Movements) -> None:
        move.receive(MUG, BERLIN, 3, expected=MONDAY, expected_quantity=5)
        move.receive(MUG, BERLIN, 2, into=B.DAMAGED, expected=MONDAY, expected_quantity=2)

    books.do(inspect)
    assert (books.free(), books.lies(B.DAMAGED), books.due_in(MONDAY).posted) == (3, 2, 0)
    books.do(lambda move: move.return_to_supplier(MUG, BERLIN, 2))
    assert (books.lies(B.DAMAGED), books.world("supplier")) == (0, -3)
    books.do(lambda move: move.return_to_supplier(MUG, BERLIN, 1, B.ON_HAND))
    assert (books.free(), books.world("supplier")) == (2, -2)


# --- corrections -----------------------------------------------------------------------------


@pytest.mark.parametrize("reason", list(AdjustReason))
def test_an_adjustment_has_a_reason_that_fits_its_direction(reason: AdjustReason) -> None:
    books = Books(5)
    for delta in (-2, 2):
        gone = delta < 0
        fits = {
            AdjustReason.FOUND: not gone,
            AdjustReason.COUNT: True,
            AdjustReason.CORRECTION: True,
        }.get(reason, gone)
        if not fits:
            with pytest.raises(InvalidData, match="reason"):
                books.begin().adjust(MUG, BERLIN, delta, reason)
            continue
        before = books.free()
        books.do(lambda m, delta=delta: m.adjust(MUG, BERLIN, delta, reason))  # type: ignore[misc]
        assert books.free() == before + delta == books.lies(B.ON_HAND)
        assert next(reversed(list(books.ledger.entries()))).step.reason == reason.value  # type: ignore[union-attr]


def test_an_adjustment_ignores_promises_and_shows_the_shortage() -> None:
    books = Books(3)
    books.allocated(3)
    books.do(lambda move: move.adjust(MUG, BERLIN, -2, AdjustReason.THEFT))
    assert (books.free(), books.lies(B.ON_HAND)) == (-2, 1)
    refusal = books.refused(lambda move: move.adjust(MUG, BERLIN, -2, AdjustReason.THEFT))
    assert refusal.data["account"] == bucket_account(B.ON_HAND, MUG, BERLIN)
    books.do(lambda move: move.adjust(MUG, BERLIN, -2, AdjustReason.THEFT, forced=1))
    assert (books.lies(B.ON_HAND), books.lies(B.DISCREPANCY), books.free()) == (0, -1, -3)


def test_a_loss_at_work_is_off_the_order_too() -> None:
    books = Books(3)
    hold = books.allocated(2)
    books.do(lambda move: move.pick(hold.id, 2, MUG, BERLIN, 2))
    books.do(lambda move: move.adjust(MUG, BERLIN, -1, AdjustReason.DAMAGE, B.PICKED))
    assert (books.lies(B.PICKED), books.free(), books.world("shrinkage")) == (1, 1, 1)


def test_what_leaves_the_shelf_for_another_bucket_is_not_for_sale() -> None:
    books = Books(5)
    books.do(lambda move: move.shift(MUG, BERLIN, 2, B.ON_HAND, B.QUARANTINE))
    assert (books.free(), books.lies(B.QUARANTINE)) == (3, 2)
    books.do(lambda move: move.shift(MUG, BERLIN, 1, B.QUARANTINE, B.DAMAGED))
    books.do(lambda move: move.shift(MUG, BERLIN, 1, B.QUARANTINE, B.ON_HAND))
    books.do(lambda move: move.write_off(MUG, BERLIN, 1, AdjustReason.DAMAGE))
    assert (books.free(), books.lies(B.DAMAGED), books.world("shrinkage")) == (4, 0, 1)
    assert books.refused(lambda m: m.shift(MUG, BERLIN, 5, B.ON_HAND, B.MISSING)).code == "shortage"


def test_missing_units_are_found_again_or_given_up() -> None:
    books = Books(3)
    hold = books.allocated(3)
    rest = books.do(lambda move: move.miss(hold.id, 3, MUG, BERLIN, 2))
    assert (books.lies(B.MISSING), books.hold(rest).amount, books.free()) == (2, 1, 0)
    books.do(lambda move: move.shift(MUG, BERLIN, 1, B.MISSING, B.ON_HAND))
    books.do(lambda move: move.write_off(MUG, BERLIN, 1, AdjustReason.LOSS, B.MISSING))
    assert (books.lies(B.MISSING), books.free()) == (0, 1)


def test_units_that_a_count_took_off_already_are_missed_by_their_promise_alone() -> None:
    books = Books(3)
    hold = books.allocated(3)
    books.do(lambda move: move.adjust(MUG, BERLIN, -2, AdjustReason.COUNT))
    assert books.refused(lambda move: move.miss(hold.id, 3, MUG, BERLIN, 3)).code == "shortage"
    books.do(lambda move: move.miss(hold.id, 3, MUG, BERLIN, 3, off_record=2))
    assert (books.lies(B.MISSING), books.lies(B.ON_HAND), books.free()) == (1, 0, 0)


# --- beyond the record -----------------------------------------------------------------------


def test_led_10_more_than_is_recorded_is_not_picked() -> None:
    books = Books(20)
    hold = books.do(lambda move: move.allocate(MUG, BERLIN, 80, leave_at_least=-60))
    refusal = books.refused(lambda move: move.pick(hold, 80, MUG, BERLIN, 50))
    assert (refusal.code, refusal.data["available"]) == ("shortage", 20)
    assert (books.lies(B.ON_HAND), books.hold(hold).amount) == (20, 80)


def test_a_forced_pick_leaves_a_discrepancy_that_a_receipt_heals() -> None:
    books = Books(20)
    hold = books.do(lambda move: move.allocate(MUG, BERLIN, 80, leave_at_least=-60))
    rest = books.do(lambda move: move.pick(hold, 80, MUG, BERLIN, 50, forced=30))
    assert (books.lies(B.ON_HAND), books.lies(B.PICKED), books.lies(B.DISCREPANCY)) == (0, 50, -30)
    assert (books.free(), books.hold(rest).amount) == (-30, 30)
    books.do(lambda move: move.receive(MUG, BERLIN, 40, heals=25))
    assert (books.lies(B.ON_HAND), books.lies(B.DISCREPANCY), books.free()) == (15, -5, -15)
    books.do(lambda move: move.heal(MUG, BERLIN, 3))
    assert (books.lies(B.ON_HAND), books.lies(B.DISCREPANCY)) == (12, -2)
    books.do(lambda move: move.adjust(MUG, BERLIN, 2, AdjustReason.COUNT, B.DISCREPANCY))
    assert (books.lies(B.ON_HAND), books.lies(B.DISCREPANCY), books.free()) == (12, 0, -18)


def test_what_is_forced_is_never_for_sale_in_between() -> None:
    books = Books(20)
    hold = books.do(lambda move: move.allocate(MUG, BERLIN, 80, leave_at_least=-60))
    books.do(lambda move: move.pick(hold, 80, MUG, BERLIN, 50, forced=30))
    offered = books.offered([available_account(MUG, BERLIN)])
    assert max(number for (number,) in offered[2:]) <= 0


# --- between places --------------------------------------------------------------------------


def test_a_transfer_is_on_the_way_until_it_arrives() -> None:
    books = Books(10)
    books.do(lambda move: move.send(MUG, BERLIN, LYON, 6, FRIDAY))
    assert (books.free(), books.free(place=LYON), books.due_in(FRIDAY, place=LYON).posted) == (
        4,
        0,
        6,
    )
    books.do(lambda move: move.preorder(MUG, LYON, FRIDAY, 2))
    books.do(lambda move: move.arrive(MUG, LYON, 4, FRIDAY))
    assert (books.free(place=LYON), books.lies(B.IN_TRANSIT, place=LYON)) == (4, 2)
    assert books.refused(lambda move: move.arrive(MUG, LYON, 3, FRIDAY)).code == "shortage"
    books.do(lambda move: move.lose_in_transit(MUG, LYON, 2, FRIDAY))
    assert (books.lies(B.IN_TRANSIT, place=LYON), books.world("shrinkage")) == (0, 2)
    assert books.due_in(FRIDAY, place=LYON) == (0, 2, 0)


def test_an_arrival_beyond_what_was_sent_comes_from_the_discrepancy() -> None:
    books = Books(10)
    books.do(lambda move: move.send(MUG, BERLIN, LYON, 6, FRIDAY))
    books.do(lambda move: move.arrive(MUG, LYON, 7, FRIDAY, forced=1, into=B.QUALITY))
    assert (books.lies(B.QUALITY, place=LYON), books.lies(B.DISCREPANCY, place=LYON)) == (7, -1)
    assert (books.due_in(FRIDAY, place=LYON).posted, books.free(place=LYON)) == (0, 0)


def test_promised_units_are_not_sent_away_unless_they_are_gone() -> None:
    books = Books(5)
    books.allocated(3)
    assert books.refused(lambda m: m.send(MUG, BERLIN, LYON, 3, FRIDAY)).data["available"] == 2
    books.do(lambda m: m.send(MUG, BERLIN, LYON, 6, FRIDAY, leave_at_least=None, forced=1))
    assert (books.free(), books.lies(B.ON_HAND), books.lies(B.DISCREPANCY)) == (-3, 0, -1)


# --- production ------------------------------------------------------------------------------


def test_production_uses_components_and_makes_units() -> None:
    books = Books(10, PILL)
    books.do(lambda move: move.receive(LID, BERLIN, 4))
    books.do(lambda move: move.produce(MUG, BERLIN, 3, {PILL: 2, LID: 1}))
    assert (books.free(PILL), books.free(LID), books.free(MUG)) == (4, 1, 3)
    assert (books.world("production", PILL), books.world("production", MUG)) == (6, -3)


def test_promised_components_are_not_used() -> None:
    books = Books(4, PILL)
    books.allocated(1, PILL)
    refusal = books.refused(lambda move: move.produce(MUG, BERLIN, 2, {PILL: 2}))
    assert refusal.data["account"] == available_account(PILL, BERLIN)
    books.do(lambda move: move.produce(MUG, BERLIN, 2, {PILL: 2}, leave_at_least=None))
    assert (books.free(PILL), books.free(MUG)) == (-1, 2)


# --- lots and serial numbers -----------------------------------------------------------------


def test_lots_are_followed_from_receipt_to_dispatch() -> None:
    books = Books()
    lots = (LotQuantity("A", 3), LotQuantity("B", 2))
    books.do(lambda move: move.receive(PILL, BERLIN, 5, lots=lots))
    hold = books.allocated(4, PILL)
    chosen = (LotQuantity("A", 3), LotQuantity("B", 1))

    def ship(move: Movements) -> None:
        move.pick(hold.id, 4, PILL, BERLIN, 4, lots=chosen)
        move.pack(PILL, BERLIN, 4, lots=chosen)
        move.dispatch(PILL, BERLIN, 4, lots=chosen)

    books.do(ship)
    on_hand = {a: b.posted for a, b in books.ledger.balances("physical|on_hand|PILL") if b.posted}
    assert on_hand == {bucket_account(B.ON_HAND, PILL, BERLIN, lot="B"): 1}
    refusal = books.refused(lambda m: m.adjust(PILL, BERLIN, -1, AdjustReason.LOSS))
    assert refusal.data["account"] == bucket_account(B.ON_HAND, PILL, BERLIN)


def test_a_lot_is_not_taken_beyond_what_is_left_of_it_unless_forced() -> None:
    books = Books()
    books.do(lambda m: m.receive(PILL, BERLIN, 4, lots=units("A", "B", quantity=2)))
    hold = books.allocated(4, PILL)
    three = (LotQuantity("A", 1), LotQuantity("B", 3))
    assert (
        books.refused(lambda m: m.pick(hold.id, 4, PILL, BERLIN, 4, lots=three)).code == "shortage"
    )
    books.do(lambda m: m.pick(hold.id, 4, PILL, BERLIN, 4, lots=three, forced=1))
    account = bucket_account(B.DISCREPANCY, PILL, BERLIN, lot="B")
    assert (books.ledger.balance(account).posted, books.lies(B.ON_HAND, PILL)) == (-1, 1)
    books.do(lambda m: m.receive(PILL, BERLIN, 3, lots=units("C", "B") + units("B"), heals=1))
    assert (books.ledger.balance(account).posted, books.lies(B.DISCREPANCY, PILL)) == (0, 0)


def test_a_serial_number_is_in_one_place() -> None:
    books = Books()
    one = serials("S-1")
    books.do(lambda move: move.receive(MUG, BERLIN, 1, lots=one))
    assert books.refused(lambda move: move.receive(MUG, LYON, 1, lots=one)).code == "shortage"
    assert books.refused(lambda m: m.take_back(MUG, LYON, 1, lots=one)).code == "shortage"
    found = AdjustReason.FOUND
    assert books.refused(lambda m: m.adjust(MUG, LYON, 1, found, lots=one)).code == "shortage"
    made = books.refused(
        lambda m: m.produce(MUG, BERLIN, 1, {LID: 1}, lots=one, leave_at_least=None)
    )
    assert made.code == "shortage"
    hold = books.allocated(1)

    def ship(move: Movements) -> None:
        move.pick(hold.id, 1, MUG, BERLIN, 1, lots=one)
        move.pack(MUG, BERLIN, 1, lots=one)
        move.dispatch(MUG, BERLIN, 1, lots=one)

    books.do(ship)
    books.do(lambda move: move.take_back(MUG, LYON, 1, lots=one))
    books.do(lambda move: move.restock(MUG, LYON, 1, lots=one))
    assert (books.free(), books.free(place=LYON)) == (0, 1)
    books.do(lambda move: move.return_to_supplier(MUG, LYON, 1, B.ON_HAND, lots=one))
    books.do(lambda move: move.receive(MUG, BERLIN, 1, lots=one))
    assert books.free() == 1


def test_made_units_may_have_serial_numbers_once() -> None:
    books = Books(4, LID)
    made = serials("S-1", "S-2")
    books.do(lambda move: move.produce(MUG, BERLIN, 2, {LID: 1}, lots=made))
    assert (books.free(), books.lies(B.ON_HAND)) == (2, 2)
    again = books.refused(lambda m: m.produce(MUG, BERLIN, 1, {LID: 1}, lots=made[:1]))
    assert again.code == "shortage"
    assert books.refused(lambda m: m.receive(MUG, LYON, 1, lots=made[:1])).code == "shortage"


def test_components_are_used_by_lot() -> None:
    books = Books()
    books.do(lambda m: m.receive(LID, BERLIN, 4, lots=units("A", "B", quantity=2)))
    pinned = {LID: units("B", quantity=2)}
    books.do(lambda m: m.produce(MUG, BERLIN, 2, {LID: 1}, component_lots=pinned))
    left = books.ledger.balance(bucket_account(B.ON_HAND, LID, BERLIN, lot="B"))
    assert (left.posted, books.free(LID)) == (0, 2)


# --- what means nothing ----------------------------------------------------------------------


LOSS = AdjustReason.LOSS
NONSENSE: list[tuple[str, Callable[[Movements], Any], str]] = [
    ("lots of another sum", lambda m: m.pack(MUG, BERLIN, 2, lots=units("A")), "sum to 1"),
    (
        "a serial number twice",
        lambda m: m.pack(MUG, BERLIN, 2, lots=(LotQuantity("", 2, "S"),)),
        "S is one unit",
    ),
    (
        "a lot of less than one",
        lambda m: m.pack(MUG, BERLIN, 1, lots=(LotQuantity("A", 2), LotQuantity("B", -1))),
        "-1 is below 1",
    ),
    ("a lot with a bar", lambda m: m.pack(MUG, BERLIN, 1, lots=units("A|B")), r"hold no \|"),
    ("received as picked", lambda m: m.receive(MUG, BERLIN, 1, into=B.PICKED), "picked"),
    ("heals too many", lambda m: m.receive(MUG, BERLIN, 1, heals=2), "heals: 2 of 1"),
    (
        "heals by rejected units",
        lambda m: m.receive(MUG, BERLIN, 1, heals=1, into=B.DAMAGED),
        "into damaged",
    ),
    ("expected on no day", lambda m: m.receive(MUG, BERLIN, 1, expected_quantity=1), "no day"),
    (
        "expected below zero",
        lambda m: m.receive(MUG, BERLIN, 1, expected=FRIDAY, expected_quantity=-1),
        "-1 is below 0",
    ),
    ("forced too many", lambda m: m.pick("h", 1, MUG, BERLIN, 1, forced=2), "0 to 1"),
    ("forced too few", lambda m: m.pick("h", 1, MUG, BERLIN, 1, forced=-1), "0 to 1"),
    ("off record", lambda m: m.miss("h", 1, MUG, BERLIN, 1, off_record=2), "0 to 1"),
    ("adjusted by nothing", lambda m: m.adjust(MUG, BERLIN, 0, AdjustReason.COUNT), "0 changes"),
    (
        "adjusted on the way",
        lambda m: m.adjust(MUG, BERLIN, -1, LOSS, B.IN_TRANSIT),
        "in_transit",
    ),
    (
        "taken from a gap",
        lambda m: m.adjust(MUG, BERLIN, -1, LOSS, B.DISCREPANCY),
        "discrepancy",
    ),
    (
        "forced out of damaged",
        lambda m: m.adjust(MUG, BERLIN, -1, LOSS, B.DAMAGED, forced=1),
        "forced",
    ),
    ("shifted nowhere", lambda m: m.shift(MUG, BERLIN, 1, B.DAMAGED, B.DAMAGED), "where the"),
    (
        "shifted from picked",
        lambda m: m.shift(MUG, BERLIN, 1, B.PICKED, B.DAMAGED),
        "nothing is shifted",
    ),
    (
        "shifted to packed",
        lambda m: m.shift(MUG, BERLIN, 1, B.DAMAGED, B.PACKED),
        "nothing is shifted",
    ),
    ("returned from a box", lambda m: m.return_to_supplier(MUG, BERLIN, 1, B.PACKED), "packed"),
    ("sent to itself", lambda m: m.send(MUG, BERLIN, BERLIN, 1, FRIDAY), "where the units are"),
    ("arrived as packed", lambda m: m.arrive(MUG, LYON, 1, FRIDAY, into=B.PACKED), "packed"),
    (
        "lost and found",
        lambda m: m.lose_in_transit(MUG, LYON, 1, FRIDAY, AdjustReason.FOUND),
        "not found",
    ),
    ("made of nothing", lambda m: m.produce(MUG, BERLIN, 1, {}), "of something"),
    ("made of itself", lambda m: m.produce(MUG, BERLIN, 1, {MUG: 1}), "of itself"),
    ("made of less than one", lambda m: m.produce(MUG, BERLIN, 1, {LID: 0}), "below 1"),
    (
        "lots of a stranger",
        lambda m: m.produce(MUG, BERLIN, 1, {LID: 1}, component_lots={PILL: ()}),
        "PILL are no components",
    ),
]


@pytest.mark.parametrize(
    ("movement", "words"), [pytest.param(call, words, id=name) for name, call, words in NONSENSE]
)
def test_a_movement_that_means_nothing_is_refused(
    movement: Callable[[Movements], Any], words: str
) -> None:
    with pytest.raises(InvalidData, match=words):
        movement(Movements("c", "r", NOW))


def test_only_what_stands_on_stock_is_moved_fixed_or_fulfilled() -> None:
    books = Books(2)
    hold = books.allocated(1)
    books.do(lambda move: move.expect(MUG, BERLIN, FRIDAY, 1))
    preorder = books.hold(books.do(lambda move: move.preorder(MUG, BERLIN, FRIDAY, 1)))
    move = books.begin()
    with pytest.raises(InvalidData, match="no promise of stock"):
        move.move_promise(preorder, LYON)
    with pytest.raises(InvalidData, match="stands at berlin"):
        move.move_promise(hold, BERLIN)
    with pytest.raises(InvalidData, match="is not movable"):
        move.fix(hold)
    with pytest.raises(InvalidData, match="is no preorder"):
        move.fulfill_preorder(hold)
    with pytest.raises(InvalidData, match="is no preorder"):
        move.fulfill_preorder(attrs.evolve(preorder, target=hold.target))
    assert move.batch() == ()
