"""What every store guarantees: S1 to S8 and each method of the port."""

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
    SYSTEM,
    Answer,
    Said,
    Say,
    available,
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


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (
            says("c-2", "s-1", Said("b", ("pay:1",)), version=7, steps=(supply("t-2", 1),), due=3),
            "conflict",
        ),
        (
            says("c-2", "s-1", Said("b", ("pay:1",)), version=1, steps=(promise("t-2", 6),), due=3),
            "shortage",
        ),
        (
            says("c-2", "s-9", "b", steps=(supply("t-2", 1), promise("t-3", 7)), due=3),
            "shortage",
        ),
    ],
    ids=["another version", "a shortage", "a shortage after a step that applies"],
)
def test_a_refused_commit_leaves_every_reading_as_it_was(
    store: Store, refused: Commit, code: str
) -> None:
    store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 5),), due=9))
    before = everything(store)

    with pytest.raises((Conflict, Rejected)) as caught:
        store.commit(refused)

    assert getattr(caught.value, "code", "conflict") == code
    assert everything(store) == before


def test_a_commit_writes_events_steps_receipt_references_and_due_row(store: Store) -> None:
    store.commit(
        says("c-1", "s-1", "a", Said("b", ("pay:1",)), steps=(supply("t-1", 5),), due=9, at=2)
    )

    assert told(store) == ["a", "b"]
    assert available(store) == 5
    assert store.recall(SHOP, CommandId("c-1")) is not None
    assert store.find(SHOP, "pay:1") == "s-1"
    assert list(store.due(SHOP, minutes(9), 10)) == ["s-1"]


@pytest.mark.parametrize("first", [says("c-1", "s-1", "a", version=3), says("c-1", steps=(
    promise("t-1", 1),))], ids=["conflict", "shortage"])  # fmt: skip
def test_a_tenant_that_was_refused_everything_has_written_nothing(
    store: Store, first: Commit
) -> None:
    with pytest.raises((Conflict, Rejected)):
        store.commit(first)

    assert list(store.tenants()) == []


# ---------------------------------------------------------------- S2: versions


def test_versions_count_from_one_without_gap(store: Store) -> None:
    store.commit(says("c-1", "s-1", "a", "b"))
    store.commit(says("c-2", "s-1", version=2))
    store.commit(says("c-3", "s-1", "c", version=2))

    assert [recorded.version for recorded in store.load(SHOP, S1)] == [1, 2, 3]


@pytest.mark.parametrize("expected", [0, 1, 3, 99])
def test_another_version_is_a_conflict_that_names_both(store: Store, expected: int) -> None:
    store.commit(says("c-1", "s-1", "a", "b"))

    with pytest.raises(Conflict) as caught:
        store.commit(says("c-2", "s-1", "c", version=expected))

    assert (caught.value.stream, caught.value.expected, caught.value.actual) == (S1, expected, 2)


def test_an_empty_decision_is_compared_with_the_version_too(store: Store) -> None:
    store.commit(says("c-1", "s-1", "a"))

    with pytest.raises(Conflict):
        store.commit(says("c-2", "s-1", version=0))


def test_a_stream_is_read_beyond_a_version(store: Store) -> None:
    store.commit(says("c-1", "s-1", "a", "b", "c"))

    assert told(store, after=0) == ["a", "b", "c"]
    assert told(store, after=2) == ["c"]
    assert told(store, after=3) == []
    assert told(store, stream="s-2") == []


def test_an_event_comes_back_with_all_that_was_recorded_of_it(store: Store) -> None:
    store.commit(says("c-0", "s-0", "z"))
    store.commit(says("c-1", "s-1", "Grüße \U0001f389", at=4, on_behalf_of="customer-7"))

    (loaded,) = store.load(SHOP, S1)
    recorded = store.feed(SHOP, 1, 9)[0]

    assert loaded.position in {0, 2}  # a store may number it when the feed is read
    assert recorded.position == 2
    assert [*store.load(SHOP, S1)] == [recorded]
    assert (recorded.stream, recorded.version) == ("s-1", 1)
    assert recorded.recorded_at == minutes(4)
    assert recorded.command_id == "c-1"
    assert (recorded.actor, recorded.on_behalf_of) == (SYSTEM, "customer-7")
    assert recorded.event == Said("Grüße \U0001f389")


# ---------------------------------------------------------------- S3: the ledger's rules


def test_a_guard_is_judged_on_what_earlier_commits_left(store: Store) -> None:
    store.commit(says("c-1", None, steps=(supply("t-1", 5),)))
    store.commit(says("c-2", None, steps=(promise("t-2", 4),)))

    with pytest.raises(Rejected) as caught:
        store.commit(says("c-3", None, steps=(promise("t-3", 2),)))

    assert caught.value.code == "shortage"
    assert caught.value.data["available"] == 1
    assert available(store) == 1


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


def test_steps_that_are_all_recorded_are_not_recorded_again(store: Store) -> None:
    store.commit(says("c-1", None, steps=STEPS))

    receipt = store.commit(says("c-2", "s-1", "a", steps=STEPS))

    assert receipt.to_version == 1
    assert len(list(store.entries(SHOP))) == len(STEPS)
    assert available(store) == 1


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


def test_the_log_is_read_on_from_a_position(store: Store) -> None:
    store.commit(says("c-1", None, steps=STEPS))
    whole = list(store.entries(SHOP))
    of_account = list(store.entries(SHOP, AVAILABLE))

    for after in range(len(whole) + 2):
        assert list(store.entries(SHOP, after=after)) == whole[after:]
        beyond = [entry for entry in of_account if entry.position > after]
        assert list(store.entries(SHOP, AVAILABLE, after=after)) == beyond


def test_the_steps_that_occurred_after_an_instant_are_told_whenever_recorded(store: Store) -> None:
    """A step's own word for its time counts, not the moment of its recording."""
    for n, occurred in enumerate((4, 1, 3, 9, 3)):
        step = supply(f"t-{n}", 1)._replace(occurred_at=minutes(occurred))
        store.commit(says(f"c-{n}", None, steps=(step,), at=20 + n))

    for minute in range(11):
        found = {e.position: e for e in store.occurred_after(SHOP, minutes(minute))}
        expected = {
            e.position: e for e in store.entries(SHOP) if e.step.occurred_at > minutes(minute)
        }
        assert found == expected
    assert len(list(store.occurred_after(SHOP, minutes(3)))) == 2
    assert list(store.occurred_after(OTHER, minutes(0))) == []


def test_the_last_position_is_that_of_the_last_step_recorded(store: Store) -> None:
    assert store.last_position(SHOP) == 0
    for n in range(1, 4):
        store.commit(says(f"c-{n}", None, steps=(supply(f"t-{n}", 1), supply(f"u-{n}", 1))))
        assert store.last_position(SHOP) == 2 * n == list(store.entries(SHOP))[-1].position
    assert store.last_position(OTHER) == 0


def test_a_due_hold_gives_way_to_a_promise_and_is_recorded_as_expired(store: Store) -> None:
    store.commit(says("c-1", None, steps=(supply("t-1", 2), promise("h-1", 2, until=5))))

    store.commit(says("c-2", None, steps=(promise("h-2", 2),), at=6))

    assert [e.step for e in store.entries(SHOP)][2] == ExpirePending(
        "h-1/expired", "h-1", minutes(5)
    )
    assert [p.id for p in store.pendings(SHOP)] == ["h-2"]
    assert dict(store.accounts(SHOP))[AVAILABLE] == Balance(2, 2, 0)


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


def test_a_repeated_command_writes_nothing_and_returns_the_first_receipt(store: Store) -> None:
    first = says("c-1", "s-1", "a", steps=(supply("t-1", 5),), reply=Answer(7))
    store.commit(first)
    store.commit(says("c-2", "s-1", "b", version=1))
    before = everything(store)

    again = store.commit(says("c-1", "s-1", "x", "y", version=40, steps=(supply("t-9", 1),), at=9))

    assert again == first.receipt
    assert everything(store) == before


def test_a_receipt_is_recalled_as_it_was_written(store: Store) -> None:
    written = says("c-1", "s-1", "a", "b", at=3, reply=Answer(7)).receipt
    store.commit(says("c-1", "s-1", "a", "b", at=3, reply=Answer(7)))

    assert store.recall(SHOP, CommandId("c-1")) == written
    assert store.recall(SHOP, CommandId("c-2")) is None
    assert written.command == Say("by c-1")


def test_a_refusal_is_recorded_and_answered_again_with_all_it_said(store: Store) -> None:
    said = Rejected(
        "shortage",
        "2 asked, 1 left",
        data={"asked": 2, "final": True, "lines": ("l-1", "l-2"), "note": None, "sku": "MUG"},
        legal=("at most 1",),
    )
    store.commit(says("c-0", "s-1", "a", due=9))
    store.commit(says("c-1", "s-1", version=0, rejected=said))

    again = store.commit(says("c-1", "s-1", "b", version=1))

    assert again.rejected is not None
    assert again.rejected.args == said.args
    assert told(store) == ["a"]


def test_a_refusal_leaves_the_due_row_alone_and_ends_what_it_settles(store: Store) -> None:
    store.commit(says("c-0", "s-1", "a", due=9))
    ask(store, at=0)

    store.commit(says("c-1", "s-1", version=1, rejected=Rejected("no", "no"), settles=("e-1",)))

    assert list(store.due(SHOP, minutes(9), 10)) == ["s-1"]
    assert ask(store, at=1) is LeaseState.FRESH


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


def test_tenants_may_use_the_same_names_and_never_meet(store: Store) -> None:
    for tenant, words, amount in ((SHOP, "ours", 5), (OTHER, "theirs", 2)):
        store.commit(
            says(
                "c-1",
                "s-1",
                Said(words, ("pay:1",)),
                tenant=tenant,
                steps=(supply("t-1", amount), promise("h-1", amount, until=5)),
                due=amount,
            )
        )
        ask(store, at=0, tenant=tenant)
    store.commit(says("c-2", "s-2", "only ours", due=1, settles=("e-1",)))
    store.commit(says("c-3", None, steps=(VoidPending("t-2", "h-1", "x", "y", START),)))

    assert list(store.tenants()) == ["other", "shop"]
    assert told(store, OTHER) == ["theirs"]
    assert [r.position for r in store.feed(OTHER, 0, 10)] == [1]
    assert list(store.streams(OTHER)) == ["s-1"]
    assert list(store.due(OTHER, minutes(99), 10)) == ["s-1"]
    assert dict(store.accounts(OTHER))[AVAILABLE] == Balance(2, 2, 0)
    assert [p.amount for p in store.pendings(OTHER)] == [2]
    assert len(list(store.entries(OTHER))) == 2
    assert store.recall(OTHER, CommandId("c-2")) is None
    assert ask(store, at=1, holder="worker-2", tenant=OTHER) is LeaseState.HELD
    assert available(store, at=9, tenant=OTHER) == 2


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


def test_an_effect_is_leased_to_one_holder_at_a_time(store: Store) -> None:
    assert ask(store, at=0) is LeaseState.FRESH

    held = store.lease(SHOP, S1, "e-1", holder="w-2", at=minutes(4), until=minutes(9))

    assert (held.state, held.first_at, held.until) == (LeaseState.HELD, minutes(0), minutes(5))


def test_a_lease_that_has_ended_is_inherited_with_its_first_instant(store: Store) -> None:
    ask(store, at=0)

    lease = store.lease(SHOP, S1, "e-1", holder="w-2", at=minutes(5), until=minutes(9))

    assert (lease.state, lease.first_at, lease.until) == (
        LeaseState.INHERITED,
        minutes(0),
        minutes(9),
    )
    assert ask(store, at=6) is LeaseState.HELD


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


def test_ones_own_lease_is_a_try_without_an_outcome(store: Store) -> None:
    ask(store, at=0)

    assert ask(store, at=1) is LeaseState.INHERITED


def test_a_lease_ends_in_the_commit_of_its_outcome(store: Store) -> None:
    ask(store, at=0)
    store.commit(says("c-1", "s-1", "done", settles=("e-1", "e-unknown")))

    assert ask(store, at=1, holder="worker-2") is LeaseState.FRESH


def test_a_lease_outlives_a_commit_that_was_refused(store: Store) -> None:
    ask(store, at=0)
    with pytest.raises(Conflict):
        store.commit(says("c-1", "s-1", "done", version=9, settles=("e-1",)))

    assert ask(store, at=1, holder="worker-2") is LeaseState.HELD


def test_a_lease_given_back_unused_is_as_if_never_asked(store: Store) -> None:
    ask(store, at=0)
    store.unlease(SHOP, "e-1")

    assert ask(store, at=1, holder="worker-2") is LeaseState.FRESH


def test_an_inherited_lease_given_back_still_remembers_the_unknown_try(store: Store) -> None:
    ask(store, at=0)
    ask(store, at=1)
    store.unlease(SHOP, "e-1")

    lease = store.lease(SHOP, S1, "e-1", holder="w-2", at=minutes(1), until=minutes(9))

    assert (lease.state, lease.first_at) == (LeaseState.INHERITED, minutes(0))


# ---------------------------------------------------------------- S8 and the readings


def test_the_feed_counts_from_one_in_commit_order(store: Store) -> None:
    store.commit(says("c-1", "s-2", "a", "b"))
    store.commit(says("c-2", "s-1", "c"))
    with pytest.raises(Conflict):
        store.commit(says("c-3", "s-1", "lost", version=0))
    store.commit(says("c-4", "s-2", "d", version=2))

    feed = list(store.feed(SHOP, 0, 100))

    assert [recorded.position for recorded in feed] == [1, 2, 3, 4]
    assert [recorded.stream for recorded in feed] == ["s-2", "s-2", "s-1", "s-2"]
    assert [r.position for r in store.feed(SHOP, 1, 2)] == [2, 3]
    assert list(store.feed(SHOP, 4, 2)) == []
    assert list(store.feed(SHOP, 0, 0)) == []
    assert list(store.feed(SHOP, 0, -1)) == []


def test_streams_are_due_from_their_instant_the_longest_due_first(store: Store) -> None:
    store.commit(says("c-1", "s-b", "x", due=5))
    store.commit(says("c-2", "s-a", "x", due=5))
    store.commit(says("c-3", "s-c", "x", due=3))
    store.commit(says("c-4", "s-d", "x"))

    assert list(store.due(SHOP, minutes(2), 9)) == []
    assert list(store.due(SHOP, minutes(4), 9)) == ["s-c"]
    assert list(store.due(SHOP, minutes(5), 9)) == ["s-c", "s-a", "s-b"]
    assert list(store.due(SHOP, minutes(5), 2)) == ["s-c", "s-a"]
    assert list(store.due(SHOP, minutes(5), 0)) == []
    assert list(store.due(SHOP, minutes(5), -1)) == []


def test_each_commit_says_anew_when_its_stream_is_due(store: Store) -> None:
    store.commit(says("c-1", "s-1", "x", due=5))
    store.commit(says("c-2", "s-1", version=1, due=2))
    assert list(store.due(SHOP, minutes(2), 9)) == ["s-1"]

    store.commit(says("c-3", "s-1", version=1))
    assert list(store.due(SHOP, minutes(99), 9)) == []


def test_a_stream_may_be_due_before_its_first_event_and_is_not_listed_yet(store: Store) -> None:
    store.commit(says("c-1", "s-1", due=5))

    assert list(store.due(SHOP, minutes(5), 9)) == ["s-1"]
    assert list(store.streams(SHOP)) == []


def test_a_reference_belongs_to_the_stream_that_declared_it_first(store: Store) -> None:
    store.commit(says("c-1", "s-1", Said("a", ("pay:1", "pay:2"))))
    store.commit(says("c-2", "s-2", Said("b", ("pay:1", "pay:3"))))

    assert [store.find(SHOP, f"pay:{n}") for n in (1, 2, 3, 4)] == ["s-1", "s-1", "s-2", None]


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


def test_accounts_are_listed_by_prefix_which_may_be_a_whole_account(store: Store) -> None:
    store.commit(says("c-1", None, steps=(supply("t-1", 9), promise("h-1", 4))))

    assert [a for a, _ in store.accounts(SHOP)] == [ALLOCATED, AVAILABLE, SUPPLY]
    assert [a for a, _ in store.accounts(SHOP, "promise|a")] == [ALLOCATED, AVAILABLE]
    assert [a for a, _ in store.accounts(SHOP, AVAILABLE)] == [AVAILABLE]
    assert list(store.accounts(SHOP, "promise|zzz")) == []
    assert list(store.accounts(SHOP, "%")) == []


def test_holds_are_listed_as_they_were_made_all_or_of_one_holder(store: Store) -> None:
    holds = (
        promise("h-9", 1, reference="cart-1"),
        promise("h-5", 1, reference="cart-2"),
        promise("h-7", 1, reference="cart-1", until=3),
    )
    store.commit(says("c-1", None, steps=(supply("t-1", 9), *holds)))
    store.commit(says("c-2", None, steps=(VoidPending("t-2", "h-7", "x", "y", START),)))
    store.commit(says("c-3", None, steps=(promise("h-1", 2, reference="cart-1", until=8),)))

    assert [p.id for p in store.pendings(SHOP)] == ["h-9", "h-5", "h-1"]
    assert [p.id for p in store.pendings(SHOP, "cart-1")] == ["h-9", "h-1"]
    assert list(store.pendings(SHOP, "cart-3")) == []
    assert [p.id for p in store.pendings(SHOP, source=AVAILABLE)] == ["h-9", "h-5", "h-1"]
    assert [p.id for p in store.pendings(SHOP, "cart-2", source=AVAILABLE)] == ["h-5"]
    assert list(store.pendings(SHOP, source=ALLOCATED)) == []
    (hold,) = (p for p in store.pendings(SHOP) if p.id == "h-1")
    assert (hold.amount, hold.source, hold.target) == (2, AVAILABLE, ALLOCATED)
    assert (hold.reference, hold.expires_at) == ("cart-1", minutes(8))


def test_an_iteration_survives_what_is_written_meanwhile(store: Store) -> None:
    store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 1), supply("t-2", 1))))
    streams, accounts, entries = store.streams(SHOP), store.accounts(SHOP), store.entries(SHOP)
    started = [next(streams), next(accounts)[0], next(entries).step.id]
    store.commit(says("c-2", "s-2", "b", steps=(promise("h-1", 1),)))

    assert started[0] == "s-1"
    assert started[2] == "t-1"
    assert next(entries).step.id == "t-2"
    assert [*streams][-1:] in ([], ["s-2"])
    assert SUPPLY in [started[1], *(a for a, _ in accounts)]


# ---------------------------------------------------------------- hold


def test_inside_a_hold_reads_and_a_commit_see_one_state(store: Store) -> None:
    store.commit(says("c-1", None, steps=(supply("t-1", 1),)))

    with store.hold(SHOP):
        assert available(store) == 1
        store.commit(says("c-2", "s-1", "a", steps=(promise("h-1", 1),)))
        assert available(store) == 0
        assert told(store) == ["a"]

    assert available(store) == 0
    assert told(store) == ["a"]


def test_a_commit_refused_inside_a_hold_leaves_nothing_and_the_hold_goes_on(store: Store) -> None:
    with store.hold(SHOP):
        with pytest.raises(Rejected):
            store.commit(says("c-1", "s-1", "a", steps=(supply("t-1", 1), promise("h-1", 2))))
        store.commit(says("c-2", "s-1", "b", steps=(supply("t-1", 3),)))

    assert told(store) == ["b"]
    assert available(store) == 3
    assert store.recall(SHOP, CommandId("c-1")) is None


def test_what_was_committed_inside_a_hold_stays_however_the_hold_ends(store: Store) -> None:
    def commit_and_fail() -> None:
        with store.hold(SHOP):
            store.commit(says("c-1", "s-1", "a"))
            raise LookupError

    with pytest.raises(LookupError):
        commit_and_fail()

    assert told(store) == ["a"]
    store.commit(says("c-2", "s-1", "b", version=1))


def test_a_hold_inside_a_hold_is_the_same_hold(store: Store) -> None:
    with store.hold(SHOP):
        with store.hold(SHOP):
            store.commit(says("c-1", "s-1", "a"))
        assert ask(store, at=0) is LeaseState.FRESH
        store.commit(says("c-2", "s-1", "b", version=1))

    assert told(store) == ["a", "b"]
    assert ask(store, at=1, holder="worker-2") is LeaseState.HELD


def test_closing_twice_is_closing_once(store: Store) -> None:
    store.commit(says("c-1", "s-1", "a"))
    store.close()
    store.close()


def test_a_step_with_every_optional_field_empty_is_a_repeat_of_itself(store: Store) -> None:
    step = Pend("h-1", SUPPLY, AVAILABLE, 1, "r", "d", START, None, None)
    store.commit(says("c-1", None, steps=(step,)))

    store.commit(says("c-2", None, steps=(step,)))

    assert [e.step for e in store.entries(SHOP)] == [step]
