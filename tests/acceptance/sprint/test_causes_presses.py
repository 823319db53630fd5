"""Causes are joined and parted, findings overridden and items confirmed, each with one press."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.db.models import AuditEntry, FixItem, Sprint
from bot.debrief.report_files import render
from bot.domain.verdict.causes import causes_of
from bot.records.queries import record_of
from tests.stage import buttons_of, open_stage, shown

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A sprint at hour 1 with two blockers about one thing, and a table whose label is constant."""
    folder = tmp_path_factory.mktemp("causes")
    rows = [f"{n},{n * 7 % 90},no" for n in range(400)]
    table = folder / "shop.csv"
    table.write_text("\n".join(["id,age,churned", *rows]) + "\n")
    with open_stage(folder, sources={"shop": {"path": str(table)}}) as stage:
        stage.start()
        stage.go(1)
        stage.command("Ana", "/blocker", "GPU quota was refused by the platform", stage.channel)
        stage.command(
            "Ben", "/blocker", "Platform cut the GPU capacity for training", stage.channel
        )
        yield stage


def _read(stage, view):
    runtime = stage.bot.core.runtime
    with runtime.reading(stage.workspace.team_id) as uow:
        sprint = uow.session.scalars(select(Sprint)).first()
        return view(uow, sprint)


def _records_of_causes(stage):
    return _read(
        stage,
        lambda uow, sprint: [
            {fact.id for fact in cause.records} for cause in causes_of(record_of(uow, sprint))
        ],
    )


def _button(message, act):
    return next(each for each in buttons_of(message) if each.startswith(act))


def _actions(stage, subject):
    query = select(AuditEntry.action).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    return _read(stage, lambda uow, _: uow.session.scalars(query).all())


def test_a_card_offers_the_nearest_blocker_and_one_press_joins_and_parts_them(stage):
    card = stage.keyed(":blocker:2")
    assert "Is this the same as blocker 1" in shown(card)
    assert {"blocker-1", "blocker-2"} not in _records_of_causes(stage)
    stage.click("Ben", card, _button(card, "cause.join"))
    stage.settle()
    assert {"blocker-1", "blocker-2"} in _records_of_causes(stage)
    card = stage.keyed(":blocker:1")
    assert "Counts as one with blocker 2" in shown(card)
    stage.click("Ana", card, _button(card, "cause.part"))
    stage.settle()
    assert {"blocker-1", "blocker-2"} not in _records_of_causes(stage)
    assert "cause.join" not in str(buttons_of(stage.keyed(":blocker:1")))
    assert _actions(stage, "cause") == ["joined", "parted"]


def test_a_stopping_finding_is_overridden_with_a_reason_and_counts_until_then(stage):
    stage.command("Ana", "/probe", "quality shop churned", stage.channel)
    button = "probe.show_all"
    stage.workspace.wait_until(
        lambda: any(button in buttons_of(one) for one in stage.posts(stage.channel)), 40.0
    )
    message = next(one for one in stage.posts(stage.channel) if button in buttons_of(one))
    found = {"probe-1-0"}
    assert found in _records_of_causes(stage)
    stage.click("Ana", message, button)
    everything = stage.modal("Ana")
    stage.press(stage["Ana"], lambda: everything.click("finding.override:0"))
    form = stage.modal("Ana").fill(why="no")
    assert list(form.submit().errors) == ["why"]
    stage.press(stage["Ana"], form.fill(why="The full table comes tomorrow").submit)
    stage.dismiss("Ana")
    stage.settle()
    assert found not in _records_of_causes(stage)
    again = next(one for one in stage.posts(stage.channel) if one.ts == message.ts)
    assert "Overridden by Ana: “The full table comes tomorrow”" in shown(again)
    stage.click("Ana", again, button)
    assert "finding.override:0" not in str(stage.modal("Ana").blocks)


def test_the_debrief_offers_pairs_and_an_owner_takes_an_item_in_one_step(stage):
    stage.command("Ana", "/blocker", "GPU quota is still refused", stage.channel)
    stage.command("Ana", "/sprint", "close", stage.channel)
    stage.press(stage["Ana"], stage.modal("Ana").submit)
    stage.dismiss("Ana")
    stage.settle()
    summary = stage.keyed(":debrief:summary")
    for question in ("critical_path", "thirty_days"):
        stage.click("Ana", summary, "debrief.discuss", f"1:{question}")
    card = stage.keyed(":debrief:critical_path")
    assert "counts as one with blocker 3" in shown(card)
    stage.click("Ana", card, _button(card, "cause.part"))
    stage.settle()
    assert {"blocker-1", "blocker-3"} not in _records_of_causes(stage)
    stage.command("Ana", "/sprint", "close", stage.channel)
    stage.press(stage["Ana"], stage.modal("Ana").submit)
    stage.dismiss("Ana")
    stage.settle()
    item = stage.keyed(":fix:1")
    assert "Waiting for the owner's answer" in shown(item)
    stage.click("Ana", item, "fix.rewrite")
    form = stage.modal("Ana").fill(text="x")
    assert list(form.submit().errors) == ["text"]
    stage.press(stage["Ana"], form.fill(text="Ben gets 4 GPUs from Kim by day 6").submit)
    stage.dismiss("Ana")
    stage.settle()
    told = shown(stage.keyed(":fix:1"))
    assert "Ben gets 4 GPUs from Kim by day 6" in told
    assert "Confirmed by Ana" in told
    plan = shown(stage.keyed(":debrief:thirty_days"))
    assert "1. Ben gets 4 GPUs from Kim by day 6\n" in plan
    assert "(not confirmed)" in plan
    report = _read(stage, lambda uow, sprint: render(uow, sprint, "json")["json"])
    assert "Ben gets 4 GPUs from Kim by day 6" in report.decode()
    rows = _read(stage, lambda uow, _: uow.session.scalars(select(FixItem)).all())
    assert rows[0].confirmed_by
    assert "rewritten" in _actions(stage, "fix")
