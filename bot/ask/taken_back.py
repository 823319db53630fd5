"""Blockers that somebody took back in an answer ("it never was one"): open on paper only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from bot.ask import lexicon
from bot.ask.slots import blockers_in
from bot.ask.wording import language_of
from bot.domain.record import Blocker, PromptAnswer, SprintRecord

_SENTENCE: Final = re.compile(r"(?<=[.!?;])\s+")


def taken_back(record: SprintRecord) -> Mapping[str, PromptAnswer]:
    """Return blocker → the answer in which somebody said that it is, or was, none."""
    found: dict[str, PromptAnswer] = {}
    for answer in record.answers:
        if blocker := _meant(answer, record):
            found[blocker.id] = answer
    return found


def _meant(answer: PromptAnswer, record: SprintRecord) -> Blocker | None:
    """Return the blocker that an answer takes back, by the sentence that does so, else by all."""
    said = [part for part in _SENTENCE.split(answer.text) if lexicon.tells_of("takes_back", part)]
    language = language_of(answer.text, "en")
    for text in (*said, answer.text) if said else ():
        named = blockers_in(text, record, language)[0]
        before = [b for b in named if b.raised_at <= answer.at]
        if before:
            return before[0]
    return None
