"""
Answering what the documents of stock ask of a ledger.

"""

from collections.abc import Mapping

from ordercore.catalog import LotQuantity
from ordercore.ids import Sku, TenantId
from ordercore.instants import Instant
from ordercore.inventory import (
    AccountBalances,
    OnHandAsOf,
    OpenPreorders,
    ShelfUnits,
    StockRecord,
    incoming_prefix,
    recorded_prefixes,
    recorded_stock,
    shelf_units,
)
from ordercore.ledger import AccountId, Balance, OpenPending
from ordercore.ports import Store

__all__ = ["account_balances", "open_preorders_at", "shelf_units_at", "stock_as_of"]


def account_balances(
    store: Store, tenant: TenantId, need: AccountBalances, at: Instant
) -> Mapping[AccountId, Balance]:
    """
    Read the balances of some accounts.

    """
    return store.balances(tenant, need.accounts, at)


def open_preorders_at(
    store: Store, tenant: TenantId, need: OpenPreorders, at: Instant
) -> tuple[OpenPending, ...]:
    """
    List who waits for expected supply. Cost: O(days that supply was ever expected on + holds).

    """
    promised = (
        account
        for sku in need.skus
        for account, balance in store.accounts(tenant, incoming_prefix(sku, need.place))
        if balance.pending_out
    )
    return tuple(
        hold
        for account in promised
        for hold in store.pendings(tenant, source=account)
        if not hold.is_due(at)
    )


def shelf_units_at(
    store: Store, tenant: TenantId, need: ShelfUnits, _: Instant
) -> Mapping[Sku, tuple[LotQuantity, ...]]:
    """
    Read what is on record on a shelf. Cost: O(lots and owners of the SKUs that ever lay there).

    """
    return shelf_units(
        need, (row for prefix in need.prefixes() for row in store.accounts(tenant, prefix))
    )


def stock_as_of(store: Store, tenant: TenantId, need: OnHandAsOf, _: Instant) -> StockRecord:
    """
    Tell what lay at a place: what lies there now, less what has occurred since.

    Writers are kept out meanwhile, so that all of it is of one position, and what is recorded
    later is known to be later.

    Cost: O(accounts of the SKUs + steps that occurred since); without SKUs, O(accounts of the
    physical book); for late movements, O(steps recorded since) more.
    """
    with store.hold(tenant):
        balances = [
            row for prefix in recorded_prefixes(need) for row in store.accounts(tenant, prefix)
        ]
        entries = {e.position: e for e in store.occurred_after(tenant, need.occurred_by)}
        if need.listed_after is not None:
            entries.update((e.position, e) for e in store.entries(tenant, after=need.listed_after))
        read_to = store.last_position(tenant)
    return recorded_stock(need, balances, (entries[n] for n in sorted(entries)), read_to)
