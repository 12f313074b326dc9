"""Where the code lives and how the architecture tests look at it."""

import ast
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import ordercore

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ordercore"
HERE = Path(__file__).resolve().parent

#: The rooms that may know clocks, chance and the outside world; everything else is the core.
OUTER_ROOMS = frozenset({"__main__", "cli", "engine", "runners", "stores", "testing"})


def source_files() -> list[Path]:
    """Every module of the library, in the order of its path."""
    return sorted(SOURCE.rglob("*.py"))


def short(path: Path) -> str:
    """Name a file the way people name it: from the top of the checkout."""
    return path.relative_to(ROOT).as_posix()


def room_of(path: Path) -> str:
    """Name the room that a module belongs to."""
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def core_files() -> list[Path]:
    """Every module that has to stay free of clocks, chance and the outside world."""
    return [path for path in source_files() if room_of(path) not in OUTER_ROOMS]


def parsed(path: Path) -> ast.Module:
    """Parse a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def module_name(path: Path) -> str:
    """Name the module that a file defines."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def public_namespaces() -> Iterator[ModuleType]:
    """Import every module without a leading underscore anywhere in its name, in order."""
    yield ordercore
    for found in sorted(
        info.name for info in pkgutil.walk_packages(ordercore.__path__, "ordercore.")
    ):
        if not any(part.startswith("_") for part in found.split(".")):
            yield importlib.import_module(found)


def exported(module: ModuleType) -> list[str]:
    """Name what a namespace offers; an empty list when it doesn't say."""
    return sorted(getattr(module, "__all__", []))


def is_ours(thing: object) -> bool:
    """Tell whether a class or function was written in this library."""
    home = inspect.getmodule(thing)
    return home is not None and home.__name__.split(".")[0] == "ordercore"
