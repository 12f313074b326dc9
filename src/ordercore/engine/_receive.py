"""
Turning a provider's message into the command that keeps it.

Intake is loaded with the first message: most processes of a shop never see one.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

import attrs

from ordercore.engine._requests import Loop
from ordercore.engine._streams import Streams
from ordercore.errors import Rejected
from ordercore.ids import StreamId
from ordercore.instants import Instant
from ordercore.ports import WebhookSource

if TYPE_CHECKING:
    from ordercore.intake import Headers, ReceiveNotice

__all__ = ["kept_before", "received"]


def received(
    source: WebhookSource, headers: "Headers", body: bytes, at: Instant, vault_ref: str
) -> "ReceiveNotice":
    """
    Verify a message and read it.

    Raises:
        Rejected: It is not genuine, not whole or not fresh.
        InvalidData: It can't be read.
    """
    message_id = source.verify(headers, body, at)
    intake: Any = import_module("ordercore.intake")
    command: ReceiveNotice = intake.ReceiveNotice(
        provider=source.provider,
        message_id=message_id,
        notices=source.read(body),
        accounts=source.accounts,
        vault_ref=vault_ref,
    )
    return command


def kept_before(
    refused: Rejected, command: "ReceiveNotice", streams: Streams
) -> "Loop[ReceiveNotice | None]":
    """
    Return the command as it was kept, where a refusal says that only the host's own part differs.

    A body may be put into the vault once more, and the accounts of a source may be set anew, before
    a provider sends a message again: it is the same message.
    """
    if refused.code != "key_reused" or refused.data.get("field") not in {"accounts", "vault_ref"}:
        return None
    known: Any = (yield from streams.load(StreamId(f"notice/{command.notice_id}"))).state
    return attrs.evolve(command, accounts=known.accounts, vault_ref=known.vault_ref)
