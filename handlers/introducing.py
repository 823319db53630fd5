"""Learning from Slack who somebody is, before they act or are chosen."""

from __future__ import annotations

from collections.abc import Iterable

from bot.outbox.operations import keep_person
from bot.sprints.people import is_known
from handlers.context import HandlerContext


def meet(ctx: HandlerContext, team_id: str, chosen: Iterable[str | None]) -> None:
    """Learn who was chosen before it is judged: Slack's pickers offer bots and former accounts."""
    for user_id in dict.fromkeys(filter(None, chosen)):
        introduce(ctx, team_id, user_id)


def introduce(ctx: HandlerContext, team_id: str, user_id: str) -> None:
    """Learn who somebody is before they act, so that a guest is not taken for a colleague."""
    somebody = team_id, user_id
    if ctx.known_people.has(*somebody):
        return
    with ctx.runtime.reading(team_id) as uow:
        if is_known(uow, user_id):
            ctx.known_people.keep(*somebody)
            return
    described = ctx.look_up(*somebody)
    if described:
        with ctx.runtime.uow(team_id) as uow:
            keep_person(uow.session, team_id, described)
