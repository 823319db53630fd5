"""Send a result from another machine to the sprint, with a signed token that works once.

The receiving side reads the token with `read_token`; it knows the secret, the sender does not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter

from bot.domain.errors import InputError
from bot.stored_sentences import in_language
from probes.contract import Finding, ProbeResult, result_to_plain
from probes.environment.texts import say

REPORT_FORMAT: Final = "hour48.report/1"
TOKEN_LIFE: Final = timedelta(hours=12)
REMOTE: Final = ("environment",)
"""Probes that may run on another machine and report from there."""

MOST_FINDINGS: Final = 60
LONGEST_SENTENCE: Final = 600
LONGEST_TITLE: Final = 150
LONGEST_CODE: Final = 60
_SEND_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Claims:
    """What a token allows: one report of one probe to one sprint, until it expires."""

    sprint: str
    probe: str
    expires: datetime
    once: str


def make_token(secret: bytes, sprint: str, probe: str, now: datetime) -> str:
    """Return a token that lets one machine report one probe's result once.

    Args:
        secret: at least 16 bytes that only the bot knows.
        sprint: the sprint's id.
        probe: the probe's name.
        now: the present moment; the token lives `TOKEN_LIFE` from it.
    """
    _require_secret(secret)
    expires = int((now + TOKEN_LIFE).timestamp())
    body = _pack([sprint, probe, expires, secrets.token_hex(12)])
    return f"{body}.{_sign(secret, body)}"


def read_token(accepted: Sequence[bytes], token: str, now: datetime) -> Claims:
    """Return what a token allows; the caller spends `Claims.once` with what it writes.

    Args:
        accepted: the secrets it may have been made with.
        token: as it was sent.
        now: the present moment.

    Raises:
        InputError: it is not ours, or too old.
    """
    body, _, signature = token.partition(".")
    signed = (_sign(secret, body).encode() for secret in accepted)
    if not any(hmac.compare_digest(one, signature.encode(errors="replace")) for one in signed):
        raise InputError(say("token_of_other_sprint"))
    sprint, probe, expires, once = _unpack(body)
    claims = Claims(sprint, probe, datetime.fromtimestamp(expires, UTC), once)
    if now >= claims.expires:
        raise InputError(say("token_expired"))
    return claims


def read_report(body: bytes, probe: str) -> ProbeResult:
    """Return the result that another machine posted; its words are cut, its paths are dropped.

    Args:
        body: as it was posted.
        probe: the probe that the token allows.

    Raises:
        InputError: it is not a report, or of another probe.
    """
    try:
        report = json.loads(body, parse_constant=_refuse_constant)
        if report["format"] != REPORT_FORMAT:
            raise ValueError(report["format"])
        plain = report["result"] | {"pictures": [], "artifacts": {}}
        result = TypeAdapter(ProbeResult).validate_python(in_language(plain, checked=True))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise InputError(say("report_invalid")) from None
    if result.probe != probe:
        raise InputError(say("token_of_other_probe", probe=probe))
    findings = tuple(_cut(found) for found in result.findings[:MOST_FINDINGS])
    why = _short(result.scenario_why, LONGEST_SENTENCE)
    return replace(result, findings=findings, scenario_why=why)


def _refuse_constant(name: str) -> None:
    raise ValueError(name)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most]  # a slice no longer knows its source


def _cut(found: Finding) -> Finding:
    return replace(
        found,
        code=found.code[:LONGEST_CODE],
        sentence=_short(found.sentence, LONGEST_SENTENCE),
        meaning=_short(found.meaning, LONGEST_SENTENCE),
        suggestion=found.suggestion
        and replace(found.suggestion, title=_short(found.suggestion.title, LONGEST_TITLE)),
    )


def report_body(result: ProbeResult) -> dict[str, Any]:
    """Return the JSON object that is posted; pictures and artifacts stay on their machine."""
    plain = result_to_plain(result) | {"pictures": [], "artifacts": {}}
    return {"format": REPORT_FORMAT, "result": plain}


def check_reporting(probe: str, url: str, token: str) -> None:
    """Refuse before the probe runs what could not be sent after it.

    Raises:
        InputError: the probe doesn't report, the address is none, or the token is missing.
    """
    if probe not in REMOTE:
        raise InputError(say("probe_not_remote", remote=" and ".join(REMOTE)), field="probe")
    if not url.startswith(("https://", "http://")):
        raise InputError(say("report_address_invalid"), field="report_to")
    if not token:
        raise InputError(
            say("report_token_missing"),
            field="token",
        )


def post_report(result: ProbeResult, url: str, token: str) -> None:
    """Post a result to the sprint.

    Raises:
        InputError: the address cannot be reached, or the sprint refuses the report.
    """
    import httpx

    try:
        answer = httpx.post(
            url,
            json=report_body(result),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_SEND_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as broken:
        raise InputError(say("sprint_could_reached", cause=type(broken).__name__)) from None
    if answer.status_code >= 300:
        raise InputError(
            say("sprint_refused_report", status_code=answer.status_code, answer=_said(answer))
        )


def _said(answer: Any) -> str:
    try:
        return str(answer.json()["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return say("gave_reason")


def _require_secret(secret: bytes) -> None:
    if len(secret) < 16:
        raise RuntimeError("the token secret needs at least 16 bytes")


def _sign(secret: bytes, body: str) -> str:
    return hmac.new(
        secret, b"hour48.report:" + body.encode(errors="replace"), hashlib.sha256
    ).hexdigest()


def _pack(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _unpack(body: str) -> tuple[str, str, int, str]:
    try:
        padded = body + "=" * (-len(body) % 4)
        sprint, probe, expires, once = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        raise InputError(say("token_unreadable")) from None
    return str(sprint), str(probe), int(expires), str(once)
