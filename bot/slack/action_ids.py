"""What Slack calls things by when somebody presses or submits them; one place for each name.

An action's id may be followed by `:` and anything, so that a message can hold the same button
several times; its value says what it is about.
"""

from __future__ import annotations

from enum import StrEnum


class Act(StrEnum):
    """Action ids of buttons and menus."""

    PLAN_EDIT = "plan.edit"
    PLAN_START = "plan.start"
    PLAN_CANCEL = "plan.cancel"
    PLAN_OPEN = "plan.open"
    EXPECT_OPEN = "expect.open"
    KICKOFF_OPEN = "kickoff.open"
    PROMPT_ON_TRACK = "prompt.on_track"
    PROMPT_BLOCKED = "prompt.blocked"
    PROMPT_APPROVAL = "prompt.approval"
    PROMPT_PROBE = "prompt.probe"
    GATE_ANSWER = "gate.answer"
    OUTPUT_PLAN = "output.plan"
    BLOCKER_FIXED = "blocker.fixed"
    BLOCKER_WORKED_AROUND = "blocker.worked_around"
    BLOCKER_STILL = "blocker.still"
    BLOCKER_EDIT = "blocker.edit"
    BLOCKER_HOW_LONG = "blocker.how_long"
    BLOCKER_REOPEN = "blocker.reopen"
    BLOCKER_OPEN_FORM = "blocker.open_form"
    APPROVAL_APPROVE = "approval.approve"
    APPROVAL_REJECT = "approval.reject"
    APPROVAL_ASK = "approval.ask"
    APPROVAL_HAND_OVER = "approval.hand_over"
    APPROVAL_WITHDRAW = "approval.withdraw"
    APPROVAL_OPEN_FORM = "approval.open_form"
    PROBE_RUN = "probe.run"
    PROBE_CANCEL = "probe.cancel"
    PROBE_KNOWN = "probe.known"
    PROBE_LATER = "probe.later"
    FINDING_TO_BLOCKER = "finding.to_blocker"
    DEPLOY_SET_UP = "deploy.set_up"
    DEPLOY_ASK = "deploy.ask"
    DEPLOY_ACCEPT = "deploy.accept"
    DEPLOY_CHECK = "deploy.check"
    DEPLOY_PLAN = "deploy.plan"
    DEPLOY_SHADOW = "deploy.shadow"
    DEPLOY_REHEARSE = "deploy.rehearse"
    DEPLOY_OPEN = "deploy.open"
    DEPLOY_ADVANCE = "deploy.advance"
    DEPLOY_STEP_BACK = "deploy.step_back"
    DEPLOY_ROLL_BACK = "deploy.roll_back"
    DEPLOY_REFRESH = "deploy.refresh"
    DEBRIEF_AGREE = "debrief.agree"
    DEBRIEF_CORRECT = "debrief.correct"
    DEBRIEF_FACTS = "debrief.facts"
    DEBRIEF_CLOSE = "debrief.close"
    DEBRIEF_WHAT_IF = "debrief.what_if"
    DEBRIEF_WHAT_IF_CHOOSE = "debrief.what_if_choose"
    FIX_DONE = "fix.done"
    FIX_STUCK = "fix.stuck"
    FIX_MOVE = "fix.move"
    RERUN_OPEN = "rerun.open"
    CANCEL_SPRINT = "sprint.cancel"
    HOME_SPRINT = "home.sprint"
    RETRY = "outbox.retry"
    LINK = "link"


class View(StrEnum):
    """Callback ids of modals."""

    PLAN = "plan"
    OVERRIDE = "override"
    EXPECT = "expect"
    KICKOFF = "kickoff"
    BLOCKER = "blocker"
    APPROVAL = "approval"
    REJECT = "reject"
    ASK = "ask"
    HAND_OVER = "hand_over"
    PROBE = "probe"
    DEPLOY_SET_UP = "deploy_set_up"
    DEPLOY_PLAN = "deploy_plan"
    DEPLOY_WHY = "deploy_why"
    CORRECT = "correct"
    CLOSE = "close"
    CANCEL = "cancel"
    FACTS = "facts"
    WHAT_IF = "what_if"
    FIX_STUCK = "fix_stuck"
    FIX_MOVE = "fix_move"
    WORDS = "words"


class Shortcut(StrEnum):
    """Callback ids of shortcuts, as `manifest.yml` names them."""

    LOG_AS_BLOCKER = "log_as_blocker"
    KEEP_FOR_DEBRIEF = "keep_for_debrief"
