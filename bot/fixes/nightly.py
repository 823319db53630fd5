"""Every night the checks of a plan run again, as due rows; what broke again opens itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import select

from bot.db.models import FixItem, Sprint, Timer
from bot.domain.enums import CheckTrigger, SprintStatus
from bot.fixes.checks import HERE, check_of
from bot.fixes.kept import queue_kept
from bot.fixes.queries import kept_checks
from bot.fixes.queue import queue_run
from bot.fixes.schedule import DAYS
from bot.fixes.service import settle_here, watch_tonight
from bot.unit_of_work import BOT_ACTOR, UnitOfWork


def run_checks(uow: UnitOfWork, sprint: Sprint, timer: Timer) -> None:
    """Look at every item with a check, done or not, and at every kept data check.

    What the bot's own rows answer is settled at once; the worker takes the rest, those first that
    were looked at longest ago, within each source's budget. A timer that names a subject looks
    only at the items that wait for its approval.
    """
    if sprint.status == SprintStatus.CANCELLED:
        return
    closed_at = sprint.closed_at
    if closed_at is not None and uow.now > closed_at + timedelta(days=DAYS):
        return
    items = uow.session.scalars(
        select(FixItem)
        .where(FixItem.sprint_id == sprint.id, FixItem.check_kind.is_not(None))
        .order_by(FixItem.number)
        .with_for_update()
    ).all()
    if subject := timer.facts.get("subject"):
        waiting = [item for item in items if item.check_facts.get("subject") == subject]
        _settle_all(uow, sprint, waiting)
        return
    _settle_all(uow, sprint, items)
    queue_kept(uow, sprint)
    if items or kept_checks(uow, sprint.id):
        watch_tonight(uow, sprint)


def _settle_all(uow: UnitOfWork, sprint: Sprint, items: Sequence[FixItem]) -> None:
    for item in sorted(items, key=lambda each: (each.checked_at is not None, each.checked_at)):
        check = check_of(item)
        if check is None:
            continue
        if check.kind in HERE:
            settle_here(uow, sprint, item, CheckTrigger.NIGHTLY)
        else:
            queue_run(uow, sprint, item, check, CheckTrigger.NIGHTLY, BOT_ACTOR)
