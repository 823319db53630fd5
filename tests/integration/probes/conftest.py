# ruff: noqa: E501  (statements read better on one line)
"""A real PostgreSQL for the probes, with a clean table, a denied one and a slow view."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from probes.contract import ProbeContext, no_progress
from probes.settings import ProbeSettings, read_settings
from tests.databases import server_with_reader
from tests.said_again import every_finding_can_be_said_again  # noqa: F401 - runs by itself


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """Give the URL of a database whose user `reader` may read `orders` but not `salaries`."""
    with server_with_reader() as url:
        with psycopg.connect(url, autocommit=True) as owner:
            owner.execute(
                "CREATE TABLE orders AS SELECT n AS order_id, 'C' || lpad((n % 90)::text, 5, '0') AS customer, "
                "(n % 7)::numeric(8,2) * 1.5 AS amount, CASE WHEN n % 10 = 0 THEN NULL ELSE n % 50 END AS basket, "
                "TIMESTAMPTZ '2024-01-01 00:00+00' + n * INTERVAL '1 hour' AS placed_at, "
                "CASE WHEN n % 50 = 0 THEN 'NaN'::float8 ELSE n * 0.5 END AS reading, n % 3 = 0 AS late, "
                "jsonb_build_object('n', n) AS extra, 'p' || n || '@example.com' AS contact "
                "FROM generate_series(1, 3000) AS n"
            )
            owner.execute("CREATE TABLE salaries AS SELECT 1 AS person, 1000 AS salary")
            owner.execute("CREATE TABLE hollow (a int, b text)")
            owner.execute(
                "CREATE VIEW slow AS SELECT n, pg_sleep(0.05)::text AS nap FROM generate_series(1, 400) AS n"
            )
            owner.execute("GRANT SELECT ON orders, hollow, slow TO reader")
        yield url


@pytest.fixture
def as_reader(postgres: str) -> str:
    return postgres.replace("//postgres:@", "//reader@")


@pytest.fixture
def context(tmp_path: Path) -> Callable[..., ProbeContext]:
    """Make a context from the sources of a configuration."""

    def make(**sources: object) -> ProbeContext:
        settings = read_settings({"sources": sources}) if sources else ProbeSettings()
        return ProbeContext(settings, tmp_path / "work", no_progress)

    return make
