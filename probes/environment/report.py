"""Send a result from another machine to the sprint, with a signed token that works once.

The receiving side checks the token with `check_token`; it knows the secret, the sender does not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from bot.sprint.errors import InputError
from probes.contract import ProbeResult, result_to_plain

REPORT_FORMAT: Final = "hour48.report/1"
TOKEN_LIFE: Final = timedelta(hours=12)
MOST_BYTES: Final = 1_000_000
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


def check_token(secret: bytes, token: str, now: datetime, spend: Callable[[str], bool]) -> Claims:
    """Return what a token allows, and spend it.

    Args:
        secret: the one it was made with.
        token: as it was sent.
        now: the present moment.
        spend: marks a token's one-time mark as used, in one step; false when it was used before.

    Raises:
        InputError: it is not ours, too old, or was used before.
    """
    _require_secret(secret)
    body, _, signature = token.partition(".")
    if not hmac.compare_digest(_sign(secret, body).encode(), signature.encode()):
        raise InputError("This token is not from this sprint; ask the bot for a new one.")
    sprint, probe, expires, once = _unpack(body)
    claims = Claims(sprint, probe, datetime.fromtimestamp(expires, UTC), once)
    if now >= claims.expires:
        raise InputError("This token is too old; ask the bot for a new one.")
    if not spend(claims.once):
        raise InputError("This token has been used; ask the bot for a new one.")
    return claims


def report_body(result: ProbeResult) -> dict[str, Any]:
    """Return the JSON object that is posted; pictures and artifacts stay on their machine."""
    plain = result_to_plain(result) | {"pictures": [], "artifacts": {}}
    return {"format": REPORT_FORMAT, "result": plain}


def post_report(result: ProbeResult, url: str, token: str) -> None:
    """Post a result to the sprint.

    Raises:
        InputError: the address is not one, cannot be reached, or the sprint refuses the report.
    """
    import httpx

    if not url.startswith(("https://", "http://")):
        raise InputError(
            "--report-to takes an address that starts with https://.", field="report_to"
        )
    try:
        answer = httpx.post(
            url,
            json=report_body(result),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_SEND_SECONDS,
            follow_redirects=False,
        )
    except (httpx.HTTPError, httpx.InvalidURL) as broken:
        raise InputError(f"The sprint could not be reached: {type(broken).__name__}.") from None
    if answer.status_code >= 300:
        raise InputError(f"The sprint refused the report ({answer.status_code}): {_said(answer)}")


def _said(answer: Any) -> str:
    try:
        return str(answer.json()["message"])[:300]
    except (ValueError, KeyError, TypeError):
        return "it gave no reason."


def _require_secret(secret: bytes) -> None:
    if len(secret) < 16:
        raise ValueError("the token secret needs at least 16 bytes")


def _sign(secret: bytes, body: str) -> str:
    return hmac.new(secret, b"hour48.report:" + body.encode(), hashlib.sha256).hexdigest()


def _pack(parts: list[Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


def _unpack(body: str) -> tuple[str, str, int, str]:
    try:
        padded = body + "=" * (-len(body) % 4)
        sprint, probe, expires, once = json.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, binascii.Error):
        raise InputError("This token cannot be read; ask the bot for a new one.") from None
    return str(sprint), str(probe), int(expires), str(once)
