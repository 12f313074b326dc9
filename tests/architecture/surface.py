"""
The public surface as text: one line for each name, with what a caller could depend on.

Only what is the same on every supported Python and in every run is written: annotations as they
are written in signatures, defaults only where they are plain values.
"""

import enum
import inspect
import re
import types
import typing
from collections.abc import Callable, Iterable
from types import ModuleType

import attrs

from tests.architecture.house import HERE, exported, public_namespaces

SNAPSHOT = HERE / "surface.txt"

_PLAIN = (bool, int, str, bytes, type(None), enum.Enum)


def render() -> str:
    """Describe every public namespace."""
    blocks = [
        (
            "# The public surface; a change here is a change for callers.\n"
            "# Accept it with `make surface` and tell users in CHANGELOG.md.\n"
        )
    ]
    for module in public_namespaces():
        lines = [f"{module.__name__}"]
        for name in exported(module):
            lines += [f"    {line}" for line in _described(module, name)]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _described(module: ModuleType, name: str) -> list[str]:
    thing = getattr(module, name)
    home = getattr(thing, "__module__", module.__name__)
    if module.__name__ == "ordercore" and isinstance(home, str) and home != "ordercore":
        return [f"{name} = {home}.{name}"]
    if isinstance(thing, typing.NewType):
        return [f"newtype {name}: {_type(thing.__supertype__)}"]
    if inspect.isclass(thing):
        return [f"{_kind(thing)} {name}{_bases(thing)}{_signature(thing)}", *_members(thing)]
    if inspect.isroutine(thing):
        prefix = "async def" if inspect.iscoroutinefunction(thing) else "def"
        return [f"{prefix} {name}{_signature(thing)}"]
    if isinstance(thing, typing.TypeVar):
        return [f"typevar {name}"]
    if typing.get_origin(thing) is not None:
        return [f"type {name} = {_type(thing)}"]
    return [f"value {name}: {type(thing).__qualname__}"]


def _kind(cls: type) -> str:
    if issubclass(cls, enum.Enum):
        return "enum"
    if getattr(cls, "_is_protocol", False):
        return "protocol"
    return "exception" if issubclass(cls, BaseException) else "class"


def _bases(cls: type) -> str:
    named = [base.__qualname__ for base in cls.__bases__ if base is not object]
    return f"[{', '.join(named)}]" if named else ""


def _members(cls: type) -> list[str]:
    if issubclass(cls, enum.Enum):
        return [f"    {member.name} = {member.value!r}" for member in cls]
    fields = set[str](getattr(cls, "_fields", ()))  # those of a NamedTuple
    if attrs.has(cls):
        fields.update(field.name for field in attrs.fields(cls))
    lines: list[str] = []
    for name in sorted(vars(cls)):
        if name.startswith("_") or name in fields:
            continue
        lines.append(f"    {_member(name, inspect.getattr_static(cls, name))}")
    return lines


def _member(name: str, member: object) -> str:
    if isinstance(member, staticmethod | classmethod):
        inner = member.__func__
        return f"{type(member).__name__} {name}{_signature(inner)}"
    if isinstance(member, property) and member.fget is not None:
        return f"property {name}{_signature(member.fget)}"
    if inspect.isfunction(member):
        prefix = "async def" if inspect.iscoroutinefunction(member) else "def"
        return f"{prefix} {name}{_signature(member)}"
    return f"value {name}: {type(member).__qualname__}"


def _signature(callee: Callable[..., object]) -> str:
    if isinstance(callee, type) and _kind(callee) in {"enum", "protocol"}:
        return ""
    try:
        signature = inspect.signature(callee)
    except (TypeError, ValueError):
        return ""
    plain = [
        parameter.replace(
            default=_default(parameter.default),
            annotation=_Written(parameter.annotation)
            if parameter.annotation is not parameter.empty
            else parameter.empty,
        )
        for parameter in signature.parameters.values()
    ]
    returned = signature.return_annotation
    if returned is not signature.empty:
        returned = _Written(returned)
    return _stable(str(signature.replace(parameters=plain, return_annotation=returned)))


def _default(value: object) -> object:
    if value is attrs.NOTHING:
        return ...
    if isinstance(value, enum.Enum):
        return _Written(str(value))
    return value if value is inspect.Parameter.empty or isinstance(value, _PLAIN) else ...


class _Written:
    """Prints an annotation or a default as it would be written, evaluated or not."""

    def __init__(self, annotation: object) -> None:
        self._text = _type(annotation)

    def __repr__(self) -> str:
        return self._text


def _type(annotation: object) -> str:
    """Write a type the same way on every supported Python: unions by bars, names without paths."""
    if isinstance(annotation, str):
        return annotation
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, list | tuple):  # the parameters inside Callable[[...], ...]
        return f"[{', '.join(_type(part) for part in _parts(annotation))}]"
    if isinstance(annotation, typing.NewType | typing.TypeVar):
        return annotation.__name__
    if isinstance(annotation, typing.ForwardRef):
        return annotation.__forward_arg__
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union or origin is types.UnionType:
        return " | ".join(_type(part) for part in parts)
    if origin is typing.Literal:
        return f"Literal[{', '.join(repr(part) for part in parts)}]"
    if origin is not None:
        return f"{_type(origin)}[{', '.join(_type(part) for part in parts)}]"
    if annotation is ...:
        return "..."
    return _stable(inspect.formatannotation(annotation))


def _parts(annotation: Iterable[object]) -> list[object]:
    return list(annotation)


def _stable(text: str) -> str:
    """Drop the path of a type and the address of an object: neither is promised to callers."""
    text = re.sub(r"\b(?:[A-Za-z_]\w*\.)+(?=[A-Za-z_]\w*)", "", text)
    text = re.sub(r" at 0x[0-9a-f]+", "", text)
    return text.replace("=Ellipsis", "=...").replace("= Ellipsis", "= ...")
