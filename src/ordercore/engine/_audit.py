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

from collections.abc import Iterator

from ordercore.errors import InvariantViolated, Rejected
from ordercore.ids import TenantId
from ordercore.instants import Instant
from ordercore.ledger import (
    AccountId,
    Balance,
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

__all__ = ["audit_ledger"]


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
    if not tuple(_differences(store, tenant)):
        return ()
    with store.hold(tenant):
        return tuple(_differences(store, tenant))


def _differences(store: Store, tenant: TenantId) -> Iterator[str]:
    entries = store.entries(tenant)
    replay = _Replay({e.step.step for e in entries if isinstance(e.step, Reverse)})
    expected = 1
    for entry in store.entries(tenant):
        if entry.position != expected:
            yield f"log position {expected}: missing, the next one found is {entry.position}"
        expected = entry.position + 1
        fault = replay.take(entry.step, entry.recorded_at)
        if fault is not None:
            yield f"log position {entry.position}: {fault}"
    yield from _balances_that_differ(store, tenant, replay.balances)
    yield from _holds_that_differ(store, tenant, replay.holds)


def _balances_that_differ(
    store: Store, tenant: TenantId, balances: dict[AccountId, Balance]
) -> Iterator[str]:
    left = dict(balances)
    for account, recorded in store.accounts(tenant):
        recomputed = left.pop(account, None)
        if recomputed != recorded:
            yield _difference(account, recorded, recomputed)
    for account in sorted(left):
        yield _difference(account, None, left[account])


def _holds_that_differ(
    store: Store, tenant: TenantId, holds: dict[str, OpenPending]
) -> Iterator[str]:
    left = dict(holds)
    for recorded in store.pendings(tenant):
        recomputed = left.pop(recorded.id, None)
        if recomputed != recorded:
            yield f"hold {recorded.id}: recorded {recorded}, recomputed {recomputed or 'not open'}"
    for pending_id in sorted(left):
        yield f"hold {pending_id}: recorded not open, recomputed {left[pending_id]}"


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

    __slots__ = ("_kept", "_reversed")

    def __init__(self, reversed_steps: set[str]) -> None:
        super().__init__()
        self._reversed = reversed_steps
        self._kept: dict[str, tuple[Step, Movement]] = {}

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

    def take(self, step: Step, at: Instant) -> str | None:
        """
        Apply a recorded step; say what is wrong with it where it can't have been recorded.

        """
        try:
            apply_batch((unguarded(step),), self, at)
        except (Rejected, InvariantViolated) as error:
            return str(error)
        if step.id in self._reversed:
            self._kept[step.id] = (step, self.movement(step))
        self.log.clear()
        self.ended.clear()
        return None
