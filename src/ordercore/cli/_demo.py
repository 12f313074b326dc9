"""
The demonstration: one day of a small shop, on a real store, with a real crash.

Time is the story's own, hence a day takes seconds, and every run tells the same.
"""

import shlex
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from ordercore.cli import _scenes as before_noon
from ordercore.cli import _scenes_later as after_noon
from ordercore.cli._day import Day, eur
from ordercore.cli._narrator import Mark, Narrator
from ordercore.cli._shop import ANNA, MORNING, NAME, PLACES, Shop
from ordercore.cli._words import counted
from ordercore.errors import Rejected
from ordercore.orders import OrderPlaced, UnitsCanceled
from ordercore.payments import AuthorizationDeclined
from ordercore.testing import FakePaymentGateway, VirtualClock

__all__ = ["Figures", "run_demo"]

#: What a machine is told about the day.
Figures = dict[str, int | float | bool | dict[str, int]]

_SCENES: Final[tuple[Callable[[Day], None], ...]] = (
    before_noon.morning,
    before_noon.cart,
    before_noon.placement,
    before_noon.decline,
    before_noon.picking,
    after_noon.crash,
    after_noon.cancellation,
    after_noon.return_and_refund,
    after_noon.evening,
)


def run_demo(tell: Narrator, store: Path | None = None) -> Figures:
    """
    Live through the day and return its figures.

    Args:
        tell: To whom it is told.
        store: A new file to keep the day in; None forgets it.

    Raises:
        Rejected: ``store_exists``, ``no_folder``.
    """
    if store is None:
        # The store's own helper files may outlive it for a moment on some systems.
        with TemporaryDirectory(prefix="ordercore-", ignore_cleanup_errors=True) as folder:
            return _run(tell, Path(folder) / "shop.db", kept=False)
    if store.exists():
        raise Rejected("store_exists", f"{store} exists", legal=("the name of a new file",))
    if not store.parent.is_dir():
        raise Rejected("no_folder", f"there is no folder {store.parent}")
    return _run(tell, store, kept=True)


def _run(tell: Narrator, store: Path, *, kept: bool) -> Figures:
    started = time.perf_counter()
    clock = VirtualClock(MORNING)
    journal = store.with_name(f"{store.name}.provider")
    payments = FakePaymentGateway(clock, journal=journal)
    shop = Shop.open(store=store, payments=payments, clock=clock, process="shop")
    try:
        tell.title(
            NAME,
            f"A day of a small shop with {len(PLACES)} places, {MORNING:%A} {MORNING.day} "
            f"{MORNING:%B %Y}. Told by ordercore.",
        )
        day = Day(shop=shop, tell=tell, store=store, journal=journal)
        for scene in _SCENES:
            scene(day)
        figures = _figures(shop)
    finally:
        shop.store.close()
    figures["seconds"] = round(time.perf_counter() - started, 3)
    tell.note(
        Mark.DONE,
        f"{counted(int(str(figures['orders'])), 'order')}, {figures['packages']} packages, "
        f"{eur(int(str(figures['captured_minor'])))} captured, "
        f"{eur(int(str(figures['refunded_minor'])))} refunded; {figures['seconds']:.1f} s",
    )
    if kept:
        tell.say("The day is kept. Look at it with:")
        file = shlex.quote(str(store))
        tell.commands([f"ordercore timeline {file} {ANNA}", f"ordercore verify {file}"])
    return figures


def _figures(shop: Shop) -> Figures:
    """
    Count what happened, from the store and from the provider's own books.

    """
    engine = shop.engine
    ids = list(engine.order_ids())
    orders = [engine.order(order_id) for order_id in ids]
    events = [recorded.event for order_id in ids for recorded in engine.history(order_id)]
    captures = {
        key: count for key, count in sorted(shop.payments.actions.items()) if "/capture-" in key
    }
    looked_up = {key for operation, key in shop.payments.calls if operation == "lookup"}
    found = engine.verify()
    return {
        "orders": len(orders),
        "packages": sum(len(order.fulfillment.packages) for order in orders),
        "captured_minor": sum(order.payments.captured_minor for order in orders),
        "refunded_minor": sum(order.payments.refunded_minor for order in orders),
        "provider_captures": captures,
        "captures_at_most_once": max(captures.values(), default=0) <= 1,
        "splits": sum(
            event.plan.split_count > 1 for event in events if isinstance(event, OrderPlaced)
        ),
        "short_picks": sum(order.short_picks for order in orders),
        "declines": sum(isinstance(event, AuthorizationDeclined) for event in events),
        "resumed": len(looked_up),
        "canceled_units": sum(
            units.stop - units.start
            for event in events
            if isinstance(event, UnitsCanceled)
            for units in event.lines
            if units.line_id != "shipping"
        ),
        "returned_units": sum(
            units.quantity
            for order in orders
            for known in order.returns.returns
            if known.status == "inspected"
            for units in known.lines
        ),
        "ledger_balanced": found.balanced,
        "leaks": len(found.leaks),
    }
