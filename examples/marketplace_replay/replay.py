"""
The replay: from the tables of a marketplace to a shop that has lived through them.

    read the source ── stock the sellers ── tell facts, page by page ── reconcile
          │                    │                    │
      all or nothing     keys make it           keys and the cursor
                         happen once            make it resume

Two files: the store, and beside it the journal (``FILE.replay``). The journal is written under
another name until the source has been read to its end, so a broken source leaves nothing behind.
In memory are the catalog and the sellers of what is sold, one page of facts, and the engine's
bounded cache of orders.
"""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Literal

import attrs

from examples.marketplace_replay import source
from examples.marketplace_replay.journal import Journal
from examples.marketplace_replay.progress import Progress
from examples.marketplace_replay.reconcile import Reconciliation, reconcile
from examples.marketplace_replay.shop import Clock, open_shop
from examples.marketplace_replay.telling import Telling
from ordercore import Engine, InvalidData, SQLiteStore
from ordercore.engine import Verification
from ordercore.ports import Store

__all__ = ["Wanted", "replay"]


@attrs.frozen(kw_only=True)
class Wanted:
    """
    What shall be replayed.

    Attributes:
        data: The folder of tables.
        store: The file of the store.
        limit: Only the first so many orders by time of purchase.
        durability: What a commit waits for. ``normal`` loses nothing when the replay is killed;
            against a power cut take ``full``.
    """

    data: Path
    store: Path
    limit: int | None = None
    durability: Literal["full", "normal"] = "normal"

    @property
    def journal(self) -> Path:
        """
        Where the journal lies.

        """
        return self.store.with_name(f"{self.store.name}.replay")


def replay(
    wanted: Wanted, wrap: Callable[[Store], Store] = lambda store: store
) -> tuple[Reconciliation, Verification]:
    """
    Replay, or go on where a replay was cut off.

    Args:
        wanted: What.
        wrap: Puts something around the store; for tests that cut a replay off.

    Raises:
        InvalidData: The source is broken, or the files are those of something else.
    """
    journal = _open_journal(wanted)
    try:
        store = SQLiteStore(wanted.store, durability=wanted.durability)
        try:
            clock = Clock(journal.first_instant())
            engine = open_shop(journal, wrap(store), clock)
            _tell_all(engine, journal, clock)
            return reconcile(engine, journal)
        finally:
            store.close()
    finally:
        journal.close()


def _open_journal(wanted: Wanted) -> Journal:
    """
    Open the journal that fits what is wanted, or read the source into a new one.

    """
    if not wanted.store.parent.is_dir():
        fault = "its folder does not exist; legal is a file in a folder that does"
        raise InvalidData(str(wanted.store), (fault,))
    run = f"{source.fingerprint(wanted.data)}, {wanted.limit or 'all'} orders"
    if wanted.journal.exists():
        return _known_journal(wanted, run)
    if wanted.store.exists() and wanted.store.stat().st_size:
        fault = f"it exists without {wanted.journal.name}; legal is a new file or both of a replay"
        raise InvalidData(str(wanted.store), (fault,))
    part = wanted.journal.with_name(f"{wanted.journal.name}.part")
    _remove(part)
    journal = Journal(part)
    try:
        journal.read_source(wanted.data, wanted.limit)
        journal.put("run", run)
    except BaseException:
        journal.close()
        _remove(part)
        raise
    journal.close()
    part.rename(wanted.journal)
    return Journal(wanted.journal)


def _known_journal(wanted: Wanted, run: str) -> Journal:
    journal = Journal(wanted.journal)
    fault = None
    if not journal.is_whole():
        fault = "it is no journal of this program; legal is another --store"
    elif journal.get("run") != run:
        fault = "it belongs to other data or another --limit; legal are the same, or a new file"
    elif journal.cursor and not wanted.store.exists():
        fault = f"its store {wanted.store.name} is gone; legal is another --store, or remove it too"
    if fault is not None:
        journal.close()
        raise InvalidData(str(wanted.journal), (fault,))
    return journal


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _tell_all(engine: Engine, journal: Journal, clock: Clock) -> None:
    telling = Telling(engine, journal)
    if not journal.get("stocked"):
        telling.stock()
        journal.put("stocked", "yes")
    progress = Progress("replay", journal.total("facts"))
    cursor = journal.cursor
    while page := journal.facts(cursor):  # bounded: each page moves the cursor
        began = perf_counter()
        journal.begin_page()
        for fact in page:
            clock.now = fact.at
            telling.tell(fact)
            cursor = fact.seq
        journal.end_page(cursor, perf_counter() - began)
        progress.at(cursor)
    progress.end()
