"""What the team expects to be blocked by, asked before the start and counted at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.db.models import Expectation, Sprint
from bot.domain.enums import AuditAction, SprintStatus
from bot.domain.errors import InputError
from bot.domain.permissions import Action
from bot.domain.vocabulary import Category, Kind
from bot.forms import FieldRule
from bot.messages import keys
from bot.messages.catalog import say, say_plain
from bot.messages.plan_card import (
    expectation_ask,
    expectation_cancelled,
    expectation_noted,
    expectation_over,
)
from bot.messages.templates import Template
from bot.outbox.queue import TemplateArgs
from bot.planning.queries import expectation_of
from bot.slack.blocks import Block
from bot.sprints.people import require
from bot.sprints.plan_status import refresh_plan_card
from bot.sprints.selection import refuse_cancelled
from bot.unit_of_work import UnitOfWork

RANKING: Final = FieldRule(
    "rank_2nd", "plan.expect_twice", lambda ranking: sorted(ranking) == sorted(Category)
)


def ask_expectation(uow: UnitOfWork, sprint: Sprint, user_id: str) -> None:
    """Ask a team member once what they expect to block the sprint."""
    if expectation_of(uow, sprint, user_id) is None:
        _show(uow, sprint, user_id)


def refresh_expectation(uow: UnitOfWork, sprint: Sprint, user_id: str) -> None:
    """Bring the question up to date for somebody who was asked."""
    if uow.find_message(keys.expectation(sprint.id, user_id)) is not None:
        _show(uow, sprint, user_id)


def _show(uow: UnitOfWork, sprint: Sprint, user_id: str) -> None:
    uow.upsert(
        keys.expectation(sprint.id, user_id),
        Template.EXPECTATION,
        {"user": user_id},
        sprint_id=sprint.id,
        to=user_id,
    )


def render_expectation(uow: UnitOfWork, sprint: Sprint, args: TemplateArgs) -> Block:
    """Render the question what somebody expects, or what they said."""
    if sprint.status == SprintStatus.CANCELLED:
        return expectation_cancelled(sprint.title)
    known = expectation_of(uow, sprint, args["user"])
    if known is None:
        if sprint.status != SprintStatus.PLANNED:
            return expectation_over(sprint.title)
        return expectation_ask(sprint.id, sprint.title, sprint.planned_start)
    titles = [uow.playbook.category(key).title.lower() for key in known.ranking]
    return expectation_noted(sprint.id, sprint.title, f"{say_plain('plan.then')} ".join(titles))


def answer_expectation(
    uow: UnitOfWork, actor_id: str, sprint_id: int, ranking: Sequence[str], kinds: Sequence[str]
) -> None:
    """Note what somebody expects; until the start they may change their mind.

    Args:
        uow: the open unit.
        actor_id: who answers.
        sprint_id: the sprint.
        ranking: the three categories, the most expected first.
        kinds: kinds that they have in mind, in no order.

    Raises:
        FormError: a category stands twice in the ranking.
        InputError: the sprint has begun, or they are not in its team.
    """
    sprint = uow.sprint(sprint_id, lock=True)
    require(uow, actor_id, Action.EXPECT, sprint)
    refuse_cancelled(sprint)
    if sprint.status != SprintStatus.PLANNED:
        raise InputError(say("plan.expect_late"))
    RANKING.checked(ranking)
    known = expectation_of(uow, sprint, actor_id)
    expectation = known or Expectation(sprint_id=sprint.id, user_id=actor_id)
    expectation.ranking = list(ranking)
    expectation.kinds = [kind for kind in kinds if kind in set(Kind)]
    expectation.answered_at = uow.now
    uow.session.add(expectation)
    uow.session.flush()
    _show(uow, sprint, actor_id)
    uow.audit_row(
        actor_id, AuditAction.EXPECTED, sprint, ranking=list(ranking), kinds=list(expectation.kinds)
    )
    refresh_plan_card(uow, sprint)
