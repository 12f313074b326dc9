"""
Read from the source which functions a rule reaches, and what stands in them.

Nothing is executed. A name is looked up among the functions of its module, among what the module
imports by name, and, for ``room.function``, among the functions of that room. Who names a class
reaches all of its methods. What stands in variables is not followed, so this is a reading and no
proof: the lifecycles' own refusal, ``not_legal_now``, is not found, for one.
"""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import attrs

__all__ = ["SOURCE", "Function", "functions", "modules", "reached", "refusals", "written"]

SOURCE = Path(__file__).resolve().parents[1] / "src" / "ordercore"

#: Folding builds nothing new; what it names are facts that are there already.
_NOT_FOLLOWED = frozenset({"evolve", "fold", "conclude"})


@attrs.frozen(eq=False)
class Function:
    """
    A function at the top of a module, or a method of a class that stands there.

    Attributes:
        module: The module's path below the package.
        node: Its source.
    """

    module: str
    node: ast.FunctionDef


@cache
def modules() -> dict[str, ast.Module]:
    """
    Parse every module of the library, by its path below the package.

    """
    return {
        path.relative_to(SOURCE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(SOURCE.rglob("*.py"))
    }


@cache
def functions(module: str) -> dict[str, Function]:
    """
    Return the functions of a module by name, methods as ``Class.method``.

    """
    found: dict[str, Function] = {}
    for node in modules()[module].body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = Function(module, node)
        elif isinstance(node, ast.ClassDef):
            methods = (inner for inner in node.body if isinstance(inner, ast.FunctionDef))
            found.update({f"{node.name}.{m.name}": Function(module, m) for m in methods})
    return found


@cache
def _by_room(room: str) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for module in modules():
        if module.startswith(f"{room}/"):
            found.update(functions(module))
    return found


@cache
def _imported(module: str) -> dict[str, Function]:
    found: dict[str, Function] = {}
    for node in ast.walk(modules()[module]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ordercore."):
            home = (node.module or "").removeprefix("ordercore.").replace(".", "/")
            known = functions(f"{home}.py") if f"{home}.py" in modules() else _by_room(home)
            for alias in node.names:
                for name, function in known.items():
                    head, dot, method = name.partition(".")
                    if head == alias.name:
                        found[(alias.asname or alias.name) + dot + method] = function
    return found


@cache
def reached(module: str, function: str) -> tuple[Function, ...]:
    """
    List the functions that a function calls, directly or not, itself first.

    """
    start = functions(module)[function]
    found, frontier = {(module, function): start}, [start]
    while frontier:  # bounded: each function enters the frontier once
        for called in _called(frontier.pop()):
            key = (called.module, called.node.name)
            if key not in found and called.node.name not in _NOT_FOLLOWED:
                found[key] = called
                frontier.append(called)
    return tuple(found.values())


@cache
def _called(function: Function) -> tuple[Function, ...]:
    here, there = _by_head(function.module), _imported_by_head(function.module)
    found: list[Function] = []
    for node in ast.walk(function.node):
        if isinstance(node, ast.Name):
            found += here.get(node.id, ())
            found += there.get(node.id, ())
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            called = _by_room(node.value.id).get(node.attr)
            found += () if called is None else (called,)
    return tuple(found)


@cache
def _by_head(module: str) -> dict[str, tuple[Function, ...]]:
    return _heads(functions(module))


@cache
def _imported_by_head(module: str) -> dict[str, tuple[Function, ...]]:
    return _heads(_imported(module))


def _heads(known: dict[str, Function]) -> dict[str, tuple[Function, ...]]:
    found: dict[str, tuple[Function, ...]] = {}
    for name, function in known.items():
        head = name.partition(".")[0]
        found[head] = (*found.get(head, ()), function)
    return found


def refusals(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """
    Find every ``Rejected(...)`` below a node, with its code where that is written there.

    """
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "Rejected"
            and node.args
        ):
            yield written(node.args[0]), node


def written(node: ast.expr) -> str:
    """
    Return a text as it stands in the source, its variable parts in braces.

    """
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(
            f"{{{written(part.value)}}}" if isinstance(part, ast.FormattedValue) else written(part)
            for part in node.values
        )
    return ast.unparse(node)
