"""The tables. Every row of a workspace names it, so that no query can mix workspaces."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.db.acceptance_models import Acceptance  # noqa: F401 - fills the metadata
from bot.db.access_models import ReportLink  # noqa: F401 - fills the metadata
from bot.db.audit_models import ChainLink  # noqa: F401 - fills the metadata
from bot.db.check_models import CheckRun, KeptCheck  # noqa: F401 - fills the metadata
from bot.db.columns import Base, Key, RowId, SlackId, TeamId, Word
from bot.db.deployment_models import DeploymentOwner  # noqa: F401 - fills the metadata
from bot.db.draft_models import Draft  # noqa: F401 - fills the metadata
from bot.db.evidence_models import EvidenceLink  # noqa: F401 - fills the metadata
from bot.db.listening_models import PromptReply  # noqa: F401 - fills the metadata
from bot.db.notice_models import ScoreNotice  # noqa: F401 - fills the metadata
from bot.db.outbox_models import OutboxItem  # noqa: F401 - fills the metadata
from bot.db.person_rate_models import PersonAllowance  # noqa: F401 - fills the metadata
from bot.db.serving_models import Model  # noqa: F401 - a deployment refers to its table
from bot.domain.enums import (
    ApprovalState,
    BlockerState,
    FixState,
    Pace,
    ProbeRunState,
    SprintStatus,
    TimerState,
)
from bot.domain.failed_probes import got_to_look
from bot.stored_sentences import in_language


class Person(Base):
    """Somebody in a workspace, as Slack last described them."""

    __tablename__ = "people"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    user_id: Mapped[SlackId]
    name: Mapped[str] = mapped_column(Text)
    timezone: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(String(16))
    is_guest: Mapped[bool] = mapped_column(default=False)
    is_bot: Mapped[bool] = mapped_column(default=False)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    is_admin: Mapped[bool] = mapped_column(default=False)
    looked_up_at: Mapped[datetime | None]
    pinged_at: Mapped[datetime | None]


class DirectChannel(Base):
    """The direct-message channel between the bot and a person, once it is open."""

    __tablename__ = "direct_channels"
    __table_args__ = (UniqueConstraint("team_id", "user_id"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    user_id: Mapped[SlackId]
    channel_id: Mapped[SlackId]


class Sprint(Base):
    """One attempt to deploy in 48 hours, from its plan to its follow-up."""

    __tablename__ = "sprints"
    __table_args__ = (
        Index("ix_sprints_team_status", "team_id", "status"),
        Index("ix_sprints_team_start", "team_id", "planned_start"),
        UniqueConstraint("team_id", "channel_id"),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[RowId]
    team_id: Mapped[str] = mapped_column(String(32))
    title: Mapped[str] = mapped_column(Text)
    use_case: Mapped[Word]
    use_case_words: Mapped[str | None] = mapped_column(Text)
    status: Mapped[Word] = mapped_column(default=SprintStatus.PLANNED)
    lead_id: Mapped[SlackId]
    criteria: Mapped[dict[str, Any]] = mapped_column(default=dict)
    override_reason: Mapped[str | None] = mapped_column(Text)
    override_by: Mapped[str | None] = mapped_column(Text)
    timezone: Mapped[Word] = mapped_column(default="UTC")
    planned_start: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    length_hours: Mapped[int] = mapped_column(default=48)
    quiet_from: Mapped[str | None] = mapped_column(Text)
    quiet_until: Mapped[str | None] = mapped_column(Text)
    sponsor_id: Mapped[str | None] = mapped_column(Text)
    digest_channel_id: Mapped[str | None] = mapped_column(Text)
    is_private: Mapped[bool] = mapped_column(default=False)
    quiet_capture: Mapped[bool] = mapped_column(default=False)
    channel_id: Mapped[str | None] = mapped_column(Text)
    channel_name: Mapped[str | None] = mapped_column(Text)
    kickoff: Mapped[dict[str, Any]] = mapped_column(default=dict)
    action_plan: Mapped[bool | None]
    path: Mapped[str | None] = mapped_column(Text)
    verdict: Mapped[dict[str, Any] | None]
    rerun_of: Mapped[int | None] = mapped_column(ForeignKey("sprints.id"))
    pace: Mapped[Word] = mapped_column(default=Pace.HOURLY)
    pace_by: Mapped[str | None] = mapped_column(Text)
    unanswered: Mapped[int] = mapped_column(default=0)
    lead_asked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    members: Mapped[list[Member]] = relationship(
        back_populates="sprint", order_by="Member.id", cascade="all, delete-orphan"
    )


class Member(Base):
    """A role in a sprint and who fills it."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("sprint_id", "role"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    role: Mapped[Word]
    user_id: Mapped[SlackId]

    sprint: Mapped[Sprint] = relationship(back_populates="members")


class Expectation(Base):
    """What one team member expects to block the sprint, asked once before hour 0."""

    __tablename__ = "expectations"
    __table_args__ = (UniqueConstraint("sprint_id", "user_id"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    user_id: Mapped[SlackId]
    ranking: Mapped[list[Any]] = mapped_column(default=list)
    kinds: Mapped[list[Any]] = mapped_column(default=list)
    answered_at: Mapped[datetime]


WAITING: Final[dict[str, Any]] = dict.fromkeys(
    ("postgresql_where", "sqlite_where"), text("state = 'waiting'")
)


class Timer(Base):
    """Something that falls due; the row is the truth, APScheduler only the alarm."""

    __tablename__ = "timers"
    __table_args__ = (
        UniqueConstraint("sprint_id", "key"),
        Index("ix_timers_due_at", "due_at", **WAITING),
        Index("ix_timers_sprint_due_at", "sprint_id", "due_at", **WAITING),
    )

    id: Mapped[RowId]
    team_id: Mapped[str] = mapped_column(String(32))
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    key: Mapped[Key]
    kind: Mapped[Word]
    due_at: Mapped[datetime]
    nominal_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default=TimerState.WAITING)
    done_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


TIMER_WAITS: Final = Timer.state == literal_column("'waiting'")
"""Written out, as the indexes have it: SQLite looks at no parameter to see which it may use."""


class Reminder(Base):
    """Something that somebody is to be reminded of; those of one person go out together."""

    __tablename__ = "reminders"
    __table_args__ = (Index("ix_reminders_user", "team_id", "user_id", "sent_at"),)

    id: Mapped[RowId]
    team_id: Mapped[str] = mapped_column(String(32))
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    user_id: Mapped[SlackId]
    subject: Mapped[Word]
    subject_id: Mapped[int]
    is_urgent: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class Blocker(Base):
    """Something that stopped or slowed the sprint, written down when it happened."""

    __tablename__ = "blockers"
    __table_args__ = (UniqueConstraint("sprint_id", "number"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    kind: Mapped[Word]
    kind_was_suggested: Mapped[bool] = mapped_column(default=False)
    kind_guess: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[Word]
    remedy: Mapped[str | None] = mapped_column(Text)
    lead_time: Mapped[str | None] = mapped_column(Text)
    family: Mapped[str | None] = mapped_column(Text)
    waits_for: Mapped[str | None] = mapped_column(Text)
    owner_id: Mapped[str | None] = mapped_column(Text)
    phase: Mapped[Word]
    state: Mapped[Word] = mapped_column(default=BlockerState.OPEN)
    raised_by: Mapped[SlackId]
    raised_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None] = mapped_column(Text)
    permalink: Mapped[str | None] = mapped_column(Text)
    approval_id: Mapped[int | None]
    probe_run_id: Mapped[int | None]
    finding_code: Mapped[str | None] = mapped_column(Text)
    finding_number: Mapped[int | None]


class Approval(Base):
    """A request that one named person decides; silence until the deadline is an answer too."""

    __tablename__ = "approvals"
    __table_args__ = (UniqueConstraint("sprint_id", "number"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    number: Mapped[int]
    subject: Mapped[Word]
    what: Mapped[str] = mapped_column(Text)
    requested_by: Mapped[SlackId]
    approver_id: Mapped[SlackId] = mapped_column(index=True)
    requested_at: Mapped[datetime]
    deadline: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default=ApprovalState.WAITING)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)
    question: Mapped[str | None] = mapped_column(Text)


class PromptAnswer(Base):
    """What somebody answered to an hour's prompt; the last answer of a person counts."""

    __tablename__ = "prompt_answers"
    __table_args__ = (UniqueConstraint("sprint_id", "hour", "user_id"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    hour: Mapped[int]
    user_id: Mapped[SlackId]
    answer: Mapped[Word]
    answered_at: Mapped[datetime]


class GateAnswer(Base):
    """Which of its scenarios a phase ended in; a later answer replaces an earlier one."""

    __tablename__ = "gates"
    __table_args__ = (UniqueConstraint("sprint_id", "phase"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    phase: Mapped[Word]
    scenario: Mapped[Word]
    answered_by: Mapped[SlackId]
    answered_at: Mapped[datetime]


class ProbeRun(Base):
    """One look at a source or target, and what was found."""

    __tablename__ = "probe_runs"

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"), index=True)
    probe: Mapped[Word]
    request: Mapped[dict[str, Any]] = mapped_column(default=dict)
    asked_by: Mapped[SlackId]
    state: Mapped[Word] = mapped_column(default=ProbeRunState.WAITING)
    progress: Mapped[str | None] = mapped_column(Text)
    owner: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def has_looked(self) -> bool:
        """Whether the probe saw its subject."""
        return got_to_look(self.result.get("findings", []))

    @property
    def shown(self) -> dict[str, Any]:
        """The result with its sentences in the reader's language."""
        shown: dict[str, Any] = in_language(self.result)
        return shown


class Note(Base):
    """A message somebody kept for the debrief."""

    __tablename__ = "notes"
    __table_args__ = (UniqueConstraint("sprint_id", "permalink"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    text: Mapped[str] = mapped_column(Text)
    permalink: Mapped[str | None] = mapped_column(Text)
    said_by: Mapped[str | None] = mapped_column(Text)
    kept_by: Mapped[SlackId]
    kept_at: Mapped[datetime]


class DebriefAnswer(Base):
    """What the team did with one of the five answers."""

    __tablename__ = "debrief_answers"
    __table_args__ = (UniqueConstraint("sprint_id", "question"),)

    id: Mapped[RowId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    question: Mapped[Word]
    agreed_by: Mapped[list[Any]] = mapped_column(default=list)
    correction: Mapped[str | None] = mapped_column(Text)
    corrected_by: Mapped[str | None] = mapped_column(Text)
    corrected_at: Mapped[datetime | None]


class FixItem(Base):
    """One line of the thirty-day plan, with the check that shows whether it is done.

    `check_facts` says what to look at, and how it looked before; `check_words` and
    `check_figures` are what the last look said. `held_at` is when the check held last.
    """

    __tablename__ = "fix_items"
    __table_args__ = (UniqueConstraint("sprint_id", "number"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str | None] = mapped_column(Text)
    owner_name: Mapped[str | None] = mapped_column(Text)
    due_at: Mapped[datetime]
    state: Mapped[Word] = mapped_column(default=FixState.OPEN)
    blocker_id: Mapped[int | None]
    reason: Mapped[str | None] = mapped_column(Text)
    changed_at: Mapped[datetime | None]
    reference: Mapped[str | None] = mapped_column(Text)
    is_question: Mapped[bool] = mapped_column(default=False)
    confirmed_by: Mapped[str | None] = mapped_column(Text)
    confirmed_at: Mapped[datetime | None]
    check_kind: Mapped[str | None] = mapped_column(Text)
    check_facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    check_by: Mapped[str | None] = mapped_column(Text)
    check_outcome: Mapped[str | None] = mapped_column(Text)
    check_words: Mapped[str | None] = mapped_column(Text)
    check_figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
    checked_at: Mapped[datetime | None]
    held_at: Mapped[datetime | None]


class CauseLink(Base):
    """Somebody said that two records are one cause, or are not; the last word counts.

    They are named as in the verdict's record, such as `blocker-3` and `approval-2`. Up to 0023 a
    link held the ids of two blockers; rows without names are from that version.
    """

    __tablename__ = "cause_links"
    __table_args__ = (UniqueConstraint("sprint_id", "first_id", "second_id"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    first: Mapped[str | None] = mapped_column(String(80))
    second: Mapped[str | None] = mapped_column(String(80))
    first_id: Mapped[int | None]
    second_id: Mapped[int | None]
    same: Mapped[bool]
    said_by: Mapped[SlackId]
    said_at: Mapped[datetime]


class FindingOverride(Base):
    """The team does not accept a stopping finding as one, and says why."""

    __tablename__ = "finding_overrides"
    __table_args__ = (UniqueConstraint("probe_run_id", "code"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    probe_run_id: Mapped[int] = mapped_column(ForeignKey("probe_runs.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    said_by: Mapped[SlackId]
    said_at: Mapped[datetime]


class ForecastMade(Base):
    """A forecast as it stood when its sprint was closed, and when what it was about happened.

    A sprint's own forecast has number 0, a fix's the number of its item in the plan.
    """

    __tablename__ = "forecasts"
    __table_args__ = (UniqueConstraint("sprint_id", "subject", "number"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId] = mapped_column(index=True)
    sprint_id: Mapped[int] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    subject: Mapped[Word]
    number: Mapped[int] = mapped_column(default=0)
    function: Mapped[str | None] = mapped_column(Text)
    p50: Mapped[float]
    p80: Mapped[float]
    chance_30: Mapped[float | None]
    made_at: Mapped[datetime]
    happened_at: Mapped[datetime | None]


class AuditEntry(Base):
    """A change of state: who did what to what, when. Written once, never changed."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_sprint_subject", "sprint_id", "subject", "subject_id"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    sprint_id: Mapped[int | None] = mapped_column(ForeignKey("sprints.id", ondelete="CASCADE"))
    at: Mapped[datetime]
    actor_id: Mapped[SlackId]
    action: Mapped[Word]
    subject: Mapped[Word]
    subject_id: Mapped[int | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Receipt(Base):
    """A delivery from Slack that has been acted on; Slack delivers some of them again."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("team_id", "key"),)

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    key: Mapped[Key]
    received_at: Mapped[datetime] = mapped_column(index=True)


class KindCorrection(Base):
    """A kind that a person chose where another was suggested; suggestions learn from it."""

    __tablename__ = "kind_corrections"

    id: Mapped[RowId]
    team_id: Mapped[TeamId]
    text: Mapped[str] = mapped_column(Text)
    kind: Mapped[Word]
    corrected_by: Mapped[SlackId]
    corrected_at: Mapped[datetime]


class Installation(Base):
    """A workspace that installed the bot; tokens are encrypted before they reach this row.

    An organisation that installed it for all of its workspaces has a row of its own (`is_org`),
    whose `team_id` is the organisation's. `by_org` says that its token serves this workspace.
    """

    __tablename__ = "installations"

    id: Mapped[RowId]
    team_id: Mapped[SlackId] = mapped_column(unique=True)
    enterprise_id: Mapped[str | None] = mapped_column(String(32), index=True)
    is_org: Mapped[bool] = mapped_column(default=False)
    by_org: Mapped[bool] = mapped_column(default=False)
    team_name: Mapped[str | None] = mapped_column(Text)
    bot_user_id: Mapped[str | None] = mapped_column(Text)
    bot_token: Mapped[str | None] = mapped_column(Text)
    refresh_token: Mapped[str | None] = mapped_column(Text)
    token_expires_at: Mapped[datetime | None]
    scopes: Mapped[str | None] = mapped_column(Text)
    installed_by: Mapped[str | None] = mapped_column(Text)
    installed_at: Mapped[datetime]
    uninstalled_at: Mapped[datetime | None]
