"""Pages outside of Slack before axe-core, in light and dark, on a desk and a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page

from bot.report.dossier import Dossier, DossierLine, DossierSection, render_dossier_page
from handlers.small_page import small_page
from tests.acceptance.client.test_axe import DESK, PHONE, faults
from tests.acceptance.conftest import Scheme

pytestmark = [pytest.mark.browser, pytest.mark.smoke]

LINE = DossierLine("Packages and vulnerabilities", "open", "missing", "Run /probe governance.")
DOSSIER = Dossier(
    brand="hour48 dossier",
    title="Churn pilot",
    audience="security",
    made="2026-03-09 10:00 Europe/Berlin",
    standfirst="Request 1, Security: “one API call for 1 % of visitors”.",
    verdict="No governance check has run yet. The last section says what is missing, and how.",
    figures=(("Findings that stop", "0"), ("Last governance check", "never")),
    sections=(DossierSection("unknown", "Not known yet", (LINE,)),),
    note="Made from hour48's records.",
)
PAGES = {
    "dossier": render_dossier_page(DOSSIER).decode(),
    "installed": small_page("<h1>hour48 is installed.</h1><p>Go to Slack.</p>"),
    "sign-in": small_page('<h1>You are signed out.</h1><p><a href="/">Sign in</a></p>'),
}


@pytest.fixture(params=["light", "dark"])
def page(request: pytest.FixtureRequest, window: BrowserContext) -> Iterator[Page]:
    page = window.new_page()
    page.emulate_media(color_scheme=request.param)
    yield page
    page.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_finding_and_fits_a_phone(page: Page, name: str) -> None:
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        page.set_content(PAGES[name])
        assert not (found := faults(page)), "\n".join(found)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert page.locator('meta[name="viewport"]').count() == 1
        skip = page.locator(".skip")
        if skip.count():
            box = skip.bounding_box()
            assert box is not None
            assert box["y"] + box["height"] < 0, "it shows before it has the focus"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_follows_the_reader_s_colour_scheme(window: BrowserContext, name: str) -> None:
    page = window.new_page()
    page.set_content(PAGES[name])
    grounds = []
    schemes: tuple[Scheme, Scheme] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        grounds.append(page.evaluate("getComputedStyle(document.body).color"))
    page.close()
    assert grounds[0] != grounds[1]
