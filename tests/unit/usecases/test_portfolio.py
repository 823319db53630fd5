"""What closed sprints say together, on the command line and in Home."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.settings import Settings
from bot.slack import limits
from bot.sprint.vocabulary import Kind
from bot.store.models import Blocker, FixItem, Sprint
from bot.usecases.debrief import past_quotes
from bot.usecases.home import home_view
from bot.usecases.portfolio import portfolio
from bot.usecases.records import show_portfolio
from tests.houses import ANA, HOUR_0, TEAM, add_sprint
from tests.stages import words_of

DAY = timedelta(days=1)
CHANNELS = count(100)


def closed(house, path="fix_blockers", critical="security_approval", **other):
    return add_sprint(
        house,
        status="closed",
        path=path,
        channel_id=f"C{next(CHANNELS)}",
        verdict={"critical_path": critical, "path": path},
        ended_at=HOUR_0 + 2 * DAY,
        closed_at=HOUR_0 + 2 * DAY,
        **other,
    )


def blocker(house, sprint_id, number=1, *, team=TEAM, **columns):
    values = {
        "title": "Security looks first",
        "kind": "approval_process",
        "severity": "stops",
        "phase": "deployment",
        "raised_by": ANA,
        "raised_at": HOUR_0,
    }
    with house.unit(team) as unit:
        row = Blocker(team_id=team, sprint_id=sprint_id, number=number, **(values | columns))
        unit.session.add(row)
        unit.session.flush()
        return row.id


def done_fix(house, sprint_id, blocker_id, days):
    with house.unit(TEAM) as unit:
        unit.session.add(
            FixItem(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=blocker_id,
                text="x",
                due_at=HOUR_0,
                state="done",
                blocker_id=blocker_id,
                changed_at=HOUR_0 + days * DAY,
            )
        )


def read(house, view):
    with house.reading(TEAM) as unit:
        return view(unit)


def home(house):
    return read(house, lambda unit: home_view(unit, ANA))


def test_home_says_how_the_portfolio_begins_while_nothing_is_closed(house, running_sprint):
    assert "No sprint is closed yet" in words_of(home(house))


def test_home_shows_what_the_command_shows(house, tmp_path, capsys):
    first, second = closed(house), closed(house, "build_foundation", None)
    done_fix(house, first, blocker(house, first, lead_time="2 weeks", waits_for="security"), 40)
    blocker(house, second, kind="data_access", resolved_at=HOUR_0 + DAY / 4, state="fixed")
    told = words_of(home(house))
    for line in (
        "2 sprints closed",
        "Fix blockers, then deploy 1 · Build the foundation 1",
        "Approval process: 48 h",
        "Data access and quality: 6 h",
        "Security approval: 1 sprint",
        "security: 2 weeks said, 6 weeks taken (1 quote)",
    ):
        assert line in told, told
    database = f"sqlite:///{Path(house.engine.url.database)}"
    show_portfolio(Settings(database={"url": database}), team_id=TEAM)
    shown = capsys.readouterr().out
    for word in ("2 closed sprints", "Security approval", "48.0", "14.0", "40.0"):
        assert word in shown


@pytest.mark.parametrize(
    ("columns", "days", "quotes"),
    [
        ({"lead_time": "2 weeks"}, 40, [(14, 40)]),
        ({"lead_time": "2 weeks"}, None, []),
        ({"lead_time": "2 days", "state": "fixed", "resolved_at": HOUR_0 + DAY}, None, [(2, 1)]),
        ({"lead_time": "2 days", "state": "worked_around", "resolved_at": HOUR_0}, None, []),
        ({"lead_time": "nobody knows"}, 40, []),
        ({}, 40, []),
    ],
)
def test_a_quote_counts_once_it_ran_its_course(house, columns, days, quotes):
    sprint_id = closed(house)
    row = blocker(house, sprint_id, **columns)
    if days is not None:
        done_fix(house, sprint_id, row, days)
    later = add_sprint(house, started_at=HOUR_0 + 50 * DAY)
    with house.reading(TEAM) as unit:
        found = past_quotes(unit, unit.session.get(Sprint, later))
    assert [(quote.quoted_days, quote.actual_days) for quote in found] == quotes


def test_another_workspaces_sprints_say_nothing_here(house):
    mine = closed(house)
    blocker(house, mine, team="T2", lead_time="1 day", state="fixed", resolved_at=HOUR_0)
    found = read(house, portfolio)
    assert (found.hours_by_kind, found.quotes) == ({}, ())


def test_home_stays_within_slacks_limits_however_much_was_closed(house):
    for number in range(15):
        sprint_id = closed(house, title=f"Sprint {number} " + "&" * 200)
        for at, kind in enumerate(Kind):
            row = blocker(
                house,
                sprint_id,
                at,
                kind=kind.value,
                lead_time="3 days",
                waits_for="<" * 900 + kind,
            )
            done_fix(house, sprint_id, row, 5)
    view = home(house)
    assert len(view["blocks"]) <= limits.VIEW_BLOCKS
    for block in view["blocks"]:
        assert len(block.get("text", {}).get("text", "")) <= limits.SECTION_TEXT
        for part in block.get("fields", ()):
            assert len(part["text"]) <= limits.FIELD_TEXT
    with house.reading(TEAM) as unit:
        assert len(unit.session.scalars(select(Sprint)).all()) == 15


def test_home_follows_a_sprint_closed_and_a_fix_done_since(house):
    first = closed(house)
    row = blocker(house, first, lead_time="2 weeks", waits_for="security")
    assert "1 sprint closed" in words_of(home(house))
    done_fix(house, first, row, 40)
    assert "6 weeks taken" in words_of(home(house))
    closed(house)
    assert "2 sprints closed" in words_of(home(house))
