"""
What the scenes of the demonstration share: the shop, the clock, somebody to tell it to.

"""

from pathlib import Path
from typing import Final

import attrs

from ordercore.cli._narrator import Column, Mark, Narrator, Table
from ordercore.cli._shop import CURRENCY, MORNING, PRODUCTS, Shop
from ordercore.cli._words import amount, money
from ordercore.engine import Submitted
from ordercore.errors import InvariantViolated, Rejected
from ordercore.fulfillment import FulfillmentOrder, Package
from ordercore.grammar import Command
from ordercore.ids import OrderId, TenantId
from ordercore.sourcing import SourcingPlan

__all__ = ["TENANT", "Day", "eur", "plan_table"]

TENANT: Final = TenantId("main")

_NAMES: Final[dict[str, str]] = {product.sku: product.name for product in PRODUCTS}

#: How long each piece of work takes, in seconds of the story.
_STEP_S: Final = 90


def eur(amount_minor: int) -> str:
    """
    Write an amount of the shop's currency.

    """
    return money(amount_minor, CURRENCY)


@attrs.frozen(kw_only=True)
class Day:
    """
    The day as it goes by.

    Attributes:
        shop: The process of the shop that tells the story.
        tell: To whom.
        store: The store's file, for the process that dies.
        journal: The provider's file, for the same.
    """

    shop: Shop
    tell: Narrator
    store: Path
    journal: Path

    def scene(self, number: int, hour: int, minute: int, heading: str) -> None:
        """
        Let it be that time and begin a scene.

        """
        at = MORNING.replace(hour=hour, minute=minute)
        self.shop.clock.set(max(at, self.shop.clock()))
        self.tell.scene(number, at, heading)

    def do(self, command: Command) -> Submitted:
        """
        Submit a command and let some time pass.

        """
        submitted = self.shop.engine.submit(command)
        self.shop.clock.advance(seconds=_STEP_S)
        return submitted

    def refused(self, command: Command) -> Rejected:
        """
        Submit a command that the shop must refuse, and return the refusal.

        Raises:
            InvariantViolated: It was accepted.
        """
        try:
            self.shop.engine.submit(command)
        except Rejected as refusal:
            return refusal
        raise InvariantViolated(f"{type(command).__name__} should have been refused")

    def work(self, order_id: OrderId, place: str) -> FulfillmentOrder:
        """
        Return the latest work that a place was given for an order.

        """
        orders = self.shop.engine.order(order_id).fulfillment.orders
        return [known for known in orders if known.place == place][-1]

    def package(self, order_id: OrderId, place: str) -> Package:
        """
        Return the package that a place has packed for an order.

        """
        packages = self.shop.engine.order(order_id).fulfillment.packages
        return next(known for known in packages if known.place == place)

    def done(self, text: str) -> None:
        """
        Note that something is so.

        """
        self.tell.note(Mark.DONE, text)

    def availability(self, *skus: str) -> None:
        """
        Show what there is of some SKUs, each number under its name.

        """
        before = ""
        rows: list[tuple[str, ...]] = []
        for level in self.shop.engine.availability(*skus):
            numbers = (level.on_hand, level.reserved, level.allocated, level.available)
            name = "" if level.sku == before else _NAMES[level.sku]
            rows.append((name, level.place, *(str(number) for number in numbers)))
            before = level.sku
        heads = ("on hand", "reserved", "allocated", "available")
        self.tell.table(
            Table(
                columns=(
                    Column("product"),
                    Column("place"),
                    *(Column(head, number=True) for head in heads),
                ),
                rows=tuple(rows),
            )
        )


def plan_table(plan: SourcingPlan) -> Table:
    """
    Lay out who sends what, and what that costs the shop.

    """
    rows: list[tuple[str, ...]] = []
    opened_minor = freight_minor = 0
    for opened in plan.opened:
        sent = [row for row in plan.sourced if row.place == opened.place]
        freight = sum(row.quantity * row.unit_cost_minor for row in sent)
        what = ", ".join(f"{row.quantity} x {_NAMES[row.sku]}" for row in sent)
        opened_minor += opened.open_cost_minor
        freight_minor += freight
        costs = (opened.open_cost_minor, freight, opened.open_cost_minor + freight)
        rows.append((opened.place, what, *(amount(cost, plan.currency) for cost in costs)))
    several = len(rows) > 1
    sums = (opened_minor, freight_minor, plan.cost_minor)
    return Table(
        columns=(
            Column("from"),
            Column("sends"),
            Column("package", number=True),
            Column("freight", number=True),
            Column(f"cost {plan.currency}", number=True),
        ),
        rows=tuple(rows),
        total=("together", "", *(amount(s, plan.currency) for s in sums)) if several else (),
    )
