"""The demo to its end: calls over HTTP, a broken column named, the red button, live again."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from bot.clock import CompressedClock
from bot.db.deployment_models import Deployment
from bot.db.engine import open_engine
from bot.db.serving_models import GuardFinding, Outcome
from bot.domain.verdict import answers_of, to_json, verdict
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import STORIES, load_story
from bot.records.queries import record_of
from bot.unit_of_work import Runtime
from hour48.local_workspace import open_local_bot
from playground.demo import Demo
from playground.showcase import DEMO_START, PROBES, QUICK
from playground.traffic import Traffic, read_households
from probes.samples.grocer import build_grocer
from tests.stage import key_of, words_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """The demo, lived through once: what was posted, its rows, its verdict."""
    folder = tmp_path_factory.mktemp("demo")
    sources = {name: {"path": str(path)} for name, path in build_grocer(folder / "data").items()}
    households = read_households(Path(sources["households"]["path"]), "household_id", "churned")
    story = load_story(STORIES / "grocer.yaml")
    with open_local_bot(folder, DEMO_START, sources, QUICK) as (stage, _):
        demo = Demo(stage, story, PROBES, traffic=Traffic(households, stage.serving_url))
        demo.run()
        bot = stage.workspace.bot_user_id
        posts = [each for each in stage.workspace.all_messages() if each.user_id == bot]
        files = [file.name for file in stage.workspace.files.values()]
        team_id, judged = stage.workspace.team_id, stage.verdict()
        arms = demo.going_live.arms
    engine = open_engine(f"sqlite:///{folder / 'hour48.db'}")
    runtime = Runtime(engine, CompressedClock(DEMO_START), load_playbook())
    with runtime.reading(team_id) as uow:
        yield {
            "uow": uow,
            "posts": {key_of(post): words_of(post.blocks) for post in posts},
            "files": files,
            "verdict": judged,
            "arms": arms,
            "story": story,
        }


def test_it_ends_live_at_one_percent_after_one_rollback(lived):
    row = lived["uow"].session.scalars(select(Deployment)).one()
    assert (row.state, row.percent, row.rolled_back_at) == ("live", 1.0, None)
    card = next(words for key, words in lived["posts"].items() if key.endswith(":deployment:1"))
    assert "Live on 1 %" in card


def test_the_watch_names_the_broken_column_and_closes_its_alert(lived):
    found = lived["uow"].session.scalars(
        select(GuardFinding).where(GuardFinding.level.in_(("alert", "pull")))
    )
    columns = {each.subject: each.closed_at for each in found}
    assert "spend" in columns
    assert all(columns.values())
    (alert,) = [words for key, words in lived["posts"].items() if ":alert:" in key]
    assert "“spend” has changed" in alert
    assert "Over" in alert


def test_who_is_outside_the_share_never_meets_the_model(lived):
    arms = lived["arms"]
    assert arms["model"] > 0
    assert arms["model"] < 0.03 * (arms["model"] + arms["control"])
    assert not [arm for arm in arms if arm.startswith("HTTP")]


def test_outcomes_arrive_and_the_debrief_has_its_picture(lived):
    assert len(lived["uow"].session.scalars(select(Outcome)).all()) > 1_000
    assert any(name.endswith("deployment-1-48h.png") for name in lived["files"])
    assert any(key.endswith(":digest:48") for key in lived["posts"])


def test_the_verdict_takes_its_facts_from_the_rows_and_equals_the_story_s(lived):
    uow = lived["uow"]
    sprint = uow.sprint(1)
    record = record_of(uow, sprint)
    seen = record.deployments[-1].observed
    assert len(record.deployments) == 2
    assert 4 < seen.hours_live < 6
    assert seen.people > 10
    assert seen.calls >= seen.people
    assert (seen.alarms, seen.alarms_answered) == (1, 1)
    assert seen.uptime == 1.0
    assert "points" in seen.effect
    assert seen.rollback_seconds < 10
    assert [each.by for each in record.rollbacks] == ["Ana"]
    judged = verdict(lived["story"].record)
    told = answers_of(judged)
    assert {key: lived["verdict"][key] for key in told} == told
    assert lived["verdict"]["forecast_days"] == to_json(judged)["forecast_days"]
