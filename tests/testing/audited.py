"""
A shop whose store tells an auditor of every commit, and a seeded walk through its whole life.

"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from random import Random
from time import perf_counter
from typing import Any, cast

from ordercore.catalog import Product, SkuQuantity, StaticCatalog
from ordercore.engine import Engine
from ordercore.errors import InvalidData, Rejected
from ordercore.fulfillment import ShippingRate
from ordercore.grammar import (
    Actor,
    ActorKind,
    Command,
    Declined,
    Outcome,
    Recorded,
    Succeeded,
    Unknown,
)
from ordercore.ids import CommandId, OrderId, PlaceId, Sku, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.inventory import AdjustReason, AdjustStock, ReceiveStock
from ordercore.ledger import AccountId, Balance
from ordercore.money import UnitPrice
from ordercore.orders import (
    AddTender,
    AuthorizeReturn,
    CancelReturn,
    CancelUnits,
    CapturePayment,
    FulfillUnits,
    InspectReturn,
    LineRequest,
    Order,
    PackUnits,
    PickUnits,
    PlaceOrder,
    ReceiveReturn,
    RecordAnomaly,
    RecordAttempt,
    RecordDelivery,
    RecordOutcome,
    RecordPayment,
    ReleaseCart,
    ReportMissing,
    ReserveCart,
    RetryEffect,
    Rules,
    ShipPackage,
    SourceAgain,
    UnpackPackage,
)
from ordercore.parties import Destination
from ordercore.payments import Tender
from ordercore.places import Place, StaticPlaces
from ordercore.ports import Commit, Receipt, Store
from ordercore.stores import MemoryStore
from ordercore.testing import FakeCarrier, FakePaymentGateway, Fault, NoTax, VirtualClock
from ordercore.testing.simulation.auditor import Auditor

TENANT = TenantId("main")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)
HERE = Destination(country="DE")
SKUS = (Sku("MUG"), Sku("TEE"), Sku("TIN"))
PLACES = (PlaceId("berlin"), PlaceId("lyon"), PlaceId("turin"))
PRODUCTS = {sku: Product(sku=sku, name=sku.title()) for sku in SKUS}
OPENING = {place: 400 + 150 * n for n, place in enumerate(PLACES)}
UNIT = {PLACES[0]: 40, PLACES[1]: 10, PLACES[2]: 90}
CLERK = Actor(ActorKind.WAREHOUSE, "clerk-1")

Twist = Callable[[Commit], Commit]


def rate(place: PlaceId, units: int) -> int:
    return OPENING[place] + UNIT[place] * units


class ToldStore:
    """
    Passes everything on to a store, and every commit that it has accepted to an auditor.

    A twist on the way to the store is a store or an engine gone wrong; one on the way to the
    auditor is a witness gone wrong.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.auditor: Auditor | None = None
        self.to_store: Twist = lambda commit: commit
        self.to_auditor: Twist = lambda commit: commit
        self.between: Callable[[], None] = lambda: None
        self.seconds = 0.0
        self.commits = 0
        self._held = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def hold(self, tenant: TenantId) -> Iterator[None]:
        self._held += 1
        try:
            with self._store.hold(tenant):
                yield
        finally:
            self._held -= 1

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        self._pause()
        return self._store.load(tenant, stream, after)

    def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        self._pause()
        return self._store.balances(tenant, accounts, at)

    def _pause(self) -> None:
        if not self._held:
            self.between()

    def commit(self, commit: Commit) -> Receipt:
        self._pause()
        written = self.to_store(commit)
        receipt = self._store.commit(written)
        if receipt is written.receipt and self.auditor is not None:
            begun = perf_counter()
            self.auditor.wrote(self.to_auditor(commit))
            self.seconds += perf_counter() - begun
            self.commits += 1
        return receipt


class AuditedShop:
    """
    A shop under audit.

    """

    def __init__(self, rules: Rules | None = None, store: Store | None = None) -> None:
        self.clock = VirtualClock(START)
        self.rules = rules or Rules()
        kept = store or MemoryStore()
        self.store = ToldStore(kept)
        self.auditor = Auditor(TENANT, kept, self.rules, PRODUCTS, PLACES, rate)
        self.store.auditor = self.auditor
        self.gateway = FakePaymentGateway(self.clock)
        rates = {
            place: ShippingRate(place=place, package_minor=OPENING[place], unit_minor=UNIT[place])
            for place in PLACES
        }
        self.carrier = FakeCarrier(rates, clock=self.clock)
        self.keys = 0
        self.engine = self.new_engine()

    def _as_store(self) -> Store:
        return cast("Store", self.store)

    def new_engine(self) -> Engine:
        return Engine(
            store=self._as_store(),
            catalog=StaticCatalog(PRODUCTS.values()),
            places=StaticPlaces([Place(id=place, name=place.title()) for place in PLACES]),
            payments=self.gateway,
            tax=NoTax(),
            carrier=self.carrier,
            rules=self.rules,
            clock=self.clock,
            new_key=self.next_key,
            tenant=TENANT,
        )

    def next_key(self) -> str:
        self.keys += 1
        return f"k-{self.keys}"

    def do(self, command: Command, *, perform: bool = True) -> str:
        """
        Submit a command; returns the code of its refusal, or "".
        """
        key = CommandId(self.next_key())
        self.auditor.begun(key, command, self.clock())
        try:
            self.engine.submit(command, key=key, actor=CLERK, perform=perform)
        except Rejected as refusal:
            return refusal.code
        finally:
            self.auditor.ended(key, self.clock())
        return ""

    def receive(self, place: PlaceId = PLACES[0], **stock: int) -> None:
        lines = [SkuQuantity(sku, n) for sku, n in stock.items()]
        assert not self.do(ReceiveStock(place=place, lines=lines))

    def order(self, order_id: str = "O-1") -> Order:
        return self.engine.order(OrderId(order_id))

    def settle(self) -> None:
        for _ in range(50):
            self.clock.advance(hours=26)
            if not self.engine.run_pending():
                return


def line(sku: str = "MUG", quantity: int = 1, price: int = 1_000, **more: Any) -> LineRequest:
    return LineRequest(sku=Sku(sku), quantity=quantity, unit_price=UnitPrice(price), **more)


def wish(order_id: str = "O-1", *lines: LineRequest, **more: Any) -> PlaceOrder:
    more.setdefault("tenders", (Tender(method="card", token_ref="tok-1"),))
    return PlaceOrder(
        order_id=OrderId(order_id),
        currency="EUR",
        destination=HERE,
        lines=lines or (line(),),
        **more,
    )


def _has_work(order: Order) -> bool:
    return any(x.unhandled for work in order.fulfillment.orders for x in work.lines)


def _has_box(*statuses: str) -> Callable[[Order], bool]:
    return lambda order: any(box.status in statuses for box in order.fulfillment.packages)


def _has_return(status: str) -> Callable[[Order], bool]:
    return lambda order: any(known.status == status for known in order.returns.returns)


def _refused(order: Order) -> list[str]:
    return [r.request_id for r in order.payments.requests if r.waits_for_person]


def clash(mine: Command | None, rivals: Command) -> bool:
    """
    Say whether the engine is known not to keep two commands apart that come at one time.

    Two reservations of one cart are both held, and an order that is placed twice may be refused
    for want of the units that it has just been promised.
    """
    if isinstance(mine, ReserveCart) and isinstance(rivals, ReserveCart):
        return mine.cart_id == rivals.cart_id
    if isinstance(mine, PlaceOrder) and isinstance(rivals, PlaceOrder):
        return mine.order_id == rivals.order_id
    return False


class Walk:
    """
    One seed, one life of a shop: commands at random, most of them sensible, some not.

    """

    clash: Callable[[Command | None, Command], bool] = staticmethod(clash)

    def __init__(
        self,
        seed: int,
        rules: Rules | None = None,
        store: Store | None = None,
        *,
        rivals: float = 0.0,
    ) -> None:
        self.chance = Random(seed)
        chance = self.chance
        self.shop = AuditedShop(
            rules
            or Rules(
                buy_labels=chance.random() < 0.5,
                attempts_max=chance.choice((2, 5)),
                reservation_s=chance.choice((60, 1_800)),
            ),
            store,
        )
        self.rivals = rivals
        self.shop.store.between = self._rival
        self.mine, self.others = self.shop.engine, self.shop.new_engine()
        self._depth = 0
        self.under_way: Command | None = None
        self.refusals: dict[str, int] = {}
        self.done: dict[str, int] = {}
        self.orders = 0
        self.known: list[str] = []
        self.acts: Sequence[tuple[int, Callable[[], Command | None]]] = (
            (6, self._receive),
            (2, self._adjust),
            (4, self._reserve),
            (2, self._release),
            (10, self._place),
            (3, self._add_tender),
            (1, self._capture),
            (1, self._record_payment),
            (10, self._pick),
            (4, self._miss),
            (8, self._pack),
            (2, self._unpack),
            (9, self._ship),
            (6, self._fulfill),
            (8, self._deliver),
            (3, self._source),
            (5, self._cancel),
            (5, self._authorize_return),
            (5, self._receive_return),
            (5, self._inspect),
            (1, self._cancel_return),
            (6, self._outcome),
            (2, self._attempt),
            (1, self._anomaly),
            (4, self._retry),
        )

    def run(self, steps: int) -> None:
        chance = self.chance
        weights = [weight for weight, _ in self.acts]
        for _ in range(steps):
            if chance.random() < 0.1:
                self.shop.clock.advance(seconds=chance.choice((1, 70, 4_000, 90_000)))
            if chance.random() < 0.1:
                self._fault()
            if chance.random() < 0.2:
                self.shop.engine.run_pending()
            with suppress(InvalidData):  # a wish that is malformed by itself is never submitted
                ((_, act),) = chance.choices(self.acts, weights)
                command = act()
                if command is not None:
                    self._do(command)

    def _rival(self) -> None:
        """
        Let another process do something, right before the store is asked.
        """
        if self._depth or self.chance.random() >= self.rivals:
            return
        self._depth += 1
        try:
            self.shop.engine = self.others
            with suppress(InvalidData):
                ((_, act),) = self.chance.choices(self.acts, [weight for weight, _ in self.acts])
                again = self.under_way is not None and self.chance.random() < 0.5
                command = self.under_way if again else act()  # asked twice, or something else
                if command is not None and not self.clash(self.under_way, command):
                    self._do(command)
        finally:
            self.shop.engine = self.mine
            self._depth -= 1

    def _do(self, command: Command) -> None:
        if not self._depth:
            self.under_way = command
        code = self.shop.do(command, perform=self.chance.random() < 0.8)
        if not self._depth:
            self.under_way = None
        name = type(command).__name__
        if code:
            self.refusals[code] = self.refusals.get(code, 0) + 1
        else:
            self.done[name] = self.done.get(name, 0) + 1
            if isinstance(command, PlaceOrder):
                self.known.append(command.order_id)

    # --- what there is to choose from ---------------------------------------------------------

    def _fault(self) -> None:
        fault = self.chance.choice(list(Fault))
        operation = self.chance.choice(("authorize", "capture", "void", "refund"))
        self.shop.gateway.plan(operation, fault)
        self.shop.carrier.plan("buy_label", self.chance.choice(list(Fault)))

    def _order(self, fits: Callable[[Order], object] = bool) -> Order | None:
        """
        Choose one of the latest orders, mostly one that fits what is to be done.
        """
        if not self.known or self.chance.random() < 0.02:
            return None
        some = self.chance.sample(self.known[-10:], min(len(self.known[-10:]), 4))
        orders = [self.shop.order(name) for name in some]
        return next((order for order in orders if fits(order)), orders[0])

    def _order_id(self, order: Order | None) -> OrderId:
        return OrderId("O-none") if order is None else order.id

    def _some(self, lines: Collection[tuple[str, int]]) -> dict[str, int]:
        chosen = {
            line_id: self.chance.randint(1, most) if self.chance.random() < 0.95 else most + 1
            for line_id, most in lines
            if most > 0 and self.chance.random() < 0.8
        }
        if not chosen or self.chance.random() < 0.02:
            chosen["line-9"] = 1
        return chosen

    def _work(self, order: Order | None) -> Any:
        works = order.fulfillment.orders if order else ()
        open_works = [w for w in works if any(line.unhandled for line in w.lines)]
        return self.chance.choice(open_works or works) if works else None

    def _box(self, order: Order | None, *statuses: str) -> str:
        boxes = order.fulfillment.packages if order else ()
        fit = [box for box in boxes if box.status in statuses] or list(boxes)
        if not fit or self.chance.random() < 0.03:
            return "O-1/package-99"
        return self.chance.choice(fit).id

    # --- stock and carts ----------------------------------------------------------------------

    def _receive(self) -> Command:
        chance = self.chance
        place = chance.choice((*PLACES, *PLACES, *PLACES, PlaceId("nowhere")))
        skus = chance.sample((*SKUS, Sku("ODD")), chance.choice((1, 1, 2)))
        return ReceiveStock(place=place, lines={sku: chance.randint(1, 8) for sku in skus})

    def _adjust(self) -> Command:
        delta = self.chance.choice((-3, -2, -1, 1, 2))
        return AdjustStock(
            place=self.chance.choice(PLACES),
            lines={self.chance.choice(SKUS): delta},
            reason=AdjustReason.CORRECTION,
        )

    def _wants(self) -> list[SkuQuantity]:
        chance = self.chance
        return [
            SkuQuantity(
                chance.choice((*SKUS, *SKUS, *SKUS, Sku("ODD")))
                if chance.random() < 0.3
                else chance.choice(SKUS),
                chance.choice((1, 1, 2, 3, 6)),
                chance.choice((*PLACES, PlaceId("nowhere"))) if chance.random() < 0.15 else None,
            )
            for _ in range(chance.choice((1, 1, 2, 3)))
        ]

    def _cart(self) -> str:
        return f"C-{self.chance.randint(1, 4)}"

    def _reserve(self) -> Command:
        return ReserveCart(
            cart_id=self._cart(),
            currency="EUR",
            destination=HERE,
            lines=self._wants(),
            hold_s=self.chance.choice((None, 30, 5_000)),
        )

    def _release(self) -> Command:
        return ReleaseCart(cart_id=self._cart())

    # --- orders and money ---------------------------------------------------------------------

    def _place(self) -> Command:
        chance = self.chance
        again = self.known and chance.random() < 0.05
        if not again:
            self.orders += 1
        lines = [
            LineRequest(
                sku=want.sku,
                quantity=want.quantity,
                unit_price=UnitPrice(
                    chance.choice((999, 1_000, 1_250, 333)), chance.choice((1, 3))
                ),
                place=want.place,
            )
            for want in self._wants()
        ]
        token = chance.choice(("tok", "tok", "tok", "tok", "declined", "challenge"))
        tenders: list[Tender] = [Tender(method="card", token_ref=token)]
        if chance.random() < 0.3:
            amount = chance.choice((1, 400, 999, 100_000))
            tenders.insert(0, Tender(method="voucher", token_ref="gift", amount_minor=amount))
        if chance.random() < 0.1:
            tenders = []
        return PlaceOrder(
            order_id=OrderId(self.known[-1] if again else f"O-{self.orders}"),
            currency="EUR",
            lines=tuple(lines),
            destination=HERE,
            tenders=tuple(tenders),
            cart_id=self._cart() if chance.random() < 0.3 else None,
            shipping_minor=chance.choice((0, 0, 495)),
        )

    def _add_tender(self) -> Command:
        amount = self.chance.choice((None, None, 500))
        tender = Tender(method="card", token_ref="tok-2", amount_minor=amount)
        order = self._order(lambda known: known.status == "placed")
        return AddTender(order_id=self._order_id(order), tender=tender)

    def _capture(self) -> Command:
        order = self._order(lambda known: known.payments.has_capturable)
        amount = self.chance.choice((1, 200, 500, 20_000))
        return CapturePayment(order_id=self._order_id(order), amount_minor=amount)

    def _record_payment(self) -> Command:
        return RecordPayment(
            order_id=self._order_id(self._order()),
            method="transfer",
            amount_minor=self.chance.choice((100, 2_000)),
            currency=self.chance.choice(("EUR", "EUR", "EUR", "USD")),
            account="bank",
            reference=f"slip-{self.chance.randint(1, 30)}",
        )

    # --- work ---------------------------------------------------------------------------------

    def _at_work(self, kind: Any, state: str, **more: Any) -> Command:
        order = self._order(
            lambda known: any(
                getattr(x, state) for work in known.fulfillment.orders for x in work.lines
            )
        )
        work = self._work(order)
        lines = () if work is None else [(x.line_id, getattr(x, state)) for x in work.lines]
        return cast(
            "Command",
            kind(
                order_id=self._order_id(order),
                fulfillment_order_id="O-1/fo-99" if work is None else work.id,
                lines=self._some(lines),
                **more,
            ),
        )

    def _pick(self) -> Command:
        return self._at_work(PickUnits, "waiting", beyond_record=self.chance.random() < 0.3)

    def _miss(self) -> Command:
        return self._at_work(ReportMissing, "waiting")

    def _pack(self) -> Command:
        return self._at_work(PackUnits, "picked")

    def _fulfill(self) -> Command:
        how: dict[str, Any] = {"beyond_record": self.chance.random() < 0.3}
        if self.chance.random() < 0.6:
            order = self._order(_has_work)
            work = self._work(order)
            return FulfillUnits(
                order_id=self._order_id(order),
                fulfillment_order_id="O-1/fo-99" if work is None else work.id,
                tracking="T-1",
                **how,
            )
        return self._at_work(FulfillUnits, self.chance.choice(("unhandled", "picked")), **how)

    def _unpack(self) -> Command:
        order = self._order(_has_box("packed"))
        return UnpackPackage(
            order_id=self._order_id(order),
            package_id=self._box(order, "packed"),
        )

    def _ship(self) -> Command:
        order = self._order(_has_box("packed", "labeled"))
        return ShipPackage(
            order_id=self._order_id(order),
            package_id=self._box(order, "packed", "labeled"),
            tracking=self.chance.choice(("", "", "T-2")),
        )

    def _deliver(self) -> Command:
        order = self._order(_has_box("shipped"))
        return RecordDelivery(
            order_id=self._order_id(order),
            package_id=self._box(order, "shipped"),
        )

    def _source(self) -> Command:
        order = self._order(lambda known: any(x.unsourced for x in known.lines))
        return SourceAgain(order_id=self._order_id(order))

    # --- afterwards ---------------------------------------------------------------------------

    def _cancel(self) -> Command:
        order = self._order()
        lines = None
        if order is not None and self.chance.random() < 0.7:
            lines = self._some([(x.line_id, x.units.uncaptured) for x in order.lines])
        return CancelUnits(order_id=self._order_id(order), lines=lines)

    def _authorize_return(self) -> Command:
        order = self._order(_has_box("shipped", "delivered"))
        out = [] if order is None else order.lines
        there = [(x.line_id, order.fulfillment.shipped(x.line_id)) for x in out if order]
        return AuthorizeReturn(order_id=self._order_id(order), lines=self._some(there))

    def _return(self, order: Order | None, status: str) -> Any:
        known = order.returns.returns if order else ()
        fit = [r for r in known if r.status == status] or known
        return self.chance.choice(fit) if fit and self.chance.random() < 0.97 else None

    def _receive_return(self) -> Command:
        order = self._order(_has_return("authorized"))
        known = self._return(order, "authorized")
        lines = None
        if known is not None and self.chance.random() < 0.4:
            lines = self._some([(x.line_id, x.quantity) for x in known.lines])
        return ReceiveReturn(
            order_id=self._order_id(order),
            return_id="O-1/return-99" if known is None else known.id,
            place=self.chance.choice(PLACES),
            lines=lines,
        )

    def _inspect(self) -> Command:
        order = self._order(_has_return("received"))
        known = self._return(order, "received")
        damaged: dict[str, int] = {}
        if known is not None and self.chance.random() < 0.4:
            damaged = self._some([(x.line_id, x.quantity) for x in known.lines])
        return InspectReturn(
            order_id=self._order_id(order),
            return_id="O-1/return-99" if known is None else known.id,
            damaged=damaged,
            refund_shipping=self.chance.random() < 0.3,
        )

    def _cancel_return(self) -> Command:
        order = self._order(_has_return("authorized"))
        known = self._return(order, "authorized")
        return CancelReturn(
            order_id=self._order_id(order),
            return_id="O-1/return-99" if known is None else known.id,
        )

    # --- answers ------------------------------------------------------------------------------

    def _keys(self, order: Order | None) -> list[str]:
        if order is None:
            return []
        return [
            *(p.payment_id for p in order.payments.payments),
            *(r.request_id for r in order.payments.requests),
            *(f"{box.id}/label" for box in order.fulfillment.packages),
        ]

    def _key(self, order: Order | None) -> str:
        keys = self._keys(order)
        return self.chance.choice(keys) if keys and self.chance.random() < 0.97 else "O-1/odd"

    def _outcome(self) -> Command:
        chance, order = self.chance, self._order()
        amount = chance.choice((None, None, None, 7))
        outcomes: tuple[Outcome, ...] = (
            Succeeded(reference=f"r-{chance.randint(1, 99)}", account="acme", amount_minor=amount),
            Declined(code="no"),
            Unknown(reason="lost"),
        )
        outcome = chance.choice(outcomes)
        return RecordOutcome(
            order_id=self._order_id(order), effect_key=self._key(order), outcome=outcome
        )

    def _attempt(self) -> Command | None:
        order = self._order()
        key = self._key(order)
        if order is not None and any(
            tried.effect_key == key and tried.waits_for_operator for tried in order.attempts
        ):
            return None  # nobody tries what a person was asked about
        give_up = self.chance.random() < 0.3
        return RecordAttempt(
            order_id=self._order_id(order),
            effect_key=key,
            attempt=1,
            reason="away",
            give_up=give_up,
        )

    def _anomaly(self) -> Command:
        order = self._order()
        return RecordAnomaly(
            order_id=self._order_id(order), kind="amount_differs", subject=self._key(order)
        )

    def _retry(self) -> Command:
        order = self._order(lambda known: known.attempts or _refused(known))
        keys = [*([] if order is None else _refused(order)), self._key(order)]
        return RetryEffect(order_id=self._order_id(order), effect_key=keys[0])
