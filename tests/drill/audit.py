"""
What must hold after the drill: the store against itself, against the provider's own books, and
against what the workers were told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import attrs

from ordercore import Engine
from ordercore.fulfillment import LabelPurchased
from ordercore.grammar import Event
from ordercore.ids import CommandId, TenantId
from ordercore.ledger import account_parts
from ordercore.orders import Order, allowed, balance, outstanding
from ordercore.payments import (
    AuthorizationVoided,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentRefunded,
)
from ordercore.ports import Store
from tests.drill.provider import Act, Provider
from tests.drill.shop import SKUS, brought, receipt
from tests.drill.worker import read

MAIN: Final = TenantId("main")


@attrs.frozen
class Fact:
    """One thing that an order says was done at the provider."""

    key: str
    operation: str
    amount_minor: int
    reference: str


@attrs.frozen
class Findings:
    """What the drill came to; ``faults`` is empty where all is well."""

    orders: Mapping[str, int]
    acts: int
    waiting: tuple[str, ...]
    acknowledged: int
    faults: tuple[str, ...]

    def __str__(self) -> str:
        states = ", ".join(f"{count} {status}" for status, count in sorted(self.orders.items()))
        return (
            f"{sum(self.orders.values())} orders ({states}), {self.acknowledged} answers,"
            f" {self.acts} acts at the provider, {len(self.waiting)} wait for a person"
        )


def audit(folder: Path, engine: Engine, store: Store, provider: Provider) -> Findings:
    """Hold everything against everything."""
    orders = [engine.order(order_id) for order_id in engine.order_ids()]
    found = engine.verify()
    answers = dict(_answers(folder))
    faults = [
        *(f"books: {sentence}" for sentence in found.trial_balance + found.differences),
        *(f"leak: {sentence}" for sentence in found.leaks),
        *_not_at_rest(orders, answers),
        *_leases(store, orders),
        *_at_the_provider(engine, orders, provider.acts()),
        *_stock(store, orders, _deliveries(folder)),
        *_not_kept(store, answers),
        *(f"told twice: {fault}" for fault in _told_differently(folder)),
    ]
    return Findings(
        orders=Counter(order.status for order in orders),
        acts=sum(act.acted for act in provider.acts()),
        waiting=found.waiting,
        acknowledged=len(answers),
        faults=tuple(faults),
    )


def _not_at_rest(orders: list[Order], answers: Mapping[str, str]) -> Iterator[str]:
    """Every order has ended, or a person is asked and told why."""
    for order in orders:
        owed = outstanding(order)
        asked = [attempt.reason for attempt in order.attempts if attempt.waits_for_operator]
        asked += [r.request_id for r in order.payments.requests if r.waits_for_person]
        if order.status not in {"completed", "canceled"} and not all(asked or [""]):
            may = "; ".join(map(str, allowed(order)))
            no = [key for key, answer in answers.items() if answer and key.startswith(order.id)]
            yield f"{order.id} is {order.status} and waits for nobody: {may}; refused: {no}"
        if still := [effect.key for effect in owed if not effect.waits_for_operator]:
            yield f"{order.id} is {order.status} and still owes {still}"


def _leases(store: Store, orders: list[Order]) -> Iterator[str]:
    """Nobody is said to be at something that nobody owes."""
    owed = {effect.key for order in orders for effect in outstanding(order)}
    for lease in store.leases(MAIN, "", 10_000):
        if lease.effect_key not in owed:
            yield f"{lease.effect_key} is leased and not owed"


def _facts(events: list[Event], captured: dict[str, str]) -> Iterator[Fact]:
    for event in events:
        match event:
            case PaymentAuthorized():
                captured[event.payment_id] = event.reference
                yield Fact(event.payment_id, "authorize", event.amount_minor, event.reference)
            case PaymentCaptured():
                yield Fact(event.request_id, "capture", event.amount_minor, event.reference)
            case AuthorizationVoided():
                yield Fact(event.request_id, "void", event.amount_minor, "")
            case PaymentRefunded():
                yield Fact(event.request_id, "refund", event.amount_minor, event.reference)
            case LabelPurchased():
                yield Fact(f"{event.package_id}/label", "buy_label", 0, event.tracking)
            case _:
                pass


def _at_the_provider(engine: Engine, orders: list[Order], acts: list[Act]) -> Iterator[str]:
    """The provider did what the orders say, once each, and nothing else but what nobody knows."""
    told: dict[str, tuple[str, Fact]] = {}
    owner: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for order in orders:
        authorizations: dict[str, str] = {}
        events = [recorded.event for recorded in engine.history(order.id)]
        for fact in _facts(events, authorizations):
            if fact.key in told:
                yield f"{fact.key} is a fact of {told[fact.key][0]} and of {order.id}"
            told[fact.key] = (order.id, fact)
        for reference in authorizations.values():
            if owner.setdefault(reference, order.id) != order.id:
                yield f"{reference} belongs to {owner[reference]} and to {order.id}"
        unknown |= {e.key: order.id for e in outstanding(order) if e.waits_for_operator}
    done: defaultdict[str, list[Act]] = defaultdict(list)
    for act in acts:
        if act.acted:
            done[act.key].append(act)
    for key, several in done.items():
        if len(several) > 1:
            yield f"{key} was done {len(several)} times"
        if key not in told and key not in unknown:
            yield f"{key} was done at the provider, and no order knows"
    for key, (order_id, fact) in told.items():
        yield from _differs(order_id, fact, done.get(key, []), owner)
    yield from _sums(orders, done, owner, unknown)


def _differs(order_id: str, fact: Fact, acts: list[Act], owner: Mapping[str, str]) -> Iterator[str]:
    if not acts:
        yield f"{order_id} believes in {fact}, of which the provider knows nothing"
        return
    act = acts[0]
    if (act.operation, act.amount_minor) != (fact.operation, fact.amount_minor):
        yield f"{order_id} says {fact}, the provider {act}"
    if fact.reference and fact.reference != act.reference:
        yield f"{order_id} says {fact}, the provider {act}"
    if fact.operation in {"capture", "void", "refund"} and owner.get(act.authorization) != order_id:
        yield f"{act} is about the authorization of {owner.get(act.authorization)}, not {order_id}"


def _sums(
    orders: list[Order],
    done: Mapping[str, list[Act]],
    owner: Mapping[str, str],
    unknown: Mapping[str, str],
) -> Iterator[str]:
    """Order by order, the money that the provider took less what it gave back."""
    kept: Counter[str] = Counter()
    for act in (act for several in done.values() for act in several):
        sign = {"capture": 1, "refund": -1}.get(act.operation, 0)
        if sign and act.key not in unknown:
            kept[owner.get(act.authorization, "nobody")] += sign * act.amount_minor
    for order in orders:
        if kept.pop(order.id, 0) != balance(order).kept_minor:
            yield f"{order.id} has kept {balance(order).kept_minor}, not what the provider says"
    if any(kept.values()):
        yield f"money that belongs to no order: {dict(kept)}"


def _stock(store: Store, orders: list[Order], deliveries: set[int]) -> Iterator[str]:
    """What came in lies somewhere or is with customers."""
    lies: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for account, held in store.accounts(MAIN):
        parts = account_parts(account)
        if parts.book == "physical" and parts.code not in {"supplier", "customer"}:
            lies[parts.unit][parts.code] += held.posted
        if (parts.book, parts.code) == ("promise", "available") and held.available < 0:
            yield f"{account} is oversold: {held}"
    came: Counter[str] = Counter()
    for number in deliveries:
        if store.recall(MAIN, CommandId(receipt(number)[0])) is not None:
            came.update(brought(number))
    gone: Counter[str] = Counter()
    for order in orders:
        for line in order.lines:
            back = sum(
                units.quantity
                for known in order.returns.returns
                if known.status in {"received", "inspected"}
                for units in known.lines
                if units.line_id == line.line_id
            )
            gone[line.placed.sku] += order.fulfillment.shipped(line.line_id) - back
    for sku in SKUS:
        if came[sku] != gone[sku] + sum(lies[sku].values()):
            yield f"{sku}: {came[sku]} came, {gone[sku]} are with customers, {dict(lies[sku])} lie"
        if any(lies[sku][code] for code in ("picked", "packed")):
            yield f"{sku}: {dict(lies[sku])} though nobody is at work"


def _answers(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.glob("acknowledged-*")):
        for kind, *words in read(path):
            if kind == "answer":
                yield words[0], words[1]


def _deliveries(folder: Path) -> set[int]:
    """Those that somebody was about to book."""
    lines = (line for path in folder.glob("acknowledged-*") for line in read(path))
    return {int(line[1]) for line in lines if line[0] == "receipt"}


def _told_differently(folder: Path) -> Iterator[str]:
    """One key has one answer, whoever asks and however often."""
    first: dict[str, str] = {}
    for key, answer in _answers(folder):
        if first.setdefault(key, answer) != answer:
            yield f"{key} was answered {first[key]!r} and {answer!r}"


def _not_kept(store: Store, answers: Mapping[str, str]) -> Iterator[str]:
    for key, answer in answers.items():
        recorded = store.recall(MAIN, CommandId(key))
        if recorded is None:
            yield f"{key} was acknowledged and is not in the store"
        elif (recorded.rejected.code if recorded.rejected else "") != answer:
            yield f"{key} was answered {answer!r}, the store says {recorded.rejected}"
