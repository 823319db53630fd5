"""Bolt's app: every command, button, modal, shortcut and event, registered from the tables.

A listener runs in the thread that took its delivery, so that its acknowledgement goes out at once;
what is said after it goes out from a thread of its own.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, replace
from typing import Any, Final

import structlog
from slack_bolt import Ack, App, BoltContext, BoltResponse, Respond
from slack_sdk import WebClient

from bot.slack import native
from bot.texts import use_language
from handlers import (
    approvals,
    batches,
    blockers,
    choosing,
    deployments,
    drafts,
    evidence,
    fixes,
    hourly,
    listening,
    notices,
    planning,
    probe_runs,
    sprints,
)
from handlers.context import Handler, HandlerContext
from handlers.dispatch import (
    ack_command,
    answer_action,
    answer_view,
    answer_with_twin,
    open_view,
    run,
)
from handlers.events import register_events
from handlers.payload import UnreadableError, first, part, written
from handlers.people_lookup import language_of
from handlers.replay_guard import CONTEXT_KEY, Replays
from handlers.request import (
    Open,
    Request,
    Say,
    from_action,
    from_closed,
    from_command,
    from_shortcut,
    from_view,
)

log = structlog.get_logger()

MODULES: Final = (
    sprints,
    planning,
    hourly,
    fixes,
    blockers,
    approvals,
    probe_runs,
    batches,
    deployments,
    notices,
    drafts,
    evidence,
    choosing,
    listening,
)


def all_handlers(name: str) -> dict[str, Handler]:
    """Return what answers, from the tables of all features.

    Args:
        name: of the table: `COMMANDS`, `ACTIONS`, `VIEWS` or `SHORTCUTS`.
    """
    tables = (getattr(module, name, {}) for module in MODULES)
    return {str(key): handler for each in tables for key, handler in each.items()}


EVERY: Final = re.compile("")
"""Bolt asks its listeners one by one; the tables find the handler at once."""
INSTALLATION_EVENTS: Final = (
    "app_uninstalled",
    "tokens_revoked",
    "team_access_granted",
    "team_access_revoked",
)
InstallationListener = Callable[[dict[str, Any], dict[str, Any]], None]


def build_app(
    ctx: HandlerContext,
    answers: Executor,
    on_installation: InstallationListener | None = None,
    middleware: Sequence[Callable[..., BoltResponse]] = (),
    **bolt: Any,
) -> App:
    """Build Bolt's app with every listener.

    Args:
        ctx: what handlers share.
        answers: runs what is said after an acknowledgement.
        on_installation: told, with an event and its body, of a workspace that removed the bot, or
            that an organisation added.
        middleware: what looks at a delivery before any listener.
        bolt: what `slack_bolt.App` takes: a token or an authorize function, a client, a secret.
    """
    app = App(
        # Bolt's own way hands a listener to another thread and looks every 10 ms for its ack.
        process_before_response=True,
        raise_error_for_unhandled_request=False,
        name="hour48",
        **bolt,
    )
    for each in (Replays(), *middleware):
        app.middleware(each)
    listens = _Listening(ctx, answers)
    for name, handler in all_handlers("COMMANDS").items():
        app.command(name)(listens.to_command(handler))
    app.action(EVERY)(listens.to_press(all_handlers("ACTIONS"), _action, from_action))
    app.shortcut(EVERY)(listens.to_press(all_handlers("SHORTCUTS"), _shortcut, from_shortcut))
    app.view(EVERY)(listens.to_view(all_handlers("VIEWS")))
    app.view_closed(EVERY)(listens.to_closed())
    register_events(app, ctx, answers)
    if on_installation is not None:
        for event in INSTALLATION_EVENTS:
            app.event(event)(_installation_listener(on_installation))
    app.error(_report_error)
    return app


def _action(body: Mapping[str, Any]) -> str:
    """Return the name of what was pressed; what follows its colon tells buttons of a card apart."""
    return written(first(body, "actions"), "action_id").partition(":")[0]


def _shortcut(body: Mapping[str, Any]) -> str:
    return written(body, "callback_id")


def _view(body: Mapping[str, Any]) -> str:
    return written(part(body, "view"), "callback_id")


def _read(
    reader: Callable[[Mapping[str, Any]], Request], body: dict[str, Any], context: BoltContext
) -> Request:
    return replace(reader(body), signed=context.get(CONTEXT_KEY))


@dataclass(frozen=True, slots=True)
class _Listening:
    """Makes Bolt's listeners out of handlers."""

    ctx: HandlerContext
    answers: Executor

    def _answer(self, answer: Callable[..., None], *about: Any) -> None:
        """Say something after the acknowledgement, which does not wait for it."""
        self.answers.submit(copy_context().run, answer, *about)

    def _spoken(self, request: Request) -> AbstractContextManager[None]:
        """Answer in the language of the person who acts."""
        return use_language(language_of(self.ctx, request.team_id, request.user_id))

    def to_command(self, handler: Handler) -> Callable[..., None]:
        def listen(
            ack: Ack,
            body: dict[str, Any],
            context: BoltContext,
            client: WebClient,
            respond: Respond,
        ) -> None:
            request = _read(from_command, body, context)
            with self._spoken(request):
                outcome = run(self.ctx, handler, request)
                ack_command(outcome, ack)
                if isinstance(outcome, Say) and native.has_twins(outcome.content):
                    said = (self.ctx, respond, client, request, outcome.content)
                    self._answer(answer_with_twin, *said)
                if isinstance(outcome, Open):
                    self._answer(open_view, client, request, outcome.view, respond)

        return listen

    def to_press(
        self,
        table: Mapping[str, Handler],
        name_of: Callable[[Mapping[str, Any]], str],
        reader: Callable[[Mapping[str, Any]], Request],
    ) -> Callable[..., None]:
        def listen(
            ack: Ack,
            body: dict[str, Any],
            context: BoltContext,
            client: WebClient,
            respond: Respond,
        ) -> None:
            if handler := _sought(table, name_of(body), ack):
                request = _read(reader, body, context)
                with self._spoken(request):
                    outcome = run(self.ctx, handler, request)
                    ack()
                    self._answer(answer_action, outcome, respond, client, request)

        return listen

    def to_view(self, table: Mapping[str, Handler]) -> Callable[..., None]:
        def listen(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
            if handler := _sought(table, _view(body), ack):
                request = _read(from_view, body, context)
                with self._spoken(request):
                    answer_view(run(self.ctx, handler, request), ack)

        return listen

    def to_closed(self) -> Callable[..., None]:
        def listen(ack: Ack, body: dict[str, Any], context: BoltContext) -> None:
            run(self.ctx, drafts.on_closed, _read(from_closed, body, context))
            ack()

        return listen


def _sought(table: Mapping[str, Handler], name: str, ack: Ack) -> Handler | None:
    """Return the handler of a name.

    What has none is acknowledged: links, and menus that are read at the submit.
    """
    handler = table.get(name)
    if handler is None:
        ack()
        log.debug("handler.no_effect", name=name)
    return handler


def _installation_listener(listener: InstallationListener) -> Callable[..., None]:
    def listen(event: dict[str, Any], body: dict[str, Any]) -> None:
        listener(event, body)

    return listen


def _report_error(error: Exception, body: dict[str, Any]) -> BoltResponse:
    """Answer what no handler got to see; a broken delivery is refused without a trace."""
    if isinstance(error, UnreadableError):
        log.warning("handler.unreadable", type=str(body.get("type"))[:40])
        return BoltResponse(status=400, body="not readable\n")
    error_id = secrets.token_hex(4)
    log.error("handler.unhandled", error_id=error_id, exc_info=error, type=body.get("type"))
    return BoltResponse(status=500, body=f"error {error_id}\n")
