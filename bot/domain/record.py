"""A sprint's record: all that was asked, tried, blocked, decided and deployed, as plain facts.

The database, a story file and a property test all end here, and the verdict and the report read
nothing else. Every time is in hours since kickoff, fractions allowed. Every fact has an `id` that
is unique among facts of its sort and, where it was said in Slack, a `permalink` to open it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.domain.going_live import Deployment, Guardrail, Ownership, Rollback
from bot.domain.past import PastForecast, PastQuote, Value
from bot.domain.plan_facts import PlannedFix
from bot.domain.vocabulary import (
    KIND_CATEGORY,
    PHASE_HOURS,
    PHASE_SCENARIOS,
    SPRINT_HOURS,
    Category,
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


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase of the playbook the sprint ran by.

    Args:
        key: its stable key, as the playbook names it.
        start: the hour it starts.
        end: the hour its gate is due.
        scenarios: the keys of its outcomes, best first; the first one means that nothing is wrong.
        title: its name for people; None lets the key stand.
    """

    key: str
    start: float
    end: float
    scenarios: tuple[str, ...] = ()
    title: str | None = None


STANDARD_PHASES: Final[tuple[Phase, ...]] = tuple(
    Phase(key.value, float(start), float(end), PHASE_SCENARIOS[key])
    for key, (start, end) in PHASE_HOURS.items()
)
"""The four phases of the method, for records whose playbook changed nothing."""


@dataclass(frozen=True, slots=True)
class CriterionAnswer:
    """Whether the use case met one criterion, and why the team went on when it did not.

    Args:
        met: None while nobody confirmed it.
    """

    criterion: Criterion
    met: bool | None
    reason: str | None = None
    overridden: bool = False
    by: str | None = None


@dataclass(frozen=True, slots=True)
class BlockerChange:
    """A blocker was resolved (`how` says in which way) or reopened (`how` is None)."""

    at: float
    by: str
    how: Resolution | None
    note: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class MeasuredWait:
    """How long a blocker waited by what an outside system says.

    Args:
        source: the system and its key: "JIRA SEC-114", "SELECT on crm.customers".
        asked_at: when the wait began, in hours since kickoff; negative before it.
        ended_at: the hour it ended; None while it goes on.
        refused: it ended with a no.
        link: where a person can see it.
        meets_at: the hour of the next meeting that decides it, where a calendar tells.
    """

    source: str
    asked_at: float
    ended_at: float | None = None
    refused: bool = False
    link: str | None = None
    meets_at: float | None = None


@dataclass(frozen=True, slots=True)
class Blocker:
    """Something that stopped or slowed the sprint, written down when it happened.

    Args:
        id: unique among the record's blockers.
        title: what it is, as the person wrote it.
        kind: one of the twelve; the category follows from it.
        raised_at: hours since kickoff.
        by: who wrote it down.
        phase: the key of the phase it stands in.
        severity: whether the sprint could go on past it.
        kind_suggested: True while the kind is the product's suggestion that nobody confirmed.
        remedy: what would remove it, where someone said.
        lead_time: how long that takes, in the words it was said in.
        lead_time_on: the ISO date it was said on, for words such as "until Friday".
        family: the critical-path family, where someone said; else the verdict derives it.
        waits_for: the function or team it waits for ("security", "data warehouse team").
        owner: who takes care of it.
        approval: the id of the approval whose silence or refusal raised it.
        finding: the id of the probe's finding that it was written down from.
        history: what happened to it since, in order of time.
        permalink: the message it was written in.
        measured: what outside systems say of its wait.
    """

    id: str
    title: str
    kind: Kind
    raised_at: float
    by: str
    phase: str
    severity: Severity = Severity.STOPS
    kind_suggested: bool = False
    remedy: Remedy | None = None
    lead_time: str | None = None
    lead_time_on: str | None = None
    family: PathFamily | None = None
    waits_for: str | None = None
    owner: str | None = None
    approval: str | None = None
    finding: str | None = None
    history: tuple[BlockerChange, ...] = ()
    permalink: str | None = None
    measured: tuple[MeasuredWait, ...] = ()

    @property
    def category(self) -> Category:
        """The root cause's category, which the kind decides."""
        return KIND_CATEGORY[self.kind]

    @property
    def resolution(self) -> BlockerChange | None:
        """The change that ended it; None while it still blocks."""
        last = self.history[-1] if self.history else None
        return last if last and last.how else None

    @property
    def resolved_at(self) -> float | None:
        """The hour it stopped blocking for good; None while it still blocks."""
        return self.resolution.at if self.resolution else None

    @property
    def how(self) -> Resolution | None:
        """How it was resolved; None while it still blocks."""
        return self.resolution.how if self.resolution else None

    @property
    def resolved_by(self) -> str | None:
        """Who resolved it; None while it still blocks."""
        return self.resolution.by if self.resolution else None

    def spans(self, until: float) -> tuple[tuple[float, float], ...]:
        """Return the stretches of hours in which it blocked, the last one ending at `until`."""
        stretches: list[tuple[float, float]] = []
        since: float | None = self.raised_at
        for change in self.history:
            if change.how and since is not None:
                stretches.append((since, change.at))
                since = None
            elif change.how is None and since is None:
                since = change.at
        if since is not None:
            stretches.append((since, max(since, until)))
        return tuple(stretches)


@dataclass(frozen=True, slots=True)
class GateAnswer:
    """What the team found a phase to be, by its own word; `lead_time` is how long that takes."""

    id: str
    phase: str
    scenario: str
    at: float
    by: str
    note: str | None = None
    permalink: str | None = None
    lead_time: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Someone was asked to approve something.

    Args:
        id: unique among the record's approvals.
        subject: what it is about.
        requested_by: who asked.
        approver: the one person who may decide.
        requested_at: hours since kickoff.
        due_at: the hour after which silence is recorded as `expired`.
        phase: the key of the phase it was asked in.
        decision: None while it is open.
        decided_at: the hour of the decision, or of the deadline it let pass.
        reason: what the approver gave as the reason or the condition.
        permalink: the message it was asked in.
        lead_time: how long a yes will take after a refusal, in the words it was said in.
    """

    id: str
    subject: Subject
    requested_by: str
    approver: str
    requested_at: float
    due_at: float
    phase: str
    decision: Decision | None = None
    decided_at: float | None = None
    reason: str | None = None
    permalink: str | None = None
    lead_time: str | None = None


@dataclass(frozen=True, slots=True)
class PromptAnswer:
    """What somebody answered to the prompt of an hour."""

    id: str
    hour: float
    text: str
    at: float
    by: str
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class KeptNote:
    """A message that somebody kept for the debrief; `said_by` is None for an app."""

    id: str
    text: str
    at: float
    by: str
    said_by: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """Whether the business knows what it will do with the output."""

    id: str
    at: float
    by: str
    ready: bool
    note: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a probe found, as a fact.

    Args:
        id: unique among the record's findings.
        probe: the probe's key.
        source: the name of the source it looked at.
        level: `ok`, `note`, `slows` or `stops`, as the probe graded it.
        code: the finding's stable code.
        sentence: the finding in words.
        at: hours since kickoff.
        permalink: the message it was posted in.
        failed: the probe could not look (a mistyped name, no such table), so it shows nothing.
        kind: the kind of blocker that the probe says it would be.
        remedy: what would remove it, as the probe says.
        english: the sentence in English, where it is shown in another language; rules read it.
        phase: that the probe informs; empty for what the built-in probe of that name informs.
    """

    id: str
    probe: str
    source: str
    level: str
    code: str
    sentence: str
    at: float
    permalink: str | None = None
    failed: bool = False
    kind: Kind | None = None
    remedy: Remedy | None = None
    english: str = ""
    phase: str = ""

    @property
    def read(self) -> str:
        """The sentence as rules read it."""
        return self.english or self.sentence


@dataclass(frozen=True, slots=True)
class Override:
    """The team does not accept a stopping finding as one, and says why in writing.

    Args:
        code: the code of the findings it is about.
        finding: the id of the one finding it is about; None for every finding of that code.
    """

    id: str
    code: str
    why: str
    at: float
    by: str
    finding: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class CauseLink:
    """People said that records are about one cause, or of different ones.

    Args:
        records: "blocker:ID", "approval:ID", "gate:ID", "rollback:ID" or "finding:ID".
        same: whether they are one cause.
    """

    id: str
    records: tuple[str, ...]
    same: bool
    at: float
    by: str
    permalink: str | None = None

    @property
    def ids(self) -> frozenset[str]:
        """The ids of its records, without their sorts."""
        return frozenset(name.partition(":")[2] for name in self.records)


@dataclass(frozen=True, slots=True)
class Correction:
    """The team's own answer to a question of the debrief, set beside the computed one."""

    id: str
    question: str
    answer: str
    by: str
    at: float
    reason: str | None = None
    permalink: str | None = None


@dataclass(frozen=True, slots=True)
class SprintRecord:
    """One sprint, whole; the verdict is a pure function of it.

    Args:
        title: the sprint's title.
        use_case: what was tried.
        team: role key → name.
        criteria: the three criteria as answered before kickoff.
        expected: the votes cast before hour 0, by category; empty when nobody was asked.
        phases: the playbook's phases, in order.
        length: hours the sprint was planned for.
        ended_at: the hour the record ends: the sprint's length, or the hour it was aborted or read.
        functions: name → the function the person speaks for, beyond the team's roles.
        kickoff: the ISO date of hour 0, where it is known; dates in words are read from it.
        value: what the use case is worth, where the business said so.
        history: what this company's functions quoted and needed before.
        forecasts: past forecasts and what came of them.
        plan: what became of the plan's items after the debrief.
    """

    title: str
    use_case: UseCase = UseCase.OTHER
    team: Mapping[str, str] = field(default_factory=dict)
    criteria: tuple[CriterionAnswer, ...] = ()
    expected: Mapping[Category, int] = field(default_factory=dict)
    phases: tuple[Phase, ...] = STANDARD_PHASES
    length: float = float(SPRINT_HOURS)
    ended_at: float = float(SPRINT_HOURS)
    functions: Mapping[str, str] = field(default_factory=dict)
    kickoff: str | None = None
    blockers: tuple[Blocker, ...] = ()
    gates: tuple[GateAnswer, ...] = ()
    approvals: tuple[Approval, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    rollbacks: tuple[Rollback, ...] = ()
    action_plans: tuple[ActionPlan, ...] = ()
    findings: tuple[Finding, ...] = ()
    corrections: tuple[Correction, ...] = ()
    overrides: tuple[Override, ...] = ()
    links: tuple[CauseLink, ...] = ()
    owners: tuple[Ownership, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    answers: tuple[PromptAnswer, ...] = ()
    notes: tuple[KeptNote, ...] = ()
    value: Value | None = None
    history: tuple[PastQuote, ...] = ()
    forecasts: tuple[PastForecast, ...] = ()
    plan: tuple[PlannedFix, ...] = ()

    @property
    def action_plan(self) -> ActionPlan | None:
        """The business's last word on what it will do with the output; None if it said nothing."""
        return max(self.action_plans, key=lambda plan: (plan.at, plan.id), default=None)

    def phase_at(self, hour: float) -> str:
        """Return the key of the phase that `hour` falls in; a boundary belongs to the later one."""
        started = [phase for phase in self.phases if phase.start <= hour]
        return (started or list(self.phases))[-1].key
