"""
Run a PostgreSQL server for as long as somebody listens.

python tests/_postgres_keeper.py BIN FOLDER [SETTING=VALUE ...]

The parent holds the other end of the standard input and may write lines: ``crash`` stops the server
at once, as a power cut would find it, and ``start`` starts it again; each is answered by a line.
When the input ends, however the parent came to its end, the server is stopped and its folder
removed: nothing is left behind by a test run that was killed.
"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

WAIT_S = 10


def identity() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: then somebody without rights runs it."""
    if os.geteuid() != 0:
        return {}
    return {"user": "nobody", "extra_groups": ()}


def start(binaries: Path, folder: Path, settings: list[str]) -> "subprocess.Popen[Any]":
    flags = [flag for setting in settings for flag in ("-c", setting)]
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            [binaries / "postgres", "-D", folder / "data", "-k", folder, *flags],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            **identity(),
        )


def stop(server: "subprocess.Popen[Any]", how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(WAIT_S)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def main() -> None:
    binaries, folder, *settings = sys.argv[1:]
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # a test run is interrupted as a group
    server = start(Path(binaries), Path(folder), settings)
    try:
        for line in sys.stdin:
            if line.strip() == "crash":
                stop(server, signal.SIGQUIT)
            else:
                server = start(Path(binaries), Path(folder), settings)
            print("done", flush=True)  # noqa: T201 - the answer
    finally:
        stop(server, signal.SIGINT)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
