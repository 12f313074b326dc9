"""
The whole stock book against a model that is obviously right, step by step.

Which walk failed, and at which step, stands in the failure with the one command that repeats it.
"""

from collections import Counter
from collections.abc import Iterable
from random import SystemRandom

import pytest

from ordercore.engine import audit_ledger
from ordercore.errors import Rejected
from ordercore.ledger import Ledger
from ordercore.ledger._book import unguarded
from ordercore.stores import SQLiteStore
from tests.inventory.stock_acts import START
from tests.inventory.stock_walk import NEVER_ACCEPTED, NEVER_REFUSED, StockWalk
from tests.stores._toys import SHOP, ToyCodec, says

#: 12 walks of 5,000 steps, and one that nobody has walked before.
LONG, SEEDS = 5_000, range(100, 112)


def everything_happened(walks: Iterable[StockWalk]) -> None:
    """Each word was accepted and was refused, and at least half of all batches were accepted."""
    tally, words, steps, accepted = Counter[tuple[str, bool]](), set[str](), 0, 0
    for walk in walks:
        tally += walk.tally
        words |= set(walk.words)
        steps += len(walk.sent)
        accepted += walk.accepted
    assert words - NEVER_ACCEPTED == {word for word, yes in tally if yes}
    assert words - NEVER_REFUSED == {word for word, yes in tally if not yes}
    assert accepted * 2 >= steps


def test_the_books_are_what_the_naive_model_says_after_every_step() -> None:
    everything_happened([StockWalk(seed).walk(1_500) for seed in (1, 2)])


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_the_books_are_what_the_naive_model_says_on_long_walks(seed: int) -> None:
    walk = StockWalk(seed).walk(LONG)
    everything_happened([walk])
    walk.wind_up()
    assert list(walk.ledger.pendings()) == []


@pytest.mark.slow
def test_the_books_are_what_the_naive_model_says_on_a_walk_never_walked_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    seed = SystemRandom().randrange(10**9)
    with capsys.disabled():
        print(f"\n  stock walks of {LONG} steps: seeds {SEEDS[0]} to {SEEDS[-1]}, and {seed}")  # noqa: T201 - the report names the seeds
    everything_happened([StockWalk(seed).walk(LONG)])


def test_every_promise_ends_once_carts_have_run_out_and_orders_are_canceled() -> None:
    open_before = 0
    for seed in range(4):
        walk = StockWalk(seed).walk(300)
        open_before += sum(1 for _ in walk.ledger.pendings())
        walk.wind_up()
        assert list(walk.ledger.pendings()) == []
        assert not any(b.pending_out or b.pending_in for _, b in walk.ledger.balances())
    assert open_before > 0


@pytest.mark.parametrize("seed", range(3))
def test_both_books_sum_to_nothing_at_every_position_of_the_log(seed: int) -> None:
    walk = StockWalk(seed).walk(150)
    again = Ledger()
    for entry in walk.ledger.entries():
        again.apply([unguarded(entry.step)], entry.recorded_at)
        assert not any(again.trial_balance().values()), entry
        assert sum(b.pending_out - b.pending_in for _, b in again.balances()) == 0, entry
    assert dict(again.balances()) == dict(walk.ledger.balances())


def test_a_store_on_disk_says_what_memory_says_on_the_same_walk() -> None:
    walk = StockWalk(7).walk(300)
    memory, disk = Ledger(), SQLiteStore(":memory:", codec=ToyCodec())
    try:
        for n, (steps, at, refused) in enumerate(walk.sent):
            minute = int((at - START).total_seconds()) // 60
            commit = says(f"c-{n}", None, at=minute, steps=steps)
            if refused is None:
                memory.apply(steps, at)
                disk.commit(commit)
            else:
                with pytest.raises(Rejected) as refusal:
                    disk.commit(commit)
                assert refusal.value.code == refused
            if n % 25 == 0 or n + 1 == len(walk.sent):
                assert dict(disk.accounts(SHOP)) == dict(memory.balances())
                assert list(disk.pendings(SHOP)) == list(memory.pendings())
        assert [(e.position, e.step) for e in disk.entries(SHOP)] == [
            (e.position, e.step) for e in walk.ledger.entries()
        ]
        assert audit_ledger(disk, SHOP) == ()
    finally:
        disk.close()
