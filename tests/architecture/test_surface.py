"""What callers can see changes only on purpose."""

import difflib

from tests.architecture import surface
from tests.architecture.house import exported, public_namespaces


def test_the_public_surface_is_the_one_that_was_accepted() -> None:
    accepted = surface.SNAPSHOT.read_text(encoding="utf-8")
    present = surface.render()
    difference = "\n".join(
        difflib.unified_diff(
            accepted.splitlines(), present.splitlines(), "accepted", "present", lineterm="", n=1
        )
    )

    assert accepted == present, (
        "The public surface has changed. If that is meant, accept it with `make surface` "
        f"(python -m tests.architecture.update) and note it in CHANGELOG.md.\n{difference}"
    )


def test_every_public_namespace_says_what_it_offers() -> None:
    silent = [module.__name__ for module in public_namespaces() if not exported(module)]

    assert silent == [], "give these an __all__, or a name that starts with an underscore"


def test_every_promised_name_exists() -> None:
    missing = [
        f"{module.__name__}.{name}"
        for module in public_namespaces()
        for name in exported(module)
        if not hasattr(module, name)
    ]

    assert missing == []
