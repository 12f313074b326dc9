"""
The refund theorem, end to end.

Whatever is bought, however it is split into boxes, canceled and sent back: at no moment has more
gone back than came in; what goes back is what was taken for those units, to the cent; and when
everything is undone, everything is back.
"""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ordercore.ids import OrderId, PlaceId, ReturnId
from ordercore.money import Rounding
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelUnits,
    InspectReturn,
    ReceiveReturn,
    RecordPayment,
    Rules,
    Settlement,
    balance,
)
from ordercore.payments import RequestKind
from ordercore.totals import SHIPPING_LINE, Charge, ComponentKind, Discount
from tests.orders.builders import SKUS, Shop, line_of, shop, tender

ORDER = OrderId("O-1")

LINES = st.lists(
    st.tuples(
        st.sampled_from(SKUS),
        st.integers(1, 5),
        st.integers(0, 1999),
        st.integers(0, 300),
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=4,
)

ORDERS = st.fixed_dictionaries(
    {
        "lines": LINES,
        "off": st.integers(0, 500),
        "shipping": st.integers(0, 700),
        "first": st.integers(1, 900),
        "prepaid": st.booleans(),
    }
)

SHOPS = st.fixed_dictionaries(
    {
        "percent": st.sampled_from([0, 7, 19, 25]),
        "included": st.booleans(),
        "rounding": st.sampled_from(Rounding),
    }
)


def placed(of_shop: dict[str, Any], order: dict[str, Any]) -> Shop:
    made = shop(
        dict.fromkeys(SKUS, 20),
        rules=Rules(
            buy_labels=False,
            prices_include_tax=of_shop["included"],
            rounding=of_shop["rounding"],
        ),
        percent=of_shop["percent"],
    )
    lines, goods = [], 0
    for sku, quantity, price, off, fee in order["lines"]:
        off_line = min(off, quantity * price)
        goods += quantity * price - off_line
        lines.append(
            line_of(
                sku,
                quantity,
                price,
                discounts=(Discount(code="line", amount_minor=off_line),),
                charges=(Charge(code="wrap", kind=ComponentKind.FEE, amount_minor=fee),),
            )
        )
    made.place(
        lines=lines,
        discounts=(Discount(code="order", amount_minor=min(order["off"], goods)),),
        shipping_minor=order["shipping"],
        tenders=(),
    )
    total = made.order().total_minor
    if order["prepaid"] and total:
        made.do(
            RecordPayment(
                order_id=ORDER,
                method="transfer",
                amount_minor=total,
                currency="EUR",
                account="bank",
                reference="r-1",
            )
        )
    elif total:
        if order["first"] < total:
            made.do(AddTender(order_id=ORDER, tender=tender("voucher", order["first"])))
        made.do(AddTender(order_id=ORDER, tender=tender()))
    assert made.order().status == "released"
    return made


def no_cent_too_many(made: Shop) -> None:
    order = made.order()
    for payment in order.payments.payments:
        back = payment.refunded_minor
        back += order.payments.pending_minor(RequestKind.REFUND, payment.payment_id)
        assert back <= payment.captured_minor <= payment.authorized_minor
    assert order.payments.refunded_minor == sum(g.amount_minor for g in order.grants)
    assert made.engine.verify().balanced


def worth_of_returned(made: Shop) -> int:
    order = made.order()
    worth = sum(order.amount(ln.line_id, 0, ln.units.refunded) for ln in order.lines)
    if order.shipping_units is not None and order.shipping_units.refunded:
        worth += order.amount(SHIPPING_LINE, 0, 1)
    return worth


@given(of_shop=SHOPS, order=ORDERS, data=st.data())
def test_when_everything_is_undone_everything_is_back_and_never_a_cent_more(
    of_shop: dict[str, Any], order: dict[str, Any], data: st.DataObject
) -> None:
    made = placed(of_shop, order)
    returns = 0

    def send_back(everything: bool) -> None:
        nonlocal returns
        now = made.order()
        there: dict[str, int] = {
            ln.line_id: now.fulfillment.shipped(ln.line_id) - now.returns.units(ln.line_id)
            for ln in now.lines
        }
        wanted = {
            line: n if everything else data.draw(st.integers(0, n), label=f"back of {line}")
            for line, n in there.items()
        }
        if not any(there.values()):
            return
        if not everything and wanted == there:
            # Shipping goes back with a return: the last one must have something to bring.
            first = next(line for line, n in wanted.items() if n)
            wanted[first] -= 1
        wanted = {line: n for line, n in wanted.items() if n}
        if not wanted:
            return
        returns += 1
        about: dict[str, Any] = {
            "order_id": ORDER,
            "return_id": ReturnId(f"O-1/return-{returns}"),
        }
        made.do(AuthorizeReturn(order_id=ORDER, lines=wanted))
        made.do(ReceiveReturn(**about, place=PlaceId("berlin")))
        made.do(InspectReturn(**about, refund_shipping=everything))
        no_cent_too_many(made)

    for _ in range(data.draw(st.integers(0, 3), label="steps")):
        now = made.order()
        (work,) = now.fulfillment.orders
        waiting = {ln.line_id: ln.waiting for ln in work.lines if ln.waiting}
        if not waiting:
            break
        part = {
            line: data.draw(st.integers(0, n), label=f"of {line}") for line, n in waiting.items()
        }
        part = {line: n for line, n in part.items() if n}
        if not part:
            continue
        if data.draw(st.booleans(), label="send"):
            made.send(lines=part)
        else:
            made.do(CancelUnits(order_id=ORDER, lines=part))
        no_cent_too_many(made)
        send_back(everything=False)
    if made.order().units_to_ship:
        made.do(CancelUnits(order_id=ORDER))
    no_cent_too_many(made)
    send_back(everything=True)

    done = made.order()
    sums = balance(done)
    assert sums.refunded_minor == sums.captured_minor
    assert sums.kept_minor == 0
    assert sums.canceled_minor + sums.charged_minor == sums.ordered_minor
    assert worth_of_returned(made) == sums.charged_minor
    assert (
        made.pay.moved["capture"] + (done.total_minor if order["prepaid"] else 0)
        == sums.captured_minor
    )
    assert all(
        p.captured_minor + p.voided_minor == p.authorized_minor for p in done.payments.payments
    )


@given(of_shop=SHOPS, order=ORDERS, data=st.data())
def test_every_box_is_charged_exactly_and_all_boxes_come_to_the_total(
    of_shop: dict[str, Any], order: dict[str, Any], data: st.DataObject
) -> None:
    made = placed(of_shop, order)
    for _ in range(30):
        (work,) = made.order().fulfillment.orders
        waiting = [ln for ln in work.lines if ln.waiting]
        if not waiting:
            break
        line = data.draw(st.sampled_from(waiting), label="line")
        units = data.draw(st.integers(1, line.waiting), label="units")
        before = made.order()
        made.send(lines={line.line_id: units})
        after = made.order()
        known = before.line(line.line_id)
        assert known is not None
        start = known.units.captured
        worth = after.amount(line.line_id, start, start + units)
        if start == 0 and not before.charged_minor and after.shipping_units is not None:
            first_box = not before.fulfillment.packages
            worth += after.amount(SHIPPING_LINE, 0, 1) if first_box else 0
        assert after.charged_minor - before.charged_minor == worth
    order_now = made.order()
    assert order_now.charged_minor == order_now.total_minor == balance(order_now).captured_minor
    assert balance(order_now).settlement is Settlement.EXACT
