"""
``ordercore simulate``: a shop under everything that can go wrong, replayable from one number.

"""

import sys
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Final

import attrs

from ordercore.cli._narrator import Column, Mark, Narrator, Table
from ordercore.cli._opening import Where
from ordercore.cli._reports import Report
from ordercore.errors import InvalidData, Rejected
from ordercore.ports import Store
from ordercore.stores import MemoryStore, SQLiteStore
from ordercore.testing.simulation import Findings, report_page, shrink, simulate

__all__ = ["SimulateOptions", "acts_of", "report_simulation"]

#: How many steps are played twice to say what checking costs.
_COMPARED: Final = 2_000
_STORY_MAX: Final = 200


@attrs.frozen(kw_only=True)
class SimulateOptions:
    """
    What was typed.

    Attributes:
        seed: Of the run.
        steps: How many, at least.
        tenants: How many shops share the store.
        store: Where; None for memory.
        report: The file that a page about it is written to.
        acts: The only acts to play, as ``3,17,90-95``.
        checked: Whether the auditor predicts every reply.
        quiet: Whether no progress is shown.
    """

    seed: int
    steps: int
    tenants: int
    store: Where | None
    report: Path | None
    acts: str | None
    checked: bool
    quiet: bool


def report_simulation(options: SimulateOptions, tell: Narrator) -> Report:
    """
    Simulate, tell what it came to, and where it failed the shortest story that does.

    Raises:
        Rejected: ``store_in_use``: there is something in the store already.
        InvalidData: The acts can't be read.
    """
    acts = None if options.acts is None else acts_of(options.acts)
    with _store(options.store) as store, _progress(options) as progress:
        findings = simulate(
            seed=options.seed,
            steps=options.steps,
            tenants=options.tenants,
            store=store,
            checked=options.checked,
            acts=acts,
            progress=progress,
            told=acts is not None,
        )
    if not findings.passed and acts is None:
        findings = _shortest(options, findings, tell)
    replay = _replay(options, findings)
    _tell(findings, replay, tell)
    if options.report is not None:
        options.report.write_text(report_page(findings, replay), encoding="utf-8")
        tell.say(f"A page about it: {options.report}")
    data = {**findings.as_data(), "checked_over_unchecked": _price_of_checking(options)}
    if not findings.passed:
        data["replay"] = replay
    return Report(data, findings.passed)


def acts_of(text: str) -> tuple[int, ...]:
    """
    Read numbers and ranges.

    >>> acts_of("3,7-9")
    (3, 7, 8, 9)

    Raises:
        InvalidData: It is no such text.
    """
    found: list[int] = []
    for part in text.split(","):
        first, dash, last = part.partition("-")
        if not first.isdecimal() or (dash and not last.isdecimal()):
            raise InvalidData("acts", (f"{part!r} is neither a number nor a range like 90-95",))
        found.extend(range(int(first), int(last or first) + 1))
    return tuple(found)


def _acts_text(acts: Iterable[int]) -> str:
    """
    Write numbers as ranges where they follow each other.

    """
    runs: list[list[int]] = []
    for act in acts:
        if runs and act == runs[-1][1] + 1:
            runs[-1][1] = act
        else:
            runs.append([act, act])
    return ",".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


@contextmanager
def _store(where: Where | None) -> Generator[Store, None, None]:
    if where is None:
        yield MemoryStore()
        return
    if where.is_database:
        from ordercore.stores import PostgresStore  # noqa: PLC0415 - an extra

        store: Store = PostgresStore(where.name, connections_max=2)
    else:
        store = SQLiteStore(where.name, durability="normal")
    try:
        if store.tenants():
            raise Rejected(
                "store_in_use",
                f"there is something in {where} already",
                legal=("a new file", "an empty database"),
            )
        yield store
    finally:
        store.close()


@contextmanager
def _progress(options: SimulateOptions) -> Generator[Callable[[int], object] | None, None, None]:
    """
    Show on standard error how far it is, where somebody watches.

    """
    if options.quiet or not sys.stderr.isatty():
        yield None
        return

    def show(steps: int) -> None:
        part = min(steps * 40 // max(options.steps, 1), 40)
        bar = "#" * part + "." * (40 - part)
        print(f"\r  [{bar}] {steps:,} of {options.steps:,} steps", end="", file=sys.stderr)

    try:
        yield show
    finally:
        print("\r" + " " * 78 + "\r", end="", file=sys.stderr)


def _shortest(options: SimulateOptions, findings: Findings, tell: Narrator) -> Findings:
    tell.note(Mark.REFUSED, str(findings.incident))
    tell.say("Looking for the shortest story that fails like this.")
    short = shrink(findings, tenants=options.tenants, checked=options.checked)
    return findings if short.passed else short


def _replay(options: SimulateOptions, findings: Findings) -> str:
    words = [f"ordercore simulate --seed {findings.seed} --steps {options.steps}"]
    words.append(f"--tenants {options.tenants}")
    if not options.checked:
        words.append("--unchecked")
    if findings.acts is not None:
        words.append(f"--acts {_acts_text(findings.acts)}")
    return " ".join(words)


def _price_of_checking(options: SimulateOptions) -> float | None:
    """
    Return how fast a checked run is over an unchecked one, of the same acts, in turns.

    """
    if not options.checked:
        return None
    rates: dict[bool, list[float]] = {True: [], False: []}
    steps = min(options.steps, _COMPARED)
    for checked in (True, False, True, False):
        run = simulate(seed=options.seed, steps=steps, tenants=options.tenants, checked=checked)
        rates[checked].append(run.steps_per_s)
    return round(median(rates[True]) / max(median(rates[False]), 1.0), 3)


def _tell(findings: Findings, replay: str, tell: Narrator) -> None:
    done = max(findings.steps + findings.steps_to_rest, 1)
    tell.title(
        f"Simulation {findings.seed}",
        f"{findings.steps:,} steps in {findings.acts_played:,} acts, "
        f"{findings.simulated_s // 86_400:,} days of virtual time, "
        f"{findings.steps_per_s:,.0f} steps a second, {findings.orders:,} orders, "
        f"{100 * findings.accepted // done} % accepted.",
    )
    faults = sorted(findings.faults_fired.items())
    tell.table(
        Table(
            columns=(
                Column("fault"),
                Column("struck", number=True),
                Column("settled after, median s", number=True),
            ),
            rows=tuple((str(kind), f"{n:,}", _median_of(findings, kind)) for kind, n in faults),
            total=("", f"{sum(n for _, n in faults):,}", ""),
        )
    )
    checks = sorted(findings.invariants_checked.items())
    if checks:
        tell.table(
            Table(
                columns=(Column("promise"), Column("checks", number=True)),
                rows=tuple((name, f"{n:,}") for name, n in checks),
                total=("", f"{sum(n for _, n in checks):,}"),
            )
        )
    if findings.passed:
        at_rest = ", ".join(f"{n:,} {status}" for status, n in sorted(findings.ended.items()))
        tell.note(
            Mark.DONE,
            f"Every promise was kept. At rest: {at_rest or 'no orders'}; {findings.waiting:,} with "
            "something for a person to look at.",
        )
        return
    for line in (findings.story or ())[-_STORY_MAX:]:
        tell.because((line,))
    tell.note(Mark.REFUSED, str(findings.incident))
    tell.say("The same again:")
    tell.commands((replay,))


def _median_of(findings: Findings, kind: str) -> str:
    took = next((took for known, took in findings.recovery_s.items() if known == kind), ())
    return f"{int(median(took)):,}" if took else ""
