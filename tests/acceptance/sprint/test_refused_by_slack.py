"""A Slack that says no: nobody who acts meets silence, and nothing that was declared is lost."""

from __future__ import annotations

from itertools import product

import pytest

from tests.stage import open_stage

pytestmark = pytest.mark.smoke

ANY_CALL = ("ratelimited", "missing_scope", "internal_error")
NO_CHANNEL = ("not_in_channel", "channel_not_found", "is_archived", "restricted_action")
ERRORS = {
    "views.open": ("expired_trigger_id", "invalid_blocks", *ANY_CALL),
    "views.update": ("invalid_blocks", *ANY_CALL),
    "chat.postEphemeral": ("user_not_in_channel", "msg_too_long", *NO_CHANNEL, *ANY_CALL),
    "response_url": ("expired_url", "used_url", "invalid_blocks"),
}
"""Slack's errors for each call by which somebody who acts is answered."""


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with open_stage(tmp_path_factory.mktemp("refused")) as stage:
        stage.start()
        stage.go(2)
        yield stage


@pytest.fixture
def stage(running):
    running.dismiss("Ana")
    yield running
    running.workspace.faults.clear()


def _command(stage):
    stage["Ana"].command("/blocker", "", channel=stage.channel)


def _card(stage):
    stage["Ana"].click(stage.keyed(":prompt:2"), "prompt.answer")


def _home(stage):
    ana = stage["Ana"]
    stage.workspace.wait_until(lambda: ana.home is not None, 5)
    ana.click(ana.home, "prompt.blocked")


def _more(stage):
    stage["Ana"].modal.click("form.more")


def _table(stage):
    stage["Ana"].command("/blocker", "list", channel=stage.channel)


def _words(stage):
    stage["Eve"].click(stage.keyed(":prompt:2"), "prompt.on_track")


def _reaction(stage):
    said = stage["Ben"].post(stage.channel, "The credentials fail since noon")
    stage["Ana"].react(said, "construction")


ACTS = {
    "views.open": (_command, _card, _home),
    "views.update": (_more,),
    "response_url": (_table, _words),
    "chat.postEphemeral": (_reaction,),
}
CASES = [
    (method, error, act)
    for method, acts in ACTS.items()
    for error, act in product(ERRORS[method], acts)
]


@pytest.mark.parametrize(("method", "error", "act"), CASES)
def test_nobody_who_acts_meets_silence(stage, method, error, act):
    person = stage["Eve" if act is _words else "Ana"]
    if act is _home:
        person.open_home()
        stage.settle()
    if act is _more:
        person.command("/sprint", "plan")
        person.wait_for_modal()
    before = stage.sees(person)
    stage.workspace.faults.refuse("chat.postEphemeral", "not_in_channel")
    stage.workspace.faults.refuse(method, error)
    act(stage)
    stage.workspace.wait_until(lambda: stage.sees(person) != before, 5)
