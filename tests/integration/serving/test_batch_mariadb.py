"""Scores are written into a real MariaDB, with a credential of its own; `make test-engines`."""

from __future__ import annotations

from contextlib import closing

import pytest

from bot.domain.errors import InputError
from bot.domain.traffic import in_share
from serving.batch import score_frame, write_table
from serving.batches import form_of_file
from serving.store import SqlStore
from tests.deployed import NOW
from tests.mariadb import IS_INSTALLED, mariadb
from tests.served import customers

pymysql = pytest.importorskip("pymysql", reason="the mysql extra is not installed")
pytestmark = [
    pytest.mark.engines,
    pytest.mark.smoke,
    pytest.mark.skipif(not IS_INSTALLED, reason="no MariaDB server is installed"),
]

USERS = """
    CREATE DATABASE shop; USE shop;
    CREATE TABLE customers (id INT PRIMARY KEY);
    CREATE USER 'writer'@'127.0.0.1' IDENTIFIED BY 'right';
    GRANT CREATE, INSERT, SELECT, ALTER, DROP ON shop.* TO 'writer'@'127.0.0.1';
    CREATE USER 'reader'@'127.0.0.1' IDENTIFIED BY 'right';
    GRANT SELECT ON shop.* TO 'reader'@'127.0.0.1';
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    with mariadb(tmp_path_factory.mktemp("mariadb"), USERS) as there:
        yield there


@pytest.fixture
def look(port):
    def ask(statement):
        with (
            closing(
                pymysql.connect(host="127.0.0.1", port=port, user="root", database="shop")
            ) as line,
            line.cursor() as cursor,
        ):
            cursor.execute(statement)
            return cursor.fetchall()

    return ask


@pytest.fixture
def batch(deployed, model, tmp_path):
    frame = customers().tail(2_400).assign(customer=range(2_400))
    desired = SqlStore(deployed.engine, deployed.number).desired()
    return score_frame(frame, form_of_file(model, tmp_path), desired, "customer")


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_all_rows_are_there_with_the_control_group_marked(
    port, look, batch, deployed, saved, scheme
):
    url = f"{scheme}://writer:right@127.0.0.1:{port}/shop"
    table = write_table(batch, url, f"of_{len(scheme)}", NOW)
    rows = look(f"select entity, arm, score, answer from {table}")
    scores = saved.scores(customers().tail(2_400))
    assert len(rows) == 2_400
    for entity, arm, score, answer in rows:
        if in_share(entity, 50.0, deployed.row.salt):
            assert (arm, score) == ("model", pytest.approx(scores[int(entity)], abs=1e-9))
        else:
            assert (arm, score, answer) == ("control", None, "as before")


def test_a_row_that_cannot_be_written_leaves_no_table(port, look, batch):
    before = look("show tables")
    broken = batch.rows[2_300]
    batch.rows[2_300] = type(broken)(
        None, broken.arm, broken.score, broken.answer, broken.prediction
    )
    with pytest.raises(InputError, match="so none were"):
        write_table(batch, f"mysql://writer:right@127.0.0.1:{port}/shop", "broken", NOW)
    assert look("show tables") == before


def test_a_credential_that_may_only_read_writes_nothing(port, look, batch):
    before = look("show tables")
    with pytest.raises(InputError, match="denied"):
        write_table(batch, f"mysql://reader:right@127.0.0.1:{port}/shop", "reader", NOW)
    assert look("show tables") == before


def test_a_rollback_at_the_last_moment_leaves_no_table(port, look, batch):
    before = look("show tables")

    def check():
        raise InputError("rolled back")

    with pytest.raises(InputError, match="rolled back"):
        write_table(
            batch, f"mysql://writer:right@127.0.0.1:{port}/shop", "pulled", NOW, check=check
        )
    assert look("show tables") == before
