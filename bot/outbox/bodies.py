"""What a delivered row keeps of its body: a file's content goes, a hash of it tells a new one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, case, cast, func, select, update
from sqlalchemy.orm import Session, sessionmaker

from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind, OutboxState

CONTENT: Final = "content"
HASH: Final = "sha256"
EMPTY: Final = "{}"
AT_ONCE: Final = 500


def without_content(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with the hash of its file in the file's place."""
    if CONTENT not in body:
        return dict(body)
    kept = {name: value for name, value in body.items() if name != CONTENT}
    return kept | {HASH: hashlib.sha256(str(body[CONTENT]).encode()).hexdigest()}


def prune_bodies(sessions: sessionmaker[Session], before: datetime) -> int:
    """Forget what messages said that were sent, refused or dropped before a moment.

    A message that is rendered from rows is rendered anew when it changes. What was refused cannot
    be tried again afterwards. A few rows at a time, so that nobody waits for SQLite's one writer.

    Returns:
        How many rows were emptied.
    """
    ended = OutboxItem.state.in_((OutboxState.SENT, OutboxState.FAILED, OutboxState.DROPPED))
    is_old = func.coalesce(OutboxItem.sent_at, OutboxItem.created_at) < before
    is_rendered = OutboxItem.template.is_not(None) | (OutboxItem.kind == OutboxKind.UPLOAD)
    has_body = cast(OutboxItem.body, Text) != EMPTY
    wanted = select(OutboxItem.id).where(ended, is_old, is_rendered, has_body).limit(AT_ONCE)
    count = 0
    while True:
        with sessions.begin() as session:
            ids = session.scalars(wanted).all()
            refused = case(
                (OutboxItem.state == OutboxState.FAILED, OutboxState.DROPPED.value),
                else_=OutboxItem.state,
            )
            session.execute(
                update(OutboxItem).where(OutboxItem.id.in_(ids)).values(body={}, state=refused)
            )
        count += len(ids)
        if len(ids) < AT_ONCE:
            return count
