"""Draw docs/reference/commands.md from the commands and the rules that decide them."""

import ast
import re

from ordercore.codec import TYPES
from tools.call_graph import Function, functions, modules, reached
from tools.docstrings import fields_table, parse, read
from tools.generate_docs import page

__all__ = ["codes_of", "commands", "deciding", "events_of"]

_EVENTS = frozenset(
    kind.__name__ for name, kind in TYPES.items() if not name.startswith(("command.", "reply."))
)
_CODE = re.compile(r"`([a-z_]+)`")
#: Some rules say that they refuse what another one refuses.
_LIKE = {"As for picking.": "PickUnits"}

_HEAD = """\
# Commands

What can be asked of an order, of stock and of its documents, and of the messages that providers
send. Each command is a frozen class of `ordercore.orders`, `ordercore.inventory` or
`ordercore.intake`, checks its own shape when it is made (`InvalidData` lists every fault with its
path), and is decided on facts when it is submitted.

The *refusals* are the codes of `Rejected`, in the order in which they are checked, as the rules
state them. The *events* are those that the rule itself may record. What then follows by itself,
whatever the command to an order was, is the same for all: {conclusions}.
"""


@page("reference/commands.md")
def commands() -> str:
    """Tell every command."""
    kinds = [kind for name, kind in TYPES.items() if name.startswith("command.")]
    following = tuple(
        called
        for name in functions("orders/_conclusions.py")
        for called in reached("orders/_conclusions.py", name)
    )
    conclusions = ", ".join(f"`{name}`" for name in _made(following))
    return "\n\n".join(
        [_HEAD.format(conclusions=conclusions).strip(), *(_command(kind) for kind in kinds)]
    )


def deciding() -> dict[str, tuple[str, str]]:
    """Read the tables of rules: command -> module and function that decides it."""
    found: dict[str, tuple[str, str]] = {}
    rooms = ("orders", "inventory", "inventory/documents", "intake")
    tables = [(room, modules()[f"{room}/_decide.py"]) for room in rooms]
    for room, node in ((room, node) for room, table in tables for node in ast.walk(table)):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            for inner in ast.walk(value):
                if (
                    isinstance(key, ast.Attribute)
                    and isinstance(inner, ast.Attribute)
                    and isinstance(inner.value, ast.Name)
                    and inner.attr.startswith("decide_")
                ):
                    found[key.attr] = (f"{room}/{inner.value.id}.py", inner.attr)
    return found


def codes_of(command: str) -> tuple[str, ...]:
    """List the codes with which a command is refused, as its rule states them."""
    rule = reached(*deciding()[command])[0].node
    raises = parse(ast.get_docstring(rule) or "").sections.get("Raises", {}).get("Rejected", "")
    if raises in _LIKE:
        return codes_of(_LIKE[raises])
    return tuple(dict.fromkeys(_CODE.findall(raises)))


def events_of(command: str) -> tuple[str, ...]:
    """List the events that a command's rule may record."""
    return _made(reached(*deciding()[command]))


def _made(functions: tuple[Function, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    for function in functions:
        for statement in function.node.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                    found.add(node.func.id)
                elif isinstance(node, ast.Dict):  # a table of kinds
                    found.update(v.id for v in node.values if isinstance(v, ast.Name))
    return tuple(kind.__name__ for kind in TYPES.values() if kind.__name__ in found & _EVENTS)


def _command(kind: type) -> str:
    name = kind.__name__
    rule = parse(ast.get_docstring(reached(*deciding()[name])[0].node) or "")
    codes, events = codes_of(name), events_of(name)
    return "\n\n".join(
        part
        for part in (
            f"## {name}",
            read(kind).text,
            fields_table(kind),
            f"*Decided so.* {rule.text}",
            f"*Refusals.* {', '.join(f'`{code}`' for code in codes)}." if codes else "",
            f"*Events.* {', '.join(f'`{event}`' for event in events)}."
            if events
            else "*Events.* None: it leads to ledger steps alone.",
        )
        if part
    )
