"""What every store guarantees beyond what the kit says of it (``test_kit.py``)."""

from collections.abc import Callable

import pytest

from ordercore.errors import Conflict, InvariantViolated, Rejected
from ordercore.ids import CommandId, StreamId
from ordercore.ledger import (
    NOTHING,
    Balance,
    Divide,
    ExpirePending,
    Pend,
    Post,
    Step,
    VoidPending,
    account,
)
from ordercore.ports import Commit, LeaseState, Store
from tests.stores._toys import (
    ALLOCATED,
    AVAILABLE,
    OTHER,
    SHOP,
    START,
    SUPPLY,
    carry_out,
    minutes,
    promise,
    says,
    supply,
    told,
)

S1 = StreamId("s-1")


def everything(store: Store) -> tuple[object, ...]:
    """Read all that a tenant can read, to compare before and after."""
    return (
        tuple(store.feed(SHOP, 0, 1_000)),
        tuple(store.streams(SHOP)),
        tuple(store.accounts(SHOP)),
        tuple(store.pendings(SHOP)),
        tuple(store.entries(SHOP)),
        tuple(store.due(SHOP, minutes(10_000), 1_000)),
        tuple(store.tenants()),
        store.find(SHOP, "pay:1"),
        store.recall(SHOP, CommandId("c-2")),
    )


# ---------------------------------------------------------------- S1: all or nothing


@pytest.mark.parametrize("first", [says("c-1", "s-1", "a", version=3), says("c-1", steps=(
    promise("t-1", 1),))], ids=["conflict", "shortage"])  # fmt: skip
def test_a_tenant_that_was_refused_everything_has_written_nothing(
    store: Store, first: Commit
) -> None:
    with pytest.raises((Conflict, Rejected)):
        store.commit(first)

    assert list(store.tenants()) == []


# ---------------------------------------------------------------- S3: the ledger's rules


STEPS = (supply("t-1", 5), promise("h-1", 2), promise("h-2", 1), promise("h-3", 1, until=5))


@pytest.mark.parametrize(
    ("steps", "at", "code"),
    [
        ((supply("t-1", 6),), 0, "id_exists_with_different_amount"),
        ((promise("t-1", 5),), 0, "id_exists_with_different_kind"),
        ((supply("t-2", 0),), 0, "amount_not_positive"),
        ((Post("t-2", SUPPLY, SUPPLY, 1, "r", "d", START),), 0, "accounts_equal"),
        (
            (Post("t-2", SUPPLY, account("value", "x", "MUG"), 1, "r", "d", START),),
            0,
            "accounts_differ_in_unit",
        ),
        ((carry_out("t-2", "h-9"),), 0, "pending_not_found"),
        ((carry_out("t-2", "h-1", 1), carry_out("t-3", "h-1")), 0, "pending_already_posted"),
        ((carry_out("t-2", "h-3"),), 5, "pending_already_expired"),
        ((carry_out("t-2", "h-1", 3),), 0, "exceeds_pending"),
        ((Divide("t-2", "h-1", (1, 2), "split", "o", START),), 0, "parts_differ"),
        ((promise("t-2", 2),), 0, "shortage"),
        ((supply("t-1", 5), supply("t-2", 1)), 0, "batch_partly_exists"),
    ],
)
def test_every_refusal_of_the_ledger_reaches_the_caller_with_its_code(
    store: Store, steps: tuple[Step, ...], at: int, code: str
) -> None:
    store.commit(says("c-1", None, steps=STEPS))

    with pytest.raises(Rejected) as caught:
        store.commit(says("c-2", None, steps=steps, at=at))

    assert caught.value.code == code


def ends(kind: str) -> Step:
    """End the hold h-1 in one of the ways that a command may choose."""
    ways: dict[str, Step] = {
        "posted": carry_out("e-1", "h-1", 1),
        "voided": VoidPending("e-1", "h-1", "cancel", "order-1", START),
        "divided": Divide("e-1", "h-1", (1, 1), "split", "order-1", START),
    }
    return ways[kind]


@pytest.mark.parametrize("kind", ["posted", "voided", "divided"])
def test_a_hold_ends_once_and_its_end_is_remembered(store: Store, kind: str) -> None:
    store.commit(says("c-1", None, steps=STEPS))
    store.commit(says("c-2", None, steps=(ends(kind),)))

    with pytest.raises(Rejected) as caught:
        store.commit(says("c-3", None, steps=(carry_out("e-2", "h-1"),)))

    assert caught.value.code == f"pending_already_{kind}"


def test_a_hold_made_divided_and_ended_in_one_batch_is_in_its_accounts_history(
    store: Store,
) -> None:
    store.commit(
        says(
            "c-1",
            None,
            steps=(
                supply("t-1", 5),
                promise("h-1", 3),
                Divide("t-2", "h-1", (1, 2), "split", "o", START),
                carry_out("t-3", "h-1/part-1"),
                Divide("t-4", "h-1/part-2", (1, 1), "split", "o", START),
            ),
        )
    )

    def history(name: str) -> list[str]:
        return [e.step.id for e in store.entries(SHOP, account("promise", name, "MUG", "berlin"))]

    assert history("available") == ["t-1", "h-1", "t-2", "t-3", "t-4"]
    assert history("allocated") == ["h-1", "t-2", "t-3", "t-4"]
    assert history("supply") == ["t-1"]
    assert [p.id for p in store.pendings(SHOP)] == ["h-1/part-2/part-1", "h-1/part-2/part-2"]


def test_a_hold_is_told_as_it_was_made_whatever_became_of_it(store: Store) -> None:
    steps = (
        supply("t-1", 9),
        promise("h-1", 5, until=50),
        promise("h-2", 4),
        Divide("t-2", "h-1", (2, 3), "split", "o", START),
        Divide("t-3", "h-1/part-2", (1, 2), "split", "o", START),
        carry_out("t-4", "h-1/part-2/part-2"),
    )
    store.commit(says("c-1", None, steps=steps))
    (still_open,) = (hold for hold in store.pendings(SHOP) if hold.id == "h-2")
    names = ("h-1", "h-1/part-2", "h-1/part-2/part-2", "h-2")
    unknown = ("h-3", "t-1", "h-1/part-3", "h-2/part-1", "h-1/part-2/part-3")

    made = store.pendings_made(SHOP, (*names, *unknown))

    assert {name: hold.amount for name, hold in made.items()} == dict(
        zip(names, (5, 3, 2, 4), strict=True)
    )
    assert made["h-2"] == still_open
    assert {hold.expires_at for name, hold in made.items() if name != "h-2"} == {minutes(50)}
    assert all(hold.source == AVAILABLE for hold in made.values())
    assert store.pendings_made(OTHER, names) == {}


def test_due_holds_expire_in_the_order_of_their_instants_then_of_their_ids(store: Store) -> None:
    holds = [("h-b", 4), ("h-d", 2), ("h-a", 5), ("h-c", 2)]
    steps = tuple(promise(name, 1, until=until) for name, until in holds)
    store.commit(says("c-1", None, steps=(supply("t-1", 4), *steps)))

    store.commit(says("c-2", None, steps=(promise("h-z", 4),), at=6))

    expired = [e.step.pending for e in store.entries(SHOP) if isinstance(e.step, ExpirePending)]
    assert expired == ["h-c", "h-d", "h-b", "h-a"]


def test_more_due_holds_than_are_fetched_ahead_all_give_way(store: Store) -> None:
    store.commit(says("c-0", None, steps=(supply("t-1", 1_100),)))
    store.commit(
        says("c-1", None, steps=tuple(promise(f"h-{n}", 1, until=5) for n in range(1_100)))
    )

    store.commit(says("c-2", None, steps=(promise("h-all", 1_100),), at=5))

    assert [p.id for p in store.pendings(SHOP)] == ["h-all"]


def test_every_kind_of_step_comes_back_as_it_was_recorded(store: Store) -> None:
    steps: tuple[Step, ...] = (
        supply("t-1", 9),
        Post("t-2", AVAILABLE, ALLOCATED, 1, "r", "d", minutes(-3), -4),
        promise("h-1", 4, least=None, until=60),
        promise("h-2", 1, least=-5),
        promise("h-3", 1),
        VoidPending("t-4", "h-3", "cancel", "o", START.replace(microsecond=1)),
        Divide("t-5", "h-1", (1, 3), "split", "o", START),
        carry_out("t-6", "h-1/part-1"),
        carry_out("t-7", "h-1/part-2", 2),
    )
    store.commit(says("c-1", None, steps=steps, at=7))

    entries = list(store.entries(SHOP))

    assert tuple(entry.step for entry in entries) == steps
    assert [entry.position for entry in entries] == list(range(1, len(steps) + 1))
    assert {entry.recorded_at for entry in entries} == {minutes(7)}


# ---------------------------------------------------------------- S4: once


@pytest.mark.parametrize(
    "broken",
    [
        lambda: says("c-1", "s-1", "a", rejected=Rejected("no", "no")),
        lambda: says("c-1", "s-1", steps=(supply("t-1", 1),), rejected=Rejected("no", "no")),
        lambda: says("c-1", None, "a"),
        lambda: says("c-1", None, due=3),
        lambda: says("c-1", "s-1", "a", version=-1),
    ],
    ids=["refused with events", "refused with steps", "no stream", "due of no stream", "negative"],
)
def test_a_commit_that_contradicts_itself_is_a_defect(
    store: Store, broken: Callable[[], Commit]
) -> None:
    with pytest.raises(InvariantViolated, match="c-1"):
        store.commit(broken())

    assert list(store.tenants()) == []


# ---------------------------------------------------------------- S6: tenants


def test_a_stranger_reads_empty_and_is_not_listed_for_it(store: Store) -> None:
    assert told(store, OTHER) == []
    assert store.recall(OTHER, CommandId("c-1")) is None
    assert store.balances(OTHER, (AVAILABLE,), START) == {AVAILABLE: NOTHING}
    assert list(store.accounts(OTHER)) == []
    assert list(store.pendings(OTHER)) == []
    assert list(store.entries(OTHER)) == []
    assert list(store.due(OTHER, START, 9)) == []
    assert store.find(OTHER, "pay:1") is None
    assert list(store.feed(OTHER, 0, 9)) == []
    assert list(store.streams(OTHER)) == []
    store.unlease(OTHER, "e-1")
    assert list(store.tenants()) == []


# ---------------------------------------------------------------- S7: leases


def ask(
    store: Store, *, at: int, holder: str = "worker-1", last: int = 5, tenant: object = SHOP
) -> LeaseState:
    """Ask for the lease of the effect e-1."""
    lease = store.lease(
        OTHER if tenant == OTHER else SHOP,
        S1,
        "e-1",
        holder=holder,
        at=minutes(at),
        until=minutes(at + last),
    )
    if lease.state is not LeaseState.HELD:
        assert lease.until == minutes(at + last)
    return lease.state


def test_a_lease_of_a_version_that_is_gone_is_not_given_and_leaves_nothing(store: Store) -> None:
    store.commit(says("c-0", S1, "a", "b"))

    def asked(version: int, holder: str = "w-1", at: int = 0) -> LeaseState:
        when = {"at": minutes(at), "until": minutes(at + 5)}
        return store.lease(SHOP, S1, "e-1", holder=holder, version=version, **when).state

    assert [asked(version) for version in (0, 1, 3)] == [LeaseState.STALE] * 3
    assert store.leases(SHOP, "", 10) == []
    assert asked(2) is LeaseState.FRESH
    before = store.leases(SHOP, "", 10)
    assert asked(1, "w-2") is LeaseState.HELD
    assert asked(1, "w-2", at=6) is LeaseState.STALE
    assert asked(1) is LeaseState.STALE
    assert store.leases(SHOP, "", 10) == before
    assert asked(2, "w-2", at=6) is LeaseState.INHERITED
    unheard = store.lease(
        SHOP, StreamId("s-9"), "e-9", holder="w-1", version=0, at=START, until=minutes(1)
    )
    assert unheard.state is LeaseState.FRESH


# ---------------------------------------------------------------- S8 and the readings


def test_streams_are_listed_in_order_of_id(store: Store) -> None:
    names = [f"s-{n:04}" for n in range(1_203)]
    for name in reversed(names):
        store.commit(says(f"c-{name}", name, "x"))

    assert list(store.streams(SHOP)) == names


def test_balances_leave_out_holds_that_are_due(store: Store) -> None:
    untouched = account("promise", "available", "CUP", "berlin")
    store.commit(
        says(
            "c-1",
            None,
            steps=(supply("t-1", 9), promise("h-1", 4, until=5), promise("h-2", 2), promise(
                "h-3", 1, until=7)),
        )
    )  # fmt: skip

    def read(at: int) -> list[Balance]:
        found = store.balances(SHOP, [AVAILABLE, ALLOCATED, untouched, AVAILABLE], minutes(at))
        assert list(found) == [AVAILABLE, ALLOCATED, untouched]
        return list(found.values())

    assert read(4) == [Balance(9, 7, 0), Balance(0, 0, 7), NOTHING]
    assert read(5) == [Balance(9, 3, 0), Balance(0, 0, 7), NOTHING]
    assert read(7) == [Balance(9, 2, 0), Balance(0, 0, 7), NOTHING]
    assert store.balances(SHOP, (), START) == {}


def test_a_thousand_accounts_are_moved_listed_and_read_at_once(store: Store) -> None:
    names = [account("promise", "available", f"SKU-{n:04}", "berlin") for n in range(1_000)]
    steps = tuple(
        Post(f"t-{n}", account("promise", "supply", f"SKU-{n:04}"), name, n + 1, "r", "d", START)
        for n, name in enumerate(names)
    )
    store.commit(says("c-1", None, steps=steps))

    listed = list(store.accounts(SHOP, "promise|available|"))
    read = store.balances(SHOP, names, START)

    assert listed == [(name, Balance(n + 1)) for n, name in enumerate(names)]
    assert read == dict(listed)
    assert len(list(store.accounts(SHOP))) == 2_000
    assert [e.position for e in store.entries(SHOP)] == list(range(1, 1_001))


# ---------------------------------------------------------------- hold


def test_a_hold_inside_a_hold_is_the_same_hold(store: Store) -> None:
    with store.hold(SHOP):
        with store.hold(SHOP):
            store.commit(says("c-1", "s-1", "a"))
        assert ask(store, at=0) is LeaseState.FRESH
        store.commit(says("c-2", "s-1", "b", version=1))

    assert told(store) == ["a", "b"]
    assert ask(store, at=1, holder="worker-2") is LeaseState.HELD


def test_a_step_with_every_optional_field_empty_is_a_repeat_of_itself(store: Store) -> None:
    step = Pend("h-1", SUPPLY, AVAILABLE, 1, "r", "d", START, None, None)
    store.commit(says("c-1", None, steps=(step,)))

    store.commit(says("c-2", None, steps=(step,)))

    assert [e.step for e in store.entries(SHOP)] == [step]
