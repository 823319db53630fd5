"""Who comes into a running sprint in somebody's place gets what waits for them."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import request_approval
from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import Approval, Blocker
from bot.domain.vocabulary import Role, Subject
from bot.home.overview import schedule
from bot.outbox.queue import person_queue
from bot.planning.forms import PeopleForm
from bot.planning.running_edit import change_people
from bot.timers.dispatcher import run_due
from tests.runtimes import (
    ANA,
    BEN,
    CHO,
    EVE,
    ROLES,
    TEAM,
    add_sprint,
    advance,
    open_runtime,
    outbox,
    seat,
)
from tests.stage import words_of


@pytest.fixture
def runtime(tmp_path):
    opened = open_runtime(tmp_path / "replaced.db")
    seat(opened)
    return opened


@pytest.fixture
def sprint(runtime):
    return add_sprint(runtime)


def replace(runtime, sprint, **roles):
    with runtime.uow(TEAM) as uow:
        known = {role.value: ROLES[role.value] for role in Role}
        change_people(uow, ANA, sprint, PeopleForm(roles=known | roles))


def log(runtime, sprint, who, **fields):
    with runtime.uow(TEAM) as uow:
        return log_blocker(uow, who, BlockerForm(sprint_id=sprint, **fields)).id


def told(runtime, who):
    return [words_of(one.body) for one in outbox(runtime) if one.queue == person_queue(who)]


def test_open_blockers_and_their_reminders_go_to_who_came(runtime, sprint):
    log(runtime, sprint, BEN, title="The key for the replica is missing")
    kept = log(runtime, sprint, BEN, title="Nobody signs the change", owner=CHO)
    advance(runtime, 1)
    replace(runtime, sprint, data=EVE)
    with runtime.reading(TEAM) as uow:
        owners = dict(uow.session.execute(select(Blocker.number, Blocker.owner_id)).all())
        assert uow.session.get_one(Blocker, kept).raised_by == BEN
    assert owners == {1: EVE, 2: CHO}
    assert any("You took over blocker 1." in words for words in told(runtime, EVE))
    assert any("to Eve, with blocker 1." in words for words in told(runtime, BEN))
    before = {who: len(told(runtime, who)) for who in (BEN, EVE)}
    advance(runtime, 4)
    run_due(runtime)
    run_due(runtime)  # the reminder's own timer
    assert len(told(runtime, BEN)) == before[BEN]
    assert any("The key for the replica" in words for words in told(runtime, EVE)[before[EVE] :])


def test_waiting_requests_go_to_the_new_approver(runtime, sprint):
    with runtime.uow(TEAM) as uow:
        form = ApprovalForm(
            sprint_id=sprint, subject=Subject.SECURITY, approver=CHO, what="One call to our service"
        )
        request_approval(uow, BEN, form)
    replace(runtime, sprint, approver=EVE)
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalars(select(Approval.approver_id)).one() == EVE
    assert any("You took over request 1." in words for words in told(runtime, EVE))


def test_who_keeps_another_role_keeps_what_waits_for_them(runtime, sprint):
    with runtime.uow(TEAM) as uow:
        uow.sprint(sprint).members[0].user_id = BEN  # builder and data person
    log(runtime, sprint, BEN, title="The key for the replica is missing")
    replace(runtime, sprint, builder=BEN, data=EVE)
    with runtime.reading(TEAM) as uow:
        assert uow.session.scalars(select(Blocker.owner_id)).one() is None


def test_hours_that_begin_when_they_end_are_no_quiet_hours(runtime, sprint):
    for quiet_from, quiet_until in (("00:00", "00:00"), ("20:00", "07:00")):
        with runtime.uow(TEAM) as uow:
            known = {role.value: ROLES[role.value] for role in Role}
            hours = {"quiet_from": quiet_from, "quiet_until": quiet_until}
            change_people(uow, ANA, sprint, PeopleForm(roles=known, **hours))
    (told,) = [words for one in outbox(runtime) if "quiet" in (words := words_of(one.body))]
    assert "20:00–07:00 instead of none" in told


def test_the_schedule_names_the_blocker_that_is_asked_about(runtime, sprint):
    log(runtime, sprint, BEN, title="The roadmap is full until autumn")
    with runtime.reading(TEAM) as uow:
        assert "blocker 1 is asked about" in words_of(schedule(uow, ANA, uow.sprint(sprint)))
