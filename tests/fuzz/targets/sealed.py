"""Targets that are sent back to the bot sealed or signed: links, tokens, states, metadata."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from bot.db.encryption import Encryption, SealedError
from bot.domain.errors import InputError
from bot.report_links import ReportLinks
from handlers.payload import LARGEST, UnreadableError
from handlers.request import Request, from_action, from_command, from_shortcut, from_view
from handlers.typed_text import unpack
from probes.environment.report import make_token, read_report, read_token

NOW: Final = datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
SECRET: Final = b"sixteen bytes and more of secret"
READERS: Final = (from_action, from_command, from_shortcut, from_view)


@cache
def _links() -> ReportLinks:
    return ReportLinks("https://hour48.example.com", ["a secret"])


@cache
def _states() -> Encryption:
    return Encryption.derived(["a secret"], "hour48 install states")


def report_link(text: str) -> None:
    """The end of a report's address."""
    assert _links().read(text, NOW) is None
    made = _links().link("T1", 1, NOW).rpartition("/")[2]
    for changed in (made[: len(text) % 40] + text, text[:40] + made, made[:-1] + text[:1]):
        assert _links().read(changed, NOW) in (None, ("T1", 1, None)), changed


def install_state(text: str) -> None:
    """The state that an installation brings back."""
    try:
        _states().open(text, 600)
    except SealedError:
        return
    raise AssertionError("a state that was not sealed here was opened")


def probe_token(text: str) -> None:
    """The token that another machine reports with."""
    made = make_token(SECRET, "T1:1:U1", "environment", NOW)
    for token in (text, f"{text}.{made.partition('.')[2]}", f"{made.partition('.')[0]}.{text}"):
        if token == made:
            continue
        try:
            read_token([SECRET], token, NOW)
        except InputError:
            continue
        raise AssertionError("a token that was not made here was taken")


def probe_report(text: str) -> None:
    """What another machine reports."""
    raw = text.encode("utf-8", "surrogatepass")
    for body in (raw, b'{"format": 1, "result": ' + raw + b"}"):
        try:
            read_report(body, "environment")
        except InputError:
            continue


def private_metadata(text: str) -> None:
    """What a modal or a button brings back."""
    for private in (text, json.dumps({"sprint": text, "approval": [text], "blocker": len(text)})):
        request = Request("T1", "U1", private=private, value=text)
        packed = unpack(request)
        packed.text("sprint")
        for name in ("sprint", "approval", "blocker", text):
            try:
                assert 0 <= (packed.number(name) or 0) < LARGEST
            except InputError:
                continue
        for place in range(3):
            try:
                assert 0 <= request.number(place) < LARGEST
            except InputError:
                continue


def delivery_body(text: str) -> None:
    """A delivery with anything in any of its fields."""
    try:
        read = json.loads(text)
    except (ValueError, RecursionError):
        read = text
    for body in _bodies(read):
        for reader in READERS:
            try:
                request = reader(body)
            except UnreadableError:
                continue
            _look_at(request)


def _bodies(value: Any) -> list[dict[str, Any]]:
    whole: dict[str, Any] = {
        "team": {"id": "T1"},
        "team_id": "T1",
        "user_id": "U1",
        "user": {"id": "U1", "name": "ana"},
        "channel": {"id": "C1"},
        "actions": [{"action_id": "a", "value": "1"}],
        "view": {"id": "V1", "state": {"values": {}}, "private_metadata": "", "blocks": []},
        "message": {"ts": "1.2", "text": "words"},
        "trigger_id": "1.2",
        "text": "list",
    }
    changed = [{**whole, name: value} for name in whole]
    changed += [{**whole, "view": {**whole["view"], name: value}} for name in whole["view"]]
    changed += [
        {**whole, "actions": [{**whole["actions"][0], name: value}]}
        for name in ("action_id", "value", "selected_option", "selected_user")
    ]
    values = ({"b": value}, {"b": {"e": value}}, {"b": {"e": {"selected_options": value}}}, value)
    changed += [{**whole, "view": {**whole["view"], "state": {"values": each}}} for each in values]
    return [*changed, value] if isinstance(value, dict) else changed


def _look_at(request: Request) -> None:
    form = request.form
    for read in (form.text, form.choice, form.choices, form.user, form.conversation):
        read("b")
    form.date("b")
    form.time("b")
    unpack(request)
    for text in (request.text, request.value, request.private, form.text("b")):
        text.encode("utf-8")
        assert "\0" not in text
    assert len(request.team_id) <= 32
    assert len(request.user_id) <= 32
    assert len(request.receipt or "") <= 255


TARGETS: Final[tuple[Callable[[str], None], ...]] = (
    report_link,
    install_state,
    probe_token,
    probe_report,
    private_metadata,
    delivery_body,
)
