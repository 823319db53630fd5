from __future__ import annotations

from bot.domain.enums import OutboxState, SprintStatus
from bot.messages import keys
from bot.messages.templates import Template
from bot.slack import blocks
from bot.slack.action_ids import Act
from bot.sprints.card_threads import text_args
from bot.sprints.refused_buttons import drop_buttons, drop_refused
from tests.runtimes import ANA, TEAM, add_sprint


def sent(runtime, sprint_id, key, act, value):
    """Let a message with one button have been sent."""
    content = blocks.message("?", [blocks.actions([blocks.button("Yes", act, value)])])
    with runtime.uow(TEAM) as uow:
        uow.upsert(key, Template.LINE, text_args("prompt.over"), to=ANA, sprint_id=sprint_id)
        item = uow.find_message(key)
        item.body, item.ts, item.state = content, "1.5", OutboxState.SENT


def waiting(runtime):
    with runtime.reading(TEAM) as uow:
        names = ("one", "two", "three")
        found = {name: uow.find_message(keys.sprint(1, name)) for name in names}
        return {name for name, item in found.items() if item.state == OutboxState.WAITING}


def test_only_messages_with_such_a_button_are_sent_again(runtime):
    sprint_id = add_sprint(runtime)
    sent(runtime, sprint_id, keys.sprint(1, "one"), Act.BLOCKER_FIXED, "7")
    sent(runtime, sprint_id, keys.sprint(1, "two"), Act.BLOCKER_FIXED, "17")
    sent(runtime, sprint_id, keys.sprint(1, "three"), Act.FIX_DONE, "7")
    with runtime.uow(TEAM) as uow:
        drop_buttons(uow, sprint_id, "blocker.", "7")
    assert waiting(runtime) == {"one"}
    with runtime.uow(TEAM) as uow:
        sprint = uow.sprint(sprint_id)
        sprint.status = SprintStatus.CLOSED
        drop_refused(uow, sprint)
    assert waiting(runtime) == {"one", "two"}
