"""
Kept states: the same order, loaded sooner; and never a wrong one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any, cast

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ordercore import (
    CancelUnits,
    Engine,
    InvalidDefinition,
    MemoryStore,
    PackUnits,
    PickUnits,
    RecordDelivery,
    Rejected,
    ShipPackage,
    SQLiteStore,
)
from ordercore.engine import KINDS, Kinds
from ordercore.engine._snapshots import Snapshots
from ordercore.grammar import Command
from ordercore.ids import TenantId, order_stream
from ordercore.inventory import STOCK
from ordercore.orders import CARTS, ORDERS, Order
from ordercore.ports import Commit, Receipt, Snapshot, Store
from ordercore.testing import Fault
from tests.engine.test_promises import Shop, order

MAIN = TenantId("main")
STREAM = order_stream("O-1")


def engine_over(shop: Shop, *, every: int = 5, kinds: Kinds | None = None) -> Engine:
    """Return a new process's engine: it remembers no stream."""
    return shop.another_engine(snapshot_every=every, kinds=kinds or KINDS)


def lead(shop: Shop, engine: Engine, random: Random, acts: int) -> None:
    """Lead an order of four units somewhere, refusals and lost answers included."""
    fo = "O-1/fo-1"
    engine.submit(order(quantity=4))
    for _ in range(acts):
        if random.random() < 0.2:
            shop.payments.plan(random.choice(("capture", "refund")), random.choice(list(Fault)))
        package = f"O-1/package-{random.randint(1, 3)}"
        one = {"line-1": 1}
        commands: tuple[Command, ...] = (
            PickUnits(order_id="O-1", fulfillment_order_id=fo, lines=one),
            PackUnits(order_id="O-1", fulfillment_order_id=fo, lines=one),
            ShipPackage(order_id="O-1", package_id=package),
            RecordDelivery(order_id="O-1", package_id=package),
            CancelUnits(order_id="O-1", lines=one),
        )
        try:
            engine.submit(random.choice(commands))
        except Rejected:
            continue
        shop.clock.advance(minutes=random.randint(0, 9))
        engine.run_pending()


class Watched:
    """A memory store that remembers every kept state and what was read."""

    def __init__(self) -> None:
        self._store = MemoryStore()
        self.kept: list[Snapshot] = []
        self.read_from: list[int] = []

    def commit(self, commit: Commit) -> Receipt:
        if commit.snapshot is not None:
            self.kept.append(commit.snapshot)
        return self._store.commit(commit)

    def commit_many(self, commits: Sequence[Commit]) -> Any:
        self.kept += [commit.snapshot for commit in commits if commit.snapshot is not None]
        return self._store.commit_many(commits)

    def load(self, tenant: TenantId, stream: Any, after: int = 0) -> Any:
        if stream == STREAM:
            self.read_from.append(after)
        return self._store.load(tenant, stream, after)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@given(st.integers(0, 2**32 - 1), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_the_kept_state_is_the_fold_at_every_version_of_any_history(seed: int, every: int) -> None:
    watched = Watched()
    shop = Shop(cast("Store", watched)).stocked(MUG=9)
    lead(shop, engine_over(shop, every=every), Random(seed), 12)
    history = watched.load(MAIN, STREAM)
    snapshots = Snapshots(MAIN, every)
    form = Snapshots.form(ORDERS)
    assert form is not None

    for version in range(1, len(history) + 1):  # whatever was kept when, any state can be
        folded = ORDERS.fold(recorded.event for recorded in history[:version])
        body = form.write(folded, f"{STREAM} of {MAIN} at {version}")
        kept = Snapshot(version=version, form=form.name, body=body)
        assert snapshots.restored(ORDERS, STREAM, kept) == (version, folded)
    for kept in watched.kept:
        folded = ORDERS.fold(recorded.event for recorded in history[: kept.version])
        assert snapshots.restored(ORDERS, STREAM, kept) == (kept.version, folded)
    assert engine_over(shop, every=every).order("O-1") == ORDERS.fold(r.event for r in history)
    assert len(watched.kept) <= len(history) // every
    assert (len(watched.kept) > 0) == (len(history) >= every)
    assert shop.engine.verify().differences == ()


def test_a_new_process_reads_no_event_that_the_kept_state_holds() -> None:
    watched = Watched()
    shop = Shop(cast("Store", watched)).stocked(MUG=9)
    lead(shop, engine_over(shop, every=4), Random(1), 9)
    events = len(watched.load(MAIN, STREAM))
    reader = engine_over(shop)
    watched.read_from.clear()

    reader.order("O-1")
    reader.order("O-1")

    assert watched.read_from == [watched.kept[-1].version, events]
    assert 0 < watched.kept[-1].version < events


def test_a_new_process_goes_on_from_the_kept_state() -> None:
    shop = Shop().stocked(MUG=9)
    for command in (
        order(quantity=2),
        PickUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 2}),
        PackUnits(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 2}),
        ShipPackage(order_id="O-1", package_id="O-1/package-1"),
        RecordDelivery(order_id="O-1", package_id="O-1/package-1"),
    ):
        engine_over(shop, every=2).submit(command)

    assert engine_over(shop).order("O-1").status == "completed"
    assert str(shop.engine.verify()).endswith("balanced, no leaks")


def test_commands_in_one_transaction_keep_their_states_too() -> None:
    watched = Watched()
    shop = Shop(cast("Store", watched)).stocked(MUG=9)
    engine = engine_over(shop, every=2)

    engine.submit_many([order(f"O-{n}") for n in (1, 2, 3)])

    assert len(watched.kept) >= 3
    for n in (1, 2, 3):
        history = engine.history(f"O-{n}")
        kept = watched.snapshot(MAIN, order_stream(f"O-{n}"))
        assert 0 < kept.version <= len(history)
        assert engine_over(shop).order(f"O-{n}") == ORDERS.fold(r.event for r in history)
    assert shop.engine.verify().differences == ()


def test_none_is_kept_where_none_is_wanted() -> None:
    watched = Watched()
    shop = Shop(cast("Store", watched)).stocked(MUG=9)
    lead(shop, engine_over(shop, every=0), Random(1), 9)

    assert watched.kept == []
    with pytest.raises(InvalidDefinition, match="snapshot_every is -1"):
        shop.another_engine(snapshot_every=-1)


# --- never a wrong one -----------------------------------------------------------------------


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[tuple[Path, Shop, Order]]:
    """An order on disk with a kept state."""
    path = tmp_path / "shop.db"
    store = SQLiteStore(path, durability="normal")
    shop = Shop(store).stocked(MUG=9)
    lead(shop, engine_over(shop), Random(1), 9)
    assert store.snapshot(MAIN, STREAM) is not None
    yield path, shop, engine_over(shop, every=0).order("O-1")
    store.close()


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(statement).rowcount == 1
        connection.commit()


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE oc_snapshots SET body = replace(body, 'MUG', 'CUP')", "was changed"),
        ("UPDATE oc_snapshots SET body = ''", "was changed"),
        ("UPDATE oc_snapshots SET body = substr(body, 1, 60)", "was changed"),
        ("UPDATE oc_snapshots SET version = version - 1", "was changed"),
        ("UPDATE oc_snapshots SET version = 900", "900 is kept"),
        ("UPDATE oc_snapshots SET form = 'order-of-another-version'", ""),
        ("DELETE FROM oc_snapshots", ""),
    ],
)
def test_a_kept_state_that_was_changed_or_is_foreign_is_not_believed(
    kept: tuple[Path, Shop, Order], statement: str, said: str
) -> None:
    path, shop, truth = kept
    change(path, statement)

    assert engine_over(shop).order("O-1") == truth
    found = engine_over(shop).verify().differences
    assert [said in sentence for sentence in found] == ([True] if said else [])


def test_a_false_state_under_a_true_seal_is_found_by_the_audit(
    kept: tuple[Path, Shop, Order],
) -> None:
    path, shop, _ = kept
    found = shop.store.snapshot(MAIN, STREAM)
    form = Snapshots.form(ORDERS)
    assert found is not None
    assert form is not None
    label = f"{STREAM} of {MAIN} at {found.version}"
    false = attrs.evolve(form.read(found.body, label), charged_minor=1)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE oc_snapshots SET body = ?", (form.write(false, label),))
        connection.commit()

    said = f"order/O-1: the kept state of version {found.version} is not what its events say"
    assert engine_over(shop).verify().differences == (said,)


def test_who_folds_otherwise_folds_anew(kept: tuple[Path, Shop, Order]) -> None:
    _, shop, truth = kept
    other = Kinds(attrs.evolve(ORDERS, edition=2), CARTS, STOCK)
    folded: list[str] = []

    def counting(state: Order | None, event: Any) -> Order:
        folded.append(type(event).__name__)
        return ORDERS.evolve(state, event)

    counted = Kinds(attrs.evolve(ORDERS, edition=2, evolve=counting), CARTS, STOCK)

    assert engine_over(shop, kinds=other).order("O-1") == truth
    assert engine_over(shop, kinds=counted).order("O-1") == truth
    assert len(folded) == len(shop.engine.history("O-1"))


def test_a_kind_that_keeps_no_state_is_folded_from_its_first_event() -> None:
    watched = Watched()
    shop = Shop(cast("Store", watched)).stocked(MUG=9)
    stateless = Kinds(attrs.evolve(ORDERS, state=None), CARTS, STOCK)

    lead(shop, engine_over(shop, kinds=stateless), Random(1), 9)

    assert watched.kept == []
