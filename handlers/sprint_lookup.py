"""Finds the sprint a command is about: named, else the channel's, else the person's only one."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from sqlalchemy import select

from bot.db.models import Sprint
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.forms import FieldRule
from bot.messages.catalog import say, say_plain
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.slack.text import clip
from bot.sprints.people import may_see
from bot.sprints.selection import OF_CHANNEL, SeveralSprintsError, sprint_here, sprints_that_take
from bot.unit_of_work import UnitOfWork
from handlers.context import Handler, HandlerContext
from handlers.payload import row_number
from handlers.request import Answer, Request, Say
from handlers.typed_text import Packed, typed_text

_LINK: Final = re.compile(r"<#([A-Z0-9]+)(?:\|[^>]*)?>")
_NUMBER: Final = re.compile(r"(?<!\S)#(\d{1,9})(?!\S)")
_LEADING: Final = re.compile(r"\s*(?:<#(?P<link>[A-Z0-9]+)(?:\|[^>]*)?>|#(?P<id>\d{1,9}))(?!\S)")
_ALONE: Final = re.compile(r"\s*(\d{1,9})\s*")
MOST_OFFERED: Final = 10
MOST_REPEATED: Final = 60
SPRINT: Final = FieldRule("sprint", "blocker.unknown_choice")


def sprint_meant(uow: UnitOfWork, request: Request) -> Sprint:
    """Return the sprint that a request is about; see `sprint_here`.

    Raises:
        SeveralSprintsError: it could be several.
        InputError: there is none, or none that they may see.
    """
    if request.sprint_id is None:
        return sprint_here(uow, request.channel_id, request.user_id)
    sprint = uow.sprint(request.sprint_id)
    if not may_see(uow, request.user_id, sprint, request.channel_id):
        raise InputError(say_plain("sprint.unknown_number", number=request.sprint_id))
    return sprint


def sprints_offered(
    ctx: HandlerContext, request: Request, action: Action, sprint_id: int | None
) -> tuple[int | None, list[tuple[str, str]]]:
    """Return the sprint that a form is for, else those that the form lets choose from.

    Args:
        ctx: what handlers share.
        request: the command, press or shortcut that opens it.
        action: what the form does.
        sprint_id: the sprint; None finds it by the channel.
    """
    sprints = sprints_that_take(
        ctx.reading, request.user_id, request.channel_id, action, sprint_id or request.sprint_id
    )
    if len(sprints) == 1:
        return sprints[0].id, []
    return None, [(str(each.id), each.title) for each in sprints]


def sprint_chosen(request: Request, facts: Packed) -> int:
    """Return the sprint that a submitted form is for.

    Raises:
        FormError: none was chosen.
    """
    return SPRINT.checked(facts.number("sprint") or row_number(request.form.choice("sprint")))


def with_sprint(ctx: HandlerContext, request: Request, *, alone: bool) -> Request:
    """Take the sprint out of what was typed: `#2`, a channel's link, or where it fits a number.

    Args:
        ctx: what handlers share.
        request: the command, without its word.
        alone: whether a number that stands alone names a sprint, since it can mean nothing else.

    Raises:
        InputError: the link is to a channel of no sprint.
    """
    link, number = _LINK.search(request.text), _NUMBER.search(request.text)
    if link is not None:
        uow = ctx.reading
        asked = {"team_id": request.team_id, "channel_id": link[1]}
        found = uow.session.scalars(OF_CHANNEL, asked).one_or_none()
        if found is None or not may_see(uow, request.user_id, found, request.channel_id):
            raise InputError(say_plain("sprint.no_sprints_channel"))
        return _named(request, link, found.id)
    if number is not None:
        return _named(request, number, int(number[1]))
    bare = _ALONE.fullmatch(request.text) if alone else None
    return _named(request, bare, int(bare[1])) if bare else request


def in_sprint(handler: Handler) -> Handler:
    """Let a command begin with the sprint that it is about, and offer those that it could be.

    Only the first word counts, and only if there is such a sprint: a blocker's own words may hold
    `#4711` or the link to a channel.
    """

    def on_command(ctx: HandlerContext, request: Request) -> Answer:
        try:
            return handler(ctx, _leading_sprint(ctx, request))
        except SeveralSprintsError as several:
            ctx.undo()
            return ask_which(request, several)

    return on_command


def _leading_sprint(ctx: HandlerContext, request: Request) -> Request:
    if request.sprint_id is not None:  # chosen with a button
        return request
    found = _LEADING.match(request.text)
    if found is None:
        return request
    named = Sprint.channel_id == found["link"] if found["link"] else Sprint.id == int(found["id"])
    uow = ctx.reading
    sprint = uow.session.scalars(
        select(Sprint).where(Sprint.team_id == request.team_id, named)
    ).one_or_none()
    if sprint is None or not may_see(uow, request.user_id, sprint, request.channel_id):
        return request
    return replace(request, text=request.text[found.end() :].strip(), sprint_id=sprint.id)


def _named(request: Request, found: re.Match[str], sprint_id: int) -> Request:
    rest = f"{request.text[: found.start()]} {request.text[found.end() :]}"
    return replace(request, text=" ".join(rest.split()), sprint_id=sprint_id)


def ask_which(request: Request, several: SeveralSprintsError) -> Say:
    """Offer the sprints that a command can be about, a button each."""
    typed = typed_text(request.text).replace("`", "")
    words = say("sprint.which", command=clip(f"{request.command} {typed}".strip(), MOST_REPEATED))
    buttons = [
        blocks.button(
            say_plain("sprint.which_button", number=number, title=title),
            f"{Act.SPRINT_CHOOSE}:{number}",
            f"{number}:{request.command} {request.text}",
        )
        for number, title in several.titles[:MOST_OFFERED]
    ]
    return Say(blocks.message(words, [blocks.section(words), blocks.actions(buttons)]))
