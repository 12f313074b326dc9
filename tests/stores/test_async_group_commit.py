"""Tasks that commit at the same moment share a transaction, and no answer shows it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import pytest

from ordercore import AsyncEngine, Place, Product, ReceiveStock, StaticCatalog, StaticPlaces
from ordercore.errors import (
    Conflict,
    InvalidDefinition,
    OutcomeUnknown,
    PortUnavailable,
    Rejected,
)
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.ports import AsyncStore, Commit, CommitRefusal, Receipt
from ordercore.stores import AsyncGroupCommit, AsyncPostgresStore, MemoryStore
from ordercore.testing import FakeCarrier, FakePaymentGateway, NoTax, VirtualClock
from tests.stores._toys import AVAILABLE, SHOP, START, ToyCodec, promise, says, supply

LONG_S = 30.0
Play = Callable[[AsyncStore], Coroutine[Any, Any, None]]
OverEach = Callable[[Play], None]


class Awaited:
    """A store in memory that is awaited, and lets others run meanwhile."""

    def __init__(self) -> None:
        self._inner = MemoryStore()
        self.groups: list[list[str]] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self.first: Exception | None = None
        self.broken: dict[str, Exception] = {}

    async def commit(self, commit: Commit) -> Receipt:
        await self._write((commit,))
        return self._inner.commit(commit)

    async def commit_many(self, commits: Sequence[Commit]) -> Sequence[Receipt | CommitRefusal]:
        await self._write(commits)
        return self._inner.commit_many(commits)

    async def _write(self, commits: Sequence[Commit]) -> None:
        names = [str(commit.receipt.command_id) for commit in commits]
        self.groups.append(names)
        await self.gate.wait()
        if self.first is not None:
            failure, self.first = self.first, None
            raise failure
        for name in names:
            if name in self.broken:
                raise self.broken[name]

    @asynccontextmanager
    async def hold(self, tenant: TenantId) -> AsyncIterator[None]:
        with self._inner.hold(tenant):
            yield

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def awaited(*arguments: Any, **options: Any) -> Any:
            return method(*arguments, **options)

        async def iterated(*arguments: Any, **options: Any) -> Any:
            for one in method(*arguments, **options):
                yield one

        return iterated if name in {"accounts", "entries", "streams"} else awaited


@pytest.fixture(params=["memory", "postgres"])
def over_each(request: pytest.FixtureRequest) -> OverEach:
    """Play over a store that is awaited."""

    async def play(act: Play, options: dict[str, Any]) -> None:
        store = AsyncPostgresStore(codec=ToyCodec(), **options) if options else Awaited()
        await act(cast("AsyncStore", store))
        await store.close()

    def over(act: Play) -> None:
        options: dict[str, Any] = {}
        if request.param == "postgres":
            schema = request.getfixturevalue("new_schema")()
            options = {"dsn": request.getfixturevalue("dsn"), "schema": schema}
        asyncio.run(play(act, options))

    return over


async def at_once(store: AsyncStore, *commits: Commit) -> list[Any]:
    return await asyncio.gather(
        *(store.commit(commit) for commit in commits), return_exceptions=True
    )


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError


def plain(n: int) -> Commit:
    return says(f"c-{n}", f"s-{n}", "a")


def test_twenty_concurrent_commits_are_one_flush(over_each: OverEach) -> None:
    async def play(store: AsyncStore) -> None:
        group = AsyncGroupCommit(store, linger_s=LONG_S, most=20)
        commits = [plain(n) for n in range(20)]

        receipts = await at_once(group, *commits)

        assert all(a is b.receipt for a, b in zip(receipts, commits, strict=True))
        assert (group.flushes, group.commits) == (1, 20)
        assert len(await store.feed(SHOP, 0, 99)) == 20

    over_each(play)


def test_of_a_group_each_hears_its_own_answer(over_each: OverEach) -> None:
    async def play(store: AsyncStore) -> None:
        await store.commit(says("c-0", "s-1", "a", steps=(supply("t-0", 2),)))
        group = AsyncGroupCommit(store, linger_s=LONG_S, most=5)
        commits = (
            says("c-1", None, steps=(promise("h-1", 2),)),
            says("c-2", None, steps=(promise("h-2", 3),)),
            says("c-3", "s-1", "late", version=0),
            says("c-4", "s-1", "b", version=1),
            says("c-0", "s-1", "a"),
        )

        one, two, three, four, zero = await at_once(group, *commits)

        assert group.flushes == 1
        assert one is commits[0].receipt
        assert isinstance(two, Rejected)
        assert isinstance(three, Conflict)
        assert four is commits[3].receipt
        assert zero == await store.recall(SHOP, CommandId("c-0"))

    over_each(play)


def test_of_two_hundred_buyers_of_the_last_unit_exactly_one_wins(over_each: OverEach) -> None:
    async def play(store: AsyncStore) -> None:
        await store.commit(says("c-0", None, steps=(supply("t-0", 1),)))
        group = AsyncGroupCommit(store)
        buys = [
            says(f"c-{n}-buys", f"o-{n}", "bought", steps=(promise(f"h-{n}", 1),))
            for n in range(200)
        ]

        answers = await at_once(group, *buys)

        assert sum(isinstance(answered, Receipt) for answered in answers) == 1
        assert sum(isinstance(answered, Rejected) for answered in answers) == 199
        balances = await group.balances(SHOP, (AVAILABLE,), START)
        assert balances[AVAILABLE].available == 0

    over_each(play)


def test_what_gathers_while_a_group_is_written_is_the_next_group_in_order_of_arrival() -> None:
    async def play() -> None:
        watched = Awaited()
        group = AsyncGroupCommit(cast("AsyncStore", watched), linger_s=0, most=3)
        watched.gate.clear()
        first = asyncio.create_task(group.commit(plain(0)))
        await until(lambda: bool(watched.groups))
        others = asyncio.create_task(at_once(group, *(plain(n) for n in range(1, 6))))
        await until(lambda: len(group._line._waiting) == 5)
        watched.gate.set()
        await asyncio.gather(first, others)

        assert watched.groups == [["c-0"], ["c-1", "c-2", "c-3"], ["c-4", "c-5"]]
        assert (group.flushes, group.commits) == (3, 6)

    asyncio.run(play())


@pytest.mark.parametrize("begun", [False, True], ids=["waiting", "writing"])
def test_a_leader_that_is_canceled_hands_the_line_on(*, begun: bool) -> None:
    async def play() -> None:
        watched = Awaited()
        group = AsyncGroupCommit(cast("AsyncStore", watched), linger_s=LONG_S, most=2)
        watched.gate.clear()
        leader = asyncio.create_task(group.commit(plain(0)))
        await until(lambda: len(group._line._waiting) == 1)
        second = asyncio.create_task(group.commit(plain(1)))
        if begun:
            await until(lambda: bool(watched.groups))
        leader.cancel()
        await asyncio.gather(leader, return_exceptions=True)
        watched.gate.set()
        third = asyncio.create_task(group.commit(plain(2)))

        assert isinstance(await second, Receipt)
        assert isinstance(await third, Receipt)
        assert leader.cancelled()
        assert not group._line._waiting

    asyncio.run(play())


def test_a_store_that_is_unavailable_is_so_for_all_and_a_defect_for_its_culprit() -> None:
    async def play() -> None:
        watched = Awaited()
        group = AsyncGroupCommit(cast("AsyncStore", watched), linger_s=LONG_S, most=3)
        commits = tuple(plain(n) for n in range(3))
        watched.first = PortUnavailable("store", "locked")
        refused = await at_once(group, *commits)
        assert [type(answered) for answered in refused] == [PortUnavailable] * 3
        assert len({id(answered) for answered in refused}) == 3

        watched.broken["c-1"] = RuntimeError("nobody expects it")
        one, two, three = await at_once(group, *commits)
        assert isinstance(one, Receipt)
        assert isinstance(two, RuntimeError)
        assert isinstance(three, Receipt)

    asyncio.run(play())


def test_who_waits_for_a_leader_that_does_not_come_back_writes_or_is_told_that_nobody_knows() -> (
    None
):
    async def play() -> None:
        watched = Awaited()
        group = AsyncGroupCommit(cast("AsyncStore", watched), linger_s=LONG_S, most=2, wait_s=0.05)
        watched.gate.clear()
        leader = asyncio.create_task(group.commit(plain(0)))
        await until(lambda: len(group._line._waiting) == 1)
        begun = asyncio.create_task(group.commit(plain(1)))
        await until(lambda: bool(watched.groups))
        behind = asyncio.create_task(group.commit(plain(2)))

        with pytest.raises(OutcomeUnknown, match="c-1"):
            await begun
        watched.gate.set()
        last = asyncio.create_task(group.commit(plain(3)))  # the group behind is full

        assert isinstance(await leader, Receipt)
        assert isinstance(await behind, Receipt)
        assert isinstance(await last, Receipt)
        assert watched.groups == [["c-0", "c-1"], ["c-2", "c-3"]]
        assert await watched.recall(SHOP, CommandId("c-1")) is not None

    asyncio.run(play())


def test_inside_a_hold_and_to_streams_left_alone_a_commit_goes_straight_to_the_store(
    over_each: OverEach,
) -> None:
    async def play(store: AsyncStore) -> None:
        group = AsyncGroupCommit(store, linger_s=LONG_S, most=2, streams=False)
        async with group.hold(SHOP):
            await group.commit(says("c-0", None, steps=(supply("t-0", 1),)))
            async with group.hold(SHOP):
                await group.commit(says("c-1", "s-1", "a"))
        await group.commit(says("c-2", "s-1", "b", version=1))
        await at_once(group, *(says(f"c-{n}", None, steps=(supply(f"t-{n}", 1),)) for n in (3, 4)))

        assert (group.flushes, group.commits) == (4, 5)
        assert not group._holds

    over_each(play)


def test_all_else_is_asked_of_the_store_inside(over_each: OverEach) -> None:
    async def play(store: AsyncStore) -> None:
        group = AsyncGroupCommit(store, linger_s=0)
        await group.commit_many((says("c-1", "s-1", "a"), says("c-2", "s-2", "b", due=3)))

        assert (group.flushes, group.commits) == (1, 2)
        assert await group.load(SHOP, StreamId("s-1")) == await store.load(SHOP, StreamId("s-1"))
        assert [stream async for stream in group.streams(SHOP)] == ["s-1", "s-2"]
        assert {name for name in dir(AsyncStore) if not name.startswith("_")} <= set(dir(group))

    over_each(play)


@pytest.mark.parametrize("wrong", [{"linger_s": -0.1}, {"most": 0}, {"wait_s": 0}])
def test_a_group_that_could_hold_nothing_is_no_definition(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidDefinition, match="group commit"):
        AsyncGroupCommit(cast("AsyncStore", None), **wrong)


def test_an_engine_that_is_awaited_writes_what_twenty_tasks_submit_in_one_flush(
    dsn: str, new_schema: Callable[[], str]
) -> None:
    async def play() -> None:
        inner = AsyncPostgresStore(dsn, schema=new_schema())
        store = AsyncGroupCommit(inner, linger_s=LONG_S, most=20)
        clock = VirtualClock(START)
        engine = AsyncEngine(
            store=store,
            catalog=StaticCatalog([Product(sku="MUG", name="Mug")]),
            places=StaticPlaces([Place(id="berlin", name="Berlin")]),
            payments=FakePaymentGateway(clock),
            tax=NoTax(),
            carrier=FakeCarrier({}),
            clock=clock,
        )
        await asyncio.gather(
            *(engine.submit(ReceiveStock(place="berlin", lines={"MUG": n})) for n in range(1, 21))
        )
        assert (store.commits, store.flushes) == (20, 1)
        assert (await engine.availability("MUG"))[0].on_hand == 210
        assert str(await engine.verify()).endswith("balanced, no leaks")
        await store.close()

    asyncio.run(play())
