"""A company copies the playbook, changes it, and is told file, line and field when it is broken."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from bot.domain.errors import InputError
from bot.domain.verdict.priors import Priors
from bot.domain.vocabulary import PHASE_SCENARIOS
from bot.playbook.figures import priors_of
from bot.playbook.loader import check_playbook, copy_playbook, load_playbook
from bot.playbook.source import PlaybookError
from hour48.cli import app


@pytest.fixture
def copy(tmp_path) -> Path:
    copy_playbook(tmp_path / "own")
    return tmp_path / "own"


def edit(folder: Path, file: str, old: str, new: str) -> int:
    """Replace the first `old` by `new` and return the line on which it stood."""
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def rewrite(folder: Path, file: str, change) -> None:
    path = folder / file
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")


def halve(values: dict) -> None:
    for phase in values.get("phases", []):
        phase["start"] //= 2
        phase["end"] //= 2
    if "hours" in values:
        values["hours"] = [
            {**entry, "hour": entry["hour"] // 2}
            for entry in values["hours"]
            if entry["hour"] % 2 == 0
        ]
    if "length" in values:
        values["length"] = 24


def test_a_copy_is_a_playbook_equal_to_the_standard_one(copy):
    assert load_playbook(copy) == load_playbook()


def test_a_24_hour_sprint_needs_only_data(copy):
    for file in ("playbook.yaml", "phases.yaml", "hours.yaml"):
        rewrite(copy, file, halve)
    sprint = load_playbook(copy)
    assert (sprint.length, len(sprint.hours), tuple(phase.end for phase in sprint.phases)) == (
        24,
        25,
        (4, 8, 12, 24),
    )
    assert sprint.phase_at(5).key == "model"


def test_a_fifth_phase_needs_only_data(copy):
    def add_adoption(values):
        values["phases"][-1]["end"] = 40
        values["phases"].append(
            {
                **deepcopy(values["phases"][-1]),
                "key": "adoption",
                "title": "Adoption",
                "start": 40,
                "end": 48,
                "scenarios": [
                    {
                        "key": key,
                        "title": key,
                        "looks_like": "x",
                        "learning": "y",
                        "suggests": {"text": "z"},
                    }
                    for key in ("used", "ignored", "fought")
                ],
            }
        )

    rewrite(copy, "phases.yaml", add_adoption)
    sprint = load_playbook(copy)
    assert tuple(phase.end for phase in sprint.phases) == (8, 16, 24, 40, 48)
    assert sprint.phase_at(41).scenario("ignored").learning == "y"


def test_a_playbook_may_be_one_file(copy, tmp_path):
    whole = tmp_path / "whole.yaml"
    whole.write_text("\n".join(file.read_text() for file in sorted(copy.glob("*.yaml"))))
    assert load_playbook(whole) == load_playbook()


BROKEN = {
    each["case"]: each
    for each in yaml.safe_load(Path(__file__).with_name("broken.yaml").read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_playbook_is_refused_with_file_line_and_field(copy, case):
    file, below, told = (BROKEN[case][key] for key in ("file", "below", "told"))
    line = edit(copy, file, BROKEN[case]["old"], BROKEN[case]["new"])
    with pytest.raises(PlaybookError) as refusal:
        load_playbook(copy)
    problems = [str(problem) for problem in refusal.value.problems]
    place = "" if below is None else f"{file}, line {line + below}, "
    assert any(told in problem and problem.startswith(place) for problem in problems), problems


def test_a_missing_file_names_what_is_missing(copy):
    (copy / "hours.yaml").unlink()
    with pytest.raises(PlaybookError, match="hours: is missing; add it"):
        load_playbook(copy)


def test_every_problem_is_listed_and_the_first_is_told(copy):
    edit(copy, "people.yaml", "title: Builder", "title: 1")
    edit(copy, "people.yaml", "title: Approver", "title: 2")
    problems = check_playbook(copy)
    assert [problem.field for problem in problems] == ["roles[0].title", "roles[2].title"]
    with pytest.raises(PlaybookError, match="and 1 more"):
        load_playbook(copy)


def test_a_change_on_disk_is_seen(copy):
    load_playbook(copy)
    edit(copy, "playbook.yaml", "name: standard", "name: ours_now")
    assert load_playbook(copy).name == "ours_now"


@pytest.mark.parametrize("content", ["", "# nothing", "- a list", "just words", "\x00", "\ufeff"])
def test_a_file_that_is_no_playbook_is_refused_in_words(tmp_path, content):
    (tmp_path / "playbook.yaml").write_text(content, encoding="utf-8")
    with pytest.raises(PlaybookError, match=r"playbook\.yaml, line 1"):
        load_playbook(tmp_path)


def test_a_file_in_another_encoding_is_refused_in_words(tmp_path):
    (tmp_path / "playbook.yaml").write_bytes("name: größer".encode("latin-1"))
    with pytest.raises(PlaybookError, match="not UTF-8"):
        load_playbook(tmp_path)


@pytest.mark.parametrize("there", ["nowhere", "empty"])
def test_no_playbook_there_says_how_to_make_one(tmp_path, there):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="hour48 playbook copy"):
        load_playbook(tmp_path / there)


def test_copying_never_overwrites(copy):
    with pytest.raises(InputError, match="holds something already"):
        copy_playbook(copy)


@given(where=st.integers(0, 2000), with_=st.text(min_size=1, max_size=8))
def test_any_scribble_is_taken_or_refused_but_never_a_crash(tmp_path_factory, where, with_):
    folder = tmp_path_factory.mktemp("scribble") / "own"
    copy_playbook(folder)
    file = folder / "phases.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[:where] + with_ + text[where:], encoding="utf-8", errors="replace")
    for problem in check_playbook(folder):
        assert problem.file
        assert problem.line >= 1


def test_the_command_copies_and_checks(tmp_path):
    def run(*arguments: str):
        return CliRunner().invoke(app, ["playbook", *arguments])

    own = tmp_path / "own"
    assert run("copy", str(own)).exit_code == 0
    assert run("check", str(own)).output == "This playbook can be used.\n"
    line = edit(own, "people.yaml", "title: Builder", "title: 1")
    broken = run("check", str(own))
    assert broken.exit_code == 1
    assert f"people.yaml, line {line}, roles[0].title: must be text" in broken.output


def test_a_story_is_judged_by_the_administrators_own_phases_and_figures(
    copy, tmp_path, monkeypatch
):
    for file in ("playbook.yaml", "phases.yaml", "hours.yaml"):
        rewrite(copy, file, halve)
    edit(copy, "playbook.yaml", "assessment: 500000", "assessment: 77000")
    (tmp_path / "hour48.toml").write_text(f'playbook = "{copy}"\n', encoding="utf-8")
    (tmp_path / "late.yaml").write_text(
        "story: x\nevents:\n  - {at: 23, by: Ana, gate: deployment, scenario: nobody}\n"
        "  - {at: 23.5, by: Ana, blocker: late, title: A form}\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["replay", "late.yaml", "--json"])
    assert done.exit_code == 0, done.output
    assert "77,000 USD" in done.output
    (tmp_path / "late.yaml").write_text(
        "story: x\nevents:\n  - {at: 30, by: Ana, blocker: late, title: A form}\n", "utf-8"
    )
    with pytest.raises(InputError, match="between 0 and 24"):
        CliRunner().invoke(app, ["replay", "late.yaml"], catch_exceptions=False)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (
            "scenario: accessible, percent: 45",
            "scenario: accessible, percent: 40",
            "add up to 95 %",
        ),
        ("phase: data, scenario: locked", "phase: date, scenario: locked", "'date' is not a phase"),
        ("scenario: locked,", "scenario: shut,", "'shut' is none of accessible, locked"),
        ("[14, 28, 42], sources: [method]", "[42, 28, 14], sources: [method]", "least over most"),
        ("weight: 8", "weight: 0", "must be more than 0"),
        ("sources: [assumption]}", "sources: [hearsay]}", "'hearsay' is not a source"),
    ],
)
def test_priors_that_cannot_be_are_refused_by_line(copy, old, new, named):
    line = edit(copy, "priors.yaml", old, new)
    problems = check_playbook(copy)
    assert any(named in str(each) for each in problems)
    if "95 %" not in named:
        assert any(each.line == line and each.file == "priors.yaml" for each in problems)


def test_a_playbook_without_priors_takes_the_standard_ones(copy):
    (copy / "priors.yaml").unlink()
    assert priors_of(load_playbook(copy)) == Priors()


def test_a_companys_own_priors_change_the_forecast(copy, tmp_path):
    def surely_open(values):
        values["priors"]["phases"] = [
            {"phase": str(phase), "scenario": best, "percent": 100, "sources": ["assumption"]}
            for phase, (best, *_) in PHASE_SCENARIOS.items()
        ]

    rewrite(copy, "priors.yaml", surely_open)
    story = tmp_path / "story.yaml"
    story.write_text("story: Nothing yet\n", encoding="utf-8")
    days = [
        json.loads(CliRunner().invoke(app, ["replay", str(story), "--json", *own]).stdout)
        for own in (["--playbook", str(copy)], [])
    ]
    assert days[0]["forecast_days"]["p50"] < 2 < days[1]["forecast_days"]["p50"]
