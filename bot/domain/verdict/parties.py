"""The body that a blocker says it waits for, in its own words: "the architecture board"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from bot.domain.verdict.texts import say
from bot.reading.lexicon import any_of
from bot.reading.parties import waits_for

MOST_WORDS: Final = 3
"""Words before the noun that may belong to it: "customer data warehouse tables"."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_PARTIES: Final = _words("""
agency architects auditors authority board boards committee committees contractor council counsel
department departments desk directors forum function helpdesk hoster insurer integrator lawyers
legal managers manufacturer ministry office officer officers operations owners panel procurement
security supplier team teams trustees union unit vendor
""")
_PEOPLE: Final = _words("""
analyst analysts engineer engineers owner owners people quality scientist scientists steward
stewards
""")
_FUNCTIONS: Final = _words("""
counsel legal management operations procurement security
""")
_STOPS: Final = _words("""
a about access add adding after again against all already an and another any anybody anyone are as
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
_FOREIGN_ARTICLES: Final = frozenset({"el", "la", "las", "le", "les", "los"})
_COUNTS: Final = _words("""
both dozens eight five four nine seven six ten three two
""")
_WORD: Final = re.compile(r"[\w&/'+-]+|[^\w\s]")


_OF_A_THING: Final = _words("""
agreement api app application basis budget clause contract data database databases desk email
export feed figures file files form interface key laptop licence list login mail network portal
process queue record records report review reviews rights software sheet system systems table
tables ticket tickets tool website
""")
"""After one of these the body only says which thing is meant: "the operations database"."""


def party_named(title: str) -> str | None:
    """Return the body that a title says it waits for: "the architecture board"."""
    if _UNCLEAR.search(title):
        return None
    asked = without_bystanders(title).replace("’", "'")
    return _signer(asked) or _subject(asked) or _phrase(_WORD.findall(asked), _PARTIES)


_SUBJECT: Final = re.compile(
    r"^(?:the |our |der |die |das |unsere? )?(?P<who>[\w'/-]+(?: [\w'/-]+){0,2}?)"
    r"(?: (?:still|just|simply|don't|doesn't|do not|does not))? "
    r"(?:(?:wants?|insists?|refuses?(?! to (?:own|answer))|demands?|says? they)\b|"
    r"(?:signs?|approves?|releases?|grants?|allows?|decides?) (?:no|nothing|none|only)\b|"
    r"(?P<german>(?:will|wollen|möchten?|lehnt|lehnen|weigert|weigern) "
    r"[^,;.]{0,40}\b(?:nicht|kein\w*|ab|sich)\b)|"
    r"(?:have|has|need|needs|must)(?: to)? (?:vote|agree)\b)",
    re.IGNORECASE,
)
"""What people do and things do not, behind who does it."""
_WHO_NOT: Final = frozenset(
    {
        "anybody",
        "anyone",
        "everybody",
        "everyone",
        "he",
        "i",
        "it",
        "nobody",
        "one",
        "she",
        "somebody",
        "someone",
        "they",
        "this",
        "we",
        "who",
        "you",
        "api",
        "app",
        "backend",
        "client",
        "code",
        "connection",
        "controller",
        "database",
        "driver",
        "endpoint",
        "firewall",
        "framework",
        "gateway",
        "host",
        "installer",
        "job",
        "library",
        "mainframe",
        "model",
        "network",
        "pipeline",
        "platform",
        "plugin",
        "port",
        "proxy",
        "scheduler",
        "script",
        "sensor",
        "server",
        "service",
        "system",
        "terminal",
        "tool",
        "vpn",
        "website",
    }
)


def _subject(title: str) -> str | None:
    """Return who a title begins with, where it says what people do: "shift leads refuse to"."""
    found = _SUBJECT.match(title)
    if found is None:
        return None
    words = found["who"].split()
    last = words[-1].lower()
    is_thing = last in _OF_A_THING | _WHO_NOT or last.rstrip("s") in _OF_A_THING | _WHO_NOT
    if is_thing or set(map(str.lower, words)) & _STOPS:
        return None
    if found["german"]:
        return " ".join(words)
    return " ".join(words).lower() if _is_mass(last) else _with_article(words)


def _signer(title: str) -> str | None:
    """Return who has to act where that stands behind "by" or "with": "signed by the CFO"."""
    waited = waits_for(title)
    if not waited or not (waited.isupper() or waited.lower().split()[-1] in _PARTIES):
        return None
    acts = rf"\b(?:{_ACTS})\b[^,;.]{{0,20}}?\b(?:by|with|from) (?:the |our )?{re.escape(waited)}\b"
    if not re.search(rf"{acts}(?! (?:{'|'.join(_PARTIES)}))", title, re.IGNORECASE):
        return None
    return waited if waited.isupper() else _with_article(waited.split())


_ACTS: Final = (
    r"signed(?: off)?|approved|released|decided|confirmed|reviewed|granted|cleared|forms?|"
    r"tickets?|requests?|approval|signature|sign-off"
)
"""What somebody does, or is handed, who stands behind "by", "with" or "from"."""


_UNCLEAR: Final = re.compile(
    r"\b(?:unclear|not clear|nobody knows|no one knows|don't know) (?:who|whether)\b", re.IGNORECASE
)
"""Then a body that is named is only one of those who may be meant."""
_NOT_ASKED: Final = re.compile(
    r"\b(?:shared (?:with|by)|(?:to|for) an? new) [\w-]+(?: teams?\b)?|"
    r"\bon (?:(?:a|the) (?:white|black)?)?board\b|"
    r"\b[\w-]+ who (?:has |have )?(?:left|quit|retired|gone)\b|"
    r"\b[\w-]+ (?:(?:is|went|ist|est|es|está|en) )*"
    r"(?:bankrupt|bust|insolvent|pleite|faillite|quiebra)\b",
    re.IGNORECASE,
)
"""Whom a title names without waiting for: "shared with nine teams", "vendor bankrupt"."""


def without_bystanders(title: str) -> str:
    """Return a title without whom it names and does not wait for."""
    return _NOT_ASKED.sub("", title)


@cache
def _name_behind() -> re.Pattern[str]:
    """Match the name behind a role or a title: "Jurist mr. Roos", "finance (Mr. Otieno)"."""
    name = r"[A-ZÀ-Ý][\w'’-]+"
    titled = rf"(?i:{any_of('titles')})\.? {name}"
    return re.compile(rf"(?:\.? ?{titled}| \({titled}\)|\. {name})")


def with_name(title: str, role: str) -> str:
    """Return a party with the name that a title gives behind it."""
    at = title.find(role) + len(role)
    is_title = re.fullmatch(any_of("titles"), role.lower().rstrip("."))
    name = _name_behind().match(title, at)
    if name is None or (name[0].startswith(". ") and not is_title):
        return role
    return f"{role}{name[0]}"


def is_body(name: str) -> bool:
    """Return whether words that were read as a party can be one: "the customer data" cannot."""
    last = _WORD.findall(name.lower())[-1:]
    return bool(last) and last[0] not in _OF_A_THING | _NO_BODY


def names_a_thing(title: str, name: str) -> bool:
    """Return whether a title goes on with the thing that a party's name tells apart."""
    after = _WORD.findall(title.partition(name)[2].lower())[:1]
    return bool(after) and after[0] in _OF_A_THING


_NO_BODY: Final = _words("""
access approval audit change dpia forms freeze law privacy reason review signature test
""")


_MASS: Final = frozenset(
    {
        "accounting",
        "audit",
        "compliance",
        "controlling",
        "engineering",
        "finance",
        "hr",
        "it",
        "logistics",
        "maintenance",
        "marketing",
        "purchasing",
        "quality",
        "risk",
        "safety",
        "sales",
        "support",
    }
)
"""Functions that take no article: "rail safety", "model risk"."""
_ROLE: Final = re.compile(r"C[A-Z]{1,2}O|CISO|MD|DPO|CAB|DSB|DPD")
"""A post or a board by its letters, which takes an article as "IT" and "HR" do not."""


def _is_mass(noun: str) -> bool:
    """Whether a department goes without an article: "sales", "merchandising"."""
    return noun.lower() in _MASS or bool(re.fullmatch(r"\w{3,}ing", noun.lower()))


def with_article(name: str) -> str:
    """Return a name as it stands inside a sentence."""
    first = name.split(maxsplit=1)[0].lower() if name.strip() else ""
    if _is_mass(name.rpartition(" ")[2]) and " of " not in name:
        return name
    is_role = bool(_ROLE.fullmatch(name))
    if first in {"the", "a", "an", *_COUNTS, *_FUNCTIONS} or (name[:1].isupper() and not is_role):
        return name
    return say("the", name=name)


def _phrase(words: list[str], nouns: frozenset[str]) -> str | None:
    """Return the first noun that has words before it which say which one; else the first noun."""
    bare = None
    for at, word in enumerate(words):
        if word.lower() not in nouns or _goes_on(words, at, nouns):
            continue
        before = _before(words, at)
        if before:
            return _with_article([*before, word])
        if word.lower() not in _TOO_BARE:
            bare = bare or _with_article([word])
    return bare


def _goes_on(words: list[str], at: int, nouns: frozenset[str]) -> bool:
    """Whether the name goes on: "data" in "data warehouse", "review" in "review board"."""
    return at + 1 < len(words) and words[at + 1].lower() in nouns | _PARTIES | _PEOPLE | _OF_A_THING


def _before(words: list[str], at: int) -> list[str]:
    if words[at].lower() in _FUNCTIONS:
        return [each for each in words[max(0, at - 1) : at] if each.isupper() and len(each) > 1]
    found: list[str] = []
    for word in reversed(words[max(0, at - MOST_WORDS) : at]):
        is_abbreviation = word.isupper() and len(word) > 1  # "IT" is no "it"
        is_stop = word.lower() in _STOPS and not is_abbreviation
        if is_stop or not word[0].isalnum() or word.lower().endswith(("ly", "n't")):
            break
        found.insert(0, word)
    return found


def _with_article(words: list[str]) -> str:
    first = words[0]
    if first[:1].isupper() and first.endswith(("'s", "’s")) and first[:-2].lower() not in _PARTIES:
        return " ".join(words)  # "Henrik's team": a name takes no article
    is_plain_word = first[1:].islower() or len(first) == 1
    lowered = first.lower() if is_plain_word else first
    text = " ".join([lowered, *words[1:]])
    is_function = words[-1].lower() in _FUNCTIONS and (len(words) == 1 or first.isupper())
    is_counted = lowered in _COUNTS or lowered.isdigit()
    is_bare = is_function or is_counted or lowered in _FOREIGN_ARTICLES
    return text if is_bare else f"the {text}"
