"""Causes: the things between the sprint and a deployment, each once, whatever tells of it.

One missing paper can show as a blocker, an expired request, a refusal, a gate and a rollback. They
are joined by the links that people made, then by words, function and phase. Whether two records are
one thing does not depend on the hour in which somebody typed them, and `not_same_cause` parts them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, combinations
from typing import Final, NamedTuple

from bot.domain.record import SprintRecord
from bot.domain.verdict import texts
from bot.domain.verdict.assumptions import SCENARIOS, UNNAMED_SCENARIO, ScenarioMeaning
from bot.domain.verdict.functions import function_of_obstacle
from bot.domain.verdict.likeness import (
    ASKED_ABOUT,
    LIKE,
    LIKE_NEARBY,
    candidate_pairs,
    likeness,
    text_of,
    words_shared,
)
from bot.domain.verdict.links import Links, reference_of
from bot.domain.verdict.model import Basis, Cause, FactRef, Obstacle, Sort
from bot.domain.verdict.nature import nature_of, place_of
from bot.domain.verdict.obstacles import (
    approval_fact,
    bad_gates,
    blocker_obstacle,
    find_obstacles,
)
from bot.domain.vocabulary import Category, Severity

_LEADING: Final = (Sort.BLOCKER, Sort.APPROVAL, Sort.ROLLBACK, Sort.FINDING, Sort.GATE)
"""Which record's words a cause takes: what people wrote goes before what a gate says."""
_BASIS_ORDER: Final = (Basis.MEASURED, Basis.STATED, Basis.ASSUMED)
_SUBJECT_WORDS: Final = {
    subject: re.compile(rf"\b(?:{pattern})", re.IGNORECASE)
    for subject, pattern in {
        "security": r"security\b|infosec\b|ciso\b|sicherheit|seguridad\b|sécurité\b",
        "privacy": r"privacy\b|gdpr\b|dsgvo\b|rgpd\b|dpia\b|dpo\b|data protection|datenschutz",
        "legal": r"legal\b|lawyers?\b|counsel\b|rechtsabteilung|dpia\b",
        "business": r"business (?:sign|owner|approv|unit)|sponsor\b",
        "data_access": r"(?:data|read) access|access to\b|credentials?\b",
        "change": r"change (?:request|board|advisory|window|ticket|freeze)|cab\b",
        "production": r"(?:production|go-?live|release) (?:approv|sign|gate|permit)",
    }.items()
}
"""How a blocker names the request that it is about."""
_OWNERLESS: Final = re.compile(
    r"^deployment\.nobody: .*\b(?:nobody|no ?one|own(?:s|er|ers)?|answers for|accountab\w*|"
    r"responsib\w*|niemand|personne|nadie)\b",
    re.IGNORECASE,
)
"""A blocker that says what the gate "nobody takes responsibility" reports."""
_WORKPLACE: Final = re.compile(
    r"\b(?:packages?|librar(?:y|ies)|install\w*|proxy|mirror|pip|conda|notebooks?|environment|"
    r"laptops?|gpus?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Join:
    """Two obstacles that are one thing: how sure that is, and why."""

    weight: float
    one: int
    other: int
    why: str

    @property
    def turn(self) -> tuple[float, int, int]:
        return -self.weight, self.one, self.other


def causes_of(record: SprintRecord) -> tuple[Cause, ...]:
    """Return what is in a deployment's way, or stands open beside one, in order of time."""
    obstacles = sorted(find_obstacles(record), key=_by_words)
    groups = _Grouping(obstacles, Links(record)).groups()
    causes = [_cause(group, record) for group in groups if _stands(group.members)]
    return _with_needs(sorted(causes, key=lambda cause: cause.turn))


def _by_words(obstacle: Obstacle) -> tuple[str, str, float, str]:
    """An order that does not change with the hour or the id of a record."""
    return obstacle.fact.sort, obstacle.matter, obstacle.days.mode, obstacle.id


@dataclass(slots=True)
class _Group:
    """Obstacles that are one thing, and why."""

    members: list[Obstacle]
    because: list[str]


class _Grouping:
    """Joins obstacles: blockers, approvals, rollbacks and findings first, then the gates.

    A record joins a group only when it fits every blocker in it, so that two things which are not
    alike never become one through a third. Approvals and rollbacks, which say little by themselves,
    join the group that holds what they fit best.
    """

    def __init__(self, obstacles: Sequence[Obstacle], links: Links) -> None:
        self._all = obstacles
        self._links = links
        self._group = list(range(len(obstacles)))
        self._members: dict[int, list[int]] = {at: [at] for at in self._group}
        self._because: dict[int, list[str]] = {at: [] for at in self._group}

    def groups(self) -> list[_Group]:
        for join in self._linked():
            self._join(join)
        for join in sorted(self._alike(), key=lambda join: join.turn):
            if self._fits(join):
                self._join(join)
        silences = [at for at in self._of(Sort.BLOCKER) if self._all[at].subject]
        others = self._of(Sort.APPROVAL, Sort.ROLLBACK, Sort.FINDING, Sort.GATE)
        for single in (*silences, *others):
            best = min(self._attachments(single), key=lambda join: join.turn, default=None)
            if best:
                self._join(best)
        return [
            _Group([self._all[at] for at in members], self._because[number])
            for number, members in self._members.items()
        ]

    def _of(self, *sorts: Sort) -> Iterator[int]:
        for sort in sorts:
            yield from (at for at, each in enumerate(self._all) if each.fact.sort is sort)

    def _linked(self) -> Iterator[_Join]:
        by_reference = {reference_of(each): at for at, each in enumerate(self._all)}
        for one, other, why in self._links.made(by_reference):
            if not self._links.parted(self._all[one], self._all[other]):
                yield _Join(1.0, min(one, other), max(one, other), why)

    def _alike(self) -> Iterator[_Join]:
        """Yield the pairs of blockers that say the same in other words."""
        places = list(self._of(Sort.BLOCKER))
        for first, second in candidate_pairs(self._all[at].title for at in places):
            one, other = sorted((places[first], places[second]))
            weight = _alike(self._all[one], self._all[other])
            if weight:
                yield _Join(weight, one, other, _because(self._all[one], self._all[other]))

    def _fits(self, join: _Join) -> bool:
        first, second = self._group[join.one], self._group[join.other]
        if first == second:
            return False
        return all(
            not self._links.parted(self._all[one], self._all[other])
            and (
                {self._all[one].fact.sort, self._all[other].fact.sort} != {Sort.BLOCKER}
                or _alike(self._all[one], self._all[other])
            )
            for one in self._members[first]
            for other in self._members[second]
        )

    def _attachments(self, single: int) -> Iterator[_Join]:
        mine = self._all[single]
        if len(self._members[self._group[single]]) > 1 and mine.fact.sort is not Sort.GATE:
            return
        for at, other in enumerate(self._all):
            if self._group[at] == self._group[single]:
                continue
            found = _attaches(mine, other)
            if found and not any(
                self._links.parted(mine, self._all[member])
                for member in self._members[self._group[at]]
            ):
                yield _Join(found[0], min(single, at), max(single, at), found[1])

    def _join(self, join: _Join) -> None:
        first, second = self._group[join.one], self._group[join.other]
        if first == second:
            return
        for member in self._members[second]:
            self._group[member] = first
        self._members[first] += self._members.pop(second)
        self._because[first] += [*self._because.pop(second), join.why]


def _alike(one: Obstacle, other: Obstacle) -> float:
    """Return how surely two blockers are one thing, 0 for not."""
    if one.waits_for and other.waits_for and not _same_function(one, other):
        return 0.0
    if text_of(one.title).plain == text_of(other.title).plain:
        return 1.0
    found = likeness(_without_condition(one.title), _without_condition(other.title))
    if one.remedy_stated and other.remedy_stated and one.remedy is not other.remedy:
        return 0.0
    if one.words and other.words and _apart(one, other):
        return 0.0
    near = one.category is other.category and (
        one.family is other.family or _same_function(one, other)
    )
    return found if found >= (LIKE_NEARBY if near else LIKE) else 0.0


def _without_condition(title: str) -> str:
    """Leave out what has to come first: "only after the DPIA is signed" is not about the DPIA."""
    found = _CONDITION.search(title)
    return title[: found.start()] if found and found.start() else title


def _apart(one: Obstacle, other: Obstacle) -> bool:
    """Whether two stated lead times have no day in common: then two things are meant."""
    return one.days.low > other.days.high or other.days.low > one.days.high


def _same_function(one: Obstacle, other: Obstacle) -> bool:
    first, second = one.waits_for, other.waits_for
    return bool(first and second and first.casefold() == second.casefold())


def _attaches(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    """Return how surely a request, rollback, finding or gate tells of what `other` is, and why."""
    return _ATTACHING[mine.fact.sort](mine, other)


def _approval(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.subject is not None and other.subject == mine.subject:
        return 0.9, texts.say("because_asked_twice", subject=_subject(mine))
    if other.fact.sort is not Sort.BLOCKER or other.category is Category.CAPABILITY:
        return None
    fits = (
        other.family is mine.family
        and other.category is Category.ORGANIZATIONAL
        and other.kind_stated
    )
    reasons = (
        (0.8, "because_refusal_names_it", bool(likeness(mine.reason, other.title))),
        (0.7, "because_request_waits", _names_subject(other.title, mine.subject)),
        (0.6, "because_same_phase", fits and not other.subject and other.phase == mine.phase),
    )
    return next(
        (
            (weight, texts.say(why, one=_q(mine), other=_q(other)))
            for weight, why, so in reasons
            if so
        ),
        None,
    )


def _names_subject(title: str, subject: str | None) -> bool:
    """Whether a title names what was asked; a security ticket for packages is another matter."""
    named = _SUBJECT_WORDS.get(subject or "")
    return bool(named and named.search(title)) and not _WORKPLACE.search(title)


def _rollback(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort in (Sort.GATE, Sort.ROLLBACK):
        return None
    found = likeness(mine.title, other.title)
    if found >= LIKE_NEARBY:
        return found, texts.say("because_reason_names_it", one=_q(mine), other=_q(other))
    named = _SUBJECT_WORDS.get(other.subject or "")
    if named and named.search(mine.title):
        return 0.6, texts.say("because_reason_names_it", one=_q(mine), other=_q(other))
    return None


def _finding(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort is not Sort.BLOCKER or other.category is not mine.category:
        return None
    found = likeness(mine.title, other.title)
    if found >= LIKE_NEARBY and other.family is mine.family:
        return found, texts.say("because_probe_found_it", one=_q(mine), other=_q(other))
    return None


def _gate(mine: Obstacle, other: Obstacle) -> tuple[float, str] | None:
    if other.fact.sort is Sort.GATE:
        return None
    meaning = meaning_of_scenario(mine.scenario)
    fits_family = meaning.family is not None and other.family is meaning.family
    if not (other.phase == mine.phase or fits_family):
        return None
    asks_for_more = other.subject is not None and not fits_family
    if other.category not in meaning.explained_by or asks_for_more:
        return None
    weight = 0.2 * (other.phase == mine.phase) + 0.2 * fits_family + 0.05 * other.recorded
    weight += 0.1 * (other.kind is meaning.kind) + 0.1 * other.is_open
    weight += 0.3 * bool(_OWNERLESS.search(f"{mine.scenario}: {other.title}"))
    return weight, texts.say("because_gate_tells", one=_q(mine), other=_q(other))


_ATTACHING: Final = {
    Sort.BLOCKER: _approval,
    Sort.APPROVAL: _approval,
    Sort.ROLLBACK: _rollback,
    Sort.FINDING: _finding,
    Sort.GATE: _gate,
}


def meaning_of_scenario(scenario: str | None) -> ScenarioMeaning:
    """Return what "phase.scenario" says by itself."""
    phase, _, key = (scenario or "").partition(".")
    return SCENARIOS.get((phase, key), UNNAMED_SCENARIO)


def _because(one: Obstacle, other: Obstacle) -> str:
    shared = words_shared(one.title, other.title)[:3]
    if likeness(one.title, other.title) == 1.0 or not shared:
        return texts.say("because_same_words", one=_q(one), other=_q(other))
    return texts.say(
        "because_like_words", one=_q(one), other=_q(other), words=", ".join(sorted(shared))
    )


def _q(obstacle: Obstacle) -> str:
    return str(obstacle.fact)


def _subject(obstacle: Obstacle) -> str:
    return (obstacle.subject or "").replace("_", " ")


class SamePair(NamedTuple):
    """Two blockers that are counted as one cause, or that may be one.

    Args:
        first: the id of one.
        second: the id of the other.
        joined: they count as one; else somebody should say.
        why: why they count as one, or the words that they share.
    """

    first: str
    second: str
    joined: bool
    why: str


def same_pairs(record: SprintRecord) -> tuple[SamePair, ...]:
    """Return the open blockers that count as one cause, and those that may be one, likeliest first.

    Pairs that somebody has parted are left out; so are those that somebody joined by hand from the
    ones to ask about.
    """
    links = Links(record)
    gates = bad_gates(record)
    opened = [
        blocker_obstacle(blocker, record, gates)
        for blocker in sorted(record.blockers, key=lambda each: (each.raised_at, each.id))
        if blocker.severity is Severity.STOPS and not blocker.resolution and not blocker.approval
    ]
    groups = [set(_blocker_ids(cause)) for cause in causes_of(record)]
    found: list[tuple[float, SamePair]] = []
    for one, other in combinations(opened, 2):
        ids = {one.fact.id, other.fact.id}
        joined = any(ids <= group for group in groups)
        close = likeness(one.title, other.title)
        if not links.parted(one, other) and (joined or close >= ASKED_ABOUT):
            shared = ", ".join(sorted(words_shared(one.title, other.title)[:3]))
            found.append((close, SamePair(one.fact.id, other.fact.id, joined, shared)))
    return tuple(pair for _, pair in sorted(found, key=lambda each: (-each[0], each[1])))


def _blocker_ids(cause: Cause) -> Iterator[str]:
    return (fact.id for fact in cause.records if fact.sort is Sort.BLOCKER)


def cause_of_one(obstacle: Obstacle, record: SprintRecord) -> Cause:
    """Return the cause that a single record makes by itself."""
    return _cause(_Group([replace(obstacle, is_open=True)], []), record)


def _stands(members: Iterable[Obstacle]) -> bool:
    """Whether a group is still in the way; a gate stands only when nothing else tells of it."""
    telling = [each for each in members if each.fact.sort is not Sort.GATE]
    return not telling or any(each.is_open for each in telling)


def _cause(group: _Group, record: SprintRecord) -> Cause:
    open_first = sorted(group.members, key=_lead_order)
    lead = open_first[0]
    days = _days(open_first)
    refused = [each for each in open_first if each.refused]
    teller = _kind_teller(open_first)
    stated_remedy = next((each for each in open_first if each.remedy_stated), teller)
    scenario = next((each.scenario for each in open_first if each.scenario), None)
    facts = dict.fromkeys((*(each.fact for each in open_first), *_silences(group, record)))
    nature = nature_of(teller.kind, stated_remedy.remedy, lead.title)
    named = next((each.waits_for for each in open_first if each.waits_for), None)
    return Cause(
        id=lead.id,
        title=lead.title,
        records=tuple(facts),
        phase=place_of(teller, nature, record),
        kind=teller.kind,
        family=teller.family,
        remedy=stated_remedy.remedy,
        function=function_of_obstacle(replace(teller, waits_for=named)),
        days=days.days,
        nature=nature,
        basis=days.basis,
        matter=lead.matter,
        words=days.words,
        merged_because=tuple(dict.fromkeys(group.because)),
        remedy_stated=stated_remedy.remedy_stated,
        waits_for=named,
        owner=next((each.owner for each in open_first if each.owner), None),
        scenario=scenario,
        refused=bool(refused),
        refused_on=tuple(sorted({each.subject for each in refused if each.subject})),
        recorded=any(each.recorded for each in open_first),
        is_silence=lead.subject is not None,
        kind_stated=teller.kind_stated,
        unread=None if days.words else next((e.unread for e in open_first if e.unread), None),
        at=min(each.at for each in open_first),
        evidence=tuple(dict.fromkeys(fact for each in open_first for fact in each.evidence)),
    )


def _kind_teller(members: Sequence[Obstacle]) -> Obstacle:
    """Return the member whose kind and family count.

    A request's subject beats a kind that was only suggested, and what the team said at the gate
    beats what a probe's code usually means.
    """
    stated = (each for each in members if each.kind_stated and each.fact.sort is Sort.BLOCKER)
    asked = (each for each in members if each.subject)
    told = (each for each in members if each.recorded)
    gates = (each for each in members if each.fact.sort is Sort.GATE)
    ranked = chain(stated, asked, told, gates, members)
    return next(iter(ranked))


def _lead_order(obstacle: Obstacle) -> tuple[bool, int, int, float, str]:
    return (
        not obstacle.is_open,
        _LEADING.index(obstacle.fact.sort),
        _BASIS_ORDER.index(obstacle.basis),
        -obstacle.days.mode,
        obstacle.matter,
    )


def _days(members: Sequence[Obstacle]) -> Obstacle:
    """Return the member whose lead time counts: measured, then stated, then assumed.

    Of several of the best sort the longest counts. A gate's own figure counts only where nobody
    wrote down what it reports; what a resolved blocker was assumed to take says nothing.
    """
    telling = [each for each in members if each.recorded] or list(members)
    counted = [each for each in members if each.basis is not Basis.ASSUMED] or [
        each for each in telling if each.is_open
    ]
    best = min(_BASIS_ORDER.index(each.basis) for each in counted)
    same = [each for each in counted if _BASIS_ORDER.index(each.basis) == best]
    return max(same, key=lambda each: (each.days.mode, each.days.high, each.matter))


def _silences(group: _Group, record: SprintRecord) -> Iterator[FactRef]:
    """Yield the requests whose silence became one of the blockers."""
    asked: Mapping[str, str] = {b.id: b.approval for b in record.blockers if b.approval}
    for member in group.members:
        if member.fact.sort is Sort.BLOCKER and member.fact.id in asked:
            yield from (
                approval_fact(each) for each in record.approvals if each.id == asked[member.fact.id]
            )


_CONDITION: Final = re.compile(
    r"\b(?:only )?(?:after|once|until|depends on|only when|nach|sobald|après|después)\b",
    re.IGNORECASE,
)
_AFTER: Final = re.compile(
    r"\b(?:after|once|until|depends on|needs|only when|following|waits? for|nach|sobald|après|"
    r"después)\b(.{3,80})",
    re.IGNORECASE,
)


def _with_needs(causes: Sequence[Cause]) -> tuple[Cause, ...]:
    """Return the causes, each with those that its own words say must come first."""
    found = {cause.id: _needed(cause, causes) for cause in causes}
    before = {
        id_: tuple(each for each in needed if not _leads_to(each, id_, found))
        for id_, needed in found.items()
    }
    return tuple(replace(cause, needs=before[cause.id]) for cause in causes)


def _needed(cause: Cause, causes: Sequence[Cause]) -> tuple[str, ...]:
    said = _AFTER.search(f"{cause.title} {cause.words or ''}")
    if not said:
        return ()
    return tuple(
        other.id
        for other in causes
        if other.id != cause.id and likeness(said.group(1), other.title) >= LIKE_NEARBY
    )


def _leads_to(start: str, end: str, needs: Mapping[str, tuple[str, ...]]) -> bool:
    seen: set[str] = set()
    stack = [start]
    while stack:
        at = stack.pop()
        if at == end:
            return True
        if at not in seen:
            seen.add(at)
            stack += needs.get(at, ())
    return False
