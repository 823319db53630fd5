"""What is said to a question once it is known what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from hour48.asking import answer_story

STORY = Path(__file__).with_name("kiosk.yaml")


def asked(question, at=None, asker=None):
    return answer_story(STORY, question, at=at, asker=asker, playbook=None)


def facts(answer):
    return {fact.name for fact in answer.facts}


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("if the oven timer gets its interface, what else stops us?", "rejected by Cho"),
        ("wenn der Ofen seine Schnittstelle hat, reicht das?", "abgelehnt von Cho"),
        ("si le four a son interface, ça suffit ?", "refusé par Cho"),
        ("si el horno ya tiene su interfaz, ¿qué más nos frena?", "rechazado por Cho"),
    ],
)
def test_what_stays_open_is_told_when_one_thing_is_done(question, rest):
    answer = asked(question)
    assert answer.intent == "what_if"
    assert rest in answer.text
    wanted = {"oven", "till-login", "night-van", "decide security", "request privacy"}
    assert wanted | {"probe quality"} <= facts(answer)


def test_all_that_a_question_takes_as_done_is_taken():
    answer = asked("say the oven has an interface and somebody drives the van. good to go?")
    assert "Oven timer" in answer.text.split("Estimated")[1]
    assert "Nobody drives" in answer.text.split("Estimated")[1]
    assert "Login for the tills" in answer.text.split("Estimated")[0]


def test_what_people_joined_to_one_cause_goes_with_it():
    answer = asked("if the landlord hands out the login, are we through?")
    assert "security" not in answer.text.split("Estimated")[0]
    assert {"till-login", "decide security", "oven"} <= facts(answer)


def test_long_titles_are_cut_to_the_same_number_of_words(tmp_path):
    story = tmp_path / "many.yaml"
    title = "keeps all of us from going on with the forecast until somebody mends it for good"
    events = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: T{at} {title}, kind: integration}}\n"
        for at in range(1, 6)
    )
    story.write_text(f"story: A line\nteam: {{builder: Ana}}\nevents:\n{events}")
    answer = answer_story(story, "what blocks us?", at=20, asker=None, playbook=None)
    lengths = {len(part.split("”")[0].split()) for part in answer.text.split("“")[1:]}
    assert len(lengths) == 1
    assert lengths.pop() > 8
