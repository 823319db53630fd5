"""Learning from Slack who somebody is, before they act or are chosen."""

from __future__ import annotations

from bot.outbox.operations import keep_person
from bot.sprints.people import is_known
from handlers.context import HandlerContext


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
