"""What operators need is in the package, and is the same as at the top of the repository."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from bot.domain.errors import InputError
from hour48.cli import app
from hour48.shipped import COPIED, FOLDER, MANIFEST, copy_files

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", COPIED)
def test_the_package_links_to_the_repositorys_own_file(name):
    assert (FOLDER / name).is_symlink()
    assert (FOLDER / name).resolve() == (ROOT / name).resolve()


def test_the_version_is_the_packages():
    assert CliRunner().invoke(app, ["--version"]).output == f"hour48 {version('hour48')}\n"


def test_the_manifest_is_printed_as_it_is_and_as_json():
    assert CliRunner().invoke(app, ["manifest"]).output == MANIFEST.read_text("utf-8")
    printed = CliRunner().invoke(app, ["manifest", "--json"]).output
    assert json.loads(printed) == yaml.safe_load(MANIFEST.read_text("utf-8"))


def test_the_operators_files_are_copied_as_files(tmp_path):
    copied = copy_files(tmp_path / "new")
    inside = {str(path.relative_to(tmp_path / "new")) for path in copied}
    assert {
        "manifest.yml",
        "hour48.toml.example",
        "ops/alerts.yaml",
        "ops/kubernetes/worker.yaml",
    } <= inside
    assert not any(path.is_symlink() for path in copied)


@pytest.mark.parametrize("taken", ["file", "folder"])
def test_nothing_is_copied_over_what_is_there(tmp_path, taken):
    if taken == "folder":
        (tmp_path / "mine").write_text("kept")
        target = tmp_path
    else:
        target = tmp_path / "mine"
        target.write_text("kept")
    with pytest.raises(InputError, match="name a new folder"):
        copy_files(target)
    assert (tmp_path / "mine").read_text() == "kept"


@pytest.mark.parametrize(
    ("arguments", "story", "json_to"),
    [
        ([], None, None),
        (["--json"], None, "-"),
        (["--json", "figures.json"], None, "figures.json"),
        (["--json", "own.yaml"], "own.yaml", "-"),
        (["own.yaml", "--json"], "own.yaml", "-"),
        (["own.yaml", "--json", "figures.json"], "own.yaml", "figures.json"),
        (["--json", "--keep", "own.yml"], "own.yml", "-"),
    ],
)
def test_json_takes_a_file_or_goes_to_the_screen(monkeypatch, arguments, story, json_to):
    asked = {}

    def show_demo(story_file, json_to, **_others):
        asked.update(story=story_file and str(story_file), json_to=json_to)

    monkeypatch.setattr("playground.showcase.show_demo", show_demo)
    done = CliRunner().invoke(app, ["demo", *arguments])
    assert done.exit_code == 0, done.output
    assert asked == {"story": story, "json_to": json_to}
