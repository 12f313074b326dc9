"""
What the pages say is so: their code runs, their links lead somewhere, their commands exist.

A block marked ``python`` is executed, from top to bottom of its page in one namespace, in an empty
folder. What shall only be looked at is marked ``text`` or ``console``. A page is one test: its
blocks build on each other and stay together in a parallel run.
"""

import doctest
import importlib
import re
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests.docs.pages import ROOT, anchors, fences, links, pages, short
from tests.postgres import environment, server_dsn

_PAGES = [pytest.param(path, id=short(path)) for path in pages()]
_WITH_PYTHON = [
    pytest.param(path, id=short(path))
    for path in pages()
    if any(language == "python" for _, language, _ in fences(path.read_text(encoding="utf-8")))
]
_SHELL = frozenset({"bash", "console", "sh", "shell"})
_DATA = frozenset(
    (
        "csv",
        "diff",
        "html",
        "ini",
        "json",
        "jsonl",
        "make",
        "mermaid",
        "sql",
        "text",
        "toml",
        "yaml",
    )
)
_MODULES = [
    ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
    for path in sorted((ROOT / "src").rglob("*.py"))
    if ">>>" in path.read_text(encoding="utf-8")
]


@pytest.mark.parametrize("page", _WITH_PYTHON)
def test_every_python_block_runs(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = Sybil(parsers=[PythonCodeBlockParser()]).parse(page)
    written = [
        start
        for start, language, _ in fences(page.read_text(encoding="utf-8"))
        if language == "python"
    ]
    monkeypatch.chdir(tmp_path)
    if "PostgresStore(" in page.read_text(encoding="utf-8"):
        for name, value in environment(server_dsn()).items():
            monkeypatch.setenv(name, value)

    examples = list(document.examples())
    assert [example.line for example in examples] == written
    for example in examples:
        example.evaluate()


@pytest.mark.parametrize("module", _MODULES)
def test_every_example_in_a_docstring_runs(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testmod(importlib.import_module(module.removesuffix(".__init__")))

    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", _PAGES)
def test_every_block_says_whether_it_runs(page: Path) -> None:
    allowed = {"python"} | _SHELL | _DATA
    unclear = [
        f"{short(page)}:{start}: {language or 'no language'}"
        for start, language, _ in fences(page.read_text(encoding="utf-8"))
        if language not in allowed
    ]

    assert unclear == [], "python runs; text and console are only looked at"


@pytest.mark.parametrize("page", _PAGES)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = links(page.read_text(encoding="utf-8"))
    here = [target for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]

    assert [target for target in here if not _leads_somewhere(page, target)] == []


def _leads_somewhere(page: Path, target: str) -> bool:
    path, _, anchor = target.partition("#")
    there = (page.parent / path).resolve() if path else page
    if not there.exists() or not there.is_relative_to(ROOT):
        return False
    if not anchor or there.suffix != ".md":
        return True
    return anchor in anchors(there.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", _PAGES)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    known = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    text = page.read_text(encoding="utf-8")
    commands = [
        *(
            line
            for _, language, block in fences(text)
            if language in _SHELL
            for line in block.splitlines()
        ),
        *re.findall(r"`(make [^`]+)`", text),
    ]
    named = {
        target
        for command in commands
        for target in re.findall(r"(?:^|&&|;|\$)\s*make\s+([a-z][a-z-]*)", command)
    }

    assert "test" in known
    assert sorted(named - known) == []
