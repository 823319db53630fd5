"""`/blocker resolve 1` and its like: the verb, the number, and the blocker that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from rapidfuzz import fuzz, process
from sqlalchemy import func, select

from bot.db.models import Blocker
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.messages.catalog import say, say_plain
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork
from handlers.request import Request
from handlers.sprint_lookup import sprint_meant


class Verb(StrEnum):
    """What can be done to a blocker by its number."""

    RESOLVE = "resolve"
    WORK_AROUND = "workaround"
    STILL = "still"
    REOPEN = "reopen"
    EDIT = "edit"
    WITHDRAW = "withdraw"
    SHOW = "show"


WORDS: Final[dict[str, Verb]] = {
    **dict.fromkeys(
        ("resolve", "resolved", "done", "close", "closed", "fix", "fixed"), Verb.RESOLVE
    ),
    **dict.fromkeys(("workaround", "bypass"), Verb.WORK_AROUND),
    "still": Verb.STILL,
    **dict.fromkeys(("reopen", "open"), Verb.REOPEN),
    **dict.fromkeys(("edit", "change"), Verb.EDIT),
    **dict.fromkeys(("withdraw", "delete", "remove", "undo"), Verb.WITHDRAW),
    "show": Verb.SHOW,
}
"""Every word that stands for a verb."""

_NUMBER: Final = r"(?:blocker\s*)?\#?\s*(\d{1,9})"
_NUMBER_ALONE: Final = re.compile(_NUMBER, re.IGNORECASE)
_COMMAND: Final = re.compile(
    rf"(?P<word>[a-z]+)(?:\s+with\b)?\s*{_NUMBER}(?P<more>(?:(?:\s*[,&+]\s*|\s+and\s+|\s+){_NUMBER})*)"
    r"(?:\s*[,;:!.](?!\d).*|\s+(?:please|thanks)\W*)?",
    re.IGNORECASE | re.DOTALL,
)
"""A comment may follow after a punctuation mark; "fix 3 broken joins" is a blocker's own words."""
NEAR_ENOUGH: Final = 70
"""From this likeness on a word is taken for a mistyped command."""
_NUMBER_FIRST: Final = re.compile(rf"{_NUMBER}\s+(?:is\s+)?(?P<word>[a-z]+)[!.]*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BlockerCommand:
    """A verb, and the number of the blocker it is for; None when no number was typed."""

    verb: Verb
    number: int | None


def read_verb(words: str) -> BlockerCommand | None:
    """Return the command that `words` are; None when they describe a blocker.

    Raises:
        InputError: they name several blockers at once.
    """
    alone = WORDS.get(words.casefold().rstrip("!.? "))
    if alone is not None:
        return BlockerCommand(alone, None)
    if bare := _NUMBER_ALONE.fullmatch(words):
        return BlockerCommand(Verb.SHOW, int(bare[1]))
    found = _COMMAND.fullmatch(words)
    turned = _NUMBER_FIRST.fullmatch(words)
    verb = WORDS.get(each["word"].casefold()) if (each := found or turned) else None
    if verb is None:
        return None
    if found is None:
        return BlockerCommand(verb, int(turned[1])) if turned else None
    if found["more"]:
        raise InputError(say("blocker.verb_one", verb=verb, number=found[2]))
    return BlockerCommand(verb, int(found[2]))


def nearest_command(words: str, subcommands: Iterable[str]) -> str | None:
    """Return the command that mistyped words stand for, with its number if one was typed; or None.

    Args:
        words: what was typed, and is no command.
        subcommands: words that stand alone, such as `list`.
    """
    if words.isascii() and words.isalpha():
        return _near(words, (*subcommands, *Verb))
    found = _COMMAND.fullmatch(words) or _NUMBER_FIRST.fullmatch(words)
    verb = _near(found["word"], WORDS) if found else None
    return f"{WORDS[verb]} {re.findall(r'[0-9]+', words)[0]}" if verb else None


def _near(word: str, known: Iterable[str]) -> str | None:
    candidates = [each for each in known if len(each) > 1]
    found = process.extractOne(
        word.casefold(), candidates, scorer=fuzz.ratio, score_cutoff=NEAR_ENOUGH
    )
    return found[0] if found else None


def blocker_meant(uow: UnitOfWork, request: Request, command: BlockerCommand) -> Blocker:
    """Return the blocker of a number in the sprint that somebody is in.

    Raises:
        InputError: there is none of that number, or no number; says which there are.
    """
    sprint = sprint_meant(uow, request)
    require(uow, request.user_id, Action.READ, sprint)
    of_sprint = Blocker.sprint_id == sprint.id
    found = uow.session.scalar(
        select(Blocker).where(of_sprint, Blocker.number == (command.number or 0))
    )
    if found is not None:
        return found
    last = uow.session.scalar(select(func.max(Blocker.number)).where(of_sprint)) or 0
    key = "blocker.verb_which" if command.number is None else "blocker.verb_none"
    raise InputError(
        say_plain(key, verb=command.verb, number=command.number, title=sprint.title, last=last)
    )
