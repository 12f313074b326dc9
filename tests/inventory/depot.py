"""
A shop's stock to test documents with: a ledger, the documents' streams, and the plain driver.

"""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ordercore.catalog import Product, Products
from ordercore.grammar import (
    Actor,
    ActorKind,
    Command,
    CommandFamily,
    Context,
    Decision,
    Facts,
    Need,
)
from ordercore.ids import CommandId, PlaceId, Sku, StreamId
from ordercore.inventory import (
    STOCK,
    AccountBalances,
    Bucket,
    Movements,
    OnHandAsOf,
    OpenPreorders,
    StockKey,
    StockLevel,
    StockRecord,
    Uncovered,
    book_differences,
    bucket_account,
    incoming_account,
    recorded_stock,
    stock_accounts,
    stock_level,
)
from ordercore.inventory.documents import COUNTS, PURCHASES, SNAPSHOTS, TRANSFERS
from ordercore.ledger import (
    Ledger,
    Post,
    Step,
    account,
    account_parts,
)
from ordercore.places import KnownPlaces, Place

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MONDAY, TUESDAY, FRIDAY = date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 13)
MUG, TEE = Sku("MUG"), Sku("TEE")
BERLIN, LYON = PlaceId("berlin"), PlaceId("lyon")
CLERK = Actor(ActorKind.WAREHOUSE, "clerk-1")


def hour(n: int) -> datetime:
    """The instant so many hours after the start."""
    return NOW + timedelta(hours=n)


FAMILIES: tuple[CommandFamily, ...] = (STOCK, PURCHASES, TRANSFERS, COUNTS, SNAPSHOTS)


class Depot:
    """
    Stock at two places, and whoever does what with it.

    """

    def __init__(self, **on_hand: int) -> None:
        self.ledger = Ledger()
        self.states: dict[StreamId, Any] = {}
        self.batches = 0
        self.at = NOW
        for sku, quantity in on_hand.items():
            self.receive(Sku(sku), BERLIN, quantity)

    # --- documents -------------------------------------------------------------------------

    def do(self, command: Command) -> Decision[Any, Step]:
        """Decide a command, record what it leads to, and check what must always hold."""
        self.batches += 1
        context = Context[Any](
            at=self.at, actor=CLERK, command_id=CommandId(f"c-{self.batches}"), rules=None
        )
        family = next(f for f in FAMILIES if type(command) in f.commands)
        stream = family.stream_of(command)
        state = None if stream is None else self.states.get(stream)
        facts = Facts()
        for _ in range(2):
            missing = facts.missing(family.needs(command, state, facts, context))
            facts = facts.and_also({need: self.answer(need) for need in missing})
        assert not facts.missing(family.needs(command, state, facts, context))
        decision = family.decide(command, state, facts, context)
        if decision.transfers:
            self.ledger.apply(decision.transfers, self.at)
        for event in decision.events:
            assert stream is not None
            state = self.states[stream] = family.fold([event], state)
            assert family.owed(state) == ()
        self.check()
        return decision

    def answer(self, need: Need[Any]) -> object:
        """Answer a need as an engine would."""
        match need:
            case Products():
                known = {MUG: Product(sku=MUG, name="Mug"), TEE: Product(sku=TEE, name="Tee")}
                return {sku: known[sku] for sku in need.skus if sku in known}
            case KnownPlaces():
                return {p: Place(id=p, name=p) for p in need.ids if p in {BERLIN, LYON}}
            case OnHandAsOf():
                return self.record(need)
            case AccountBalances():
                return {a: self.ledger.balance_at(a, self.at) for a in need.accounts}
            case OpenPreorders():
                holds = self.ledger.pendings()
                parts = [(hold, account_parts(hold.source)) for hold in holds]
                return tuple(
                    hold
                    for hold, of in parts
                    if (of.code, of.place) == ("incoming", need.place) and of.unit in need.skus
                )
            case _:
                raise AssertionError(f"nobody answers {need}")

    def record(self, need: OnHandAsOf) -> StockRecord:
        """What is recorded of a place, compared with a fold of all that ever happened there."""
        ledger = self.ledger
        found = recorded_stock(need, ledger.balances(), ledger.entries(), ledger.position)
        folded: Counter[StockKey] = Counter()
        for entry in ledger.entries():
            step = entry.step
            if isinstance(step, Post) and step.occurred_at <= need.occurred_by:
                for account, delta in ((step.source, -step.amount), (step.target, step.amount)):
                    parts = account_parts(account)
                    asked = not parts.owner and (not need.skus or parts.unit in need.skus)
                    if (parts.book, parts.place) == ("physical", need.place) and asked:
                        folded[StockKey(Sku(parts.unit), Bucket(parts.code), parts.lot)] += delta
        assert {k: n for k, n in found.as_of.items() if n} == {k: n for k, n in folded.items() if n}
        return found

    def check(self) -> None:
        """Both books agree and nothing came from nowhere."""
        assert book_differences(dict(self.ledger.balances())) == ()
        assert set(self.ledger.trial_balance().values()) <= {0}

    # --- movements of others ---------------------------------------------------------------

    def move(self, occurred_at: datetime | None = None) -> Movements:
        self.batches += 1
        return Movements(f"m-{self.batches}", "order/O-1", occurred_at or self.at)

    def apply(self, movements: Movements) -> None:
        self.ledger.apply(movements.batch(), self.at)

    def receive(
        self, sku: Sku, place: PlaceId, quantity: int, occurred_at: datetime | None = None
    ) -> None:
        move = self.move(occurred_at)
        move.receive(sku, place, quantity)
        self.apply(move)

    def promise(self, sku: Sku, place: PlaceId, quantity: int) -> str:
        move = self.move()
        hold = move.allocate(sku, place, quantity)
        self.apply(move)
        return hold

    def sell(
        self, sku: Sku, place: PlaceId, quantity: int, occurred_at: datetime | None = None
    ) -> None:
        """Promise, pick, pack and dispatch."""
        hold = self.promise(sku, place, quantity)
        move = self.move(occurred_at)
        move.pick(hold, quantity, sku, place, quantity)
        move.pack(sku, place, quantity)
        move.dispatch(sku, place, quantity)
        self.apply(move)

    def force(self, sku: Sku, place: PlaceId, quantity: int) -> None:
        """Let units leave that are not on record."""
        self.batches += 1
        beyond = bucket_account(Bucket.DISCREPANCY, sku, place)
        gone = account("physical", "customer", sku)
        self.ledger.apply(
            [Post(f"f-{self.batches}", beyond, gone, quantity, "forced", "order/O-2", self.at)],
            self.at,
        )

    # --- numbers ---------------------------------------------------------------------------

    def level(self, sku: Sku = MUG, place: PlaceId = BERLIN) -> StockLevel:
        accounts = stock_accounts(sku, place)
        return stock_level(sku, place, {a: self.ledger.balance_at(a, self.at) for a in accounts})

    def on_hand(self, sku: Sku = MUG, place: PlaceId = BERLIN) -> int:
        return self.level(sku, place).on_hand

    def bucket(self, bucket: Bucket, sku: Sku = MUG, place: PlaceId = BERLIN, lot: str = "") -> int:
        return self.ledger.balance(bucket_account(bucket, sku, place, lot=lot)).posted

    def incoming(self, day: date, sku: Sku = MUG, place: PlaceId = BERLIN) -> int:
        return self.ledger.balance(incoming_account(sku, place, day)).posted

    def shrinkage(self, sku: Sku = MUG) -> int:
        return self.ledger.balance(account("physical", "shrinkage", sku)).posted


def short(sku: Sku, place: PlaceId, shortage: int) -> tuple[Uncovered, ...]:
    return (Uncovered(sku=sku, place=place, shortage=shortage),)
