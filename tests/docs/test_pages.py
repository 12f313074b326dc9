"""The eye with which the other tests read the pages sees what is there."""

import pytest

from tests.docs.pages import anchors, fences, links

_PAGE = """\
# One & only

See [the next](next.md#how-to "title"), ![a picture](p.png) and `[no](link.md)`.

```python
x = "[no](link.md)"
```

[ref]: other.md

## One & only
"""


def test_links_are_read_outside_of_code_only() -> None:
    assert links(_PAGE) == ["next.md#how-to", "p.png", "other.md"]


def test_blocks_are_read_with_line_and_language() -> None:
    assert list(fences(_PAGE)) == [(5, "python", 'x = "[no](link.md)"')]


def test_headings_are_named_as_in_addresses() -> None:
    assert anchors(_PAGE) == {"one--only", "one--only-1"}


def test_a_block_that_is_never_closed_is_refused() -> None:
    with pytest.raises(ValueError, match="opened on line 1 is never closed"):
        list(fences("```python\nx = 1\n"))
