"""Looks that a worker takes: claimed with a lease, announced, and settled in one transaction.

Runs of one job that wait together are claimed together and answered by one look.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from bot.db.check_models import CheckRun
from bot.db.models import FixItem
from bot.domain.enums import (
    UNFINISHED_CHECKS,
    CheckOutcome,
    CheckRunState,
    CheckTrigger,
    FixCheckKind,
)
from bot.domain.fix_checks import (
    Judged,
    expected_from_plain,
    judge_access,
    judge_finding,
)
from bot.fixes import items, kept
from bot.fixes.checks import FixCheck, check_of
from bot.fixes.queue import KEPT
from bot.fixes.service import settle
from bot.messages.catalog import say_plain
from bot.stored_sentences import in_language
from bot.unit_of_work import Runtime, UnitOfWork

LEASE: Final = timedelta(seconds=15)
"""A run whose worker died is taken over after this; the lease is kept up while it looks."""
NIGHT_HOURS: Final = 12
"""Nightly seconds of a source count against its budget for so many hours."""
_MERGED: Final = ("checks", "figures")


@dataclass(frozen=True, slots=True)
class ClaimedCheck:
    """A look to take.

    Args:
        team_id: the workspace.
        owner: names this claim; whoever took over later has another.
        request: the probe's request, or an address under `url`.
        source: whose budget it takes from.
        is_nightly: nobody waits for it, so the budget holds.
    """

    team_id: str
    owner: str
    request: Mapping[str, Any]
    source: str | None
    is_nightly: bool


@dataclass(frozen=True, slots=True)
class Looked:
    """What a worker saw.

    Args:
        result: a probe's result in its JSON form; None for an address.
        judged: what an address answered; None for a probe.
        faults: codes that say why a probe saw nothing.
        temporary: those of them that pass by themselves.
        dead: codes of a probe that ended itself.
        over_time: codes that tell how the data went over time.
        seconds: how long it took.
    """

    result: Mapping[str, Any] | None = None
    judged: Judged | None = None
    faults: frozenset[str] = field(default_factory=frozenset)
    temporary: frozenset[str] = field(default_factory=frozenset)
    dead: frozenset[str] = field(default_factory=frozenset)
    over_time: frozenset[str] = field(default_factory=frozenset)
    seconds: float = 0.0


def claim(runtime: Runtime, *, nightly: bool) -> ClaimedCheck | None:
    """Take the next look that nobody takes, or that a dead worker left behind.

    Args:
        runtime: the shared parts.
        nightly: take those that nobody waits for; else those of people.
    """
    now = datetime.now(UTC)
    free = _free(now, nightly=nightly)
    with runtime.reading_sessions() as session:
        found = session.execute(
            select(CheckRun.id, CheckRun.team_id)
            .where(free)
            .order_by(CheckRun.priority, CheckRun.id)
            .limit(1)
        ).first()
    if found is None:
        return None
    with runtime.uow(found.team_id) as uow:
        run = uow.session.scalars(
            select(CheckRun).where(CheckRun.id == found.id, free).with_for_update(skip_locked=True)
        ).one_or_none()
        if run is None:
            return None
        together = uow.session.scalars(
            select(CheckRun)
            .where(CheckRun.team_id == run.team_id, CheckRun.job == run.job, free)
            .order_by(CheckRun.id)
            .with_for_update(skip_locked=True)
        ).all()
        owner = uuid.uuid4().hex
        for each in together:
            each.state, each.owner = CheckRunState.RUNNING, owner
            each.started_at, each.leased_until = now, now + LEASE
        return ClaimedCheck(run.team_id, owner, _merged(together), run.source, nightly)


def _free(now: datetime, *, nightly: bool) -> ColumnElement[bool]:
    is_night = CheckRun.trigger == CheckTrigger.NIGHTLY
    return (is_night if nightly else ~is_night) & or_(
        CheckRun.state == CheckRunState.WAITING,
        (CheckRun.state == CheckRunState.RUNNING) & (CheckRun.leased_until < now),
    )


def _merged(runs: Sequence[CheckRun]) -> dict[str, Any]:
    """Return one request that answers all of them: every rule and every column that one names."""
    request = dict(runs[0].request)
    if "options" not in request:
        return request
    options = dict(request["options"])
    for name in _MERGED:
        given = [each for run in runs for each in (run.request["options"].get(name) or [])]
        unique = {str(each.get("key") if isinstance(each, dict) else each): each for each in given}
        if unique:
            options[name] = list(unique.values())
    return {**request, "options": options}


def spent_seconds(runtime: Runtime, team_id: str, source: str) -> float:
    """Return the seconds that nightly looks at a source took this night."""
    since = datetime.now(UTC) - timedelta(hours=NIGHT_HOURS)
    with runtime.reading_sessions() as session:
        return float(
            session.scalar(
                select(func.coalesce(func.sum(CheckRun.seconds), 0.0)).where(
                    CheckRun.team_id == team_id,
                    CheckRun.source == source,
                    CheckRun.queued_at > since,
                    CheckRun.trigger == CheckTrigger.NIGHTLY,
                )
            )
            or 0.0
        )


def renew_lease(runtime: Runtime, claimed: ClaimedCheck, progress: str | None) -> bool:
    """Keep a look for another lease, and tell its progress to whoever waits for it.

    Returns:
        Whether it goes on; False after another worker took it over.
    """
    with runtime.uow(claimed.team_id) as uow:
        runs = _mine(uow, claimed)
        for run in runs:
            run.leased_until = datetime.now(UTC) + LEASE
            if progress and run.progress != progress and run.trigger == CheckTrigger.DONE:
                run.progress = progress
                item = uow.session.get_one(FixItem, run.item_id)
                items.show(uow, uow.sprint(run.sprint_id), item)
        return bool(runs)


def skip(runtime: Runtime, claimed: ClaimedCheck, seconds: int) -> None:
    """Leave a look for another night: its source's budget is spent."""
    with runtime.uow(claimed.team_id) as uow:
        for run in _mine(uow, claimed):
            run.state, run.owner, run.finished_at = CheckRunState.SKIPPED, None, uow.now
            run.words = say_plain("fix.budget_spent", source=claimed.source, seconds=seconds)


def finish(runtime: Runtime, claimed: ClaimedCheck, looked: Looked) -> None:
    """Settle everything that a look answers; what another worker took over is not mine."""
    with runtime.uow(claimed.team_id) as uow:
        runs = _mine(uow, claimed)
        for run in runs:
            run.state, run.owner, run.finished_at = CheckRunState.DONE, None, uow.now
            run.seconds = looked.seconds / len(runs)
        uow.session.flush()
        for run in runs:
            _settle(uow, run, looked)


def _mine(uow: UnitOfWork, claimed: ClaimedCheck) -> Sequence[CheckRun]:
    return uow.session.scalars(
        select(CheckRun)
        .where(CheckRun.owner == claimed.owner, CheckRun.state == CheckRunState.RUNNING)
        .order_by(CheckRun.id)
        .with_for_update()
    ).all()


def _settle(uow: UnitOfWork, run: CheckRun, looked: Looked) -> None:
    if run.kind == KEPT:
        kept.settle_rules(uow, uow.sprint(run.sprint_id), run, in_language(looked.result or {}))
        return
    item: FixItem = uow.row(FixItem, int(run.item_id or 0), "item")
    check = check_of(item)
    if check is None or check.kind != run.kind:
        return  # another check was chosen meanwhile; its own run answers
    judged = judge(check, looked)
    run.outcome, run.words = judged.outcome, judged.sentence
    sprint = uow.sprint(run.sprint_id)
    settle(uow, sprint, item, judged, CheckTrigger(run.trigger), run.asked_by)


def judge(check: FixCheck, looked: Looked) -> Judged:
    """Say what a look means for a check."""
    if looked.judged is not None:
        return looked.judged
    result = in_language(looked.result or {})
    if check.kind is FixCheckKind.ACCESS:
        return judge_access(result, looked.dead, looked.temporary)
    if check.kind is FixCheckKind.FINDING:
        expected = expected_from_plain(check.facts["expected"])
        cannot_look = looked.faults | looked.dead
        return judge_finding(expected, check.facts["before"], result, cannot_look, looked.over_time)
    return Judged(CheckOutcome.UNKNOWN)


def is_checking(runtime: Runtime) -> bool:
    """Return whether any look is not over."""
    with runtime.reading_sessions() as session:
        unfinished = select(CheckRun.id).where(CheckRun.state.in_(UNFINISHED_CHECKS)).limit(1)
        return session.scalar(unfinished) is not None
