"""
Placement: from a wish to an order with promised stock and frozen payment requests.

"""

from typing import Any

import attrs

from ordercore import payments
from ordercore.catalog import Product, Products
from ordercore.errors import Rejected
from ordercore.fulfillment import AllocatedUnits, CapacityMovements
from ordercore.grammar import Facts, Need, derived
from ordercore.ids import LineId
from ordercore.inventory import CartHolds, Movements
from ordercore.money import Rounding
from ordercore.orders._allocate import allocate
from ordercore.orders._balance import uncovered_minor
from ordercore.orders._carts import refuse_shortage
from ordercore.orders._commands import AddTender, PlaceOrder, RecordPayment
from ordercore.orders._conclusions import conclude
from ordercore.orders._draft import Draft, OrderDecision, require_order
from ordercore.orders._events import OrderPlaced, PlacedLine
from ordercore.orders._kits import Exploded, explode, known_products, lines_to_price
from ordercore.orders._lifecycles import ORDER_LIFECYCLE
from ordercore.orders._order import Order
from ordercore.orders._promises import SourcedUnits
from ordercore.orders._room import Window
from ordercore.orders._rules import OrderContext
from ordercore.orders._sourcing import Question
from ordercore.orders._state import evolve
from ordercore.totals import (
    SHIPPING_LINE,
    LineToPrice,
    OrderTotals,
    TaxableAmount,
    TaxOn,
    price_order,
    taxable_amounts,
)

__all__ = ["decide_add_tender", "decide_placement", "decide_record_payment", "placement_needs"]


@attrs.frozen(slots=False)
class _Wish:
    """
    What an order wants, its kits taken apart as far as the catalog has told of them.

    """

    command: PlaceOrder
    rounding: Rounding
    exploded: Exploded
    question: Question

    @derived
    def lines(self) -> tuple[LineToPrice, ...]:
        return lines_to_price(self.command.lines, self.exploded, self.rounding)


def _wish(command: PlaceOrder, facts: Facts, context: OrderContext) -> _Wish:
    if facts.once(_products_asked, command) not in facts:
        return _wish_of(command, context, facts)  # what the catalog answers will change it
    return facts.once(_wish_of, command, context)


def _products_asked(command: PlaceOrder, _: Facts) -> Products:
    return Products(tuple(sorted({line.sku for line in command.lines})))


def _wish_of(command: PlaceOrder, context: OrderContext, facts: Facts) -> _Wish:
    asked, products = known_products(command.lines, facts)
    exploded = explode(command.lines, products)
    return _Wish(
        command,
        context.rules.rounding,
        exploded,
        Question(
            wants=exploded.wants,
            asked=asked,
            destination=command.destination,
            currency=command.currency,
            window=Window.of(context),
            cart_id=command.cart_id,
            rules=context.rules.stock,
            channel=command.channel,
            on=context.at.date(),
            preorders=True,
        ),
    )


def placement_needs(
    command: PlaceOrder, state: Order | None, facts: Facts, context: OrderContext
) -> frozenset[Need[Any]]:
    """
    What sourcing asks, and the tax quote as soon as the products are known.

    """
    if state is not None:
        return frozenset()
    question = _wish(command, facts, context).question
    needs = question.needs(facts)
    if not facts.missing(question.first_needs):
        needs |= {facts.once(_tax_on, command, context)}
    return needs


def _tax_on(command: PlaceOrder, context: OrderContext, facts: Facts) -> TaxOn:
    wish = _wish(command, facts, context)
    products = wish.question.products(facts)
    amounts = taxable_amounts(
        lines=wish.lines,
        order_discounts=command.discounts,
        shipping_minor=command.shipping_minor,
        shipping_discounts=command.shipping_discounts,
        rounding=context.rules.rounding,
    )
    by_line = {want.line_id: want for want in wish.question.wants}
    taxable: list[TaxableAmount] = []
    for line_id, amount_minor in amounts:
        line = by_line.get(LineId(line_id))
        product: Product | None = products[line.sku] if line else None
        taxable.append(
            TaxableAmount(
                line=line_id,
                sku=product.sku if product else "",
                tax_class=product.tax_class if product else SHIPPING_LINE,
                quantity=line.quantity if line else 1,
                amount_minor=amount_minor,
            )
        )
    return TaxOn(
        currency=command.currency,
        destination=command.destination,
        prices_include_tax=context.rules.prices_include_tax,
        amounts=tuple(taxable),
    )


def decide_placement(
    command: PlaceOrder, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Place an order: price it, promise its stock, freeze what its tenders are asked.

    The cart's holds end and the order's promises begin in one linked batch, so there is no moment
    in which anybody else could take the units. Kits are taken apart here, once.

    Raises:
        InvalidData: Kits come to more lines or units than an order may have, or an amount is out
            of range.
        Rejected: ``order_exists``, ``unknown_sku``, ``unknown_place``, ``place_not_in_channel``,
            ``cannot_ship_from``, ``no_capacity``, ``shortage``, ``discount_exceeds_line``,
            ``discount_exceeds_order``, ``tenders_differ_from_total``, ``too_many_tenders``; in
            this order.
    """
    if state is not None:
        raise Rejected(
            "order_exists",
            f"order {command.order_id} was placed before",
            data={"order": command.order_id},
            legal=("another order id", "the same command under its own key again"),
        )
    wish = _wish(command, facts, context)
    question, products = wish.question, wish.question.products(facts)
    plan, units = question.answer(facts)
    question.refuse_without_room(facts, plan)
    refuse_shortage(plan)
    uncounted = question.uncounted(facts)
    quote = facts[facts.once(_tax_on, command, context)]
    totals = price_order(
        currency=command.currency,
        lines=wish.lines,
        order_discounts=command.discounts,
        shipping_minor=command.shipping_minor,
        shipping_discounts=command.shipping_discounts,
        taxes=quote.taxes,
        rounding=context.rules.rounding,
    )
    when = command.occurred_at or context.at
    movements = Movements(context.command_id, f"order/{command.order_id}", when)
    capacity = CapacityMovements(context.command_id, f"order/{command.order_id}", when)
    allocations = _allocate(command, facts, units, movements)
    placed = OrderPlaced(
        order_id=command.order_id,
        currency=command.currency,
        customer_ref=command.customer_ref,
        channel=command.channel,
        destination=command.destination,
        cart_id=command.cart_id,
        lines=tuple(
            PlacedLine(
                line_id=want.line_id,
                sku=want.sku,
                name=products[want.sku].name,
                quantity=want.quantity,
                weight_g=products[want.sku].weight_g,
                place=want.place,
                tracked=want.sku not in uncounted,
            )
            for want in question.wants
        ),
        totals=totals,
        tax_quote=quote.reference,
        plan=plan,
        allocations=allocations,
        work=question.promise_days(facts, units, capacity),
        release=context.rules.release,
        capture=context.rules.capture,
        occurred_at=when,
        status=ORDER_LIFECYCLE().initial,
        kits=wish.exploded.kits,
    )
    draft = Draft(
        order=evolve(None, placed),
        context=context,
        movements=movements,
        capacity=capacity,
        occurred_at=when,
        events=[placed],
    )
    _ask_tenders(draft, command, totals)
    return conclude(draft)


def _allocate(
    command: PlaceOrder, facts: Facts, units: tuple[SourcedUnits, ...], movements: Movements
) -> tuple[AllocatedUnits, ...]:
    """
    End the cart's holds and begin the order's, in this order: its own hold never stops it.

    """
    if command.cart_id is not None:
        for hold in facts[CartHolds(command.cart_id)]:
            movements.release(hold.id, "ordered")
    return allocate(units, movements)


def _ask_tenders(draft: Draft, command: PlaceOrder, totals: OrderTotals) -> None:
    if command.tenders:
        draft.add(
            *payments.authorize_tenders(
                draft.order.payments,
                command.order_id,
                command.tenders,
                totals.total_minor,
                command.currency,
            )
        )


def decide_add_tender(
    command: AddTender, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Ask another means of payment for what is due and not covered.

    Raises:
        Rejected: ``unknown_order``; ``nothing_due``; ``tenders_differ_from_total`` where the
            tender names more than is missing; ``too_many_tenders``.
    """
    del facts
    order = require_order(state, command.order_id)
    money = order.payments
    missing = uncovered_minor(order)
    if missing <= 0:
        raise Rejected(
            "nothing_due",
            f"what is due for order {order.id} is covered",
            data={"due_minor": order.due_minor, "authorized_minor": money.authorized_minor},
            legal=("nothing: no payment is missing",),
        )
    named = command.tender.amount_minor
    if named is not None and named > missing:
        raise Rejected(
            "tenders_differ_from_total",
            f"the tender names {named}, {missing} of order {order.id} is not covered",
            data={"named_minor": named, "due_minor": missing, "currency": order.currency},
            legal=(f"1 to {missing}", "no amount, for all that is missing"),
        )
    due = missing if named is None else named
    draft = Draft.of(order, context)
    draft.add(*payments.authorize_tenders(money, order.id, (command.tender,), due, order.currency))
    return conclude(draft)


def decide_record_payment(
    command: RecordPayment, state: Order | None, facts: Facts, context: OrderContext
) -> OrderDecision:
    """
    Record money that has come in by itself.

    Raises:
        Rejected: ``unknown_order``; ``currency_differs``; ``payment_differs``;
            ``too_many_tenders``.
    """
    del facts
    order = require_order(state, command.order_id)
    if command.currency != order.currency:
        raise Rejected(
            "currency_differs",
            f"order {order.id} is in {order.currency}, not in {command.currency}",
            data={"order_currency": order.currency, "currency": command.currency},
            legal=(order.currency,),
        )
    draft = Draft.of(order, context, command.occurred_at)
    draft.add(
        *payments.record_payment(
            order.payments,
            order.id,
            method=command.method,
            amount_minor=command.amount_minor,
            currency=command.currency,
            account=command.account,
            reference=command.reference,
            occurred_at=draft.occurred_at,
        )
    )
    return conclude(draft)
