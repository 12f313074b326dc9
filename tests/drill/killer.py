"""
Start workers and kill them with SIGKILL at random moments, again and again.

python -m tests.drill.killer FOLDER LOCATION SEED KILLS [CRASHES]

This process imports everything once and forks each worker, so that a new one costs a few
milliseconds; it has neither store nor provider open. Now and then all workers are killed at the
same moment and the clock is set forward, so that leases of the dead end while others work.

For each of CRASHES it prints ``crash``, and the parent stops and restarts the database under the
workers and answers by a line. At the end it prints what it did, as a line of JSON.
"""

import gc
import json
import logging
import os
import random
import signal
import sys
import time
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.drill.shop import LEASE_S, PACE, FastClock
from tests.drill.worker import Task, warm_up, work

SLOTS = 3
#: Seconds between two kills; at a database a process needs longer to get to work.
WAIT_MEAN_S = {"file": 0.12, "database": 0.2}
WAIT_MIN_S, WAIT_MAX_S = 0.01, 0.3
#: How many kills lie between two after which nobody is left.
ALL_EVERY = 12


class Ward:
    """The workers that live now."""

    def __init__(self, folder: Path, location: str, seed: int) -> None:
        self._folder = folder
        self._location = location
        self._seed = seed
        self._lives = 0
        self._pids: dict[int, int] = {}
        self.clock = FastClock(time.monotonic())
        self.kills = 0

    def start(self, slot: int) -> None:
        self._lives += 1
        task = Task(
            folder=self._folder,
            location=self._location,
            seed=self._seed,
            clock=self.clock,
            slot=slot,
            slots=SLOTS,
            life=self._lives,
        )
        pid = os.fork()
        if not pid:
            try:
                work(task)
            except BaseException:  # noqa: BLE001 - whatever it is, the drill tells of it
                (self._folder / f"died-{os.getpid()}").write_text(traceback.format_exc())
            finally:
                os._exit(1)
        self._pids[slot] = pid

    def kill(self, slot: int) -> None:
        pid = self._pids.pop(slot)
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status):
            raise SystemExit(f"worker {slot} has died by itself")
        self.kills += 1

    def kill_all(self) -> None:
        for pid in self._pids.values():
            os.kill(pid, signal.SIGKILL)
        for slot in sorted(self._pids):
            self.kill(slot)
        self.clock = FastClock(self.clock.began, self.clock.ahead_s + 2 * LEASE_S)


def main() -> None:
    folder, location, seed, kills = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:5])
    crashes = int(sys.argv[5]) if len(sys.argv) > 5 else 0
    chance = random.Random(f"{seed} kills")
    crash_at = [kills * (n + 1) // (crashes + 1) for n in range(crashes)]
    with TemporaryDirectory() as scratch:
        warm_up(Path(scratch))
    logging.disable()  # a pool tells of every connection that was cut off
    gc.freeze()  # what is shared with the workers stays shared
    ward = Ward(folder, location, seed)
    for slot in range(SLOTS):
        ward.start(slot)
    mean_s = WAIT_MEAN_S["database" if location.endswith("#") else "file"]
    rounds = 0
    while ward.kills < kills:
        time.sleep(min(max(chance.expovariate(1 / mean_s), WAIT_MIN_S), WAIT_MAX_S))
        rounds += 1
        if crash_at and ward.kills >= crash_at[0]:
            del crash_at[0]
            print("crash", flush=True)  # noqa: T201 - the question to the parent
            sys.stdin.readline()
        if rounds % ALL_EVERY:
            slot = chance.randrange(SLOTS)
            ward.kill(slot)
            ward.start(slot)
        else:
            ward.kill_all()
            for slot in range(SLOTS):
                ward.start(slot)
    ward.kill_all()
    said = {
        "kills": ward.kills,
        "began": ward.clock.began,
        "ahead_s": ward.clock.ahead_s,
        "pace": PACE,
    }
    print(json.dumps(said), flush=True)  # noqa: T201 - the answer to the parent


if __name__ == "__main__":
    main()
