"""Drafts: what somebody typed into a form that they closed comes back when they open it again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import delete, select

from bot.db.draft_models import Draft
from bot.unit_of_work import UnitOfWork

KEPT: Final = timedelta(days=7)


def form_key(callback_id: str, private: str) -> str:
    """Return what names a form and what it is about."""
    return f"{callback_id}:{hashlib.sha256(private.encode()).hexdigest()[:32]}"


def find_draft(uow: UnitOfWork, user_id: str, form: str) -> Draft | None:
    """Return what somebody typed into a form within the last week."""
    return uow.session.scalars(
        select(Draft).where(
            Draft.team_id == uow.team_id,
            Draft.user_id == user_id,
            Draft.form == form,
            Draft.saved_at > uow.now - KEPT,
        )
    ).one_or_none()


def save_draft(uow: UnitOfWork, user_id: str, form: str, values: Mapping[str, Any]) -> None:
    """Keep what somebody typed, in place of an earlier draft of the same form.

    Drafts of anybody that are over their time are deleted on the way.
    """
    drop_draft(uow, user_id, form)
    uow.session.execute(
        delete(Draft).where(Draft.team_id == uow.team_id, Draft.saved_at <= uow.now - KEPT)
    )
    uow.session.add(
        Draft(
            team_id=uow.team_id,
            user_id=user_id,
            form=form,
            values=dict(values),
            saved_at=uow.now,
        )
    )


def drop_draft(uow: UnitOfWork, user_id: str, form: str) -> None:
    """Delete a draft, once its form was sent or it was discarded."""
    uow.session.execute(
        delete(Draft).where(
            Draft.team_id == uow.team_id, Draft.user_id == user_id, Draft.form == form
        )
    )
