"""The configured database as operators' commands open it, beside a running bot or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hour48.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.settings import Settings
    from bot.unit_of_work import Runtime


def runtime_on(engine: Engine, settings: Settings) -> Runtime:
    """Return where use cases happen, on an open database."""
    from bot.clock import SystemClock
    from bot.playbook.loader import load_playbook
    from bot.unit_of_work import Runtime

    return Runtime(
        engine, SystemClock(), load_playbook(settings.playbook), language_of=settings.language.of
    )


@contextmanager
def opened_runtime(config: Path | None) -> Iterator[Runtime]:
    """Open the configured database; a running bot sees what is committed within a second."""
    from bot.db.engine import migrate
    from bot.db.existing import open_stored
    from bot.settings import load

    settings = load(config)
    engine = open_stored(settings.database.url.get_secret_value())
    try:
        migrate(engine)
        yield runtime_on(engine, settings)
    finally:
        engine.dispose()


@contextmanager
def reading_runtime(config: Path | None) -> Iterator[Runtime]:
    """Open the configured database for a question; one that is not there is not created."""
    from bot.db.existing import reading_stored
    from bot.settings import load

    settings = load(config)
    with reading_stored(settings.database.url.get_secret_value()) as engine:
        yield runtime_on(engine, settings)


def only_team(
    runtime: Runtime, settings: Settings | None = None, *, is_empty_fine: bool = False
) -> str:
    """Return the workspace that keeps its sprints here; an empty text for none, where that is fine.

    Args:
        runtime: where the rows are.
        settings: with these, a workspace without a sprint yet is found as well: one that installed
            the bot, or the one that the configured token is for.
        is_empty_fine: none is no error.

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
    if not teams and not is_empty_fine:
        raise InputError(say_plain("models.no_team"))
    if len(teams) > 1:
        raise InputError(say_plain("models.team", teams=", ".join(teams)), field="team")
    return teams[0] if teams else ""


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


def team_of(runtime: Runtime, deployment: int) -> str:
    """Return the workspace of a deployment.

    Raises:
        InputError: there is none of that number.
    """
    from sqlalchemy import select

    from bot.db.deployment_models import Deployment
    from bot.db.models import Sprint
    from bot.domain.errors import InputError

    wanted = select(Sprint.team_id).join(Deployment, Deployment.sprint_id == Sprint.id)
    with runtime.reading_sessions() as session:
        found = session.scalar(wanted.where(Deployment.id == deployment))
    if found is None:
        raise InputError(say("deployment", deployment=deployment), field="deployment")
    return found
