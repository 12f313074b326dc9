"""
Procrastinate as runner: jobs in the same PostgreSQL, enqueued in the commit's own transaction.

.. code-block:: python

    runner = ProcrastinateRunner()
    store = PostgresStore(dsn, runner=runner)
    engine = Engine(store=store, ...)

    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=dsn))  # in workers
    app.add_tasks_from(runner.tasks(engine), namespace=runner.name)
    app.run_worker(queues=[runner.queue])

Where a worker is killed, procrastinate leaves its job ``doing`` for ever. The task ``sweep`` takes
such jobs over, and enqueues what is due and has none; it runs once a minute, on any worker. So a
job that is lost, by whatever means, costs about a minute and nothing else.

Procrastinate's tables are found where the connection looks names up. A store with a ``schema`` of
its own looks there alone; then say ``schema=`` here too: where procrastinate's tables lie.
"""

import asyncio
from contextlib import suppress
from typing import Any, Final, final

import psycopg
from procrastinate import App, Blueprint, JobContext, PsycopgConnector, SyncPsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg.rows import tuple_row

from ordercore.engine import AsyncEngine, Engine
from ordercore.errors import InvalidDefinition, PortUnavailable
from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.runners._procrastinate_jobs import (
    MOVE_FORWARD,
    READ_PATH,
    SET_PATH,
    TRIES_MAX,
    Jobs,
    failed,
    in_seconds,
    take_over,
)

__all__ = ["AsyncProcrastinateRunner", "ProcrastinateRunner"]

#: How long a stream rests whose job has failed, in seconds.
_REST_S: Final = 15.0


class _Named:
    """
    What both runners are made of.

    """

    __slots__ = ("_jobs",)

    _jobs: Jobs

    @property
    def name(self) -> str:
        """
        The namespace that the tasks are to be added under.

        """
        return self._jobs.name

    @property
    def queue(self) -> str:
        """
        The queue that workers are to serve.

        """
        return self._jobs.queue

    async def take_over(self, app: App, *, stalled_s: float = 30) -> int:
        """
        Let jobs run again whose worker has given no sign of life; ``sweep`` does it by itself.

        Args:
            app: An app that is open.
            stalled_s: For how long; procrastinate's workers give one every 10 seconds.

        Returns:
            How many there were.
        """
        return await take_over(app, self._jobs.task, stalled_s)


@final
class ProcrastinateRunner(_Named):
    """
    Enqueues jobs of procrastinate for a :class:`~ordercore.PostgresStore`.

    Args:
        queue: In which queue jobs are put.
        name: The namespace of the tasks; shops that share procrastinate's tables have one each.
        schema: Where procrastinate's tables lie; None for wherever the connection looks.
    """

    __slots__ = ()

    def __init__(
        self, *, queue: str = "ordercore", name: str = "ordercore", schema: str | None = None
    ) -> None:
        self._jobs = Jobs(SyncPsycopgConnector(), name, queue, schema)

    def enqueue(
        self,
        connection: "psycopg.Connection[Any]",
        tenant: TenantId,
        stream: StreamId,
        not_before: Instant,
    ) -> None:
        """
        Enqueue a job; see :meth:`ordercore.ports.EffectRunner.enqueue`.

        Cost: one statement where a job waits, else four; with a ``schema`` three more.
        """
        jobs, path = self._jobs, ""
        cursor = psycopg.Cursor(connection, row_factory=tuple_row)
        if jobs.schema is not None:
            cursor.execute(READ_PATH)
            ((path,),) = cursor.fetchall()
            cursor.execute(SET_PATH, (jobs.path(path),))
        moved = jobs.moved(tenant, stream, not_before)
        job = jobs.job(tenant, stream, not_before, connection=connection)
        for _ in range(TRIES_MAX):
            if cursor.execute(MOVE_FORWARD, moved).rowcount:
                break
            try:
                with connection.transaction():
                    job.defer()
                break
            except AlreadyEnqueued:
                continue  # in between: it can be moved now, unless it was taken
            except ConnectorException as error:
                raise failed(error) from error
        else:
            raise PortUnavailable("runner", f"jobs of {stream} come and go too fast")
        if path:
            cursor.execute(SET_PATH, (path,))

    def tasks(self, *engines: Engine, sweep: str = "* * * * *", stalled_s: float = 30) -> Blueprint:
        """
        Return the tasks that a worker needs: ``perform`` and, once a minute, ``sweep``.

        Args:
            engines: One for each tenant whose jobs the worker may meet; their stores have a runner
                of this kind. They are called in threads.
            sweep: How often lost jobs are looked for, as cron writes it.
            stalled_s: For how long a worker has given no sign of life whose jobs are taken over.
        """
        shops = {engine.tenant: engine for engine in engines}
        tasks, jobs = Blueprint(), self._jobs

        def perform(context: JobContext, tenant: str, stream: str) -> None:
            wait: float | None = _REST_S
            try:
                wait = _shop(shops, tenant).perform(stream)
            finally:
                if wait is not None:
                    keys = TenantId(tenant), StreamId(stream), in_seconds(wait)
                    tables = context.app.connector.get_sync_connector()
                    tables.execute_query(MOVE_FORWARD, **jobs.moved(*keys))
                    with suppress(AlreadyEnqueued):  # the one that waits comes no later
                        jobs.job(*keys, app=context.app).defer()

        async def sweeping(context: JobContext, timestamp: int) -> None:
            await self.take_over(context.app, stalled_s=stalled_s)
            for engine in shops.values():
                await asyncio.to_thread(engine.enqueue_due, within_s=0)

        return _tasks(tasks, jobs, perform, sweeping, sweep)


@final
class AsyncProcrastinateRunner(_Named):
    """
    Enqueues jobs of procrastinate for a :class:`~ordercore.AsyncPostgresStore`.

    Args:
        queue: In which queue jobs are put.
        name: The namespace of the tasks; shops that share procrastinate's tables have one each.
        schema: Where procrastinate's tables lie; None for wherever the connection looks.
    """

    __slots__ = ()

    def __init__(
        self, *, queue: str = "ordercore", name: str = "ordercore", schema: str | None = None
    ) -> None:
        self._jobs = Jobs(PsycopgConnector(), name, queue, schema)

    async def enqueue(
        self,
        connection: "psycopg.AsyncConnection[Any]",
        tenant: TenantId,
        stream: StreamId,
        not_before: Instant,
    ) -> None:
        """
        Enqueue a job; see :meth:`ordercore.ports.AsyncEffectRunner.enqueue`.

        Cost: one statement where a job waits, else four; with a ``schema`` three more.
        """
        jobs, path = self._jobs, ""
        cursor = psycopg.AsyncCursor(connection, row_factory=tuple_row)
        if jobs.schema is not None:
            await cursor.execute(READ_PATH)
            ((path,),) = await cursor.fetchall()
            await cursor.execute(SET_PATH, (jobs.path(path),))
        moved = jobs.moved(tenant, stream, not_before)
        job = jobs.job(tenant, stream, not_before, connection=connection)
        for _ in range(TRIES_MAX):
            if (await cursor.execute(MOVE_FORWARD, moved)).rowcount:
                break
            try:
                async with connection.transaction():
                    await job.defer_async()
                break
            except AlreadyEnqueued:
                continue  # in between: it can be moved now, unless it was taken
            except ConnectorException as error:
                raise failed(error) from error
        else:
            raise PortUnavailable("runner", f"jobs of {stream} come and go too fast")
        if path:
            await cursor.execute(SET_PATH, (path,))

    def tasks(
        self, *engines: AsyncEngine, sweep: str = "* * * * *", stalled_s: float = 30
    ) -> Blueprint:
        """
        Return the tasks that a worker needs: ``perform`` and, once a minute, ``sweep``.

        Args:
            engines: One for each tenant whose jobs the worker may meet; their stores have a runner
                of this kind. They are awaited.
            sweep: How often lost jobs are looked for, as cron writes it.
            stalled_s: For how long a worker has given no sign of life whose jobs are taken over.
        """
        shops = {engine.tenant: engine for engine in engines}
        tasks, jobs = Blueprint(), self._jobs

        async def perform(context: JobContext, tenant: str, stream: str) -> None:
            wait: float | None = _REST_S
            try:
                wait = await _shop(shops, tenant).perform(stream)
            finally:
                if wait is not None:
                    keys = TenantId(tenant), StreamId(stream), in_seconds(wait)
                    tables = context.app.connector
                    await tables.execute_query_async(MOVE_FORWARD, **jobs.moved(*keys))
                    with suppress(AlreadyEnqueued):  # the one that waits comes no later
                        await jobs.job(*keys, app=context.app).defer_async()

        async def sweeping(context: JobContext, timestamp: int) -> None:
            await self.take_over(context.app, stalled_s=stalled_s)
            for engine in shops.values():
                await engine.enqueue_due(within_s=0)

        return _tasks(tasks, jobs, perform, sweeping, sweep)


def _shop(shops: Any, tenant: str) -> Any:  # noqa: ANN401 - an engine of either kind
    engine = shops.get(tenant)
    if engine is None:
        raise InvalidDefinition(f"this worker has no engine for tenant {tenant}")
    return engine


def _tasks(tasks: Blueprint, jobs: Jobs, perform: Any, sweeping: Any, sweep: str) -> Blueprint:  # noqa: ANN401 - of either kind
    tasks.task(name="perform", queue=jobs.queue, pass_context=True)(perform)
    task = tasks.task(
        name="sweep", queue=jobs.queue, pass_context=True, queueing_lock=f"{jobs.name}:sweep"
    )(sweeping)
    tasks.periodic(cron=sweep)(task)
    return tasks
