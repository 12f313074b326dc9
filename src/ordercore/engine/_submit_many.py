"""
The loop of many commands at once: decided one by one, written in one transaction with one flush.

Each command is judged for itself, and its result is what it would be alone. So a group holds only
what can be decided on the same state: one command of each stream and key, and commands of stock
alone (receipts, carts), which change what all others rest on, only with their like. A refusal is
told on what stands written: it ends the group before it. What is left over is the next group. What
lost a race, even to another of its group, is submitted by itself once the group is written, by the
same loop as any single command.
"""

from collections.abc import Sequence

from ordercore.engine._environment import Environment
from ordercore.engine._requests import Loop, Submission, Submitted, Together
from ordercore.engine._submit import Decided, decide_loop, submit_loop
from ordercore.engine._waking import perform_and_wake_loop, wake_loop
from ordercore.errors import Conflict, OrderCoreError, PortUnavailable, Rejected
from ordercore.grammar import Command
from ordercore.ports import Receipt

__all__ = ["submit_many_loop"]

_Result = Submitted | OrderCoreError


def submit_many_loop(
    env: Environment, submissions: Sequence[Submission], *, perform: bool
) -> Loop[tuple[_Result, ...]]:
    """
    Submit commands, and perform what has become due in the streams that they are about.

    """
    results: dict[int, _Result] = {}
    waiting = list(enumerate(submissions))
    while waiting:  # each round settles the first at least
        group, later = _next_group(env, waiting, results)
        rest = yield from _submit_group(env, group, results)
        waiting = sorted(rest + later, key=_number)
    found = tuple(results[number] for number in range(len(submissions)))
    yield from wake_loop(env)
    if perform:
        streams = dict.fromkeys(r.stream for r in found if isinstance(r, Submitted) and r.stream)
        loops = [perform_and_wake_loop(env, stream) for stream in streams if stream]
        yield from Together(loops)
    return found


_Numbered = list[tuple[int, Submission]]


def _next_group(
    env: Environment, waiting: _Numbered, results: dict[int, _Result]
) -> tuple[_Numbered, _Numbered]:
    group: _Numbered = []
    later: _Numbered = []
    seen: set[str] = set()
    of_stock: type[Command] | None = None
    for number, submission in waiting:
        command = submission.command
        try:
            stream = env.kinds.of_command(command).stream_of(command)
        except OrderCoreError as error:
            results[number] = error
            continue
        alike = of_stock is (type(command) if stream is None else None)
        names = {submission.command_id, stream or ""} - {""}
        if group and not alike:
            later.append((number, submission))
            break
        of_stock = type(command) if stream is None else None
        # Of one stream the second waits for the first, and the third for the second.
        (group if seen.isdisjoint(names) else later).append((number, submission))
        seen |= names
    taken = {number for number, _ in group + later} | results.keys()
    return group, later + [wish for wish in waiting if wish[0] not in taken]


def _submit_group(
    env: Environment, group: _Numbered, results: dict[int, _Result]
) -> Loop[_Numbered]:
    """
    Decide and write a group; return what stands behind a refusal.

    """
    decided: list[tuple[int, Decided]] = []
    alone: _Numbered = []
    rest: _Numbered = []
    for place, (number, submission) in enumerate(group):
        try:
            found = yield from decide_loop(env, submission)
        except Rejected:
            alone.append((number, submission))
            rest = group[place + 1 :]
            break
        except OrderCoreError as error:
            results[number] = error
        else:
            if isinstance(found, Decided):
                decided.append((number, found))
            else:
                results[number] = yield from env.streams.retold(found)
    alone += yield from _write_group(env, decided, results)
    for number, submission in sorted(alone, key=_number):
        try:
            submitted = yield from submit_loop(env, submission)
            results[number] = yield from env.streams.retold(submitted)
        except OrderCoreError as error:
            results[number] = error
    return rest


def _write_group(
    env: Environment, decided: Sequence[tuple[int, Decided]], results: dict[int, _Result]
) -> Loop[_Numbered]:
    """
    Write decisions together; return what has lost a race.

    """
    lost: _Numbered = []
    if not decided:
        return lost
    try:
        answers = yield from env.streams.write_many([(d.commit, d.after) for _, d in decided])
    except PortUnavailable as error:
        results.update((number, error) for number, _ in decided)
        return lost
    for (number, one), answer in zip(decided, answers, strict=True):
        if isinstance(answer, Receipt):
            try:
                results[number] = yield from env.streams.retold(
                    env.noted.note(one.submitted(answer))
                )
            except Rejected as refusal:
                results[number] = refusal
        elif isinstance(answer, Conflict | Rejected):
            lost.append((number, one.submission))
        else:
            results[number] = answer
    return lost


def _number(numbered: tuple[int, Submission]) -> int:
    return numbered[0]
