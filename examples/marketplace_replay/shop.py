"""
The shop that the replay runs: sellers as places, and ports for a world that has happened already.

Nothing is authorized, taxed or labeled: the source tells what was paid and when boxes left. The
one thing the shop does of its own is to pay back what a canceled order had paid; the source has
no refunds, so the stand-in for the marketplace's cashier says yes.
"""

from collections.abc import Callable, Sequence
from typing import Final

from examples.marketplace_replay.journal import Journal
from ordercore import (
    Engine,
    Place,
    PlaceKind,
    Product,
    ReleaseWhen,
    Rules,
    StaticCatalog,
    StaticPlaces,
)
from ordercore.errors import PortUnavailable
from ordercore.fulfillment import AskLabel, ShippingRate, ShippingRates
from ordercore.grammar import Outcome, Succeeded
from ordercore.ids import PlaceId, Sku
from ordercore.instants import Instant
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities, Store
from ordercore.totals import TaxOn, TaxQuote

__all__ = ["ACCOUNT", "MARKETPLACE_RULES", "Clock", "open_shop"]

#: In whose statement the payments stand.
ACCOUNT: Final = "marketplace"

#: Sellers begin at once, whatever becomes of the payment: the source has dispatches before
#: approvals. Prices are what buyers paid, taxes included and not told. Boxes need no label.
MARKETPLACE_RULES: Final = Rules(
    release=ReleaseWhen.IMMEDIATELY, prices_include_tax=True, buy_labels=False
)


class Clock:
    """
    A clock that stands at the recorded time of the fact that is being told.

    """

    def __init__(self, now: Instant) -> None:
        self.now = now

    def __call__(self) -> Instant:
        return self.now


class Cashier:
    """
    Money comes in by itself and is recorded; only refunds are asked for.

    """

    # The same key is the same answer for ever: a refund that was cut off may be asked for again.
    capabilities = ActingCapabilities(idempotency_s=1_000_000_000)

    def authorize(self, ask: AskAuthorization) -> Outcome:
        raise PortUnavailable("payments", f"nothing is authorized here: {ask.key}")

    def capture(self, ask: AskCapture) -> Outcome:
        raise PortUnavailable("payments", f"nothing is captured here: {ask.key}")

    def void(self, ask: AskVoid) -> Outcome:
        raise PortUnavailable("payments", f"nothing is voided here: {ask.key}")

    def refund(self, ask: AskRefund) -> Outcome:
        return Succeeded(reference=f"refund-of-{ask.key}", account=ACCOUNT)

    def lookup(self, key: str) -> Outcome | None:
        return None


class NoTax:
    """
    The source tells no taxes.

    """

    def quote(self, question: TaxOn) -> TaxQuote:
        return TaxQuote()


class SellersShip:
    """
    Every seller ships everywhere; what it costs the seller is not told.

    """

    capabilities = ActingCapabilities()

    def rates(self, question: ShippingRates) -> Sequence[ShippingRate]:
        return [ShippingRate(place=place, package_minor=0) for place in question.places]

    def buy_label(self, ask: AskLabel) -> Outcome:
        raise PortUnavailable("carrier", f"sellers label their own boxes: {ask.key}")

    def lookup(self, key: str) -> Outcome | None:
        return None


def open_shop(journal: Journal, store: Store, clock: Callable[[], Instant]) -> Engine:
    """
    Make an engine for what the source sells.

    """
    catalog = StaticCatalog(
        Product(sku=Sku(sku), name=name, weight_g=weight_g)
        for sku, name, weight_g in journal.products()
    )
    places = StaticPlaces(
        Place(id=PlaceId(seller), name=name, kind=PlaceKind.SUPPLIER, country="BR")
        for seller, name in journal.sellers()
    )
    return Engine(
        store=store,
        catalog=catalog,
        places=places,
        payments=Cashier(),
        tax=NoTax(),
        carrier=SellersShip(),
        rules=MARKETPLACE_RULES,
        clock=clock,
        # One process replays one store, so whoever had this name before is dead.
        worker="replay",
    )
