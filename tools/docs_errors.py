"""Draw docs/reference/errors.md from the errors and from every place that refuses something."""

import ast
import inspect
from collections.abc import Iterator

from ordercore import errors
from tools.call_graph import modules, refusals, written
from tools.docstrings import parse, read, table
from tools.generate_docs import page

__all__ = ["refused"]

_HEAD = """\
# Errors

All errors are classes of `ordercore.errors`, and who has to act decides which one it is.
"""

_CODES = """\
## Codes of Rejected

Every place of the source that refuses something, in the order of the code. What stands in braces
is filled in when it happens. *Legal* is what the refusal names as accepted instead.
"""


@page("reference/errors.md")
def errors_page() -> str:
    """Tell every error and every code."""
    tree = inspect.cleandoc(errors.__doc__ or "").split("\n\n")
    drawing = inspect.cleandoc(tree[1])
    closing = " ".join(tree[2].split())
    parts = [_HEAD.strip(), f"```text\n{drawing}\n```", closing]
    for name in errors.__all__:
        kind = getattr(errors, name)
        meanings = read(kind).sections.get("Attributes", {})
        parts += [f"## {name}", read(kind).text]
        if meanings:
            rows = [(f"`{field}`", meaning) for field, meaning in meanings.items()]
            parts.append(table(("attribute", "meaning"), rows))
    found = [(f"`{code}`", where, said, legal) for code, where, said, legal in sorted(refused())]
    parts += [_CODES.strip(), table(("code", "where", "said", "legal"), found)]
    return "\n\n".join(parts)


def refused() -> Iterator[tuple[str, str, str, str]]:
    """Find every refusal: code, module, sentence, what is named as legal."""
    for module, tree in modules().items():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for code, call in refusals(function):
                if isinstance(call.args[0], ast.Constant | ast.JoinedStr):
                    codes: tuple[str, ...] = (code,)
                else:
                    codes = _handed_in(tree, function, written(call.args[0]))
                said = " ".join(parse(written(call.args[1])).text.split()) if call.args[1:] else ""
                yield from ((each, f"`{module}`", said, _legal(call)) for each in codes)


def _handed_in(tree: ast.Module, function: ast.FunctionDef, parameter: str) -> tuple[str, ...]:
    """List the codes with which the callers of a function have it refuse."""
    names = [argument.arg for argument in function.args.args if argument.arg != "self"]
    if parameter not in names:
        return ()
    place = names.index(parameter)
    return tuple(
        written(call.args[place])
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        and _name(call.func) == function.name
        and len(call.args) > place
        and isinstance(call.args[place], ast.Constant)
    )


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _legal(call: ast.Call) -> str:
    given = next((keyword.value for keyword in call.keywords if keyword.arg == "legal"), None)
    if given is None:
        return ""
    return "; ".join(dict.fromkeys(_texts(given))) or "*named when it happens*"


def _texts(node: ast.AST) -> Iterator[str]:
    """Find the texts in an expression, whole ones and not their parts."""
    if isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    ):
        yield written(node)
        return
    for inner in ast.iter_child_nodes(node):
        yield from _texts(inner)
