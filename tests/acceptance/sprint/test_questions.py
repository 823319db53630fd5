"""Somebody asks the bot in the local workspace and is answered below the question."""

from __future__ import annotations

import time

import pytest

from tests.stage import open_stage, shown


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with open_stage(tmp_path_factory.mktemp("questions")) as stage:
        stage.start()
        stage.go(2)
        stage.command("Ana", "/blocker", "The replica needs a signed form, 3 weeks", stage.channel)
        stage.settle()
        yield stage


def answers(stage, person, question, *, seconds=8.0):
    """Return what the bot says below a question."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        stage.settle()
        found = [m for m in person.thread(question) if m.user_id == stage.workspace.bot_user_id]
        if found:
            return [shown(message) for message in found]
        time.sleep(0.05)
    return []


def asked(stage, who, text):
    person = stage[who]
    return answers(stage, person, person.post(stage.channel, text))


def test_a_mention_in_the_channel_is_answered_in_its_thread(running):
    told = asked(running, "Ana", "@hour48 what blocks us?")
    assert len(told) == 1
    assert "The replica needs a signed form" in told[0]


def test_a_question_that_the_record_cannot_answer_is_said_to_be_one(running):
    assert "nobody recorded more" in asked(running, "Ben", "@hour48 how accurate is the model?")[0]


def test_a_message_that_does_not_mention_the_bot_is_not_answered(running):
    person = running["Ana"]
    question = person.post(running.channel, "what blocks us?")
    assert answers(running, person, question, seconds=0.5) == []


def test_a_redelivered_question_is_answered_once(running):
    person = running["Dee"]
    question = person.post(running.channel, "@hour48 what is next?")
    assert len(answers(running, person, question)) == 1
    envelope = next(
        e for e in reversed(running.workspace.events_sent) if e["event"]["type"] == "app_mention"
    )
    running.workspace.messenger.enqueue(envelope)
    time.sleep(0.3)
    assert len(answers(running, person, question)) == 1


def test_a_direct_message_is_answered_in_its_language(running):
    ana = running["Ana"]
    question = ana.post(None, "wer wartet auf wen?")
    assert "wartet keine Freigabe" in answers(running, ana, question)[0]


def test_a_question_inside_a_thread_is_answered_there(running):
    ana = running["Ana"]
    root = ana.post(running.channel, "Let us look at this")
    question = ana.post(running.channel, "@hour48 which hour is it?", thread=root)
    assert "Hour 2 of 48" in answers(running, ana, question)[0]


def test_somebody_without_a_sprint_is_told_so_in_a_direct_message(running):
    eve = running["Eve"]
    question = eve.post(None, "what blocks us?")
    told = answers(running, eve, question)
    assert len(told) == 1
    in_german = answers(running, eve, eve.post(None, "Was blockiert uns?"))
    assert "Du bist in keinem Sprint" in in_german[0]
    assert "form" not in told[0]
