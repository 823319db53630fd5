"""Bolt's app: every command, button, modal, shortcut and event, registered from the tables."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext, BoltResponse, Respond
from slack_sdk import WebClient

from bot.usecases.home import publish_home
from handlers import approvals, blockers, hours, planning, probing, sprint
from handlers.desk import Desk, Handler
from handlers.dispatch import answer_action, answer_command, answer_view, run
from handlers.payload import UnreadableError, first, ident
from handlers.replays import CONTEXT_KEY, Replays
from handlers.request import Request, from_action, from_command, from_shortcut, from_view

log = structlog.get_logger()

LISTENERS: Final = 24
"""Threads for listeners; with Bolt's five, five slow ones made a fast command miss its ack."""
ROOMS: Final = (sprint, planning, hours, blockers, approvals, probing)


def _table(name: str) -> dict[str, Handler]:
    rooms = (getattr(room, name, {}) for room in ROOMS)
    return {str(key): handler for key, handler in chain.from_iterable(r.items() for r in rooms)}


COMMANDS: Final = _table("COMMANDS")
ACTIONS: Final = _table("ACTIONS")
VIEWS: Final = _table("VIEWS")
SHORTCUTS: Final = _table("SHORTCUTS")


GONE_EVENTS: Final = ("app_uninstalled", "tokens_revoked")
GoneListener = Callable[[dict[str, Any], dict[str, Any]], None]


def build_app(desk: Desk, on_gone: GoneListener | None = None, **bolt: Any) -> App:
    """Build Bolt's app with every listener.

    Args:
        desk: what handlers share.
        on_gone: told, with an event and its body, of a workspace that removed the bot.
        bolt: what `slack_bolt.App` takes: a token or an authorize function, a client, a secret.
    """
    app = App(
        listener_executor=ThreadPoolExecutor(LISTENERS, thread_name_prefix="listener"),
        raise_error_for_unhandled_request=False,
        **bolt,
    )
    app.middleware(Replays())
    _register(app.command, COMMANDS, desk, _command_listener, exact=True)
    _register(app.action, ACTIONS, desk, _action_listener)
    _register(app.view, VIEWS, desk, _view_listener, exact=True)
    _register(app.shortcut, SHORTCUTS, desk, _shortcut_listener, exact=True)
    app.event("app_home_opened")(_home_listener(desk))
    if on_gone is not None:
        for event in GONE_EVENTS:
            app.event(event)(_gone_listener(on_gone))
    app.action(re.compile(".*"))(_forgotten_action)
    app.error(_report_error)
    return app


def _register(
    register: Callable[[Any], Callable[[Any], Any]],
    table: Mapping[str, Handler],
    desk: Desk,
    listener: Callable[[Desk, Handler], Callable[..., None]],
    *,
    exact: bool = False,
) -> None:
    for name, handler in table.items():
        pattern = name if exact else re.compile(rf"^{re.escape(name)}(:.*)?$")
        register(pattern)(listener(desk, handler))


def _read(
    reader: Callable[[dict[str, Any]], Request], body: dict[str, Any], context: BoltContext
) -> Request:
    return replace(reader(body), signed=context.get(CONTEXT_KEY))


def _command_listener(desk: Desk, handler: Handler) -> Callable[..., None]:
    def listen(ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient) -> None:
        request = _read(from_command, body, context)
        answer_command(run(desk, handler, request), ack, client, request)

    return listen


def _action_listener(desk: Desk, handler: Handler) -> Callable[..., None]:
    def listen(
        ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient, respond: Respond
    ) -> None:
        request = _read(from_action, body, context)
        outcome = run(desk, handler, request)
        ack()
        answer_action(outcome, respond, client, request)

    return listen


def _view_listener(desk: Desk, handler: Handler) -> Callable[..., None]:
    def listen(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
        answer_view(run(desk, handler, _read(from_view, body, context)), ack)

    return listen


def _shortcut_listener(desk: Desk, handler: Handler) -> Callable[..., None]:
    def listen(
        ack: Ack, body: dict[str, Any], context: BoltContext, client: WebClient, respond: Respond
    ) -> None:
        ack()
        request = _read(from_shortcut, body, context)
        answer_action(run(desk, handler, request), respond, client, request)

    return listen


def _home_listener(desk: Desk) -> Callable[..., None]:
    def listen(event: dict[str, Any], body: dict[str, Any]) -> None:
        team_id, user_id = ident(body, "team_id"), ident(event, "user")
        if event.get("tab", "home") != "home" or team_id is None or user_id is None:
            return
        with desk.house.unit(team_id) as unit:
            unit.meet(user_id)
            publish_home(unit, user_id)

    return listen


def _gone_listener(on_gone: GoneListener) -> Callable[..., None]:
    def listen(event: dict[str, Any], body: dict[str, Any]) -> None:
        on_gone(event, body)

    return listen


def _forgotten_action(ack: Ack, body: dict[str, Any]) -> None:
    """Acknowledge what has no effect of its own: links, and menus that are read at the submit."""
    ack()
    log.debug("handler.no_effect", action=first(body, "actions").get("action_id"))


def _report_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Answer what no handler got to see; a broken delivery is refused without a trace."""
    if isinstance(error, UnreadableError):
        log.warning("handler.unreadable", type=str(body.get("type"))[:40])
        return BoltResponse(status=400, body="not readable\n")
    error_id = secrets.token_hex(4)
    log.error("handler.unhandled", error_id=error_id, exc_info=error, type=body.get("type"))
    return BoltResponse(status=500, body=f"error {error_id}\n")
