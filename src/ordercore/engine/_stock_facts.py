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
from ordercore.ledger import AccountId, Balance, Entry, OpenPending, account_parts
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
    Fold what the ledger's log says of a place.

    The accounts are read one after the other; writers are kept out meanwhile, so that all of them
    are of one position, and what is recorded later is known to be later.

    Cost: O(entries of the accounts in question); without SKUs, O(accounts of the physical book)
    more.
    """
    entries: dict[int, Entry] = {}
    with store.hold(tenant):
        for prefix in recorded_prefixes(need):
            for account, _balance in tuple(store.accounts(tenant, prefix)):
                if account_parts(account).place == need.place:
                    found = store.entries(tenant, account)
                    entries.update((entry.position, entry) for entry in found)
    return recorded_stock(need, (entries[position] for position in sorted(entries)))
