"""
A file that outlives the process which writes it: one line of text for each thing that happened.

A line counts once its newline is written. A process that is killed in the middle of a line leaves
a torn end; it is cut off before the next line is written, because what it would have said was
never answered to anybody. Lines are appended and synced to the disk before the answer goes out.

Several processes may have the file open and each sees what the others wrote at its next call, but
only one may act at a time: there is no lock, as the provider's own would be at the provider.
"""

import os
from pathlib import Path

__all__ = ["Journal"]


class Journal:
    """
    An append-only file of lines.

    Args:
        path: Where; made where there is none. Its folder must exist.
    """

    __slots__ = ("_path", "_read", "_torn")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._torn = False
        path.touch()

    def unread(self) -> list[str]:
        """
        Return the whole lines written since the last call, by whomever.

        Cost: O(bytes written since).
        """
        with self._path.open("rb") as file:
            file.seek(self._read)
            data = file.read()
        whole, newline, torn = data.rpartition(b"\n")
        self._torn = bool(torn)
        self._read += len(whole) + len(newline)
        return whole.decode("utf-8").split("\n") if newline else []

    def append(self, line: str) -> None:
        """
        Write a line so that it survives the process; :meth:`unread` gives it back.

        """
        if self._torn:
            os.truncate(self._path, self._read)
            self._torn = False
        with self._path.open("ab") as file:
            file.write(line.encode("utf-8") + b"\n")
            file.flush()
            os.fsync(file.fileno())
