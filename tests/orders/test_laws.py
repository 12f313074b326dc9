"""
The laws of an order, held after every step of any way that one can go.

"""

from collections import Counter
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from ordercore.errors import OutcomeUnknown, PortUnavailable, Rejected
from ordercore.grammar import ActionRequired, Command, Declined, Succeeded, Unknown
from ordercore.ids import PackageId, PlaceId
from ordercore.inventory import Bucket, ReceiveStock, allocated_account, bucket_account
from ordercore.orders import (
    ORDER_LIFECYCLE,
    AddTender,
    Allowed,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    CapturePayment,
    CaptureWhen,
    FulfillUnits,
    InspectReturn,
    Order,
    OrderEvent,
    PackUnits,
    PickUnits,
    ReceiveReturn,
    RecordDelivery,
    RecordOutcome,
    RecordPayment,
    ReleaseWhen,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    Rules,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
    allowed,
    balance,
    fold,
    outstanding,
)
from ordercore.payments import RequestKind
from ordercore.ports import ActingCapabilities
from ordercore.totals import SHIPPING_LINE, Discount
from ordercore.views import public_status
from tests.orders.builders import (
    GERMANY,
    PLACES,
    SKUS,
    TENANT,
    Answer,
    Shop,
    line_of,
    order_of,
    tender,
)

#: The refusals that each command documents.
CODES: dict[str, set[str]] = {
    "PlaceOrder": {"shortage", "discount_exceeds_order", "tenders_differ_from_total"},
    "ReserveCart": {"shortage"},
    "AddTender": {"nothing_due", "tenders_differ_from_total", "too_many_tenders"},
    "RecordPayment": {"payment_differs", "too_many_tenders"},
    "CapturePayment": {"exceeds_due", "exceeds_authorization"},
    "PickUnits": {"quantity_not_there", "unknown_line"},
    "ReportMissing": {"quantity_not_there", "unknown_line"},
    "PackUnits": {"quantity_not_there", "unknown_line"},
    "FulfillUnits": {"quantity_not_there", "unknown_line", "nothing_asked"},
    "UnpackPackage": {"not_legal_now"},
    "ShipPackage": {"not_legal_now", "label_missing"},
    "CancelUnits": {"nothing_to_cancel", "quantity_not_there"},
    "AuthorizeReturn": {"not_shipped"},
    "ReceiveReturn": {"not_legal_now", "quantity_not_there"},
    "InspectReturn": {"not_legal_now", "quantity_not_there"},
    "CancelReturn": {"not_legal_now"},
    "RetryEffect": {"nothing_to_retry"},
}

PICK = st.integers(0, 11)

ORDERS = st.fixed_dictionaries(
    {
        "lines": st.lists(
            st.tuples(
                st.sampled_from(SKUS), st.integers(1, 3), st.integers(0, 1999), st.booleans()
            ),
            min_size=1,
            max_size=3,
        ),
        "shipping": st.sampled_from([490, 0]),
        "off": st.sampled_from([0, 333, 1]),
        "first": st.sampled_from([700, 1]),
        "cart": st.sampled_from([None, "C-1", "C-2"]),
        "paid": st.sampled_from(["card", "two", "later", "card"]),
        "perform": st.booleans(),
    }
)

#: How an order goes on, by hand.
WORK = ("PickUnits", "PackUnits", "FulfillUnits", "ShipPackage")
LATER = ("RecordDelivery", "AuthorizeReturn")
RETURNS = ("ReceiveReturn", "InspectReturn")
TROUBLE = ("ReportMissing", "UnpackPackage", "RetryEffect", "CapturePayment")
ANSWERS: dict[str, list[Answer]] = {
    "declined": [Declined(code="no")],
    "away": [PortUnavailable("port", "away")],
    "lost before": [OutcomeUnknown("port", "key", "lost")],
    "lost after": [lambda: OutcomeUnknown("port", "key", "lost")],
    "unknown": [Unknown(reason="hm")],
    "declined twice": [Declined(code="no"), Declined(code="no")],
}


class OrdersMachine(RuleBasedStateMachine):
    """
    Orders on every way, with a world that declines, is away and loses answers.

    """

    def __init__(self) -> None:
        super().__init__()
        self.orders: list[str] = []

    @initialize(
        labels=st.booleans(),
        release=st.sampled_from(ReleaseWhen),
        capture=st.sampled_from(CaptureWhen),
        percent=st.sampled_from([0, 7, 19]),
        lookup=st.booleans(),
        stock=st.lists(st.integers(0, 9), min_size=9, max_size=9),
        first=ORDERS,
    )
    def open_shop(
        self,
        labels: bool,
        release: ReleaseWhen,
        capture: CaptureWhen,
        percent: int,
        lookup: bool,
        stock: list[int],
        first: dict[str, Any],
    ) -> None:
        self.shop = Shop(
            rules=Rules(buy_labels=labels, release=release, capture=capture),
            percent=percent,
            capabilities=(
                ActingCapabilities(lookup=True, settling_s=30)
                if lookup
                else ActingCapabilities(idempotency_s=10**9)
            ),
        )
        for n, place in enumerate(PLACES):
            there = {sku: q for sku, q in zip(SKUS, stock[3 * n :], strict=False) if q}
            if there:
                self.shop.receive(there, place)
        self.place_one(**first)

    # --- what may be refused must be refused by name and leave nothing behind ---------------------

    def attempt(self, command: Command, **how: Any) -> bool:
        before = self.shop.state()
        try:
            self.shop.do(command, **how)
        except Rejected as raised:
            refusal = raised
        else:
            return True
        assert refusal.code in CODES.get(type(command).__name__, set()), (command, refusal)
        assert refusal.legal, (command, refusal)
        assert self.shop.state() == before, command
        return False

    def an_order(self, n: int) -> Order:
        return self.shop.order(self.orders[n % len(self.orders)])

    def all(self) -> list[Order]:
        return [self.shop.order(order_id) for order_id in self.orders]

    def can(self, words: tuple[str, ...]) -> list[tuple[Order, Allowed]]:
        return [(o, entry) for o in self.all() for entry in allowed(o) if entry.command in words]

    def go_on(self, n: int, words: tuple[str, ...]) -> None:
        """
        Do something that is said to be allowed: it is accepted.

        """
        ways = self.can(words)
        order, entry = ways[n % len(ways)]
        before = self.shop.engine.version(order.id)
        self.shop.do(command_for(order, entry.command, entry.about))
        assert self.shop.engine.version(order.id) > before or entry.command == "SourceAgain", entry

    @precondition(lambda self: self.can(WORK))
    @rule(n=PICK)
    def work_goes_on(self, n: int) -> None:
        self.go_on(n, WORK)

    @precondition(lambda self: self.can(LATER))
    @rule(n=PICK)
    def life_goes_on(self, n: int) -> None:
        self.go_on(n, LATER)

    @precondition(lambda self: self.can(RETURNS))
    @rule(n=PICK)
    def returns_go_on(self, n: int) -> None:
        self.go_on(n, RETURNS)

    @precondition(lambda self: self.can(TROUBLE))
    @rule(n=PICK)
    def trouble_goes_on(self, n: int) -> None:
        self.go_on(n, TROUBLE)

    @precondition(lambda self: self.can(("FulfillUnits", "PickUnits")))
    @rule(n=PICK, arrive=st.booleans())
    def everything_leaves(self, n: int, arrive: bool) -> None:
        order, _ = self.can(("FulfillUnits", "PickUnits"))[0]
        for work in order.fulfillment.orders:
            self.attempt(FulfillUnits(order_id=order.id, fulfillment_order_id=work.id))
        if arrive:
            for package in self.shop.order(order.id).fulfillment.packages:
                self.attempt(RecordDelivery(order_id=order.id, package_id=package.id))

    # --- stock and placement ------------------------------------------------------------------

    @rule(place=st.sampled_from(PLACES), sku=st.sampled_from(SKUS), quantity=st.integers(1, 4))
    def receive(self, place: str, sku: str, quantity: int) -> None:
        assert self.attempt(ReceiveStock(place=PlaceId(place), lines={sku: quantity}))

    @rule(
        cart=st.sampled_from(["C-1", "C-2"]),
        lines=st.dictionaries(st.sampled_from(SKUS), st.integers(1, 3), min_size=1, max_size=2),
    )
    def reserve(self, cart: str, lines: dict[str, int]) -> None:
        self.attempt(ReserveCart(cart_id=cart, currency="EUR", destination=GERMANY, lines=lines))

    @precondition(lambda self: len(self.orders) < 4)
    @rule(order=ORDERS)
    def place_an_order(self, order: dict[str, Any]) -> None:
        self.place_one(**order)

    def place_one(
        self,
        lines: list[tuple[str, int, int, bool]],
        shipping: int,
        off: int,
        first: int,
        cart: str | None,
        paid: str,
        perform: bool,
    ) -> None:
        order_id = f"O-{len(self.orders) + 1}"
        tenders = [tender()]
        if paid == "two":
            tenders.insert(0, tender("voucher", first))
        command = order_of(
            order_id,
            lines=[
                line_of(sku, n, price, place=PlaceId("berlin") if pinned else None)
                for sku, n, price, pinned in lines
            ],
            shipping_minor=shipping,
            discounts=(Discount(code="off", amount_minor=off),) if off else (),
            tenders=() if paid == "later" else tenders,
            cart_id=cart,
        )
        if self.attempt(command, perform=perform):
            self.orders.append(order_id)

    # --- money --------------------------------------------------------------------------------

    @precondition(lambda self: self.orders)
    @rule(n=PICK, amount=st.sampled_from([None, None, 100, 5000]))
    def add_tender(self, n: int, amount: int | None) -> None:
        order = self.an_order(n)
        self.attempt(AddTender(order_id=order.id, tender=tender(amount=amount)))

    @precondition(lambda self: self.orders)
    @rule(n=PICK, amount=st.integers(1, 4000), number=st.integers(1, 3))
    def record_payment(self, n: int, amount: int, number: int) -> None:
        order = self.an_order(n)
        self.attempt(
            RecordPayment(
                order_id=order.id,
                method="transfer",
                amount_minor=amount,
                currency="EUR",
                account="bank",
                reference=f"{order.id}-{number}",
            )
        )

    @precondition(lambda self: self.orders)
    @rule(n=PICK, amount=st.integers(1, 3000))
    def capture(self, n: int, amount: int) -> None:
        order = self.an_order(n)
        self.attempt(CapturePayment(order_id=order.id, amount_minor=amount))

    # --- work ---------------------------------------------------------------------------------

    @precondition(lambda self: any(o.fulfillment.orders for o in self.all()))
    @rule(n=PICK, m=PICK, k=PICK, quantity=st.integers(1, 3), word=st.sampled_from("pmkf"))
    def work(self, n: int, m: int, k: int, quantity: int, word: str) -> None:
        order = self.an_order(n)
        if not order.fulfillment.orders:
            return
        work = order.fulfillment.orders[m % len(order.fulfillment.orders)]
        lines = {f"line-{1 + k % len(order.lines)}": quantity}
        kind = {"p": PickUnits, "m": ReportMissing, "k": PackUnits, "f": FulfillUnits}[word]
        command: Any = kind
        self.attempt(command(order_id=order.id, fulfillment_order_id=work.id, lines=lines))

    @precondition(lambda self: any(o.fulfillment.orders for o in self.all()))
    @rule(n=PICK, m=PICK, word=st.sampled_from(["pick", "pack", "fulfill", "ship"]))
    def work_on(self, n: int, m: int, word: str) -> None:
        """
        Do all of the next step, so that orders come far.

        """
        order = self.an_order(n)
        works = order.fulfillment.orders
        if word == "ship":
            for package in order.fulfillment.packages:
                self.attempt(ShipPackage(order_id=order.id, package_id=package.id, tracking="T-1"))
            return
        if not works:
            return
        work = works[m % len(works)]
        where: dict[str, Any] = {"order_id": order.id, "fulfillment_order_id": work.id}
        command: Any = FulfillUnits(**where)
        if word != "fulfill":
            lines = {
                ln.line_id: ln.waiting if word == "pick" else ln.picked
                for ln in work.lines
                if (ln.waiting if word == "pick" else ln.picked)
            }
            if not lines:
                return
            command = (
                PickUnits(**where, lines=lines)
                if word == "pick"
                else PackUnits(**where, lines=lines)
            )
        self.attempt(command)

    @precondition(lambda self: any(o.fulfillment.packages for o in self.all()))
    @rule(n=PICK, m=PICK, word=st.sampled_from("uussddd"))
    def box(self, n: int, m: int, word: str) -> None:
        order = self.an_order(n)
        packages = order.fulfillment.packages
        if not packages:
            return
        package = packages[m % len(packages)]
        about: dict[str, Any] = {"order_id": order.id, "package_id": package.id}
        kinds: dict[str, Any] = {"u": UnpackPackage, "s": ShipPackage, "d": RecordDelivery}
        self.attempt(kinds[word](**about))

    @precondition(lambda self: any(ln.unsourced for o in self.all() for ln in o.lines))
    @rule(n=PICK)
    def source_again(self, n: int) -> None:
        assert self.attempt(SourceAgain(order_id=self.an_order(n).id))

    # --- changes of mind ----------------------------------------------------------------------

    @precondition(lambda self: self.orders)
    @rule(n=PICK, k=PICK, quantity=st.integers(1, 2), everything=st.booleans())
    def cancel(self, n: int, k: int, quantity: int, everything: bool) -> None:
        order = self.an_order(n)
        lines = None if everything else {f"line-{1 + k % len(order.lines)}": quantity}
        self.attempt(CancelUnits(order_id=order.id, lines=lines))

    @precondition(lambda self: any(o.fulfillment.packages for o in self.all()))
    @rule(n=PICK, k=PICK, quantity=st.integers(1, 2))
    def permit_return(self, n: int, k: int, quantity: int) -> None:
        order = self.an_order(n)
        lines = {f"line-{1 + k % len(order.lines)}": quantity}
        self.attempt(AuthorizeReturn(order_id=order.id, lines=lines))

    @precondition(lambda self: any(o.returns.returns for o in self.all()))
    @rule(
        n=PICK,
        m=PICK,
        word=st.sampled_from("rriic"),
        quantity=st.integers(1, 2),
        some=st.booleans(),
        shipping=st.booleans(),
    )
    def take_back(
        self, n: int, m: int, word: str, quantity: int, some: bool, shipping: bool
    ) -> None:
        order = self.an_order(n)
        if not order.returns.returns:
            return
        known = order.returns.returns[m % len(order.returns.returns)]
        part = {known.lines[0].line_id: quantity} if some else None
        about: dict[str, Any] = {"order_id": order.id, "return_id": known.id}
        if word == "r":
            self.attempt(ReceiveReturn(**about, place=PlaceId("lyon"), lines=part))
        elif word == "i":
            self.attempt(InspectReturn(**about, damaged=part or {}, refund_shipping=shipping))
        else:
            self.attempt(CancelReturn(**about))

    # --- the world ----------------------------------------------------------------------------

    @rule(
        operation=st.sampled_from(["authorize", "capture", "void", "refund", "label"]),
        word=st.sampled_from(sorted(ANSWERS)),
    )
    def the_world_goes_wrong(self, operation: str, word: str) -> None:
        port = self.shop.post if operation == "label" else self.shop.pay
        port.tell(operation, *ANSWERS[word])

    @rule()
    def the_customer_must_act(self) -> None:
        self.shop.pay.tell("authorize", ActionRequired(reference="3ds", action="go"))

    @precondition(lambda self: self.orders)
    @rule(n=PICK, m=PICK, good=st.booleans())
    def a_message_comes(self, n: int, m: int, good: bool) -> None:
        """
        Tell an outcome again, or one that contradicts what was recorded.

        """
        order = self.an_order(n)
        keys = [
            *(p.payment_id for p in order.payments.payments if p.method != "transfer"),
            *(r.request_id for r in order.payments.requests if r.status != "requested"),
            *(f"{p.id}/label" for p in order.fulfillment.packages if p.status != "packed"),
        ]
        keys = [k for k in keys if k not in {e.key for e in outstanding(order)}]
        if not keys:
            return
        key = keys[m % len(keys)]
        outcome = Succeeded(reference=f"m-{m}", account="pay") if good else Declined(code="late")
        assert self.attempt(RecordOutcome(order_id=order.id, effect_key=key, outcome=outcome))

    @precondition(lambda self: self.orders)
    @rule(n=PICK, m=PICK)
    def retry(self, n: int, m: int) -> None:
        order = self.an_order(n)
        keys = [r.request_id for r in order.payments.requests]
        keys += [effect.key for effect in outstanding(order)]
        if keys:
            self.attempt(RetryEffect(order_id=order.id, effect_key=keys[m % len(keys)]))

    @rule(minutes=st.sampled_from([1, 31, 60 * 24]))
    def time_goes_by(self, minutes: int) -> None:
        self.shop.clock.advance(minutes=minutes)
        self.shop.engine.run_pending()

    @rule()
    def a_process_dies(self) -> None:
        self.shop.engine = self.shop.new_engine()

    # --- the laws -----------------------------------------------------------------------------

    @invariant()
    def all_laws_hold(self) -> None:
        if hasattr(self, "shop"):
            self.books_balance()
            self.nothing_is_promised_twice()
            self.every_unit_is_somewhere_once()
            self.money_stays_in_its_bounds()
            self.nobody_pays_more_than_is_due()
            self.history_tells_everything()
            self.what_has_ended_has_ended()

    def books_balance(self) -> None:
        found = self.shop.engine.verify()
        assert found.balanced, str(found)
        self.shop.store._of(TENANT).ledger.check_invariants()

    def nothing_is_promised_twice(self) -> None:
        for level in self.shop.engine.availability(*SKUS):
            assert level.net >= 0, level
            assert min(level.on_hand, level.reserved, level.allocated, level.picked) >= 0, level

    def every_unit_is_somewhere_once(self) -> None:
        at_work: Counter[tuple[str, str, str]] = Counter()
        for order_id in self.orders:
            order = self.shop.order(order_id)
            for line in order.lines:
                assert units_of(order, line.line_id) == line.units.quantity
                assert line.unsourced >= 0
                assert line.units.captured == order.fulfillment.shipped(line.line_id)
                assert order.returns.units(line.line_id) <= line.units.captured
            for a in order.allocations:
                at_work[a.sku, a.place, "allocated"] += a.quantity
            for work in order.fulfillment.orders:
                for ln in work.lines:
                    assert min(ln.waiting, ln.picked, ln.packed, ln.shipped, ln.missing) >= 0
                    at_work[ln.sku, work.place, "allocated"] += ln.waiting
                    at_work[ln.sku, work.place, "picked"] += ln.picked
                    at_work[ln.sku, work.place, "packed"] += ln.packed
        if not self.orders:
            return
        balances = dict(self.shop.store.accounts(TENANT))
        for sku in SKUS:
            for place in PLACES:
                promised = balances.get(allocated_account(sku, place))
                assert (promised.pending_in if promised else 0) == at_work[sku, place, "allocated"]
                for bucket in (Bucket.PICKED, Bucket.PACKED):
                    there = balances.get(bucket_account(bucket, sku, place))
                    assert (there.posted if there else 0) == at_work[sku, place, bucket.value]

    def money_stays_in_its_bounds(self) -> None:
        for order_id in self.orders:
            order = self.shop.order(order_id)
            money, sums = order.payments, balance(order)
            for payment in money.payments:
                kinds = (RequestKind.CAPTURE, RequestKind.VOID, RequestKind.REFUND)
                taking, voiding, returning = (
                    money.pending_minor(kind, payment.payment_id) for kind in kinds
                )
                used = payment.captured_minor + payment.voided_minor + taking + voiding
                assert 0 <= used <= payment.authorized_minor
                assert 0 <= payment.refunded_minor + returning <= payment.captured_minor
            returning = money.pending_minor(RequestKind.REFUND)
            assert money.refunded_minor + returning <= sums.granted_minor
            charged = sum(
                order.amount(line.line_id, 0, line.units.captured) for line in order.lines
            )
            shipping = order.shipping_units
            if shipping is not None and shipping.captured:
                charged += order.amount(SHIPPING_LINE, 0, 1)
            assert order.charged_minor == charged
            assert 0 <= order.due_minor <= order.total_minor
            assert order.charged_minor <= order.due_minor
            for key, times in self.shop.pay.acted.items():
                assert times == 1, f"{key} was done {times} times"

    def nobody_pays_more_than_is_due(self) -> None:
        """
        What we take of our own accord never exceeds what is due at that moment.

        """
        for order_id in self.orders:
            order = self.shop.order(order_id)
            money = order.payments
            recorded = sum(p.captured_minor for p in money.payments if p.method == "transfer")
            taken = money.captured_minor + money.pending_minor(RequestKind.CAPTURE)
            granted = sum(grant.amount_minor for grant in order.grants)
            assert taken - recorded <= order.due_minor + granted

    def history_tells_everything(self) -> None:
        for order_id in self.orders:
            history = self.shop.engine.history(order_id)
            events: list[OrderEvent] = [r.event for r in history]  # type: ignore[misc]
            order = self.shop.order(order_id)
            again = fold(events)
            assert again == order  # the engine keeps what decisions said they lead to
            assert again is not None
            # What follows from a state is kept with it and must not outlive it.
            assert outstanding(again) == outstanding(order)
            assert balance(again) == balance(order)
            assert again.units_to_ship == order.units_to_ship
            assert again.canceled_minor == order.canceled_minor
            assert [r.version for r in history] == list(range(1, len(history) + 1))
            assert public_status(order)
            assert self.shop.engine.timeline(order_id)

    def what_has_ended_has_ended(self) -> None:
        for order_id in self.orders:
            order = self.shop.order(order_id)
            if ORDER_LIFECYCLE().has_ended(order.status):
                assert order.units_to_ship == 0
                assert not order.allocations
                assert all(
                    p.status in {"delivered", "unpacked"} for p in order.fulfillment.packages
                )

    def teardown(self) -> None:
        if not hasattr(self, "shop"):
            return
        self.shop.pay.forget()
        self.shop.post.forget()
        self.shop.settle(days=1)
        assert self.shop.engine.run_pending() == 0
        self.all_laws_hold()
        self.nothing_leaks()

    def nothing_leaks(self) -> None:
        found = self.shop.engine.verify()
        waiting = {w.partition(": ")[0] for w in found.waiting}
        leaks = [leak for leak in found.leaks if leak.partition(": ")[0] not in waiting]
        assert not leaks, leaks
        for order_id in self.orders:
            order = self.shop.order(order_id)
            for effect in outstanding(order):
                assert effect.waits_for_operator, effect
            paid_in = any(p.method == "transfer" for p in order.payments.payments)
            if f"order/{order_id}" not in waiting and not paid_in:
                assert balance(order).kept_minor <= balance(order).owed_minor


def units_of(order: Order, line_id: str) -> int:
    line = order.line(line_id)
    assert line is not None
    at_places = [ln for fo in order.fulfillment.orders for ln in fo.lines if ln.line_id == line_id]
    return (
        line.units.canceled
        + line.unsourced
        + sum(a.quantity for a in order.allocations if a.line_id == line_id)
        + sum(ln.waiting + ln.picked + ln.packed + ln.shipped for ln in at_places)
    )


def command_for(order: Order, word: str, about: str) -> Command:
    """
    Make the command that an entry of ``allowed`` names, as small as it can be.

    """
    where: dict[str, Any] = {"order_id": order.id}
    if word in {"PickUnits", "ReportMissing", "PackUnits", "FulfillUnits"}:
        work = order.fulfillment.order(about)
        assert work is not None
        waits = word in {"PickUnits", "ReportMissing"}
        lines = {
            ln.line_id: 1
            for ln in work.lines
            if (ln.waiting if waits else ln.picked if word == "PackUnits" else 0)
        }
        made: dict[str, Any] = {
            "PickUnits": PickUnits,
            "ReportMissing": ReportMissing,
            "PackUnits": PackUnits,
        }
        if word == "FulfillUnits":
            return FulfillUnits(**where, fulfillment_order_id=work.id)
        found: Command = made[word](**where, fulfillment_order_id=work.id, lines=lines)
        return found
    if word in {"ShipPackage", "UnpackPackage", "RecordDelivery"}:
        package = PackageId(about)
        if word == "ShipPackage":
            return ShipPackage(**where, package_id=package, tracking="T-9")
        kind = UnpackPackage if word == "UnpackPackage" else RecordDelivery
        return kind(**where, package_id=package)
    if word == "AuthorizeReturn":
        lines = {
            line.line_id: 1
            for line in order.lines
            if order.fulfillment.shipped(line.line_id) > order.returns.units(line.line_id)
        }
        return AuthorizeReturn(**where, lines=lines)
    simple: dict[str, Command] = {
        "AddTender": AddTender(**where, tender=tender()),
        "CapturePayment": CapturePayment(**where, amount_minor=1),
        "SourceAgain": SourceAgain(**where),
        "CancelUnits": CancelUnits(**where),
        "RetryEffect": RetryEffect(**where, effect_key=about),
    }
    if word in simple:
        return simple[word]
    returned: dict[str, Any] = {**where, "return_id": about}
    if word == "ReceiveReturn":
        return ReceiveReturn(**returned, place=PlaceId("berlin"))
    return InspectReturn(**returned) if word == "InspectReturn" else CancelReturn(**returned)


def test_orders_keep_their_laws_on_every_way() -> None:
    run_state_machine_as_test(
        OrdersMachine, settings=settings(max_examples=100, stateful_step_count=30)
    )


@pytest.mark.slow
def test_orders_keep_their_laws_on_many_long_ways() -> None:
    run_state_machine_as_test(
        OrdersMachine, settings=settings(max_examples=1_500, stateful_step_count=50)
    )
