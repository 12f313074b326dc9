"""
Tries without outcome, told alike in every kind of stream.

An effect that could not be performed, or whose outcome could not be learned, is not forgotten: the
stream records the try, ``outstanding`` shows the effect again from a later instant, and after a
bounded count it waits for a person. A state that owes effects keeps a tuple of :class:`Attempt`;
the functions here are all that happens to it.
"""

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

import attrs

from ordercore.grammar._grammar import Context, Effect, Event
from ordercore.instants import Instant, seconds_after

__all__ = [
    "Attempt",
    "AttemptEvent",
    "AttemptFailed",
    "EffectRetried",
    "OperatorNeeded",
    "RetryRules",
    "evolve_attempts",
    "put_off",
    "record_attempt",
    "tries",
]

#: The longest wait between two tries, in seconds: a day.
_WAIT_MAX_S: Final = 86_400

EffectT = TypeVar("EffectT", bound=Effect)


class RetryRules(Protocol):
    """
    What the host has decided about trying again.

    """

    @property
    def attempts_max(self) -> int:
        """
        How often an effect is tried before a person must decide.

        """
        ...

    @property
    def retry_s(self) -> int:
        """
        How long to wait after the first failed attempt, doubled after each up to a day.

        """
        ...


@attrs.frozen(kw_only=True)
class Attempt:
    """
    How often an effect was tried without an outcome.

    """

    effect_key: str
    count: int
    reason: str
    not_before: Instant | None
    waits_for_operator: bool


@attrs.frozen(kw_only=True)
class AttemptFailed(Event):
    """
    A request to the outside was not made or got no answer; it is tried again.

    """

    effect_key: str
    attempt: int
    reason: str
    not_before: Instant


@attrs.frozen(kw_only=True)
class OperatorNeeded(Event):
    """
    A request is not tried again until a person decides.

    """

    effect_key: str
    reason: str


@attrs.frozen(kw_only=True)
class EffectRetried(Event):
    """
    A person has decided to try again.

    """

    effect_key: str


AttemptEvent = AttemptFailed | OperatorNeeded | EffectRetried


def tries(attempts: Iterable[Attempt], effect_key: str) -> int:
    """
    Count the tries of an effect that came to nothing.

    """
    return next((a.count for a in attempts if a.effect_key == effect_key), 0)


def record_attempt(
    attempts: Iterable[Attempt],
    effect_key: str,
    reason: str,
    context: Context[RetryRules],
    *,
    give_up: bool = False,
) -> AttemptFailed | OperatorNeeded:
    """
    Say what one more try without outcome leads to: again later, or a person.

    Args:
        attempts: What was tried before.
        effect_key: What was tried now.
        reason: Why it came to nothing.
        context: When, and how patient the host is.
        give_up: Do not try again: the outcome cannot be learned without risk.
    """
    known = next((a for a in attempts if a.effect_key == effect_key), None)
    attempt = known.count + 1 if known else 1
    # Who was asked stays asked: a try that is told late does not take it back from a person.
    asked = known is not None and known.waits_for_operator
    if give_up or asked or attempt >= context.rules.attempts_max:
        return OperatorNeeded(effect_key=effect_key, reason=reason)
    wait_s = min(context.rules.retry_s * 2 ** min(attempt - 1, 30), _WAIT_MAX_S)
    return AttemptFailed(
        effect_key=effect_key,
        attempt=attempt,
        reason=reason,
        not_before=seconds_after(context.at, wait_s),
    )


def evolve_attempts(attempts: tuple[Attempt, ...], event: AttemptEvent) -> tuple[Attempt, ...]:
    """
    Fold an event into what was tried in vain.

    """
    others = tuple(a for a in attempts if a.effect_key != event.effect_key)
    attempt = _FOLDS[type(event)](attempts, event)
    return others if attempt is None else (*others, attempt)


def _failed(attempts: tuple[Attempt, ...], event: AttemptFailed) -> Attempt:
    del attempts
    return Attempt(
        effect_key=event.effect_key,
        count=event.attempt,
        reason=event.reason,
        not_before=event.not_before,
        waits_for_operator=False,
    )


def _operator_needed(attempts: tuple[Attempt, ...], event: OperatorNeeded) -> Attempt:
    return Attempt(
        effect_key=event.effect_key,
        count=tries(attempts, event.effect_key) + 1,
        reason=event.reason,
        not_before=None,
        waits_for_operator=True,
    )


def _retried(attempts: tuple[Attempt, ...], event: EffectRetried) -> None:
    del attempts, event


_FOLDS: Final[Mapping[type, Callable[[tuple[Attempt, ...], Any], Attempt | None]]] = (
    MappingProxyType(
        {AttemptFailed: _failed, OperatorNeeded: _operator_needed, EffectRetried: _retried}
    )
)


def put_off(effects: Iterable[EffectT], attempts: Iterable[Attempt]) -> tuple[EffectT, ...]:
    """
    Return effects as what was tried in vain leaves them: due later, or waiting for a person.

    """
    tried = {attempt.effect_key: attempt for attempt in attempts}
    if not tried:
        return tuple(effects)
    return tuple(
        attrs.evolve(
            effect,
            not_before=tried[effect.key].not_before,
            waits_for_operator=tried[effect.key].waits_for_operator,
        )
        if effect.key in tried
        else effect
        for effect in effects
    )
