"""
Cases that other order systems learned about what may be promised, under rules of stock.

Negative thresholds of other systems are backorder caps here; a threshold of -20 is a cap of 20.
"""

from datetime import date

import pytest

from ordercore.grammar import Command
from ordercore.ids import LineId, PlaceId, PurchaseId, Sku
from ordercore.inventory import (
    AdjustReason,
    AdjustStock,
    CrossingKind,
    StockLevel,
    StockRule,
    StockRules,
    StockTerms,
)
from ordercore.inventory.documents import OpenPurchase, PurchaseLineRequest
from ordercore.orders import Rules
from ordercore.stores import MemoryStore
from ordercore.testing import Scenario
from tests.scenarios.cases import OK, Case, Level, buy, cancel, hold, levels, receive, ship, tell
from tests.scenarios.world import World

MUG, L1 = Sku("MUG"), PlaceId("L1")


def under(*, safety: int | None = None, backorder_cap: int | None = None) -> Rules:
    rule = StockRule(sku=MUG, safety=safety, backorder_cap=backorder_cap)
    return Rules(stock=StockRules(rules=(rule,)))


UNTRACKED = Rules(stock=StockRules(rules=(StockRule(sku=MUG, tracked=False),)))

CASES = [
    (
        under(backorder_cap=20),
        Case(
            "AVL-08",
            "on hand 5, cap 20: all 25 are taken, and 1 more is refused with 0 available",
            [
                (buy(("MUG", 25)), OK),
                (hold("C-2", ("MUG", 1)), "shortage"),
                (buy(("MUG", 1), order_id="O-2"), "shortage"),
            ],
            {"L1": (5, 25, 0)},
        ),
    ),
    (
        under(backorder_cap=1),
        Case(
            "RSV-01",
            "on hand 5, 6 are reserved with permission to wait",
            [(hold("C-1", ("MUG", 6)), OK)],
            {"L1": (5, 6, 0)},
        ),
    ),
    (
        under(safety=2),
        Case(
            "RSV-09",
            "on hand 5, 2 kept back: lines of one SKU are summed before they are checked",
            [(hold("C-1", ("MUG", 2), ("MUG", 2)), "shortage"), (hold("C-1", ("MUG", 3)), OK)],
            {"L1": (5, 3, 0)},
        ),
    ),
    (
        under(backorder_cap=2),
        Case(
            "ALC-13",
            "on hand 5, cap 2: what is allocated is subtracted from the room to wait, too",
            [
                (buy(("MUG", 6)), OK),
                (buy(("MUG", 2), order_id="O-2"), "shortage"),
                (buy(("MUG", 1), order_id="O-2"), OK),
            ],
            {"L1": (5, 7, 0)},
        ),
    ),
]

#: After 3 units are on hand: what is told, and what stands then.
WORK = [
    (
        under(backorder_cap=5),
        "FUL-02: of 8 promised with 3 on hand 3 leave, and the rest once it is there",
        [
            ([(buy(("MUG", 8)), OK), (ship({"line-1": 4}), "shortage")], (3, 8, 0)),
            ([(ship({"line-1": 3}), OK)], (0, 5, 0)),
            ([(ship({"line-1": 5}), "shortage"), (receive(10), OK)], (10, 5, 5)),
            ([(ship({"line-1": 5}), OK)], (5, 0, 5)),
        ],
    ),
    (
        UNTRACKED,
        "FUL-03: 5 of an untracked SKU leave where 3 are on hand, and nothing is counted",
        [([(buy(("MUG", 5)), OK), (ship({"line-1": 5}), OK)], (3, 0, 3))],
    ),
]


@pytest.mark.parametrize(
    ("rules", "case"), [pytest.param(*row, id=f"{row[1].id}: {row[1].facts}") for row in CASES]
)
def test_stock_ends_where_the_case_says(rules: Rules, case: Case) -> None:
    engine = Scenario(rules).given(receive(5)).engine

    tell(engine, case.steps)

    assert levels(engine) == case.ends
    assert engine.verify().balanced


@pytest.mark.parametrize(
    ("rules", "told"), [pytest.param(rules, told, id=facts) for rules, facts, told in WORK]
)
def test_work_ends_where_the_case_says(
    rules: Rules, told: list[tuple[list[tuple[Command, str]], Level]]
) -> None:
    engine = Scenario(rules).given(receive(3)).engine

    for steps, ends in told:
        tell(engine, steps)

        assert levels(engine) == {"L1": ends}
    assert engine.verify().balanced


def test_avl_09_and_avl_13_available_is_never_a_negative_number() -> None:
    drifted = StockLevel(MUG, L1, on_hand=2, reserved=5)
    tightened = StockLevel(MUG, L1, 5, allocated=25, terms=StockTerms(backorder_cap=10))

    assert [(level.available, level.net) for level in (drifted, tightened)] == [(0, -3), (0, -20)]
    assert not tightened.can_promise(1)


def test_avl_09_a_cap_that_is_tightened_later_breaks_no_promise_and_allows_no_more() -> None:
    story = World(MemoryStore())
    loose = story.engine(rules=under(backorder_cap=20))
    tell(loose, [(receive(5), OK), (buy(("MUG", 25)), OK)])
    tight = story.engine(rules=under(backorder_cap=10))

    tell(tight, [(hold("C-1", ("MUG", 1)), "shortage")])

    assert levels(tight) == {"L1": (5, 25, 0)}
    assert tight.availability("MUG")[0].backorder_room == 0


def test_avl_13_holds_of_5_on_2_that_are_left_make_0_available() -> None:
    engine = Scenario().given(receive(5), *(hold(f"C-{n}", ("MUG", 1)) for n in range(5))).engine
    gone = AdjustStock(place=L1, lines={MUG: -3}, reason=AdjustReason.DAMAGE)

    tell(engine, [(gone, OK), (hold("C-9", ("MUG", 1)), "shortage")])

    assert levels(engine) == {"L1": (2, 5, 0)}
    assert engine.verify().balanced


def test_alc_11_the_last_units_go_out_once_and_come_back_once() -> None:
    engine = Scenario().given(receive(3), buy(("MUG", 1)), buy(("MUG", 2), order_id="O-2")).engine
    before = engine.crossings()

    tell(engine, [(cancel(), OK)])

    assert [c.kind for c in before.found] == [CrossingKind.BACK_IN_STOCK, CrossingKind.OUT_OF_STOCK]
    after = engine.crossings(before.position)
    assert [c.kind for c in after.found] == [CrossingKind.BACK_IN_STOCK]
    assert engine.crossings(after.position).found == ()


def test_alc_12_of_a_limit_of_100_with_95_preordered_5_are_left() -> None:
    rule = StockRule(sku=MUG, preorder_limit=100, ships_by=date(2026, 9, 1))
    shop = Scenario(Rules(stock=StockRules(rules=(rule,)))).given(receive(1, "L1", "TEA"))
    purchase = OpenPurchase(
        purchase_id=PurchaseId("P-1"),
        supplier="S-1",
        place=L1,
        lines=(
            PurchaseLineRequest(
                line_id=LineId("line-1"), sku=MUG, quantity=500, expected_on=date(2026, 8, 1)
            ),
        ),
    )
    engine = shop.given(purchase, buy(("MUG", 95))).engine

    tell(
        engine,
        [
            (buy(("MUG", 6), order_id="O-2"), "shortage"),
            (buy(("MUG", 5), order_id="O-2"), OK),
            (buy(("MUG", 1), order_id="O-3"), "shortage"),
        ],
    )

    assert engine.availability_of("MUG", by=date(2026, 8, 1)).preordered == 100
    assert {work.lines[0].ships_by for work in engine.order("O-2").fulfillment.orders} == {
        date(2026, 9, 1)
    }


@pytest.mark.parametrize(
    ("received", "waiting", "available"),
    [(1, [("order/O-2", 1)], 0), (2, [], 0), (3, [], 1)],
)
def test_led_07_a_receipt_fills_the_older_backorder_first(
    received: int, waiting: list[tuple[str, int]], available: int
) -> None:
    story = Scenario(under(backorder_cap=2)).given(receive(1, "L1", "TEA"))
    engine = story.given(buy(("MUG", 1)), buy(("MUG", 1), order_id="O-2")).engine
    before = [row.hold.reference for row in engine.waiting("MUG", "L1")]

    tell(engine, [(receive(received), OK)])

    assert before == ["order/O-1", "order/O-2"]
    assert [(r.hold.reference, r.waiting) for r in engine.waiting("MUG", "L1")] == waiting
    assert engine.availability("MUG")[0].available == available
