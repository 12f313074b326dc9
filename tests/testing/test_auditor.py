"""
The auditor agrees with a shop that is right, whatever happens there, and names what is wrong.

"""

from collections import Counter
from collections.abc import Sequence
from typing import Any, cast

import attrs
import pytest

from ordercore.catalog import Component, Product
from ordercore.errors import InvalidDefinition
from ordercore.grammar import Recorded
from ordercore.ids import CommandId, OrderId, Sku, StreamId, TenantId
from ordercore.inventory import StockRule, StockRules
from ordercore.orders import CancelUnits, CaptureWhen, ReleaseWhen, Rules
from ordercore.payments import Tender
from ordercore.ports import Commit, Store
from ordercore.stores import MemoryStore
from ordercore.testing import Fault
from ordercore.testing.simulation.auditor import Auditor, Violation
from ordercore.testing.simulation.auditor._rules import RULES
from ordercore.totals import Discount
from tests.testing.audited import PLACES, PRODUCTS, TENANT, AuditedShop, Walk, line, wish
from tests.testing.planted import PLANTED, Planted, story

O1 = OrderId("O-1")


class Forgetful:
    """
    A store in memory that loses the last event of each stream, once it is told to.

    """

    forgets = False

    def __init__(self) -> None:
        self._store = MemoryStore()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        return self._store.load(tenant, stream, after)[: -1 if self.forgets else None]


def _listen(shop: AuditedShop) -> list[Commit]:
    heard: list[Commit] = []

    def hear(commit: Commit) -> Commit:
        heard.append(commit)
        return commit

    shop.store.to_auditor = hear
    return heard


# --- a shop that is right -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_walk_through_a_shop_shows_no_violation(seed: int) -> None:
    walk = Walk(seed)
    walk.run(250)
    assert walk.shop.auditor.check(walk.shop.clock())
    walk.shop.settle()
    assert walk.shop.auditor.check(walk.shop.clock())


@pytest.mark.parametrize("seed", range(20, 24))
def test_rivals_between_any_two_steps_show_no_violation(seed: int) -> None:
    walk = Walk(seed, rivals=0.2)
    walk.run(120)
    assert walk.shop.auditor.check(walk.shop.clock())


@pytest.mark.parametrize(
    "rules",
    [
        Rules(capture=CaptureWhen.BY_COMMAND),
        Rules(release=ReleaseWhen.IMMEDIATELY, buy_labels=False),
    ],
)
def test_other_rules_show_no_violation(rules: Rules) -> None:
    walk = Walk(7, rules)
    walk.run(200)
    assert walk.shop.auditor.check(walk.shop.clock())


def test_walks_come_to_every_command_that_is_modeled() -> None:
    done: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for seed in range(30, 37):
        walk = Walk(seed, Rules(capture=CaptureWhen.BY_COMMAND) if seed == 30 else None)
        walk.run(300)
        done.update(walk.done)
        refused.update(walk.refusals)
    assert done.keys() == {command.__name__ for command in RULES}
    assert len(refused) >= 15


def test_a_story_shows_no_violation_and_every_invariant_is_checked() -> None:
    shop = AuditedShop()
    story(shop)
    shop.auditor.check(shop.clock())
    numbers = {name.split(" ")[0] for name in shop.auditor.checks}
    assert numbers >= {f"I{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 17, 18)}
    assert numbers >= {"reply", "I13", "I20", "I21", "I23", "I25", "I26", "I27"}


# --- a shop that is wrong -------------------------------------------------------------------------


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.what)
def test_a_planted_mistake_is_named(planted: Planted) -> None:
    shop = AuditedShop()
    met: set[str] = set()

    def twisted(commit: Commit) -> Commit:
        name = commit.receipt.command_id
        if met and name not in met:
            return commit  # one mistake is enough
        changed = planted.twist(commit)
        if changed is None:
            return commit
        met.add(name)
        return changed

    if planted.store:
        shop.store.to_store = twisted
    if planted.auditor:
        shop.store.to_auditor = twisted
    with pytest.raises(Violation) as found:
        story(shop)
    assert met
    assert found.value.invariant.split(" ")[0] == planted.by, str(found.value)
    assert found.value.expected != found.value.found
    assert found.value.subject in str(found.value)


def test_what_is_written_twice_is_named() -> None:
    shop = AuditedShop()
    told = _listen(shop)
    shop.receive(MUG=1)
    with pytest.raises(Violation, match="I12"):
        shop.auditor.wrote(told[0])


def test_an_event_that_the_store_has_lost_is_named() -> None:
    store = Forgetful()
    shop = AuditedShop(store=cast("Store", store))
    story(shop)
    shop.auditor.check(shop.clock())
    store.forgets = True
    with pytest.raises(Violation, match="I17"):
        shop.auditor.check(shop.clock())


def test_another_event_in_the_store_is_named() -> None:
    shop = AuditedShop()
    story(shop)
    auditor: Any = shop.auditor
    (first, state), *_ = auditor._folds.items()
    auditor._folds[first] = attrs.evolve(state, charged_minor=state.charged_minor + 1)
    with pytest.raises(Violation, match="I18"):
        shop.auditor.check(shop.clock())


# --- providers, and rest --------------------------------------------------------------------------


def test_the_provider_agrees_after_a_story() -> None:
    shop = AuditedShop()
    story(shop)
    actions = {**shop.gateway.actions, **shop.carrier.actions}
    shop.auditor.provider_agrees(actions, _kept(shop))
    assert shop.auditor.checks["I11 no orphan money"] > len(actions)


@pytest.mark.parametrize(
    ("actions", "kept", "number"),
    [
        ({"O-1/payment-1": 2}, {}, "I11"),
        ({"O-1/payment-7": 1}, {}, "I11"),
        ({"O-1/package-1/label": 2}, {}, "I23"),
        ({}, {"O-2": 5}, "I11"),
        ({}, {"O-9": 5}, "I11"),
    ],
    ids=["done twice", "unasked", "two labels", "money unseen", "money of nobody"],
)
def test_what_the_provider_knows_otherwise_is_named(
    actions: dict[str, int], kept: dict[str, int], number: str
) -> None:
    shop = AuditedShop()
    story(shop)
    with pytest.raises(Violation, match=number):
        shop.auditor.provider_agrees(actions, {**_kept(shop), **kept})


def _kept(shop: AuditedShop) -> dict[str, int]:
    return {
        order_id: sum(
            shop.gateway.captured_minor(p.payment_id) - shop.gateway.refunded_minor(p.payment_id)
            for p in shop.order(order_id).payments.payments
        )
        for order_id in shop.auditor.orders
    }


def test_an_order_says_what_it_waits_for_until_it_is_at_rest() -> None:
    shop = AuditedShop(Rules(buy_labels=False))
    shop.receive(MUG=1)
    shop.do(wish(), perform=False)
    assert "an answer to O-1/payment-1" in shop.auditor.at_rest(O1)
    shop.settle()
    assert "berlin to handle 1 units that are waiting" in shop.auditor.at_rest(O1)
    shop.do(CancelUnits(order_id=O1))
    shop.settle()
    assert shop.auditor.orders[O1].status == "canceled"
    assert not shop.auditor.at_rest(O1)
    assert not shop.auditor.waits_for_person(O1)


def test_an_order_that_waits_for_a_person_is_at_rest_and_says_why() -> None:
    shop = AuditedShop()
    shop.receive(MUG=1)
    shop.do(wish(O1, tenders=(Tender(method="card", token_ref="declined"),)))
    assert not shop.auditor.at_rest(O1)
    assert shop.auditor.waits_for_person(O1) == "1000 of what is due is covered by no payment"


def test_what_was_given_up_waits_for_a_person() -> None:
    shop = AuditedShop(Rules(attempts_max=1))
    shop.receive(MUG=1)
    shop.gateway.plan("authorize", Fault.UNAVAILABLE)
    shop.do(wish())
    assert not shop.auditor.at_rest(O1)
    assert "O-1/payment-1 was given up" in shop.auditor.waits_for_person(O1)


def test_refusals_may_rest_on_a_moment_since_the_command_came_in() -> None:
    """The last mug goes to a rival; whoever is told "shortage" for it was there before the next."""
    shop = AuditedShop()
    shop.receive(MUG=1)
    mine = wish(OrderId("O-2"), line("MUG", 1))
    shop.do(wish(O1))
    told = _listen(shop)
    assert shop.do(mine) == "shortage"
    refused = attrs.evolve(
        told[-1],
        receipt=attrs.evolve(told[-1].receipt, command_id=CommandId("late"), at=shop.clock()),
    )
    shop.auditor.begun(refused.receipt.command_id, mine, shop.clock())
    shop.receive(MUG=1)
    shop.auditor.wrote(refused)
    shop.auditor.ended(refused.receipt.command_id, shop.clock())
    later = attrs.evolve(
        refused, receipt=attrs.evolve(refused.receipt, command_id=CommandId("later"))
    )
    shop.auditor.begun(later.receipt.command_id, mine, shop.clock())
    with pytest.raises(Violation, match="reply"):
        shop.auditor.wrote(later)


# --- what it does not know ------------------------------------------------------------------------


def test_it_refuses_a_shop_that_it_does_not_know() -> None:
    stock = StockRules(rules=(StockRule(safety=1),))
    with pytest.raises(InvalidDefinition, match="rules of stock"):
        Auditor(TENANT, MemoryStore(), Rules(stock=stock), PRODUCTS, PLACES)
    kit = Product(sku=Sku("SET"), name="Set", components=(Component(sku=Sku("MUG"), quantity=2),))
    with pytest.raises(InvalidDefinition, match="kits: SET"):
        Auditor(TENANT, MemoryStore(), Rules(), {kit.sku: kit}, PLACES)


def test_what_is_not_modeled_is_let_through_and_counted() -> None:
    shop = AuditedShop()
    shop.receive(MUG=1)
    discount = Discount(code="summer", amount_minor=100)
    shop.do(wish(O1, discounts=(discount,)))
    assert shop.auditor.checks["unmodeled"] == 2  # placed, and authorized
    assert not shop.auditor.orders
