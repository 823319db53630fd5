"""Learning from Slack who somebody is, before they act or are chosen."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from bot.outbox.operations import keep_person
from bot.sprints.people import is_known, language_of_person
from bot.texts import FALLBACK, languages
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


def language_of(ctx: HandlerContext, team_id: str, user_id: str) -> str:
    """Return the language that somebody reads; the workspace's where theirs is not known."""
    if len(languages()) == 1:
        return FALLBACK
    known = ctx.known_people.language(team_id, user_id)
    if known is None:
        try:
            introduce(ctx, team_id, user_id)
            with ctx.runtime.reading(team_id) as uow:
                known = language_of_person(uow, user_id)
        except SQLAlchemyError:  # the handler meets it too, and says so
            return ctx.runtime.language_of(team_id)
        ctx.known_people.keep(team_id, user_id, known)
    return known
