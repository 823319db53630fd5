"""Rows copied with small changes are kept apart in checks; a pattern fades with distance."""

import numpy as np
import pandas as pd
import pytest

from probes.baseline.columns import plan_frame, prepare
from probes.baseline.neighbours import near_copies
from probes.baseline.splits import part_apart
from probes.baseline.task import read_task
from probes.baseline.twins import find_twins


def copied(each, jitter, numbers, words=0, rows=900, seed=5, answers=2):
    rng = np.random.default_rng(seed)
    who = rng.permutation(np.repeat(np.arange(rows // each), each))
    people = rows // each
    frame = pd.DataFrame(rng.normal(size=(people, numbers))[who]).add_prefix("n")
    frame += rng.normal(size=frame.shape) * jitter
    for place in range(words):
        frame[f"w{place}"] = rng.choice(list("abcdef"), people)[who]
    drawn = rng.integers(0, 2, people) if answers else rng.normal(size=people)
    return frame.assign(y=drawn[who]), who


def found_in(frame):
    plan = plan_frame(frame, {"y": "the target"})
    return find_twins(prepare(frame, plan), plan, frame.y.to_numpy(float))


@pytest.mark.parametrize(
    ("each", "jitter", "numbers", "words"),
    [
        (2, 0.001, 3, 0),
        (2, 0.05, 3, 0),
        (3, 0.05, 2, 1),
        (5, 0.02, 1, 3),
        (10, 0.05, 2, 1),
        (30, 0.01, 3, 2),
        (30, 0.05, 3, 0),
    ],
)
@pytest.mark.parametrize("answers", [2, 0])
def test_no_check_learns_from_a_near_copy(each, jitter, numbers, words, answers):
    frame, who = copied(each, jitter, numbers, words, answers=answers)
    twins = found_in(frame)
    assert twins.share > 0.8
    assert twins.near > 0.8
    parting = part_apart(twins.groups, twins.beside, read_task(frame, "y"))
    met = [np.isin(who[test], who[train]).mean() for train, test in parting.folds]
    assert np.mean(met) < 0.12
    assert all(len(train) > len(frame) / 3 for train, _ in parting.folds)


RNG = np.random.default_rng(3)
LINE, PLANE = RNG.random(1_500), RNG.random((1_500, 2))
FADING = {
    "noise": (PLANE, RNG.integers(0, 2, 1_500)),
    "a slope": (PLANE, (PLANE[:, 0] + RNG.normal(size=1_500) * 0.3 > 0.5).astype(int)),
    "a map of islands": (PLANE, np.floor(PLANE * 6).sum(axis=1) % 2),
    "waves": (LINE[:, None], (np.sin(LINE * 60) > 0).astype(int)),
    "whole numbers": (np.floor(PLANE * 60), (PLANE[:, 1] > 0.5).astype(int)),
}


@pytest.mark.parametrize("name", FADING)
def test_answers_that_fade_with_distance_are_a_pattern_and_no_copies(name):
    places, answers = FADING[name]
    frame = pd.DataFrame(places).add_prefix("n").assign(w=RNG.choice(list("ab"), 1_500))
    plan = plan_frame(frame, {})
    assert near_copies(prepare(frame, plan), plan, answers.astype(float)) is None


def test_words_that_tell_the_answer_are_no_copies():
    words = pd.DataFrame({name: RNG.choice(list("abcdef"), 1_500) for name in "pqr"})
    frame = words.assign(n=RNG.normal(size=1_500))
    answers = ((words.p > "c") ^ (words.q > "c")).to_numpy(float)
    plan = plan_frame(frame, {})
    assert near_copies(prepare(frame, plan), plan, answers) is None
