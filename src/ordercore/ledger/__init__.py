"""
The ledger: a double-entry log of integer amounts of any unit.

Amounts move from a source account to a target account, at once or in two phases: a pending
transfer holds the amount until it is posted, voided or expires by time. Steps are linked in
batches of which all apply or none; ids are idempotent; a mistake is corrected by a step in the
opposite direction, never by an edit. What enters one account has left another, so sums are
conserved by construction and every number can name the steps that made it.
"""

from ordercore.ledger._accounts import AccountId, AccountParts, account, account_parts
from ordercore.ledger._book import Ledger
from ordercore.ledger._made import made_pending
from ordercore.ledger._rules import apply_batch
from ordercore.ledger._steps import (
    NOTHING,
    Balance,
    Divide,
    Entry,
    ExpirePending,
    OpenPending,
    Pend,
    Post,
    PostPending,
    Step,
    VoidPending,
)
from ordercore.ledger._view import LedgerView, Outcome

__all__ = [
    "NOTHING",
    "AccountId",
    "AccountParts",
    "Balance",
    "Divide",
    "Entry",
    "ExpirePending",
    "Ledger",
    "LedgerView",
    "OpenPending",
    "Outcome",
    "Pend",
    "Post",
    "PostPending",
    "Step",
    "VoidPending",
    "account",
    "account_parts",
    "apply_batch",
    "made_pending",
]
