"""Stores that are wrong about commits."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Any

import attrs

from ordercore.errors import Conflict, Rejected
from ordercore.ledger import Pend, Post
from ordercore.orders import AnomalyRecorded
from ordercore.ports import Commit, Receipt
from ordercore.testing._store_trial import SHOP
from tests.testing.wrong_stores._base import NUMBERS, Wrong, crowded, only


class LosingTheDueRow(Wrong):
    def commit(self, commit: Commit) -> Any:
        if commit.steps and len(commit.events) == 2:
            commit = attrs.evolve(commit, next_due=None)
        return self.right.commit(commit)


class KeepingStepsOfConflicts(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Conflict:
            if commit.steps:
                self.right.commit(only(commit, steps=commit.steps))
            raise


class KeepingFactsOfShortages(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Rejected:
            if commit.events and commit.next_due:
                self.right.commit(self.renamed(attrs.evolve(commit, steps=())))
            raise


class KeepingTheFirstStep(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Rejected:
            if len(commit.steps) == 2:
                self.right.commit(only(commit, steps=commit.steps[:1]))
            raise


class SwappingVersions(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Conflict as error:
            raise Conflict(error.stream, expected=error.actual, actual=error.expected) from None


class SkippingVersionThree(Wrong):
    def load(self, *asked: Any) -> Any:
        found = self.right.load(*asked)
        return [attrs.evolve(r, version=4) if r.version == 3 else r for r in found]


class TakingEmptyDecisions(Wrong):
    def commit(self, commit: Commit) -> Any:
        empty = not commit.events and commit.receipt.rejected is None
        return self.right.commit(self.at_its_end(commit) if empty else commit)


class ReadingFromTheBeginning(Wrong):
    def load(self, tenant: Any, stream: Any, after: int = 0) -> Any:
        return self.right.load(tenant, stream)


class ForgettingForWhom(Wrong):
    def feed(self, *asked: Any) -> Any:
        return [attrs.evolve(r, on_behalf_of=None) for r in self.right.feed(*asked)]


def changing_words(change: Callable[[str], str]) -> Callable[[], Wrong]:
    """Make a store that returns other words than were written."""

    class ChangingWords(Wrong):
        def load(self, *asked: Any) -> Any:
            return [self.changed(r) for r in self.right.load(*asked)]

        def changed(self, recorded: Any) -> Any:
            event = recorded.event
            if not isinstance(event, AnomalyRecorded):
                return recorded
            return attrs.evolve(recorded, event=attrs.evolve(event, subject=change(event.subject)))

    return ChangingWords


class RoundingInstants(Wrong):
    def load(self, *asked: Any) -> Any:
        def rounded(at: Any) -> Any:
            return at.replace(microsecond=at.microsecond // 1_000 * 1_000)

        found = self.right.load(*asked)
        return [attrs.evolve(r, recorded_at=rounded(r.recorded_at)) for r in found]


class CopyingReceipts(Wrong):
    def commit(self, commit: Commit) -> Any:
        return attrs.evolve(self.right.commit(commit))


class WritingRepeats(Wrong):
    def commit(self, commit: Commit) -> Any:
        if self.known(commit) and commit.events and commit.steps:
            self.right.commit(self.renamed(self.at_its_end(commit)))
        return self.right.commit(commit)


class DatingRepeatsAnew(Wrong):
    def commit(self, commit: Commit) -> Any:
        receipt = self.right.commit(commit)
        if receipt is commit.receipt:
            return commit.receipt
        return attrs.evolve(receipt, at=commit.receipt.at)


class JudgingVersionsFirst(Wrong):
    def commit(self, commit: Commit) -> Any:
        known = self.known(commit)
        if known and not known.rejected and commit.receipt.from_version > known.from_version:
            raise Conflict("s-1", expected=commit.receipt.from_version, actual=known.to_version)
        return self.right.commit(commit)


class ForgettingReplies(Wrong):
    def recall(self, *asked: Any) -> Any:
        found = self.right.recall(*asked)
        return found and attrs.evolve(found, reply=None)


class ForgettingWhatWasLegal(Wrong):
    def commit(self, commit: Commit) -> Any:
        receipt = self.right.commit(commit)
        said = receipt.rejected
        if said is None or receipt is commit.receipt:
            return receipt
        return attrs.evolve(receipt, rejected=Rejected(said.code, said.reason, data=said.data))


class MovingOnByRefusals(Wrong):
    def commit(self, commit: Commit) -> Any:
        if commit.receipt.rejected:
            receipt = attrs.evolve(commit.receipt, rejected=None)
            moving = attrs.evolve(commit, receipt=receipt, settles=())
            self.right.commit(self.renamed(self.at_its_end(moving)))
        return self.right.commit(commit)


class SettlingNothingByRefusals(Wrong):
    def commit(self, commit: Commit) -> Any:
        if commit.receipt.rejected:
            commit = attrs.evolve(commit, settles=())
        return self.right.commit(commit)


class ReadingBeforeWriting(Wrong):
    """Looks for the key, finds none in any thread, and writes."""

    def commit(self, commit: Commit) -> Any:
        if crowded():
            steps = tuple(
                s._replace(id=f"wrong-{next(NUMBERS)}")
                for s in commit.steps
                if isinstance(s, Pend | Post)
            )
            commit = self.renamed(attrs.evolve(commit, steps=steps))
        return self.right.commit(commit)


class WaitingForTheVersion(Wrong):
    """Has writers at once come one after the other, each on what the one before left."""

    def commit(self, commit: Commit) -> Any:
        with self.right.hold(commit.tenant):
            return self.right.commit(self.at_its_end(commit) if crowded() else commit)


class AnsweringBackwards(Wrong):
    def commit_many(self, commits: Sequence[Commit]) -> Any:
        answers = self.right.commit_many(commits)
        accepted = all(isinstance(answer, Receipt) for answer in answers)
        return answers[::-1] if accepted else answers


class OneByOne(Wrong):
    """Writes a group one by one."""

    def commit_many(self, commits: Sequence[Commit]) -> Any:
        answers: list[Any] = []
        for commit in commits:
            answers.append(self.answer(commit, answers))
        return answers

    def answer(self, commit: Commit, before: list[Any]) -> Any:
        try:
            return self.right.commit(commit)
        except (Conflict, Rejected) as refusal:
            return refusal


class StoppingAtTheFirstRefusal(OneByOne):
    def answer(self, commit: Commit, before: list[Any]) -> Any:
        refused = [answer for answer in before if not isinstance(answer, Receipt)]
        return refused[0] if refused else super().answer(commit, before)


class OneCommitAStream(OneByOne):
    def answer(self, commit: Commit, before: list[Any]) -> Any:
        stream = commit.receipt.stream
        written = [getattr(answer, "stream", None) for answer in before]
        if commit.receipt.from_version and stream in written:
            return Conflict("s-1", expected=commit.receipt.from_version, actual=0)
        return super().answer(commit, before)


class WritingBothOfAKey(OneByOne):
    def answer(self, commit: Commit, before: list[Any]) -> Any:
        known = commit.receipt.command_id in [getattr(a, "command_id", "") for a in before]
        return super().answer(self.renamed(commit) if known else commit, before)


class OneTenantAGroup(Wrong):
    def commit_many(self, commits: Sequence[Commit]) -> Any:
        alike = [
            self.renamed(attrs.evolve(c, tenant=commits[0].tenant))
            if c.tenant != commits[0].tenant
            else c
            for c in commits
        ]
        return self.right.commit_many(alike)


class LosingMarksWhenOpened(Wrong):
    lost = False

    def back(self) -> Any:
        self.lost = True
        return self

    def waiting(self, *asked: Any) -> Any:
        return () if self.lost else self.right.waiting(*asked)


class LosingKeysWhenOpened(Wrong):
    lost = False

    def back(self) -> Any:
        self.lost = True
        return self

    def commit(self, commit: Commit) -> Any:
        return self.right.commit(self.renamed(commit) if self.lost else commit)


class LosingLeasesWhenOpened(Wrong):
    def back(self) -> Any:
        self.right.unlease(SHOP, "e-1")
        return self


class ClosingOnce(Wrong):
    closed = 0

    def back(self) -> Any:
        self.closed = 0
        return self

    def close(self) -> None:
        self.closed += 1
        if self.closed == 2:
            raise RuntimeError("closed")


WRONG_COMMITS: dict[str, Callable[[], Any]] = {
    "a_commit_writes_all_that_it_brings": LosingTheDueRow,
    "a_conflict_writes_nothing": KeepingStepsOfConflicts,
    "a_shortage_writes_nothing": KeepingFactsOfShortages,
    "one_shortage_refuses_all_steps": KeepingTheFirstStep,
    "a_conflict_names_both_versions": SwappingVersions,
    "versions_count_from_one_without_gap": SkippingVersionThree,
    "an_empty_decision_is_compared_with_the_version_too": TakingEmptyDecisions,
    "a_stream_is_read_beyond_a_version": ReadingFromTheBeginning,
    "a_fact_comes_back_with_all_that_was_recorded_of_it": ForgettingForWhom,
    "odd_texts_come_back_as_they_were": changing_words(
        lambda words: unicodedata.normalize("NFC", words)
    ),
    "long_texts_come_back_whole": changing_words(lambda words: words[:65_535]),
    "instants_come_back_to_the_microsecond": RoundingInstants,
    "what_was_written_is_answered_with_its_own_receipt": CopyingReceipts,
    "a_repeated_command_writes_nothing": WritingRepeats,
    "a_repeat_is_answered_with_the_first_receipt": DatingRepeatsAnew,
    "a_command_is_recognized_whatever_the_version_meanwhile": JudgingVersionsFirst,
    "a_receipt_is_recalled_as_it_was_written": ForgettingReplies,
    "a_refusal_is_recorded_with_all_it_said": ForgettingWhatWasLegal,
    "a_refusal_leaves_its_stream_as_it_was": MovingOnByRefusals,
    "a_refusal_ends_the_leases_it_settles": SettlingNothingByRefusals,
    "commands_at_once_under_one_key_are_written_once": ReadingBeforeWriting,
    "of_writers_at_once_at_one_version_one_wins": WaitingForTheVersion,
    "a_group_is_answered_in_order": AnsweringBackwards,
    "a_refused_commit_of_a_group_touches_no_neighbor": StoppingAtTheFirstRefusal,
    "a_later_commit_of_a_group_sees_an_earlier_one": OneCommitAStream,
    "a_key_that_comes_twice_in_a_group_is_written_once": WritingBothOfAKey,
    "a_group_may_be_of_several_tenants": OneTenantAGroup,
    "what_was_committed_is_there_when_opened_again": LosingMarksWhenOpened,
    "a_command_is_recognized_when_opened_again": LosingKeysWhenOpened,
    "a_lease_is_there_when_opened_again": LosingLeasesWhenOpened,
    "closing_twice_is_closing_once": ClosingOnce,
}
