"""The report's looks, held against pictures kept in `golden/`.

Letters differ between machines, so pictures are compared small and soft: what moves, vanishes or
changes colour shows, a different font does not. Rewrite them with HOUR48_WRITE_GOLDEN=1.
"""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageFilter, ImageStat

from bot.playbook.loader import load_playbook
from bot.report.pdf import render_card
from tests.acceptance.report.conftest import content_of

pytestmark = pytest.mark.smoke

GOLDEN = Path(__file__).parent / "golden"
WIDTH = 420
SOFTNESS = 4
MEAN_TOLERANCE = 3.0
PEAK_TOLERANCE = 40


def small(made: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(made)).convert("RGB")
    height = round(picture.height * WIDTH / picture.width)
    return picture.resize((WIDTH, height), Image.Resampling.LANCZOS)


def difference(one: Image.Image, other: Image.Image) -> tuple[float, int]:
    """Return how far two pictures are apart: on the whole, and at the worst place (0 to 255)."""
    if abs(one.height - other.height) > 0.04 * other.height:
        return 255.0, 255
    one = one.resize(other.size)
    soft = [each.filter(ImageFilter.GaussianBlur(SOFTNESS)) for each in (one, other)]
    apart = ImageChops.difference(*soft).convert("L")
    return ImageStat.Stat(apart).mean[0], apart.getextrema()[1]


def looks_like_golden(made: bytes, name: str) -> None:
    file, picture = GOLDEN / f"{name}.png", small(made)
    if os.environ.get("HOUR48_WRITE_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        picture.quantize(64).save(file, optimize=True)
    mean, peak = difference(picture, Image.open(file).convert("RGB"))
    assert mean <= MEAN_TOLERANCE, f"{name} looks different on the whole ({mean:.1f})"
    assert peak <= PEAK_TOLERANCE, f"{name} looks different in one place ({peak})"


@pytest.mark.browser
@pytest.mark.parametrize(
    ("name", "scheme"), [("stuck", "light"), ("stuck", "dark"), ("live", "light")]
)
def test_the_page_looks_as_it_should(open_page, name, scheme):
    page = open_page(name, scheme=scheme)
    looks_like_golden(page.screenshot(full_page=True), f"page-{name}-{scheme}")


@pytest.mark.browser
@pytest.mark.parametrize("name", ["stuck", "crowded", "early"])
def test_the_timeline_looks_as_it_should(open_page, name):
    page = open_page(name)
    looks_like_golden(page.locator("figure svg").first.screenshot(), f"timeline-{name}")


@pytest.mark.browser
def test_the_phone_page_looks_as_it_should(open_page):
    looks_like_golden(open_page("stuck", 390).screenshot(full_page=False), "phone-stuck")


@pytest.mark.parametrize("name", ["stuck", "live", "nothing"])
def test_the_card_looks_as_it_should(name):
    looks_like_golden(render_card(content_of(name), load_playbook()), f"card-{name}")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("part", "harm"),
    [
        ("header", "document.querySelector('h1').textContent = 'Another title altogether'"),
        (".path", "document.querySelector('.scale').remove()"),
        (".path", "document.querySelector('.path').style.marginLeft = '60px'"),
        ("figure svg", "document.querySelector('.organizational .tone').remove()"),
    ],
)
def test_a_harmed_page_is_noticed(open_page, part, harm):
    page = open_page("stuck")
    place = page.locator(part).first
    before = small(place.screenshot())
    page.evaluate(harm)
    mean, peak = difference(small(place.screenshot()), before)
    assert mean > MEAN_TOLERANCE or peak > PEAK_TOLERANCE


def test_goldens_are_small_files():
    assert all(file.stat().st_size < 200_000 for file in GOLDEN.glob("*.png"))
    assert len(list(GOLDEN.glob("*.png"))) == 10
