"""
What every store must keep for whoever works with it: leases, due instants, claims, marks, states.

The promises S7, S9 and S10 of :mod:`ordercore.ports`.
"""

from typing import Final

from ordercore.ports import LeaseState, OpenLease, Snapshot, Standing
from ordercore.testing._conformance import Kit, at_once, require
from ordercore.testing._store_trial import (
    LATER,
    OTHER,
    S1,
    S2,
    SHOP,
    START,
    StoreTrial,
    minute,
    writes,
)

__all__ = ["WORK_CASES"]

_kit: Final = Kit[StoreTrial]()


@_kit.case()
def _an_effect_is_leased_to_one_holder_at_a_time(t: StoreTrial) -> None:
    """Two workers who charge the same card charge it twice."""
    first = t.lease()
    second = t.lease("w-2", at=4)
    require(first.state is LeaseState.FRESH, f"the first asker gets {first.state}")
    found = (second.state, second.first_at, second.until)
    require(found == (LeaseState.HELD, minute(0), minute(5)), f"the second asker gets {second}")


@_kit.case()
def _a_lease_that_has_ended_is_inherited_with_its_instants(t: StoreTrial) -> None:
    """Whether a key is still recognized counts from the first try."""
    t.lease()
    lease = t.lease("w-2", at=5, until=9)
    found = (lease.state, lease.first_at, lease.tried_at, lease.until)
    expected = (LeaseState.INHERITED, minute(0), minute(0), minute(9))
    require(found == expected, f"the heir gets {lease}")


@_kit.case()
def _an_inherited_lease_is_the_heirs(t: StoreTrial) -> None:
    """Its first holder may only have been slow."""
    t.lease()
    t.lease("w-2", at=5, until=9)
    state = t.lease(at=6).state
    require(state is LeaseState.HELD, f"the first holder gets {state}")


@_kit.case()
def _ones_own_lease_is_a_try_without_an_outcome(t: StoreTrial) -> None:
    """Who asks again has crashed in between, or can't tell."""
    t.lease()
    state = t.lease(at=1).state
    require(state is LeaseState.INHERITED, f"the holder gets {state}")


@_kit.case()
def _a_lease_ends_in_the_commit_of_its_outcome(t: StoreTrial) -> None:
    """Between the two, another worker would call again."""
    t.lease()
    t.write(writes("c-1", "s-1", "done", settles=("e-1", "e-unknown")))
    state = t.lease("w-2", at=1).state
    require(state is LeaseState.FRESH, f"after the outcome the lease is {state}")


@_kit.case()
def _a_lease_outlives_a_conflict(t: StoreTrial) -> None:
    """The outcome was not recorded, so the effect is not done with."""
    t.lease()
    t.refusal(writes("c-1", "s-1", "done", version=9, settles=("e-1",)), "version 9 of 0")
    state = t.lease("w-2", at=1).state
    require(state is LeaseState.HELD, f"after a conflict the lease is {state}")


@_kit.case()
def _a_lease_given_back_unused_is_as_if_never_asked(t: StoreTrial) -> None:
    """The port certainly did not act."""
    t.lease()
    t.store.unlease(SHOP, "e-1")
    state = t.lease("w-2", at=1).state
    require(state is LeaseState.FRESH, f"the next asker gets {state}")


@_kit.case()
def _an_unknown_try_is_remembered_when_its_lease_is_given_back(t: StoreTrial) -> None:
    """Giving back speaks for the latest try alone."""
    t.lease()
    t.lease(at=1)
    t.store.unlease(SHOP, "e-1")
    lease = t.lease("w-2", at=2)
    found = (lease.state, lease.first_at)
    require(found == (LeaseState.INHERITED, minute(0)), f"the next asker gets {lease}")


@_kit.case()
def _a_lease_of_a_version_that_is_gone_is_not_given(t: StoreTrial) -> None:
    """What the stream owed by then may be done, or canceled."""
    t.write(writes("c-1", "s-1", "a", "b"))
    states = [t.lease(version=version).state for version in (0, 1, 3, 2)]
    stale = [LeaseState.STALE] * 3
    require(states == [*stale, LeaseState.FRESH], f"versions 0, 1, 3 and 2 of 2 get {states}")


@_kit.case()
def _a_lease_that_is_not_given_leaves_nothing(t: StoreTrial) -> None:
    """Whoever dies with a lease in hand has died at an effect that was owed."""
    t.write(writes("c-1", "s-1", "a"))
    t.lease(version=7)
    found = list(t.store.leases(SHOP, "", 9))
    require(not found, f"there is {found}")


@_kit.case()
def _leases_without_an_outcome_are_listed_by_their_keys(t: StoreTrial) -> None:
    """Nobody knows yet what came of their calls, also where their time is over."""
    t.lease(key="e-2", at=1)
    t.lease("w-2", key="e-1", at=2)
    pages = [
        [lease.effect_key for lease in t.store.leases(SHOP, after, limit)]
        for after, limit in (("", 9), ("e-1", 9), ("", 1))
    ]
    require(pages == [["e-1", "e-2"], ["e-2"], ["e-1"]], f"the pages are {pages}")
    expected = OpenLease(
        effect_key="e-1",
        stream=S1,
        holder="w-2",
        first_at=minute(2),
        tried_at=minute(2),
        until=minute(7),
    )
    (first, *_) = t.store.leases(SHOP, "", 9)
    require(first == expected, f"the first is {first}, not {expected}")


@_kit.case()
def _of_holders_at_once_one_gets_the_lease(t: StoreTrial) -> None:
    """Eight workers wake for the same stream."""
    states = at_once(lambda n: t.lease(f"w-{n}").state, 8)
    fresh = states.count(LeaseState.FRESH)
    require(fresh == 1, f"{fresh} of 8 holders have the lease")


@_kit.case()
def _streams_are_due_the_longest_due_first(t: StoreTrial) -> None:
    """Who waits longest is served first; ties go by name, so that runs repeat."""
    t.write(writes("c-1", "s-b", "x", due=5), writes("c-2", "s-a", "x", due=5))
    t.write(writes("c-3", "s-c", "x", due=3), writes("c-4", "s-d", "x"))
    asked = ((2, 9), (4, 9), (5, 9), (5, 2), (5, 0), (5, -1))
    found = [list(t.store.due(SHOP, minute(at), limit)) for at, limit in asked]
    expected = [[], ["s-c"], ["s-c", "s-a", "s-b"], ["s-c", "s-a"], [], []]
    require(found == expected, f"due are {found}")


@_kit.case()
def _each_commit_says_anew_when_its_stream_is_due(t: StoreTrial) -> None:
    """An order that is done wakes nobody."""
    t.write(writes("c-1", "s-1", "x", due=5), writes("c-2", "s-1", version=1, due=2))
    first = list(t.store.due(SHOP, minute(2), 9))
    t.write(writes("c-3", "s-1", version=1))
    found = (first, list(t.store.due(SHOP, LATER, 9)))
    require(found == ([S1], []), f"due are {found}")


@_kit.case()
def _a_stream_may_be_due_before_its_first_fact(t: StoreTrial) -> None:
    """And is not listed yet: nothing has happened in it."""
    t.write(writes("c-1", "s-1", due=5))
    found = (list(t.store.due(SHOP, minute(5), 9)), list(t.store.streams(SHOP)))
    require(found == ([S1], []), f"due and listed are {found}")


@_kit.case()
def _workers_who_ask_get_different_streams(t: StoreTrial) -> None:
    """A day's orders are shared by as many workers as there are."""
    t.due("s-c", "s-a", "s-b")
    found = [t.claim("w-1", at=9, limit=2), t.claim("w-2", at=9, limit=2), t.claim("w-3", at=9)]
    require(found == [["s-c", "s-a"], ["s-b"], []], f"claimed are {found}")


@_kit.case()
def _only_what_is_due_is_claimed(t: StoreTrial) -> None:
    """Asked early, an order is not worked on early; a claim hides it from nobody who looks."""
    t.due("s-1", at=5)
    found = [t.claim("w-1", at=4), t.claim("w-1", at=5, limit=0), t.claim("w-1", at=5)]
    require(found == [[], [], ["s-1"]], f"claimed are {found}")
    seen = list(t.store.due(SHOP, minute(5), 9))
    require(seen == [S1], f"due are {seen}")


@_kit.case()
def _ones_own_claim_comes_again(t: StoreTrial) -> None:
    """A worker that was started again under its name goes on where it was."""
    t.due("s-1")
    found = [t.claim("w-1", at=0), t.claim("w-1", at=1)]
    require(found == [["s-1"], ["s-1"]], f"claimed are {found}")


@_kit.case()
def _a_claim_ends_by_time(t: StoreTrial) -> None:
    """Its holder may have died."""
    t.due("s-1")
    t.claim("w-1", at=0, until=5)
    found = [t.claim("w-2", at=4), t.claim("w-2", at=5)]
    require(found == [[], ["s-1"]], f"claimed before and at its end are {found}")


@_kit.case()
def _a_claim_given_back_is_free_at_once(t: StoreTrial) -> None:
    """Nobody waits for the time of a claim that is not used."""
    t.due("s-1")
    t.claim("w-1", at=1)
    t.store.unclaim(SHOP, [S1], holder="w-1")
    found = t.claim("w-2", at=1)
    require(found == ["s-1"], f"claimed is {found}")


@_kit.case()
def _what_another_has_claimed_meanwhile_stays_theirs(t: StoreTrial) -> None:
    """A slow worker gives back what is no longer its own."""
    t.due("s-1")
    t.claim("w-1", at=0, until=5)
    t.claim("w-2", at=5)
    t.store.unclaim(SHOP, [S1], holder="w-1")
    found = t.claim("w-3", at=6)
    require(not found, f"claimed is {found}")


@_kit.case()
def _a_stream_that_rests_comes_to_nobody_before(t: StoreTrial) -> None:
    """Work that failed is not tried again at once, by the giver neither."""
    t.due("s-1")
    t.claim("w-1", at=1)
    t.store.unclaim(SHOP, [S1], holder="w-1", rest_until=minute(7))
    found = [t.claim("w-1", at=6), t.claim("w-2", at=6), t.claim("w-2", at=7)]
    require(found == [[], [], ["s-1"]], f"claimed are {found}")


@_kit.case()
def _no_commit_fails_for_a_claim_nor_ends_it(t: StoreTrial) -> None:
    """A claim is a courtesy between workers; the shopper cancels all the same."""
    t.due("s-1")
    t.claim("w-1", at=0)
    t.write(writes("c-2", "s-1", "y", version=1, due=1))
    found = t.claim("w-2", at=9)
    require(not found, f"claimed is {found}")


@_kit.case()
def _workers_at_once_share_without_overlap(t: StoreTrial) -> None:
    """And nothing is left over."""
    names = [f"s-{n:02}" for n in range(16)]
    t.due(*names)
    shares = at_once(lambda n: t.claim(f"w-{n}", at=50, limit=4), 4)
    found = sorted(name for share in shares for name in share)
    require(found == names, f"claimed are {found}")


@_kit.case()
def _the_next_due_instant_is_when_a_stream_is_due_and_free(t: StoreTrial) -> None:
    """A worker sleeps until then and not longer."""
    found = [t.store.next_due(SHOP)]
    t.due("s-1", "s-2", at=5)
    found.append(t.store.next_due(SHOP))
    t.claim("w-1", at=5, until=30)
    found.append(t.store.next_due(SHOP))
    t.claim("w-1", at=6, until=20)
    found.append(t.store.next_due(SHOP))
    require(found == [None, minute(5), minute(6), minute(20)], f"next due are {found}")


@_kit.case()
def _a_stream_waits_for_a_person_as_its_last_commit_says(t: StoreTrial) -> None:
    """The list of open cases is read page by page, and ends."""
    t.write(writes("c-1", "s-2", "x", waits=2), writes("c-2", "s-1", "x", waits=1))
    t.write(writes("c-3", "s-3", "x"))
    pages = (("", 9), ("", 1), ("s-1", 9))
    found = [list(t.store.waiting(SHOP, after, limit)) for after, limit in pages]
    t.write(writes("c-4", "s-1", version=1))
    found.append(list(t.store.waiting(SHOP, "", 9)))
    require(found == [["s-1", "s-2"], ["s-1"], ["s-2"], ["s-2"]], f"waiting are {found}")


@_kit.case()
def _what_stands_beside_a_stream_is_told_in_one_reading(t: StoreTrial) -> None:
    """Three readings could tell of three states."""
    t.write(writes("c-1", "s-1", "x", "y", waits=1, due=4))
    found = (t.store.standing(SHOP, S1), t.store.standing(SHOP, S2))
    expected = (Standing(version=2, next_due=minute(4), waits=1), None)
    require(found == expected, f"beside the streams stand {found}")


def _kept(version: int, body: str) -> Snapshot:
    return Snapshot(version=version, form="kit-1", body=body)


@_kit.case()
def _the_last_state_brought_along_is_kept(t: StoreTrial) -> None:
    """Folding begins there; a commit without a state leaves the one before."""
    found = [t.store.snapshot(SHOP, S1)]
    t.write(writes("c-1", "s-1", "a", snapshot=_kept(1, "Gr\u00fc\u00dfe")))
    t.write(writes("c-2", "s-1", "b", version=1))
    found.append(t.store.snapshot(SHOP, S1))
    t.write(writes("c-3", "s-1", "c", version=2, snapshot=_kept(3, "{}")))
    found.append(t.store.snapshot(SHOP, S1))
    require(found == [None, _kept(1, "Gr\u00fc\u00dfe"), _kept(3, "{}")], f"kept are {found}")


@_kit.case()
def _a_conflict_leaves_marks_and_kept_state_alone(t: StoreTrial) -> None:
    """A state that no commit has reached would be folded upon."""
    t.write(writes("c-1", "s-1", "a", snapshot=_kept(1, "{}"), waits=1))
    t.refusal(writes("c-2", "s-1", "b", snapshot=_kept(1, "[]")), "a commit at an old version")
    found = (t.store.snapshot(SHOP, S1), list(t.store.waiting(SHOP, "", 9)))
    require(found == (_kept(1, "{}"), [S1]), f"kept and waiting are {found}")


@_kit.case()
def _claims_and_leases_of_tenants_never_meet(t: StoreTrial) -> None:
    """Two shops may use the same names."""
    t.due("s-1")
    t.write(writes("c-1", "s-1", "x", due=0, tenant=OTHER))
    t.claim("w-1", at=0)
    t.lease()
    claimed = t.store.claim_due(OTHER, START, 9, holder="w-2", until=minute(9))
    lease = t.store.lease(OTHER, S1, "e-1", holder="w-2", at=START, until=minute(9))
    found = (list(claimed), lease.state)
    require(found == ([S1], LeaseState.FRESH), f"the other tenant gets {found}")


#: In order.
WORK_CASES: Final = _kit.cases
