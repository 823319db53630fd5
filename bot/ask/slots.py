"""What a question speaks of: people, blockers, subjects, phases and hours of the record."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Final

from rapidfuzz import fuzz

from bot.ask.lexicon import LANGUAGES, entry, pattern, patterns, small_words, words_of
from bot.domain.record import Blocker, SprintRecord
from bot.domain.vocabulary import OwnedPart, Role, Subject
from bot.reading.folding import fold

ALIKE: Final = 86
SHORTEST_STEM: Final = 4
ENOUGH: Final = 0.9
"""Rarity that the matched words must add up to, so that one common word names nothing."""
DAY: Final = 24.0
LAST_DEFAULT: Final = 1.0
_NUMBERED: Final = re.compile(
    r"\b(?:blocker|bloqueo|blocage|number|nummer|numero|nr|no)\.? ?#?(\d+)\b|#(\d+)\b"
)
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
    text = fold(question)
    blockers, number = blockers_in(question, record)
    since, until = hours_in(text, language, record, now)
    return Slots(
        people=people_in(question, record),
        blockers=blockers,
        number=number,
        subjects=tuple(
            Subject(k) for k, p in patterns(language, "subjects").items() if p.search(text)
        ),
        phases=phases_in(text, language, record),
        parts=tuple(OwnedPart(k) for k, p in patterns(language, "parts").items() if p.search(text)),
        roles=tuple(Role(k) for k, p in patterns(language, "roles").items() if p.search(text)),
        since=since,
        until=until,
    )


def people_in(question: str, record: SprintRecord) -> tuple[str, ...]:
    """Return the people a question names, by full or first name."""
    said, plain = set(words_of(question)), set(re.findall(r"\w+", question))
    return tuple(name for name in people_of(record) if _is_named(name, said, plain))


def _is_named(name: str, said: set[str], plain: set[str]) -> bool:
    """Whether a name is said; one that is a word of the language needs its capital ("Will")."""
    parts, first = words_of(name), name.split(maxsplit=1)[0]
    if not parts:
        return False
    return first in plain or (parts[0] in said and parts[0] not in _common())


@cache
def _common() -> frozenset[str]:
    return frozenset().union(*(small_words(language) for language in LANGUAGES))


def phases_in(text: str, language: str, record: SprintRecord) -> tuple[str, ...]:
    """Return the keys of the phases a question names."""
    named = patterns(language, "phases")
    found = []
    for phase in record.phases:
        form = named.get(phase.key) or re.compile(
            rf"\b{re.escape(fold(phase.title or phase.key))}\b"
        )
        if form.search(text) or re.search(rf"\b{re.escape(fold(phase.key))}\b", text):
            found.append(phase.key)
    return tuple(found)


def blockers_in(question: str, record: SprintRecord) -> tuple[tuple[Blocker, ...], str | None]:
    """Return the blockers a question speaks of, by id, number or words, best first."""
    text = fold(question)
    by_id = [b for b in record.blockers if _says_id(text, b)]
    if by_id:
        return tuple(by_id), None
    if numbered := _NUMBERED.search(text):
        number = numbered[1] or numbered[2]
        exact = tuple(b for b in record.blockers if b.id == f"blocker-{number}")
        if not exact and not any(b.id.startswith("blocker-") for b in record.blockers):
            place = int(number) - 1
            exact = record.blockers[place : place + 1] if place >= 0 else ()
        return exact, None if exact else number
    scores = _scores(words_of(question), record)
    best = max(scores.values(), default=0.0)
    if best < ENOUGH:
        return (), None
    return tuple(b for b in record.blockers if scores[b.id] >= best - 1e-9), None


def _says_id(text: str, blocker: Blocker) -> bool:
    id_ = fold(blocker.id)
    spaced = _SEPARATORS.sub(" ", id_)
    parts = spaced.split()
    exact = re.search(rf"(?<![\w-]){re.escape(id_)}(?![\w-])", text)
    if len(parts) == 1:
        return bool(exact) and id_ not in _common()
    return bool(exact) or spaced in _SEPARATORS.sub(" ", text)


def _scores(said: list[str], record: SprintRecord) -> dict[str, float]:
    """Return how much of the rare words of each blocker a question says."""
    about = _content(record.title)
    titles = {b.id: _content(f"{b.title} {b.id}") for b in record.blockers}
    titles = {id_: _less(words, about) for id_, words in titles.items()}
    seen = Counter(word for words in titles.values() for word in words)
    many = len(titles)
    asked = [word for word in dict.fromkeys(said) if word not in _common() and len(word) > 2]
    return {
        id_: sum(
            1.0 + math.log(many / seen[word])
            for word in words
            if any(_same(word, other) for other in asked)
        )
        for id_, words in titles.items()
    }


def _less(words: set[str], about: set[str]) -> set[str]:
    """Return a blocker's words without those of the sprint's title, which name the whole sprint."""
    return {word for word in words if not any(_same(word, other) for other in about)} or words


def _content(text: str) -> set[str]:
    return {word for word in words_of(text) if len(word) > 2 and word not in _common()}


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    if len(short) >= SHORTEST_STEM and long.startswith(short) and len(long) - len(short) <= 4:
        return True
    return len(short) > SHORTEST_STEM and fuzz.ratio(one, other) >= ALIKE


def things_in(question: str, blockers: tuple[Blocker, ...]) -> set[str]:
    """Return the words of a question that name the blockers it speaks of."""
    said = set(words_of(question))
    words = {word for b in blockers for word in _content(f"{b.title} {b.id}")}
    return {word for word in said if any(_same(word, other) for other in words)}


def hours_in(
    text: str, language: str, record: SprintRecord, now: float
) -> tuple[float | None, float | None]:
    """Return from which hour, and up to which hour, a question asks."""
    span = pattern(language, "between").search(text)
    point = pattern(language, "at_hour").search(text)
    since = _since(text, language, record, now)
    if span:
        return _number(span["hour"]), _number(span["end"])
    if since is None and point:
        return _number(point["hour"]), _number(point["hour"])
    return since, None


def _since(text: str, language: str, record: SprintRecord, now: float) -> float | None:
    if since := pattern(language, "since").search(text):
        return _number(since["hour"])
    if last := pattern(language, "last").search(text):
        groups = last.groupdict()
        said = groups.get("count") or groups.get("ago") or groups.get("for")
        return max(0.0, now - _counted(said, language))
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


def _counted(said: str | None, language: str) -> float:
    if said is None:
        return LAST_DEFAULT
    return float(dict(entry(language, "numbers"))[said]) if said.isalpha() else float(said)


def _number(said: str) -> float:
    return float(said.replace(",", "."))
