"""The bill of materials: valid CycloneDX, and what runs, no more and no less."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from typer.testing import CliRunner

from hour48.cli import app
from hour48.sbom import bill_of_materials

LOCK = Path(__file__).parents[3] / "requirements.lock"


@pytest.fixture(scope="module")
def text():
    return bill_of_materials()


@pytest.fixture(scope="module")
def bill(text):
    return json.loads(text)


def test_it_is_valid_by_the_strict_schema(text):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_a_bill_with_a_fault_is_not(bill):
    spoilt = json.dumps(bill | {"components": [{"name": "no type"}]})
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(spoilt) is not None


def test_it_holds_what_the_lock_installs_here_and_nothing_else(bill):
    lines = [line.removesuffix("\\").strip() for line in LOCK.read_text("utf-8").splitlines()]
    locked = [Requirement(line) for line in lines if "==" in line]
    here = {
        (canonicalize_name(one.name), str(one.specifier).removeprefix("=="))
        for one in locked
        if one.marker is None or one.marker.evaluate({"extra": ""})
    }
    assert {(one["name"], one["version"]) for one in bill["components"]} == here


def test_hour48_is_what_the_bill_is_of_and_the_root_of_what_it_needs(bill):
    itself = bill["metadata"]["component"]
    assert (itself["name"], itself["version"]) == ("hour48", version("hour48"))
    needs = {one["ref"]: one.get("dependsOn", []) for one in bill["dependencies"]}
    assert any(ref.startswith("slack-bolt==") for ref in needs[itself["bom-ref"]])
    reached, waiting = set(), [itself["bom-ref"]]
    while waiting:
        ref = waiting.pop()
        if ref not in reached:
            reached.add(ref)
            waiting += needs[ref]
    assert reached == set(needs)


def test_nearly_every_package_names_its_licence(bill):
    silent = [one["name"] for one in bill["components"] if not one.get("licenses")]
    assert len(silent) < len(bill["components"]) / 20, silent


def test_the_command_writes_a_file(tmp_path):
    target = tmp_path / "new" / "bill.json"
    done = CliRunner().invoke(app, ["sbom", "-o", str(target)])
    assert done.output == f"Wrote {target}.\n"
    assert json.loads(target.read_text("utf-8"))["bomFormat"] == "CycloneDX"
