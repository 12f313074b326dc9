"""
The part of an engine for hosts with a transaction or a job engine of their own, with awaited calls.

"""

from typing import Any

from ordercore.engine._async_driver import AsyncDriver
from ordercore.engine._defaults import HOST
from ordercore.engine._engine_loops import EngineLoops
from ordercore.engine._hosted_loops import HostedLoops, method_of
from ordercore.engine._requests import Submitted
from ordercore.engine._submit_prepared import Prepared
from ordercore.engine._ways import InPlace
from ordercore.errors import Rejected
from ordercore.grammar import Actor, Command

__all__ = ["AsyncHosted"]


class AsyncHosted:
    """
    Writes inside a host's transaction, and finds lost jobs again.

    """

    _driver: AsyncDriver
    _loops: EngineLoops

    async def prepare(
        self,
        command: Command,
        *,
        key: str | None = None,
        actor: Actor = HOST,
        on_behalf_of: str | None = None,
        expected_version: int | None = None,
    ) -> Prepared:
        """
        Read all that a command is decided on, so that it can be submitted in a host's transaction.

        Asks ports as :meth:`submit` would, and belongs before the transaction for that. Nothing is
        decided and nothing written. The arguments are those of :meth:`submit`.

        Raises:
            Rejected: What is asked for can't even be looked up; not recorded.
            Conflict: ``expected_version`` is not the present one.
            PortUnavailable: A port that must be read could not answer.
            InvalidData: The key is malformed.
        """
        wish = self._loops.submission(command, key, actor, on_behalf_of, expected_version)
        return await self._driver.drive(HostedLoops(self._loops).prepare(wish))

    async def submit_joined(self, prepared: Prepared, connection: Any) -> Submitted:  # noqa: ANN401 - of the store's driver
        """
        Decide a prepared command inside a host's transaction, and write it there.

        One savepoint, no port, no retry. It counts when the host commits, and never was when the
        host rolls back; what is due by it can be performed from then on. It lasts as the host's
        connection does, and holds up others until the host is through.

        Args:
            prepared: What :meth:`prepare` returned.
            connection: The host's, with its transaction open: of ``sqlite3`` to the store's file,
                begun ``IMMEDIATE``; or of psycopg to the store's database, ``READ COMMITTED``. It
                is used in the calling thread.

        Returns:
            What it led to.

        Raises:
            Rejected: The business says no. Recorded under the key, if the host commits; a shortage
                that the ledger found is not: prepare the command again.
            Conflict: What it was prepared on has changed; nothing of ours is written. Prepare the
                command again, in a new transaction.
            InvalidDefinition: The connection, its transaction or the store is not of the kind that
                is needed; nothing was written.
            PortUnavailable: The database is gone or locked; nothing of ours is written.
        """
        joined = method_of(self._driver.store, "joined", "joins no transaction")(connection)
        loops = HostedLoops(self._loops)
        if hasattr(joined, "__aenter__"):
            async with joined as inside:
                found = await self._driver.drive(loops.submit(InPlace(inside), prepared))
        else:
            # A blocking connection is the host's, and belongs to the thread that it is used in.
            with joined as inside:
                found = await self._driver.drive(loops.submit(InPlace(inside), prepared))
        if isinstance(found, Rejected):
            raise found
        return found

    async def enqueue_due(self, *, within_s: int | None = None) -> int:
        """
        Let the store's runner enqueue a job for every stream that has something due.

        The way back after a job engine has lost its jobs: what is due is the store's to know.

        Args:
            within_s: Only what is due by now or in so many seconds; None for all, however late.

        Returns:
            How many streams have a job now.

        Raises:
            InvalidDefinition: The store has no runner.
            PortUnavailable: No job can be enqueued.

        Cost: O(streams with something due).
        """
        return await self._driver.drive(HostedLoops(self._loops).enqueue_due(within_s))
