"""What was answered about a cause since it came up: an item quotes it beside what it asks."""

from __future__ import annotations

from typing import Final

from bot.domain.record import Approval, PromptAnswer, SprintRecord
from bot.domain.verdict import texts, wording
from bot.domain.verdict.absences import names
from bot.domain.verdict.model import Cause
from bot.domain.vocabulary import Decision
from bot.reading.meaning import nearness

_ABOUT: Final = 0.4
"""From this nearness in meaning an answer is about what a title says."""
_LONGEST: Final = 160
"""Characters of an answer that an item quotes."""


def said_since(cause: Cause, asked: Approval | None, record: SprintRecord) -> PromptAnswer | None:
    """Return the last answer that tells of a cause since it came up, None where none does.

    Args:
        cause: what is in the way.
        asked: the request that it is about, if it is: an answer then names whom it asks.
        record: the sprint.
    """
    later = sorted(record.answers, key=lambda each: (each.at, each.id), reverse=True)
    return next((each for each in later if _tells_of(each, cause, asked)), None)


def _tells_of(answer: PromptAnswer, cause: Cause, asked: Approval | None) -> bool:
    if asked is not None:
        said_no = asked.decided_at if asked.decision is Decision.REJECTED else None
        return answer.at > (said_no or asked.requested_at) and names(answer.text, asked.approver)
    return answer.at > cause.at and nearness(answer.text, [cause.title])[0] >= _ABOUT


def quoted_answer(answer: PromptAnswer) -> str:
    """Return the sentence in which an item quotes an answer."""
    words = wording.quoted(answer.text, _LONGEST)
    return texts.say("said_since", who=answer.by, hour=f"{answer.at:.0f}", words=words)
