"""What a broken call means: that it may have happened."""

from __future__ import annotations

import json
from email.message import Message
from http.client import BadStatusLine, IncompleteRead, RemoteDisconnected
from urllib.error import HTTPError, URLError

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.slack.api_errors import TRANSPORT_ERRORS, ErrorClass, diagnose


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
    assert diagnose(broken).error_class is ErrorClass.AMBIGUOUS


@pytest.mark.parametrize(
    ("status", "error", "trouble"),
    [
        (500, None, ErrorClass.AMBIGUOUS),
        (503, None, ErrorClass.AMBIGUOUS),
        (200, "internal_error", ErrorClass.AMBIGUOUS),
        (429, "ratelimited", ErrorClass.RATE_LIMITED),
        (200, "invalid_auth", ErrorClass.LOCKED_OUT),
        (200, "missing_scope", ErrorClass.LOCKED_OUT),
        (200, "is_archived", ErrorClass.PERMANENT),
        (404, None, ErrorClass.PERMANENT),
    ],
)
def test_what_slack_answered_says_whether_to_look_wait_or_give_up(status, error, trouble):
    data = {"ok": False} | ({"error": error} if error else {})
    response = SlackResponse(
        client=None,
        http_verb="POST",
        api_url="https://slack.test/api/chat.postMessage",
        req_args={},
        data=data,
        headers={"Retry-After": "7"},
        status_code=status,
    )
    diagnosis = diagnose(SlackApiError("refused", response))
    assert diagnosis.error_class is trouble
    assert diagnosis.retry_after == (7.0 if trouble is ErrorClass.RATE_LIMITED else 0.0)


@pytest.mark.parametrize(
    ("status", "means"),
    [
        (413, ErrorClass.PERMANENT),
        (403, ErrorClass.PERMANENT),
        (429, ErrorClass.AMBIGUOUS),
        (408, ErrorClass.AMBIGUOUS),
        (503, ErrorClass.AMBIGUOUS),
    ],
)
def test_a_file_that_its_address_will_never_take_is_given_up(status, means):
    refused = HTTPError("https://files.slack.com/upload", status, "no", Message(), None)
    assert diagnose(refused).error_class is means
