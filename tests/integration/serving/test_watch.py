"""What was served is watched: what breaks is found and named, what is healthy is left alone."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import insert

from bot.db.serving_models import GuardFinding, Outcome, Prediction, WatchState
from bot.domain.enums import DeploymentState
from bot.domain.traffic import Arm, in_share
from probes.baseline.models import ModelFamily
from serving import watch
from serving.compiling import compile_model
from serving.form import form_of
from serving.store import SqlStore
from serving.watch import watcher_on
from tests.databases import MOSTLY_SQLITE, migrated_database
from tests.deployed import NOW, deploy
from tests.served import as_callers_send, customers, kept


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return kept(tmp_path_factory.mktemp("kept"), customers(), "left", ModelFamily.LINEAR)


@pytest.fixture(scope="module")
def form(model):
    return form_of(compile_model(model))


class Traffic:
    """Writes what serving would have recorded, and looks at it."""

    def __init__(self, deployed, form):
        self.deployed, self.form = deployed, form
        store = SqlStore(deployed.engine, deployed.number)
        store.publish("a" * 64, form.published)
        self.watcher = watcher_on(deployed.engine)
        self.at, self.calls, self.draw = NOW, 0, random.Random(48)
        self.rows = as_callers_send(customers().tail(1_900), list(form.names))

    def serve(self, count, *, change=None, error_rate=0.0, slow=None, arm=None, entities=10**6):
        row = self.deployed.row
        written = []
        for _ in range(count):
            self.calls += 1
            self.at += timedelta(seconds=0.4)
            entity = str(self.calls % entities)
            values = dict(self.rows[int(entity) % len(self.rows)])
            if change:
                change(values)
            prepared = self.form.prepare(values)
            in_arm = Arm.MODEL if in_share(entity, row.percent, row.salt) else Arm.CONTROL
            chosen = arm or in_arm
            failed = chosen is Arm.MODEL and self.draw.random() < error_rate
            score = None if chosen is Arm.CONTROL or failed else self.form.score(prepared).score
            written.append(
                {
                    "deployment_id": self.deployed.number,
                    "generation": row.generation,
                    "at": self.at,
                    "key": f"{self.calls:032x}",
                    "entity": f"{int(entity):032x}"[::-1],
                    "arm": chosen.value,
                    "score": score,
                    "answer": None if score is None else str(int(score > 0.5)),
                    "bins": self.form.bins(prepared),
                    "latency_ms": slow or 0.2,
                    "error": "ValueError" if failed else None,
                }
            )
        with self.deployed.engine.begin() as connection:
            connection.execute(insert(Prediction), written)
        return written

    def look(self):
        self.watcher.look(self.deployed.number, self.at)
        return self.watcher.look(self.deployed.number, self.at)

    def findings(self, *levels):
        return [one for one in self.deployed.rows(GuardFinding) if one.level in levels]


@pytest.fixture(params=MOSTLY_SQLITE)
def traffic(request, model, form, tmp_path):
    deployed = deploy(
        migrated_database(request.param, tmp_path), model, percent=5.0, salt="48" * 32
    )
    yield Traffic(deployed, form)
    deployed.engine.dispose()


def test_healthy_traffic_raises_nothing_and_after_enough_entities_the_guards_say_go(traffic):
    traffic.serve(300)
    advice = traffic.look().advice
    assert (advice.level, advice.facts["more"] > 0) == ("hold", True)
    for _ in range(4):
        traffic.serve(300)
        look = traffic.look()
    assert traffic.findings("alert", "pull") == []
    assert look.advice.level == "go"
    assert [one.level for one in traffic.deployed.rows(GuardFinding) if not one.closed_at] == ["go"]


def test_a_column_that_breaks_is_named_and_the_alert_closes_itself_when_it_is_mended(traffic):
    traffic.serve(120)
    traffic.look()
    traffic.serve(60, change=lambda values: values.update(spend=None))
    traffic.look()
    (found,) = traffic.findings("alert")
    assert (found.guard, found.subject) == ("column", "spend")
    assert "missing" in found.facts["says"]
    assert traffic.deployed.row.state == DeploymentState.LIVE
    traffic.serve(250)
    traffic.look()
    (found,) = traffic.findings("alert")
    assert found.closed_at is not None


def test_a_model_that_fails_is_to_be_pulled_and_one_entity_that_fails_is_not(traffic):
    traffic.deployed.set(percent=50.0)
    traffic.serve(40, entities=1, error_rate=1.0, arm=Arm.MODEL)
    traffic.serve(300)
    traffic.look()
    assert traffic.findings("pull") == []
    traffic.serve(300, error_rate=0.5)
    traffic.look()
    assert {(one.guard, one.subject) for one in traffic.findings("pull")} == {("errors", "model")}


def test_a_slow_machine_is_no_reason_to_pull_and_a_slow_model_is(traffic):
    traffic.deployed.set(percent=50.0)
    traffic.serve(200, slow=900.0)
    traffic.look()
    assert traffic.findings("alert", "pull") == []
    traffic.at += timedelta(hours=25)
    traffic.serve(100)
    traffic.serve(100, slow=900.0, arm=Arm.MODEL)
    traffic.look()
    assert {one.guard for one in traffic.findings("pull")} == {"latency"}


def test_a_split_that_is_not_as_asked_is_found(traffic):
    traffic.serve(400, arm=Arm.MODEL)
    traffic.look()
    assert "sample_ratio" in {one.guard for one in traffic.findings("alert")}


def test_a_row_is_looked_at_once_whatever_happens_between_two_looks(traffic):
    traffic.serve(50)
    traffic.look()
    traffic.look()
    (state,) = traffic.deployed.rows(WatchState)
    assert len(state.state["watch"]["columns"]["blocks"][0]["seen"]) == 50
    assert state.read_to == state.horizon == 50


def test_a_long_look_is_several_short_transactions_and_misses_nothing(traffic, monkeypatch):
    monkeypatch.setattr(watch, "ROWS_AT_ONCE", 50)
    traffic.serve(130)
    assert [traffic.watcher.look(traffic.deployed.number, NOW).rows for _ in range(3)] == [
        0,
        130,
        0,
    ]
    traffic.serve(100)
    assert [traffic.watcher.look(traffic.deployed.number, NOW).rows for _ in range(3)] == [
        0,
        100,
        0,
    ]
    (state,) = traffic.deployed.rows(WatchState)
    assert state.read_to == state.horizon == 230


def test_outcomes_give_quality_with_an_interval_and_the_effect_beside_control(traffic):
    traffic.deployed.set(percent=50.0)
    written = traffic.serve(600)
    traffic.look()
    (state,) = traffic.deployed.rows(WatchState)
    assert "estimate" in state.look["quality"]["says"]
    truth = customers().tail(1_900)["left"].to_numpy()
    values = [
        {
            "deployment_id": traffic.deployed.number,
            "key": one["key"],
            "prediction_key": one["key"],
            "at": traffic.at,
            "received_at": traffic.at,
            "value": str(truth[(number + 1) % 1_900]),
        }
        for number, one in enumerate(written)
    ]
    with traffic.deployed.engine.begin() as connection:
        connection.execute(insert(Outcome), values)
    traffic.look()
    (state,) = traffic.deployed.rows(WatchState)
    quality, effect = state.look["quality"], state.look["effect"]
    assert quality["metric"] == "AUC"
    assert 0.6 < quality["low"] < quality["value"] < quality["high"] <= 1
    assert effect["rows"] + effect["beside_rows"] == 600
    assert effect["low"] < 0 < effect["high"]
    assert effect["visible"] > 5
    assert "points" in effect["says"]


def test_who_is_pulled_is_neither_praised_nor_held(traffic):
    traffic.serve(100)
    traffic.deployed.set(state=DeploymentState.PULLED)
    assert traffic.look().advice is None


def test_nothing_is_watched_before_a_worker_told_what_the_model_is_like(model, tmp_path):
    deployed = deploy(migrated_database("sqlite", tmp_path), model)
    assert watcher_on(deployed.engine).look(deployed.number, NOW) is None
    deployed.engine.dispose()


def test_rows_of_the_shadow_run_say_nothing_about_how_live_traffic_is_split(traffic):
    traffic.deployed.set(state=DeploymentState.SHADOW, percent=0.0)
    traffic.serve(300, arm=Arm.SHADOW)
    traffic.deployed.set(state=DeploymentState.LIVE, percent=5.0)
    traffic.look()
    traffic.serve(600)
    traffic.look()
    assert traffic.findings("alert", "pull") == []
