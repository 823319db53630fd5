"""The configured database as operators' commands open it, beside a running bot or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.texts import speak, use_language
from hour48.texts import say

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from bot.settings import Settings
    from bot.unit_of_work import Runtime, UnitOfWork

MOST_NAMED: Final = 10
"""Workspaces that an error names."""


def runtime_on(engine: Engine, settings: Settings) -> Runtime:
    """Return where use cases happen, on an open database; speak its channels' usual language."""
    from bot.clock import SystemClock
    from bot.playbook.loader import load_playbook
    from bot.unit_of_work import Runtime

    speak(settings.language.default)
    return Runtime(
        engine, SystemClock(), load_playbook(settings.playbook), language_of=settings.language.of
    )


@contextmanager
def opened_runtime(config: Path | None) -> Iterator[Runtime]:
    """Open the configured database; a running bot sees what is committed within a second."""
    from bot.settings import load

    with _writing(load(config)) as runtime:
        yield runtime


@contextmanager
def _writing(settings: Settings) -> Iterator[Runtime]:
    from bot.db.engine import migrate
    from bot.db.existing import open_stored

    engine = open_stored(settings.database.url.get_secret_value())
    try:
        migrate(engine)
        yield runtime_on(engine, settings)
    finally:
        engine.dispose()


@contextmanager
def reading_runtime(config: Path | None) -> Iterator[Runtime]:
    """Open the configured database for a question; one that is not there is not created."""
    from bot.settings import load

    with _reading(load(config)) as runtime:
        yield runtime


@contextmanager
def _reading(settings: Settings) -> Iterator[Runtime]:
    from bot.db.existing import reading_stored

    with reading_stored(settings.database.url.get_secret_value()) as engine:
        yield runtime_on(engine, settings)


@contextmanager
def reading_workspace(settings: Settings, team: str | None = None) -> Iterator[UnitOfWork]:
    """Open a workspace for a question; what is said inside is said in its language."""
    with (
        use_language(None),
        _reading(settings) as runtime,
        runtime.reading(chosen_team(runtime, team, is_empty_fine=True)) as uow,
    ):
        yield uow


@contextmanager
def writing_workspace(settings: Settings, team: str | None = None) -> Iterator[tuple[Runtime, str]]:
    """Open a workspace to write in it, beside a running bot if there is one; see the other.

    Raises:
        InputError: there is no database, or several workspaces keep their sprints there and none
            is named.
    """
    with use_language(None), _writing(settings) as runtime:
        yield runtime, chosen_team(runtime, team, is_empty_fine=True)


def chosen_team(
    runtime: Runtime,
    wanted: str | None,
    settings: Settings | None = None,
    *,
    is_empty_fine: bool = False,
) -> str:
    """Return the workspace that a command is about; an empty text for none, where that is fine.

    The command speaks its language from then on.

    Args:
        runtime: where the rows are.
        wanted: the workspace that was named, if one was.
        settings: with these, the workspace of the configured token is found as well.
        is_empty_fine: none is no error.

    Raises:
        InputError: there is none of that name, there is none at all, or there are several and the
            command has to name one.
    """
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    known = _known_teams(runtime)
    if wanted and known and wanted not in known:
        named = ", ".join(known[:MOST_NAMED])
        raise InputError(say_plain("stored.team_unknown", wanted=wanted, named=named))
    teams = [wanted] if wanted else known or (_of_token(settings) if settings else [])
    if not teams and not is_empty_fine:
        raise InputError(say_plain("stored.no_team"))
    if len(teams) > 1:
        named = ", ".join(teams[:MOST_NAMED])
        raise InputError(say_plain("stored.team_ambiguous", named=named), field="team")
    team = teams[0] if teams else ""
    speak(runtime.language_of(team))
    return team


def _known_teams(runtime: Runtime) -> list[str]:
    """Return the workspaces that keep a sprint here, else those that installed the bot."""
    from sqlalchemy import select

    from bot.db.models import Installation, Sprint

    installed = select(Installation.team_id).where(Installation.uninstalled_at.is_(None))
    with runtime.reading_sessions() as session:
        with_sprints = session.scalars(select(Sprint.team_id).distinct()).all()
        return sorted(with_sprints) or sorted(session.scalars(installed))


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
