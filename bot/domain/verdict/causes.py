"""Causes: the things between the sprint and a deployment, each once, however many records name it.

One missing paper can show as a blocker, an expired request, a refusal, a gate and a rollback. They
are joined by the links that people made, then by words, function and phase. Whether two records are
one thing does not depend on the hour in which somebody typed them, and `not_same_cause` parts them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from bot.domain.record import SprintRecord
from bot.domain.verdict.functions import function_of_obstacle
from bot.domain.verdict.grouping import Grouping, ObstacleGroup
from bot.domain.verdict.likeness import LIKE_NEARBY, likeness
from bot.domain.verdict.links import Links
from bot.domain.verdict.matching import attaches, is_outweighed
from bot.domain.verdict.model import Basis, Cause, FactRef, Obstacle, Sort
from bot.domain.verdict.nature import nature_of, place_of
from bot.domain.verdict.obstacles import approval_fact, blocker_obstacle, find_obstacles
from bot.domain.vocabulary import Remedy, Resolution

_LEADING: Final = (
    *(Sort.BLOCKER, Sort.APPROVAL, Sort.ROLLBACK),
    *(Sort.GUARDRAIL, Sort.FINDING, Sort.GATE),
)
"""Which record's words a cause takes: what people wrote goes before what a gate says."""
_LIVE: Final = frozenset({Sort.ROLLBACK, Sort.GUARDRAIL})
"""What tells of a model that was live."""
_BASIS_ORDER: Final = (Basis.MEASURED, Basis.STATED, Basis.ASSUMED)


def causes_of(record: SprintRecord) -> tuple[Cause, ...]:
    """Return what is in a deployment's way, or stands open beside one, in order of time."""
    groups = [group for group in groups_of(record) if _stands(group.members)]
    causes = [_cause(group, record) for group in groups if not _is_mended(group.members, record)]
    causes = _borne_out(causes)
    return _told_apart(_with_needs(sorted(causes, key=lambda cause: cause.turn)))


def groups_of(record: SprintRecord) -> list[ObstacleGroup]:
    """Return the records about what is or was in the way, each group one thing."""
    obstacles = sorted(find_obstacles(record), key=_by_words)
    return Grouping(obstacles, Links(record)).groups()


def _borne_out(causes: Iterable[Cause]) -> list[Cause]:
    """Leave out of a cause's evidence what probes found that is a cause of its own."""
    known = list(causes)
    own = {fact: cause.id for cause in known for fact in cause.records if fact.sort is Sort.FINDING}
    return [
        replace(
            cause,
            evidence=tuple(f for f in cause.evidence if own.get(f, cause.id) == cause.id),
        )
        if cause.evidence
        else cause
        for cause in known
    ]


def _told_apart(causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
    """Say which record is meant where two causes have the same title."""
    counts = Counter(cause.title.casefold() for cause in causes)
    return tuple(
        replace(cause, title=f"{cause.title} ({cause.fact})")
        if counts[cause.title.casefold()] > 1
        else cause
        for cause in causes
    )


def _by_words(obstacle: Obstacle) -> tuple[str, str, float, str]:
    """An order that does not change with the hour or the id of a record."""
    return obstacle.fact.sort, obstacle.matter, obstacle.days.mode, obstacle.id


def cause_of_one(obstacle: Obstacle, record: SprintRecord) -> Cause:
    """Return the cause that a single record makes by itself."""
    return _cause(ObstacleGroup([replace(obstacle, is_open=True)], []), record)


def _stands(members: Iterable[Obstacle]) -> bool:
    """Whether a group is still in the way; a gate stands only when nothing else tells of it."""
    telling = [each for each in members if each.fact.sort is not Sort.GATE]
    return not telling or any(each.is_open for each in telling)


def _is_mended(members: Iterable[Obstacle], record: SprintRecord) -> bool:
    """Whether only a rollback and its breach are left, of a fault that was fixed since."""
    left = [each for each in members if each.is_open and each.fact.sort is not Sort.GATE]
    rolled_back = next((each for each in left if each.fact.sort is Sort.ROLLBACK), None)
    if rolled_back is None or any(each.fact.sort not in _LIVE for each in left):
        return False
    return any(
        attaches(rolled_back, blocker_obstacle(blocker, record))
        for blocker in record.blockers
        if blocker.how is Resolution.FIXED and (blocker.resolved_at or 0.0) > rolled_back.at
    )


def _cause(group: ObstacleGroup, record: SprintRecord) -> Cause:
    open_first = sorted(group.members, key=_lead_order)
    lead = open_first[0]
    days = _days(open_first)
    refused = [each for each in open_first if each.refused]
    teller = kind_teller(open_first)
    stated_remedy = next((each for each in open_first if each.remedy_stated), None)
    remedied = stated_remedy or _remedied(open_first, days, teller)
    scenario = next((each.scenario for each in open_first if each.scenario), None)
    facts = dict.fromkeys((*(each.fact for each in open_first), *_silences(group, record)))
    nature = nature_of(teller.kind, remedied.remedy, lead.title)
    unread = None if days.words else next((each for each in open_first if each.unread), None)
    named = next((each.waits_for for each in open_first if each.waits_for), None)
    family = teller.family or next((e.family for e in open_first if e.family), None)
    tellers = [each for each in open_first if each.family is family]
    return Cause(
        id=lead.id,
        title=lead.title,
        records=tuple(facts),
        phase=place_of(teller, nature, record),
        kind=teller.kind,
        family=family,
        family_guessed=all(each.family_guessed for each in tellers),
        remedy=remedied.remedy,
        function=function_of_obstacle(replace(teller, waits_for=named)),
        days=days.days,
        nature=nature,
        basis=days.basis,
        matter=lead.matter,
        words=days.words,
        words_of=(lead if lead.words == days.words else days).fact if days.words else None,
        merged_because=tuple(dict.fromkeys(group.because)),
        remedy_stated=stated_remedy is not None,
        waits_for=named,
        owner=next((each.owner for each in open_first if each.owner), None),
        scenario=scenario,
        refused=bool(refused),
        refused_on=tuple(sorted({each.subject for each in refused if each.subject})),
        recorded=any(each.recorded for each in open_first),
        is_silence=lead.subject is not None,
        kind_stated=teller.kind_stated,
        unread=unread.unread if unread else None,
        undated=unread is not None and unread.undated,
        at=min(each.at for each in open_first),
        evidence=tuple(dict.fromkeys(fact for each in open_first for fact in each.evidence)),
    )


def kind_teller(members: Iterable[Obstacle]) -> Obstacle:
    """Return the member whose kind and family count.

    A request's subject beats a kind that was only suggested. What the team said at the gate beats
    a guess that its scenario contradicts, and what a probe's code usually means.
    """
    members = sorted(members, key=_lead_order)
    stated = (each for each in members if each.kind_stated and each.fact.sort is Sort.BLOCKER)
    asked = (each for each in members if each.subject)
    gates = [each for each in members if each.fact.sort is Sort.GATE]
    recorded = (
        each
        for each in members
        if each.recorded and not any(is_outweighed(gate, each) for gate in gates)
    )
    ranked = chain(stated, asked, recorded, gates, members)
    return next(iter(ranked))


def _lead_order(obstacle: Obstacle) -> tuple[bool, int, bool, int, float, str]:
    is_silence = obstacle.fact.sort is Sort.BLOCKER and obstacle.subject is not None
    sort = Sort.APPROVAL if is_silence else obstacle.fact.sort
    return (
        not obstacle.is_open,
        _LEADING.index(sort),
        not obstacle.refused,  # what was answered says more than a silence about the same
        _BASIS_ORDER.index(obstacle.basis),
        -obstacle.days.mode,
        obstacle.matter,
    )


def _days(members: Sequence[Obstacle]) -> Obstacle:
    """Return the member whose lead time counts: measured, then stated, then assumed.

    Of several of the best sort the longest counts. A gate's own figure counts only where nobody
    wrote down what it reports, or where that is a title alone; what a resolved blocker was assumed
    to take says nothing.
    """
    telling = [each for each in members if each.recorded] or list(members)
    if _guessed_from_title(members):
        telling = list(members)
    counted = [each for each in members if each.basis is not Basis.ASSUMED] or [
        each for each in telling if each.is_open
    ]
    best = min(_BASIS_ORDER.index(each.basis) for each in counted)
    same = [each for each in counted if _BASIS_ORDER.index(each.basis) == best]
    return max(same, key=lambda each: (each.days.mode, each.days.high, each.matter))


def _remedied(members: Sequence[Obstacle], days: Obstacle, teller: Obstacle) -> Obstacle:
    """Return the member whose remedy counts where nobody stated one.

    A rebuild that the team chose at the gate says more than the remedy that is usual for a kind
    guessed from a title, also where that title says how long it takes.
    """
    if _guessed_from_title(members):
        return days
    rebuilds = [
        each
        for each in members
        if each.fact.sort is Sort.GATE and each.remedy is Remedy.ARCHITECTURE
    ]
    is_guess = all(
        each.fact.sort is Sort.BLOCKER and not each.kind_stated and not each.refused
        for each in members
        if each.recorded
    )
    return rebuilds[0] if rebuilds and is_guess else teller


def _guessed_from_title(members: Iterable[Obstacle]) -> bool:
    """Whether kind, remedy and time of what was written down are guesses from a blocker's title.

    Then the scenario that the team chose at the gate says more than the guess.
    """
    recorded = [each for each in members if each.recorded]
    return all(
        each.fact.sort is Sort.BLOCKER
        and not (each.kind_stated or each.remedy_stated or each.subject or each.refused)
        and each.basis is Basis.ASSUMED
        for each in recorded
    )


def _silences(group: ObstacleGroup, record: SprintRecord) -> Iterator[FactRef]:
    """Yield the requests whose silence became one of the blockers."""
    asked: Mapping[str, str] = {b.id: b.approval for b in record.blockers if b.approval}
    for member in group.members:
        if member.fact.sort is Sort.BLOCKER and member.fact.id in asked:
            yield from (
                approval_fact(each) for each in record.approvals if each.id == asked[member.fact.id]
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
    match = _AFTER.search(f"{cause.title} {cause.words or ''}")
    if not match:
        return ()
    return tuple(
        other.id
        for other in causes
        if other.id != cause.id and likeness(match.group(1), other.title) >= LIKE_NEARBY
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
