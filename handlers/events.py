"""Slack's events: Home and the messages tab, mentions, messages, reactions.

Events are acknowledged after they were acted on, so that one that a dying bot took is delivered
again; what only one person is shown goes out afterwards, at most once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Any, Final

import structlog
from slack_bolt import App, BoltContext
from slack_sdk import WebClient

from bot.ask.wording import is_question
from bot.debrief.questions import Asked, answer_in_thread
from bot.home.service import publish_home
from bot.home.welcome import welcome_first
from bot.listening.suggestions import suggested_prompts
from handlers.context import HandlerContext
from handlers.dispatch import opened
from handlers.listening import (
    SPOKEN,
    Spoken,
    Whisper,
    answer_prompt_in_thread,
    on_message,
    on_reaction,
)
from handlers.payload import ident, part, parts, stamp, workspace_of, written
from handlers.people_lookup import introduce
from handlers.request import Request
from handlers.telling import TROUBLE, tell
from handlers.typed_text import typed_text

log = structlog.get_logger()

CHANNEL_ENTITY: Final = "slack#/types/channel_id"
"""How the agent surface calls a channel that somebody has before them."""
Json = dict[str, Any]
Listener = Callable[..., None]


def register_events(app: App, ctx: HandlerContext, answers: Executor) -> None:
    """Register for everything that the manifest subscribes to.

    Args:
        app: Bolt's app.
        ctx: what handlers share.
        answers: runs what is said after an acknowledgement.
    """
    app.event("app_home_opened")(_home_listener(ctx, answers))
    app.event("app_context_changed")(_context_listener(ctx, answers))
    app.event("app_mention")(_mention_listener(ctx))
    app.event("message")(_message_listener(ctx, answers))
    for name in ("reaction_added", "reaction_removed"):
        app.event(name)(_reaction_listener(ctx, answers))


def _home_listener(ctx: HandlerContext, answers: Executor) -> Listener:
    def listen(event: Json, body: Json, client: WebClient) -> None:
        team_id, user_id = workspace_of(body), ident(event, "user")
        if team_id is None or user_id is None:
            return
        if event.get("tab", "home") == "messages":
            suggest = _suggesting(ctx, client, team_id, user_id, event)
            answers.submit(copy_context().run, suggest)
            return
        if event.get("tab", "home") != "home":
            return
        with opened(ctx, Request(team_id, user_id)) as mine:
            publish_home(mine.uow, user_id)
            welcome_first(mine.uow, user_id)

    return listen


def _context_listener(ctx: HandlerContext, answers: Executor) -> Listener:
    """Suggest what fits the channel that somebody has before them now."""

    def listen(event: Json, body: Json, client: WebClient) -> None:
        team_id, user_id = workspace_of(body), ident(event, "user")
        if team_id is not None and user_id is not None and ident(event, "channel"):
            suggest = _suggesting(ctx, client, team_id, user_id, event)
            answers.submit(copy_context().run, suggest)

    return listen


def _suggesting(
    ctx: HandlerContext, client: WebClient, team_id: str, user_id: str, event: Mapping[str, Any]
) -> Callable[[], None]:
    channel_id, viewed = ident(event, "channel"), viewed_channel(event)

    def suggest() -> None:
        introduce(ctx, team_id, user_id)
        with opened(ctx, Request(team_id, user_id)) as mine:
            title, prompts = suggested_prompts(mine.reading, user_id, viewed)
        try:
            client.assistant_threads_setSuggestedPrompts(
                channel_id=str(channel_id), title=title, prompts=prompts
            )
        except TROUBLE as error:
            # A workspace without the agent surface has nowhere to show them.
            log.info("agent.no_prompts", team=team_id, error=repr(error)[:200])

    return suggest


def viewed_channel(event: Mapping[str, Any]) -> str | None:
    """Return the channel that somebody has before them, where the agent surface says so."""
    for name in ("app_context", "context"):
        for entity in parts(part(event, name), "entities"):
            if entity.get("type") == CHANNEL_ENTITY:
                return ident(entity, "value")
    return None


def _asked(event: Json, context: BoltContext, *, direct: bool) -> Asked | None:
    """Return the question in an event; None for bots, edits and what Slack itself says."""
    user_id, channel_id, ts = ident(event, "user"), ident(event, "channel"), stamp(event, "ts")
    if user_id is None or channel_id is None or ts is None or user_id == context.bot_user_id:
        return None
    if event.get("bot_id") or written(event, "subtype") not in SPOKEN:
        return None
    return Asked(
        channel_id,
        ts,
        stamp(event, "thread_ts"),
        user_id,
        written(event, "text"),
        direct=direct,
        bot_user_id=context.bot_user_id,
        viewed=viewed_channel(event),
    )


def _answer(ctx: HandlerContext, team_id: str, asked: Asked) -> None:
    if ctx.rate.wait(team_id, asked.user_id):
        return
    request = Request(team_id, asked.user_id, channel_id=asked.channel_id)
    with opened(ctx, request) as mine:
        answer_in_thread(mine.uow, asked)
    if ctx.model is not None:
        ctx.model.improve(ctx.runtime, team_id, asked)


def _mention_listener(ctx: HandlerContext) -> Listener:
    """Answer a mention; in a prompt's thread, words that ask nothing answer the prompt."""

    def listen(event: Json, body: Json, context: BoltContext) -> None:
        team_id, asked = workspace_of(body), _asked(event, context, direct=False)
        if team_id is None or asked is None or asked.channel_id.startswith("D"):
            return
        if not is_question(typed_text(asked.without_bot())):
            spoken = Spoken(
                asked.user_id,
                asked.channel_id,
                asked.ts,
                asked.thread_ts,
                asked.without_bot(),
                is_edit=False,
            )
            if answer_prompt_in_thread(ctx, team_id, spoken):
                return
        _answer(ctx, team_id, asked)

    return listen


def _message_listener(ctx: HandlerContext, answers: Executor) -> Listener:
    def listen(event: Json, body: Json, context: BoltContext, client: WebClient) -> None:
        team_id = workspace_of(body)
        if team_id is None:
            return
        if written(event, "channel_type") == "im" or written(event, "channel").startswith("D"):
            asked = _asked(event, context, direct=True)
            if asked is not None:
                _answer(ctx, team_id, asked)
            return
        whisper = on_message(ctx, team_id, event, context.bot_user_id)
        if whisper is not None:
            answers.submit(copy_context().run, _whisper, client, whisper)

    return listen


def _reaction_listener(ctx: HandlerContext, answers: Executor) -> Listener:
    def listen(event: Json, body: Json, context: BoltContext, client: WebClient) -> None:
        team_id = workspace_of(body)
        if team_id is None:
            return
        whisper = on_reaction(ctx, team_id, event, context.bot_user_id)
        if whisper is not None:
            answers.submit(copy_context().run, _whisper, client, whisper)

    return listen


def _whisper(client: WebClient, whisper: Whisper) -> None:
    """Show something to one person; it carries no state, so a lost one is not sent again."""
    tell(client, whisper.user_id, whisper.content, channel_id=whisper.channel_id)
