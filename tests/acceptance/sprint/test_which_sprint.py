"""With several sprints running, a command begins with the one it is about, or offers them."""

from __future__ import annotations

import pytest

from tests.stage import open_stage

pytestmark = pytest.mark.smoke


@pytest.fixture
def stage(tmp_path):
    with open_stage(tmp_path) as opened:
        opened.start(title="First")
        opened.start(title="Second")
        yield opened


def _card(stage, sprint, number=1):
    return stage.keyed(f"sprint:{sprint}:blocker:{number}")


def test_a_number_or_a_channel_in_front_names_the_sprint(stage):
    first, second = stage.channels[-2:]
    stage.command("Ana", "/blocker", "#2 The replica is closed")
    stage.settle()
    assert _card(stage, 2).channel_id == second.id
    stage.command("Ana", "/blocker", f"#{first.name} The table has no owner")
    stage.settle()
    assert _card(stage, 1).channel_id == first.id
    stage.command("Ana", "/approval", "#2 security @Cho May we?")
    stage.settle()
    assert stage.keyed("sprint:2:approval:1").channel_id == second.id
    said = stage.command("Ana", "/blocker", "#2 resolve 1")
    assert "1" in said
    stage.settle()
    assert "fixed" in _card(stage, 2).text
    assert "open" in _card(stage, 1).text


def test_a_ticket_s_number_stays_part_of_the_blocker(stage):
    stage.command("Ana", "/blocker", "#4711 waits for security", channel=stage.channels[-1])
    stage.settle()
    assert "#4711 waits for security" in _card(stage, 2).text


@pytest.mark.parametrize("command", ["/blocker", "/probe", "/sprint"])
def test_without_either_the_sprints_are_offered(stage, command):
    text = {"/blocker": "list", "/probe": "environment", "/sprint": "rollback it broke"}[command]
    assert "Which sprint" in stage.command("Ana", command, text)
