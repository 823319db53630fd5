"""A rerun: it starts from the last plan, and ends beside the sprint before."""

from __future__ import annotations

from bot.db.models import FixItem, Sprint
from bot.debrief.weekly import forecast_by_proved
from bot.domain.plan_counts import counts_of
from bot.domain.record import Blocker, SprintRecord
from bot.domain.verdict import Verdict, function_of, say_days, verdict
from bot.fixes.queries import items_of
from bot.messages.catalog import say
from bot.outbox.queue import TemplateArgs
from bot.records.queries import record_of
from bot.slack import blocks
from bot.slack.text import Mrkdwn, escape
from bot.unit_of_work import UnitOfWork

SHOWN = 10
"""Titles in one line, and lines of the last plan."""
_Cause = tuple[str, str, str]


def render_last_plan(uow: UnitOfWork, _sprint: Sprint, args: TemplateArgs) -> blocks.Block:
    """Render what became of the last run's plan."""
    before = uow.sprint(int(args["before"]))
    items = items_of(uow, before)
    path = uow.playbook.path(before.path).title if before.path else before.status
    words = say(
        "fix.last_plan",
        title=before.title,
        path=path,
        **counts_of(item.state for item in items).plain(),
        p50=say_days(forecast_by_proved(uow, before).p50),
    )
    lines = [_line(item) for item in items[:SHOWN]]
    rows = [blocks.section(words), *([blocks.section(Mrkdwn("\n".join(lines)))] if lines else [])]
    return blocks.message(words, rows)


def _line(item: FixItem) -> Mrkdwn:
    state = say(f"fix.state_{item.state}")
    return say("fix.last_plan_line", number=item.number, text=escape(item.text[:200]), state=state)


def compared_with_last(uow: UnitOfWork, sprint: Sprint, judged: Verdict) -> list[Mrkdwn]:
    """Compare a rerun with the sprint before: what was fixed, what came back, the hours."""
    if sprint.rerun_of is None:
        return []
    before = uow.sprint(sprint.rerun_of)
    then, now = record_of(uow, before), record_of(uow, sprint)
    back, new = came_back(then, now)
    counts = counts_of(item.state for item in items_of(uow, before))
    lines = [
        say("fix.compared_hours", before=_lost(verdict(then)), after=_lost(judged)),
        say("fix.compared_fixed", **counts.plain()),
        *_listed("fix.compared_gone", _gone(then, now)),
        *_listed("fix.compared_back", back),
        say("fix.compared_new", count=len(new)),
    ]
    live = [_first_live(record) for record in (then, now)]
    if live[1] is not None:
        lines.append(say("fix.compared_live", hour=live[1], before=live[0]))
    return lines


def came_back(then: SprintRecord, now: SprintRecord) -> tuple[list[str], list[str]]:
    """Return which of this run's blockers had stood in the run before, and which are new."""
    known = {_cause(blocker) for blocker in then.blockers}
    back = [blocker.title for blocker in now.blockers if _cause(blocker) in known]
    new = [blocker.title for blocker in now.blockers if _cause(blocker) not in known]
    return back, new


def _gone(then: SprintRecord, now: SprintRecord) -> list[str]:
    again = {_cause(blocker) for blocker in now.blockers}
    return [blocker.title for blocker in then.blockers if _cause(blocker) not in again]


def _cause(blocker: Blocker) -> _Cause:
    """Return what makes two runs' blockers the same one: kind, function and phase."""
    return blocker.kind, function_of(blocker).lower(), blocker.phase


def _listed(key: str, titles: list[str]) -> list[Mrkdwn]:
    return [say(key, titles="; ".join(titles[:SHOWN]))] if titles else []


def _lost(judged: Verdict) -> float:
    return sum(judged.hours_by_category.values())


def _first_live(record: SprintRecord) -> float | None:
    return min((round(each.at, 1) for each in record.deployments), default=None)
