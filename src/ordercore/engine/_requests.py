"""
What the loops ask of a driver, and what they are told once.

"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

import attrs

from ordercore.engine._kinds import Kinds
from ordercore.engine._snapshots import Snapshots
from ordercore.grammar import Actor, ActorKind, Command, Effect, Event, Need
from ordercore.ids import CommandId, StreamId, TenantId
from ordercore.instants import Instant
from ordercore.orders import Rules
from ordercore.ports import ActingCapabilities, Commit

__all__ = [
    "ENGINE_ACTOR",
    "Ask",
    "Environment",
    "GiveBack",
    "Hold",
    "Load",
    "Loaded",
    "LookUp",
    "Loop",
    "Read",
    "Recall",
    "Request",
    "Submission",
    "Submitted",
    "TakeLease",
    "Write",
]

#: Who acts where the engine acts by itself.
ENGINE_ACTOR: Final = Actor(ActorKind.SYSTEM, "engine")

_T = TypeVar("_T")


@attrs.frozen
class Recall:
    """
    What was recorded under this command id? Answer: ``Receipt | None``.

    """

    command_id: CommandId


@attrs.frozen
class Load:
    """
    What is this stream? Answer: :class:`Loaded`.

    """

    stream: StreamId


@attrs.frozen
class Loaded:
    """
    The state of a stream, None where nothing has happened, and its version.

    """

    version: int
    state: Any


@attrs.frozen
class Read:
    """
    Answer these needs as of an instant. Answer: a mapping from need to answer.

    """

    needs: tuple[Need[Any], ...]
    at: Instant


@attrs.frozen
class Hold:
    """
    Keep every other writer out until this loop ends. Answer: ``None``.

    """


@attrs.frozen
class Write:
    """
    Commit. Answer: ``Receipt``; thrown: ``Conflict``, ``Rejected``.

    Attributes:
        commit: What is written.
        after: The state once the commit is written, so that nobody need read and fold
            what was just folded; None where that isn't known, or not yet durable.
    """

    commit: Commit
    after: Any = None


@attrs.frozen
class TakeLease:
    """
    Lease an effect, durably. Answer: :class:`~ordercore.ports.Lease`.

    """

    stream: StreamId
    effect_key: str
    at: Instant
    until: Instant


@attrs.frozen
class GiveBack:
    """
    Give a lease back unused. Answer: ``None``.

    """

    effect_key: str


@attrs.frozen
class Ask:
    """
    Perform an effect through its port. Answer: an outcome; thrown: port errors.

    """

    effect: Effect


@attrs.frozen
class LookUp:
    """
    Ask the port what became of an effect. Answer: ``Outcome | None``; thrown: port errors.

    """

    effect: Effect


Request = Recall | Load | Read | Hold | Write | TakeLease | GiveBack | Ask | LookUp

Loop = Generator[Request, Any, _T]


@attrs.frozen(kw_only=True)
class Environment:
    """
    What the loops know that does not change.

    Attributes:
        tenant: Whose streams.
        kinds: Which commands and streams there are.
        rules: The host's policies.
        clock: Says what time it is.
        lease_s: How long a call to a port may take before others may ask what became of it.
        capabilities: What the port of an effect promises about lost answers.
        snapshots: Which states are kept.
    """

    tenant: TenantId
    kinds: Kinds
    rules: Rules
    clock: Callable[[], Instant]
    lease_s: int
    capabilities: Callable[[Effect], ActingCapabilities]
    snapshots: Snapshots


@attrs.frozen(kw_only=True)
class Submission:
    """
    A command and who submits it.

    Attributes:
        command: What is wanted.
        command_id: The caller's key: the same key is the same command.
        actor: Who acts.
        on_behalf_of: For whom, where an agent acts for a customer.
        expected_version: The version of the stream that a person saw when deciding; None for facts
            and for whoever does not care.
    """

    command: Command
    command_id: CommandId
    actor: Actor = ENGINE_ACTOR
    on_behalf_of: str | None = None
    expected_version: int | None = None


@attrs.frozen(kw_only=True)
class Submitted:
    """
    What became of an accepted command.

    Attributes:
        command_id: Its key.
        stream: The stream it is about, or None for stock and carts.
        version: The stream's version after it.
        events: What it led to; empty where it was already so.
        reply: What it answers beyond events (a cart's :class:`~ordercore.orders.Reservation`).
        repeated: Whether this is the recorded result of an earlier submission of the same key.
    """

    command_id: CommandId
    stream: StreamId | None
    version: int
    events: tuple[Event, ...]
    reply: object = None
    repeated: bool = False
