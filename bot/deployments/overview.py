"""Deployments as the command line shows them: the list, one of them, what one still needs."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.db.deployment_models import Deployment
from bot.db.models import Sprint
from bot.db.serving_models import GuardFinding, ServingWorker, WatchState
from bot.deployments import alerts, announcements, checklist, queries
from bot.deployments.wording import finding_words
from bot.domain.enums import MODEL_ASKED, DeploymentState
from bot.domain.errors import InputError
from bot.domain.rollout import Condition, ConditionCheck, gate_of
from bot.messages.catalog import say_plain
from bot.messages.deployment_card import CheckLine
from bot.slack.text import plain_words
from bot.unit_of_work import UnitOfWork

WATCHED_FOR: Final = timedelta(minutes=2)
"""A bot that runs looks every quarter of a minute."""
_EMOJI: Final = re.compile(r":[a-z_]+: ")
ON_MACHINE: Final = frozenset({"shadow", "replay", "rehearse"})
"""Buttons of the checklist beside which there is a command."""


def list_deployments(uow: UnitOfWork) -> list[dict[str, Any]]:
    """Return the workspace's deployments as JSON values, in the order of their making."""
    rows = uow.session.execute(
        select(Deployment, Sprint)
        .join(Sprint, Sprint.id == Deployment.sprint_id)
        .where(Sprint.team_id == uow.team_id)
        .order_by(Deployment.id)
    )
    return [_plain(uow, row, sprint) for row, sprint in rows]


def _plain(uow: UnitOfWork, row: Deployment, sprint: Sprint) -> dict[str, Any]:
    model = queries.model_of(uow, row)
    return {
        "id": row.id,
        "sprint": sprint.title,
        "state": row.state,
        "percent": row.percent,
        "generation": row.generation,
        "trust": announcements.trust_of(row) if row.state == DeploymentState.CLAIMED else None,
        "model": model.sha256 if model else None,
        "evidence": row.evidence or row.address,
        "rolled_back_at": row.rolled_back_at,
        "override_reason": row.override_reason,
    }


def deployment_facts(uow: UnitOfWork, deployment_id: int) -> dict[str, Any]:
    """Return everything that the live card says of a deployment, as JSON values.

    Raises:
        InputError: there is none of that number here.
    """
    row, sprint = queries.find(uow, deployment_id)
    return _plain(uow, row, sprint) | {
        "advice": queries.advice_on(uow, row),
        "arms": {
            arm.value: {"calls": each.calls, "errors": each.errors, "people": each.people}
            for arm, each in queries.arm_figures(uow, row).items()
        },
        "outcomes": queries.outcome_count(uow, row),
        "alerts": [_alert(finding) for finding in alerts.all_findings(uow, row)],
        "replicas": [
            {
                "url": each.url,
                "host": each.host,
                "pid": each.pid,
                "form": each.form,
                "state": each.state,
                "generation": each.generation,
                "seen_at": each.seen_at,
            }
            for each in queries.replicas(uow, row, datetime.now(UTC))
        ],
        "changes": [
            {
                "kind": each.kind,
                "at": each.at,
                "by": uow.name(each.actor_id),
                "state": each.to_state,
                "percent": each.to_percent,
                "reason": each.reason,
                "effective_ms": each.effective_ms,
            }
            for each in queries.stages(uow, row)
        ],
    }


def _alert(finding: GuardFinding) -> dict[str, Any]:
    return {
        "guard": finding.guard,
        "subject": finding.subject,
        "level": finding.level,
        "says": plain_words(finding_words(finding)),
        "opened_at": finding.opened_at,
        "closed_at": finding.closed_at,
    }


def deployment_lines(uow: UnitOfWork, deployment_id: int) -> list[str]:
    """Return what the live card says of a deployment, a line each, and its alerts.

    Raises:
        InputError: there is none of that number here.
    """
    row, sprint = queries.find(uow, deployment_id)
    if row.state == DeploymentState.CLAIMED:
        return [plain_words(announcements.elsewhere_words(uow, row))]
    card = announcements.live_facts(uow, row)
    is_shown = row.state != DeploymentState.PROPOSED  # the card is posted later
    lines = [*card.small_print, *(card.lines if is_shown else ()), *card.figures]
    shown = [_EMOJI.sub("", plain_words(each.replace("*\n", "*: "))) for each in lines]
    for group in alerts.alert_groups(uow, row):
        lasted = group.closed_at and announcements.lasted_words(
            group.closed_at - group.first.opened_at
        )
        what = plain_words(finding_words(group.lead))
        if group.others:
            also = "; ".join(plain_words(finding_words(one)) for one in group.others)
            what = f"{what}. {say_plain('rollout.alert_also', also=also)}"
        key = "rollout.machine_alert_over" if lasted else "rollout.machine_alert"
        shown.append(say_plain(key, what=what, since=_minute(group.first.opened_at), lasted=lasted))
    shown += [_replica(each) for each in queries.replicas(uow, row, datetime.now(UTC))]
    return [sprint.title, *shown, *_unwatched(uow, row)]


def _replica(worker: ServingWorker) -> str:
    facts = {"url": worker.url, "pid": worker.pid, "host": worker.host, "state": worker.state}
    return say_plain("rollout.machine_replica", **facts, form=worker.form or "–")


def _unwatched(uow: UnitOfWork, row: Deployment) -> list[str]:
    """Say that nobody watches a deployment that has traffic; nothing where somebody does."""
    wanted = select(WatchState.looked_at).where(WatchState.deployment_id == row.id)
    looked_at = uow.session.scalar(wanted)
    is_watched = looked_at is not None and looked_at > datetime.now(UTC) - WATCHED_FOR
    if is_watched or row.state not in MODEL_ASKED:
        return []
    return [say_plain("rollout.machine_unwatched", at=looked_at and _minute(looked_at))]


def _minute(at: datetime) -> str:
    return f"{at:%d %b %H:%M} UTC"


def missing_lines(uow: UnitOfWork, deployment_id: int) -> tuple[list[str], str]:
    """Return what a deployment still needs, a line each, and where the checklist's buttons are.

    Raises:
        InputError: there is none of that number here, or hour48 does not serve it.
    """
    row, sprint = queries.find(uow, deployment_id)
    if row.state in queries.CLOSED:
        raise InputError(say_plain(f"rollout.machine_no_list_{row.state}", number=row.id))
    gate = gate_of(queries.gate_facts(uow, row, sprint))
    shown = []
    for check in gate.missing:
        line = checklist.check_line(uow, sprint, row, check)
        shown.append(f"{plain_words(line.words)} {_way(row, check, line)}".rstrip())
    return shown, say_plain("rollout.machine_where", title=sprint.title)


def _way(row: Deployment, check: ConditionCheck, line: CheckLine) -> str:
    """Return which command or button gives what is missing; empty where its sentence says it."""
    if line.button is None:
        is_later = check.condition is Condition.ROLLBACK and row.state != DeploymentState.PULLED
        return say_plain("rollout.machine_rehearse_later") if is_later else ""
    name = line.button[0]
    key = f"rollout.machine_{name}" if name in ON_MACHINE else "rollout.machine_press"
    return say_plain(key, number=row.id, button=say_plain(f"rollout.button_{name}"))
