"""What stands below a block of a page as its output is its output."""

from itertools import pairwise
from pathlib import Path

import pytest
from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

from tests.docs.pages import fences, pages, short
from tests.postgres import environment, server_dsn

_PRINTING = [
    pytest.param(path, id=short(path))
    for path in pages()
    if any(
        language == "python" and "print(" in block
        for _, language, block in fences(path.read_text(encoding="utf-8"))
    )
]


@pytest.mark.parametrize("page", _PRINTING)
def test_what_a_block_prints_stands_below_it(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    blocks = list(fences(page.read_text(encoding="utf-8")))
    below = {
        line: text
        for (line, language, _), (_, following, text) in pairwise(blocks)
        if language == "python" and following == "text"
    }
    monkeypatch.chdir(tmp_path)
    if "PostgresStore(" in page.read_text(encoding="utf-8"):
        for name, value in environment(server_dsn()).items():
            monkeypatch.setenv(name, value)

    for example in Sybil(parsers=[PythonCodeBlockParser()]).parse(page).examples():
        example.evaluate()
        printed = capsys.readouterr().out.rstrip("\n")
        if printed:
            assert below.get(example.line, "nothing stands below") == printed
