from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvariantViolated
from ordercore.grammar import (
    Actor,
    ActorKind,
    Command,
    Context,
    Decision,
    Effect,
    Event,
    Facts,
    Need,
)
from ordercore.ids import CommandId
from ordercore.instants import parse_instant

NOON = parse_instant("2026-03-01T12:00:00Z")


@attrs.frozen
class Stock(Need[int]):
    sku: str


@attrs.frozen
class Price(Need[str]):
    sku: str


@attrs.frozen
class Pay(Command):
    order: str


@attrs.frozen
class Paid(Event):
    charge: str

    @property
    def references(self) -> tuple[str, ...]:
        return (f"acme-pay:{self.charge}",)


@attrs.frozen
class Shipped(Event):
    parcel: str


needs = st.sets(st.builds(Stock, st.text(max_size=2)) | st.builds(Price, st.text(max_size=2)))


def test_an_answer_is_found_by_the_content_of_its_question() -> None:
    facts = Facts({Stock("MUG"): 3, Price("MUG"): "9.90"})
    stock: int = facts[Stock("MUG")]
    price: str = facts[Price("MUG")]

    assert (stock, price) == (3, "9.90")
    assert Stock("MUG") in facts
    assert Stock("CUP") not in facts


def test_an_answer_of_none_is_an_answer() -> None:
    facts = Facts({Stock("MUG"): None})

    assert Stock("MUG") in facts
    assert facts.missing([Stock("MUG")]) == ()


def test_a_decision_on_what_was_not_asked_is_a_defect() -> None:
    with pytest.raises(InvariantViolated, match=r"decided on Stock\(sku='MUG'\), which was not"):
        Facts({Price("MUG"): "9.90"})[Stock("MUG")]


@given(needs, needs)
def test_what_is_missing_is_what_was_not_answered_in_one_order_however_asked(
    asked: set[Need[object]], answered: set[Need[object]]
) -> None:
    facts = Facts(dict.fromkeys(answered, 0))
    backwards = sorted(asked, key=repr, reverse=True)

    assert facts.missing(frozenset(asked)) == facts.missing(backwards)
    assert set(facts.missing(asked)) == asked - answered
    assert facts.and_also(dict.fromkeys(asked, 1)).missing(asked) == ()


def test_facts_do_not_change_when_more_is_learned_or_forgotten() -> None:
    facts = Facts({Stock("MUG"): 3})
    more = facts.and_also({Price("MUG"): "9.90", Stock("MUG"): 2})
    less = more.without((Stock,))

    assert facts[Stock("MUG")] == 3
    assert more[Stock("MUG")] == 2
    assert Price("MUG") not in facts
    assert Stock("MUG") not in less
    assert less[Price("MUG")] == "9.90"
    assert Stock("MUG") in more


def test_the_facts_given_first_are_copied() -> None:
    answers: dict[Need[Any], object] = {}
    facts = Facts(answers)
    answers[Stock("MUG")] = 3

    assert Stock("MUG") not in facts


def test_an_event_has_no_outside_name_unless_it_says_so() -> None:
    assert Paid("ch_17").references == ("acme-pay:ch_17",)
    assert Shipped("P-1").references == ()


def test_an_effect_is_owed_at_once_and_to_the_machine_unless_it_says_otherwise() -> None:
    assert Effect(key="capture") == Effect(key="capture", not_before=None, waits_for_operator=False)


def test_a_decision_without_content_says_that_it_is_already_so() -> None:
    decision: Decision[Event, object] = Decision()

    assert decision == Decision(events=(), transfers=(), reply=None)


def test_a_context_carries_the_rules_and_nothing_is_defaulted_but_the_customer() -> None:
    context = Context(
        at=NOON,
        actor=Actor(ActorKind.AGENT, "helpdesk-3"),
        command_id=CommandId("K-1"),
        rules="rules",
    )

    assert context.on_behalf_of is None
    assert attrs.asdict(context, recurse=False)["rules"] == "rules"
    assert Pay("O-1") == Pay("O-1")


def test_what_rules_make_of_answers_is_worked_out_once_for_the_same_things() -> None:
    calls: list[str] = []

    def twice(wish: list[int], facts: Facts) -> int:
        calls.append("twice")
        return wish[0] * facts[Stock("MUG")]

    facts, one, other = Facts({Stock("MUG"): 3}), [2], [2]
    assert [facts.once(twice, one), facts.once(twice, one), facts.once(twice, other)] == [6, 6, 6]
    assert calls == ["twice", "twice"]  # by identity: an equal wish is another wish


def test_more_answers_keep_what_was_worked_out_and_forgotten_ones_take_it_along() -> None:
    def stock(sku: str, facts: Facts) -> int:
        return facts[Stock(sku)]

    sku, facts = "MUG", Facts({Stock("MUG"): 3})
    assert facts.once(stock, sku) == 3
    assert facts.and_also({Stock("MUG"): 4}).once(stock, sku) == 3  # answered once a command
    anew = facts.without((Stock,))
    with pytest.raises(InvariantViolated):
        anew.once(stock, sku)
    assert anew.and_also({Stock("MUG"): 5}).once(stock, sku) == 5  # a refusal is not kept


@given(needs)
def test_missing_needs_stand_in_the_order_of_their_words(asked: set[Need[Any]]) -> None:
    assert Facts().missing(asked) == tuple(sorted(asked, key=repr))
