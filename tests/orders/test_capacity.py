"""
Places that can do so much a day: promised at placement, used by the work, never lost.

"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import attrs
import pytest

from ordercore.catalog import SkuQuantity
from ordercore.errors import InvalidData, InvalidDefinition, Rejected
from ordercore.fulfillment import CapacityLevel, open_account, promised_account
from ordercore.grammar import Declined
from ordercore.ids import CartId, CommandId, LineId, OrderId, PlaceId, Sku
from ordercore.ledger import Pend
from ordercore.orders import (
    CancelUnits,
    LineQuantity,
    Order,
    PlaceOrder,
    ReleaseWhen,
    ReportMissing,
    ReserveCart,
    Rules,
    SetCapacity,
    SourceAgain,
)
from ordercore.places import CapacityMeasure, Place
from ordercore.ports import Commit, Receipt, Store
from ordercore.stores import MemoryStore, SQLiteStore
from tests.orders.builders import GERMANY, TENANT, Shop, line_of, order_of

SUNDAY, MONDAY, TUESDAY = (date(2026, 3, n) for n in (1, 2, 3))
ORDERS, UNITS, MINUTES = CapacityMeasure.ORDERS, CapacityMeasure.UNITS, CapacityMeasure.MINUTES
ORDER = OrderId("O-1")
NO_LABELS = Rules(buy_labels=False)


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MemoryStore() if request.param == "memory" else SQLiteStore(tmp_path / "shop.db")
    yield made
    made.close()


def place(name: str, capacity: CapacityMeasure | None = None, **more: Any) -> Place:
    return Place(id=PlaceId(name), name=name.title(), capacity=capacity, **more)


def limited(
    *places: Place,
    stock: Mapping[str, int] | None = None,
    rules: Rules = NO_LABELS,
    store: Store | None = None,
) -> Shop:
    """
    A shop whose places have the same stock; in the order of their names each is dearer.

    """
    made = Shop(rules=rules, places=places, store=store)
    for each in places:
        made.receive(stock or {"MUG": 50, "TEE": 50}, each.id)
    return made


def open_days(made: Shop, where: str = "berlin", **amounts: int) -> None:
    for day, amount in amounts.items():
        when = {"sunday": SUNDAY, "monday": MONDAY, "tuesday": TUESDAY}[day]
        made.do(SetCapacity(place=PlaceId(where), day=when, amount=amount))


def level(made: Shop, day: date = SUNDAY, where: str = "berlin") -> CapacityLevel:
    found = made.engine.capacity(where, day)
    assert found is not None
    return found


def numbers(made: Shop, day: date = SUNDAY, where: str = "berlin") -> tuple[int, int, int]:
    found = level(made, day, where)
    return found.open, found.promised, found.done


def planned(order: Order) -> list[tuple[str, date | None]]:
    return [(work.place, work.work_on) for work in order.fulfillment.orders]


def is_clean(made: Shop) -> bool:
    return str(made.engine.verify()).endswith("balanced, no leaks")


def cancel(order_id: str = "O-1", **lines: int) -> CancelUnits:
    by_line = tuple(LineQuantity(LineId(k.replace("_", "-")), n) for k, n in lines.items())
    return CancelUnits(order_id=OrderId(order_id), lines=by_line or None)


# --- placement -------------------------------------------------------------------------------


def test_a_place_of_two_orders_a_day_takes_two_and_the_third_goes_elsewhere(store: Store) -> None:
    made = limited(place("berlin", ORDERS), place("lyon"), store=store)
    open_days(made, sunday=2)

    placed = [made.place(f"O-{n}") for n in (1, 2, 3)]

    assert [planned(order) for order in placed] == [
        [("berlin", SUNDAY)],
        [("berlin", SUNDAY)],
        [("lyon", None)],
    ]
    assert numbers(made) == (2, 2, 0)
    assert is_clean(made)


def test_the_third_goes_to_the_next_day_where_that_has_room(store: Store) -> None:
    made = limited(place("berlin", ORDERS), place("lyon"), store=store)
    open_days(made, sunday=2, tuesday=1)

    placed = [made.place(f"O-{n}") for n in (1, 2, 3, 4)]

    assert [planned(order)[0] for order in placed] == [
        ("berlin", SUNDAY),
        ("berlin", SUNDAY),
        ("berlin", TUESDAY),
        ("lyon", None),
    ]


def test_an_order_that_no_day_has_room_for_is_refused_with_places_and_days(store: Store) -> None:
    made = limited(
        place("berlin", ORDERS),
        store=store,
        rules=attrs.evolve(NO_LABELS, capacity_days_max=2),
    )
    open_days(made, sunday=1, tuesday=9)  # Tuesday is not looked at
    made.place("O-1")
    before = made.state()

    with pytest.raises(Rejected) as refused:
        made.place("O-2")

    assert refused.value.code == "no_capacity"
    assert dict(refused.value.data) == {
        "places": ("berlin",),
        "days": ("2026-03-01", "2026-03-02"),
        "skus": ("MUG",),
    }
    assert made.state() == before


def test_what_no_place_has_is_a_shortage_whatever_the_room() -> None:
    made = limited(place("berlin", ORDERS), stock={"MUG": 1})

    with pytest.raises(Rejected, match="shortage"):
        made.place(lines=[line_of(quantity=2)])
    with pytest.raises(Rejected, match="no_capacity"):
        made.place(lines=[line_of(quantity=1)])


def test_a_line_that_names_a_full_place_is_refused_although_others_have_room() -> None:
    made = limited(place("berlin", UNITS), place("lyon"))
    open_days(made, sunday=1)

    with pytest.raises(Rejected, match="no_capacity"):
        made.place(lines=[line_of(quantity=2, place=PlaceId("berlin"))])
    assert planned(made.place(lines=[line_of(place=PlaceId("berlin"))])) == [("berlin", SUNDAY)]


def test_units_beyond_the_best_day_come_from_elsewhere() -> None:
    made = limited(place("berlin", UNITS), place("lyon"), stock={"MUG": 4})
    open_days(made, sunday=2, monday=3)

    order = made.place(lines=[line_of(quantity=5)])

    assert planned(order) == [("berlin", MONDAY), ("lyon", None)]
    assert [work.units for work in order.fulfillment.orders] == [3, 2]
    assert numbers(made, MONDAY) == (3, 3, 0)


def test_named_and_free_lines_share_the_room_of_a_place() -> None:
    made = limited(place("berlin", UNITS), place("lyon"))
    open_days(made, sunday=3)

    order = made.place(lines=[line_of(quantity=2, place=PlaceId("berlin")), line_of("TEE", 2)])

    sent = {
        (work.place, line.sku): line.quantity
        for work in order.fulfillment.orders
        for line in work.lines
    }
    assert sent[PlaceId("berlin"), Sku("MUG")] == 2
    assert numbers(made) == (3, sum(n for (at, _), n in sent.items() if at == "berlin"), 0)
    assert sum(sent.values()) == 4


def test_scarce_room_goes_to_what_no_other_place_has() -> None:
    made = Shop(rules=NO_LABELS, places=[place("berlin", UNITS), place("lyon")])
    made.receive({"MUG": 5, "TEE": 5}, "berlin")
    made.receive({"MUG": 5}, "lyon")
    open_days(made, sunday=2)

    order = made.place(lines=[line_of("MUG", 2), line_of("TEE", 2)])

    sent = {
        (work.place, ln.sku, ln.quantity) for work in order.fulfillment.orders for ln in work.lines
    }
    assert sent == {("berlin", "TEE", 2), ("lyon", "MUG", 2)}


def test_minutes_are_counted_by_the_unit() -> None:
    made = limited(place("berlin", MINUTES, minutes_per_unit=25), place("lyon"), stock={"MUG": 2})
    open_days(made, sunday=60)

    order = made.place(lines=[line_of(quantity=3)])

    assert numbers(made) == (60, 50, 0)
    assert [(w.place, w.units) for w in order.fulfillment.orders] == [("berlin", 2), ("lyon", 1)]


def test_days_are_those_of_the_place() -> None:
    made = limited(place("berlin", ORDERS, time_zone="Pacific/Kiritimati"))  # 14 hours ahead
    open_days(made, sunday=1, monday=1)
    made.clock.advance(hours=2)  # 11:00 UTC on Sunday is 1:00 on Monday there

    assert planned(made.place()) == [("berlin", MONDAY)]
    with pytest.raises(Rejected, match="no_capacity"):
        made.place("O-2")


def test_a_cart_is_held_only_where_there_is_room_and_holds_none_of_it() -> None:
    made = limited(place("berlin", ORDERS), place("lyon"))
    cart = ReserveCart(
        cart_id=CartId("C-1"),
        currency="EUR",
        destination=GERMANY,
        lines=(SkuQuantity(Sku("MUG"), 1),),
    )

    assert made.do(cart).reply.plan.places == ("lyon",)  # type: ignore[attr-defined]
    open_days(made, sunday=1)
    assert made.do(cart).reply.plan.places == ("berlin",)  # type: ignore[attr-defined]
    assert numbers(made) == (1, 0, 0)


# --- the promise of a day, until it ends -----------------------------------------------------


def test_a_day_is_used_when_the_last_unit_has_left() -> None:
    made = limited(place("berlin", UNITS))
    open_days(made, sunday=5)
    made.place(lines=[line_of(quantity=3)])

    made.send(lines={"line-1": 1})
    assert numbers(made) == (5, 3, 0)
    made.send(deliver=True)
    assert numbers(made) == (5, 0, 3)
    assert made.work().work_on == SUNDAY


@pytest.mark.parametrize("measure", list(CapacityMeasure))
@pytest.mark.parametrize("release", list(ReleaseWhen))
def test_a_canceled_order_leaves_the_day_as_it_was(
    measure: CapacityMeasure, release: ReleaseWhen
) -> None:
    made = limited(
        place("berlin", measure, minutes_per_unit=7),
        rules=attrs.evolve(NO_LABELS, release=release),
    )
    open_days(made, sunday=40)
    made.pay.tell("authorize", Declined(code="no", reason="no"))
    before = dict(made.store.accounts(TENANT, "capacity|"))
    made.place(lines=[line_of(quantity=3)])
    assert bool(made.order().fulfillment.orders) is (release is ReleaseWhen.IMMEDIATELY)
    assert level(made).promised

    made.do(cancel())

    after = {a: b for a, b in made.store.accounts(TENANT, "capacity|") if b != (0, 0, 0)}
    assert after == before
    assert is_clean(made)


@pytest.mark.parametrize("release", list(ReleaseWhen))
def test_canceled_units_give_their_part_of_the_day_back(release: ReleaseWhen) -> None:
    made = limited(
        place("berlin", MINUTES, minutes_per_unit=10),
        rules=attrs.evolve(NO_LABELS, release=release),
    )
    open_days(made, sunday=60)
    made.pay.tell("authorize", Declined(code="no", reason="no"))
    made.place(lines=[line_of(quantity=3), line_of("TEE", 2)])
    assert numbers(made) == (60, 50, 0)

    made.do(cancel(line_1=2))
    assert numbers(made) == (60, 30, 0)
    made.do(cancel(line_2=2))
    assert numbers(made) == (60, 10, 0)


def test_an_order_remains_one_order_while_anything_of_it_is_left() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=2)
    made.place(lines=[line_of(quantity=3)])

    made.do(cancel(line_1=2))
    assert numbers(made) == (2, 1, 0)
    made.send()
    assert numbers(made) == (2, 0, 1)


def test_a_part_that_was_canceled_after_another_was_sent_is_not_counted_as_done() -> None:
    made = limited(place("berlin", UNITS))
    open_days(made, sunday=5)
    made.place(lines=[line_of(quantity=3)])
    made.send(lines={"line-1": 1})

    made.do(cancel(line_1=2))

    assert numbers(made) == (5, 0, 1)


def test_missing_units_give_the_day_back_and_take_one_of_where_they_are_found() -> None:
    made = limited(place("berlin", UNITS), place("lyon", UNITS))
    open_days(made, "berlin", sunday=3)
    open_days(made, "lyon", monday=3)
    made.place(lines=[line_of(quantity=3)])

    made.do(ReportMissing(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 2}))
    made.settle()

    assert planned(made.order()) == [("berlin", SUNDAY), ("lyon", MONDAY)]
    assert numbers(made) == (3, 1, 0)
    assert numbers(made, MONDAY, "lyon") == (3, 2, 0)


def test_missing_units_wait_for_a_person_where_no_place_has_a_day_for_them() -> None:
    made = limited(place("berlin", UNITS), place("lyon", UNITS))
    open_days(made, "berlin", sunday=3)
    made.place(lines=[line_of(quantity=3)])

    made.do(ReportMissing(order_id=ORDER, fulfillment_order_id=made.work().id, lines={"line-1": 3}))
    made.settle()
    assert made.order().sourcing_failed
    assert numbers(made) == (3, 0, 0)

    open_days(made, "lyon", sunday=3)
    made.do(SourceAgain(order_id=ORDER))
    assert planned(made.order())[-1] == ("lyon", SUNDAY)


def test_history_tells_the_day() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=1)
    made.place()

    told = [entry.text for entry in made.engine.timeline("O-1")]

    assert "berlin is to send 1 x Mug on 2026-03-01" in told


# --- setting ---------------------------------------------------------------------------------


def test_a_day_may_be_set_below_what_is_promised_and_keeps_every_promise(store: Store) -> None:
    made = limited(place("berlin", ORDERS), place("lyon"), store=store)
    open_days(made, sunday=3)
    for n in (1, 2, 3):
        made.place(f"O-{n}")

    open_days(made, sunday=1)

    assert (level(made).left, level(made).overbooked) == (0, 2)
    assert planned(made.place("O-4")) == [("lyon", None)]
    made.send("O-1")
    made.do(cancel("O-2"))
    assert numbers(made) == (1, 1, 1)
    assert level(made).overbooked == 1
    assert is_clean(made)


def test_setting_a_day_again_to_the_same_records_no_step() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=3)
    before = sum(1 for _ in made.store.entries(TENANT))

    open_days(made, sunday=3)

    assert sum(1 for _ in made.store.entries(TENANT)) == before
    open_days(made, sunday=0)
    assert numbers(made) == (0, 0, 0)


def test_only_known_and_limited_places_have_days() -> None:
    made = limited(place("berlin", ORDERS), place("lyon"))

    with pytest.raises(Rejected, match="unknown_place"):
        open_days(made, "paris", sunday=1)
    with pytest.raises(Rejected, match="capacity_not_limited"):
        open_days(made, "lyon", sunday=1)
    with pytest.raises(Rejected, match="unknown_place"):
        made.engine.capacity("paris", SUNDAY)
    assert made.engine.capacity("lyon", SUNDAY) is None


@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        ({"amount": -1}, "amount: -1 is no quantity"),
        ({"amount": True}, "amount: True is no quantity"),
        ({"day": datetime(2026, 3, 1, tzinfo=UTC)}, "is no day"),
        ({"day": "2026-03-01"}, "is no day"),
        ({"place": "ber|lin"}, "place: .* is no id"),
    ],
)
def test_a_malformed_day_is_refused_with_its_fault(wrong: dict[str, Any], fault: str) -> None:
    fine: dict[str, Any] = {"place": PlaceId("berlin"), "day": SUNDAY, "amount": 1}

    with pytest.raises(InvalidData, match=fault):
        SetCapacity(**{**fine, **wrong})


def test_at_least_one_day_is_looked_at() -> None:
    with pytest.raises(InvalidDefinition, match="capacity_days_max is 0"):
        Rules(capacity_days_max=0)


# --- races and audits ------------------------------------------------------------------------


class FasterOthers:
    """
    A store before which others are faster: each thing they do happens before one commit of ours.

    """

    def __init__(self, store: Store, kind: type) -> None:
        self._store = store
        self._kind = kind
        self.others: list[Callable[[], object]] = []

    def commit(self, commit: Commit) -> Receipt:
        if isinstance(commit.receipt.command, self._kind) and self.others:
            self.others.pop(0)()
        return self._store.commit(commit)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def against(made: Shop, kind: type, *others: Callable[[], object]) -> Shop:
    """
    The same shop, seen by a process that is always a moment too late.

    """
    slow: Any = FasterOthers(made.store, kind)
    slow.others = list(others)
    late = Shop(rules=made.rules, places=made.places, store=slow)
    late.clock = made.clock
    late.engine = late.new_engine()
    return late


def test_who_loses_the_last_slot_of_a_day_gets_the_next_day() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=1, monday=1, tuesday=1)
    late = against(
        made,
        PlaceOrder,
        lambda: made.do(order_of("O-1"), key="first"),
        lambda: made.do(order_of("O-2"), key="second"),
    )

    late.do(order_of("O-3"), key="late")

    assert planned(made.order("O-1")) == [("berlin", SUNDAY)]
    assert planned(made.order("O-2")) == [("berlin", MONDAY)]
    assert planned(made.order("O-3")) == [("berlin", TUESDAY)]


def test_who_loses_the_last_slot_of_all_is_refused_with_true_numbers() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=1)
    late = against(made, PlaceOrder, lambda: made.do(order_of("O-1"), key="first"))

    with pytest.raises(Rejected, match="no_capacity"):
        late.do(order_of("O-2"), key="late")

    assert numbers(made) == (1, 1, 0)
    assert is_clean(made)


def test_who_sets_a_day_last_has_set_it() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=4)
    late = against(
        made,
        SetCapacity,
        lambda: made.do(SetCapacity(place=PlaceId("berlin"), day=SUNDAY, amount=9), key="first"),
    )

    late.do(SetCapacity(place=PlaceId("berlin"), day=SUNDAY, amount=2), key="late")

    assert numbers(made) == (2, 0, 0)


def test_of_eight_buyers_at_once_as_many_get_a_day_as_there_are_slots(store: Store) -> None:
    made = limited(place("berlin", ORDERS), store=store)
    open_days(made, sunday=2, monday=1)
    start = Barrier(8)

    def buy(n: int) -> str:
        start.wait(timeout=30)
        try:
            made.engine.submit(order_of(f"O-{n}"), key=f"buy-{n}", perform=False)
        except Rejected as refusal:
            return refusal.code
        return "placed"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(buy, range(8)))

    assert sorted(told) == [*["no_capacity"] * 5, *["placed"] * 3]
    assert (numbers(made), numbers(made, MONDAY)) == ((2, 2, 0), (1, 1, 0))


def test_the_audit_names_a_day_that_is_held_for_an_order_that_has_ended() -> None:
    made = limited(place("berlin", ORDERS))
    open_days(made, sunday=2)
    made.place()
    made.do(cancel())
    assert is_clean(made)

    open_days(made, monday=1)
    ghost = Pend(
        "ghost",
        open_account(ORDERS, "berlin", MONDAY),
        promised_account(ORDERS, "berlin", MONDAY),
        1,
        "plan_work",
        "order/O-1",
        made.clock(),
    )
    made.store.commit(
        Commit(
            tenant=TENANT,
            receipt=Receipt(command_id=CommandId("bug"), command=cancel(), at=made.clock()),
            steps=(ghost,),
            actor=made.engine.history("O-1")[0].actor,
        )
    )

    assert made.engine.verify().leaks == (
        "ghost: 1 promised to order/O-1, which has ended or is unknown",
    )
