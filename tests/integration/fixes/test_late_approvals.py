"""A request that is decided after its sprint closed, or in a rerun, is seen by the plan's check."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.approvals.forms import ApprovalForm
from bot.approvals.service import decide_approval, request_approval
from bot.db.models import Approval, FixItem
from bot.domain.enums import FixCheckKind, FixState
from bot.domain.errors import FormError, InputError
from bot.domain.vocabulary import Decision, Subject
from bot.fixes import decisions, service
from bot.messages import keys
from bot.records.queries import record_of
from bot.timers.dispatcher import run_due
from tests.runtimes import ANA, BEN, CHO, HOUR_0, TEAM, add_sprint, advance, card, outbox
from tests.stage import words_of

END = HOUR_0 + timedelta(hours=48)


def item(runtime, sprint_id: int, kind: str = FixCheckKind.APPROVAL) -> int:
    with runtime.uow(TEAM) as uow:
        row = FixItem(
            team_id=TEAM,
            sprint_id=sprint_id,
            number=1,
            text="Ana gets a yes on privacy by day 7.",
            owner_id=ANA,
            owner_name="Ana",
            due_at=END + timedelta(days=7),
            check_kind=kind,
            check_facts={"subject": "privacy"} if kind == FixCheckKind.APPROVAL else {},
        )
        uow.session.add(row)
        uow.session.flush()
        return row.id


@pytest.fixture
def closed(runtime) -> int:
    """Give a closed sprint in which nobody answered on privacy."""
    sprint_id = add_sprint(runtime, status="closed", ended_at=END, closed_at=END)
    with runtime.uow(TEAM) as uow:
        uow.session.add(
            Approval(
                team_id=TEAM,
                sprint_id=sprint_id,
                number=1,
                subject="privacy",
                what="May we?",
                requested_by=ANA,
                approver_id=CHO,
                requested_at=HOUR_0,
                deadline=HOUR_0 + timedelta(hours=8),
                decided_at=HOUR_0 + timedelta(hours=8),
                state="expired",
            )
        )
    advance(runtime, 72)
    return sprint_id


def decide(runtime, who: str, item_id: int, decision: str | None, reason: str = "") -> str:
    with runtime.uow(TEAM) as uow:
        return str(decisions.decide_fix(uow, who, item_id, decision, reason))


def state(runtime, item_id: int) -> str:
    with runtime.reading(TEAM) as uow:
        return uow.session.get_one(FixItem, item_id).state


def test_who_was_asked_is_called_and_decides_on_the_items_card(runtime, closed):
    item_id = item(runtime, closed)
    with runtime.uow(TEAM) as uow:
        assert "gave no answer" in service.press_done(uow, ANA, item_id)
    (line,) = outbox(runtime, f"sprint:{closed}:fix:1:checked:")
    assert f"<@{CHO}>, the decision is yours" in line.body["text"]
    with runtime.uow(TEAM) as uow:
        service.items.show(uow, uow.sprint(closed), uow.session.get_one(FixItem, item_id))
    assert "Cho Kim: decide" in words_of(card(runtime, keys.fix(closed, 1))["blocks"])

    told = decide(runtime, CHO, item_id, Decision.REJECTED, "No retention period")
    assert "Cho Kim rejected privacy: “No retention period”" in told
    assert state(runtime, item_id) == FixState.OPEN
    advance(runtime, 24)
    assert "is proved: Cho Kim approved privacy." in decide(runtime, CHO, item_id, "approved")
    assert state(runtime, item_id) == FixState.PROVED


def test_a_late_decision_leaves_the_sprints_record_as_it_was(runtime, closed):
    item_id = item(runtime, closed)
    with runtime.reading(TEAM) as uow:
        before = record_of(uow, uow.sprint(closed)).approvals
    decide(runtime, CHO, item_id, "approved")
    with runtime.reading(TEAM) as uow:
        assert record_of(uow, uow.sprint(closed)).approvals == before


def test_a_yes_that_is_taken_back_breaks_what_it_proved(runtime, closed):
    item_id = item(runtime, closed)
    decide(runtime, CHO, item_id, "approved")
    advance(runtime, 24)
    decide(runtime, CHO, item_id, "rejected", "The data left the country")
    assert state(runtime, item_id) == FixState.REGRESSED


@pytest.mark.parametrize(
    ("who", "decision", "reason", "fault"),
    [
        (BEN, "approved", "", "is with Cho Kim now"),
        (ANA, "approved", "", "is with Cho Kim now"),
        (CHO, None, "", "Choose approve or reject"),
        (CHO, "expired", "", "Choose approve or reject"),
        (CHO, "rejected", " ", "reason"),
    ],
)
def test_a_wrong_decision_changes_nothing(runtime, closed, who, decision, reason, fault):
    item_id = item(runtime, closed)
    with pytest.raises((FormError, InputError)) as refused:
        decide(runtime, who, item_id, decision, reason)
    told = str(getattr(refused.value, "fields", None) or refused.value)
    assert fault in told or fault in str(refused.value.__dict__)
    assert state(runtime, item_id) == FixState.OPEN


def test_an_item_about_something_else_waits_for_nobodys_decision(runtime, closed):
    with pytest.raises(InputError, match="isn't about an approval"):
        decide(runtime, CHO, item(runtime, closed, FixCheckKind.EVIDENCE), "approved")


def test_where_nobody_was_asked_there_is_nothing_to_decide(runtime):
    sprint_id = add_sprint(runtime, status="closed", ended_at=END, closed_at=END)
    with pytest.raises(InputError, match="Nobody was asked about privacy"):
        decide(runtime, CHO, item(runtime, sprint_id), "approved")


@pytest.mark.parametrize(
    ("decision", "after"),
    [(Decision.APPROVED, FixState.PROVED), (Decision.REJECTED, FixState.OPEN)],
)
def test_a_decision_in_a_rerun_is_seen_before_the_night(runtime, closed, decision, after):
    item_id = item(runtime, closed)
    again = add_sprint(runtime, channel_id="C2", rerun_of=closed, started_at=runtime.clock.now())
    with runtime.uow(TEAM) as uow:
        form = ApprovalForm(again, Subject.PRIVACY, CHO, "Again: may we?", "8")
        asked = request_approval(uow, ANA, form).id
    with runtime.uow(TEAM) as uow:
        decide_approval(uow, CHO, asked, decision, "Not without a DPIA")
    run_due(runtime)
    assert state(runtime, item_id) == after
