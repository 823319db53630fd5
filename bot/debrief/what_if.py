"""What if …: the chance and the dates of a deployment, with some of the plan's fixes done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from bot.db.models import Sprint
from bot.debrief.queries import experience_of, judge
from bot.domain.enums import LIVE, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.verdict import Verdict, what_if
from bot.domain.verdict.forecast import NEVER
from bot.domain.verdict.model import Forecast
from bot.domain.verdict.outlook import percent
from bot.messages.catalog import say, say_plain
from bot.messages.what_if_view import FixChoice, Outlook, WhatIf, what_if_modal
from bot.playbook.figures import priors_of
from bot.records.queries import record_of
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn, moment
from bot.sprints.people import require
from bot.unit_of_work import UnitOfWork

READY: Final = (*LIVE, SprintStatus.CLOSED)
"""Statuses with a record to ask; while the sprint runs it is the record so far."""


def show_what_if(
    uow: UnitOfWork, actor_id: str, sprint_id: int, chosen: Sequence[str] = ()
) -> Block:
    """Return the modal with the chance and the dates as they are with the chosen fixes done.

    Args:
        uow: the open transaction.
        actor_id: who looks.
        sprint_id: a sprint that has begun and was not cancelled.
        chosen: the numbers of the fixes in the plan; unknown ones are left out.

    Raises:
        InputError: the sprint has not begun or was cancelled, or they may not see it.
    """
    sprint = uow.sprint(sprint_id)
    require(uow, actor_id, Action.READ, sprint)
    if sprint.status not in READY:
        raise InputError(say("debrief.not_debrief"))
    found = judge(uow, sprint).by_facts
    choices = _choices(found, sprint.ended_at or uow.now)
    ids = {choice.number: fix for choice, fix in choices}
    done = [ids[number] for number in chosen if number in ids]
    return what_if_modal(
        WhatIf(
            sprint_id=sprint.id,
            fixes=[choice for choice, _ in choices],
            chosen=[number for number in chosen if number in ids],
            now=_outlook(uow, sprint, found.chances.now if found.chances else None, found.forecast),
            then=_with(uow, sprint, done) if done else None,
            enough=_enough(found),
        )
    )


def _with(uow: UnitOfWork, sprint: Sprint, done: Sequence[str]) -> Outlook:
    chance, forecast = what_if(
        record_of(uow, sprint),
        done,
        experience=experience_of(uow, sprint.started_at or uow.now),
        priors=priors_of(uow.playbook),
    )
    return _outlook(uow, sprint, chance, forecast)


def _outlook(uow: UnitOfWork, sprint: Sprint, chance: float | None, forecast: Forecast) -> Outlook:
    start = sprint.ended_at or uow.now
    shown = "–" if chance is None else percent(chance)
    return Outlook(shown, _date(start, forecast.p50), _date(start, forecast.p80))


def _date(start: datetime, days: float) -> Mrkdwn:
    if days >= NEVER:
        return say("debrief.what_if_never")
    return moment(start + timedelta(days=days), "{date_pretty}")


def _titles(found: Verdict) -> dict[str, tuple[str, str]]:
    """Return the number and the title of what can be fixed, by the ids the verdict has."""
    titles = {cause.id: cause.title for cause in found.causes}
    return {
        fix.blocker: (str(number), titles.get(fix.cause or "", fix.text))
        for number, fix in reversed(list(enumerate(found.fixes, 1)))
    }


def _choices(found: Verdict, start: datetime) -> list[tuple[FixChoice, str]]:
    """Return the fixes that can be tried, with the ids the verdict knows them by."""
    if found.chances is None:
        return []
    labels, p50 = _titles(found), found.forecast.p50
    return [
        (
            FixChoice(
                *labels[each.fix], percent(each.chance), _date(start, p50 - each.days_bought)
            ),
            each.fix,
        )
        for each in found.chances.fixes
    ]


def _enough(found: Verdict) -> str:
    """Say what is the least that is enough, by the numbers of the plan."""
    chances = found.chances
    if chances is None or not chances.fixes:
        return say_plain("debrief.what_if_none")
    if chances.enough is None:
        return say_plain("debrief.what_if_short", chance=percent(chances.everything))
    if not chances.enough.fixes:
        return say_plain("debrief.what_if_already")
    titles = _titles(found)
    listed = ", ".join(f"“{titles[fix][1]}”" for fix in chances.enough.fixes)
    chance = percent(chances.enough.chance)
    return say_plain("debrief.what_if_enough", titles=listed, chance=chance)
