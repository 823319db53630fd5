"""The table of timer kinds: what each one does when it is due, and when it may.

A new kind is one value in `TimerKind` and one entry here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from bot.approvals import escalation
from bot.approvals import service as approvals
from bot.blockers import service as blockers
from bot.db.models import Sprint, Timer
from bot.debrief import report_files, standing, weekly
from bot.debrief import service as debrief
from bot.deployments import digest_pictures, erasure
from bot.domain.due import TimerPolicy
from bot.domain.enums import TimerKind
from bot.evidence import links
from bot.fixes import items, nightly
from bot.hourly import digests, gates, prompts
from bot.planning import service as planning
from bot.sprints import reminders
from bot.sprints.snapshot import DueHours
from bot.unit_of_work import UnitOfWork

RunOne = Callable[[UnitOfWork, Sprint, Timer], None]
RunBatch = Callable[[UnitOfWork, Sequence[Sprint], DueHours], None]


@dataclass(frozen=True, slots=True)
class TimerSpec:
    """All there is to say about a kind of timer.

    Args:
        run: what happens for one sprint; None where `run_batch` does it.
        run_batch: what happens for many sprints at once, with shared statements. Of several timers
            that are due only the newest speaks, for all of them.
        waits_in_quiet_hours: it would ping somebody, so it waits for the end of quiet hours.
        only_while_running: it is dropped in a sprint that does not run.
    """

    run: RunOne | None = None
    run_batch: RunBatch | None = None
    waits_in_quiet_hours: bool = False
    only_while_running: bool = False

    @property
    def policy(self) -> TimerPolicy:
        """The rules that hold for it."""
        return TimerPolicy(
            self.waits_in_quiet_hours, self.only_while_running, self.run_batch is not None
        )


TIMER_SPECS: Final[dict[str, TimerSpec]] = {
    TimerKind.START: TimerSpec(lambda uow, sprint, _timer: planning.start_on_time(uow, sprint)),
    TimerKind.PROMPT: TimerSpec(
        run_batch=prompts.post_prompts, waits_in_quiet_hours=True, only_while_running=True
    ),
    TimerKind.GATE: TimerSpec(
        lambda uow, sprint, timer: gates.post_gate(uow, sprint, timer.facts["phase"]),
        waits_in_quiet_hours=True,
        only_while_running=True,
    ),
    TimerKind.DIGEST: TimerSpec(
        run_batch=digests.post_digests, waits_in_quiet_hours=True, only_while_running=True
    ),
    TimerKind.DEBRIEF: TimerSpec(
        lambda uow, sprint, _timer: debrief.open_debrief(uow, sprint),
        waits_in_quiet_hours=True,
        only_while_running=True,
    ),
    TimerKind.DEBRIEF_STANDS: TimerSpec(standing.remind_to_close, waits_in_quiet_hours=True),
    TimerKind.BLOCKER_AGE: TimerSpec(
        lambda uow, _sprint, timer: blockers.remind_of_blocker(uow, timer),
        waits_in_quiet_hours=True,
    ),
    TimerKind.APPROVAL_HALF: TimerSpec(
        lambda uow, _sprint, timer: approvals.remind_approver(uow, timer),
        waits_in_quiet_hours=True,
    ),
    TimerKind.APPROVAL_HOUR: TimerSpec(
        lambda uow, _sprint, timer: approvals.remind_approver(uow, timer),
        waits_in_quiet_hours=True,
    ),
    TimerKind.APPROVAL_DEADLINE: TimerSpec(
        lambda uow, _sprint, timer: approvals.expire_approval(uow, timer)
    ),
    TimerKind.APPROVAL_OVERDUE: TimerSpec(
        lambda uow, _sprint, timer: escalation.pass_on(uow, timer),
        waits_in_quiet_hours=True,
        only_while_running=True,
    ),
    TimerKind.REMINDERS: TimerSpec(
        reminders.send_reminders,
        waits_in_quiet_hours=True,
    ),
    TimerKind.FIX_DUE: TimerSpec(items.remind_of_fix),
    TimerKind.FIX_CHECK: TimerSpec(nightly.run_checks),
    TimerKind.FOLLOW_UP: TimerSpec(weekly.follow_up),
    TimerKind.DEPLOYMENT_DIGEST: TimerSpec(digest_pictures.post_digest, waits_in_quiet_hours=True),
    TimerKind.DEPLOYMENT_RETENTION: TimerSpec(erasure.forget_old),
    TimerKind.EVIDENCE_LOOK: TimerSpec(lambda uow, _sprint, timer: links.want_look(uow, timer)),
    TimerKind.REPORT: TimerSpec(lambda uow, sprint, _timer: report_files.send_report(uow, sprint)),
}


def spec_of(kind: str) -> TimerSpec:
    """Return what there is to say about a kind."""
    return TIMER_SPECS[kind]


def policy_of(kind: str) -> TimerPolicy:
    """Return the rules that hold for a kind."""
    return TIMER_SPECS[kind].policy


def batched_kinds() -> list[str]:
    """Return the kinds that many sprints share statements for."""
    return [kind for kind, spec in TIMER_SPECS.items() if spec.run_batch is not None]
