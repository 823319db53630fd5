"""From a recipe to words: what is told about a sprint is written when it is sent.

A due minute of many sprints then writes a few rows each and no words, and what a busy channel gets
late tells what is so by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.slack.blocks import Block
from bot.slack.outbox import Recipe
from bot.store.models import OutboxItem, Sprint
from bot.usecases import board, digests, prompts, reporting
from bot.usecases.house import House, Unit

WRITERS: Final[dict[str, Callable[[Unit, Sprint, Recipe], Block]]] = {
    "prompt": prompts.write_prompt,
    "folded_prompt": prompts.write_folded,
    "card": board.write_card,
    "digest": digests.write_digest,
    "sponsor_day": digests.write_sponsor_day,
    "report": reporting.write_report,
    "report_picture": reporting.write_picture,
}
"""Who puts a recipe into words, by its name."""


def in_words(house: House, session: Session, item: OutboxItem) -> Mapping[str, Any]:
    """Return what a wish says now; one without a recipe says what its body says.

    Args:
        house: where it was wished for.
        session: an open session that `item` was read in, so that nothing newer than the item's
            version is missing from the words.
        item: the wish.
    """
    if item.recipe is None:
        return item.body
    unit = Unit(house, session, item.team_id, house.clock.now())
    sprint = session.get_one(Sprint, item.sprint_id)
    return WRITERS[str(item.recipe["name"])](unit, sprint, item.recipe)
