"""A Slack that says no: nobody who acts meets silence, and nothing that was declared is lost."""

from __future__ import annotations

import time
from itertools import product

import pytest
from slack_sdk import WebClient
from sqlalchemy import select

from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxState
from tests.stage import buttons_of, open_stage, shown

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


def _told(stage, name="Ana"):
    """Return what somebody was told directly that can be tried again."""
    return [one for one in stage[name].dms() if "outbox.retry" in buttons_of(one)]


def _try_again(stage):
    stage.workspace.faults.clear()
    for message in _told(stage):
        stage.click("Ana", message, "outbox.retry")


def _unsent(stage):
    with stage.bot.core.runtime.reading(stage.workspace.team_id) as uow:
        left = select(OutboxItem.key).where(OutboxItem.state != OutboxState.SENT)
        return [*uow.session.scalars(left)]


@pytest.fixture
def fresh(tmp_path):
    with open_stage(tmp_path) as stage:
        yield stage


DELIVERED = {
    "conversations.create": ("restricted_action", "missing_scope"),
    "conversations.invite": ("user_not_found", "not_in_channel"),
    "files.getUploadURLExternal": ("restricted_action",),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "error"), [(method, each) for method, errors in DELIVERED.items() for each in errors]
)
def test_what_slack_refuses_is_told_and_goes_out_when_it_is_tried_again(fresh, method, error):
    faults = fresh.workspace.faults
    faults.refuse(method, error, **({"needed": "channels:manage"} if "scope" in error else {}))
    fresh.plan()
    fresh.dismiss("Ana")
    fresh["Ana"].command("/sprint", "start")
    fresh.workspace.wait_until(lambda: _told(fresh), 10)
    told = shown(_told(fresh)[-1])
    assert error in told or "channels:manage" in told
    assert "/invite` me" not in told
    _try_again(fresh)
    until = time.monotonic() + 15
    while _unsent(fresh) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _unsent(fresh)


def test_a_card_that_was_deleted_is_posted_anew_when_its_lead_wants_that(fresh):
    fresh.start()
    fresh.command("Ana", "/blocker", "No credentials for the till", fresh.channel)
    card = fresh.keyed(":blocker:1")
    client = WebClient(fresh.workspace.bot_token, base_url=fresh.slack.api_url)
    client.chat_delete(channel=card.channel_id, ts=card.ts)
    fresh.command("Ana", "/blocker", "resolve 1", fresh.channel)
    told = next(one for one in _told(fresh) if "deleted a message" in shown(one))
    fresh.click("Ana", told, "outbox.retry")
    assert "No credentials" in shown(fresh.keyed(":blocker:1"))


def test_an_answer_that_its_channel_does_not_take_goes_to_whoever_asked(stage):
    channel = stage.channel.id
    stage.workspace.faults.refuse("chat.postMessage", "restricted_action", channel)
    before = len(stage["Ben"].dms())
    stage["Ben"].post(stage.channel, "@hour48 what blocks us?")
    stage.workspace.wait_until(lambda: len(stage["Ben"].dms()) > before, 10)


def test_a_lead_who_cannot_be_written_to_is_told_in_the_channel(fresh):
    fresh.start()
    lead = fresh["Ana"].dms()[0].channel_id
    fresh.workspace.faults.refuse("chat.postMessage", "messages_tab_disabled", lead)
    fresh.go(40)
    assert any("could not write into" in shown(one) for one in fresh.posts(fresh.channel))


TAKEN_BACK = {
    "not_in_channel": "`/invite` me",
    "is_archived": "is archived",
    "restricted_action": "Only certain people may post",
    "msg_too_long": "did not take a message",
}


@pytest.mark.parametrize("error", TAKEN_BACK)
def test_what_a_channel_refuses_is_told_with_what_to_do_and_comes_later(fresh, error):
    fresh.start()
    fresh.workspace.faults.refuse("chat.postMessage", error, fresh.channel.id)
    fresh["Ben"].command("/blocker", "No credentials for the till", channel=fresh.channel)
    fresh.workspace.wait_until(lambda: _told(fresh), 10)
    assert TAKEN_BACK[error] in shown(_told(fresh)[-1])
    _try_again(fresh)
    fresh.workspace.wait_until(lambda: fresh.has(":blocker:1"), 10)
