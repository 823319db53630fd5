"""Forms over three fields: a closed one comes back as it was, and *More* shows the other fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.messages.catalog import say, say_plain
from bot.messages.labelled import button
from bot.slack import blocks
from bot.slack.action_ids import Act, ViewId
from bot.slack.form_values import fields_of, initial_values, typed_values, with_values
from bot.slack.text import moment
from bot.sprints.drafts import drop_draft, find_draft, form_key, save_draft
from handlers import blockers, deployments, planning
from handlers.context import Handler, HandlerContext
from handlers.payload import part, written
from handlers.request import AfterCommit, Answer, Done, Open, Outcome, Redraw, Request

FEW: Final = 3
"""Forms with no more fields than this are typed again at once, and keep no draft."""
MORE: Final[dict[str, Handler]] = planning.MORE | blockers.MORE | deployments.MORE
"""View → what opens it with all of its fields."""


def with_draft(ctx: HandlerContext, request: Request, outcome: Outcome) -> Outcome:
    """Let a form be heard of when it is closed, and start it with what was typed last time."""
    if not isinstance(outcome, Open) or not _is_long(outcome.view):
        return outcome
    view = {**outcome.view, "notify_on_close": True}
    form = _form_of(view)
    draft = find_draft(ctx.reading, request.user_id, form)
    if draft is None:
        return Open(view)
    values = draft.values
    note = _note(form, say("plan.draft", when=moment(draft.saved_at, "{ago}")))
    if set(values) - {block_id for block_id, _ in fields_of(view)}:
        view = _with_more(ctx, request, view)
    view = with_values(view, values)
    return Open(view | {"blocks": [*note, *view["blocks"]]})


def _note(form: str, words: str) -> list[blocks.Block]:
    discard = button("plan.draft_discard", Act.DRAFT_DISCARD, form)
    return [blocks.section(words, accessory=discard, block_id="draft")]


def _is_long(view: Mapping[str, Any]) -> bool:
    """Return whether a form keeps a draft: many fields, or more of them behind *More*."""
    return len(list(fields_of(view))) > FEW or written(view, "callback_id") in MORE


def _form_of(view: Mapping[str, Any]) -> str:
    return form_key(written(view, "callback_id"), written(view, "private_metadata"))


def on_closed(ctx: HandlerContext, request: Request) -> Answer:
    """Keep what somebody typed into a form that they closed; an untouched one leaves no draft."""
    values = part(part(request.view, "state"), "values")
    initial = initial_values(request.view)
    typed = typed_values(values)
    if _is_long(request.view) and any(typed[key] != initial.get(key) for key in typed):
        ctx.allow_own()
        save_draft(ctx.uow, request.user_id, _form_of(request.view), values)
    return Done()


def forget_sent(ctx: HandlerContext, request: Request) -> None:
    """Delete the draft of a form that was sent."""
    if request.receipt is None or not _is_long(request.view):
        return
    form = _form_of(request.view)
    if find_draft(ctx.reading, request.user_id, form) is not None:
        drop_draft(ctx.uow, request.user_id, form)


def on_discard(ctx: HandlerContext, request: Request) -> Answer:
    """Delete a draft; the form starts afresh when it is opened again."""
    ctx.allow_own()
    drop_draft(ctx.uow, request.user_id, request.value)
    return AfterCommit(_discarded)


def _discarded() -> Redraw:
    shown = [blocks.section(say("plan.draft_discarded"))]
    return Redraw(blocks.modal(ViewId.WORDS, say_plain("common.title"), shown, submit=None))


def on_more(ctx: HandlerContext, request: Request) -> Answer:
    """Show a form's other fields, with what was typed so far."""
    view = _with_more(ctx, request, request.view)
    values = part(part(request.view, "state"), "values")
    return Redraw(with_values(view, values) | {"notify_on_close": True})


def _with_more(ctx: HandlerContext, request: Request, view: Mapping[str, Any]) -> dict[str, Any]:
    """Return a form with all of its fields; it stays about what it was about."""
    private = written(view, "private_metadata")
    build = MORE.get(written(view, "callback_id"))
    if build is None:
        return dict(view)
    built = build(ctx, replace(request, private=private, value="", view=view))
    shown = dict(built.view) if isinstance(built, Open) else dict(view)
    return shown | {"private_metadata": private, "notify_on_close": True}


ACTIONS: Final[dict[str, Handler]] = {
    Act.FORM_MORE: on_more,
    Act.DRAFT_DISCARD: on_discard,
}
