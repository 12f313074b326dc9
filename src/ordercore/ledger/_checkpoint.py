"""
Checkpoints: a ledger goes on where another stopped, without reading its log again.

A checkpoint is what the rules need to go on: the balances and the open holds at a position. Ids
are unique for ever, so the log before it stays at hand, and is asked only for an id that the steps
since do not know.
"""

from collections.abc import Iterator, Mapping
from typing import Protocol

import attrs

from ordercore.ledger._accounts import AccountId
from ordercore.ledger._steps import Balance, Entry, OpenPending, Step
from ordercore.ledger._table import Table

__all__ = ["Checkpoint", "OlderLog", "continued"]


@attrs.frozen
class Checkpoint:
    """
    A ledger at a position.

    Attributes:
        position: Of the last step that it knows.
        balances: Of every touched account.
        holds: The open ones, in the order in which they were made.
    """

    position: int
    balances: Mapping[AccountId, Balance]
    holds: tuple[OpenPending, ...]


class OlderLog(Protocol):
    """
    The log before a checkpoint; a :class:`~ordercore.ledger.Ledger` is one.

    """

    def step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        ...

    def ended_by(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        ...

    def entries(self, account: AccountId | None = None, after: int = 0) -> Iterator[Entry]:
        """
        Iterate over the log, all of it or what touched one account, in order.

        """
        ...


class _Log(dict[str, Step]):
    """
    The steps since a checkpoint, which knows those before it by id too.

    """

    def __init__(self, older: OlderLog) -> None:
        super().__init__()
        self._older = older

    def __contains__(self, step_id: object) -> bool:
        return super().__contains__(step_id) or self._older.step(str(step_id)) is not None

    def __missing__(self, step_id: str) -> Step:
        step = self._older.step(step_id)
        if step is None:
            raise KeyError(step_id)
        return step


class _Continued(Table):
    """
    A table that begins at a checkpoint.

    """

    __slots__ = ("_older",)

    def __init__(self, older: OlderLog) -> None:
        super().__init__()
        self._older = older
        self.log = _Log(older)

    def find_step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        return self.log.get(step_id) or self._older.step(step_id)

    def find_ending(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold.

        """
        return self.ended.get(pending_id) or self._older.ended_by(pending_id)


def continued(checkpoint: Checkpoint, older: OlderLog) -> Table:
    """
    Make the table of a checkpoint.

    Cost: O(accounts + open holds).

    Raises:
        InvalidData: An account id is none.
    """
    table = _Continued(older)
    for name, numbers in checkpoint.balances.items():
        table.accounts[name] = table.row(name, *numbers)
    for hold in checkpoint.holds:
        table.hold(hold)
    return table
