"""What the plan proposes, what probes stand behind, and what the sprint cost, in sentences."""

from pathlib import Path

import pytest

from bot.domain.record import Blocker, Finding, Gate, SprintRecord
from bot.domain.verdict import Figures, verdict
from bot.domain.verdict.model import Sort
from bot.domain.verdict.named_things import party_named, thing_named
from bot.domain.vocabulary import Kind
from bot.fix_lint import lint_fix
from bot.playbook.story_file import load_story

GOLDEN = sorted(Path("tests/stories").glob("*.yaml"))
TEAM = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}


def _blocker(id_, title, kind, at=1.0, **other):
    return Blocker(id_, title, kind, at, "Ana", SprintRecord("x").phase_at(at), **other)


@pytest.mark.parametrize(
    ("title", "thing"),
    [
        ("Read access to the billing replica needs a form", "the billing replica"),
        ("The coupon system takes changes once a month", "the coupon system"),
        ("Sensor readings sit in a format nobody reads", "the sensor readings"),
        ("Nobody ever logged in to Databricks", "Databricks"),
        ("Data is spread over 47 different systems", "47 different systems"),
        ("Twelve data scientists, none of whom deployed", None),
        ("Legal is against it", None),
        ("", None),
    ],
)
def test_a_proposal_speaks_of_the_thing_that_the_blocker_names(title, thing):
    assert thing_named(title) == thing


@pytest.mark.parametrize(
    ("title", "party"),
    [
        ("It goes to the architecture review board first", "the architecture review board"),
        ("A form signed by two directors", "two directors"),
        ("Legal will not sign", "legal"),
        ("The full security audit comes first", "security"),
        ("Our API has no docs", None),
    ],
)
def test_a_proposal_names_the_body_that_the_blocker_waits_for(title, party):
    assert party_named(title) == party


def test_two_blockers_of_one_family_get_proposals_of_their_own():
    blockers = (
        _blocker("a", "Read access to the billing replica needs a form", Kind.APPROVAL_PROCESS),
        _blocker("b", "The claims warehouse is opened by request only", Kind.APPROVAL_PROCESS),
    )
    fixes = verdict(SprintRecord("x", team=TEAM, blockers=blockers)).fixes
    deeds = [fix.text.split(" by day ")[0] for fix in fixes]
    assert deeds == [
        "Cho grants the sprint team read access to the billing replica",
        "Cho grants the sprint team read access to the claims warehouse",
    ]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_every_proposal_says_who_does_what_to_what_by_when(path):
    for fix in verdict(load_story(path).record).fixes:
        judged = lint_fix(fix.text)
        assert (judged.ok, judged.missing) == (True, ()), fix.text


def test_the_paths_plan_is_filled_with_the_sprints_own_blockers_people_and_days():
    blocker = _blocker("b", "The risk list is signed monthly", Kind.APPROVAL_PROCESS, 30.0)
    steps = verdict(SprintRecord("x", team=TEAM, blockers=(blocker,))).reasons["plan"]
    assert "By day 30, Cho settles “The risk list is signed monthly”." in [s.text for s in steps]
    assert steps[0].facts[0].id == "b"
    assert any("Ana runs this sprint again" in s.text for s in steps)


def _found(id_, probe, level, sentence, at=5.0):
    return Finding(id_, probe, "grocer", level, "code", sentence, at)


def _facts(sentences):
    return {(fact.sort, fact.id) for sentence in sentences for fact in sentence.facts}


def test_a_grave_finding_stands_behind_the_gate_that_it_bears_out():
    record = SprintRecord(
        "x",
        gates=(Gate("g", "data", "unusable", 8.0, "Ben"),),
        findings=(
            _found("f1", "quality", "stops", "Half of the keys are empty."),
            _found("f2", "quality", "note", "Two columns are constant."),
            _found("f3", "integration", "slows", "The API answers in four seconds."),
        ),
    )
    for question in ("unlimited_resources", "timeline", "should_do_ai", "critical_path"):
        facts = _facts(verdict(record).reasons[question][:2])
        assert (Sort.FINDING, "f1") in facts
        assert not facts & {(Sort.FINDING, "f2"), (Sort.FINDING, "f3")}


def test_a_finding_that_nobody_took_up_is_told_and_decides_nothing():
    plain = SprintRecord("x", gates=(Gate("g", "data", "accessible", 8.0, "Ben"),))
    probed = SprintRecord(
        "x", gates=plain.gates, findings=(_found("f", "joins", "stops", "No key joins the two."),)
    )
    assert verdict(probed).should_do_ai == verdict(plain).should_do_ai
    told = [s for s in verdict(probed).reasons["should_do_ai"] if "No key joins the two" in s.text]
    assert [fact.id for fact in told[0].facts] == ["f"]
    surprise = verdict(probed).reasons["surprise"][-1]
    assert surprise.text == (
        "Beside what people wrote down, probes found 1 thing to stop for and 0 things to be slowed "
        "by; of these 1, 1 is technical."
    )
    assert (Sort.FINDING, "f") in _facts([surprise])


def test_a_probe_that_was_run_again_has_its_last_word():
    record = SprintRecord(
        "x",
        gates=(Gate("g", "data", "locked", 8.0, "Ben"),),
        findings=(
            _found("f1", "access", "stops", "Login is refused.", 2.0),
            _found("f2", "access", "ok", "Rows can be read.", 6.0),
        ),
    )
    assert (Sort.FINDING, "f1") not in _facts(verdict(record).reasons["timeline"])


def test_what_it_cost_stands_beside_the_playbooks_own_figures():
    blocker = _blocker("b", "A form for the replica", Kind.APPROVAL_PROCESS, 0.0)
    figures = Figures("EUR", person_hour=50, assessment=90_000, assessment_days=(61, 122))
    taken, classic = verdict(
        SprintRecord("x", team=TEAM, blockers=(blocker,)), figures=figures
    ).reasons["cost"]
    assert taken.text == (
        "The sprint took 64 person-hours, 64 of them in front of a stop: about 3,200 EUR at "
        "50 EUR an hour."
    )
    assert (Sort.BLOCKER, "b") in _facts([taken])
    assert classic.text == (
        "A classic readiness assessment costs 90,000 EUR and takes 9 weeks to 4 months; this saved "
        "86,800 EUR of it."
    )


def test_a_sprint_dearer_than_the_classic_way_claims_no_saving():
    figures = Figures("EUR", person_hour=5000, assessment=10_000)
    assert "saved" not in verdict(SprintRecord("x"), figures=figures).reasons["cost"][1].text


def test_a_blocker_written_down_from_a_finding_opens_to_it():
    blocker = _blocker("b", "Half of the keys are empty", Kind.DATA_ACCESS, finding="f1")
    record = SprintRecord(
        "x",
        blockers=(blocker,),
        findings=(
            _found("f1", "quality", "stops", "Half of the keys are empty.", 2.0),
            _found("f2", "quality", "ok", "All keys are there.", 6.0),
        ),
    )
    assert (Sort.FINDING, "f1") in _facts(verdict(record).reasons["critical_path"])
