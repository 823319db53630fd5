"""Sprints in the database as the command line asks for them: to replay, to report, to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.approvals.dossier import compose_dossier
from bot.db.models import Sprint
from bot.debrief.queries import judge
from bot.domain.errors import InputError
from bot.domain.vocabulary import Audience
from bot.home.portfolio import Portfolio, portfolio
from bot.home.service import family_title, path_title
from bot.messages.catalog import say_plain
from bot.messages.refusal_map import headline
from bot.playbook.replay import show
from bot.records.queries import record_of
from bot.report import write_report
from bot.report.dossier import file_name, render_dossier
from bot.settings import Settings
from bot.unit_of_work import UnitOfWork
from hour48.database import reading_workspace, writing_workspace


@contextmanager
def _opened_sprint(
    settings: Settings, sprint_id: int, team_id: str | None
) -> Iterator[tuple[UnitOfWork, Sprint]]:
    with writing_workspace(settings, team_id) as (runtime, team), runtime.reading(team) as uow:
        yield uow, uow.sprint(sprint_id)


def _refuse_unstarted(sprint: Sprint) -> None:
    if sprint.started_at is None:
        raise InputError(say_plain("stored.sprint_not_started", sprint_id=sprint.id))


def replay_sprint(
    settings: Settings, sprint_id: int, *, team_id: str | None = None, as_json: bool = False
) -> None:
    """Print the verdict on a sprint from the database.

    Raises:
        InputError: there is no such sprint, or it has not started.
    """
    with _opened_sprint(settings, sprint_id, team_id) as (uow, sprint):
        _refuse_unstarted(sprint)
        show(record_of(uow, sprint), judge(uow, sprint), as_json=as_json)


def report_sprint(
    settings: Settings,
    sprint_id: int,
    form: str,
    destination: Path | None,
    *,
    team_id: str | None = None,
) -> Path:
    """Write the report of a sprint from the database and return its file.

    Raises:
        InputError: there is no such sprint, it has not started, or the file cannot be written.
    """
    with _opened_sprint(settings, sprint_id, team_id) as (uow, sprint):
        _refuse_unstarted(sprint)
        return write_report(
            record_of(uow, sprint),
            judge(uow, sprint),
            uow.playbook,
            form,
            destination or Path(f"sprint-{sprint_id}.{form}"),
            kickoff=sprint.started_at or sprint.planned_start,
            timezone=sprint.timezone,
        )


def dossier_sprint(
    settings: Settings,
    sprint_id: int,
    approver: str,
    form: str,
    destination: Path | None,
    *,
    team_id: str | None = None,
) -> Path:
    """Write the dossier of a sprint from the database for one approver and return its file.

    Raises:
        InputError: there is no such sprint, approver or form, or the file cannot be written.
    """
    if approver not in set(Audience):
        known = ", ".join(Audience)
        raise InputError(
            say_plain("stored.approver_choose", approver=approver, known=known), field="approver"
        )
    audience = Audience(approver)
    with _opened_sprint(settings, sprint_id, team_id) as (uow, sprint):
        made = render_dossier(compose_dossier(uow, sprint, audience), form)
        place = destination or Path(file_name(sprint.title, sprint.id, audience, form))
    try:
        place.write_bytes(made)
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(
            say_plain("stored.dossier_cannot_written", place=place, why=why)
        ) from error
    return place


def show_portfolio(
    settings: Settings, *, team_id: str | None = None, as_json: bool = False
) -> None:
    """Print what the closed sprints say together."""
    with reading_workspace(settings, team_id) as uow:
        found = portfolio(uow)
        if as_json:
            print(json.dumps(asdict(found), ensure_ascii=False, indent=2))  # noqa: T201 - the command's answer
        else:
            _print(uow, found)


def show_sprints(settings: Settings, *, team_id: str | None = None, as_json: bool = False) -> None:
    """Print every sprint of a workspace, the newest first."""
    with reading_workspace(settings, team_id) as uow:
        newest = select(Sprint).where(Sprint.team_id == uow.team_id)
        sprints = uow.session.scalars(
            newest.order_by(Sprint.planned_start.desc(), Sprint.id.desc())
        )
        found = [_listed(uow, sprint) for sprint in sprints]
        if as_json:
            print(json.dumps(found, ensure_ascii=False, indent=2))  # noqa: T201 - the command's answer
            return
        from rich.console import Console
        from rich.table import Table

        console = Console(highlight=False)
        if not found:
            console.print(say_plain("stored.no_sprint_planned"))
            return
        table = Table(*heads("number", "title", "state", "start", "lead", "path"), box=None)
        for each in found:
            state = say_plain(f"sprint.status_{each['state']}")
            shown = (each["number"], each["title"], state, each["start"][:16])
            table.add_row(*map(_as_text, (*shown, each["lead"], each["path_title"] or "")))
        console.print(table)


def heads(*columns: str) -> list[str]:
    """Return the words at the head of a table's columns."""
    return [say_plain(f"stored.column_{column}") for column in columns]


def _as_text(value: object) -> str:
    """Return a value as text in which the console reads no markup of its own."""
    from rich.markup import escape

    return escape(str(value))


def _listed(uow: UnitOfWork, sprint: Sprint) -> dict[str, Any]:
    return {
        "number": sprint.id,
        "title": sprint.title,
        "state": sprint.status,
        "start": (sprint.started_at or sprint.planned_start).isoformat(),
        "ended": sprint.ended_at.isoformat() if sprint.ended_at else None,
        "lead": uow.name(sprint.lead_id),
        "path": sprint.path,
        "path_title": path_title(uow, sprint) if sprint.path else None,
    }


def _print(uow: UnitOfWork, found: Portfolio) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not found.sprints:
        console.print(say_plain("stored.no_sprint_closed"))
        return
    words = uow.playbook
    tables = (
        ("paths", ("path", "sprints"), [(words.path(k).title, v) for k, v in found.paths.items()]),
        (
            "hours",
            ("kind", "hours"),
            [(words.kind(k).title, v) for k, v in found.hours_by_kind.items()],
        ),
        (
            "critical",
            ("what", "sprints"),
            [(family_title(words, k), v) for k, v in found.critical_paths.items()],
        ),
        (
            "medians",
            ("function", "quotes", "quoted", "actual"),
            [(q.function, q.count, q.quoted_days, q.actual_days) for q in found.quotes],
        ),
    )
    console.print(say_plain("stored.sprints_closed", sprints=found.sprints))
    if found.fixes.count:
        plan = found.fixes
        console.print(
            say_plain(
                "stored.plans_followed",
                proved=plan.proved,
                count=plan.count,
                claimed=plan.claimed,
                regressed=plan.regressed,
                stuck=plan.stuck,
                open=plan.open,
            )
        )
    past = found.forecasts
    if past.due_p80:
        line = say_plain("stored.forecasts_came_p80", due_p80=past.due_p80, by_p80=past.by_p80)
        console.print(say_plain("stored.backtest_hint", forecasts=line))
    for name, columns, rows in tables:
        if rows:
            title = say_plain(f"stored.{name}_title")
            table = Table(*heads(*columns), title=title, box=None, title_justify="left")
            for row in rows:
                table.add_row(*(str(value) for value in row))
            console.print(table)
    if found.refusals.stations:
        console.print(
            say_plain("stored.map_hint", headline=headline(found.refusals)),
            markup=False,
        )
