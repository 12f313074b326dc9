"""
Which leases end with a command.

"""

from collections.abc import Iterator

from ordercore.engine._environment import Environment
from ordercore.grammar import Command, Effect, Submit

__all__ = ["settled"]


def settled(
    env: Environment, command: Command, before: tuple[Effect, ...], after: tuple[Effect, ...]
) -> tuple[str, ...]:
    """
    Name the effects whose leases end with a command.

    An outcome ends the lease, and so does whatever ends the obligation otherwise: a parcel leaves
    with another label while nobody knows what became of the one that was asked for. So does a
    person's word to try again where the port can't be asked what became of the last try: only then
    is calling anew more than a guess.

    Args:
        env: Knows what ports promise.
        command: Which.
        before: What was owed before it.
        after: What is owed after it.
    """
    known = (command.settles,) if command.settles else ()
    if not before or before is after:
        return known
    return (*known, *_ended(env, command, before, {effect.key for effect in after}))


def _ended(
    env: Environment, command: Command, before: tuple[Effect, ...], still: set[str]
) -> Iterator[str]:
    for effect in before:
        if isinstance(effect, Submit) or effect.key == command.settles:
            continue
        again = effect.key == command.tries_again
        if effect.key not in still or (again and not env.world.capabilities(effect).lookup):
            yield effect.key
