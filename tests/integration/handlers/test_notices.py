"""From which score on somebody is told, chosen by a person on the live card."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.notice_models import ScoreNotice
from bot.deployments import service
from bot.slack.action_ids import Act
from handlers.dispatch import run
from handlers.notices import ACTIONS, VIEWS
from handlers.request import Done, Errors, FormValues, Replace, Request
from tests.runtimes import ANA, CHANNEL, EVE, TEAM, add_sprint, card, trail
from tests.stage import words_of
from tests.unit.deployments import staging

HOOK = "https://hooks.example.com/T0/secret"


@pytest.fixture
def live(runtime, tmp_path):
    sprint_id = add_sprint(runtime)
    staging.keep(runtime, sprint_id, tmp_path)
    number = staging.propose(runtime, sprint_id)
    staging.meet(runtime, number)
    with runtime.uow(TEAM) as uow:
        service.open_traffic(uow, ANA, number)
    return number


def press(ctx, act, number, user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=str(number))
    return run(ctx, ACTIONS[act], request)


def submit(ctx, live, threshold="0,9", url="", channel=("channel",), receipt="view:1"):
    opened = press(ctx, Act.DEPLOY_NOTICE, live)
    values = {
        "threshold": {"e": {"value": threshold}},
        "url": {"e": {"value": url}},
        "channel": {"e": {"selected_options": [{"value": one} for one in channel]}},
    }
    view = dict(opened.view)
    request = Request(
        TEAM,
        ANA,
        form=FormValues(values),
        private=view["private_metadata"],
        view=view,
        receipt=receipt,
    )
    return run(ctx, VIEWS[view["callback_id"]], request)


def rows(runtime):
    with runtime.reading_sessions() as session:
        found = session.scalars(select(ScoreNotice)).all()
        session.expunge_all()
        return found


def test_the_signing_key_is_shown_to_the_person_alone_and_no_address_anywhere(runtime, ctx, live):
    told = submit(ctx, live, url=HOOK)
    assert isinstance(told, Replace)
    (row,) = rows(runtime)
    assert (row.threshold, row.url, row.in_channel, row.created_by) == (0.9, HOOK, True, ANA)
    shown = words_of(card(runtime, f"sprint:1:notice:{row.id}"))
    assert "Scores of 0.9 or more" in shown
    assert "this channel, once an hour, hooks.example.com" in shown
    assert "secret" not in shown
    entry = trail(runtime, "deployment")[-1]
    assert (entry.facts["threshold"], entry.facts["host"]) == (0.9, "hooks.example.com")
    assert "secret" not in str(entry.facts)
    again = press(ctx, Act.DEPLOY_NOTICE, live)
    assert "0.9" in str(again.view)


def test_the_channel_alone_needs_no_key(runtime, ctx, live):
    assert submit(ctx, live) == Done()
    assert rows(runtime)[0].url is None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"threshold": "high"}, "threshold"),
        ({"threshold": "nan"}, "threshold"),
        ({"threshold": "1e999"}, "threshold"),
        ({"channel": ()}, "channel"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://user:pass@example.com/"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
    ],
)
def test_what_cannot_be_done_is_refused_at_its_field(runtime, ctx, live, typed, field):
    told = submit(ctx, live, **typed)
    assert isinstance(told, Errors)
    assert list(told.errors) == [field]
    assert rows(runtime) == []


def test_the_team_stops_it_and_others_do_not(runtime, ctx, live):
    submit(ctx, live)
    (row,) = rows(runtime)
    assert press(ctx, Act.NOTICE_STOP, row.id, user=EVE) != Done()
    assert press(ctx, Act.NOTICE_STOP, row.id) == Done()
    assert rows(runtime)[0].ended_at is not None
