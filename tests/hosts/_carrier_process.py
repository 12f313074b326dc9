"""
A worker of procrastinate in a process of its own.

python -m tests.hosts._carrier_process DSN SCHEMA JOBS KIND [die]

The shop's tables lie in SCHEMA, procrastinate's in JOBS.

KIND is "blocking" or "awaited". With "die" the process ends in the middle of the first call to the
provider, after the provider has acted: no handler runs, nothing is given back.
"""

import asyncio
import os
import sys
from typing import Any

import procrastinate
import psycopg
from psycopg.conninfo import make_conninfo

from ordercore import AsyncEngine, AsyncPostgresStore, Engine, PostgresStore
from ordercore.grammar import Outcome, Succeeded
from ordercore.payments import AskAuthorization, AskCapture, AskRefund, AskVoid
from ordercore.ports import ActingCapabilities
from ordercore.runners.procrastinate import AsyncProcrastinateRunner, ProcrastinateRunner
from tests.hosts.houses import Ports

__all__ = ["LEASE_S", "Provider", "blocking", "jobs_dsn", "work"]

LEASE_S = 1
Ask = AskAuthorization | AskCapture | AskRefund | AskVoid


class Provider:
    """A payment provider that all processes ask: a table, written whatever the asker does."""

    capabilities = ActingCapabilities(lookup=True)

    def __init__(self, dsn: str, schema: str, *, deadly: bool = False) -> None:
        self._dsn, self._table, self._deadly = dsn, f'"{schema}".provider', deadly
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute(
                f"CREATE TABLE IF NOT EXISTS {self._table} (key text, amount int)".encode()
            )

    def authorize(self, ask: AskAuthorization) -> Outcome:
        return self._act(ask, ask.amount_minor)

    def capture(self, ask: AskCapture) -> Outcome:
        return self._act(ask, ask.amount_minor)

    def void(self, ask: AskVoid) -> Outcome:
        return self._act(ask, 0)

    def refund(self, ask: AskRefund) -> Outcome:
        return self._act(ask, ask.amount_minor)

    def lookup(self, key: str) -> Outcome | None:
        found = [amount for name, amount in self.acts() if name == key]
        return Succeeded(reference=key, account="acme", amount_minor=found[0]) if found else None

    def acts(self) -> list[tuple[str, int]]:
        """Return everything that it was made to do, in any order, repetitions included."""
        with psycopg.connect(self._dsn) as connection:
            text = f"SELECT key, amount FROM {self._table}"  # noqa: S608 - its own name
            return connection.execute(text.encode()).fetchall()

    def _act(self, ask: Ask, amount: int) -> Outcome:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            text = f"INSERT INTO {self._table} VALUES (%s, %s)"  # noqa: S608 - its own name
            connection.execute(text.encode(), (ask.key, amount))
        if self._deadly:
            os._exit(9)
        return Succeeded(reference=ask.key, account="acme", amount_minor=amount)


def jobs_dsn(dsn: str, jobs: str) -> str:
    """Say how to reach procrastinate's tables."""
    return make_conninfo(dsn, options=f"-c search_path={jobs}")


def ports_of(provider: Provider) -> dict[str, Any]:
    ports: dict[str, Any] = {**Ports().guarded, "payments": provider}
    return {**ports, "lease_s": LEASE_S}


def blocking(
    dsn: str, schema: str, jobs: str, provider: Provider
) -> tuple[Engine, ProcrastinateRunner]:
    runner = ProcrastinateRunner(schema=jobs, name=schema, queue=schema)
    store = PostgresStore(dsn, schema=schema, runner=runner)
    return Engine(store=store, **ports_of(provider)), runner


def awaited(
    dsn: str, schema: str, jobs: str, provider: Provider
) -> tuple[AsyncEngine, AsyncProcrastinateRunner]:
    runner = AsyncProcrastinateRunner(schema=jobs, name=schema, queue=schema)
    store = AsyncPostgresStore(dsn, schema=schema, runner=runner)
    return AsyncEngine(store=store, **ports_of(provider)), runner


async def work(dsn: str, schema: str, jobs: str, kind: str, provider: Provider) -> None:
    """Serve what waits, and end when nothing does."""
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=jobs_dsn(dsn, jobs)))
    async with app.open_async():
        if kind == "blocking":
            engine, runner = blocking(dsn, schema, jobs, provider)
            app.add_tasks_from(runner.tasks(engine), namespace=runner.name)
        else:
            other, following = awaited(dsn, schema, jobs, provider)
            app.add_tasks_from(following.tasks(other), namespace=following.name)
        await app.run_worker_async(
            queues=[schema], wait=False, listen_notify=False, install_signal_handlers=False
        )


if __name__ == "__main__":
    dsn, schema, jobs, kind, *rest = sys.argv[1:]
    asyncio.run(work(dsn, schema, jobs, kind, Provider(dsn, schema, deadly=bool(rest))))
