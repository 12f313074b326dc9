"""A host's own transaction: what the shop writes in it stands or falls with the host's rows."""

import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ordercore import (
    CancelUnits,
    Conflict,
    InvalidDefinition,
    MemoryStore,
    PortUnavailable,
    ReceiveStock,
    Rejected,
    ReportMissing,
)
from tests.hosts.houses import (
    House,
    Ports,
    PostgresHouse,
    SQLiteHouse,
    Undone,
    engine_over,
    order,
    stocked,
)

NewHouse = Callable[[], House]


def on_hand(house: House) -> int:
    return house.engine.availability("MUG")[0].on_hand


def available(house: House) -> int:
    return house.engine.availability("MUG")[0].available


# --- together or not at all ---------------------------------------------------------------------


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 3)), min_size=1, max_size=5))
def test_what_a_host_writes_and_what_the_shop_writes_stand_or_fall_together(
    new_house: NewHouse, days: list[tuple[bool, int]]
) -> None:
    house = stocked(new_house(), 3)
    kept: list[str] = []
    left = 3
    for number, (commits, quantity) in enumerate(days):
        name = f"O-{number}"
        prepared = house.prepare(order(name, quantity), key=name)
        with suppress(Undone), house.transaction() as transaction:
            transaction.note(name)
            if quantity <= left:
                transaction.submit(prepared)
            else:
                with pytest.raises(Rejected, match="shortage"):
                    transaction.submit(prepared)
            if not commits:
                raise Undone
        if commits:
            kept.append(name)
            left -= quantity if quantity <= left else 0

        assert house.notes() == kept
        assert available(house) == left

    placed = set(house.engine.order_ids())
    assert placed == {n for n in placed if n in kept}
    assert not house.engine.verify().differences


def test_effects_fall_due_when_the_host_commits_and_never_when_it_rolls_back(house: House) -> None:
    stocked(house)
    prepared = house.prepare(order("O-1"), key="k-1")
    with suppress(Undone), house.transaction() as transaction:
        transaction.submit(prepared)
        raise Undone
    assert house.engine.run_pending() == 0

    with house.transaction() as transaction:
        transaction.submit(house.prepare(order("O-1"), key="k-1"))
        assert not house.ports.payments.calls

    assert house.engine.run_pending() == 1
    assert len(house.ports.payments.calls) == 1


def test_several_commands_of_one_transaction_see_each_other(house: House) -> None:
    stocked(house)
    first = house.prepare(order("O-1", 2))
    second = house.prepare(order("O-2", 3))
    third = house.prepare(order("O-3", 1))
    with house.transaction() as transaction:
        transaction.submit(first)
        transaction.submit(second)
        with pytest.raises(Rejected, match="shortage"):
            transaction.submit(third)

    assert sorted(house.engine.order_ids()) == ["O-1", "O-2"]
    assert available(house) == 0


# --- keys and refusals --------------------------------------------------------------------------


def test_a_refusal_is_recorded_with_the_transaction_and_not_without_it(house: House) -> None:
    prepared = house.prepare(order("O-1"), key="k-1")
    with suppress(Undone), house.transaction() as transaction:
        with pytest.raises(Rejected, match="shortage"):
            transaction.submit(prepared)
        raise Undone
    stocked(house)
    with house.transaction() as transaction:
        placed = transaction.submit(house.prepare(order("O-1"), key="k-1"))
        assert not placed.repeated

    missing = house.prepare(order("O-2", 9), key="k-2")
    with house.transaction() as transaction:
        with pytest.raises(Rejected, match="shortage"):
            transaction.submit(missing)
        transaction.note("refused")
    house.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 20}))
    with pytest.raises(Rejected, match="shortage"):
        house.engine.submit(order("O-2", 9), key="k-2")
    assert house.notes() == ["refused"]


def test_the_same_key_returns_the_recorded_result_inside_and_outside(house: House) -> None:
    stocked(house)
    prepared = house.prepare(order("O-1"), key="k-1")
    with house.transaction() as transaction:
        first = transaction.submit(prepared)
        again = transaction.submit(prepared)

    assert (again.repeated, again.events, again.version) == (True, first.events, first.version)
    outside = house.engine.submit(order("O-1"), key="k-1", perform=False)
    assert outside.repeated
    assert house.prepare(order("O-1"), key="k-1").version == first.version
    assert available(house) == 4


def test_a_refused_command_leaves_the_hosts_transaction_usable(house: House) -> None:
    stocked(house, 1)
    last = house.prepare(order("O-1"))
    house.engine.submit(order("O-2"), perform=False)  # meanwhile the last one is sold
    with house.transaction() as transaction:
        transaction.note("before")
        with pytest.raises(Rejected, match=r"insufficient|shortage"):
            transaction.submit(last)
        transaction.note("after")

    assert house.notes() == ["before", "after"]
    assert list(house.engine.order_ids()) == ["O-2"]
    assert not house.engine.verify().differences


# --- what has changed meanwhile -----------------------------------------------------------------


def test_facts_that_somebody_else_has_made_stale_are_a_conflict(house: House) -> None:
    stocked(house)
    house.engine.submit(order("O-1", 3))
    missing = ReportMissing(order_id="O-1", fulfillment_order_id="O-1/fo-1", lines={"line-1": 1})
    prepared = house.prepare(missing, key="k-1")
    house.engine.submit(CancelUnits(order_id="O-1", lines={"line-1": 1}))
    with house.transaction() as transaction:
        transaction.note("before")
        with pytest.raises(Conflict):
            transaction.submit(prepared)
        transaction.note("after")
    assert house.notes() == ["before", "after"]

    with house.transaction() as transaction:
        assert transaction.submit(house.prepare(missing, key="k-1")).events
    assert not house.engine.verify().differences


def test_a_command_that_needs_nothing_else_is_decided_on_what_others_have_left(
    house: House,
) -> None:
    stocked(house)
    house.engine.submit(order("O-1", 3))
    cancel = CancelUnits(order_id="O-1", lines={"line-1": 2})
    prepared = house.prepare(cancel)
    house.engine.submit(cancel)
    with house.transaction() as transaction, pytest.raises(Rejected):
        transaction.submit(prepared)
    assert available(house) == 4


def test_a_person_who_saw_an_older_version_is_told_in_a_transaction_too(house: House) -> None:
    stocked(house)
    house.engine.submit(order("O-1", 3))
    seen = house.engine.version("O-1")
    command = CancelUnits(order_id="O-1", lines={"line-1": 1})
    prepared = house.prepare(command, expected_version=seen)
    house.engine.submit(command)
    with house.transaction() as transaction, pytest.raises(Conflict, match=f"not at {seen}"):
        transaction.submit(prepared)


def test_a_rolled_back_transaction_leaves_no_trace_in_the_engines_memory(house: House) -> None:
    stocked(house)
    house.engine.submit(order("O-1", 3))
    before = house.engine.order("O-1"), house.engine.version("O-1")
    cancel = CancelUnits(order_id="O-1", lines={"line-1": 2})
    prepared = house.prepare(cancel, key="k-1")
    with suppress(Undone), house.transaction() as transaction:
        transaction.submit(prepared)
        raise Undone

    assert (house.engine.order("O-1"), house.engine.version("O-1")) == before
    with house.transaction() as transaction:
        transaction.submit(house.prepare(cancel, key="k-1"))
    assert house.engine.version("O-1") > before[1]
    assert available(house) == 4
    assert not house.engine.verify().differences


def test_no_port_is_called_in_a_transaction(house: House) -> None:
    stocked(house)
    prepared = house.prepare(order("O-1"))
    refused = house.prepare(order("O-2", 99))
    with house.ports.forbidden(), house.transaction() as transaction:
        transaction.submit(prepared)
        with pytest.raises(Rejected, match="shortage"):
            transaction.submit(refused)
    assert list(house.engine.order_ids()) == ["O-1"]


# --- connections that can't be joined -----------------------------------------------------------


def test_a_prepared_command_belongs_to_its_tenant(tmp_path: Path) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house:
        prepared = house.engine.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        other = engine_over(house.store, house.ports, tenant="other")
        with house.transaction() as transaction, pytest.raises(InvalidDefinition, match="other"):
            other.submit_joined(prepared, transaction.connection)


def test_a_transaction_of_sqlite_that_did_not_begin_immediate_is_refused_each_time(
    tmp_path: Path,
) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house:
        prepared = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        for begin in ((), ("BEGIN",), ("BEGIN", "SELECT * FROM notes")):
            with house.connected() as connection:
                for text in begin:
                    connection.execute(text)
                with pytest.raises(InvalidDefinition, match="BEGIN IMMEDIATE"):
                    house.engine.submit_joined(prepared, connection)
        with house.connected() as behind, house.transaction() as transaction:
            behind.execute("BEGIN")
            behind.execute("SELECT * FROM notes").fetchall()
            with pytest.raises((PortUnavailable, InvalidDefinition)):
                house.engine.submit_joined(prepared, behind)
            transaction.submit(prepared)
        assert on_hand(house) == 1


def test_a_transaction_of_sqlite_that_has_fallen_behind_is_told_what_to_do(tmp_path: Path) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house:
        prepared = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        with house.connected() as behind:
            behind.execute("BEGIN")
            behind.execute("SELECT * FROM notes").fetchall()
            house.engine.submit(ReceiveStock(place="berlin", lines={"MUG": 1}))
            with (
                house.transaction(),
                pytest.raises((InvalidDefinition, PortUnavailable), match=r"IMMEDIATE|locked"),
            ):
                house.engine.submit_joined(prepared, behind)


def test_only_a_connection_to_the_stores_own_file_can_be_joined(tmp_path: Path) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house:
        prepared = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        for other in (":memory:", str(tmp_path / "other.db")):
            with closing(sqlite3.connect(other, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                with pytest.raises(InvalidDefinition, match="the store lies in"):
                    house.engine.submit_joined(prepared, connection)
        with pytest.raises(InvalidDefinition, match=r"sqlite3\.Connection"):
            house.engine.submit_joined(prepared, "shop.db")


def test_a_store_in_memory_joins_no_transaction() -> None:
    engine = engine_over(MemoryStore(), Ports())
    prepared = engine.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
    with pytest.raises(InvalidDefinition, match="joins no transaction"):
        engine.submit_joined(prepared, object())


def test_the_hosts_connection_keeps_its_ways(tmp_path: Path, dsn: str) -> None:
    with closing(SQLiteHouse(tmp_path / "shop.db")) as house, house.transaction() as transaction:
        transaction.submit(house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1})))
        assert transaction.connection.row_factory is sqlite3.Row
    with closing(PostgresHouse(dsn)) as other, other.transaction() as joined:
        joined.connection.execute("SET LOCAL search_path = pg_catalog, public")
        joined.submit(other.prepare(ReceiveStock(place="berlin", lines={"MUG": 1})))
        path = joined.connection.execute("SHOW search_path").fetchone()
        assert path == {"search_path": "pg_catalog, public"}


def test_only_read_committed_transactions_of_psycopg_can_be_joined(dsn: str) -> None:
    with closing(PostgresHouse(dsn)) as house:
        prepared = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        with psycopg.connect(dsn) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            with pytest.raises(InvalidDefinition, match="READ COMMITTED"):
                house.engine.submit_joined(prepared, connection)
            assert connection.execute("SELECT 1").fetchone() == (1,)
        with (
            psycopg.connect(dsn, autocommit=True) as connection,
            pytest.raises(InvalidDefinition, match="no transaction is open"),
        ):
            house.engine.submit_joined(prepared, connection)
        with psycopg.connect(dsn) as connection:
            with suppress(psycopg.Error):
                connection.execute("SELECT nonsense")
            with pytest.raises(InvalidDefinition, match="roll it back"):
                house.engine.submit_joined(prepared, connection)
        with pytest.raises(PortUnavailable, match="closed"):
            house.engine.submit_joined(prepared, connection)
        with psycopg.connect(dsn, autocommit=True) as connection, connection.transaction():
            house.engine.submit_joined(prepared, connection)
        assert on_hand(house) == 1


def test_a_lost_connection_wrote_nothing(dsn: str) -> None:
    with closing(PostgresHouse(dsn)) as house:
        prepared = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 1}))
        with psycopg.connect(dsn) as connection, psycopg.connect(dsn, autocommit=True) as killer:
            house.engine.submit_joined(prepared, connection)
            again = house.prepare(ReceiveStock(place="berlin", lines={"MUG": 2}))
            killer.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
            with pytest.raises(PortUnavailable):
                house.engine.submit_joined(again, connection)
            connection.close()
        assert list(house.engine.availability("MUG")) == []
