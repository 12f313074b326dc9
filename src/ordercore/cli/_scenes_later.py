"""
The scenes of the demonstration from noon on: shipping and a crash, a return, the books.

"""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from ordercore.cli import _desk
from ordercore.cli._books import stock_rows, stock_table, trial_rows, trial_table
from ordercore.cli._day import TENANT, Day, eur
from ordercore.cli._narrator import Column, Mark, Table
from ordercore.cli._shop import ANNA, BEN, CHLOE, CURRENCY
from ordercore.cli._words import amount, counted, listed
from ordercore.errors import InvariantViolated
from ordercore.fulfillment import Package
from ordercore.ids import LineId, OrderId
from ordercore.instants import format_instant
from ordercore.orders import (
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    LineQuantity,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    ShipPackage,
    balance,
    outstanding,
)
from ordercore.payments import RequestKind

__all__ = ["cancellation", "crash", "evening", "return_and_refund"]

#: The voucher's capture goes well and the card's ends the process.
_DEADLY_CAPTURE: Final = 2

_DESK_TIMEOUT_S: Final = 60


def crash(day: Day) -> None:
    """
    A process dies between a capture and its record; another finds out what became of it.

    """
    day.scene(6, 13, 0, "A process dies in the middle of a capture")
    pick_what_came_late(day)
    packages = [pack(day, place) for place in ("amsterdam", "rotterdam", "utrecht")]
    day.tell.say(
        "Anna's three packages are packed and labeled. Each takes its exact share of the money as "
        "it leaves. A second process of the shop ships the first one:"
    )
    first, *others = packages
    how = _ship_and_die(day, first)
    requests = [
        request
        for request in day.shop.engine.order(ANNA).payments.requests
        if request.kind is RequestKind.CAPTURE
    ]
    lost = next(effect for effect in outstanding(day.shop.engine.order(ANNA)))
    day.tell.table(
        Table(
            columns=(
                Column("request"),
                Column(f"amount {CURRENCY}", number=True),
                Column("provider says"),
                Column("shop knows"),
            ),
            rows=tuple(
                (
                    request.request_id,
                    amount(request.amount_minor, CURRENCY),
                    f"captured {_times(day, request.request_id)}",
                    "captured" if request.status == "succeeded" else "nothing",
                )
                for request in requests
            ),
        )
    )
    day.tell.note(
        Mark.OPEN,
        f"{how} after the provider had taken the money for {lost.key} and before anybody wrote "
        "it down: what is left is a lease without an outcome",
    )
    _resume(day, lost.key)
    for package in others:
        day.do(ShipPackage(order_id=ANNA, package_id=package.id))
    sums = balance(day.shop.engine.order(ANNA))
    day.done(
        f"all three packages are on their way, and {eur(sums.captured_minor)} of "
        f"{eur(sums.ordered_minor)} is captured"
    )


def pick_what_came_late(day: Day) -> None:
    """
    Pick the cup that another place has for the missing one.

    """
    work = day.work(ANNA, "utrecht")
    lines = {ln.line_id: ln.waiting for ln in work.lines}
    day.do(PickUnits(order_id=ANNA, fulfillment_order_id=work.id, lines=lines))


def pack(day: Day, place: str) -> Package:
    """
    Pack all that a place has picked for Anna.

    """
    work = day.work(ANNA, place)
    lines = {ln.line_id: ln.picked for ln in work.lines if ln.picked}
    day.do(PackUnits(order_id=ANNA, fulfillment_order_id=work.id, lines=lines))
    return day.package(ANNA, place)


def _ship_and_die(day: Day, package: Package) -> str:
    """
    Let another process ship a package, and say how it ended.

    Raises:
        InvariantViolated: It lived.
    """
    at = format_instant(day.shop.clock())
    where = str(Path(__file__).parents[2])
    inherited = os.environ.get("PYTHONPATH")
    paths = where if inherited is None else os.pathsep.join((where, inherited))
    arguments = [str(day.store), str(day.journal), at, ANNA, package.id, str(_DEADLY_CAPTURE)]
    ended = subprocess.run(  # noqa: S603 - this very program, with arguments of its own making
        [sys.executable, "-m", _desk.__name__, *arguments],
        env={**os.environ, "PYTHONPATH": paths},
        timeout=_DESK_TIMEOUT_S,
        check=False,
        capture_output=True,
        text=True,
    )
    if ended.returncode == _desk.KILLED:
        return "the process ended without a word"
    if ended.returncode < 0:
        return f"the process was killed by signal {-ended.returncode}"
    last = ended.stderr.strip().rpartition("\n")[2]
    raise InvariantViolated(f"the shipping desk should have died and ended with: {last}")


def _resume(day: Day, key: str) -> None:
    day.shop.clock.advance(seconds=20)
    before = len(day.shop.payments.calls)
    day.shop.engine.resume(ANNA)
    if day.shop.payments.calls[before:]:
        raise InvariantViolated("a leased request was performed by somebody else")
    day.done("20 seconds later nobody touches it: the dead process still has its lease")
    day.shop.clock.advance(minutes=2)
    before = len(day.shop.payments.calls)
    day.shop.engine.resume(ANNA)
    calls = [f"{operation} {about}" for operation, about in day.shop.payments.calls[before:]]
    day.done(
        f"2 minutes later it is resumed; all that the provider was asked: {listed(calls)}. "
        f"Captured {_times(day, key)}, recorded, and never asked for again"
    )


def _times(day: Day, key: str) -> str:
    count = day.shop.payments.actions.get(key, 0)
    return "once" if count == 1 else f"{count} times"


def cancellation(day: Day) -> None:
    """
    What has not left is canceled, and its money is let go.

    """
    day.scene(7, 15, 20, "A change of mind before the package leaves")
    work = day.work(BEN, "delft")
    day.do(FulfillUnits(order_id=BEN, fulfillment_order_id=work.id, carrier="post", tracking="D-7"))
    day.do(CancelUnits(order_id=BEN, lines={"line-2": 1}, reason="found one at home"))
    money = day.shop.engine.order(BEN).payments
    voided_minor = sum(payment.voided_minor for payment in money.payments)
    day.tell.say(
        "Delft has sent Ben's caddy. He no longer wants the whisk, which lies in no box yet: it "
        "is for sale again at once, and what was kept on his card for it is let go."
    )
    day.done(
        f"{eur(money.captured_minor)} captured for the caddy and shipping, {eur(voided_minor)} of "
        "the authorization given back"
    )
    work = day.work(CHLOE, "antwerp")
    day.do(
        FulfillUnits(order_id=CHLOE, fulfillment_order_id=work.id, carrier="post", tracking="B-12")
    )
    captured_minor = day.shop.engine.order(CHLOE).payments.captured_minor
    day.done(f"the supplier reports that Chloe's cups have left: {eur(captured_minor)} captured")


def return_and_refund(day: Day) -> None:
    """
    Packages arrive by courier; a part comes back and is refunded to the cent.

    """
    day.scene(8, 17, 45, "Delivered, and two pieces come back")
    for order_id in (ANNA, BEN, CHLOE):
        _deliver(day, order_id)
    lines = {"line-1": 1, "line-2": 1}
    day.do(AuthorizeReturn(order_id=ANNA, lines=lines, reason="a gift that did not please"))
    return_id = day.shop.engine.order(ANNA).returns.returns[-1].id
    store = day.work(ANNA, "utrecht").place
    day.do(ReceiveReturn(order_id=ANNA, return_id=return_id, place=store))
    damaged = (LineQuantity(LineId("line-2"), 1),)
    day.do(InspectReturn(order_id=ANNA, return_id=return_id, damaged=damaged))
    order = day.shop.engine.order(ANNA)
    day.tell.say(
        "The couriers have delivered everything. Anna brings a teapot and a cup to the store in "
        "Utrecht. The teapot goes back on the shelf, the cup is chipped. She gets the exact share "
        "of both, the discount taken into account, back to what she paid with:"
    )
    refunds = [r for r in order.payments.requests if r.kind is RequestKind.REFUND]
    methods = {payment.payment_id: payment.method for payment in order.payments.payments}
    total = sum(refund.amount_minor for refund in refunds)
    day.tell.table(
        Table(
            columns=(Column("refund"), Column("to"), Column(f"amount {CURRENCY}", number=True)),
            rows=tuple(
                (r.request_id, methods[r.payment_id], amount(r.amount_minor, CURRENCY))
                for r in refunds
            ),
            total=("", "", amount(total, CURRENCY)),
        )
    )
    day.availability("TEAPOT")


def _deliver(day: Day, order_id: OrderId) -> None:
    for package in day.shop.engine.order(order_id).fulfillment.packages:
        day.do(RecordDelivery(order_id=order_id, package_id=package.id))


def evening(day: Day) -> None:
    """
    The day as the books tell it.

    """
    day.scene(9, 20, 0, "The books of the day")
    day.tell.say("Anna's order, from its own history:")
    day.tell.timeline(ANNA, day.shop.engine.timeline(ANNA))
    day.tell.say("The stock book. Missing and damaged units are accounted for, not forgotten:")
    day.tell.table(stock_table(stock_rows(day.shop.store, TENANT, day.shop.clock())))
    day.tell.say(
        "The trial balance. Stock and money are double entries, so every line comes to nothing:"
    )
    day.tell.table(trial_table(trial_rows(day.shop.store, TENANT)))
    found = day.shop.engine.verify()
    day.done(
        f"{counted(found.orders, 'order')} and {counted(found.steps, 'ledger step')} replayed: "
        f"{'balanced' if found.balanced else 'not balanced'}, "
        f"{counted(len(found.leaks), 'leak') if found.leaks else 'no leaks'}"
    )
