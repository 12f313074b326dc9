"""
Why a number is what it is: the statement of what is available of a SKU at a place.

"""

from collections.abc import Iterable

from ordercore.cli._narrator import Column, Table
from ordercore.errors import Rejected
from ordercore.ids import PlaceId, Sku, TenantId
from ordercore.instants import format_instant
from ordercore.inventory import available_account
from ordercore.ledger import ExpirePending, Line, account_parts, explain
from ordercore.ports import Store

__all__ = ["why_available", "why_data", "why_table"]

#: How many pairs are named to somebody who asked for one that is not there.
_NAMED_MAX = 5


def why_available(
    store: Store, tenant: TenantId, asked: str
) -> tuple[Sku, PlaceId, tuple[Line, ...]]:
    """
    Find the steps that make what is available now, in order.

    Args:
        store: Where to read.
        tenant: Whose.
        asked: The SKU and the place, as ``SKU@PLACE``. Both may hold an ``@``: what is meant is a
            pair that the books know.

    Raises:
        Rejected: ``unknown_stock``, naming pairs that are there.

    Cost: O(accounts, and entries of the one that is asked).
    """
    pairs = [
        (Sku(parts.unit), PlaceId(parts.place))
        for parts in (account_parts(a) for a, _ in store.accounts(tenant, "promise|available|"))
        if not parts.owner
    ]
    found = next((pair for pair in pairs if "@".join(pair) == asked), None)
    if found is None:
        raise Rejected(
            "unknown_stock",
            f"nothing was ever available as {asked!r}",
            data={"asked": asked},
            legal=tuple("@".join(pair) for pair in pairs[:_NAMED_MAX]),
        )
    account = available_account(*found)
    return (*found, explain(account, store.entries(tenant, account)))


def why_table(lines: Iterable[Line]) -> Table:
    """
    Lay the statement out: the changes sum to the last balance.

    """
    return Table(
        columns=(
            Column("step", number=True, faint=True),
            Column("recorded (UTC)"),
            Column("reason"),
            Column("for"),
            Column("change", number=True),
            Column("available", number=True),
        ),
        rows=tuple(
            (
                str(line.entry.position),
                f"{line.entry.recorded_at:%Y-%m-%d %H:%M}",
                *_reason(line),
                f"{line.change.available:+}",
                str(line.balance.available),
            )
            for line in lines
        ),
    )


def why_data(lines: Iterable[Line]) -> list[dict[str, object]]:
    """
    Tell the statement to a machine.

    """
    told: list[dict[str, object]] = []
    for line in lines:
        reason, reference = _reason(line)
        told.append(
            {
                "position": line.entry.position,
                "recorded_at": format_instant(line.entry.recorded_at),
                "occurred_at": format_instant(line.entry.step.occurred_at),
                "reason": reason,
                "reference": reference,
                "change": line.change.available,
                "available": line.balance.available,
            }
        )
    return told


def _reason(line: Line) -> tuple[str, str]:
    step = line.entry.step
    if isinstance(step, ExpirePending):
        return "expire", ""
    return step.reason, step.reference
