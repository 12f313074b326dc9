"""The page of guarantees: every promise is there, and the tests that it names hold it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from types import ModuleType

import pytest

from ordercore.ports import _joined, _store, _webhooks
from ordercore.testing import STORE_CASES
from tests.docs.pages import ROOT

_PAGE = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
_HEAD = re.compile(r"^\*\*([A-Z])(\d+)\. (.+?)\*\*", re.MULTILINE | re.DOTALL)
_NAMED = re.compile(r"^- `(tests/[\w/]+\.py|check_store)(?:::|`: `)(\w+)`$", re.MULTILINE)
_LINE = re.compile(r"^- `", re.MULTILINE)
_CLAIMS = {case.name for case in STORE_CASES}


def _promises() -> Iterator[tuple[str, str, list[tuple[str, str]]]]:
    heads = list(_HEAD.finditer(_PAGE))
    ends = [head.start() for head in heads[1:]] + [len(_PAGE)]
    for head, end in zip(heads, ends, strict=True):
        named = _NAMED.findall(_PAGE[head.end() : end])
        assert len(named) == len(_LINE.findall(_PAGE[head.end() : end])), head[3]
        yield head[1] + head[2], " ".join(head[3].split()), named


PROMISES = list(_promises())


@cache
def _tests_of(path: str) -> dict[str, list[str]]:
    """The tests of a file and what each is given."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {
        node.name: [argument.arg for argument in node.args.args]
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("number", "_", "named"), PROMISES, ids=[n for n, _, _ in PROMISES])
def test_a_promise_is_held_by_tests_that_exist(
    number: str, _: str, named: list[tuple[str, str]]
) -> None:
    assert named, f"nothing holds {number}"
    for path, name in named:
        known = _CLAIMS if path == "check_store" else _tests_of(path)
        assert name in known, f"{number} names {name}, which {path} does not have"


@pytest.mark.parametrize(
    ("number", "named"), [(n, named) for n, _, named in PROMISES if n[0] in "SF" and n != "S5"]
)
def test_a_promise_of_stores_is_tried_over_every_store(
    number: str, named: list[tuple[str, str]]
) -> None:
    assert any(path == "check_store" for path, _ in named), number


def test_promises_are_counted_without_gap() -> None:
    for letter in "SFJREW":
        numbers = [int(n[1:]) for n, _, _ in PROMISES if n[0] == letter]
        assert numbers == list(range(1, len(numbers) + 1)), letter


@pytest.mark.parametrize(("port", "letters"), [(_store, "SF"), (_webhooks, "W"), (_joined, "JR")])
def test_the_page_has_the_promises_of_the_port_and_no_others(
    port: ModuleType, letters: str
) -> None:
    of_the_port = set(re.findall(rf"^  ([{letters}]\d+)  ?\S", port.__doc__ or "", re.MULTILINE))

    assert of_the_port
    assert of_the_port == {number for number, _, _ in PROMISES if number[0] in letters}
