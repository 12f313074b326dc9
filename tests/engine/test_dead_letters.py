"""
What waits for a person: seen, driven on once, and never lost in a mark that differs.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import attrs
import pytest

from ordercore import (
    Actor,
    ActorKind,
    CancelUnits,
    DeadLetter,
    Engine,
    MemoryStore,
    Money,
    RecordOutcome,
    Rejected,
    RetryEffect,
    Rules,
    SQLiteStore,
    Worker,
)
from ordercore.engine import dead_letters, verify
from ordercore.grammar import Succeeded
from ordercore.ids import StreamId, TenantId, order_stream
from ordercore.ports import ActingCapabilities, Store
from ordercore.testing import Fault
from tests.engine.lockers import KINDS, LOCKERS, RetryLocker
from tests.engine.test_other_kinds import CLOSE, KEY, OPEN, stocked
from tests.engine.test_other_kinds import order as order_of_locker
from tests.engine.test_promises import Shop, order

MAIN = TenantId("main")
ANNA = Actor(ActorKind.AGENT, "desk-7")
PAYMENT = "O-1/payment-1"


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    kept: Store = (
        MemoryStore()
        if request.param == "memory"
        else SQLiteStore(tmp_path / "shop.db", durability="normal")
    )
    yield kept
    kept.close()


def lost(store: Store, *order_ids: str) -> Shop:
    """Return a shop whose provider promises nothing and whose answers all got lost."""
    shop = Shop(store, capabilities=ActingCapabilities()).stocked(MUG=9)
    for order_id in order_ids:
        shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
        shop.engine.submit(order(order_id))
    shop.clock.advance(minutes=5)
    Worker(shop.engine).run_once()
    return shop


# --- seen ------------------------------------------------------------------------------------


def test_a_lost_answer_that_nobody_can_find_out_about_is_a_dead_letter(store: Store) -> None:
    shop = lost(store, "O-1")
    at = shop.clock()

    (letter,) = shop.engine.dead_letters()

    assert letter == DeadLetter(
        stream=order_stream("O-1"),
        kind="order",
        own_id="O-1",
        effect_key=PAYMENT,
        what="authorize",
        port="payments",
        amount=Money(1000, "EUR"),
        reason="the outcome is unknown and can't be asked for",
        attempts=2,
        since=at,
        given_up_at=shop.engine.version("O-1"),
        may=("RetryEffect", "RecordOutcome"),
        retry=RetryEffect(order_id="O-1", effect_key=PAYMENT),
        lease=letter.lease,
    )
    assert letter.lease is not None
    assert letter.lease.first_at == at - timedelta(minutes=5)


def test_what_certainly_was_not_done_is_given_up_without_a_lease(store: Store) -> None:
    shop = Shop(store, rules=Rules(attempts_max=1)).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.UNAVAILABLE)
    shop.engine.submit(order())

    (letter,) = shop.engine.dead_letters()

    assert (letter.attempts, letter.lease) == (1, None)


def test_letters_come_page_by_page_in_order_of_stream(store: Store) -> None:
    shop = lost(store, "O-3", "O-1", "O-2")

    first = shop.engine.dead_letters(limit=2)
    rest = shop.engine.dead_letters(after=first[-1].stream, limit=2)

    assert [letter.own_id for letter in (*first, *rest)] == ["O-1", "O-2", "O-3"]
    assert shop.engine.dead_letters(after=rest[-1].stream) == ()
    assert dead_letters(store, TenantId("other")) == ()


def test_nothing_that_a_worker_does_touches_what_waits(store: Store) -> None:
    shop = lost(store, "O-1")
    shop.clock.advance(days=30)

    assert Worker(shop.engine).run_once() == 0
    assert len(shop.engine.dead_letters()) == 1


# --- driven ----------------------------------------------------------------------------------


def test_a_letter_is_redriven_once_by_whom_it_says(store: Store) -> None:
    shop = lost(store, "O-1")
    (letter,) = shop.engine.dead_letters()

    done = shop.engine.redrive(letter, actor=ANNA)
    again = shop.engine.redrive(letter, actor=ANNA)

    assert not done.repeated
    assert again.repeated
    assert shop.engine.dead_letters() == ()
    assert shop.engine.order("O-1").payments.payments[0].status == "authorized"
    retried = [r for r in shop.engine.history("O-1") if r.command_id == letter.command_id]
    assert {r.actor for r in retried} == {ANNA}
    assert not list(store.leases(MAIN, "", 9))
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_a_key_alone_does_the_same_and_meets_the_letter(store: Store) -> None:
    shop = lost(store, "O-1")
    (letter,) = shop.engine.dead_letters()

    done = shop.engine.redrive(PAYMENT, actor=ANNA)

    assert done.command_id == letter.command_id
    assert shop.engine.redrive(PAYMENT, actor=ANNA).repeated
    assert shop.engine.redrive(letter, actor=ANNA).repeated


def test_what_is_given_up_again_is_another_letter_that_can_be_redriven(store: Store) -> None:
    shop = lost(store, "O-1")
    shop.payments.plan("authorize", Fault.TIMEOUT_AFTER)
    (first,) = shop.engine.dead_letters()
    shop.engine.redrive(first, actor=ANNA)
    shop.clock.advance(minutes=5)
    Worker(shop.engine).run_once()

    (second,) = shop.engine.dead_letters()

    assert second.command_id != first.command_id
    assert second.attempts == 2  # since a person last let it
    shop.engine.redrive(second, actor=ANNA)
    assert shop.engine.dead_letters() == ()


def test_a_redrive_may_be_left_to_a_worker(store: Store) -> None:
    shop = lost(store, "O-1")
    (letter,) = shop.engine.dead_letters()

    shop.engine.redrive(letter, actor=ANNA, perform=False)

    assert shop.engine.order("O-1").payments.payments[0].status == "requested"
    assert shop.engine.dead_letters() == ()
    assert Worker(shop.engine).run_once() == 1
    assert shop.engine.order("O-1").payments.payments[0].status == "authorized"


def test_who_finds_out_what_happened_tells_it_instead(store: Store) -> None:
    shop = lost(store, "O-1")

    shop.engine.submit(
        RecordOutcome(order_id="O-1", effect_key=PAYMENT, outcome=Succeeded(reference="ch_1"))
    )

    assert shop.engine.dead_letters() == ()
    assert not list(store.leases(MAIN, "", 9))


@pytest.mark.parametrize("key", ["O-1/payment-9", "O-9/payment-1", "nonsense", "locker/L-1/x", ""])
def test_a_key_that_never_waited_is_refused_with_those_that_do(store: Store, key: str) -> None:
    shop = lost(store, "O-1")

    with pytest.raises(Rejected) as caught:
        shop.engine.redrive(key, actor=ANNA)

    assert (caught.value.code, caught.value.legal) == ("unknown_dead_letter", (PAYMENT,))


def test_another_kind_of_stream_has_dead_letters_by_being_registered() -> None:
    _, engine = stocked()
    engine.submit(OPEN)
    engine.submit(CLOSE)  # of an order that is not there yet

    (letter,) = engine.dead_letters()

    assert (letter.kind, letter.own_id, letter.effect_key) == ("locker", "L-1", KEY)
    assert (letter.what, letter.port, letter.amount) == (
        f"submit {CancelUnits.__name__}",
        "engine",
        None,
    )
    assert letter.reason == "refused: unknown_order"
    assert letter.may == ("RetryLocker",)
    assert letter.retry == RetryLocker(locker_id="L-1", effect_key=KEY)
    engine.submit(order_of_locker())
    engine.redrive(KEY, actor=ANNA)
    assert engine.order("O-1").status == "canceled"
    assert engine.dead_letters() == ()
    assert engine.state("L-1", of=LOCKERS).cancels == ""


def test_a_kind_that_nobody_lets_be_tried_again_is_seen_all_the_same() -> None:
    shop, engine = stocked()
    engine.submit(OPEN)
    engine.submit(CLOSE)
    assert LOCKERS.answers is not None
    mute = attrs.evolve(LOCKERS, answers=attrs.evolve(LOCKERS.answers, retry=None))
    kinds = type(KINDS)(*(mute if f is LOCKERS else f for f in KINDS._families))

    (letter,) = shop.engine(engine._store, kinds).dead_letters()

    assert (letter.retry, letter.may) == (None, ())
    with pytest.raises(Rejected, match="unknown_dead_letter"):
        shop.engine(engine._store, kinds).redrive(letter, actor=ANNA)


# --- the audit -------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Iterator[tuple[Path, Engine]]:
    """A shop on disk: O-1 waits for a person, O-2 is due, and nothing is wrong."""
    path = tmp_path / "audited.db"
    store = SQLiteStore(path, durability="normal")
    shop = lost(store, "O-1")
    shop.engine.submit(order("O-2"), perform=False)
    assert shop.engine.verify().balanced
    assert shop.engine.verify().leaks == ()
    yield path, shop.engine
    store.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "UPDATE oc_streams SET waits = 0 WHERE stream = 'order/O-1'",
            "order/O-1: recorded 0 that wait for a person, 1 do",
        ),
        (
            "UPDATE oc_streams SET waits = 2 WHERE stream = 'order/O-2'",
            "order/O-2: recorded 2 that wait for a person, 0 do",
        ),
        (
            "UPDATE oc_streams SET not_before = 0 WHERE stream = 'order/O-1'",
            "order/O-1: recorded as due 1970-01-01 00:00:00+00:00, is due never",
        ),
        (
            "UPDATE oc_streams SET not_before = NULL WHERE stream = 'order/O-2'",
            "order/O-2: recorded as due never, is due at once",
        ),
        (
            "UPDATE oc_streams SET version = 1 WHERE stream = 'order/O-2'",
            "order/O-2: recorded version 1, 2 events",
        ),
    ],
)
def test_a_mark_that_differs_from_the_fold_is_named(
    file: tuple[Path, Engine], change: str, said: str
) -> None:
    path, engine = file
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(change)
        connection.commit()

    found = engine.verify()

    assert said in found.differences
    assert not found.balanced


def test_a_due_row_that_comes_back_later_than_its_retry_is_named(store: Store) -> None:
    shop = Shop(store, rules=Rules(retry_s=7)).stocked(MUG=1)
    shop.payments.plan("authorize", Fault.UNAVAILABLE)
    shop.engine.submit(order())
    standing = store.standing(MAIN, order_stream("O-1"))

    assert standing is not None
    assert standing.next_due == shop.clock() + timedelta(seconds=7)
    assert shop.engine.verify().differences == ()


def test_a_lease_of_what_nobody_owes_is_a_leak(store: Store) -> None:
    shop = Shop(store).stocked(MUG=1)
    shop.engine.submit(order())
    at = shop.clock()
    store.lease(MAIN, order_stream("O-1"), "O-1/gone", holder="w", at=at, until=at)
    store.lease(MAIN, StreamId("nobody/N-1"), "N-1/x", holder="w", at=at, until=at)

    found = verify(store, MAIN)

    assert found.leaks == ("O-1/gone: leased, and order/O-1 does not owe it",)
