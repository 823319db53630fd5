from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import FixItem
from bot.debrief.service import end_or_close
from bot.domain.errors import InputError
from bot.fixes.items import reopen, show_plan
from bot.fixes.service import press_done
from bot.messages import keys
from bot.slack.action_ids import Act
from bot.timers.dispatcher import run_due
from tests.runtimes import ANA, BEN, CHO, TEAM, add_sprint, advance, buttons, card, outbox
from tests.stage import words_of


def _closed_with(runtime, *blockers):
    """Close a sprint with a blocker of three months for each title and owner."""
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        for title, owner in blockers:
            form = BlockerForm(sprint_id, f"The {title} takes 3 months", owner=owner)
            log_blocker(uow, ANA, form)
    advance(runtime, 48)
    for _ in range(2):
        with runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, sprint_id)
    return sprint_id


def test_an_owner_of_several_late_fixes_is_pinged_once_in_the_weekly_word(runtime):
    sprint_id = _closed_with(runtime, ("audit", BEN), ("form", BEN), ("keys", CHO))
    with runtime.uow(TEAM) as uow:
        for number, item in enumerate(uow.session.scalars(select(FixItem)).all()):
            item.owner_id = CHO if number == 0 else BEN
    for _ in range(29):
        advance(runtime, 12)
        run_due(runtime)
    follow_up = words_of(card(runtime, keys.follow_up(sprint_id, 7))["blocks"])
    title, _, due = follow_up.partition("*What is due*\n")
    assert due, title
    pinged = ["<@" in line.partition("·")[2] for line in due.splitlines()]
    assert len(pinged) > 2, due
    assert all(pinged), due
    assert "late since" in due
    with runtime.uow(TEAM) as uow:
        day = uow.find_message(keys.follow_up(sprint_id, 7)).template["at"]
        for item in uow.session.scalars(select(FixItem)):
            item.due_at = datetime.fromisoformat(day) - timedelta(minutes=1)
    follow_up = words_of(card(runtime, keys.follow_up(sprint_id, 7))["blocks"])
    assert "late since" not in follow_up, "what is due today is not late"


def test_nobody_is_said_to_have_expected_nothing_at_all(runtime):
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        log_blocker(uow, ANA, BlockerForm(sprint_id, "The audit takes 3 months"))
    advance(runtime, 48)
    for _ in range(2):
        with runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, sprint_id)
    said = words_of(card(runtime, keys.debrief(sprint_id, "path"))["blocks"])
    assert "What happened: " in said
    assert "Expected against happened" not in said


def test_what_stays_late_is_listed_once_and_a_week_without_news_is_passed_over(runtime):
    sprint_id = _closed_with(runtime, ("audit", BEN), ("form", CHO))
    with runtime.uow(TEAM) as uow:
        closed = uow.sprint(sprint_id).closed_at
        items = uow.session.scalars(select(FixItem).order_by(FixItem.number)).all()
        for item in items:
            item.due_at = closed + timedelta(days=3)
        items[-1].due_at = closed + timedelta(days=17)
    for _ in range(46):
        advance(runtime, 12)
        run_due(runtime)
    with runtime.reading(TEAM) as uow:
        said = {day: uow.find_message(keys.follow_up(sprint_id, day)) for day in (7, 14, 21)}
    assert said[7]
    assert said[14], "one more is due soon"
    late = words_of(card(runtime, keys.follow_up(sprint_id, 14))["blocks"])
    still = ", ".join(str(number) for number in range(1, len(items)))
    assert f"still late: {still}" in late
    assert "late since" not in late
    assert f"• {len(items)}. " in late


def test_an_item_called_done_by_mistake_is_opened_again(runtime):
    sprint_id = _closed_with(runtime, ("audit", BEN))
    with runtime.uow(TEAM) as uow:
        item = uow.session.scalars(select(FixItem)).first()
        item.owner_id, item.is_question, number, item_id = BEN, False, item.number, item.id
    assert Act.FIX_REOPEN not in buttons(card(runtime, keys.fix(sprint_id, number)))
    with runtime.uow(TEAM) as uow:
        press_done(uow, BEN, item_id)
    assert buttons(card(runtime, keys.fix(sprint_id, number))) == [Act.FIX_CHECK, Act.FIX_REOPEN]
    with runtime.uow(TEAM) as uow:
        show_plan(uow, uow.sprint(sprint_id))
    closed = words_of(card(runtime, keys.debrief(sprint_id, "closed"))["blocks"])
    assert "UTC> (claimed, not checked)" in closed
    with runtime.uow(TEAM) as uow:
        assert "open again" in reopen(uow, BEN, item_id)
    assert Act.FIX_DONE in buttons(card(runtime, keys.fix(sprint_id, number)))
    with runtime.uow(TEAM) as uow, pytest.raises(InputError, match="open already"):
        reopen(uow, BEN, item_id)
    for _ in range(16):
        advance(runtime, 12)
        run_due(runtime)
    follow_up = words_of(card(runtime, keys.follow_up(sprint_id, 7))["blocks"])
    assert "set to open, due " in follow_up
    assert outbox(runtime, f"reminders:{BEN}:"), "its owner is reminded again"


def test_a_question_is_answered_before_it_can_be_done(runtime):
    sprint_id = _closed_with(runtime, ("audit", BEN))
    with runtime.uow(TEAM) as uow:
        item = uow.session.scalars(select(FixItem)).first()
        item.is_question, number, item_id = True, item.number, item.id
    assert Act.FIX_DONE not in buttons(card(runtime, keys.fix(sprint_id, number)))
    with runtime.uow(TEAM) as uow, pytest.raises(InputError, match="Answer it"):
        press_done(uow, BEN, item_id)


@pytest.mark.parametrize(
    ("owner", "said"), [(BEN, "Ben, press *Done*"), (None, "It has no owner. Whoever takes it")]
)
def test_the_word_on_an_item_s_day_says_whose_it_is(runtime, owner, said):
    sprint_id = _closed_with(runtime, ("audit", BEN))
    with runtime.uow(TEAM) as uow:
        item = uow.session.scalars(select(FixItem)).first()
        item.owner_id, item.owner_name = owner, uow.name(owner) if owner else None
        item.is_question = False
        key = keys.fix_reminder(sprint_id, item.number, item.due_at)
    for _ in range(40):
        advance(runtime, 12)
        run_due(runtime)
    assert said in words_of(card(runtime, key)["blocks"])
