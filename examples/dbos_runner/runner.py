"""
DBOS as runner: each commit that leaves something due enqueues a workflow in its own transaction.

The workflow is enqueued by the SQL function that DBOS puts beside its tables, on the connection of
the commit; so it exists if, and only if, the commit does. Its arguments are portable JSON: the
name of the shop and of the stream, and nothing of an order.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from dbos import DBOS
from psycopg import Connection

from ordercore import Engine

QUEUE = "ordercore"
#: A wait beyond this is left to the workflow of the commit that caused it, which sleeps already.
SOON_S = 60
#: How often one workflow looks again at what somebody else is at.
LOOKS_MAX = 100
ENQUEUE = """
SELECT dbos.enqueue_workflow(
    workflow_name => 'carry', queue_name => %s,
    positional_args => ARRAY[to_json(%s::text), to_json(%s::text)],
    delay_until_epoch_ms => CASE WHEN %s > now() THEN
        (extract(epoch FROM %s) * 1000)::bigint END
)
"""


class DbosRunner:
    """Tells DBOS what falls due; see ``ordercore.ports.EffectRunner``."""

    def enqueue(
        self, connection: Connection[Any], tenant: str, stream: str, not_before: datetime
    ) -> None:
        connection.execute(ENQUEUE, (QUEUE, tenant, stream, not_before, not_before))


def register(engine_of: Callable[[str], Engine]) -> None:
    """Declare the workflow; before ``DBOS.launch()``."""

    @DBOS.step(name="perform")
    def perform(tenant: str, stream: str) -> float | None:
        return engine_of(tenant).perform(stream)

    @DBOS.workflow(name="carry")
    def carry(tenant: str, stream: str) -> int:
        for looks in range(1, LOOKS_MAX + 1):
            wait = perform(tenant, stream)
            if wait is None or wait > SOON_S:
                return looks
            DBOS.sleep(wait)
        return LOOKS_MAX
