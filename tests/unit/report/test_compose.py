"""What the report says follows from the record and the verdict, and nothing is lost on the way."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from pathlib import Path

import pytest

from bot.domain.errors import InputError
from bot.domain.going_live import Deployment, Rollback
from bot.domain.record import Finding, GateAnswer, KeptNote, Phase, PromptAnswer, SprintRecord
from bot.domain.verdict import verdict
from bot.domain.verdict.model import Forecast, Sort
from bot.playbook.figures import figures_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from bot.report.compose import compose, forecast_curve, headline
from bot.report.content import ReportContent, Sentence
from bot.report.events import live_stretches
from bot.report.facts import safe
from bot.report.formatting import days_text
from bot.report.plain_data import render_json
from bot.report.texts import table
from bot.report.write import Format, inert, render_csv, write_report
from tests.acceptance.report.records import BERLIN, KICKOFF, LIVE, NOTHING, RECORDS, STUCK


def report_on(record: SprintRecord) -> ReportContent:
    playbook = load_playbook()
    found = verdict(record, figures=figures_of(playbook))
    return compose(record, found, playbook, kickoff=KICKOFF, timezone=BERLIN)


def sentences(value: object) -> list[Sentence]:
    if isinstance(value, Sentence):
        return [value]
    if isinstance(value, tuple):
        return [each for part in value for each in sentences(part)]
    if is_dataclass(value):
        return [each for part in fields(value) for each in sentences(getattr(value, part.name))]
    return []


@pytest.mark.parametrize("name", RECORDS)
def test_every_report_has_five_answers_a_path_and_a_timeline(name):
    content = report_on(RECORDS[name])
    assert [answer.number for answer in content.answers] == [1, 2, 3, 4, 5]
    assert all(answer.answer for answer in content.answers)
    assert content.path.plan
    assert len(content.timeline.phases) == 4


@pytest.mark.parametrize("name", RECORDS)
def test_every_sentence_that_names_facts_names_ones_the_report_holds_or_tells(name):
    content = report_on(RECORDS[name])
    held = {fact.id for fact in content.facts}
    for sentence in sentences(content):
        assert sentence.words
        assert all(fact.id in held or fact.words for fact in sentence.facts), sentence


def test_a_stuck_sprint_is_told_in_the_readers_time():
    content = report_on(STUCK)
    replica = next(fact for fact in content.facts if fact.id == "blocker:replica")
    assert (replica.when, replica.by) == ("Tue 9 Jun, 10:30", "Ana")
    assert content.outcome == "Not live after 48 hours. Five blockers came up; one is still open."
    assert content.end == "Thu 11 Jun 2026"


def test_the_team_s_correction_is_shown_beside_the_answer():
    third = report_on(STUCK).answers[2]
    assert third.corrections[0].answer == "Months"
    assert third.corrections[0].reason == "nobody works in August here"
    assert not report_on(LIVE).answers[2].corrections


def test_an_overridden_criterion_and_its_reason_are_shown():
    (override,) = report_on(STUCK).overrides
    assert override.criterion == "Harmless if it fails"
    assert override.by == "Dee"


def test_fixes_fall_due_after_the_end_in_the_readers_zone():
    content = report_on(STUCK)
    found = verdict(STUCK)
    for fix, planned in zip(content.fixes, found.fixes, strict=True):
        assert (datetime.fromisoformat(fix.due) - datetime(2026, 6, 11)).days == planned.due_day  # noqa: DTZ001  (a report's days have no zone)
    assert [fix.number for fix in content.fixes] == [1, 2]


def test_champions_are_named_with_what_they_did_and_sticking_points_by_function():
    content = report_on(STUCK)
    eve = next(person for person in content.champions if person.name == "Eve")
    assert eve.function == "data warehouse"
    assert "hour 7" in eve.deeds[0].words
    names = {*STUCK.team.values(), "Eve", "Fay"}
    assert not {point.function for point in content.sticking_points} & names


def test_expected_and_happened_are_told_by_category():
    by_key = {each.key: each for each in report_on(STUCK).categories}
    assert by_key["technical"].expected_share == pytest.approx(5 / 7)
    assert by_key["organizational"].happened_share > by_key["technical"].happened_share
    assert sum(each.happened_share for each in by_key.values()) == pytest.approx(1)


def test_a_live_sprint_says_so_and_needs_no_plan():
    content = report_on(LIVE)
    assert content.outcome.startswith("Live on 5 % of traffic after 40 hours, and it stayed.")
    assert content.answers[0].answer == "Yes: it is live"
    assert content.outcome.endswith("One blocker came up; none is open now.")
    assert content.forecast.p50_words == "Live already"
    assert content.key_blocker is None or content.key_blocker.title


def test_a_rolled_back_sprint_says_so():
    assert report_on(RECORDS["rolled back"]).outcome.startswith("It was live, and was taken back.")


def test_nothing_recorded_is_a_report_too():
    content = report_on(NOTHING)
    assert content.facts == ()
    assert content.timeline.bars == ()
    assert "No blocker was written down" in content.outcome
    assert (content.path.key, content.path.title) == ("", "No path yet")


@pytest.mark.parametrize(
    ("deployed", "rolled_back", "live"),
    [
        ([(30, 1)], [], [(30, 48, 1)]),
        ([(30, 1), (40, 5)], [], [(30, 40, 1), (40, 48, 5)]),
        ([(30, 1)], [36], [(30, 36, 1)]),
        ([(30, 1), (40, 1)], [36], [(30, 36, 1), (40, 48, 1)]),
        ([(48, 1)], [], []),
        ([], [], []),
    ],
)
def test_what_was_live_ends_with_the_next_share_or_the_way_back(deployed, rolled_back, live):
    record = replace(
        NOTHING,
        deployments=tuple(Deployment(f"d{at}", at, "Ana", percent) for at, percent in deployed),
        rollbacks=tuple(Rollback(f"r{at}", at, "Ana", "x") for at in rolled_back),
    )
    assert [(each.start, each.end, each.percent) for each in live_stretches(record)] == live


def test_a_rollback_without_a_reason_is_told_without_one():
    silent = replace(
        NOTHING,
        deployments=(Deployment("d", 30, "Ana", 1),),
        rollbacks=(Rollback("r", 36, "Ana", ""),),
    )
    assert "Taken back, no reason given" in render_json(report_on(silent))
    (said,) = verdict(silent).reasons["deployed"]
    assert said.text == "Rolled back in hour 36, no reason given."


def test_a_playbook_that_changed_since_does_not_break_an_old_report():
    record = replace(
        STUCK,
        phases=(Phase("adoption", 0, 48, ("used", "ignored"), "Adoption"),),
        gates=(GateAnswer("g", "adoption", "ignored", 48, "Ana"),),
    )
    (band,) = report_on(record).timeline.phases
    assert (band.title, band.outcome, band.learning) == ("Adoption", "ignored", None)


def test_a_kickoff_without_a_zone_is_refused():
    with pytest.raises(InputError, match="time zone"):
        compose(
            NOTHING,
            verdict(NOTHING),
            load_playbook(),
            kickoff=datetime(2026, 6, 9),  # noqa: DTZ001  (the fault that is refused)
            timezone=BERLIN,
        )


def test_the_curve_reaches_all_that_ever_comes_and_never_falls():
    forecast = verdict(STUCK).forecast
    curve = forecast_curve(forecast)
    assert curve[0][1] == 0
    assert curve[-1][1] == pytest.approx(1 - forecast.never)
    assert list(curve) == sorted(curve)
    assert forecast_curve(Forecast(1, 2, deciles=(1.0, 2.0, 3.0))) == (
        (1, 0.25),
        (2, 0.5),
        (3, 0.75),
    )
    assert forecast_curve(Forecast(1, 2)) == ()


@pytest.mark.parametrize(
    ("link", "kept"),
    [
        ("https://a.slack.com/p1", True),
        ("javascript:alert(1)", False),
        ("http://a.slack.com", False),
        (" https://a", False),
        ("", False),
        (None, False),
    ],
)
def test_only_https_links_are_carried(link, kept):
    assert safe(link) == (link if kept else None)


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\u00a0=1", "\t=1", "＝1", "|calc", "%0a"]
)
def test_a_cell_never_begins_like_a_formula(text):
    assert inert(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "plain", "a=b", "1 - 2", "Пилот", "'quoted"])
def test_a_plain_cell_stays_as_it_is(text):
    assert inert(text) == text


def test_the_csv_has_a_line_for_every_fact_and_no_formula():
    hostile = replace(STUCK.blockers[0], title='=HYPERLINK("http://x","y"),\n"z"')
    content = report_on(replace(STUCK, blockers=(hostile, *STUCK.blockers[1:])))
    rows = list(csv.DictReader(io.StringIO(render_csv(content))))
    assert len(rows) == len(content.facts)
    assert any(row["what"].startswith("'=HYPERLINK") for row in rows)
    assert not any(cell[:1] in "=+-@" for row in rows for cell in row.values() if cell)


@pytest.mark.parametrize("name", RECORDS)
def test_the_json_is_the_whole_content(name):
    content = report_on(RECORDS[name])
    told = json.loads(render_json(content))
    assert told["path"]["key"] == content.path.key
    assert len(told["facts"]) == len(content.facts)
    assert set(told) == {part.name for part in fields(ReportContent)}


def test_the_same_record_gives_the_same_report():
    assert render_json(report_on(STUCK)) == render_json(report_on(STUCK))


@pytest.mark.parametrize("form", list(Format))
def test_each_form_is_written_to_a_file(tmp_path, form):
    playbook, starts = (
        load_playbook(),
        {
            Format.HTML: b"<!DOCTYPE html>",
            Format.PDF: b"%PDF-",
            Format.PNG: b"\x89PNG",
            Format.JSON: b"{",
            Format.CSV: b"\xef\xbb\xbfhour,",
        },
    )
    made = write_report(
        STUCK,
        verdict(STUCK),
        playbook,
        form,
        tmp_path / f"report.{form}",
        kickoff=KICKOFF,
        timezone=BERLIN,
    )
    assert made.read_bytes().startswith(starts[form])


def test_a_file_that_cannot_be_written_is_said_in_words(tmp_path):
    with pytest.raises(InputError, match="cannot be written to"):
        write_report(
            STUCK,
            verdict(STUCK),
            load_playbook(),
            Format.JSON,
            tmp_path / "nowhere" / "r.json",
            kickoff=KICKOFF,
            timezone=BERLIN,
        )


def test_every_sort_of_fact_has_a_title():
    assert set(table("sort", str)) >= set(Sort)


@pytest.mark.parametrize("path", sorted(Path("tests/stories").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_report_of_every_golden_story_says_what_its_debrief_says(path):
    record, playbook = load_story(path).record, load_playbook()
    found = verdict(record, figures=figures_of(playbook))
    content = compose(record, found, playbook, kickoff=KICKOFF, timezone=BERLIN)
    assert len(content.answers) == 5
    assert content.path.key == ("" if found.nothing_known else found.path)
    live = "It is live" in found.reasons["timeline"][0].text
    assert (content.forecast.p50_words == "Live already") == live
    assert live or content.forecast.p50_words == days_text(found.forecast.p50)
    debrief = " ".join(sentence.text for sentence in found.reasons["critical_path"])
    key = content.key_blocker
    assert (key is not None) == (found.critical_path is not None)
    for phrase in ("sooner", "too late"):
        assert (phrase in debrief) == (key is not None and phrase in key.saves)
    if key is not None and found.critical_path.saved > 0:
        assert days_text(found.critical_path.saved) in key.saves


@pytest.mark.parametrize(
    ("record", "told"),
    [
        (NOTHING, "nobody knows yet what blocks"),
        (STUCK, "A few blockers stand between you"),
    ],
)
def test_the_path_speaks_of_blockers_only_where_something_is_open(record, told):
    found = replace(verdict(record), path="fix_blockers")
    content = compose(record, found, load_playbook(), kickoff=KICKOFF, timezone=BERLIN)

    assert told in content.path.meaning
    assert ("critical path" in " ".join(content.path.plan)) == bool(found.causes)


def test_the_tenth_finding_of_a_probe_follows_the_ninth():
    told = [
        Finding(f"probe-1-{n}", "quality", "shop", "note", "odd", f"Column {n}", 2.0)
        for n in range(12)
    ]
    found = report_on(replace(STUCK, findings=tuple(told))).facts
    words = [fact.words for fact in found if fact.words.startswith("Column")]
    assert words == [f"Column {n}" for n in range(12)]


def test_nobody_s_votes_are_no_share(tmp_path):
    record = replace(STUCK, expected={})
    file = tmp_path / "report.html"
    write_report(
        record,
        verdict(record),
        load_playbook(),
        Format.HTML,
        file,
        kickoff=KICKOFF,
        timezone=BERLIN,
    )
    page = file.read_text("utf-8")
    assert "no votes" in page
    assert "0 % of votes" not in page


def test_the_first_question_names_what_the_team_tries():
    answer = PromptAnswer("answer-1", 0, "They get a coupon", 0.2, "Ben")
    asked = report_on(replace(STUCK, answers=(answer,))).exchanges[0].question
    assert asked.endswith(f"if “{STUCK.title}” works?")


@pytest.mark.parametrize(
    ("title", "sort", "shown"),
    [
        ("no test environment", Sort.BLOCKER, "No test environment"),
        ("returned_at is empty", Sort.BLOCKER, "returned_at is empty"),
        ("orders.id has no index", Sort.BLOCKER, "orders.id has no index"),
        ("customerNo is not unique", Sort.APPROVAL, "customerNo is not unique"),
        ("e-mail server is down", Sort.BLOCKER, "E-mail server is down"),
        ("label is 94 % empty", Sort.FINDING, "label is 94 % empty"),
        ("", Sort.BLOCKER, ""),
    ],
)
def test_a_headline_begins_with_a_capital_but_leaves_identifiers_as_they_are(title, sort, shown):
    assert headline(title, sort) == shown


def test_answers_in_words_are_shown_under_the_question_that_was_asked(tmp_path):
    said = [
        PromptAnswer("answer-2", 14, "Yes, for the first two hundred", 15.5, "Dee"),
        PromptAnswer("answer-1", 4, "For two signatures", 4.2, "Ben"),
        PromptAnswer("answer-3", 14, "Only with a limit", 14.1, "Cho"),
    ]
    kept = KeptNote("note-1", "The till sends cents", 20, "Ana", "Eve", "https://a.example/1")
    record = replace(STUCK, answers=tuple(said), notes=(kept,), team={"business": "Dee"})
    content = report_on(record)
    told = [
        (asked.hour, asked.question, [(each.by, each.words) for each in asked.answers])
        for asked in content.exchanges
    ]
    assert told == [
        ("Hour 4", load_playbook().hour(4).question, [("Ben", "For two signatures")]),
        (
            "Hour 14",
            "Dee, would you act on these, yes or no?",
            [("Cho", "Only with a limit"), ("Dee", "Yes, for the first two hundred")],
        ),
    ]
    assert [(fact.words, fact.by, fact.link) for fact in content.kept] == [
        ("The till sends cents", "Eve", "https://a.example/1")
    ]
    held = {fact.id for fact in content.facts}
    assert {"answer:answer-1", "note:note-1"} <= held
    for told_record, shown in ((record, True), (STUCK, False)):
        file = tmp_path / "report.html"
        judged = verdict(told_record)
        write_report(
            told_record,
            judged,
            load_playbook(),
            Format.HTML,
            file,
            kickoff=KICKOFF,
            timezone=BERLIN,
        )
        page = file.read_text()
        assert ("What the team answered" in page, "Kept for the debrief" in page) == (shown, shown)


def test_hours_are_whole_as_on_the_cards():
    """A request of hour 0.1 is one of hour 0, as its card says."""
    blocker = replace(STUCK.blockers[0], raised_at=3.1, history=())
    approval = replace(STUCK.approvals[0], requested_at=0.1)
    record = replace(STUCK, blockers=(blocker,), approvals=(approval,))
    timeline = report_on(record).timeline
    words = " ".join(each.words for each in (*timeline.bars, *timeline.waits))
    assert "at hour 0:" in words
    assert "from hour 3 to 48" in words
    assert "0.1" not in words
