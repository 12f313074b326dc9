"""
Telling with colors, for terminals; needs the extra ``cli``.

Color is kept for what should catch the eye: the number of a scene, amounts, and whether something
was done, refused or is open. All the rest is bold, normal or dim.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import Final, TextIO

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table as RichTable
from rich.text import Text

from ordercore.cli._narrator import Mark, Table
from ordercore.cli._words import told
from ordercore.instants import Instant
from ordercore.views import TimelineEntry

__all__ = ["RichNarrator"]

#: Wider lines are hard to read, however wide the terminal is.
_WIDTH_MAX: Final = 100
_INDENT: Final = 4
_GAP_MIN: Final = 1
_GAP_MAX: Final = 3

_MONEY: Final = r"-?\b[0-9]+\.[0-9]{2} [A-Z]{3}\b"
_MARKS: Final[dict[Mark, tuple[str, str]]] = {
    Mark.DONE: ("\u2713", "green"),
    Mark.REFUSED: ("\u2717", "red"),
    Mark.OPEN: ("?", "yellow"),
}


class RichNarrator:
    """
    Tells in a terminal.

    Args:
        out: Where to.
        width: How wide; None for the terminal's own width, up to 100 columns.
    """

    def __init__(self, out: TextIO, width: int | None = None) -> None:
        self._console = Console(file=out, highlight=False, width=width)
        self._width = min(self._console.width, _WIDTH_MAX)

    def title(self, name: str, about: str) -> None:
        """
        Open with a name and what it is.

        """
        self._print(Text(name, style="bold"), before=1, after=0, indent=1)
        self._print(Text(about, style="dim"), indent=1)

    def scene(self, number: int, at: Instant, heading: str) -> None:
        """
        Begin another scene.

        """
        head = RichTable.grid(expand=True)
        head.add_column(ratio=1)
        head.add_column(justify="right")
        left = Text.assemble((f"{number} ", "bold cyan"), (f" {heading}", "bold"))
        head.add_row(left, Text(f"{at:%H:%M}", style="dim"))
        self._print(head, before=1, after=0, indent=1)
        self._print(Rule(style="dim"), indent=1)

    def say(self, text: str) -> None:
        """
        Tell what happens, in a sentence or two.

        """
        self._print(_text(text))

    def note(self, mark: Mark, text: str) -> None:
        """
        Note one thing that has come of it.

        """
        sign, style = _MARKS[mark]
        grid = _items()
        grid.add_row(Text(sign, style=f"bold {style}"), _text(text))
        self._print(grid)

    def because(self, reasons: Sequence[str]) -> None:
        """
        Give reasons, each a line.

        """
        grid = _items()
        for reason in reasons:
            grid.add_row(Text("\u00b7", style="dim"), _text(reason))
        self._print(grid)

    def commands(self, lines: Sequence[str]) -> None:
        """
        Show what can be typed next.

        """
        for line in lines:
            shown = Text.assemble(" " * _INDENT, ("$ ", "dim"), line)
            self._console.print(shown, soft_wrap=True)
        self._console.print()

    def table(self, table: Table) -> None:
        """
        Show a table.

        """
        shown = RichTable(
            box=None,
            pad_edge=False,
            padding=(0, self._gap(table), 0, 0),
            header_style="dim",
        )
        for column in table.columns:
            shown.add_column(
                column.title,
                justify="right" if column.number else "left",
                style="dim" if column.faint else "",
                no_wrap=column.number,
                overflow="fold",
            )
        for row in table.rows:
            shown.add_row(*(_cell(text) for text in row))
        if table.total:
            shown.add_row(*(Text(text, style="bold") for text in table.total))
        self._print(shown, right=0)

    def _gap(self, table: Table) -> int:
        """
        Choose the widest gap between columns with which a table fits.
        """
        rows = (tuple(column.title for column in table.columns), *table.rows, table.total)
        columns = zip_longest(*rows, fillvalue="")
        width = sum(max(cell_len(cell) for cell in column) for column in columns)
        free = self._width - _INDENT - width
        return max(_GAP_MIN, min(_GAP_MAX, free // max(len(table.columns) - 1, 1)))

    def timeline(self, order_id: str, entries: Sequence[TimelineEntry]) -> None:
        """
        Show what happened to an order, with reasons.

        """
        grid = RichTable.grid(padding=(0, 2, 0, 0))
        grid.add_column(style="dim", no_wrap=True)
        grid.add_column(overflow="fold")
        day = minute = ""
        for entry in entries:
            if (today := f"{entry.at:%a %d %b %Y}") != day:
                day = today
                self._print(Text(day, style="bold"), after=0)
            # The same minute is not said again: the eye finds where time passes.
            now = f"{entry.at:%H:%M}"
            grid.add_row("" if now == minute else now, _text(told(order_id, entry.text)))
            minute = now
            for reason in entry.why:
                grid.add_row("", Text(f"\u00b7 {reason}", style="dim"))
        self._print(grid)

    def _print(
        self,
        what: RenderableType,
        *,
        before: int = 0,
        after: int = 1,
        indent: int = _INDENT,
        right: int = 2,
    ) -> None:
        self._console.print(Padding(what, (before, right, after, indent)), width=self._width)


def _text(text: str) -> Text:
    shown = Text(text)
    shown.highlight_regex(_MONEY, "bold")
    return shown


def _cell(text: str) -> Text:
    return Text(text, style="dim" if text == "0" else "")


def _items() -> RichTable:
    grid = RichTable.grid(padding=(0, 1))
    grid.add_column()
    grid.add_column(overflow="fold")
    return grid
