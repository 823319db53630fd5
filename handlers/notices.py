"""Choosing what happens at a high score, from a deployment's live card."""

from __future__ import annotations

import math
from typing import Final

from bot.deployments import notices, queries
from bot.deployments.forms import NoticeSettings
from bot.domain.permissions import Action
from bot.messages.notice_card import CHANNEL, notice_form, secret_view
from bot.slack.action_ids import Act, ViewId
from handlers.authorization import asks, of_deployment
from handlers.context import Handler, HandlerContext
from handlers.presses import acts
from handlers.request import Done, Open, Outcome, Replace, Request
from handlers.typed_text import pack, unpack


def open_form(ctx: HandlerContext, request: Request) -> Outcome:
    """Open the form, filled with what was chosen before."""
    uow = ctx.reading
    row, _ = queries.find(uow, request.number())
    before = notices.current(uow, row)
    view = notice_form(
        f"{before.threshold:g}" if before else "",
        (before.url if before else None) or "",
        pack(deployment=row.id),
        in_channel=before.in_channel if before else True,
    )
    return Open(view)


def submit(ctx: HandlerContext, request: Request) -> Outcome:
    """Keep what was chosen, and show the webhook's key once."""
    chosen = _chosen(request)
    number = unpack(request).required("deployment")
    _, secret = notices.choose(ctx.uow, request.user_id, number, chosen)
    return Done() if secret is None else Replace(secret_view(secret))


def _chosen(request: Request) -> NoticeSettings:
    try:
        threshold = float(request.form.text("threshold").replace(",", "."))
    except ValueError:
        threshold = math.nan
    in_channel = CHANNEL in request.form.choices("channel")
    return NoticeSettings(threshold, request.form.text("url") or None, in_channel)


ACTIONS: Final[dict[str, Handler]] = {
    Act.DEPLOY_NOTICE: asks(Action.DEPLOY, of_deployment, open_form),
    Act.NOTICE_STOP: acts(notices.stop),
}
VIEWS: Final[dict[str, Handler]] = {ViewId.SCORE_NOTICE: submit}
