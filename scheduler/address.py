"""Asks an address whether it answers; nothing of the answer is read but its status."""

from __future__ import annotations

import time
from typing import Final
from urllib.parse import urlsplit

import httpx

from bot.domain.enums import CheckOutcome
from bot.domain.fix_checks import Judged
from bot.messages.catalog import say_plain
from probes.guard import AddressRefused, Resolve, guarded_client, resolve
from probes.settings import ProbeSettings

ANSWER_SECONDS: Final = 10.0
FAILED_FROM: Final = 400


def ask_address(url: str, settings: ProbeSettings, resolver: Resolve = resolve) -> Judged:
    """Say whether an address answers.

    Internal addresses are refused, unless an administrator has allowed the same host and port as a
    target; a redirect counts as an answer and isn't followed.

    Args:
        url: the address.
        settings: the configured targets.
        resolver: how names become addresses.
    """
    started = time.monotonic()
    end = started + ANSWER_SECONDS
    try:
        with (
            guarded_client(
                timeout=ANSWER_SECONDS,
                allow_internal=_is_allowed(url, settings),
                resolver=resolver,
                left=lambda: end - time.monotonic(),
            ) as client,
            client.stream("GET", url) as response,
        ):
            status = response.status_code
    except AddressRefused as refused:
        return Judged(CheckOutcome.FAILS, str(refused.message))
    except httpx.TimeoutException:
        return Judged(
            CheckOutcome.FAILS, say_plain("fix.url_silent", seconds=f"{ANSWER_SECONDS:g}")
        )
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError):
        return Judged(CheckOutcome.FAILS, say_plain("fix.url_unreachable"))
    seconds = time.monotonic() - started
    figures = {"status": status, "seconds": round(seconds, 3)}
    if status >= FAILED_FROM:
        return Judged(CheckOutcome.FAILS, say_plain("fix.url_failed", status=status), "", figures)
    sentence = say_plain("fix.url_answered", status=status, seconds=f"{seconds:.1f}")
    return Judged(CheckOutcome.HOLDS, sentence, "", figures)


def _is_allowed(url: str, settings: ProbeSettings) -> bool:
    asked = _place(url)
    return any(
        target.allow_internal and _place(target.url.get_secret_value()) == asked
        for target in settings.targets.values()
    )


def _place(url: str) -> tuple[str | None, int | None]:
    try:
        parts = urlsplit(url)
        return parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return None, None
