"""Which kind a blocker looks like, learnt from the corpus and from this workspace's corrections."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from bot.blockers.learning import weights_of
from bot.db.models import KindCorrection
from bot.domain.errors import InputError
from bot.domain.vocabulary import Kind
from bot.unit_of_work import UnitOfWork

REMEMBERED: Final = 200
"""The newest corrections weigh in at once; all of them are learnt by training."""
LEAST_PROBABLE: Final = 0.2
"""Below this the words say nothing; twelve kinds by chance have 0.08 each."""


def suggested_kind(uow: UnitOfWork, text: str) -> Kind | None:
    """Return the kind that `text` looks like; None when its words say nothing."""
    from bot.suggest import suggest

    try:
        ranked = suggest(
            text, _corrections(uow), weights=weights_of(uow.runtime.engine, uow.team_id)
        )
    except InputError:
        return None
    return ranked[0].kind if ranked[0].probability >= LEAST_PROBABLE else None


def learn_kind(uow: UnitOfWork, actor_id: str, text: str, chosen: Kind) -> None:
    """Keep the kind that a person chose where another one was suggested."""
    if suggested_kind(uow, text) in (None, chosen):
        return
    uow.session.add(
        KindCorrection(
            team_id=uow.team_id,
            text=text,
            kind=chosen.value,
            corrected_by=actor_id,
            corrected_at=uow.now,
        )
    )


def _corrections(uow: UnitOfWork) -> list[tuple[str, Kind]]:
    rows = uow.session.scalars(
        select(KindCorrection)
        .where(KindCorrection.team_id == uow.team_id)
        .order_by(KindCorrection.id.desc())
        .limit(REMEMBERED)
    )
    return [(row.text, Kind(row.kind)) for row in rows]
