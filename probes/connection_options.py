"""What `[sources.NAME.options]` may say for each kind of server: one table, checked on reading."""

from __future__ import annotations

import difflib
import zoneinfo
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


class OptionForm(StrEnum):
    """What an option's value is."""

    TEXT = "text"
    FILE = "file"
    FLAG = "flag"
    NUMBER = "number"
    FLAG_OR_FILE = "flag_or_file"
    ZONE = "zone"
    SIGN_ON = "sign_on"


@dataclass(frozen=True)
class ConnectionOption:
    """One option of a kind of source.

    Args:
        way: how the driver takes it.
        name: what the driver calls it.
        form: what its value is.
        choices: its values, where there are only these.
        needs: another option without which the driver passes this one over.
    """

    way: Way
    name: str
    form: OptionForm = OptionForm.TEXT
    choices: tuple[str, ...] = ()
    needs: str = ""


def _url(*names: str, form: OptionForm = OptionForm.TEXT) -> dict[str, ConnectionOption]:
    return {name: ConnectionOption(Way.URL, name, form) for name in names}


def _arguments(*names: str, form: OptionForm = OptionForm.TEXT) -> dict[str, ConnectionOption]:
    return {name: ConnectionOption(Way.ARGUMENT, name, form) for name in names}


_SIGN_ONS: Final = (
    *("snowflake", "externalbrowser", "snowflake_jwt", "username_password_mfa", "oauth"),
    *("oauth_authorization_code", "oauth_client_credentials", "programmatic_access_token"),
    *("pat_with_external_session", "workload_identity"),
)
"""What Snowflake's driver calls them, in any case; an https:// address is an Okta of one's own."""
_SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")
OPTIONS: Final[Mapping[SourceKind, Mapping[str, ConnectionOption]]] = {
    SourceKind.POSTGRESQL: {
        "sslmode": ConnectionOption(Way.URL, "sslmode", choices=_SSL_MODES),
        **_url("sslrootcert", "sslcert", "sslkey", "passfile", form=OptionForm.FILE),
        **_url("application_name", "target_session_attrs", "gssencmode", "channel_binding"),
        "search_path": ConnectionOption(Way.ARGUMENT, "search_path"),
    },
    SourceKind.MYSQL: {
        **_arguments("ssl_ca", "ssl_cert", "ssl_key", form=OptionForm.FILE),
        **_arguments("ssl_verify_cert", "ssl_verify_identity", form=OptionForm.FLAG),
        **_arguments("charset", "unix_socket"),
    },
    SourceKind.SNOWFLAKE: {
        **_url("role", "warehouse"),
        "authenticator": ConnectionOption(Way.ARGUMENT, "authenticator", OptionForm.SIGN_ON),
        **_arguments("token", "passcode"),
        "private_key_file": ConnectionOption(Way.KEY_PAIR, "private_key_file", OptionForm.FILE),
        "private_key_passphrase": ConnectionOption(Way.KEY_PAIR, "private_key_passphrase"),
        **_arguments("client_session_keep_alive", form=OptionForm.FLAG),
    },
    SourceKind.BIGQUERY: {
        "credentials_path": ConnectionOption(Way.ENGINE, "credentials_path", OptionForm.FILE),
        "location": ConnectionOption(Way.ENGINE, "location"),
        "billing_project": ConnectionOption(Way.ENGINE, "billing_project_id"),
        "maximum_bytes_billed": ConnectionOption(
            Way.URL, "maximum_bytes_billed", OptionForm.NUMBER
        ),
    },
    SourceKind.TRINO: {
        "access_token": ConnectionOption(Way.URL, "access_token"),
        "certificate_file": ConnectionOption(Way.URL, "cert", OptionForm.FILE, needs="key_file"),
        "key_file": ConnectionOption(Way.URL, "key", OptionForm.FILE, needs="certificate_file"),
        "http_scheme": ConnectionOption(Way.ARGUMENT, "http_scheme", choices=("http", "https")),
        "verify": ConnectionOption(Way.ARGUMENT, "verify", OptionForm.FLAG_OR_FILE),
        "role": ConnectionOption(Way.ARGUMENT, "roles"),
        "source": ConnectionOption(Way.URL, "source"),
        **_arguments("timezone", form=OptionForm.ZONE),
    },
    SourceKind.DATABRICKS: {
        **_url("http_path", "catalog", "schema"),
        "access_token": ConnectionOption(Way.ARGUMENT, "access_token"),
        "auth_type": ConnectionOption(
            Way.ARGUMENT, "auth_type", choices=("databricks-oauth", "azure-oauth")
        ),
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
        return say("spark_settings_misplaced", set=SET) * bool(arguments) or None
    known = OPTIONS.get(kind)
    if known is None:
        given = next(iter([*options, *arguments]), None)
        return given and say("source_without_options", value=kind.value, given=given)
    return next(
        (problem for name in options if (problem := _problem(kind, known, name, options))), None
    )


def _problem(
    kind: SourceKind, known: Mapping[str, ConnectionOption], name: str, options: Mapping[str, Value]
) -> str | None:
    option = known.get(name)
    if option is None:
        near = difflib.get_close_matches(name, known, 1, 0.7)
        meant = say("did_you_mean", near=near[0]) if near else ""
        return say(
            "source_option_unknown",
            name=name,
            value=kind.value,
            meant=meant or ";",
            known=", ".join(sorted(known)),
            set=SET,
        )
    value = options[name]
    if option.choices and value not in option.choices and not str(value).startswith("${"):
        return say(
            "choice_option_invalid", name=name, choices=", ".join(option.choices), value=value
        )
    fits = _FITS.get(option.form, (str,))
    if not isinstance(value, fits) or (isinstance(value, bool) and bool not in fits):
        return say("option_takes", name=name, what=say(f"option_form.{option.form}"))
    if value == "":
        return say("option_empty", name=name)
    if option.needs and option.needs not in options:
        return say("option_needs", name=name, needs=option.needs)
    return None if str(value).startswith("${") else _wrong_word(name, option.form, str(value))


def _wrong_word(name: str, form: OptionForm, value: str) -> str | None:
    """Return what is wrong with the name of a time zone or of a way to sign in, or None."""
    if form is OptionForm.ZONE and value not in zoneinfo.available_timezones():
        return say("option_zone", name=name, value=value)
    address = value.startswith("https://")
    if form is OptionForm.SIGN_ON and value.lower() not in _SIGN_ONS and not address:
        choices = ", ".join([*_SIGN_ONS, "https://…"])
        return say("choice_option_invalid", name=name, choices=choices, value=value)
    return None


_FITS: Final[Mapping[OptionForm, tuple[type, ...]]] = {
    OptionForm.TEXT: (str,),
    OptionForm.FILE: (str,),
    OptionForm.FLAG: (bool,),
    OptionForm.NUMBER: (int, float),
    OptionForm.FLAG_OR_FILE: (bool, str),
}
