"""Which pages there are, and what stands in them."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_FENCE = re.compile(r"^ {0,3}(?P<ticks>`{3,}|~{3,})[ ]*(?P<language>[^\s`]*)[^\n]*$")
_LINK = re.compile(r"(?<!\\)\]\(\s*<?(?P<target>[^)>\s]+)>?(?:\s+\"[^\"]*\")?\s*\)")
_REFERENCE = re.compile(r"^ {0,3}\[[^\]]+\]:\s*<?(?P<target>[^\s>]+)>?", re.MULTILINE)
_HEADING = re.compile(r"^#{1,6}\s+(?P<text>.+?)\s*#*$", re.MULTILINE)


def pages() -> list[Path]:
    """Every Markdown page of the repository: those at its top and all of docs/ and examples/."""
    return [
        *sorted(ROOT.glob("*.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
        *sorted((ROOT / "examples").rglob("*.md")),
    ]


def short(path: Path) -> str:
    """Name a page the way people name it: from the top of the checkout."""
    return path.relative_to(ROOT).as_posix()


def fences(text: str) -> Iterator[tuple[int, str, str]]:
    """Each fenced block: the line it opens on, its language, its content."""
    opened: tuple[int, str, str] | None = None
    content: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _FENCE.match(line)
        if opened is None:
            if found:
                opened, content = (number, found["language"], found["ticks"]), []
        elif found and found["ticks"].startswith(opened[2]) and not found["language"]:
            yield opened[0], opened[1], "\n".join(content)
            opened = None
        else:
            content.append(line)
    if opened is not None:
        message = f"the block opened on line {opened[0]} is never closed"
        raise ValueError(message)


def prose(text: str) -> str:
    """Blank out the fenced blocks and the inline code; what looks like a link there is none."""
    lines = text.splitlines()
    for start, _, content in fences(text):
        for index in range(start - 1, start + 1 + len(content.splitlines())):
            lines[min(index, len(lines) - 1)] = ""
    return re.sub(r"`[^`\n]*`", "", "\n".join(lines))


def links(text: str) -> list[str]:
    """Every link target of a page, images included, in the order of reading."""
    plain = prose(text)
    return [found["target"] for found in (*_LINK.finditer(plain), *_REFERENCE.finditer(plain))]


def anchors(text: str) -> set[str]:
    """Name the headings of a page as GitHub does in addresses."""
    found: set[str] = set()
    lines = text.splitlines()
    for start, _, content in fences(text):
        for index in range(start - 1, min(len(lines), start + 1 + len(content.splitlines()))):
            lines[index] = ""
    for heading in _HEADING.finditer("\n".join(lines)):
        words = re.sub(r"[^\w\- ]", "", heading["text"].lower()).replace(" ", "-")
        name, n = words, 0
        while name in found:
            n += 1
            name = f"{words}-{n}"
        found.add(name)
    return found
