"""Modules and functions stay small enough to read, and say what they are for."""

import ast
import re

import pytest

from tests.architecture import tidy
from tests.architecture.house import (
    exported,
    is_ours,
    module_name,
    parsed,
    public_namespaces,
    short,
    source_files,
)

_LATER = re.compile(r"\b(TODO|FIXME)\b")


@pytest.mark.parametrize(
    ("kind", "limit"),
    [("modules", tidy.MODULE_LINES_MAX), ("functions", tidy.FUNCTION_LINES_MAX)],
)
def test_nothing_grows_beyond_its_limit(kind: str, limit: int) -> None:
    present = tidy.long_modules() if kind == "modules" else tidy.long_functions()
    listed = tidy.exceptions()[kind]

    assert present == listed, (
        f"{kind} above {limit} lines must be exactly those in tidy_exceptions.toml: split what is "
        "new; `make surface` lowers what has shrunk"
    )


def test_the_length_of_a_function_leaves_its_docstring_out() -> None:
    plain = ast.parse("def f():\n    return 1\n").body[0]
    told = ast.parse('def f():\n    """\n    Why.\n    """\n    return 1\n').body[0]
    assert isinstance(plain, ast.FunctionDef)
    assert isinstance(told, ast.FunctionDef)

    assert tidy.function_lines(plain) == tidy.function_lines(told) == 2


def test_nothing_is_left_for_later() -> None:
    found = [
        f"{short(path)}:{number}: {line.strip()}"
        for path in tidy.measured_files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if _LATER.search(line)
    ]

    assert found == [], "do it now, or file an issue and say nothing here"


def test_every_module_says_what_it_is_for() -> None:
    silent = [short(path) for path in source_files() if not ast.get_docstring(parsed(path))]

    assert silent == []


def test_every_public_name_is_explained_where_it_is_written() -> None:
    told = {
        f"{module_name(path)}.{name}": ast.get_docstring(node) is not None
        for path in source_files()
        for name, node in _definitions(parsed(path))
    }
    wanted = {
        f"{thing.__module__}.{thing.__qualname__}"
        for module in public_namespaces()
        for thing in (getattr(module, name) for name in exported(module))
        if (isinstance(thing, type) or callable(thing))
        and hasattr(thing, "__qualname__")
        and is_ours(thing)
    }
    methods = {
        name
        for name in told
        if name.rpartition(".")[0] in wanted and not name.rpartition(".")[2].startswith("_")
    }

    assert wanted, "the library has public names"
    assert [name for name in sorted(wanted | methods) if told.get(name) is False] == []


def _definitions(
    tree: ast.Module | ast.ClassDef, prefix: str = ""
) -> list[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]]:
    """List what explains itself: classes, functions, methods; an override is explained above."""
    found: list[tuple[str, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef]] = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
        if marks & {"override", "overload", "setter"}:
            continue
        found.append((f"{prefix}{node.name}", node))
        if isinstance(node, ast.ClassDef):
            found += _definitions(node, f"{prefix}{node.name}.")
    return found
