"""Targets that are whole handlers: every form, button, command and shortcut, on real rows.

The rows are two workspaces in a SQLite file in memory. Whatever comes in goes through the dispatch,
and the handler answers in words or with a form that Slack takes; refusals are looked at like any
other answer, nothing rings, and the other workspace stays as it was.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final

from sqlalchemy import func, select

from bot.db.outbox_models import OutboxItem
from bot.domain.errors import InputError
from bot.unit_of_work import Runtime
from handlers import bolt_app, dispatch
from handlers.context import Handler, HandlerContext
from handlers.request import Errors, FormValues, Open, Outcome, Replace, Request, Say
from playground.blockkit import check_blocks, check_view
from tests.fuzz.targets.files import _folder
from tests.fuzz.targets.hostile import assert_harmless
from tests.integration.workspaces import two_workspaces
from tests.runtimes import ANA, BEN, CHO, GUS

KEPT: Final = 400
"""After so many inputs the rows are as they were at first, so that each input meets the same."""
COMMANDS: Final = ("/sprint", "/blocker", "/approval", "/probe")


class _Workspaces:
    """The two workspaces, put back now and then."""

    def __init__(self) -> None:
        file = _folder() / "first.db"
        runtime = two_workspaces.fill_workspaces(file)
        runtime.engine.dispose()
        self._content = file.read_bytes()
        self._used = KEPT
        self._runtime: Runtime | None = None
        self._seen = 0

    def ctx(self) -> HandlerContext:
        if self._runtime is None or self._used >= KEPT:
            self._put_back()
        self._used += 1
        return self._ctx

    def _put_back(self) -> None:
        file: Path = _folder() / "rows.db"
        if self._runtime is not None:
            self._theirs_is_untouched()
            self._runtime.engine.dispose()
        for old in _folder().glob("rows.db*"):
            old.unlink()
        self._runtime = two_workspaces.reopen(file, self._content)
        self._ctx = two_workspaces.context_of(self._runtime)
        self._first = two_workspaces.rows_of(self._runtime, two_workspaces.THEIRS)
        self._used = 0
        self._seen = self._newest()

    def _theirs_is_untouched(self) -> None:
        assert self._runtime is not None
        assert two_workspaces.rows_of(self._runtime, two_workspaces.THEIRS) == self._first
        assert two_workspaces.strangers_in(self._runtime) == []

    def _newest(self) -> int:
        assert self._runtime is not None
        with self._runtime.reading_sessions() as session:
            return session.scalar(select(func.max(OutboxItem.id))) or 0

    def new_messages(self) -> Iterator[tuple[str, dict[str, Any]]]:
        seen, self._seen = self._seen, self._newest()
        if seen == self._seen:
            return
        assert self._runtime is not None
        with self._runtime.reading_sessions() as session:
            rows = session.execute(
                select(OutboxItem.kind, OutboxItem.body).where(OutboxItem.id > seen)
            ).all()
        yield from ((kind, body) for kind, body in rows)


@cache
def _stage() -> _Workspaces:
    return _Workspaces()


def _act(handler: Handler, request: Request) -> None:
    """Run a handler as the dispatch does; what it would tell with an error's id is a finding."""
    stage = _stage()
    ctx = stage.ctx()
    broken: list[Exception] = []
    outcome = dispatch.run(ctx, _watched(handler, broken), request)
    if broken:
        raise broken[-1]
    for kind, body in stage.new_messages():
        _check_message(kind, body)
    _check_outcome(outcome, request)


def _watched(handler: Handler, broken: list[Exception]) -> Handler:
    @wraps(handler)
    def watched(ctx: HandlerContext, request: Request) -> Outcome:
        try:
            return handler(ctx, request)
        except InputError:
            raise
        except Exception as error:  # whatever it is, the dispatch was not meant to meet it
            broken.append(error)
            raise

    return watched


def _check_message(kind: str, body: dict[str, Any]) -> None:
    assert_harmless(body)
    if kind == "message" and "blocks" in body:
        assert not check_blocks(body["blocks"], "message"), check_blocks(body["blocks"], "message")
    if kind == "upload":
        file = str(body.get("filename", "named-when-made"))
        assert Path(file).name == file


def _check_outcome(outcome: Outcome, request: Request) -> None:
    if isinstance(outcome, Open | Replace):
        assert not check_view(dict(outcome.view), "modal"), check_view(dict(outcome.view), "modal")
        assert_harmless(outcome.view)
    elif isinstance(outcome, Say):
        assert_harmless(outcome.content)
        assert not check_blocks(outcome.content.get("blocks", []), "message")
    elif isinstance(outcome, Errors):
        assert all(outcome.errors.values())
        assert set(outcome.errors) <= set(request.form.values), outcome.errors
        assert_harmless(dict(outcome.errors))


def _dice(text: str) -> random.Random:
    """Return dice that fall the same way for the same text."""
    return random.Random(zlib.crc32(text.encode("utf-8", "surrogatepass")))


def _request(dice: random.Random, **facts: Any) -> Request:
    who = dice.choice([ANA, CHO, GUS, BEN])
    return Request(
        team_id=two_workspaces.MINE, user_id=who, user_name="ana", trigger_id="1.2", **facts
    )


@cache
def _entry_points() -> dict[str, two_workspaces.EntryPoint]:
    return two_workspaces.entry_points()


@cache
def _plain_requests(kind: str, name: str) -> tuple[Request, ...]:
    entry = _entry_points()[f"{kind} {name}"]
    return tuple(entry.requests(_stage().ctx().runtime.playbook))


def _row_or_text(dice: random.Random, text: str) -> str:
    """Return a number that is there, one with the text behind it, or the text alone."""
    number = dice.randrange(1, 9)
    return dice.choice([text, f"{number}", f"{number}:{text}", f"{number}:data:{text}"])


def form_fields(text: str) -> None:
    """Every field of every form."""
    dice = _dice(text)
    name = dice.choice(sorted(bolt_app.all_handlers("VIEWS")))
    plain = dice.choice(_plain_requests("view", name))
    values = {block: dict(fields) for block, fields in plain.form.values.items()}
    for block in dice.sample(sorted(values), k=dice.randrange(1, 4)):
        values[block] = {"e": _hostile_element(dice, text)}
    made = replace(plain, form=FormValues(values), receipt=f"view:{dice.random()}")
    _act(
        bolt_app.all_handlers("VIEWS")[name],
        replace(made, view={**made.view, "blocks": _inputs(values)}),
    )


def _inputs(values: Iterable[str]) -> list[dict[str, Any]]:
    """Return a form's fields, at which a refusal is told."""
    return [{"type": "input", "block_id": block} for block in values]


def _hostile_element(dice: random.Random, text: str) -> Any:
    return dice.choice(
        [
            {"value": text},
            {"selected_option": {"value": text}},
            {"selected_options": [{"value": text}, text]},
            {"selected_user": text},
            {"selected_date": text},
            {"selected_time": text},
            {"selected_conversation": text},
            {"value": [text]},
            {"selected_option": text},
            text,
        ]
    )


def form_metadata(text: str) -> None:
    """The private metadata of every form."""
    dice = _dice(text)
    name = dice.choice(sorted(bolt_app.all_handlers("VIEWS")))
    plain = dice.choice(_plain_requests("view", name))
    key = dice.choice(["sprint", "approval", "blocker", "probe_run_id", "permalink"])
    private = dice.choice(
        [
            _row_or_text(dice, text),
            json.dumps({key: text}),
            json.dumps({"sprint": 2, key: dice.choice([text, [text], None, -1, 1e308, True])}),
            f"rerun:{text}",
        ]
    )
    _act(
        bolt_app.all_handlers("VIEWS")[name],
        replace(plain, private=private, receipt=f"view:{dice.random()}"),
    )


def button_value(text: str) -> None:
    """What every button and menu carries."""
    dice = _dice(text)
    name = dice.choice(sorted(bolt_app.all_handlers("ACTIONS")))
    request = _request(dice, action_id=f"{name}:{text}", value=_row_or_text(dice, text))
    _act(
        bolt_app.all_handlers("ACTIONS")[name],
        replace(request, channel_id=dice.choice(["C1", "C2", None])),
    )


def command_text(text: str) -> None:
    """What follows every command, and every word after it."""
    dice = _dice(text)
    name = dice.choice(COMMANDS)
    typed = dice.choice([text, f"{dice.choice(_first_words(name))} {text}"])
    channel = dice.choice([*two_workspaces.CHANNELS, "C9", None])
    request = _request(dice, text=typed, channel_id=channel, receipt=f"command:{dice.random()}")
    _act(bolt_app.all_handlers("COMMANDS")[name], request)


@cache
def _first_words(command: str) -> tuple[str, ...]:
    known = [entry.split(" ", 1)[1] for entry in _entry_points() if entry.startswith(f"{command} ")]
    return (*known, f"security <@{CHO}>")


def shortcut_message(text: str) -> None:
    """The message that a shortcut is about."""
    dice = _dice(text)
    name = dice.choice(sorted(bolt_app.all_handlers("SHORTCUTS")))
    message = {"ts": dice.choice(["1.2", text]), "text": text, "user": dice.choice(["U2", text])}
    channel = dice.choice(["C1", "C9"])
    receipt = f"shortcut:{dice.random()}"
    _act(
        bolt_app.all_handlers("SHORTCUTS")[name],
        _request(dice, message=message, channel_id=channel, receipt=receipt),
    )


TARGETS: Final[tuple[Callable[[str], None], ...]] = (
    form_fields,
    form_metadata,
    button_value,
    command_text,
    shortcut_message,
)
