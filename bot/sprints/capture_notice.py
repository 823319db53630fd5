"""The announcement that messages of a sprint's channel are read for blockers, or no more."""

from __future__ import annotations

from bot.db.models import Sprint
from bot.messages import keys
from bot.messages.templates import Template
from bot.sprints.card_threads import text_args
from bot.unit_of_work import UnitOfWork


def announce_capture(uow: UnitOfWork, sprint: Sprint, actor_id: str) -> None:
    """Tell the channel whether quiet capture is on, and who switched it."""
    line = text_args("listening.announced", on=sprint.quiet_capture, who=uow.name(actor_id))
    uow.upsert(keys.capture(sprint.id, uow.now), Template.LINE, line, sprint_id=sprint.id)
