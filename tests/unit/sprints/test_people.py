"""What somebody is to a request or a private sprint follows from rows, and runs out with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from bot.db.access_models import ChannelVisit
from bot.db.models import Approval
from bot.domain.enums import ApprovalState, AuditAction, AuditSubject
from bot.domain.permissions import Relation
from bot.sprints.people import VISIT_COUNTS, may_see, relations
from bot.unit_of_work import BOT_ACTOR
from tests.runtimes import ANA, CHO, EVE, HOUR_0, TEAM, add_sprint


def _request(uow, sprint_id, number, state):
    approval = Approval(
        team_id=TEAM,
        sprint_id=sprint_id,
        number=number,
        subject="security",
        what="A call",
        requested_by=ANA,
        approver_id=CHO,
        requested_at=HOUR_0,
        deadline=HOUR_0 + timedelta(hours=1),
        state=state,
    )
    uow.session.add(approval)
    uow.session.flush()
    return approval


@pytest.mark.parametrize(
    ("state", "stands_in"),
    [(ApprovalState.EXPIRED, True), (ApprovalState.WAITING, False), (ApprovalState.LAPSED, False)],
)
def test_an_overdue_request_has_the_stand_in_it_was_passed_on_to(runtime, state, stands_in):
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        passed_on = _request(uow, sprint_id, 1, state)
        another = _request(uow, sprint_id, 2, ApprovalState.EXPIRED)
        uow.audit(
            sprint_id,
            BOT_ACTOR,
            AuditAction.ESCALATED,
            AuditSubject.APPROVAL,
            passed_on.id,
            to=EVE,
        )
        uow.session.flush()
        assert (Relation.STAND_IN in relations(uow, EVE, passed_on)) is stands_in
        assert Relation.STAND_IN not in relations(uow, CHO, passed_on)
        assert Relation.STAND_IN not in relations(uow, EVE, another)


@pytest.mark.parametrize(("ago", "sees"), [(VISIT_COUNTS / 2, True), (VISIT_COUNTS * 1.1, False)])
def test_a_visit_of_a_private_channel_counts_for_a_day(runtime, ago, sees):
    sprint_id = add_sprint(runtime, is_private=True)
    with runtime.uow(TEAM) as uow:
        seen_at = datetime.now(UTC) - ago
        uow.session.add(ChannelVisit(sprint_id=sprint_id, user_id=EVE, seen_at=seen_at))
        uow.session.flush()
        sprint = uow.sprint(sprint_id)
        assert may_see(uow, EVE, sprint) is sees
        assert (Relation.OUTSIDER in relations(uow, EVE, sprint)) is not sees
