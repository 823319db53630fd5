"""`hour48 doctor`: is everything there that a bot needs, and for each failure what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from pydantic import SecretStr
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.db.encryption import Encryption
from bot.domain.errors import InputError
from bot.settings import Settings
from bot.slack.api_errors import TRANSPORT_ERRORS
from handlers.readiness import bot_scopes, missing_settings
from hour48.core import secret_text
from hour48.doctor_database import look

CALL_SECONDS: Final = 10
MOST_SKEW_SECONDS: Final = 60
"""Slack refuses nothing of ours by time, but HTTP requests are refused from five minutes on."""

TOKEN_ADVICE: Final = {
    "invalid_auth": "Copy the token again; it belongs to another app or workspace, or is cut off.",
    "account_inactive": "The app was removed from the workspace; install it again.",
    "token_revoked": "The token was revoked; install the app again and copy the new one.",
    "token_expired": "The token has expired; install the app again and copy the new one.",
    "missing_scope": "Give the app-level token the scope connections:write.",
    "not_allowed_token_type": "This is another kind of token: xoxb-… is the bot's, xapp-… the "
    "app's.",
}


@dataclass(frozen=True, slots=True)
class Check:
    """What was looked at.

    Args:
        name: what.
        is_well: whether it is as it should be.
        says: what was seen, in a sentence.
        advice: what to do; empty when it is well.
    """

    name: str
    is_well: bool
    says: str
    advice: str = ""


ReadSources = Callable[[], Mapping[str, str | None]]


def examine(settings: Settings, manifest: Path, read_sources: ReadSources) -> Iterator[Check]:
    """Look at everything, one after the other; a failure keeps nothing else from being looked at.

    Args:
        settings: the configuration.
        manifest: what the app asks of Slack.
        read_sources: reads every source; its name → what is wrong, None when it can be read.
    """
    yield from _settings(settings)
    if not settings.slack.client_id:
        yield from _bot_token(settings, bot_scopes(manifest))
    if settings.slack.mode == "socket":
        yield _socket_mode(settings)
    else:
        yield _public_url(settings)
    yield _keys(settings)
    yield _database(settings)
    yield isolation()
    yield from _sources(read_sources)


def _settings(settings: Settings) -> Iterator[Check]:
    try:
        missing = missing_settings(settings)
    except InputError as refused:
        yield Check("settings", False, refused.message, "Correct it in hour48.toml.")
        return
    if not missing:
        yield Check("settings", True, "everything that the connection needs is set")
    for key, where in missing.items():
        yield Check("settings", False, f"{key} is missing", f"Set {where}.")


def _bot_token(settings: Settings, wanted: Sequence[str]) -> Iterator[Check]:
    token = settings.slack.bot_token
    if not secret_text(token):
        return
    try:
        answer = _client(token, settings).auth_test()
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        yield _refused("bot token", error)
        return
    yield Check("bot token", True, f"it is {answer.get('user')} in {answer.get('team')}")
    yield _scopes(answer, wanted)
    yield _clock(answer)


def _scopes(answer: SlackResponse, wanted: Sequence[str]) -> Check:
    header = _header(answer, "x-oauth-scopes")
    if header is None:
        return Check("scopes", True, "Slack did not say which scopes were granted")
    granted = {scope.strip() for scope in header.split(",") if scope.strip()}
    missing, unused = sorted(set(wanted) - granted), sorted(granted - set(wanted))
    if missing:
        advice = "Paste what `hour48 manifest` prints into “App Manifest” and install it again."
        return Check("scopes", False, f"not granted: {', '.join(missing)}", advice)
    if unused:
        return Check("scopes", True, f"all granted; not needed: {', '.join(unused)}")
    return Check("scopes", True, "those of manifest.yml, no more and no less")


def _clock(answer: SlackResponse) -> Check:
    stamped = _header(answer, "date")
    if stamped is None:
        return Check("clock", True, "Slack did not say what time it is")
    skew = (datetime.now(UTC) - parsedate_to_datetime(stamped)).total_seconds()
    says = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Slack's"
    if abs(skew) <= MOST_SKEW_SECONDS:
        return Check("clock", True, says)
    return Check("clock", False, says, "Let the machine keep time by NTP (timedatectl set-ntp on).")


def _socket_mode(settings: Settings) -> Check:
    token = settings.slack.app_token
    if not secret_text(token):
        return Check("Socket Mode", False, "not tried without slack.app_token", "Set it first.")
    try:
        _client(token, settings).apps_connections_open(app_token=secret_text(token))
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        return _refused("Socket Mode", error)
    return Check("Socket Mode", True, "Slack offers a connection")


def _public_url(settings: Settings) -> Check:
    url = settings.server.public_url
    name = "public address"
    if not url:
        advice = "Set server.public_url to where Slack reaches this page, https://…"
        return Check(name, False, "server.public_url is not set", advice)
    if not url.startswith("https://"):
        advice = "Put a proxy with a certificate in front; Slack sends nothing to http://."
        return Check(name, False, f"{url} is not https", advice)
    return Check(name, True, f"Slack's Request URL is {url}/slack/events")


def _keys(settings: Settings) -> Check:
    keys = [key.get_secret_value() for key in settings.database.encryption_keys]
    if not keys:
        return Check("keys", True, "none, and none are needed for one workspace")
    try:
        Encryption(keys)
    except InputError as refused:
        return Check("keys", False, refused.message, "Make one with `hour48 keys new`.")
    return Check("keys", True, f"{len(keys)}; the first one seals")


def _database(settings: Settings) -> Check:
    return Check("database", *look(settings.database))


def isolation() -> Check:
    """Say what a probe's process is held to on this machine, by trying it."""
    from bot.isolation.confinement import Strength
    from bot.isolation.trial import try_here

    tried = try_here()
    calls = {
        Strength.BY_ADDRESS: "calls its source's address alone (seccomp)",
        Strength.BY_PORT: "calls its source's port alone (Landlock)",
        Strength.NOT: "may call any machine",
    }[tried.calls]
    files = "reads its source's files alone (Landlock)" if tried.files else "may read any file"
    says = f"a probe's process gets no token or key of the bot, {files}, and {calls}"
    whole = tried.files and tried.calls is Strength.BY_ADDRESS
    advice = "Linux 6.12 or newer holds it; in a container, allow Landlock and seccomp."
    return Check("isolation", True, says, "" if whole else advice)


def _sources(read_sources: ReadSources) -> Iterator[Check]:
    try:
        found = read_sources()
    except InputError as refused:
        yield Check("sources", False, refused.message, "Correct it in hour48.toml.")
        return
    if not found:
        yield Check("sources", True, "none are configured, so there is nothing to probe")
    for name, problem in found.items():
        advice = f"Correct [sources.{name}]; `hour48 probe access {name}` tells more."
        yield Check(
            f"source {name}", not problem, problem or "it can be read", advice * bool(problem)
        )


def _refused(name: str, error: Exception) -> Check:
    if isinstance(error, SlackApiError):
        said = str(error.response.get("error"))
        advice = TOKEN_ADVICE.get(said, f"https://docs.slack.dev says what “{said}” means.")
        return Check(name, False, f"Slack refuses it: {said}", advice)
    advice = "Let this machine reach slack.com over https; a proxy is set by HTTPS_PROXY."
    return Check(name, False, f"Slack cannot be reached: {type(error).__name__}", advice)


def _client(token: SecretStr | None, settings: Settings) -> WebClient:
    return WebClient(
        token=secret_text(token),
        base_url=settings.slack.api_url,
        retry_handlers=[],
        timeout=CALL_SECONDS,
    )


def _header(answer: SlackResponse, name: str) -> str | None:
    return next((str(value) for key, value in answer.headers.items() if key.lower() == name), None)
