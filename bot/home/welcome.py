"""The first message: to whoever installed the bot, or is the first to open it, once."""

from __future__ import annotations

from typing import Any

from slack_sdk import WebClient
from sqlalchemy import select

from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.messages import keys
from bot.messages.templates import Template
from bot.messages.welcome_card import welcome_card
from bot.outbox.queue import TemplateArgs
from bot.unit_of_work import UnitOfWork

ONE_PAGE = 200
"""Members asked for; where there are more, nobody can tell who set the bot up."""


def welcome(uow: UnitOfWork, user_id: str) -> None:
    """Tell somebody what was installed and what to try; once, however often it is asked for."""
    key = keys.installed(user_id)
    if uow.find_message(key) is None:
        uow.upsert(key, Template.INSTALLED, {}, to=user_id)


def render_welcome(_uow: UnitOfWork, _sprint: None, _args: TemplateArgs) -> dict[str, Any]:
    """Put the first message into words."""
    return welcome_card()


def welcome_first(uow: UnitOfWork, user_id: str) -> None:
    """Welcome the first person of a workspace in which nobody was, and nothing was planned."""
    if is_new(uow):
        welcome(uow, user_id)


def is_new(uow: UnitOfWork) -> bool:
    """Return whether nobody was welcomed in this workspace and nothing was planned in it."""
    welcomed = select(OutboxItem.id).where(
        OutboxItem.team_id == uow.team_id, OutboxItem.key.startswith(keys.INSTALLED)
    )
    planned = select(Sprint.id).where(Sprint.team_id == uow.team_id)
    return not any(uow.session.scalar(each.limit(1)) for each in (planned, welcomed))


def only_administrator(client: WebClient) -> str | None:
    """Return the one administrator of a small workspace, who has set the bot up there.

    Slack does not say who installed an app whose token stands in the configuration. Where several
    people may have, the first to open the app's Home is welcomed instead.
    """
    answer = client.users_list(limit=ONE_PAGE)
    if (answer.get("response_metadata") or {}).get("next_cursor"):
        return None
    found = [
        str(member["id"])
        for member in answer.get("members") or []
        if (member.get("is_admin") or member.get("is_owner"))
        and not (member.get("is_bot") or member.get("deleted"))
    ]
    return found[0] if len(found) == 1 else None
