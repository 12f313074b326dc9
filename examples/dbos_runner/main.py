"""
A shop whose orders DBOS carries, in processes of their own: one sells, one works, one is killed.

    python examples/dbos_runner/main.py sell DSN [ORDER ...]
    python examples/dbos_runner/main.py work DSN [--die]
    python examples/dbos_runner/main.py wipe DSN
    python examples/dbos_runner/main.py redrive DSN
    python examples/dbos_runner/main.py tell DSN
"""

import argparse
import json
import os
import time
from pathlib import Path
from sys import path

import psycopg

path[:0] = [str(Path(__file__).resolve().parents[2])]  # so that it runs as a script, too

from dbos import DBOS, DBOSConfig  # noqa: E402

from examples.dbos_runner.runner import QUEUE, DbosRunner, register  # noqa: E402
from ordercore import (  # noqa: E402
    Destination,
    Engine,
    LineRequest,
    Place,
    PlaceOrder,
    PostgresStore,
    Product,
    ReceiveStock,
    StaticCatalog,
    StaticPlaces,
    Tender,
    UnitPrice,
)
from ordercore.fulfillment import ShippingRate  # noqa: E402
from ordercore.grammar import Outcome, Succeeded  # noqa: E402
from ordercore.payments import (  # noqa: E402
    AskAuthorization,
    AskCapture,
    AskRefund,
    AskVoid,
)
from ordercore.ports import ActingCapabilities  # noqa: E402
from ordercore.testing import FakeCarrier, NoTax  # noqa: E402

LEASE_S = 2
DONE_S = 60


class Provider:
    """A payment provider that remembers what it was made to do, in a table of its own."""

    capabilities = ActingCapabilities(lookup=True)

    def __init__(self, dsn: str, *, deadly: bool) -> None:
        self._dsn, self._deadly = dsn, deadly
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS acts (key text, amount bigint)")

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return self._act(ask.key, ask.amount_minor)

    def capture(self, ask: AskCapture) -> Outcome:
        return self._act(ask.key, ask.amount_minor)

    def void(self, ask: AskVoid) -> Outcome:
        return self._act(ask.key, 0)

    def refund(self, ask: AskRefund) -> Outcome:
        return self._act(ask.key, ask.amount_minor)

    def _act(self, key: str, amount: int) -> Outcome:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            connection.execute("INSERT INTO acts VALUES (%s, %s)", (key, amount))
        if self._deadly:
            os._exit(9)  # after the provider has acted, before anybody has heard of it
        return Succeeded(reference=key, account="acme", amount_minor=amount)

    def lookup(self, key: str) -> Outcome | None:
        with psycopg.connect(self._dsn) as connection:
            found = connection.execute("SELECT amount FROM acts WHERE key = %s", (key,)).fetchone()
        return Succeeded(reference=key, account="acme", amount_minor=found[0]) if found else None


def shop(dsn: str, *, deadly: bool = False) -> Engine:
    return Engine(
        store=PostgresStore(dsn, schema="shop", runner=DbosRunner()),
        catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
        places=StaticPlaces([Place(id="berlin", name="Berlin")]),
        payments=Provider(dsn, deadly=deadly),
        tax=NoTax(),
        carrier=FakeCarrier({"berlin": ShippingRate(place="berlin", package_minor=400)}),
        lease_s=LEASE_S,
    )


def launch(dsn: str) -> None:
    """Start DBOS: always under the same name and version, so that it recovers what was begun."""
    config: DBOSConfig = {
        "name": "shop",
        "system_database_url": dsn,
        "application_version": "1",
        "executor_id": "worker-1",
        "log_level": "ERROR",
    }
    DBOS(config=config)


def sell(dsn: str, names: list[str]) -> None:
    engine = shop(dsn)
    engine.submit(ReceiveStock(place="berlin", lines={"MUG": len(names)}))
    for name in names:
        command = PlaceOrder(
            order_id=name,
            currency="EUR",
            destination=Destination(country="DE", postal_area="10"),
            lines=(LineRequest(sku="MUG", quantity=1, unit_price=UnitPrice(1000)),),
            tenders=(Tender(method="card", token_ref="vault:1"),),  # noqa: S106 - a reference
        )
        engine.submit(command, key=f"place-{name}", perform=False)


def work(dsn: str, *, deadly: bool) -> None:
    """Serve until no workflow is waiting or under way."""
    engine = shop(dsn, deadly=deadly)
    launch(dsn)
    register(lambda _: engine)
    DBOS.launch()
    DBOS.register_queue(QUEUE, polling_interval_sec=0.1)
    ends = time.monotonic() + DONE_S
    busy = "SELECT 1 FROM dbos.workflow_status WHERE status IN ('ENQUEUED', 'PENDING')"
    while time.monotonic() < ends:
        with psycopg.connect(dsn) as connection:
            if connection.execute(busy).fetchone() is None:
                break
        time.sleep(0.1)
    DBOS.destroy()


def wipe(dsn: str) -> None:
    """Lose everything that DBOS knows."""
    with psycopg.connect(dsn) as connection:
        connection.execute("TRUNCATE dbos.workflow_status CASCADE")


def tell(dsn: str) -> None:
    engine = shop(dsn)
    with psycopg.connect(dsn) as connection:
        acts = [key for (key,) in connection.execute("SELECT key FROM acts ORDER BY key")]
    report = {
        "orders": list(engine.order_ids()),
        "acts": acts,
        "due_now": engine.enqueue_due(within_s=0),
        "verify": str(engine.verify()),
    }
    print(json.dumps(report))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("prepare", "sell", "work", "wipe", "redrive", "tell"))
    parser.add_argument("dsn")
    parser.add_argument("orders", nargs="*")
    parser.add_argument("--die", action="store_true")
    asked = parser.parse_args()
    if asked.what == "prepare":
        launch(asked.dsn)
        DBOS.launch()
        DBOS.destroy()
    elif asked.what == "sell":
        sell(asked.dsn, asked.orders)
    elif asked.what == "work":
        work(asked.dsn, deadly=asked.die)
    elif asked.what == "wipe":
        wipe(asked.dsn)
    elif asked.what == "redrive":
        print(shop(asked.dsn).enqueue_due())
    else:
        tell(asked.dsn)


if __name__ == "__main__":
    main()
