"""The answers of one debrief never contradict each other: one figure for one thing."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from bot.debrief.summary import summary_of
from bot.domain.hours_lost import by_category, lost_by_kind, stops_of
from bot.domain.story import parse_story
from bot.domain.verdict import Verdict, say_days, verdict, what_if
from bot.domain.verdict.forecast import timeline_of
from bot.domain.verdict.outlook import percent
from bot.domain.verdict.told_kinds import with_told_kinds
from bot.domain.vocabulary import Kind, ShouldDoAI
from bot.domain.vocabulary import Path as Way
from bot.messages.debrief_summary import summary_card
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story, suggested_kind
from bot.report.compose import compose
from bot.report.content import ReportContent
from bot.report.formatting import days_text

STORIES = Path(__file__).parents[2] / "stories"
NAMES = sorted(path.stem for path in STORIES.glob("*.yaml"))
SHORT = [name for name in NAMES if name != "edge_three_hundred_blockers"]


@cache
def _judged(name: str) -> Verdict:
    return verdict(load_story(STORIES / f"{name}.yaml").record)


def _said(found: Verdict, question: str) -> str:
    return "\n".join(sentence.text for sentence in found.reasons[question])


@pytest.mark.parametrize("name", NAMES)
def test_the_days_are_the_same_in_word_sentence_and_chance(name):
    found, said = _judged(name), _said(_judged(name), "timeline")
    p50, p80 = found.forecast.p50, found.forecast.p80

    assert found.timeline is timeline_of(p50)
    if found.causes:
        assert f"50 % chance by {say_days(p50)}, 80 % by {say_days(p80)} " in said
    if found.timeline == "weeks":
        assert re.search("day|week", say_days(p50))
    if found.chances is not None and p50 > 0:
        now = found.chances.now
        assert f"within 30 days: {percent(now)}." in said
        assert (now >= 0.5, now >= 0.8) == (p50 <= 30, p80 <= 30)
        assert all(each.days_bought <= p50 for each in found.chances.fixes)
    if found.critical_path is not None and found.causes:
        assert found.critical_path.saved <= p50, "sooner by more than it takes"
    if found.runner_up is not None:
        assert found.runner_up.saved <= found.critical_path.saved


@pytest.mark.parametrize("name", SHORT[::4])
def test_a_fix_moves_the_date_by_as_much_in_what_if_as_in_the_debrief(name):
    record, found = load_story(STORIES / f"{name}.yaml").record, _judged(name)
    if found.chances is None or not found.chances.fixes:
        return
    best = max(found.chances.fixes, key=lambda each: (each.chance, each.days_bought))
    chance, forecast = what_if(record, [best.fix])

    assert chance == best.chance
    assert forecast.p50 == pytest.approx(found.forecast.p50 - best.days_bought, abs=0.11)
    for moved in re.findall(r"moves from (.+?) to (.+?)\.", _said(found, "timeline")):
        assert moved == (say_days(found.forecast.p50), say_days(forecast.p50))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_critical_moves_the_date_at_least_as_far_as_its_fix_by_day_14(name):
    found = _judged(name)
    if found.critical_path is None or found.chances is None:
        return
    cause = found.critical_path.cause
    for each in found.chances.fixes:
        if cause.fact in {f for fix in found.fixes if fix.blocker == each.fix for f in fix.facts}:
            assert found.critical_path.saved >= each.days_bought - 1


@pytest.mark.parametrize("name", NAMES)
def test_days_that_several_causes_give_together_are_not_said_of_one(name):
    found, said = _judged(name), _said(_judged(name), "critical_path")
    first = found.critical_path
    if first is None or not found.causes or first.saved <= 0:
        return
    family = [each for each in found.causes if each.family and each.family is first.cause.family]
    others = max(len(family) - 1, 0)
    assert (f"and {others} more of the same sort" in said) == bool(others)


@pytest.mark.parametrize("name", NAMES)
def test_the_answers_and_the_path_do_not_contradict_each_other(name):
    found = _judged(name)
    answer, path = _said(found, "should_do_ai"), _said(found, "path")

    assert (found.should_do_ai, found.path) not in {
        (ShouldDoAI.YES, Way.BUILD_FOUNDATION),
        (ShouldDoAI.NOT_YET, Way.DEPLOY_MORE),
        (ShouldDoAI.NO, Way.DEPLOY_MORE),
    }
    assert not ("were looked at" in answer and "Not reached" in answer)
    assert bool(found.causes) or "critical path" not in path
    assert found.unlimited_resources == ("cannot buy" not in _said(found, "unlimited_resources"))
    everything = "\n".join(_said(found, question) for question in found.reasons)
    for count in re.findall(r"fixed \((\d+);|fixes of all (\d+) open causes", everything):
        assert int("".join(count)) == len(found.causes)
    assert len(set(re.findall(r"(\d+) (?:of \d+ )?phases were not reached", everything))) <= 1
    if found.chances is not None:
        now = percent(found.chances.now)
        assert f"done by day 14 it is {now}, and" not in everything, "the same chance as without"


@pytest.mark.parametrize("name", NAMES)
def test_the_plan_and_the_path_name_the_same_days(name):
    found = _judged(name)
    steps = _said(found, "plan")

    for fix in found.fixes:
        unquoted = re.sub("“.*?”", "", fix.text)
        assert {int(day) for day in re.findall(r"\bday (\d+)", unquoted)} <= {fix.due_day}
    for count, day in re.findall(r"items? 1(?: (?:to|and) (\d+))? of .* day (\d+)", steps):
        assert int(day) == min(fix.due_day for fix in found.fixes[: int(count or 1)])
    assert len({fix.text for fix in found.fixes}) == len(found.fixes)
    if found.path is Way.BUILD_FOUNDATION:
        (months,) = re.findall(r"Look again in (\d+) months", steps)
        assert 6 <= int(months) <= 12


@pytest.mark.parametrize("name", NAMES)
def test_hours_are_shared_out_once(name):
    found, record = _judged(name), load_story(STORIES / f"{name}.yaml").record
    lost = sum(found.hours_by_category.values())

    assert lost == pytest.approx(sum(found.hours_by_kind.values()))
    assert lost <= record.ended_at + 1e-6


STORY = yaml.safe_load("""
story: A mill
use_case: other
criteria: {valuable: true, not_critical: true, real_data: true}
team: {builder: Per, data: Lone, approver: Finn, business: Asta}
events:
  - {at: 7, by: Lone, gate: data, scenario: accessible}
""")


def _with(*events: dict[str, object]) -> Verdict:
    told = {**STORY, "events": [*STORY["events"], *events]}
    return verdict(parse_story(told, name="a.yaml", suggest=suggested_kind).record)


@pytest.mark.parametrize(
    "title",
    ["Vorstand tagt am 18. April", "Board meets on May 12", "The ethics board meets in KW 34"],
)
def test_a_date_without_a_kickoff_is_said_and_asked_about(title):
    found = _with({"at": 40, "by": "Per", "blocker": "b", "title": title})

    assert not found.causes[0].days_stated
    assert found.causes[0].undated
    assert "because the kickoff date is not known" in _said(found, "timeline")
    assert "How many days is it?" in _said(found, "timeline")


def test_a_date_that_begins_later_than_what_is_assumed_counts_without_a_kickoff_too():
    found = _with({"at": 9, "by": "Per", "blocker": "b", "title": "Q3 next year, then 8 months"})

    assert found.causes[0].days.low > 180
    assert found.forecast.p50 > 180
    assert "How many days is it?" in _said(found, "timeline")


def test_an_event_without_a_date_is_said_as_it_was_typed():
    found = _with({"at": 9, "by": "Per", "blocker": "b", "title": "new screens, after the freeze"})

    assert "“after the freeze” gives no number of days" in _said(found, "timeline")


@pytest.mark.parametrize("days", ["364 days", "369 days"])
def test_groundwork_never_stands_beside_nothing_against_it(days):
    found = _with(
        {
            "at": 9,
            "by": "Per",
            "blocker": "b",
            "title": "core interface rebuilt by vendor",
            "kind": "integration",
            "lead_time": days,
        }
    )

    assert found.path is Way.BUILD_FOUNDATION
    assert "Nothing speaks against it" not in _said(found, "should_do_ai")
    assert "“core interface rebuilt by vendor” comes first" in _said(found, "should_do_ai")


@pytest.mark.parametrize(("words", "likely"), [("next Monday", 4), ("in 3 weeks", 21)])
def test_what_has_bounds_without_a_date_still_counts(words, likely):
    blocker = {"at": 40, "by": "Per", "blocker": "b", "title": "A form", "lead_time": words}

    assert _with(blocker).causes[0].days.mode == likely


@pytest.mark.parametrize("scenario", ["impossible", "process", "resistance"])
def test_a_title_alone_takes_kind_and_time_from_the_gate_of_its_phase(scenario):
    found = _with(
        {
            "at": 20,
            "by": "Per",
            "blocker": "b",
            "title": "winder controller speaks nothing we know",
        },
        {"at": 21, "by": "Per", "gate": "integration", "scenario": scenario},
    )

    (cause,) = found.causes
    assert (cause.family, len(cause.records)) == ("integration_capabilities", 2)


def test_a_kind_that_somebody_chose_stays_apart_from_a_gate_of_another_kind():
    skills = {"blocker": "b", "title": "Nobody knows the protocol", "kind": "skills_gap"}
    found = _with(
        {"at": 20, "by": "Per", **skills},
        {"at": 21, "by": "Per", "gate": "integration", "scenario": "impossible"},
    )

    assert {cause.family for cause in found.causes} == {"integration_capabilities", "skills"}


@pytest.mark.parametrize(("kind", "guessed"), [(None, True), ("integration", False)])
def test_what_follows_from_a_guessed_kind_is_said_to_be_a_guess(kind, guessed):
    blocker = {"at": 20, "by": "Per", "blocker": "b", "title": "Die Basis hat keine Zeit"}
    told = {**STORY, "events": [{**blocker, **({"kind": kind} if kind else {})}]}
    found = verdict(parse_story(told, suggest=lambda _: Kind.INTEGRATION).record)

    assert ("nobody said what kind" in _said(found, "unlimited_resources")) is guessed
    assert (found.critical_path.family_said is None) is guessed
    assert ("integration" in _said(found, "critical_path")) is not guessed


def test_an_empty_sprint_is_run_again_once():
    empty = verdict(parse_story({**STORY, "events": []}, name="a.yaml").record)

    said = " ".join(_said(empty, question) for question in ("thirty_days", "path", "plan"))
    assert said.count("runs") == 1
    assert "critical path" not in said


@pytest.mark.parametrize("drop", [("kind", "remedy", "family"), ("kind", "remedy", "lead_time")])
@pytest.mark.parametrize("name", SHORT[::5])
def test_titles_alone_are_counted_under_the_kind_that_their_cause_has(name, drop):
    told = yaml.safe_load((STORIES / f"{name}.yaml").read_text("utf-8"))
    told["events"] = [
        {key: value for key, value in event.items() if "blocker" not in event or key not in drop}
        for event in told["events"]
    ]
    record = parse_story(told, name=name, suggest=suggested_kind).record
    taken = with_told_kinds(record)
    found, kinds = verdict(record), {each.id: each.kind for each in taken.blockers}

    assert with_told_kinds(taken) == taken
    assert verdict(taken).forecast == found.forecast
    for cause in found.causes:
        (lead, *_) = cause.records
        if lead.sort == "blocker" and cause.kind_stated is False:
            assert kinds[lead.id] is cause.kind


KICKOFF = datetime(2026, 6, 9, 9, tzinfo=UTC)


@cache
def _report(name: str) -> ReportContent:
    record = load_story(STORIES / f"{name}.yaml").record
    return compose(
        record, _judged(name), load_playbook(), kickoff=KICKOFF, timezone=ZoneInfo("UTC")
    )


def _words(name: str) -> str:
    """Return the debrief's first message as text."""
    return str(summary_card(summary_of(_judged(name), load_playbook(), 1)))


@pytest.mark.parametrize("name", SHORT)
def test_the_report_and_the_debrief_give_the_forecast_of_the_answers(name):
    found, report, card = _judged(name), _report(name), _words(name)
    days = [days_text(found.forecast.p50), days_text(found.forecast.p80)]

    if found.is_settled:
        assert report.forecast.p50_words == "Live already"
        assert "chance to be live" not in card
        return
    assert [report.forecast.p50_words, report.forecast.p80_words] == days
    assert all(each in card for each in days)
    if found.chances is None:
        assert "chance to be live" not in card
        return
    chance = percent(found.chances.now)
    assert re.search(rf"{chance}\*? chance", card, re.IGNORECASE)
    told = {f.value for f in report.cost.figures if "30 days" in f.name}
    assert told <= {chance}
    by_thirty = [share for day, share in report.forecast.curve if day <= 30]
    assert max(by_thirty, default=0.0) <= found.chances.now + 0.01


@pytest.mark.parametrize("name", SHORT)
def test_the_report_counts_hours_blockers_and_causes_as_the_answers_do(name):
    found, report, record = (
        _judged(name),
        _report(name),
        load_story(STORIES / f"{name}.yaml").record,
    )
    lost = by_category(lost_by_kind(stops_of(with_told_kinds(record))))

    assert {each.key: each.hours for each in report.categories} == {
        str(category): pytest.approx(hours, abs=1e-3) for category, hours in lost.items()
    }
    assert [each.blockers for each in report.categories] == [s.blockers for s in found.shares]
    still = sum(blocker.resolution is None for blocker in record.blockers)
    assert len([bar for bar in report.timeline.bars if bar.open]) == still
    if record.blockers:
        told = re.search(r"(\w+) (?:is|are) still open|none is open", report.outcome)
        assert told is not None
        assert bool(told[1]) == bool(still)
    named = " ".join(each.words for answer in report.answers for each in answer.sentences)
    for cause in found.causes:
        assert cause.title[:60] in named, "a cause that no answer names"
    key = report.key_blocker
    assert (key is None) == (found.critical_path is None)
    if key is not None:
        assert found.critical_path.cause.title[:60].lower() in key.title.lower()


@pytest.mark.parametrize("name", SHORT)
def test_the_report_gives_each_fix_the_day_and_the_owner_of_the_plan(name):
    found, report = _judged(name), _report(name)

    assert [fix.words for fix in report.fixes] == [fix.text for fix in found.fixes]
    assert [fix.owner for fix in report.fixes] == [fix.owner for fix in found.fixes]
    for fix, told in zip(found.fixes, report.fixes, strict=True):
        if told.due is not None:
            assert date.fromisoformat(told.due) - KICKOFF.date() == timedelta(days=fix.due_day + 2)
    assert f"{len(found.fixes)} fix" in _words(name) or not found.fixes


def test_what_quotes_are_multiplied_by_is_told_for_what_it_is():
    quote = {"function": "security", "quoted": "2 weeks", "took": "5 weeks"}
    blocker = {"at": 1, "by": "Ana", "blocker": "b", "severity": "stops", "lead_time": "3 weeks"}
    told = {"story": "x", "events": [blocker | {"title": "No form"}], "history": [quote]}
    found = verdict(parse_story(told).record)
    factor = f"{found.forecast.correction:.1f}"
    assert factor != "2.5"
    assert (
        f"Quotes count up to {factor} times as long: your past quotes, weighed with published ones."
        in _said(found, "timeline")
    )


def test_waiting_person_hours_are_told_beside_the_hours_lost_that_they_come_from():
    found = _judged("edge_one_cause_five_records")
    lost = f"{sum(found.hours_by_category.values()):.1f}"
    people = f"{found.cost.person_hours_waited:,.0f}"
    assert f"{people} of them in the {lost} hours lost to what stopped it" in _said(found, "cost")
