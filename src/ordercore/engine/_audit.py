"""
The audit of a ledger: what a store says now, against what its log says happened.

Balances and open holds are indexes over the log. The audit replays the log through the rules of
``ordercore.ledger``, without guards (they were judged in their time) and before all expiry (what
expired is in the log), and compares. It keeps balances, open holds and the
steps that were reversed, never the log: memory is O(accounts + open holds + reversals), time
O(log).

A commit that slips in between two readings would look like a difference. So the first reading
keeps nobody out, and only where it finds differences they are looked at again with every other
writer held off; what is reported then is true.
"""

from collections.abc import Sequence

from ordercore.engine._driver import Driver
from ordercore.engine._requests import Call, Each, Hold, Loop
from ordercore.errors import InvariantViolated, Rejected
from ordercore.ids import TenantId
from ordercore.ledger import (
    AccountId,
    Balance,
    Entry,
    Movement,
    OpenPending,
    Reverse,
    Step,
    Table,
    apply_batch,
    open_pending,
    unguarded,
)
from ordercore.ports import Store

__all__ = ["audit_ledger", "audit_loop"]


def audit_ledger(store: Store, tenant: TenantId) -> tuple[str, ...]:
    """
    Recompute every balance and every open hold of a tenant from its log.

    Args:
        store: Any store; it may be in use.
        tenant: Whose ledger.

    Returns:
        A sentence for each difference: the account or hold, what is recorded, what the log comes
        to; log positions that are missing or against the rules first. Empty where all agree.

    Cost: O(log) twice at most; the second time, where differences were found, writers wait.
    """
    return Driver(store, tenant).drive(audit_loop(store, tenant))


def audit_loop(store: Store, tenant: TenantId) -> Loop[tuple[str, ...]]:
    """
    Recompute every balance and every open hold; see :func:`audit_ledger`.

    """
    if not (yield from _differences(store, tenant)):
        return ()
    return tuple((yield from Hold(_differences(store, tenant))))


def _differences(store: Store, tenant: TenantId) -> Loop[list[str]]:
    reversed_steps: set[str] = set()

    def look_ahead(entry: Entry) -> None:
        if isinstance(entry.step, Reverse):
            reversed_steps.add(entry.step.step)

    yield from Each(look_ahead, store.entries, tenant)
    replay = _Replay(reversed_steps)
    yield from Each(replay.take, store.entries, tenant)
    found = replay.found
    balances, holds = replay.balances, replay.holds

    def compare(row: tuple[AccountId, Balance]) -> None:
        account, recorded = row
        recomputed = balances.pop(account, None)
        if recomputed != recorded:
            found.append(_difference(account, recorded, recomputed))

    yield from Each(compare, store.accounts, tenant)
    found.extend(_difference(account, None, balances[account]) for account in sorted(balances))
    return found + _holds_that_differ((yield from Call(store.pendings, tenant)), holds)


def _holds_that_differ(kept: Sequence[OpenPending], holds: dict[str, OpenPending]) -> list[str]:
    found: list[str] = []
    for recorded in kept:
        recomputed = holds.pop(recorded.id, None)
        if recomputed != recorded:
            found.append(
                f"hold {recorded.id}: recorded {recorded}, recomputed {recomputed or 'not open'}"
            )
    found.extend(
        f"hold {name}: recorded not open, recomputed {holds[name]}" for name in sorted(holds)
    )
    return found


def _difference(account: str, recorded: Balance | None, recomputed: Balance | None) -> str:
    return f"{account}: recorded {_said(recorded)}, recomputed {_said(recomputed)}"


def _said(balance: Balance | None) -> str:
    if balance is None:
        return "nothing"
    return (
        f"posted {balance.posted} pending_out {balance.pending_out} pending_in {balance.pending_in}"
    )


class _Replay(Table):
    """
    The indexes over a log, rebuilt step by step; it remembers no step but those reversed later.

    """

    __slots__ = ("_expected", "_kept", "_reversed", "found")

    def __init__(self, reversed_steps: set[str]) -> None:
        super().__init__()
        self._reversed = reversed_steps
        self._kept: dict[str, tuple[Step, Movement]] = {}
        self._expected = 1
        self.found: list[str] = []

    @property
    def balances(self) -> dict[AccountId, Balance]:
        return {name: row.balance for name, row in self.accounts.items()}

    @property
    def holds(self) -> dict[str, OpenPending]:
        return {hold_id: open_pending(hold) for hold_id, hold in self.open.items()}

    def find_step(self, step_id: str) -> Step | None:
        """
        Return a step that is reversed later.

        """
        return self._kept[step_id][0] if step_id in self._kept else None

    def movement(self, step: Step) -> Movement:
        """
        Say what a step of the batch, or one that is reversed later, has moved.

        """
        return self._kept[step.id][1] if step.id in self._kept else super().movement(step)

    def take(self, entry: Entry) -> None:
        """
        Apply a recorded step; note what is missing before it, and why it can't have been recorded.

        """
        if entry.position != self._expected:
            self.found.append(
                f"log position {self._expected}: missing, the next one found is {entry.position}"
            )
        self._expected = entry.position + 1
        step = entry.step
        try:
            apply_batch((unguarded(step),), self, entry.recorded_at)
        except (Rejected, InvariantViolated) as error:
            self.found.append(f"log position {entry.position}: {error}")
            return
        if step.id in self._reversed:
            self._kept[step.id] = (step, self.movement(step))
        self.log.clear()
        self.ended.clear()
