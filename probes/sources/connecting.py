"""Makes the engine of a database server from a source's URL, options and driver arguments."""

from __future__ import annotations

import difflib
import inspect
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from bot.domain.errors import InputError
from bot.isolation.host_names import addresses_of
from probes.connection_options import OPTIONS, ConnectionOption, OptionForm, Way
from probes.kinds import SourceKind
from probes.settings import SourceSettings, fill_from_environment
from probes.sources.texts import say

DRIVERS: Final[dict[SourceKind, str]] = {
    SourceKind.POSTGRESQL: "postgresql+psycopg",
    SourceKind.MYSQL: "mysql+pymysql",
    SourceKind.SNOWFLAKE: "snowflake",
    SourceKind.BIGQUERY: "bigquery",
    SourceKind.TRINO: "trino",
    SourceKind.DATABRICKS: "databricks",
}
CONNECT_TIMEOUTS: Final[dict[SourceKind, str]] = {
    SourceKind.POSTGRESQL: "connect_timeout",
    SourceKind.MYSQL: "connect_timeout",
    SourceKind.SNOWFLAKE: "login_timeout",
}
SIGNATURES: Final[dict[SourceKind, tuple[tuple[str, str], ...]]] = {
    SourceKind.MYSQL: (("pymysql.connections", "Connection"),),
    SourceKind.TRINO: (("trino.dbapi", "Connection"),),
    SourceKind.DATABRICKS: (("databricks.sql.client", "Connection"),),
    SourceKind.SNOWFLAKE: (
        ("snowflake.connector.connection", "DEFAULT_CONFIGURATION"),
        ("snowflake.connector.connection_config", "ConnectionConfig"),
        ("snowflake.connector.connection_config", "ConnectionConfig._ALIAS_MAP"),
        ("snowflake.sqlalchemy.snowdialect", "SnowflakeDialect"),
    ),
}
"""Where a driver that passes over an unknown argument, or fails late on it, says what it takes."""
KEYWORDS: Final[dict[SourceKind, tuple[str, ...]]] = {
    SourceKind.DATABRICKS: tuple(
        f"databricks.sql.{part}"
        for part in ("client", "session", "auth.auth", "backend.thrift_backend", "utils")
    )
}
"""Modules of a driver that passes over what it does not know, and names the rest in its source."""
_KEYWORD: Final = re.compile(r"kwargs(?:\.(?:get|pop)\(\s*|\[)\"(\w+)\"")
NAMED_MOST: Final = 40
"""Of a longer list the nearest names are told."""
_UNKNOWN_ARGUMENT: Final = re.compile(
    r"unexpected keyword argument '(\w+)'|invalid (?:connection|URI query) (?:option|parameter):?"
    r" ?\"(\w+)\""
)


_WRONG_VALUE: Final = re.compile(
    r"invalid (?P<option>\w+) value: \"(?P<value>[^\"]{1,80})\""
    r"|invalid \w+ value \"(?P<value_2>[^\"]{1,80})\" for connection option \"(?P<option_2>\w+)\""
)
"""How libpq refuses what an option is set to."""


@dataclass
class _Parts:
    """What an engine is made of."""

    query: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, Any] = field(default_factory=dict)
    engine: dict[str, Any] = field(default_factory=dict)
    key_pair: dict[str, str] = field(default_factory=dict)


def url_of(settings: SourceSettings) -> URL:
    """Return a source's URL for its driver, its variables filled in.

    Raises:
        InputError: it is no database URL, or a variable is not set.
    """
    assert settings.url is not None  # noqa: S101  (the settings' own rule for servers)
    try:
        url = make_url(fill_from_environment(settings.url.get_secret_value()))
    except InputError:
        raise  # a variable that is not set
    except (sa.exc.ArgumentError, ValueError) as broken:
        raise InputError(say("source_url_invalid"), field="url") from broken
    return url.set(drivername=DRIVERS[settings.kind])


def engine_of(name: str, url: URL, settings: SourceSettings) -> sa.Engine:
    """Return the engine of a server; it connects when it is first used.

    Args:
        name: of the source, for what is refused.
        url: see `url_of`.
        settings: its options and its driver's arguments.

    Raises:
        InputError: the driver is not installed, or an option cannot be taken; names it.
    """
    parts = _parts_of(name, settings)
    _refuse_unknown(name, settings.kind, [*settings.connect_args, *url.query])
    if settings.kind is SourceKind.POSTGRESQL and not {"host", "hostaddr"} & set(url.query):
        parts.arguments = _at_addresses(url.host or "") | parts.arguments
    try:
        engine = sa.create_engine(
            url.update_query_dict(parts.query),
            connect_args=parts.arguments,
            poolclass=sa.pool.NullPool,
            hide_parameters=True,
            **parts.engine,
        )
    except (ModuleNotFoundError, sa.exc.NoSuchModuleError) as missing:
        kind = settings.kind.value
        raise InputError(
            say("driver_missing", kind=kind),
            field="kind",
        ) from missing
    except (TypeError, ValueError, OSError) as wrong:
        raise refusal(name, wrong) from wrong
    except Exception as failed:
        if not type(failed).__module__.startswith("google.auth"):
            raise
        raise InputError(
            say("google_credentials_missing", name=name), field="options.credentials_path"
        ) from failed
    given = {*settings.options, *settings.connect_args, *url.query}
    if settings.kind is SourceKind.DATABRICKS and "http_path" not in given:
        raise InputError(say("http_path_missing", name=name), field="options")
    return engine


def _refuse_unknown(name: str, kind: SourceKind, given: Collection[str]) -> None:
    """Refuse an argument that the installed driver does not take; say what it does take.

    Raises:
        InputError: there is such an argument.
    """
    taken = _arguments_of_driver(kind) if given else frozenset()
    unknown = next((one for one in given if one.lower() not in taken), None) if taken else None
    if unknown is None:
        return
    near = difflib.get_close_matches(unknown, taken, 5, 0.6)
    few = [*(near or sorted(OPTIONS[kind])), say("and_others")]
    shown = sorted(taken) if len(taken) <= NAMED_MOST else few
    meant = difflib.get_close_matches(unknown, near, 1, 0.75)
    raise InputError(
        say(
            "driver_takes_argument_but",
            name=name,
            argument=unknown,
            meant=say("did_you_mean_argument", near=meant[0]) if meant else "",
            taken=", ".join(shown),
        ),
        field="connect_args",
    )


def _arguments_of_driver(kind: SourceKind) -> frozenset[str]:
    """Return what a driver's connection takes; empty where it is not there or does not say."""
    named: set[str] = set()
    for module, path in SIGNATURES.get(kind, ()):
        try:
            found = attrgetter(path)(import_module(module))
        except (ImportError, AttributeError):
            continue
        named |= set(found if isinstance(found, Mapping) else inspect.signature(found).parameters)
    if not named:
        return frozenset()
    by_url = {one.name for one in OPTIONS[kind].values() if one.way is Way.URL}
    return frozenset(one for one in named if one[0] != "_") | by_url | _keywords(kind)


def _keywords(kind: SourceKind) -> frozenset[str]:
    """Return the names that a driver looks up among its keywords, by its source."""
    found: set[str] = set()
    for module in KEYWORDS.get(kind, ()):
        try:
            place = find_spec(module)
        except ImportError:
            continue
        if place and place.origin:
            found |= set(_KEYWORD.findall(Path(place.origin).read_text(encoding="utf-8")))
    return frozenset(found)


def _at_addresses(host: str) -> dict[str, str]:
    """Return where libpq finds a host whose addresses are known: it can't ask Python for them."""
    addresses = addresses_of(host)
    if not addresses:
        return {}
    once = dict.fromkeys(addresses)
    return {"host": ",".join([host] * len(once)), "hostaddr": ",".join(once)}


def refusal(name: str, wrong: BaseException) -> InputError:
    """Return the sentence on an argument that a driver does not take, by name where it says it."""
    value = _WRONG_VALUE.search(str(wrong))
    if value:
        option = value["option"] or value["option_2"]
        given = value["value"] or value["value_2"]
        return InputError(
            say("driver_refuses_value", name=name, option=option, value=given),
            field=f"options.{option}",
        )
    found = _UNKNOWN_ARGUMENT.search(str(wrong))
    argument = next(filter(None, found.groups()), None) if found else None
    if argument:
        return InputError(
            say("driver_argument_unknown", name=name, argument=argument),
            field="connect_args",
        )
    return InputError(
        say("driver_refused_options", name=name, cause=type(wrong).__name__),
        field="connect_args",
    )


def is_refusal(error: BaseException) -> bool:
    """Whether an error is a driver's on an argument that it does not know."""
    words = str(error)
    return isinstance(error, TypeError) or any(
        form.search(words) for form in (_UNKNOWN_ARGUMENT, _WRONG_VALUE)
    )


def _parts_of(name: str, settings: SourceSettings) -> _Parts:
    parts = _Parts()
    timeout = CONNECT_TIMEOUTS.get(settings.kind)
    if timeout:
        parts.arguments[timeout] = max(2, round(settings.connect_timeout))
    known = OPTIONS[settings.kind]
    for key, given in settings.options.items():
        option = known[key]
        value = _checked(name, key, option, _filled(given))
        _PLACES[option.way](parts)[option.name] = value if option.way is not Way.URL else str(value)
    if "search_path" in parts.arguments:
        parts.arguments["options"] = f"-csearch_path={parts.arguments.pop('search_path')}"
    if settings.kind is SourceKind.BIGQUERY and "credentials_path" in parts.engine:
        _check_service_account(name, Path(parts.engine["credentials_path"]))
    if parts.key_pair:
        parts.arguments["private_key"] = _private_key(name, parts.key_pair)
    parts.arguments |= {key: _filled(value) for key, value in settings.connect_args.items()}
    return parts


_PLACES: Final[Mapping[Way, Any]] = {
    Way.URL: lambda parts: parts.query,
    Way.ARGUMENT: lambda parts: parts.arguments,
    Way.ENGINE: lambda parts: parts.engine,
    Way.KEY_PAIR: lambda parts: parts.key_pair,
}


def _filled(value: Any) -> Any:
    if isinstance(value, str):
        return fill_from_environment(value)
    if isinstance(value, Mapping):
        return {key: _filled(inner) for key, inner in value.items()}
    return value


def _checked(name: str, key: str, option: ConnectionOption, value: Any) -> Any:
    """Return an option's value; a file that it names must be there.

    Raises:
        InputError: it is not; names the option and the path.
    """
    if option.form not in {OptionForm.FILE, OptionForm.FLAG_OR_FILE} or isinstance(value, bool):
        return value
    path = Path(value).expanduser()
    if not path.is_file():
        raise InputError(
            say("sources_options_file", name=name, option=key, path=path), field=f"options.{key}"
        )
    return str(path)


def _check_service_account(name: str, path: Path) -> None:
    """Refuse a file that is no service account's, which the driver does without naming it."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        content = None
    if not isinstance(content, dict) or "client_email" not in content:
        raise InputError(
            say("service_account_invalid", name=name, path=path),
            field="options.credentials_path",
        )


def _private_key(name: str, given: Mapping[str, str]) -> bytes:
    """Return a key file's content as Snowflake's driver takes it.

    Raises:
        InputError: it is no private key, or its passphrase is missing or wrong.
    """
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        NoEncryption,
        PrivateFormat,
        load_pem_private_key,
    )

    phrase = given.get("private_key_passphrase") or None
    if "private_key_file" not in given:
        raise InputError(
            say("passphrase_without_key", name=name),
            field="options.private_key_passphrase",
        )
    try:
        content = Path(given["private_key_file"]).read_bytes()
        key = load_pem_private_key(content, phrase.encode() if phrase else None)
    except (ValueError, TypeError, OSError) as wrong:
        raise InputError(
            say("private_key_invalid", name=name),
            field="options.private_key_file",
        ) from wrong
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
