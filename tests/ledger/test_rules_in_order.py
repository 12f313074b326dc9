import re
from itertools import groupby
from typing import get_args

import pytest

from ordercore.errors import InvalidData
from ordercore.ledger import (
    AccountId,
    Balance,
    ExpirePending,
    Ledger,
    Post,
    Step,
    _rules,
)
from ordercore.ledger._rules import STEPS_MAX
from tests.ledger.builders import (
    CUPS,
    SHELF,
    SOLD,
    STOCK,
    SUPPLY,
    at,
    changed,
    divide,
    ended,
    expire,
    fields_of,
    ledger_with,
    merge,
    pend,
    post,
    post_pending,
    refusal,
    reverse,
    state_of,
    void,
)


@pytest.mark.parametrize(
    "step",
    [
        pend("h/part-1", 1),
        post("h/part-12", 1),
        pend("h/expired", 1),
        void("h/expired", "h"),
        divide("h/part-1/part-2", "h", 1),
        post_pending("h/part-1/expired", "h"),
        expire("h", 5, "mine"),
        expire("h", 5, "other/expired"),
    ],
    ids=lambda step: f"{type(step).__name__}-{step.id}",
)
def test_the_names_that_the_ledger_gives_are_never_given_by_others(step: Step) -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))
    refused = refusal(ledger, step, seconds=5)

    assert (refused.code, dict(refused.data)) == ("id_reserved", {"step": step.id})


@pytest.mark.parametrize(
    "step_id", ["expired", "part-1", "h/part-one", "h/part-1/x", "h/expired-1"]
)
def test_only_names_that_the_ledger_would_give_are_reserved(step_id: str) -> None:
    ledger = ledger_with(post("in", 9))
    ledger.apply([pend(step_id, 4)], at(0))

    assert [hold.id for hold in ledger.pendings()] == [step_id]


def test_no_part_ever_takes_the_place_of_another_hold() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4), divide("cut", "h", 1, 3))

    assert refusal(ledger, pend("h/part-1", 2)).code == "id_reserved"
    assert ledger.balance(STOCK).pending_out == 4
    assert ledger.balance(SOLD).pending_in == 4


@pytest.mark.parametrize(
    ("until", "said", "recorded", "code"),
    [
        (None, 5, 9, "expiry_differs"),
        (5, 4, 9, "expiry_differs"),
        (5, 6, 9, "expiry_differs"),
        (5, 4, 4, "expiry_differs"),
        (5, 5, 4, "pending_not_due"),
    ],
)
def test_a_hold_expires_at_its_own_instant_and_is_never_cut_short(
    until: int | None, said: int, recorded: int, code: str
) -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=until))
    refused = refusal(ledger, expire("h", said), seconds=recorded)

    assert (refused.code, dict(refused.data)) == (code, {"step": "h/expired", "pending": "h"})


def test_a_sweep_may_record_what_has_expired() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))
    ledger.apply([expire("h", 5)], at(9))

    assert list(ledger.pendings()) == []
    assert ledger.apply([expire("h", 5)], at(10)) == []
    ledger.check_invariants()


@pytest.mark.parametrize("until", [-1, 0])
def test_a_hold_that_would_be_over_at_once_is_not_made(until: int) -> None:
    refused = refusal(ledger_with(post("in", 9)), pend("h", 4, until=until))

    assert (refused.code, dict(refused.data)) == ("expires_at_passed", {"step": "h"})


#: A ledger in which every rule can be broken: 9 in stock, a hold of each fate.
def eventful() -> Ledger:
    ledger = ledger_with(
        post("in", 29),
        pend("posted", 1),
        post_pending("p", "posted"),
        pend("voided", 1),
        void("v", "voided"),
        pend("divided", 3),
        divide("d", "divided", 1, 2),
        pend("merged", 1, until=70),
        pend("merged too", 1, until=70),
        merge("m", "merged", "merged too"),
        void("vm", "m"),
        pend("expired", 1, until=1),
    )
    ledger.apply([expire("expired", 1)], at(1))
    for step in (pend("open", 10), pend("due", 2, until=5), pend("later", 4, until=60)):
        ledger.apply([step], at(1))
    return ledger


NOWHERE = AccountId("nowhere")
#: Guards: 29 in, 1 shipped, 3 in parts, 10 open, 2 due at 5, 4 later: 9 before the due hold ends,
#: 11 from then on.

Refusal = tuple[str, list[Step], str, dict[str, object], tuple[str, ...]]


def ended_before(name: str, pending: str) -> list[Refusal]:
    steps: list[Step] = [
        post_pending("x", pending, 99),
        void("y", pending),
        divide("z", pending, 98, 1),
    ]
    return [
        (
            f"{name} before, and that before the amounts are compared",
            [step],
            f"pending_already_{name}",
            {"step": step.id, "pending": pending},
            ("nothing: a hold ends once",),
        )
        for step in steps
    ]


REFUSALS: list[Refusal] = [
    # 1. an id that exists
    (
        "an id comes again with another amount",
        [post("in", 30)],
        "id_exists_with_different_amount",
        {"step": "in", "field": "amount"},
        ("the same content again, or a new id",),
    ),
    (
        "and that before it is read as anything else",
        [post("in", 0, STOCK, STOCK)],
        "id_exists_with_different_source",
        {"step": "in", "field": "source"},
        ("the same content again, or a new id",),
    ),
    (
        "within a batch too",
        [post("new", 1), post("new", 2)],
        "id_exists_with_different_amount",
        {"step": "new", "field": "amount"},
        ("the same content again, or a new id",),
    ),
    # 2. id_reserved
    (
        "a name of the ledger's own, before the amount",
        [pend("open/part-1", 0)],
        "id_reserved",
        {"step": "open/part-1"},
        ("an id that ends neither in /expired nor /reversed nor /part- and a number",),
    ),
    (
        "an expiry under another name, before the hold",
        [expire("nobody", 1, "mine")],
        "id_reserved",
        {"step": "mine"},
        ("nobody/expired",),
    ),
    (
        "a reversal under another name, before the step",
        [reverse("nobody", step_id="mine")],
        "id_reserved",
        {"step": "mine"},
        ("nobody/reversed",),
    ),
    (
        "anything else under the name of a reversal",
        [void("open/reversed", "open")],
        "id_reserved",
        {"step": "open/reversed"},
        ("an id that ends neither in /expired nor /reversed nor /part- and a number",),
    ),
    # 3. amount_not_positive
    (
        "nothing to move, before the accounts",
        [post("x", 0, STOCK, STOCK)],
        "amount_not_positive",
        {"step": "x", "amount": 0},
        ("1 or more; a mistake is reversed",),
    ),
    (
        "less than nothing to hold",
        [pend("x", -1)],
        "amount_not_positive",
        {"step": "x", "amount": -1},
        ("1 or more; a mistake is reversed",),
    ),
    (
        "nothing of a hold, before the hold is looked for",
        [post_pending("x", "nobody", 0)],
        "amount_not_positive",
        {"step": "x", "amount": 0},
        ("1 or more; a mistake is reversed",),
    ),
    (
        "an empty part, before the hold is looked for",
        [divide("x", "nobody", 1, 0)],
        "amount_not_positive",
        {"step": "x", "amount": 0},
        ("1 or more; a mistake is reversed",),
    ),
    # 4. accounts_equal
    (
        "from an account to itself, before the account is read",
        [post("x", 1, NOWHERE, NOWHERE)],
        "accounts_equal",
        {"step": "x", "account": NOWHERE},
        ("two accounts",),
    ),
    # 5. accounts_differ_in_unit
    (
        "mugs into cups, before the guard",
        [post("x", 99, STOCK, CUPS, leave=0)],
        "accounts_differ_in_unit",
        {"step": "x", "source": STOCK, "target": CUPS},
        ("accounts of one book and one unit",),
    ),
    (
        "one book into another, before the expiry",
        [pend("x", 1, STOCK, SHELF, until=5)],
        "accounts_differ_in_unit",
        {"step": "x", "source": STOCK, "target": SHELF},
        ("accounts of one book and one unit",),
    ),
    # 6. expires_at_passed
    (
        "over before it is made, before the guard",
        [pend("x", 99, until=5)],
        "expires_at_passed",
        {"step": "x"},
        ("a later instant, or none",),
    ),
    # 7. pendings_too_few
    (
        "one hold is not merged, before it is looked for",
        [merge("x", "nobody")],
        "pendings_too_few",
        {"step": "x", "pendings": ("nobody",)},
        ("two or more holds, each once",),
    ),
    (
        "nor one hold with itself",
        [merge("x", "open", "later", "open")],
        "pendings_too_few",
        {"step": "x", "pendings": ("open", "later", "open")},
        ("two or more holds, each once",),
    ),
    # 8. pending_not_found
    (
        "a hold that was never made",
        [void("x", "nobody")],
        "pending_not_found",
        {"step": "x", "pending": "nobody"},
        ("a hold that was made",),
    ),
    (
        "a direct posting is no hold",
        [void("x", "in")],
        "pending_not_found",
        {"step": "x", "pending": "in"},
        ("a hold that was made",),
    ),
    (
        "an expiry of nothing",
        [expire("nobody", 1)],
        "pending_not_found",
        {"step": "nobody/expired", "pending": "nobody"},
        ("a hold that was made",),
    ),
    # 9. pending_already_<ended>
    *ended_before("posted", "posted"),
    *ended_before("voided", "voided"),
    *ended_before("divided", "divided"),
    *ended_before("merged", "merged"),
    *ended_before("expired", "expired"),
    *ended_before("expired", "due"),
    (
        "an expiry of what was posted, before its instant is compared",
        [expire("posted", 1)],
        "pending_already_posted",
        {"step": "posted/expired", "pending": "posted"},
        ("nothing: a hold ends once",),
    ),
    (
        "twice in one batch",
        [void("x", "open"), post_pending("y", "open")],
        "pending_already_voided",
        {"step": "y", "pending": "open"},
        ("nothing: a hold ends once",),
    ),
    (
        "made and posted in one batch, and then again",
        [pend("h", 1), post_pending("x", "h"), void("y", "h")],
        "pending_already_posted",
        {"step": "y", "pending": "h"},
        ("nothing: a hold ends once",),
    ),
    (
        "expired by the guard of an earlier step of the batch",
        [pend("h", 1), expire("due", 5)],
        "pending_already_expired",
        {"step": "due/expired", "pending": "due"},
        ("nothing: a hold ends once",),
    ),
    # 10. exceeds_pending
    (
        "more than was held",
        [post_pending("x", "open", 11)],
        "exceeds_pending",
        {"step": "x", "pending": "open", "asked": 11, "held": 10},
        ("1 to 10",),
    ),
    # 11. parts_differ
    (
        "parts of more than was held",
        [divide("x", "open", 10, 1)],
        "parts_differ",
        {"step": "x", "pending": "open", "asked": 11, "held": 10},
        ("parts that sum to 10",),
    ),
    (
        "no parts",
        [divide("x", "open")],
        "parts_differ",
        {"step": "x", "pending": "open", "asked": 0, "held": 10},
        ("parts that sum to 10",),
    ),
    # 12. pendings_differ
    (
        "until different instants",
        [merge("x", "open", "later")],
        "pendings_differ",
        {"step": "x", "pending": "later", "field": "expires_at"},
        ("holds between the same accounts, of one holder, until one instant",),
    ),
    (
        "of different holders",
        [pend("h", 1, reference="cart/C-2"), merge("x", "open", "h")],
        "pendings_differ",
        {"step": "x", "pending": "h", "field": "reference"},
        ("holds between the same accounts, of one holder, until one instant",),
    ),
    (
        "for different takers",
        [pend("h", 1, target=SUPPLY), merge("x", "open", "h")],
        "pendings_differ",
        {"step": "x", "pending": "h", "field": "target"},
        ("holds between the same accounts, of one holder, until one instant",),
    ),
    # 13. expiry_differs
    (
        "another instant than its own, before that has come",
        [expire("later", 59)],
        "expiry_differs",
        {"step": "later/expired", "pending": "later"},
        (f"{at(60)}",),
    ),
    (
        "no instant at all",
        [expire("open", 5)],
        "expiry_differs",
        {"step": "open/expired", "pending": "open"},
        ("nothing: it does not expire",),
    ),
    # 14. pending_not_due
    (
        "before its instant",
        [expire("later", 60)],
        "pending_not_due",
        {"step": "later/expired", "pending": "later"},
        (f"{at(60)} or later",),
    ),
    # 15. step_not_found
    (
        "nothing to reverse",
        [reverse("nobody")],
        "step_not_found",
        {"step": "nobody/reversed", "reversed": "nobody"},
        ("a recorded step",),
    ),
    # 16. step_not_reversible
    (
        "a hold is voided, not reversed",
        [reverse("open")],
        "step_not_reversible",
        {"step": "open/reversed", "reversed": "open"},
        ("a Post or a PostPending; holds are voided, reversals done again",),
    ),
    (
        "a reversal is done again, not reversed",
        [reverse("p"), reverse("p/reversed")],
        "step_not_reversible",
        {"step": "p/reversed/reversed", "reversed": "p/reversed"},
        ("a Post or a PostPending; holds are voided, reversals done again",),
    ),
    # 17. shortage
    (
        "what was received has been promised since",
        [reverse("in")],
        "shortage",
        {"step": "in/reversed", "account": STOCK, "asked": 29, "available": 11},
        ("at most 11",),
    ),
    (
        "a promise of one more than can be, due holds left out",
        [pend("x", 12)],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 12, "available": 11},
        ("at most 11",),
    ),
    (
        "a safety stock",
        [pend("x", 2, leave=10)],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 2, "available": 1},
        ("at most 1",),
    ),
    (
        "nothing can be promised",
        [pend("x", 1, leave=20)],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 1, "available": -9},
        ("nothing now",),
    ),
    (
        "a backorder beyond its cap",
        [pend("x", 15, leave=-3)],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 15, "available": 14},
        ("at most 14",),
    ),
    (
        "a guarded posting",
        [post("x", 12, STOCK, SUPPLY, leave=0)],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 12, "available": 11},
        ("at most 11",),
    ),
    (
        "what an earlier step of the batch has taken",
        [pend("x", 6), pend("y", 6)],
        "shortage",
        {"step": "y", "account": STOCK, "asked": 6, "available": 5},
        ("at most 5",),
    ),
    # the batch: earlier steps first, then whether it was one batch
    (
        "the first step that breaks a rule speaks, whichever rule",
        [pend("x", 99), void("y", "nobody")],
        "shortage",
        {"step": "x", "account": STOCK, "asked": 99, "available": 11},
        ("at most 11",),
    ),
    (
        "a step's own rule before the question whether it was one batch",
        [post("in", 29), void("y", "nobody")],
        "pending_not_found",
        {"step": "y", "pending": "nobody"},
        ("a hold that was made",),
    ),
    (
        "half of it was recorded before",
        [post("in", 29), post("x", 1)],
        "batch_partly_exists",
        {"repeats": 1, "steps": 2},
        ("the batch as it was recorded, or new ids",),
    ),
    (
        "one new step twice",
        [post("x", 1), post("x", 1)],
        "batch_partly_exists",
        {"repeats": 1, "steps": 2},
        ("the batch as it was recorded, or new ids",),
    ),
    (
        "too long, before any step is read",
        [void("x", "nobody")] * (STEPS_MAX + 1),
        "batch_too_long",
        {"steps": STEPS_MAX + 1, "steps_max": STEPS_MAX},
        (f"at most {STEPS_MAX} steps",),
    ),
]


@pytest.mark.parametrize(
    ("steps", "code", "data", "legal"),
    [pytest.param(*row[1:], id=f"{row[2]}: {row[0]}") for row in REFUSALS],
)
def test_each_rule_refuses_in_its_turn_and_says_why(
    steps: list[Step], code: str, data: dict[str, object], legal: tuple[str, ...]
) -> None:
    refused = refusal(eventful(), *steps, seconds=5)

    assert (refused.code, dict(refused.data), refused.legal) == (code, data, legal)
    assert str(data.get("pending", "")) in refused.reason


def test_the_table_breaks_every_documented_rule_in_the_documented_order() -> None:
    text = _rules.__doc__ or ""
    steps = re.findall(r"^ +\d+\..*?``(\w+?)_?(?:<\w+>)?``", text, re.MULTILINE)
    batches = re.findall(r"\(``(batch_\w+)``\)", text)
    shown = [
        next((code for code in (*steps, *batches) if refused.startswith(code)), refused)
        for _, _, refused, _, _ in REFUSALS
    ]
    in_order = [code for code, _ in groupby(shown)]

    assert in_order[: len(steps)] == steps
    assert set(shown) == {*steps, *batches}


def test_an_account_that_is_no_account_is_malformed_and_changes_nothing() -> None:
    ledger = eventful()
    before = state_of(ledger)

    with pytest.raises(InvalidData, match="'nowhere' is not book"):
        ledger.apply([post("x", 1), post("y", 1, NOWHERE, STOCK)], at(5))

    assert state_of(ledger) == before


#: Each kind as recorded, and what else each of its fields could have said. The fields are asked
#: for in the order of declaration, so the other values may break no matter which later rule.
VARIANTS: list[tuple[Step, dict[str, object]]] = [
    (
        post("a", 9),
        {
            "source": CUPS,
            "target": CUPS,
            "amount": 0,
            "reason": "other",
            "reference": "other",
            "occurred_at": at(1),
            "leave_at_least": 0,
        },
    ),
    (
        pend("b", 4, until=60),
        {
            "source": CUPS,
            "target": CUPS,
            "amount": 0,
            "reason": "other",
            "reference": "other",
            "occurred_at": at(1),
            "leave_at_least": None,
            "expires_at": None,
            "promised_at": at(0),
        },
    ),
    (
        divide("c", "b", 1, 3),
        {
            "pending": "other",
            "parts": (3, 1),
            "reason": "other",
            "reference": "other",
            "occurred_at": at(1),
        },
    ),
    (
        post_pending("d", "b/part-1"),
        {
            "pending": "other",
            "amount": 1,
            "reason": "other",
            "reference": "other",
            "occurred_at": at(1),
        },
    ),
    (
        void("e", "b/part-2"),
        {"pending": "other", "reason": "other", "reference": "other", "occurred_at": at(1)},
    ),
    (pend("g", 1, until=60, reference="order/O-1"), {}),
    (pend("h", 1, until=60, reference="order/O-1"), {}),
    (
        merge("i", "g", "h"),
        {"pendings": ("g",), "reason": "other", "reference": "other", "occurred_at": at(1)},
    ),
    (
        reverse("d"),
        {
            "step": "other",
            "reason": "other",
            "reference": "other",
            "occurred_at": at(1),
            "leave_at_least": None,
        },
    ),
    (pend("f", 1, until=1), {}),
    (expire("f", 1), {"pending": "other", "occurred_at": at(2)}),
]


def recorded_variants() -> Ledger:
    ledger = Ledger()
    for n, (step, _) in enumerate(VARIANTS):
        ledger.apply([step], at(1 if n == len(VARIANTS) - 1 else 0))
    return ledger


@pytest.mark.parametrize(
    ("step", "field", "value"),
    [
        pytest.param(step, field, value, id=f"{type(step).__name__}-{field}")
        for step, others in VARIANTS
        for field, value in others.items()
    ],
)
def test_an_id_that_comes_again_with_other_content_names_the_field(
    step: Step, field: str, value: object
) -> None:
    refused = refusal(recorded_variants(), changed(step, **{field: value}))

    assert refused.code == f"id_exists_with_different_{field}"
    assert dict(refused.data) == {"step": step.id, "field": field}


def test_the_variants_know_every_field_of_every_kind() -> None:
    for step, others in VARIANTS:
        fields = [name for name in fields_of(step) if name != "id"]

        assert list(others) == (fields if others else [])
    assert {type(step) for step, _ in VARIANTS} == set(get_args(Step))


def test_where_several_fields_differ_the_first_declared_is_named() -> None:
    ledger = ledger_with(post("in", 9))
    refused = refusal(ledger, Post("in", SUPPLY, STOCK, 8, "receive", "note-2", at(4), 3))

    assert refused.code == "id_exists_with_different_amount"


@pytest.mark.parametrize("step", [void("in", "h"), pend("in", 9), expire("in", 9, "in")])
def test_an_id_that_comes_again_as_another_kind_of_step_is_refused(step: Step) -> None:
    refused = refusal(ledger_with(post("in", 9), pend("h", 4)), step)

    assert refused.code == "id_exists_with_different_kind"
    assert dict(refused.data) == {"step": "in", "field": "kind"}


def test_a_repeat_of_any_step_is_accepted_and_changes_nothing() -> None:
    ledger = recorded_variants()
    before = state_of(ledger)
    steps = [step for step, _ in VARIANTS]

    assert not any(ledger.apply([step], at(99)) for step in steps)
    assert ledger.apply(steps, at(99)) == []
    assert state_of(ledger) == before


def test_a_repeat_is_accepted_where_the_step_itself_would_now_be_refused() -> None:
    ledger = ledger_with(post("in", 4), pend("h", 4), post_pending("p", "h"))

    assert ledger.apply([pend("h", 4)], at(1)) == []
    assert ledger.apply([pend("h", 4), post_pending("p", "h")], at(1)) == []


def test_an_empty_batch_is_nothing() -> None:
    ledger = ledger_with(post("in", 4))
    before = state_of(ledger)

    assert ledger.apply([], at(1)) == []
    assert state_of(ledger) == before


def test_a_batch_as_long_as_may_be_is_applied_whole() -> None:
    ledger = Ledger()
    ledger.apply((post(f"in-{n}", 1) for n in range(STEPS_MAX)), at(0))

    assert ledger.balance(STOCK) == Balance(STEPS_MAX)


def test_linked_steps_apply_in_order_each_seeing_those_before() -> None:
    ledger = Ledger()
    ledger.apply(
        [
            post("in", 10),
            pend("h", 10),
            divide("cut", "h", 4, 6),
            post_pending("ship", "h/part-1"),
            void("drop", "h/part-2"),
            pend("next", 6),
        ],
        at(0),
    )

    assert ledger.balance(STOCK) == Balance(6, 6)
    assert ledger.balance(SOLD) == Balance(4, 0, 6)
    assert [hold.id for hold in ledger.pendings()] == ["next"]
    ledger.check_invariants()


def test_a_short_close_releases_the_rest() -> None:
    ledger = ledger_with(post("in", 10), pend("h", 7), post_pending("ship", "h", 5))

    assert ledger.balance(STOCK) == Balance(5)
    assert ledger.balance(SOLD) == Balance(5)
    assert ledger.ended_by("h") == post_pending("ship", "h", 5)


def test_parts_keep_the_accounts_the_holder_and_the_expiry_of_the_hold() -> None:
    ledger = ledger_with(
        post("in", 10),
        pend("h", 7, until=9, reference="cart/C-7"),
        divide("cut", "h", 3, 4),
        divide("again", "h/part-2", 1, 1, 2),
    )
    kept = [(hold.id, hold.amount) for hold in ledger.pendings()]

    assert kept == [("h/part-1", 3), ("h/part-2/part-1", 1), ("h/part-2/part-2", 1),
                    ("h/part-2/part-3", 2)]  # fmt: skip
    assert {
        (hold.source, hold.target, hold.reference, hold.expires_at) for hold in ledger.pendings()
    } == {(STOCK, SOLD, "cart/C-7", at(9))}
    assert ledger.balance(STOCK) == Balance(10, 7)
    assert refusal(ledger, void("x", "h/part-2")).code == "pending_already_divided"


def test_a_division_asks_no_guard() -> None:
    ledger = ledger_with(post("in", 10), pend("h", 7), post("loss", 10, STOCK, SUPPLY))
    ledger.apply([divide("cut", "h", 3, 4)], at(0))

    assert ledger.balance(STOCK).available == -7


@pytest.mark.parametrize(("seconds", "counts"), [(58, True), (59, True), (60, False), (61, False)])
def test_a_hold_stops_counting_exactly_at_its_instant(seconds: int, *, counts: bool) -> None:
    ledger = ledger_with(post("in", 4), pend("h", 4, until=60))

    assert ledger.balance_at(STOCK, at(seconds)).available == (0 if counts else 4)
    if counts:
        assert refusal(ledger, pend("next", 1), seconds=seconds).code == "shortage"
        assert ended(ledger.apply([post_pending("ship", "h")], at(seconds))) == ["h"]
    else:
        assert refusal(ledger, void("v", "h"), seconds=seconds).code == "pending_already_expired"
        assert ended(ledger.apply([pend("next", 4)], at(seconds))) == ["h"]


def test_before_a_guard_is_judged_expiries_are_written_with_their_true_instants() -> None:
    ledger = ledger_with(
        post("in", 9),
        pend("late", 2, until=30),
        pend("early", 3, until=10),
        pend("open", 1, until=31),
        pend("cut", 2, until=20),
        divide("d", "cut", 1, 1),
    )
    written = ledger.apply([pend("next", 8)], at(30))

    assert written == [
        ExpirePending("early/expired", "early", at(10)),
        ExpirePending("cut/part-1/expired", "cut/part-1", at(20)),
        ExpirePending("cut/part-2/expired", "cut/part-2", at(20)),
        ExpirePending("late/expired", "late", at(30)),
        pend("next", 8),
    ]
    assert [entry.recorded_at for entry in ledger.entries()][-5:] == [at(30)] * 5
    assert ledger.balance(STOCK) == Balance(9, 9)
    assert ledger.balance(SOLD) == Balance(0, 0, 9)
    ledger.check_invariants()


def test_a_step_without_guard_leaves_due_holds_for_the_next_guard() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5))

    assert ended(ledger.apply([pend("x", 1, leave=None), post("y", 1)], at(5))) == []
    assert ended(ledger.apply([pend("z", 9)], at(5))) == ["h"]


def test_a_guard_passes_over_what_the_same_batch_has_expired_already() -> None:
    ledger = ledger_with(post("in", 9), pend("h", 4, until=5), pend("i", 4, until=6))
    written = ledger.apply([expire("h", 5), pend("x", 8), pend("y", 1)], at(6))

    assert [step.id for step in written] == ["h/expired", "i/expired", "x", "y"]


def test_a_bounded_number_of_due_holds_is_closed_and_the_refusal_is_cautious(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_rules, "EXPIRE_MAX", 2)
    ledger = ledger_with(post("in", 3), *(pend(f"h{n}", 1, until=5) for n in range(3)))

    assert refusal(ledger, pend("x", 3), seconds=5).data["available"] == 2
    assert ended(ledger.apply([pend("y", 1)], at(5))) == ["h0", "h1"]
    assert ended(ledger.apply([pend("z", 2)], at(5))) == ["h2"]


def test_a_physical_fact_is_never_refused() -> None:
    ledger = ledger_with(post("in", 1), post("out", 5, STOCK, SUPPLY))

    assert ledger.balance(STOCK) == Balance(-4)
