"""What a team said before the start that it expects, as plans, records and Homes read it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from bot.db.models import Expectation, Sprint
from bot.domain.vocabulary import KIND_CATEGORY, Category, Kind
from bot.unit_of_work import UnitOfWork


def expectation_of(uow: UnitOfWork, sprint: Sprint, user_id: str) -> Expectation | None:
    """Return what somebody expects, or None while they have not said."""
    return uow.session.scalars(
        select(Expectation).where(
            Expectation.sprint_id == sprint.id, Expectation.user_id == user_id
        )
    ).one_or_none()


def votes(expectations: Sequence[Expectation]) -> dict[Category, int]:
    """Count what the team expected: a vote for every kind ticked, else one for the first rank."""
    counted: dict[Category, int] = defaultdict(int)
    for expectation in expectations:
        for kind in expectation.kinds:
            counted[KIND_CATEGORY[Kind(kind)]] += 1
        if not expectation.kinds and expectation.ranking:
            counted[Category(expectation.ranking[0])] += 1
    return dict(counted)
