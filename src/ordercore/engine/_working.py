"""
What the worker for blocking code and the one for asynchronous code share: all but the calls.

"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

from ordercore.engine._defaults import random_key
from ordercore.engine._rounds import Agenda, Trouble
from ordercore.errors import InvalidDefinition
from ordercore.ids import TenantId
from ordercore.instants import Instant

__all__ = ["AnyWorker", "log_failed_listener", "log_trouble"]


class _Shop(Protocol):
    """
    What a worker's agenda must know of an engine.

    """

    @property
    def tenant(self) -> TenantId: ...

    @property
    def clock(self) -> Callable[[], Instant]: ...


_ShopT = TypeVar("_ShopT", bound=_Shop)


class AnyWorker(ABC, Generic[_ShopT]):
    """
    A loop over what is due, without a way to call anything.

    """

    def __init__(
        self,
        engines: Sequence[_ShopT],
        *,
        batch: int,
        poll_s: int,
        claim_s: int,
        retry_s: int,
        name: str | None,
        on_error: Callable[[Trouble], object] | None,
    ) -> None:
        numbers = {"batch": batch, "poll_s": poll_s, "claim_s": claim_s, "retry_s": retry_s}
        for what, number in {"engines": len(engines), **numbers}.items():
            if number < 1:
                raise InvalidDefinition(f"worker: {what} is {number}, least is 1")
        self._engines = tuple(engines)
        self._claim_s = claim_s
        self._name = name or f"worker-{random_key()}"
        self._on_error = on_error or log_trouble
        self._stopping = False
        self._agenda = Agenda(
            tenants=tuple(engine.tenant for engine in engines),
            clock=engines[0].clock,
            stopping=lambda: self._stopping,
            batch=batch,
            poll_s=poll_s,
            retry_s=retry_s,
        )

    @property
    def name(self) -> str:
        """
        This worker's name in claims.

        """
        return self._name

    @property
    def stopping(self) -> bool:
        """
        Whether it was told to stop.

        """
        return self._stopping

    def stop(self) -> None:
        """
        Finish what is under way, give all claims back, and begin nothing new.

        May be called from a signal handler or another thread, and returns at once; a second call
        changes nothing. A worker that was stopped stays so.
        """
        self._stopping = True
        self.wake()

    @abstractmethod
    def wake(self) -> None:
        """
        End an idle wait: something was made due in this process.

        May be called from a signal handler or another thread.
        """
        ...

    def _goes_on(self) -> bool:
        return not self._stopping


def log_trouble(trouble: Trouble) -> None:
    """
    Log a trouble by type, without the error's text, which may hold what no log should.

    """
    _logged(
        "%s: %s failed with %s, %d in a row; again at %s",
        trouble.tenant,
        trouble.stream or "asking what is due",
        type(trouble.error).__name__,
        trouble.failures,
        trouble.again_at.isoformat(),
    )


def log_failed_listener(trouble: Trouble, error: Exception) -> None:
    """
    Log a trouble and that whoever should hear of it has failed.

    """
    log_trouble(trouble)
    _logged("on_error failed with %s", type(error).__name__)


def _logged(text: str, *values: object) -> None:
    # Loaded here: whoever never fails need not pay for it.
    from logging import getLogger  # noqa: PLC0415

    getLogger("ordercore.worker").error(text, *values)
