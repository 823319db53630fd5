"""The PDF and the card, set by typst from the same content as the page."""

from __future__ import annotations

import io
from functools import cache

import pytest
from PIL import Image
from pypdf import PdfReader

from bot.playbook.loader import load_playbook
from bot.report.pdf import render_card, render_pdf
from tests.acceptance.report.conftest import content_of
from tests.acceptance.report.records import RECORDS

OTHERS = [name for name in RECORDS if name not in ("stuck", "crowded")]
ALL = [
    "stuck",
    "crowded",
    "hostile",
    *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS),
]


@cache
def pdf_of(name: str) -> PdfReader:
    return PdfReader(io.BytesIO(render_pdf(content_of(name), load_playbook())))


def text_of(name: str) -> str:
    text = " ".join(page.extract_text() for page in pdf_of(name).pages)
    return " ".join(text.replace("\u200b", "").split())


@pytest.mark.parametrize("name", ALL)
def test_every_sprint_fits_on_paper(name):
    pages = pdf_of(name).pages
    assert len(pages) >= 2
    assert "hour48" in pages[0].extract_text().lower()
    assert pages[-1].extract_text()


def test_an_ordinary_report_has_its_answers_on_page_one_and_is_at_most_five_pages_long():
    document = pdf_of("stuck")
    first = document.pages[0].extract_text()
    assert len(document.pages) <= 5
    for wanted in ("Fix blockers, then deploy", "Five answers", "The one blocker", "6,400 USD"):
        assert wanted in " ".join(first.split())


def test_the_paper_says_what_the_page_says():
    content, text = content_of("stuck"), text_of("stuck")
    for heading in ("Five answers", "The one blocker", "What it cost", "The whole record"):
        assert heading in text
    wanted = [*(fix.words for fix in content.fixes), *(fact.words for fact in content.facts)]
    wanted += [sentence.words for answer in content.answers for sentence in answer.sentences]
    assert not [words for words in wanted if words not in text]


def test_it_can_be_read_aloud():
    root = pdf_of("stuck").trailer["/Root"]
    assert root["/Lang"] == "en"
    assert root["/MarkInfo"]["/Marked"]
    assert "StructTreeRoot" in str(root.keys())


def test_hostile_words_are_set_as_words():
    text = " ".join(pdf_of("hostile").pages[0].extract_text().replace("\u200b", "").split())
    assert '#import "x" $a_b$' in text
    assert "<script>" in text


def test_the_same_report_is_the_same_file():
    playbook, content = load_playbook(), content_of("stuck")
    assert render_pdf(content, playbook) == render_pdf(content, playbook)


@pytest.mark.parametrize("name", ALL)
def test_the_card_is_1200_pixels_wide_and_small_enough_to_post(name):
    made = render_card(content_of(name), load_playbook())
    picture = Image.open(io.BytesIO(made))
    assert picture.width == 1200
    assert 400 <= picture.height <= 2400
    assert len(made) < 1_000_000


def test_the_card_brings_its_own_ground_for_light_and_dark_readers():
    picture = Image.open(io.BytesIO(render_card(content_of("stuck"), load_playbook()))).convert(
        "RGBA"
    )
    assert picture.getpixel((2, 2)) == (250, 248, 244, 255)
    assert picture.getextrema()[3] == (255, 255)
