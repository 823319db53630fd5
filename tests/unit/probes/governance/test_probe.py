"""Secrets are found and never told, answers are people's, small groups are not judged."""

import json
from datetime import date

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from bot.domain.acceptance import is_person, is_proof, is_too_little
from bot.domain.duty_subjects import repeats
from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.contract import Finding
from probes.governance import packages
from probes.governance.answers import (
    annex_findings,
    answer_findings,
    coverage_findings,
    duties,
    merged,
    sections,
    standings,
)
from probes.governance.probe import _scenario

TODAY = date(2026, 6, 1)
GOOD = {
    "says": "Called each Monday",
    "who": "Dee Miller",
    "on": "2026-05-04",
    "proof": "pyproject.toml",
}
SAYS = (
    "Independent review of risk, bias by group, reasons, error rate, vault keys, package scans, "
    "registered version, phone alert and rollback; people may object; logs deleted after 90 days"
)
EVERY = {
    section: {duty.key: GOOD | {"says": SAYS} for duty in duties() if duty.section == section}
    for section in sections()
}


def found_by(answers, codes=()):
    stands = standings(answers, codes, TODAY)
    return stands, {one.code: one for one in answer_findings(stands, TODAY)}


def test_no_answer_leaves_every_list_open_and_owners_stop():
    _, found = found_by({})
    assert {code: one.level for code, one in found.items()} == {
        "privacy_open": FindingLevel.SLOWS,
        "nobody_accountable": FindingLevel.STOPS,
        "not_monitored": FindingLevel.SLOWS,
        "no_plan": FindingLevel.SLOWS,
        "risk_open": FindingLevel.SLOWS,
        "documentation_open": FindingLevel.SLOWS,
        "validation_open": FindingLevel.SLOWS,
    }


def test_evidence_for_every_duty_settles_every_list_and_framework():
    stands, found = found_by(EVERY)
    assert {one.level for one in found.values()} == {FindingLevel.OK}
    assert {one.level for one in coverage_findings(stands)} == {FindingLevel.OK}


def test_every_duty_is_one_that_a_framework_asks_for_and_an_approver_reads():
    for duty in duties():
        assert duty.refs
        assert set(duty.approvers) <= {"security", "privacy", "legal", "business"}
        assert duty.section in {
            "privacy",
            "owners",
            "monitoring",
            "actionability",
            "risk",
            "documentation",
            "validation",
        }


def test_what_a_framework_misses_is_named_with_its_place():
    left = {key: dict(value) for key, value in EVERY.items()}
    del left["documentation"]["human_oversight"]
    stands, _ = found_by(left)
    by_code = {one.code: one for one in coverage_findings(stands)}
    assert "Articles 14 and 26(2), Annex IV 2(e)" in by_code["coverage_eu_ai_act"].sentence
    assert by_code["coverage_nist_ai_rmf"].evidence["missing"] == {"human_oversight": "MAP 3.5"}
    assert by_code["coverage_sr_11_7"].level is FindingLevel.OK


def test_a_finding_of_this_run_is_evidence_by_itself():
    stands, _ = found_by({}, {"groups_alike", "decisions_explained"})
    assert {one.duty.key for one in stands if one.is_met} == {"fairness", "explanation"}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"who": "TBD"}, "a placeholder"),
        ({"says": "?"}, "a placeholder"),
        ({"who": "nobody"}, "a placeholder"),
        ({"says": "no"}, "a placeholder"),
        ({"who": "the data team"}, "not one person's name"),
        ({"who": ""}, "no person named"),
        ({"who": "Max"}, "one name alone; give first and last name"),
        ({"on": ""}, "no date"),
        ({"on": "2026-06-02"}, "a date to come"),
        ({"proof": ""}, "no link or file"),
        ({"proof": "yes"}, "no link or file"),
        ({"proof": "/nowhere/at/all/dpia.pdf"}, "the file is not there"),
        ({"says": ""}, "no answer"),
    ],
)
def test_what_is_no_evidence_is_refused_and_says_why(change, why):
    left = {key: dict(value) for key, value in EVERY.items()}
    left["privacy"]["purpose"] = GOOD | change
    _, found = found_by(left)
    sentence = found["privacy_open"].sentence
    assert f"what the personal data are used for ({why})" in sentence
    assert found["privacy_open"].evidence == {"open": 1, "asked": 4}


@pytest.mark.parametrize(
    ("key", "says", "met"),
    [
        ("fairness", "Deleted 90 days after the contract ends, by a nightly job", False),
        ("explanation", "Independent audit report of the risk unit", False),
        ("vulnerabilities", "Gaps by age and sex under two points", False),
        ("human_oversight", "Passwörter liegen in Vault, gitleaks läuft bei jedem Push", False),
        ("secrets", "Hommes et femmes sont retenus aussi souvent, écart de deux points", False),
        ("on_call", "Las contraseñas están en Vault, los secretos en KMS", False),
        ("retention", "Gone after the season closes", True),
        ("risk_register", "Tableau de sept lignes, du surapprentissage à la fraude", True),
        ("performance", "Detecta 62 de cada 100 bajas en el primer decil", True),
        ("opt_out", "Le client décoche la case dans son espace personnel", True),
        ("explanation", "A heat map marks the spot on the picture", True),
        ("secrets", "Sin credenciales dentro", True),
        ("retention", "Gelöscht 90 Tage nach Vertragsende", True),
        ("retention", "Se conservan los registros seis meses", True),
        ("fairness", "Écarts par sexe sous deux points", True),
        ("retention", "数据在合同结束后九十天内删除", True),
        ("human_oversight", "Le chef de service peut arrêter chaque envoi", True),
    ],
)
def test_an_answer_touches_the_subject_of_its_duty(key, says, met):
    section = next(duty.section for duty in duties() if duty.key == key)
    stands, _ = found_by({section: {key: GOOD | {"says": says}}})
    (of_it,) = [one for one in stands if one.duty.key == key]
    assert of_it.is_met is met
    assert met or of_it.to_plain()["why"] == "the answer is about something else"


@pytest.mark.parametrize(
    ("key", "says", "is_repeat"),
    [
        ("retention", "How long the data are kept", True),
        ("retention", "It is defined how long data is kept", True),
        ("human_oversight", "Who can overrule it and how is documented", True),
        ("alert", "There is an alert when it goes wrong", True),
        ("fairness", "Whether groups of people are treated differently", True),
        ("retention", "Data are kept for 90 days", False),
        ("human_oversight", "The shift lead can overrule it, by a button", False),
        ("fairness", "No groups of people are treated differently: gaps under 2 points", False),
        ("explanation", "Each decision shows its three strongest reasons", False),
    ],
)
def test_an_answer_that_repeats_the_question_is_none(key, says, is_repeat):
    asks = next(duty.asks for duty in duties() if duty.key == key)
    assert repeats(asks, says) is is_repeat


UNSEEN_PLACEHOLDERS = [
    "t.b.d.", "T.B.D", "n/a", "N.A.", "???", "...", "-", "To be determined by legal", "none yet?",
    "pending", "xxx", "aaaa", "Unknown!", "nadie", "niemand", "personne", "TODO: ask Cho",
    "someone",
    "not applicable", "I don't know", "not yet.",
    "John Doe",
]  # fmt: skip  # a table, one row a line
UNSEEN_GROUPS = [
    "IT",
    "Security Team",
    "the legal department",
    "Data Science",
    "privacy@shop.example",
    "DPO",
    "Change Advisory Board",
    "Ops",
    "Customer Support Group",
    "info@shop.example",
    "the CISO",
]
UNSEEN_PEOPLE = [
    "Dee",
    "Ana María López",
    "O'Brien, Sean",
    "李小龙",
    "Jean-Luc Picard",
    "N'Golo Kanté",
    "No Young-soo",
    "cho@shop.example",
    "Dr. Ng",
    "Bo",
    "Nobuko Itō",
    "Noah Open",
]


@pytest.mark.parametrize("text", UNSEEN_PLACEHOLDERS)
def test_placeholders_of_every_kind_are_refused(text):
    assert is_too_little(text)


@pytest.mark.parametrize("text", UNSEEN_GROUPS)
def test_departments_and_roles_are_no_persons(text):
    assert not is_person(text)


@pytest.mark.parametrize("text", UNSEEN_PEOPLE)
def test_people_of_every_name_are_persons(text):
    assert is_person(text)


@pytest.mark.parametrize(
    ("proof", "counts"),
    [
        ("https://wiki.shop.example/dpia/4", True),
        ("papers/dpia 4.pdf", True),
        ("approval 3", True),
        ("http://intranet/dpia", True),
        ("see wiki", False),
        ("https://", False),
        ("Dee said so", False),
        ("javascript:alert(1)", False),
        ("https://example.com/dpia/4", False),
        ("https://www.example.org/plan", False),
        ("https://wiki.shop.example/tbd", False),
        ("https://wiki.shop.example/pages/TODO.html", False),
        ("papers/xxx.pdf", False),
        ("https://wiki.shop.example/todos-of-may", True),
    ],
)
def test_proof_is_a_link_a_file_or_a_record(proof, counts):
    assert is_proof(proof) is counts


@pytest.mark.parametrize("odd", [{"owners": "Dee"}, {"owners": ["Dee"]}, {"privacy": None}])
def test_answers_of_another_shape_count_as_open(odd):
    assert "nobody_accountable" in found_by(odd)[1]


def test_an_answer_without_a_known_word_of_its_subject_is_counted_and_told():
    unclear = {"privacy": {"retention": GOOD | {"says": "Melted with the first snow of spring"}}}
    stands, found = found_by(unclear)
    assert [one.duty.key for one in stands if one.is_met] == ["retention"]
    assert "how long the data are kept" in found["subject_unclear"].sentence


def test_a_file_that_is_not_there_is_told_by_its_relative_path():
    found = found_by(
        {
            "owners": {
                "model": GOOD | {"proof": "docs/nowhere/model.pdf"},
                "data": GOOD | {"proof": "pyproject.toml"},
                "service": GOOD | {"proof": "https://wiki.example.com/model.pdf"},
            }
        }
    )[1]
    assert found["proof_unseen"].evidence == {"unseen": 1}
    assert "docs/nowhere/model.pdf" in found["proof_unseen"].sentence


@pytest.mark.parametrize(
    ("codes", "scenario"),
    [
        ({"groups_alike": FindingLevel.OK, "groups_differ": FindingLevel.NOTE}, "works"),
        ({"risk_open": FindingLevel.SLOWS}, "privacy"),
        ({"annex_iii_likely": FindingLevel.SLOWS, "no_plan": FindingLevel.SLOWS}, "privacy"),
        ({"privacy_open": FindingLevel.SLOWS, "nobody_accountable": FindingLevel.STOPS}, "nobody"),
        (
            {"nobody_accountable": FindingLevel.STOPS, "secret_found": FindingLevel.STOPS},
            "security",
        ),
        ({"not_monitored": FindingLevel.SLOWS, "validation_open": FindingLevel.SLOWS}, "nobody"),
        ({"vulnerabilities_unchecked": FindingLevel.SLOWS}, "security"),
    ],
)
def test_the_scenario_follows_what_slows_and_stops_first(codes, scenario):
    found = [Finding(level, code, code, {}) for code, level in codes.items()]
    assert _scenario(found)[0] == scenario


def test_an_acceptance_of_two_years_ago_is_told():
    old = {"owners": {"model": {"who": "Dee Miller", "on": "2024-01-02", "proof": "a.pdf"}}}
    assert "the model" in found_by(old)[1]["acceptance_old"].sentence


@pytest.mark.parametrize(
    ("stated", "words", "code"),
    [
        ("", ["churn of shops"], "annex_iii_open"),
        ("TBD", ["churn of shops"], "annex_iii_open"),
        ("none", ["churn of shops"], "annex_iii_not_high"),
        ("none", ["credit_default"], "annex_iii_doubtful"),
        ("", ["Rank applicants for a shift"], "annex_iii_likely"),
        ("employment", ["Rank applicants"], "high_risk_duties_open"),
        ("Essential services", ["loan_status"], "high_risk_duties_open"),
    ],
)
def test_the_use_is_held_against_annex_iii(stated, words, code):
    stands, _ = found_by({})
    assert [one.code for one in annex_findings(stated, stands, words)] == [code]
    full, _ = found_by(EVERY)
    if code == "high_risk_duties_open":
        assert [one.code for one in annex_findings(stated, full, words)] == ["high_risk_duties_met"]


@pytest.mark.parametrize(
    ("key", "says", "code"),
    [
        ("purpose", "Decide which candidates get a job interview", "annex_iii_doubtful"),
        (
            "intended_use",
            "Ranks job applicants' CVs so that recruiters invite",
            "annex_iii_doubtful",
        ),
        ("classification", "We screen job applicants; not high-risk", "annex_iii_doubtful"),
        ("purpose", "Bewerbungen vorsortieren", "annex_iii_doubtful"),
        ("intended_use", "For retention calls, never for hiring or loans", "annex_iii_not_high"),
        ("alert", "By default the on-call phone rings", "annex_iii_not_high"),
        ("impact", "A wrong score loses a promotion's benefit", "annex_iii_not_high"),
    ],
)
def test_the_answers_own_words_are_held_against_annex_iii(key, says, code):
    section = next(duty.section for duty in duties() if duty.key == key)
    stands, _ = found_by({section: {key: GOOD | {"says": says}}})
    assert [one.code for one in annex_findings("none", stands, ["churn"])] == [code]


def test_an_acceptance_for_no_duty_is_refused_by_name():
    with pytest.raises(InputError, match="knows no “prupose”"):
        merged({}, {"prupose": GOOD}, {})


def test_the_bill_of_materials_is_valid_cyclonedx(tmp_path):
    installed = packages.installed_packages()
    text = packages.write_bill(installed, tmp_path).read_text()
    assert len(json.loads(text)["components"]) == len(installed) > 20
    try:
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    except Exception as missing:
        if type(missing).__name__ != "MissingOptionalDependencyException":
            raise
        pytest.skip("the schema validator of cyclonedx is not installed")


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("", "vulnerabilities_unchecked"),
        ("not json", "vulnerabilities_unchecked"),
        ('{"dependencies": [{"name": "a", "vulns": []}]}', "no_known_vulnerability"),
        ('{"dependencies": [{"name": "a", "vulns": [{"id": "X"}]}]}', "known_vulnerabilities"),
    ],
)
def test_what_the_audit_says_or_fails_to_say_is_a_finding(tmp_path, monkeypatch, said, code):
    tool = tmp_path / "audit"
    tool.write_text(f"#!/bin/sh\ncat <<'END'\n{said}\nEND\n")
    tool.chmod(0o755)
    monkeypatch.setattr(packages.sys, "executable", str(tool))
    assert [one.code for one in packages.vulnerabilities()] == [code]


def test_an_audit_that_never_answers_is_a_finding(tmp_path, monkeypatch):
    tool = tmp_path / "audit"
    tool.write_text("#!/bin/sh\nexec sleep 30\n")
    tool.chmod(0o755)
    monkeypatch.setattr(packages.sys, "executable", str(tool))
    monkeypatch.setattr(packages, "AUDIT_SECONDS", 0.2)
    assert [one.code for one in packages.vulnerabilities()] == ["vulnerabilities_unchecked"]


def test_copyleft_is_named_and_lesser_is_not():
    installed = [
        packages.Package("a", "1", "AGPL-3.0-only"),
        packages.Package("b", "1", "LGPL-3.0"),
        packages.Package("c", "1", "MIT"),
    ]
    (found,) = packages.licences(installed)
    assert found.evidence == {"packages": {"a": "AGPL-3.0-only"}}


def test_groups_that_differ_are_named_and_small_ones_are_not_judged(tmp_path):
    import numpy as np
    import pandas as pd

    from probes.governance.fairness import bias

    groups = pd.Series(["a"] * 300 + ["b"] * 300 + ["tiny"] * 5, name="area")
    chosen = np.array([True, False, False] * 100 + [True] + [False] * 299 + [True] * 5)
    found, picture = bias(np.zeros(605), np.zeros(605), chosen, groups, tmp_path)
    by_code = {one.code: one for one in found}
    assert by_code["groups_too_small"].evidence == {"small": 1, "groups": 3}
    differ = by_code["groups_differ"]
    assert "“b” is chosen less often than the others (0.3 % against" in differ.sentence
    assert differ.level is FindingLevel.SLOWS
    assert "tiny" not in differ.sentence
    assert "too few" in picture.alt


def test_groups_within_their_intervals_are_alike(tmp_path):
    import numpy as np
    import pandas as pd

    from probes.governance.fairness import bias

    groups = pd.Series(["a", "b"] * 100, name="area")
    chosen = np.arange(200) % 20 < 2
    found, _ = bias(np.zeros(200), np.zeros(200), chosen, groups, tmp_path)
    assert [one.code for one in found] == ["groups_alike"]


@pytest.mark.parametrize(("hits", "rows"), [(0, 0), (0, 10), (10, 10), (3, 10)])
def test_an_interval_of_a_share_holds_it_and_stays_a_share(hits, rows):
    from probes.governance.fairness import wilson

    low, high = wilson(hits, rows)
    assert 0 <= low <= (hits / rows if rows else 0.5) <= high + 1e-12
    assert high <= 1
