"""Whether two texts that people typed are about one thing: shared words, weighed by what they tell.

Names, abbreviations and rare words weigh more than words that every sprint uses; numbers that
differ say that two things are meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Final

LIKE: Final = 0.75
"""From here on two texts are about one thing, whatever else is known of them."""
LIKE_NEARBY: Final = 0.55
"""The same for texts whose function and family are the same."""
ON_BOTH_SIDES: Final = 2.0
"""How much more than a shared word two words count that stand against each other: "packages" in one
text and "endpoint" in the other."""
MOST_SHARING: Final = 40
"""A word that more texts than this share tells nothing about any two of them."""
LEAST_SHARED: Final = 1.5
"""So much weight must be shared, so that one common word alone joins nothing."""


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_STOPS: Final = _words("""
a about after again against all already also an and any anybody anyone are as at be because been
before being both but by can cannot come could day days did do does done each either ever every
everybody everyone few for from get gets give go goes going got had has have he her hers him his
hour hours how i if in into is isn it its just keep keeps know last let like long made make
makes many may me might month months more most much must my need needed needs neither never new
next no nobody none nor not nothing now of off on once one only or other our out over own per
put quarter really same say says see she should since so some somebody someone still stop stops
such take takes than that the their them then there these they thing this those till to too
under unless until up us use used very via wait waiting waits want wants was way we week weeks
well were what when where whether which while who whom whose why will with within without won
would year years yet you your

der die das den dem des ein eine einen einem einer kein keine keinen nicht und oder auf aus bei
bis fuer für im ins ist sind hat haben wird werden von vom zu zum zur mit ohne noch nur wir sie
es man le la les un une des du de et ou pas pour par sur dans est sont avec sans il elle on nous
ne que qui sich wegen über braucht brauchen dauert woche wochen tag tage monat monate uns unser
unsere dass weil wenn dann nach vor seit schon erst kann können muss müssen nous vous leur ce cette
être faut depuis encore déjà semaine semaines jours mois nos su sus este esta hay tiene falta desde
hasta ya según semana semanas días mes meses
el los las unos una y o no para por en es son con sin se que lo al del

keiner keinem keinen jemand niemand alle alles wer wem wen wo wie warum ob sagt sagen gesagt sagte
solange mehr sehr immer hier dort da drum darum damit davon dazu daran darauf dafür dabei sein seine
ihr ihre ihm ihn ihnen mein meine dieser diese dieses jeder jede jedes wurde worden wäre soll sollen
will wollen darf macht machen gemacht geht gibt geben hatte hätte haben war waren doch mal ja nein
aber sondern als also so um an am bevor während jahr jahre stunde stunden

qui quoi quand comment où personne rien tout tous toute toutes dit disent dire fait faire va vont
avait avoir était sera ses sa son mon ma ces cet lui eux leurs si mais donc car ni plus moins très
bien aussi ici là chez entre sous après avant pendant au aux ans heure heures

quien quién qué cuándo cuando cómo donde nadie nada todo todos toda todas alguien dice dicen decir
hace hacer va van había era será sus ese esa les si pero pues ni más menos muy bien también aquí
entre bajo tras antes durante año años hora horas fue ser
""")
_REPEATED: Final = frozenset(
    (
        *("again", "still", "yet", "reminder", "noch", "immer", "wieder", "weiterhin"),
        *("encore", "toujours", "rappel", "todavía", "todavia", "aún", "aun", "sigue"),
    )
)
"""Words that only say that something is said once more."""
_COMMON: Final = _words("""
access accept allow ask approval approve blocked blocker board change check committee customer data
database decide decision deploy deployment form function issue live missing model open owner people
permission process production project request review right rule sign signed signature sprint start
system team test ticket time tool user work
""")
"""Words that half of all blockers use: sharing one of them says little."""
_SAME: Final[dict[str, str]] = {
    "infosec": "security",
    "ciso": "security",
    "dsfa": "dpia",
    "aipd": "dpia",
    "eipd": "dpia",
    "gdpr": "privacy",
    "dsgvo": "privacy",
    "rgpd": "privacy",
    "dpo": "privacy",
    "lawyer": "legal",
    "counsel": "legal",
    "cab": "cab",
    "prod": "production",
    "creds": "credential",
    "login": "credential",
    "password": "credential",
    "logins": "credential",
    "db": "database",
    "k8s": "kubernetes",
    "label": "label",
    "labelled": "label",
    "labeled": "label",
    "empty": "missing",
    "absent": "missing",
    "missing": "missing",
    "lacks": "missing",
    "lacking": "missing",
    "approved": "approve",
    "approves": "approve",
    "approval": "approve",
    "approvals": "approve",
    "signature": "sign",
    "signed": "sign",
    "signs": "sign",
}
_TELLING: Final = frozenset({"dpia", "pentest", "cab", "credential", "kubernetes", "oncall"})
"""Words that name one thing in every company; a function's name alone does not."""
_FUNCTIONS: Final = frozenset({"security", "privacy", "legal", "procurement", "finance", "hr"})
_PHRASES: Final = (
    (re.compile(r"(?:data protection|privacy) impact assessment", re.IGNORECASE), "dpia"),
    (re.compile(r"pen(?:etration)?[ -]?test\w*", re.IGNORECASE), "pentest"),
    (re.compile(r"change (?:advisory )?board", re.IGNORECASE), "cab"),
    (re.compile(r"on[ -]call", re.IGNORECASE), "oncall"),
    (re.compile(r"data protection", re.IGNORECASE), "privacy"),
)
_TOKEN: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_HEAVY: Final = 2.0
_PLAIN: Final = 1.0
_LIGHT: Final = 0.4
_LONG: Final = 4
_ENDINGS: Final = ("ations", "ation", "ingly", "ings", "ing", "ies", "es", "ed", "s")


@dataclass(frozen=True, slots=True)
class Text:
    """A text's words with their weights, and the numbers in it."""

    weights: tuple[tuple[str, float], ...]
    numbers: frozenset[str]
    plain: str

    @property
    def weight(self) -> float:
        """The weight of all its words."""
        return sum(weight for _, weight in self.weights)


@lru_cache(maxsize=4096)
def text_of(title: str) -> Text:
    """Return a title's words as they are compared."""
    text = title
    for pattern, word in _PHRASES:
        text = pattern.sub(f" {word} ", text)
    tokens = _TOKEN.findall(text)
    weights: dict[str, float] = {}
    for at, token in enumerate(tokens):
        word = _stem(token.lower())
        if token.isdigit() or token.lower() in _STOPS or word in _STOPS or len(word) < 2:
            continue
        weights[word] = max(weights.get(word, 0.0), _weight(token, word, first=at == 0))
    numbers = frozenset(token for token in tokens if any(map(str.isdigit, token)))
    words = [token.lower() for token in _TOKEN.findall(title)]
    plain = " ".join([word for word in words if word not in _REPEATED] or words)
    return Text(tuple(sorted(weights.items())), numbers, plain)


def _weight(token: str, word: str, *, first: bool) -> float:
    if word in _COMMON or token.lower() in _COMMON:
        return _LIGHT
    if word in _FUNCTIONS:
        return _PLAIN
    is_short_name = len(token) > 1 and token.isupper()
    is_name = not first and token[:1].isupper()
    return _HEAVY if is_short_name or is_name or word in _TELLING else _PLAIN


def _stem(word: str) -> str:
    if word in _SAME:
        return _SAME[word]
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _LONG:
            stem = word[: -len(ending)]
            return _SAME.get(stem, stem)
    return word


def likeness(one: str, other: str) -> float:
    """Return how alike two texts are, 0 to 1: what they share against what differs.

    Equal texts give 1; texts whose numbers differ, or that share too little, give 0.
    """
    first, second = text_of(one), text_of(other)
    if first.plain == second.plain and first.plain:
        return 1.0
    if first.numbers and second.numbers and first.numbers != second.numbers:
        return 0.0
    words = dict(second.weights)
    shared = sum(min(weight, words[word]) for word, weight in first.weights if word in words)
    if shared < LEAST_SHARED:
        return 0.0
    against = min(first.weight, second.weight) - shared
    return min(shared / (shared + ON_BOTH_SIDES * max(against, 0.0)), 1.0)


def share_more_than_a_word(one: str, other: str) -> bool:
    """Return whether two texts share two words that tell something, or one that names one thing.

    A system's name alone joins nothing: "CRM export is empty" and "CRM access needs a form".
    """
    first, second = text_of(one), text_of(other)
    if first.plain == second.plain:
        return True
    words = dict(second.weights)
    shared = [w for w, weight in first.weights if w in words and weight > _LIGHT]
    return len(shared) > 1 or any(word in _TELLING for word in shared)


ASKED_ABOUT: Final = 0.3
"""From this likeness on somebody is asked whether two texts mean one thing."""


def nearest(text: str, others: Sequence[str]) -> int | None:
    """Return the place of the text that is most like another, where one is worth asking about."""
    best = max(range(len(others)), key=lambda at: likeness(text, others[at]), default=None)
    close = best is not None and likeness(text, others[best]) >= ASKED_ABOUT
    return best if close else None


def words_shared(one: str, other: str) -> tuple[str, ...]:
    """Return the words that two texts share, the most telling first."""
    first, second = dict(text_of(one).weights), dict(text_of(other).weights)
    both = sorted(first.keys() & second.keys(), key=lambda word: (-first[word], word))
    return tuple(both)


def candidate_pairs(texts: Iterable[str]) -> set[tuple[int, int]]:
    """Return the pairs of texts, by position, that can be alike: they share a telling word."""
    by_word: dict[str, list[int]] = {}
    for at, title in enumerate(texts):
        text = text_of(title)
        for word, weight in (*text.weights, (f"={text.plain}", _PLAIN)):
            if weight > _LIGHT:
                by_word.setdefault(word, []).append(at)
    return {
        pair
        for word, places in by_word.items()
        if len(places) <= MOST_SHARING or word.startswith("=")
        for pair in combinations(places, 2)
    }
