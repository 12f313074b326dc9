"""
What every store demands of a commit before it looks at its rows.

"""

from ordercore.errors import InvariantViolated
from ordercore.ports import Commit

__all__ = ["check_commit"]


def check_commit(commit: Commit) -> None:
    """
    Refuse a commit that contradicts itself.

    Raises:
        InvariantViolated: The versions do not count the events, a refusal carries facts, or facts
            belong to no stream. Nothing was written; whoever made the commit is defective.
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
    if receipt.stream is None and (commit.events or commit.next_due is not None):
        raise InvariantViolated(
            f"commit {receipt.command_id} names no stream for its events or its due instant"
        )
