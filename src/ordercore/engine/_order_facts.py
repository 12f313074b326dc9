"""
What others ask about orders: whose a reference is, and how an order stands.

"""

from collections.abc import Mapping

from ordercore.ids import StreamId, TenantId, order_stream
from ordercore.orders import ORDERS, KnownReferences, Order, PresentOrder
from ordercore.ports import Store

__all__ = ["known_references", "present_order"]


def known_references(
    store: Store, tenant: TenantId, need: KnownReferences
) -> Mapping[str, StreamId]:
    """
    Look references up. Cost: O(names) reads of the index.

    """
    found = {name: store.find(tenant, name) for name in need.names}
    return {name: stream for name, stream in found.items() if stream is not None}


def present_order(store: Store, tenant: TenantId, need: PresentOrder) -> Order | None:
    """
    Fold an order. Cost: O(its events).

    """
    recorded = store.load(tenant, order_stream(need.order_id))
    return ORDERS.fold(each.event for each in recorded)
