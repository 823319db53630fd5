"""A batch of scores goes into a table for a trial, and nothing of it is left there."""

import sqlite3

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from tests.databases import fresh_database
from tests.integration.probes.faulty import (
    SCORES,
    codes,
    probe,
    sentence_of,
)

STRANGE = """CREATE TABLE strange (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
 score DOUBLE PRECISION NOT NULL, share REAL NOT NULL, told TEXT[] NOT NULL, from_ip INET NOT NULL,
 why JSONB NOT NULL, made TIMESTAMPTZ NOT NULL DEFAULT now(), raw BYTEA NOT NULL,
 twice DOUBLE PRECISION GENERATED ALWAYS AS (score * 2) STORED)"""


def test_a_batch_goes_into_a_scratch_table_and_leaves_nothing(tmp_path):
    url = f"sqlite:///{tmp_path}/crm.db"
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text(SCORES))
        connection.execute(
            sa.text(
                "CREATE TABLE bare (id INTEGER PRIMARY KEY AUTOINCREMENT, "
                "x REAL NOT NULL, y DOUBLE NOT NULL)"
            )
        )
    good = probe(tmp_path, url=url, table="scores", batch_rows=500, latency_budget_ms=5000)
    bare = probe(tmp_path, url=url, table="bare", batch_rows=5, calls=1)
    absent = probe(tmp_path, url=url, table="nothing")
    assert {"table_read", "batch_taken", "batch_safe_twice", "fast_enough"} <= codes(good)
    assert good.scenario == "easy"
    assert "500 rows" in sentence_of(good, "batch_taken")
    assert "table_not_there" in codes(absent)
    assert "batch_taken" in codes(bare)
    assert "column_type_unknown" not in codes(bare)
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["bare", "scores"]
        assert connection.scalar(sa.text("SELECT COUNT(*) FROM scores")) == 0


CLOSED = """
CREATE FUNCTION shut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'shut'; END $$;
CREATE TRIGGER no_rows BEFORE INSERT ON scores FOR EACH ROW EXECUTE FUNCTION shut();
"""
RULES = """
CREATE TABLE parent (id INTEGER PRIMARY KEY);
CREATE TABLE closed (id TEXT PRIMARY KEY, score REAL);
CREATE TRIGGER no_rows BEFORE INSERT ON closed BEGIN SELECT RAISE(ABORT, 'shut'); END;
CREATE TABLE copied (id TEXT PRIMARY KEY, score REAL);
CREATE TABLE log (at TEXT);
CREATE TRIGGER to_log AFTER INSERT ON copied BEGIN INSERT INTO log VALUES ('x'); END;
CREATE TABLE fussy (id TEXT PRIMARY KEY, score REAL CHECK (score > 600));
"""


@pytest.mark.parametrize(
    ("table", "code", "scenario", "words", "given"),
    [
        ("closed", "real_row_refused", "process", "with its triggers (no_rows)", {}),
        ("copied", "real_row_taken", "easy", "with its triggers (to_log)", {}),
        ("fussy", "real_row_unclear", "easy", "no trigger that this login sees", {}),
        ("fussy", "real_row_taken", "easy", "itself took one row", {"body": {"score": 700}}),
        ("fussy", "real_row_refused", "process", "refused one row", {"body": {"score": 5}}),
    ],
)
def test_triggers_and_rules_are_met_by_a_row_in_the_real_table(
    tmp_path, table, code, scenario, words, given
):
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        connection.executescript(RULES)
    url = f"sqlite:///{tmp_path}/crm.db"
    result = probe(tmp_path, url=url, table=table, batch_rows=5, latency_budget_ms=5000, **given)
    assert {"batch_taken", code} <= codes(result)
    assert words in sentence_of(result, code)
    assert result.scenario == scenario
    with sqlite3.connect(tmp_path / "crm.db") as connection:
        for left in (table, "log"):
            assert connection.execute(f"SELECT COUNT(*) FROM {left}").fetchone() == (0,)


@pytest.mark.slow
def test_postgresql_takes_a_batch_and_says_who_may_not_write(tmp_path):
    url = make_url(fresh_database("postgresql", tmp_path))
    owner = url.set(drivername="postgresql+psycopg")
    engine = sa.create_engine(owner)
    with engine.begin() as connection:
        connection.execute(sa.text(SCORES))
        connection.execute(sa.text(STRANGE))
        connection.execute(sa.text("DROP ROLE IF EXISTS hour48_reader"))
        connection.execute(sa.text("CREATE ROLE hour48_reader LOGIN"))
        connection.execute(sa.text("GRANT SELECT ON scores TO hour48_reader"))
    given = {"table": "scores", "latency_budget_ms": 9000}
    plain = url.set(drivername="postgresql")
    good = probe(tmp_path, url=plain.render_as_string(False), **given)
    strange = probe(tmp_path, url=plain.render_as_string(False), **given | {"table": "strange"})
    with engine.begin() as connection:
        connection.execute(sa.text(CLOSED))
    closed = probe(tmp_path, url=plain.render_as_string(False), **given)
    reader = plain.set(username="hour48_reader").render_as_string(False)
    refused = probe(tmp_path, url=reader, **given)
    with engine.begin() as connection:
        assert connection.scalar(sa.text("SELECT COUNT(*) FROM scores")) == 0
        connection.execute(sa.text("DROP OWNED BY hour48_reader; DROP ROLE hour48_reader"))
    engine.dispose()
    assert {"batch_taken", "real_row_taken", "batch_safe_twice"} <= codes(good), good.findings
    assert {"batch_taken", "real_row_unclear"} <= codes(strange), strange.findings
    assert "real_row_refused" in codes(closed), closed.findings
    assert closed.scenario == "process"
    assert "from_ip" in sentence_of(strange, "column_type_unknown")
    assert "write_refused" in codes(refused), refused.findings
    assert refused.scenario == "process"
