"""
The laws of promised days, held after every step of any way that orders and days can go.

"""

from collections import Counter
from datetime import date

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ordercore.errors import Rejected
from ordercore.fulfillment import FULFILLMENT_ORDER_LIFECYCLE
from ordercore.grammar import Declined
from ordercore.ids import PlaceId
from ordercore.orders import (
    CancelUnits,
    FulfillUnits,
    LineQuantity,
    Order,
    ReleaseWhen,
    ReportMissing,
    SetCapacity,
    cancelable,
)
from ordercore.places import CapacityMeasure
from tests.orders.builders import line_of
from tests.orders.test_capacity import MONDAY, NO_LABELS, SUNDAY, limited, place

MEASURES = st.sampled_from([*CapacityMeasure, None])
DAYS = st.sampled_from([SUNDAY, MONDAY])


class Weeks(RuleBasedStateMachine):
    """
    Two places, and orders that come, shrink, are sent, go missing and are canceled.

    """

    @initialize(berlin=MEASURES, lyon=MEASURES, release=st.sampled_from(ReleaseWhen))
    def begin(
        self,
        berlin: CapacityMeasure | None,
        lyon: CapacityMeasure | None,
        release: ReleaseWhen,
    ) -> None:
        self.made = limited(
            place("berlin", berlin, minutes_per_unit=2),
            place("lyon", lyon, minutes_per_unit=3),
            stock={"MUG": 12, "TEE": 6},
            rules=attrs.evolve(NO_LABELS, release=release, capacity_days_max=2),
        )
        self.orders: list[str] = []
        self.lowered: set[tuple[str, date]] = set()

    @rule(where=st.sampled_from(["berlin", "lyon"]), day=DAYS, amount=st.integers(0, 9))
    def set(self, where: str, day: date, amount: int) -> None:
        before = self.made.engine.capacity(where, day)
        if before is None:
            return
        self.made.do(SetCapacity(place=PlaceId(where), day=day, amount=amount))
        if amount < before.promised + before.done:
            self.lowered.add((where, day))
        after = self.made.engine.capacity(where, day)
        assert after == attrs.evolve(before, open=amount)

    @rule(mugs=st.integers(1, 4), tees=st.integers(0, 3), paid=st.booleans())
    def order(self, mugs: int, tees: int, paid: bool) -> None:
        order_id = f"O-{len(self.orders) + 1}"
        if not paid:
            self.made.pay.tell("authorize", Declined(code="no", reason="no"))
        try:
            self.made.place(
                order_id, lines=[line_of("MUG", mugs), *([line_of("TEE", tees)] if tees else [])]
            )
        except Rejected as refusal:
            self.made.pay.forget()
            if refusal.code not in {"shortage", "no_capacity"}:
                raise
        else:
            self.orders.append(order_id)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        order = self._any(data)
        if order is None:
            return
        some = {ln.line_id: cancelable(order, ln) for ln in order.lines if cancelable(order, ln)}
        lines = tuple(
            LineQuantity(line_id, data.draw(st.integers(1, most))) for line_id, most in some.items()
        )
        if lines:
            self.made.do(CancelUnits(order_id=order.id, lines=lines))

    @rule(data=st.data(), missing=st.booleans())
    def work(self, data: st.DataObject, missing: bool) -> None:
        order = self._any(data)
        waiting = [
            (work, line)
            for work in (order.fulfillment.orders if order else ())
            for line in work.lines
            if line.waiting
        ]
        if order is None or not waiting:
            return
        work, line = data.draw(st.sampled_from(waiting))
        kind = ReportMissing if missing else FulfillUnits
        lines = (LineQuantity(line.line_id, data.draw(st.integers(1, line.waiting))),)
        self.made.do(kind(order_id=order.id, fulfillment_order_id=work.id, lines=lines))

    def _any(self, data: st.DataObject) -> Order | None:
        return self.made.order(data.draw(st.sampled_from(self.orders))) if self.orders else None

    @invariant()
    def days_hold_what_orders_were_promised_and_nothing_else(self) -> None:
        if not hasattr(self, "made"):
            return
        promised: Counter[tuple[str, date]] = Counter()
        for order in map(self.made.order, self.orders):
            under_way = [
                fo.work
                for fo in order.fulfillment.orders
                if fo.work and not FULFILLMENT_ORDER_LIFECYCLE().has_ended(fo.status)
            ]
            for work in (*order.work, *under_way):
                promised[work.place, work.day] += work.amount
        for where in self.made.places:
            for day in (SUNDAY, MONDAY):
                found = self.made.engine.capacity(where.id, day)
                if found is not None:
                    assert found.promised == promised[where.id, day]
                    assert not found.overbooked or (where.id, day) in self.lowered

    def teardown(self) -> None:
        if not hasattr(self, "made"):
            return
        for order in map(self.made.order, self.orders):
            if any(cancelable(order, line) for line in order.lines):
                self.made.do(CancelUnits(order_id=order.id))
        for where in self.made.places:
            for day in (SUNDAY, MONDAY):
                found = self.made.engine.capacity(where.id, day)
                assert found is None or found.promised == 0
        at_rest = self.made.engine.verify()
        assert at_rest.balanced, str(at_rest)
        assert not [leak for leak in at_rest.leaks if " promised to " in leak]


TestWeeks = Weeks.TestCase
TestWeeks.settings = settings(max_examples=100, stateful_step_count=20, deadline=None)
