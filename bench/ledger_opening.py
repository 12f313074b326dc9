"""Opening a ledger of many transfers, beside replaying some of them."""

import statistics
import tempfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.report import print_table
from bench.rounds import alternating, ratio, seconds
from ordercore.grammar import Actor, ActorKind
from ordercore.ids import CommandId, TenantId
from ordercore.inventory import ReceiveStock
from ordercore.ledger import AccountId, Ledger, Post, Step
from ordercore.ports import Commit, Receipt
from ordercore.stores import SQLiteStore

__all__ = ["opening"]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def opening(transfers: int, accounts: int, rounds: int) -> dict[str, Any]:
    """Open a ledger of many transfers with 1,000 behind its checkpoint; replay 10,000 beside it."""
    whole, tail, replayed = Ledger(), 1_000, min(10_000, transfers)
    for start in range(0, transfers, 10_000):
        whole.apply([_receipt(n, accounts) for n in range(start, start + 10_000)], NOW)
    older = Ledger()
    entries = list(whole.entries(after=transfers - replayed))
    for start in range(0, transfers - tail, 9_000):
        end = min(start + 9_000, transfers - tail)
        older.apply([_receipt(n, accounts) for n in range(start, end)], NOW)
    checkpoint = older.checkpoint()

    def reopen() -> float:
        return seconds(lambda: Ledger.resume(checkpoint, older, entries[-tail:]))

    def replay() -> float:
        first = [entry.step for entry in entries]

        def work() -> None:
            ledger = Ledger()
            for step in first:
                ledger.apply((step,), NOW)

        return seconds(work)

    times = alternating({"open": reopen, "replay": replay}, rounds)
    with tempfile.TemporaryDirectory() as folder:
        times |= _opening_file(Path(folder), transfers, accounts, rounds)
    found = {
        "open_over_replay_10000": round(ratio(times["open"], times["replay"]), 2),
        "open_file_over_replay_10000": round(ratio(times["open file"], times["replay file"]), 3),
        "open_ms": round(statistics.median(times["open"]) * 1_000, 1),
        "replay_10000_ms": round(statistics.median(times["replay"]) * 1_000, 1),
    }
    print_table(
        f"opening {transfers:,} transfers over {accounts:,} accounts, {tail:,} in the tail",
        ("figure", "value"),
        list(found.items()),
    )
    return found


def _opening_file(
    folder: Path, transfers: int, accounts: int, rounds: int
) -> dict[str, list[float]]:
    """Open a file of as many transfers and read every balance; replay 10,000 from it beside."""
    tenant, path = TenantId("bench"), folder / "ledger.db"
    with closing(SQLiteStore(path, durability="normal")) as store:
        for start in range(0, transfers, 10_000):
            steps = tuple(_receipt(n, accounts) for n in range(start, start + 10_000))
            store.commit(_commit(tenant, f"c-{start}", steps))

    def reopen() -> None:
        with closing(SQLiteStore(path)) as opened:
            for _ in opened.accounts(tenant):
                pass

    def replay() -> None:
        ledger, taken = Ledger(), 0
        with closing(SQLiteStore(path)) as opened:
            for entry in opened.entries(tenant):
                ledger.apply((entry.step,), entry.recorded_at)
                taken += 1
                if taken == 10_000:
                    return

    return alternating(
        {"open file": lambda: seconds(reopen), "replay file": lambda: seconds(replay)}, rounds
    )


def _commit(tenant: TenantId, command_id: str, steps: tuple[Step, ...]) -> Commit:
    command = ReceiveStock(place="p", lines={"S0": 1})
    return Commit(
        tenant=tenant,
        receipt=Receipt(command_id=CommandId(command_id), command=command, at=NOW),
        steps=steps,
        actor=Actor(ActorKind.SYSTEM, "bench"),
    )


def _receipt(n: int, accounts: int) -> Post:
    sku = n % (accounts // 2)
    return Post(
        f"receipt/{n}",
        AccountId(f"promise|outside|S{sku}||"),
        AccountId(f"promise|available|S{sku}|p|"),
        1,
        "receive",
        "delivery",
        NOW,
    )
