"""
Another process at the same store: a file, or a schema of a database.

python -m tests.stores._shop_worker LOCATION MODE NAME COUNT

    buy      for each line of input let COUNT threads ask for the one unit of that name at the same
             moment, and print how many were given
    write    commit to a stream of its own each, until it is killed; print what was returned
    append   commit COUNT events to ten streams of its own, every twentieth as a slow command

A database is "DSN#SCHEMA".
"""

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count

from ordercore.errors import Rejected
from ordercore.ledger import AccountId, Pend, account
from ordercore.ports import Store
from ordercore.stores import PostgresStore, SQLiteStore
from tests.stores import _toys as toys

STREAMS = 10
SLOW_EVERY = 20
CONNECTIONS = 4


def opened(location: str) -> PostgresStore | SQLiteStore:
    dsn, cut, schema = location.rpartition("#")
    if not cut:
        return SQLiteStore(location, codec=toys.ToyCodec(), durability="normal")
    return PostgresStore(dsn, schema=schema, codec=toys.ToyCodec(), connections_max=CONNECTIONS)


def shelf(unit: str) -> AccountId:
    """Name where the one unit lies."""
    return account("promise", "available", unit, "berlin")


def buy(store: Store, name: str, buyers: int) -> Iterator[object]:
    with ThreadPoolExecutor(buyers) as pool:
        for line in sys.stdin:
            yield sum(pool.map(buyer(store, name, line.strip(), buyers), range(buyers)))


def buyer(store: Store, name: str, unit: str, buyers: int) -> Callable[[int], bool]:
    start = threading.Barrier(buyers)

    def one(n: int) -> bool:
        key, cart = f"{unit}-{name}-{n}", account("promise", "allocated", unit, "berlin")
        step = Pend(key, shelf(unit), cart, 1, "reserve", key, toys.START)
        start.wait(timeout=60)
        try:
            store.commit(toys.says(key, key, "bought", steps=(step,)))
        except Rejected:
            return False
        return True

    return one


def write(store: Store, name: str, _: int) -> Iterator[object]:
    for n in count():
        key = f"{name}-{n}"
        steps = (toys.supply(f"s-{key}", 2), toys.promise(f"h-{key}", 1))
        store.commit(toys.says(key, key, "a", toys.Said("b", (f"pay:{key}",)), steps=steps, due=n))
        yield key


def append(store: Store, name: str, events: int) -> Iterator[object]:
    versions = [0] * STREAMS
    for n in range(events):
        which = n % STREAMS
        command = f"{'quick' if n % SLOW_EVERY else 'slow'}-{name}-{n}"
        words = f"{name}-{which} {versions[which]}"
        store.commit(toys.says(command, f"{name}-{which}", words, version=versions[which]))
        versions[which] += 1
    yield "done"


if __name__ == "__main__":
    location, mode, name, number = sys.argv[1:]
    with closing(opened(location)) as store:
        for answer in {"buy": buy, "write": write, "append": append}[mode](
            store, name, int(number)
        ):
            print(answer, flush=True)  # noqa: T201 - the answer to the test
