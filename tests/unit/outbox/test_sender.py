"""How long a message waits after a try, and what is left of a try that was given up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from bot.db.outbox_models import OutboxItem
from bot.domain.enums import OutboxState
from bot.outbox.sender import (
    BACKOFF_SECONDS,
    DOUBT_SECONDS,
    LOCKED_OUT_SECONDS,
    LONGEST_WAIT,
    Sender,
    _seconds_to_wait,
    _wait_after,
)
from bot.slack.api_errors import Diagnosis, ErrorClass


def _row(attempts=1, *, in_doubt=False, not_before=None):
    return OutboxItem(attempts=attempts, in_doubt=in_doubt, not_before=not_before)


@pytest.mark.parametrize(
    ("trouble", "retry_after", "row", "seconds"),
    [
        (ErrorClass.AMBIGUOUS, 0.0, _row(1), DOUBT_SECONDS),
        (ErrorClass.AMBIGUOUS, 0.0, _row(1, in_doubt=True), DOUBT_SECONDS),
        (ErrorClass.AMBIGUOUS, 0.0, _row(4), BACKOFF_SECONDS[3]),
        (ErrorClass.AMBIGUOUS, 0.0, _row(99), BACKOFF_SECONDS[-1]),
        (ErrorClass.RATE_LIMITED, 7.0, _row(1), 7.0),
        (ErrorClass.RATE_LIMITED, 9e9, _row(1), LONGEST_WAIT.total_seconds()),
        (ErrorClass.LOCKED_OUT, 0.0, _row(1), LOCKED_OUT_SECONDS),
    ],
)
def test_how_long_a_message_waits_after_each_trouble(trouble, retry_after, row, seconds):
    assert _wait_after(Diagnosis(trouble, "said", retry_after), row) == seconds


@pytest.mark.parametrize(
    ("ahead", "waits"),
    [
        (None, False),
        (-timedelta(seconds=5), False),
        (timedelta(seconds=30), True),
        (LONGEST_WAIT + timedelta(seconds=5), False),
    ],
    ids=["never tried", "in the past", "soon", "set by a clock that was wrong"],
)
def test_a_message_waits_for_its_time_unless_no_try_could_have_set_it(ahead, waits):
    not_before = datetime.now(UTC) + ahead if ahead else None
    assert (_seconds_to_wait(_row(not_before=not_before)) > 0) is waits


def test_what_is_given_up_is_told_and_no_longer_in_doubt():
    told = []
    sender = SimpleNamespace(_on_failure=lambda *about: told.append(about))
    row = _row(3, in_doubt=True)
    refused = Diagnosis(ErrorClass.PERMANENT, "channel_not_found")
    Sender._give_up(sender, "session", row, refused)
    assert (row.state, row.in_doubt, row.error) == (OutboxState.FAILED, False, "channel_not_found")
    assert told == [("session", row, refused)]
