"""Digests: in the channel every few hours and at each gate, for the sponsor once a day and gate.

A digest tells what was so at its moment, and the sponsor's post what was so at the end of its day,
however much later they are sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from bot.blockers.queries import stops_of_sprint
from bot.db.arrays import in_array
from bot.db.models import Approval, Blocker, Sprint
from bot.db.outbox_models import OutboxItem
from bot.domain.enums import ApprovalState, BlockerState, Pace, TimerKind
from bot.domain.hours_lost import by_category, lost_by_kind
from bot.domain.vocabulary import Kind
from bot.hourly.queries import quoted, replies_since
from bot.messages.catalog import say, say_plain
from bot.messages.digest_card import Digest, digest_card
from bot.messages.templates import Template
from bot.outbox.queue import (
    SPRINT_QUEUE,
    TemplateArgs,
    sprint_key,
)
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints import pace
from bot.sprints.moves import MOVES, TO_SPONSORS, Moves, last_moves
from bot.sprints.overview import refresh_sponsor_days
from bot.sprints.snapshot import DueHours, SprintFacts, gather, moment_of, moves_between
from bot.unit_of_work import UnitOfWork


def post_digests(uow: UnitOfWork, sprints: Sequence[Sprint], due: DueHours) -> None:
    """Post one digest into each sprint's channel for all that are due.

    Args:
        uow: the open unit.
        sprints: running sprints to which the same is due.
        due: the hours, at least one; several after quiet hours or an outage.
    """
    first, hour = due.hours[0], due.newest
    span = hour - max(0, first - uow.playbook.digest_every_hours)
    args = {"hour": hour, "span": span, "at": uow.now.isoformat()}
    moved = _with_something_new(uow, [each for each in sprints if each.pace != Pace.PAUSED], span)
    held = [each for each in sprints if each not in moved or hour >= each.length_hours]
    pace.note_held(uow, held, [f"{TimerKind.DIGEST}:{each}" for each in due.hours])
    told_now = [each for each in moved if each not in held]
    for below, of_one_place in _places(uow, told_now, hour).items():
        uow.upsert_many(of_one_place, f"digest:{hour}", Template.DIGEST, args, below=below)
    ended = [end // 24 - 1 for end in range(24, hour + 1, 24) if end > hour - span]
    refresh_sponsor_days(uow, sprints, ended)


def _places(
    uow: UnitOfWork, sprints: Sequence[Sprint], hour: int
) -> Mapping[str | None, Sequence[Sprint]]:
    """Return under which message each sprint's digest stands; None for none.

    That is the hour's gate or prompt, else the prompt before those that a busy team was spared.
    """
    names = [f"gate:{phase.key}" for phase in uow.playbook.phases if phase.end == hour]
    names += [f"prompt:{hour - back}" for back in range(pace.MOST_LEFT_OUT + 1)]
    keys = [SPRINT_QUEUE + f":{name}" for name in names]
    there = set(
        uow.session.scalars(
            select(OutboxItem.key)
            .join(Sprint, Sprint.team_id == OutboxItem.team_id)
            .where(in_array(uow.dialect, Sprint.id, "of_sprints"), OutboxItem.key.in_(keys)),
            {"of_sprints": [each.id for each in sprints]},
        )
    )
    places: dict[str | None, list[Sprint]] = defaultdict(list)
    for sprint in sprints:
        found = (name for name in names if sprint_key(sprint.id, name) in there)
        places[next(found, None)].append(sprint)
    return places


def _with_something_new(uow: UnitOfWork, sprints: Sequence[Sprint], span: int) -> Sequence[Sprint]:
    """Return the sprints in which something moved in the last hours; others need no digest."""
    since = uow.now - timedelta(hours=span)
    last = last_moves(uow, sprints)
    return [each for each in sprints if each.id in last and last[each.id] >= since]


def render_digest(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put an hour's digest into words, as of its moment."""
    hour, span = int(args["hour"]), int(args["span"])
    then = replace(uow, now=datetime.fromisoformat(args["at"]))
    facts = gather(then, sprint)
    title = say("digest.title", hour=hour, length=sprint.length_hours, phase=facts.phase.title)
    since = moment_of(sprint, hour - span)
    return digest_card(_digest(then, facts, title, None, since=since, span=span))


def render_sponsor_day(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Put the sponsor's post of a day into words, as of now or of the day's end."""
    day = int(args["day"])
    first, last = day * 24, min((day + 1) * 24, sprint.length_hours)
    then = replace(uow, now=min(uow.now, moment_of(sprint, last)))
    facts = gather(then, sprint)
    subtitle = say(
        "digest.sponsor_clock",
        first=first,
        last=last,
        length=sprint.length_hours,
        phase=facts.phase.title,
    )
    title = say("digest.sponsor_title", title=sprint.title, day=day + 1)
    since = moment_of(sprint, first)
    return digest_card(_digest(then, facts, title, subtitle, since=since, span=last - first))


def _digest(
    uow: UnitOfWork,
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
        moved=_moved(uow, facts.sprint, since, TO_SPONSORS if subtitle else MOVES),
        span_hours=span,
        blocking=[_blocking(uow, facts.sprint, each) for each in open_then(uow, facts)],
        waiting=_waiting(uow, facts),
        lost=_lost(uow, facts),
        footer=footer,
    )


def _moved(uow: UnitOfWork, sprint: Sprint, since: datetime, counted: Moves) -> list[Mrkdwn]:
    done = moves_between(uow, sprint, since, uow.now)
    lines = []
    for key, subject, actions in counted:
        number = len({row for about, action, row in done if about == subject and action in actions})
        if number:
            lines.append(say(key, count=number))
    return lines + quoted(uow, replies_since(uow, sprint, since), "digest.answered")


def open_then(uow: UnitOfWork, facts: SprintFacts) -> list[Blocker]:
    """Return the blockers that were open at the unit's moment."""
    return [
        blocker
        for blocker in facts.blockers
        if blocker.raised_at <= uow.now
        and (
            blocker.resolved_at > uow.now
            if blocker.resolved_at
            else blocker.state == BlockerState.OPEN
        )
    ]


def _waiting_then(uow: UnitOfWork, facts: SprintFacts) -> list[Approval]:
    """Return the requests that waited at the unit's moment."""
    return [
        approval
        for approval in facts.approvals
        if approval.requested_at <= uow.now
        and (
            approval.decided_at > uow.now
            if approval.decided_at
            else approval.state == ApprovalState.WAITING
        )
    ]


def _blocking(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> Mrkdwn:
    return say(
        "digest.line_blocker",
        title=blocker.title,
        kind=uow.playbook.kind(blocker.kind).title.lower(),
        severity=uow.playbook.severity(blocker.severity).title.lower(),
        waited=blocked_hours(uow, sprint, blocker),
        waits_for=blocker.waits_for,
    )


def _waiting(uow: UnitOfWork, facts: SprintFacts) -> list[Mrkdwn]:
    return [
        say(
            "digest.line_approval",
            subject=uow.playbook.subject(approval.subject).title,
            who=uow.name(approval.approver_id),
            deadline=moment(approval.deadline),
        )
        for approval in _waiting_then(uow, facts)
    ]


def _lost(uow: UnitOfWork, facts: SprintFacts) -> Mrkdwn:
    """Say how many hours were lost up to the unit's moment, by category."""
    found = by_category(hours_lost_so_far(uow, facts.sprint))
    parts = [
        say_plain(
            "digest.lost_part",
            category=uow.playbook.category(category).title.lower(),
            amount=amount,
        )
        for category, amount in sorted(found.items(), key=lambda pair: -pair[1])
        if amount
    ]
    return say("digest.lost", total=sum(found.values()), parts=", ".join(parts))


def hours_lost_so_far(uow: UnitOfWork, sprint: Sprint) -> dict[Kind, float]:
    """Return the hours lost by kind up to the unit's moment, as the report counts them."""
    return lost_by_kind(stops_of_sprint(uow, sprint))


def blocked_hours(uow: UnitOfWork, sprint: Sprint, blocker: Blocker) -> float:
    """Return the hours a blocker has stood: to its resolution, the sprint's end, or now."""
    last = moment_of(sprint, sprint.length_hours)
    end = min(blocker.resolved_at or uow.now, sprint.ended_at or uow.now, uow.now, last)
    return max(0.0, (end - blocker.raised_at) / timedelta(hours=1))
