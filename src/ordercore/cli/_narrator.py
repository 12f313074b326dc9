"""
How things are told: what a page consists of, and the two ways to show it without any help.

Scenes and reports speak to a :class:`Narrator` and never print. There are three: in words and
spaces alone (a pipe, a file, a terminal without colors), in silence (where a machine reads the
result), and with colors (``_rich``, loaded only where it is used).
"""

import os
import textwrap
from collections.abc import Sequence
from enum import StrEnum
from importlib.util import find_spec
from typing import Final, Protocol, TextIO

import attrs

from ordercore.cli._words import told
from ordercore.instants import Instant
from ordercore.views import TimelineEntry

__all__ = [
    "Column",
    "Mark",
    "Narrator",
    "PlainNarrator",
    "SilentNarrator",
    "Table",
    "narrator_for",
]

_WIDTH: Final = 80
_INDENT: Final = "   "
_GAP: Final = "  "


class Mark(StrEnum):
    """
    What a noted line says about the world.

    """

    DONE = "done"  #: it is so
    REFUSED = "refused"  #: somebody said no, as they should
    OPEN = "open"  #: nobody knows yet


@attrs.frozen
class Column:
    """
    One column of a table.

    Attributes:
        title: Its head.
        number: Whether it holds quantities or amounts, which stand to the right.
        faint: Whether it only helps to read the others.
    """

    title: str
    number: bool = False
    faint: bool = False


@attrs.frozen(kw_only=True)
class Table:
    """
    Rows of words and numbers.

    Attributes:
        columns: From left to right.
        rows: A text for each column.
        total: A last row that sums up the others, or none.
    """

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    total: tuple[str, ...] = ()


class Narrator(Protocol):
    """
    Tells a story or a report to whoever sits in front of it.

    """

    def title(self, name: str, about: str) -> None:
        """
        Open with a name and what it is.

        """
        ...

    def scene(self, number: int, at: Instant, heading: str) -> None:
        """
        Begin another scene.

        """
        ...

    def say(self, text: str) -> None:
        """
        Tell what happens, in a sentence or two.

        """
        ...

    def note(self, mark: Mark, text: str) -> None:
        """
        Note one thing that has come of it.

        """
        ...

    def because(self, reasons: Sequence[str]) -> None:
        """
        Give reasons, each a line.

        """
        ...

    def commands(self, lines: Sequence[str]) -> None:
        """
        Show what can be typed next; a line stays whole, however long, to be copied.

        """
        ...

    def table(self, table: Table) -> None:
        """
        Show a table.

        """
        ...

    def timeline(self, order_id: str, entries: Sequence[TimelineEntry]) -> None:
        """
        Show what happened to an order, with reasons.

        """
        ...


class SilentNarrator:
    """
    Tells nothing.

    """

    def title(self, name: str, about: str) -> None:
        """
        Say nothing.

        """

    def scene(self, number: int, at: Instant, heading: str) -> None:
        """
        Say nothing.

        """

    def say(self, text: str) -> None:
        """
        Say nothing.

        """

    def note(self, mark: Mark, text: str) -> None:
        """
        Say nothing.

        """

    def because(self, reasons: Sequence[str]) -> None:
        """
        Say nothing.

        """

    def commands(self, lines: Sequence[str]) -> None:
        """
        Say nothing.

        """

    def table(self, table: Table) -> None:
        """
        Say nothing.

        """

    def timeline(self, order_id: str, entries: Sequence[TimelineEntry]) -> None:
        """
        Say nothing.

        """


_MARKS: Final[dict[Mark, str]] = {Mark.DONE: "+", Mark.REFUSED: "x", Mark.OPEN: "?"}


class PlainNarrator:
    """
    Tells in words and spaces: ASCII layout, 80 columns, no control characters.

    Args:
        out: Where to.
    """

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def title(self, name: str, about: str) -> None:
        """
        Open with a name and what it is.

        """
        self._lines(name, "=" * len(name), "")
        self._paragraph(about, indent="")

    def scene(self, number: int, at: Instant, heading: str) -> None:
        """
        Begin another scene.

        """
        head = f"{number}. {heading} ({at:%H:%M})"
        self._lines("", head, "-" * len(head), "")

    def say(self, text: str) -> None:
        """
        Tell what happens, in a sentence or two.

        """
        self._paragraph(text, indent=_INDENT)

    def note(self, mark: Mark, text: str) -> None:
        """
        Note one thing that has come of it.

        """
        self._item(f"{_MARKS[mark]} ", text)
        self._lines("")

    def because(self, reasons: Sequence[str]) -> None:
        """
        Give reasons, each a line.

        """
        for reason in reasons:
            self._item("- ", reason)
        self._lines("")

    def commands(self, lines: Sequence[str]) -> None:
        """
        Show what can be typed next.

        """
        self._lines(*(f"{_INDENT}$ {line}" for line in lines), "")

    def table(self, table: Table) -> None:
        """
        Show a table.

        """
        titles = tuple(column.title for column in table.columns)
        rows = [titles, *table.rows, *([table.total] if table.total else [])]
        widths = [max(len(cell) for cell in cells) for cells in zip(*rows, strict=True)]
        ruler = tuple("-" * width for width in widths)
        rows.insert(1, ruler)
        if table.total:
            rows.insert(-1, ruler)
        for row in rows:
            cells = [
                cell.rjust(width) if column.number else cell.ljust(width)
                for cell, width, column in zip(row, widths, table.columns, strict=True)
            ]
            self._lines(_INDENT + _GAP.join(cells).rstrip())
        self._lines("")

    def timeline(self, order_id: str, entries: Sequence[TimelineEntry]) -> None:
        """
        Show what happened to an order, with reasons.

        """
        day = ""
        for entry in entries:
            if (today := f"{entry.at:%Y-%m-%d}") != day:
                day = today
                self._lines(_INDENT + day)
            self._item(f"{entry.at:%H:%M}  ", told(order_id, entry.text))
            for reason in entry.why:
                self._item(" " * 7 + "- ", reason)
        self._lines("")

    def _paragraph(self, text: str, *, indent: str) -> None:
        self._lines(_filled(text, indent, indent), "")

    def _item(self, head: str, text: str) -> None:
        self._lines(_filled(text, _INDENT + head, _INDENT + " " * len(head)))

    def _lines(self, *lines: str) -> None:
        for line in lines:
            print(line, file=self._out)


def _filled(text: str, first: str, others: str) -> str:
    """
    Break lines between words only: names of files and orders stay whole, to be copied.
    """
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=first,
        subsequent_indent=others,
        break_on_hyphens=False,
        break_long_words=False,
    )


def narrator_for(out: TextIO, *, plain: bool = False) -> Narrator:
    """
    Choose how to tell: with colors where a terminal shows them and ``rich`` is installed.

    The environment variable ``NO_COLOR`` switches colors off, as https://no-color.org has it.
    """
    colors = out.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    encoding = (getattr(out, "encoding", None) or "").lower().replace("-", "")
    if plain or not colors or encoding != "utf8" or find_spec("rich") is None:
        return PlainNarrator(out)
    # Loaded here: nobody else pays for it, and nobody else needs to have it.
    from ordercore.cli._rich import RichNarrator  # noqa: PLC0415

    return RichNarrator(out)
