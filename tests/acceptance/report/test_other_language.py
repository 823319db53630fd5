"""Page, paper and card in the pseudo-language: nothing English leaks."""

from __future__ import annotations

import html
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from pypdf import PdfReader
from typer.testing import CliRunner

from bot.domain.verdict import verdict
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import in_language, load_playbook
from bot.playbook.story_file import STORIES, load_story
from bot.report.write import Format, render_report
from bot.texts import use_language
from hour48.cli import app
from hour48.texts import OWN_LANGUAGE
from tests import pseudo
from tests.acceptance.test_other_language import english, words_of

pytestmark = pytest.mark.smoke
GOLDEN = Path(__file__).parents[2] / "stories"
NAMES = ("edge_rolled_back_and_deployed_again", "edge_all_approvals_expired")
MARKUP = re.compile(r"<style>.*?</style>|<meta[^>]*>", re.DOTALL)
ATTRIBUTE = re.compile(r'(?:aria-label|alt)="([^"]*)"')


@pytest.fixture(scope="module", autouse=True)
def foreign(tmp_path_factory: pytest.TempPathFactory):
    with pseudo.installed(tmp_path_factory.mktemp("languages")):
        yield


def report(file: Path, form: Format) -> bytes:
    with use_language(pseudo.NAME):
        playbook = in_language(load_playbook(), pseudo.NAME)
        record = load_story(file, phases=phases_of(playbook)).record
        found = verdict(record, figures=figures_of(playbook), priors=priors_of(playbook))
        kickoff = datetime(2026, 1, 5, 9, tzinfo=UTC)
        return render_report(record, found, playbook, form, kickoff=kickoff, timezone="UTC")


def on_page(made: bytes) -> list[str]:
    page = ATTRIBUTE.sub(r">\1<", MARKUP.sub("", made.decode()))
    return html.unescape(re.sub(r"<[^>]+>", "\n", page)).splitlines()


def on_paper(made: bytes) -> list[str]:
    pages = PdfReader(io.BytesIO(made)).pages
    return "\n".join(page.extract_text() for page in pages).splitlines()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("form", "shown"), [(Format.HTML, on_page), (Format.PDF, on_paper)], ids=["page", "paper"]
)
def test_a_report_in_another_language_shows_no_english(name, form, shown):
    file = GOLDEN / f"{name}.yaml"
    typed = words_of(yaml.safe_load(file.read_text("utf-8")))
    leaks = english(iter(shown(report(file, form))), typed)
    assert not leaks, "\n".join(f"{word}: {sorted(where)[:2]}" for word, where in leaks.items())


def test_the_command_writes_a_story_s_report_in_the_language_that_is_set(tmp_path, monkeypatch):
    monkeypatch.setenv(OWN_LANGUAGE, pseudo.NAME)
    monkeypatch.chdir(tmp_path)
    made = CliRunner().invoke(app, ["report", str(STORIES / "grocer.yaml"), "-o", "page.html"])
    assert made.exit_code == 0, made.output
    page = (tmp_path / "page.html").read_text("utf-8")
    assert f'<html lang="{pseudo.NAME}">' in page
    assert ">Five answers<" not in page
