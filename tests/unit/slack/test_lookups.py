"""What Slack tells of a channel before anybody relies on posting there."""

from __future__ import annotations

import pytest
from slack_sdk import WebClient

from bot.slack.lookups import why_unpostable

ADMINS = {"type": ["admin"], "user": []}


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"is_member": True}, None),
        ({"is_member": True, "is_read_only": True}, "restricted"),
        ({"is_member": True, "properties": {"posting_restricted_to": ADMINS}}, "restricted"),
        ({"is_member": True, "properties": {"posting_restricted_to": {}}}, None),
        ({"is_archived": True, "is_read_only": True}, "archived"),
    ],
)
def test_a_channel_for_certain_people_is_refused_beforehand(monkeypatch, told, why):
    monkeypatch.setattr(WebClient, "conversations_info", lambda *_, **__: {"channel": told})
    assert why_unpostable(WebClient("xoxb-1"), "C1") == why
