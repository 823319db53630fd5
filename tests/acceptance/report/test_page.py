"""The page as readers meet it: in Chromium, on a phone, in the dark, on paper, and by ear."""

from __future__ import annotations

import io
import re
from itertools import pairwise

import pytest
from pypdf import PdfReader

from tests.acceptance.client.test_axe import faults
from tests.acceptance.report.records import RECORDS

pytestmark = [pytest.mark.browser, pytest.mark.smoke]
OTHERS = [name for name in RECORDS if name not in ("stuck", "crowded")]
QUICK = ("stuck", "crowded", "hostile")


def _slow_but(*quick: str) -> list[object]:
    """Return all pages; those that are not named wait for the longer tests."""
    slow = [name for name in (*QUICK, *OTHERS) if name not in quick]
    return [*quick, *(pytest.param(name, marks=pytest.mark.slow) for name in slow)]


ALL = _slow_but(*QUICK)
OPEN_ALL = "document.querySelectorAll('details').forEach(each => each.open = true)"

CONTRASTS = """
() => {
  const channel = part => { part /= 255; return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4; };
  const luminance = rgb => 0.2126 * channel(rgb[0]) + 0.7152 * channel(rgb[1]) + 0.0722 * channel(rgb[2]);
  const numbers = text => text.match(/[\\d.]+/g).map(Number);
  const ground = element => {
    for (let at = element; at; at = at.parentElement) {
      const colour = numbers(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter(element =>
    [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()) && element.getClientRects().length);
  return texts.map(element => {
    const style = getComputedStyle(element);
    const colour = numbers(element instanceof SVGElement ? style.fill : style.color);
    const [dark, light] = [luminance(colour), luminance(ground(element))].sort((a, b) => a - b);
    return [(light + 0.05) / (dark + 0.05), element.tagName, element.textContent.slice(0, 40)];
  });
}
"""  # noqa: E501  (a statement of the page reads better on one line)


@pytest.mark.parametrize("name", _slow_but("hostile"))
def test_it_opens_in_silence_and_asks_for_nothing_else(open_page, name):
    page = open_page(name)
    assert page.said == []
    assert page.evaluate("performance.getEntriesByType('resource').length") == 0
    assert page.evaluate("document.scripts.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", _slow_but("stuck"))
def test_axe_finds_nothing_serious_with_everything_open(open_page, name, scheme):
    page = open_page(name, scheme=scheme)
    page.evaluate(OPEN_ALL)
    assert not (found := faults(page)), "\n".join(found)


def test_hostile_words_are_only_words(open_page):
    page = open_page("hostile")
    assert page.title() != "owned"
    assert page.locator("img").count() == 0
    assert page.locator("h1").inner_text().startswith("</title><script>")
    assert "49" not in page.locator("h1").inner_text()


def test_even_a_script_that_got_in_would_not_run(open_page):
    page = open_page("stuck")
    page.evaluate(
        "() => { const bad = document.createElement('script');"
        " bad.textContent = 'document.title=1'; document.body.append(bad); }"
    )
    assert page.title() != "1"
    assert any("Content Security Policy" in said for said in page.said)


@pytest.mark.parametrize("name", ["stuck", "nothing", "hostile"])
def test_nothing_sticks_out_sideways(open_page, name):
    page = open_page(name)
    page.evaluate(OPEN_ALL)
    for width in (340, 768, 1180):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["stuck", "nothing", "live"])
def test_headings_go_down_one_step_at_a_time(open_page, name):
    page = open_page(name)
    page.evaluate(OPEN_ALL)
    headings = page.locator("h1, h2, h3, h4, h5, h6")
    levels = [int(tag[1]) for tag in headings.evaluate_all("all => all.map(each => each.tagName)")]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))


@pytest.mark.parametrize("name", ["stuck", "nothing"])
def test_a_screen_reader_finds_landmarks_names_and_labels(open_page, name):
    page = open_page(name)
    page.evaluate(OPEN_ALL)
    assert page.get_attribute("html", "lang") == "en"
    for landmark in ("banner", "main", "contentinfo"):
        assert page.get_by_role(landmark).count() == 1
    assert page.evaluate(
        "[...document.querySelectorAll('svg')].every(each =>"
        " each.closest('[aria-hidden=true]') ||"
        " document.getElementById(each.getAttribute('aria-labelledby').split(' ')[0]))"
    )
    assert page.evaluate("[...document.querySelectorAll('th')].every(each => each.scope)")
    assert page.evaluate(
        "[...document.querySelectorAll('[tabindex]')].every(each => each.ariaLabel)"
    )
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(each => each.id)")
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["stuck", pytest.param("live", marks=pytest.mark.slow)])
def test_every_text_has_the_contrast_that_eyes_need(open_page, name, scheme):
    page = open_page(name, scheme=scheme)
    page.evaluate(OPEN_ALL)
    measured = page.evaluate(CONTRASTS)
    assert len(measured) > 80
    assert not [each for each in measured if each[0] < 4.5]


def test_dark_is_dark_and_light_is_light(open_page):
    grounds = [
        open_page("stuck", scheme=scheme).evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    ]
    assert grounds == ["rgb(250, 248, 244)", "rgb(22, 21, 19)"]


def test_the_sponsor_s_two_minutes_come_first(open_page):
    page = open_page("stuck")
    visible = page.locator("main").inner_text()
    before_the_rest = visible.split("What it rests on")[0]
    assert 120 < len(before_the_rest.split()) < 500
    for wanted in ("Fix blockers, then deploy", "Security approval", "USD", "Thu 18 Jun"):
        assert wanted in before_the_rest


def test_a_sentence_opens_to_its_facts_by_keyboard(open_page):
    page = open_page("stuck")
    sentence = page.locator("#answers details.fact").first
    facts = sentence.locator(".facts")
    assert not facts.is_visible()
    sentence.locator("summary").focus()
    page.keyboard.press("Enter")
    assert facts.is_visible()
    assert re.search(r"\w+, \w{3} \d+ Jun, \d\d:\d\d", facts.inner_text())


def test_facts_said_in_slack_link_back_to_it(open_page):
    page = open_page("stuck")
    page.evaluate(OPEN_ALL)
    links = page.locator("main a").evaluate_all("all => all.map(each => each.href)")
    assert links
    assert all(link.startswith("https://example.slack.com/") for link in links)


@pytest.mark.parametrize(("name", "most"), [("stuck", 6), ("nothing", 3)])
def test_it_prints_on_few_pages_with_its_chapters_open_and_no_dark_ground(open_page, name, most):
    page = open_page(name, scheme="dark")
    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True, print_background=True)))
    text = " ".join(each.extract_text() for each in printed.pages)
    assert 2 <= len(printed.pages) <= most
    assert "The whole record" in text
    assert "As likely as not (P50)" in text
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(29, 27, 24)"
