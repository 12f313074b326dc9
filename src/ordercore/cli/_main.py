"""
Arguments, exit codes, and errors in one line.

Exit codes: 0 all is well; 1 an audit found something, or something waits for a person; 2 it could
not be done, with one line on standard error saying why; 130 interrupted by the user.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import ordercore
from ordercore.cli._demo import run_demo
from ordercore.cli._narrator import Narrator, SilentNarrator, narrator_for
from ordercore.cli._opening import Where
from ordercore.cli._reports import (
    Report,
    report_dead_letters,
    report_stock,
    report_timeline,
    report_verification,
    report_why,
)
from ordercore.errors import OrderCoreError

__all__ = ["main"]

_OK: Final = 0
_FOUND: Final = 1
_FAILED: Final = 2
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command ``ordercore``.

    Args:
        arguments: As typed, without the program's name; None for the process's own.

    Returns:
        The exit code.

    Raises:
        SystemExit: Of argparse: the arguments make no sense (2), or help or version was asked (0).
    """
    given = _parser().parse_args(arguments)
    _never_fail_on_letters()
    try:
        report = _run(given)
        if given.json:
            print(json.dumps(report.data))
        sys.stdout.flush()
    except OrderCoreError as error:
        print(f"ordercore: {' '.join(str(error).split())}", file=sys.stderr)
        return _FAILED
    except BrokenPipeError:
        # Whoever read has seen enough. Python would complain once more when it closes the pipe.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _OK
    except KeyboardInterrupt:
        return _INTERRUPTED
    return _OK if report.well else _FOUND


def _run(given: argparse.Namespace) -> Report:
    tell: Narrator = SilentNarrator() if given.json else narrator_for(sys.stdout, plain=given.plain)
    match given.command:
        case "verify":
            return report_verification(given.store, given.tenant, tell)
        case "dead-letters":
            return report_dead_letters(given.store, given.tenant, tell)
        case "timeline":
            return report_timeline(given.store, given.tenant, given.order_id, tell)
        case "stock" if given.why is not None:
            return report_why(given.store, given.tenant, given.why, tell)
        case "stock":
            return report_stock(given.store, given.tenant, tell)
        case "simulate":
            return _simulated(given, tell)
        case _:
            return Report(run_demo(tell, given.store))


def _simulated(given: argparse.Namespace, tell: Narrator) -> Report:
    # Loaded here: nobody else pays for what only tests need.
    from ordercore.cli._simulate import SimulateOptions, report_simulation  # noqa: PLC0415

    options = SimulateOptions(
        seed=given.seed,
        steps=given.steps,
        tenants=given.tenants,
        store=given.store,
        report=given.report,
        acts=given.acts,
        checked=not given.unchecked,
        quiet=given.json,
    )
    return report_simulation(options, tell)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ordercore",
        description="Look into a store of orders, or see a shop live through a day.",
    )
    parser.add_argument("--version", action="version", version=f"ordercore {ordercore.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    demo = commands.add_parser("demo", help="a day of a small shop, with a real crash")
    demo.add_argument("--store", type=Path, metavar="FILE", help="keep the day in this new file")
    _add_output(demo, "print nothing but one line of JSON")
    for name, told in (
        ("verify", "recompute everything that is kept, and name every difference and leak"),
        ("dead-letters", "what waits for a person, since when and why; exit code 1 if anything"),
        ("timeline", "the history of an order in words"),
        ("stock", "what lies where, and what of it is available"),
    ):
        command = commands.add_parser(name, help=told)
        command.add_argument(
            "store",
            type=Where,
            metavar="STORE",
            help="a SQLite file, or the postgresql:// URL of a database",
        )
        if name == "timeline":
            command.add_argument("order_id", metavar="ORDER_ID", help="the host's number for it")
        if name == "stock":
            command.add_argument(
                "--why", metavar="SKU@PLACE", help="the steps that make what is available of it"
            )
        command.add_argument("--tenant", default="main", metavar="T", help="whose (%(default)s)")
        _add_output(command, "print one line of JSON")
    _add_simulate(commands.add_parser("simulate", help="a shop under all that can go wrong"))
    return parser


def _add_simulate(command: argparse.ArgumentParser) -> None:
    command.add_argument("--seed", type=int, default=1, help="what is drawn from (%(default)s)")
    command.add_argument("--steps", type=int, default=10_000, help="how many (%(default)s)")
    command.add_argument("--tenants", type=int, default=2, help="shops in one store (%(default)s)")
    command.add_argument(
        "--store", type=Where, metavar="STORE", help="a new file or empty database"
    )
    command.add_argument("--report", type=Path, metavar="FILE", help="write a page about it")
    command.add_argument("--acts", metavar="N,N-N", help="play these acts alone, to replay a story")
    command.add_argument("--unchecked", action="store_true", help="without the auditor")
    _add_output(command, "print one line of JSON")


def _add_output(parser: argparse.ArgumentParser, json_help: str) -> None:
    parser.add_argument("--json", action="store_true", help=json_help)
    parser.add_argument("--plain", action="store_true", help="no colors, also in a terminal")


def _never_fail_on_letters() -> None:
    """
    Print what a narrow encoding can't show as escapes, instead of failing on somebody's name.
    """
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
