"""
Waking who waits for a reference, when it has been recorded.

A message from a provider may be here before the number that it speaks of is: then it is parked, and
stands in the index of references under a slot of that name (see
:func:`ordercore.orders.waiting_slots`). Whoever has committed a reference asks for the first slot,
which is empty but for such a race, and lets what stands there do at once what it would do later.
Where nobody has ever been parked, one look at the index tells so for all names together.

It is done when the commit is durable and no hold or turn lasts. A crash between the commit and this
loses nothing: who is parked looks again by itself.
"""

from collections.abc import Callable

from ordercore.engine._environment import Environment
from ordercore.engine._noting import NAMES_MAX
from ordercore.engine._perform import always, perform_loop
from ordercore.engine._requests import Call, Loop
from ordercore.ids import StreamId
from ordercore.orders import SOMEBODY_WAITS, waiting_slots

__all__ = ["perform_and_wake_loop", "wake_loop"]


def perform_and_wake_loop(
    env: Environment,
    stream: StreamId,
    go_on: Callable[[], bool] = always,
    *,
    written: int | None = None,
) -> Loop[int]:
    """
    Perform what a stream owes, and wake who waits for what came of it; returns how many.

    See :func:`ordercore.engine._perform.perform_loop` for what was ``written``.
    """
    count = yield from perform_loop(env, stream, go_on, written=written)
    if go_on():  # who is not woken looks again by itself
        yield from wake_loop(env)
    return count


def wake_loop(env: Environment) -> Loop[None]:
    """
    Let everybody who waits for a noted name look at once.

    What they come to may make other names known; those are asked for too, each once.
    """
    names, asked = env.noted.names, set[str]()
    if not names:
        return
    if not (yield from _somebody_waits(env)):
        names.clear()
        return
    for _ in range(NAMES_MAX):
        if not names:
            return
        name = names.popleft()
        if name in asked:
            continue
        asked.add(name)
        for stream in (yield from _waiting_for(env, name)):
            yield from perform_loop(env, stream, early=True)


def _somebody_waits(env: Environment) -> Loop[bool]:
    found = yield from Call(env.store.find, env.tenant, SOMEBODY_WAITS)
    return found is not None


def _waiting_for(env: Environment, name: str) -> Loop[tuple[StreamId, ...]]:
    found: dict[StreamId, None] = {}
    for slot in waiting_slots(name):
        stream = yield from Call(env.store.find, env.tenant, slot)
        if stream is None:
            break  # slots are taken in order, and never given back
        found[stream] = None
    return tuple(found)
