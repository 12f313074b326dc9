"""The tables that run are those of the machines that people read."""

import subprocess
import sys
from typing import Final

import pytest

from ordercore.lifecycle import Declared, compile_lifecycle
from tools.compile_lifecycles import SLICES, SOURCE, declared_in, text_of

LIFECYCLES: Final = {
    f"{room}.{name}": declared for room in SLICES for name, declared in declared_in(room).items()
}


@pytest.mark.parametrize("room", SLICES)
def test_the_written_tables_are_those_of_the_machines(room: str) -> None:
    written = (SOURCE / room.replace(".", "/") / "_tables.py").read_text(encoding="utf-8")

    assert written == text_of(room), "run `make tables`"


@pytest.mark.parametrize("declared", LIFECYCLES.values(), ids=LIFECYCLES.keys())
def test_each_lifecycle_runs_on_its_own_machines_table(declared: Declared) -> None:
    compiled = compile_lifecycle(declared.machine())

    assert declared() == compiled
    assert list(declared().table) == list(compiled.table)
    assert list(declared().categories) == list(compiled.categories)


def test_every_room_with_machines_is_written() -> None:
    found = (path.parent.relative_to(SOURCE) for path in SOURCE.glob("**/_machines.py"))
    assert sorted(".".join(folder.parts) for folder in found) == sorted(SLICES)


def test_running_an_order_through_its_lifecycles_never_loads_the_machine_library() -> None:
    calls = "; ".join(f"ordercore.{name}().legal('')" for name in LIFECYCLES)
    rooms = ", ".join(f"ordercore.{room}" for room in SLICES)
    program = f"import sys; import {rooms}; {calls}; print('statemachine' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("False\n", "")
