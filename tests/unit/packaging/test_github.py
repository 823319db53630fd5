"""The workflow calls make targets that exist, and the same ones as `.ci/run`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yaml"))
ELEMENTS = {"markdown", "input", "textarea", "dropdown", "checkboxes"}


def make_targets():
    text = (ROOT / "Makefile").read_text("utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def called_by_the_workflow():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yaml").read_text("utf-8"))
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            yield from re.findall(r"^make (\S+)", step.get("run", ""), re.MULTILINE)
            if "make ${{" in step.get("run", ""):
                yield from job["strategy"]["matrix"]["target"]


def test_the_workflow_calls_targets_that_exist():
    called = {target for target in called_by_the_workflow() if target != "${{"}
    assert called
    assert called <= make_targets()


def test_what_has_to_be_green_is_checked_on_github_too():
    wanted = re.findall(r"^make (\S+)", (ROOT / ".ci" / "run").read_text("utf-8"), re.MULTILINE)
    assert set(wanted) <= set(called_by_the_workflow())


@pytest.mark.parametrize("form", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_has_what_github_asks_for(form):
    content = yaml.safe_load(form.read_text("utf-8"))
    assert content["name"]
    assert content["description"]
    ids = [element["id"] for element in content["body"]]
    assert len(ids) == len(set(ids))
    for element in content["body"]:
        assert element["type"] in ELEMENTS
        assert element["attributes"]["label"]
        assert element["type"] != "dropdown" or element["attributes"]["options"]
