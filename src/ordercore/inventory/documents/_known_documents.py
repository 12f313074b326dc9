"""
Whether a document was opened: the refusals to speak of none, and to open one twice.

"""

from ordercore.errors import Rejected
from ordercore.inventory.documents._count_state import StockCount
from ordercore.inventory.documents._purchase_state import Purchase
from ordercore.inventory.documents._transfer_state import StockTransfer

__all__ = [
    "known_count",
    "known_purchase",
    "known_transfer",
    "refuse_known_count",
    "refuse_known_purchase",
    "refuse_known_transfer",
]

_AGAIN = "the same command under its own key again"


def known_purchase(state: Purchase | None, purchase_id: str) -> Purchase:
    """
    Return a purchase that was opened.

    Raises:
        Rejected: ``unknown_purchase``.
    """
    if state is None:
        raise Rejected(
            "unknown_purchase",
            f"there is no purchase {purchase_id}",
            data={"purchase": purchase_id},
            legal=("OpenPurchase",),
        )
    return state


def refuse_known_purchase(state: Purchase | None, purchase_id: str) -> None:
    """
    Refuse to open a purchase twice.

    Raises:
        Rejected: ``purchase_exists``.
    """
    if state is not None:
        raise Rejected(
            "purchase_exists",
            f"purchase {purchase_id} was opened before",
            data={"purchase": purchase_id},
            legal=("another purchase id", _AGAIN),
        )


def known_transfer(state: StockTransfer | None, transfer_id: str) -> StockTransfer:
    """
    Return a transfer that was opened.

    Raises:
        Rejected: ``unknown_transfer``.
    """
    if state is None:
        raise Rejected(
            "unknown_transfer",
            f"there is no transfer {transfer_id}",
            data={"transfer": transfer_id},
            legal=("OpenTransfer",),
        )
    return state


def refuse_known_transfer(state: StockTransfer | None, transfer_id: str) -> None:
    """
    Refuse to open a transfer twice.

    Raises:
        Rejected: ``transfer_exists``.
    """
    if state is not None:
        raise Rejected(
            "transfer_exists",
            f"transfer {transfer_id} was opened before",
            data={"transfer": transfer_id},
            legal=("another transfer id", _AGAIN),
        )


def known_count(state: StockCount | None, count_id: str) -> StockCount:
    """
    Return a count that was opened.

    Raises:
        Rejected: ``unknown_count``.
    """
    if state is None:
        raise Rejected(
            "unknown_count",
            f"there is no count {count_id}",
            data={"count": count_id},
            legal=("OpenCount",),
        )
    return state


def refuse_known_count(state: StockCount | None, count_id: str) -> None:
    """
    Refuse to open a count twice.

    Raises:
        Rejected: ``count_exists``.
    """
    if state is not None:
        raise Rejected(
            "count_exists",
            f"count {count_id} was opened before",
            data={"count": count_id},
            legal=("another count id", _AGAIN),
        )
