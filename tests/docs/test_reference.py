"""What the reference says of commands is what their rules can do, and the picture is the house."""

import pytest

from ordercore.codec import TYPES
from tests.docs.pages import ROOT
from tools.call_graph import reached, refusals
from tools.docs_commands import codes_of, commands, deciding, events_of
from tools.docs_errors import refused
from tools.floors import picture

_COMMANDS = [kind.__name__ for name, kind in TYPES.items() if name.startswith("command.")]


def test_every_command_has_a_rule_and_every_rule_a_command() -> None:
    assert sorted(deciding()) == sorted(_COMMANDS)


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_code_that_a_rule_states_stands_in_what_it_reaches(command: str) -> None:
    elsewhere = {"not_legal_now", "shortage"}  # said by the lifecycles and by the ledger
    found = {
        code for function in reached(*deciding()[command]) for code, _ in refusals(function.node)
    }

    assert set(codes_of(command)) - found - elsewhere == set()


def test_every_event_has_a_command_or_a_conclusion_that_leads_to_it() -> None:
    kinds = {
        kind.__name__ for name, kind in TYPES.items() if not name.startswith(("command.", "reply."))
    }
    led_to = {event for command in _COMMANDS for event in events_of(command)}
    head = commands().partition("\n## ")[0]
    followed = {event for event in kinds if f"`{event}`" in head}

    assert kinds - led_to - followed == set()


def test_every_code_has_a_sentence_and_stands_in_braces_nowhere_alone() -> None:
    assert [row for row in refused() if not row[2] or not row[0][0].isalpha()] == []


def test_the_picture_of_the_house_shows_the_floors_that_are_held() -> None:
    page = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")

    assert picture() in page
