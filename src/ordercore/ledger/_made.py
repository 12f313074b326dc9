"""
A hold as it was made, whether it is open or has ended since.

A log tells of an ended hold only by its name; what it held stands in the step that made it. A
part of a divided hold is named after the whole and its number, and its amount stands in the
division.
"""

from ordercore.ledger._steps import Divide, OpenPending, Pend
from ordercore.ledger._view import LedgerView

__all__ = ["made_pending"]


def made_pending(view: LedgerView, pending_id: str) -> OpenPending | None:
    """
    Rebuild a hold from the steps that made it; None where none of that id was ever made.

    Cost: one look-up, and one more for each time that it was divided.
    """
    open_now = view.open_pending(pending_id)
    if open_now is not None:
        return open_now
    # From the whole to the part: ``h``, ``h/part-2``, ``h/part-2/part-1``. A part's name is only
    # ever given by a division, so a step of that very id is none.
    root, *parts = pending_id.split("/part-")
    step = view.step(root)
    if not isinstance(step, Pend):
        return None
    name, amount = root, step.amount
    for number in parts:
        division = view.ended_by(name)
        if not isinstance(division, Divide) or not 0 < int(number) <= len(division.parts):
            return None
        name, amount = f"{name}/part-{number}", division.parts[int(number) - 1]
    return OpenPending(
        pending_id,
        step.source,
        step.target,
        amount,
        step.reference,
        step.expires_at,
        step.promised_at or step.occurred_at,
    )
