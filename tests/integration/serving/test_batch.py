"""A whole table is scored: all rows or none, the control group marked, as the service would."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
from sqlalchemy import create_engine, inspect, text

from bot.db.engine import open_engine, session_factory
from bot.db.serving_models import Prediction, ServingBatch, WatchMinute
from bot.domain.batches import BatchAttempt, table_name
from bot.domain.enums import DeploymentState
from bot.domain.errors import InputError
from bot.domain.traffic import in_share
from hour48.batch_child import TableReader
from serving.batch import score_frame, write_table
from serving.batches import Scoring, form_of_file
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
def scoring(deployed, table, tmp_path):
    url = fresh_database("sqlite", tmp_path)
    made = Scoring(deployed.engine, lambda source, name: table, url, tmp_path / "forms")
    made.folder.mkdir()
    return made


def ask(deployed, **values):
    """Write a claimed batch's row, as the bot does; return the claim."""
    plain = {"source": "shop", "entity_column": "customer", "into": "", "due_at": NOW}
    with session_factory(deployed.engine).begin() as session:
        row = ServingBatch(
            deployment_id=deployed.number, state="running", owner="a-claim", **(plain | values)
        )
        session.add(row)
        session.flush()
        return BatchAttempt(row.id, "a-claim", table_name(row.deployment_id, row.due_at, row.id))


def written(url):
    engine = create_engine(url)
    (name,) = inspect(engine).get_table_names()
    with engine.connect() as connection:
        rows = connection.execute(text(f"select * from {name} order by entity")).mappings().all()
    engine.dispose()
    return name, rows


def test_a_batch_is_scored_into_a_new_table_as_the_saved_model_scores(
    deployed, scoring, table, saved
):
    attempt = ask(deployed)
    facts = scoring.run(attempt)
    name, rows = written(scoring.write_url)
    assert name == f"hour48_scores_{deployed.number}_20260309_090000_{attempt.number}"
    scores = dict(zip(table["customer"], saved.scores(table), strict=True))
    salt = deployed.row.salt
    assert len(rows) == len(table)
    for row in rows:
        if in_share(row["entity"], 50.0, salt):
            assert row["arm"] == "model"
            assert row["score"] == pytest.approx(scores[row["entity"]], abs=1e-9)
        else:
            assert (row["arm"], row["score"], row["answer"]) == ("control", None, "as before")
    assert (facts["rows"], facts["entities"], facts["alarms"]) == (400, 400, [])
    assert {one.key for one in deployed.rows(Prediction)} == {row["prediction"] for row in rows}
    counted = {one.arm: one.calls for one in deployed.rows(WatchMinute)}
    assert counted == Counter(row["arm"] for row in rows)


def test_a_batch_that_died_after_its_table_was_written_leaves_the_same_table_and_record(
    deployed, scoring
):
    first = ask(deployed)
    scoring.run(first)
    _, before = written(scoring.write_url)
    again = BatchAttempt(first.number, "another-claim", first.table, before="a-claim")
    with session_factory(deployed.engine).begin() as session:
        session.get_one(ServingBatch, first.number).owner = "another-claim"
    scoring.run(again)
    _, after = written(scoring.write_url)
    assert [row["prediction"] for row in after] == [row["prediction"] for row in before]
    assert len(deployed.rows(Prediction)) == 400
    assert sum(one.calls for one in deployed.rows(WatchMinute)) == 400


def roll_back(deployed, _attempt):
    deployed.set(state=DeploymentState.PULLED)


def cancel(deployed, attempt):
    with session_factory(deployed.engine).begin() as session:
        session.get_one(ServingBatch, attempt.number).state = "cancelled"


@pytest.mark.parametrize(
    ("change", "words"),
    [(roll_back, "rolled back or changed"), (cancel, "cancelled or taken over")],
)
def test_what_is_no_longer_wanted_when_it_is_scored_never_appears(deployed, scoring, change, words):
    attempt = ask(deployed)
    scoring.tell = lambda stage, *_: change(deployed, attempt) if stage == "writing" else None
    with pytest.raises(InputError, match=words):
        scoring.run(attempt)
    assert inspect(create_engine(scoring.write_url)).get_table_names() == []
    assert deployed.rows(Prediction) == []


def test_a_shadow_batch_that_is_not_as_in_training_says_which_column(deployed, scoring, table):
    deployed.set(state=DeploymentState.SHADOW)
    scoring.read = lambda source, name: table.assign(spend=0)
    facts = scoring.run(ask(deployed))
    assert facts["in_shadow"]
    assert [one["column"] for one in facts["alarms"]] == ["spend"]
    _, rows = written(scoring.write_url)
    assert {row["arm"] for row in rows} == {"control"}


def test_a_row_that_the_model_fails_on_gets_the_control_answer_and_is_counted(
    deployed, form, table, monkeypatch
):
    desired = replace(SqlStore(deployed.engine, deployed.number).desired(), percent=100.0)
    score, calls = form.score, iter(range(10_000))

    def broken(*given):
        if next(calls) == 7:
            raise ZeroDivisionError
        return score(*given)

    monkeypatch.setattr(form, "score", broken)
    batch = score_frame(table, form, desired, "customer")
    assert batch.failed == 1
    assert (batch.rows[7].arm, batch.rows[7].score, batch.rows[7].answer) == (
        "control",
        None,
        "as before",
    )
    assert (batch.record[7].arm, batch.record[7].error) == ("model", "ZeroDivisionError")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.drop(columns="spend"), "lacks the column 'spend'"),
        (lambda frame: frame.drop(columns="customer"), "lacks the column 'customer'"),
        (lambda frame: frame.assign(customer=None), "Row 1 has no customer"),
    ],
)
def test_a_table_that_cannot_be_scored_fails_in_a_sentence_and_writes_nothing(
    deployed, scoring, table, change, words
):
    scoring.read = lambda source, name: change(table)
    with pytest.raises(InputError, match=words):
        scoring.run(ask(deployed))
    assert inspect(create_engine(scoring.write_url)).get_table_names() == []
    assert deployed.rows(Prediction) == []


def test_a_log_is_replayed_as_calls_that_nobody_hears_the_answer_of(deployed, scoring, table):
    deployed.set(state=DeploymentState.SHADOW)
    odd = table.rename(columns={"customer": "entity"}).head(100).astype(object)
    odd.loc[3, "joined"] = "soon"
    scoring.read = lambda source, name: odd
    facts = scoring.run(ask(deployed, into="shadow:"))
    assert (facts["rows"], facts["entities"], facts["refused"]) == (99, 99, 1)
    recorded = deployed.rows(Prediction)
    assert {one.arm for one in recorded} == {"shadow"}
    assert all(one.score is not None and one.answer == "as before" for one in recorded)
    assert inspect(create_engine(scoring.write_url)).get_table_names() == []


def test_a_log_of_json_lines_is_read_as_the_requests_that_it_holds(
    deployed, scoring, rows, saved, unseen, tmp_path
):
    deployed.set(state=DeploymentState.SHADOW)
    log = tmp_path / "calls.jsonl"
    bodies = [{"entity": f"e{place}", "values": row} for place, row in enumerate(rows)]
    log.write_text("\n".join(json.dumps(body) for body in bodies), "utf-8")
    scoring.read = TableReader({})
    facts = scoring.run(ask(deployed, into="shadow:", source=str(log), entity_column="entity"))
    assert (facts["rows"], facts["entities"], facts["refused"]) == (len(rows), len(rows), 0)
    scores = sorted(one.score for one in deployed.rows(Prediction))
    assert scores == pytest.approx(sorted(saved.scores(unseen)), abs=1e-9)


@pytest.mark.parametrize(
    ("change", "state", "words"),
    [
        (lambda frame: frame, DeploymentState.LIVE, "in the shadow run only"),
        (
            lambda frame: frame.drop(columns="spend"),
            DeploymentState.SHADOW,
            "None of the 400 requests .*spend.*required",
        ),
        (lambda frame: frame.head(0), DeploymentState.SHADOW, "holds no request"),
        (
            lambda frame: frame.drop(columns="customer"),
            DeploymentState.SHADOW,
            "lacks the column 'customer'.* It has: .*spend",
        ),
    ],
)
def test_a_log_that_says_nothing_fails_in_a_sentence(
    deployed, scoring, table, change, state, words
):
    deployed.set(state=state)
    scoring.read = lambda source, name: change(table)
    with pytest.raises(InputError, match=words):
        scoring.run(ask(deployed, into="shadow:"))


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
    url = fresh_database(kind, tmp_path)
    monkeypatch.setattr("serving.batch.AT_ONCE", 150)
    broken = batch.rows[380]
    batch.rows[380] = broken.__class__(None, *[getattr(broken, n) for n in broken.__slots__[1:]])
    with pytest.raises(InputError, match="so none were"):
        write_table(batch, url, "1", NOW)
    engine = open_engine(url)
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
