"""Which kind a blocker looks like, learnt from the corpus and from this workspace's corrections."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select

from bot.sprint.errors import InputError
from bot.sprint.vocabulary import Kind, PhaseKey
from bot.store.models import KindCorrection
from bot.usecases.house import Unit
from bot.usecases.learning import weights_of

REMEMBERED: Final = 200
"""The newest corrections weigh in at once; all of them are learnt by training."""
LEAST_PROBABLE: Final = 0.2
"""Below this the words say nothing; twelve kinds by chance have 0.08 each."""
_PHASE_KIND: Final[dict[str, Kind]] = {
    PhaseKey.DATA: Kind.DATA_ACCESS,
    PhaseKey.MODEL: Kind.INFRASTRUCTURE,
    PhaseKey.INTEGRATION: Kind.INTEGRATION,
}
"""What a blocker is taken for whose words say nothing, such as one in a script nobody trained."""


def suggested_kind(unit: Unit, text: str) -> Kind | None:
    """Return the kind that `text` looks like; None when its words say nothing."""
    from bot.suggest import suggest

    try:
        ranked = suggest(
            text, _corrections(unit), weights=weights_of(unit.house.engine, unit.team_id)
        )
    except InputError:
        return None
    return ranked[0].kind if ranked[0].probability >= LEAST_PROBABLE else None


def kind_of_phase(phase: str) -> Kind:
    """Return the kind to start from when nothing else tells."""
    return _PHASE_KIND.get(phase, Kind.APPROVAL_PROCESS)


def learn_kind(unit: Unit, actor_id: str, text: str, chosen: Kind) -> None:
    """Keep the kind that a person chose where another one was suggested."""
    if suggested_kind(unit, text) in (None, chosen):
        return
    unit.session.add(
        KindCorrection(
            team_id=unit.team_id,
            text=text,
            kind=chosen.value,
            corrected_by=actor_id,
            corrected_at=unit.now,
        )
    )


def _corrections(unit: Unit) -> list[tuple[str, Kind]]:
    rows = unit.session.scalars(
        select(KindCorrection)
        .where(KindCorrection.team_id == unit.team_id)
        .order_by(KindCorrection.id.desc())
        .limit(REMEMBERED)
    )
    return [(row.text, Kind(row.kind)) for row in rows]
