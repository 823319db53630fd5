"""Overrides: the team does not accept a stopping finding as one, and says why in writing."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from bot.db.models import FindingOverride, ProbeRun
from bot.domain.enums import AuditAction, ProbeRunState
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.vocabulary import FindingLevel
from bot.forms import FieldRule, has_length
from bot.messages.catalog import say
from bot.probe_runs.service import finding_of, show_run
from bot.sprints.people import require
from bot.sprints.selection import require_live
from bot.unit_of_work import UnitOfWork

WHY: Final = FieldRule("why", "probe.override_short", has_length(8, most=500))


def require_overridable(
    uow: UnitOfWork, actor_id: str, run_id: int, number: int
) -> tuple[ProbeRun, str, str]:
    """Return a run, and the code and sentence of a finding that somebody may override.

    Raises:
        InputError: the finding does not stop, the sprint is over, or they may not.
    """
    run, finding = finding_of(uow, run_id, number)
    sprint = uow.sprint(run.sprint_id)
    require(uow, actor_id, Action.RUN_PROBE, sprint)
    require_live(sprint)
    if run.state != ProbeRunState.DONE or finding["level"] != FindingLevel.STOPS:
        raise InputError(say("probe.override_only_stops"))
    return run, str(finding["code"]), str(finding["sentence"])


def override_finding(
    uow: UnitOfWork, actor_id: str, run_id: int, number: int, why: str
) -> FindingOverride:
    """Note that a stopping finding does not stop the team; the last reason counts.

    Raises:
        FormError: the reason says too little or too much.
        InputError: the finding does not stop, the sprint is over, or they may not.
    """
    run, code, _ = require_overridable(uow, actor_id, run_id, number)
    words = WHY.checked(" ".join(why.split()))
    row = uow.session.scalars(
        select(FindingOverride).where(
            FindingOverride.probe_run_id == run.id, FindingOverride.code == code
        )
    ).one_or_none()
    if row is None:
        row = FindingOverride(
            team_id=uow.team_id, sprint_id=run.sprint_id, probe_run_id=run.id, code=code
        )
        uow.session.add(row)
    row.why, row.said_by, row.said_at = words, actor_id, uow.now
    uow.audit_row(actor_id, AuditAction.OVERRIDDEN, run, code=code, why=words)
    uow.session.flush()
    show_run(uow, run)
    return row
