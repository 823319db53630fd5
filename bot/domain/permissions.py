"""Who may do what, as a table: an action, and the relations to the sprint that allow it.

Asked when a form opens and again when it is submitted, since both can lie hours apart and
anybody who sees a button can press it.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Final

from bot.domain.texts import say, table


class Relation(StrEnum):
    """What somebody is to the sprint, the request or the blocker in question."""

    LEAD = "lead"
    TEAM = "team"
    SPONSOR = "sponsor"
    APPROVER = "approver"
    STAND_IN = "stand_in"
    REQUESTER = "requester"
    OWNER = "owner"
    ADMIN = "admin"
    COLLEAGUE = "colleague"
    GUEST = "guest"
    DEACTIVATED = "deactivated"
    BOT = "bot"
    OUTSIDER = "outsider"
    """Neither in a private sprint nor asked for anything in it."""


class Action(StrEnum):
    """What can be done."""

    PLAN = "plan"
    EDIT_PLAN = "edit_plan"
    EXPECT = "expect"
    START = "start"
    OVERRIDE = "override"
    KICK_OFF = "kick_off"
    ANSWER_PROMPT = "answer_prompt"
    ANSWER_GATE = "answer_gate"
    LOG_BLOCKER = "log_blocker"
    EDIT_BLOCKER = "edit_blocker"
    RESOLVE_BLOCKER = "resolve_blocker"
    WITHDRAW_BLOCKER = "withdraw_blocker"
    REQUEST_APPROVAL = "request_approval"
    DECIDE_APPROVAL = "decide_approval"
    ASK_ABOUT_APPROVAL = "ask_about_approval"
    HAND_OVER_APPROVAL = "hand_over_approval"
    WITHDRAW_APPROVAL = "withdraw_approval"
    RUN_PROBE = "run_probe"
    CANCEL_PROBE = "cancel_probe"
    DEPLOY = "deploy"
    GO_LIVE = "go_live"
    ACCEPT_OWNERSHIP = "accept_ownership"
    ROLL_BACK = "roll_back"
    SET_ACTION_PLAN = "set_action_plan"
    KEEP_NOTE = "keep_note"
    AGREE = "agree"
    CORRECT = "correct"
    CLOSE = "close"
    CANCEL = "cancel"
    SET_PACE = "set_pace"
    TAKE_OVER_APPROVAL = "take_over_approval"
    CHANGE_FIX = "change_fix"
    READ = "read"
    EXPORT_AUDIT = "export_audit"
    RERUN = "rerun"
    REVOKE_LINK = "revoke_link"


_LEADS: Final = frozenset({Relation.LEAD, Relation.ADMIN})
_TEAM: Final = _LEADS | {Relation.TEAM}
_NEAR: Final = _TEAM | {Relation.SPONSOR, Relation.OWNER, Relation.APPROVER, Relation.REQUESTER}
_EVERYBODY: Final = _NEAR | {Relation.COLLEAGUE}

ALLOWED: Final[dict[Action, frozenset[Relation]]] = {
    Action.PLAN: _EVERYBODY,
    Action.EDIT_PLAN: _TEAM,
    Action.EXPECT: frozenset({Relation.TEAM}),
    Action.START: _TEAM,
    Action.OVERRIDE: _LEADS,
    Action.KICK_OFF: _TEAM,
    Action.ANSWER_PROMPT: _TEAM,
    Action.ANSWER_GATE: _TEAM,
    Action.LOG_BLOCKER: _EVERYBODY,
    Action.EDIT_BLOCKER: _TEAM | {Relation.OWNER, Relation.REQUESTER},
    Action.RESOLVE_BLOCKER: _EVERYBODY,
    Action.WITHDRAW_BLOCKER: _LEADS | {Relation.REQUESTER},
    Action.REQUEST_APPROVAL: _EVERYBODY,
    Action.DECIDE_APPROVAL: frozenset({Relation.APPROVER}),
    Action.ASK_ABOUT_APPROVAL: frozenset({Relation.APPROVER}),
    Action.HAND_OVER_APPROVAL: frozenset({Relation.APPROVER}),
    Action.WITHDRAW_APPROVAL: _LEADS | {Relation.REQUESTER},
    Action.RUN_PROBE: _TEAM,
    Action.CANCEL_PROBE: _TEAM | {Relation.REQUESTER},
    Action.DEPLOY: _TEAM,
    Action.GO_LIVE: _LEADS,
    Action.ACCEPT_OWNERSHIP: _EVERYBODY,
    Action.ROLL_BACK: _TEAM | {Relation.OWNER},
    Action.SET_ACTION_PLAN: _TEAM | {Relation.SPONSOR},
    Action.KEEP_NOTE: _EVERYBODY,
    Action.AGREE: _TEAM,
    Action.CORRECT: _TEAM,
    Action.CLOSE: _LEADS,
    Action.CANCEL: _LEADS,
    Action.SET_PACE: _LEADS,
    Action.TAKE_OVER_APPROVAL: _LEADS | {Relation.STAND_IN},
    Action.CHANGE_FIX: _NEAR,
    Action.READ: _EVERYBODY,
    Action.EXPORT_AUDIT: _TEAM | {Relation.SPONSOR},
    Action.RERUN: _TEAM,
    Action.REVOKE_LINK: _TEAM | {Relation.SPONSOR, Relation.REQUESTER},
}
"""Every action and who may take it."""

_ASKED: Final = _TEAM | {Relation.APPROVER, Relation.STAND_IN}
_NEVER: Final = frozenset({Relation.DEACTIVATED, Relation.BOT, Relation.OUTSIDER})


def is_allowed(action: Action, relations: AbstractSet[Relation]) -> bool:
    """Return whether somebody with these relations may take `action`.

    A guest may do what the team may when the guest is in the team, and nothing else. Nobody
    decides a request of their own, whatever else they are.
    """
    if relations & _NEVER:
        return False
    own = (Action.DECIDE_APPROVAL, Action.TAKE_OVER_APPROVAL)
    if action in own and Relation.REQUESTER in relations:
        return False
    if Relation.GUEST in relations and not relations & _ASKED:
        return False
    return bool(relations & ALLOWED[action])


def refusal(action: Action) -> str:
    """Return the refusal for somebody who may not take `action`."""
    return table("refusals", Action).get(action, say("refusal"))
