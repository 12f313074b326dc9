"""Who watches an engine sees what it does, and changes nothing."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Self

import attrs
import pytest

from ordercore import AsyncEngine, Engine, ReceiveStock, StaticPlaces
from ordercore.errors import Rejected
from ordercore.ids import PlaceId
from ordercore.ports import Observer
from ordercore.testing import SequenceIds
from tests.orders.builders import Shop, line_of, order_of

SECRETS = ("vault-1", "DE", "10115", "Mug")


@attrs.define
class Seen:
    """One span: what it was, what it was told, what lay within it."""

    name: str
    said: dict[str, str | int]
    within: list["Seen"] = attrs.Factory(list["Seen"])

    def note(self, name: str, value: str | int) -> None:
        self.said[name] = value

    def all(self) -> Iterator["Seen"]:
        yield self
        for seen in self.within:
            yield from seen.all()


@attrs.define
class Watcher:
    """Keeps what it sees as a tree; one thread."""

    top: list[Seen] = attrs.Factory(list[Seen])
    _open: list[Seen] = attrs.Factory(list[Seen])

    @contextmanager
    def span(self, name: str, attributes: Mapping[str, str | int]) -> Iterator[Seen]:
        seen = Seen(name, dict(attributes))
        (self._open[-1].within if self._open else self.top).append(seen)
        self._open.append(seen)
        try:
            yield seen
        finally:
            assert self._open.pop() is seen

    def all(self) -> list[Seen]:
        return [seen for top in self.top for seen in top.all()]


class Broken:
    """Fails at the moment that it is told to."""

    def __init__(self, when: str) -> None:
        self.when = when

    def span(self, name: str, attributes: Mapping[str, str | int]) -> "Broken":
        self._fail("begin")
        return self

    def __enter__(self) -> Self:
        self._fail("enter")
        return self

    def note(self, name: str, value: str | int) -> None:
        self._fail("note")

    def __exit__(self, *_: object) -> None:
        self._fail("exit")

    def _fail(self, moment: str) -> None:
        if moment == self.when:
            raise OSError("the collector is down")


class WatchedShop(Shop):
    """A shop whose engine is watched."""

    def __init__(self, observer: Observer | None) -> None:
        self.observer = observer
        super().__init__()

    def new_engine(self) -> Engine:
        return Engine(
            store=self.store,
            catalog=self.catalog(),
            places=StaticPlaces(self.places),
            payments=self.pay,
            tax=self.tax,
            carrier=self.post,
            rules=self.rules,
            clock=self.clock,
            new_key=SequenceIds("cmd"),
            observer=self.observer,
        )


def lead_a_life(shop: Shop) -> tuple[object, ...]:
    """Place, send, deliver; and a refusal. Returns all that is recorded."""
    shop.receive({"MUG": 2})
    shop.place()
    shop.send(deliver=True)
    with pytest.raises(Rejected):
        shop.place("O-2", lines=[line_of("MUG", 99)])
    return (tuple(shop.store.feed(shop.engine.tenant, 0, 1_000)), shop.pay.moved)


def test_every_span_is_told_with_what_the_port_says_of_it() -> None:
    watcher = Watcher()
    lead_a_life(WatchedShop(watcher))

    documented = {
        "ordercore.submit": {"tenant", "command", "stream", "version", "events", "repeated"},
        "ordercore.commit": {"tenant", "commits", "events", "steps", "refused"},
        "ordercore.perform": {"tenant", "stream", "effects"},
        "ordercore.ask": {"tenant", "effect", "key", "outcome"},
    }
    seen = [span for span in watcher.all() if "error" not in span.said]
    assert {span.name for span in seen} == set(documented)
    assert all(set(span.said) == documented[span.name] for span in seen)


def test_spans_lie_within_each_other_as_things_happen() -> None:
    watcher = Watcher()
    shop = WatchedShop(watcher)
    shop.receive({"MUG": 1})
    watcher.top.clear()
    shop.place()

    placed, performed = watcher.top
    assert (placed.said["command"], placed.said["stream"]) == ("PlaceOrder", "order/O-1")
    assert [span.name for span in placed.within] == ["ordercore.commit"]
    assert performed.said["effects"] == 1
    asked, answered = performed.within
    assert (asked.said["effect"], asked.said["outcome"]) == ("AskAuthorization", "Succeeded")
    assert answered.said["command"] == "RecordOutcome"


def test_a_refusal_is_told_by_its_code_and_a_lost_answer_by_its_error() -> None:
    watcher = Watcher()
    shop = WatchedShop(watcher)
    lead_a_life(shop)
    refused = [span.said for span in watcher.all() if span.said.get("error") == "Rejected"]
    assert [said["code"] for said in refused] == ["shortage"]


def test_nothing_of_a_customer_is_told() -> None:
    watcher = Watcher()
    lead_a_life(WatchedShop(watcher))
    told = json.dumps([(span.name, span.said) for span in watcher.all()])
    assert "O-1" in told
    assert [secret for secret in SECRETS if f'"{secret}' in told] == []


@pytest.mark.filterwarnings("ignore:an observer failed:RuntimeWarning")
@pytest.mark.parametrize("moment", ["begin", "enter", "note", "exit"])
def test_an_observer_that_fails_changes_nothing(moment: str) -> None:
    broken = Broken(moment)
    assert lead_a_life(WatchedShop(broken)) == lead_a_life(WatchedShop(None))


def test_an_observer_that_fails_is_told_of() -> None:
    with pytest.warns(RuntimeWarning, match="an observer failed at") as warned:
        WatchedShop(Broken("begin")).receive({"MUG": 1})
    assert [str(warning.message) for warning in warned] == [
        "an observer failed at ordercore.submit with OSError",
        "an observer failed at ordercore.commit with OSError",
    ]


def test_an_engine_for_asyncio_is_watched_alike() -> None:
    blocking, awaited = Watcher(), Watcher()
    lead_a_life(WatchedShop(blocking))
    shop = WatchedShop(None)
    engine = AsyncEngine(
        store=shop.store,
        catalog=shop.catalog(),
        places=StaticPlaces(shop.places),
        payments=shop.pay,
        tax=shop.tax,
        carrier=shop.post,
        rules=shop.rules,
        clock=shop.clock,
        new_key=SequenceIds("cmd"),
        observer=awaited,
    )

    async def life() -> None:
        await engine.submit(ReceiveStock(place=PlaceId("berlin"), lines={"MUG": 2}))
        await engine.submit(order_of())

    asyncio.run(life())
    whole = [(span.name, span.said) for span in awaited.all()]
    assert whole == [(span.name, span.said) for span in blocking.all()][: len(whole)]
    assert whole
