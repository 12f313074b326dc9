"""
Shops whose units are told apart, and where each lot lies.
"""

from collections.abc import Callable

from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CommandId, OrderId, PlaceId, Sku
from ordercore.inventory import Bucket, LotQuantity, Movements, ReceiveStock
from ordercore.ledger import account_parts
from ordercore.ports import Commit, Receipt
from tests.orders.builders import TENANT, Shop, line_of, shop

ORDER = OrderId("O-1")
MUG, BERLIN = Sku("MUG"), PlaceId("berlin")

Lots = tuple[LotQuantity, ...]


def lots(text: str) -> Lots:
    """``"A2 B1 -3 #S"``: two of A, one of B, three without a lot, serial number S."""
    return tuple(
        LotQuantity("", 1, word[1:])
        if word.startswith("#")
        else LotQuantity("" if word[0] == "-" else word[0], int(word[1:]))
        for word in text.split()
    )


def word(units: LotQuantity) -> str:
    return f"#{units.serial}" if units.serial else f"{units.lot or '-'}{units.quantity}"


def words(units: Lots) -> str:
    return " ".join(map(word, units))


def move(made: Shop, name: str, write: Callable[[Movements], object]) -> None:
    """Write movements that no command makes."""
    movements = Movements(name, f"delivery/{name}", made.clock.now)
    write(movements)
    receipt = Receipt(
        command_id=CommandId(name),
        command=ReceiveStock(place=BERLIN, lines={MUG: 1}),
        at=made.clock.now,
    )
    actor = Actor(ActorKind.SYSTEM, "test")
    steps = tuple(movements.batch())
    made.store.commit(Commit(tenant=TENANT, receipt=receipt, steps=steps, actor=actor))


def stocked(text: str, name: str = "first", made: Shop | None = None) -> Shop:
    """A shop with some lots on the shelf in Berlin."""
    made = made or shop()
    units = lots(text)
    total = sum(each.quantity for each in units)
    move(made, name, lambda m: m.receive(MUG, BERLIN, total, lots=units))
    return made


def ordered(text: str, quantity: int) -> Shop:
    made = stocked(text)
    made.place(lines=[line_of(quantity=quantity)])
    return made


def lying(made: Shop, bucket: Bucket, place: str = "berlin") -> str:
    """What lies in a bucket, by lot, those below zero too."""
    found: list[LotQuantity] = []
    for account, balance in made.store.accounts(TENANT, f"physical|{bucket.value}|MUG|{place}|"):
        if balance.posted:
            parts = account_parts(account)
            found.append(LotQuantity(parts.lot, balance.posted, parts.serial))
    return " ".join(sorted(map(word, found)))


def sound(made: Shop) -> bool:
    return str(made.engine.verify()).endswith("balanced, no leaks")
