"""Every state, kind and audit action, written once; rows, rules and texts use these.

The values are what the database holds, so changing one needs a migration.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class SprintStatus(StrEnum):
    """Where a sprint stands, from its plan to its closed debrief."""

    PLANNED = "planned"
    RUNNING = "running"
    DEBRIEF = "debrief"
    CLOSED = "closed"
    CANCELLED = "cancelled"


LIVE: Final = (SprintStatus.RUNNING, SprintStatus.DEBRIEF)
"""Statuses in which a sprint takes new facts."""
UNFINISHED: Final = (SprintStatus.PLANNED, *LIVE)
"""Statuses in which a sprint still has something to come."""


class Pace(StrEnum):
    """How often a running sprint prompts.

    `held` is once a phase until somebody answers, while nobody does; the lead chooses the others.
    """

    HOURLY = "hourly"
    HELD = "held"
    PHASE = "phase"
    PAUSED = "paused"


class TimerKind(StrEnum):
    """What falls due; `bot.timers.kinds` says what each one does."""

    START = "start"
    PROMPT = "prompt"
    GATE = "gate"
    DIGEST = "digest"
    DEBRIEF = "debrief"
    DEBRIEF_STANDS = "debrief_stands"
    BLOCKER_AGE = "blocker_age"
    APPROVAL_HALF = "approval_half"
    APPROVAL_HOUR = "approval_hour"
    APPROVAL_DEADLINE = "approval_deadline"
    APPROVAL_OVERDUE = "approval_overdue"
    REMINDERS = "reminders"
    FIX_DUE = "fix_due"
    FIX_CHECK = "fix_check"
    FOLLOW_UP = "follow_up"
    REPORT = "report"
    DEPLOYMENT_DIGEST = "deployment_digest"
    DEPLOYMENT_RETENTION = "deployment_retention"
    EVIDENCE_LOOK = "evidence_look"


class TimerState(StrEnum):
    """What became of a timer; `dropped` means that its reason went away."""

    WAITING = "waiting"
    DONE = "done"
    DROPPED = "dropped"


class OutboxState(StrEnum):
    """How far delivery has brought a row; `failed` means that Slack refused it for good."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"
    DROPPED = "dropped"


class OutboxKind(StrEnum):
    """What a row of the outbox does in Slack; `bot.outbox.operations` says how."""

    MESSAGE = "message"
    CREATE_CHANNEL = "create_channel"
    INVITE = "invite"
    TOPIC = "topic"
    PURPOSE = "purpose"
    BOOKMARK = "bookmark"
    PIN = "pin"
    HOME = "home"
    PERSON = "person"
    UPLOAD = "upload"
    CANVAS = "canvas"


class BlockerState(StrEnum):
    """A blocker is open until it is fixed or worked around; reopened, it is open again.

    A withdrawn one was logged by mistake: the audit trail keeps it, and nothing counts it.
    """

    OPEN = "open"
    FIXED = "fixed"
    WORKED_AROUND = "worked_around"
    WITHDRAWN = "withdrawn"


class ApprovalState(StrEnum):
    """A request waits for one named person until it is decided, withdrawn or expires."""

    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """The sprint ended before the deadline did, so that silence says nothing."""


class FixState(StrEnum):
    """How an item of the thirty-day plan stands.

    A check tells proved from claimed: claimed is what somebody said with nothing to check it by.
    What was proved and fails its check again has regressed, and is open.
    """

    OPEN = "open"
    STUCK = "stuck"
    CLAIMED = "claimed"
    PROVED = "proved"
    REGRESSED = "regressed"


FINISHED_FIXES: Final = (FixState.CLAIMED, FixState.PROVED)
"""States in which nobody has to act on an item."""


class FixCheckKind(StrEnum):
    """What shows that an item is done."""

    FINDING = "finding"
    APPROVAL = "approval"
    URL = "url"
    ACCESS = "access"
    OWNER = "owner"
    EVIDENCE = "evidence"


class CheckTrigger(StrEnum):
    """Why a check runs."""

    DONE = "done"
    CHOSEN = "chosen"
    NIGHTLY = "nightly"
    COMMAND = "command"


class CheckRunState(StrEnum):
    """A check's run waits for a worker, runs and ends; `skipped` where its budget was spent."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    SKIPPED = "skipped"


UNFINISHED_CHECKS: Final = (CheckRunState.WAITING, CheckRunState.RUNNING)
"""States in which a look still has to say something."""


class CheckOutcome(StrEnum):
    """What a check says; unknown where it couldn't look."""

    HOLDS = "holds"
    FAILS = "fails"
    UNKNOWN = "unknown"


class ForecastSubject(StrEnum):
    """What a forecast was made about."""

    SPRINT = "sprint"
    FIX = "fix"


class ProbeRunState(StrEnum):
    """A run waits for a worker, runs, and ends; a running one is cancelled in two steps."""

    WAITING = "waiting"
    RUNNING = "running"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"


UNFINISHED_RUNS: Final = (ProbeRunState.WAITING, ProbeRunState.RUNNING)
"""States in which a run can be cancelled."""


class BatchState(StrEnum):
    """A table waits until it is due, is scored by one worker, and ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class DeploymentState(StrEnum):
    """What a deployment is meant to do; serving obeys the row and never changes it."""

    CLAIMED = "claimed"
    """Somebody said that a model runs elsewhere; nothing of hour48 serves it."""

    PROPOSED = "proposed"

    SHADOW = "shadow"
    """Everybody gets the control answer; the model scores beside it and is only recorded."""

    LIVE = "live"
    """The model answers its percentage; the others get the control answer."""

    PULLED = "pulled"
    """Everybody gets the control answer; the model is not asked."""

    ENDED = "ended"


MODEL_ASKED: Final = (DeploymentState.SHADOW, DeploymentState.LIVE)
"""States in which serving asks the model; in every other one it acts as in `pulled`."""


class NoticeState(StrEnum):
    """A high score waits for its webhook until that has it, refuses it, or is given up."""

    WAITING = "waiting"
    SENT = "sent"
    REFUSED = "refused"
    EXPIRED = "expired"
    DROPPED = "dropped"


UNFINISHED_BATCHES: Final = (BatchState.WAITING, BatchState.RUNNING)
"""States in which a table can be cancelled."""


class LinkOrigin(StrEnum):
    """How a blocker came to be linked to something in an outside system."""

    TYPED = "typed"
    BUTTON = "button"
    MATCHED = "matched"
    ASKED = "asked"


class AuditSubject(StrEnum):
    """What an entry of the audit trail is about."""

    SPRINT = "sprint"
    CRITERION = "criterion"
    BLOCKER = "blocker"
    APPROVAL = "approval"
    PROMPT = "prompt"
    GATE = "gate"
    PROBE = "probe"
    DEPLOYMENT = "deployment"
    ACTION_PLAN = "action_plan"
    ANSWER = "answer"
    FIX = "fix"
    NOTE = "note"
    MODEL = "model"
    CLIENT = "client"
    PERSON = "person"
    CAUSE = "cause"
    CHECK = "check"
    TRAIL = "trail"
    LINK = "link"


class AuditAction(StrEnum):
    """What somebody did, as the audit trail says it."""

    PLANNED = "planned"
    PLAN_CHANGED = "plan_changed"
    OVERRODE = "overrode"
    EXPECTED = "expected"
    STARTED = "started"
    KICKED_OFF = "kicked_off"
    CANCELLED = "cancelled"
    ENDED_EARLY = "ended_early"
    DEBRIEF_OPENED = "debrief_opened"
    CLOSED = "closed"
    LOGGED = "logged"
    EDITED = "edited"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    STILL_BLOCKED = "still_blocked"
    REMINDED = "reminded"
    ESCALATED = "escalated"
    EXTENDED = "extended"
    PACED = "paced"
    RESUMED = "resumed"
    REQUESTED = "requested"
    ASKED = "asked"
    HANDED_OVER = "handed_over"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    ANSWERED = "answered"
    ANSWERED_EARLY = "answered_early"
    INVITED = "invited"
    FINISHED = "finished"
    DEPLOYED = "deployed"
    PROPOSED = "proposed"
    SET_UP = "set_up"
    ACCEPTED = "accepted"
    SHADOWED = "shadowed"
    REHEARSED = "rehearsed"
    OPENED = "opened"
    OVERRIDDEN = "overridden"
    ADVANCED = "advanced"
    STEPPED_BACK = "stepped_back"
    ROLLED_BACK = "rolled_back"
    ENDED = "ended"
    ALERTED = "alerted"
    WENT_DOWN = "went_down"
    CAME_UP = "came_up"
    CREATED = "created"
    REVOKED = "revoked"
    FORGOT = "forgot"
    ERASED = "erased"
    ADOPTED = "adopted"
    SAID = "said"
    AGREED = "agreed"
    CORRECTED = "corrected"
    OPEN = "open"
    STUCK = "stuck"
    DONE = "done"
    CLAIMED = "claimed"
    PROVED = "proved"
    REGRESSED = "regressed"
    REFUSED = "refused"
    CHOSEN = "chosen"
    KEPT = "kept"
    REMOVED = "removed"
    JOINED = "joined"
    PARTED = "parted"
    CONFIRMED = "confirmed"
    REWRITTEN = "rewritten"
    LINKED = "linked"
    UNLINKED = "unlinked"
    MEASURED = "measured"
