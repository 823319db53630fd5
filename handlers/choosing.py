"""The buttons that say which of several sprints a command was about."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.slack.action_ids import Act
from handlers import approvals, blockers, probe_runs, sprints
from handlers.context import Handler, HandlerContext
from handlers.request import Answer, Request

AGAIN: Final = sprints.COMMANDS | blockers.COMMANDS | approvals.COMMANDS | probe_runs.COMMANDS


def on_choice(ctx: HandlerContext, request: Request) -> Answer:
    """Run a command again for the sprint that was chosen."""
    _, _, typed = request.value.partition(":")
    command, _, text = typed.partition(" ")
    handler = AGAIN.get(command)
    if handler is None:
        raise InputError(say_plain("errors.old_form"))
    again = replace(
        request, sprint_id=request.number(), command=command, text=text.strip(), value=""
    )
    return handler(ctx, again)


ACTIONS: Final[dict[str, Handler]] = {Act.SPRINT_CHOOSE: on_choice}
