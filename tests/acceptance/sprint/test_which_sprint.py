"""With several sprints running, a command begins with the one it is about, or offers them."""

from __future__ import annotations

import pytest

from tests.stages import open_theatre

pytestmark = pytest.mark.smoke


@pytest.fixture
def theatre(tmp_path):
    with open_theatre(tmp_path) as opened:
        opened.start(title="First")
        opened.start(title="Second")
        yield opened


def _card(theatre, sprint, number=1):
    return theatre.keyed(f"sprint:{sprint}:blocker:{number}")


def test_a_number_or_a_channel_in_front_names_the_sprint(theatre):
    first, second = theatre.channels[-2:]
    theatre.command("Ana", "/blocker", "#2 The replica is closed")
    theatre.settle()
    assert _card(theatre, 2).channel_id == second.id
    theatre.command("Ana", "/blocker", f"#{first.name} The table has no owner")
    theatre.settle()
    assert _card(theatre, 1).channel_id == first.id
    theatre.command("Ana", "/approval", "#2 security @Cho May we?")
    theatre.settle()
    assert theatre.keyed("sprint:2:approval:1").channel_id == second.id
    said = theatre.command("Ana", "/blocker", "#2 resolve 1")
    assert "1" in said
    theatre.settle()
    assert "fixed" in _card(theatre, 2).text
    assert "open" in _card(theatre, 1).text


def test_a_ticket_s_number_stays_part_of_the_blocker(theatre):
    theatre.command("Ana", "/blocker", "#4711 waits for security", channel=theatre.channels[-1])
    theatre.settle()
    assert "#4711 waits for security" in _card(theatre, 2).text


@pytest.mark.parametrize("command", ["/blocker", "/probe", "/sprint"])
def test_without_either_the_sprints_are_offered(theatre, command):
    text = {"/blocker": "list", "/probe": "environment", "/sprint": "rollback it broke"}[command]
    assert "Which sprint" in theatre.command("Ana", command, text)
