"""What the agent surface suggests to ask, by where somebody stands."""

from __future__ import annotations

from typing import Final

from bot.db.models import Sprint
from bot.domain.enums import LIVE
from bot.messages.catalog import say_plain
from bot.sprints.people import may_see
from bot.sprints.selection import possible_sprints
from bot.unit_of_work import UnitOfWork

IN_SPRINT: Final = ("blocked", "needed", "next", "missed")
IN_DEBRIEF: Final = ("forecast", "blocked", "missed", "help")
ELSEWHERE: Final = ("help",)
"""Names of the suggestions; Slack shows four at most."""


def suggested_prompts(
    uow: UnitOfWork, user_id: str, viewed: str | None
) -> tuple[str, list[dict[str, str]]]:
    """Return the title and the suggestions for somebody who opens the bot's messages.

    Args:
        uow: the open unit.
        user_id: who opens them.
        viewed: the channel they have before them, if Slack says so.
    """
    sprint = sprint_in_view(uow, user_id, viewed)
    names: tuple[str, ...] = ELSEWHERE
    if sprint is not None and sprint.status in LIVE:
        names = IN_SPRINT if sprint.ended_at is None else IN_DEBRIEF
    title = say_plain("listening.prompts_title") if sprint is None else sprint.title
    return title, [_suggestion(name) for name in names]


def sprint_in_view(uow: UnitOfWork, user_id: str, viewed: str | None) -> Sprint | None:
    """Return the sprint that somebody means without saying so; None for none, or for several."""
    found = possible_sprints(uow, viewed, user_id)
    seen = [sprint for sprint in found if may_see(uow, user_id, sprint)]
    return seen[0] if len(seen) == 1 else None


def _suggestion(name: str) -> dict[str, str]:
    title = say_plain(f"listening.prompt_{name}")
    message = say_plain("listening.prompt_missed_text") if name == "missed" else title
    return {"title": title, "message": message}
