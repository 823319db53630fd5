"""Each probe's page lists every code it can raise, with the words the probe itself uses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from probes.access import meanings as access_meanings
from probes.joins.texts import CODES as JOINS
from probes.quality.codes import CODES as QUALITY
from tests.integration.probes.planting import DEFECTS

PAGES = Path(__file__).parents[3] / "docs" / "probes"
MEANINGS = {
    "access": access_meanings(),
    "joins": JOINS.meanings(),
    "quality": {code: kind.meaning for code, kind in QUALITY.items()},
}


@pytest.mark.parametrize("name", sorted(MEANINGS))
def test_a_page_lists_every_code_with_its_meaning_and_no_other(name: str) -> None:
    text = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \|.*?([^|]+?) \|$", text, re.MULTILINE)
    assert {code: meaning.strip() for code, meaning in rows} == MEANINGS[name]


def test_the_page_repeats_the_strength_of_every_planted_defect() -> None:
    text = (PAGES / "quality.md").read_text(encoding="utf-8")
    for defect in DEFECTS:
        assert f"| {defect.name} | `{defect.code}` | {defect.least * 100:g} % |" in text


def test_every_planted_code_is_one_of_the_probes() -> None:
    assert {defect.code for defect in DEFECTS} <= set(QUALITY)
