"""
Both books of stock over a ledger in memory, and short ways to ask them.

"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest

from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import (
    Bucket,
    LotQuantity,
    Movements,
    available_account,
    book_differences,
    incoming_account,
)
from ordercore.ledger import (
    AccountId,
    Balance,
    ExpirePending,
    Ledger,
    OpenPending,
    Pend,
    Post,
    account_parts,
)

_T = TypeVar("_T")

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
MONDAY, FRIDAY = date(2026, 3, 2), date(2026, 3, 6)
MUG, LID, PILL = Sku("MUG"), Sku("LID"), Sku("PILL")
BERLIN, LYON = PlaceId("berlin"), PlaceId("lyon")


def units(*names: str, quantity: int = 1) -> tuple[LotQuantity, ...]:
    """So many units of each of these lots."""
    return tuple(LotQuantity(name, quantity) for name in names)


def serials(*numbers: str) -> tuple[LotQuantity, ...]:
    """The units of these serial numbers."""
    return tuple(LotQuantity("", 1, number) for number in numbers)


class Books:
    """
    A ledger, and batches of movements over it.

    """

    def __init__(self, on_hand: int = 0, sku: Sku = MUG, place: PlaceId = BERLIN) -> None:
        self.ledger = Ledger()
        self.batches = 0
        if on_hand:
            self.do(lambda move: move.receive(sku, place, on_hand))

    def begin(self, reference: str = "order/O-1", at: datetime = NOW) -> Movements:
        self.batches += 1
        return Movements(f"c-{self.batches}", reference, at)

    def do(self, work: Callable[[Movements], _T], *, at: datetime = NOW) -> _T:
        """Record one batch; afterwards both books agree."""
        move = self.begin(at=at)
        result = work(move)
        self.ledger.apply(move.batch(), at)
        self.check()
        return result

    def refused(self, work: Callable[[Movements], object]) -> Rejected:
        """Have one batch refused; nothing has changed."""
        move = self.begin()
        work(move)
        before = self.state()
        with pytest.raises(Rejected) as refusal:
            self.ledger.apply(move.batch(), NOW)
        assert self.state() == before
        return refusal.value

    def check(self) -> None:
        assert book_differences(dict(self.ledger.balances())) == ()
        assert not any(self.ledger.trial_balance().values())

    def allocated(self, quantity: int, sku: Sku = MUG, place: PlaceId = BERLIN) -> OpenPending:
        return self.hold(self.do(lambda move: move.allocate(sku, place, quantity)))

    def hold(self, name: str) -> OpenPending:
        hold = self.ledger.open_pending(name)
        assert hold is not None, name
        return hold

    def lies(self, bucket: Bucket, sku: Sku = MUG, place: PlaceId = BERLIN, owner: str = "") -> int:
        """All units in a bucket, of any lot and serial number."""
        return sum(
            balance.posted
            for account, balance in self.ledger.balances()
            if account_parts(account)[:5] == ("physical", bucket, sku, place, owner)
        )

    def world(self, code: str, sku: Sku = MUG) -> int:
        """All units in a part of the world, with and without serial number."""
        return sum(
            balance.posted
            for account, balance in self.ledger.balances()
            if account_parts(account)[:3] == ("physical", code, sku)
        )

    def free(self, sku: Sku = MUG, place: PlaceId = BERLIN, owner: str = "") -> int:
        """What may be promised; below zero it is a shortage."""
        return self.ledger.balance(available_account(sku, place, owner)).available

    def due_in(self, day: date, sku: Sku = MUG, place: PlaceId = BERLIN) -> Balance:
        return self.ledger.balance(incoming_account(sku, place, day))

    def state(self) -> dict[AccountId, Balance]:
        """Every account that holds or promises anything."""
        return {a: b for a, b in self.ledger.balances() if any(b)}

    def offered(self, accounts: Iterable[AccountId]) -> list[list[int]]:
        """What was available in some accounts at every position of the log."""
        again, seen = Ledger(), []
        for entry in self.ledger.entries():
            step = entry.step
            assert not isinstance(step, ExpirePending)
            if isinstance(step, Pend | Post):
                # Judged when it was recorded; here only what it moves matters.
                step = step._replace(leave_at_least=None)
            again.apply([step], entry.recorded_at)
            seen.append([again.balance(account).available for account in accounts])
        return seen
