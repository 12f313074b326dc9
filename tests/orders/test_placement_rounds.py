"""
The rounds of a placement share what they have worked out; that must change nothing.

"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ordercore.errors import OrderCoreError
from ordercore.grammar import Actor, ActorKind, Context, Facts, Need
from ordercore.ids import CommandId
from ordercore.orders import PlaceOrder, decide, needs
from tests.orders.builders import SKUS, Shop, line_of, order_of

lines = st.lists(
    st.tuples(st.sampled_from(SKUS), st.integers(1, 4), st.sampled_from([None, "berlin", "lyon"])),
    min_size=1,
    max_size=4,
)


@given(lines, st.sampled_from([0, 490]))
def test_a_placement_comes_to_the_same_on_answers_that_nobody_has_looked_at(
    wished: list[tuple[str, int, str | None]], shipping: int
) -> None:
    shop = Shop()
    for place in ("berlin", "lyon"):
        shop.receive(dict.fromkeys(SKUS, 5), place)
    command = order_of(
        lines=tuple(line_of(sku, quantity, place=place) for sku, quantity, place in wished),
        shipping_minor=shipping,
    )
    assert isinstance(command, PlaceOrder)
    context = Context(
        at=shop.clock(),
        actor=Actor(ActorKind.SYSTEM, "test"),
        command_id=CommandId("c-1"),
        rules=shop.rules,
    )
    reader, drive = shop.engine._reader, shop.engine._drive
    facts, known = Facts(), dict[Need[Any], object]()
    while True:
        asked = needs(command, None, facts, context)
        assert asked == needs(command, None, Facts(known), context)
        missing = facts.missing(asked)
        if not missing:
            break
        answers = drive(reader.answer(missing, context.at))
        facts, known = facts.and_also(answers), {**known, **answers}
    assert outcome(command, facts, context) == outcome(command, Facts(known), context)


def outcome(command: PlaceOrder, facts: Facts, context: Context[Any]) -> object:
    try:
        decision = decide(command, None, facts, context)
    except OrderCoreError as refused:
        return str(refused)
    return decision, decision.leads_to
