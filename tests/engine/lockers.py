"""
A kind of stream that ordercore does not have: lockers, which keep one unit aside until closed.

Small, but whole: it reads stock, promises under its own name, refuses, owes a command to an order,
is told what became of that, and comes to rest.
"""

from typing import Any, Final, get_args

import attrs

from ordercore.catalog import Products
from ordercore.codec import JsonCodec
from ordercore.engine import Kinds
from ordercore.errors import Rejected
from ordercore.grammar import (
    Aggregate,
    Answers,
    Attempt,
    AttemptEvent,
    Command,
    Context,
    Decision,
    Effect,
    EffectRetried,
    Event,
    Facts,
    Need,
    Outcome,
    RetryRules,
    Submit,
    evolve_attempts,
    put_off,
    record_attempt,
)
from ordercore.ids import PlaceId, Sku
from ordercore.inventory import STOCK, Movements, StockAt
from ordercore.ledger import Step
from ordercore.orders import CARTS, ORDERS, CancelUnits

__all__ = ["KINDS", "LOCKERS", "CloseLocker", "Locker", "LockerCodec", "OpenLocker", "RetryLocker"]


# --- commands and events ---------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class OpenLocker(Command):
    """Keep one unit aside."""

    locker_id: str
    sku: Sku = attrs.field(converter=Sku)
    place: PlaceId = attrs.field(converter=PlaceId)


@attrs.frozen(kw_only=True)
class CloseLocker(Command):
    """Give the unit back; and cancel an order that was waiting for it."""

    locker_id: str
    cancels: str = ""


@attrs.frozen(kw_only=True)
class RecordLockerOutcome(Command):
    """Tell that the order has heard."""

    locker_id: str
    effect_key: str
    outcome: Outcome

    @property
    def settles(self) -> str:
        """The key of the effect."""
        return self.effect_key


@attrs.frozen(kw_only=True)
class RecordLockerAttempt(Command):
    """Tell that the order would not hear."""

    locker_id: str
    effect_key: str
    reason: str
    give_up: bool


@attrs.frozen(kw_only=True)
class RetryLocker(Command):
    """A person lets it be tried again."""

    locker_id: str
    effect_key: str

    @property
    def tries_again(self) -> str:
        """The key of the effect."""
        return self.effect_key


@attrs.frozen(kw_only=True)
class LockerOpened(Event):
    """A unit is kept."""

    locker_id: str
    hold: str


@attrs.frozen(kw_only=True)
class LockerClosed(Event):
    """It is kept no longer."""

    cancels: str


@attrs.frozen(kw_only=True)
class OrderTold(Event):
    """The order has taken the command."""


LockerCommand = OpenLocker | CloseLocker | RecordLockerOutcome | RecordLockerAttempt | RetryLocker
LockerEvent = LockerOpened | LockerClosed | OrderTold | AttemptEvent


# --- the four functions ----------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class Locker:
    """A locker as its events tell it."""

    id: str
    hold: str
    open: bool = True
    cancels: str = ""
    attempts: tuple[Attempt, ...] = ()

    @property
    def effect_key(self) -> str:
        """The name of what it owes."""
        return f"locker/{self.id}/cancel-order"


def needs(
    command: LockerCommand, state: Locker | None, facts: Facts, context: Context[RetryRules]
) -> frozenset[Need[Any]]:
    """What opening asks: whether the SKU is known, and what lies there."""
    if not isinstance(command, OpenLocker) or state is not None:
        return frozenset()
    return frozenset({Products((command.sku,)), StockAt((command.sku,), (command.place,))})


def decide(
    command: LockerCommand, state: Locker | None, facts: Facts, context: Context[RetryRules]
) -> Decision[LockerEvent, Step]:
    """The rules."""
    if isinstance(command, OpenLocker):
        return Decision() if state else _open(command, facts, context)
    if state is None:
        raise LOCKERS.unknown(command.locker_id)
    match command:
        case CloseLocker():
            if not state.open:
                raise Rejected("locker_closed", f"{state.id} is closed")
            movements = Movements(context.command_id, f"locker/{state.id}", context.at)
            movements.release(state.hold, "closed")
            return Decision((LockerClosed(cancels=command.cancels),), tuple(movements.steps))
        case RecordLockerOutcome():
            return Decision((OrderTold(),) if state.cancels else ())
        case RecordLockerAttempt(effect_key=key, reason=reason, give_up=give_up):
            return Decision(
                (record_attempt(state.attempts, key, reason, context, give_up=give_up),)
            )
        case RetryLocker(effect_key=key):
            return Decision((EffectRetried(effect_key=key),))


def _open(
    command: OpenLocker, facts: Facts, context: Context[RetryRules]
) -> Decision[LockerEvent, Step]:
    stock = facts[StockAt((command.sku,), (command.place,))][command.sku, command.place]
    if not stock.available:
        raise Rejected("shortage", f"no {command.sku} at {command.place}", data={"missing": 1})
    movements = Movements(context.command_id, f"locker/{command.locker_id}", context.at)
    hold = movements.allocate(command.sku, command.place, 1)
    return Decision((LockerOpened(locker_id=command.locker_id, hold=hold),), tuple(movements.steps))


def evolve(state: Locker | None, event: LockerEvent) -> Locker:
    """The fold."""
    if isinstance(event, LockerOpened):
        return Locker(id=event.locker_id, hold=event.hold)
    assert state is not None
    match event:
        case LockerClosed():
            return attrs.evolve(state, open=False, cancels=event.cancels)
        case OrderTold():
            return attrs.evolve(state, cancels="")
        case _:
            return attrs.evolve(state, attempts=evolve_attempts(state.attempts, event))


def outstanding(state: Locker) -> tuple[Effect, ...]:
    """The command that a closed locker owes to an order."""
    if not state.cancels:
        return ()
    owed = Submit(key=state.effect_key, command=CancelUnits(order_id=state.cancels))
    return put_off((owed,), state.attempts)


LOCKERS: Final = Aggregate(
    kind="locker",
    id_field="locker_id",
    commands=get_args(LockerCommand),
    begun_by=(OpenLocker,),
    events=get_args(LockerEvent),
    needs=needs,
    decide=decide,
    evolve=evolve,
    outstanding=outstanding,
    contested=(StockAt,),
    answers=Answers[Locker](
        outcome=lambda state, key, outcome: RecordLockerOutcome(
            locker_id=state.id, effect_key=key, outcome=outcome
        ),
        attempt=lambda state, key, reason, give_up: RecordLockerAttempt(
            locker_id=state.id, effect_key=key, reason=reason, give_up=give_up
        ),
        retry=lambda state, key: RetryLocker(locker_id=state.id, effect_key=key),
    ),
    state=Locker,
    has_ended=lambda state: not state.open and not state.cancels,
)

KINDS: Final = Kinds(ORDERS, CARTS, STOCK, LOCKERS)


# --- the storage format ----------------------------------------------------------------------

_TYPES: Final = {
    f"locker.{kind.__name__}": kind
    for kind in (*get_args(LockerCommand), LockerOpened, LockerClosed, OrderTold)
}


class LockerCodec(JsonCodec):
    """The library's codec, with the names of lockers beside its own."""

    def encode(self, value: object) -> tuple[str, str]:
        """Write a value."""
        name = f"locker.{type(value).__name__}"
        return (name, self.dumps(value)) if name in _TYPES else super().encode(value)

    def decode(self, name: str, text: str) -> object:
        """Read a value."""
        return self.loads(text, _TYPES[name]) if name in _TYPES else super().decode(name, text)
