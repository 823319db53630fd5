"""What `[sources.NAME.options]` may say for each kind of server: one table, checked on reading."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from probes.kinds import SourceKind
from probes.texts import say

Value = str | bool | int | float
SET: Final = "connect_args"


class Way(StrEnum):
    """How a driver takes an option."""

    URL = "url"
    ARGUMENT = "argument"
    ENGINE = "engine"
    KEY_PAIR = "key_pair"


class Form(StrEnum):
    """What an option's value is."""

    TEXT = "text"
    FILE = "file"
    FLAG = "flag"
    NUMBER = "number"
    FLAG_OR_FILE = "flag_or_file"


@dataclass(frozen=True)
class Option:
    """One option of a kind of source.

    Args:
        way: how the driver takes it.
        name: what the driver calls it.
        form: what its value is.
        choices: its values, where there are only these.
    """

    way: Way
    name: str
    form: Form = Form.TEXT
    choices: tuple[str, ...] = ()


def _url(*names: str, form: Form = Form.TEXT) -> dict[str, Option]:
    return {name: Option(Way.URL, name, form) for name in names}


def _arguments(*names: str, form: Form = Form.TEXT) -> dict[str, Option]:
    return {name: Option(Way.ARGUMENT, name, form) for name in names}


_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS: Final[Mapping[SourceKind, Mapping[str, Option]]] = {
    SourceKind.POSTGRESQL: {
        "sslmode": Option(Way.URL, "sslmode", choices=_SSL_MODES),
        **_url("sslrootcert", "sslcert", "sslkey", "passfile", form=Form.FILE),
        **_url("application_name", "target_session_attrs", "gssencmode", "channel_binding"),
        "search_path": Option(Way.ARGUMENT, "search_path"),
    },
    SourceKind.MYSQL: {
        **_arguments("ssl_ca", "ssl_cert", "ssl_key", form=Form.FILE),
        **_arguments("ssl_verify_cert", "ssl_verify_identity", form=Form.FLAG),
        **_arguments("charset", "unix_socket"),
    },
    SourceKind.SNOWFLAKE: {
        **_url("role", "warehouse"),
        **_arguments("authenticator", "token", "passcode"),
        "private_key_file": Option(Way.KEY_PAIR, "private_key_file", Form.FILE),
        "private_key_passphrase": Option(Way.KEY_PAIR, "private_key_passphrase"),
        **_arguments("client_session_keep_alive", form=Form.FLAG),
    },
    SourceKind.BIGQUERY: {
        "credentials_path": Option(Way.ENGINE, "credentials_path", Form.FILE),
        "location": Option(Way.ENGINE, "location"),
        "billing_project": Option(Way.ENGINE, "billing_project_id"),
        "maximum_bytes_billed": Option(Way.URL, "maximum_bytes_billed", Form.NUMBER),
    },
    SourceKind.TRINO: {
        "access_token": Option(Way.URL, "access_token"),
        "certificate_file": Option(Way.URL, "cert", Form.FILE),
        "key_file": Option(Way.URL, "key", Form.FILE),
        "http_scheme": Option(Way.ARGUMENT, "http_scheme", choices=("http", "https")),
        "verify": Option(Way.ARGUMENT, "verify", Form.FLAG_OR_FILE),
        "role": Option(Way.ARGUMENT, "roles"),
        "source": Option(Way.URL, "source"),
        **_arguments("timezone"),
    },
    SourceKind.DATABRICKS: {
        **_url("http_path", "catalog", "schema"),
        "access_token": Option(Way.ARGUMENT, "access_token"),
        "auth_type": Option(Way.ARGUMENT, "auth_type", choices=("databricks-oauth", "azure-oauth")),
    },
}
"""Kinds that are not here take none, but Spark, whose options are Spark's own settings."""


def problem_with(
    kind: SourceKind, options: Mapping[str, Value], arguments: Mapping[str, object]
) -> str | None:
    """Return what is wrong with a source's options, as the end of a sentence, or None.

    Args:
        kind: of the source.
        options: its `options`.
        arguments: its `connect_args`, which go to the driver as they are.
    """
    if kind is SourceKind.SPARK:
        return say("spark_source_takes_write_settings", set=SET) * bool(arguments) or None
    known = OPTIONS.get(kind)
    if known is None:
        given = next(iter([*options, *arguments]), None)
        return given and say("source_takes_options_take_out", value=kind.value, given=given)
    return next((said for name in options if (said := _problem(kind, known, name, options))), None)


def _problem(
    kind: SourceKind, known: Mapping[str, Option], name: str, options: Mapping[str, Value]
) -> str | None:
    option = known.get(name)
    if option is None:
        near = difflib.get_close_matches(name, known, 1, 0.7)
        meant = say("did_you_mean", near=near[0]) if near else ""
        return say(
            "option_source_takes_driver_own",
            name=name,
            value=kind.value,
            meant=meant or ";",
            known=", ".join(sorted(known)),
            set=SET,
        )
    value = options[name]
    if option.choices and value not in option.choices and not str(value).startswith("${"):
        return say("is_one_of_not", name=name, choices=", ".join(option.choices), value=value)
    fits = _FITS[option.form]
    if not isinstance(value, fits) or (isinstance(value, bool) and bool not in fits):
        return say("option_takes", name=name, what=say(f"option_form.{option.form}"))
    return None


_FITS: Final[Mapping[Form, tuple[type, ...]]] = {
    Form.TEXT: (str,),
    Form.FILE: (str,),
    Form.FLAG: (bool,),
    Form.NUMBER: (int, float),
    Form.FLAG_OR_FILE: (bool, str),
}
