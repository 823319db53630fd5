"""Nothing is known until it was seen, and being live hides nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.story import parse_story
from bot.domain.verdict import to_json, verdict
from bot.domain.verdict.forecast import border_near
from bot.domain.vocabulary import PHASE_SCENARIOS, Path, ShouldDoAI

GATES = [
    {"at": at, "by": "Ana", "gate": phase, "scenario": scenarios[0]}
    for (phase, scenarios), at in zip(PHASE_SCENARIOS.items(), (8, 16, 24, 48), strict=True)
]
LIVE = {"at": 34, "by": "Ana", "deploy": 1, "evidence": "https://example.org/log"}
READY = {"at": 47, "by": "Dee", "action_plan": True}


def judged(*events, **top):
    return verdict(parse_story({"story": "x", "events": list(events), **top}).record)


def told(found, question):
    return " ".join(sentence.text for sentence in found.reasons[question])


def test_one_good_gate_is_no_yes_and_no_quick_forecast():
    found = judged(GATES[0])
    assert found.should_do_ai is ShouldDoAI.NOT_YET
    assert "3 of 4 phases were not reached: model, integration and deployment" in told(
        found, "should_do_ai"
    )
    assert found.forecast.p50 > 14
    assert to_json(found)["evidence"]["timeline"] == {
        "level": "thin",
        "phases": ["data"],
        "probes": [],
    }


def test_a_yes_needs_that_every_reason_against_was_looked_at():
    answers = [judged(*GATES[:count]).should_do_ai for count in range(5)]
    assert answers == ["not_yet", "not_yet", "not_yet", "yes", "yes"]
    levels = [judged(*GATES[:count]).evidence["should_do_ai"].level for count in range(5)]
    assert levels == ["thin", "thin", "thin", "strong", "strong"]


def test_nothing_recorded_is_said_to_be_nothing():
    found = judged()
    assert found.should_do_ai is ShouldDoAI.NOT_YET
    assert "Nothing was recorded" in told(found, "should_do_ai")
    assert {each.level for each in found.evidence.values()} >= {"thin"}
    assert found.nothing_known
    assert to_json(found)["chance_30_days"] is None
    assert told(found, "path").startswith("No path yet")
    assert "Chance to be live" not in told(found, "timeline")


def test_one_thing_recorded_gives_a_path_and_a_chance():
    found = judged({"at": 3, "by": "Ben", "blocker": "a", "title": "No reading account"})
    assert not found.nothing_known
    assert found.chances is not None
    assert told(found, "path").startswith("Fix blockers")


def test_a_probe_shows_a_phase_unless_it_could_not_look():
    ok = {"code": "rows", "level": "ok", "says": "4,000 rows can be read"}
    probe = {"at": 5, "by": "Ben", "probe": "access", "source": "crm", "findings": [ok]}
    assert judged(probe).evidence["timeline"].phases == ("data",)
    assert judged(probe).evidence["timeline"].probes == ("access of crm",)
    for code, says in (
        ("label_missing", "There is no column x."),
        ("target_absent", "It has no column “x”."),
    ):
        mistyped = {**ok, "code": code, "level": "stops", "says": says}
        assert judged({**probe, "findings": [mistyped]}).evidence["timeline"].phases == ()


def test_live_with_everything_there_is_deploy_more():
    owners = [
        {"at": 33, "by": "Dee", "owner": part, "of": "Ana"}
        for part in ("model", "service", "outcome")
    ]
    ask = {"at": 26, "by": "Ana", "request": "security", "of": "Cho"}
    yes = {"at": 30, "by": "Cho", "decide": "security", "decision": "approved"}
    found = judged(ask, yes, *owners, LIVE, READY, *GATES[:3])
    assert (found.path, found.should_do_ai, found.forecast.p80) == ("deploy_more", "yes", 0)
    assert found.fixes == ()
    assert "lacks" not in told(found, "deployed")


def test_live_hides_nothing_that_is_open():
    asked = [
        {"at": 26, "by": "Ana", "request": subject, "of": who, "deadline": 4}
        for subject, who in (("security", "Cho"), ("privacy", "Pia"))
    ]
    stops = [
        {"at": at, "by": "Ana", "blocker": f"b{at}", "title": title}
        for at, title in (
            (3, "No key for orders"),
            (10, "Old GPU driver"),
            (33, "Alerts go nowhere"),
        )
    ]
    nobody = {"at": 48, "by": "Dee", "gate": "deployment", "scenario": "nobody"}
    found = judged(*asked, *stops, LIVE, nobody)
    assert found.deployed
    assert found.path is Path.FIX_BLOCKERS
    assert len(found.causes) >= 5
    assert {fix.cause for fix in found.fixes} >= {cause.id for cause in found.causes}
    assert f"{len(found.causes)} open" in told(found, "deployed")
    assert "lacks a named owner of the model, service and outcome" in told(found, "deployed")


def test_a_use_case_that_meets_no_criterion_is_no_reason_to_deploy_more():
    none = {"valuable": False, "not_critical": False, "real_data": False}
    found = judged(*GATES, {**LIVE, "deploy": 100}, READY, criteria=none)
    assert found.path is Path.FIX_BLOCKERS
    assert found.should_do_ai is ShouldDoAI.NOT_YET


@pytest.mark.parametrize("criterion", ["valuable", "not_critical", "real_data"])
def test_a_criterion_that_nobody_confirmed_is_said_and_weakens_the_evidence(criterion):
    confirmed = {"valuable": True, "not_critical": True, "real_data": True}
    sure = judged(*GATES, LIVE, READY, criteria=confirmed)
    found = judged(*GATES, LIVE, READY, criteria=confirmed | {criterion: None})
    for answer in ("should_do_ai", "path"):
        assert sure.evidence[answer].level == "strong"
        assert found.evidence[answer].level == "partial"
    assert "Nobody confirmed" in told(found, "path")
    assert "Nobody confirmed" not in told(sure, "path")
    assert "did not meet" not in told(found, "path")
    assert (found.path, found.should_do_ai) == (sure.path, sure.should_do_ai)


def test_a_claimed_deployment_is_said_to_be_claimed_and_somebody_is_asked_what_shows_it():
    claimed = {**LIVE}
    claimed.pop("evidence")
    found = judged(claimed)
    assert "counts as claimed" in told(found, "deployed")
    assert found.evidence["deployed"].level == "thin"
    assert any("what shows that the model is live" in fix.text for fix in found.fixes)
    assert found.forecast.p50 > 0


def test_an_override_is_quoted_with_its_reason():
    says = "the label is empty in 94 % of the rows"
    finding = {"code": "label_sparse", "level": "stops", "says": says}
    probe = {"at": 5, "by": "Ben", "probe": "quality", "source": "crm", "findings": [finding]}
    why = {"at": 6, "by": "Ana", "override": "label_sparse", "why": "We label 500 rows by hand"}
    assert "Nobody overrode it" in told(judged(probe), "should_do_ai")
    text = told(judged(probe, why), "should_do_ai")
    assert f"Ana does not accept the finding “{says}”: “We label 500 rows by hand”." in text


WAIT = {"at": 30, "by": "Ana", "blocker": "b", "title": "The board signs late"}
HARD = {**WAIT, "kind": "integration", "remedy": "architecture", "title": "Old core"}
YEARS = st.sampled_from(["2 weeks", "5 months", "11 months", "13 months", "20 months", "4 years"])


@given(st.lists(st.tuples(st.sampled_from([WAIT, HARD]), YEARS), max_size=4), st.integers(0, 4))
def test_path_and_answer_never_contradict_each_other_or_the_time(made, count):
    blockers = [
        {**base, "blocker": f"b{n}", "lead_time": lead, "title": f"{base['title']} of team {n}"}
        for n, (base, lead) in enumerate(made)
    ]
    found = judged(*GATES[:count], *blockers)
    if found.path is Path.BUILD_FOUNDATION:
        assert found.should_do_ai is not ShouldDoAI.YES
    if found.should_do_ai is ShouldDoAI.NO:
        assert found.path is Path.BUILD_FOUNDATION
    if found.timeline == "years":
        assert found.path is Path.BUILD_FOUNDATION
    if found.forecast.p50 > 3.5 * 365.25:
        assert found.should_do_ai is ShouldDoAI.NO


@pytest.mark.parametrize(
    ("days", "line"), [(3, None), (6.5, 7), (7.5, 7), (80, 84), (364, 365), (369, 365), (500, None)]
)
def test_a_time_near_a_line_between_two_words_is_said_to_be_near(days, line):
    border = border_near(days)
    assert (round(border.days) if border else None) == line


def test_a_forecast_near_a_line_says_so():
    found = judged({**WAIT, "kind": "approval_process", "lead_time": "292 days"}, *GATES)
    assert border_near(found.forecast.p50)
    assert "a small change moves it across" in told(found, "timeline")


@given(st.permutations(["data", "model", "integration", "deployment"]), st.integers(0, 4))
def test_more_that_was_seen_never_gives_weaker_evidence(order, count):
    by_phase = {gate["gate"]: gate for gate in GATES}
    levels = ["thin", "partial", "strong"]
    ranks = [
        levels.index(judged(*(by_phase[key] for key in order[:n])).evidence["path"].level)
        for n in range(count + 1)
    ]
    assert ranks == sorted(ranks)
