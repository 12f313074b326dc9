"""Entering the house costs nothing, and its three lists of names are one list."""

import ast
import subprocess
import sys
import tomllib

import ordercore
from tests.architecture.house import ROOT, SOURCE, parsed

HEAVY = ("asyncio", "attrs", "cattrs", "sqlite3", "ssl", "statemachine", "sortedcontainers")


def _loaded_after(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
        cwd=SOURCE.parent,
    )
    return set(done.stdout.split())


def test_importing_the_package_loads_nothing_heavy() -> None:
    already = _loaded_after("pass")
    loaded = _loaded_after("import ordercore") - already

    assert "ordercore" in loaded
    assert sorted(loaded & set(HEAVY)) == []


def test_a_name_brings_only_its_own_home() -> None:
    loaded = _loaded_after("import ordercore; ordercore.Rejected")

    assert {name for name in loaded if name.startswith("ordercore.")} == {"ordercore.errors"}


def test_the_interpreter_the_type_checkers_and_the_readers_see_the_same_names() -> None:
    homes: dict[str, str] = vars(ordercore)["_HOME"]

    assert _seen_by_type_checkers() == homes
    assert sorted({*homes, "__version__"}) == sorted(ordercore.__all__) == dir(ordercore)


def _seen_by_type_checkers() -> dict[str, str]:
    blocks = [
        node
        for node in parsed(SOURCE / "__init__.py").body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    ]
    assert len(blocks) == 1
    return {
        (alias.asname or alias.name): statement.module or ""
        for statement in blocks[0].body
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
    }


def test_every_name_is_found_where_the_table_says() -> None:
    missing = [name for name in ordercore.__all__ if not hasattr(ordercore, name)]

    assert missing == []


def test_an_unknown_name_is_an_attribute_error_like_any_other() -> None:
    assert not hasattr(ordercore, "no_such_name")


def test_the_package_and_its_metadata_state_one_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert ordercore.__version__ == project["version"]
