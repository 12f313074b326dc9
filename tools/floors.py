"""
Draw the floors of the house from the layers that import-linter holds.

The picture stands in docs/README.md between prose, so it is compared there and not written.
"""

import tomllib
from pathlib import Path

__all__ = ["picture"]

_PYPROJECT = Path(__file__).resolve().parents[1] / "pyproject.toml"


def picture() -> str:
    """
    Return the floors as text, the highest first.

    """
    read = tomllib.loads(_PYPROJECT.read_text(encoding="utf-8"))
    contracts = read["tool"]["importlinter"]["contracts"]
    layers: list[str] = next(c["layers"] for c in contracts if c["type"] == "layers")
    floors = [" | ".join(_rooms(layer)) for layer in layers]
    wide = max(map(len, floors)) + 2
    rule = f"+{'-' * (wide + 2)}+"
    return "\n".join([rule, *(f"| {floor:^{wide}} |\n{rule}" for floor in floors)])


def _rooms(layer: str) -> list[str]:
    return [room.strip().strip("()") for room in layer.split("|")]
