"""Every answered row is written once, or counted as dropped, whatever the database does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db.serving_models import Outcome, Prediction, WatchMinute
from probes.baseline.models import ModelFamily
from serving.desired import OutcomeRow, PredictionRow
from serving.ledger import Ledger
from serving.store import SqlStore
from tests.databases import migrated_database
from tests.deployed import deploy
from tests.served import customers, kept


class AwayError(Exception):
    pass


class Flaky:
    """A store that fails, before or after it has written."""

    def __init__(self, inner=None):
        self.inner, self.fails, self.then_fails, self.rows = inner, False, False, []

    def append(self, worker, predictions, outcomes, minutes):
        if self.fails:
            raise AwayError
        if self.inner is not None:
            self.inner.append(worker, predictions, outcomes, minutes)
        self.rows += predictions
        if self.then_fails:
            raise AwayError


def row(number=0, **values):
    plain = PredictionRow(
        1,
        time.time(),
        f"{number:032x}",
        f"{number % 7:032x}",
        "model",
        0.5,
        "1",
        b"\1",
        None,
        0.3,
        None,
        None,
    )
    return plain._replace(**values)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 9)), max_size=20), st.integers(1, 25))
def test_written_and_dropped_are_together_what_was_answered(steps, most):
    store = Flaky()
    ledger, answered = Ledger(store, "w", most), 0
    for is_away, count in steps:
        store.fails = is_away
        for _ in range(count):
            ledger.predicted(row(answered))
            answered += 1
        ledger.flush()
    store.fails = False
    assert ledger.flush()
    assert len(store.rows) + ledger.dropped == answered
    assert len({one.key for one in store.rows}) == len(store.rows)


@pytest.fixture(scope="module")
def deployed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ledger")
    model = kept(folder, customers(), "left", ModelFamily.DUMMY)
    made = deploy(migrated_database("sqlite", folder), model)
    yield made
    made.engine.dispose()


def test_a_batch_whose_fate_is_unknown_is_written_once(deployed):
    store = Flaky(SqlStore(deployed.engine, deployed.number))
    ledger = Ledger(store, "w")
    for number in range(5_000):
        ledger.predicted(row(number, error="ValueError" if number % 10 == 0 else None))
    happened = OutcomeRow("k", None, "e" * 32, 5.0, 6.0, "1", None)
    ledger.reported([happened, happened])
    store.then_fails = True
    assert not ledger.flush()
    store.then_fails = False
    assert ledger.flush()
    assert len(deployed.rows(Prediction)) == 5_000
    assert len(deployed.rows(Outcome)) == 1
    minutes = deployed.rows(WatchMinute)
    assert sum(one.calls for one in minutes) == 5_000
    assert sum(one.errors_ours for one in minutes) == 500


def test_callers_mistakes_are_counted_apart():
    store = Flaky()
    ledger = Ledger(store, "w")
    ledger.refused(3)
    ledger.predicted(row())
    counts = {key[1]: (c.calls, c.errors_theirs) for key, c in ledger._minutes.items()}
    assert counts == {"none": (0, 1), "model": (1, 0)}
