"""Configuration: `hour48.toml`, and the environment over it. An unknown key is refused by name."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from bot.domain.errors import InputError
from bot.domain.setting_faults import (
    ENV_DELIMITER,
    ENV_PREFIX,
    setting_fault,
    unknown_section,
    unreadable_variable,
)
from bot.domain.texts import say
from bot.texts import FALLBACK, known_language, use_folder

SLACK_ISSUER: Final = "https://slack.com"
DEFAULT_FILE: Final = Path("hour48.toml")
PROBE_SECTIONS: Final = ("sources", "targets", "probes", "governance")
"""Sections that `probes.settings` reads and checks."""


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://\S+", value):
        raise ValueError(say("not_web_address"))
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class SettingsSection(BaseModel):
    """Any section: immutable, and unknown keys are refused by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SlackSettings(SettingsSection):
    """How the bot reaches Slack.

    Args:
        mode: `socket` needs no public address; `http` takes signed requests.
        bot_token: `xoxb-…`.
        app_token: `xapp-…`, for Socket Mode.
        signing_secret: for HTTP mode.
        client_id: for an installation in several workspaces.
        client_secret: likewise.
        api_url: where the Web API is; another than Slack's only for tests.
        pace: keep Slack's rates; off only for a local workspace that enforces none.
    """

    mode: Literal["socket", "http"] = "socket"
    bot_token: SecretStr | None = None
    app_token: SecretStr | None = None
    signing_secret: SecretStr | None = None
    client_id: str | None = None
    client_secret: SecretStr | None = None
    api_url: str = "https://slack.com/api/"
    pace: bool = True


class DatabaseSettings(SettingsSection):
    """Where hour48 keeps its own rows.

    Args:
        url: `sqlite:///file.db`, or `postgresql://user@host/name` for several bots at once.
        encryption_keys: keys for tokens at rest, the newest first; older ones still decrypt.
        owner_url: the same database as the user that owns its tables; for `hour48 migrate` alone.
        migrate_on_start: let `hour48 run` bring the schema up to date by itself.
    """

    url: SecretStr = SecretStr("sqlite:///hour48.db")
    encryption_keys: list[SecretStr] = Field(default_factory=list)
    owner_url: SecretStr | None = None
    migrate_on_start: bool = True


class ServerSettings(SettingsSection):
    """The page for health, metrics and, in HTTP mode, Slack's requests.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        public_url: where this is reached from outside, without a slash at the end.
        ops_host: the address for `/readyz` and `/metrics`; that of the page when left out.
        ops_port: their port; they are on the page itself when left out.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=4848, ge=0, le=65_535)
    public_url: str | None = None
    ops_host: str | None = None
    ops_port: int | None = Field(default=None, ge=0, le=65_535)

    @field_validator("public_url")
    @classmethod
    def _without_slash(cls, value: str | None) -> str | None:
        return value.rstrip("/") if value else None


class LimitSettings(SettingsSection):
    """What one person, one address and one process of the page may take up.

    Args:
        person_a_minute: commands, presses and forms of one person; half of it at once. 0: any.
        head_seconds: until a request's headers are there.
        body_seconds: until its body is there, from its headers.
        connections: to the page at a time, for each process that answers.
        per_address: unfinished requests of one address at a time.
    """

    person_a_minute: int = Field(default=120, ge=0)
    head_seconds: float = Field(default=10.0, gt=0)
    body_seconds: float = Field(default=15.0, gt=0)
    connections: int = Field(default=2_000, ge=64)
    per_address: int = Field(default=32, ge=1)


class ServingSettings(SettingsSection):
    """The prediction service of deployments that hour48 serves itself.

    Args:
        host: the address to listen on; another than this machine's needs a client's token.
        port: of deployment 1, the next one's is one higher; 0 takes free ones.
        workers: processes that share each port; 0 where `hour48 serve` runs elsewhere.
        models_folder: where models go that are too large for a row of the database.
        write_url: database that scored tables are written to; its credential is only for that.
        writers: more such databases, by the name that a person chooses in Slack.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=4849, ge=0, le=65_535)
    workers: int = Field(default=2, ge=0, le=64)
    models_folder: Path = Path("hour48-models")
    write_url: SecretStr | None = None
    writers: dict[str, SecretStr] = Field(default_factory=dict)

    def write_urls(self) -> dict[str | None, str]:
        """Return where tables can be written to, by name; the default one has none."""
        places: list[tuple[str | None, SecretStr | None]] = [*self.writers.items()]
        places.append((None, self.write_url))
        return {name: url.get_secret_value() for name, url in places if url is not None}


class DeliverySettings(SettingsSection):
    """How messages are delivered.

    Args:
        workers: calls to Slack at a time, over all workspaces; a thread each, started when needed.
    """

    workers: int = Field(default=40, ge=1, le=200)


class OtelSettings(SettingsSection):
    """OpenTelemetry traces; they need the extra `hour48[otel]`.

    Args:
        endpoint: where OTLP over HTTP is taken, `http://collector:4318`; none when left out.
    """

    endpoint: str | None = None


class OidcSettings(SettingsSection):
    """Signing in to the web pages with OpenID Connect; off without a client id.

    Args:
        issuer: the provider, exactly as its discovery document names it; Slack when left out.
        client_id: the app as the provider knows it.
        client_secret: proves that it is the app.
        user_claim: the claim that holds somebody's id in Slack; with another provider than Slack
            their confirmed e-mail address is looked up in Slack where this is left out.
        team_claim: the claim that holds their workspace; any of theirs where it is left out.
        session_hours: how long somebody stays signed in.
    """

    issuer: WebAddress = SLACK_ISSUER
    client_id: str | None = None
    client_secret: SecretStr | None = None
    user_claim: str | None = None
    team_claim: str | None = None
    session_hours: float = Field(default=8.0, gt=0, le=72)

    @model_validator(mode="after")
    def _encrypted(self) -> OidcSettings:
        if not is_encrypted(self.issuer):
            raise ValueError(say("oidc_needs_https"))
        return self

    @property
    def user(self) -> str | None:
        """The claim that holds somebody's id in Slack, if one does."""
        return self.user_claim or ("https://slack.com/user_id" if self._is_slack else None)

    @property
    def team(self) -> str | None:
        """The claim that holds their workspace, if one does."""
        return self.team_claim or ("https://slack.com/team_id" if self._is_slack else None)

    @property
    def _is_slack(self) -> bool:
        return self.issuer == SLACK_ISSUER


def is_encrypted(url: str) -> bool:
    """Return whether a call to an address cannot be read on its way, as on this machine itself."""
    parts = urlsplit(url)
    return parts.scheme == "https" or parts.hostname in ("127.0.0.1", "::1", "localhost")


class AskSettings(SettingsSection):
    """A language model of the company's own for questions; without an address there is none.

    Args:
        url: an OpenAI-compatible address, up to and with `/v1`.
        model: its name there.
        key: what the address is called with; `sealed:…` is what `hour48 keys seal` printed.
        allow_internal: the address may lead into the company's own network. Addresses of cloud
            metadata services stay refused.
        seconds: for the whole of a call; the answer from the record stands meanwhile.
        chooses_intent: it may say what a question means that is like nothing that can be asked.
        rephrases: it may put an answer into other words.
    """

    url: WebAddress | None = None
    model: str = ""
    key: SecretStr | None = None
    allow_internal: bool = False
    seconds: float = Field(default=8.0, gt=0, le=60)
    chooses_intent: bool = True
    rephrases: bool = True


class RetentionSettings(SettingsSection):
    """When what is not needed any more goes, in workspaces that stay.

    Args:
        outbox_days: what sent messages said; files go as soon as they are delivered.
        closed_sprints_days: who was in a closed sprint; pseudonyms stand for them afterwards. Kept
            for ever when left out.
    """

    outbox_days: int = Field(default=30, ge=1)
    closed_sprints_days: int | None = Field(default=None, ge=60)


class LogSettings(SettingsSection):
    """What is logged.

    Args:
        level: the least level that is written.
        form: `json` for machines, `console` for people.
    """

    level: Literal["debug", "info", "warning", "error"] = "info"
    form: Literal["json", "console"] = "console"


class LanguageSettings(SettingsSection):
    """What language people read; in direct messages and forms, their own where there are texts.

    Args:
        default: a folder of `bot/messages/texts`, for example `en`.
        workspaces: the language of a workspace by its id, where it is another.
        folder: further languages, a folder each.
    """

    folder: Path | None = None
    default: str = FALLBACK
    workspaces: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _known(self) -> LanguageSettings:
        if self.folder is not None and not self.folder.is_dir():
            raise ValueError(say("language_folder_missing", folder=self.folder))
        use_folder(self.folder)
        for name in (self.default, *self.workspaces.values()):
            known_language(name)
        return self

    def of(self, team_id: str) -> str:
        """Return the language of a workspace."""
        return self.workspaces.get(team_id, self.default)


class Settings(BaseSettings):
    """All of hour48's configuration.

    Args:
        playbook: a folder with a company's own playbook; the standard one when left out.
        sources: see `probes.settings`.
        targets: see `probes.settings`.
        probes: see `probes.settings`.
        governance: see `probes.settings`.
    """

    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter=ENV_DELIMITER, extra="forbid", frozen=True
    )

    slack: SlackSettings = Field(default_factory=SlackSettings)
    database: DatabaseSettings = Field(default_factory=DatabaseSettings)
    server: ServerSettings = Field(default_factory=ServerSettings)
    limits: LimitSettings = Field(default_factory=LimitSettings)
    serving: ServingSettings = Field(default_factory=ServingSettings)
    delivery: DeliverySettings = Field(default_factory=DeliverySettings)
    oidc: OidcSettings = Field(default_factory=OidcSettings)
    ask: AskSettings = Field(default_factory=AskSettings)
    otel: OtelSettings = Field(default_factory=OtelSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    retention: RetentionSettings = Field(default_factory=RetentionSettings)
    language: LanguageSettings = Field(default_factory=LanguageSettings)
    playbook: Path | None = None
    retention_days: int = Field(default=90, ge=0)
    sources: dict[str, Any] = Field(default_factory=dict)
    targets: dict[str, Any] = Field(default_factory=dict)
    probes: dict[str, Any] = Field(default_factory=dict)
    governance: dict[str, Any] = Field(default_factory=dict)

    _file: Path = PrivateAttr(default=DEFAULT_FILE)

    @property
    def file(self) -> Path:
        """The configuration file, which may be absent."""
        return self._file

    def read_from(self, file: Path) -> Settings:
        """Keep where the settings were read from, and return them."""
        self._file = file
        return self

    def keys(self) -> list[str]:
        """Return the keys for tokens at rest, the newest first."""
        return [key.get_secret_value() for key in self.database.encryption_keys]

    def seal_secrets(self) -> list[str]:
        """Return what links and states are sealed with: the keys, else a secret of the app."""
        secret = self.slack.signing_secret or self.slack.bot_token
        return self.keys() or ([secret.get_secret_value()] if secret else [])

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over the file, which arrives as init values."""
        del settings_cls, dotenv_settings, file_secret_settings
        return (env_settings, _FileValues.of(cls, init_settings))


class _FileValues(InitSettingsSource):
    """The file's values, below the environment."""

    @classmethod
    def of(
        cls, settings_cls: type[BaseSettings], init: PydanticBaseSettingsSource
    ) -> InitSettingsSource:
        return cls(settings_cls, init_kwargs=init())


def load(path: Path | None = None) -> Settings:
    """Read the configuration.

    Args:
        path: the file; `hour48.toml` in the working folder when left out, and it may be absent.

    Raises:
        InputError: the file is missing or no TOML, or a key is unknown or wrong, named.
    """
    file = path or DEFAULT_FILE
    if path is not None and not path.is_file():
        raise InputError(say("config_file_missing", path=path))
    raw = _read(file) if file.is_file() else {}
    try:
        settings = Settings(**raw).read_from(file)
    except ValidationError as wrong:
        raise InputError(setting_fault(wrong, Settings, file, os.environ)) from None
    except SettingsError as wrong:
        raise InputError(unreadable_variable(os.environ, Settings) or str(wrong)) from None
    _refuse_unknown_sections()
    return settings


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except UnicodeDecodeError:
        raise InputError(say("not_utf8", file=file)) from None
    except tomllib.TOMLDecodeError as wrong:
        raise InputError(say("valid_toml", file=file, wrong=wrong)) from None


def _refuse_unknown_sections() -> None:
    """Refuse a variable whose section is misspelt, which pydantic passes over."""
    for name in os.environ:
        section, delimiter, _ = name.upper().removeprefix(ENV_PREFIX).partition(ENV_DELIMITER)
        ours = name.upper().startswith(ENV_PREFIX) and delimiter
        if ours and section.lower() not in Settings.model_fields:
            raise InputError(unknown_section(name, Settings))


def probe_sections(settings: Settings) -> dict[str, Any]:
    """Return the raw sections about probes, for `probes.settings`."""
    sections = {name: getattr(settings, name) for name in PROBE_SECTIONS}
    return {name: section for name, section in sections.items() if section}
