"""A column that breaks is found among few entities and named; quiet data raise nothing."""

from __future__ import annotations

import numpy as np
import pytest

from serving.drift import FEWEST, Drift, columns_of
from tests.grocer_shifts import ALPHA, SHIFTS, SWAPPED, Stream, halves, runs, share_found
from tests.served import LABELS, customers

KINDS = [*SHIFTS, SWAPPED]


@pytest.fixture(scope="module")
def stream():
    frame = customers()
    return Stream(frame.head(2_000), frame.tail(2_000), dict.fromkeys(LABELS, "a label"))


def drift_of(stream):
    return Drift(columns_of(stream.reference, stream.names), stream.reference["rows"], ALPHA)


@pytest.mark.parametrize("kind", ["all missing", "a unit changed", "a constant"])
def test_a_broken_column_is_found_and_named(stream, kind):
    results = [one for one in runs(stream, kind, 1) if one[0] is not None]
    assert results
    assert all(named for _, named in results)


def test_a_shuffled_column_is_seen_by_what_it_no_longer_goes_with(stream):
    rng = np.random.default_rng(48)
    frame = stream.seen.sample(frac=1, random_state=1)
    at, named = stream.found(frame.assign(spend=rng.permutation(frame["spend"])), 400)
    assert at <= 200
    assert named <= {"spend", "income"}  # each tells of the other, and nothing else of either


def test_quiet_rows_raise_nothing(stream):
    for seed in range(3):
        assert stream.found(stream.seen.sample(frac=1, random_state=seed), 1_900) is None


def test_few_entities_who_come_back_say_no_more_than_they_are(stream):
    drift = drift_of(stream)
    few = stream.codes(stream.seen.head(FEWEST - 1))
    for call in range(3_000):
        drift.see(str(call % len(few)), few[call % len(few)], call * 0.5)
    assert drift.changes() == []


def test_a_change_is_seen_though_every_entity_came_before_it(stream):
    drift, few = drift_of(stream), stream.seen.head(24)
    broken = stream.codes(few.assign(spend=None))
    for call, row in enumerate(stream.codes(few) * 5):
        drift.see(str(call % 24), row, float(call))
    assert not [one for one in drift.changes() if one.excess > 0]
    for call, row in enumerate(broken):
        drift.see(str(call), row, 4_000.0 + call)
    assert {one.column for one in drift.changes() if one.excess > 0} == {"spend"}


def test_a_state_comes_back_as_it_was(stream):
    drift, again = drift_of(stream), drift_of(stream)
    for number, row in enumerate(stream.codes(stream.seen.head(150))):
        drift.see(str(number), row, float(number))
    again.restore(drift.to_plain())
    assert again.to_plain() == drift.to_plain()
    assert again.peek() == drift.peek()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_grocer_s_shifts_are_found_within_200_households_and_named(seed):
    found = [one for kind in KINDS for one in runs(halves(seed), kind, 1, seed)]
    assert share_found(found) >= 0.95


@pytest.mark.slow
def test_a_tenth_more_in_one_column_is_found_within_800_households():
    at = []
    for seed in range(40):
        stream = halves(seed)
        frame = stream.seen.assign(average_item=stream.seen["average_item"] * 1.1)
        at.append(stream.found(frame.sample(frac=1, random_state=seed), 800))
    assert np.mean([one is not None and one[1] == {"average_item"} for one in at]) >= 0.95
