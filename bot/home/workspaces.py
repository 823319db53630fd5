"""Which workspace a command is about, where one database may keep several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select

from bot.db.models import Installation, Sprint
from bot.domain.errors import InputError
from bot.messages.catalog import say_plain
from bot.unit_of_work import Runtime

MOST_NAMED: Final = 10
"""Workspaces that an error names."""


def chosen_team(
    runtime: Runtime,
    wanted: str | None,
    *,
    of_token: Callable[[], Sequence[str]] = tuple,
    is_empty_fine: bool = False,
) -> str:
    """Return the workspace that a command is about; an empty text for none, where that is fine.

    Args:
        runtime: where the rows are.
        wanted: the workspace that was named, if one was.
        of_token: gives the workspace of the configured token, where none is in the database.
        is_empty_fine: none is no error.

    Raises:
        InputError: there is none of that name, there is none at all, or there are several and the
            command has to name one.
    """
    known = _known(runtime)
    if wanted:
        if known and wanted not in known:
            named = ", ".join(known[:MOST_NAMED])
            raise InputError(say_plain("stored.team_unknown", wanted=wanted, named=named))
        return wanted
    teams = known or of_token()
    if not teams and not is_empty_fine:
        raise InputError(say_plain("stored.no_team"))
    if len(teams) > 1:
        named = ", ".join(teams[:MOST_NAMED])
        raise InputError(say_plain("stored.team_ambiguous", named=named), field="team")
    return teams[0] if teams else ""


def _known(runtime: Runtime) -> Sequence[str]:
    """Return the workspaces that keep a sprint here, else those that installed the bot."""
    installed = select(Installation.team_id).where(Installation.uninstalled_at.is_(None))
    with runtime.reading_sessions() as session:
        with_sprints = session.scalars(select(Sprint.team_id).distinct()).all()
        return sorted(with_sprints) or sorted(session.scalars(installed))
