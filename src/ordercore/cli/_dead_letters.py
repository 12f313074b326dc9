"""
What waits for a person, as a table for each reason.

Whoever looks after a provider's bad morning has a hundred letters and one reason; so the reason is
said once, and under it stand its letters.
"""

from collections.abc import Iterator, Sequence

from ordercore.cli._narrator import Column, Mark, Narrator, Table
from ordercore.cli._words import counted, listed
from ordercore.engine import DeadLetter, dead_letters
from ordercore.ids import TenantId
from ordercore.instants import format_instant
from ordercore.ports import Store

__all__ = ["all_letters", "letters_data", "tell_letters"]

_PAGE = 100


def all_letters(store: Store, tenant: TenantId) -> tuple[DeadLetter, ...]:
    """
    Read all dead letters of the kinds that ordercore has, the longest waiting first.

    """
    return tuple(
        sorted(_pages(store, tenant), key=lambda letter: (letter.since, letter.effect_key))
    )


def _pages(store: Store, tenant: TenantId) -> Iterator[DeadLetter]:
    after = ""
    while streams := store.waiting(tenant, after, _PAGE):
        yield from dead_letters(store, tenant, after=after, limit=_PAGE)
        after = streams[-1]


def tell_letters(letters: Sequence[DeadLetter], tell: Narrator) -> None:
    """
    Show letters by their reasons, and what may be done about them.

    """
    for reason in dict.fromkeys(letter.reason for letter in letters):
        of_reason = [letter for letter in letters if letter.reason == reason]
        tell.note(Mark.OPEN, f"{_how_many(of_reason)}: {reason}")
        tell.table(_table(of_reason))
    may = tuple(dict.fromkeys(name for letter in letters for name in letter.may))
    if may:
        tell.say(
            f"What ends the waiting: {listed(may)}. In code, redrive(EFFECT, actor=...) of the "
            "engine lets one be tried again."
        )


def _how_many(letters: Sequence[DeadLetter]) -> str:
    messages = sum(letter.kind == "notice" for letter in letters)
    of_each = ((len(letters) - messages, "effect"), (messages, "message"))
    return listed([counted(number, what) for number, what in of_each if number])


def _table(letters: Sequence[DeadLetter]) -> Table:
    asks = any(letter.kind != "notice" for letter in letters)  # nobody is called for a message
    columns = (
        Column("effect" if asks else "message"),
        Column("what"),
        Column("amount", number=True),
        Column("since, UTC", faint=True),
        Column("tries", number=True),
        Column("called"),
    )
    width = len(columns) if asks else len(columns) - 2
    return Table(columns=columns[:width], rows=tuple(_row(letter)[:width] for letter in letters))


def _row(letter: DeadLetter) -> tuple[str, ...]:
    return (
        letter.effect_key,
        letter.what,
        str(letter.amount or ""),
        f"{letter.since:%Y-%m-%d %H:%M}",
        str(letter.attempts),
        "perhaps" if letter.lease else "no",
    )


def letters_data(letters: Sequence[DeadLetter]) -> list[dict[str, object]]:
    """
    Return letters as a machine reads them.

    """
    return [
        {
            "stream": letter.stream,
            "effect": letter.effect_key,
            "what": letter.what,
            "port": letter.port,
            "amount_minor": letter.amount.amount_minor if letter.amount else None,
            "currency": letter.amount.currency if letter.amount else None,
            "reason": letter.reason,
            "attempts": letter.attempts,
            "since": format_instant(letter.since),
            "perhaps_done": letter.lease is not None,
            "may": list(letter.may),
        }
        for letter in letters
    ]
