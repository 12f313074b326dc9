"""
The core asks nobody for the time, rolls no dice and talks to nobody.

import-linter sees imports (`make check`); this looks for what can't be seen from there:
`datetime.now()` needs no forbidden import, `open` and `print` need none at all.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.house import core_files, parsed, short

_CLOCK_METHODS = frozenset({"now", "utcnow", "today"})
_BUILTINS = frozenset({"breakpoint", "eval", "exec", "input", "open", "print", "__import__"})
#: Without the module of that name, whose import is refused, `secrets` is a word like any other.
_CHANCE = frozenset({"random", "urandom", "uuid1", "uuid4"})
_MODULES = frozenset({"random", "secrets", "time", "uuid"})
_CLOCK = frozenset({"monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns", "sleep"})


def _impurities(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr=name)) if name in _CLOCK_METHODS | _CLOCK:
                yield node.lineno, f"asks a clock: .{name}()"
            case ast.Call(func=ast.Name(id=name)) if name in _BUILTINS:
                yield node.lineno, f"reaches outside: {name}()"
            case ast.Attribute(value=ast.Name(id="time"), attr="time" | "time_ns"):
                yield node.lineno, "asks a clock: time.time"
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in _CHANCE:
                yield node.lineno, f"rolls dice: {name}"
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.split(".")[0] in _MODULES:
                        yield node.lineno, f"imports {alias.name}"
            case ast.ImportFrom(module=str(module)) if module.split(".")[0] in _MODULES:
                yield node.lineno, f"imports from {module}"
            case _:
                pass


def test_the_core_asks_no_clock_rolls_no_dice_and_reaches_nowhere() -> None:
    files = core_files()
    found = [
        f"{short(path)}:{line}: {what}"
        for path in files
        for line, what in _impurities(parsed(path))
    ]

    assert files, "there is a core to look at"
    assert found == [], "time, ids and answers come in as arguments (Context, ports)"


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "dt.datetime.utcnow()",
        "date.today()",
        "time.time()",
        "clock = time.time_ns",
        "time.perf_counter()",
        "import time",
        "from uuid import uuid4",
        "uuid.uuid4()",
        "import random",
        "random.choice(places)",
        "os.urandom(8)",
        "open('orders.csv')",
        "print(order)",
        "eval(text)",
    ],
)
def test_every_way_out_is_recognized(source: str) -> None:
    assert list(_impurities(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    ["datetime.fromisoformat(text)", "layer.open(units)", "from datetime import time", "now = 1"],
)
def test_honest_code_is_left_alone(source: str) -> None:
    assert list(_impurities(ast.parse(source))) == []
