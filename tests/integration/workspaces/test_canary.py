"""Secrets are planted wherever a bot holds one, and searched for wherever a bot says anything."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
import zlib

import httpx
import pytest
import structlog
from sqlalchemy import select

from bot.db.backup import back_up
from bot.db.models import Sprint
from bot.debrief.report_files import render
from bot.logs import log_to
from bot.report.write import Format
from bot.settings import LogSettings
from bot.sprints.audit_export import audit_csv
from bot.unit_of_work import Runtime
from handlers.dispatch import run
from handlers.request import Request
from tests.integration.workspaces import two_workspaces
from tests.integration.workspaces.conftest import SECRET
from tests.integration.workspaces.test_requests import command, post, press, signed


@pytest.fixture
def log(monkeypatch):
    """Log as a bot does, everything, into memory; return what was said so far."""
    configured, stream = structlog.get_config(), io.StringIO()
    with monkeypatch.context() as patched:
        patched.setattr(sys, "stderr", stream)
        log_to(LogSettings(level="debug", form="json"))
    yield stream.getvalue
    structlog.configure(**configured)


def secrets_of(tenancy):
    """Return every secret that this bot knows."""
    kept = tenancy.bot.core.installations.find(tenancy.workspaces[0].team_id)
    keys = [key.get_secret_value() for key in tenancy.bot.core.settings.database.encryption_keys]
    return [kept.bot_token, SECRET, "client secret", *keys]


def said_over_http(tenancy):
    """Ask for everything that can be asked for, with and without a right to it."""
    base = tenancy.url
    body = command(tenancy, "audit", "2.2")
    yield post(base, body, signed(body)).text
    yield post(base, body, signed(body)).text
    yield post(base, body, signed(body, secret="another")).text
    broken = press(tenancy, actions=[{"action_id": "blocker.fixed", "value": "no number"}])
    yield post(base, broken, signed(broken)).text
    for page in ("metrics", "readyz", "healthz", "reports/none", "nothing", "slack/install"):
        answer = httpx.get(f"{base}/{page}")
        yield f"{answer.text}{answer.headers}"
    yield httpx.get(f"{base}/slack/oauth_redirect?state=x&code=y").text


def described(tenancy):
    """Return how the parts that hold secrets show themselves in a trace or a log."""
    bot = tenancy.bot
    kept = bot.core.installations.find(tenancy.workspaces[0].team_id)
    for part in (
        bot.core.settings,
        bot.core.oauth,
        kept,
        bot.core.clients,
        bot.core.installations,
        bot.core.runtime.links,
    ):
        yield f"{part!r} {part}"
    yield bot.core.settings.model_dump_json()


def broken_handler(ctx, request):
    """Fail with secrets in every local variable, as a trace that shows them would tell."""
    token = ctx.canary  # noqa: F841 - only a trace with locals could show it
    raise RuntimeError(request.team_id)


def test_a_planted_secret_turns_up_in_nothing_that_a_bot_says_or_keeps(tenancy, log, tmp_path):
    tenancy.install(tenancy.workspaces[0])
    secrets = secrets_of(tenancy)
    tenancy.workspaces[0].people()[0].command("/sprint", "plan")
    shown = [*said_over_http(tenancy), *described(tenancy)]
    with_canary = type(
        "HandlerContextLike", (), {"runtime": tenancy.bot.core.runtime, "canary": secrets[0]}
    )
    outcome = run_broken(tenancy, with_canary)
    shown += [
        json.dumps(outcome.content),
        two_workspaces.messages_to(tenancy.bot.core.runtime, "T1"),
    ]
    back_up(tenancy.bot.core.engine, tmp_path / "all.backup")
    with zipfile.ZipFile(tmp_path / "all.backup") as archive:
        shown += [archive.read(name).decode() for name in archive.namelist()]
    shown.append(log())
    assert "handler.failed" in shown[-1]
    for secret, text in ((secret, text) for secret in secrets for text in shown):
        assert secret not in text, text[:300]
    for file in tmp_path.iterdir():
        for secret in secrets:
            assert secret.encode() not in file.read_bytes(), file.name


def run_broken(tenancy, context_like):
    from dataclasses import dataclass
    from typing import Any

    from handlers.context import HandlerContext

    @dataclass(frozen=True)
    class WithCanary(HandlerContext):
        canary: Any = None

    ctx = WithCanary(context_like.runtime, canary=context_like.canary)
    return run(ctx, broken_handler, Request(tenancy.workspaces[0].team_id, "U1"))


# --- pictures, reports, exports -------------------------------------------------------------

TOKEN = "xoxb-canary-7d1f"


def readable(content: bytes) -> str:
    """Return what stands in a file, its compressed parts opened."""
    parts = [content.decode("latin-1")]
    for packed in re.finditer(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            parts.append(zlib.decompress(packed[1].strip(b"\r\n")).decode("latin-1"))
        except zlib.error:
            continue
    return "".join(parts)


@pytest.fixture
def runtime_with_a_secret(fresh, monkeypatch):
    """A deployment whose environment and settings hold a token."""
    monkeypatch.setenv("HOUR48_SLACK__BOT_TOKEN", TOKEN)
    return fresh()


@pytest.mark.parametrize(
    "form",
    [
        pytest.param(each, marks=pytest.mark.slow if each in (Format.PDF, Format.PNG) else ())
        for each in Format
    ],
)
def test_a_planted_secret_is_in_no_report_and_in_no_picture(runtime_with_a_secret, form):
    runtime: Runtime = runtime_with_a_secret
    with runtime.reading(two_workspaces.MINE) as uow:
        made = render(uow, uow.sprint(two_workspaces.DEBRIEF), form.value)[form.value]
    assert made
    assert TOKEN not in readable(made)


def test_a_planted_secret_is_in_no_export(runtime_with_a_secret):
    with runtime_with_a_secret.reading(two_workspaces.MINE) as uow:
        for sprint in uow.session.scalars(
            select(Sprint).where(Sprint.team_id == two_workspaces.MINE)
        ):
            assert TOKEN not in audit_csv(uow, sprint)
