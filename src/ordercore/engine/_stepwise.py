"""
An engine's work one call at a time, for tests that want to stand in between.

Everything that an engine does is a loop that yields what it wants called (``_requests``). A driver
calls at once; :class:`Stepwise` stops before each call to the store or to a port. Whoever holds it
may let something else happen then: a rival's command, a crash, a jump of the clock. Several of
them, advanced in turns, are processes that run at the same time, in one thread and in an order that
repeats.
"""

from collections.abc import Generator
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from ordercore.engine._defaults import HOST
from ordercore.engine._engine import Engine
from ordercore.engine._engine_loops import EngineLoops
from ordercore.engine._operating_loops import OperatingLoops
from ordercore.engine._requests import Call, Each, Hold, Loop, Request, Submitted, Together, Turn
from ordercore.errors import InvalidDefinition
from ordercore.grammar import Actor, Command
from ordercore.ids import TenantId
from ordercore.ports import Store, WebhookSource

if TYPE_CHECKING:
    from ordercore.intake import Headers

__all__ = ["Stepwise", "receive_stepwise", "run_pending_stepwise", "submit_stepwise"]

_T = TypeVar("_T")

_Calls = Generator["Call[Any] | Each[Any]", Any, _T]


class Stepwise(Generic[_T]):
    """
    Work under way, which stops before each call.

    Attributes:
        waits_for: The name of the method that :meth:`step` will call; "" once it is over.
        holds: Whether every other writer is held out; nothing else may be advanced meanwhile, since
            over a store of its own it would wait.
    """

    __slots__ = ("_calls", "_error", "_pending", "_result", "holds", "over", "waits_for")

    def __init__(self, store: Store, tenant: TenantId, loop: Loop[_T]) -> None:
        self.holds = False
        self.waits_for = ""
        self.over = False
        self._error: Exception | None = None
        self._result: _T | None = None
        self._pending: Call[Any] | Each[Any] | None = None
        self._calls = self._flat(store, tenant, loop)
        self._go_on(lambda: next(self._calls))

    def step(self) -> bool:
        """
        Make the call that it stands before, and go on to the next one.

        Returns:
            Whether there is a next one.
        """
        pending = self._pending
        if pending is None:
            return False
        try:
            if isinstance(pending, Call):
                answer = pending.method(*pending.args, **pending.kwargs)
            else:
                answer = None
                for item in pending.method(*pending.args, **pending.kwargs):
                    pending.take(item)
        except Exception as error:  # noqa: BLE001 - the loop is told and decides
            told = error  # the name of an except clause ends with it
            return self._go_on(lambda: self._calls.throw(told))
        return self._go_on(lambda: self._calls.send(answer))

    def finish(self) -> _T:
        """
        Make every call that is left.

        Returns:
            What it comes to.

        Raises:
            Exception: What the engine would have raised.
        """
        while self.step():  # bounded by the loop, which is
            pass
        return self.result()

    def result(self) -> _T:
        """
        Return what it has come to.

        Raises:
            Exception: What the engine would have raised.
            InvalidDefinition: It is not over, or was abandoned.
        """
        if self._error is not None:
            raise self._error
        if not self.over:
            raise InvalidDefinition(f"not over yet: it stands before {self.waits_for or 'nothing'}")
        return cast("_T", self._result)

    def abandon(self) -> None:
        """
        Let it end here, as if its process had died before the next call.

        """
        self._calls.close()
        self._pending, self.waits_for = None, ""

    def _go_on(self, advance: Any) -> bool:  # noqa: ANN401 - returns the next request
        try:
            pending: Call[Any] | Each[Any] = advance()
        except StopIteration as stop:
            self._result, self.over = stop.value, True
        except Exception as error:  # noqa: BLE001 - told by result()
            self._error, self.over = error, True
        else:
            self._pending, self.waits_for = pending, pending.method.__name__
            return True
        self._pending, self.waits_for = None, ""
        return False

    def _flat(self, store: Store, tenant: TenantId, loop: Loop[_T]) -> _Calls[_T]:
        """
        Take a loop apart into its calls, those of the loops inside it too.

        """
        try:
            request: Request = loop.send(None)
            while True:  # bounded by the loop, which is
                try:
                    answer = yield from self._answer(store, tenant, request)
                except Exception as error:  # noqa: BLE001 - the loop is told and decides
                    request = loop.throw(error)
                else:
                    request = loop.send(answer)
        except StopIteration as stop:
            result: _T = stop.value
            return result
        finally:
            loop.close()

    def _answer(self, store: Store, tenant: TenantId, request: Request) -> _Calls[Any]:
        if isinstance(request, Call | Each):
            return (yield request)
        if isinstance(request, Turn):
            return (yield from self._flat(store, tenant, request.loop))
        if isinstance(request, Together):
            answers: list[Any] = []
            for loop in request.loops:
                answers.append((yield from self._flat(store, tenant, loop)))  # noqa: PERF401
            return tuple(answers)
        return (yield from self._held(store, tenant, request))

    def _held(self, store: Store, tenant: TenantId, request: Hold[Any]) -> _Calls[Any]:
        with store.hold(tenant):
            self.holds = True
            try:
                return (yield from self._flat(store, tenant, request.loop))
            finally:
                self.holds = False


def submit_stepwise(
    engine: Engine,
    command: Command,
    *,
    key: str | None = None,
    actor: Actor = HOST,
    on_behalf_of: str | None = None,
    expected_version: int | None = None,
    perform: bool = True,
) -> Stepwise[Submitted]:
    """
    Begin what :meth:`ordercore.Engine.submit` does, and stop before its first call.

    Raises:
        InvalidData: The key is malformed.
    """
    loops, _, _ = _insides(engine)
    wish = loops.submission(command, key, actor, on_behalf_of, expected_version)
    return _begun(engine, loops.submit(wish, perform=perform))


def receive_stepwise(
    engine: Engine, source: WebhookSource, headers: "Headers", body: bytes
) -> Stepwise[Submitted]:
    """
    Begin what :meth:`ordercore.Engine.receive` does, and stop before its first call.

    """
    loops, _, _ = _insides(engine)
    return _begun(engine, loops.receive(source, headers, body, ""))


def run_pending_stepwise(engine: Engine, limit: int = 100) -> Stepwise[int]:
    """
    Begin what :meth:`ordercore.Engine.run_pending` does, and stop before its first call.

    """
    _, operating, _ = _insides(engine)
    return _begun(engine, operating.run_pending(limit))


def _begun(engine: Engine, loop: Loop[_T]) -> Stepwise[_T]:
    _, _, store = _insides(engine)
    return Stepwise(store, engine.tenant, loop)


def _insides(engine: Engine) -> tuple[EngineLoops, OperatingLoops, Store]:
    """
    What an engine is made of; this module is another driver of the same loops.

    """
    # The engine's own room may; nobody else is to.
    inside: Any = engine
    return inside._loops, inside._operating, inside._store  # noqa: SLF001
