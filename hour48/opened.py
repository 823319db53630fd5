"""The configured database as operators' commands open it, beside a running bot or without one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        yield Runtime(
            engine,
            SystemClock(),
            load_playbook(settings.playbook),
            language_of=settings.language.of,
        )
    finally:
        engine.dispose()


def only_team(runtime: Runtime) -> str:
    """Return the workspace that keeps its sprints here.

    Raises:
        InputError: there is none, or there are several and the command has to name one.
    """
    from sqlalchemy import select

    from bot.db.models import Sprint
    from bot.domain.errors import InputError
    from bot.messages.catalog import say_plain

    with runtime.reading_sessions() as session:
        teams = session.scalars(select(Sprint.team_id).distinct().limit(5)).all()
    if not teams:
        raise InputError(say_plain("models.no_team"))
    if len(teams) > 1:
        raise InputError(say_plain("models.team", teams=", ".join(teams)), field="team")
    return teams[0]
