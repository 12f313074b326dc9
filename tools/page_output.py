"""
Write what the Python blocks of the pages print into the text blocks below them.

``make docs`` does it after the generated pages are written. The tests run the same blocks and
compare, so an output that has gone stale is a failing test, and this is how it is brought up to
date. A text block that follows no printing block is left alone.
"""

import contextlib
import io
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["filled", "main"]

ROOT = Path(__file__).resolve().parents[1]

_BLOCK = re.compile(r"^```(?P<language>[a-z]+)\n(?P<content>.*?)^```$", re.MULTILINE | re.DOTALL)


def filled(text: str, name: str) -> str:
    """Return a page with the outputs of its blocks as they are now."""
    namespace: dict[str, object] = {"__name__": "__page__"}
    printed = ""

    def block(found: re.Match[str]) -> str:
        nonlocal printed
        if found["language"] == "python":
            printed = _run(found, name, namespace)
        elif found["language"] == "text" and printed:
            output, printed = printed, ""
            return f"```text\n{output}\n```"
        return found[0]

    return _BLOCK.sub(block, text)


def _run(found: re.Match[str], name: str, namespace: dict[str, object]) -> str:
    lines = found.string.count("\n", 0, found.start("content"))
    code = compile("\n" * lines + found["content"], name, "exec")
    with contextlib.redirect_stdout(io.StringIO()) as output:
        exec(code, namespace)  # noqa: S102 - the project's own pages, as the tests run them
    return output.getvalue().rstrip("\n")


def main() -> int:
    """Fill every page that is written by hand."""
    written = 0
    for page in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))):
        before = page.read_text(encoding="utf-8")
        if "```python" not in before or "PostgresStore(" in before:
            continue  # what needs a server prints nothing
        here = Path.cwd()
        with TemporaryDirectory() as scratch:
            os.chdir(scratch)
            try:
                after = filled(before, str(page))
            finally:
                os.chdir(here)
        if after != before:
            page.write_text(after, encoding="utf-8")
            written += 1
    print(f"{written} pages with new output")
    return 0


if __name__ == "__main__":
    sys.exit(main())
