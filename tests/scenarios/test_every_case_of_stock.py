"""
Every case of stock that the project collects is told by a test.

A case is told where a test's name has its id (``test_avl_09_and_avl_13_...``) or a row of a table
opens with it (``Case("AVL-02", ...)``, ``"FUL-02: ..."``).
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

HERE: Final = Path(__file__).resolve()
ROOMS: Final = (HERE.parent, HERE.parents[1] / "ledger")

CASES: Final = {
    "availability": "AVL-02 AVL-03 AVL-04 AVL-08 AVL-09 AVL-10 AVL-12 AVL-13",
    "allocation": "ALC-06 ALC-07 ALC-09 ALC-10 ALC-11 ALC-12 ALC-13",
    "reservation": "RSV-01 RSV-03 RSV-05 RSV-06 RSV-09 RSV-11",
    "the stock ledger": "LED-04 LED-05 LED-06 LED-07 LED-09 LED-10",
    "two phases": "TPH-03 TPH-05 TPH-07 TPH-08 TPH-10 TPH-13 TPH-14",
    "idempotency": "IDM-03 IDM-04 IDM-05",
    "many at once": "CON-01 CON-02 CON-05",
}

_IN_A_NAME = re.compile(r"(?<=_)([a-z]{3})_(\d\d)(?:_and_(\d\d))?(?=_)")
_IN_A_ROW = re.compile(r"([A-Z]{3}-\d\d)(?:: |$)")


def told_in(text: str) -> Iterator[str]:
    """Name the cases that a test module tells."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            for area, *numbers in _IN_A_NAME.findall(node.name):
                yield from (f"{area.upper()}-{number}" for number in numbers if number)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found = _IN_A_ROW.match(node.value)
            if found:
                yield found[1]


@pytest.fixture(scope="module")
def told() -> frozenset[str]:
    modules = (path for room in ROOMS for path in room.glob("test_peer_cases*.py"))
    return frozenset(case for path in modules for case in told_in(path.read_text("utf-8")))


@pytest.mark.parametrize("area", CASES)
def test_every_case_of_stock_is_told(area: str, told: frozenset[str]) -> None:
    assert sorted(set(CASES[area].split()) - told) == []


def test_a_case_is_told_by_a_name_or_by_a_row_and_not_by_being_mentioned() -> None:
    module = '"""Waits: ABC-01."""\nROWS = [Case("ABC-02", ""), "ABC-03: so"]\n'

    assert sorted(told_in(module + "def test_abc_04_and_05_hold(): ...\n")) == [
        "ABC-02",
        "ABC-03",
        "ABC-04",
        "ABC-05",
    ]
