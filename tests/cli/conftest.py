"""
What the tests of the command line share: a day that was lived once, and how the command is run.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.command import SOURCE, Run


@pytest.fixture(scope="session")
def run() -> Run:
    def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "ordercore", *arguments],
            env={**os.environ, "PYTHONPATH": SOURCE, **environment},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def told(run: Run, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    store = tmp_path_factory.mktemp("day") / "shop.db"
    ended = run("demo", "--store", str(store))

    assert (ended.returncode, ended.stderr) == (0, "")
    return store, ended.stdout


@pytest.fixture
def store(told: tuple[Path, str], tmp_path: Path) -> Path:
    """
    A copy of the day's store that a test may spoil.
    """
    return Path(shutil.copy(told[0], tmp_path / "shop.db"))
