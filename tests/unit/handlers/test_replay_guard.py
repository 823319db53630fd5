"""A signed request counts once at every bot, and what cannot be read is the caller's fault."""

from __future__ import annotations

import pytest
from slack_bolt import BoltRequest, BoltResponse

from handlers.bolt_app import _report_error
from handlers.payload import UnreadableError
from handlers.replay_guard import CONTEXT_KEY, Replays, receipt_of
from handlers.request import Request
from handlers.transaction import Transaction
from tests.runtimes import ANA, TEAM

NOW = 1_000_000.0


def _request(signature, mode="http"):
    headers = {"x-slack-signature": signature, "x-slack-request-timestamp": str(NOW)}
    return BoltRequest(body="{}", headers=headers, mode=mode)


def test_a_signed_request_passes_once_and_names_the_receipt_that_its_first_write_keeps():
    replays, first, again = Replays(lambda: NOW), _request("v0=a"), _request("v0=a")
    passed = []
    for request in (first, again, _request("v0=b")):
        answer = replays(request, lambda: passed.append(1) or BoltResponse(status=200))
        assert answer.status == (401 if request is again else 200)
    assert len(passed) == 2
    assert first.context[CONTEXT_KEY] == receipt_of("v0=a")
    assert "v0=a" not in receipt_of("v0=a")


def test_nothing_is_signed_in_socket_mode():
    request = _request("v0=a", mode="socket_mode")
    for _ in range(2):
        assert Replays(lambda: NOW)(request, lambda: BoltResponse(status=200)).status == 200
    assert request.context.get(CONTEXT_KEY) is None


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [(UnreadableError(), 400, "not readable\n"), (RuntimeError("secret"), 500, "error ")],
)
def test_what_cannot_be_read_is_refused_and_what_breaks_is_owned(error, status, told):
    answer = _report_error(error, {"type": "block_actions"})
    assert answer.status == status
    assert answer.body.startswith(told)
    assert "secret" not in answer.body


def test_where_somebody_acts_reaches_both_units_of_a_request(runtime):
    """Being in a private channel is what proves that they may see its sprint."""
    request = Request(team_id=TEAM, user_id=ANA, channel_id="C7")
    with Transaction(runtime, request) as own:
        assert own.reading.channel_id == "C7"
        assert own.uow.channel_id == "C7"
