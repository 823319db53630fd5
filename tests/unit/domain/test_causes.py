"""One thing counts once, whatever number of records tell of it, and whenever they were typed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.record import GateAnswer, SprintRecord
from bot.domain.story import parse_story
from bot.domain.verdict import to_json, verdict
from bot.domain.verdict.causes import causes_of
from bot.domain.verdict.likeness import likeness
from bot.domain.vocabulary import Kind, PathFamily, Remedy, ShouldDoAI
from tests.unit.domain.stories import GATE, SILENT, days, record_of

DPIA = {
    **{"at": 26, "by": "Ana", "blocker": "dpia", "title": "No DPIA for the customer data"},
    **{"kind": "approval_process", "lead_time": "4 weeks"},
}
AGAIN = {"at": 30, "by": "Ben", "blocker": "again", "title": "Still no DPIA"}
ASKED = {"at": 30, "by": "Dee", "request": "legal", "of": "Lee", "deadline": 14}
REFUSED = {"at": 40, "by": "Lee", "decide": "legal", "decision": "rejected", "why": "No DPIA"}
AUDIT = {
    "at": 9,
    "by": "Ana",
    "blocker": "audit",
    "title": "The auditors want a log of every score",
}


@pytest.mark.parametrize(
    "more",
    [
        [SILENT],
        [AGAIN],
        [SILENT, AGAIN],
        [SILENT, AGAIN, ASKED, REFUSED],
        [SILENT, AGAIN, ASKED, REFUSED, GATE],
    ],
)
def test_one_missing_paper_counts_once_with_its_quote_whatever_else_tells_of_it(more):
    record = record_of(DPIA, *more)
    (cause,) = causes_of(record)
    assert cause.title == "No DPIA for the customer data"
    assert (cause.days.mode, cause.words) == (28, "4 weeks")
    assert cause.merged_because
    assert days(DPIA, *more).p80 <= 1.1 * days(DPIA).p80


def test_the_records_of_a_cause_are_named_as_the_story_names_them():
    (cause,) = to_json(verdict(record_of(DPIA, SILENT, AGAIN, GATE)))["causes"]
    assert cause["records"][0] == "dpia"
    assert {"again", "request privacy", "gate deployment"} <= set(cause["records"])
    assert 28 < cause["days"]["p50"] < 36  # four weeks, and what quotes usually run over


def test_people_part_what_the_words_join_and_join_what_they_do_not():
    parted = {"at": 41, "by": "Ana", "not_same_cause": ["dpia", "again"]}
    assert len(causes_of(record_of(DPIA, AGAIN, parted))) == 2
    joined = {"at": 41, "by": "Ana", "same_cause": ["dpia", "audit"]}
    assert len(causes_of(record_of(DPIA, AUDIT))) == 2
    (cause,) = causes_of(record_of(DPIA, AUDIT, joined))
    assert cause.merged_because == ("Ana said they are the same.",)


def test_of_two_links_that_contradict_each_other_the_later_counts():
    same = {"at": 41, "by": "Ana", "same_cause": ["dpia", "audit"]}
    other = {"at": 42, "by": "Ben", "not_same_cause": ["dpia", "audit"]}
    assert len(causes_of(record_of(DPIA, AUDIT, same, other))) == 2
    assert len(causes_of(record_of(DPIA, AUDIT, {**same, "at": 43}, other))) == 1


def test_a_resolved_blocker_still_says_how_long_the_refusal_beside_it_takes():
    fixed = {"at": 44, "by": "Eve", "resolve": "dpia"}
    before, after = (record_of(DPIA, ASKED, REFUSED, *more) for more in ([], [fixed]))
    (cause,) = causes_of(after)
    assert (cause.title, cause.days.mode) == ("legal approval", 28)
    assert verdict(after).forecast.p80 <= verdict(before).forecast.p80


TITLES = (
    "Security must approve the packages",
    "The works council must agree",
    "The change board signs releases",
)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("No DPIA for the customer data", "Still no DPIA", True),
        ("GPU quota is refused", "The GPU quota was refused again", True),
        ("Change board meets monthly", "We wait for the change advisory board", True),
        ("Read access to the billing replica", "Billing replica: access form not signed", True),
        ("Blocker 1", "Blocker 2", False),
        ("Security must approve the packages", "Security must approve the endpoint", False),
        ("No access to the order table", "No access to the customer table", False),
        ("Nobody owns the model", "Nobody owns the churn list", False),
        ("The firewall blocks the endpoint", "The works council must agree", False),
        ("12 systems hold customer data", "3 systems hold customer data", False),
    ],
)
def test_titles_that_say_the_same_in_other_words_are_told_from_those_that_do_not(one, other, same):
    events = [
        {"at": 2, "by": "A", "blocker": "one", "title": one, "kind": "approval_process"},
        {"at": 4, "by": "B", "blocker": "two", "title": other, "kind": "approval_process"},
    ]
    assert (len(causes_of(record_of(*events))) == 1) is same
    assert likeness(one, other) == likeness(other, one)


@given(st.tuples(*[st.sampled_from([0.5, 3, 9, 17, 25, 40])] * 3))
def test_waits_begin_together_whenever_they_were_typed(hours):
    def waits(at):
        return [
            {
                **{"at": hour, "by": "A", "blocker": f"b{n}", "title": title},
                **{"kind": "approval_process", "lead_time": "5 weeks"},
            }
            for n, (hour, title) in enumerate(zip(at, TITLES, strict=True))
        ]

    assert [c.nature for c in causes_of(record_of(*waits(hours)))] == ["wait"] * 3
    assert sorted(c.matter for c in causes_of(record_of(*waits(hours)))) == sorted(
        c.matter for c in causes_of(record_of(*waits((2, 3, 4))))
    )


def test_what_is_open_stays_open_beside_a_verified_deployment():
    live = {"at": 34, "by": "Ana", "deploy": 1, "evidence": "https://example.org/log"}
    nobody = {"at": 48, "by": "Ana", "gate": "deployment", "scenario": "nobody"}
    record = record_of(SILENT, AUDIT, live, nobody)
    assert len(causes_of(record)) == 3
    found = verdict(record)
    assert found.path != "deploy_more"
    assert len(found.fixes) >= 3


def test_a_verified_deployment_passes_the_gates_before_its_own_phase_and_a_claimed_one_none():
    locked = {"at": 8, "by": "Ana", "gate": "data", "scenario": "locked"}
    live = {"at": 34, "by": "Ana", "deploy": 1}
    assert len(causes_of(record_of(locked, live))) == 1
    assert causes_of(record_of(locked, {**live, "evidence": "log"})) == ()


def test_a_wait_that_needs_another_s_result_names_it():
    first = {
        "at": 2,
        "by": "A",
        "blocker": "one",
        "title": "DPIA is missing",
        "lead_time": "4 weeks",
    }
    then = {
        **{"at": 3, "by": "A", "blocker": "two", "kind": "approval_process"},
        **{"title": "Security looks at the endpoint only after the DPIA is signed"},
    }
    record = record_of({**first, "kind": "risk_tolerance"}, then)
    found = {cause.id: cause for cause in causes_of(record)}
    assert found["blocker:two"].needs == ("blocker:one",)
    assert found["blocker:one"].needs == ()


def test_the_order_of_records_does_not_change_what_is_joined():
    record = record_of(DPIA, SILENT, AGAIN, ASKED, REFUSED, AUDIT, GATE)
    turned = replace(
        record,
        blockers=tuple(reversed(record.blockers)),
        approvals=tuple(reversed(record.approvals)),
    )
    assert causes_of(record) == causes_of(turned)


def test_a_figure_that_a_probe_measured_beats_what_somebody_said():
    finding = {"code": "export_slow", "level": "stops"}
    finding["says"] = "Approval of an extract takes 9 weeks, the median of 40 tickets."
    probe = {"at": 5, "by": "Ben", "probe": "access", "source": "crm", "findings": [finding]}
    said = {"at": 6, "by": "Ana", "blocker": "extract", "title": "Approval of an extract is open"}
    said |= {"kind": "approval_process", "lead_time": "1 week"}
    join = {"at": 7, "by": "Ana", "same_cause": ["extract", "finding export_slow"]}
    found = parse_story({"story": "x", "events": [probe, said, join]}).record
    (cause,) = causes_of(found)
    assert (cause.basis, cause.days.mode) == ("measured", 63)


def test_a_gate_takes_its_lead_time_from_its_note():
    gate = GateAnswer("1", "data", "locked", 8.0, "Ana", note="The owner says that takes 9 weeks")
    (cause,) = causes_of(SprintRecord("x", gates=(gate,)))
    assert (cause.basis, cause.days.mode, cause.words) == ("stated", 63, "9 weeks")


@pytest.mark.parametrize("phase_hour", [2, 10, 20, 30])
def test_a_missing_impact_assessment_is_a_privacy_review_by_its_title_alone(phase_hour):
    said = {"at": phase_hour, "by": "Ana", "blocker": "dpia", "severity": "stops"}
    said["title"] = "No DPIA for the customer data"
    found = parse_story({"story": "x", "events": [said]}, suggest=lambda _: Kind.DATA_ACCESS)
    (cause,) = causes_of(found.record)
    assert (cause.family, cause.remedy) == ("privacy_review", "governance")


def test_a_gate_says_more_than_a_kind_guessed_from_a_title():
    written = {"at": 2, "by": "Ben", "blocker": "paper", "title": "Defects are kept on paper"}
    missing = {"at": 8, "by": "Ben", "gate": "data", "scenario": "missing"}
    [guessed] = causes_of(record_of(written, missing))
    [alone] = causes_of(record_of(missing))
    assert (guessed.days, guessed.remedy) == (alone.days, alone.remedy)
    [stated] = causes_of(record_of({**written, "lead_time": "3 weeks"}, missing))
    assert stated.days.mode == 21


@pytest.mark.parametrize("again", ["DPIA is still missing", "We still have no DPIA", "dpia: none"])
def test_a_guessed_kind_does_not_part_two_records_of_one_paper(again):
    kinds = {"No DPIA for the customer data": Kind.DATA_ACCESS}
    events = [
        {"at": 26, "by": "Ana", "blocker": "a", "title": DPIA["title"], "lead_time": "4 weeks"},
        {"at": 30, "by": "Ben", "blocker": "b", "title": again},
        {"at": 32, "by": "Dee", "request": "legal", "of": "Lee", "deadline": 14},
        {"at": 40, "by": "Lee", "decide": "legal", "decision": "rejected", "why": "No DPIA yet"},
    ]
    story = {"story": "x", "events": events}
    read = parse_story(story, suggest=lambda title: kinds.get(title, Kind.RISK_TOLERANCE))
    [cause] = causes_of(read.record)
    assert cause.days.mode == 28


def test_two_causes_of_one_title_are_told_apart():
    first = {"at": 3, "by": "Ana", "blocker": "a", "title": "No access"}
    second = {"at": 9, "by": "Ana", "blocker": "b", "title": "No access"}
    apart = {"at": 10, "by": "Ana", "not_same_cause": ["a", "b"]}
    titles = {cause.title for cause in causes_of(record_of(first, second, apart))}
    assert titles == {"No access (blocker a)", "No access (blocker b)"}


def test_a_title_about_money_alone_is_solved_by_budget():
    told = {"at": 30, "by": "Pat", "blocker": "m", "title": "Board says no, it's 4 million"}
    story = {"story": "x", "events": [told]}
    record = parse_story(story, suggest=lambda _: Kind.APPROVAL_PROCESS).record
    (cause,) = causes_of(record)
    assert (cause.family, cause.remedy) == (PathFamily.BUDGET_AUTHORITY, Remedy.BUDGET)


def test_where_nobody_takes_responsibility_for_what_is_live_names_are_asked_for_once():
    nobody = {"at": 48, "by": "Ana", "gate": "deployment", "scenario": "nobody"}
    live = {"at": 30, "by": "Ana", "deploy": 1, "evidence": "https://x"}
    questions = [
        fix.text for fix in verdict(record_of(live, nobody)).fixes if "by name" in fix.text
    ]
    assert len(questions) == 1


def test_a_gate_is_critical_where_nothing_written_down_would_save_a_day():
    wait = {"at": 3, "by": "Ana", "blocker": "a", "title": "The vendor answers in 3 weeks"}
    gate = {"at": 48, "by": "Ana", "gate": "deployment", "scenario": "security"}
    found = verdict(record_of(wait, gate))
    assert found.critical_path.cause.id.startswith("gate-deployment")
    assert found.fixes[0].cause.startswith("gate-deployment")
    alone = verdict(record_of(wait | {"title": "The vendor answers in 4 years"}, gate))
    assert alone.critical_path.cause.id == "blocker:a"


def test_two_titles_of_one_phase_whose_kinds_are_guesses_are_one_thing_in_german_too():
    first = {"at": 1, "by": "Olaf", "blocker": "a", "title": "KIS-Auszug nur über den Hersteller"}
    again = "Hersteller hat sich wegen KIS-Auszug noch nicht gemeldet"
    second = {"at": 5, "by": "Olaf", "blocker": "b", "title": again}
    kinds = {first["title"]: Kind.APPROVAL_PROCESS, again: Kind.MISSING_ROLE}
    story = {"story": "x", "events": [first, second]}
    assert len(causes_of(parse_story(story, suggest=kinds.__getitem__).record)) == 1


def test_a_guessed_kind_hides_no_gate_of_another_phase():
    logs = {"at": 3, "by": "Yas", "blocker": "a", "title": "Stream logs belong to the network"}
    gate = {"at": 48, "by": "Zed", "gate": "deployment", "scenario": "nobody"}
    story = {"story": "x", "events": [logs, gate]}
    record = parse_story(story, suggest=lambda _: Kind.UNCLEAR_OWNERSHIP).record
    assert len(causes_of(record)) == 2


@pytest.mark.parametrize("paper", ["DPIA", "DSFA", "AIPD", "EIPD"])
def test_an_impact_assessment_in_any_language_is_what_privacy_waits_for(paper):
    missing = {"at": 30, "by": "Dee", "blocker": "p", "title": f"{paper}, 3 weeks"}
    story = {"story": "x", "events": [SILENT, missing]}
    record = parse_story(story, suggest=lambda _: Kind.APPROVAL_PROCESS).record
    assert [cause.words for cause in causes_of(record)] == ["3 weeks"]


def test_a_critical_use_case_is_no_yes_before_it_is_live_either():
    criteria = {"valuable": True, "not_critical": False, "real_data": True}
    seen = [
        {"at": 8 * (at + 1), "by": "Ana", "gate": phase, "scenario": scenario}
        for at, (phase, scenario) in enumerate(
            [("data", "accessible"), ("model", "works"), ("integration", "easy")]
        )
    ]
    assert verdict(record_of(*seen, criteria=criteria)).should_do_ai is ShouldDoAI.NOT_YET


def test_a_refusal_joins_no_blocker_that_shares_only_a_name_with_it():
    events = [
        {
            "at": 2,
            "by": "A",
            "blocker": "api",
            "title": "Acme has to build an interface",
            "kind": "integration",
        },
        {"at": 3, "by": "D", "request": "legal", "of": "Lee", "deadline": 4},
        {
            "at": 4,
            "by": "Lee",
            "decide": "legal",
            "decision": "rejected",
            "why": "No contract with Acme",
        },
    ]
    assert len(causes_of(record_of(*events))) == 2


def test_a_refusal_leads_its_cause_before_a_later_silence_about_the_same():
    events = [
        {"at": 25, "by": "D", "request": "privacy", "of": "Pia", "deadline": 10},
        {
            "at": 33,
            "by": "Pia",
            "decide": "privacy",
            "decision": "rejected",
            "why": "The customers were never told",
            "lead_time": "3 weeks",
        },
        {"at": 35, "by": "D", "request": "privacy", "of": "Pia", "deadline": 10},
    ]
    (cause,) = causes_of(record_of(*events))
    assert cause.title == "privacy approval"
    assert cause.words == "3 weeks"


@pytest.mark.parametrize("kind", [None, "missing_process", "approval_process"])
def test_a_refusal_that_names_a_paper_is_one_cause_with_its_blocker_of_any_kind(kind):
    chosen = {"kind": kind} if kind else {}
    missing = {"at": 41, "by": "Ana", "blocker": "dpia", "title": "DPIA missing", **chosen}
    refused = {**REFUSED, "why": "No DPIA. That takes 4 weeks with our office"}

    (cause,) = causes_of(record_of(ASKED, refused, missing))

    assert (cause.family, cause.days.mode) == (PathFamily.PRIVACY_REVIEW, 28)


@pytest.mark.parametrize(
    ("title", "count"),
    [
        ("Pia has not answered about the member table", 1),
        ("still waiting for Pia", 1),
        ("Pia hat noch nicht geantwortet", 1),
        ("Pia is the only one who knows the export", 2),
        ("Piano sensors do not answer", 2),
        ("Lee has not answered", 2),
    ],
)
def test_a_blocker_that_waits_for_whoever_was_asked_is_one_cause_with_the_silence(title, count):
    waits = {"at": 28, "by": "Ben", "blocker": "x", "title": title, "kind": "unclear_ownership"}

    assert len(causes_of(record_of(SILENT, waits))) == count


@pytest.mark.parametrize(
    ("scenario", "chosen", "remedy"),
    [
        ("impossible", {}, Remedy.ARCHITECTURE),
        ("process", {}, Remedy.PEOPLE),
        ("impossible", {"kind": "integration", "remedy": "people"}, Remedy.PEOPLE),
    ],
)
def test_a_rebuild_that_the_gate_tells_of_is_the_remedy_of_a_title_that_says_how_long(
    scenario, chosen, remedy
):
    title = "the controller has no interface, all of it has to be changed: ten months"
    blocker = {"at": 17, "by": "Ana", "blocker": "b", "title": title, **chosen}
    gate = {"at": 24, "by": "Ana", "gate": "integration", "scenario": scenario}
    told = {"story": "x", "events": [blocker, gate]}

    (cause,) = causes_of(parse_story(told, suggest=lambda _: Kind.INTEGRATION).record)

    assert (cause.remedy, cause.words) == (remedy, "ten months")


def test_a_silent_request_is_stuck_at_one_function_with_its_blocker():
    asked = {**SILENT, "request": "legal"}
    (point,) = verdict(record_of(asked)).sticking_points

    assert (point.function, point.hours) == ("privacy and legal", 23.0)


@pytest.mark.parametrize(
    ("said", "resolved_at", "count"),
    [
        (["same_cause"], 41, 0),
        ([], 41, 1),
        (["same_cause", "not_same_cause"], 41, 1),
        (["same_cause"], 29, 1),
    ],
    ids=["joined", "never joined", "parted again", "raised after it was resolved"],
)
def test_resolving_a_blocker_resolves_what_people_called_the_same(said, resolved_at, count):
    other = {"at": 30, "by": "Ben", "blocker": "audit", "title": "Auditors want a log"}
    links = [{"at": 42 + n, "by": "Ana", verb: ["dpia", "audit"]} for n, verb in enumerate(said)]
    done = {"at": resolved_at, "by": "Ana", "resolve": "dpia", "how": "fixed"}
    record = record_of(DPIA, other, *links, done)

    assert len(causes_of(record)) == count
    assert [fix.cause for fix in verdict(record).fixes if fix.cause] == ["blocker:audit"] * count


@pytest.mark.parametrize(
    ("linked", "resolved_at", "found_at", "count"),
    [(True, 41, 5, 0), (False, 41, 5, 1), (True, 41, 45, 1)],
    ids=["joined", "only alike", "found again after it was resolved"],
)
def test_resolving_a_blocker_closes_the_finding_that_people_called_the_same(
    linked, resolved_at, found_at, count
):
    finding = {"code": "export_slow", "level": "stops", "says": "The export stops at row 500."}
    probe = {"at": found_at, "by": "Ben", "probe": "access", "source": "crm", "findings": [finding]}
    said = {"at": 6, "by": "Ana", "blocker": "rows", "title": "The index lags behind the shop"}
    link = {"at": 46, "by": "Ana", "same_cause": ["rows", "finding export_slow"]}
    done = {"at": resolved_at, "by": "Ana", "resolve": "rows", "how": "fixed"}
    record = record_of(probe, said, done, *([link] if linked else []))

    assert len(causes_of(record)) == count


def test_resolving_a_blocker_closes_the_refusal_that_people_called_the_same():
    ask = {"at": 20, "by": "Dee", "request": "legal", "of": "Lee", "deadline": 20}
    no = {"at": 30, "by": "Lee", "decide": "legal", "decision": "rejected", "why": "No contract"}
    said = {"at": 31, "by": "Ana", "blocker": "paper", "title": "Their counsel is slow"}
    link = {"at": 32, "by": "Ana", "same_cause": ["paper", "decide legal"]}
    done = {"at": 41, "by": "Ana", "resolve": "paper", "how": "fixed"}

    assert len(causes_of(record_of(ask, no, said, link))) == 1
    assert not causes_of(record_of(ask, no, said, link, done))


@pytest.mark.parametrize(
    "title",
    ["No second try before Lee has looked at it", "Kein zweiter Versuch, bevor Lee geschaut hat"],
)
def test_what_waits_until_somebody_has_looked_is_what_they_were_asked(title):
    waits = {"at": 44, "by": "Ana", "blocker": "again", "title": title, "severity": "stops"}
    (cause,) = causes_of(record_of(ASKED, waits))
    assert len(cause.records) > 1


def test_words_that_every_sentence_has_join_nothing():
    no = "Solange keiner sagt, wer das alles zahlt, unterschreibe ich nichts"
    other = "Wenn es nachts steht, merkt es keiner, sagt Ben, bis alles wieder da ist"
    waits = {"at": 44, "by": "Ana", "blocker": "alarm", "title": other, "severity": "stops"}
    assert len(causes_of(record_of(ASKED, {**REFUSED, "why": no}, waits))) == 2
