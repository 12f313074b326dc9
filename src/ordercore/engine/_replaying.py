"""
Answering a key that is known, with what was recorded under it.

"""

from typing import cast

import attrs

from ordercore.engine._requests import Submission, Submitted
from ordercore.errors import Rejected
from ordercore.grammar import Command
from ordercore.ports import Receipt

__all__ = ["replayed"]


def replayed(submission: Submission, receipt: Receipt) -> Submitted:
    """
    Answer a key that is known: the recorded result, if it is the same command.

    Raises:
        Rejected: ``key_reused``, or the recorded refusal.
    """
    field = _first_difference(receipt.command, submission.command)
    if field is not None:
        raise Rejected(
            "key_reused",
            f"{submission.command_id} was used for another command: {field} differs",
            data={"key": submission.command_id, "field": field},
            legal=("the same command again", "a new key"),
        )
    if receipt.rejected is not None:
        raise receipt.rejected
    return Submitted(
        command_id=receipt.command_id,
        stream=receipt.stream,
        version=receipt.to_version,
        events=(),
        reply=receipt.reply,
        repeated=True,
    )


def _first_difference(known: Command, again: Command) -> str | None:
    if type(known) is not type(again):
        return "command"
    # A host that tries again may tell a later time for the same wish; the first one counts.
    fields = attrs.fields(cast("type[attrs.AttrsInstance]", type(known)))
    names = (field.name for field in fields if field.name != "occurred_at")
    return next((name for name in names if getattr(known, name) != getattr(again, name)), None)
