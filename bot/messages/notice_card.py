"""The card of a notice about high scores, an hour's message, and the form that chooses it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import boxes_field, button, modal, text_field
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.blocks import Block
from bot.slack.text import Mrkdwn

CHANNEL: Final = "channel"


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as it stands.

    Args:
        notice_id: what *Stop* carries.
        deployment_id: what *Change* carries.
        lines: what it does, and how that goes.
        about: the small print.
        is_over: whether it was stopped.
    """

    notice_id: int
    deployment_id: int
    lines: Sequence[Mrkdwn]
    about: Mrkdwn
    is_over: bool = False


def notice_card(view: NoticeView) -> Block:
    """Return a notice's card."""
    rows = [blocks.section(line) for line in view.lines]
    if not view.is_over:
        rows.append(
            blocks.actions(
                [
                    button("notice.button_change", Act.DEPLOY_NOTICE, str(view.deployment_id)),
                    button("notice.button_stop", Act.NOTICE_STOP, str(view.notice_id)),
                ]
            )
        )
    rows.append(blocks.context(view.about))
    return blocks.message(view.lines[0], rows)


def hour_card(line: Mrkdwn, about: Mrkdwn) -> Block:
    """Return the message that counts an hour's high scores."""
    return blocks.message(line, [blocks.section(line), blocks.context(about)])


def notice_form(threshold: str, url: str, private: str, *, in_channel: bool) -> Block:
    """Return the form that chooses from which score on, and who is told.

    Args:
        threshold: chosen before.
        url: chosen before.
        private: what comes back with the submission.
        in_channel: chosen before.
    """
    channel = [(CHANNEL, say_plain("notice.form_channel"))]
    rows = [
        text_field(
            "threshold",
            "notice.form_threshold",
            initial=threshold,
            max_length=30,
            hint="notice.form_threshold_hint",
        ),
        boxes_field(
            "channel",
            "notice.form_where",
            channel,
            initial=[CHANNEL] if in_channel else [],
            optional=True,
        ),
        text_field(
            "url",
            "notice.form_url",
            initial=url,
            max_length=500,
            hint="notice.form_url_hint",
            optional=True,
        ),
    ]
    return modal(ViewId.SCORE_NOTICE, "notice.form_title", rows, private=private)


def secret_view(secret: str) -> Block:
    """Return what only the person reads who chose a webhook, in the place of the form."""
    rows = [blocks.section(say("notice.secret", secret=secret))]
    return blocks.modal(
        ViewId.SCORE_NOTICE_KEY, say_plain("notice.form_title"), rows, submit=None, close="Close"
    )
