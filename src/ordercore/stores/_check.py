"""
What every store demands of its callers before it writes a row.

"""

from ordercore.errors import InvalidData, InvariantViolated
from ordercore.ports import Commit

__all__ = ["check_commit", "check_position"]


def check_commit(commit: Commit) -> None:
    """
    Refuse a commit that contradicts itself.

    Raises:
        InvariantViolated: The versions do not count the events, a refusal carries facts, or facts
            belong to no stream, or a kept state is of another version. Nothing was written;
            whoever made the commit is defective.
    """
    receipt = commit.receipt
    grown = receipt.to_version - receipt.from_version
    if grown != len(commit.events) or receipt.from_version < 0:
        raise InvariantViolated(
            f"commit {receipt.command_id} says version {receipt.from_version} to "
            f"{receipt.to_version} and brings {len(commit.events)} events"
        )
    if receipt.rejected is not None and (commit.events or commit.steps):
        raise InvariantViolated(
            f"commit {receipt.command_id} was refused ({receipt.rejected.code}) and still brings "
            f"{len(commit.events)} events and {len(commit.steps)} ledger steps"
        )
    if receipt.stream is None and (commit.events or commit.next_due is not None or commit.waits):
        raise InvariantViolated(
            f"commit {receipt.command_id} names no stream for its events, its due instant or its "
            "waiting mark"
        )
    snapshot = commit.snapshot
    if snapshot is not None and (
        receipt.stream is None
        or receipt.rejected is not None
        or snapshot.version != receipt.to_version
    ):
        raise InvariantViolated(
            f"commit {receipt.command_id} leads to version {receipt.to_version} and brings the "
            f"state of version {snapshot.version}"
        )


def check_position(consumer: str, position: int, last: int) -> None:
    """
    Refuse to move a consumer to where there is no event.

    Raises:
        InvalidData: The position is negative, or beyond the last event: it would skip what is yet
            to come.
    """
    if not 0 <= position <= last:
        raise InvalidData(f"consumer {consumer}", (f"to: {position} is not within 0 to {last}",))
