"""
Sizes, measured the way a reader feels them.

A module counts all its lines. A function counts its lines from ``def`` to its end without its
docstring: explaining more must never cost anything.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.house import HERE, ROOT, parsed, short, source_files

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70

EXCEPTIONS = HERE / "tidy_exceptions.toml"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def measured_files() -> list[Path]:
    """The library, its tools and its benchmarks; tests and examples are as long as their tale."""
    return [
        *source_files(),
        *sorted((ROOT / "tools").rglob("*.py")),
        *sorted((ROOT / "bench").rglob("*.py")),
    ]


def exceptions() -> dict[str, dict[str, int]]:
    """Read what is allowed to be longer, and how long."""
    read = tomllib.loads(EXCEPTIONS.read_text(encoding="utf-8"))
    return {"modules": read.get("modules", {}), "functions": read.get("functions", {})}


def long_modules() -> dict[str, int]:
    """Every module above the limit, with its length."""
    lengths = {
        short(path): len(path.read_text(encoding="utf-8").splitlines()) for path in measured_files()
    }
    return {name: length for name, length in lengths.items() if length > MODULE_LINES_MAX}


def long_functions() -> dict[str, int]:
    """Every function above the limit, as path::name, with its length."""
    lengths = {
        f"{short(path)}::{name}": function_lines(function)
        for path in measured_files()
        for name, function in functions_in(parsed(path))
    }
    return {name: length for name, length in lengths.items() if length > FUNCTION_LINES_MAX}


def functions_in(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Every function below a node, with its dotted name."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, Function):
            yield f"{prefix}{child.name}", child
            yield from functions_in(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from functions_in(child, f"{prefix}{child.name}.")
        else:
            yield from functions_in(child, prefix)


def function_lines(function: Function) -> int:
    """Count the lines of a function without its docstring."""
    total = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function, clean=False) is None:
        return total
    docstring = function.body[0]
    return total - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def write_lowered() -> None:
    """Lower each listed number to the present one and drop what is within the limit again."""
    present = {"modules": long_modules(), "functions": long_functions()}
    text = EXCEPTIONS.read_text(encoding="utf-8")
    for kind, listed in exceptions().items():
        for name, number in listed.items():
            now = present[kind].get(name)
            line = re.compile(rf'^"{re.escape(name)}" = {number}(?P<why>.*)\n', re.MULTILINE)
            if now is None:
                text = line.sub("", text)
            elif now < number:
                text = line.sub(rf'"{name}" = {now}\g<why>\n', text)
    EXCEPTIONS.write_text(text, encoding="utf-8")
