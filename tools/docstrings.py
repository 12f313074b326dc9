"""
Read Google docstrings and attrs fields, and write them as Markdown.

The pages of the reference are drawn from what the code says about itself; this is how it is asked.
"""

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import NewType

import attrs

_SECTIONS = ("Args:", "Attributes:", "Raises:", "Returns:", "Cost:")
_ENTRY = re.compile(r"^    (?P<name>[A-Za-z_][A-Za-z0-9_]*): (?P<text>.*)$")
_ROLE = re.compile(r":(?:class|func|meth|data|mod):`~?(?P<name>[^`]+)`")
_EXAMPLE = re.compile(r"^\s*(?:>>>|\.\.\.) ")


@attrs.frozen
class Docstring:
    """
    What a docstring says.

    Attributes:
        text: Its paragraphs before the first section, as Markdown.
        sections: Section -> entry -> what it says; a section without entries has one named "".
    """

    text: str
    sections: dict[str, dict[str, str]]

    @property
    def summary(self) -> str:
        """
        Its first paragraph.

        """
        return self.text.partition("\n\n")[0]


def read(documented: object) -> Docstring:
    """
    Read the docstring of a class, a function or a module.

    """
    return parse(inspect.getdoc(documented) or "")


def parse(docstring: str) -> Docstring:
    """
    Read a docstring that has been cleaned of its indentation.

    """
    paragraphs: list[str] = []
    sections: dict[str, dict[str, str]] = {}
    section, entry = "", ""
    for line in docstring.splitlines():
        opens = next((name for name in _SECTIONS if line.startswith(name)), "")
        if opens:
            section, entry = opens.rstrip(":"), ""
            sections[section] = {"": line.removeprefix(opens).strip()}
        elif not section:
            if not _EXAMPLE.match(line):
                paragraphs.append(line)
        elif found := _ENTRY.match(line):
            entry = found["name"]
            sections[section][entry] = found["text"]
        else:
            sections[section][entry] = f"{sections[section][entry]} {line.strip()}".strip()
    blocks = re.split(r"\n\s*\n", markdown("\n".join(paragraphs)).strip())
    text = "\n\n".join(" ".join(block.split()) for block in blocks)
    return Docstring(text, {name: _clean(entries) for name, entries in sections.items()})


def markdown(text: str) -> str:
    """
    Turn the marks of docstrings into those of Markdown.

    """
    plain = _ROLE.sub(lambda found: f"`{found['name'].rpartition('.')[2]}`", text)
    return plain.replace("``", "`")


def fields_table(kind: type) -> str:
    """
    Tell an attrs class's fields: name, type, default and meaning; "" where it has none.

    A meaning that the class does not state is left empty: its name and its type then say it.
    """
    meanings = read(kind).sections.get("Attributes", {})
    rows = [
        (f"`{field.name}`", f"`{_type_name(field)}`", _default(field), meanings.get(field.name, ""))
        for field in attrs.fields(kind)
    ]
    return table(("field", "type", "default", "meaning"), rows) if rows else ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """
    Write a Markdown table.

    """
    lines = [head, ["-" * max(len(title), 3) for title in head], *rows]
    return "\n".join(f"| {' | '.join(map(_cell, row))} |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _clean(entries: dict[str, str]) -> dict[str, str]:
    return {name: markdown(text) for name, text in entries.items() if text}


def _type_name(field: "attrs.Attribute[object]") -> str:
    plain = isinstance(field.type, type | NewType)
    name = str(getattr(field.type, "__name__", "")) if plain else str(field.type)
    name = re.sub(r"\b(?:[a-z_]+\.)+(?=[A-Za-z])", "", name)
    name = re.sub(r"Optional\[(.+)\]", r"\1 | None", name)
    return re.sub(r"\bdatetime\b", "Instant", name)


def _default(field: "attrs.Attribute[object]") -> str:
    if field.default is attrs.NOTHING:
        return ""
    value = getattr(field.default, "value", field.default)
    return f"`{value!r}`"
