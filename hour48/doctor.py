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
from bot.messages.scopes_line import off_words
from bot.settings import Settings
from bot.slack.api_errors import TRANSPORT_ERRORS
from bot.slack.scopes import OPTIONAL, SCOPES_HEADER, header_of, read_scopes, switched_off
from bot.texts import languages
from bot.translations import faults
from handlers.readiness import bot_scopes, missing_settings
from hour48.core import secret_text
from hour48.doctor_database import granted_by_workspace, look
from hour48.texts import say, table

CALL_SECONDS: Final = 10
MOST_SKEW_SECONDS: Final = 60
"""Slack refuses nothing of ours by time, but HTTP requests are refused from five minutes on."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
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


def examine(settings: Settings, manifest: Path, read_sources: ReadSources) -> Iterator[HealthCheck]:
    """Look at everything, one after the other; a failure keeps nothing else from being looked at.

    Args:
        settings: the configuration.
        manifest: what the app asks of Slack.
        read_sources: reads every source; its name → what is wrong, None when it can be read.
    """
    yield from _settings(settings)
    if not settings.slack.client_id:
        yield from _bot_token(settings, bot_scopes(manifest))
    else:
        for team, granted in granted_by_workspace(settings.database).items():
            yield scopes_check(granted, bot_scopes(manifest), say("scopes_of", team=team))
    if settings.slack.mode == "socket":
        yield _socket_mode(settings)
    else:
        yield _public_url(settings)
    if settings.oidc.client_id:
        yield _sign_in(settings)
    yield _keys(settings)
    yield _database(settings)
    yield isolation()
    yield from _languages(settings.language.folder)
    yield from _sources(read_sources)


def _settings(settings: Settings) -> Iterator[HealthCheck]:
    try:
        missing = missing_settings(settings)
    except InputError as refused:
        yield HealthCheck("settings", False, refused.message, say("correct_hour48_toml"))
        return
    if not missing:
        yield HealthCheck("settings", True, say("connection_settings_set"))
    for key, where in missing.items():
        yield HealthCheck(
            "settings", False, say("setting_missing", key=key), say("set_it", where=where)
        )


def _bot_token(settings: Settings, wanted: Sequence[str]) -> Iterator[HealthCheck]:
    token = settings.slack.bot_token
    if not secret_text(token):
        return
    try:
        answer = _client(token, settings).auth_test()
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        yield _refused("bot token", error)
        return
    yield HealthCheck(
        "bot token", True, say("it_is_in", user=answer.get("user"), team=answer.get("team"))
    )
    yield _scopes(answer, wanted)
    yield _clock(answer)


def _scopes(answer: SlackResponse, wanted: Sequence[str]) -> HealthCheck:
    granted = read_scopes(header_of(answer, SCOPES_HEADER))
    if granted is None:
        return HealthCheck("scopes", True, say("scopes_unknown"))
    return scopes_check(granted, wanted)


def scopes_check(
    granted: frozenset[str], wanted: Sequence[str], name: str = "scopes"
) -> HealthCheck:
    """Say which scopes a workspace granted; one that the bot can do without is no failure."""
    missing, unused = set(wanted) - granted, sorted(granted - set(wanted))
    advice = say("scopes_fix")
    if needed := sorted(missing - OPTIONAL):
        return HealthCheck(name, False, say("scopes_not_granted", needed=", ".join(needed)), advice)
    if missing:
        return HealthCheck(name, True, off_words(switched_off(granted)))
    if unused:
        return HealthCheck(name, True, say("all_granted_needed", unused=", ".join(unused)))
    return HealthCheck(name, True, say("scopes_match"))


def _clock(answer: SlackResponse) -> HealthCheck:
    stamped = header_of(answer, "date")
    if stamped is None:
        return HealthCheck("clock", True, say("time_unknown"))
    skew = (datetime.now(UTC) - parsedate_to_datetime(stamped)).total_seconds()
    says = f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} Slack's"
    if abs(skew) <= MOST_SKEW_SECONDS:
        return HealthCheck("clock", True, says)
    return HealthCheck("clock", False, says, say("clock_fix"))


def _socket_mode(settings: Settings) -> HealthCheck:
    token = settings.slack.app_token
    if not secret_text(token):
        return HealthCheck("Socket Mode", False, say("socket_not_tried"), say("set_first"))
    try:
        _client(token, settings).apps_connections_open(app_token=secret_text(token))
    except (SlackApiError, *TRANSPORT_ERRORS) as error:
        return _refused("Socket Mode", error)
    return HealthCheck("Socket Mode", True, say("slack_offers_connection"))


def _public_url(settings: Settings) -> HealthCheck:
    url = settings.server.public_url
    name = "public address"
    if not url:
        advice = say("public_url_fix")
        return HealthCheck(name, False, say("public_url_missing"), advice)
    if not url.startswith("https://"):
        advice = say("https_fix")
        return HealthCheck(name, False, say("https", url=url), advice)
    return HealthCheck(name, True, say("request_url", url=url))


def _sign_in(settings: Settings) -> HealthCheck:
    """Say whether the OpenID provider is there, and knows this app."""
    from handlers.oidc import Provider, ProviderError
    from handlers.sign_in import BACK_PATH

    issuer, public_url = settings.oidc.issuer, settings.server.public_url
    back = f"{public_url or ''}{BACK_PATH}"
    if not public_url:
        return HealthCheck("sign-in", False, say("sign_in_without_page"), say("public_url_fix"))
    try:
        Provider(settings.oidc, back).examine()
    except ProviderError as wrong:
        advice = say("oidc_fix", back=back)
        return HealthCheck(
            "sign-in", False, say("sign_in_fails", issuer=issuer, cause=wrong), advice
        )
    return HealthCheck("sign-in", True, say("sign_in_works", issuer=issuer))


def _keys(settings: Settings) -> HealthCheck:
    keys = [key.get_secret_value() for key in settings.database.encryption_keys]
    if not keys:
        return HealthCheck("keys", True, say("keys_not_needed"))
    try:
        Encryption(keys)
    except InputError as refused:
        return HealthCheck("keys", False, refused.message, say("keys_fix"))
    return HealthCheck("keys", True, say("first_seals", keys=len(keys)))


def _database(settings: Settings) -> HealthCheck:
    return HealthCheck("database", *look(settings.database))


def isolation() -> HealthCheck:
    """Say what a probe's process is held to on this machine, by trying it."""
    from bot.isolation.confinement import Strength
    from bot.isolation.self_test import try_here

    tried = try_here()
    calls = {
        Strength.BY_ADDRESS: say("calls_held_by_seccomp"),
        Strength.BY_PORT: say("calls_held_by_landlock"),
        Strength.NOT: say("calls_not_isolated"),
    }[tried.calls]
    files = say("files_isolated") if tried.files else say("files_not_isolated")
    says = say("probe_isolated", files=files, calls=calls)
    whole = tried.files and tried.calls is Strength.BY_ADDRESS
    advice = say("isolation_needs_linux")
    return HealthCheck("isolation", True, says, "" if whole else advice)


def _languages(folder: Path | None) -> Iterator[HealthCheck]:
    if folder is None:
        return
    found = faults(folder)
    for fault in found:
        yield HealthCheck("languages", False, fault, say("languages_fix"))
    if not found:
        yield HealthCheck("languages", True, say("languages_whole", names=", ".join(languages())))


def _sources(read_sources: ReadSources) -> Iterator[HealthCheck]:
    try:
        found = read_sources()
    except InputError as refused:
        yield HealthCheck("sources", False, refused.message, say("correct_hour48_toml"))
        return
    if not found:
        yield HealthCheck("sources", True, say("sources_none"))
    for name, problem in found.items():
        advice = say("sources_fix", name=name)
        yield HealthCheck(
            f"source {name}", not problem, problem or say("can_read"), advice * bool(problem)
        )


def _refused(name: str, error: Exception) -> HealthCheck:
    if isinstance(error, SlackApiError):
        code = str(error.response.get("error"))
        advice = table("token_advice", str).get(code, say("slack_code_fix", code=code))
        return HealthCheck(name, False, say("slack_refuses", code=code), advice)
    advice = say("slack_unreachable_fix")
    return HealthCheck(name, False, say("slack_cannot_reached", cause=type(error).__name__), advice)


def _client(token: SecretStr | None, settings: Settings) -> WebClient:
    return WebClient(
        token=secret_text(token),
        base_url=settings.slack.api_url,
        retry_handlers=[],
        timeout=CALL_SECONDS,
    )
