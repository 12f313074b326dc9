"""
The table of intake: which rules each command is decided by.

"""

from typing import Final

from ordercore.grammar import CommandTable
from ordercore.intake import _commands as c
from ordercore.intake import _receiving, _seek

__all__ = ["RULES"]

RULES: Final = CommandTable(
    "ordercore.intake",
    {
        c.ReceiveNotice: (_receiving.no_needs, _receiving.decide_receive),
        c.SeekOrders: (_seek.seek_needs, _seek.decide_seek),
        c.RecordNoticeOutcome: (_receiving.no_needs, _receiving.decide_outcome),
        c.RecordNoticeAttempt: (_receiving.no_needs, _receiving.decide_attempt),
        c.ReopenNotice: (_receiving.no_needs, _receiving.decide_reopen),
        c.RetryNotice: (_receiving.no_needs, _receiving.decide_retry),
        c.DismissNotice: (_receiving.no_needs, _receiving.decide_dismiss),
    },
)
