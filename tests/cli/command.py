"""
How the command is called, as a type.
"""

import subprocess
from pathlib import Path
from typing import Protocol

import ordercore

#: Where a process started by a test finds the package under test.
SOURCE = str(Path(ordercore.__file__).parents[1])


class Run(Protocol):
    """
    Runs ``python -m ordercore`` in a process of its own, its output in pipes.
    """

    def __call__(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]: ...
