"""A whole table is scored: all rows or none, the control group marked, as the service would."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect, text

from bot.db.engine import session_factory
from bot.db.serving_models import Prediction, ServingBatch
from bot.domain.errors import InputError
from bot.domain.traffic import ServingState, in_share
from serving.batch import score_frame, write_table
from serving.batches import Batches, form_of_file
from serving.store import SqlStore
from tests.databases import KINDS, fresh_database
from tests.deployed import NOW
from tests.served import customers

pytestmark = pytest.mark.smoke


@pytest.fixture(scope="module")
def table():
    frame = customers().tail(400).drop(columns=["left", "segment", "worth"]).reset_index(drop=True)
    return frame.assign(customer=[f"c{number}" for number in range(len(frame))])


@pytest.fixture(scope="module")
def form(model, tmp_path_factory):
    return form_of_file(model, tmp_path_factory.mktemp("form"))


@pytest.fixture
def batches(deployed, table, tmp_path):
    url = fresh_database("sqlite", tmp_path)
    made = Batches(deployed.engine, lambda source, name: table, url, tmp_path / "forms")
    made.folder.mkdir()
    return made


def ask(deployed, **values):
    plain = {"source": "shop", "entity_column": "customer", "into": "", "due_at": NOW}
    with session_factory(deployed.engine).begin() as session:
        session.add(ServingBatch(deployment_id=deployed.number, **(plain | values)))


def written(url):
    engine = create_engine(url)
    (name,) = inspect(engine).get_table_names()
    with engine.connect() as connection:
        rows = connection.execute(text(f"select * from {name} order by entity")).mappings().all()
    engine.dispose()
    return name, rows


def test_a_due_batch_is_scored_into_a_new_table_as_the_saved_model_scores(
    deployed, batches, table, saved
):
    ask(deployed, every_hours=24)
    ask(deployed, due_at=NOW + timedelta(days=9))
    (number,) = batches.run_due(NOW)
    name, rows = written(batches.write_url)
    assert name == f"hour48_scores_{deployed.number}_20260309_090000_{number}"
    scores = dict(zip(table["customer"], saved.scores(table), strict=True))
    salt = deployed.row.salt
    assert len(rows) == len(table)
    for row in rows:
        if in_share(row["entity"], 50.0, salt):
            assert row["arm"] == "model"
            assert row["score"] == pytest.approx(scores[row["entity"]], abs=1e-9)
        else:
            assert (row["arm"], row["score"], row["answer"]) == ("control", None, "as before")
    done, later, following = deployed.rows(ServingBatch)
    assert (done.state, done.rows, done.entities, done.alarms) == ("done", 400, 400, [])
    assert later.state == "waiting"
    assert following.due_at == NOW + timedelta(hours=24)
    assert {one.key for one in deployed.rows(Prediction)} == {row["prediction"] for row in rows}


def test_a_shadow_batch_that_is_not_as_in_training_says_which_column(deployed, batches, table):
    deployed.set(state=ServingState.SHADOW)
    batches.read = lambda source, name: table.assign(spend=0)
    ask(deployed)
    batches.run_due(NOW)
    (done,) = deployed.rows(ServingBatch)
    assert done.in_shadow
    assert [one["column"] for one in done.alarms] == ["spend"]
    _, rows = written(batches.write_url)
    assert {row["arm"] for row in rows} == {"control"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns="spend"), "lacks the column 'spend'"),
        (lambda frame: frame.drop(columns="customer"), "lacks the column 'customer'"),
        (lambda frame: frame.assign(customer=None), "Row 1 has no customer"),
    ],
)
def test_a_table_that_cannot_be_scored_fails_in_a_sentence_and_writes_nothing(
    deployed, batches, table, change, words
):
    batches.read = lambda source, name: change(table)
    ask(deployed)
    batches.run_due(NOW)
    (done,) = deployed.rows(ServingBatch)
    assert done.state == "failed"
    assert words in done.error
    assert inspect(create_engine(batches.write_url)).get_table_names() == []
    assert deployed.rows(Prediction) == []


def test_values_that_cannot_be_read_are_missing_and_counted(deployed, form, table):
    desired = SqlStore(deployed.engine, deployed.number).desired()
    odd = table.assign(joined=["soon", *table["joined"][1:]])
    batch = score_frame(odd, form, desired, "customer")
    assert batch.unreadable == {"joined": 1}
    assert len(batch.rows) == len(table)


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_is_written_whole_or_not_at_all(deployed, form, table, tmp_path, kind, monkeypatch):
    desired = SqlStore(deployed.engine, deployed.number).desired()
    batch = score_frame(table, form, desired, "customer")
    url = fresh_database(kind, tmp_path).replace("postgresql://", "postgresql+psycopg://")
    monkeypatch.setattr("serving.batch.AT_ONCE", 150)
    broken = batch.rows[380]
    batch.rows[380] = broken.__class__(None, *[getattr(broken, n) for n in broken.__slots__[1:]])
    with pytest.raises(InputError, match="so none were"):
        write_table(batch, url, "1", NOW)
    engine = create_engine(url)
    assert inspect(engine).get_table_names() == []
    batch.rows[380] = broken
    assert write_table(batch, url, "1", NOW) == "hour48_scores_1"
    with pytest.raises(InputError, match="has a table"):
        write_table(batch, url, "1", NOW)
    assert inspect(engine).get_table_names() == ["hour48_scores_1"]
    engine.dispose()


def test_the_command_scores_a_file_with_a_model_file(model, table, saved, tmp_path):
    table.to_csv(tmp_path / "shop.csv", index=False)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "hour48", "score", "shop.csv", "--artifact", str(model)),
            *("--entity", "customer", "--csv", "scores.csv"),
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    with (tmp_path / "scores.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    read = pd.read_csv(tmp_path / "shop.csv")
    assert [float(row["score"]) for row in rows] == pytest.approx(saved.scores(read), abs=1e-9)
