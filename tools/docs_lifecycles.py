"""Draw docs/reference/lifecycles.md from the declared machines."""

import ast
from collections.abc import Callable, Iterator
from typing import cast

from ordercore.fulfillment import FULFILLMENT_ORDER_LIFECYCLE, PACKAGE_LIFECYCLE
from ordercore.intake import NOTICE_LIFECYCLE
from ordercore.inventory.documents import COUNT_LIFECYCLE, PURCHASE_LIFECYCLE, TRANSFER_LIFECYCLE
from ordercore.lifecycle import Declared
from ordercore.orders import ORDER_LIFECYCLE
from ordercore.payments import PAYMENT_LIFECYCLE, REQUEST_LIFECYCLE
from ordercore.returns import RETURN_LIFECYCLE
from tools.call_graph import SOURCE
from tools.docstrings import read, table
from tools.generate_docs import page

_LIFECYCLES = (
    ORDER_LIFECYCLE,
    PAYMENT_LIFECYCLE,
    REQUEST_LIFECYCLE,
    FULFILLMENT_ORDER_LIFECYCLE,
    PACKAGE_LIFECYCLE,
    RETURN_LIFECYCLE,
    PURCHASE_LIFECYCLE,
    TRANSFER_LIFECYCLE,
    COUNT_LIFECYCLE,
    NOTICE_LIFECYCLE,
)

_HEAD = """\
# Lifecycles

Each thing that has a status has a small lifecycle of its own; there is no status over all of them.
What an order's customer reads is rolled up from them by `ordercore.views.public_status`.

The diagrams and tables are drawn from the machines that the rules themselves are compiled from. An
event that is not in a row is refused with the code `not_legal_now`, and the refusal lists those
that are.
"""


@page("reference/lifecycles.md")
def lifecycles() -> str:
    """Tell every lifecycle."""
    categories = table(("category", "meaning"), _categories())
    return "\n\n".join([_HEAD.strip(), categories, *(_lifecycle(each) for each in _LIFECYCLES)])


def _categories() -> Iterator[tuple[str, str]]:
    """Read the words beside the members of ``Category``, where their meaning stands."""
    source = (SOURCE / "lifecycle" / "_lifecycle.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    for node in ast.parse(source).body:
        if isinstance(node, ast.ClassDef) and node.name == "Category":
            for member in node.body:
                if isinstance(member, ast.Assign) and isinstance(member.value, ast.Constant):
                    meaning = lines[member.lineno - 1].partition("#: ")[2]
                    yield f"`{ast.literal_eval(member.value)}`", meaning


def _lifecycle(declared: Declared) -> str:
    lifecycle = declared()
    # The library's own class takes a parameter that nobody here gives it.
    machine = cast("Callable[[], type[object]]", declared.machine)()  # pyright: ignore[reportUnknownMemberType]
    # The library capitalizes what it draws; statuses and events are shown as they are written.
    drawing = f"{machine:mermaid}".rstrip()
    for status in lifecycle.categories:
        drawing = drawing.replace(f'"{status.replace("_", " ").capitalize()}"', f'"{status}"')
    for event in {event for _, event in lifecycle.table}:
        drawing = drawing.replace(f": {event.replace('_', ' ').capitalize()}", f": {event}")
    statuses = [
        (
            f"`{status}`",
            f"`{category}`",
            ", ".join(
                f"`{event}` to `{target}`"
                for (source, event), target in lifecycle.table.items()
                if source == status
            )
            or "nothing: it has ended",
        )
        for status, category in lifecycle.categories.items()
    ]
    return "\n\n".join(
        (
            f"## {lifecycle.name.capitalize()}",
            read(machine).text,
            f"It begins as `{lifecycle.initial}`.",
            f"```mermaid\n{drawing}\n```",
            table(("status", "category", "what may happen"), statuses),
        )
    )
