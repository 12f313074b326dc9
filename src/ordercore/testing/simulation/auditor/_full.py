"""
Everything at once: the store against the model, and both against themselves.

"""

from collections import Counter

from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import NOTHING, account_parts
from ordercore.ports import Store
from ordercore.testing.simulation.auditor import _violation as v
from ordercore.testing.simulation.auditor._case import Shop
from ordercore.testing.simulation.auditor._holds import Holds
from ordercore.testing.simulation.auditor._rest import waits_for, waits_for_person
from ordercore.testing.simulation.auditor._shapes import ShadowOrder

__all__ = ["check_all"]


def check_all(  # noqa: PLR0917 - the store, the model and what keeps count
    tenant: TenantId, store: Store, shop: Shop, holds: Holds, at: Instant, checks: Counter[str]
) -> None:
    """
    Compare all balances, all holds and the sums of all orders.

    Raises:
        Violation: Something differs.
    """
    _check_accounts(tenant, store, shop, at, checks)
    _check_holds(tenant, store, holds, at, checks)
    _check_money(shop, checks)
    for order in shop.orders.values():
        _check_order(order, holds, checks)


def _check_accounts(
    tenant: TenantId, store: Store, shop: Shop, at: Instant, checks: Counter[str]
) -> None:
    sums: Counter[tuple[str, str]] = Counter()
    accounts = [account for account, _ in store.accounts(tenant)]
    for account, found in store.balances(tenant, accounts, at).items():
        parts = account_parts(account)
        sums[parts.book, parts.unit] += found.posted
        expected = shop.stock.balance(account, at)
        invariant = v.BALANCES[parts.book]
        checks[invariant] += 1
        if expected != found:
            raise v.Violation(invariant, account, expected, found)
        if parts.code == "available":
            checks[v.OVERSELL] += 1
    for (book, unit), total in sums.items():
        checks[v.CONSERVED if book != "value" else v.MONEY] += 1
        if total:
            raise v.Violation(v.BALANCES[book], f"{book} of {unit}", 0, total)
    known = set(accounts)
    for name in (*_stock_accounts(shop), *shop.stock.money):
        checks[v.CONSERVED] += 1
        if name not in known and shop.stock.balance(name, at) != NOTHING:
            raise v.Violation(v.CONSERVED, name, shop.stock.balance(name, at), "untouched")


def _stock_accounts(shop: Shop) -> list[str]:
    return [f"physical|{bucket}|{sku}|{place}|" for bucket, sku, place in shop.stock.lies]


def _check_holds(
    tenant: TenantId, store: Store, holds: Holds, at: Instant, checks: Counter[str]
) -> None:
    found = {hold.id: hold for hold in store.pendings(tenant)}
    checks[v.HOLDS] += len(found)
    for name in sorted({*found, *holds.open}):
        theirs, mine = found.get(name), holds.open.get(name)
        if theirs is None or mine is None:
            words = ("over", "open")
            expected, seen = words[mine is not None], words[theirs is not None]
            raise v.Violation(v.HOLDS, name, expected, seen)
        row = (theirs.source, theirs.target, theirs.amount, theirs.reference, theirs.expires_at)
        if row != tuple(mine):
            raise v.Violation(v.HOLDS, name, tuple(mine), row)


def _check_money(shop: Shop, checks: Counter[str]) -> None:
    kept: Counter[str] = Counter()
    for order in shop.orders.values():
        kept[order.currency] += order.kept_minor
    cleared: Counter[str] = Counter()
    for account, minor in shop.stock.money.items():
        parts = account.split("|")
        if parts[1] == "clearing":
            cleared[parts[2]] += minor
    checks[v.MONEY] += 1
    if kept != cleared:
        raise v.Violation(v.MONEY, "all orders", dict(kept), dict(cleared))


def _check_order(order: ShadowOrder, holds: Holds, checks: Counter[str]) -> None:
    checks[v.REFUNDS] += len(order.payments)
    for payment in order.payments.values():
        if not 0 <= payment.refunded <= payment.captured <= payment.authorized:
            raise v.Violation(v.REFUNDS, payment.payment_id, "refunded <= captured", payment)
    checks[v.LATTICE] += len(order.lines)
    for line in order.lines.values():
        amounts, shipped = line.amounts, line.count("shipped")
        if amounts.charged != shipped or amounts.canceled != line.count("canceled"):
            raise v.Violation(v.LATTICE, f"{order.order_id} {line.line_id}", shipped, amounts)
    if order.ended:
        checks[v.HOLDS] += 1
        if held := holds.of.get(f"order/{order.order_id}"):
            raise v.Violation(v.HOLDS, order.order_id, "holds nothing, it has ended", held)
    nothing_left = order.status == "canceled" and not order.anomalies
    if nothing_left and not waits_for(order) and not waits_for_person(order):
        checks[v.REVERSAL] += 1
        by_itself = sum(p.captured for p in order.payments.values() if p.by_itself)
        if order.kept_minor and not by_itself:
            raise v.Violation(v.REVERSAL, order.order_id, 0, order.kept_minor)
