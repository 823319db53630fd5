"""What probes found and people rolled back are causes like any other, each counted once."""

import pytest

from bot.domain.verdict import verdict
from bot.domain.verdict.causes import causes_of
from bot.domain.vocabulary import ShouldDoAI
from tests.unit.domain.stories import GATE, SILENT, record_of


@pytest.mark.parametrize(
    ("reason", "kind", "remedy"),
    [
        ("Latency doubled for everybody", "deployment_pipeline", "people"),
        (
            "Privacy has not answered, so we stop",
            "approval_process",
            "governance",
        ),
        ("Nobody answered the alert at night", "accountability", "organization"),
        ("The scores drifted: the feed from the shop was stale", "data_access", "people"),
        ("Model validation was skipped; it needs 6-8 weeks", "missing_process", "people"),
        ("The head of sales pulled it", "decision_authority", "organization"),
    ],
)
def test_a_rollback_takes_cause_and_remedy_from_its_reason(reason, kind, remedy):
    live = {"at": 30, "by": "Ana", "deploy": 1}
    (cause,) = causes_of(record_of(live, {"at": 40, "by": "Ana", "rollback": reason}))
    assert (cause.kind, cause.remedy) == (kind, remedy)


def test_a_rollback_that_names_its_lead_time_takes_that_long():
    live = {"at": 30, "by": "Ana", "deploy": 1}
    back = {"at": 40, "by": "Ana", "rollback": "Model validation needs 6-8 weeks"}
    (cause,) = causes_of(record_of(live, back))
    assert (cause.days.low, cause.days.high) == (42, 56)


def test_a_rollback_joins_the_request_that_its_reason_names():
    live = {"at": 30, "by": "Ana", "deploy": 1}
    back = {"at": 40, "by": "Ana", "rollback": "Privacy has not answered"}
    (cause,) = causes_of(record_of(SILENT, live, back, GATE))
    assert {str(fact.sort) for fact in cause.records} >= {"blocker", "rollback", "gate"}


SPARSE = {
    "code": "label_sparse",
    "level": "stops",
    "says": "the label is empty in 94 % of rows",
}
FOUND = {"at": 5, "by": "Ben", "probe": "quality", "source": "crm", "findings": [SPARSE]}
OVERRIDE = {"at": 6, "by": "Ana", "override": "label_sparse", "why": "We label 500 rows by hand"}


def test_a_stopping_finding_is_a_cause_until_the_team_overrides_it_in_writing():
    accessible = {"at": 8, "by": "Ana", "gate": "data", "scenario": "accessible"}
    (cause,) = causes_of(record_of(FOUND, accessible))
    assert cause.title == SPARSE["says"]
    assert causes_of(record_of(FOUND, OVERRIDE, accessible)) == ()
    later = {**FOUND, "at": 7}
    assert len(causes_of(record_of(FOUND, OVERRIDE, later))) == 1


@pytest.mark.parametrize(
    "finding",
    [
        {"code": "label_missing", "level": "stops", "says": "There is no column chrun to predict."},
        {"code": "bad_target", "level": "stops", "says": "The table has no column “chrun”."},
        {"code": "table_absent", "level": "stops", "says": "No such table: orders2"},
        {"code": "probe_timed_out", "level": "stops", "says": "It reached its limit of 60 s."},
    ],
)
def test_a_probe_that_could_not_look_shows_nothing_and_hides_nothing(finding):
    mistyped = {**FOUND, "findings": [finding]}
    assert causes_of(record_of(mistyped)) == ()
    assert len(causes_of(record_of(FOUND, {**mistyped, "at": 7}))) == 1


def test_no_common_column_is_a_finding_and_no_mistake():
    says = "no column of orders matches a column of customers"
    found = {"code": "no_common_key", "level": "stops", "says": says}
    assert len(causes_of(record_of({**FOUND, "probe": "joins", "findings": [found]}))) == 1


UNUSUAL = (
    ("quality", "q17", "the label is empty in 94 % of the rows"),
    ("quality", "label_missing", "closed_at is written after the outcome"),
    ("governance", "art6", "no lawful ground for profiling"),
    ("integration", "410", "the endpoint answers 410 Gone since March"),
)


def test_every_stopping_finding_counts_whatever_its_code_until_it_is_overridden():
    gates = [
        {"at": at, "by": "Ana", "gate": phase, "scenario": best}
        for phase, best, at in (
            *(("data", "accessible", 8), ("model", "works", 16)),
            *(("integration", "easy", 24), ("deployment", "works", 48)),
        )
    ]
    found = [
        {
            **{"at": at, "by": "Ben", "probe": probe, "source": "crm"},
            "findings": [{"code": code, "level": "stops", "says": says}],
        }
        for at, (probe, code, says) in enumerate(UNUSUAL, 1)
    ]
    told = verdict(record_of(*found, *gates))
    assert [cause.title for cause in told.causes] == [says for _, _, says in UNUSUAL]
    assert not told.unlimited_resources
    assert told.should_do_ai is ShouldDoAI.NOT_YET
    written = [{"at": 9, "by": "Ana", "override": code, "why": "We know"} for _, code, _ in UNUSUAL]
    told = verdict(record_of(*found, *gates, *written))
    assert (told.causes, told.unlimited_resources, told.should_do_ai) == ((), True, ShouldDoAI.YES)


def test_a_later_run_that_stops_for_other_things_does_not_mend_the_first():
    probe = {"by": "Ben", "probe": "quality", "source": "crm"}
    label = {"code": "label_sparse", "level": "stops", "says": "the label is nearly empty"}
    leak = {"code": "leak", "level": "stops", "says": "paid_at gives the outcome away"}
    clean = {"code": "read", "level": "ok", "says": "nothing stops"}
    first = {**probe, "at": 2, "findings": [label]}
    assert len(causes_of(record_of(first, {**probe, "at": 3, "findings": [leak]}))) == 2
    both = {**probe, "at": 3, "findings": [label, leak]}
    assert len(causes_of(record_of(both, {**probe, "at": 4, "findings": [label]}))) == 1
    assert causes_of(record_of(first, {**probe, "at": 3, "findings": [clean]})) == ()


def test_a_blocker_that_says_what_a_probe_of_its_phase_found_is_one_cause_with_it():
    found = {"code": "package_mirror_missing", "level": "stops", "says": "pip reaches no index"}
    record = record_of(
        {"at": 10, "by": "Per", "probe": "environment", "source": "box", "findings": [found]},
        {"at": 12, "by": "Per", "blocker": "pip", "title": "No package mirror, security says no"}
        | {"kind": "approval_process", "lead_time": "2 weeks"},
    )
    (cause,) = causes_of(record)
    assert (cause.words, len(cause.records)) == ("2 weeks", 2)


def test_a_rollback_that_names_a_review_joins_the_blocker_that_waits_for_it():
    gmp = {"at": 5, "by": "Bo", "blocker": "gmp", "title": "GMP change, validation takes 6-8 weeks"}
    live = {"at": 30, "by": "Ada", "deploy": 1}
    back = {"at": 36, "by": "Ada", "rollback": "validation was missing, QA stopped it"}
    (cause,) = causes_of(record_of(gmp | {"kind": "approval_process"}, live, back))
    assert (cause.title, cause.words) == (gmp["title"], "6-8 weeks")


@pytest.mark.parametrize(
    ("blocker", "found", "same"),
    [
        ("CRM access needs a form", "the CRM export is empty in 40 % of the rows", False),
        ("SAP licence has expired", "SAP answered 500 to every call", False),
        ("The churn label is almost empty", "the churn label is empty in 94 % of the rows", True),
        ("Orders are duplicated in the shop export", "every third order is duplicated", True),
    ],
)
def test_a_finding_joins_a_blocker_that_shares_more_than_a_word_with_it(blocker, found, same):
    finding = {"code": "checked", "level": "stops", "says": found}
    events = [
        {"at": 2, "by": "A", "blocker": "one", "title": blocker, "kind": "data_access"},
        {"at": 3, "by": "B", "probe": "quality", "source": "t", "findings": [finding]},
    ]
    assert (len(causes_of(record_of(*events))) == 1) is same


def test_a_rollback_for_latency_is_no_missing_owner():
    events = [
        {"at": 33, "by": "A", "deploy": 1, "evidence": "https://x.example"},
        {"at": 39, "by": "A", "guardrail": "p95 latency", "outcome": "breached"},
        {"at": 39.5, "by": "A", "rollback": "latency above two seconds"},
        {"at": 48, "by": "A", "gate": "deployment", "scenario": "nobody"},
    ]
    latency, owner = causes_of(record_of(*events))
    assert latency.family is None
    assert owner.title == "nobody takes responsibility"


def test_a_finding_of_another_sort_bears_out_no_blocker():
    finding = {"code": "label_sparse", "level": "stops", "says": "81 % carry no customer"}
    events = [
        {
            **{"at": 4, "by": "A", "blocker": "vault", "kind": "decision_authority"},
            **{"title": "Only the chief perfumer may open the vault"},
        },
        {"at": 6, "by": "B", "probe": "quality", "source": "t", "findings": [finding]},
        {"at": 8, "by": "B", "gate": "data", "scenario": "locked"},
    ]
    vault, _ = causes_of(record_of(*events))
    assert vault.evidence == ()


def test_a_finding_that_the_team_overrode_bears_out_nothing():
    found = [{"code": "label_sparse", "level": "stops", "says": "the label is empty"}]
    probe = {"at": 5, "by": "Ben", "probe": "quality", "source": "crm.orders", "findings": found}
    locked = {"at": 8, "by": "Ana", "gate": "data", "scenario": "unusable"}

    (borne_out,) = causes_of(record_of(probe, locked))
    (left,) = causes_of(record_of(probe, OVERRIDE, locked))

    assert [fact.sort for fact in borne_out.facts].count("finding") == 1
    assert [fact.sort for fact in left.facts] == ["gate"]
