"""The drivers of the clouds get the options as they want them; none of the clouds is called."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_der_private_key,
)

from bot.domain.errors import InputError
from probes.settings import SourceSettings, read_settings
from probes.sources.connecting import engine_of, url_of

DRIVERS = ("snowflake", "sqlalchemy_bigquery", "trino", "databricks", "pymysql")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(
        not all(map(find_spec, DRIVERS)), reason="make test-engines brings the drivers"
    ),
]


def settings(url: str, **section: Any) -> SourceSettings:
    return read_settings({"sources": {"wh": {"url": url, **section}}}).sources["wh"]


def driver_arguments(given: SourceSettings) -> dict[str, Any]:
    """Return what SQLAlchemy's dialect hands to the driver, which is not called."""
    engine = engine_of("wh", url_of(given), given)
    seen: dict[str, Any] = {}

    def stop(_dialect: Any, _record: Any, _arguments: Any, named: dict[str, Any]) -> None:
        seen.update(named)
        raise sa.exc.OperationalError("stopped", None, Exception("before the call"))

    sa.event.listen(engine, "do_connect", stop)
    with pytest.raises(sa.exc.OperationalError):
        engine.raw_connection()
    return seen


@pytest.fixture
def key_file(tmp_path: Path) -> Callable[[bytes], Path]:
    def make(phrase: bytes) -> Path:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        form = BestAvailableEncryption(phrase)
        (tmp_path / "rsa.p8").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, form)
        )
        return tmp_path / "rsa.p8"

    return make


def test_snowflake_takes_a_key_pair_a_role_and_a_warehouse(
    key_file: Callable[[bytes], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHRASE", "open sesame")
    place = key_file(b"open sesame")
    options = {
        "role": "ANALYST",
        "warehouse": "WH",
        "private_key_file": str(place),
        "private_key_passphrase": "${PHRASE}",
    }
    given = settings(
        "snowflake://reader@acme-eu/db/public",
        options=options,
        connect_args={"session_parameters": {"QUERY_TAG": "hour48"}},
    )
    found = driver_arguments(given)
    assert (found["role"], found["warehouse"], found["account"]) == ("ANALYST", "WH", "acme-eu")
    assert found["session_parameters"]["QUERY_TAG"] == "hour48"
    assert load_der_private_key(found["private_key"], None).key_size == 2048  # type: ignore[union-attr]  # an RSA key


@pytest.mark.parametrize(
    ("phrase", "named", "said"),
    [
        ("wrong", "", "private_key_passphrase does not open it"),
        ("open sesame", "/nowhere.p8", "private_key_file: there is no file at /nowhere.p8"),
    ],
)
def test_a_key_that_does_not_open_is_told(
    key_file: Callable[[bytes], Path],
    monkeypatch: pytest.MonkeyPatch,
    phrase: str,
    named: str,
    said: str,
) -> None:
    monkeypatch.setenv("PHRASE", phrase)
    place = named or str(key_file(b"open sesame"))
    options = {"private_key_file": place, "private_key_passphrase": "${PHRASE}"}
    given = settings("snowflake://reader@acme/db", options=options)
    with pytest.raises(InputError, match=said):
        engine_of("wh", url_of(given), given)


def test_bigquery_takes_a_service_account(tmp_path: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    from cryptography.hazmat.primitives.serialization import NoEncryption

    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {
        "type": "service_account",
        "project_id": "acme",
        "private_key_id": "1",
        "private_key": pem,
        "client_email": "probe@acme.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
    (tmp_path / "sa.json").write_text(json.dumps(account))
    options = {
        "credentials_path": str(tmp_path / "sa.json"),
        "location": "EU",
        "billing_project": "acme-billing",
        "maximum_bytes_billed": 1_000_000,
    }
    client = driver_arguments(settings("bigquery://acme/sales", options=options))["client"]
    assert (client.project, client.location) == ("acme-billing", "EU")
    assert client._credentials.service_account_email == account["client_email"]
    assert client.default_query_job_config.maximum_bytes_billed == 1_000_000


def test_trino_takes_a_token_a_scheme_and_a_role(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "abc")
    options = {
        "access_token": "${TOKEN}",
        "http_scheme": "https",
        "verify": False,
        "role": "analyst",
    }
    found = driver_arguments(settings("trino://reader@host:8443/hive/sales", options=options))
    assert (found["http_scheme"], found["verify"], found["roles"]) == ("https", False, "analyst")
    assert type(found["auth"]).__name__ == "JWTAuthentication"


def test_databricks_takes_a_warehouse_and_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "dapi")
    options = {
        "http_path": "/sql/1.0/warehouses/x",
        "catalog": "main",
        "schema": "sales",
        "access_token": "${TOKEN}",
    }
    found = driver_arguments(settings("databricks://host.cloud.databricks.com", options=options))
    assert {name: found[name] for name in options} == {**options, "access_token": "dapi"}


@pytest.mark.parametrize(
    ("url", "arguments", "said"),
    [
        (
            "trino://reader@127.0.0.1:1/hive",
            {"colour": "blue"},
            "“colour”; correct it in [sources.wh",
        ),
        ("trino://reader@127.0.0.1:1/hive?colour=1", {}, "“colour”"),
        ("trino://reader@127.0.0.1:1/hive", {"timezon": "UTC"}, "Did you mean “timezone”?"),
        ("mysql://reader@127.0.0.1:1/db", {"ssl_caa": "x"}, "Did you mean “ssl_ca”?"),
        ("snowflake://reader@acme/db", {"warehose": "WH"}, "Did you mean “warehouse”?"),
        (
            "snowflake://reader@acme/db",
            {"colour": "blue"},
            "It takes authenticator, client_session",
        ),
    ],
)
def test_an_argument_that_the_driver_does_not_know_is_named(
    url: str, arguments: dict[str, str], said: str
) -> None:
    given = settings(url, connect_args=arguments)
    with pytest.raises(InputError, match=re.escape(said)):
        engine_of("wh", url_of(given), given)


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ({"connect_args": {"colour": 1}}, "takes no argument “colour”"),
        ({"connect_args": {"oauth_client_idd": "x"}}, "Did you mean “oauth_client_id”?"),
        ({"options": {"catalog": "main"}}, "lacks http_path"),
    ],
)
def test_databricks_passes_over_no_argument_in_silence(section: dict[str, Any], said: str) -> None:
    path = "" if "options" in section else "?http_path=/sql/1"
    given = settings(f"databricks://token@acme.cloud.databricks.com/default{path}", **section)
    with pytest.raises(InputError, match=re.escape(said)):
        engine_of("wh", url_of(given), given)


def test_databricks_takes_what_its_driver_looks_up() -> None:
    arguments = {"oauth_client_id": "x", "_tls_no_verify": True}
    given = settings(
        "databricks://token@acme.cloud.databricks.com/default",
        options={"http_path": "/sql/1"},
        connect_args=arguments,
    )
    assert arguments.items() <= driver_arguments(given).items()


def test_bigquery_without_credentials_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    with pytest.raises(InputError, match="no credentials for Google Cloud"):
        driver_arguments(settings("bigquery://proj/data"))
