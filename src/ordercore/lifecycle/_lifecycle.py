"""
From a declared machine to a table of (status, event) -> status.

Why two forms. The declaration is what people read and what the diagrams are drawn from; the
library behind it checks at definition time that every status is reachable and leads to an end. It
costs a tenth of a millisecond a transition and twice that an instance, so at run time orders use
the table: one dictionary look-up. A property test walks both side by side.

The tables of the house are written down beside the machines (``_tables.py``, by ``make tables``)
and a test compares them: importing the library and compiling took a quarter of the time that a
fresh process needs to its first order.

What the compiler refuses: whatever the table could not honor. Guards (``cond``, ``unless``,
validators) belong in ``decide``, callbacks in nobody's machine, and the library finds callbacks
by their mere names too (``on_enter_paid``); statuses within statuses, transitions without an event
and events that match many names have no row in a table. Each of them would behave differently in
the two forms, so it is an error at compile time.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import attrs

from ordercore.errors import InvalidDefinition, Rejected

if TYPE_CHECKING:
    from statemachine import State, StateMachine
    from statemachine.transition import Transition


class Category(StrEnum):
    """
    What a status means to the library's own automation, which never asks for its name.

    """

    OPEN = "open"  #: nothing irrevocable has happened
    ACTIVE = "active"  #: work or an outside answer is under way, or value has moved
    DONE = "done"  #: ended as wanted; final
    STOPPED = "stopped"  #: ended otherwise; final


@attrs.frozen(kw_only=True, slots=False)
class Lifecycle:
    """
    A compiled lifecycle: which event leads from which status to which.

    Attributes:
        name: What goes through it (``"payment"``).
        initial: The status in which it begins.
        categories: Every status, in the order of declaration, with its category.
        table: The transitions.
    """

    name: str
    initial: str
    categories: Mapping[str, Category]
    table: Mapping[tuple[str, str], str]

    @classmethod
    def of(
        cls,
        *,
        name: str,
        initial: str,
        categories: Mapping[str, Category],
        table: Mapping[tuple[str, str], str],
    ) -> "Lifecycle":
        """
        Return a lifecycle whose tables nobody can change.

        Nothing is checked: it comes from :func:`compile_lifecycle`, or was written from one.
        """
        return cls(
            name=name,
            initial=initial,
            categories=MappingProxyType(dict(categories)),
            table=MappingProxyType(dict(table)),
        )

    def after(self, status: str, event: str, subject: str) -> str:
        """
        Return the status that an event leads to; one dictionary look-up.

        Args:
            status: The present status.
            event: What is about to happen.
            subject: The id of what it happens to, for the message.

        Raises:
            Rejected: ``not_legal_now``, naming what would be legal.
        """
        try:
            return self.table[status, event]
        except KeyError:
            raise Rejected(
                "not_legal_now",
                f"can't {event} {self.name} {subject}: it is {status}",
                data={"subject": subject, "status": status, "event": event},
                legal=self.legal(status) or ("nothing: it has ended",),
            ) from None

    def allows(self, status: str, event: str) -> bool:
        """
        Say whether an event is legal in a status.

        """
        return (status, event) in self.table

    def legal(self, status: str) -> tuple[str, ...]:
        """
        List the events that are legal in a status, in the order of declaration.

        """
        return tuple(event for (source, event) in self.table if source == status)

    def has_ended(self, status: str) -> bool:
        """
        Say whether a status is final.

        """
        return self._ends[status]

    @cached_property
    def _ends(self) -> Mapping[str, bool]:
        final = {Category.DONE, Category.STOPPED}
        return {status: category in final for status, category in self.categories.items()}


class Declared:
    """
    A lifecycle declared elsewhere: compiled beforehand, or when it is first asked for.

    Keeps python-statemachine out of every process that only runs orders: the module with the
    machine is imported when the machine is asked for, or a table that was not given.

    Args:
        module: Where the machine is declared.
        machine: The name of its class.
        compiled: What :func:`compile_lifecycle` makes of it, written down; None compiles it on
            the first call.
    """

    __slots__ = ("_compiled", "_machine", "_module")

    def __init__(self, module: str, machine: str, compiled: Lifecycle | None = None) -> None:
        self._module = module
        self._machine = machine
        self._compiled = compiled

    def __call__(self) -> Lifecycle:
        """
        Return the compiled lifecycle; the same object on every call.

        """
        if self._compiled is None:
            self._compiled = compile_lifecycle(self.machine())
        return self._compiled

    def machine(self) -> "type[StateMachine]":
        """
        Return the machine class, to draw it or to walk it beside the table.

        """
        machine: type[StateMachine] = getattr(import_module(self._module), self._machine)
        return machine


def compile_lifecycle(machine: "type[StateMachine]") -> Lifecycle:
    """
    Compile a python-statemachine class into a table.

    The class states the name of its subject as ``subject`` and the category of each status as
    ``categories`` (by the status's value).

    Raises:
        InvalidDefinition: It is no strict ``StateMachine``; it has no status, or statuses within
            a status, callbacks, listeners, guards, transitions without an event or without one
            target, events whose name is no identifier, two directions for one event in one
            status, a status without category, a final status whose category is not final, or no
            path.
    """
    categories: Mapping[str, Category] = getattr(machine, "categories", {})
    name: str = getattr(machine, "subject", machine.__name__)
    table: dict[tuple[str, str], str] = {}
    ordered: dict[str, Category] = {}
    initial = ""
    called = _names_of_callbacks(machine)
    _check_machine(name, machine, called)
    for state in machine.states:
        value = str(state.value)
        _check_status(name, state, value, categories, called)
        ordered[value] = categories[value]
        if state.initial:
            initial = value
        for transition in state.transitions:
            target = _plain_target(name, transition, called)
            for event in transition.events:
                key = (value, str(event))
                if key in table:
                    raise InvalidDefinition(f"{name}: {key[1]} leaves {value} in two directions")
                table[key] = target
    strangers = set(categories) - set(ordered)
    if strangers:
        raise InvalidDefinition(f"{name}: categories name unknown statuses {sorted(strangers)}")
    lifecycle = Lifecycle.of(name=name, initial=initial, categories=ordered, table=table)
    _check_paths(lifecycle)
    return lifecycle


def _names_of_callbacks(machine: "type[StateMachine]") -> frozenset[str]:
    """
    Return the attributes that the library would call if a convention names them.

    It looks names up on the machine and passes over those of statuses, so an event ``hold`` and
    a status ``on_hold`` may stand side by side.
    """
    return frozenset(dir(machine)) - {state.id for state in machine.states}


def _calls_back(called: frozenset[str], *groups: Iterable[Any]) -> bool:
    return any(
        not spec.is_convention or spec.attr_name in called for specs in groups for spec in specs
    )


def _check_machine(name: str, machine: "type[StateMachine]", called: frozenset[str]) -> None:
    if machine.allow_event_without_transition:
        raise InvalidDefinition(
            f"{name} is not strict; declare it as a StateMachine with its defaults"
        )
    if not machine.states:
        raise InvalidDefinition(f"{name} has no status")
    # The library keeps listeners, inherited ones included, under this name only.
    listeners: Sequence[object] = vars(machine)["_class_listeners"]
    if listeners or _calls_back(called, machine.prepare):
        raise InvalidDefinition(f"{name} has listeners or prepare_event; rules belong in decide")


def _check_status(
    name: str,
    state: "State",
    value: str,
    categories: Mapping[str, Category],
    called: frozenset[str],
) -> None:
    if value not in categories:
        raise InvalidDefinition(f"{name}: status {value} has no category")
    if state.states:
        raise InvalidDefinition(f"{name}: status {value} has statuses within; a lifecycle is flat")
    final = categories[value] in {Category.DONE, Category.STOPPED}
    if final != bool(state.final):
        raise InvalidDefinition(
            f"{name}: status {value} is {'' if state.final else 'not '}final, "
            f"which does not fit its category {categories[value]}"
        )
    if _calls_back(called, state.enter, state.exit, state.invoke):
        raise InvalidDefinition(f"{name}: status {value} has callbacks; rules belong in decide")


def _plain_target(name: str, transition: "Transition", called: frozenset[str]) -> str:
    if transition.target is None or len(transition.targets) > 1:
        raise InvalidDefinition(
            f"{name}: {transition.event} leads from {transition.source.value} "
            f"to {len(transition.targets)} statuses, legal is one"
        )
    where = f"{transition.source.value} -> {transition.target.value}"
    callbacks = _calls_back(called, transition.before, transition.on, transition.after)
    if callbacks or any(transition.cond) or any(transition.validators):
        raise InvalidDefinition(f"{name}: {where} has guards or callbacks; they belong in decide")
    if transition.is_eventless:
        raise InvalidDefinition(f"{name}: {where} happens without an event")
    for event in transition.events:
        if not event.isidentifier():
            raise InvalidDefinition(
                f"{name}: {str(event)!r} is no name of an event; legal are identifiers"
            )
    return str(transition.target.value)


def _check_paths(lifecycle: Lifecycle) -> None:
    following: dict[str, set[str]] = {status: set() for status in lifecycle.categories}
    for (source, _), target in lifecycle.table.items():
        following[source].add(target)
    reached = _closure(lifecycle.initial, following)
    unreachable = [status for status in lifecycle.categories if status not in reached]
    if unreachable:
        raise InvalidDefinition(f"{lifecycle.name}: nothing leads to {', '.join(unreachable)}")
    for status in lifecycle.categories:
        if not any(lifecycle.has_ended(end) for end in _closure(status, following)):
            raise InvalidDefinition(f"{lifecycle.name}: no way leads from {status} to an end")


def _closure(start: str, following: Mapping[str, set[str]]) -> set[str]:
    reached, frontier = {start}, [start]
    while frontier:  # bounded: each status enters the frontier once
        for target in following[frontier.pop()] - reached:
            reached.add(target)
            frontier.append(target)
    return reached
