from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.blockers.forms import BlockerForm
from bot.blockers.service import log_blocker
from bot.db.models import FixItem
from bot.debrief.service import end_or_close
from bot.messages import keys
from bot.timers.dispatcher import run_due
from tests.runtimes import ANA, BEN, CHO, TEAM, add_sprint, advance, card
from tests.stage import words_of


def test_an_owner_of_several_late_fixes_is_pinged_once_in_the_weekly_word(runtime):
    sprint_id = add_sprint(runtime)
    with runtime.uow(TEAM) as uow:
        for title, owner in (("audit", BEN), ("form", BEN), ("keys", CHO)):
            form = BlockerForm(sprint_id, f"The {title} takes 3 months", owner=owner)
            log_blocker(uow, ANA, form)
    advance(runtime, 48)
    for _ in range(2):
        with runtime.uow(TEAM) as uow:
            end_or_close(uow, ANA, sprint_id)
    with runtime.uow(TEAM) as uow:
        for number, item in enumerate(uow.session.scalars(select(FixItem)).all()):
            item.owner_id = CHO if number == 0 else BEN
    for _ in range(29):
        advance(runtime, 12)
        run_due(runtime)
    follow_up = words_of(card(runtime, keys.follow_up(sprint_id, 14))["blocks"])
    title, _, due = follow_up.partition("*What is due*\n")
    assert due, title
    pinged = ["<@" in line.partition("·")[2] for line in due.splitlines()]
    assert len(pinged) > 2, due
    assert all(pinged), due
    assert "late since" in due
    with runtime.uow(TEAM) as uow:
        day = uow.find_message(keys.follow_up(sprint_id, 14)).template["at"]
        for item in uow.session.scalars(select(FixItem)):
            item.due_at = datetime.fromisoformat(day) - timedelta(minutes=1)
    follow_up = words_of(card(runtime, keys.follow_up(sprint_id, 14))["blocks"])
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
