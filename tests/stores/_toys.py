"""Toy commands, events and their codec, and builders of commits."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs

from ordercore.errors import InvalidData, Rejected
from ordercore.grammar import Actor, ActorKind, Command, Event
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import AccountId, Balance, Pend, Post, PostPending, Step, account
from ordercore.ports import Commit, Receipt, Store

SHOP = TenantId("shop")
OTHER = TenantId("other")
SYSTEM = Actor(ActorKind.SYSTEM, "tests")
START = datetime(2026, 3, 1, 9, tzinfo=UTC)

SUPPLY = account("promise", "supply", "MUG", "berlin")
AVAILABLE = account("promise", "available", "MUG", "berlin")
ALLOCATED = account("promise", "allocated", "MUG", "berlin")


@attrs.frozen
class Say(Command):
    """A command."""

    words: str


@attrs.frozen
class Said(Event):
    """An event that may be known elsewhere."""

    words: str
    known_as: tuple[str, ...] = ()

    @property
    def references(self) -> tuple[str, ...]:
        return self.known_as


@attrs.frozen
class Answer:
    """A reply."""

    number: int


class ToyCodec:
    """JSON by attribute names."""

    _types: dict[str, type[Any]] = {"say": Say, "said": Said, "answer": Answer}  # noqa: RUF012

    def encode(self, value: object) -> tuple[str, str]:
        assert isinstance(value, Say | Said | Answer)
        return type(value).__name__.lower(), json.dumps(attrs.asdict(value))

    def decode(self, name: str, text: str) -> object:
        if name not in self._types:
            raise InvalidData("toy", (f"{name} is no toy",))
        fields = json.loads(text)
        if "known_as" in fields:
            fields["known_as"] = tuple(fields["known_as"])
        return self._types[name](**fields)


def minutes(n: int) -> Instant:
    """Return the n-th minute of the test's world."""
    return START + timedelta(minutes=n)


def says(
    command: str,
    stream: str | None = "s-1",
    *words: str | Said,
    version: int = 0,
    tenant: TenantId = SHOP,
    at: int = 0,
    steps: tuple[Step, ...] = (),
    due: int | None = None,
    settles: tuple[str, ...] = (),
    rejected: Rejected | None = None,
    reply: object = None,
    on_behalf_of: str | None = None,
) -> Commit:
    """Build a commit that appends an event for each word."""
    events = tuple(Said(word) if isinstance(word, str) else word for word in words)
    return Commit(
        tenant=tenant,
        receipt=Receipt(
            command_id=CommandId(command),
            command=Say(f"by {command}"),
            at=minutes(at),
            stream=None if stream is None else StreamId(stream),
            from_version=version,
            to_version=version + len(events),
            reply=reply,
            rejected=rejected,
        ),
        events=events,
        steps=steps,
        actor=SYSTEM,
        on_behalf_of=on_behalf_of,
        next_due=None if due is None else minutes(due),
        settles=settles,
    )


def supply(step_id: str, amount: int, *, to: AccountId = AVAILABLE) -> Post:
    """Bring goods in, unguarded."""
    return Post(step_id, SUPPLY, to, amount, "receive", "delivery", START)


def promise(
    step_id: str,
    amount: int,
    *,
    least: int | None = 0,
    until: int | None = None,
    reference: str = "cart-1",
) -> Pend:
    """Promise goods under a guard."""
    return Pend(
        step_id,
        AVAILABLE,
        ALLOCATED,
        amount,
        "reserve",
        reference,
        START,
        least,
        None if until is None else minutes(until),
    )


def carry_out(step_id: str, pending: str, amount: int | None = None) -> PostPending:
    """Post a hold."""
    return PostPending(step_id, pending, amount, "allocate", "order-1", START)


def available(store: Store, *, at: int = 0, tenant: TenantId = SHOP) -> int:
    """Read what may be promised."""
    balance: Balance = store.balances(tenant, (AVAILABLE,), minutes(at))[AVAILABLE]
    return balance.available


def told(store: Store, tenant: TenantId = SHOP, stream: str = "s-1", after: int = 0) -> list[str]:
    """Read a stream's words."""
    return [
        recorded.event.words
        for recorded in store.load(tenant, StreamId(stream), after)
        if isinstance(recorded.event, Said)
    ]


def full_commit() -> Commit:
    """Build a commit that writes to every table; the hold h-1 and the lease e-1 must stand."""
    return says(
        "c-full",
        "s-1",
        "b",
        Said("c", ("pay:9",)),
        version=1,
        steps=(carry_out("t-9", "h-1"), promise("h-9", 1, until=90)),
        due=9,
        settles=("e-1",),
    )


def full_group() -> tuple[Commit, ...]:
    """Build a group around the full commit, the last of which goes on where that has ended."""
    return (
        says("c-before", "s-2", "x", steps=(promise("h-2", 1),), due=4),
        full_commit(),
        says("c-late", "s-1", "late", version=1),
        says("c-after", "s-1", "d", version=3, steps=(carry_out("t-10", "h-2"),), due=5),
    )
