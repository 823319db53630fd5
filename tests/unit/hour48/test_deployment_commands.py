"""The operator's commands: the same gate as in Slack, tokens once, a person forgotten."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from typer.testing import CliRunner

from bot.db import engine
from bot.db.deployment_models import Deployment
from bot.db.error_messages import sentence_of
from bot.texts import FALLBACK, SOURCE_TREE, language
from hour48 import deployment_commands
from hour48.cli import app
from tests import pseudo
from tests.runtimes import TEAM, add_sprint, open_runtime, seat
from tests.unit.deployments import staging

FACT = re.compile(r"\{[^}]*\}")


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    opened = open_runtime(tmp_path / "d.db")
    seat(opened)
    monkeypatch.setenv("HOUR48_DATABASE__URL", f"sqlite:///{tmp_path / 'd.db'}")
    monkeypatch.chdir(tmp_path)
    return opened


@pytest.fixture
def number(runtime, tmp_path):
    sprint_id = add_sprint(runtime)
    staging.keep(runtime, sprint_id, tmp_path)
    return staging.propose(runtime, sprint_id)


def run(*words):
    return CliRunner().invoke(app, [str(word) for word in words])


def state_of(runtime, number):
    with runtime.reading(TEAM) as uow:
        return uow.session.get_one(Deployment, number).state


def test_the_gate_holds_on_the_command_line_and_an_override_needs_a_reason(runtime, number):
    checked = run("deployments", "check", number)
    assert checked.exit_code == 1
    assert "Security: nobody was asked yet. Press “Ask” on the checklist" in checked.stdout
    assert f"hour48 deployments shadow {number}" in checked.stdout
    assert "14 missing. The checklist is in the channel of “Churn pilot”" in checked.stdout
    for refused in (["open", number], ["open", number, "--override", "no"]):
        assert "InputError" in repr(run("deployments", *refused).exception)
        assert state_of(runtime, number) == "proposed"
    assert run("deployments", "open", number, "--override", "the shop asked for it").exit_code == 0
    assert state_of(runtime, number) == "live"
    listed = json.loads(run("deployments", "list", "--json").stdout)
    assert listed[0]["override_reason"] == "the shop asked for it"


def test_a_rollback_from_the_machine_can_be_typed_twice(runtime, number):
    run("deployments", "open", number, "--override", "the shop asked for it")
    assert "is rolled back" in run("deployments", "rollback", number).stdout
    assert "was already" in run("deployments", "rollback", number).stdout
    assert state_of(runtime, number) == "pulled"
    assert run("deployments", "end", number).exit_code == 0
    assert state_of(runtime, number) == "ended"


def test_a_replica_that_does_not_answer_is_named_and_the_row_is_written(
    runtime, number, monkeypatch
):
    monkeypatch.setattr(deployment_commands, "CONFIRM_SECONDS", 0.2)
    run("deployments", "open", number, "--override", "the shop asked for it")
    assert "no serving process was seen" in run("deployments", "rollback", number).stdout
    staging.obey(runtime, number, "w1")
    again = run("deployments", "rollback", number)
    assert (again.exit_code, "Confirmed by 1 replica" in again.stdout) == (0, True)
    run("deployments", "open", number, "--override", "the shop asked for it")
    told = run("deployments", "rollback", number, "--reason", "wrong coupons")
    assert told.exit_code == 1
    assert "by 1 replica of 1: http://127.0.0.1:1 (process 1 on here)" in told.stdout
    assert state_of(runtime, number) == "pulled"


def test_a_database_that_another_process_holds_is_said_in_a_sentence(runtime, number, monkeypatch):
    run("deployments", "open", number, "--override", "the shop asked for it")
    monkeypatch.setattr(engine, "BUSY_MILLISECONDS", 50)
    with runtime.engine.begin():
        held = run("deployments", "rollback", number).exception
    assert "Another process has been writing" in str(sentence_of(held))
    assert state_of(runtime, number) == "live"
    assert run("deployments", "rollback", number).exit_code == 0


def test_show_says_what_the_guards_found_and_growth_waits_for_them(runtime, number):
    assert "1  not started · 0 %  Churn pilot" in run("deployments", "list").stdout
    staging.find(runtime, number, "hold", guard="rollout")
    run("deployments", "open", number, "--override", "the shop asked for it")
    assert "hold: not enough seen yet" in run("deployments", "show", number).stdout
    staging.answer(runtime, number, "model", 3)
    staging.find(runtime, number, "alert")
    shown = run("deployments", "show", number).stdout
    assert "Live on 1 %" in shown
    assert "Model: 3 calls · 3 people" in shown
    assert "column “spend” has changed: all values are zero" in shown
    assert "<" not in shown
    (alert,) = json.loads(run("deployments", "show", number, "--json").stdout)["alerts"]
    assert (alert["subject"], alert["closed_at"]) == ("spend", None)
    assert "the guards say pause" in str(run("deployments", "advance", number).exception)
    assert "smallest stage" in str(run("deployments", "step-back", number).exception)


def test_models_are_listed_shown_and_exported(runtime, number, tmp_path):
    (model,) = json.loads(run("models", "list", "--json").stdout)
    sha = model["sha256"]
    assert json.loads(run("models", "show", sha[:8]).stdout)["target"] == "churned"
    assert run("models", "export", sha[:8], tmp_path / "m.skops").exit_code == 0
    assert (tmp_path / "m.skops").read_bytes() == b"a model"
    again = run("models", "export", sha[:8], tmp_path / "m.skops")
    assert "there already" in str(again.exception)


def test_a_client_s_token_is_printed_once(runtime, number):
    made = run("clients", "create", "website", "--scope", "predict")
    token = made.stdout.strip().splitlines()[-1]
    assert token.startswith("h48_")
    listed = run("clients", "list").stdout
    assert "website" in listed
    assert token not in listed
    assert run("clients", "revoke", "website").exit_code == 0
    assert "revoked" in run("clients", "list").stdout


def test_a_person_who_was_never_seen_is_forgotten_without_a_fuss(runtime, number):
    assert "Deleted 0 predictions and 0 outcomes" in run("forget-person", "household-7").stdout


def test_a_database_without_a_sprint_says_what_to_do(runtime):
    assert "No caller has a token yet" in run("clients", "list").stdout
    assert "plan a sprint first" in str(run("clients", "create", "web").exception)


@pytest.mark.parametrize(
    ("words", "keys"),
    {
        "clients list": ["no_clients"],
        "deployments check 1": ["still_missing"],
        "evidence list": ["no_systems"],
        "evidence adapters": ["adapter_columns.webhook", "adapter_answers.signed"],
        "probe --list": ["listed_columns.needs"],
        "read blocked": ["reading_rows.waits_for", "reading_words.not_said"],
    }.items(),
)
def test_operators_read_the_language_that_is_set(
    runtime, number, tmp_path, monkeypatch, words, keys
):
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.setenv("HOUR48_LANGUAGE__DEFAULT", pseudo.NAME)
    sentences = {**texts_of("probes"), **texts_of("hour48")}
    with pseudo.installed(tmp_path / "languages"):
        printed = " ".join(run(*words.split()).stdout.split())
    for key in keys:
        table, _, word = key.rpartition(".")
        said = pseudo.accented((sentences[table] if table else sentences)[word])
        assert " ".join(FACT.split(said)[0].split()) in printed, (said, printed)
    assert language() == FALLBACK


def texts_of(package):
    return yaml.safe_load((SOURCE_TREE / package / "texts.yaml").read_text("utf-8"))
