"""Choosing what happens at a high score, from a deployment's live card."""

from __future__ import annotations

import math
from typing import Final

from bot.deployments import notices, queries
from bot.deployments.forms import checked_link
from bot.deployments.notices import NoticeSettings
from bot.domain.errors import FormError, InputError
from bot.domain.permissions import Action
from bot.forms import FieldRule
from bot.messages.catalog import say_plain
from bot.messages.notice_card import CHANNEL, notice_form, secret_view
from bot.slack.action_ids import Act, ViewId
from handlers.authorization import asks, of_deployment
from handlers.context import Handler, HandlerContext
from handlers.request import Done, Open, Outcome, Replace, Request
from handlers.typed_text import pack, unpack

THRESHOLD: Final = FieldRule("threshold", "notice.not_a_number", math.isfinite)


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
    """Return what the form says.

    Raises:
        FormError: the threshold is no number, the address no webhook's, or nobody would be told.
    """
    typed = request.form.text("threshold").replace(",", ".")
    try:
        threshold = float(typed)
    except ValueError:
        threshold = math.nan
    THRESHOLD.checked(threshold)
    url = _webhook(request.form.text("url"))
    in_channel = CHANNEL in request.form.choices("channel")
    if url is None and not in_channel:
        raise FormError({"channel": say_plain("notice.nowhere")})
    return NoticeSettings(threshold, url, in_channel)


def _webhook(typed: str) -> str | None:
    if not typed:
        return None
    try:
        link = checked_link(typed)
    except InputError:
        raise FormError({"url": say_plain("notice.bad_address")}) from None
    return link


def on_stop(ctx: HandlerContext, request: Request) -> Outcome:
    """Send no more notices."""
    notices.stop(ctx.uow, request.user_id, request.number())
    return Done()


ACTIONS: Final[dict[str, Handler]] = {
    Act.DEPLOY_NOTICE: asks(Action.DEPLOY, of_deployment, open_form),
    Act.NOTICE_STOP: on_stop,
}
VIEWS: Final[dict[str, Handler]] = {ViewId.SCORE_NOTICE: submit}
