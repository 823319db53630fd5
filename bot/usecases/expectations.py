"""What the team expects to be blocked by, asked before the start and counted at the end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select

from bot.slack.cards.plan_card import expectation_ask, expectation_noted
from bot.slack.outbox import person_lane
from bot.slack.words import say, say_plain
from bot.sprint.errors import FormError, InputError
from bot.sprint.permissions import Action
from bot.sprint.vocabulary import KIND_CATEGORY, Category, Kind
from bot.store.models import Expectation, Sprint
from bot.usecases.house import Unit
from bot.usecases.people import require
from bot.usecases.plan_status import refresh_plan_card


def ask_expectation(unit: Unit, sprint: Sprint, user_id: str) -> None:
    """Ask a team member once what they expect to block the sprint."""
    if expectation_of(unit, sprint, user_id) is None:
        unit.wish(
            f"plan:{sprint.id}:expect:{user_id}",
            person_lane(user_id),
            expectation_ask(sprint.id, sprint.title, sprint.planned_start),
            sprint_id=sprint.id,
        )


def expectation_of(unit: Unit, sprint: Sprint, user_id: str) -> Expectation | None:
    """Return what somebody expects, or None while they have not said."""
    return unit.session.scalars(
        select(Expectation).where(
            Expectation.sprint_id == sprint.id, Expectation.user_id == user_id
        )
    ).one_or_none()


def answer_expectation(
    unit: Unit, actor_id: str, sprint_id: int, ranking: Sequence[str], kinds: Sequence[str]
) -> None:
    """Note what somebody expects; until the start they may change their mind.

    Args:
        unit: the open unit.
        actor_id: who answers.
        sprint_id: the sprint.
        ranking: the three categories, the most expected first.
        kinds: kinds that they have in mind, in no order.

    Raises:
        FormError: a category stands twice in the ranking.
        InputError: the sprint has begun, or they are not in its team.
    """
    sprint = unit.sprint(sprint_id, lock=True)
    require(unit, actor_id, Action.EXPECT, sprint)
    if sprint.status != "planned":
        raise InputError(say("plan.expect_late"))
    if set(ranking) != set(Category) or len(ranking) != len(Category):
        raise FormError({"rank_2nd": say_plain("plan.expect_twice")})
    known = expectation_of(unit, sprint, actor_id)
    expectation = known or Expectation(sprint_id=sprint.id, user_id=actor_id)
    expectation.ranking = list(ranking)
    expectation.kinds = [kind for kind in kinds if kind in set(Kind)]
    expectation.answered_at = unit.now
    unit.session.add(expectation)
    unit.session.flush()
    titles = [unit.playbook.category(key).title.lower() for key in ranking]
    unit.wish(
        f"plan:{sprint.id}:expect:{actor_id}",
        person_lane(actor_id),
        expectation_noted(sprint.title, ", then ".join(titles)),
        sprint_id=sprint.id,
    )
    unit.audit(
        sprint.id,
        actor_id,
        "expected",
        "sprint",
        sprint.id,
        ranking=list(ranking),
        kinds=list(expectation.kinds),
    )
    refresh_plan_card(unit, sprint)


def votes(expectations: Sequence[Expectation]) -> dict[Category, int]:
    """Count what the team expected: a vote for every kind ticked, else one for the first rank."""
    counted: dict[Category, int] = defaultdict(int)
    for expectation in expectations:
        for kind in expectation.kinds:
            counted[KIND_CATEGORY[Kind(kind)]] += 1
        if not expectation.kinds and expectation.ranking:
            counted[Category(expectation.ranking[0])] += 1
    return dict(counted)
