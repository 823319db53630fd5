"""Home: my sprints with their clocks, what waits for me, what was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select

from bot.db.installations import scopes_of
from bot.db.models import Member, Sprint
from bot.domain.enums import UNFINISHED, OutboxKind, SprintStatus
from bot.domain.verdict.scores import Score
from bot.home.cockpit import cockpit, is_current
from bot.home.portfolio import known_portfolio
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.portfolio_card import (
    ForecastLine,
    PortfolioView,
    QuoteLine,
    portfolio_rows,
)
from bot.messages.refusal_map import lines
from bot.messages.scopes_line import off_rows
from bot.messages.templates import Template
from bot.outbox.queue import Priority, TemplateArgs
from bot.playbook.model import Playbook
from bot.slack import blocks
from bot.slack.blocks import Block
from bot.slack.scopes import read_scopes, switched_off
from bot.slack.text import Mrkdwn, moment
from bot.unit_of_work import UnitOfWork

SHOWN = 5
MOST_PAST = 10
REFUSALS_SHOWN = 3
"""Lines about where no is said: what the bottleneck costs, and the first functions."""


def publish_home(uow: UnitOfWork, user_id: str) -> None:
    """Bring somebody's Home up to date."""
    uow.upsert(
        keys.home(user_id),
        Template.HOME,
        {"user_id": user_id},
        queue=keys.home(user_id),
        kind=OutboxKind.HOME,
        priority=Priority.BACKGROUND,
    )


def render_home(uow: UnitOfWork, _sprint: None, args: TemplateArgs) -> dict[str, Any]:
    """Render somebody's Home tab."""
    user_id = str(args["user_id"])
    return {"user_id": user_id, "view": home_view(uow, user_id)}


def home_view(uow: UnitOfWork, user_id: str) -> Block:
    """Return somebody's Home."""
    unfinished = sprints_of(uow, user_id, UNFINISHED)
    ended = sprints_of(uow, user_id, (SprintStatus.CLOSED, SprintStatus.CANCELLED))
    current = [*unfinished, *(sprint for sprint in ended if is_current(uow, sprint))]
    rows = cockpit(uow, user_id, current[:SHOWN])
    rows += _past(uow, [sprint for sprint in ended if not is_current(uow, sprint)])
    rows += _across(uow)
    return blocks.home([*rows, *_switched_off(uow, user_id)])


def _switched_off(uow: UnitOfWork, user_id: str) -> list[Block]:
    """Tell administrators what a workspace goes without, since it declined optional scopes."""
    person = uow.person(user_id)
    granted = read_scopes(scopes_of(uow.session, uow.team_id))
    if granted is None or person is None or not person.is_admin:
        return []
    address = uow.runtime.install_url
    return off_rows(switched_off(granted), address(uow.team_id) if address else None)


def refresh_home(uow: UnitOfWork, user_id: str) -> None:
    """Bring somebody's Home up to date who has opened it before."""
    if uow.find_message(keys.home(user_id)) is not None:
        publish_home(uow, user_id)


def sprints_of(uow: UnitOfWork, user_id: str, statuses: Sequence[str]) -> Sequence[Sprint]:
    """Return the sprints somebody leads, plays in or sponsors, the newest first."""
    in_team = select(Member.sprint_id).where(Member.user_id == user_id)
    mine = or_(Sprint.lead_id == user_id, Sprint.sponsor_id == user_id, Sprint.id.in_(in_team))
    return uow.session.scalars(
        select(Sprint)
        .where(Sprint.team_id == uow.team_id, Sprint.status.in_(statuses), mine)
        .order_by(Sprint.planned_start.desc(), Sprint.id.desc())
        .limit(MOST_PAST)
    ).all()


def _past(uow: UnitOfWork, past: Sequence[Sprint]) -> list[Block]:
    rows = [blocks.divider(), blocks.header(say_plain("home.past"))]
    lines = [
        say(
            "home.past_line",
            title=sprint.title,
            when=moment(sprint.started_at or sprint.planned_start, "{date_short}"),
            path=path_title(uow, sprint),
        )
        for sprint in past[:MOST_PAST]
    ]
    rows.append(blocks.section(Mrkdwn("\n".join(lines)) if lines else say("home.no_past")))
    return rows


def path_title(uow: UnitOfWork, sprint: Sprint) -> str:
    """Return the path a past sprint ended on, or that it was cancelled."""
    if sprint.path:
        return uow.playbook.path(sprint.path).title
    return say_plain(f"sprint.status_{sprint.status}")


def _forecasts(found: Score) -> ForecastLine | None:
    if not found.due_p80:
        return None
    return ForecastLine(found.due_p80, found.by_p80, found.due_p50, found.by_p50)


def _across(uow: UnitOfWork) -> list[Block]:
    """Say what the workspace's closed sprints have in common."""
    words, found = uow.playbook, known_portfolio(uow)
    return portfolio_rows(
        PortfolioView(
            sprints=found.sprints,
            paths=[(words.path(path).title, count) for path, count in found.paths.items()],
            hours_lost=[
                (words.kind(kind).title, lost) for kind, lost in found.hours_by_kind.items()
            ],
            critical_paths=[
                (family_title(words, family), count)
                for family, count in found.critical_paths.items()
            ],
            quotes=[
                QuoteLine(quote.function, quote.count, quote.quoted_days, quote.actual_days)
                for quote in found.quotes
            ],
            forecasts=_forecasts(found.forecasts),
            fixes=found.fixes,
            refusals=lines(found.refusals)[:REFUSALS_SHOWN] if found.refusals.stations else [],
        )
    )


def family_title(words: Playbook, family: str) -> str:
    """Return what the playbook calls a critical path; the key where it has no such option."""
    try:
        return words.question("critical_path").option(family).title
    except KeyError:
        return family.replace("_", " ")
