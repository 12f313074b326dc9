"""
The audit: recompute everything that is kept beside the facts, and name what should not be there.

"""

from collections.abc import Mapping

import attrs

from ordercore.engine._audit import audit_ledger
from ordercore.ids import StreamId, TenantId
from ordercore.inventory import book_differences
from ordercore.ledger import AccountId, Balance, account_parts
from ordercore.orders import ORDER_LIFECYCLE, Order, OrderEvent, fold, outstanding
from ordercore.orders import balance as balance_of
from ordercore.ports import Store

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


def verify(store: Store, tenant: TenantId) -> Verification:
    """
    Audit one tenant's store.

    Cost: reads the whole store once; memory for one order at a time, the accounts, the open holds
    and one word an order.
    """
    kept: dict[str, int] = {}
    leaks: list[str] = []
    waiting: list[str] = []
    ended: dict[str, bool] = {}
    for stream in store.streams(tenant):
        order = _folded(store, tenant, stream)
        if order is None:
            continue
        ended[stream] = ORDER_LIFECYCLE().has_ended(order.status)
        money = order.payments.captured_minor - order.payments.refunded_minor
        kept[order.currency] = kept.get(order.currency, 0) + money
        waiting.extend(
            f"{stream}: {effect.key} waits for a person"
            for effect in outstanding(order)
            if effect.waits_for_operator
        )
        waiting.extend(
            f"{stream}: {request.request_id} was declined and waits for a person"
            for request in order.payments.requests
            if request.waits_for_person
        )
        if ended[stream]:
            leaks.extend(_order_leaks(stream, order))
    leaks.extend(
        f"{hold.id}: {hold.amount} promised to {hold.reference}, which has ended or is unknown"
        for hold in store.pendings(tenant)
        if hold.reference.startswith("order/") and ended.get(hold.reference, True)
    )
    balances = dict(store.accounts(tenant))
    return Verification(
        orders=len(ended),
        steps=sum(1 for _ in store.entries(tenant)),
        trial_balance=_unbalanced(balances),
        differences=(
            *audit_ledger(store, tenant),
            *book_differences(balances),
            *_money_differences(balances, kept),
        ),
        leaks=tuple(leaks),
        waiting=tuple(waiting),
    )


def _unbalanced(balances: Mapping[AccountId, Balance]) -> tuple[str, ...]:
    sums: dict[tuple[str, str], int] = {}
    for account, balance in balances.items():
        parts = account_parts(account)
        sums[parts.book, parts.unit] = sums.get((parts.book, parts.unit), 0) + balance.posted
    return tuple(
        f"{book} of {unit} sums to {total}" for (book, unit), total in sorted(sums.items()) if total
    )


def _money_differences(
    balances: Mapping[AccountId, Balance], kept: Mapping[str, int]
) -> tuple[str, ...]:
    clearing: dict[str, int] = {}
    for account, balance in balances.items():
        parts = account_parts(account)
        if (parts.book, parts.code) == ("value", "clearing"):
            clearing[parts.unit] = clearing.get(parts.unit, 0) + balance.posted
    return tuple(
        f"{currency}: orders have kept {kept.get(currency, 0)}, "
        f"the value book says {clearing.get(currency, 0)}"
        for currency in sorted({*kept, *clearing})
        if kept.get(currency, 0) != clearing.get(currency, 0)
    )


def _folded(store: Store, tenant: TenantId, stream: StreamId) -> Order | None:
    events: list[OrderEvent] = [r.event for r in store.load(tenant, stream)]  # type: ignore[misc]
    return fold(events)


def _order_leaks(stream: str, order: Order) -> list[str]:
    leaks = [
        f"{stream}: {effect.key} is open, the order has ended" for effect in outstanding(order)
    ]
    if balance_of(order).unpaid_minor:
        return leaks  # what is authorized may still be captured
    voids = {r.payment_id for r in order.payments.requests if r.kind == "void"}
    leaks.extend(
        f"{stream}: {order.payments.capturable_minor(payment)} of {payment.payment_id} is "
        "authorized, the order has ended"
        for payment in order.payments.payments
        if order.payments.capturable_minor(payment) > 0 and payment.payment_id not in voids
    )
    return leaks
