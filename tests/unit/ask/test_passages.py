"""What somebody wrote or a probe found, told where a question asks for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ask.passages import found_in, passages_of
from bot.playbook.figures import phases_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from bot.reading.weights import Regression
from hour48.asking import answer_story

ASKED = Path(__file__).with_name("asked")


def asked(story, question, at):
    return answer_story(ASKED / f"{story}.yaml", question, at=at, asker=None, playbook=None)


@pytest.mark.parametrize(
    ("story", "at", "question", "fact"),
    [
        (
            "perfume",
            19,
            "what was that klaus said, who does the shop system belong to?",
            "answer 18",
        ),
        ("dairy", 21, "would anybody react if a tank goes off at night", "night-shift"),
    ],
)
def test_what_somebody_wrote_is_found_by_its_meaning(story, at, question, fact):
    assert fact in {each.name for each in asked(story, question, at).facts}


@pytest.mark.parametrize(
    ("story", "at", "question"),
    [
        ("vineyard", 30, "why did Etienne turn us down"),
        ("seedvault", 35, "warum hat Nadia legal abgelehnt"),
        ("radio", 30, "por qué Aurel dijo que no"),
    ],
)
def test_a_reason_for_the_opposite_is_no_answer(story, at, question):
    assert not asked(story, question, at).known


def test_passages_are_what_was_written_and_each_is_cited():
    record = load_story(ASKED / "dairy.yaml", phases=phases_of(load_playbook())).record
    found = passages_of(record)
    assert {"title", "reason", "finding", "override", "rollback", "answer"} <= {
        each.sort for each in found
    }
    assert all(each.text and each.fact.name for each in found)


def test_without_weights_every_passage_is_as_probable():
    record = load_story(ASKED / "dairy.yaml", phases=phases_of(load_playbook())).record
    told = found_in(Regression(0.0, {}), "anything", "en", record, ())
    assert {each.probability for each in told} == {0.5}
