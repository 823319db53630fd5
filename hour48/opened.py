"""The configured database as operators' commands open it, beside a running bot or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from bot.unit_of_work import Runtime


@contextmanager
def opened_runtime(config: Path | None) -> Iterator[Runtime]:
    """Open the configured database; a running bot sees what is committed within a second."""
    from bot.clock import SystemClock
    from bot.db.engine import migrate
    from bot.db.stored import open_stored
    from bot.playbook.loader import load_playbook
    from bot.settings import load
    from bot.unit_of_work import Runtime

    settings = load(config)
    engine = open_stored(settings.database.url.get_secret_value())
    try:
        migrate(engine)
        yield Runtime(engine, SystemClock(), load_playbook(settings.playbook))
    finally:
        engine.dispose()


def only_team(runtime: Runtime, settings: Settings | None = None) -> str:
    """Return the workspace that keeps its sprints here.

    Args:
        runtime: where the rows are.
        settings: with these, a workspace without a sprint yet is found as well: one that installed
            the bot, or the one that the configured token is for.

    Raises:
        InputError: there is none, or there are several and the command has to name one.
    """
    from sqlalchemy import select

    from bot.db.models import Installation, Sprint
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    with runtime.reading_sessions() as session:
        teams = session.scalars(select(Sprint.team_id).distinct().limit(5)).all()
        if not teams and settings is not None:
            came = select(Installation.team_id).where(Installation.uninstalled_at.is_(None))
            teams = session.scalars(came.limit(5)).all() or _of_token(settings)
    if not teams:
        raise InputError(say_plain("models.no_team"))
    if len(teams) > 1:
        raise InputError(say_plain("models.team", teams=", ".join(teams)), field="team")
    return teams[0]


def _of_token(settings: Settings) -> list[str]:
    """Ask Slack which workspace the configured token is for; empty where it can't be asked."""
    from slack_sdk.errors import SlackApiError

    from bot.outbox.sender import quiet_client
    from bot.slack.api_errors import TRANSPORT_ERRORS

    token = settings.slack.bot_token
    if token is None:
        return []
    client = quiet_client(token.get_secret_value(), settings.slack.api_url)
    try:
        return [str(client.auth_test()["team_id"])]
    except (SlackApiError, *TRANSPORT_ERRORS):
        return []
