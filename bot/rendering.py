"""The table of message templates: which function renders each one when it is sent.

A write transaction then holds a few rows and no Block Kit, a card is always current, and a message
that waited says what is so by then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from bot.approvals import announcements, dossier, escalation, granted
from bot.approvals import service as approvals
from bot.blockers import service as blockers
from bot.db.models import Sprint
from bot.db.outbox_models import OutboxItem
from bot.debrief import questions, rendering, report_files, rerun, weekly
from bot.deployments import announcements as deployments
from bot.deployments import batch_cards, checklist, digest_pictures, external, notice_cards
from bot.evidence import service as evidence
from bot.fixes import items
from bot.home import service as home
from bot.home import welcome
from bot.hourly import digests, gates, pinned_card, prompts, sprint_page
from bot.messages.ended import without_refused
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs, reader_of
from bot.planning import expectations, kickoff
from bot.planning import service as planning
from bot.probe_runs import service as probe_runs
from bot.sprints import card_threads, delivery_failures, pace, plan_status, reminders
from bot.sprints.people import language_of_person
from bot.texts import languages, use_language
from bot.unit_of_work import Runtime, UnitOfWork

Renderer = Callable[[UnitOfWork, Any, TemplateArgs], dict[str, Any]]
"""Takes an open unit that only reads, the message's sprint, and the arguments."""

RENDERERS: Final[dict[str, Renderer]] = {
    Template.LINE: card_threads.render_line,
    Template.PLAN_CARD: plan_status.render_plan_card,
    Template.MISSED_START: planning.render_missed_start,
    Template.EXPECTATION: expectations.render_expectation,
    Template.INSTALLED: welcome.render_welcome,
    Template.WELCOME: kickoff.render_welcome,
    Template.CANCELLED: kickoff.render_cancelled,
    Template.LAST_PLAN: rerun.render_last_plan,
    Template.PINNED_CARD: pinned_card.render_pinned_card,
    Template.SPRINT_PAGE: sprint_page.render_page,
    Template.PROMPT: prompts.render_prompt,
    Template.FOLDED_PROMPT: prompts.render_folded,
    Template.GATE: gates.render_gate,
    Template.DIGEST: digests.render_digest,
    Template.SPONSOR_DAY: digests.render_sponsor_day,
    Template.SPONSOR_GATE: gates.render_sponsor_gate,
    Template.BLOCKER: blockers.render_blocker,
    Template.BLOCKER_REMINDER: blockers.render_reminder,
    Template.EVIDENCE_ENDED: evidence.render_ended,
    Template.APPROVAL: announcements.render_approval,
    Template.APPROVAL_DECIDED: granted.render_decided,
    Template.APPROVAL_OVERDUE: escalation.render_overdue,
    Template.REMINDERS: reminders.render_reminders,
    Template.SILENCE: pace.render_silence,
    Template.APPROVAL_HANDED_OVER: approvals.render_handed_over,
    Template.DOSSIER_FILE: dossier.render_dossier_file,
    Template.PROBE: probe_runs.render_run,
    Template.DEPLOYMENT: deployments.render_live,
    Template.DEPLOYMENT_CHECKLIST: checklist.render_checklist,
    Template.DEPLOYMENT_CHANGES: deployments.render_changes,
    Template.DEPLOYMENT_ALERT: deployments.render_alert,
    Template.DEPLOYMENT_ELSEWHERE: deployments.render_elsewhere,
    Template.DEPLOYMENT_BATCH: batch_cards.render,
    Template.SCORE_NOTICE: notice_cards.render_notice,
    Template.SCORE_HOUR: notice_cards.render_hour,
    Template.DEPLOYMENT_PICTURE: digest_pictures.render_message,
    Template.DEPLOYMENT_PICTURE_FILE: digest_pictures.render_picture_file,
    Template.ACTION_PLAN: external.render_action_plan,
    Template.DEBRIEF_SUMMARY: rendering.render_summary,
    Template.DEBRIEF_CLOSED: rendering.render_closed,
    Template.DEBRIEF_ANSWER: rendering.render_answer,
    Template.DEBRIEF_PATH: rendering.render_path,
    Template.FIX: items.render_fix,
    Template.FIX_REMINDER: items.render_reminder,
    Template.FOLLOW_UP: weekly.render_follow_up,
    Template.REVIEW: weekly.render_review,
    Template.REPORT_FILE: report_files.render_report_file,
    Template.REPORT_PICTURE_FILE: report_files.render_picture_file,
    Template.REPORT_PICTURE: report_files.render_picture,
    Template.CALENDAR_FILE: planning.render_calendar,
    Template.CALENDAR_CANCELLED: planning.render_calendar_cancelled,
    Template.HOME: home.render_home,
    Template.DELIVERY_FAILURE: delivery_failures.render_failure,
    Template.ANSWER: questions.render_answer,
}


def rendered(runtime: Runtime, session: Session, item: OutboxItem) -> Mapping[str, Any]:
    """Return what a row of the outbox sends now; one without a template sends its arguments.

    Args:
        runtime: the shared parts.
        session: an open session that `item` was read in, so that nothing newer than the item's
            version is missing from the message.
        item: the row.
    """
    if item.template is None:
        return item.body
    uow = UnitOfWork(runtime, session, item.team_id, runtime.clock.now())
    sprint = session.get_one(Sprint, item.sprint_id) if item.sprint_id is not None else None
    with use_language(_language(uow, item)):
        content = RENDERERS[str(item.template["name"])](uow, sprint, item.template)
    return content if sprint is None else without_refused(content, sprint.status)


def _language(uow: UnitOfWork, item: OutboxItem) -> str:
    """Return the workspace's language; that of the reader where only one person reads."""
    ours = uow.runtime.language_of(uow.team_id)
    user_id = reader_of(item)
    return language_of_person(uow, user_id) if user_id and len(languages()) > 1 else ours
