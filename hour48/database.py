"""The configured database as operators' commands open it, beside a running bot or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hour48.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.settings import Settings
    from bot.unit_of_work import Runtime


def runtime_on(engine: Engine, settings: Settings) -> Runtime:
    """Return where use cases happen, on an open database; speak its channels' usual language."""
    from bot.clock import SystemClock
    from bot.playbook.loader import load_playbook
    from bot.texts import speak
    from bot.unit_of_work import Runtime

    speak(settings.language.default)
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


def chosen_team(
    runtime: Runtime,
    wanted: str | None,
    settings: Settings | None = None,
    *,
    is_empty_fine: bool = False,
) -> str:
    """Return the workspace that a command is about, as `bot.home.workspaces` does.

    The command speaks its language from then on.

    Args:
        runtime: where the rows are.
        wanted: the workspace that was named, if one was.
        settings: with these, the workspace of the configured token is found as well.
        is_empty_fine: none is no error.

    Raises:
        InputError: there is none of that name, there is none at all, or there are several.
    """
    from bot.home import workspaces
    from bot.texts import speak

    of_token = partial(_of_token, settings) if settings else tuple
    team = workspaces.chosen_team(runtime, wanted, of_token=of_token, is_empty_fine=is_empty_fine)
    speak(runtime.language_of(team))
    return team


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
