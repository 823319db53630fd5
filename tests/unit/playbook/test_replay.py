"""The article's outcomes and examples, and the edges: every story gets the verdict it expects."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.domain import vocabulary
from bot.domain.verdict import to_json, verdict
from bot.domain.vocabulary import Category, PathFamily, ShouldDoAI, TimelineBand
from bot.playbook.replay import differing
from bot.playbook.story_file import STORIES, load_story
from bot.playbook.texts import table
from hour48.cli import app

GOLDEN = sorted(Path("tests/stories").glob("*.yaml"))
SHIPPED = sorted(STORIES.glob("*.yaml"))


@cache
def _judged(path):
    return verdict(load_story(path).record)


@pytest.mark.parametrize("path", [*GOLDEN, *SHIPPED], ids=lambda path: path.stem)
def test_a_story_gets_the_verdict_it_expects(path):
    expected = load_story(path).expect
    assert expected
    assert differing(_judged(path), expected) == []


def test_there_are_fifteen_stories_of_the_article_and_twenty_edges():
    assert sum(path.stem.startswith("article_") for path in GOLDEN) == 15
    assert sum(path.stem.startswith("edge_") for path in GOLDEN) >= 20


@pytest.mark.parametrize("path", [*GOLDEN, *SHIPPED], ids=lambda path: path.stem)
def test_every_sentence_rests_on_facts_and_the_same_facts_say_the_same(path):
    found = _judged(path)
    assert found == verdict(load_story(path).record)
    for sentences in found.reasons.values():
        assert sentences
        assert all(sentence.text and sentence.facts for sentence in sentences)


@pytest.mark.parametrize("path", [*GOLDEN, *SHIPPED], ids=lambda path: path.stem)
def test_the_json_has_the_agreed_keys_and_every_fix_an_owner_and_a_day(path):
    shown = json.loads(json.dumps(to_json(_judged(path))))
    assert set(shown) == {
        *("deployed", "unlimited_resources", "critical_path", "timeline", "should_do_ai", "path"),
        *("surprise", "reasons", "forecast_days", "fixes", "champions"),
        *("causes", "evidence", "assumed"),
        *("chance_30_days", "cost_of_delay"),
    }
    assert set(shown["forecast_days"]) == {"p50", "p80"}
    assert shown["forecast_days"]["p50"] <= shown["forecast_days"]["p80"]
    for fix in shown["fixes"]:
        assert set(fix) == {"text", "owner", "due_day", "blocker"}
        assert fix["owner"]
        assert 1 <= fix["due_day"] <= 30


def _replay(*arguments):
    return CliRunner().invoke(app, ["replay", *map(str, arguments)])


def test_replay_says_what_differs_and_ends_with_one(tmp_path):
    text = Path("tests/stories/edge_rolled_back.yaml").read_text()
    other = tmp_path / "other.yaml"
    other.write_text(text.replace("path: fix_blockers", "path: deploy_more"))
    command = [sys.executable, "-m", "hour48", "replay", str(other), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert json.loads(done.stdout)["path"] == "fix_blockers"
    assert "expected deploy_more, got fix_blockers" in done.stderr


def test_replay_of_a_page_for_people_shows_the_path_and_agrees():
    done = _replay(SHIPPED[0])
    assert done.exit_code == 0, done.output
    assert "Deploy more" in done.stdout
    assert "agrees" in done.stdout


def test_markup_in_a_title_is_shown_as_it_is(tmp_path):
    story = tmp_path / "markup.yaml"
    story.write_text('story: "[bold]x[/bold] [/nope]"\nevents: []\n')
    done = _replay(story)
    assert done.exit_code == 0, done.output
    assert "[bold]x[/bold] [/nope]" in done.stdout


def test_every_answer_is_shown_in_words():
    words = table("answer_words", str)
    answers = (*PathFamily, *Category, *TimelineBand, *vocabulary.Path, *ShouldDoAI)
    assert {str(each) for each in answers} <= words.keys()


def test_a_sprint_in_which_nothing_was_recorded_has_no_path_and_names_no_blockers(tmp_path):
    story = tmp_path / "empty.yaml"
    story.write_text("story: Nothing\nteam: {builder: Ana}\nevents: []\n", encoding="utf-8")
    assert "ix blockers" not in _replay(str(story)).output
