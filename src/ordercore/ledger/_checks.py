"""
What is checked of any step: its id, its amount, and whether it was recorded before.

"""

from typing import Final

import attrs

from ordercore.errors import Rejected
from ordercore.ledger._steps import (
    Divide,
    ExpirePending,
    Merge,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    expiry_id,
    is_derived_id,
    reversal_id,
)

__all__ = ["check_amount", "check_id", "require_all_repeated", "require_same", "reserved"]

_FIELDS: Final[dict[type[Step], tuple[str, ...]]] = {
    Post: Post._fields,
    Pend: Pend._fields,
    **{
        kind: tuple(field.name for field in attrs.fields(kind))
        for kind in (PostPending, VoidPending, ExpirePending, Divide, Merge, Reverse)
    },
}


def require_all_repeated(repeats: int, steps: int) -> None:
    """
    Refuse a batch of which only some steps were recorded before.

    """
    if repeats < steps:
        raise Rejected(
            "batch_partly_exists",
            f"{repeats} of {steps} linked steps are recorded already",
            data={"repeats": repeats, "steps": steps},
            legal=("the batch as it was recorded, or new ids",),
        )


def check_id(step: Step) -> None:
    """
    Refuse an id that only the ledger gives.

    """
    if not isinstance(step, ExpirePending | Reverse) and is_derived_id(step.id):
        raise reserved(
            step,
            f"{step.id} is a name that only the ledger gives: to an expiry, a reversal, a part",
        )


def reserved(step: Step, reason: str) -> Rejected:
    """
    Return the refusal of an id that belongs to another step.

    """
    if isinstance(step, ExpirePending):
        legal = expiry_id(step.pending)
    elif isinstance(step, Reverse):
        legal = reversal_id(step.step)
    else:
        legal = "an id that ends neither in /expired nor /reversed nor /part- and a number"
    return Rejected("id_reserved", reason, data={"step": step.id}, legal=(legal,))


def check_amount(step_id: str, amount: int) -> None:
    """
    Refuse an amount below one.

    """
    if amount < 1:
        raise Rejected(
            "amount_not_positive",
            f"{step_id} moves {amount}",
            data={"step": step_id, "amount": amount},
            legal=("1 or more; a mistake is reversed",),
        )


def require_same(known: Step, step: Step) -> None:
    """
    Refuse another content under an id that was recorded.

    """
    field = _first_difference(known, step)
    if field is not None:
        raise Rejected(
            f"id_exists_with_different_{field}",
            f"step {step.id} is recorded with another {field}",
            data={"step": step.id, "field": field},
            legal=("the same content again, or a new id",),
        )


def _first_difference(known: Step, step: Step) -> str | None:
    if type(known) is not type(step):
        return "kind"
    for field in _FIELDS[type(step)]:
        if getattr(known, field) != getattr(step, field):
            return field
    return None
