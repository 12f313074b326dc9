"""A store in memory that is to be made wrong in one way."""

import threading
from itertools import count
from typing import Any, cast

import attrs

from ordercore.ids import CommandId
from ordercore.ports import Commit, Receipt
from ordercore.stores import MemoryStore

NUMBERS = count()


def crowded() -> bool:
    """Tell whether a case asks from several threads."""
    return threading.current_thread().name.startswith("ThreadPool")


def only(commit: Commit, **brings: Any) -> Commit:
    """Take what a commit brings to the ledger alone, under a key of its own."""
    receipt = attrs.evolve(
        commit.receipt,
        command_id=CommandId(f"wrong-{next(NUMBERS)}"),
        stream=None,
        from_version=0,
        to_version=0,
        rejected=None,
    )
    empty: dict[str, Any] = {"events": (), "steps": (), "next_due": None, "settles": (), "waits": 0}
    return attrs.evolve(commit, receipt=receipt, snapshot=None, **(empty | brings))


class Wrong:
    """A store in memory, and the same one when it is opened again."""

    def __init__(self) -> None:
        self.right: Any = MemoryStore()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.right, name)

    def back(self) -> Any:
        return self

    def version(self, commit: Commit) -> int:
        stream = commit.receipt.stream
        return len(self.right.load(commit.tenant, stream)) if stream else 0

    def at_its_end(self, commit: Commit) -> Commit:
        """Have a commit expect whatever version there is."""
        version = self.version(commit)
        to_version = version + len(commit.events)
        receipt = attrs.evolve(commit.receipt, from_version=version, to_version=to_version)
        return attrs.evolve(commit, receipt=receipt)

    def renamed(self, commit: Commit) -> Commit:
        name = CommandId(f"wrong-{next(NUMBERS)}")
        return attrs.evolve(commit, receipt=attrs.evolve(commit.receipt, command_id=name))

    def known(self, commit: Commit) -> Receipt | None:
        return cast("Receipt | None", self.right.recall(commit.tenant, commit.receipt.command_id))
