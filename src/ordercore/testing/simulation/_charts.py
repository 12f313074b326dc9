"""
Charts as SVG texts: stacked areas, lines, and bars of spans; no library, no script, no network.

Coordinates are whole pixels worked out with integers, so the same findings draw the same page.
"""

from collections.abc import Mapping, Sequence
from html import escape
from itertools import pairwise
from typing import Final

import attrs

__all__ = ["Series", "areas", "lines", "spans"]

_WIDTH: Final = 860
_HEIGHT: Final = 260
_LEFT: Final = 56
_RIGHT: Final = 12
_TOP: Final = 12
_BOTTOM: Final = 36
_TICKS: Final = 4

#: Told apart by most people who see colors differently: after Okabe and Ito, 2008.
COLORS: Final = (
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933", "#555555",
)  # fmt: skip


@attrs.frozen
class Series:
    """
    Named values, one for each point of the horizontal axis.

    """

    name: str
    values: tuple[int, ...]


def _words(kind: str, x: int, y: int, words: str, anchor: str = "end") -> str:
    place = f'font-size="11" text-anchor="{anchor}" x="{x}" y="{y}"'
    return f'<text class="{kind}" {place}>{escape(words)}</text>'


def _grid(from_x: int, from_y: int, to_x: int, to_y: int) -> str:
    place = f'x1="{from_x}" y1="{from_y}" x2="{to_x}" y2="{to_y}"'
    return f'<line stroke="currentColor" stroke-opacity=".15" {place}/>'


def _x(number: int, count: int) -> int:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * number // max(count - 1, 1)


def _y(value: int, most: int) -> int:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value // max(most, 1)


def _rounded_up(value: int) -> int:
    """
    Return the next number that reads well on an axis.

    """
    size = 1
    while size * 10 <= value:  # at most the digits of a number
        size *= 10
    return next(n for n in (size, 2 * size, 4 * size, 5 * size, 8 * size, 10 * size) if n >= value)


def _frame(labels: Sequence[str], most: int) -> str:
    parts: list[str] = []
    for tick in range(_TICKS + 1):
        value = most * tick // _TICKS
        y = _y(value, most)
        parts.append(_grid(_LEFT, y, _WIDTH - _RIGHT, y))
        parts.append(_words("tick", _LEFT - 6, y + 4, f"{value:,}"))
    for tick in range(_TICKS + 1):
        number = (len(labels) - 1) * tick // _TICKS
        anchor = "start" if tick == 0 else "end" if tick == _TICKS else "middle"
        x = _x(number, len(labels))
        parts.append(_words("label", x, _HEIGHT - 14, labels[number], anchor))
    return "".join(parts)


def _legend(names: Sequence[str]) -> str:
    entries = "".join(
        f'<span><i style="background:{COLORS[n % len(COLORS)]}"></i>{escape(name)}</span>'
        for n, name in enumerate(names)
    )
    return f'<p class="legend">{entries}</p>'


def _svg(title: str, inside: str) -> str:
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {_HEIGHT}" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )


def areas(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """
    Draw values on top of each other.

    """
    count = len(labels)
    below = [0] * count
    most = _rounded_up(max((sum(s.values[n] for s in series) for n in range(count)), default=1))
    drawn: list[str] = []
    for number, each in enumerate(series):
        above = [low + value for low, value in zip(below, each.values, strict=True)]
        upper = [f"{_x(n, count)},{_y(value, most)}" for n, value in enumerate(above)]
        lower = [f"{_x(n, count)},{_y(value, most)}" for n, value in enumerate(below)]
        points = " ".join((*upper, *reversed(lower)))
        look = f'fill="{COLORS[number % len(COLORS)]}" points="{points}"'
        drawn.append(f"<polygon {look}><title>{escape(each.name)}</title></polygon>")
        below = above
    return _svg(title, _frame(labels, most) + "".join(drawn)) + _legend([s.name for s in series])


def lines(title: str, labels: Sequence[str], series: Sequence[Series]) -> str:
    """
    Draw values beside each other.

    """
    count = len(labels)
    most = _rounded_up(max((value for each in series for value in each.values), default=1))
    drawn: list[str] = []
    for number, each in enumerate(series):
        points = " ".join(
            f"{_x(n, count)},{_y(max(v, 0), most)}" for n, v in enumerate(each.values)
        )
        color = COLORS[number % len(COLORS)]
        drawn.append(
            f'<polyline fill="none" stroke="{color}" stroke-width="1.6" points="{points}"/>'
        )
    return _svg(title, _frame(labels, most) + "".join(drawn)) + _legend([s.name for s in series])


#: Where marks stand on the axis of spans: seconds and what they are called.
_SPANS: Final = (
    (1, "1 s"),
    (60, "1 min"),
    (3_600, "1 h"),
    (86_400, "1 day"),
    (2_592_000, "30 days"),
    (31_536_000, "1 year"),
)


def _log_x(seconds: int, width: int) -> int:
    """
    Place a span on an axis of magnitudes, between the marks in proportion.

    """
    if seconds < _SPANS[0][0]:
        return 0
    step = width // (len(_SPANS) - 1)
    for number, ((low, _), (high, _)) in enumerate(pairwise(_SPANS)):
        if seconds < high:
            return step * number + step * (seconds - low) // (high - low)
    return width


def spans(title: str, rows: Mapping[str, tuple[int, int, int]]) -> str:
    """
    Draw for each name from the median to the 95th percentile, on an axis of magnitudes.

    Args:
        title: Of the chart.
        rows: By name: the count, the median and the 95th percentile, in seconds.
    """
    left, right, height = 190, 90, 22
    width = _WIDTH - left - right
    full = height * len(rows) + 30
    parts: list[str] = []
    for seconds, name in _SPANS:
        x = left + _log_x(seconds, width)
        parts.append(_grid(x, 0, x, full - 24))
        parts.append(_words("label", x, full - 8, name, "middle"))
    for number, (name, (count, median, late)) in enumerate(rows.items()):
        y = height * number + 6
        start, end = left + _log_x(median, width), left + _log_x(late, width)
        parts.append(_words("row", left - 12, y + 10, name))
        size = f'width="{max(end - start, 2)}" height="10" rx="2"'
        told = f"<title>{median:,} s to {late:,} s</title>"
        parts.append(f'<rect fill="{COLORS[0]}" x="{start}" y="{y}" {size}>{told}</rect>')
        parts.append(f'<circle fill="{COLORS[5]}" cx="{start}" cy="{y + 5}" r="5"/>')
        parts.append(_words("count", _WIDTH - 8, y + 10, f"{count:,}"))
    inside = "".join(parts)
    return (
        f'<svg role="img" viewBox="0 0 {_WIDTH} {full}" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{inside}</svg>"
    )
