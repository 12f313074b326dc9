"""
The grammar that every slice speaks: needs, decide, evolve, outstanding.

    needs(command, state, facts, context)  -> frozenset[Need]   what must be read first
    decide(command, state, facts, context) -> Decision          the rules; raises Rejected
    evolve(state, event)                   -> state             the fold; total, consults nothing
    outstanding(state)                     -> tuple[Effect]     all that is owed to the world

What a room offers in these words is an :class:`Aggregate` (a kind of stream) or a
:class:`CommandFamily` (commands about no stream). A driver loads a stream, answers the needs (at
most :data:`ROUNDS_MAX` rounds, since an answer may show what else must be known), decides, commits
events and transfers together, performs what has become outstanding through the ports, and submits
each reply as a command of its own. Nothing in this package or above it in the core reads a clock,
draws a random number or performs I/O.
"""

from ordercore.grammar._aggregates import Aggregate, Answers, CommandFamily, Inspection
from ordercore.grammar._attempts import (
    Attempt,
    AttemptEvent,
    AttemptFailed,
    EffectRetried,
    OperatorNeeded,
    RetryRules,
    evolve_attempts,
    put_off,
    record_attempt,
    tries,
)
from ordercore.grammar._faults import LINES_MAX, Faults, amount_fault, quantity_fault
from ordercore.grammar._grammar import (
    ROUNDS_MAX,
    Actor,
    ActorKind,
    AskPerson,
    Command,
    Context,
    Decision,
    Effect,
    Event,
    Facts,
    Need,
    Submit,
    once_known,
)
from ordercore.grammar._outcomes import ActionRequired, Declined, Outcome, Succeeded, Unknown
from ordercore.grammar._recorded import Recorded
from ordercore.grammar._tables import CommandTable
from ordercore.grammar._values import derived, remembered, replaced

__all__ = [
    "LINES_MAX",
    "ROUNDS_MAX",
    "ActionRequired",
    "Actor",
    "ActorKind",
    "Aggregate",
    "Answers",
    "AskPerson",
    "Attempt",
    "AttemptEvent",
    "AttemptFailed",
    "Command",
    "CommandFamily",
    "CommandTable",
    "Context",
    "Decision",
    "Declined",
    "Effect",
    "EffectRetried",
    "Event",
    "Facts",
    "Faults",
    "Inspection",
    "Need",
    "OperatorNeeded",
    "Outcome",
    "Recorded",
    "RetryRules",
    "Submit",
    "Succeeded",
    "Unknown",
    "amount_fault",
    "derived",
    "evolve_attempts",
    "once_known",
    "put_off",
    "quantity_fault",
    "record_attempt",
    "remembered",
    "replaced",
    "tries",
]
