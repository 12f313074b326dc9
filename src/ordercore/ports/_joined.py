"""
Ports for hosts that have a transaction, or a job engine, of their own.

A store that can write inside somebody else's transaction is *joinable*. What it then promises:

  J1  What is written in a host's transaction becomes visible with it, and is rolled back with it.
  J2  A refusal or a conflict writes nothing of ours and leaves the host's transaction usable, with
      all that the host has written in it.
  J3  Nothing but the host's connection is used: no port is called, no other connection waits.
  J4  What an engine keeps in its process is what was committed: a rollback leaves no trace in it.

A *runner* lets an existing job engine carry what streams owe. What holds then:

  R1  Each commit that leaves something due enqueues a job in its own transaction: no job without
      the commit, and no commit without the job.
  R2  The job engine holds no state of ours: with its tables wiped, everything due is enqueued again
      from what the store says is due, and every order ends as if nothing had happened.
  R3  A job that is lost, late, repeated or taken over from a killed worker changes when a stream is
      performed, never what: the provider is asked once.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import Any, Protocol, runtime_checkable

from ordercore.grammar import Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ports._store import Commit, Receipt
from ordercore.ports._work import Snapshot

__all__ = [
    "AsyncCarriedStore",
    "AsyncEffectRunner",
    "AsyncJoinableStore",
    "AsyncJoinedStore",
    "CarriedStore",
    "EffectRunner",
    "JoinableStore",
    "JoinedStore",
]


class JoinedStore(Protocol):
    """
    A store as seen from inside a host's transaction: what it reads includes what it wrote there.

    """

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        """
        ...

    def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along.

        """
        ...

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        ...

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit into the host's transaction; see :meth:`Store.commit`.

        It lasts when the host commits, and as durably as the host's connection does.
        """
        ...


@runtime_checkable
class JoinableStore(Protocol):
    """
    A store that can write inside a host's transaction.

    """

    def joined(self, connection: Any) -> AbstractContextManager[JoinedStore]:  # noqa: ANN401 - of whichever driver
        """
        Work inside a host's transaction until the block ends, under one savepoint.

        An error in the block undoes what the block wrote and nothing else (J2).

        Args:
            connection: The host's, with a transaction open. It stays the host's: it is neither
                committed nor closed here.

        Raises:
            InvalidDefinition: The connection is none that this store can join, or its transaction
                is not of the kind that the store needs; the message says what to do.
            PortUnavailable: The database can't be reached or is locked; nothing was written.
        """
        ...


class EffectRunner(Protocol):
    """
    A job engine that carries what streams owe, for blocking stores.

    A store that was given one calls it inside the transaction of every commit that leaves something
    due (R1). The job that it enqueues calls ``Engine.perform``, which performs what is due
    and says when to come again.
    """

    def enqueue(
        self,
        connection: Any,  # noqa: ANN401 - of whichever driver
        tenant: TenantId,
        stream: StreamId,
        not_before: Instant,
    ) -> None:
        """
        Enqueue a job, in the transaction that the connection has open.

        One waiting job a stream is enough: where there is one, it is to run no later than
        ``not_before``, and not before this transaction has ended. Jobs may run early, late or
        twice. The runner neither commits nor rolls back, and undoes what fails with a savepoint.

        Args:
            connection: What the store writes its commit with.
            tenant: Whose stream.
            stream: Which.
            not_before: When it next has something to do; often already past.

        Raises:
            PortUnavailable: No job can be enqueued; the commit is undone, and raises this.
        """
        ...


@runtime_checkable
class CarriedStore(Protocol):
    """
    A store that was given a runner, or may have been.

    """

    def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner enqueue a job for every stream that has something due (R2).

        Args:
            tenant: Whose.
            by: Only what is due by then; None for all, however late.

        Returns:
            How many streams there are.

        Raises:
            InvalidDefinition: There is no runner.
        """
        ...


class AsyncEffectRunner(Protocol):
    """
    The twin of :class:`EffectRunner` for a store that is awaited; its promises are the same.

    """

    async def enqueue(
        self,
        connection: Any,  # noqa: ANN401 - of whichever driver
        tenant: TenantId,
        stream: StreamId,
        not_before: Instant,
    ) -> None:
        """
        Enqueue a job, in the transaction that the connection has open.

        See :meth:`EffectRunner.enqueue`.
        """
        ...


class AsyncJoinedStore(Protocol):
    """
    The twin of :class:`JoinedStore` for a store that is awaited; its promises are the same.

    """

    async def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        See :meth:`JoinedStore.load`.
        """
        ...

    async def snapshot(self, tenant: TenantId, stream: StreamId) -> Snapshot | None:
        """
        Return the last state that a commit has brought along.

        See :meth:`JoinedStore.snapshot`.
        """
        ...

    async def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        See :meth:`JoinedStore.recall`.
        """
        ...

    async def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit into the host's transaction.

        See :meth:`JoinedStore.commit`.
        """
        ...


@runtime_checkable
class AsyncJoinableStore(Protocol):
    """
    The twin of :class:`JoinableStore` for a store that is awaited; its promises are the same.

    """

    def joined(self, connection: Any) -> AbstractAsyncContextManager[AsyncJoinedStore]:  # noqa: ANN401 - of whichever driver
        """
        Work inside a host's transaction until the block ends, under one savepoint.

        See :meth:`JoinableStore.joined`.
        """
        ...


@runtime_checkable
class AsyncCarriedStore(Protocol):
    """
    The twin of :class:`CarriedStore` for a store that is awaited; its promises are the same.

    """

    async def redrive(self, tenant: TenantId, by: Instant | None = None) -> int:
        """
        Let the runner enqueue a job for every stream that has something due (R2).

        See :meth:`CarriedStore.redrive`.
        """
        ...
