"""Digests: in the channel every few hours and at each gate, for the sponsor once a day and gate."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.playbook.model import Phase
from bot.slack.cards.digest_card import Digest, digest_card, sponsor_gate_card
from bot.slack.outbox import Priority, channel_lane, person_lane, sprint_lane
from bot.slack.text import Mrkdwn, moment
from bot.slack.words import say, say_plain
from bot.sprint.vocabulary import KIND_CATEGORY, Kind
from bot.store.models import Blocker, Sprint, Timer
from bot.usecases.ahead import Move, moves_of
from bot.usecases.facts import SprintFacts, gather, moment_of
from bot.usecases.house import Unit

MOVES: Final = (
    ("digest.moved_logged", "blocker", ("logged",)),
    ("digest.moved_resolved", "blocker", ("resolved",)),
    ("digest.moved_requested", "approval", ("requested",)),
    ("digest.moved_decided", "approval", ("approved", "rejected", "expired")),
    ("digest.moved_gate", "gate", ("answered",)),
    ("digest.moved_probe", "probe", ("finished",)),
    ("digest.moved_deployed", "deployment", ("deployed",)),
    ("digest.moved_rolled_back", "deployment", ("rolled_back",)),
)
"""What counts as a move: the words, the subject and the actions of the audit trail."""


def digest_key(sprint: Sprint, hour: int) -> str:
    """Return the outbox key of an hour's digest."""
    return f"sprint:{sprint.id}:digest:{hour}"


def sponsor_day_key(sprint: Sprint, day: int) -> str:
    """Return the outbox key of the sponsor's post of a day; the first day is 0."""
    return f"sprint:{sprint.id}:sponsor:day:{day + 1}"


def sponsor_day(sprint: Sprint, hour: float) -> int:
    """Return the day an hour belongs to; the sprint's last hour still belongs to its last day."""
    return min(int(hour // 24), max(0, (sprint.length_hours - 1) // 24))


def post_digest(unit: Unit, sprint: Sprint, due: Sequence[Timer]) -> None:
    """Post one digest into the sprint's channel for all that are due.

    Args:
        unit: the open unit.
        sprint: the running sprint.
        due: the due timers, at least one, by their hours; several after quiet hours or an outage.
    """
    facts = gather(unit, sprint)
    first, hour = int(due[0].facts["hour"]), int(due[-1].facts["hour"])
    span = hour - max(0, first - unit.playbook.digest_every_hours)
    since = moment_of(sprint, hour - span)
    title = say("digest.title", hour=hour, length=sprint.length_hours, phase=facts.phase.title)
    unit.wish(
        digest_key(sprint, hour),
        sprint_lane(sprint.id),
        digest_card(_digest(unit, facts, title, None, since=since, span=span)),
        sprint_id=sprint.id,
    )
    refresh_sponsor_day(unit, facts)


def sponsor_lane(sprint: Sprint) -> str | None:
    """Return where the sponsor reads: a channel, else direct messages; None for nobody."""
    if sprint.digest_channel_id:
        return channel_lane(sprint.digest_channel_id)
    return person_lane(sprint.sponsor_id) if sprint.sponsor_id else None


def refresh_sponsor_day(unit: Unit, facts: SprintFacts) -> None:
    """Bring the sponsor's post of the day up to date; the first change of a day posts it."""
    sprint = facts.sprint
    lane = sponsor_lane(sprint)
    if lane is None or sprint.started_at is None:
        return
    day = sponsor_day(sprint, facts.hour)
    first, last = day * 24, min((day + 1) * 24, sprint.length_hours)
    subtitle = say(
        "digest.sponsor_clock",
        first=first,
        last=last,
        length=sprint.length_hours,
        phase=facts.phase.title,
    )
    title = say("digest.sponsor_title", title=sprint.title, day=day + 1)
    since = moment_of(sprint, first)
    digest = _digest(unit, facts, title, subtitle, since=since, span=last - first)
    unit.wish(
        sponsor_day_key(sprint, day),
        lane,
        digest_card(digest),
        sprint_id=sprint.id,
        priority=Priority.DIGEST,
    )


def post_sponsor_gate(
    unit: Unit, facts: SprintFacts, phase: Phase, answer: str | None, known: Sequence[Mrkdwn]
) -> None:
    """Tell the sponsor how a phase ended, and keep that current."""
    lane = sponsor_lane(facts.sprint)
    if lane is None:
        return
    title = say("digest.sponsor_gate_title", title=facts.sprint.title, phase=phase.title)
    words = say("digest.sponsor_gate_open")
    if answer:
        scenario = phase.scenario(answer)
        words = say("digest.sponsor_gate", scenario=scenario.title, learning=scenario.learning)
    unit.wish(
        f"sprint:{facts.sprint.id}:sponsor:gate:{phase.key}",
        lane,
        sponsor_gate_card(title, words, known),
        sprint_id=facts.sprint.id,
        priority=Priority.DIGEST,
    )


def _digest(
    unit: Unit,
    facts: SprintFacts,
    title: Mrkdwn,
    subtitle: Mrkdwn | None,
    *,
    since: datetime,
    span: int,
) -> Digest:
    channel = facts.sprint.channel_id
    footer = (
        say("digest.sponsor_where", channel=Mrkdwn(f"<#{channel}>"))
        if subtitle and channel and not facts.sprint.is_private
        else None
    )
    return Digest(
        title=title,
        subtitle=subtitle,
        moved=_moved(unit, facts.sprint, since),
        span_hours=span,
        blocking=[_blocking(unit, facts.sprint, blocker) for blocker in facts.open_blockers],
        waiting=_waiting(unit, facts),
        lost=_lost(unit, facts),
        footer=footer,
    )


def _moved(unit: Unit, sprint: Sprint, since: datetime) -> list[Mrkdwn]:
    counts = Counter(
        (subject, action) for at, subject, action in _moves(unit, sprint, since) if at >= since
    )
    lines = []
    for key, subject, actions in MOVES:
        number = sum(counts[subject, action] for action in actions)
        if number:
            lines.append(say(key, count=number))
    return lines


def _moves(unit: Unit, sprint: Sprint, since: datetime) -> Sequence[Move]:
    if sprint.id in unit.ahead.moves:
        return unit.ahead.moves[sprint.id]
    return moves_of(unit.session, [sprint.id], since)[sprint.id]


def _blocking(unit: Unit, sprint: Sprint, blocker: Blocker) -> Mrkdwn:
    return say(
        "digest.line_blocker",
        title=blocker.title,
        kind=unit.playbook.kind(blocker.kind).title.lower(),
        severity=unit.playbook.severity(blocker.severity).title.lower(),
        waited=blocked_hours(unit, sprint, blocker),
    )


def _waiting(unit: Unit, facts: SprintFacts) -> list[Mrkdwn]:
    lines = [
        say(
            "digest.line_approval",
            subject=unit.playbook.subject(approval.subject).title,
            who=unit.name(approval.approver_id),
            deadline=moment(approval.deadline),
        )
        for approval in facts.waiting_approvals
    ]
    lines += [
        say("digest.line_function", title=blocker.title, function=blocker.waits_for)
        for blocker in facts.open_blockers
        if blocker.waits_for
    ]
    return lines


def _lost(unit: Unit, facts: SprintFacts) -> Mrkdwn:
    """Say how many hours blockers stood so far, by category; the report counts the same ones."""
    by_category: dict[str, float] = defaultdict(float)
    for blocker in facts.blockers:
        category = KIND_CATEGORY[Kind(blocker.kind)].value
        by_category[category] += blocked_hours(unit, facts.sprint, blocker)
    parts = [
        say_plain(
            "digest.lost_part",
            category=unit.playbook.category(category).title.lower(),
            amount=amount,
        )
        for category, amount in sorted(by_category.items(), key=lambda pair: -pair[1])
    ]
    return say("digest.lost", total=sum(by_category.values()), parts=", ".join(parts))


def blocked_hours(unit: Unit, sprint: Sprint, blocker: Blocker) -> float:
    """Return the hours a blocker has stood: to its resolution, the sprint's end, or now."""
    last = moment_of(sprint, sprint.length_hours)
    end = min(blocker.resolved_at or unit.now, sprint.ended_at or unit.now, last)
    return max(0.0, (end - blocker.raised_at) / timedelta(hours=1))
