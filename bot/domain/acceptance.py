"""What counts as evidence: a named person's acceptance, with a date and a link or file.

Pure: the probe, its configuration and Slack's form refuse the same placeholders.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from bot.domain.placeholders import puts_off

_EMPTY: Final = frozenset(
    {
        *("tbd", "tba", "tbc", "todo", "to do", "later", "pending", "open", "wip", "fixme", "soon"),
        *(
            "na",
            "n a",
            "none",
            "no",
            "non",
            "nein",
            "nope",
            "not yet",
            "unknown",
            "unclear",
            "null",
        ),
        *("nil", "nobody", "no one", "noone", "nothing", "niemand", "keine", "keiner", "personne"),
        *("nadie", "ninguno", "ninguna", "aucun", "aucune", "offen", "unbekannt", "por definir"),
        *(
            "someone",
            "somebody",
            "anyone",
            "everyone",
            "us",
            "we",
            "me",
            "them",
            "yes",
            "ok",
            "okay",
        ),
        *(
            "test",
            "asdf",
            "qwerty",
            "foo",
            "bar",
            "xxx",
            "abc",
            "placeholder",
            "lorem ipsum",
            "same",
        ),
        *("see above", "as above", "as discussed", "in progress", "coming soon", "dont know"),
        *("to be defined", "to be decided", "to be determined", "to be confirmed", "to be done"),
        *(
            "not applicable",
            "not decided",
            "not available",
            "john doe",
            "jane doe",
            "max mustermann",
        ),
        *(
            "i dont know",
            "idk",
            "ask later",
            "whoever",
            "whatever",
            "n y d",
            "à définir",
            "noch offen",
        ),
    }
)
_STARTS: Final = re.compile(
    r"^(tbd|tba|tbc|todo|to be (?:decided|defined|determined|confirmed))\b|"
    r"^(?:none|nobody|nothing|no|not)(?: \w+)? yet$"
)
_SPELLED: Final = re.compile(r"\b\w(?: \w\b)+")
"""Letters on their own, as of T.B.D. or n/a."""
_GROUPS: Final = re.compile(
    r"\b(teams?|departments?|dept|groups?|committees?|boards?|office|division|units?|squad|"
    r"helpdesk|help desk|service desk|operations|ops|devops|management|abteilung|équipe|equipo|"
    r"vendor|contractor|company|stakeholders?|owners?|users?|engineers|admins?|everybody)\b",
    re.IGNORECASE,
)
_FUNCTIONS: Final = frozenset(
    {
        *(
            "it",
            "hr",
            "legal",
            "security",
            "privacy",
            "compliance",
            "finance",
            "marketing",
            "sales",
        ),
        *("data", "engineering", "business", "product", "risk", "audit", "procurement", "support"),
        *("data science", "data engineering", "information security", "human resources", "cto"),
        *("ciso", "dpo", "ceo", "cfo", "cio", "boss", "manager", "the ciso", "the dpo", "the cto"),
    }
)
_MAILBOX: Final = re.compile(r"^(?P<name>[\w.+-]+)@[\w-]+(\.[\w-]+)+$")
_ROLES: Final = re.compile(
    r"^(info|team|support|security|privacy|legal|it|admin|help|hello|contact|no-?reply|office|ops)\b",
    re.IGNORECASE,
)
_LINK: Final = re.compile(r"^https?://[^\s/.]+(\.[^\s/.]+)*(:\d+)?(/\S*)?$", re.IGNORECASE)
_FILE: Final = re.compile(r"^[^\s:*?\"<>|][^:*?\"<>|\n]*\.[A-Za-z0-9]{1,8}$")
_RECORD: Final = re.compile(r"^(approval|deployment|evidence) \d+$")
OLD_DAYS: Final = 365
SHORTEST_WORDS: Final = 8


class AcceptanceGap(StrEnum):
    """Why an answer is no evidence."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    NO_PERSON = "no_person"
    NOT_A_PERSON = "not_a_person"
    NO_DATE = "no_date"
    FUTURE = "future"
    NO_PROOF = "no_proof"


@dataclass(frozen=True, slots=True)
class Acceptance:
    """One answer.

    Args:
        says: what was accepted, in words; an owner needs none.
        who: the person, by name.
        on: the day.
        proof: a link, a file's path, or a record of the sprint: `approval N`, `deployment N`.
    """

    says: str = ""
    who: str = ""
    on: date | None = None
    proof: str = ""


def read_acceptance(raw: Any) -> Acceptance:
    """Return an answer in any of the forms it is written in; bare words are what it says."""
    if isinstance(raw, Mapping):
        fields = {str(key): value for key, value in raw.items()}
        return Acceptance(
            _text(fields.get("says")),
            _text(fields.get("who")),
            _day(fields.get("on")),
            _text(fields.get("proof")),
        )
    return Acceptance(says=_text(raw))


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if isinstance(value, str | int | float) else ""


def _day(value: Any) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        return None


def is_placeholder(text: str) -> bool:
    """Return whether words stand where an answer should: TBD, ?, nobody, no, n/a and the like."""
    plain = " ".join(re.sub(r"[^\w\s]|_", " ", re.sub("['’]", "", text).casefold()).split())
    plain = _SPELLED.sub(lambda found: found.group().replace(" ", ""), plain)
    if len(plain) < 2 or plain in _EMPTY or _STARTS.match(plain) or puts_off(plain):
        return True
    return len(set(plain.replace(" ", ""))) == 1


def is_person(text: str) -> bool:
    """Return whether a name can be one person's: no department, no role, no shared mailbox."""
    name = text.strip().lstrip("@")
    if is_placeholder(name) or name.casefold() in _FUNCTIONS:
        return False
    mailbox = _MAILBOX.match(name)
    if mailbox:
        return not _ROLES.match(mailbox["name"])
    words = [word for word in re.split(r"[\s,]+", name) if word]
    has_letters = sum(letter.isalpha() for letter in name) >= 2
    return has_letters and len(words) <= 6 and not _GROUPS.search(name)


def is_proof(text: str) -> bool:
    """Return whether text is a link, a file's name, or a record of the sprint by its number."""
    return any(form.match(text.strip()) for form in (_LINK, _FILE, _RECORD))


def gap_of(given: Acceptance, today: date, *, needs_words: bool) -> AcceptanceGap | None:
    """Return why an answer is no evidence; None when it is.

    Args:
        given: the answer.
        today: an acceptance can't be of a day to come.
        needs_words: whether it must say something beside who accepted.
    """
    if given == Acceptance():
        return AcceptanceGap.EMPTY
    texts = [given.who, *([given.says] if needs_words or given.says else [])]
    if any(text and is_placeholder(text) for text in texts):
        return AcceptanceGap.PLACEHOLDER
    if needs_words and len(given.says) < SHORTEST_WORDS:
        return AcceptanceGap.PLACEHOLDER if given.says else AcceptanceGap.EMPTY
    if given.who and not is_person(given.who):
        return AcceptanceGap.NOT_A_PERSON
    checks = (
        (not given.who, AcceptanceGap.NO_PERSON),
        (given.on is None, AcceptanceGap.NO_DATE),
        (given.on is not None and given.on > today, AcceptanceGap.FUTURE),
        (not is_proof(given.proof), AcceptanceGap.NO_PROOF),
    )
    return next((gap for holds, gap in checks if holds), None)
