"""The operator's commands: the same gate as in Slack, tokens once, a person forgotten."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.db.deployment_models import Deployment
from hour48.cli import app
from tests.runtimes import TEAM, add_sprint, open_runtime, seat
from tests.unit.deployments import staging


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
    assert "Security: nobody was asked yet" in checked.stdout
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
