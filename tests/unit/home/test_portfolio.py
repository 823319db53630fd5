"""What closed sprints say together, on the command line and in Home."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.db.models import Blocker, FixItem, Sprint
from bot.debrief.queries import experience_of
from bot.domain.vocabulary import Kind
from bot.home.portfolio import portfolio
from bot.home.service import home_view
from bot.messages.catalog import say_plain
from bot.settings import Settings
from bot.slack import limits, native
from hour48.stored_sprints import show_portfolio, show_sprints
from tests import pseudo
from tests.runtimes import ANA, HOUR_0, TEAM, add_sprint
from tests.stage import words_of

DAY = timedelta(days=1)
CHANNELS = count(100)


def closed(runtime, path="fix_blockers", critical="security_approval", **other):
    return add_sprint(
        runtime,
        status="closed",
        path=path,
        channel_id=f"C{next(CHANNELS)}",
        verdict={"critical_path": critical, "path": path},
        ended_at=HOUR_0 + 2 * DAY,
        closed_at=HOUR_0 + 2 * DAY,
        **other,
    )


def blocker(runtime, sprint_id, number=1, *, team=TEAM, **columns):
    values = {
        "title": "Security looks first",
        "kind": "approval_process",
        "severity": "stops",
        "phase": "deployment",
        "raised_by": ANA,
        "raised_at": HOUR_0,
    }
    with runtime.uow(team) as uow:
        row = Blocker(team_id=team, sprint_id=sprint_id, number=number, **(values | columns))
        uow.session.add(row)
        uow.session.flush()
        return row.id


def done_fix(runtime, sprint_id, blocker_id, days):
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            FixItem(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=blocker_id,
                text="x",
                due_at=HOUR_0,
                state="proved",
                blocker_id=blocker_id,
                changed_at=HOUR_0 + days * DAY,
            )
        )


def read(runtime, view):
    with runtime.reading(TEAM) as uow:
        return view(uow)


def home(runtime):
    return read(runtime, lambda uow: home_view(uow, ANA))


def test_home_says_how_the_portfolio_begins_while_nothing_is_closed(runtime, running_sprint):
    assert "Closed sprints show here" in words_of(home(runtime))


def test_home_shows_what_the_command_shows(runtime, tmp_path, capsys):
    first, second = closed(runtime), closed(runtime, "build_foundation", None)
    done_fix(runtime, first, blocker(runtime, first, lead_time="2 weeks", waits_for="security"), 40)
    blocker(runtime, second, kind="data_access", resolved_at=HOUR_0 + DAY / 4, state="fixed")
    told = words_of(home(runtime))
    for line in (
        "2 sprints closed",
        "Fix blockers, then deploy 1 · Build the foundation 1",
        "Approval process: 48 h",
        "Data access and quality: 6 h",
        "Security approval: 1 sprint",
        "security: 2 weeks said, 6 weeks taken (1 quote)",
    ):
        assert line in told, told
    database = f"sqlite:///{Path(runtime.engine.url.database)}"
    show_portfolio(Settings(database={"url": database}), team_id=TEAM)
    shown = capsys.readouterr().out
    for word in ("2 closed sprints", "Security approval", "48.0", "14.0", "40.0"):
        assert word in shown


def test_quotes_are_a_table_and_plain_lines_where_slack_refuses_it(runtime):
    first = closed(runtime)
    done_fix(runtime, first, blocker(runtime, first, lead_time="2 weeks", waits_for="security"), 40)
    body = {"view": home(runtime)}
    sent = native.chosen(body, frozenset())["view"]["blocks"]
    (table,) = [block for block in sent if block["type"] == "data_table"]
    assert [cell["text"] for cell in table["rows"][1]] == ["security", "1", "14", "40"]
    assert "weeks said" not in words_of(sent), "said once"
    plain = native.chosen(body, native.NATIVE)["view"]["blocks"]
    assert native.types_in({"blocks": plain}) == set()
    assert "security: 2 weeks said, 6 weeks taken (1 quote)" in words_of(plain)


@pytest.mark.parametrize(
    ("columns", "days", "quotes"),
    [
        ({"lead_time": "2 weeks"}, 40, [(14, 40)]),
        ({"lead_time": "2 weeks"}, None, [(14, None)]),
        ({"lead_time": "2 days", "state": "fixed", "resolved_at": HOUR_0 + DAY}, None, [(2, 1)]),
        ({"lead_time": "2 days", "state": "worked_around", "resolved_at": HOUR_0}, None, []),
        ({"lead_time": "nobody knows"}, 40, [(0, 40)]),
        ({}, 40, [(0, 40)]),
        ({"severity": "slows", "lead_time": "2 weeks"}, 40, []),
    ],
)
def test_what_things_took_counts_and_what_is_open_counts_as_open(runtime, columns, days, quotes):
    sprint_id = closed(runtime)
    row = blocker(runtime, sprint_id, **columns)
    if days is not None:
        done_fix(runtime, sprint_id, row, days)
    later = add_sprint(runtime, started_at=HOUR_0 + 50 * DAY)
    with runtime.reading(TEAM) as uow:
        found = experience_of(uow, uow.session.get(Sprint, later).started_at).quotes
    assert [(quote.quoted_days, quote.actual_days) for quote in found] == quotes


def test_another_workspaces_sprints_say_nothing_here(runtime):
    mine = closed(runtime)
    blocker(runtime, mine, team="T2", lead_time="1 day", state="fixed", resolved_at=HOUR_0)
    found = read(runtime, portfolio)
    assert (found.hours_by_kind, found.quotes) == ({}, ())


def test_home_stays_within_slacks_limits_however_much_was_closed(runtime):
    for number in range(15):
        sprint_id = closed(runtime, title=f"Sprint {number} " + "&" * 200)
        for at, kind in enumerate(Kind):
            row = blocker(
                runtime,
                sprint_id,
                at,
                kind=kind.value,
                lead_time="3 days",
                waits_for="<" * 900 + kind,
            )
            done_fix(runtime, sprint_id, row, 5)
    view = native.chosen({"view": home(runtime)}, native.NATIVE)["view"]
    assert len(view["blocks"]) <= limits.VIEW_BLOCKS
    for block in view["blocks"]:
        assert len(block.get("text", {}).get("text", "")) <= limits.SECTION_TEXT
        for part in block.get("fields", ()):
            assert len(part["text"]) <= limits.FIELD_TEXT
    with runtime.reading(TEAM) as uow:
        assert len(uow.session.scalars(select(Sprint)).all()) == 15


def test_home_follows_a_sprint_closed_and_a_fix_done_since(runtime):
    first = closed(runtime)
    row = blocker(runtime, first, lead_time="2 weeks", waits_for="security")
    assert "1 sprint closed" in words_of(home(runtime))
    done_fix(runtime, first, row, 40)
    assert "6 weeks taken" in words_of(home(runtime))
    closed(runtime)
    assert "2 sprints closed" in words_of(home(runtime))


def _printed(capsys) -> str:
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.smoke
def test_commands_about_stored_sprints_speak_the_language_of_the_workspace(
    runtime, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "300")
    database = {"url": f"sqlite:///{Path(runtime.engine.url.database)}"}
    with pseudo.installed(tmp_path):
        settings = Settings(database=database, language={"workspaces": {TEAM: pseudo.NAME}})
        show_sprints(settings, team_id=TEAM, as_json=False)
        assert pseudo.accented(say_plain("stored.no_sprint_planned")) in _printed(capsys)
        blocker(runtime, closed(runtime), waits_for="security", resolved_at=HOUR_0 + DAY)
        show_sprints(settings, team_id=TEAM, as_json=False)
        printed = _printed(capsys)
        for key in ("stored.column_number", "stored.column_lead", "sprint.status_closed"):
            assert pseudo.accented(say_plain(key)) in printed
        show_portfolio(settings, team_id=TEAM)
        printed = _printed(capsys)
        for key in ("paths_title", "column_sprints", "hours_title", "column_kind"):
            assert pseudo.accented(say_plain(f"stored.{key}")) in printed
