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

from bot.domain.placeholders import plain_words, says_little, telling_words, without_title

_SPELLED: Final = re.compile(r"\b\w(?: \w\b)+")
"""Letters on their own, as of T.B.D. or n/a."""
_ROLE_WORDS: Final = """
abteilung admin admins agency ai anyone audit berater beraterin board boss bot business ceo cfo
chatgpt chef chefin chief cio ciso comité committee company compliance conseil consultant
contractor copilot corp cto data datenschutz datenschutzbeauftragte datenschutzbeauftragter
department departments dept desk devops dirección directeur direction director directora
directrice division doe dpo dsb einkauf engineer engineering engineers equipo everybody finance
fulano gerencia gerente geschäftsführer geschäftsführerin gmbh group groups gérant head helpdesk
hire hour48 hr inc it jefa jefe juridique jurídico lead leader legal leiter leiterin llc ltd
management manager marketing mustermann office officer operations ops owner owners privacy
procurement product projektleiter projektleiterin recht rechtsabteilung responsable risk root
sales security seguridad slack somebody someone squad stakeholder stakeholders support sécurité
tbd team teams unit units user users vendor vorstand équipe
"""
_NO_PERSON: Final = frozenset(_ROLE_WORDS.split())
"""Words that stand for a role, a group or a machine, and placeholders for names."""
_SEVERAL: Final = re.compile(r"[&/?]|\b(?:or|oder|ou|and|und)\b", re.IGNORECASE)
_ASKING: Final = re.compile(
    r"^(?:ask|see|check|frage?n?|siehe|voir|demander|preguntar)\b", re.IGNORECASE
)
_BESIDE: Final = re.compile(r"\(.*?\)|(?<=\w\s)(\w+),.*$")
"""What stands behind a name: a role in brackets, or after a comma where two names came before."""
_MAILBOX: Final = re.compile(r"^(?P<name>[\w.+-]+)@[\w-]+(\.[\w-]+)+$")
_ROLES: Final = re.compile(r"^(info|contact|help|hello|mail|no-?reply|noreply)\b", re.IGNORECASE)
_LINK: Final = re.compile(
    r"^https?://(?P<host>[^\s/.:]+(?:\.[^\s/.:]+)*)(?::\d+)?(?P<path>/\S*)?$", re.IGNORECASE
)
_FILE: Final = re.compile(
    r"^(?:[A-Za-z]:)?[^\s:*?\"<>|][^:*?\"<>|\n]*\.(?:pdf|docx?|odt|rtf|pages|txt|md|rst|adoc|tex|html?|xml"
    r"|xlsx?|xlsm|ods|csv|numbers|pptx?|odp|key|json|ya?ml|toml|ipynb|py|sql|png|jpe?g|tiff?|svg|drawio|vsdx"
    r"|eml|msg|zip|asc|sig|p7m|log)$",
    re.IGNORECASE,
)
_NOWHERE: Final = frozenset(
    {"asdf", "dummy", "fixme", "foo", "lorem", "placeholder", "qwerty"}
    | {"tba", "tbc", "tbd", "todo", "xx", "xxx", "xxxx"}
)
"""Parts of a link or a file's name that stand where a place should."""
_RESERVED: Final = re.compile(r"^(?:www\.)?(?:example|test)\.(?:com|org|net|test)$", re.IGNORECASE)
_RECORD: Final = re.compile(r"^(approval|deployment|evidence) \d+$")
OLD_DAYS: Final = 365
SHORTEST_WORDS: Final = 8


class AcceptanceGap(StrEnum):
    """Why an answer is no evidence."""

    EMPTY = "empty"
    PLACEHOLDER = "placeholder"
    NO_PERSON = "no_person"
    NOT_A_PERSON = "not_a_person"
    ONE_NAME = "one_name"
    NO_DATE = "no_date"
    FUTURE = "future"
    NO_PROOF = "no_proof"
    NO_FILE = "no_file"
    OFF_SUBJECT = "off_subject"
    REPEATS = "repeats"


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
    plain = _SPELLED.sub(lambda found: found.group().replace(" ", ""), " ".join(plain_words(text)))
    return telling_words(plain) == 0


def is_too_little(says: str) -> bool:
    """Return whether words do not say what was accepted."""
    return len(says) < SHORTEST_WORDS or says_little(says)


def is_person(text: str) -> bool:
    """Return whether a name can be one person's: no department, no role, no shared mailbox."""
    name = text.strip().lstrip("@")
    mailbox = _MAILBOX.match(name)
    if mailbox:
        roles = re.split(r"[.+_-]", mailbox["name"].casefold())
        return not _ROLES.match(name) and not _NO_PERSON & {*roles}
    if _SEVERAL.search(name) or _ASKING.match(name):
        return False
    words = plain_words(_BESIDE.sub(r"\1", name))
    return (
        0 < len(words) <= 6 and not _NO_PERSON & {*words} and telling_words(without_title(name)) > 0
    )


def is_one_name(text: str) -> bool:
    """Return whether a name is a first or a last name alone, which may be several people's.

    A title, an account (`@dee`, a mailbox) or a script that writes names in one word tells whose.
    """
    name = text.strip()
    if name.startswith("@") or _MAILBOX.match(name) or without_title(name) != name:
        return False
    word = re.fullmatch(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", name)
    return word is not None and name.lower() != name.upper()


def is_file_name(proof: str) -> bool:
    """Return whether a proof is a file's path or name."""
    return _FILE.match(proof.strip()) is not None and _LINK.match(proof.strip()) is None


def is_proof(text: str) -> bool:
    """Return whether text is a link, a document's name, or a record of the sprint by its number."""
    link = _LINK.match(text.strip())
    places = re.split(r"[/.?#&=_\s-]+", (link["path"] or "") if link else text.strip())
    if _NOWHERE & {place.casefold() for place in places}:
        return False
    if link:  # a host of one word is nobody's page, unless something on it is named
        if _RESERVED.match(link["host"]):
            return False
        return "." in link["host"] or len(link["path"] or "") > 1
    return any(form.match(text.strip()) for form in (_FILE, _RECORD))


def is_record(proof: str) -> bool:
    """Return whether a proof is a record of the sprint, by its number."""
    return _RECORD.match(proof) is not None


def gap_of(given: Acceptance, today: date, *, needs_words: bool) -> AcceptanceGap | None:
    """Return why an answer is no evidence; None when it is.

    Args:
        given: the answer.
        today: an acceptance can't be of a day to come.
        needs_words: whether it must say something beside who accepted.
    """
    if given == Acceptance():
        return AcceptanceGap.EMPTY
    if any(text and is_placeholder(text) for text in (given.who, given.says)):
        return AcceptanceGap.PLACEHOLDER
    decided = is_record(given.proof)  # what was asked there may be as short as a title
    if needs_words and not (decided and given.says) and is_too_little(given.says):
        return AcceptanceGap.PLACEHOLDER if given.says else AcceptanceGap.EMPTY
    if given.who and not is_person(given.who):
        return AcceptanceGap.NOT_A_PERSON
    if not decided and is_one_name(given.who):
        return AcceptanceGap.ONE_NAME
    checks = (
        (not given.who, AcceptanceGap.NO_PERSON),
        (given.on is None, AcceptanceGap.NO_DATE),
        (given.on is not None and given.on > today, AcceptanceGap.FUTURE),
        (not is_proof(given.proof), AcceptanceGap.NO_PROOF),
    )
    return next((gap for holds, gap in checks if holds), None)
