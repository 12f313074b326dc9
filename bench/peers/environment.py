"""
The environment that the peers live in: theirs alone, made once by the run that needs it.

Peers must not share ordercore's environment: their dependencies would decide the versions of ours,
and ours would decide theirs. What is installed is pinned with hashes in requirements/peers.txt;
`make lock` resolves it anew. A changed file makes a new environment.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

__all__ = ["HOME", "PeersMissing", "python_of_peers"]

ROOT: Final = Path(__file__).resolve().parents[2]
HOME: Final = ROOT / ".bench"


class PeersMissing(Exception):
    """The peers are not installed and can't be."""


def python_of_peers(root: Path = ROOT) -> Path:
    """
    Return the interpreter of the peers' environment, which is made if it is missing.

    Raises:
        PeersMissing: There is no uv to make it with, or the installation failed.
    """
    pins = root / "requirements" / "peers.txt"
    environment = root / ".bench" / "venv"
    python = environment / "bin" / "python"
    stamp = environment / "installed"
    wanted = hashlib.sha256(pins.read_bytes()).hexdigest() + f" {sys.version}\n"
    if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    uv = _uv(root)
    print(f"installing the peers into {environment.relative_to(root)}, once", file=sys.stderr)
    for command in (
        ["venv", "--quiet", "--clear", "--python", sys.executable, str(environment)],
        ["pip", "sync", "--quiet", "--python", str(python), "--require-hashes", str(pins)],
    ):
        if subprocess.run([uv, *command], check=False).returncode != 0:  # noqa: S603  # our own
            raise PeersMissing(
                f"the peers could not be installed: uv {command[0]} failed; its message is above."
                " A package index must be reachable the first time"
            )
    stamp.write_text(wanted, encoding="utf-8")
    return python


def _uv(root: Path) -> str:
    own = root / ".tools" / "bin" / "uv"
    found = str(own) if own.exists() else shutil.which("uv")
    if found is None:
        raise PeersMissing(
            "the peers are not installed, and there is no uv to install them with:"
            " run `make bench-engine`, which fetches it;"
            " --small measures ordercore alone"
        )
    return found
