"""`hour48 ask`: a question about a sprint, answered from its story alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot.ask import Answer, Asking, ask
from bot.ask.slots import people_of
from bot.domain.errors import InputError
from bot.domain.record import SprintRecord
from bot.domain.verdict import verdict, what_if
from bot.playbook.figures import figures_of, phases_of, priors_of
from bot.playbook.loader import load_playbook
from bot.playbook.story_file import load_story
from hour48.texts import say

LONGEST: Final = 500
"""Characters of a question."""


def answer_story(
    story: Path,
    question: str,
    *,
    at: float | None,
    asker: str | None,
    playbook: Path | None,
    after: Sequence[str] = (),
) -> Answer:
    """Answer a question about a story.

    Args:
        story: the story's file.
        question: the question, as typed.
        at: the hour up to which the record is known; None for all of it.
        asker: who asks, as the story names them.
        playbook: a company's own playbook.
        after: the questions asked before it, which it may follow up.

    Raises:
        InputError: the file is no story, the hour is none of the sprint's, nothing is asked, or
            the story names nobody like `asker`.
    """
    if not any(map(str.isalnum, question)):
        raise InputError(say("question_put_quotes"), field="question")
    if len(question) > LONGEST:
        raise InputError(
            say("question_too_long", question=len(question), longest=LONGEST),
            field="question",
        )
    words = load_playbook(playbook)
    record = load_story(story, phases=phases_of(words)).record
    if at is not None and not 0 <= at <= record.length:
        raise InputError(say("hour_sprint_give", at=at, length=record.length), field="at")
    figures, priors = figures_of(words), priors_of(words)
    asking = Asking(
        record,
        judge=lambda known: verdict(known, figures=figures, priors=priors),
        try_fixes=lambda known, done: what_if(known, done, priors=priors),
        scenarios=words.scenario_titles,
        learnings=words.scenario_learnings,
    )
    named = _person(record, asker) if asker else None
    return ask(asking, question, at=at, asker=named, before=after)


def _person(record: SprintRecord, named: str) -> str:
    """Return somebody as the record names them, by their name or first name.

    Raises:
        InputError: the record names nobody so, or several.
    """
    known, wanted = people_of(record), named.strip().casefold()
    whole = [name for name in known if name.casefold() == wanted]
    found = whole or [name for name in known if name.casefold().split()[0] == wanted]
    if len(found) != 1:
        people = ", ".join(known)
        raise InputError(say("asker_unknown", named=named, people=people), field="as")
    return found[0]


def shown(answer: Answer) -> str:
    """Return an answer for a person to read."""
    facts = ", ".join(fact.name for fact in answer.facts)
    return f"{answer.text}\n  Facts: {facts}" if facts else answer.text
