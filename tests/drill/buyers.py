"""
Eight processes of twenty-five buyers each, who all want the same unit at the same moment.

python -m tests.drill.buyers LOCATION

For each line of input, the name of a SKU, all of them ask for one of it at once: every other buyer
holds it in a cart, the others order it. How many of them got it is printed as a line of JSON, with
what the others were told.
"""

import json
import os
import sys
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import IO, Final

from ordercore import (
    Destination,
    Engine,
    LineRequest,
    Place,
    PlaceOrder,
    Product,
    Rejected,
    ReserveCart,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate
from ordercore.instants import Instant
from ordercore.ports import Store
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax
from tests.drill.shop import opened

PROCESSES: Final = 8
BUYERS: Final = 25
HOME: Final = Destination(country="DE")
UNITS: Final = tuple(f"UNIT-{run}" for run in range(100))


def now() -> Instant:
    return datetime.now(UTC)


def engine_over(store: Store) -> Engine:
    return Engine(
        store=store,
        catalog=StaticCatalog([Product(sku=sku, name=sku) for sku in UNITS]),
        places=StaticPlaces([Place(id=place, name=place) for place in ("berlin", "lyon")]),
        payments=FakePaymentGateway(now),
        tax=NoTax(),
        carrier=FakeCarrier(
            {place: ShippingRate(place=place, package_minor=400) for place in ("berlin", "lyon")}
        ),
        clock=now,
    )


def buy(engine: Engine, name: str, sku: str) -> str:
    """Ask for one unit, as a cart or as an order; return "" where one gets it."""
    number = int(name.rpartition("-")[2])
    try:
        if number % 2:
            engine.submit(
                ReserveCart(
                    cart_id=f"C-{sku}-{name}",
                    currency="EUR",
                    destination=HOME,
                    lines={sku: 1},
                    hold_s=86_400,
                )
            )
        else:
            engine.submit(
                PlaceOrder(
                    order_id=f"O-{sku}-{name}",
                    currency="EUR",
                    destination=HOME,
                    lines=(LineRequest(sku=sku, quantity=1, unit_price=UnitPrice(999)),),
                    tenders=(Tender(method="card", token_ref="vault:card"),),
                )
            )
    except Rejected as refusal:
        return refusal.code
    return ""


def at_once(pool: ThreadPoolExecutor, buyers: int, one: Callable[[int], str]) -> Counter[str]:
    start = threading.Barrier(buyers)

    def begin(n: int) -> str:
        start.wait(timeout=60)
        return one(n)

    return Counter(pool.map(begin, range(buyers)))


def serve(location: str, name: str, asked: IO[str], told: IO[str]) -> None:
    """What one of the processes does."""
    engine = engine_over(opened(location))
    with ThreadPoolExecutor(BUYERS) as pool:
        for line in asked:
            sku = line.strip()
            found = at_once(pool, BUYERS, lambda n, sku=sku: buy(engine, f"{name}-{n}", sku))  # type: ignore[misc]
            print(json.dumps(found), file=told, flush=True)


def main() -> None:
    location = sys.argv[1]
    opened(location).close()
    lines: list[tuple[IO[str], IO[str]]] = []
    for n in range(PROCESSES):
        down, up = os.pipe(), os.pipe()
        if not os.fork():
            for asked, told in lines:
                asked.close()
                told.close()
            os.close(down[1])
            os.close(up[0])
            try:
                serve(location, f"p{n}", os.fdopen(down[0]), os.fdopen(up[1], "w"))
            finally:
                os._exit(0)
        os.close(down[0])
        os.close(up[1])
        lines.append((os.fdopen(down[1], "w"), os.fdopen(up[0])))
    for line in sys.stdin:
        for asked, _ in lines:
            asked.write(line)
            asked.flush()
        found = Counter[str]()
        for _, told in lines:
            found.update(json.loads(told.readline()))
        print(json.dumps(found), flush=True)  # noqa: T201 - the answer to the parent


if __name__ == "__main__":
    main()
