"""
Cases that other order systems and ledgers learned, as facts about this ledger.

Each row has the id under which the project keeps the case, what is given, and a script: a batch,
the second at which it is recorded, and what comes of it: ``OK``, ``AGAIN`` or a code of refusal;
then the balances that must stand at the end.
"""

from typing import Final, NamedTuple

import pytest

from ordercore.errors import Rejected
from ordercore.ledger import AccountId, Balance, Ledger, Step
from tests.ledger.builders import (
    SOLD,
    STOCK,
    SUPPLY,
    at,
    divide,
    merge,
    pend,
    post,
    post_pending,
    refusal,
    state_of,
    void,
)

OK: Final = "ok"
AGAIN: Final = "again"

Move = tuple[list[Step], int, str]


class Case(NamedTuple):
    id: str
    facts: str
    script: list[Move]
    ends: dict[AccountId, Balance]


def back(step_id: str, amount: int, *, forced: bool) -> Step:
    """
    A reversal: the same amount in the opposite direction.

    """
    return post(step_id, amount, STOCK, SUPPLY, leave=None if forced else 0)


CASES = [
    Case(
        "TPH-03",
        "hold 7: posting 8 exceeds it, all posts 7, the same again is known, another amount is not",
        [
            ([post("in", 7), pend("h", 7)], 0, OK),
            ([post_pending("p8", "h", 8)], 0, "exceeds_pending"),
            ([post_pending("p", "h", 7)], 0, OK),
            ([post_pending("p", "h", 7)], 0, AGAIN),
            ([post_pending("p", "h", 6)], 0, "id_exists_with_different_amount"),
        ],
        {STOCK: Balance(0), SOLD: Balance(7)},
    ),
    Case(
        "TPH-03",
        "all of hold 7 posts 7",
        [([post("in", 7), pend("h", 7), post_pending("p", "h")], 0, OK)],
        {STOCK: Balance(0), SOLD: Balance(7)},
    ),
    Case(
        "TPH-05",
        "hold 15 posted with 13: a hold is resolved at most once",
        [
            ([post("in", 15), pend("h", 15), post_pending("p", "h", 13)], 0, OK),
            ([post_pending("q", "h", 2)], 0, "pending_already_posted"),
            ([void("v", "h")], 0, "pending_already_posted"),
        ],
        {STOCK: Balance(2), SOLD: Balance(13)},
    ),
    Case(
        "TPH-08",
        "a direct posting is no hold to void; it is corrected by a step back",
        [
            ([post("t1", 5)], 0, OK),
            ([void("v", "t1")], 0, "pending_not_found"),
            ([back("t1-back", 5, forced=False)], 0, OK),
        ],
        {STOCK: Balance(0), SUPPLY: Balance(0)},
    ),
    Case(
        "TPH-10",
        "20 that may not be overdrawn: a chain of 15 and a wrong 5 leaves no trace",
        [
            ([post("in", 20)], 0, OK),
            (
                [post("a", 15, STOCK, SOLD, leave=0), post("b", 5, STOCK, STOCK)],
                0,
                "accounts_equal",
            ),
            ([post("a", 15, STOCK, SOLD, leave=0)], 0, OK),
            ([post("b", 6, STOCK, SOLD, leave=0)], 0, "shortage"),
        ],
        {STOCK: Balance(5), SOLD: Balance(15)},
    ),
    Case(
        "TPH-13",
        "89 with an overdraft of 10 does not pay 100",
        [
            ([post("in", 89)], 0, OK),
            ([post("out", 100, STOCK, SOLD, leave=-10)], 0, "shortage"),
        ],
        {STOCK: Balance(89)},
    ),
    Case(
        "TPH-13",
        "90 with an overdraft of 10 pays 100",
        [([post("in", 90)], 0, OK), ([post("out", 100, STOCK, SOLD, leave=-10)], 0, OK)],
        {STOCK: Balance(-10), SOLD: Balance(100)},
    ),
    Case(
        "TPH-14",
        "a reversal under an id derived from what it reverses happens once",
        [
            ([post("t", 100)], 0, OK),
            ([back("t/reversal-1", 100, forced=False)], 0, OK),
            ([back("t/reversal-1", 100, forced=False)], 0, AGAIN),
        ],
        {STOCK: Balance(0), SUPPLY: Balance(0)},
    ),
    Case(
        "TPH-14",
        "what was spent cannot be taken back unless forced",
        [
            ([post("t", 100), post("spent", 100, STOCK, SOLD)], 0, OK),
            ([back("r", 100, forced=False)], 0, "shortage"),
            ([back("r", 100, forced=True)], 0, OK),
        ],
        {STOCK: Balance(-100), SUPPLY: Balance(0)},
    ),
    Case(
        "ALC-09",
        "two lines on one stock with 40 each, raised by 9 and 20 in one batch: 109 is 49 and 60",
        [
            ([post("in", 200), pend("a", 40), pend("b", 40)], 0, OK),
            ([pend("a-more", 9), pend("b-more", 20)], 0, OK),
            ([merge("a-all", "a", "a-more"), merge("b-all", "b", "b-more")], 0, OK),
            ([void("a-gone", "a-all")], 0, OK),
        ],
        {STOCK: Balance(200, 60)},
    ),
    Case(
        "RSV-01",
        "2 on hand: 3 are not reserved",
        [([post("in", 2)], 0, OK), ([pend("h", 3)], 0, "shortage")],
        {STOCK: Balance(2)},
    ),
    Case(
        "RSV-01",
        "2 on hand: 3 are reserved where a backorder is allowed",
        [([post("in", 2)], 0, OK), ([pend("h", 3, leave=-1)], 0, OK)],
        {STOCK: Balance(2, 3)},
    ),
    Case(
        "RSV-05",
        "reservations 2, 2 and 2: releasing the first two again releases nothing more",
        [
            ([post("in", 6), pend("a", 2), pend("b", 2), pend("c", 2)], 0, OK),
            ([void("va", "a"), void("vb", "b")], 0, OK),
            ([void("va", "a"), void("vb", "b")], 0, AGAIN),
        ],
        {STOCK: Balance(6, 2)},
    ),
    Case(
        "RSV-06",
        "2 on hand: one batch of three reservations of 2 is refused whole",
        [
            ([post("in", 2)], 0, OK),
            ([pend("a", 2), pend("b", 2), pend("c", 2)], 0, "shortage"),
        ],
        {STOCK: Balance(2)},
    ),
    Case(
        "RSV-09",
        "5 on hand: two lines of 3 of one SKU are 6",
        [([post("in", 5)], 0, OK), ([pend("line-1", 3), pend("line-2", 3)], 0, "shortage")],
        {STOCK: Balance(5)},
    ),
    Case(
        "LED-04",
        "an allocation of 3 asked for again, under the same name, stays 3",
        [
            ([post("in", 9)], 0, OK),
            ([pend("O-1/allocation-1", 3)], 0, OK),
            ([pend("O-1/allocation-1", 3)], 0, AGAIN),
        ],
        {STOCK: Balance(9, 3)},
    ),
    Case(
        "LED-05",
        "3 on hand, one SKU on two lines: both are promised, then both leave",
        [
            ([post("in", 3)], 0, OK),
            ([pend("line-1", 1), pend("line-2", 1)], 0, OK),
            ([post_pending("p1", "line-1"), post_pending("p2", "line-2")], 0, OK),
        ],
        {STOCK: Balance(1), SOLD: Balance(2)},
    ),
    Case(
        "LED-06",
        "set to the same is no step at all; 8 is +5, 6 is -2",
        [
            ([post("in", 3)], 0, OK),
            ([post("same", 0)], 0, "amount_not_positive"),
            ([], 0, OK),
            ([post("to-8", 5)], 0, OK),
            ([post("to-6", 2, STOCK, SUPPLY)], 0, OK),
        ],
        {STOCK: Balance(6)},
    ),
    Case(
        "LED-07",
        "-2 stands for two backorders: 1 received leaves -1, and nobody overtakes",
        [
            ([pend("b1", 1, leave=-2), pend("b2", 1, leave=-2)], 0, OK),
            ([post("in", 1)], 0, OK),
            ([pend("new", 1)], 0, "shortage"),
        ],
        {STOCK: Balance(1, 2)},
    ),
    Case(
        "LED-07",
        "-2 and 3 received: 1 is free",
        [
            ([pend("b1", 1, leave=-2), pend("b2", 1, leave=-2)], 0, OK),
            ([post("in", 3)], 0, OK),
            ([pend("new", 2)], 0, "shortage"),
            ([pend("new", 1)], 0, OK),
        ],
        {STOCK: Balance(3, 3)},
    ),
    Case(
        "LED-07",
        "a receipt of -1 is no receipt",
        [
            ([pend("b1", 1, leave=-2), pend("b2", 1, leave=-2)], 0, OK),
            ([post("in", -1)], 0, "amount_not_positive"),
        ],
        {STOCK: Balance(0, 2)},
    ),
    Case(
        "LED-09",
        "100 on hand, 80 promised: shipping 50 leaves 50 and 30",
        [
            ([post("in", 100), pend("h", 80)], 0, OK),
            ([divide("cut", "h", 50, 30), post_pending("ship", "h/part-1")], 0, OK),
        ],
        {STOCK: Balance(50, 30), SOLD: Balance(50, 0, 30)},
    ),
    Case(
        "LED-10",
        "20 on hand, 80 promised: a guarded shipment of 50 is refused, nothing changes",
        [
            ([post("in", 20), pend("h", 80, leave=-60)], 0, OK),
            ([post("ship", 50, STOCK, SOLD, leave=0)], 0, "shortage"),
        ],
        {STOCK: Balance(20, 80), SOLD: Balance(0, 0, 80)},
    ),
    Case(
        "IDM-03",
        "an id used with 100 comes again with 200: refused by name, one step stored",
        [
            ([post("k", 100)], 0, OK),
            ([post("k", 200)], 0, "id_exists_with_different_amount"),
        ],
        {STOCK: Balance(100), SUPPLY: Balance(-100)},
    ),
    Case(
        "IDM-04",
        "the same again is marked as a repeat; other content is refused",
        [
            ([post("k", 1), pend("l", 1)], 0, OK),
            ([post("k", 1), pend("l", 1)], 9, AGAIN),
            (
                [post("k", 1), pend("l", 1, reference="cart/C-2")],
                9,
                "id_exists_with_different_reference",
            ),
        ],
        {STOCK: Balance(1, 1)},
    ),
    Case(
        "IDM-05",
        "a refusal writes nothing under its ids: they may be tried again when there is stock",
        [
            ([pend("k", 1)], 0, "shortage"),
            ([post("in", 1)], 0, OK),
            ([pend("k", 1)], 0, OK),
        ],
        {STOCK: Balance(1, 1)},
    ),
    Case(
        "CON-02",
        "two receipts of 5 are 10, in whichever order",
        [([post("b", 5)], 0, OK), ([post("a", 5)], 0, OK)],
        {STOCK: Balance(10)},
    ),
]


def play(ledger: Ledger, batch: list[Step], seconds: int, result: str) -> None:
    if result in {OK, AGAIN}:
        assert (ledger.apply(batch, at(seconds)) == []) == (result == AGAIN or not batch)
    else:
        assert refusal(ledger, *batch, seconds=seconds).code == result
    ledger.check_invariants()


@pytest.mark.parametrize("case", [pytest.param(c, id=f"{c.id}: {c.facts}") for c in CASES])
def test_the_ledger_answers_as_any_correct_system_must(case: Case) -> None:
    ledger = Ledger()
    for batch, seconds, result in case.script:
        play(ledger, batch, seconds, result)

    assert {name: ledger.balance(name) for name in case.ends} == case.ends


def test_tph_07_holds_fall_away_with_time_alone() -> None:
    ledger = Ledger()
    ledger.apply([post("in", 50), pend("h0", 10)], at(0))
    ledger.apply([pend(f"h{s}", 10 + s, until=s) for s in (1, 2, 3)], at(0))
    before = state_of(ledger)
    pending = [ledger.balance_at(STOCK, at(s)).pending_out for s in (0, 1, 2, 3)]

    assert pending == [46, 35, 23, 10]
    assert state_of(ledger) == before


@pytest.mark.parametrize("buyers", [2, 10, 200])
def test_con_01_the_last_one_is_sold_once(buyers: int) -> None:
    ledger = Ledger()
    ledger.apply([post("in", 1)], at(0))
    codes: list[str] = []
    for n in range(buyers):
        try:
            ledger.apply([pend(f"O-{n}", 1)], at(0))
        except Rejected as refused:
            codes.append(refused.code)

    assert codes == ["shortage"] * (buyers - 1)
    assert ledger.balance(STOCK) == Balance(1, 1)
