"""What a question is about: people, blockers, subjects, phases and hours of the record."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from typing import Final

from rapidfuzz import fuzz

from bot.ask.lexicon import (
    LANGUAGES,
    english,
    entry,
    neutral_words,
    pattern,
    patterns,
    small_words,
    words_of,
)
from bot.ask.wording import plain_form
from bot.domain.record import Approval, Blocker, Finding, SprintRecord
from bot.domain.vocabulary import OwnedPart, Role, Subject
from bot.reading.folding import fold

ALIKE: Final = 86
SHORTEST_STEM: Final = 4
SHORTEST_COMMON: Final = 7
"""Letters that two forms of one word begin with."""
SHORTEST_NAME: Final = 3
"""Letters of a surname."""
SHORTEST_PART: Final = 5
"""Letters of a word that a longer one may begin or end with."""
ENOUGH: Final = 0.9
"""Rarity that the matched words must add up to, so that one common word names nothing."""
ENOUGH_MORE: Final = 1.5
"""The same for a second blocker, in words that do not name the first."""
WORDS_OF_FINDING: Final = 2
"""Words of a finding that name it."""
MOST_OF_NEUTRAL: Final = 0.6
"""What a word that may stand in any question ("works") is worth at most."""
DAY: Final = 24.0
LAST_DEFAULT: Final = 1.0
_NUMBERED: Final = re.compile(
    r"\b(?:blocker|bloqueo|blocage|number|nummer|numero|nr|no)\.? ?#?(\d+)\b|#(\d+)\b"
)
_PARTS: Final = re.compile(
    r"[?!.;:,+]\s+|\s[-=]+>\s*|\b\d\)"
    r"|\s(?:and|n|&|or|vs\.?|versus|against|und|u|oder|gegen|y|e|o|contra|et|ou|contre)\s",
    re.IGNORECASE,
)
"""What stands between two things that a question names."""
_AND: Final = (
    r"\b,?\s+(?:(?:and|n|&|or|und|u|oder|y|e|o|et|ou)\s+)?(?:the|die|das|der|la|el|le)?\s*\b"
)
_GATE: Final = re.compile(r"\bgates? (?:hour |h ?)?(\d+)\b")
_SEPARATORS: Final = re.compile(r"[-_\s]+")


@dataclass(frozen=True, slots=True)
class Slots:
    """What a question names.

    Args:
        people: names as the record has them.
        blockers: the blockers it speaks of, best first.
        number: a blocker's number that the record has not.
        subjects: subjects of approvals.
        phases: keys of phases.
        parts: parts that somebody can own.
        roles: roles of the team.
        since: the hour from which; None where it says none.
        until: the hour up to which.
        hinted: subjects that one word may mean in a question about requests ("data").
    """

    people: tuple[str, ...] = ()
    blockers: tuple[Blocker, ...] = ()
    number: str | None = None
    subjects: tuple[Subject, ...] = ()
    phases: tuple[str, ...] = ()
    parts: tuple[OwnedPart, ...] = ()
    roles: tuple[Role, ...] = ()
    since: float | None = None
    until: float | None = None
    hinted: tuple[Subject, ...] = ()

    @property
    def names(self) -> bool:
        """Whether a question names anything that the record has."""
        things = (self.people, self.blockers, self.subjects, self.phases, self.parts, self.roles)
        return any(things)


def people_of(record: SprintRecord) -> tuple[str, ...]:
    """Return everybody the record names, the team first."""
    found = [*record.team.values()]
    for blocker in record.blockers:
        found += [blocker.by, blocker.owner or "", *(change.by for change in blocker.history)]
    for approval in record.approvals:
        found += [approval.requested_by, approval.approver]
    found += [gate.by for gate in record.gates]
    found += [each.by for each in record.deployments] + [each.by for each in record.rollbacks]
    found += [each.by for each in record.action_plans] + [each.by for each in record.overrides]
    found += [each.by for each in record.corrections] + [each.by for each in record.answers]
    found += [each.by for each in record.links]
    found += [owner.by for owner in record.owners]
    found += [owner.owner for owner in record.owners]
    return tuple(dict.fromkeys(name for name in found if name))


def slots_of(question: str, language: str, record: SprintRecord, now: float) -> Slots:
    """Read what a question names."""
    text = plain_form(question, language)
    blockers, number = blockers_in(question, record, language)
    since, until = hours_in(text, language, record, now)
    return Slots(
        people=people_in(question, record),
        blockers=blockers,
        number=number,
        subjects=_subjects_in(text, language, record),
        phases=phases_in(text, language, record),
        parts=tuple(OwnedPart(k) for k, p in patterns(language, "parts").items() if p.search(text)),
        roles=tuple(Role(k) for k, p in patterns(language, "roles").items() if p.search(text)),
        since=since,
        until=until,
        hinted=tuple(Subject(k) for k, p in patterns(language, "hints").items() if p.search(text)),
    )


def _subjects_in(text: str, language: str, record: SprintRecord) -> tuple[Subject, ...]:
    """Return the subjects that a question names, and those that one word names beside them.

    "Security and change": a word that alone may mean something else is meant as its neighbour is.
    """
    named = {Subject(k): p for k, p in patterns(language, "subjects").items() if p.search(text)}
    asked = {approval.subject for approval in record.approvals}
    beside = [
        subject
        for k, hint in patterns(language, "hints").items()
        if (subject := Subject(k)) in asked
        and subject not in named
        and any(_are_joined(text, hint.pattern, form.pattern) for form in named.values())
    ]
    return (*named, *beside)


def _are_joined(text: str, one: str, other: str) -> bool:
    """Whether two forms stand side by side with an "and" between them, in either order."""
    either = (f"(?:{one}){_AND}(?:{other})", f"(?:{other}){_AND}(?:{one})")
    return any(re.search(each, text) for each in either)


def people_in(question: str, record: SprintRecord) -> tuple[str, ...]:
    """Return the people a question names, by any part of their name that is theirs alone."""
    folded, plain = set(words_of(question)), set(re.findall(r"\w+", question))
    people = people_of(record)
    shared = Counter(part for name in people for part in set(words_of(name)))
    return tuple(name for name in people if _is_named(name, folded, plain, shared))


def _is_named(name: str, folded: set[str], plain: set[str], shared: Counter[str]) -> bool:
    """Whether a name is said; one that is a word of the language needs its capital ("Will").

    A first name is said though others bear it too; a surname or a rank only where none does.
    """
    for place, part in enumerate(re.findall(r"\w+", name)):
        low = "".join(words_of(part))
        if low in _honorifics() or (place and (shared[low] > 1 or len(low) < SHORTEST_NAME)):
            continue
        if part in plain:
            return True
        if low not in _common() and not folded.isdisjoint({low, f"{low}s"}):
            return True
    return False


@cache
def _honorifics() -> frozenset[str]:
    """Return what stands before names in any language ("Dr.", "Frau")."""
    said = " ".join(str(entry(language, "honorifics")) for language in LANGUAGES)
    return frozenset(words_of(said))


@cache
def _common() -> frozenset[str]:
    return frozenset().union(*(small_words(language) for language in LANGUAGES))


def phases_in(text: str, language: str, record: SprintRecord) -> tuple[str, ...]:
    """Return the keys of the phases a question names, by a name or by its gate's number or hour."""
    named = patterns(language, "phases")
    numbers = {float(each) for each in _GATE.findall(text)}
    places = patterns(language, "ordinals")
    numbers |= {float(place) for place, form in places.items() if form.search(text)}
    found = []
    for place, phase in enumerate(record.phases, 1):
        form = named.get(phase.key) or re.compile(
            rf"\b{re.escape(fold(phase.title or phase.key))}\b"
        )
        is_numbered = not numbers.isdisjoint({float(place), phase.end})
        if (
            is_numbered
            or form.search(text)
            or re.search(rf"\b{re.escape(fold(phase.key))}\b", text)
        ):
            found.append(phase.key)
    return tuple(found)


def blockers_in(
    question: str, record: SprintRecord, language: str
) -> tuple[tuple[Blocker, ...], str | None]:
    """Return the blockers a question is about, by id, number or words, best first."""
    text = fold(question)
    rare = rare_words(question)
    by_id = {b.id for b in record.blockers if _says_id(text, b)}
    if by_id:
        return _by_words(rare, record, language, by_id), None
    if numbered := _NUMBERED.search(text):
        number = numbered[1] or numbered[2]
        exact = tuple(b for b in record.blockers if b.id == f"blocker-{number}")
        if not exact and not any(b.id.startswith("blocker-") for b in record.blockers):
            place = int(number) - 1
            exact = record.blockers[place : place + 1] if place >= 0 else ()
        return exact, None if exact else number
    return _by_words(rare, record, language, set()), None


def blockers_by_part(question: str, record: SprintRecord, language: str) -> tuple[Blocker, ...]:
    """Return the blockers that the parts of a question name, each by its own words."""
    found = (b for part in parts_of(question) for b in blockers_in(part, record, language)[0])
    return tuple({b.id: b for b in found}.values())


def parts_of(question: str) -> list[str]:
    """Return what a question names one after the other ("the form or the login")."""
    return _PARTS.split(question)


def _by_words(
    rare: list[str], record: SprintRecord, language: str, first: set[str]
) -> tuple[Blocker, ...]:
    """Return the blocker that the words speak of most, and those that other words speak of.

    Args:
        rare: the question's words.
        record: the record.
        language: the question's language; titles may be in English whatever it is.
        first: ids that the question says; without any, what its words speak of most.
    """
    scores = scores_of(rare, _titles(record), language)
    best = max((sum(words.values()) for words in scores.values()), default=0.0)
    if not first and best < ENOUGH:
        return ()
    first = first or {i for i, words in scores.items() if sum(words.values()) >= best - 1e-9}
    taken = {word for id_ in first for word in scores[id_]}
    others = {
        id_
        for id_, words in scores.items()
        if sum(worth for word, worth in words.items() if word not in taken) >= ENOUGH_MORE
    }
    ranked = sorted(record.blockers, key=lambda blocker: blocker.id not in first)
    return tuple(b for b in ranked if b.id in first | others)


def _says_id(text: str, blocker: Blocker) -> bool:
    id_ = fold(blocker.id)
    spaced = _SEPARATORS.sub(" ", id_)
    parts = spaced.split()
    exact = re.search(rf"(?<![\w-]){re.escape(id_)}(?![\w-])", text)
    if len(parts) == 1:
        return bool(exact) and id_ not in _common()
    return bool(exact) or spaced in _SEPARATORS.sub(" ", text)


def reasons_named(question: str, record: SprintRecord, language: str) -> list[Approval]:
    """Return the decisions whose reasons a question speaks of in words that are rare enough."""
    reasons = {a.id: content_of(a.reason) for a in record.approvals if a.reason}
    scores = scores_of(rare_words(question), reasons, language)
    return [a for a in record.approvals if sum(scores.get(a.id, {}).values()) >= ENOUGH]


def findings_named(question: str, record: SprintRecord) -> list[Finding]:
    """Return the findings of which a question says several words."""
    rare, found = rare_words(question), []
    for finding in record.findings:
        words = content_of(f"{finding.sentence} {finding.source} {finding.code}")
        named = [said for said in rare if any(means(said, word) for word in words)]
        found += [finding] if len(named) >= WORDS_OF_FINDING else []
    return found


def rare_words(question: str) -> list[str]:
    """Return the words of a question that are no small words of any language."""
    return [word for word in words_of(question) if word not in _common() and len(word) > 2]


def _titles(record: SprintRecord) -> dict[str, set[str]]:
    """Return blocker → the words that name it."""
    about = content_of(record.title)
    titles = {b.id: content_of(f"{b.title} {b.id}") for b in record.blockers}
    return {id_: _less(words, about) for id_, words in titles.items()}


def scores_of(
    rare: list[str], titles: Mapping[str, set[str]], language: str
) -> dict[str, dict[str, float]]:
    """Return text → the question's words that name it → how rare they are among the texts."""
    seen = Counter(word for words in titles.values() for word in words)
    scores: dict[str, dict[str, float]] = {id_: {} for id_ in titles}
    for id_, words in titles.items():
        for word in words:
            for other in rare:
                if means(other, word):
                    worth = 1.0 + math.log(len(titles) / seen[word])
                    if other in neutral_words(language):
                        worth = min(worth, MOST_OF_NEUTRAL)
                    scores[id_][other] = max(scores[id_].get(other, 0.0), worth)
    return scores


def _less(words: set[str], about: set[str]) -> set[str]:
    """Return a blocker's words without those of the sprint's title, which name the whole sprint."""
    return {word for word in words if not any(_same(word, other) for other in about)} or words


def content_of(text: str) -> set[str]:
    """Return the words of a text that are no small words of any language."""
    return {word for word in words_of(text) if len(word) > 2 and word not in _common()}


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if long == f"{short}s":
        return True
    if len(short) > SHORTEST_PART and long.endswith(short):  # "Freigabe", "Datenschutzfreigabe"
        return True
    stem = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(short, long, strict=False))
    )
    if stem >= SHORTEST_COMMON and len(long) - stem <= 4:  # "merchandisers", "merchandising"
        return True
    if len(short) >= SHORTEST_STEM and long.startswith(short) and len(long) - len(short) <= 4:
        return True
    return len(short) > SHORTEST_STEM and fuzz.ratio(one, other) >= ALIKE


def means(said: str, word: str) -> bool:
    """Return whether a word of a question means a word of a title, whichever language each has."""
    if _same(said, word):
        return True
    return any(_same(one, other) for one in _meanings(said) for other in _meanings(word))


@cache
def _meanings(word: str) -> tuple[str, ...]:
    """Return a word, and the English words for it or for the parts of a German compound."""
    found = [word]
    for language in LANGUAGES:
        table = english(language)
        parts = [word] if word in table else _parts(word) if language == "de" else []
        found += [meant for part in parts for meant in table[part]]
    return tuple(dict.fromkeys(found))


def _parts(word: str) -> list[str]:
    """Return the known words that a German compound begins or ends with, the longest of each."""
    known = [p for p in english("de") if SHORTEST_PART <= len(p) < len(word)]
    ends = ([p for p in known if word.startswith(p)], [p for p in known if word.endswith(p)])
    return [max(found, key=len) for found in ends if found]


def things_in(question: str, blockers: tuple[Blocker, ...]) -> set[str]:
    """Return the words of a question that name the blockers it speaks of."""
    folded = set(words_of(question))
    words = {word for b in blockers for word in content_of(f"{b.title} {b.id}")}
    return {word for word in folded if any(means(word, other) for other in words)}


def hours_in(
    text: str, language: str, record: SprintRecord, now: float
) -> tuple[float | None, float | None]:
    """Return from which hour, and up to which hour, a question asks."""
    span = pattern(language, "between").search(text)
    point = pattern(language, "at_hour").search(text)
    since, until = _since(text, language, record, now), pattern(language, "until").search(text)
    if span:
        return _number(span["hour"]), _number(span["end"])
    if until:
        return since or 0.0, _number(until["end"] or until["first"])
    if since is None and point:
        return _number(point["hour"]), _number(point["hour"])
    return since, None


def _since(text: str, language: str, record: SprintRecord, now: float) -> float | None:
    if since := pattern(language, "since").search(text):
        return _number(since["hour"])
    if last := pattern(language, "last").search(text):
        groups = last.groupdict()
        count = groups.get("count") or groups.get("ago") or groups.get("for")
        return max(0.0, now - _counted(count, language))
    if pattern(language, "yesterday").search(text):
        return max(0.0, now - DAY)
    if pattern(language, "beginning").search(text):
        return 0.0
    return _since_gate(text, language, record)


def _since_gate(text: str, language: str, record: SprintRecord) -> float | None:
    if not pattern(language, "gate").search(text):
        return None
    named = phases_in(text, language, record)
    return max((gate.at for gate in record.gates if gate.phase in named), default=None)


def _counted(text: str | None, language: str) -> float:
    if text is None:
        return LAST_DEFAULT
    return float(dict(entry(language, "numbers"))[text]) if text.isalpha() else float(text)


def _number(text: str) -> float:
    return float(text.replace(",", "."))
