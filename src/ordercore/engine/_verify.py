"""
The audit: recompute everything that is kept beside the facts, and name what should not be there.

"""

import attrs

from ordercore.ids import StreamId, TenantId
from ordercore.instants import Instant
from ordercore.inventory import book_differences
from ordercore.ledger import account_parts
from ordercore.orders import ORDER_LIFECYCLE, Order, OrderEvent, fold, outstanding
from ordercore.ports import Store
from ordercore.stores import audit_ledger

__all__ = ["Verification", "verify"]


@attrs.frozen(kw_only=True)
class Verification:
    """
    What an audit has found; no sentence in it means that all is well.

    Attributes:
        orders: How many orders were folded.
        steps: How many ledger steps were replayed.
        trial_balance: What does not sum to zero, by book and unit.
        differences: Where a kept number differs from the facts.
        leaks: Promises, authorizations and requests whose order has ended or is unknown.
        waiting: Requests that wait for a person.
    """

    orders: int
    steps: int
    trial_balance: tuple[str, ...]
    differences: tuple[str, ...]
    leaks: tuple[str, ...]
    waiting: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """
        Whether every book sums to zero and every kept number follows from the facts.

        """
        return not self.trial_balance and not self.differences

    def __str__(self) -> str:
        found = (*self.trial_balance, *self.differences, *self.leaks, *self.waiting)
        head = f"{self.orders} orders, {self.steps} ledger steps: "
        return head + ("balanced, no leaks" if not found else "; ".join(found))


def verify(store: Store, tenant: TenantId, at: Instant) -> Verification:
    """
    Audit one tenant's store. Reads all of it once, in bounded memory but for open work.

    """
    money: dict[str, int] = {}
    leaks: list[str] = []
    waiting: list[str] = []
    differences = list(audit_ledger(store, tenant))
    ended: dict[str, bool] = {}
    count = 0
    for stream in store.streams(tenant):
        order = _folded(store, tenant, stream)
        if order is None:
            continue
        count += 1
        ended[stream] = ORDER_LIFECYCLE().has_ended(order.status)
        kept = order.payments.captured_minor - order.payments.refunded_minor
        money[order.currency] = money.get(order.currency, 0) + kept
        waiting.extend(
            f"{stream}: {effect.key} waits for a person"
            for effect in outstanding(order)
            if effect.waits_for_operator
        )
        if ended[stream]:
            leaks.extend(_order_leaks(stream, order))
    for hold in store.pendings(tenant):
        if hold.reference.startswith("order/") and ended.get(hold.reference, True):
            leaks.append(f"{hold.id}: {hold.amount} promised to {hold.reference}, which has ended")
    balances = dict(store.accounts(tenant))
    differences.extend(book_differences(balances))
    sums: dict[tuple[str, str], int] = {}
    clearing: dict[str, int] = {}
    for account, balance in balances.items():
        parts = account_parts(account)
        sums[parts.book, parts.unit] = sums.get((parts.book, parts.unit), 0) + balance.posted
        if (parts.book, parts.code) == ("value", "clearing"):
            clearing[parts.unit] = clearing.get(parts.unit, 0) + balance.posted
    for currency in sorted({*money, *clearing}):
        facts, book = money.get(currency, 0), clearing.get(currency, 0)
        if facts != book:
            differences.append(f"{currency}: orders kept {facts}, the value book says {book}")
    return Verification(
        orders=count,
        steps=sum(1 for _ in store.entries(tenant)),
        trial_balance=tuple(
            f"{book} of {unit} sums to {total}"
            for (book, unit), total in sorted(sums.items())
            if total
        ),
        differences=tuple(differences),
        leaks=tuple(leaks),
        waiting=tuple(waiting),
    )


def _folded(store: Store, tenant: TenantId, stream: StreamId) -> Order | None:
    events: list[OrderEvent] = [r.event for r in store.load(tenant, stream)]  # type: ignore[misc]
    return fold(events)


def _order_leaks(stream: str, order: Order) -> list[str]:
    leaks = [f"{stream}: {effect.key} is open, the order has ended" for effect in outstanding(order)]
    voids = {r.payment_id for r in order.payments.requests if r.kind == "void"}
    leaks.extend(
        f"{stream}: {order.payments.capturable_minor(payment)} of {payment.payment_id} is "
        "authorized, the order has ended"
        for payment in order.payments.payments
        if order.payments.capturable_minor(payment) > 0 and payment.payment_id not in voids
    )
    return leaks
