"""From a delivery to an answer: find the handler, run it, say what came of it in Slack's terms.

A handler returns what the person sees; only this module acknowledges and calls Slack. What a
use case refuses is told to the person who acted, and what breaks is told with an error's id.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from itertools import islice
from typing import Any, Final

import structlog
from slack_bolt import Ack, Respond
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from sqlalchemy.exc import DBAPIError
from structlog.contextvars import bound_contextvars

from bot.db.engine import has_lost
from bot.domain.errors import AlreadyDone, FormError, InputError
from bot.home.service import refresh_home
from bot.messages.catalog import say, say_plain
from bot.metrics import HANDLED
from bot.slack import native
from bot.slack.action_ids import ViewId
from bot.slack.api_errors import diagnose
from bot.slack.blocks import message, modal, section
from bot.slack.text import Mrkdwn, escape
from bot.tracing import span
from handlers.context import Handler, HandlerContext
from handlers.drafts import forget_sent, with_draft
from handlers.native_answers import plainly, respond_with_twin
from handlers.payload import parts, written
from handlers.people_lookup import introduce
from handlers.request import (
    AfterCommit,
    Done,
    Ephemeral,
    Errors,
    Open,
    Outcome,
    Redraw,
    Replace,
    Request,
    Say,
    Swap,
)
from handlers.telling import TROUBLE, responds, tell
from handlers.transaction import Transaction
from handlers.typed_text import mentioned_in, typed_again

log = structlog.get_logger()

TRIES: Final = 3
"""How often a handler is run that a deadlock ends; the other one has its rows by then."""
MOST_MENTIONED: Final = 3
"""People whom a command names that are looked up before it runs."""
WORTH_KEEPING: Final = 20
"""Characters of a refused command from which on they come back to be sent again."""
VIEW_IS_GONE: Final = "not_found"
"""Slack's word for a modal that was closed before it was redrawn; nobody waits for that one."""
_IS_PERSON: Final = re.compile(r"[UW][A-Z0-9]{7,}")


class UncheckedError(Exception):
    """A handler writes and has asked for no permission; a defect that must not be kept."""


def run(ctx: HandlerContext, handler: Handler, request: Request) -> Outcome:
    """Run a handler, timed and with its request named in every line of the log."""
    name = _name_of(handler)
    started = time.monotonic()
    about = {"team": request.team_id, "handler": name, "sprint": None}
    traced = span(f"handle {name}", about={"slack.team": request.team_id})
    with bound_contextvars(request=secrets.token_hex(4), **about), traced:
        outcome = _outcome(ctx, handler, request)
        seconds = time.monotonic() - started
        HANDLED.labels(name, type(outcome).__name__.lower()).observe(seconds)
        log.debug("handler.done", outcome=type(outcome).__name__, seconds=round(seconds, 4))
    return outcome


def _name_of(handler: Handler) -> str:
    return getattr(handler, "__name__", "unnamed")


def _outcome(ctx: HandlerContext, handler: Handler, request: Request) -> Outcome:
    """Run a handler; a refusal or a failure becomes the answer to the person."""
    try:
        _refuse_too_many(ctx, request)
        chosen = request.form.people() if request.receipt else []
        mentioned = filter(_IS_PERSON.fullmatch, mentioned_in(request.text).values())
        named = islice(mentioned, MOST_MENTIONED)
        for user_id in dict.fromkeys((request.user_id, *chosen, *named)):
            introduce(ctx, request.team_id, user_id)  # Slack's pickers offer bots, for example
        with ctx.runtime.priority_gate.answering():
            return perform(ctx, handler, request)
    except AlreadyDone:
        return Done()
    except FormError as refused:
        return _refusal(refused.errors, request)
    except InputError as refused:
        return _refusal({refused.field or "": refused.message}, request)
    except Exception:
        error_id = secrets.token_hex(4)
        log.exception("handler.failed", error_id=error_id, user=request.user_id)
        return _refusal({"": say_plain("errors.broken", error_id=error_id)}, request)


def _refuse_too_many(ctx: HandlerContext, request: Request) -> None:
    """Refuse what one person does more often than people do.

    Raises:
        InputError: they have to wait.
    """
    seconds = ctx.rate.wait(request.team_id, request.user_id)
    if seconds:
        raise InputError(say_plain("errors.too_many", seconds=max(1, round(seconds))))


def perform(ctx: HandlerContext, handler: Handler, request: Request) -> Outcome:
    """Run a handler in a transaction of its own and keep what it wrote.

    One that lost to somebody else's transaction runs again, having done nothing.

    Raises:
        AlreadyDone: the delivery was acted on before.
        InputError: what the handler refuses.
    """
    for left in reversed(range(TRIES)):
        own = Transaction(ctx.runtime, request)
        try:
            with own:
                return _answered(replace(ctx, transaction=own), own, handler, request)
        except DBAPIError as error:
            if own.has_committed or not left or not has_lost(error):
                raise
            log.info("handler.again", error=type(error.orig).__name__)
    raise AssertionError  # the last try returned or raised


@contextmanager
def opened(ctx: HandlerContext, request: Request) -> Iterator[HandlerContext]:
    """Open a transaction for an event, which nobody waits for an answer to."""
    with Transaction(ctx.runtime, request, partial(introduce, ctx)) as own:
        yield replace(ctx, transaction=own)
        own.commit()


def _answered(ctx: HandlerContext, own: Transaction, handler: Handler, request: Request) -> Outcome:
    """Run a handler, with what goes along with every change; blocks are built after the commit."""
    answer = handler(ctx, request)
    if own.is_unchecked:
        raise UncheckedError(_name_of(handler))
    if not isinstance(answer, Replace):
        forget_sent(ctx, request)
    if isinstance(answer, (Say, Ephemeral, Swap, Done)) and written(request.view, "type") != "":
        refresh_home(ctx.uow, request.user_id)  # it shows what a press there has changed
    own.commit()
    if isinstance(answer, Ephemeral):
        return Say(message(answer.words))
    if isinstance(answer, AfterCommit):
        return with_draft(ctx, request, answer.build())
    return with_draft(ctx, request, answer)


def _refusal(errors: Mapping[str, str], request: Request) -> Outcome:
    """Say what is wrong; a submitted form stays open for it, with everything that was typed.

    Args:
        errors: field → sentence; what belongs to no field of the form stands at its first one.
        request: what was refused.
    """
    fields = _fields_of(request)
    if not fields:
        words = [" ".join(map(escape, errors.values()))]
        if len(request.text) >= WORTH_KEEPING:
            typed = typed_again(request.text)
            words.append(say("errors.typed", command=request.command, typed=typed))
        return Say(message(Mrkdwn("\n".join(words))))
    placed: dict[str, str] = {}
    for field, sentence in errors.items():
        place = field if field in fields else fields[0]
        placed[place] = f"{placed[place]} {sentence}" if place in placed else sentence
    return Errors(placed)


def _fields_of(request: Request) -> list[str]:
    """Return the block ids of a submitted form's inputs; none for anything but a submission."""
    blocks = parts(request.view, "blocks") if request.receipt else []
    return [str(block.get("block_id")) for block in blocks if block.get("type") == "input"]


def ack_command(outcome: Outcome, ack: Ack) -> None:
    """Acknowledge a slash command; words that are its answer go along."""
    if isinstance(outcome, Say) and not native.has_twins(outcome.content):
        ack(response_type="ephemeral", **outcome.content)
    else:
        ack()


def answer_with_twin(
    ctx: HandlerContext,
    respond: Respond,
    client: WebClient,
    request: Request,
    content: Mapping[str, Any],
) -> None:
    """Answer a slash command, which was acknowledged before, with words that hold newer blocks."""
    try:
        is_told = respond_with_twin(ctx.runtime, request.team_id, respond, content)
    except TROUBLE as error:
        log.info("handler.way_refused", error=diagnose(error).error)
        is_told = False
    if not is_told:
        tell_actor(client, request, content)


def answer_action(
    outcome: Outcome, respond: Respond | None, client: WebClient, request: Request
) -> None:
    """Answer a press, which was acknowledged before."""
    if isinstance(outcome, (Open, Replace)):
        open_view(client, request, outcome.view, respond)
    elif isinstance(outcome, Redraw):
        redraw_view(client, request, outcome.view)
    elif isinstance(outcome, Swap):
        swap(outcome.content, respond, client, request)
    elif isinstance(outcome, Say):
        answer_person(outcome.content, respond, client, request)


def answer_view(outcome: Outcome, ack: Ack) -> None:
    """Answer a submitted modal."""
    if isinstance(outcome, Errors):
        ack(response_action="errors", errors=dict(outcome.errors))
    elif isinstance(outcome, Replace):
        ack(response_action="update", view=dict(outcome.view))
    elif isinstance(outcome, Open):
        ack(response_action="push", view=dict(outcome.view))
    elif isinstance(outcome, Say):
        ack(response_action="update", view=words_view(outcome.content))
    else:
        ack()


def answer_person(
    content: Mapping[str, Any], respond: Respond | None, client: WebClient, request: Request
) -> None:
    """Answer only the person who acted: beside the message, or else in a small modal."""
    if respond is not None and respond.response_url:
        tell_actor(client, request, content, respond)
    else:
        open_view(client, request, words_view(content), otherwise=content)


def swap(
    content: Mapping[str, Any] | None,
    respond: Respond | None,
    client: WebClient,
    request: Request,
) -> None:
    """Put something else in the place of a message that only one person sees, or remove it."""
    if respond is None or not respond.response_url:
        return
    if content is None:
        respond(delete_original=True)
    elif not responds(respond, content, replaces=True):
        tell_actor(client, request, content)


def words_view(content: Mapping[str, Any]) -> dict[str, Any]:
    """Return a modal that only says something."""
    shown = plainly(content).get("blocks") or [section(content["text"])]
    return modal(ViewId.WORDS, say_plain("common.title"), shown, submit=None)


def open_view(
    client: WebClient,
    request: Request,
    view: Mapping[str, Any],
    respond: Respond | None = None,
    otherwise: Mapping[str, Any] | None = None,
) -> None:
    """Open a modal, on top of the one that the press came from.

    Args:
        client: the workspace's client.
        request: what opens it.
        view: the modal.
        respond: sends to the response_url, where there is one.
        otherwise: what is told where Slack does not open it; that it did not, by default.
    """
    call: Callable[..., Any] = client.views_open
    if request.view.get("type") == "modal":
        call = client.views_push
    try:
        call(trigger_id=request.trigger_id, view=dict(view))
    except TROUBLE as error:
        _note_refusal("handler.view_refused", error, request, view)
        tell_actor(client, request, otherwise or message(say("errors.view_refused")), respond)


def redraw_view(client: WebClient, request: Request, view: Mapping[str, Any]) -> None:
    """Show a view in the place of the one that the choice came from.

    Without the view's hash: who chooses twice quickly sees the later choice's view, and Slack
    would refuse just that one.
    """
    try:
        client.views_update(view_id=written(request.view, "id"), view=dict(view))
    except TROUBLE as error:
        _note_refusal("handler.view_not_redrawn", error, request, view)
        if diagnose(error).error != VIEW_IS_GONE:
            tell_actor(client, request, message(say("errors.view_refused")))


def _note_refusal(event: str, error: Exception, request: Request, view: Mapping[str, Any]) -> None:
    response = error.response if isinstance(error, SlackApiError) else {}
    log.warning(
        event,
        error=diagnose(error).error,
        detail=response.get("response_metadata"),
        view=view.get("callback_id"),
        team=request.team_id,
    )


def tell_actor(
    client: WebClient,
    request: Request,
    content: Mapping[str, Any],
    respond: Respond | None = None,
) -> None:
    """Tell whoever acted something, by the first way that Slack takes."""
    tell(client, request.user_id, content, channel_id=request.channel_id, respond=respond)
