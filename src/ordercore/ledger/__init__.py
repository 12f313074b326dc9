"""
The ledger: a double-entry log of integer amounts of any unit.

Amounts move from a source account to a target account, at once or in two phases: a pending
transfer holds the amount until it is posted, voided or expires by time. Steps are linked in
batches of which all apply or none; ids are idempotent; a mistake is corrected by a step in the
opposite direction, never by an edit. What enters one account has left another, so sums are
conserved by construction and every number can name the steps that made it.
"""

from ordercore.ledger._accounts import AccountId, AccountParts, account, account_parts
from ordercore.ledger._book import Ledger, unguarded
from ordercore.ledger._checkpoint import Checkpoint, OlderLog
from ordercore.ledger._history import (
    Line,
    Number,
    balance_after,
    balance_recorded_by,
    explain,
    history,
    posted_occurred_by,
)
from ordercore.ledger._holds import Hold, Movement, open_pending
from ordercore.ledger._rules import EXPIRE_MAX, apply_batch
from ordercore.ledger._steps import (
    NOTHING,
    Balance,
    Divide,
    Ending,
    Entry,
    ExpirePending,
    Merge,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Reverse,
    Step,
    VoidPending,
    expiry_id,
    reversal_id,
)
from ordercore.ledger._table import Account, Table

__all__ = [
    "EXPIRE_MAX",
    "NOTHING",
    "Account",
    "AccountId",
    "AccountParts",
    "Balance",
    "Checkpoint",
    "Divide",
    "Ending",
    "Entry",
    "ExpirePending",
    "Hold",
    "Ledger",
    "Line",
    "Merge",
    "Movement",
    "Number",
    "OlderLog",
    "OpenPending",
    "Pend",
    "Post",
    "PostPending",
    "Reverse",
    "Step",
    "Table",
    "VoidPending",
    "account",
    "account_parts",
    "apply_batch",
    "balance_after",
    "balance_recorded_by",
    "expiry_id",
    "explain",
    "history",
    "open_pending",
    "posted_occurred_by",
    "reversal_id",
    "unguarded",
]
