"""
The store port: where events, transfers and receipts are kept, together or not at all.

What an adequate store guarantees (``ordercore.testing.check_store`` holds a store to it):

  S1  A commit writes all of its events, ledger steps, receipt, references and due row, or none.
  S2  A stream's versions are 1, 2, 3 ... without gap; a commit that expects another version than
      the present one raises ``Conflict`` and writes nothing.
  S3  The ledger's rules are judged inside the commit's own transaction.
  S4  A command id is recorded once; a second commit under it writes nothing and returns the
      receipt of the first, whatever the version meanwhile.
  S5  What a commit has returned survives the process and, with full durability, the power.
  S6  Nothing of one tenant is visible to or changed by another.
  S7  An effect is leased to one holder at a time, and its lease ends in the commit of its outcome.
  S8  Positions of the feed and of the ledger's log are consecutive from 1, in the order of each
      stream and of each guarded account. A reader who follows them misses nothing and sees nothing
      twice, however slow other commits are. A store may give them out when they are read first.
  S9  A claimed stream is given to nobody else before its claim ends or is given back; a claim
      refuses no commit, and ends by time where its holder has died.
  S10 The due instant, the waiting mark and the kept state of a stream are those of its last
      accepted commit that brought any.
  S11 A group of commits is one transaction and one flush, and each is judged for itself as if they
      came one after the other: a refused one leaves no trace and touches none of its neighbors.
  S12 A stream that was archived reads as before, in every way, and goes on where it stood.

Of whoever reads the feed under a name:

  F1  A consumer is handed each event once and in order, whoever else consumes under its name.
  F2  A consumer moves in the transaction in which its events are handled: what its handler writes
      through the store's connection and its position stand or fall together.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

import attrs

from ordercore.errors import Conflict, InvalidData, InvariantViolated, Rejected
from ordercore.grammar import Actor, Command, Event, Recorded
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import AccountId, Balance, Entry, OpenPending, Step
from ordercore.ports._archive import ArchiveStore
from ordercore.ports._feed import FeedStore
from ordercore.ports._work import Snapshot, WorkStore

__all__ = ["Codec", "Commit", "CommitRefusal", "Lease", "LeaseState", "Receipt", "Store"]

#: Why one commit of a group was not written; its neighbors were. ``Store.commit`` raises the same.
CommitRefusal = Conflict | Rejected | InvalidData | InvariantViolated


class Codec(Protocol):
    """
    How a store writes what it keeps: a stable name and a JSON text.

    """

    def encode(self, value: object) -> tuple[str, str]:
        """
        Return the stable name of the value's type and the value as JSON.

        """
        ...

    def decode(self, name: str, text: str) -> object:
        """
        Return the value again.

        Raises:
            InvalidData: The name is unknown or the text does not fit it.
        """
        ...


@attrs.frozen(kw_only=True)
class Receipt:
    """
    What became of a command, recorded under its id.

    Attributes:
        command_id: The caller's key for the command.
        command: The command itself, to be compared when the id comes again.
        at: When it was recorded.
        stream: The stream it wrote to, or None for a command of the ledger alone.
        from_version: The stream's version before it.
        to_version: The stream's version after it.
        reply: What the caller was told beyond the events.
        rejected: The refusal, or None where it was accepted.
    """

    command_id: CommandId
    command: Command
    at: Instant
    stream: StreamId | None = None
    from_version: int = 0
    to_version: int = 0
    reply: object = None
    rejected: Rejected | None = None


@attrs.frozen(kw_only=True)
class Commit:
    """
    One indivisible write.

    Attributes:
        tenant: Whose store.
        receipt: The command and what became of it; its ``stream``, ``from_version`` and
            ``to_version`` say where the events go and which version is expected.
        events: To append; ``to_version - from_version`` of them.
        steps: One linked batch for the ledger.
        actor: Who acts.
        on_behalf_of: For whom.
        next_due: When the stream next has something to do by itself; None for never.
        settles: Keys of effects whose outcome this commit records; their leases end.
        waits: How many effects of the stream wait for a person once this is written.
        snapshot: The stream's state once this is written, to be kept in place of an earlier one;
            None leaves that one.
    """

    tenant: TenantId
    receipt: Receipt
    events: tuple[Event, ...] = ()
    steps: tuple[Step, ...] = ()
    actor: Actor
    on_behalf_of: str | None = None
    next_due: Instant | None = None
    settles: tuple[str, ...] = ()
    waits: int = 0
    snapshot: Snapshot | None = None


class LeaseState(StrEnum):
    """
    What asking for a lease came to.

    """

    FRESH = "fresh"  #: nobody has tried this before: call
    INHERITED = "inherited"  #: somebody tried and never told: the outcome is unknown
    HELD = "held"  #: somebody is at it: leave it alone
    STALE = "stale"  #: the stream has moved on: read it again, nothing was leased


@attrs.frozen
class Lease:
    """
    The right to perform one effect, until an instant.

    Attributes:
        state: See :class:`LeaseState`.
        first_at: When the effect was first leased; the idempotency window counts from there.
        tried_at: When it was last leased before this; the settling time counts from there.
        until: When the present lease ends.
    """

    state: LeaseState
    first_at: Instant
    tried_at: Instant
    until: Instant


class Store(ArchiveStore, FeedStore, WorkStore, Protocol):
    """
    What the engine asks of a store. Implementations are found in ``ordercore.stores``.

    """

    def load(self, tenant: TenantId, stream: StreamId, after: int = 0) -> Sequence[Recorded]:
        """
        Return a stream's events beyond a version, in order.

        An event that the feed has not numbered yet may have the position 0.
        """
        ...

    def commit(self, commit: Commit) -> Receipt:
        """
        Write a commit and return its own receipt, or the one recorded under its key before.

        The same object comes back where it was written, so the caller can tell.

        Ledger steps are recorded at ``commit.receipt.at``. The stream's due row becomes
        ``next_due`` (none where that is None), its waiting mark ``waits``; a ``snapshot`` replaces
        the one before. References of events are indexed.

        Raises:
            Conflict: The stream is not at ``from_version``; nothing was written.
            Rejected: A ledger rule, see ``ordercore.ledger.apply_batch``; nothing was written.
            PortUnavailable: The store can't be reached or is locked; nothing was written.
            OutcomeUnknown: The store was lost during the commit and can't be asked what became of
                it. The same commit may be sent again: it is written once.
        """
        ...

    def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        """
        Write several commits in one transaction with one flush; answer each, in order.

        Each is judged for itself, as if they were committed one after the other in the order
        given: a later one sees what an earlier one wrote, and a command id that comes twice is
        answered with the first receipt. A refused commit leaves no trace and touches none of its
        neighbors. What :meth:`commit` returns or raises for one is its answer here. The commits may
        be of several tenants.

        Raises:
            PortUnavailable: The store itself failed; nothing of the whole group was written.
        """
        ...

    def recall(self, tenant: TenantId, command_id: CommandId) -> Receipt | None:
        """
        Return what was recorded under a command id.

        """
        ...

    def hold(self, tenant: TenantId) -> AbstractContextManager[None]:
        """
        Keep every other writer out until the block ends; reads and one commit inside see one state.

        The last resort of a decision that lost two races for the same stock.
        """
        ...

    def balances(
        self, tenant: TenantId, accounts: Collection[AccountId], at: Instant
    ) -> Mapping[AccountId, Balance]:
        """
        Return balances as they count at an instant: holds that are due no longer go out.

        Every account asked for is in the answer, untouched ones with zeros.
        """
        ...

    def accounts(self, tenant: TenantId, prefix: str = "") -> Iterator[tuple[AccountId, Balance]]:
        """
        Iterate over touched accounts by prefix, in order, as recorded (due holds still counted).

        """
        ...

    def pendings(
        self, tenant: TenantId, reference: str | None = None, *, source: AccountId | None = None
    ) -> Sequence[OpenPending]:
        """
        Return open holds in the order in which they were made: all, of one holder, of one account.

        Args:
            tenant: Whose.
            reference: Only those of this holder.
            source: Only those that leave this account.
        """
        ...

    def pendings_made(self, tenant: TenantId, ids: Collection[str]) -> Mapping[str, OpenPending]:
        """
        Return holds as they were made, open or ended since; unknown ids are absent.

        """
        ...

    def entries(
        self, tenant: TenantId, account: AccountId | None = None, *, after: int = 0
    ) -> Iterator[Entry]:
        """
        Iterate over the ledger's log beyond a position, all or what touched one account, in order.

        """
        ...

    def occurred_after(self, tenant: TenantId, at: Instant) -> Iterator[Entry]:
        """
        Iterate over the steps that are said to have occurred after an instant, in any order.

        What a count must leave alone is among them, so it should cost no more than they are.
        """
        ...

    def last_position(self, tenant: TenantId) -> int:
        """
        Return the position of the last step of a tenant's log, 0 where there is none.

        """
        ...

    def lease(
        self,
        tenant: TenantId,
        stream: StreamId,
        effect_key: str,
        *,
        holder: str,
        at: Instant,
        until: Instant,
        version: int | None = None,
    ) -> Lease:
        """
        Ask for the right to perform an effect, durably, before it is performed.

        ``FRESH`` the first time; ``HELD`` while another holder's lease lasts; ``INHERITED`` where
        a lease exists that has ended, or is the same holder's own: a try without an outcome. In
        the first and last case the lease now is ``holder``'s until ``until``.

        Whoever names the ``version`` of the stream by which it owes the effect gets ``STALE`` where
        that is no longer the present one and nobody else holds the lease; nothing is written then.
        So whoever dies with a lease in hand has died at an effect that was owed.
        """
        ...

    def unlease(self, tenant: TenantId, effect_key: str) -> None:
        """
        Give a lease back unused: the port certainly did not act.

        """
        ...

    def find(self, tenant: TenantId, reference: str) -> StreamId | None:
        """
        Return the stream whose events declared an outside reference.

        """
        ...

    def streams(self, tenant: TenantId) -> Iterator[StreamId]:
        """
        Iterate over all streams, in order of id.

        """
        ...

    def tenants(self) -> Sequence[TenantId]:
        """
        List the tenants that have written anything.

        """
        ...

    def close(self) -> None:
        """
        Give back connections and files; a second call does nothing.

        """
        ...
