"""
The driver for blocking code: answers what the loops ask with plain calls.

"""

from typing import Any, TypeVar

import attrs

from ordercore.engine._requests import Call, Each, Hold, Loop, Request, Together, Turn
from ordercore.ids import TenantId
from ordercore.ports import Store

__all__ = ["Driver"]

_T = TypeVar("_T")


@attrs.frozen
class Driver:
    """
    Runs loops to their end; safe to share between threads as far as the store and the ports are.

    """

    store: Store
    tenant: TenantId

    def drive(self, loop: Loop[_T]) -> _T:
        """
        Run a loop and return what it comes to.

        Raises:
            Exception: What the loop lets through.
        """
        try:
            request = loop.send(None)
            while True:  # bounded by the loops, which are
                try:
                    answer = self._answer(request)
                except Exception as error:  # noqa: BLE001 - the loop is told and decides
                    request = loop.throw(error)
                else:
                    request = loop.send(answer)
        except StopIteration as stop:
            result: _T = stop.value
            return result
        finally:
            loop.close()

    def _answer(self, request: Request) -> Any:  # noqa: ANN401 - each request has its own
        if isinstance(request, Call):
            return request.method(*request.args, **request.kwargs)
        if isinstance(request, Turn):
            return self.drive(request.loop)  # versions tell writers apart; nobody need wait
        if isinstance(request, Each):
            for item in request.method(*request.args, **request.kwargs):
                request.take(item)
            return None
        if isinstance(request, Together):
            return tuple(self.drive(loop) for loop in request.loops)
        return self._held(request)

    def _held(self, request: Hold[_T]) -> _T:
        with self.store.hold(self.tenant):
            return self.drive(request.loop)
