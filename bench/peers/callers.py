"""Callers that are in flight at once in one process, and how long each of their calls took."""

import threading
import time
from collections.abc import Callable

__all__ = ["in_flight"]


def in_flight(
    callers: int, milliseconds: int, act: Callable[[str], bool], prefix: str
) -> tuple[float, dict[str, int]]:
    """
    Let so many threads act again and again, each with a key of its own, until the time is up.

    Returns the seconds until the last has ended, how many acts were done and refused, and half and
    99 % of the calls took at most how many microseconds. A caller who is refused stops: there is
    nothing left.
    """
    taken: list[float] = []
    refused: list[str] = []
    errors: list[BaseException] = []
    begin = threading.Barrier(callers + 1)
    ends = time.perf_counter() + milliseconds / 1_000

    def call(caller: int) -> None:
        begin.wait()
        n = 0
        try:
            while (start := time.perf_counter()) < ends:
                n += 1
                key = f"{prefix}-{caller}-{n}"
                done = act(key)
                taken.append(time.perf_counter() - start)
                if not done:
                    refused.append(key)
                    return
        except BaseException as error:  # noqa: BLE001  # raised where it is waited for
            errors.append(error)

    threads = [threading.Thread(target=call, args=(n,)) for n in range(callers)]
    for thread in threads:
        thread.start()
    begin.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if errors:
        raise errors[0]
    taken.sort()
    return seconds, {
        "done": len(taken) - len(refused),
        "refused": len(refused),
        "p50_us": round(taken[len(taken) // 2] * 1_000_000) if taken else 0,
        "p99_us": round(taken[len(taken) * 99 // 100] * 1_000_000) if taken else 0,
    }
