"""Every surface of a real sprint before axe-core, in light and dark: no serious finding."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from playground.client_routes import BrowserClient
from tests.stages import Theatre, open_theatre

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

SERIOUS = ("serious", "critical")
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice", "experimental"],
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}
ORDER = "heading-order"
"""Held too, though axe calls it moderate: it was found on Home."""


class Seen:
    """A sprint with something on every surface, and its workspace in Chromium."""

    def __init__(self, theatre: Theatre) -> None:
        self.theatre = theatre
        self.client = BrowserClient(theatre.workspace)
        theatre.slack.add_routes(self.client.routes())

    def address(self, name: str, place: str) -> str:
        person = self.theatre[name].id
        return self.client.address(self.theatre.slack.base_url, person=person, place=place)


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seen]:
    folder: Path = tmp_path_factory.mktemp("axe")
    rows = [f"{n},{n * 7 % 90},{'' if n % 2 else n % 5},{n % 3 == 0}" for n in range(600)]
    (folder / "shop.csv").write_text("\n".join(["id,age,visits,churned", *rows]) + "\n")
    with open_theatre(folder, sources={"shop": {"path": str(folder / "shop.csv")}}) as theatre:
        channel = theatre.start()
        theatre.go(1)
        theatre.command("Ana", "/blocker", "Replica access takes 4 weeks", channel)
        cho = theatre["Cho"].id
        theatre["Ana"].command("/approval", f"security <@{cho}> may we", channel=channel)
        theatre["Ana"].command("/probe", "quality shop churned", channel=channel)
        theatre.settle()
        stage = Seen(theatre)
        yield stage
        stage.client.close()


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, window: BrowserContext) -> Iterator[Page]:
    page = window.new_page()
    page.set_viewport_size({"width": 1280, "height": 900})
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    page.set_default_timeout(15_000)
    yield page
    page.close()


def faults(page: Page) -> list[str]:
    """Return what axe finds, one line for each element."""
    found: list[dict[str, Any]] = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{each['id']} ({each['impact']}): {node['target']} {node.get('failureSummary', '')[:300]}"
        for each in found
        if each["impact"] in SERIOUS or each["id"] == ORDER
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", ["Ana", "Cho"])
def test_home_has_no_serious_finding(seen: Seen, page: Page, name: str) -> None:
    page.goto(seen.address(name, "home"))
    expect(page.get_by_text("Your sprints")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


def test_the_channel_has_no_serious_finding(seen: Seen, page: Page) -> None:
    page.goto(seen.address("Ben", seen.theatre.channel.id))
    expect(page.get_by_role("button", name="Show all").first).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)


@pytest.mark.parametrize(
    ("command", "more"),
    [("/sprint plan", True), ("/blocker", True), ("/approval", False), ("/probe", False)],
)
def test_a_form_has_no_serious_finding(seen: Seen, page: Page, command: str, more: bool) -> None:
    seen.theatre.dismiss("Dee")
    page.goto(seen.address("Dee", seen.theatre.channel.id))
    word, _, text = command.partition(" ")
    seen.theatre["Dee"].command(word, text, channel=seen.theatre.channel)
    expect(page.locator("dialog.modal")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
    if more:
        page.locator('dialog.modal [data-block="more"] button').click()
        expect(page.locator('dialog.modal [data-block="more"]')).to_have_count(0)
        assert not (found := faults(page)), "\n".join(found)
    seen.theatre.dismiss("Dee")


def test_a_phone_has_no_serious_finding(seen: Seen, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(seen.address("Ana", "home"))
    expect(page.get_by_text("Your sprints")).to_be_visible()
    assert not (found := faults(page)), "\n".join(found)
