"""
The driver for blocking code: answers what the loops ask, from a store and the host's ports.

"""

from contextlib import ExitStack
from threading import Lock
from typing import Any, TypeVar

import attrs

from ordercore.engine._read import Reader
from ordercore.engine._requests import (
    Ask,
    GiveBack,
    Hold,
    Load,
    LookUp,
    Loop,
    Read,
    Recall,
    Request,
    TakeLease,
    Write,
)
from ordercore.engine._streams import Streams
from ordercore.engine._world import World
from ordercore.errors import OrderCoreError
from ordercore.ports import Lease, LeaseState, Store

__all__ = ["Driver"]

_T = TypeVar("_T")


@attrs.define(kw_only=True)
class Driver:
    """
    Runs loops to their end; safe to share between threads as far as the store and the ports are.

    """

    store: Store
    streams: Streams
    reader: Reader
    world: World
    worker: str
    _under_way: set[str] = attrs.field(init=False, factory=set[str])
    _under_way_lock: Lock = attrs.field(init=False, factory=Lock)

    def drive(self, loop: Loop[_T]) -> _T:
        """
        Run a loop and return what it comes to.

        Raises:
            OrderCoreError: What the loop lets through.
        """
        with ExitStack() as held:
            answer: Any = None
            error: OrderCoreError | None = None
            while True:  # bounded by the loops, which are
                try:
                    request = loop.send(answer) if error is None else loop.throw(error)
                except StopIteration as stop:
                    result: _T = stop.value
                    return result
                answer, error = None, None
                try:
                    answer = self._answer(request, held)
                except OrderCoreError as raised:
                    error = raised

    def _answer(self, request: Request, held: ExitStack) -> object:
        match request:
            case Load(stream):
                return self.streams.load(stream)
            case Write(commit, after):
                return self.streams.write(commit, after)
            case Read(needs, at):
                return self.reader.answer(needs, at)
            case Recall(command_id):
                return self.store.recall(self.streams.tenant, command_id)
            case TakeLease():
                return self._lease(request, held)
            case Ask(effect):
                return self.world.ask(effect)
            case LookUp(effect):
                return self.world.look_up(effect)
            case GiveBack(key):
                self.store.unlease(self.streams.tenant, key)
                return None
            case Hold():
                held.enter_context(self.store.hold(self.streams.tenant))
                return None

    def _lease(self, request: TakeLease, held: ExitStack) -> Lease:
        """
        Lease an effect. Threads of one engine share its name, so they settle it among themselves.

        """
        key, at, until = request.effect_key, request.at, request.until
        with self._under_way_lock:
            if key in self._under_way:
                return Lease(LeaseState.HELD, at, at, until)
            self._under_way.add(key)
        held.callback(self._under_way.discard, key)
        return self.store.lease(
            self.streams.tenant, request.stream, key, holder=self.worker, at=at, until=until
        )
