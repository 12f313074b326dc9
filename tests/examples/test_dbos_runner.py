"""The example of DBOS as runner: a killed worker and wiped tables, and every order ends once."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.postgres import own_server

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "examples" / "dbos_runner" / "main.py"


@pytest.fixture
def run() -> Iterator[Callable[..., str]]:
    """Return what runs the example at a server of its own: the program, and the code it ends in."""
    if find_spec("dbos") is None:
        pytest.skip("dbos is not installed")
    server = own_server()
    dsn = f"postgresql://ordercore@/postgres?host={server.folder}"

    def program(what: str, *rest: str, ends: int = 0) -> str:
        code = (
            f"import sys, runpy; sys.path[:] = {[str(ROOT), *sys.path]!r}; "
            f"sys.argv = {['main.py', what, dsn, *rest]!r}; "
            f"runpy.run_path({str(PROGRAM)!r}, None, '__main__')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == ends, done.stderr
        return done.stdout

    yield program
    server.stop()


@pytest.mark.slow
def test_dbos_recovers_after_a_kill_and_a_redrive_after_its_tables_were_wiped(
    run: Callable[..., str],
) -> None:
    def told() -> dict[str, Any]:
        report: dict[str, Any] = json.loads(run("tell"))
        return report

    run("prepare")
    run("sell", "O-1", "O-2")
    run("work", "--die", ends=9)
    run("work")
    assert told()["acts"] == ["O-1/payment-1", "O-2/payment-1"]

    run("sell", "O-3", "O-4")
    run("wipe")
    assert run("redrive").strip() == "2"
    run("work")

    report = told()
    assert report["acts"] == [f"O-{n}/payment-1" for n in range(1, 5)]
    assert report["due_now"] == 0
    assert report["verify"].endswith("balanced, no leaks")
