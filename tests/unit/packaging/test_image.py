"""The image's recipe, as far as it can be judged without a container engine; see `.ci/image`."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from hour48.shipped import COPIED

ROOT = Path(__file__).parents[3]
RECIPE = (ROOT / "Dockerfile").read_text("utf-8")
IGNORED = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
LAST_STAGE = RECIPE[RECIPE.rindex("FROM ") :]


def sent():
    """Return what of the top folder is sent to the engine: everything is ignored, then some not."""
    assert "*" in IGNORED
    return {line.removeprefix("!") for line in IGNORED if line.startswith("!")}


def packages():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    include = project["tool"]["setuptools"]["packages"]["find"]["include"]
    return {pattern.rstrip("*") for pattern in include}


def test_all_that_the_wheel_is_built_from_is_sent():
    assert packages() | set(COPIED) | {"pyproject.toml", "README.md", "LICENSE"} <= sent()


def test_what_is_sent_exists():
    assert all((ROOT / name).exists() for name in sent())


def test_only_what_runs_is_installed():
    locks = set(re.findall(r"requirements[\w-]*\.lock", RECIPE))
    assert locks == {"requirements.lock"}
    assert "--require-hashes" in RECIPE


def test_it_runs_as_an_unprivileged_user_by_number():
    user = re.search(r"^USER (\S+)$", LAST_STAGE, re.MULTILINE)
    assert user, "Kubernetes cannot tell whether a user by name is root"
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user[1])


def test_its_health_check_asks_a_page_that_is_served():
    from prometheus_client import CollectorRegistry

    from handlers.web import build_web

    asked = re.search(r"HEALTHCHECK.*\n.*127\.0\.0\.1:(\d+)(/\w+)", LAST_STAGE)
    assert asked
    assert f"EXPOSE {asked[1]}\n" in LAST_STAGE
    assert asked[2] in {route.path for route in build_web({}, CollectorRegistry()).routes}


@pytest.mark.parametrize("stage", re.findall(r"^FROM (\S+)", RECIPE, re.MULTILINE))
def test_every_stage_has_the_same_base(stage):
    assert stage == "python:3.12-slim"
