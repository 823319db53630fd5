"""A delivery is taken when each known part is of its kind, and refused unread when one is not."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from handlers.payload_shape import is_delivery

PRESS = {
    "type": "block_actions",
    "team": {"id": "T1"},
    "user": {"id": "U1"},
    "actions": [{"type": "button", "action_id": "a", "block_id": "b"}],
    "response_url": "https://example.test/1",
}


def taken(body) -> bool:
    return is_delivery(json.dumps(body).encode(), "application/json")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"view": None},
        {"something": {"new": 1}},
        {"message": {"text": "\ud800"}},
        {"response_url": None},
    ],
)
def test_what_is_new_missing_or_null_is_taken(changed):
    assert taken(PRESS | changed)


@pytest.mark.parametrize(
    "changed",
    [
        {"actions": []},
        {"actions": None},
        {"actions": ["a"]},
        {"actions": [{"action_id": 1}]},
        {"team": "T1"},
        {"user": {"id": 7}},
        {"view": {"id": "V1"}},
        {"response_url": "file:///etc/passwd"},
        {"text": 5},
        {"type": "view_submission"},
    ],
)
def test_a_part_of_another_kind_is_refused(changed):
    assert not taken(PRESS | changed)


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"\xff", b"[" * 100_000])
def test_what_is_no_object_is_refused(body):
    assert not is_delivery(body, "application/json") or body == b""


def test_a_command_comes_as_fields_and_a_press_inside_of_one():
    form = "application/x-www-form-urlencoded"
    assert is_delivery(urlencode({"command": "/blocker", "text": ""}).encode(), form)
    assert is_delivery(urlencode({"payload": json.dumps(PRESS)}).encode(), form)
    assert not is_delivery(urlencode({"payload": "[1]"}).encode(), form)
