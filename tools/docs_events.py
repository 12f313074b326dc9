"""Draw docs/reference/events.md from the events and the names under which they are stored."""

from ordercore.codec import TYPES
from tools.docstrings import fields_table, read
from tools.generate_docs import page

_HEAD = """\
# Events

What can have happened to an order, to a stock document or to a message that a provider has sent. An
event is never changed and never forgotten; it carries all that the decision rested on, and the
status that it led to. It is stored under the name beside its class, which is never reused: a class
may be renamed, its stored name stays.
"""


@page("reference/events.md")
def events() -> str:
    """Tell every event, room by room."""
    parts = [_HEAD.strip()]
    room = ""
    for name, kind in TYPES.items():
        if name.startswith(("command.", "reply.")):
            continue
        home = kind.__module__.split(".")[1]
        if home != room:
            room = home
            parts.append(f"## {room.capitalize()}")
        parts += [f"### {kind.__name__}", f"Stored as `{name}`. {read(kind).text}"]
        parts.append(fields_table(kind))
    return "\n\n".join(part for part in parts if part)
