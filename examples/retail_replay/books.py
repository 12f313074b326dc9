"""
Where the facts are told: a ledger in memory, or an engine over a store on disk.

Both take the same steps. The ledger is the library at its plainest; the engine adds what a shop
needs beside it: commands that are recorded under a key and not done twice.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from examples.retail_replay.stock import (
    PLACE,
    RETAIL_KINDS,
    RetailCodec,
    TellFact,
    steps_of,
)
from ordercore import (
    Engine,
    Place,
    Product,
    ReceiveStock,
    SQLiteStore,
    StaticCatalog,
    StaticPlaces,
)
from ordercore.errors import InvariantViolated
from ordercore.ids import Sku, TenantId
from ordercore.instants import Instant
from ordercore.inventory import Movements, book_differences
from ordercore.ledger import AccountId, Balance, Entry, Ledger
from ordercore.testing import FakeCarrier, FakePaymentGateway, FakeTax, VirtualClock

__all__ = ["Books", "LedgerBooks", "StoreBooks"]

_OPENING: Final = "opening"
#: SKUs in one receipt of the opening stock.
_RECEIPT: Final = 1_000


class Books(Protocol):
    """
    What the replay asks of the place where it is told.

    """

    def open_with(self, stock: Mapping[str, int], at: Instant) -> int:
        """Receive the opening stock, SKUs of none left out; returns how many were received."""
        ...

    def tell(self, command: TellFact) -> None:
        """Record a fact, or raise Rejected and nothing has happened."""
        ...

    def accounts(self) -> Iterator[tuple[AccountId, Balance]]:
        """All accounts, in order."""
        ...

    def entries(self) -> Iterator[Entry]:
        """The log, in order."""
        ...

    def trial_balance(self) -> list[str]:
        """What does not sum to zero."""
        ...

    def audit(self) -> list[str]:
        """Where a kept number does not follow from the log, recomputed step by step."""
        ...

    def differences(self) -> list[str]:
        """Where the promise book and the physical book differ."""
        ...

    def close(self) -> None:
        """Give files back."""
        ...


class LedgerBooks:
    """
    A ledger in memory.

    """

    def __init__(self) -> None:
        self._ledger = Ledger()

    def open_with(self, stock: Mapping[str, int], at: Instant) -> int:
        received = 0
        for n, skus in enumerate(_receipts(stock), 1):
            movements = Movements(f"{_OPENING}-{n}", _OPENING, at)
            for sku in skus:
                movements.receive(sku, PLACE, stock[sku])
            self._ledger.apply(movements.batch(), at)
            received += len(skus)
        return received

    def tell(self, command: TellFact) -> None:
        self._ledger.apply(steps_of(command, command.fact.id), command.fact.at)

    def accounts(self) -> Iterator[tuple[AccountId, Balance]]:
        return self._ledger.balances()

    def entries(self) -> Iterator[Entry]:
        return self._ledger.entries()

    def trial_balance(self) -> list[str]:
        return [
            f"{book} of {unit} sums to {total}"
            for (book, unit), total in sorted(self._ledger.trial_balance().items())
            if total
        ]

    def audit(self) -> list[str]:
        try:
            self._ledger.check_invariants()
        except InvariantViolated as error:
            return [str(error)]
        return []

    def differences(self) -> list[str]:
        return list(book_differences(dict(self.accounts())))

    def close(self) -> None:
        """Nothing is open."""


class StoreBooks:
    """
    An engine over one SQLite file.

    """

    def __init__(self, path: Path, skus: set[str]) -> None:
        self._clock = VirtualClock(datetime(2010, 1, 1, tzinfo=UTC))
        self._store = SQLiteStore(path, codec=RetailCodec(), durability="normal")
        # What the shop asks of the outside world besides stock is not in this source.
        self._engine = Engine(
            store=self._store,
            catalog=StaticCatalog(Product(sku=Sku(sku), name=sku) for sku in sorted(skus)),
            places=StaticPlaces([Place(id=PLACE, name="the shop")]),
            payments=FakePaymentGateway(self._clock),
            tax=FakeTax({}),
            carrier=FakeCarrier({}),
            clock=self._clock,
            worker="replay",
            kinds=RETAIL_KINDS,
        )

    def open_with(self, stock: Mapping[str, int], at: Instant) -> int:
        self._clock.set(at)
        received = 0
        for n, skus in enumerate(_receipts(stock), 1):
            lines = {sku: stock[sku] for sku in skus}
            self._engine.submit(
                ReceiveStock(place=PLACE, lines=lines, reference=_OPENING), key=f"{_OPENING}-{n}"
            )
            received += len(skus)
        return received

    def tell(self, command: TellFact) -> None:
        self._clock.set(command.fact.at)
        self._engine.submit(command, key=command.fact.id)

    def accounts(self) -> Iterator[tuple[AccountId, Balance]]:
        return self._store.accounts(self._tenant)

    def entries(self) -> Iterator[Entry]:
        return self._store.entries(self._tenant)

    def trial_balance(self) -> list[str]:
        return list(self._engine.verify().trial_balance)

    def audit(self) -> list[str]:
        found = self._engine.verify()
        return [*found.differences, *found.leaks, *found.waiting]

    def differences(self) -> list[str]:
        return list(book_differences(dict(self.accounts())))

    def close(self) -> None:
        self._store.close()

    @property
    def _tenant(self) -> TenantId:
        return self._engine.tenant


def _receipts(stock: Mapping[str, int]) -> Iterator[list[Sku]]:
    skus = [Sku(sku) for sku in sorted(stock) if stock[sku]]
    for first in range(0, len(skus), _RECEIPT):
        yield skus[first : first + _RECEIPT]
