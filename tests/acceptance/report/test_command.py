"""`hour48 report STORY.yaml`: every form from a story's file, one sentence for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.report.command import report_story

STORIES = sorted((Path(__file__).parents[2] / "stories").glob("*.yaml"))
STORY = """
story: Pilot
use_case: churn
team: {builder: Ana, data: Ben, approver: Cho, business: Dee}
events:
  - {at: 2, by: Ana, blocker: form, title: "Access needs a form", kind: approval_process}
"""


@pytest.fixture
def story(tmp_path) -> Path:
    file = tmp_path / "pilot.yaml"
    file.write_text(STORY, encoding="utf-8")
    return file


@pytest.mark.slow
@pytest.mark.parametrize("file", STORIES, ids=lambda file: file.stem)
def test_every_golden_story_makes_a_page_and_a_paper(tmp_path, file):
    for form in ("html", "pdf"):
        made = report_story(file, form, tmp_path / f"report.{form}")
        assert made.stat().st_size > 10_000


@pytest.mark.parametrize("form", ["html", "pdf", "png", "json", "csv"])
def test_a_report_is_written_where_it_was_asked_for(story, tmp_path, monkeypatch, form):
    monkeypatch.chdir(tmp_path)
    assert report_story(story, form) == Path(f"pilot.{form}")
    assert (tmp_path / f"pilot.{form}").stat().st_size > 100


def test_the_kickoff_and_the_zone_place_the_hours(story, tmp_path):
    made = report_story(
        story, "json", tmp_path / "r.json", kickoff="2026-06-09T09:00", zone="Asia/Tokyo"
    )
    told = json.loads(made.read_text(encoding="utf-8"))
    assert told["kickoff"] == "Tue 9 Jun 2026, 09:00"
    assert told["facts"][0]["when"] == "Tue 9 Jun, 11:00"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"form": "docx"}, "choose one of html, pdf"),
        ({"zone": "Mars/Olympus"}, "no time zone 'Mars/Olympus'"),
        ({"zone": "../../etc/passwd"}, "no time zone"),
        ({"kickoff": "tomorrow"}, "'tomorrow' is not a date"),
        ({"story": Path("nowhere.yaml")}, "nowhere.yaml"),
        ({"playbook": Path("nowhere")}, "There is no playbook at"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(story, tmp_path, changes, told):
    wanted = {"story": story, "form": "html", "destination": tmp_path / "r.html", **changes}
    with pytest.raises(InputError) as refusal:
        report_story(**wanted)
    assert told in refusal.value.message
    assert "\n" not in refusal.value.message
    assert not (tmp_path / "r.html").exists()
