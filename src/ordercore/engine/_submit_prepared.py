"""
The loops of a command that is written inside a host's transaction.

Reading may take long and asks ports; a transaction should be short, and whatever it has locked
waits with it. So a command is cut in two. Before the transaction all is read that it is decided on
(*prepared*); inside it the stream is loaded again, the command decided on the prepared facts, and
what it leads to written. Nothing is retried there: others see nothing of the host's transaction, so
what stands in the way of it now would stand there again.

Facts may have aged meanwhile. What the ledger guards, the ledger judges. Where the stream itself
has moved on, the facts that its own commands contend for are worthless, as they are to a command
that has lost a race; what is missing then can't be read in the transaction, which is a conflict.
"""

import attrs

from ordercore.engine._environment import Environment
from ordercore.engine._replaying import replayed
from ordercore.engine._requests import Loop, Submission, Submitted
from ordercore.engine._submit import attempt_loop, gather_loop
from ordercore.errors import Conflict, Rejected
from ordercore.grammar import Facts
from ordercore.ids import TenantId

__all__ = ["Prepared", "prepare_loop", "submit_prepared_loop"]


@attrs.frozen
class Prepared:
    """
    A command with all that must be known to decide it, read and not decided.

    Made by ``Engine.prepare`` outside of any transaction, used by ``Engine.submit_joined`` inside
    one. It is as fresh as when it was made: the longer it lies, the likelier is a ``Conflict``.

    Attributes:
        tenant: Whose.
        submission: The command and who submits it.
        version: The stream's version that the facts belong to.
        facts: What was read.
    """

    tenant: TenantId
    submission: Submission
    version: int
    facts: Facts


def prepare_loop(env: Environment, submission: Submission) -> Loop[Prepared]:
    """
    Read all that a command is decided on, and leave deciding to :func:`submit_prepared_loop`.

    Raises:
        Rejected: What is asked for can't even be looked up; not recorded.
        Conflict: ``expected_version`` is not the present one.
        PortUnavailable: A read port could not answer.
    """
    known = yield from env.streams.recall(submission.command_id)
    if known is not None:  # nothing will be decided again
        return Prepared(env.tenant, submission, known.to_version, Facts())
    attempt = yield from attempt_loop(env, submission)
    facts = yield from gather_loop(attempt, Facts())
    return Prepared(env.tenant, submission, attempt.loaded.version, facts)


def submit_prepared_loop(env: Environment, prepared: Prepared) -> Loop[Submitted | Rejected]:
    """
    Decide on facts that were read before, and write once: no port is asked, nothing is retried.

    Returns:
        What it led to; or the refusal, which is recorded.

    Raises:
        Rejected: A rule of the ledger, which is not recorded; or ``key_reused``.
        Conflict: The stream has moved on, so that the facts no longer suffice.
    """
    submission = prepared.submission
    known = yield from env.streams.recall(submission.command_id)
    if known is not None:
        return (yield from env.streams.retold(replayed(submission, known)))
    attempt = yield from attempt_loop(env, submission)
    family, version, facts = attempt.family, attempt.loaded.version, prepared.facts
    if version != prepared.version:
        facts = facts.without(family.contested)
    try:
        asked = family.needs(submission.command, attempt.loaded.state, facts, attempt.context)
        if asked and facts.missing(asked):
            raise Conflict(str(attempt.stream), expected=prepared.version, actual=version)
        decided = attempt.decide(facts)
    except Rejected as refusal:
        yield from env.streams.write(attempt.refused(refusal))
        return refusal
    receipt = yield from env.streams.write(decided.commit)
    return (yield from env.streams.retold(decided.submitted(receipt)))
