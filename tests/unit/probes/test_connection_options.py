"""Options of a connection are checked by name, kind and value before anything is called."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.errors import InputError
from probes.settings import read_settings
from probes.sources.connecting import url_of

URLS = {
    "snowflake": "snowflake://reader@acme/db/public",
    "bigquery": "bigquery://project/dataset",
    "trino": "trino://reader@host:8080/hive/sales",
    "databricks": "databricks://host",
    "postgresql": "postgresql://reader@host/db",
    "mysql": "mysql://reader@host/db",
}


def settings(url: str, **section: Any) -> Any:
    return read_settings({"sources": {"wh": {"url": url, **section}}}).sources["wh"]


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("snowflake", {"role": "ANALYST", "warehouse": "WH", "private_key_file": "~/key.p8"}),
        ("snowflake", {"authenticator": "oauth", "token": "${TOKEN}"}),
        ("snowflake", {"authenticator": "SNOWFLAKE_JWT"}),
        ("snowflake", {"authenticator": "https://acme.okta.com"}),
        ("trino", {"timezone": "Europe/Vienna"}),
        ("bigquery", {"credentials_path": "/etc/sa.json", "location": "EU"}),
        ("bigquery", {"billing_project": "p", "maximum_bytes_billed": 10_000_000}),
        ("trino", {"http_scheme": "https", "verify": False, "role": "analyst"}),
        ("trino", {"certificate_file": "/etc/hour48/c.pem", "key_file": "/etc/hour48/key.pem"}),
        ("databricks", {"http_path": "/sql/1.0/warehouses/x", "catalog": "main"}),
        ("postgresql", {"sslmode": "verify-full", "sslrootcert": "/etc/ca.pem"}),
        ("mysql", {"ssl_ca": "/etc/ca.pem"}),
    ],
)
def test_what_users_of_a_server_need_is_taken(kind: str, options: dict[str, Any]) -> None:
    assert settings(URLS[kind], options=options).options == options


@pytest.mark.parametrize(
    ("url", "section", "said"),
    [
        (URLS["snowflake"], {"options": {"warehose": "WH"}}, "did you mean “warehouse”?"),
        (
            URLS["snowflake"],
            {"options": {"colour": "x"}},
            "“colour” is not an option of a",
        ),
        (URLS["bigquery"], {"options": {"location": 3}}, "“location” takes text"),
        (URLS["trino"], {"options": {"http_scheme": "ftp"}}, "one of http, https, not “ftp”"),
        (URLS["trino"], {"options": {"timezone": "Mars/Olympus"}}, "not “Mars/Olympus”"),
        (URLS["trino"], {"options": {"certificate_file": "/c.pem"}}, "needs “key_file” beside"),
        (URLS["snowflake"], {"options": {"authenticator": "magic"}}, "not “magic”"),
        (URLS["databricks"], {"options": {"http_path": ""}}, "“http_path” is empty"),
        (URLS["mysql"], {"options": {"ssl_verify_cert": "yes"}}, "takes true or false"),
        (URLS["postgresql"], {"options": {"sslmode": "on"}}, "“sslmode” is one of disable"),
        ("spark://local/tmp", {"connect_args": {"a": 1}}, "takes no connect_args"),
    ],
)
def test_a_wrong_option_is_one_sentence_that_names_it(
    url: str, section: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as refused:
        settings(url, **section)
    assert said in refused.value.message
    assert "sources.wh" in refused.value.message
    assert refused.value.message.count(".toml") == 1


def test_a_file_takes_no_options() -> None:
    with pytest.raises(InputError, match="a csv source takes no options, so take “sep” out"):
        read_settings({"sources": {"f": {"path": "a.csv", "options": {"sep": ";"}}}})


@pytest.mark.parametrize("name", ["private_key_passphrase", "token"])
def test_a_secret_among_the_options_comes_from_the_environment(name: str) -> None:
    with pytest.raises(InputError, match="in its place and set NAME in the environment"):
        settings(URLS["snowflake"], options={name: "written-out-here"})


def test_a_variable_of_the_url_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH", raising=False)
    with pytest.raises(InputError, match="NO_SUCH"):
        url_of(settings("postgresql://reader:${NO_SUCH}@host/db"))
