"""Secrets are found and never told, answers are people's, small groups are not judged."""

import json
import zipfile

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from probes.contract import Level, finding_to_plain
from probes.governance import packages
from probes.governance.answers import MONITORING, OWNERS, PLAN, PRIVACY, answer_findings
from probes.governance.secrets import secret_findings, secrets_in

CANARY = "xoxb-1234567890-canarycanary"


@pytest.mark.parametrize(
    "text",
    [
        CANARY,
        "AKIAABCDEFGHIJKLMNOP",
        "-----BEGIN RSA PRIVATE KEY-----",
        "postgresql://bot:hunter22@db/x",
        'password = "hunter2222"',
        "ghp_" + "a" * 36,
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_a_secret_is_found_in_files_and_archives_and_never_told(tmp_path, text, packed):
    path = tmp_path / "thing"
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("schema.json", f"x {text} y")
    else:
        path.write_text(f"x {text} y")
    (found,) = secret_findings({"saved model": path})
    assert (found.level, found.code) == (Level.STOPS, "secret_found")
    assert text not in json.dumps(finding_to_plain(found))


def test_the_value_of_our_own_secret_variable_is_recognised_by_name(tmp_path):
    path = tmp_path / "config"
    path.write_text("plain-words-behind-it")
    assert secrets_in(path, {"DB_PASSWORD": "plain-words-behind-it"}) == [
        "the value of DB_PASSWORD"
    ]


@pytest.mark.parametrize("text", ["password = ${DB_PASSWORD}", "url = 'https://shop.test/a'", ""])
def test_a_placeholder_is_no_secret(tmp_path, text):
    path = tmp_path / "config"
    path.write_text(text)
    assert [one.code for one in secret_findings({"configuration": path})] == ["no_secret_found"]


def test_a_file_that_is_not_there_is_a_note(tmp_path):
    (found,) = secret_findings({"saved model": tmp_path / "none"})
    assert found.code == "file_not_found"


def test_no_answer_leaves_every_list_open_and_owners_stop():
    found = {one.code: one.level for one in answer_findings({})}
    assert found == {
        "privacy_open": Level.SLOWS,
        "nobody_accountable": Level.STOPS,
        "not_monitored": Level.SLOWS,
        "no_plan": Level.SLOWS,
    }


def test_every_answer_given_settles_every_list():
    lists = {"privacy": PRIVACY, "owners": OWNERS, "monitoring": MONITORING, "actionability": PLAN}
    given = {section: dict.fromkeys(asked, "Dee") for section, asked in lists.items()}
    assert {one.level for one in answer_findings(given)} == {Level.OK}


@pytest.mark.parametrize("section", ["privacy", "owners", "monitoring"])
def test_one_open_answer_is_named(section):
    table = {"privacy": PRIVACY, "owners": OWNERS, "monitoring": MONITORING}[section]
    for left_open, words in table.items():
        given = {section: {key: "Dee" for key in table if key != left_open}}
        hit = [one for one in answer_findings(given) if section in one.sentence.lower()]
        assert words in hit[0].sentence
        assert hit[0].evidence == {"open": 1, "asked": len(table)}


@pytest.mark.parametrize("odd", [{"owners": "Dee"}, {"owners": ["Dee"]}, {"privacy": None}])
def test_answers_of_another_shape_count_as_open(odd):
    assert "nobody_accountable" in {one.code for one in answer_findings(odd)}


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
    assert [one.code for one in packages.vulnerabilities(0.2)] == ["vulnerabilities_unchecked"]


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
    assert "“b” is chosen less often than the others (0.3% against" in differ.sentence
    assert differ.level is Level.SLOWS
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
