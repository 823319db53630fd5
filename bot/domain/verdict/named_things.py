"""What a blocker names in its own words: the thing it is about, and who holds it.

A proposal says "read access to the billing replica" where the blocker spoke of the billing replica.
A noun that one can point at is looked for, and the words before it that say which one.
"""

from __future__ import annotations

import re
from typing import Final

MOST_WORDS: Final = 3
"""Words before the noun that may belong to it: "customer data warehouse tables"."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SYSTEMS: Final = _words("""
api apis app application backend broker bucket bus catalog catalogue checkout cluster core
credentials crm cube dashboard data database databases dataset datasets endpoint endpoints
engine environment erp export exports feed feeds file files firewall frontend gateway gpu
gpus historian history intranet journal lake ledger libraries library log logs machine
machines mainframe microservices middleware network notebook notebooks package packages page
pipeline platform portal production queue readings records registry replica replicas
repository sandbox scheduler sensors server servers service services shop site software
spreadsheet spreadsheets storage system systems table tables tenant terminal transactions
warehouse website widget workflow
""")
_DATA: Final = _words("""
data database databases dataset datasets export exports feed feeds file files historian
history lake ledger log logs readings records spreadsheet spreadsheets table tables
transactions warehouse
""")
"""Systems and papers that can be loaded into a table."""
_PAPERS: Final = _words("""
agreement assessment audit budget certificate certification checklist clearance contract
dpia exemption form invoice licence license order paper paperwork pentest permission permit
policy questionnaire request review roadmap rota rule rules runbook signature study test
ticket tickets validation waiver
""")
_PARTIES: Final = _words("""
architects auditors board boards committee committees council counsel department departments
desk directors forum function helpdesk lawyers legal managers office officer officers
operations owners panel procurement security supplier team teams union unit vendor
""")
_PEOPLE: Final = _words("""
analyst analysts engineer engineers owner owners people quality scientist scientists steward
stewards
""")
_FUNCTIONS: Final = _words("""
counsel legal management operations procurement security
""")
_STOPS: Final = _words("""
a about access add adding after again against all already an and any anybody anyone are as
at be because been before behind being between both but by can cannot come comes could
despite did do does during each either else every everybody everyone few for from gave get
gets give gives goes got had has have he hold holds if in inside into is it its itself just
keeps know knows lets like live lives made make makes many may me meets might more most must
my need needs neither never new no nobody none nor not nothing of off on once one only onto
or other our out over own owns per put read run runs said same say says see sees send sends
several she should sign signed signs since sits so some somebody someone stand stands still
such take takes than that the their them then there these they this those through till to
too under unless until up us use used uses via wait waiting waits want wants was we were
what when where whether which while who whom whose why will with within without would write
writes yet you your
""")
_TOO_BARE: Final = _words("""
app budget core data desk history machine machines management order owners paper production
records service services shop site software system systems team teams unit
""")
"""Nouns that say nothing without the word before them."""
_COUNTS: Final = _words("""
dozens eight five four nine seven six ten three two
""")
_NO_NAMES: Final = _words("""
AI April August CAB CCPA CEO CFO CIO CISO CTO Christmas Compliance DBA DORA DPIA DPO
December EU Easter Engineering European FAQ FDA February Finance Friday GDPR HIPAA HR IT
January July June KPI Legal ML March Marketing May Monday November OK October PII Privacy
Procurement Product Risk SLA SOX Security September Thursday Tuesday UK US Wednesday
""")
_KEPT: Final = _words("""
azure databricks java oracle python snowflake windows
""")
"""Names that begin a phrase with a capital although they are one plain word."""
_WORD: Final = re.compile(r"[\w&/'+-]+|[^\w\s]")
_NAME: Final = re.compile(r"(?:[A-Z][a-z]+[A-Z]\w*|[A-Z]{2,}[\w-]*|[A-Z][a-z]{2,})")


def thing_named(title: str) -> str | None:
    """Return the system a title names, with its article: "the billing replica"."""
    words = _WORD.findall(title)
    return _phrase(words, _SYSTEMS) or _proper_name(words)


def data_named(title: str) -> str | None:
    """Return the data that a title names: "the sensor readings"."""
    return _phrase(_WORD.findall(title), _DATA)


def paper_named(title: str) -> str | None:
    """Return the paper or undertaking a title names: "the validation study"."""
    return _phrase(_WORD.findall(title), _PAPERS)


def party_named(title: str) -> str | None:
    """Return the body that a title says it waits for: "the architecture board"."""
    return _phrase(_WORD.findall(title), _PARTIES)


def with_article(name: str) -> str:
    """Return a name as it stands inside a sentence."""
    first = name.split(maxsplit=1)[0].lower() if name.strip() else ""
    if first in {"the", "a", "an", *_COUNTS, *_FUNCTIONS} or name[:1].isupper():
        return name
    return f"the {name}"


def _phrase(words: list[str], nouns: frozenset[str]) -> str | None:
    """Return the first noun that has words before it which say which one; else the first noun."""
    bare = None
    for at, word in enumerate(words):
        if word.lower() not in nouns or _goes_on(words, at, nouns):
            continue
        before = _before(words, at)
        if before:
            return _told([*before, word])
        if word.lower() not in _TOO_BARE:
            bare = bare or _told([word])
    return bare


def _goes_on(words: list[str], at: int, nouns: frozenset[str]) -> bool:
    """Whether the name goes on: "data" in "data warehouse", "review" in "review board"."""
    return at + 1 < len(words) and words[at + 1].lower() in nouns | _PARTIES | _PEOPLE


def _before(words: list[str], at: int) -> list[str]:
    if words[at].lower() in _FUNCTIONS:
        return []
    found: list[str] = []
    for word in reversed(words[max(0, at - MOST_WORDS) : at]):
        if word.lower() in _STOPS or not word[0].isalnum() or word.lower().endswith(("ly", "n't")):
            break
        found.insert(0, word)
    return found


def _told(words: list[str]) -> str:
    first = words[0]
    is_plain_word = first[1:].islower() or len(first) == 1
    lowered = first.lower() if is_plain_word and first.lower() not in _KEPT else first
    told = " ".join([lowered, *words[1:]])
    is_function = len(words) == 1 and lowered in _FUNCTIONS
    return told if is_function or lowered in _COUNTS or lowered.isdigit() else f"the {told}"


def _proper_name(words: list[str]) -> str | None:
    inner = (word for word in words[1:] if _NAME.fullmatch(word) and word not in _NO_NAMES)
    return next(inner, None)
