"""S9: a group of commits is one transaction, and each is judged for itself."""

from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Self

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore.engine import audit_ledger
from ordercore.errors import Conflict, InvariantViolated, Rejected
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import Post, Reverse, reversal_id
from ordercore.ports import Commit, Receipt, Store
from ordercore.stores import MemoryStore
from tests.stores._toys import (
    AVAILABLE,
    OTHER,
    SHOP,
    START,
    SUPPLY,
    Said,
    available,
    carry_out,
    full_commit,
    minutes,
    promise,
    says,
    supply,
    told,
)
from tests.stores.test_agreement import LEASED, Walk, answer, plain, readings
from tests.stores.test_contract import everything

S1 = StreamId("s-1")


def told_of(answered: object) -> object:
    """Say what came of a commit of a group as ``answer`` says it of a single one."""
    if isinstance(answered, Receipt):
        return plain(answered)
    assert isinstance(answered, Rejected | Conflict)
    return type(answered), answered.args


def leased(store: Store) -> list[object]:
    """Ask for every lease; the answers say which still stood."""
    return [
        store.lease(tenant, S1, key, holder="w-2", at=minutes(99), until=minutes(100))
        for tenant in (SHOP, OTHER)
        for key in LEASED
    ]


def test_a_group_reads_in_every_way_as_if_its_commits_came_one_after_the_other(
    new_store: Callable[[], Store], examples: int
) -> None:
    @given(st.integers(0, 2**32 - 1))
    @settings(max_examples=examples, deadline=None)
    def holds(seed: int) -> None:
        together = new_store()
        compare_groups_with_single_commits(Random(seed), together)
        together.close()

    holds()


def compare_groups_with_single_commits(random: Random, together: Store) -> None:
    """Walk in groups, and in a store in memory one by one."""
    alone = MemoryStore()
    walk = Walk(random, alone)
    for store in (alone, together):
        for tenant in (SHOP, OTHER):
            for key in LEASED:
                store.lease(tenant, S1, key, holder="w-1", at=START, until=minutes(1))
    for _ in range(5):
        group: list[Commit] = []
        expected: list[object] = []
        for _ in range(random.randrange(12)):
            group.append(walk.commit())
            expected.append(answer(alone, group[-1]))
        assert [told_of(answered) for answered in together.commit_many(group)] == expected
    assert readings(together) == readings(alone)
    assert leased(together) == leased(alone)
    for tenant in (SHOP, OTHER):
        assert audit_ledger(together, tenant) == ()


def test_an_accepted_commit_is_answered_with_its_own_receipt_and_a_repeat_with_the_first(
    store: Store,
) -> None:
    store.commit(says("c-0", "s-1", "before"))
    group = [says("c-1", "s-2", "a"), says("c-1", "s-2", "a"), says("c-0", "s-1", "before")]

    answers = store.commit_many(group)

    assert answers[0] is group[0].receipt
    assert answers[1] is group[0].receipt
    assert answers[2] is not group[2].receipt
    assert plain(store.recall(SHOP, CommandId("c-0"))) == told_of(answers[2])
    assert told(store, stream="s-2") == ["a"]


def test_a_refused_commit_touches_neither_the_ones_before_it_nor_the_ones_after(
    store: Store,
) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 3),)))

    answers = store.commit_many(
        (
            says("c-1", "s-1", "a", steps=(promise("h-1", 2, until=5),)),
            says("c-2", "s-2", "b", steps=(promise("h-2", 1), promise("h-3", 1))),
            says("c-3", "s-1", "late", version=0, steps=(promise("h-4", 1),)),
            attrs.evolve(says("c-4", "s-3", "x"), events=()),
            says("c-5", "s-1", "c", version=1, steps=(promise("h-2", 1),)),
            says("c-6", None, rejected=Rejected("no", "no")),
            says("c-7", "s-2", "d", tenant=OTHER, steps=(promise("h-5", 1),)),
        )
    )

    assert [type(answered) for answered in answers] == [
        Receipt, Rejected, Conflict, InvariantViolated, Receipt, Receipt, Rejected,
    ]  # fmt: skip
    assert (told(store), told(store, stream="s-2")) == (["a", "c"], [])
    assert [hold.id for hold in store.pendings(SHOP)] == ["h-1", "h-2"]
    assert available(store) == 0
    assert [event.position for event in store.feed(SHOP, 0, 9)] == [1, 2]
    assert [entry.position for entry in store.entries(SHOP)] == [1, 2, 3]
    assert list(store.tenants()) == [SHOP]


def test_what_an_earlier_commit_brings_a_later_one_may_promise(store: Store) -> None:
    answers = store.commit_many(
        (
            says("c-1", None, steps=(promise("h-1", 1),)),
            says("c-2", None, steps=(supply("t-1", 1),)),
            says("c-3", None, steps=(promise("h-1", 1),)),
            says("c-4", None, steps=(carry_out("t-2", "h-1"),)),
            says("c-5", None, steps=(carry_out("t-3", "h-1"),)),
        )
    )

    assert [getattr(answered, "code", "") for answered in answers] == [
        "shortage", "", "", "", "pending_already_posted",
    ]  # fmt: skip


def test_a_hold_that_falls_due_between_two_commits_of_a_group_is_free_for_the_second(
    store: Store,
) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 2), promise("h-0", 1, until=3))))

    answers = store.commit_many(
        (
            says("c-1", None, at=1, steps=(promise("h-1", 1, until=5),)),
            says("c-2", None, at=2, steps=(promise("h-2", 1),)),
            says("c-3", None, at=4, steps=(promise("h-3", 1),)),
            says("c-4", None, at=6, steps=(promise("h-4", 1),)),
        )
    )

    assert [isinstance(answered, Receipt) for answered in answers] == [True, False, True, True]
    assert [(entry.step.id, entry.recorded_at) for entry in store.entries(SHOP, after=3)] == [
        ("h-0/expired", minutes(4)),
        ("h-3", minutes(4)),
        ("h-1/expired", minutes(6)),
        ("h-4", minutes(6)),
    ]


def test_what_a_group_has_posted_itself_it_takes_back_under_a_guard_that_sees_due_holds(
    store: Store,
) -> None:
    store.commit(says("c-0", None, steps=(supply("t-0", 1), promise("h-0", 1, until=3))))
    back = Reverse(reversal_id("t-1"), "t-1", "mistake", "delivery", START, leave_at_least=1)

    answers = store.commit_many(
        (
            says("c-1", None, at=1, steps=(supply("t-1", 1),)),
            says("c-2", None, at=4, steps=(back,)),
        )
    )

    assert [type(answered) for answered in answers] == [Receipt, Receipt]
    assert [entry.step.id for entry in store.entries(SHOP, after=3)] == ["h-0/expired", back.id]


def test_an_empty_group_is_answered_with_nothing(store: Store) -> None:
    assert list(store.commit_many(())) == []
    assert list(store.tenants()) == []


# ---------------------------------------------------------------- all of a group, or nothing


class Broken(RuntimeError):
    """What no store expects."""


@attrs.frozen
class Unreadable(Said):
    """An event that breaks whoever asks what it is known as."""

    @property
    def references(self) -> tuple[str, ...]:
        raise Broken


class Exploding(int):
    """An amount that breaks whoever counts it."""

    def __lt__(self, other: int) -> bool:
        raise Broken

    def __rsub__(self, other: int) -> Self:
        raise Broken


@pytest.mark.parametrize(
    "defective",
    [
        says("c-3", "s-3", Unreadable("x")),
        says("c-3", None, steps=(Post("t-3", SUPPLY, AVAILABLE, Exploding(1), "", "", START),)),
    ],
    ids=["an event", "an amount"],
)
def test_a_defect_in_one_commit_undoes_all_of_the_group(store: Store, defective: Commit) -> None:
    store.commit(says("c-0", "s-1", "a", steps=(supply("t-0", 5), promise("h-1", 1)), due=9))
    store.lease(SHOP, S1, "e-1", holder="w-1", at=START, until=minutes(9))
    before = everything(store)

    with pytest.raises(Broken):
        store.commit_many((full_commit(), says("c-2", "s-2", "b"), defective, says("c-4", "s-4")))

    assert everything(store) == before
    assert store.recall(SHOP, CommandId("c-full")) is None
    again = store.lease(SHOP, S1, "e-1", holder="w-2", at=START, until=minutes(9))
    assert again.state == "held"
    assert isinstance(store.commit_many((full_commit(),))[0], Receipt)


def test_the_walks_of_these_tests_meet_every_kind_of_answer() -> None:
    met: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for seed in range(150):
        store = MemoryStore()
        walk = Walk(Random(seed), store)
        for _ in range(30):
            commit = walk.commit()
            try:
                met["own" if store.commit(commit) is commit.receipt else "repeat"] += 1
            except Conflict:
                met["conflict"] += 1
            except Rejected as refusal:
                met[refusal.code] += 1
        kinds.update(type(entry.step).__name__ for entry in store.entries(SHOP))

    missing = {
        "own", "repeat", "conflict", "shortage", "pending_already_posted", "pending_already_voided",
        "pending_already_expired", "pending_already_divided",
        "pending_not_found", "step_not_found", "batch_partly_exists", "exceeds_pending",
        "parts_differ",
    } - met.keys()  # fmt: skip
    assert not missing
    assert len(kinds) == 8
