"""Puts looks that a worker takes into the table of check runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select

from bot.db.check_models import CheckRun
from bot.db.models import FixItem, Sprint
from bot.domain.enums import CheckRunState, CheckTrigger
from bot.fixes.checks import FixCheck, Job, job_of
from bot.unit_of_work import Change, UnitOfWork

PRIORITY: Final = {
    CheckTrigger.DONE: 0,
    CheckTrigger.CHOSEN: 1,
    CheckTrigger.COMMAND: 2,
    CheckTrigger.NIGHTLY: 9,
}
"""Somebody waits for the first ones."""
KEPT: Final = "kept"
"""The kind of a run that looks at the kept data checks of a table."""


def queue_run(
    uow: UnitOfWork,
    sprint: Sprint,
    item: FixItem,
    check: FixCheck,
    trigger: CheckTrigger,
    actor_id: str,
) -> None:
    """Ask for a look at what an item's check is about; one that waits already is enough."""
    if trigger is CheckTrigger.NIGHTLY and _waits(uow, CheckRun.item_id == item.id):
        return
    _put(uow, sprint, job_of(check), check.kind, trigger, actor_id, item.id)


def queue_rules(
    uow: UnitOfWork,
    sprint: Sprint,
    source: str,
    table: str,
    rules: Sequence[Mapping[str, Any]],
    trigger: CheckTrigger = CheckTrigger.NIGHTLY,
) -> None:
    """Ask for a look at the kept data checks of a table."""
    options = {"checks": [*rules], "only_checks": True, "sprint": sprint.id}
    job = Job(
        {"probe": "quality", "source": source, "table": table or None, "options": options}, source
    )
    same = (CheckRun.job == job.key) & (CheckRun.sprint_id == sprint.id)
    if not _waits(uow, same & (CheckRun.trigger == trigger)):
        _put(uow, sprint, job, KEPT, trigger, sprint.lead_id, None)


def _waits(uow: UnitOfWork, which: Any) -> bool:
    waiting = select(CheckRun.id).where(
        CheckRun.team_id == uow.team_id, CheckRun.state == CheckRunState.WAITING, which
    )
    return uow.session.scalar(waiting.limit(1)) is not None


def _put(
    uow: UnitOfWork,
    sprint: Sprint,
    job: Job,
    kind: str,
    trigger: CheckTrigger,
    actor_id: str,
    item_id: int | None,
) -> None:
    uow.changes.add(Change.CHECKS)
    uow.session.add(
        CheckRun(
            team_id=uow.team_id,
            sprint_id=sprint.id,
            item_id=item_id,
            kind=kind,
            job=job.key,
            source=job.source,
            request=dict(job.request),
            trigger=trigger,
            priority=PRIORITY[trigger],
            asked_by=actor_id,
            asked_at=uow.now,
            queued_at=datetime.now(UTC),
        )
    )
    uow.session.flush()
