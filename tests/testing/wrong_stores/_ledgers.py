"""Stores that are wrong about the ledger."""

import re
from collections.abc import Callable, Collection
from typing import Any

import attrs

from ordercore.errors import Rejected
from ordercore.ids import TenantId
from ordercore.ledger import NOTHING, Balance, ExpirePending, Pend, Post, PostPending, Step
from ordercore.ports import Commit
from ordercore.testing._store_trial import LATER, START
from tests.testing.wrong_stores._base import Wrong, crowded


def unguarded(commit: Commit) -> Commit:
    """Take the guards off."""
    steps = (s._replace(leave_at_least=None) if isinstance(s, Pend) else s for s in commit.steps)
    return attrs.evolve(commit, steps=tuple(steps))


class ForgettingHolds(Wrong):
    def commit(self, commit: Commit) -> Any:
        held = any(hold.expires_at is None for hold in self.right.pendings(commit.tenant))
        forgets = held and len(commit.steps) == 1 and not crowded()
        return self.right.commit(unguarded(commit) if forgets else commit)


class GuardingOneAtATime(Wrong):
    def commit(self, commit: Commit) -> Any:
        return self.right.commit(unguarded(commit) if crowded() else commit)


class SayingOtherCodes(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Rejected as refusal:
            if refusal.code == "exceeds_pending":
                raise Rejected("too_much", refusal.reason) from None
            raise


class RefusingKnownSteps(Wrong):
    def commit(self, commit: Commit) -> Any:
        known = {entry.step.id for entry in self.right.entries(commit.tenant)}
        repeated = len(commit.steps) > 1 and {step.id for step in commit.steps} <= known
        if repeated and not self.known(commit):
            raise Rejected("exists", "recorded before")
        return self.right.commit(commit)


class EndingAgain(Wrong):
    def commit(self, commit: Commit) -> Any:
        steps = tuple(step for step in commit.steps if not self.ended(step, commit.tenant))
        return self.right.commit(attrs.evolve(commit, steps=steps))

    def ended(self, step: Step, tenant: TenantId) -> bool:
        if not isinstance(step, PostPending):
            return False
        still = {hold.id for hold in self.right.pendings(tenant)}
        return bool(self.right.pendings_made(tenant, (step.pending,))) and step.pending not in still


class EndingSilently(Wrong):
    def entries(self, *asked: Any, **options: Any) -> Any:
        found = self.right.entries(*asked, **options)
        return (entry for entry in found if not isinstance(entry.step, ExpirePending))


class CountingDueHolds(Wrong):
    def balances(self, tenant: Any, accounts: Any, at: Any) -> Any:
        return self.right.balances(tenant, accounts, START)


class LeavingOutZeros(Wrong):
    def balances(self, *asked: Any) -> Any:
        return {n: b for n, b in self.right.balances(*asked).items() if b != NOTHING}


class ListingBackwards(Wrong):
    def accounts(self, *asked: Any) -> Any:
        return reversed([*self.right.accounts(*asked)])


class MatchingPatterns(Wrong):
    def accounts(self, tenant: Any, prefix: str = "") -> Any:
        like = re.escape(prefix).replace("%", ".*").replace("_", ".")
        return (row for row in self.right.accounts(tenant) if re.match(like, row[0]))


class LeavingOutDueHolds(Wrong):
    def accounts(self, *asked: Any) -> Any:
        names = [name for name, _ in self.right.accounts(*asked)]
        return iter(self.right.balances(asked[0], names, LATER).items())


class HoldsByName(Wrong):
    def pendings(self, *asked: Any, **options: Any) -> Any:
        return sorted(self.right.pendings(*asked, **options), key=lambda hold: hold.id)


class HoldsOfAnyAccount(Wrong):
    def pendings(self, tenant: Any, reference: Any = None, *, source: Any = None) -> Any:
        return self.right.pendings(tenant, reference)


class TellingOpenHoldsAlone(Wrong):
    def pendings_made(self, tenant: Any, ids: Collection[str]) -> Any:
        still = {hold.id for hold in self.right.pendings(tenant)}
        return {n: h for n, h in self.right.pendings_made(tenant, ids).items() if n in still}


class ReadingHistoriesWhole(Wrong):
    def entries(self, tenant: Any, account: Any = None, *, after: int = 0) -> Any:
        return self.right.entries(tenant, account, after=0 if account else after)


class LeavingOutEndings(Wrong):
    def entries(self, tenant: Any, account: Any = None, *, after: int = 0) -> Any:
        found = self.right.entries(tenant, account, after=after)
        return (e for e in found if account is None or not isinstance(e.step, PostPending))


class ForgettingReasons(Wrong):
    def entries(self, *asked: Any, **options: Any) -> Any:
        for entry in self.right.entries(*asked, **options):
            step = entry.step
            told = step._replace(reason="") if isinstance(step, Pend | Post) else step
            yield attrs.evolve(entry, step=told)


class CountingInFloats(Wrong):
    def accounts(self, *asked: Any) -> Any:
        for name, balance in self.right.accounts(*asked):
            yield name, Balance(*(int(float(amount)) for amount in balance))


class GoingByTheRecord(Wrong):
    def occurred_after(self, tenant: Any, at: Any) -> Any:
        return (entry for entry in self.right.entries(tenant) if entry.recorded_at > at)


class CountingFromOne(Wrong):
    def last_position(self, tenant: Any) -> Any:
        return self.right.last_position(tenant) or 1


WRONG_LEDGERS: dict[str, Callable[[], Any]] = {
    "a_guard_is_judged_on_what_earlier_commits_left": ForgettingHolds,
    "promises_at_once_never_go_below_zero": GuardingOneAtATime,
    "a_refused_step_says_which_rule": SayingOtherCodes,
    "steps_recorded_before_are_not_recorded_again": RefusingKnownSteps,
    "a_hold_ends_once": EndingAgain,
    "what_is_due_gives_way_and_is_recorded": EndingSilently,
    "balances_leave_out_what_is_due": CountingDueHolds,
    "every_account_asked_for_is_in_the_answer": LeavingOutZeros,
    "accounts_are_listed_in_order_by_prefix": ListingBackwards,
    "a_prefix_is_text_and_no_pattern": MatchingPatterns,
    "accounts_are_told_as_recorded": LeavingOutDueHolds,
    "holds_are_listed_as_they_were_made": HoldsByName,
    "holds_are_found_by_holder_and_by_account": HoldsOfAnyAccount,
    "a_hold_is_told_as_it_was_made_whatever_became_of_it": TellingOpenHoldsAlone,
    "the_log_is_read_on_from_a_position": ReadingHistoriesWhole,
    "an_accounts_history_is_all_that_touched_it": LeavingOutEndings,
    "every_step_comes_back_as_it_was_recorded": ForgettingReasons,
    "big_amounts_come_back_as_they_were": CountingInFloats,
    "what_occurred_after_an_instant_is_told_whenever_recorded": GoingByTheRecord,
    "the_last_position_is_that_of_the_last_step": CountingFromOne,
}
