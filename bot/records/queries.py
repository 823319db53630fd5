"""From the rows to the record that the verdict and the report read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from bot.blockers.queries import names_of_link
from bot.db.columns import Base
from bot.db.evidence_models import EvidenceLink
from bot.db.listening_models import PromptReply
from bot.db.models import (
    Approval,
    AuditEntry,
    Blocker,
    CauseLink,
    DebriefAnswer,
    Expectation,
    FindingOverride,
    FixItem,
    GateAnswer,
    Note,
    ProbeRun,
    Sprint,
)
from bot.db.outbox_models import OutboxItem
from bot.deployments.record_facts import deployment_record
from bot.domain import record
from bot.domain.enums import ApprovalState, AuditAction, AuditSubject, BlockerState
from bot.domain.failed_probes import failed_by_code
from bot.domain.plan_facts import PlannedFix
from bot.domain.vocabulary import (
    Criterion,
    Decision,
    Kind,
    PathFamily,
    Remedy,
    Resolution,
    Severity,
    Subject,
    UseCase,
)
from bot.domain.waits import WaitStatus
from bot.domain.worth import read_worth
from bot.messages.evidence_card import label_of
from bot.planning.queries import votes
from bot.playbook.figures import phases_of
from bot.reading import find_lead_time
from bot.records.plan import planned_fixes
from bot.sprints.snapshot import hour_of
from bot.unit_of_work import UnitOfWork

Row = TypeVar("Row", bound=Base)
RESOLUTIONS = {
    "fixed": Resolution.FIXED,
    "worked_around": Resolution.WORKED_AROUND,
}
PRECISION = 6
"""Hours are rounded to this many places, so that a moment and its hour mean the same."""

_SORTS = {"blocker": "blocker", "approval": "approval", "probe": "finding", "gate": "gate"}
"""How the verdict calls what a name such as `probe-17-0` begins with."""


def record_of(uow: UnitOfWork, sprint: Sprint) -> record.SprintRecord:
    """Return a sprint's record as it stands now."""
    reader = _Reader(uow, sprint)
    live = deployment_record(uow, sprint, reader.end(), reader.link)
    return record.SprintRecord(
        title=sprint.title,
        value=read_worth(str(sprint.kickoff.get("worth", ""))),
        use_case=UseCase(sprint.use_case),
        team={member.role: uow.name(member.user_id) for member in sprint.members},
        criteria=reader.criteria(),
        expected=votes(reader.rows(Expectation)),
        phases=phases_of(uow.playbook),
        length=float(sprint.length_hours),
        ended_at=reader.end(),
        kickoff=(sprint.started_at or sprint.planned_start).date().isoformat(),
        blockers=tuple(reader.blocker(row) for row in reader.blockers()),
        gates=tuple(reader.gate(row) for row in reader.rows(GateAnswer)),
        approvals=tuple(
            reader.approval(row)
            for row in reader.rows(Approval)
            if row.state != ApprovalState.WITHDRAWN
        ),
        deployments=live.deployments,
        rollbacks=live.rollbacks,
        action_plans=tuple(reader.action_plans()),
        findings=(*reader.findings(), *live.findings),
        owners=live.ownerships,
        guardrails=live.guardrails,
        corrections=tuple(reader.corrections()),
        overrides=(*reader.overrides(), *live.overrides),
        links=tuple(reader.links()),
        answers=tuple(reader.answers()),
        notes=tuple(reader.notes()),
        plan=reader.plan() if sprint.closed_at else (),
    )


class _Reader:
    """Reads one sprint's rows into facts."""

    def __init__(self, uow: UnitOfWork, sprint: Sprint) -> None:
        self.uow = uow
        self.sprint = sprint
        self._links = self._permalinks()
        self._trail = self._audit()
        self._waits: dict[int, list[EvidenceLink]] = defaultdict(list)
        for link in self.rows(EvidenceLink):
            self._waits[link.blocker_id].append(link)

    def rows(self, model: type[Row]) -> Sequence[Row]:
        """Return the sprint's rows of a table in the order of their writing."""
        table: Any = model
        return self.uow.session.scalars(
            select(model).where(table.sprint_id == self.sprint.id).order_by(table.id)
        ).all()

    def blockers(self) -> list[Blocker]:
        """Return the sprint's blockers without the ones logged by mistake."""
        return [row for row in self.rows(Blocker) if row.state != BlockerState.WITHDRAWN]

    def _permalinks(self) -> dict[str, str]:
        """Return outbox key → the place of the message, for those that were posted."""
        items = self.uow.session.execute(
            select(OutboxItem.key, OutboxItem.channel_id, OutboxItem.ts).where(
                OutboxItem.sprint_id == self.sprint.id, OutboxItem.ts.is_not(None)
            )
        )
        return {
            key: f"https://slack.com/archives/{channel}/p{str(ts).replace('.', '')}"
            for key, channel, ts in items
        }

    def _audit(self) -> dict[tuple[str, int | None], list[AuditEntry]]:
        trail: dict[tuple[str, int | None], list[AuditEntry]] = defaultdict(list)
        for entry in self.rows(AuditEntry):
            trail[entry.subject, entry.subject_id].append(entry)
        return trail

    def link(self, name: str) -> str | None:
        """Return the permalink of the sprint's message of that name."""
        return self._links.get(f"sprint:{self.sprint.id}:{name}")

    def hour(self, moment: datetime) -> float:
        """Return the hour of a moment."""
        return round(hour_of(self.sprint, moment), PRECISION)

    def hour_before(self, moment: datetime) -> float:
        """Return the hour of a moment that may lie before hour 0, which is then negative."""
        hour_0 = self.sprint.started_at or self.sprint.planned_start
        return round((moment - hour_0) / timedelta(hours=1), PRECISION)

    def end(self) -> float:
        """Return the hour the record ends."""
        length = float(self.sprint.length_hours)
        until = self.sprint.ended_at or self.uow.now
        return min(length, self.hour(until)) if self.sprint.started_at else length

    def phase(self, moment: datetime) -> str:
        """Return the key of the phase of a moment."""
        return self.uow.playbook.phase_at(self.hour(moment)).key

    def name(self, user_id: str | None) -> str:
        """Return what people call somebody."""
        return self.uow.name(user_id)

    def criteria(self) -> tuple[record.CriterionAnswer, ...]:
        """Return the three criteria as answered."""
        sprint = self.sprint
        overridden = sprint.override_reason is not None
        return tuple(
            record.CriterionAnswer(
                criterion=key,
                met=met,
                reason=(sprint.override_reason if overridden and met is False else None)
                or sprint.criteria.get(key, {}).get("reason"),
                overridden=overridden and met is False,
                by=self.name(sprint.override_by) if overridden and met is False else None,
            )
            for key in Criterion
            for met in [sprint.criteria.get(key, {}).get("met")]
        )

    def blocker(self, row: Blocker) -> record.Blocker:
        """Return a blocker with what happened to it."""
        return record.Blocker(
            id=f"blocker-{row.number}",
            title=row.title,
            kind=Kind(row.kind),
            raised_at=self.hour(row.raised_at),
            by=self.name(row.raised_by),
            phase=row.phase,
            severity=Severity(row.severity),
            kind_suggested=row.kind_was_suggested,
            remedy=Remedy(row.remedy) if row.remedy else None,
            lead_time=row.lead_time,
            lead_time_on=row.raised_at.date().isoformat() if row.lead_time else None,
            family=PathFamily(row.family) if row.family else None,
            waits_for=row.waits_for,
            owner=self.name(row.owner_id) if row.owner_id else None,
            approval=self._approval_name(row.approval_id),
            finding=self._finding_name(row),
            history=tuple(self._changes(row)),
            permalink=row.permalink or self.link(f"blocker:{row.number}"),
            measured=tuple(self._measured(row)),
        )

    def _measured(self, row: Blocker) -> Iterator[record.MeasuredWait]:
        """Yield what outside systems measured of a blocker's wait, as known at the record's end."""
        meetings = [self.hour(each.meets_at) for each in self._waits[row.id] if each.meets_at]
        for link in self._waits[row.id]:
            if link.opened_at is None:
                continue
            yield record.MeasuredWait(
                source=label_of(link),
                asked_at=self.hour_before(link.opened_at),
                ended_at=self.hour_before(link.ended_at) if link.ended_at else None,
                refused=link.standing == WaitStatus.REFUSED,
                link=link.url or None,
                meets_at=min(meetings, default=None),
            )

    def _approval_name(self, approval_id: int | None) -> str | None:
        approval = self.uow.session.get(Approval, approval_id) if approval_id else None
        return f"approval-{approval.number}" if approval else None

    def _finding_name(self, row: Blocker) -> str | None:
        """Return the finding that a blocker was written down from."""
        run = self.uow.session.get(ProbeRun, row.probe_run_id) if row.probe_run_id else None
        codes = [finding["code"] for finding in run.result.get("findings", [])] if run else []
        if run is None or row.finding_code not in codes:
            return None
        place = row.finding_number
        if place is not None and place < len(codes) and codes[place] == row.finding_code:
            return f"probe-{run.id}-{place}"
        return f"probe-{run.id}-{codes.index(row.finding_code)}"

    def _changes(self, row: Blocker) -> list[record.BlockerChange]:
        changes: list[record.BlockerChange] = []
        for entry in self._trail[AuditSubject.BLOCKER, row.id]:
            if entry.action not in (AuditAction.RESOLVED, AuditAction.REOPENED):
                continue
            blocks_already = not changes or changes[-1].how is None
            if entry.action == AuditAction.REOPENED and blocks_already:  # was only withdrawn
                continue
            changes.append(
                record.BlockerChange(
                    at=self.hour(entry.at),
                    by=self.name(entry.actor_id),
                    how=RESOLUTIONS.get(str(entry.facts.get("how"))),
                    note=entry.facts.get("note"),
                )
            )
        return changes

    def gate(self, row: GateAnswer) -> record.GateAnswer:
        """Return a gate's answer."""
        return record.GateAnswer(
            id=f"gate-{row.phase}",
            phase=row.phase,
            scenario=row.scenario,
            at=self.hour(row.answered_at),
            by=self.name(row.answered_by),
            permalink=self.link(f"gate:{row.phase}"),
        )

    def approval(self, row: Approval) -> record.Approval:
        """Return a request and how it ended."""
        decided = row.state in set(Decision)
        return record.Approval(
            id=f"approval-{row.number}",
            subject=Subject(row.subject),
            requested_by=self.name(row.requested_by),
            approver=self.name(row.approver_id),
            requested_at=self.hour(row.requested_at),
            due_at=self.hour(row.deadline),
            phase=self.phase(row.requested_at),
            decision=Decision(row.state) if decided else None,
            decided_at=self.hour(row.decided_at) if row.decided_at and decided else None,
            reason=row.reason,
            lead_time=self._reason_lead_time(row),
            permalink=self.link(f"approval:{row.number}"),
        )

    @staticmethod
    def _reason_lead_time(row: Approval) -> str | None:
        """Return how long a yes will take, where a refusal's reason says it."""
        if row.state != Decision.REJECTED or row.decided_at is None:
            return None
        return find_lead_time(row.reason, on=row.decided_at.date()).words or None

    def action_plans(self) -> list[record.ActionPlan]:
        """Return what the business said it would do with the output."""
        return [
            record.ActionPlan(
                id=f"action-plan-{entry.id}",
                at=self.hour(entry.at),
                by=self.name(entry.actor_id),
                ready=bool(entry.facts.get("ready")),
                note=entry.facts.get("note"),
            )
            for entry in self._trail[AuditSubject.ACTION_PLAN, None]
        ]

    def findings(self) -> list[record.Finding]:
        """Return what the probes found."""
        found = []
        for run in self.rows(ProbeRun):
            shown = run.shown.get("findings", [])
            for number, finding in enumerate(run.result.get("findings", [])):
                found.append(
                    record.Finding(
                        id=f"probe-{run.id}-{number}",
                        probe=run.probe,
                        source=str(run.request.get("source") or run.request.get("target") or ""),
                        level=str(finding["level"]),
                        code=str(finding["code"]),
                        sentence=str(shown[number]["sentence"]),
                        english=str(finding["sentence"]),
                        at=self.hour(run.finished_at or run.asked_at),
                        permalink=self.link(f"probe:{run.id}"),
                        failed=failed_by_code(str(finding["code"])),
                        phase=str(run.request.get("phase") or ""),
                        **_suggested(finding.get("suggestion") or {}),
                    )
                )
        return found

    def overrides(self) -> list[record.Override]:
        """Return the stopping findings that the team does not accept as such."""
        return [
            record.Override(
                id=f"override-{row.id}",
                code=row.code,
                finding=self._finding_id(row.probe_run_id, row.code),
                why=row.why,
                at=self.hour(row.said_at),
                by=self.name(row.said_by),
                permalink=self.link(f"probe:{row.probe_run_id}"),
            )
            for row in self.rows(FindingOverride)
        ]

    def _finding_id(self, run_id: int, code: str) -> str | None:
        run = self.uow.session.get(ProbeRun, run_id)
        codes = [found["code"] for found in run.result.get("findings", [])] if run else []
        return f"probe-{run_id}-{codes.index(code)}" if code in codes else None

    def links(self) -> list[record.CauseLink]:
        """Return what people said about records being one cause; withdrawn ones are left out."""
        numbers = {row.id: f"blocker-{row.number}" for row in self.blockers()}
        known = set(numbers.values())
        return [
            record.CauseLink(
                id=f"link-{row.id}",
                records=tuple(f"{_SORTS[each.partition('-')[0]]}:{each}" for each in pair),
                same=row.same,
                at=self.hour(row.said_at),
                by=self.name(row.said_by),
            )
            for row in self.rows(CauseLink)
            for pair in [names_of_link(row, numbers)]
            if pair and all(each in known or not each.startswith("blocker-") for each in pair)
        ]

    def plan(self) -> tuple[PlannedFix, ...]:
        """Return what became of the plan's items since the close."""
        return planned_fixes(self.sprint, self.rows(FixItem), self._trail, self.name)

    def answers(self) -> list[record.PromptAnswer]:
        """Return what was answered to prompts in words."""
        return [
            record.PromptAnswer(
                id=f"answer-{row.id}",
                hour=float(row.hour),
                text=row.text,
                at=self.hour(row.replied_at),
                by=self.name(row.user_id),
                permalink=self.link(f"prompt:{row.hour}"),
            )
            for row in self.rows(PromptReply)
        ]

    def notes(self) -> list[record.KeptNote]:
        """Return the messages that were kept for the debrief."""
        return [
            record.KeptNote(
                id=f"note-{row.id}",
                text=row.text,
                at=self.hour(row.kept_at),
                by=self.name(row.kept_by),
                said_by=self.name(row.said_by) if row.said_by else None,
                permalink=row.permalink,
            )
            for row in self.rows(Note)
        ]

    def corrections(self) -> list[record.Correction]:
        """Return where the team put its own answer in the place of the computed one."""
        last = {
            str(entry.facts.get("question")): entry
            for entry in self._trail[AuditSubject.ANSWER, None]
            if entry.action == AuditAction.CORRECTED
        }
        return [
            self._correction(row, last.get(row.question))
            for row in self.rows(DebriefAnswer)
            if row.correction and row.corrected_at
        ]

    def _correction(self, row: DebriefAnswer, entry: AuditEntry | None) -> record.Correction:
        """Return a correction by the option it chose, or in words where it chose none."""
        chosen = entry.facts.get("answer") if entry else None
        why = entry.facts.get("why") if entry else None
        return record.Correction(
            id=f"correction-{row.question}",
            question=row.question,
            answer=str(chosen or row.correction),
            by=self.name(row.corrected_by),
            at=self.hour(row.corrected_at or self.uow.now),
            reason=str(why) if chosen and why else None,
        )


def _suggested(suggestion: Mapping[str, Any]) -> dict[str, Any]:
    """Return the kind and the remedy that a probe suggests for its finding."""
    kind, remedy = suggestion.get("kind"), suggestion.get("remedy")
    return {
        "kind": Kind(kind) if kind in list(Kind) else None,
        "remedy": Remedy(remedy) if remedy in list(Remedy) else None,
    }
