"""
How a run talks to its workers: one line asks, one line answers.

A worker is a program that is started once and kept for all rounds, so that its imports are not
measured. It reads from standard input ``<way> <lives> <path>``: lead so many lives on a fresh
store at that path (``-``: in memory). It answers one line of JSON: ``{"seconds": ..., "end": ...}``
or ``{"error": ...}``. Its first line, unasked, is ``{"ready": {package: version}}``. Every side of
a comparison is such a worker, ordercore too: none of them carries the measuring program's heap.
"""

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

__all__ = ["IN_MEMORY", "Life", "Worker", "WorkerFailed", "serve"]

IN_MEMORY: Final = "-"
ROOT: Final = Path(__file__).resolve().parents[2]

#: Leads so many lives on a fresh store at a path; returns seconds and the end state.
Life = Callable[[int, str], tuple[float, dict[str, int]]]


class WorkerFailed(Exception):
    """A worker could not start, or could not do what it was asked for."""


def serve(packages: tuple[str, ...], ways: Mapping[str, Life]) -> None:
    """Answer requests until standard input ends. Whatever else prints goes to standard error."""
    answers, sys.stdout = sys.stdout, sys.stderr

    def answer(found: dict[str, Any]) -> None:
        print(json.dumps(found), file=answers, flush=True)

    answer({"ready": {name: version(name) for name in packages}})
    for line in sys.stdin:
        way, lives, path = line.rstrip("\n").split(" ", 2)
        try:
            seconds, end = ways[way](int(lives), path)
        except Exception as error:  # noqa: BLE001  # told to the one who asked
            traceback.print_exc()
            answer({"error": f"{type(error).__name__}: {error}"})
        else:
            answer({"seconds": seconds, "end": end})


class Worker:
    """One started worker; use it as a context."""

    def __init__(self, python: Path, module: str) -> None:
        self._module: Final = module
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PYTHON", "COV_", "COVERAGE", "DJANGO_"))
        }
        kept["PYTHONPATH"] = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
        self._process: Final = subprocess.Popen(  # noqa: S603  # our own program
            [str(python), "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=kept,
        )
        try:
            self.versions: Final[dict[str, str]] = self._answer()["ready"]
        except WorkerFailed:
            self._process.communicate()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def lead(self, way: str, lives: int, path: str) -> tuple[float, dict[str, int]]:
        """Have lives led; return the seconds they took and the end state."""
        self.ask(way, lives, path)
        return self.answer()

    def ask(self, way: str, lives: int, path: str) -> None:
        """Have lives led, and don't wait: several workers may be at it at once."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{way} {lives} {path}\n")
        self._process.stdin.flush()

    def answer(self) -> tuple[float, dict[str, int]]:
        """Wait for what was asked last."""
        found = self._answer()
        if "error" in found:
            raise WorkerFailed(f"{self._module}: {found['error']}")
        return found["seconds"], found["end"]

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise WorkerFailed(f"{self._module} ended with {self._process.wait()}")
        found: dict[str, Any] = json.loads(line)
        return found
