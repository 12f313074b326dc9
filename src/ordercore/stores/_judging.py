"""
How a group of commits is judged: each for itself, in order, as if they came one after the other.

No store is asked anything here. A store says what it keeps (the receipts known under the group's
command ids, the versions of its streams, a ledger that has read ahead) and is told the answer to
each commit and what is to be written. ``Store.commit`` is a group of one, so every store, in memory
or on disk, blocking or not, refuses the same commits with the same words, alone and in a group.

Positions are the store's to give: those of the feed and of the ledger's log follow, without gap,
on the last one that it has, in the order in which the accepted commits are listed.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from ordercore.errors import Conflict, InvalidData, InvariantViolated, Rejected
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.ledger import Step
from ordercore.ports import Commit, CommitRefusal, Receipt

__all__ = ["Judgment", "Screened", "judge", "outcome", "screen"]

_Prepared = TypeVar("_Prepared")


class Judgment(NamedTuple):
    """
    What became of a group.

    Attributes:
        answers: For each commit, in order: its own receipt, the one recorded before, or why not.
        accepted: Which of them, by their index, are to be written, in order.
    """

    answers: list[Receipt | CommitRefusal]
    accepted: list[int]


def judge(
    commits: Sequence[Commit],
    receipts: Mapping[CommandId, Receipt],
    versions: Mapping[StreamId, int],
    apply: Callable[[Sequence[Step], Instant], object],
) -> Judgment:
    """
    Judge a group of commits of one tenant.

    Args:
        commits: In order; each has passed ``check_commit``.
        receipts: What is recorded under their command ids.
        versions: Of the streams that they write to; absent ones are at 0.
        apply: Judges a batch of ledger steps over what was recorded and what earlier calls have
            applied; it changes nothing where it refuses.

    Cost: O(commits + their steps).
    """
    answers: list[Receipt | CommitRefusal] = []
    accepted: list[int] = []
    first: dict[CommandId, Receipt] = {}
    grown: dict[StreamId, int] = {}
    for index, commit in enumerate(commits):
        receipt, stream = commit.receipt, commit.receipt.stream
        known = receipts.get(receipt.command_id) or first.get(receipt.command_id)
        if known is not None:
            answers.append(known)
            continue
        if receipt.rejected is None:
            if stream is not None:
                actual = grown.get(stream)
                if actual is None:
                    actual = versions.get(stream, 0)
                if actual != receipt.from_version:
                    expected = receipt.from_version
                    answers.append(Conflict(stream, expected=expected, actual=actual))
                    continue
            if commit.steps:
                try:
                    apply(commit.steps, receipt.at)
                except (Rejected, InvalidData, InvariantViolated) as refusal:
                    # An answer keeps no frames alive; who raises it adds its own.
                    answers.append(refusal.with_traceback(None))
                    continue
            if stream is not None:
                grown[stream] = receipt.to_version
        first[receipt.command_id] = receipt
        answers.append(receipt)
        accepted.append(index)
    return Judgment(answers, accepted)


class Screened(NamedTuple, Generic[_Prepared]):
    """
    A group before its store is asked.

    Attributes:
        answers: For each commit, in order; None for those that are to be judged.
        groups: By tenant, in order of first appearance: (index, commit, prepared).
    """

    answers: list[Receipt | CommitRefusal | None]
    groups: dict[TenantId, list[tuple[int, Commit, _Prepared]]]


def screen(
    commits: Iterable[Commit], prepare: Callable[[Commit], _Prepared]
) -> Screened[_Prepared]:
    """
    Refuse the commits that are wrong by themselves, and part the others by tenant.

    Args:
        commits: In order.
        prepare: Checks one commit and makes of it what its store will write.
    """
    answers: list[Receipt | CommitRefusal | None] = []
    groups: dict[TenantId, list[tuple[int, Commit, _Prepared]]] = {}
    for index, commit in enumerate(commits):
        answers.append(None)
        try:
            prepared = prepare(commit)
        except (InvalidData, InvariantViolated) as refusal:
            answers[index] = refusal.with_traceback(None)
            continue
        groups.setdefault(commit.tenant, []).append((index, commit, prepared))
    return Screened(answers, groups)


def outcome(answer: Receipt | CommitRefusal) -> Receipt:
    """
    Return the answer to a commit, or raise it.

    Raises:
        Conflict: As answered; so for the other refusals.
    """
    if isinstance(answer, Receipt):
        return answer
    try:
        raise answer
    finally:
        del answer  # else the error and this frame would keep each other alive
