"""The sections of `hour48.toml` about probes, checked before anything runs.

They are `[sources.NAME]`, `[targets.NAME]`, `[probes]` and `[governance]`.

A secret is written as `${NAME}` and taken from the environment only where it is used, in the
child process; the models hold the text with its placeholders and show it nowhere.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator

from bot.domain.errors import InputError
from bot.domain.setting_faults import setting_fault, setting_place
from bot.domain.vocabulary import UseCase
from probes.connection_options import problem_with
from probes.kinds import FILE_KINDS, SourceKind, TargetKind, kind_of, target_kind
from probes.texts import say
from probes.written_secrets import PLACEHOLDER, refuse_written_secrets

Section = TypeVar("Section")


DEFAULT_FILE: Final = Path("hour48.toml")
_PROBE_OPTIONS: Final = {"artifact", "config", "groups", "capacity", "audit", "annex_iii"}
_QUEUES: Final = frozenset({TargetKind.KAFKA, TargetKind.RABBITMQ, TargetKind.REDIS})
_ONLY_FOR: Final[dict[str, frozenset[TargetKind]]] = {
    "query": frozenset({TargetKind.GRAPHQL}),
    "variables": frozenset({TargetKind.GRAPHQL}),
    "queue": _QUEUES,
    "table": frozenset({TargetKind.DATABASE}),
    "batch_rows": frozenset({TargetKind.DATABASE}),
    "widget": frozenset({TargetKind.PAGE}),
    "embed": frozenset({TargetKind.PAGE}),
    "known_hosts": frozenset({TargetKind.SFTP}),
    "key_file": frozenset({TargetKind.SFTP}),
    "openapi": frozenset({TargetKind.HTTP}),
    "origin": frozenset({TargetKind.HTTP, TargetKind.GRAPHQL}),
}
_NEEDED: Final[dict[TargetKind, tuple[str, ...]]] = {
    **dict.fromkeys(_QUEUES, ("queue",)),
    TargetKind.DATABASE: ("table",),
    TargetKind.PAGE: ("widget",),
    TargetKind.GRPC: ("operation",),
}


class Strict(BaseModel):
    """A section whose unknown keys are refused by name and whose secrets print as stars."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TableHints(Strict):
    """What the administrator knows about a table and the numbers cannot tell.

    `entity` names the column that says whom a row is about, `time` when it happened, `target` the
    label, `key` what should be unique; `known_after` lists columns filled only after the fact.
    `entity_list` is `TABLE.COLUMN` of the complete list of entities, or give `expected_entities`.
    """

    entity: str | None = None
    time: str | None = None
    target: str | None = None
    key: list[str] = Field(default_factory=list)
    known_after: list[str] = Field(default_factory=list)
    expected_entities: int | None = Field(default=None, ge=1)
    entity_list: str | None = None


class SourceSettings(TableHints):
    """One named source; its own hints hold for every table without a section of its own."""

    kind: SourceKind
    path: Path | None = None
    url: SecretStr | None = None
    label: str = ""
    tables: list[str] = Field(default_factory=list)
    table: dict[str, TableHints] = Field(default_factory=dict)
    use_case: UseCase | None = None
    authoritative: bool = False
    row_limit: int | None = Field(default=None, ge=1)
    statement_timeout: float = Field(default=300.0, gt=0, le=86_400)
    connect_timeout: float = Field(default=10.0, gt=0, le=300)
    options: dict[str, bool | int | float | str] = Field(default_factory=dict)
    """Of the connection, see `probes.connection_options`; of Spark its own settings."""
    connect_args: dict[str, Any] = Field(default_factory=dict)
    """Arguments that go to the driver as they are."""

    @model_validator(mode="before")
    @classmethod
    def _kind_from_place(cls, raw: Any) -> Any:
        if isinstance(raw, Mapping) and "kind" not in raw:
            place = str(raw.get("url") or raw.get("path") or "")
            if place:
                return {**raw, "kind": kind_of(place)}
            if raw.keys() <= cls.model_fields.keys():
                raise ValueError(say("source_place_missing"))
        return raw

    @model_validator(mode="after")
    def _path_or_url(self) -> SourceSettings:
        if (self.path is None) == (self.url is None):
            raise ValueError(say("source_place_missing"))
        if self.kind in FILE_KINDS and self.path is None:
            raise ValueError(say("source_given_by", kind=self.kind.value, field="path"))
        if self.kind not in FILE_KINDS and self.url is None:
            raise ValueError(say("source_given_by", kind=self.kind.value, field="url"))
        wrong = problem_with(self.kind, self.options, self.connect_args)
        if wrong:
            raise ValueError(wrong)
        return self

    def hints(self, table: str | None) -> TableHints:
        """Return what is known about `table`: its own section, else the source's."""
        if table is not None and table in self.table:
            return self.table[table]
        return TableHints(**{name: getattr(self, name) for name in TableHints.model_fields})


class TargetSettings(Strict):
    """One system that the model's output should reach, for the integration probe.

    `kind` is told from the url's scheme, except for GraphQL, SOAP and pages. `query` is GraphQL's,
    `queue` a topic, queue or stream, `table` and `batch_rows` a database's, `widget` the address of
    what a page takes, as a `script` or in a `frame`; `known_hosts` and `key_file` are SFTP's.
    """

    url: SecretStr
    kind: TargetKind | None = None
    label: str = ""
    method: str = "POST"
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    token: SecretStr | None = None
    body: dict[str, Any] | None = None
    openapi: str | None = None
    operation: str | None = None
    origin: str | None = None
    idempotency_header: str | None = None
    callback_port: int | None = Field(default=None, ge=1, le=65_535)
    callback_field: str | None = None
    latency_budget_ms: float = Field(default=300.0, gt=0)
    calls: int = Field(default=20, ge=1, le=1000)
    timeout_seconds: float = Field(default=10.0, gt=0, le=300)
    verify_tls: bool = True
    allow_internal: bool = False
    ca_file: Path | None = None
    approvers: list[str] = Field(default_factory=list)
    repository: Path | None = None
    query: str | None = None
    variables: dict[str, Any] | None = None
    queue: str | None = None
    table: str | None = None
    batch_rows: int = Field(default=1000, ge=1, le=100_000)
    widget: str | None = None
    embed: Literal["script", "frame"] = "script"
    known_hosts: Path | None = None
    key_file: Path | None = None

    @model_validator(mode="after")
    def _fits_its_kind(self) -> TargetSettings:
        """Refuse settings of another kind, and the lack of what a kind can't do without."""
        url = self.url.get_secret_value()
        if url.startswith("${"):
            return self
        try:
            kind = target_kind(url, self.kind)
        except InputError as wrong:
            raise ValueError(wrong.message.rstrip(".")) from None
        for name, kinds in _ONLY_FOR.items():
            if name in self.model_fields_set and kind not in kinds:
                of = ", ".join(sorted(kinds))
                raise ValueError(say("field_of_targets", name=name, kinds=of, kind=kind.value))
        for name in _NEEDED.get(kind, ()):
            if not getattr(self, name):
                raise ValueError(say("target_needs", kind=kind.value, name=name))
        return self


class ProbeLimits(Strict):
    """How long a probe may run, and how much memory and disk it may hold."""

    timeout_seconds: float = Field(default=900.0, gt=0, le=86_400)
    memory_mb: int = Field(default=2048, ge=128)
    disk_mb: int = Field(default=10_240, ge=16)


class ProbeOptions(ProbeLimits):
    """The `[probes]` section; `[probes.limits.NAME]` overrides the limits for one probe.

    `nightly_seconds` is what the checks of one night may take of one source, in all; `registries`
    are those to which the environment probe may try to push an image, as HOST/PATH.
    """

    limits: dict[str, ProbeLimits] = Field(default_factory=dict)
    nightly_seconds: float = Field(default=600.0, ge=0, le=86_400)
    folder: Path | None = None
    registries: list[str] = Field(default_factory=list)

    def limits_of(self, probe: str) -> ProbeLimits:
        """Return the limits of one probe."""
        general = ProbeLimits(
            timeout_seconds=self.timeout_seconds, memory_mb=self.memory_mb, disk_mb=self.disk_mb
        )
        return self.limits.get(probe, general)


class AcceptanceSetting(Strict):
    """A named person's acceptance: what, who, on which day, and a link or file that shows it."""

    says: str = ""
    who: str = ""
    on: date | None = None
    proof: str = ""


Answer = str | AcceptanceSetting
"""Bare words are taken and refused as evidence later, with what they lack."""


class Privacy(Strict):
    """What is said about personal data; empty is open."""

    purpose: Answer = ""
    opt_out: Answer = ""
    retention: Answer = ""
    personal_data: Answer = ""


class Owners(Strict):
    """The person, by name, who accepted each; empty is open."""

    model: Answer = ""
    service: Answer = ""
    data: Answer = ""
    outcome: Answer = ""


class Monitoring(Strict):
    """How what is live is watched; empty is open."""

    endpoint: Answer = ""
    alert: Answer = ""
    rollback: Answer = ""
    on_call: Answer = ""


class GovernanceSettings(Strict):
    """The `[governance]` section: what the governance probe looks at and what was answered.

    `artifact` is the saved model, `config` a file or folder to look through for secrets, `groups`
    the columns to compare people by, `capacity` the share of cases acted on, `plan` what the
    business does with the output. `annex_iii` is `none` or the use's area of Annex III of the EU
    AI Act; `evidence` holds an acceptance for any duty of `probes/governance/duties.yaml` by its
    name.
    """

    artifact: Path | None = None
    config: Path | None = None
    groups: list[str] = Field(default_factory=list)
    capacity: float | None = Field(default=None, gt=0, le=1)
    audit: bool = True
    plan: Answer = ""
    annex_iii: str = ""
    evidence: dict[str, AcceptanceSetting] = Field(default_factory=dict)
    privacy: Privacy = Field(default_factory=Privacy)
    owners: Owners = Field(default_factory=Owners)
    monitoring: Monitoring = Field(default_factory=Monitoring)

    def answers(self) -> dict[str, dict[str, Any]]:
        """Return what was answered, by the probe's lists."""
        return {
            "privacy": self.privacy.model_dump(mode="json"),
            "owners": self.owners.model_dump(mode="json"),
            "monitoring": self.monitoring.model_dump(mode="json"),
            "actionability": self.model_dump(mode="json", include={"plan"}),
        }

    def accepted(self) -> dict[str, Any]:
        """Return the acceptances that stand under their duty's own name."""
        return {key: one.model_dump(mode="json") for key, one in self.evidence.items()}

    def options(self) -> dict[str, Any]:
        """Return what the section says beside the answers, as the probe's options."""
        fields = self.model_dump(include=_PROBE_OPTIONS)
        return {
            key: str(value) if isinstance(value, Path) else value for key, value in fields.items()
        }


class ProbeSettings(Strict):
    """All that the probes read from `hour48.toml`."""

    sources: dict[str, SourceSettings] = Field(default_factory=dict)
    targets: dict[str, TargetSettings] = Field(default_factory=dict)
    probes: ProbeOptions = Field(default_factory=ProbeOptions)
    governance: GovernanceSettings = Field(default_factory=GovernanceSettings)

    def source(self, name: str) -> SourceSettings:
        """Return the source called `name`.

        Raises:
            InputError: no source has that name.
        """
        return _named(self.sources, name, "source", "sources")

    def target(self, name: str) -> TargetSettings:
        """Return the target called `name`.

        Raises:
            InputError: no target has that name.
        """
        return _named(self.targets, name, "target", "targets")


def _named(sections: Mapping[str, Section], name: str, word: str, key: str) -> Section:
    if name in sections:
        return sections[name]
    known = ", ".join(sorted(sections)) or say("none_configured")
    raise InputError(
        say("name_hour48_toml", word=word, name=name, known=known, section=key),
        field=word,
    )


def fill_from_environment(text: str) -> str:
    """Return `text` with each `${NAME}` replaced by that environment variable.

    Raises:
        InputError: a variable is not set.
    """

    def value_of(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise InputError(say("variable_missing", name=name))
        return os.environ[name]

    return PLACEHOLDER.sub(value_of, text)


def read_settings(
    raw: Mapping[str, Any],
    *,
    base: Path | None = None,
    trusted: bool = False,
    file: Path = DEFAULT_FILE,
) -> ProbeSettings:
    """Check the sections that belong to the probes; other sections are read elsewhere.

    Args:
        raw: the parsed `hour48.toml`.
        base: the folder relative paths start from.
        trusted: skip the check for written secrets, for what a command line gave.
        file: where the sections stand.

    Raises:
        InputError: naming the key at fault and what is wrong with it.
    """
    ours = {key: raw[key] for key in ProbeSettings.model_fields if key in raw}
    if not trusted:
        refuse_written_secrets(ours)
    try:
        settings = ProbeSettings.model_validate(ours)
    except ValidationError as wrong:
        raise InputError(
            setting_fault(wrong, ProbeSettings, file, os.environ),
            field=".".join(setting_place(wrong, ProbeSettings)),
        ) from None
    return settings if base is None else _from_folder(settings, base)


def load_settings(path: Path | None = None) -> ProbeSettings:
    """Read `hour48.toml`; without a path the one in the working folder, or nothing configured.

    Raises:
        InputError: the file is absent though named, is not TOML, or a key is wrong.
    """
    place = path or Path(os.environ.get("HOUR48_CONFIG", DEFAULT_FILE))
    if not place.exists():
        if path is None:
            return ProbeSettings()
        raise InputError(say("configuration", place=place), field="config")
    try:
        raw = tomllib.loads(place.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as broken:
        raise InputError(
            say("cannot_read_toml", place=place, broken=broken), field="config"
        ) from None
    return read_settings(raw, base=place.resolve().parent, file=place)


def settings_to_plain(settings: ProbeSettings) -> dict[str, Any]:
    """Return the settings for a child's standard input, secrets and all: never to be logged."""
    return cast("dict[str, Any]", _reveal(settings.model_dump(exclude_unset=True)))


def _reveal(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, dict):
        return {key: _reveal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_reveal(inner) for inner in value]
    return str(value) if isinstance(value, Path | date) else value


def _from_folder(settings: ProbeSettings, base: Path) -> ProbeSettings:
    moved = {
        name: source.model_copy(update={"path": base / source.path}) if source.path else source
        for name, source in settings.sources.items()
    }
    governance = settings.governance.model_copy(
        update={
            name: base / path
            for name in ("artifact", "config")
            if (path := getattr(settings.governance, name)) is not None
        }
    )
    return settings.model_copy(update={"sources": moved, "governance": governance})
