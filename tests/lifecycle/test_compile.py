import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from statemachine import State, StateChart, StateMachine

from ordercore.errors import InvalidDefinition
from ordercore.lifecycle import Category, Declared, compile_lifecycle
from tests.lifecycle.machines import ParcelMachine

OPEN_DONE = {"a": Category.OPEN, "b": Category.DONE}

BROKEN: list[Any] = []


def broken(message: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """
    List a maker of machines that break one rule, with what the refusal says.

    """

    def listed(make: Callable[[], Any]) -> Callable[[], Any]:
        BROKEN.append(pytest.param(make, message, id=make.__name__))
        return make

    return listed


@broken("thing: status b has no category")
def status_without_category() -> Any:
    class M(StateMachine):
        subject, categories = "thing", {"a": Category.OPEN}
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("M: status a has no category")
def no_categories_and_no_subject() -> Any:
    class M(StateMachine):
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing: categories name unknown statuses ['x', 'y']")
def category_of_a_stranger() -> Any:
    class M(StateMachine):
        subject = "thing"
        categories = OPEN_DONE | dict.fromkeys("yx", Category.OPEN)
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing: status b is final, which does not fit its category active")
def final_status_in_a_category_that_goes_on() -> Any:
    class M(StateMachine):
        subject, categories = "thing", {"a": Category.OPEN, "b": Category.ACTIVE}
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing: status a is not final, which does not fit its category stopped")
def status_that_goes_on_in_a_final_category() -> Any:
    class M(StateMachine):
        subject, categories = "thing", {"a": Category.STOPPED, "b": Category.DONE}
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing: go leaves a in two directions")
def one_event_in_two_directions() -> Any:
    class M(StateMachine):
        subject, categories = "thing", {**OPEN_DONE, "c": Category.STOPPED}
        a, b, c = State(initial=True), State(final=True), State(final=True)
        go = a.to(b) | a.to(c)

    return M


@broken("thing: status a has callbacks; rules belong in decide")
def callback_on_entering() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True, enter="ring"), State(final=True)
        go = a.to(b)

        def ring(self) -> None: ...

    return M


@broken("thing: status a has callbacks; rules belong in decide")
def callback_on_leaving() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True, exit="ring"), State(final=True)
        go = a.to(b)

        def ring(self) -> None: ...

    return M


@broken("thing: status a has callbacks; rules belong in decide")
def work_started_by_a_status() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True, invoke="ring"), State(final=True)
        go = a.to(b)

        def ring(self) -> None: ...

    return M


@broken("thing: status b has callbacks; rules belong in decide")
def callback_by_the_name_of_a_status() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

        def on_enter_b(self) -> None: ...

    return M


@broken("thing: status a has callbacks; rules belong in decide")
def callback_on_every_status() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

        async def on_exit_state(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def callback_by_the_name_of_an_event() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

        def on_go(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def callback_after_every_transition() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

        def after_transition(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def callback_before() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, before="ring")

        def ring(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def callback_during() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, on="ring")

        def ring(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def callback_after() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, after="ring")

        def ring(self) -> None: ...

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def guard() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, cond="ready")
        ready = True

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def guard_that_forbids() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, unless="busy")
        busy = True

    return M


@broken("thing: a -> b has guards or callbacks; they belong in decide")
def validator() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, validators="check")

        def check(self) -> None: ...

    return M


@broken("thing has listeners or prepare_event; rules belong in decide")
def listener_of_the_class() -> Any:
    class Ear:
        def after_transition(self) -> None: ...

    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        listeners = [Ear]  # noqa: RUF012 - as the library wants it
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing has listeners or prepare_event; rules belong in decide")
def preparation_of_every_event() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

        def prepare_event(self) -> dict[str, object]:
            return {}

    return M


@broken("thing is not strict; declare it as a StateMachine with its defaults")
def chart_that_swallows_illegal_events() -> Any:
    class M(StateChart[Any]):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)

    return M


@broken("thing: a -> b happens without an event")
def transition_without_event() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)
        a.to(b)

    return M


@broken("thing: tick leads from a to 0 statuses, legal is one")
def transition_without_target() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b)
        tick = a.to(None)

    return M


@broken("thing: go leads from a to 2 statuses, legal is one")
def transition_to_two_statuses_at_once() -> Any:
    class M(StateMachine):
        validate_disconnected_states = False
        subject, categories = "thing", {**OPEN_DONE, "c": Category.DONE}
        a, b, c = State(initial=True), State(final=True), State(final=True)
        go = a.to([b, c])  # type: ignore[arg-type]  # the library takes it

    return M


@broken("thing: '*' is no name of an event; legal are identifiers")
def event_that_matches_any_name() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        go = a.to(b, event="*")

    return M


@broken("thing: 'error.pay' is no name of an event; legal are identifiers")
def event_with_a_second_name() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE
        a, b = State(initial=True), State(final=True)
        error_pay = a.to(b)

    return M


@broken("thing: status a has statuses within; a lifecycle is flat")
def statuses_within_a_status() -> Any:
    class M(StateMachine):
        subject, categories = "thing", OPEN_DONE

        class a(State.Compound):  # noqa: N801 - the name of a status
            x, y = State(initial=True), State(final=True)
            step = x.to(y)

        b = State(final=True)
        go = a.to(b)

    return M


@broken("thing has no status")
def machine_without_status() -> Any:
    class M(StateMachine):
        subject = "thing"

    return M


@broken("thing: nothing leads to c")
def status_that_nothing_leads_to() -> Any:
    class M(StateMachine):
        validate_disconnected_states = False
        subject, categories = "thing", {**OPEN_DONE, "c": Category.OPEN}
        a, b, c = State(initial=True), State(final=True), State()
        go = a.to(b) | c.to(b)

    return M


@broken("thing: no way leads from a to an end")
def circle_without_an_end() -> Any:
    class M(StateMachine):
        subject, categories = "thing", {"a": Category.OPEN, "b": Category.ACTIVE}
        a, b = State(initial=True), State()
        go, back = a.to(b), b.to(a)

    return M


@broken("thing: no way leads from c to an end")
def status_that_traps() -> Any:
    class M(StateMachine):
        validate_trap_states = False
        validate_final_reachability = False
        subject, categories = "thing", {**OPEN_DONE, "c": Category.OPEN}
        a, b, c = State(initial=True), State(final=True), State()
        go, fall = a.to(b), a.to(c)

    return M


@pytest.mark.parametrize(("make", "message"), BROKEN)
def test_what_the_table_could_not_honor_does_not_compile(
    make: Callable[[], Any], message: str
) -> None:
    with pytest.raises(InvalidDefinition) as refusal:
        compile_lifecycle(make())

    assert str(refusal.value) == message


def test_a_status_may_bear_a_name_that_the_library_would_call_by() -> None:
    class M(StateMachine):
        subject, categories = "thing", {**OPEN_DONE, "on_hold": Category.OPEN}
        a, on_hold, b = State(initial=True), State(), State(final=True)
        hold, close = a.to(on_hold), on_hold.to(b)

    machine: Any = M()
    machine.send("hold")

    assert machine.on_hold.is_active
    assert compile_lifecycle(M).after("a", "hold", "T-1") == "on_hold"


def test_a_sound_declaration_compiles_into_its_table() -> None:
    lifecycle = compile_lifecycle(ParcelMachine)

    assert lifecycle.name == "parcel"
    assert lifecycle.initial == "planned"
    assert list(lifecycle.categories.items()) == list(ParcelMachine.categories.items())
    assert dict(lifecycle.table) == {
        ("planned", "pack"): "packed",
        ("planned", "stop"): "stopped",
        ("packed", "unpack"): "planned",
        ("packed", "weigh"): "packed",
        ("packed", "hand_over"): "under way",
        ("packed", "stop"): "stopped",
        ("under way", "deliver"): "delivered",
    }


def test_a_compiled_lifecycle_cannot_be_changed() -> None:
    lifecycle = compile_lifecycle(ParcelMachine)

    with pytest.raises(TypeError):
        lifecycle.table["planned", "deliver"] = "delivered"  # type: ignore[index]  # the claim
    with pytest.raises(TypeError):
        lifecycle.categories["lost"] = Category.DONE  # type: ignore[index]  # the claim itself


def test_a_declared_lifecycle_compiles_once() -> None:
    declared = Declared("tests.lifecycle.machines", "ParcelMachine")

    assert declared.machine() is ParcelMachine
    assert declared() is declared()
    assert declared() == compile_lifecycle(ParcelMachine)


def test_the_machine_library_is_not_loaded_before_a_lifecycle_is_asked_for() -> None:
    program = """
import sys
from ordercore.lifecycle import Declared
declared = Declared("tests.lifecycle.machines", "ParcelMachine")
before = "statemachine" in sys.modules
declared()
print(before, "statemachine" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("False True\n", "")
