"""Rules that people keep run every night: told once when they break, once when they hold again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db.check_models import CheckRun, KeptCheck
from bot.db.models import ProbeRun
from bot.domain.enums import CheckRunState, CheckTrigger, ProbeRunState
from bot.domain.errors import InputError
from bot.fixes import kept, service
from bot.fixes.queue import queue_rules
from bot.timers.dispatcher import run_due
from probes.contract import ProbeRequest, result_to_plain
from probes.runner import run_probe
from probes.settings import ProbeSettings, read_settings
from scheduler.check_worker import CheckWorker
from tests.integration.fixes.planted import table_rows, write_csv
from tests.runtimes import ANA, EVE, HOUR_0, TEAM, add_sprint, advance, outbox

pytestmark = pytest.mark.smoke
SUM = "gross is net + tax"


def sources(folder: Path, *names: str, nightly_seconds: float = 600) -> ProbeSettings:
    for name in names:
        write_csv(folder / f"{name}.csv", table_rows(1, ()))
    found = {name: {"path": str(folder / f"{name}.csv")} for name in names}
    return read_settings({"sources": found, "probes": {"nightly_seconds": nightly_seconds}})


def probed(runtime, settings: ProbeSettings, sprint_id: int, source: str) -> int:
    """Run the quality probe on a source; returns its row."""
    result = result_to_plain(run_probe(ProbeRequest("quality", source=source), settings).wait())
    with runtime.uow(TEAM) as uow:
        run = ProbeRun(
            team_id=TEAM,
            sprint_id=sprint_id,
            probe="quality",
            request={"phase": "data", "source": source, "table": None, "target": None},
            asked_by=ANA,
            asked_at=uow.now,
            finished_at=uow.now,
            state=ProbeRunState.DONE,
            result={**result, "artifacts": {}},
        )
        uow.session.add(run)
        uow.session.flush()
        return run.id


def keep_sum(runtime, run_id: int) -> None:
    """Keep the rule that gross is net and tax."""
    with runtime.uow(TEAM) as uow:
        rules = kept.rules_of(uow.session.get_one(ProbeRun, run_id))
        (key,) = [str(each["key"]) for each in rules if each["sentence"] == SUM]
        kept.keep_rules(uow, ANA, run_id, [key])


@pytest.fixture
def night(runtime) -> Callable[[ProbeSettings], None]:
    def pass_by(settings: ProbeSettings) -> None:
        advance(runtime, 24)
        run_due(runtime)
        worker = CheckWorker(runtime, settings, nightly=True)
        while worker.work_once():
            pass

    return pass_by


def said(runtime) -> list[str]:
    return [str(row.body["text"]) for row in outbox(runtime) if ":kept:" in row.key]


def test_a_kept_rule_is_told_once_when_it_breaks_and_once_when_it_holds_again(
    runtime, tmp_path, night
):
    settings = sources(tmp_path, "shop")
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    run_id = probed(runtime, settings, sprint_id, "shop")
    keep_sum(runtime, run_id)
    night(settings)
    assert said(runtime) == []
    write_csv(tmp_path / "shop.csv", table_rows(1, ("sum",)))
    for _ in range(2):
        night(settings)
        (told,) = said(runtime)
        assert "A kept check broke* on shop" in told
        assert "It held until" in told
    write_csv(tmp_path / "shop.csv", table_rows(1, ()))
    night(settings)
    assert "holds again* on shop" in said(runtime)[-1]
    assert len(said(runtime)) == 2

    with runtime.uow(TEAM) as uow:
        (check,) = uow.session.scalars(select(KeptCheck)).all()
        kept.remove_check(uow, ANA, check.id)
    write_csv(tmp_path / "shop.csv", table_rows(1, ("sum",)))
    night(settings)
    assert len(said(runtime)) == 2


def test_a_source_that_is_away_breaks_no_kept_rule(runtime, tmp_path, night):
    settings = sources(tmp_path, "shop")
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    keep_sum(runtime, probed(runtime, settings, sprint_id, "shop"))
    night(settings)
    (tmp_path / "shop.csv").unlink()
    night(settings)
    assert said(runtime) == []


def test_a_night_spends_no_more_of_a_source_than_its_budget(runtime, tmp_path, night):
    settings = sources(tmp_path, "shop", "desk", nightly_seconds=0.001)
    sprints = [
        add_sprint(runtime, status="closed", closed_at=HOUR_0, channel_id=f"C{at}")
        for at in range(3)
    ]
    for at, sprint_id in enumerate(sprints):
        source = "desk" if at == 2 else "shop"
        with runtime.uow(TEAM) as uow:
            sprint = uow.sprint(sprint_id)
            uow.session.add(
                KeptCheck(
                    team_id=TEAM,
                    sprint_id=sprint_id,
                    source=source,
                    table_name="",
                    key=f"rule {at}",
                    rule={"key": f"rule {at}", "sentence": SUM},
                    sentence=SUM,
                    kept_by=ANA,
                    kept_at=uow.now,
                )
            )
            service.watch_tonight(uow, sprint)
    night(settings)
    with runtime.reading_sessions() as session:
        runs = session.scalars(select(CheckRun).order_by(CheckRun.id)).all()
    ended = {(run.source, run.state) for run in runs}
    assert ended == {
        ("shop", CheckRunState.DONE),
        ("shop", CheckRunState.SKIPPED),
        ("desk", CheckRunState.DONE),
    }
    (skipped,) = [run for run in runs if run.state == CheckRunState.SKIPPED]
    assert "for shop are spent" in skipped.words

    with runtime.uow(TEAM) as uow:  # somebody who waits is not held up by the night's budget
        queue_rules(uow, uow.sprint(sprints[0]), "shop", "", [], CheckTrigger.COMMAND)
    assert CheckWorker(runtime, settings, nightly=False).work_once()
    with runtime.reading_sessions() as session:
        last = session.scalars(select(CheckRun).order_by(CheckRun.id.desc()).limit(1)).one()
    assert last.state == CheckRunState.DONE


def test_who_may_not_run_probes_keeps_and_removes_nothing(runtime, tmp_path):
    settings = sources(tmp_path, "shop")
    sprint_id = add_sprint(runtime, status="closed", closed_at=HOUR_0)
    run_id = probed(runtime, settings, sprint_id, "shop")
    with runtime.uow(TEAM) as uow, pytest.raises(InputError):
        kept.keep_rules(uow, EVE, run_id, ["0"])
    with runtime.uow(TEAM) as uow, pytest.raises(InputError, match="no rule to keep"):
        kept.keep_rules(uow, ANA, run_id, ["elsewhere"])
    keep_sum(runtime, run_id)
    with runtime.uow(TEAM) as uow:
        (check,) = uow.session.scalars(select(KeptCheck)).all()
        with pytest.raises(InputError):
            kept.remove_check(uow, EVE, check.id)
