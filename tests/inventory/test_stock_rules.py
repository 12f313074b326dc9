"""
Rules of stock: the narrowest scope decides, number by number.

"""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import InvalidDefinition
from ordercore.inventory import NO_TERMS, ChannelPlaces, StockRule, StockRules, StockTerms

MAY, JUNE = date(2026, 5, 15), date(2026, 6, 15)

#: The table of the module, rule by rule.
TABLE = StockRules(
    rules=(
        StockRule(safety=1),
        StockRule(category="cups", safety=2),
        StockRule(category="cups", place="berlin", safety=3),
        StockRule(sku="MUG", safety=4),
        StockRule(sku="MUG", channel="web", safety=5),
        StockRule(sku="MUG", place="berlin", safety=6),
        StockRule(
            sku="MUG", place="berlin", since=date(2026, 5, 1), until=date(2026, 5, 31), safety=7
        ),
    )
)


@pytest.mark.parametrize(
    ("sku", "category", "place", "channel", "on", "safety"),
    [
        ("MUG", "cups", "lyon", "till", JUNE, 4),
        ("MUG", "cups", "lyon", "web", JUNE, 5),
        ("MUG", "cups", "berlin", "web", JUNE, 6),
        ("MUG", "cups", "berlin", "web", MAY, 7),
        ("TEE", "cups", "berlin", "", MAY, 3),
        ("TIN", "", "lyon", "", MAY, 1),
    ],
)
def test_the_worked_table_comes_out(
    sku: str, category: str, place: str, channel: str, on: date, safety: int
) -> None:
    assert TABLE.terms_for(sku, category, place, channel, on).safety == safety
    assert TABLE.terms(sku, category, channel, on).at(place).safety == safety


def test_a_rule_counts_on_its_first_and_its_last_day() -> None:
    days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)]

    told = [TABLE.terms_for("MUG", "cups", "berlin", "", day).safety for day in days]

    assert told == [6, 7, 7, 6]


def test_a_rule_does_not_shade_what_it_is_silent_about() -> None:
    rules = StockRules(
        rules=(
            StockRule(category="cups", safety=2, low_at=9),
            StockRule(sku="MUG", backorder_cap=5, low_at=0),
        )
    )

    terms = rules.terms_for("MUG", "cups", "berlin", "", MAY)

    assert terms == StockTerms(safety=2, low_at=0, backorder_cap=5)
    assert (terms.kept, terms.floor) == (2, -5)


def test_of_two_rules_for_one_scope_the_first_decides() -> None:
    rules = StockRules(rules=(StockRule(sku="MUG", safety=1), StockRule(sku="MUG", safety=2)))

    assert rules.terms_for("MUG", "", "berlin", "", MAY).safety == 1


def test_a_preorder_that_a_narrower_rule_ends_promises_no_day() -> None:
    rules = StockRules(
        rules=(
            StockRule(sku="MUG", preorder_limit=5, ships_by=JUNE),
            StockRule(sku="MUG", place="lyon", preorder_limit=0),
        )
    )

    told = [rules.terms_for("MUG", "", place, "", MAY) for place in ("berlin", "lyon")]

    assert told == [StockTerms(preorder_limit=5, ships_by=JUNE), NO_TERMS]


def test_a_channel_that_is_not_named_is_served_by_all() -> None:
    rules = StockRules(channels={"till": ["lyon"]})

    served = {
        channel: [p for p in ("berlin", "lyon") if rules.serves(channel, p)]
        for channel in ("till", "web", "")
    }

    assert served == {"till": ["lyon"], "web": ["berlin", "lyon"], "": ["berlin", "lyon"]}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sku": "MUG"}, "says nothing"),
        ({"safety": -1}, "safety is -1"),
        ({"backorder_cap": 1_000_001}, "backorder_cap is 1000001"),
        ({"sku": "", "safety": 1}, "is empty"),
        ({"sku": "MUG", "category": "cups", "safety": 1}, "name one"),
        ({"since": JUNE, "until": MAY, "safety": 1}, "before it begins"),
        ({"place": "berlin", "tracked": False}, "tracked depends"),
        ({"channel": "web", "tracked": False}, "tracked depends"),
        ({"until": MAY, "tracked": False}, "tracked depends"),
        ({"preorder_limit": 1}, "promises no day"),
        ({"ships_by": JUNE}, "belongs to a preorder limit"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidDefinition, match=said):
        StockRule(**wrong)


@pytest.mark.parametrize("names", [("web", "web"), ("",)])
def test_a_channel_is_named_once(names: tuple[str, ...]) -> None:
    with pytest.raises(InvalidDefinition, match="channels"):
        StockRules(channels=[ChannelPlaces(name, ()) for name in names])


RULE = st.builds(
    lambda subject, place, channel, dated, safety: StockRule(
        sku="MUG" if subject == "sku" else None,
        category="cups" if subject == "category" else None,
        place=place,
        channel=channel,
        since=date(2026, 5, 1) if dated else None,
        safety=safety,
    ),
    st.sampled_from(["sku", "category", "none"]),
    st.sampled_from([None, "berlin", "lyon"]),
    st.sampled_from([None, "web", "till"]),
    st.booleans(),
    st.integers(0, 99),
)


@given(
    rules=st.lists(RULE, max_size=8),
    place=st.sampled_from(["berlin", "lyon", "turin"]),
    channel=st.sampled_from(["", "web", "till"]),
    category=st.sampled_from(["", "cups"]),
    on=st.sampled_from([date(2026, 4, 1), MAY]),
)
def test_the_most_specific_rule_that_applies_decides(
    rules: list[StockRule], place: str, channel: str, category: str, on: date
) -> None:
    applying = [
        rule
        for rule in rules
        if (rule.category is None or rule.category == category)
        and rule.place in {None, place}
        and rule.channel in {None, channel}
        and (rule.since is None or rule.since <= on)
    ]
    ranks = [
        (
            (rule.sku is not None) * 2 + (rule.category is not None),
            rule.place is not None,
            rule.channel is not None,
            rule.since is not None,
            -n,
        )
        for n, rule in enumerate(applying)
    ]
    expected = applying[ranks.index(max(ranks))].safety if applying else 0

    declared = StockRules(rules=rules)

    assert declared.terms_for("MUG", category, place, channel, on).safety == expected
    assert declared.terms("MUG", category, channel, on).at(place).safety == expected
