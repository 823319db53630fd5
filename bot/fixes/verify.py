"""Every check of a plan at once, as the command line asks for it, and what they said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from bot.db.check_models import CheckRun, KeptCheck
from bot.db.models import FixItem, Sprint
from bot.domain.enums import UNFINISHED_CHECKS, CheckOutcome, CheckTrigger, FixState
from bot.domain.errors import InputError
from bot.domain.plan_counts import counts_of
from bot.fixes.checks import HERE, check_of, describe
from bot.fixes.queries import kept_checks
from bot.fixes.queue import queue_rules, queue_run
from bot.fixes.service import settle_here
from bot.messages.catalog import say_plain
from bot.unit_of_work import BOT_ACTOR, Runtime, UnitOfWork


@dataclass(frozen=True, slots=True)
class VerifiedItem:
    """An item of a plan after its check was run."""

    number: int
    text: str
    owner: str
    state: str
    before: str
    check: str | None = None
    outcome: str | None = None
    says: str = ""
    held_until: str | None = None
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VerifiedPlan:
    """A plan after all its checks were run.

    Args:
        counts: proved, claimed, regressed, stuck and open items.
        items: in the plan's order.
        kept: the data checks that people keep, each with its outcome.
    """

    sprint: int
    title: str
    counts: dict[str, int]
    items: tuple[VerifiedItem, ...]
    kept: tuple[dict[str, Any], ...]

    @property
    def holds(self) -> bool:
        """Whether nothing that has a check fails it."""
        kept_fail = any(each["outcome"] == CheckOutcome.FAILS for each in self.kept)
        return not kept_fail and all(
            item.outcome in (None, CheckOutcome.HOLDS) for item in self.items
        )

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "holds": self.holds}


def ask_all(runtime: Runtime, team_id: str, sprint_id: int) -> dict[int, str]:
    """Ask for every check of a plan; what the bot's own rows answer is settled at once.

    Returns:
        How each item stood before, by its id.

    Raises:
        InputError: there is no such sprint, or it has no plan.
    """
    with runtime.uow(team_id) as uow:
        sprint = uow.sprint(sprint_id)
        items = _items(uow, sprint)
        if not items:
            raise InputError(say_plain("fix.verify_no_plan", number=sprint_id))
        before = {item.id: item.state for item in items}
        for item in items:
            check = check_of(item)
            if check is None:
                continue
            if check.kind in HERE:
                settle_here(uow, sprint, item, CheckTrigger.COMMAND)
            else:
                queue_run(uow, sprint, item, check, CheckTrigger.COMMAND, BOT_ACTOR)
        places: dict[tuple[str, str], list[KeptCheck]] = {}
        for row in kept_checks(uow, sprint.id):
            places.setdefault((row.source, row.table_name), []).append(row)
        for (source, table), rows in places.items():
            rules = [row.rule for row in rows]
            queue_rules(uow, sprint, source, table, rules, CheckTrigger.COMMAND)
        return before


def _items(uow: UnitOfWork, sprint: Sprint) -> Sequence[FixItem]:
    return uow.session.scalars(
        select(FixItem).where(FixItem.sprint_id == sprint.id).order_by(FixItem.number)
    ).all()


def is_waiting(runtime: Runtime, sprint_id: int) -> bool:
    """Return whether a look that the command asked for isn't over."""
    with runtime.reading_sessions() as session:
        waiting = select(CheckRun.id).where(
            CheckRun.sprint_id == sprint_id,
            CheckRun.trigger == CheckTrigger.COMMAND,
            CheckRun.state.in_(UNFINISHED_CHECKS),
        )
        return session.scalar(waiting.limit(1)) is not None


def verified(
    runtime: Runtime, team_id: str, sprint_id: int, before: dict[int, str]
) -> VerifiedPlan:
    """Return what the checks of a plan said last."""
    with runtime.reading(team_id) as uow:
        sprint = uow.sprint(sprint_id)
        items = _items(uow, sprint)
        return VerifiedPlan(
            sprint=sprint.id,
            title=sprint.title,
            counts=counts_of(item.state for item in items).plain(),
            items=tuple(_item(item, before.get(item.id, item.state)) for item in items),
            kept=tuple(
                {
                    "source": row.source,
                    "table": row.table_name or None,
                    "rule": row.sentence,
                    "outcome": row.outcome,
                    "says": row.words or "",
                }
                for row in kept_checks(uow, sprint.id)
            ),
        )


def _item(item: FixItem, before: str) -> VerifiedItem:
    check = check_of(item)
    broke = item.state == FixState.REGRESSED and item.held_at is not None
    return VerifiedItem(
        number=item.number,
        text=item.text,
        owner=item.owner_name or "",
        state=item.state,
        before=before,
        check=describe(check) if check else None,
        outcome=item.check_outcome if check else None,
        says=(item.check_words or "") if check else "",
        held_until=item.held_at.isoformat() if broke and item.held_at else None,
        figures=dict(item.check_figures) if check else {},
    )
