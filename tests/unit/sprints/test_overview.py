"""The sponsor's post of the day: posted by the day's first move, kept current by one statement."""

from __future__ import annotations

from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.outbox_models import OutboxItem
from bot.domain.vocabulary import Severity
from bot.sprints.overview import refresh_sponsor_days, sponsor_day_key
from tests.runtimes import ANA, EVE, TEAM, add_sprint, advance
from tests.sent import sent_to


def _refreshed(runtime, number: int) -> list[str]:
    """Return the statements of one refresh."""
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(number)
        uow.session.flush()
        with sent_to(runtime.engine) as sent:
            refresh_sponsor_days(uow, [sprint])
    return sent


def _log(runtime, number: int) -> None:
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(number, "No access", severity=Severity.STOPS))


def _version(runtime, number: int, day: int) -> int | None:
    with runtime.reading(TEAM) as uow:
        key = sponsor_day_key(uow.sprint(number), day)
        return uow.session.scalar(select(OutboxItem.version).where(OutboxItem.key == key))


def test_a_silent_day_is_not_posted_and_its_first_move_posts_it(runtime):
    number = add_sprint(runtime, sponsor_id=EVE)
    assert len(_refreshed(runtime, number)) > 1
    assert _version(runtime, number, 0) is None
    _log(runtime, number)
    assert _version(runtime, number, 0) == 1


def test_a_day_that_is_posted_is_refreshed_by_one_statement(runtime):
    number = add_sprint(runtime, sponsor_id=EVE)
    _log(runtime, number)
    assert len(_refreshed(runtime, number)) == 1
    assert _version(runtime, number, 0) == 2


def test_the_next_day_begins_silent(runtime):
    number = add_sprint(runtime, sponsor_id=EVE)
    _log(runtime, number)
    advance(runtime, 25)
    _refreshed(runtime, number)
    assert _version(runtime, number, 0) == 1
    assert _version(runtime, number, 1) is None
    _log(runtime, number)
    assert _version(runtime, number, 1) == 1
