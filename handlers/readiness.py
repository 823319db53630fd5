"""Whether the bot is fit to work, each check with what is wrong and what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Final

import yaml
from pydantic import SecretStr
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.db.error_messages import sentence_of
from bot.db.models import TIMER_WAITS, Timer
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.outbox.queue import outbox_lag
from bot.settings import Settings
from bot.unit_of_work import Runtime

LATE: Final = timedelta(minutes=2)
STUCK: Final = timedelta(minutes=5)


Look = Callable[[Runtime], str | None]


def unless_away(look: Look) -> Look:
    """Let a look into the rows say that the database is away, instead of failing."""

    @wraps(look)
    def looked(runtime: Runtime) -> str | None:
        try:
            return look(runtime)
        except (SQLAlchemyError, sqlite3.Error) as error:
            return sentence_of(error) or say_plain(
                "server.database_answer", cause=type(error).__name__
            )

    return looked


@unless_away
def database(runtime: Runtime) -> str | None:
    """Say what is wrong with the database, or None."""
    with runtime.reading_sessions() as session:
        session.execute(text("SELECT 1"))
    return None


@unless_away
def timers(runtime: Runtime) -> str | None:
    """Say whether timers are late, or None."""
    with runtime.reading_sessions() as session:
        oldest = session.scalar(select(func.min(Timer.due_at)).where(TIMER_WAITS))
    now = runtime.clock.now()
    if oldest is not None and oldest < now - LATE:
        return say_plain("server.timer_due", now=int((now - oldest).total_seconds()))
    return None


@unless_away
def outbox(runtime: Runtime) -> str | None:
    """Say whether messages are stuck, or None."""
    with runtime.reading_sessions() as session:
        lag = outbox_lag(session, runtime.clock.now())
    if lag > STUCK.total_seconds():
        return say_plain("server.message_overdue", lag=int(lag))
    return None


def bot_scopes(manifest: Path) -> list[str]:
    """Return the scopes that the manifest asks for."""
    scopes = yaml.safe_load(manifest.read_text("utf-8"))["oauth_config"]["scopes"]["bot"]
    return [str(scope) for scope in scopes]


def require_tokens(settings: Settings) -> None:
    """Refuse to start without what the connection needs.

    Raises:
        InputError: names the setting that is missing and where it comes from.
    """
    for key, where in missing_settings(settings).items():
        raise InputError(say_plain("server.setting_missing", name=key, where=where), field=key)


def require_shared_database(settings: Settings) -> None:
    """Refuse to run half a bot on SQLite, whose file only one bot can have open.

    Raises:
        InputError: the database is SQLite.
    """
    if settings.database.url.get_secret_value().startswith("sqlite"):
        raise InputError(say_plain("server.only_needs_postgresql"), field="database.url")


OF_ONE_WORKSPACE: Final = {
    "socket": ("slack.bot_token", "slack.app_token"),
    "http": ("slack.bot_token", "slack.signing_secret"),
}
OF_SEVERAL: Final = (
    "slack.signing_secret",
    "slack.client_secret",
    "server.public_url",
    "database.encryption_keys",
)


OF_SIGNING_IN: Final = ("server.public_url", "oidc.client_secret")


def missing_settings(settings: Settings) -> dict[str, str]:
    """Return the settings that the connection needs and that are empty, and where they come from.

    Raises:
        InputError: several workspaces are wanted in Socket Mode, which serves one.
    """
    slack = settings.slack
    if slack.client_id and slack.mode != "http":
        raise InputError(
            say_plain("server.client_id_needs_http"),
            field="slack.client_id",
        )
    needed = OF_SEVERAL if slack.client_id else OF_ONE_WORKSPACE[slack.mode]
    if settings.oidc.client_id:
        needed = tuple(dict.fromkeys([*needed, *OF_SIGNING_IN]))
    return {key: _where(key) for key in needed if not _is_set(settings, key)}


def _where(key: str) -> str:
    """Return where a setting comes from."""
    return say_plain(f"server.where_{key.replace('.', '_')}")


def _is_set(settings: Settings, key: str) -> bool:
    section, _, name = key.partition(".")
    value = getattr(getattr(settings, section), name)
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
