"""Every surface of a real sprint before axe-core, in light and dark: nothing above minor."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import ProbeRun
from bot.deployments import announcements
from bot.deployments.model_store import KeptModel, keep_model
from bot.domain.enums import DeploymentState, ProbeRunState
from bot.probe_runs.service import Probe, request_probe, show_run
from hour48.local_workspace import open_local_bot
from playground.client_routes import BrowserClient
from playground.showcase import QUICK, _client
from playground.tour import Tour
from tests.stage import TeamStage, buttons_of, open_stage

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

MINOR = "minor"
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "experimental"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}


class Seen:
    """A sprint with something on every surface, and its workspace in Chromium."""

    def __init__(self, stage: TeamStage) -> None:
        self.stage = stage
        self.client = BrowserClient(stage.workspace)
        stage.slack.add_routes(self.client.routes())

    def address(self, name: str, place: str) -> str:
        person = self.stage[name].id
        return self.client.address(self.stage.slack.base_url, person=person, place=place)


@contextmanager
def a_sprint(folder: Path) -> Iterator[Seen]:
    """Start a sprint with a blocker, a request and a probe, and open its client."""
    rows = [f"{n},{n * 7 % 90},{'' if n % 2 else n % 5},{n % 3 == 0}" for n in range(600)]
    (folder / "shop.csv").write_text("\n".join(["id,age,visits,churned", *rows]) + "\n")
    with open_stage(folder, sources={"shop": {"path": str(folder / "shop.csv")}}) as stage:
        channel = stage.start()
        stage.go(1)
        stage.command("Ana", "/blocker", "Replica access takes 4 weeks", channel)
        cho = stage["Cho"].id
        stage["Ana"].command("/approval", f"security <@{cho}> may we", channel=channel)
        stage["Ana"].command("/probe", "quality shop churned", channel=channel)
        stage.settle()
        seen = Seen(stage)
        yield seen
        seen.client.close()


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with a_sprint(tmp_path_factory.mktemp("axe")) as opened:
        yield opened


@pytest.fixture(scope="module")
def debriefed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    with a_sprint(tmp_path_factory.mktemp("axe-debrief")) as opened:
        opened.stage.leap(48.1)
        yield opened


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    """A sprint whose checklist stands in its channel, with a model to deploy."""
    folder = tmp_path_factory.mktemp("axe-deployed")
    with a_sprint(folder) as opened:
        stage = opened.stage
        with stage.bot.core.runtime.uow(stage.workspace.team_id) as uow:
            run = uow.session.scalars(select(ProbeRun)).one()
            columns = [{"name": "age", "use": "number"}, {"name": "visits", "use": "number"}]
            kept = KeptModel(b"model", "churned", "yes or no", columns=columns)
            keep_model(uow, run, kept, folder)
        stage.command("Ana", "/sprint", "deploy", stage.channel)
        stage.settle()
        yield opened


DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SCREENS = [
    ("light", DESK),
    *(
        pytest.param(screen, marks=pytest.mark.slow)
        for screen in (("dark", DESK), ("light", PHONE), ("dark", PHONE))
    ),
]


@pytest.fixture(params=SCREENS, ids=["light-desk", "dark-desk", "light-phone", "dark-phone"])
def page(request: pytest.FixtureRequest, window: BrowserContext) -> Iterator[Page]:
    scheme, size = request.param
    page = window.new_page()
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.set_default_timeout(15_000)
    yield page
    page.close()


def faults(page: Page) -> list[str]:
    """Return what axe finds, one line for each element."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')[:300]}"
        for each in found
        if each["impact"] != MINOR
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", ["Ana", "Cho"])
def test_home_has_no_serious_finding(seen: Seen, page: Page, name: str) -> None:
    page.goto(seen.address(name, "home"))
    expect(page.get_by_text("Your sprints")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


@pytest.mark.parametrize("name", ["Ana", "Cho"])
def test_direct_messages_have_no_serious_finding(seen: Seen, page: Page, name: str) -> None:
    """The plan's card, and a request with its dossier."""
    page.goto(seen.address(name, seen.stage[name].dms()[0].channel_id))
    expect(page.locator("#main article").first).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


def test_the_channel_has_no_serious_finding(seen: Seen, page: Page) -> None:
    page.goto(seen.address("Ana", seen.stage.channel.id))
    expect(page.get_by_role("button", name="Show all").first).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


@pytest.mark.parametrize(
    ("command", "more"),
    [("/sprint plan", True), ("/blocker", True), ("/approval", False), ("/probe", False)],
)
def test_a_form_has_no_serious_finding(seen: Seen, page: Page, command: str, more: bool) -> None:
    seen.stage.dismiss("Dee")
    page.goto(seen.address("Dee", seen.stage.channel.id))
    word, _, text = command.partition(" ")
    seen.stage["Dee"].command(word, text, channel=seen.stage.channel)
    expect(page.locator("dialog.modal")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    if more:
        page.locator('dialog.modal [data-block="more"] button').click()
        expect(page.locator('dialog.modal [data-block="more"]')).to_have_count(0)
        assert not (found := faults(page)), "\n".join(found)
    seen.stage.dismiss("Dee")


@pytest.mark.parametrize(
    ("action", "heading"), [("blocker.edit", "Blocker 1"), ("probe.show_all", "All findings")]
)
def test_what_a_card_opens_has_no_serious_finding(
    seen: Seen, page: Page, action: str, heading: str
) -> None:
    stage = seen.stage
    stage.dismiss("Ana")
    page.goto(seen.address("Ana", stage.channel.id))
    card = next(one for one in stage.posts(stage.channel) if action in buttons_of(one))
    stage["Ana"].click(card, action)
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    stage.dismiss("Ana")


ASKS = [
    ("leak_jump", "age lifts it", {"asks": ["age"]}),
    ("depends_on_time", "By opened 0.7, by closed 0.5", {"times": ["opened", "closed"]}),
]


def questions(stage: TeamStage) -> None:
    """Put a finished baseline into the channel that asks when a column and a date are known."""
    found = [
        {"level": "slows", "code": code, "sentence": said, "evidence": {}, "meaning": "When?"}
        | asks
        for code, said, asks in ASKS
    ]
    with stage.bot.core.runtime.uow(stage.workspace.team_id) as uow:
        probe = Probe("baseline", "model", "shop", None, "churned")
        row = request_probe(uow, stage["Ana"].id, 1, probe)
        row.state = ProbeRunState.DONE
        row.result = {"findings": found, "scenario": None, "phase": "model", "facts": {}}
        uow.session.flush()
        show_run(uow, row)
    stage.settle()


def test_what_a_probe_asks_is_answered_in_the_browser(seen: Seen, page: Page) -> None:
    """Known when you predict, and at which date: a press is noted, and can be changed."""
    questions(seen.stage)
    page.goto(seen.address("Ana", seen.stage.channel.id))
    card = page.locator("#main article", has_text="By opened 0.7").last
    assert not (found := faults(page)), "\n".join(found)
    for button, noted in (
        ("Only known later", "Ana: only known later"),
        ("Known when we predict", "Ana: known when we predict"),
        ("Predict at closed", "Ana: predict at “closed”"),
        ("Predict at opened", "Ana: predict at “opened”"),
    ):
        card.get_by_role("button", name=button).click()
        expect(card).to_contain_text(noted)
        expect(card.get_by_role("button", name=button)).to_have_count(0)
    assert not (found := faults(page)), "\n".join(found)


def test_the_canvas_has_no_serious_finding_and_keeps_what_is_written(
    seen: Seen, page: Page
) -> None:
    page.goto(seen.address("Ben", seen.stage.channel.id))
    page.get_by_role("button", name="Canvas", exact=True).click()
    expect(page.get_by_role("heading", name="Open blockers")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    page.get_by_role("button", name="Add a section").click()
    assert not (found := faults(page)), "\n".join(found)
    page.get_by_role("textbox", name="Section").fill("Standup at **10**")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Standup at 10").last).to_be_visible()
    canvas = seen.stage.channel.canvas
    assert canvas is not None
    assert canvas.sections[-1].text == "Standup at 10"


def test_a_phone_has_no_serious_finding(seen: Seen, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(seen.address("Ana", "home"))
    expect(page.get_by_text("Your sprints")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


def test_the_checklist_and_its_form_have_no_serious_finding(deployed: Seen, page: Page) -> None:
    stage = deployed.stage
    page.goto(deployed.address("Ana", stage.channel.id))
    card = next(one for one in stage.posts() if "deploy.set_up:all" in buttons_of(one))
    page.locator(f'article[data-ts="{card.ts}"]').scroll_into_view_if_needed()
    assert not (found := faults(page)), "\n".join(found)
    stage["Ana"].click(card, "deploy.set_up:all")
    expect(page.locator("dialog.modal")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    stage.dismiss("Ana")


def test_the_live_card_and_the_order_of_a_table_have_no_serious_finding(
    deployed: Seen, page: Page
) -> None:
    stage = deployed.stage
    with stage.bot.core.runtime.uow(stage.workspace.team_id) as uow:
        row = uow.session.scalars(select(Deployment)).one()
        row.state, row.percent, row.opened_at = DeploymentState.LIVE, 1.0, uow.now
        announcements.show(uow, uow.sprint(row.sprint_id), row)
    stage.settle()
    page.goto(deployed.address("Ana", stage.channel.id))
    card = next(one for one in stage.posts() if "deploy.score" in buttons_of(one))
    page.locator(f'article[data-ts="{card.ts}"]').scroll_into_view_if_needed()
    assert not (found := faults(page)), "\n".join(found)
    stage["Ana"].click(card, "deploy.score")
    expect(page.locator("dialog.modal")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    stage.dismiss("Ana")


def test_the_debrief_has_no_serious_finding(debriefed: Seen, page: Page) -> None:
    stage = debriefed.stage
    page.goto(debriefed.address("Ana", stage.channel.id))
    card = next(one for one in stage.posts() if "debrief.close" in buttons_of(one))
    page.locator(f'article[data-ts="{card.ts}"]').scroll_into_view_if_needed()
    assert not (found := faults(page)), "\n".join(found)
    for action in ("debrief.correct", "debrief.what_if"):
        stage["Ana"].click(card, action)
        expect(page.locator("dialog.modal")).to_be_visible()
        assert not (found := faults(page)), f"{action}\n" + "\n".join(found)
        stage.dismiss("Ana")
        expect(page.locator("dialog.modal")).to_have_count(0)


@pytest.fixture(scope="module")
def guided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Tour, str]]:
    morning = datetime(2026, 11, 30, 7, tzinfo=UTC)
    with open_local_bot(tmp_path_factory.mktemp("axe-tour"), morning, {}, QUICK) as (stage, slack):
        tour = Tour(stage)
        tour.begin()
        client = _client(stage, slack, None, tour)
        yield tour, client.address(slack.base_url)
        tour.close()
        client.close()


def test_the_bar_of_a_first_sprint_has_no_serious_finding(
    guided: tuple[Tour, str], page: Page
) -> None:
    page.goto(guided[1])
    expect(page.get_by_role("region", name="First sprint")).to_contain_text("Step 1")
    assert not (found := faults(page)), "\n".join(found)
