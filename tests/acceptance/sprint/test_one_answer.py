"""What the team corrects at the debrief is said alike wherever the sprint is told of."""

from __future__ import annotations

import pytest

from bot.home.portfolio import portfolio
from tests.stage import open_stage, shown, words_of

pytestmark = pytest.mark.smoke

OTHER_PATHS = "<li><span>Fix blockers, then deploy</span>"
"""The page shows the other paths beside the team's, with how many companies take them."""
YEARS, NOBODY = "years", "accountability_structure"


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    """A sprint of weeks whose team said at the debrief: it takes years, since nobody answers."""
    with open_stage(tmp_path_factory.mktemp("corrected")) as stage:
        stage.start(title="Churn pilot", sponsor=stage["Eve"].id)
        stage.go(3)
        stage.command("Ana", "/blocker", "The form for credentials takes 2 weeks", stage.channel)
        stage.go(45)
        summary = stage.keyed(":debrief:summary")
        assert "fix blockers" in shown(summary).lower()
        for question, answer in (("timeline", YEARS), ("critical_path", NOBODY)):
            stage.click("Dee", summary, "debrief.correct", f"1:{question}")
            form = stage.modal("Dee").fill(answer=answer, why="Nobody will answer for it")
            stage.press(stage["Dee"], form.submit)
        stage.close_debrief()
        stage["Ana"].open_home()
        stage.settle()
        yield stage


def _words_of(stage, key):
    return shown(stage.keyed(key))


def _report(stage):
    files = stage.workspace.files.values()
    pages = "".join(f.content.decode() for f in files if f.name.endswith("report.html"))
    return pages.replace(OTHER_PATHS, "")


PLACES = {
    "the debrief": lambda stage: _words_of(stage, ":debrief:summary"),
    "the path post": lambda stage: _words_of(stage, "sprint:1:debrief:path"),
    "the sponsor's copy": lambda stage: _words_of(stage, ":sponsor:path"),
    "the closing message": lambda stage: _words_of(stage, ":debrief:closed"),
    "the report": _report,
    "Home": lambda stage: words_of(stage["Ana"].home.blocks),
}


@pytest.mark.parametrize("place", PLACES)
def test_the_path_follows_the_teams_answer(closed, place):
    told = PLACES[place](closed).lower()
    assert "build the foundation" in told
    assert "fix blockers" not in told.replace("from “fix blockers, then deploy”", "")


@pytest.mark.parametrize("place", ["the debrief", "the report", "Home"])
def test_the_critical_path_is_the_teams(closed, place):
    assert "accountability" in PLACES[place](closed).lower()


def test_portfolio_and_stored_verdict_count_the_teams_answers(closed):
    with closed.bot.core.runtime.reading(closed.workspace.team_id) as uow:
        found = portfolio(uow)
    assert (found.paths, found.critical_paths) == ({"build_foundation": 1}, {NOBODY: 1})
