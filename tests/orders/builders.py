"""
A small shop to test with: an engine over a store in memory and a world that answers as told.

"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from ordercore.catalog import Product, StaticCatalog
from ordercore.engine import Engine, Submitted
from ordercore.errors import OrderCoreError, PortUnavailable
from ordercore.fulfillment import AskLabel, FulfillmentOrder, Package, ShippingRate, ShippingRates
from ordercore.grammar import Command, Effect, Outcome, Succeeded, Unknown
from ordercore.ids import OrderId, PlaceId, Sku, TenantId
from ordercore.instants import Instant
from ordercore.inventory import ReceiveStock
from ordercore.money import UnitPrice
from ordercore.orders import (
    FulfillUnits,
    LineRequest,
    Order,
    PlaceOrder,
    RecordDelivery,
    Rules,
)
from ordercore.parties import Destination
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid, Tender
from ordercore.places import Place, StaticPlaces
from ordercore.ports import ActingCapabilities, Catalog
from ordercore.stores import MemoryStore
from ordercore.testing import FakeTax

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
GERMANY = Destination(country="DE")
SKUS = ("MUG", "TEE", "TIN")
PLACES = ("berlin", "lyon", "turin")
PRODUCTS = tuple(Product(sku=Sku(s), name=s.title(), weight_g=100 * n) for n, s in enumerate(SKUS))
CARD = Tender(method="card", token_ref="tok-1")
TENANT = TenantId("main")

#: What a port is told to do: an answer, an error, or an error after it has acted.
Answer = Outcome | OrderCoreError | Callable[[], OrderCoreError]


class Clock:
    """
    Goes on by a second a look, so no two facts share an instant by accident.

    """

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> Instant:
        self.now += timedelta(seconds=1)
        return self.now

    def advance(self, **by: int) -> None:
        self.now += timedelta(**by)


class ScriptedPort:
    """
    Answers what it was told to answer next, by operation; otherwise it acts.

    It remembers what it did under a key: where it promises lookup or idempotency it keeps to it.
    """

    def __init__(self, capabilities: ActingCapabilities) -> None:
        self.capabilities = capabilities
        self.asked: list[tuple[str, Effect]] = []
        self.acted: Counter[str] = Counter()
        self.moved: Counter[str] = Counter()
        self._answers: dict[str, list[Answer]] = {}
        self._known: dict[str, Outcome] = {}
        self._numbers = count(1)

    def tell(self, operation: str, *answers: Answer) -> None:
        self._answers.setdefault(operation, []).extend(answers)

    def forget(self) -> None:
        self._answers.clear()

    def lookup(self, key: str) -> Outcome | None:
        return self._known.get(key)

    def _ask(self, operation: str, ask: Effect, account: str) -> Outcome:
        self.asked.append((operation, ask))
        told = self._answers.get(operation)
        answer = told.pop(0) if told else None
        if isinstance(answer, OrderCoreError):
            raise answer
        if ask.key in self._known and self.capabilities.idempotency_s:
            return self._known[ask.key]
        if answer is not None and not callable(answer):
            if not isinstance(answer, Succeeded | Unknown):
                self._known[ask.key] = answer
            return answer
        self.acted[ask.key] += 1
        self.moved[operation] += getattr(ask, "amount_minor", 0)
        outcome = Succeeded(reference=f"{operation}-{next(self._numbers)}", account=account)
        self._known[ask.key] = outcome
        if answer is not None:
            raise answer()
        return outcome


class Payments(ScriptedPort):
    """
    A payment provider.

    """

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return self._ask("authorize", ask, "pay")

    def capture(self, ask: AskCapture) -> Outcome:
        return self._ask("capture", ask, "pay")

    def void(self, ask: AskVoid) -> Outcome:
        return self._ask("void", ask, "pay")

    def refund(self, ask: AskRefund) -> Outcome:
        return self._ask("refund", ask, "pay")


class Post(ScriptedPort):
    """
    A carrier that quotes by distance in the alphabet and sells labels.

    """

    away = 0
    serves: tuple[str, ...] = PLACES

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        if self.away:
            self.away -= 1
            raise PortUnavailable("carrier", "no rates today")
        return [
            ShippingRate(place=place, package_minor=400 + 100 * n, unit_minor=10)
            for n, place in enumerate(question.places)
            if place in self.serves
        ]

    def buy_label(self, ask: AskLabel) -> Outcome:
        return self._ask("label", ask, "post")


LOOKUP = ActingCapabilities(lookup=True)
BLIND = ActingCapabilities()


class Shop:
    """
    An engine, its store and its world.

    """

    more_places: tuple[Place, ...] = ()

    def catalog(self) -> Catalog:
        return StaticCatalog(PRODUCTS)

    def __init__(
        self,
        *,
        rules: Rules | None = None,
        percent: int = 0,
        capabilities: ActingCapabilities = LOOKUP,
        places: Sequence[Place] = (),
        store: Any = None,
    ) -> None:
        self.clock = Clock()
        self.store: MemoryStore = store or MemoryStore()
        self.places = tuple(places) or tuple(Place(id=PlaceId(p), name=p.title()) for p in PLACES)
        self.pay = Payments(capabilities)
        self.post = Post(capabilities)
        self.tax = FakeTax(
            {("DE", tax_class): 100 * percent for tax_class in ("standard", "shipping")}
        )
        self.rules = rules or Rules(buy_labels=False)
        self._keys = count(1)
        self.engine = self.new_engine()

    def new_engine(self) -> Engine:
        return Engine(
            store=self.store,
            catalog=self.catalog(),
            places=StaticPlaces([*self.places, *self.more_places]),
            payments=self.pay,
            tax=self.tax,
            carrier=self.post,
            rules=self.rules,
            clock=self.clock,
            new_key=lambda: f"cmd-{next(self._keys)}",
        )

    def do(self, command: Command, **how: Any) -> Submitted:
        return self.engine.submit(command, **how)

    def receive(self, stock: Mapping[str, int], place: str = "berlin") -> None:
        self.do(ReceiveStock(place=PlaceId(place), lines=stock))

    def place(self, order_id: str = "O-1", **wish: Any) -> Order:
        self.do(order_of(order_id, **wish))
        return self.order(order_id)

    def order(self, order_id: str = "O-1") -> Order:
        return self.engine.order(order_id)

    def work(self, order_id: str = "O-1", n: int = 0) -> FulfillmentOrder:
        return self.order(order_id).fulfillment.orders[n]

    def package(self, order_id: str = "O-1", n: int = -1) -> Package:
        return self.order(order_id).fulfillment.packages[n]

    def send(
        self,
        order_id: str = "O-1",
        lines: Mapping[Any, int] | None = None,
        *,
        n: int = 0,
        deliver: bool = False,
        perform: bool = True,
    ) -> Package:
        self.do(
            FulfillUnits(
                order_id=OrderId(order_id),
                fulfillment_order_id=self.work(order_id, n).id,
                lines=lines,
            ),
            perform=perform,
        )
        package = self.package(order_id)
        if deliver:
            self.do(RecordDelivery(order_id=OrderId(order_id), package_id=package.id))
        return package

    def stock(self, sku: str = "MUG", place: str = "berlin") -> tuple[int, int, int]:
        (level,) = self.engine.availability(sku, places=(place,))
        return level.on_hand, level.allocated, level.available

    def settle(self, days: int = 0) -> None:
        """
        Let time go by until nothing is due any more.

        """
        for _ in range(60):
            if days:
                self.clock.advance(days=days)
            if not self.engine.run_pending():
                return

    def state(self) -> tuple[object, ...]:
        """
        Everything that a refused command must leave alone.

        """
        store = self.store
        return (
            tuple((s, len(store.load(TENANT, s))) for s in store.streams(TENANT)),
            tuple(store.accounts(TENANT)),
            tuple(store.pendings(TENANT)),
            sum(1 for _ in store.entries(TENANT)),
            tuple(self.pay.asked),
            tuple(self.post.asked),
        )


def line_of(sku: str = "MUG", quantity: int = 1, price: int = 1000, **more: Any) -> LineRequest:
    return LineRequest(sku=Sku(sku), quantity=quantity, unit_price=UnitPrice(price), **more)


def order_of(
    order_id: str = "O-1",
    *,
    lines: Sequence[LineRequest] = (),
    tenders: Sequence[Tender] = (CARD,),
    currency: str = "EUR",
    destination: Destination = GERMANY,
    **more: Any,
) -> PlaceOrder:
    return PlaceOrder(
        order_id=OrderId(order_id),
        currency=currency,
        lines=tuple(lines) or (line_of(),),
        destination=destination,
        tenders=tuple(tenders),
        **more,
    )


def tender(method: str = "card", amount: int | None = None) -> Tender:
    return Tender(method=method, token_ref=f"tok-{method}", amount_minor=amount)


def shop(stock: Mapping[str, int] | None = None, place: str = "berlin", **how: Any) -> Shop:
    """
    A shop with some stock at one place.

    """
    made = Shop(**how)
    if stock:
        made.receive(stock, place)
    return made
