"""`hour48 verify-plan` runs every check of a plan and writes down what they say."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.db.models import FixItem
from bot.domain.enums import FixCheckKind
from bot.fixes import service
from bot.fixes.checks import FixCheck
from hour48.cli import app
from tests import pseudo
from tests.acceptance.test_other_language import english
from tests.integration.fixes.planted import table_rows, write_csv
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint


def plan(runtime, sprint_id: int, checks: list[FixCheck | None]) -> None:
    with runtime.uow(TEAM) as uow:
        for number, check in enumerate(checks, 1):
            item = FixItem(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=number,
                text=f"Ana mends thing {number} by day 7.",
                owner_id=ANA,
                owner_name="Ana",
                due_at=HOUR_0,
            )
            uow.session.add(item)
            uow.session.flush()
            if check is not None:
                service.choose_check(uow, ANA, item.id, check)


@pytest.fixture
def config(runtime, tmp_path):
    write_csv(tmp_path / "shop.csv", table_rows(1, ()))
    file = tmp_path / "hour48.toml"
    file.write_text(
        f'[database]\nurl = "{runtime.engine.url}"\n[sources.shop]\npath = "{tmp_path}/shop.csv"\n'
    )
    return file


@pytest.mark.smoke
def test_what_holds_is_proved_and_what_was_there_once_broke(runtime, config, tmp_path):
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    access = FixCheck(FixCheckKind.ACCESS, {"source": "shop"})
    plan(runtime, sprint_id, [access, FixCheck(FixCheckKind.EVIDENCE), None])
    run = CliRunner()
    first = run.invoke(app, ["verify-plan", str(sprint_id), "--config", str(config), "--json"])
    told = json.loads(first.stdout)
    assert [item["state"] for item in told["items"]] == ["proved", "open", "open"]
    assert [item["outcome"] for item in told["items"]] == ["holds", "fails", None]
    assert (first.exit_code, told["counts"]["proved"]) == (1, 1)

    (tmp_path / "shop.csv").unlink()
    second = run.invoke(app, ["verify-plan", str(sprint_id), "--config", str(config), "--json"])
    broken = json.loads(second.stdout)["items"][0]
    assert (broken["before"], broken["state"]) == ("proved", "regressed")
    assert broken["held_until"]
    with runtime.reading(TEAM) as uow:
        states = uow.session.scalars(select(FixItem.state).order_by(FixItem.number)).all()
    assert states == ["regressed", "open", "open"]


def test_a_plan_is_verified_in_the_language_of_its_workspace(
    runtime, config, tmp_path, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "300")
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    access = FixCheck(FixCheckKind.ACCESS, {"source": "shop"})
    plan(runtime, sprint_id, [access, FixCheck(FixCheckKind.EVIDENCE), None])
    with config.open("a") as file:
        file.write(f'[language]\nworkspaces = {{ {TEAM} = "{pseudo.NAME}" }}\n')
    with pseudo.installed(tmp_path / "languages"):
        words = ["verify-plan", str(sprint_id), "--config", str(config)]
        lines = CliRunner().invoke(app, words).output.splitlines()
    typed = frozenset(["ana", "mends", "thing", "by", "day", "shop", "churn", "pilot"])
    assert lines
    assert not english(iter(lines), typed)


def test_a_sprint_without_a_plan_is_refused(runtime, config):
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    refused = CliRunner().invoke(app, ["verify-plan", str(sprint_id), "--config", str(config)])
    assert "no plan yet" in str(refused.exception)
