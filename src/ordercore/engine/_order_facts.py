"""
What others ask about orders: whose a reference is, and how an order stands.

"""

from collections.abc import Mapping

from ordercore.engine._requests import Call, Loop
from ordercore.ids import StreamId, TenantId, order_stream
from ordercore.orders import ORDERS, KnownReferences, Order, PresentOrder
from ordercore.ports import Store

__all__ = ["known_references", "present_order"]


def known_references(
    store: Store, tenant: TenantId, need: KnownReferences
) -> Loop[Mapping[str, StreamId]]:
    """
    Look references up. Cost: O(names) reads of the index.

    """
    found: dict[str, StreamId] = {}
    for name in need.names:
        stream = yield from Call(store.find, tenant, name)
        if stream is not None:
            found[name] = stream
    return found


def present_order(store: Store, tenant: TenantId, need: PresentOrder) -> Loop[Order | None]:
    """
    Fold an order. Cost: O(its events).

    """
    recorded = yield from Call(store.load, tenant, order_stream(need.order_id))
    return ORDERS.fold(each.event for each in recorded)
