"""From a recipe to words: what is told about a sprint is written when it is sent.

A due minute of many sprints then writes a few rows each and no words, and what a busy channel gets
late tells what is so by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.db.models import OutboxItem, Sprint
from bot.debrief import report_files
from bot.deployments import announcements, digest_pictures
from bot.hourly import digests, pinned_card, prompts
from bot.outbox.queue import TemplateArgs
from bot.slack.blocks import Block
from bot.unit_of_work import Runtime, UnitOfWork

WRITERS: Final[dict[str, Callable[[UnitOfWork, Sprint, TemplateArgs], Block]]] = {
    "prompt": prompts.write_prompt,
    "folded_prompt": prompts.write_folded,
    "card": pinned_card.write_card,
    "digest": digests.write_digest,
    "sponsor_day": digests.write_sponsor_day,
    "deployment_checklist": announcements.write_checklist,
    "deployment_live": announcements.write_live,
    "deployment_picture": digest_pictures.write_picture,
    "report": report_files.write_report,
    "report_picture": report_files.write_picture,
}
"""Who puts a recipe into words, by its name."""


def in_words(runtime: Runtime, session: Session, item: OutboxItem) -> Mapping[str, Any]:
    """Return what a wish says now; one without a recipe says what its body says.

    Args:
        runtime: where it was wished for.
        session: an open session that `item` was read in, so that nothing newer than the item's
            version is missing from the words.
        item: the wish.
    """
    if item.recipe is None:
        return item.body
    uow = UnitOfWork(runtime, session, item.team_id, runtime.clock.now())
    sprint = session.get_one(Sprint, item.sprint_id)
    return WRITERS[str(item.recipe["name"])](uow, sprint, item.recipe)
