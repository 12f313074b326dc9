"""
Jobs of procrastinate: what a runner says to its tables, and when a job comes again.

*One waiting job a stream.* A queueing lock sees to that: a unique index over jobs that wait. A
commit that finds one must not leave it at that. It may be waiting for a later instant, so it is
moved forward. And it may be about to be taken by a worker that does not see the commit yet, would
find nothing to do, and end; so its row is locked by an update, even by one that changes nothing,
and workers pass over locked rows until the commit is there.

*No retries of procrastinate's.* Its ``RetryStrategy`` sets a job that failed back to waiting, which
fails where another job of the stream waits by then; and its ``max_attempts`` counts repetitions, so
that 3 are 4 runs. A job of ours always ends, and leaves another one behind for as long as the
stream owes something. How often an effect may fail is the engine's to bound, not the queue's.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, LiteralString

import psycopg
from procrastinate import App, BaseConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import JobDeferrer, Status

from ordercore.errors import OrderCoreError, PortUnavailable
from ordercore.ids import StreamId, TenantId

__all__ = [
    "MOVE_FORWARD",
    "READ_PATH",
    "SET_PATH",
    "TRIES_MAX",
    "Jobs",
    "failed",
    "in_seconds",
    "take_over",
]

#: How often a job is asked for that others make or take at the same moment.
TRIES_MAX: Final = 5

READ_PATH: Final = "SELECT current_setting('search_path')"
SET_PATH: Final = "SELECT set_config('search_path', %s, true)"
MOVE_FORWARD: Final[LiteralString] = """
UPDATE procrastinate_jobs SET scheduled_at = least(scheduled_at, %(at)s::timestamptz)
WHERE queueing_lock = %(lock)s AND status = 'todo'
"""


class Jobs:
    """
    How a runner's jobs are named and made.

    """

    __slots__ = ("_app", "name", "queue", "schema")

    def __init__(self, connector: BaseConnector, name: str, queue: str, schema: str | None) -> None:
        # Never opened: it writes on the connections that it is given, and on no other.
        self._app: Final = App(connector=connector)
        self.name: Final = name
        self.queue: Final = queue
        self.schema: Final = schema

    def moved(self, tenant: TenantId, stream: StreamId, at: datetime) -> dict[str, Any]:
        """
        Return the parameters of :data:`MOVE_FORWARD`.

        """
        return {"at": at, "lock": self._lock(tenant, stream)}

    def job(
        self,
        tenant: TenantId,
        stream: StreamId,
        at: datetime,
        *,
        app: App | None = None,
        connection: object = None,
    ) -> JobDeferrer:
        """
        Return a job that can be enqueued: by an app that is open, or on a connection.

        """
        return (app or self._app).configure_task(
            self.task,
            queue=self.queue,
            queueing_lock=self._lock(tenant, stream),
            schedule_at=at,
            task_kwargs={"tenant": tenant, "stream": stream},
            connection=connection,
        )

    def path(self, present: str) -> str:
        """
        Return a search path on which procrastinate's tables are found, too.

        """
        schema = (self.schema or "").replace('"', '""')
        return f'{present}, "{schema}"'

    @property
    def task(self) -> str:
        """
        The name of the task that performs a stream.

        """
        return f"{self.name}:perform"

    def _lock(self, tenant: TenantId, stream: StreamId) -> str:
        return f"{self.name}:{tenant}/{stream}"


def in_seconds(seconds: float) -> datetime:
    """
    Return when a job is to run, by the clock of the machine that enqueues it.

    """
    return datetime.now(UTC) + timedelta(seconds=seconds)


async def take_over(app: App, task: str, stalled_s: float) -> int:
    """
    Let jobs run again whose worker has given no sign of life; return how many there were.

    """
    manager = app.job_manager
    stalled: Sequence[Any] = list(
        await manager.get_stalled_jobs(task_name=task, seconds_since_heartbeat=stalled_s)
    )
    for job in stalled:
        try:
            await manager.retry_job(job)
        except ConnectorException:
            # Another job of the stream waits already, or somebody else has taken this one over.
            try:
                await manager.finish_job(job, Status.FAILED, delete_job=False)
            except ConnectorException:
                continue
    return len(stalled)


def failed(error: BaseException) -> BaseException:
    """
    Return what a store is to be told: the driver's own error, or that no job could be enqueued.

    A store knows what a lost connection means to its commit, so it is told what the driver said.
    """
    cause = error.__cause__
    if isinstance(cause, psycopg.Error | OrderCoreError):
        return cause
    return PortUnavailable("runner", " ".join(str(error).split()) or type(error).__name__)
