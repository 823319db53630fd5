"""One figure for the hours lost, wherever it is told of a running and of a closed sprint."""

from __future__ import annotations

import re

import pytest

from bot.home.portfolio import portfolio
from tests.stage import key_of, open_stage, shown

pytestmark = pytest.mark.smoke

LOST = re.compile(r"([\d.]+) h lost so far|\*Hours lost\*: ([\d.]+) h")


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A sprint with stops of two categories that overlap, and a request nobody answered."""
    with open_stage(tmp_path_factory.mktemp("lived")) as stage:
        stage.start(title="Churn pilot", sponsor=stage["Eve"].id)
        channel = stage.channel
        stage.go(2)
        stage.command("Ana", "/blocker", "No credentials until a form is signed", channel)
        stage.go(3)
        stage.command("Ben", "/blocker", "The core system has no API at all", channel)
        stage["Ana"].command("/approval", "", channel=channel)
        form = stage.modal("Ana").fill(
            subject="security", approver=stage["Cho"].id, what="May we?", deadline="24"
        )
        stage.press(stage["Ana"], form.submit)
        stage.dismiss("Ana")
        stage.go(3)
        stage.command("Ana", "/sprint", "gate data locked", channel)
        stage.go(14)
        stage.command("Ana", "/blocker", "The vendor's sandbox is down", channel)
        stage.go(2)
        stage.command("Ana", "/sprint", "gate integration process", channel)
        stage.go(24)
        stage.command("Ana", "/sprint", "gate deployment security", channel)
        yield stage


def told(stage, *keys):
    """Return what the messages under these keys say of the hours lost."""
    posts = {key_of(post): shown(post) for post in stage.posts()}
    found = {key: LOST.search(posts[f"sprint:1:{key}"]) for key in keys}
    return {key: float(match[1] or match[2]) for key, match in found.items() if match}


@pytest.mark.parametrize(
    ("keys", "hours"),
    [
        (("gate:data", "sponsor:gate:data", "digest:8"), 6.0),
        (("gate:integration", "sponsor:gate:integration", "digest:24", "sponsor:day:1"), 22.0),
        (("gate:deployment", "sponsor:gate:deployment", "sponsor:day:2"), 46.0),
    ],
)
def test_team_sponsor_and_digest_tell_the_same_hours(lived, keys, hours):
    assert told(lived, *keys) == dict.fromkeys(keys, hours)


HOURS = pytest.approx(46.0, abs=0.2)


def charted(blocks):
    """Return the sum of a chart of hours lost."""
    charts = [block["chart"] for block in blocks if block["type"] == "data_visualization"]
    series = [each for chart in charts for each in chart["series"] if "lost" in each["name"]]
    (found,) = series
    return sum(point["value"] for point in found["data"])


@pytest.fixture(scope="module")
def closed(lived):
    """The same sprint after its debrief, with Ana's Home and the report's files."""
    lived.close_debrief()
    lived["Ana"].open_home()
    lived.settle()
    return lived


def test_debrief_home_and_portfolio_tell_the_closed_sprints_hours_as_its_gates_did(closed):
    assert charted(closed.keyed(":debrief:closed").blocks) == HOURS
    assert charted(closed["Ana"].home.blocks) == HOURS
    with closed.bot.core.runtime.reading(closed.workspace.team_id) as uow:
        assert sum(portfolio(uow).hours_by_kind.values()) == HOURS


def test_page_and_record_of_the_report_tell_the_same_hours(closed):
    files = closed.workspace.files.values()
    pages = {f.content.decode() for f in files if f.name.endswith("report.html")}
    assert pages
    for page in pages:
        table = page.split(">Hours lost<", 1)[1].split("</table>", 1)[0]
        rows = re.findall(r'<td class="num">(\d+\.\d)</td>', table)
        assert sum(map(float, rows)) == HOURS
