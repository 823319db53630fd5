"""Which message of a channel's history is the one that an earlier call sent."""

from __future__ import annotations

import pytest

from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxKind
from bot.outbox.calls import SlackCall
from bot.outbox.operations import EFFECTS, EVENT_TYPE

MARK = {"id": "7", "key": "sprint:1:card"}


@pytest.mark.parametrize(
    ("metadata", "is_it"),
    [
        ({"event_type": EVENT_TYPE, "event_payload": MARK}, True),
        ({"event_type": EVENT_TYPE, "event_payload": MARK | {"id": "8"}}, False),
        ({"event_type": EVENT_TYPE, "event_payload": MARK | {"key": "sprint:2:card"}}, False),
        ({"event_type": "somebody_elses", "event_payload": MARK}, False),
        (None, False),
    ],
    ids=["its own", "another row", "another database", "another app", "a person"],
)
def test_a_message_is_recognised_by_its_mark_alone(metadata, is_it):
    item = OutboxItem(id=7, key="sprint:1:card")
    call = SlackCall(None, item, "C1", None, {}, "UBOT")
    found = EFFECTS[OutboxKind.MESSAGE].recognise(call, {"ts": "1.0", "metadata": metadata})
    assert found == ({"channel_id": "C1", "ts": "1.0"} if is_it else None)
