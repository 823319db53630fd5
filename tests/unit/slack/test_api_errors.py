"""What a broken call means: that it may have happened."""

from __future__ import annotations

import json
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from urllib.error import URLError

import pytest

from bot.slack.api_errors import TRANSPORT_ERRORS, Trouble, diagnose


@pytest.mark.parametrize(
    "broken",
    [
        IncompleteRead(b'{"ok": tr'),
        BadStatusLine(""),
        RemoteDisconnected(),
        ConnectionResetError(),
        TimeoutError(),
        URLError("unreachable"),
        json.JSONDecodeError("no answer", "<html>", 0),
    ],
    ids=lambda broken: type(broken).__name__,
)
def test_a_call_whose_answer_broke_off_may_have_happened_and_is_looked_for(broken):
    assert isinstance(broken, TRANSPORT_ERRORS)
    assert diagnose(broken).trouble is Trouble.AMBIGUOUS
