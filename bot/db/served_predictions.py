"""Reads predictions in the order in which they were served, each once, whoever asks for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.db.notice_models import ScoreNotice
from bot.db.serving_models import Prediction, WatchState


def newest_prediction(session: Session, deployment_id: int) -> int:
    """Return the number of the prediction written last, 0 without one."""
    newest = select(func.max(Prediction.id)).where(Prediction.deployment_id == deployment_id)
    return session.scalar(newest) or 0


def next_predictions(
    session: Session,
    reader: ScoreNotice | WatchState,
    columns: Sequence[InstrumentedAttribute[Any]],
    most: int,
    *wanted: ColumnElement[bool],
) -> Sequence[Any]:
    """Return what a reader has not seen yet, and move it on.

    It gets the rows up to the newest of its last call: numbers are given before transactions end,
    so a row that is committed late would be passed over by one who reads to the end.

    Args:
        session: its transaction; the reader's row is locked in it.
        reader: whose place this is.
        columns: what is read; `Prediction.id` among them.
        most: rows at a time; where there are as many, there may be more.
        wanted: further conditions.
    """
    rows = session.execute(
        select(*columns)
        .where(
            Prediction.deployment_id == reader.deployment_id,
            Prediction.id > reader.read_to,
            Prediction.id <= reader.horizon,
            *wanted,
        )
        .order_by(Prediction.id)
        .limit(most)
    ).all()
    if len(rows) == most:
        reader.read_to = rows[-1].id
    else:
        reader.read_to = reader.horizon
        reader.horizon = newest_prediction(session, reader.deployment_id)
    return rows
