"""
The facts of a shop as commands, and the ledger steps that they are.

Stock moves in the library's two books, by ``Movements``. Beside them stands a third one, the
host's own, which says who holds what:

    purchases|sold|SKU  ──sale──>  purchases|bought|SKU||CUSTOMER  ──return──>  purchases|sold|SKU
                        ──sale──>  purchases|unnamed|SKU        where the source names nobody

Its steps stand in the same linked batch as those of the stock, and the return's step may not leave
the customer below zero. So the ledger refuses an over-return by the guard of that step, and the
units of a refused return are not in stock either. A return without a customer asks an account
that nothing has ever entered.
"""

from collections.abc import Iterable
from typing import Any, Final

import attrs

from examples.retail_replay.source import Fact, Kind
from ordercore.codec import JsonCodec
from ordercore.engine import Kinds
from ordercore.grammar import Command, CommandFamily, Context, Decision, Facts
from ordercore.ids import PlaceId, Sku, child
from ordercore.inventory import STOCK, Movements
from ordercore.ledger import AccountId, Post, Step, account

__all__ = [
    "PLACE",
    "RETAIL_KINDS",
    "Purchase",
    "RetailCodec",
    "TellFact",
    "bought_account",
    "movements_of",
    "sold_account",
    "steps_of",
    "unnamed_account",
]

#: The source has one stock.
PLACE: Final = PlaceId("shop")


@attrs.frozen
class Purchase:
    """
    Units that were bought under one invoice.

    """

    invoice: str
    quantity: int


@attrs.frozen(kw_only=True)
class TellFact(Command):
    """
    Something has happened.

    Attributes:
        fact: What.
        purchases: Of a return: which purchases it undoes, the first bought first.
    """

    fact: Fact
    purchases: tuple[Purchase, ...] = ()


def sold_account(sku: Sku | str) -> AccountId:
    return account("purchases", "sold", sku)


def bought_account(sku: Sku | str, customer: str) -> AccountId:
    return account("purchases", "bought", sku, owner=customer)


def unnamed_account(sku: Sku | str) -> AccountId:
    return account("purchases", "unnamed", sku)


def movements_of(fact: Fact) -> int:
    """
    Count the movements of a fact: a sold line is allocated, picked, packed and dispatched.

    """
    each = {Kind.SALE: 4, Kind.RETURN: 2, Kind.CORRECTION: 1}
    return each[fact.kind] * len(fact.lines)


def steps_of(command: TellFact, parent: str) -> Iterable[Step]:
    """
    Write a fact as one linked batch.

    """
    fact = command.fact
    movements = Movements(parent, fact.invoice, fact.at)
    write = {Kind.SALE: _sell, Kind.RETURN: _take_back, Kind.CORRECTION: _correct}[fact.kind]
    return [*write(command, movements), *movements.steps]


def _sell(command: TellFact, movements: Movements) -> list[Step]:
    fact = command.fact
    holds = [movements.allocate(line.sku, PLACE, line.quantity) for line in fact.lines]
    purchases: list[Step] = []
    for n, (line, hold) in enumerate(zip(fact.lines, holds, strict=True), 1):
        sku, quantity = line.sku, line.quantity
        movements.pick(hold, quantity, sku, PLACE, quantity)
        movements.pack(sku, PLACE, quantity)
        movements.dispatch(sku, PLACE, quantity)
        buyer = bought_account(sku, fact.customer) if fact.customer else unnamed_account(sku)
        step_id = child(movements.parent, "purchase", n)
        purchases.append(
            Post(step_id, sold_account(sku), buyer, quantity, "sale", fact.invoice, fact.at)
        )
    return purchases


def _take_back(command: TellFact, movements: Movements) -> list[Step]:
    fact = command.fact
    (line,) = fact.lines
    movements.take_back(line.sku, PLACE, line.quantity)
    movements.restock(line.sku, PLACE, line.quantity)
    buyer = bought_account(line.sku, fact.customer)
    return [
        Post(
            child(movements.parent, "purchase", n),
            buyer,
            sold_account(line.sku),
            purchase.quantity,
            "return",
            purchase.invoice,
            fact.at,
            leave_at_least=0,
        )
        for n, purchase in enumerate(command.purchases, 1)
    ]


def _correct(command: TellFact, movements: Movements) -> list[Step]:
    for line in command.fact.lines:
        assert line.reason is not None
        movements.adjust(line.sku, PLACE, line.quantity, line.reason)
    return []


# --- for an engine and a store on disk -------------------------------------------------------


def _decide(
    command: TellFact, state: None, facts: Facts, context: Context[Any]
) -> Decision[Any, Step]:
    return Decision(transfers=tuple(steps_of(command, context.command_id)))


#: What the engine of the example drives: the library's stock, and the host's one command.
RETAIL_KINDS: Final = Kinds(STOCK, CommandFamily(commands=(TellFact,), decide=_decide))

_NAME: Final = "retail.TellFact"


class RetailCodec(JsonCodec):
    """
    The library's codec, with the name of the host's command beside its own.

    """

    def encode(self, value: object) -> tuple[str, str]:
        if isinstance(value, TellFact):
            return _NAME, self.dumps(value)
        return super().encode(value)

    def decode(self, name: str, text: str) -> object:
        return self.loads(text, TellFact) if name == _NAME else super().decode(name, text)
