"""A message of a sprint's channel as Slack holds it, and what its channel belongs to."""

from __future__ import annotations

from dataclasses import dataclass

from bot.db.models import Sprint
from bot.sprints.selection import OF_CHANNEL
from bot.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ChannelMessage:
    """A message, read from Slack when somebody acts on it and kept only if that logs it.

    Args:
        channel_id: where it stands.
        ts: its name there.
        text: its words, as people read them.
        permalink: the link to it.
        said_by: who wrote it; None for an app.
    """

    channel_id: str
    ts: str
    text: str
    permalink: str
    said_by: str | None


def sprint_of_channel(uow: UnitOfWork, channel_id: str, *, lock: bool = False) -> Sprint | None:
    """Return the sprint whose own channel this is; None for any other channel."""
    asked = {"team_id": uow.team_id, "channel_id": channel_id}
    found = uow.session.scalars(OF_CHANNEL, asked).one_or_none()
    return uow.sprint(found.id, lock=True) if found is not None and lock else found
