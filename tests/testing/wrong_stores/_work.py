"""Stores that are wrong about leases, claims and marks."""

from collections.abc import Callable
from typing import Any, cast

import attrs

from ordercore.errors import Conflict
from ordercore.ports import Commit, Lease, LeaseState, OpenLease
from ordercore.testing._store_trial import LATER, SHOP, START, minute, writes
from tests.testing.wrong_stores._base import Wrong, crowded


class Leasing(Wrong):
    """Leases by a rule of its own."""

    def lease(self, tenant: Any, stream: Any, key: str, **asked: Any) -> Lease:
        rows = [row for row in self.right.leases(tenant, "", 99) if row.effect_key == key]
        return self.leased(rows[0] if rows else None, tenant, stream, key, **asked)

    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        return cast("Lease", self.right.lease(*of, **asked))


class EndingLeasesEarly(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        if row:
            asked["at"] += minute(1) - START
        return super().leased(row, *of, **asked)


class ForgettingTheLastTry(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        lease = super().leased(row, *of, **asked)
        return attrs.evolve(lease, tried_at=asked["at"])


class InheritingInWords(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        if row and row.holder != asked["holder"] and row.until <= asked["at"]:
            return Lease(LeaseState.INHERITED, row.first_at, row.tried_at, asked["until"])
        return super().leased(row, *of, **asked)


class RenewingOwnLeases(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        lease = super().leased(row, *of, **asked)
        own = row and row.holder == asked["holder"]
        return attrs.evolve(lease, state=LeaseState.FRESH) if own else lease


class SettlingNothing(Wrong):
    def commit(self, commit: Commit) -> Any:
        return self.right.commit(attrs.evolve(commit, settles=()) if commit.events else commit)


class SettlingByConflicts(Wrong):
    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Conflict:
            for key in commit.settles:
                self.right.unlease(commit.tenant, key)
            raise


class KeepingWhatIsGivenBack(Leasing):
    def __init__(self) -> None:
        super().__init__()
        self.twice: set[str] = set()

    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        if row:
            self.twice.add(row.effect_key)
        return super().leased(row, *of, **asked)

    def unlease(self, tenant: Any, key: str) -> None:
        if key in self.twice:
            self.right.unlease(tenant, key)


class ForgettingUnknownTries(Wrong):
    def unlease(self, tenant: Any, key: str) -> None:
        self.right.unlease(tenant, key)
        if self.right.leases(tenant, "", 1):
            self.right.commit(writes("wrong", None, settles=(key,)))


class LeasingAhead(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        if asked.get("version") == len(self.right.load(*of[:2])) + 1:
            asked["version"] = None
        return super().leased(row, *of, **asked)


class ListingStaleLeases(Leasing):
    def __init__(self) -> None:
        super().__init__()
        self.stale: list[OpenLease] = []

    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        lease = super().leased(row, *of, **asked)
        if lease.state is LeaseState.STALE:
            at = asked["at"]
            self.stale.append(
                OpenLease(
                    effect_key=of[2], stream=of[1], holder="", first_at=at, tried_at=at, until=at
                )
            )
        return lease

    def leases(self, *asked: Any) -> Any:
        return [*self.right.leases(*asked), *self.stale]


class LeasesFromTheBeginning(Wrong):
    def leases(self, tenant: Any, after: str, limit: int) -> Any:
        return self.right.leases(tenant, "", limit)


class LeasingToAll(Leasing):
    def leased(self, row: OpenLease | None, *of: Any, **asked: Any) -> Lease:
        lease = super().leased(row, *of, **asked)
        return attrs.evolve(lease, state=LeaseState.FRESH) if crowded() else lease


class DueByName(Wrong):
    def due(self, *asked: Any) -> Any:
        return sorted(self.right.due(*asked))


class DueForEver(Wrong):
    def commit(self, commit: Commit) -> Any:
        standing = self.right.standing(commit.tenant, commit.receipt.stream)
        if standing and commit.next_due is None and not commit.receipt.rejected:
            commit = attrs.evolve(commit, next_due=standing.next_due)
        return self.right.commit(commit)


class ListingWhatIsDue(Wrong):
    def streams(self, tenant: Any) -> Any:
        return iter(sorted({*self.right.streams(tenant), *self.right.due(tenant, LATER, 99)}))


class Claiming(Wrong):
    """Claims by a rule of its own."""

    def claim_due(self, tenant: Any, at: Any, limit: int, *, holder: str, until: Any) -> Any:
        return self.claimed(tenant, at, limit, holder=holder, until=until)

    def claimed(self, *of: Any, **asked: Any) -> Any:
        return self.right.claim_due(*of, **asked)


class ClaimingTwice(Claiming):
    def claimed(self, *of: Any, **asked: Any) -> Any:
        every = self.right.due(*of)
        return super().claimed(*of, **asked) or (every if len(every) == 3 else ())


class ClaimingWithoutLimit(Claiming):
    def claimed(self, *of: Any, **asked: Any) -> Any:
        return super().claimed(*of[:2], of[2] or 9, **asked)


class ClaimingOnce(Claiming):
    def __init__(self) -> None:
        super().__init__()
        self.had: set[tuple[str, str]] = set()

    def claimed(self, *of: Any, **asked: Any) -> Any:
        had, holder = set(self.had), asked["holder"]
        found = super().claimed(*of, **asked)
        self.had |= {(holder, stream) for stream in found}
        return [stream for stream in found if (holder, stream) not in had]


class ClaimingForEver(Claiming):
    def __init__(self) -> None:
        super().__init__()
        self.whose: dict[str, str] = {}

    def claimed(self, *of: Any, **asked: Any) -> Any:
        holder, found = asked["holder"], super().claimed(*of, **asked)
        return [s for s in found if self.whose.setdefault(f"{of[0]} {s}", holder) == holder]

    def unclaim(self, tenant: Any, streams: Any, **asked: Any) -> None:
        self.right.unclaim(tenant, streams, **asked)
        self.whose.clear()


class KeepingClaims(Wrong):
    def unclaim(self, *of: Any, holder: str, rest_until: Any = None) -> None:
        if rest_until:
            self.right.unclaim(*of, holder=holder, rest_until=rest_until)


class GivingBackForAll(Wrong):
    def unclaim(self, *of: Any, holder: str, rest_until: Any = None) -> None:
        for name in (holder, "w-1", "w-2"):
            self.right.unclaim(*of, holder=name, rest_until=rest_until)


class NeverResting(Wrong):
    def unclaim(self, *of: Any, holder: str, rest_until: Any = None) -> None:
        self.right.unclaim(*of, holder=holder)


class ClaimsEndingInCommits(Wrong):
    def commit(self, commit: Commit) -> Any:
        self.right.unclaim(commit.tenant, [commit.receipt.stream], holder="w-1")
        return self.right.commit(commit)


class ClaimingAlike(Claiming):
    def claimed(self, *of: Any, **asked: Any) -> Any:
        return self.right.due(*of) if crowded() else super().claimed(*of, **asked)


class WakingForClaims(Wrong):
    def next_due(self, tenant: Any) -> Any:
        due = self.right.due(tenant, LATER, 1)
        return self.right.standing(tenant, due[0]).next_due if due else None


class WaitingFromTheBeginning(Wrong):
    def waiting(self, tenant: Any, after: str, limit: int) -> Any:
        return self.right.waiting(tenant, "", limit)


class StandingNeverDue(Wrong):
    def standing(self, *asked: Any) -> Any:
        found = self.right.standing(*asked)
        return found and attrs.evolve(found, next_due=None)


class DroppingOldStates(Wrong):
    def snapshot(self, tenant: Any, stream: Any) -> Any:
        kept = self.right.snapshot(tenant, stream)
        return kept if kept and kept.version == len(self.right.load(tenant, stream)) else None


class KeepingStatesOfConflicts(Wrong):
    kept: Any = None

    def commit(self, commit: Commit) -> Any:
        try:
            return self.right.commit(commit)
        except Conflict:
            self.kept = commit.snapshot
            raise

    def snapshot(self, *asked: Any) -> Any:
        return self.kept or self.right.snapshot(*asked)


class LeasingForAllTenants(Wrong):
    def lease(self, _: Any, *of: Any, **asked: Any) -> Any:
        return self.right.lease(SHOP, *of, **asked)


WRONG_WORK: dict[str, Callable[[], Any]] = {
    "an_effect_is_leased_to_one_holder_at_a_time": EndingLeasesEarly,
    "a_lease_that_has_ended_is_inherited_with_its_instants": ForgettingTheLastTry,
    "an_inherited_lease_is_the_heirs": InheritingInWords,
    "ones_own_lease_is_a_try_without_an_outcome": RenewingOwnLeases,
    "a_lease_ends_in_the_commit_of_its_outcome": SettlingNothing,
    "a_lease_outlives_a_conflict": SettlingByConflicts,
    "a_lease_given_back_unused_is_as_if_never_asked": KeepingWhatIsGivenBack,
    "an_unknown_try_is_remembered_when_its_lease_is_given_back": ForgettingUnknownTries,
    "a_lease_of_a_version_that_is_gone_is_not_given": LeasingAhead,
    "a_lease_that_is_not_given_leaves_nothing": ListingStaleLeases,
    "leases_without_an_outcome_are_listed_by_their_keys": LeasesFromTheBeginning,
    "of_holders_at_once_one_gets_the_lease": LeasingToAll,
    "streams_are_due_the_longest_due_first": DueByName,
    "each_commit_says_anew_when_its_stream_is_due": DueForEver,
    "a_stream_may_be_due_before_its_first_fact": ListingWhatIsDue,
    "workers_who_ask_get_different_streams": ClaimingTwice,
    "only_what_is_due_is_claimed": ClaimingWithoutLimit,
    "ones_own_claim_comes_again": ClaimingOnce,
    "a_claim_ends_by_time": ClaimingForEver,
    "a_claim_given_back_is_free_at_once": KeepingClaims,
    "what_another_has_claimed_meanwhile_stays_theirs": GivingBackForAll,
    "a_stream_that_rests_comes_to_nobody_before": NeverResting,
    "no_commit_fails_for_a_claim_nor_ends_it": ClaimsEndingInCommits,
    "workers_at_once_share_without_overlap": ClaimingAlike,
    "the_next_due_instant_is_when_a_stream_is_due_and_free": WakingForClaims,
    "a_stream_waits_for_a_person_as_its_last_commit_says": WaitingFromTheBeginning,
    "what_stands_beside_a_stream_is_told_in_one_reading": StandingNeverDue,
    "the_last_state_brought_along_is_kept": DroppingOldStates,
    "a_conflict_leaves_marks_and_kept_state_alone": KeepingStatesOfConflicts,
    "claims_and_leases_of_tenants_never_meet": LeasingForAllTenants,
}
