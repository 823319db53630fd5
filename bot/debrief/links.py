"""Links to reports: each is a row, so that a single one can be revoked before it expires."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import select

from bot.db.access_models import ReportLink
from bot.db.models import Sprint
from bot.domain.enums import AuditAction
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button
from bot.report_links import LASTS, ReportLinks
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints.people import require
from bot.sprints.selection import locked_with_sprint
from bot.unit_of_work import UnitOfWork

MOST: Final = 20


def make_link(
    uow: UnitOfWork, links: ReportLinks, actor_id: str, sprint: Sprint
) -> tuple[Mrkdwn, int]:
    """Write a link down and return the words that hand it over, with its number."""
    row = ReportLink(team_id=uow.team_id, sprint_id=sprint.id, made_by=actor_id, made_at=uow.now)
    uow.session.add(row)
    uow.session.flush()
    link = Mrkdwn(links.link(uow.team_id, sprint.id, uow.now, row.id))
    return say("help.report_sent_link", link=link, days=LASTS.days), row.id


def link_message(words: Mrkdwn, link_id: int) -> Block:
    """Return the message that hands a link over, with the button to revoke it."""
    return blocks.message(words, [blocks.section(words), blocks.actions([_button(link_id)])])


def _button(link_id: int) -> Block:
    return button("help.link_revoke", Act.LINK_REVOKE, value=str(link_id))


def list_links(uow: UnitOfWork, actor_id: str, sprint: Sprint) -> Block:
    """Return a sprint's links that open something, each with a button to revoke it.

    Raises:
        InputError: they may not.
    """
    require(uow, actor_id, Action.REVOKE_LINK, sprint)
    rows = _open_links(uow, sprint)
    if not rows:
        words = say("help.links_none", title=sprint.title)
        return blocks.message(words, [blocks.section(words)])
    title = say("help.links_title", title=sprint.title)
    shown = [
        blocks.section(
            say(
                "help.links_line",
                who=uow.name(row.made_by),
                at=moment(row.made_at),
                until=moment(row.made_at + LASTS),
            ),
            accessory=_button(row.id),
        )
        for row in rows
    ]
    return blocks.message(title, [blocks.section(title), *shown])


def _open_links(uow: UnitOfWork, sprint: Sprint) -> Sequence[ReportLink]:
    return uow.session.scalars(
        select(ReportLink)
        .where(
            ReportLink.sprint_id == sprint.id,
            ReportLink.revoked_at.is_(None),
            ReportLink.made_at > uow.now - LASTS,
        )
        .order_by(ReportLink.id.desc())
        .limit(MOST)
    ).all()


def revoke_link(uow: UnitOfWork, actor_id: str, link_id: int) -> Mrkdwn:
    """End a link; whoever opens it afterwards reads that it has expired.

    Raises:
        InputError: there is no such link, it was revoked before, or they may not.
    """
    row, sprint = locked_with_sprint(uow, ReportLink, link_id, "link")
    require(uow, actor_id, Action.REVOKE_LINK, row)
    if row.revoked_at is not None:
        raise InputError(say_plain("help.link_gone"))
    row.revoked_at, row.revoked_by = uow.now, actor_id
    uow.audit_row(actor_id, AuditAction.REVOKED, row)
    return say("help.link_revoked", title=sprint.title)


def opens(uow: UnitOfWork, sprint: Sprint, link_id: int | None) -> bool:
    """Return whether a link that was sealed here still opens its report.

    One of a version that kept no rows of them names none, and lasts its seven days.
    """
    if link_id is None:
        return True
    row = uow.session.get(ReportLink, link_id)
    return row is not None and row.sprint_id == sprint.id and row.revoked_at is None
