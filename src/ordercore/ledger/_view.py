"""
What the rules of the ledger read, and what they say is to be written.

"""

from collections.abc import Sequence
from typing import Protocol

import attrs

from ordercore.instants import Instant
from ordercore.ledger._accounts import AccountId
from ordercore.ledger._steps import Balance, OpenPending, Step

__all__ = ["LedgerView", "Outcome"]


class LedgerView(Protocol):
    """
    What the rules must be able to read, in one consistent moment.

    """

    def step(self, step_id: str) -> Step | None:
        """
        Return the recorded step of that id.

        """
        ...

    def open_pending(self, pending_id: str) -> OpenPending | None:
        """
        Return the hold of that id while it is open.

        """
        ...

    def ended_by(self, pending_id: str) -> Step | None:
        """
        Return the step that ended a hold, or None where it is open or was never made.

        """
        ...

    def balance(self, account: AccountId) -> Balance:
        """
        Return the recorded balance, due holds still counted.

        """
        ...

    def due_pendings(self, account: AccountId, at: Instant, limit: int) -> Sequence[OpenPending]:
        """
        Return open holds that leave an account and are due, by (expiry, id).

        """
        ...


@attrs.define
class Outcome:
    """
    What a batch comes to; nothing is written before all of it is.

    Attributes:
        repeated: Every step was recorded before with the same content; there is nothing to write.
        steps: To append, expiries first where a guard called for them.
        balances: The new balances of the accounts touched.
        opened: Holds that are open afterwards and were not before.
        closed: Ids of holds that were open before and are not afterwards.
    """

    repeated: bool = False
    steps: list[Step] = attrs.Factory(list[Step])
    balances: dict[AccountId, Balance] = attrs.Factory(dict[AccountId, Balance])
    opened: dict[str, OpenPending] = attrs.Factory(dict[str, OpenPending])
    closed: list[str] = attrs.Factory(list[str])
