"""Buttons that a sprint takes no more: which they are, and a message without them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from bot.domain.enums import SprintStatus
from bot.slack.action_ids import Act
from bot.slack.blocks import Block
from bot.slack.native import TWIN

_UNTIL_STARTED: Final = (Act.EXPECT_OPEN,)
_WHILE_RUNNING: Final = (Act.PACE_PAUSE, Act.PACE_PHASE, Act.PACE_HOURLY, Act.PACE_END)
_UNTIL_CLOSED: Final = (
    Act.KICKOFF_OPEN,
    Act.PROMPT_ANSWER,
    Act.PROMPT_ON_TRACK,
    Act.PROMPT_UNDO,
    Act.PROMPT_BLOCKED,
    Act.PROMPT_APPROVAL,
    Act.PROMPT_PROBE,
    Act.GATE_ANSWER,
    Act.BLOCKER_FIXED,
    Act.BLOCKER_WORKED_AROUND,
    Act.BLOCKER_STILL,
    Act.BLOCKER_EDIT,
    Act.BLOCKER_HOW_LONG,
    Act.BLOCKER_REOPEN,
    Act.BLOCKER_OPEN_FORM,
    Act.EVIDENCE_LINK,
    Act.EVIDENCE_ACCESS,
    Act.APPROVAL_APPROVE,
    Act.APPROVAL_REJECT,
    Act.APPROVAL_ASK,
    Act.APPROVAL_HAND_OVER,
    Act.APPROVAL_WITHDRAW,
    Act.APPROVAL_REOPEN,
    Act.APPROVAL_TAKE_OVER,
    Act.FINDING_TO_BLOCKER,
    Act.FINDING_OVERRIDE,
    Act.DEPLOY_SET_UP,
    Act.DEPLOY_ASK,
    Act.DEPLOY_ACCEPT,
    Act.DEPLOY_CHECK,
    Act.DEPLOY_PLAN,
    Act.CAUSE_JOIN,
    Act.CAUSE_PART,
)
_UNTIL_CANCELLED: Final = (
    Act.DEPLOY_SHADOW,
    Act.DEPLOY_REHEARSE,
    Act.DEPLOY_OPEN,
    Act.DEPLOY_ADVANCE,
    Act.DEPLOY_REPLAY,
    Act.DEPLOY_SCORE,
    Act.BATCH_AGAIN,
)
GONE: Final[Mapping[str, tuple[Act, ...]]] = {
    SprintStatus.RUNNING: _UNTIL_STARTED,
    SprintStatus.DEBRIEF: (*_UNTIL_STARTED, *_WHILE_RUNNING),
    SprintStatus.CLOSED: (*_UNTIL_STARTED, *_WHILE_RUNNING, *_UNTIL_CLOSED),
    SprintStatus.CANCELLED: (
        *_UNTIL_STARTED,
        *_WHILE_RUNNING,
        *_UNTIL_CLOSED,
        *_UNTIL_CANCELLED,
    ),
}
"""Status of a sprint → what it refuses, so that no message offers it any more."""


def without_refused(content: Mapping[str, Any], status: str) -> Mapping[str, Any]:
    """Return a message without the buttons that its sprint takes no more."""
    gone = GONE.get(status)
    if not gone or "blocks" not in content:
        return content
    return {**content, "blocks": _kept(content["blocks"], gone)}


def _kept(rows: Collection[Block], gone: Collection[Act]) -> list[Block]:
    return [kept for row in rows if (kept := _without(row, gone)) is not None]


def _without(row: Block, gone: Collection[Act]) -> Block | None:
    """Return a block without its dead elements; None where nothing is left of it."""
    if row["type"] == "actions":
        alive = [each for each in row["elements"] if not _is_gone(each, gone)]
        return {**row, "elements": alive} if alive else None
    if _is_gone(row.get("accessory", {}), gone):
        row = {name: value for name, value in row.items() if name != "accessory"}
    return {**row, TWIN: _kept(row[TWIN], gone)} if TWIN in row else row


def _is_gone(element: Mapping[str, Any], gone: Collection[Act]) -> bool:
    return str(element.get("action_id", "")).partition(":")[0] in gone
