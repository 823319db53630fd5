"""Probes on a real MariaDB server, which Debian brings; `make test-engines` runs them."""

from __future__ import annotations

import time
from contextlib import closing

import pytest

from probes.contract import ProbeFault, ProbeRequest
from probes.sources import open_source
from tests.integration.probes.faulty import probe
from tests.mariadb import IS_INSTALLED, mariadb

pytest.importorskip("pymysql", reason="the mysql extra is not installed")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.skipif(not IS_INSTALLED, reason="no MariaDB server is installed"),
]

ROWS = ", ".join(f"({number}, 'c{number % 7}', {number % 3})" for number in range(500))


FILLED = f"""
    CREATE DATABASE shop; USE shop;
    CREATE TABLE customers (id INT PRIMARY KEY, town VARCHAR(20), churned INT);
    INSERT INTO customers VALUES {ROWS};
    CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'right';
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with mariadb(tmp_path_factory.mktemp("mariadb"), FILLED) as port:
        yield f"mysql+pymysql://root@127.0.0.1:{port}/shop"


@pytest.fixture
def opened(context):
    def open_it(url, **settings):
        made = context(shop={"kind": "mysql", "url": url, **settings})
        return closing(open_source("shop", made)[0])

    return open_it


def test_tables_and_columns_are_seen(server, opened):
    with opened(server) as source:
        assert source.all_tables() == ["customers"]
        assert [column.name for column in source.columns("customers")] == ["id", "town", "churned"]


def test_quality_looks_at_every_row(server, context):
    from probes.quality import run

    made = context(shop={"kind": "mysql", "url": server})
    request = ProbeRequest("quality", "shop", table="customers", target="churned")
    result = run(request, made)
    assert not [finding for finding in result.findings if finding.code == "check_failed"]
    assert result.findings


def test_a_statement_that_takes_too_long_is_ended_by_the_server(server, opened):
    with opened(server, statement_timeout=1.0) as source:
        began = time.monotonic()
        with pytest.raises(ProbeFault):
            source.native_rows("SELECT COUNT(*) FROM customers a, customers b, customers c")
        assert time.monotonic() - began < 10


def test_nothing_can_be_written(server, opened):
    with opened(server) as source, pytest.raises(ProbeFault):
        source.native_rows("DELETE FROM customers")


@pytest.mark.parametrize("password", ["wrong", "right"])
def test_who_may_not_look_is_refused_in_words(server, opened, monkeypatch, password):
    monkeypatch.setenv("SHOP_PASSWORD", password)
    url = server.replace("root@", "reader:${SHOP_PASSWORD}@")
    with pytest.raises(ProbeFault) as refused, opened(url) as source:
        source.columns("customers")
    assert refused.value.finding.sentence


def as_root(server, statement):
    import sqlalchemy

    engine = sqlalchemy.create_engine(server)
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize(
    ("grant", "revoke"),
    [
        (
            "GRANT SELECT ON shop.customers TO 'reader'@'127.0.0.1'",
            "REVOKE SELECT ON shop.customers FROM 'reader'@'127.0.0.1'",
        ),
        (
            "GRANT SELECT (town) ON shop.customers TO 'reader'@'127.0.0.1'",
            "REVOKE SELECT (town) ON shop.customers FROM 'reader'@'127.0.0.1'",
        ),
        (
            "GRANT SELECT ON shop.* TO 'reader'@'127.0.0.1'",
            "REVOKE SELECT ON shop.* FROM 'reader'@'127.0.0.1'",
        ),
    ],
)
def test_a_grant_is_seen_at_the_next_look(grant, revoke, server):
    from probes.grants import look_for_grant
    from probes.settings import read_settings

    url = server.replace("//root@", "//reader:right@")
    settings = read_settings({"sources": {"shop": {"kind": "mysql", "url": url}}}, trusted=True)
    places = ("shop.customers", "shop.shop.customers", "shop")
    for place in places:
        found = look_for_grant(place, settings)
        assert found.is_pending, found
    as_root(server, grant)
    try:
        assert [look_for_grant(place, settings).works for place in places] == [True] * 3
        assert not look_for_grant("shop.no_such", settings).works
    finally:
        as_root(server, revoke)
    assert not look_for_grant("shop.customers", settings).works


SCORES = """CREATE TABLE shop.scores (customer VARCHAR(20) NOT NULL, day DATE NOT NULL,
 score DECIMAL(6, 4), made DATETIME, sure TINYINT(1), grade TINYINT UNSIGNED, since YEAR,
 kind ENUM('a', 'b'), note JSON,
 PRIMARY KEY (customer, day))"""


def written(server, table="scores"):
    import sqlalchemy

    engine = sqlalchemy.create_engine(server)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").scalar()
        left = [name for (name,) in connection.exec_driver_sql("SHOW TABLES")]
    engine.dispose()
    return rows, left


@pytest.mark.parametrize(
    ("grant", "expected", "scenario"),
    [
        (
            "GRANT ALL ON shop.* TO 'writer'@'127.0.0.1'",
            {"batch_taken", "real_row_unclear", "batch_safe_twice"},  # JSON is a checked text there
            "easy",
        ),
        ("GRANT SELECT ON shop.* TO 'writer'@'127.0.0.1'", {"write_refused"}, "process"),
    ],
)
def test_a_batch_goes_into_a_scratch_table_and_leaves_nothing(
    server, tmp_path, monkeypatch, grant, expected, scenario
):
    monkeypatch.setenv("WRITER_PASSWORD", "right")
    as_root(server, "DROP TABLE IF EXISTS shop.scores")
    as_root(server, "DROP USER IF EXISTS 'writer'@'127.0.0.1'")
    as_root(server, SCORES)
    as_root(server, "INSERT INTO shop.scores (customer, day) VALUES ('c1', '2026-01-01')")
    as_root(server, "CREATE USER 'writer'@'127.0.0.1' IDENTIFIED BY 'right'")
    as_root(server, grant)
    place = server.partition("@")[2]
    result = probe(
        tmp_path,
        url=f"mariadb+pymysql://writer:${{WRITER_PASSWORD}}@{place}",
        table="scores",
        latency_budget_ms=5000,
    )
    found = {one.code: one.sentence for one in result.findings}
    assert {"table_read", *expected} <= set(found), found
    assert "column_type_unknown" not in found
    assert result.scenario == scenario, found
    assert written(server) == (1, ["customers", "scores"])


def test_a_batch_meets_a_wrong_password_and_a_missing_table(server, tmp_path, monkeypatch):
    monkeypatch.setenv("READER_PASSWORD", "wrong")
    place = server.partition("@")[2]
    url = f"mysql+pymysql://reader:${{READER_PASSWORD}}@{place}"
    denied = probe(tmp_path, url=url, table="scores")
    absent = probe(tmp_path, url=server.replace("mysql+", "mariadb+"), table="nothing")
    assert "login_refused" in {one.code for one in denied.findings}
    assert "table_not_there" in {one.code for one in absent.findings}


@pytest.mark.parametrize(
    ("made", "code", "scenario"),
    [
        ("CREATE TABLE shop.kept (id INT PRIMARY KEY) ENGINE=MyISAM", "real_row_untried", "easy"),
        ("CREATE TABLE shop.kept (id INT PRIMARY KEY)", "real_row_taken", "easy"),
        (
            "CREATE TABLE shop.kept (id INT PRIMARY KEY);"
            "CREATE TRIGGER shop.shut BEFORE INSERT ON shop.kept FOR EACH ROW"
            " SIGNAL SQLSTATE '45000'",
            "real_row_refused",
            "process",
        ),
    ],
)
def test_a_row_in_the_real_table_is_rolled_back(server, tmp_path, made, code, scenario):
    as_root(server, "DROP TABLE IF EXISTS shop.kept")
    for statement in made.split(";"):
        as_root(server, statement)
    url = server.replace("mysql+", "mariadb+")
    result = probe(tmp_path, url=url, table="kept", batch_rows=5, latency_budget_ms=5000)
    assert code in {one.code for one in result.findings}, result.findings
    assert result.scenario == scenario
    assert written(server, "kept")[0] == 0
    as_root(server, "DROP TABLE shop.kept")
