"""
Mistakes that an engine or a store could make, as data: each must be named by its invariant.

A twist changes the first commit that it fits. It may do so on the way to the store and to the
auditor alike (the engine has decided wrongly), on the way to the store alone (the store has
written something else), or on the way to the auditor alone (what was written is not what was
told).
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import attrs

from ordercore.errors import Rejected
from ordercore.fulfillment import (
    LabelPurchased,
    PackageDelivered,
    PackagePacked,
    PackageShipped,
    UnitsMissing,
    UnitsPicked,
)
from ordercore.grammar import (
    Actor,
    ActorKind,
    AttemptFailed,
    Command,
    Declined,
    EffectRetried,
    OperatorNeeded,
)
from ordercore.ids import CommandId, OrderId, PlaceId, TenantId
from ordercore.inventory import AdjustReason, AdjustStock
from ordercore.ledger import AccountId, Pend, Post, PostPending, VoidPending
from ordercore.orders import (
    AnomalyRecorded,
    AuthorizeReturn,
    CancelUnits,
    FulfillUnits,
    InspectReturn,
    OrderEnded,
    OrderPlaced,
    OrderReleased,
    PackageCharged,
    PackUnits,
    PickUnits,
    PlaceOrder,
    ReceiveReturn,
    RecordDelivery,
    RecordOutcome,
    RefundGranted,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    ShipPackage,
    UnitsCanceled,
    UnitsSourcedAgain,
)
from ordercore.payments import (
    AuthorizationRequested,
    AuthorizationVoided,
    CaptureRequested,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentRefunded,
    RefundRequested,
)
from ordercore.ports import Commit
from ordercore.returns import ReturnAuthorized, ReturnReceived
from ordercore.testing import Fault
from tests.testing.audited import HERE, PLACES, AuditedShop, line, wish

Twist = Callable[[Commit], Commit | None]

#: Of any event, whatever its class.
evolve: Callable[..., Any] = attrs.evolve

BERLIN, LYON, TURIN = PLACES
O1, O2, O3, O4 = map(OrderId, ("O-1", "O-2", "O-3", "O-4"))


def story(shop: AuditedShop) -> None:
    """
    Four orders, in which nearly everything happens that can happen to one.
    """
    for command in _commands(shop):
        shop.do(command)
        shop.clock.advance(seconds=5)
    shop.settle()


def _commands(shop: AuditedShop) -> Iterator[Command]:
    shop.receive(BERLIN, MUG=6, TEE=1)
    shop.receive(LYON, MUG=3, TEE=5)
    yield ReserveCart(cart_id="C-1", currency="EUR", destination=HERE, lines={"MUG": 2, "TEE": 2})
    yield ReserveCart(cart_id="C-1", currency="EUR", destination=HERE, lines={"MUG": 2})
    yield ReserveCart(cart_id="C-2", currency="EUR", destination=HERE, lines={"TEE": 1})
    yield ReleaseCart(cart_id="C-2")
    yield wish(O1, line("MUG", 2), line("TEE", 1, 333), cart_id="C-1", shipping_minor=495)
    yield wish(O1)
    work = shop.order(O1).fulfillment.orders[0].id
    everything = {x.line_id: x.waiting for x in shop.order(O1).fulfillment.orders[0].lines}
    yield PickUnits(order_id=O1, fulfillment_order_id=work, lines=everything)
    yield PickUnits(order_id=O1, fulfillment_order_id=work, lines=everything)
    yield PackUnits(order_id=O1, fulfillment_order_id=work, lines=everything)
    box = shop.order(O1).fulfillment.packages[0].id
    yield ShipPackage(order_id=O1, package_id=box)
    yield RecordDelivery(order_id=O1, package_id=box)
    yield RecordOutcome(order_id=O1, effect_key="O-1/payment-1", outcome=Declined(code="late"))
    yield AuthorizeReturn(order_id=O1, lines={"line-1": 2})
    back = shop.order(O1).returns.returns[0].id
    yield ReceiveReturn(order_id=O1, return_id=back, place=BERLIN, lines={"line-1": 2})
    yield InspectReturn(order_id=O1, return_id=back, damaged={"line-1": 1}, refund_shipping=True)
    # Authorized at the second try.
    shop.gateway.plan("authorize", Fault.UNAVAILABLE)
    yield wish(O2, line("MUG", 3))
    yield RetryEffect(order_id=O2, effect_key="O-2/payment-1")
    yield CancelUnits(order_id=O2, lines={"line-1": 1})
    first = shop.order(O2).fulfillment.orders[0]
    yield ReportMissing(order_id=O2, fulfillment_order_id=first.id, lines={"line-1": 1})
    for work_left in shop.order(O2).fulfillment.orders:
        yield FulfillUnits(order_id=O2, fulfillment_order_id=work_left.id, tracking="T-1")
    yield AdjustStock(place=LYON, lines={"TEE": -1}, reason=AdjustReason.DAMAGE)
    yield wish(O3, line("MUG", 500))
    yield wish(O4, line("TEE", 1))
    yield CancelUnits(order_id=O4)


# --- how commits are changed ----------------------------------------------------------------------


def _event(kind: type, **changes: Callable[[Any], object]) -> Twist:
    """
    Change the first event of a kind; each field from what it was.
    """

    def twist(commit: Commit) -> Commit | None:
        for n, event in enumerate(commit.events):
            if isinstance(event, kind):
                new = {name: change(getattr(event, name)) for name, change in changes.items()}
                changed: Any = evolve(event, **new)
                events = (*commit.events[:n], changed, *commit.events[n + 1 :])
                return attrs.evolve(commit, events=events)
        return None

    return twist


def _without(kind: type, *, counted: bool = True) -> Twist:
    """
    Leave the first event of a kind out; with ``counted`` as if it had never been.
    """

    def twist(commit: Commit) -> Commit | None:
        for n, event in enumerate(commit.events):
            if isinstance(event, kind):
                receipt = commit.receipt
                version = receipt.to_version - counted
                return attrs.evolve(
                    commit,
                    events=(*commit.events[:n], *commit.events[n + 1 :]),
                    snapshot=None,
                    receipt=attrs.evolve(receipt, to_version=version),
                )
        return None

    return twist


def _also(kind: type, event: Any) -> Twist:
    """
    Let another event follow where one of a kind is.
    """

    def twist(commit: Commit) -> Commit | None:
        if not any(isinstance(known, kind) for known in commit.events):
            return None
        receipt = commit.receipt
        later = attrs.evolve(receipt, to_version=receipt.to_version + 1)
        return attrs.evolve(commit, events=(*commit.events, event), receipt=later)

    return twist


def _step(fits: Callable[[Any], bool], change: Callable[[Any], tuple[Any, ...]]) -> Twist:
    """
    Put other steps in the place of the first one that fits.
    """

    def twist(commit: Commit) -> Commit | None:
        for n, step in enumerate(commit.steps):
            if fits(step):
                steps = (*commit.steps[:n], *change(step), *commit.steps[n + 1 :])
                return attrs.evolve(commit, steps=steps)
        return None

    return twist


def _receipt(fits: Callable[[Any], bool], **changes: Callable[[Any], object]) -> Twist:
    def twist(commit: Commit) -> Commit | None:
        receipt = commit.receipt
        if not fits(receipt):
            return None
        new: dict[str, Any] = {
            name: change(getattr(receipt, name)) for name, change in changes.items()
        }
        return attrs.evolve(commit, receipt=attrs.evolve(receipt, **new))

    return twist


def _refused_instead(commit: Commit) -> Commit | None:
    if not isinstance(commit.receipt.command, CancelUnits):
        return None
    version = commit.receipt.from_version
    rejected = Rejected("nothing_to_cancel", "as if nothing were left")
    receipt = attrs.evolve(commit.receipt, to_version=version, rejected=rejected)
    return attrs.evolve(commit, events=(), steps=(), receipt=receipt)


def _accepted_instead(commit: Commit) -> Commit | None:
    if commit.receipt.rejected is None:
        return None
    return attrs.evolve(commit, receipt=attrs.evolve(commit.receipt, rejected=None))


def _elsewhere(frm: str, to: PlaceId) -> Twist:
    """
    Promise what was to come from one place from another, in the plan and in the ledger.
    """

    def twist(commit: Commit) -> Commit | None:
        placed = commit.events[0] if commit.events else None
        if not isinstance(placed, OrderPlaced) or placed.allocations[0].place != frm:
            return None
        rows = tuple(attrs.evolve(row, place=to) for row in placed.allocations)
        steps = tuple(
            step._replace(
                source=AccountId(step.source.replace(f"|{frm}|", f"|{to}|")),
                target=AccountId(step.target.replace(f"|{frm}|", f"|{to}|")),
            )
            if isinstance(step, Pend)
            else step
            for step in commit.steps
        )
        events = (attrs.evolve(placed, allocations=rows), *commit.events[1:])
        return attrs.evolve(commit, events=events, steps=steps)

    return twist


def _of(kind: type, **fields: object) -> Callable[[Any], bool]:
    return lambda step: (
        isinstance(step, kind)
        and all(getattr(step, name) == value for name, value in fields.items())
    )


def _leaves(step: Any) -> tuple[Any, ...]:
    del step
    return ()


def _one_more(row: Any) -> Any:
    return attrs.evolve(row, quantity=row.quantity + 1)


def _first_more(rows: tuple[Any, ...]) -> tuple[Any, ...]:
    return (_one_more(rows[0]), *rows[1:])


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda receipt: isinstance(receipt.command, kind) and receipt.rejected is None


def _doubled(amount: int) -> int:
    return 2 * amount


@attrs.frozen(kw_only=True)
class Planted:
    """
    One mistake.

    Attributes:
        what: In words.
        by: The number of the invariant that must name it.
        twist: How the commit is changed.
        store: Whether the store is told so.
        auditor: Whether the auditor is told so.
    """

    what: str
    by: str
    twist: Twist
    store: bool = False
    auditor: bool = True


def _written(what: str, by: str, twist: Twist) -> Planted:
    """
    The store alone has written something else.
    """
    return Planted(what=what, by=by, twist=twist, store=True, auditor=False)


def _decided(what: str, by: str, twist: Twist) -> Planted:
    """
    The engine has decided something else.
    """
    return Planted(what=what, by=by, twist=twist, store=True)


def _told(what: str, by: str, twist: Twist) -> Planted:
    """
    What was told is not what was decided.
    """
    return Planted(what=what, by=by, twist=twist)


_RELEASED = OrderReleased(status="released")

PLANTED: tuple[Planted, ...] = (
    # --- answers
    _told(
        "a refusal has another code",
        "reply",
        _receipt(
            lambda r: r.rejected is not None and r.rejected.code == "order_exists",
            rejected=lambda r: Rejected("shortage", r.reason),
        ),
    ),
    _decided("what is possible is refused", "reply", _refused_instead),
    _told("what is refused is accepted", "reply", _accepted_instead),
    _told(
        "a delivery is acknowledged and forgotten",
        "I23",
        _without(PackageDelivered),
    ),
    _told(
        "one command comes as another",
        "I12",
        _receipt(_is(CancelUnits), command=lambda c: attrs.evolve(c, reason="other")),
    ),
    # --- envelope
    _told("of another tenant", "I26", lambda c: attrs.evolve(c, tenant=TenantId("other"))),
    _told(
        "written to another stream",
        "I26",
        _receipt(_is(PickUnits), stream=lambda _: "order/O-2"),
    ),
    _told(
        "nobody acts",
        "I27",
        lambda c: attrs.evolve(c, actor=Actor(ActorKind.SYSTEM, "")),
    ),
    _told(
        "an instant without a zone",
        "I21",
        _receipt(_is(PickUnits), at=lambda at: at.replace(tzinfo=None)),
    ),
    _told(
        "a version is left out",
        "I17",
        _receipt(_is(PickUnits), from_version=lambda n: n + 1, to_version=lambda n: n + 1),
    ),
    _told("an update is lost", "I17", _without(UnitsPicked, counted=False)),
    _told(
        "a card number in a reason",
        "I25",
        _event(UnitsCanceled, reason=lambda _: "paid by 4111 1111-1111 1111 please"),
    ),
    # --- money
    _decided("a capture counts twice", "I8", _event(PaymentCaptured, amount_minor=_doubled)),
    _decided("a refund counts twice", "I8", _event(PaymentRefunded, amount_minor=_doubled)),
    _decided("a void counts twice", "I8", _event(AuthorizationVoided, amount_minor=_doubled)),
    _decided("an authorization is forgotten", "I8", _without(PaymentAuthorized)),
    _decided(
        "an authorization counts twice", "I8", _event(PaymentAuthorized, amount_minor=_doubled)
    ),
    _decided("too much is asked", "I8", _event(AuthorizationRequested, amount_minor=_doubled)),
    _decided(
        "a capture of a cent less", "I8", _event(CaptureRequested, amount_minor=lambda n: n - 1)
    ),
    _decided("a capture is not asked for", "I8", _without(CaptureRequested)),
    _decided("a refund is not asked for", "I8", _without(RefundRequested)),
    _decided("a refund for another purpose", "I8", _event(RefundRequested, purpose=lambda _: "x")),
    _decided(
        "a settled payment stays open", "I8", _event(PaymentCaptured, status=lambda _: "voided")
    ),
    _decided(
        "another currency is asked", "I20", _event(CaptureRequested, currency=lambda _: "USD")
    ),
    _decided(
        "a package costs a cent more", "I9", _event(PackageCharged, amount_minor=lambda n: n + 1)
    ),
    _decided("a grant of a cent less", "I9", _event(RefundGranted, amount_minor=lambda n: n - 1)),
    _decided("a return is granted nothing", "I5", _without(RefundGranted)),
    _written(
        "money is posted twice",
        "I7",
        _step(_of(Post, reason="capture"), lambda s: (s._replace(amount=2 * s.amount),)),
    ),
    _written("a refund is not posted", "I7", _step(_of(Post, reason="refund"), _leaves)),
    _told(
        "euros become mugs",
        "I7",
        _step(_of(Post, reason="capture"), lambda s: (s._replace(target="value|x|MUG||"),)),
    ),
    # --- stock
    _written(
        "a pick is not posted",
        "I2",
        _step(lambda s: isinstance(s, Post) and "|picked|" in s.target, _leaves),
    ),
    _written(
        "what left is still promised",
        "I3",
        _step(
            lambda s: isinstance(s, Post) and s.reason == "dispatch" and "promise" in s.source,
            _leaves,
        ),
    ),
    _written(
        "a canceled promise is kept", "I3", _step(_of(VoidPending, reason="canceled"), _leaves)
    ),
    _decided("a promise is forgotten", "I3", _step(_of(VoidPending, reason="canceled"), _leaves)),
    _told("a pick carries out no promise", "I3", _step(_of(PostPending), _leaves)),
    _told("a hold ends twice", "I4", _step(_of(VoidPending), lambda s: (s, s))),
    _decided("a cart's old hold stays", "I4", _step(_of(VoidPending, reason="replaced"), _leaves)),
    _decided("a cart lets nothing go", "I4", _step(_of(VoidPending, reason="released"), _leaves)),
    _decided("ordered units stay held", "I4", _step(_of(VoidPending, reason="ordered"), _leaves)),
    _decided(
        "a cart holds for an hour more",
        "I4",
        _step(
            _of(Pend, reason="reserve"),
            lambda s: (s._replace(expires_at=s.expires_at + timedelta(hours=1)),),
        ),
    ),
    _told(
        "held in another's name",
        "I4",
        _step(_of(Pend), lambda s: (s._replace(reference="order/O-9"),)),
    ),
    _told("nothing is moved", "I24", _step(_of(Post), lambda s: (s._replace(amount=0),))),
    _written(
        "received twice",
        "I2",
        _step(
            lambda s: isinstance(s, Post) and "|supplier|" in s.source,
            lambda s: (s, s._replace(id=f"{s.id}-again")),
        ),
    ),
    _decided(
        "damage is not written off",
        "I2",
        _step(lambda s: isinstance(s, Post) and "|shrinkage|" in s.target, _leaves),
    ),
    _decided(
        "damaged units are restocked",
        "I2",
        _step(
            lambda s: isinstance(s, Post) and "|damaged|" in s.target,
            lambda s: (s._replace(target=s.target.replace("damaged", "on_hand")),),
        ),
    ),
    # --- plans
    _decided("a dearer place sends it", "plan", _elsewhere("berlin", LYON)),
    _told("a place sends what it does not have", "I1", _elsewhere("berlin", TURIN)),
    _told("more is promised than wanted", "I6", _event(OrderPlaced, allocations=_first_more)),
    _told("less is promised than wanted", "I6", _event(OrderPlaced, allocations=lambda a: a[1:])),
    _told(
        "missing units are found twice",
        "I6",
        _event(UnitsSourcedAgain, allocations=_first_more),
    ),
    # --- units
    _decided("a unit is picked twice", "I6", _event(UnitsPicked, lines=_first_more)),
    _decided("a unit is missing twice", "I6", _event(UnitsMissing, lines=_first_more)),
    _decided("a unit is packed twice", "I6", _event(PackagePacked, lines=_first_more)),
    _decided("a box never leaves", "I6", _without(PackageShipped)),
    _decided("a return of one more", "I5", _event(ReturnReceived, lines=_first_more)),
    _decided("what left is not charged", "I5", _event(PackageCharged, lines=lambda _: ())),
    _decided("canceled units stay due", "I5", _event(UnitsCanceled, lines=lambda _: ())),
    _decided("a label of another carrier", "I23", _event(LabelPurchased, carrier=lambda _: "x")),
    # --- states
    _told("an order that has ended goes on", "I14", _also(ReturnAuthorized, _RELEASED)),
    _decided("an order never ends", "I18", _without(OrderEnded)),
    _decided("places never begin", "I6", _without(OrderReleased)),
    _decided("what does not fit is dropped", "I14", _without(AnomalyRecorded)),
    _decided(
        "a person is asked at once",
        "I15",
        lambda c: (
            attrs.evolve(
                c,
                events=(OperatorNeeded(effect_key=c.events[0].effect_key, reason="x"),),
            )
            if c.events and isinstance(c.events[0], AttemptFailed)
            else None
        ),
    ),
    _decided("a word to try again is lost", "I15", _without(EffectRetried)),
    _told(
        "an order is placed twice",
        "I12",
        _receipt(_is(PlaceOrder), command_id=lambda _: CommandId("k-1")),
    ),
)
