"""A probe of a real table: stopped while it runs, and a finding of it made into a blocker."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from bot.approvals.dossier import compose_dossier
from bot.db.models import Approval
from bot.db.serving_models import Model
from bot.deployments.model_store import content_of
from bot.domain.vocabulary import Audience
from bot.probe_runs.governance_answers import answers_of_sprint
from bot.report.dossier import render_dossier
from serving.run import compiled
from tests.speed import usual_seconds
from tests.stage import buttons_of, open_stage, shown, words_of

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A sprint at hour 1 whose source is a table with a half-empty column."""
    folder = tmp_path_factory.mktemp("shop")
    rows = [f"{n},{n * 7 % 90},{'' if n % 2 else n % 5},{n % 3 == 0}" for n in range(600)]
    table = folder / "shop.csv"
    table.write_text("\n".join(["id,age,visits,churned", *rows]) + "\n")
    with open_stage(folder, sources={"shop": {"path": str(table)}}) as stage:
        stage.start()
        stage.go(1)
        yield stage


def probe_message(stage, button, seconds=30.0):
    """Return the newest message of a probe that has a button."""
    stage.workspace.wait_until(
        lambda: any(button in buttons_of(one) for one in stage.posts(stage.channel)), seconds
    )
    posts = stage.posts(stage.channel)
    return next(one for one in reversed(posts) if button in buttons_of(one))


def test_a_finding_becomes_a_blocker_with_its_words(shop):
    shop.command("Ana", "/probe", "quality shop churned", shop.channel)
    message = probe_message(shop, "finding.to_blocker")
    assert "visits is missing in 50 %" in shown(message)
    assert "Slows you down" in shown(message)
    choice = next(each for each in choices(message) if ":all" not in each)
    shop.press(shop["Ana"], lambda: shop["Ana"].choose(message, "finding.to_blocker", choice))
    modal = shop.modal("Ana")
    title = modal.values["title"]["title"]["value"]
    assert title
    answer = shop.press(shop["Ana"], modal.submit)
    assert not answer.errors, answer.errors
    assert any(title in shown(one) for one in shop.posts(shop.channel) if one is not message)


def choices(message):
    return [
        option["value"]
        for block in message.blocks
        for element in block.get("elements", [])
        for option in element.get("options", [])
    ]


def test_probe_alone_opens_its_form_and_show_all_has_every_finding(shop):
    shop["Ana"].command("/probe", "", channel=shop.channel)
    modal = shop.modal("Ana").fill(probe="quality", source="shop", target="churned")
    shop.press(shop["Ana"], modal.submit)
    message = probe_message(shop, "probe.show_all")
    told = shown(message)
    assert "can slow you down" in told or "can stop this deployment" in told
    shop.click("Ana", message, "probe.show_all")
    everything = words_of(shop.modal("Ana").blocks)
    assert "visits is missing in 50 %" in everything
    assert len(everything) > len(told) / 2


def test_a_running_probe_stops_when_somebody_presses_cancel(shop):
    shop["Ben"].command("/probe", "baseline shop churned", channel=shop.channel)
    message = probe_message(shop, "probe.cancel")
    shop.click("Ben", message, "probe.cancel")
    shop.settle()
    newest = next(one for one in shop.posts(shop.channel) if one.ts == message.ts)
    assert "Ben" in shown(newest)
    assert "probe.cancel" not in buttons_of(newest)
    assert "reaches AUC" not in shown(newest)


def test_what_was_approved_answers_what_governance_asks(shop):
    runtime, team = shop.bot.core.runtime, shop.workspace.team_id
    with runtime.uow(team) as uow:
        for number, (subject, state) in enumerate(
            [("privacy", "approved"), ("change", "rejected")]
        ):
            uow.session.add(
                Approval(
                    team_id=team,
                    sprint_id=1,
                    number=900 + number,
                    subject=subject,
                    what="As agreed",
                    requested_by=shop["Ana"].id,
                    approver_id=shop["Cho"].id,
                    requested_at=uow.now,
                    deadline=uow.now,
                    state=state,
                    decided_by=shop["Cho"].id,
                    decided_at=uow.now,
                )
            )
        uow.session.flush()
        answers = answers_of_sprint(uow, 1)
    assert set(answers) == {"privacy"}
    assert answers["privacy"]["retention"] | {"on": ""} == {
        "says": "As agreed",
        "who": "Cho",
        "on": "",
        "proof": "approval 900",
    }
    assert answers["privacy"]["retention"]["on"]


@pytest.mark.slow
def test_an_answer_about_a_leak_changes_the_figure_that_leads(tmp_path):
    drawn, rows = random.Random(48), []
    for number in range(600):
        age, visits, leaves = drawn.randint(18, 80), drawn.randint(0, 9), drawn.random() < 0.3
        refunded = leaves if drawn.random() < 0.98 else not leaves
        rows.append(f"{number},{age},{visits + 2 * leaves},{refunded},{leaves}")
    table = tmp_path / "shop.csv"
    table.write_text("\n".join(["id,age,visits,refunded,churned", *rows]) + "\n")
    with open_stage(tmp_path, sources={"shop": {"path": str(table)}}) as stage:
        stage.start()
        stage.go(9)
        stage["Ana"].command("/probe", "baseline shop churned", channel=stage.channel)
        message = probe_message(stage, "probe.later:1", 120.0)
        assert "with “refunded”" in shown(message)
        assert "Only known later" in shown(message)
        stage.click("Ana", message, "probe.later:1")
        stage.settle()
        newest = next(one for one in stage.posts(stage.channel) if one.ts == message.ts)
        assert "Ana: only known later" in shown(newest)
        assert "with “refunded”" not in shown(newest)
        assert "guessing scores 0.500" in shown(newest)
        assert "probe.known:1" in buttons_of(newest)
        assert "probe.later:1" not in buttons_of(newest)
        with stage.bot.core.runtime.reading(stage.workspace.team_id) as uow:
            models = uow.session.scalars(select(Model).order_by(Model.kept_at, Model.id)).all()
            assert [one.figures["artifact"] for one in models] == [
                "model",
                "model_without_suspects",
            ]
            assert "refunded" not in [column["name"] for column in models[-1].columns]
            for model in models:
                form = can_be_served(model, tmp_path)
                assert ("refunded" in form) is (model.figures["artifact"] == "model")
            slowest = seconds_of_slowest_dossier(uow)
    assert slowest < 10, f"{slowest:.1f} s"


def can_be_served(model, folder):
    """Compile a kept model as a serving process does, and return what it wants of a row."""
    store = SimpleNamespace(model_bytes=lambda _: content_of(model))
    return compiled(model.sha256, store, folder).read_text("utf-8")


def seconds_of_slowest_dossier(uow):
    """Make each approver's dossier of the sprint as page and PDF; return the longest time."""
    taken = []
    for audience in Audience:

        def make(audience: Audience = audience) -> None:
            made = compose_dossier(uow, uow.sprint(1), audience)
            assert all(render_dossier(made, form) for form in ("pdf", "html"))

        taken.append(usual_seconds(make, 1))
    print(f"dossier, page and PDF: {min(taken):.2f} to {max(taken):.2f} s")
    return max(taken)
