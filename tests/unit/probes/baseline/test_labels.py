"""Labels turned round, flipped, not known yet or drifting are told; honest ones are not."""

import numpy as np
import pandas as pd
import pytest

from probes.baseline import labels
from probes.baseline.columns import plan_frame, prepare
from probes.baseline.task import read_task

ROWS = 3_000


def table(seed=1, strength=3.0):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=ROWS)
    y = (rng.random(ROWS) < 1 / (1 + np.exp(1 - strength * signal))).astype(int)
    channel = rng.choice(["web", "shop", "phone"], ROWS, p=[0.5, 0.35, 0.15])
    frame = pd.DataFrame({"signal": signal, "x": rng.normal(size=ROWS), "channel": channel})
    return frame.assign(y=y), rng


def turned(frame):
    task = read_task(frame, "y")
    plan = plan_frame(frame, {"y": "the target"})
    return list(labels.turned_round(prepare(frame, plan), plan, task))


def flips(frame):
    return labels.flipped(read_task(frame, "y"), np.arange(ROWS), frame.signal.to_numpy())


def over_time(frame, days=365.0):
    moments = 19_700 + np.linspace(0, days, len(frame))
    return {one.code: one for one in labels.over_time(read_task(frame, "y"), moments)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_channel_whose_labels_are_turned_round_is_named(seed):
    frame, _ = table(seed)
    assert turned(frame) == []
    frame["y"] = frame.y.where(frame.channel != "phone", 1 - frame.y)
    (found,) = turned(frame)
    assert (found.column, found.facts["level"]) == ("channel", "phone")


def test_the_largest_of_three_channels_may_be_the_one_that_is_turned_round():
    frame, rng = table()
    frame["channel"] = rng.choice(["web", "shop", "phone"], ROWS, p=[0.29, 0.31, 0.4])
    frame["y"] = frame.y.where(frame.channel != "phone", 1 - frame.y)
    assert [one.facts["level"] for one in turned(frame)] == ["phone"]


def test_a_channel_whose_numbers_are_turned_round_is_named():
    frame, rng = table()
    frame["y"] = frame.signal * 5 + rng.normal(size=ROWS)
    assert turned(frame) == []
    frame["y"] = frame.y.where(frame.channel != "phone", -frame.y)
    assert [one.facts["level"] for one in turned(frame)] == ["phone"]


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_quarter_of_flipped_labels_is_told_with_its_share(seed):
    frame, rng = table(seed, strength=6.0)
    assert flips(frame) is None
    frame["y"] = np.where(rng.random(ROWS) < 0.25, 1 - frame.y, frame.y)
    assert flips(frame).facts["share"] == pytest.approx(0.25, abs=0.04)


@pytest.mark.parametrize("strength", [0.5, 1.0, 2.0])
def test_a_weak_signal_is_not_said_to_be_flipped(strength):
    assert flips(table(5, strength)[0]) is None


@pytest.mark.parametrize("days", [30, 60, 90])
def test_outcomes_that_are_not_known_yet_are_told_since_when(days):
    frame, rng = table()
    assert "labels_not_ripe" not in over_time(frame)
    newest = np.arange(ROWS) > ROWS * (1 - days / 365)
    frame["y"] = np.where(newest & (rng.random(ROWS) < 0.85), 0, frame.y)
    assert over_time(frame)["labels_not_ripe"].facts["days"] == pytest.approx(days, rel=0.3)


def test_a_bad_week_in_each_season_is_no_unknown_outcome():
    frame, rng = table()
    seasons = np.sin(np.arange(ROWS) / ROWS * 2 * np.pi * 4)
    frame["y"] = (rng.random(ROWS) < 0.3 + 0.2 * seasons).astype(int)
    assert over_time(frame) == {}


@pytest.mark.parametrize("way", [1, -1])
def test_a_base_rate_that_drifts_is_told_from_early_to_late(way):
    frame, rng = table()
    rate = 0.25 + way * 0.15 * np.linspace(-1, 1, ROWS)
    frame["y"] = (rng.random(ROWS) < rate).astype(int)
    found = over_time(frame)["base_rate_drifts"].facts
    assert (found["late"] > found["early"]) is (way > 0)


@pytest.mark.parametrize("seed", range(5))
def test_a_steady_base_rate_does_not_drift(seed):
    assert over_time(table(seed)[0]) == {}
