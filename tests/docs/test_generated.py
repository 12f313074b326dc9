"""Pages drawn from the code show the code as it is now."""

from pathlib import Path

import pytest

from tools import generate_docs
from tools.generate_docs import MARKER, Page, stale, text_of, write


def test_every_generated_page_is_fresh_and_every_marked_page_has_its_generator() -> None:
    assert stale(generate_docs.registered(), generate_docs.DOCS) == [], "run `make docs`"


def test_a_written_page_is_fresh(tmp_path: Path) -> None:
    pages: dict[str, Page] = {"reference/errors.md": lambda: "# Errors"}
    write(pages, tmp_path)

    assert stale(pages, tmp_path) == []
    assert (tmp_path / "reference/errors.md").read_text() == f"{MARKER}\n\n# Errors\n"


def test_a_page_that_the_code_has_left_behind_is_stale(tmp_path: Path) -> None:
    write({"errors.md": lambda: "# Errors"}, tmp_path)

    assert stale({"errors.md": lambda: "# More errors"}, tmp_path) == ["errors.md: out of date"]


def test_a_page_that_was_never_written_is_missing(tmp_path: Path) -> None:
    assert stale({"errors.md": lambda: "# Errors"}, tmp_path) == ["errors.md: missing"]


def test_a_marked_page_without_a_generator_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orphan.md").write_text(text_of(lambda: "# Orphan"))

    assert stale({}, tmp_path) == ["orphan.md: nobody generates it"]


def test_a_page_has_one_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generate_docs, "PAGES", {})
    generate_docs.page("errors.md")(lambda: "# Errors")

    with pytest.raises(ValueError, match=r"two generators for docs/errors\.md"):
        generate_docs.page("errors.md")(lambda: "# Errors")
