"""Entities and copies are found by how rows resemble each other; names and chance do not count."""

import numpy as np
import pandas as pd
import pytest

from probes.baseline.columns import plan_frame, prepare
from probes.baseline.entities import find_entity
from probes.baseline.twins import find_twins

PEOPLE = 200


def people(each=5, jitter=0.0, seed=3):
    rng = np.random.default_rng(seed)
    habits = rng.normal(size=(PEOPLE, 5))
    rows = np.repeat(np.arange(PEOPLE), each)
    columns = {f"f{place}": habits[rows, place] for place in range(5)}
    frame = pd.DataFrame(columns) + rng.normal(size=(len(rows), 5)) * jitter
    frame["place"] = rng.choice(list("abcd"), PEOPLE)[rows]
    frame["y"] = rng.integers(0, 2, PEOPLE)[rows]
    names = rng.permutation(PEOPLE)
    return frame.assign(ref=[f"K{names[one]:04d}" for one in rows])


def entity(frame, asked=None):
    return find_entity(frame, frame.y.to_numpy(float), ["y"], asked)


def twins(frame):
    plan = plan_frame(frame, {"y": "the target", "ref": "whom it is about"})
    return find_twins(prepare(frame, plan), plan, frame.y.to_numpy(float))


@pytest.mark.parametrize("name", ["ref", "Q7", "spalte 3"])
@pytest.mark.parametrize("each", [2, 5])
def test_one_customer_several_times_is_found_under_any_name(name, each):
    found = entity(people(each).rename(columns={"ref": name}))
    assert (found.column, found.groups) == (name, PEOPLE)
    assert found.alike == 1.0


def test_rows_that_share_nothing_but_the_answer_are_found_by_it():
    frame = people()[["ref", "y"]]
    noise = np.random.default_rng(1).normal(size=(len(frame), 4))
    frame = frame.assign(**{f"n{place}": noise[:, place] for place in range(4)})
    assert entity(frame).column == "ref"


@pytest.mark.parametrize("name", ["spending", "customer_id"])
def test_a_measurement_that_tells_the_answer_is_not_taken_for_a_name(name):
    rng = np.random.default_rng(4)
    amount = rng.integers(0, 300, 2_000)
    columns = {name: amount, "x": rng.normal(size=2_000), "z": rng.normal(size=2_000)}
    frame = pd.DataFrame(columns | {"y": (amount > 150).astype(int)})
    found = entity(frame)
    assert found is None or name == "customer_id"


@pytest.mark.parametrize(("name", "found"), [("id", True), ("panelId", True), ("price", False)])
def test_an_id_whose_rows_lean_to_one_answer_is_whom_they_are_about(name, found):
    rng = np.random.default_rng(6)
    who = np.repeat(np.arange(300), 9)
    usual = rng.integers(0, 4, 300)[who]
    frame = pd.DataFrame({name: who, "x": rng.normal(size=len(who))})
    frame["y"] = np.where(rng.random(len(who)) < 0.55, usual, rng.integers(0, 4, len(who)))
    assert (entity(frame) is not None) is found


def test_a_column_of_few_categories_is_no_entity():
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"shelf": rng.choice([f"s{n}" for n in range(30)], 3_000)})
    frame["x"], frame["y"] = rng.normal(size=3_000), rng.integers(0, 2, 3_000)
    assert entity(frame) is None


@pytest.mark.parametrize("jitter", [0.0, 0.002, 0.01, 0.03])
def test_copies_are_found_though_nearly_equal_only(jitter):
    found = twins(people(jitter=jitter))
    assert found.share > 0.9
    assert (found.near > 0.9) is (jitter > 0)
    assert found.groups.max() + 1 < 1.3 * PEOPLE


@pytest.mark.parametrize(
    ("columns", "jitter"), [(["f0", "f1", "place"], 0.01), (["f0", "f1", "f2"], 0.02)]
)
def test_where_copies_are_certain_more_distant_ones_are_kept_together_too(columns, jitter):
    frame = people(jitter=jitter, seed=12)[[*columns, "ref", "y"]]
    found = twins(frame)
    met = pd.DataFrame({"ref": frame.ref, "group": found.groups}).value_counts()
    assert met[met > 1].sum() > 0.97 * len(frame)
    assert found.share > 0.9
    assert np.bincount(found.groups).max() < 0.1 * len(frame)


def test_a_few_copies_among_many_rows_are_found():
    frame = people(each=1, seed=6)
    copied = frame.head(40).assign(f0=lambda rows: rows.f0 + 0.004)
    assert 0.3 < twins(pd.concat([frame, copied], ignore_index=True)).share < 0.5


@pytest.mark.parametrize("columns", [3, 6, 12])
def test_rows_that_are_near_by_chance_are_no_copies(columns):
    rng = np.random.default_rng(7)
    frame = pd.DataFrame(rng.normal(size=(3_000, columns))).add_prefix("c")
    assert twins(frame.assign(y=rng.integers(0, 2, 3_000))).groups is None


def test_rows_of_few_categories_that_repeat_by_chance_are_no_copies():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({name: rng.choice(list("abc"), 2_000) for name in "pqrs"})
    assert frame.duplicated().mean() > 0.9
    frame["y"] = (frame.p == "a").astype(int)
    assert twins(frame).groups is None


def test_rows_that_are_near_but_have_answers_of_their_own_are_no_copies():
    frame = people(jitter=0.005)
    frame["y"] = np.random.default_rng(9).integers(0, 2, len(frame))
    assert twins(frame).groups is None
