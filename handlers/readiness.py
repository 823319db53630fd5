"""Whether the bot is fit to work, each check with what is wrong and what to do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.sprint.errors import InputError
from bot.store.models import OutboxItem, Timer
from bot.usecases.house import House

LATE: Final = timedelta(minutes=2)
STUCK: Final = timedelta(minutes=5)


def database(house: House) -> str | None:
    """Say what is wrong with the database, or None."""
    try:
        with house.reading_sessions() as session:
            session.execute(text("SELECT 1"))
    except SQLAlchemyError as error:
        return f"the database does not answer: {type(error).__name__}"
    return None


def timers(house: House) -> str | None:
    """Say whether timers are late, or None."""
    with house.reading_sessions() as session:
        oldest = session.scalar(select(func.min(Timer.due_at)).where(Timer.state == "waiting"))
    now = house.clock.now()
    if oldest is not None and oldest < now - LATE:
        return f"a timer has been due for {int((now - oldest).total_seconds())} s"
    return None


def outbox(house: House) -> str | None:
    """Say whether messages are stuck, or None."""
    with house.reading_sessions() as session:
        oldest = session.scalar(
            select(func.min(OutboxItem.first_tried_at)).where(OutboxItem.state == "waiting")
        )
    if oldest is not None and oldest < datetime.now(UTC) - STUCK:
        return "a message has been waiting for minutes; the log says why Slack refuses it"
    return None


def require_tokens(settings: Settings) -> None:
    """Refuse to start without what the connection needs.

    Raises:
        InputError: names the setting that is missing and where it comes from.
    """
    slack = settings.slack
    needed = {
        "slack.bot_token": (slack.bot_token, "HOUR48_SLACK__BOT_TOKEN, on “Install App”, xoxb-…"),
    }
    if slack.mode == "socket":
        words = "HOUR48_SLACK__APP_TOKEN, on “Basic Information”, xapp-…"
        needed["slack.app_token"] = (slack.app_token, words)
    else:
        words = "HOUR48_SLACK__SIGNING_SECRET, on “Basic Information”"
        needed["slack.signing_secret"] = (slack.signing_secret, words)
    for key, (value, where) in needed.items():
        if not value or not value.get_secret_value():
            message = f"{key} is missing. Set {where}; README says how in five minutes."
            raise InputError(message, field=key)
