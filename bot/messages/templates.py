"""Names of the message templates; `bot.rendering` says which renderer each one has."""

from __future__ import annotations

from enum import StrEnum


class Template(StrEnum):
    """What a message is rendered by when it is sent, from current rows and a few arguments.

    The values are stored with messages that wait, so a renamed one needs a migration.
    """

    LINE = "line"
    PLAN_CARD = "plan_card"
    MISSED_START = "missed_start"
    EXPECTATION = "expectation"
    WELCOME = "welcome"
    CANCELLED = "cancelled"
    LAST_PLAN = "last_plan"
    PINNED_CARD = "card"
    PROMPT = "prompt"
    FOLDED_PROMPT = "folded_prompt"
    GATE = "gate"
    DIGEST = "digest"
    SPONSOR_DAY = "sponsor_day"
    SPONSOR_GATE = "sponsor_gate"
    BLOCKER = "blocker"
    BLOCKER_REMINDER = "blocker_reminder"
    APPROVAL = "approval"
    APPROVAL_OVERDUE = "approval_overdue"
    REMINDERS = "reminders"
    SILENCE = "silence"
    APPROVAL_HANDED_OVER = "approval_handed_over"
    PROBE = "probe"
    DEPLOYMENT = "deployment_live"
    DEPLOYMENT_CHECKLIST = "deployment_checklist"
    DEPLOYMENT_ALERT = "deployment_alert"
    DEPLOYMENT_ELSEWHERE = "deployment_elsewhere"
    DEPLOYMENT_PICTURE = "deployment_picture_message"
    DEPLOYMENT_PICTURE_FILE = "deployment_picture"
    ACTION_PLAN = "action_plan"
    DEBRIEF_SUMMARY = "debrief_summary"
    DEBRIEF_CLOSED = "debrief_closed"
    DEBRIEF_ANSWER = "debrief_answer"
    DEBRIEF_PATH = "debrief_path"
    FIX = "fix"
    FIX_REMINDER = "fix_reminder"
    EVIDENCE_ENDED = "evidence_ended"
    FOLLOW_UP = "follow_up"
    REVIEW = "review"
    REPORT_FILE = "report"
    REPORT_PICTURE_FILE = "report_picture"
    REPORT_PICTURE = "report_picture_message"
    CALENDAR_FILE = "calendar_file"
    CALENDAR_CANCELLED = "calendar_cancelled"
    HOME = "home"
    DELIVERY_FAILURE = "delivery_failure"
    ANSWER = "answer"
