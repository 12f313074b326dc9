"""
Answering what the documents of stock ask of a ledger.

"""

from collections.abc import Mapping

from ordercore.catalog import LotQuantity
from ordercore.engine._requests import Call, Each, Hold, Loop, collect
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
) -> Loop[Mapping[AccountId, Balance]]:
    """
    Read the balances of some accounts.

    """
    return (yield from Call(store.balances, tenant, need.accounts, at))


def open_preorders_at(
    store: Store, tenant: TenantId, need: OpenPreorders, at: Instant
) -> Loop[tuple[OpenPending, ...]]:
    """
    List who waits for expected supply. Cost: O(days that supply was ever expected on + holds).

    """
    found: list[OpenPending] = []
    for sku in need.skus:
        for account, balance in (
            yield from collect(store.accounts, tenant, incoming_prefix(sku, need.place))
        ):
            if balance.pending_out:
                found += yield from Call(store.pendings, tenant, source=account)
    return tuple(hold for hold in found if not hold.is_due(at))


def shelf_units_at(
    store: Store, tenant: TenantId, need: ShelfUnits, _: Instant
) -> Loop[Mapping[Sku, tuple[LotQuantity, ...]]]:
    """
    Read what is on record on a shelf. Cost: O(lots and owners of the SKUs that ever lay there).

    """
    rows: list[tuple[AccountId, Balance]] = []
    for prefix in need.prefixes():
        yield from Each(rows.append, store.accounts, tenant, prefix)
    return shelf_units(need, rows)


def stock_as_of(store: Store, tenant: TenantId, need: OnHandAsOf, _: Instant) -> Loop[StockRecord]:
    """
    Tell what lay at a place: what lies there now, less what has occurred since.

    Writers are kept out meanwhile, so that all of it is of one position, and what is recorded
    later is known to be later.

    Cost: O(accounts of the SKUs + steps that occurred since); without SKUs, O(accounts of the
    physical book); for late movements, O(steps recorded since) more.
    """
    return (yield from Hold(_stock_at_one_position(store, tenant, need)))


def _stock_at_one_position(store: Store, tenant: TenantId, need: OnHandAsOf) -> Loop[StockRecord]:
    balances: list[tuple[AccountId, Balance]] = []
    for prefix in recorded_prefixes(need):
        yield from Each(balances.append, store.accounts, tenant, prefix)
    found = yield from collect(store.occurred_after, tenant, need.occurred_by)
    if need.listed_after is not None:
        yield from Each(found.append, store.entries, tenant, after=need.listed_after)
    read_to = yield from Call(store.last_position, tenant)
    entries = {entry.position: entry for entry in found}
    return recorded_stock(need, balances, (entries[n] for n in sorted(entries)), read_to)
