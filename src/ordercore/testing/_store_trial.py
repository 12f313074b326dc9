"""
What the cases of stores write and read with.

The facts are the library's own, so that a store is asked with whatever codec it has; the accounts
are those of one product at one place.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import attrs

from ordercore.errors import Conflict, InvalidData, InvariantViolated, OrderCoreError, Rejected
from ordercore.fulfillment import LabelPurchased
from ordercore.grammar import Actor, ActorKind, Event
from ordercore.ids import CommandId, OrderId, PackageId, PlaceId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.inventory import AdjustReason, StockAdjusted
from ordercore.ledger import AccountId, Balance, Pend, Post, PostPending, Step, account
from ordercore.orders import AnomalyRecorded, RecordAnomaly
from ordercore.ports import Commit, Lease, Receipt, Snapshot, Store
from ordercore.testing._conformance import Unmet

__all__ = [
    "ALLOCATED", "AVAILABLE", "LATER", "OTHER", "REPLY", "S1", "S2", "SHOP", "START",
    "SUPPLY", "StoreTrial", "carry_out", "minute", "promise", "said", "supply", "writes",
]  # fmt: skip

SHOP: Final = TenantId("shop")
OTHER: Final = TenantId("other")
S1: Final = StreamId("s-1")
S2: Final = StreamId("s-2")
START: Final = datetime(2026, 3, 1, 9, tzinfo=UTC)
SUPPLY: Final = account("promise", "supply", "MUG", "berlin")
AVAILABLE: Final = account("promise", "available", "MUG", "berlin")
ALLOCATED: Final = account("promise", "allocated", "MUG", "berlin")
REPLY: Final = StockAdjusted(
    place=PlaceId("berlin"),
    reason=next(iter(AdjustReason)),
    lines=(),
    beyond=7,
    uncovered=(),
)


def minute(n: int) -> Instant:
    """
    Return the n-th minute of the trial's world.

    """
    return START + timedelta(minutes=n)


#: Beyond all that a case does.
LATER: Final = minute(100_000)

_ACTOR: Final = Actor(ActorKind.SYSTEM, "kit")


def said(words: str, tracking: str = "") -> Event:
    """
    Return a fact that holds some words; with a number it is known outside as ``post:<number>``.

    """
    if tracking:
        return LabelPurchased(
            package_id=PackageId("package-1"), carrier="post", tracking=tracking, status=words
        )
    return AnomalyRecorded(kind="told", subject=words, occurred_at=START)


def writes(
    command: str,
    stream: str | None = "s-1",
    *words: str | Event,
    version: int = 0,
    tenant: TenantId = SHOP,
    at: Instant = START,
    steps: Sequence[Step] = (),
    due: int | None = None,
    settles: tuple[str, ...] = (),
    rejected: Rejected | None = None,
    reply: object = None,
    on_behalf_of: str | None = None,
    waits: int = 0,
    snapshot: Snapshot | None = None,
) -> Commit:
    """
    Return a commit that appends a fact for each word.

    """
    events = tuple(said(word) if isinstance(word, str) else word for word in words)
    return Commit(
        tenant=tenant,
        receipt=Receipt(
            command_id=CommandId(command),
            command=RecordAnomaly(order_id=OrderId("O-1"), kind="told", subject=f"by {command}"),
            at=at,
            stream=None if stream is None else StreamId(stream),
            from_version=version,
            to_version=version + len(events),
            reply=reply,
            rejected=rejected,
        ),
        events=events,
        steps=tuple(steps),
        actor=_ACTOR,
        on_behalf_of=on_behalf_of,
        next_due=None if due is None else minute(due),
        settles=settles,
        waits=waits,
        snapshot=snapshot,
    )


def supply(step_id: str, amount: int, *, occurred: int = 0) -> Post:
    """
    Bring goods in, unguarded.

    """
    return Post(step_id, SUPPLY, AVAILABLE, amount, "receive", "delivery", minute(occurred))


def promise(
    step_id: str, amount: int, *, until: int | None = None, reference: str = "cart-1"
) -> Pend:
    """
    Promise goods, but never more than there are.

    """
    expires_at = None if until is None else minute(until)
    return Pend(step_id, AVAILABLE, ALLOCATED, amount, "reserve", reference, START, 0, expires_at)


def carry_out(step_id: str, hold: str, amount: int | None = None) -> PostPending:
    """
    Keep a promise.

    """
    return PostPending(step_id, hold, amount, "allocate", "order-1", START)


@attrs.define(kw_only=True)
class StoreTrial:
    """
    A fresh store, and short ways to ask it.

    Attributes:
        store: Fresh from its factory, and empty.
        opened_again: Opens the same place again once the store is closed; None where there is
            nothing to come back to.
    """

    store: Store
    opened_again: Callable[[], Store] | None

    def write(self, *commits: Commit) -> None:
        """
        Write commits one by one; each must be accepted.

        """
        for commit in commits:
            self.store.commit(commit)

    def put(self, *steps: Step, at: int = 0) -> None:
        """
        Write steps of the ledger alone, under a command of their own.

        """
        self.write(writes(f"c-{steps[0].id}", None, steps=steps, at=minute(at)))

    def refusal(self, commit: Commit, what: str) -> OrderCoreError:
        """
        Require that a commit is refused, and return how.

        """
        try:
            receipt = self.store.commit(commit)
        except (Conflict, Rejected, InvalidData, InvariantViolated) as refusal:
            return refusal
        raise Unmet(f"{what} should be refused and is answered with {receipt}")

    def shortage(self, commit: Commit, what: str) -> Rejected:
        """
        Require that a commit is refused by a rule of the ledger.

        """
        refusal = self.refusal(commit, what)
        if not isinstance(refusal, Rejected):
            raise Unmet(f"{what} should be rejected and raises {refusal!r}")
        return refusal

    def words(self, stream: str = "s-1", after: int = 0, tenant: TenantId = SHOP) -> list[str]:
        """
        Read the words of a stream.

        """
        return [_words(r.event) for r in self.store.load(tenant, StreamId(stream), after)]

    def available(self, at: int = 0, tenant: TenantId = SHOP) -> int:
        """
        Read how much may be promised.

        """
        balance: Balance = self.store.balances(tenant, (AVAILABLE,), minute(at))[AVAILABLE]
        return balance.available

    def balance(self, name: AccountId, tenant: TenantId = SHOP) -> Balance | None:
        """
        Read an account as it is recorded.

        """
        return dict(self.store.accounts(tenant)).get(name)

    def lease(
        self,
        holder: str = "w-1",
        *,
        at: int = 0,
        until: int | None = None,
        key: str = "e-1",
        version: int | None = None,
    ) -> Lease:
        """
        Ask for a lease, for five minutes unless told otherwise.

        """
        end = minute(at + 5 if until is None else until)
        return self.store.lease(
            SHOP, S1, key, holder=holder, at=minute(at), until=end, version=version
        )

    def claim(self, holder: str, *, at: int, until: int = 60, limit: int = 9) -> list[str]:
        """
        Claim what is due.

        """
        return list(
            self.store.claim_due(SHOP, minute(at), limit, holder=holder, until=minute(until))
        )

    def due(self, *names: str, at: int = 0) -> None:
        """
        Have streams fall due, one minute after the other.

        """
        for n, name in enumerate(names):
            self.write(writes(f"c-{name}", name, "x", due=at + n))

    def everything(self) -> tuple[object, ...]:
        """
        Read all that a tenant can read, to compare before and after.

        """
        store = self.store
        return (
            tuple(store.feed(SHOP, 0, 1_000)),
            tuple(store.streams(SHOP)),
            tuple(store.accounts(SHOP)),
            tuple(store.pendings(SHOP)),
            tuple(store.entries(SHOP)),
            tuple(store.due(SHOP, LATER, 1_000)),
            tuple(store.leases(SHOP, "", 1_000)),
            tuple(store.waiting(SHOP, "", 1_000)),
            store.snapshot(SHOP, S1),
            store.find(SHOP, "post:2"),
            store.recall(SHOP, CommandId("c-2")),
            tuple(store.tenants()),
        )

    def reopen(self) -> None:
        """
        Close the store, and open the same place again.

        """
        if self.opened_again is None:  # pragma: no cover - such cases do not apply
            raise Unmet("nothing to open again")
        self.store.close()
        self.store = self.opened_again()


def _words(event: Event) -> str:
    return event.subject if isinstance(event, AnomalyRecorded) else getattr(event, "status", "")
