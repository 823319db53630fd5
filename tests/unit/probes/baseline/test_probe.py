"""The baseline leads with the honest split, names leaks, and says no to what cannot be learnt."""

import warnings
from dataclasses import replace
from functools import cache

import pytest

from bot.domain.errors import InputError
from probes.baseline.options import BOUNDS, Effort, Options, read_options
from probes.contract import ProbeContext, ProbeFault, no_progress
from probes.settings import ProbeSettings, TableHints
from tests.speed import usual_seconds

ROWS = 300


@cache
def rng():
    import numpy as np

    return np.random.default_rng(7)


@pytest.fixture(autouse=True)
def same_draws_in_any_order():
    rng.cache_clear()


def table(**more):
    import pandas as pd

    signal = rng().normal(size=ROWS)
    frame = pd.DataFrame(
        {
            "signal": signal,
            "noise": rng().normal(size=ROWS),
            "city": rng().choice(["Oslo", "Lima", None], ROWS),
            "y": (signal + rng().normal(size=ROWS) > 0.5).astype(int),
        }
    )
    return frame.assign(**more)


def study(frame, tmp_path, target="y", **options):
    from probes.baseline.probe import study_frame

    context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
    chosen = Options(effort=Effort.QUICK, **options)
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*sklearn.utils.parallel.*")
        before = list(warnings.filters)
        done = study_frame(frame, target, chosen, context)
        assert warnings.filters == before, "a process of others must keep its filters"
    return done, chosen


@pytest.fixture
def hurried(monkeypatch):
    """Leave no time for more than guessing and a line."""
    in_no_time = replace(BOUNDS[Effort.QUICK], seconds=0.0)
    monkeypatch.setitem(BOUNDS, Effort.QUICK, in_no_time)


def codes(frame, tmp_path, target="y", **options):
    from probes.baseline.findings import findings_of

    done, chosen = study(frame, tmp_path, target, **options)
    return {found.code: found for found in findings_of(done, chosen)}


@pytest.mark.slow
def test_a_real_signal_beats_guessing_and_noise_does_not(tmp_path):
    assert "better_than_guessing" in codes(table(), tmp_path)
    blind = table()[["noise", "y"]]
    assert "no_better_than_guessing" in codes(blind, tmp_path)


def test_planted_leaks_are_named_and_the_second_model_does_without(tmp_path):
    import numpy as np

    from probes.baseline.findings import findings_of

    frame = table()
    leaks = {
        "again": frame.y * 7 - 3,
        "near": frame.y + rng().normal(0, 0.3, ROWS),
        "left_on": np.where((frame.y == 1) & (rng().random(ROWS) < 0.99), 5.0, np.nan),
        "a": frame.noise * 9,
        "b": frame.noise * 9 - frame.y - 0.2,
    }
    done, chosen = study(frame.assign(**leaks), tmp_path)
    found = {one.code for one in findings_of(done, chosen)}
    named = {"leak_target_copy", "leak_single_predictor", "leak_missing_tells", "leak_pair_tells"}
    assert named <= found
    assert "again" not in done.plan.names, "the answer itself is certain"
    assert set(leaks) - {"again"} <= set(done.plan.names), "what is only suspected stays"
    assert not set(leaks) & set(done.doubt.plan.names)
    assert done.doubt.without.interval.mean < 0.95 < done.headline.mean


def with_a_near_answer():
    frame = table()
    frame["near"] = frame.y + rng().normal(0, 0.15, ROWS)
    return frame


@pytest.mark.slow
def test_a_column_somebody_vouches_for_stays_in(tmp_path):
    done, _ = study(with_a_near_answer(), tmp_path, trusted=("near",))
    assert "near" in done.plan.names
    assert done.headline.mean > 0.97


@pytest.mark.parametrize("trusted", [("near",), ()])
def test_in_no_time_a_line_learns_with_and_without_what_nobody_vouches_for(
    hurried, tmp_path, trusted
):
    done, _ = study(with_a_near_answer(), tmp_path, trusted=trusted)
    assert [one.value for one in done.skipped] == ["boosting", "random forest", "small neural net"]
    assert "near" in done.plan.names
    assert done.headline.mean > 0.97
    assert ("near" in done.doubt.columns) is not bool(trusted)
    if not trusted:
        assert "near" not in done.doubt.plan.names
        assert 0.5 < done.doubt.without.interval.mean < 0.95


@pytest.mark.slow
def test_rows_of_the_same_entity_do_not_meet_across_a_check(tmp_path):
    import numpy as np
    import pandas as pd

    people = np.repeat(np.arange(75), 4)
    fate = rng().integers(0, 2, 75)[people]
    habit = rng().normal(size=75)[people]
    frame = pd.DataFrame({"customer_id": people, "habit": habit, "y": fate})
    found = codes(frame, tmp_path)
    assert "entities_across_folds" in found
    assert "no_better_than_guessing" in found


@pytest.mark.slow
def test_checks_ask_of_later_rows_when_there_is_a_time(tmp_path):
    asks_of_later_rows(tmp_path)


def test_in_no_time_a_check_asks_of_later_rows(hurried, tmp_path):
    asks_of_later_rows(tmp_path)


def asks_of_later_rows(tmp_path):
    import pandas as pd

    frame = table(when=pd.date_range("2024-01-01", periods=ROWS, freq="h"))
    done, _ = study(frame, tmp_path)
    assert len(done.partings[0].folds) == 5
    for train, test in done.partings[0].folds:
        assert done.partings[0].split.value == "in order of time"
        assert train.max() < test.min()


@pytest.mark.slow
def test_a_number_is_foretold_with_its_error(tmp_path):
    frame = table()
    frame["amount"] = 3 * frame.signal + rng().normal(size=ROWS)
    found = codes(frame.drop(columns="y"), tmp_path, "amount")
    assert found["better_than_guessing"].evidence["mean"] > 0.7
    assert found["typical_error"].evidence["error"] < found["typical_error"].evidence["guessing"]


@pytest.mark.slow
def test_one_of_several_is_foretold(tmp_path):
    import pandas as pd

    from probes.baseline.task import TaskKind

    frame = table()
    frame["kind"] = pd.cut(frame.signal, [-9, -0.5, 0.5, 9], labels=["low", "mid", "high"])
    done, _ = study(frame.drop(columns=["signal"]).assign(s=frame.signal + 1), tmp_path, "kind")
    assert done.task.kind is TaskKind.MULTICLASS


def of_many_classes(classes, rows):
    """Return rows of so many classes that a number and a word tell, and four too rare to learn."""
    import numpy as np
    import pandas as pd

    kind = np.arange(rows) % classes
    near = kind + rng().normal(0, 1.0, rows)
    names = np.array([f"aisle {number}" for number in range(classes)])
    frame = pd.DataFrame({"shelf": near, "word": names[kind // 3 * 3], "kind": names[kind]})
    rare = [{"shelf": 0.0, "word": "none", "kind": f"rare {number}"} for number in range(4)]
    return pd.concat([frame, pd.DataFrame(rare)], ignore_index=True)


def test_values_too_rare_to_learn_do_not_count_among_the_classes():
    from probes.baseline.task import MOST_CLASSES, read_task

    task = read_task(of_many_classes(MOST_CLASSES - 2, 900), "kind")
    assert len(task.classes) == MOST_CLASSES - 2
    assert len(task.answers) == 900
    with pytest.raises(ProbeFault) as fault:
        read_task(of_many_classes(MOST_CLASSES + 1, 900), "kind")
    assert fault.value.finding.code == "target_too_varied"


@pytest.mark.parametrize(("classes", "rounds"), [(2, 120), (3, 120), (11, 36), (30, 13)])
def test_boosting_of_many_classes_grows_few_trees(classes, rounds):
    from probes.baseline.columns import FramePlan
    from probes.baseline.models import ModelFamily, Shape, make_model
    from probes.baseline.task import TaskKind

    shape = Shape(TaskKind.MULTICLASS, rows=14_000, columns=5, classes=classes)
    assert make_model(ModelFamily.BOOSTING, FramePlan(()), shape)[-1].max_iter == rounds


@pytest.mark.slow
def test_one_of_many_is_foretold_before_long(tmp_path):
    studies = []
    many = of_many_classes(24, 6_000)
    assert usual_seconds(lambda: studies.append(study(many, tmp_path, "kind")), 1) < 60
    done, _ = studies[0]
    assert len(done.task.classes) == 24
    assert "boosting" in [one.family.value for one in done.outcomes]
    assert done.headline.mean > 0.95


@pytest.mark.parametrize(
    ("columns", "target", "code"),
    [
        ({"a": range(100)}, "b", "target_absent"),
        ({"a": range(100), "y": [1] * 100}, "y", "target_constant"),
        ({"a": [1, 2], "y": [0, 1]}, "y", "too_few_rows"),
        ({"a": range(100), "y": [1] * 3 + [0] * 97}, "y", "too_few_positives"),
        ({"y": [0, 1] * 50}, "y", "no_features"),
        (
            {"a": range(99), "y": [f"t{n}" for n in range(99)]},
            "y",
            "target_too_varied",
        ),
        ({"a": [None] * 100, "y": [0, 1] * 50}, "y", "no_features"),
    ],
)
def test_what_cannot_be_learnt_is_one_finding(tmp_path, columns, target, code):
    import pandas as pd

    with pytest.raises(ProbeFault) as fault:
        study(pd.DataFrame(columns), tmp_path, target)
    assert fault.value.finding.code == code


@pytest.mark.slow
def test_hostile_values_do_not_break_the_study(tmp_path):
    withstands_hostile_values(tmp_path)


def test_in_no_time_hostile_values_do_not_break_a_line(hurried, tmp_path):
    withstands_hostile_values(tmp_path)


def withstands_hostile_values(tmp_path):
    import numpy as np

    odd = np.where(rng().random(ROWS) < 0.1, np.inf, 1e300 * rng().normal(size=ROWS))
    frame = table(
        odd=odd,
        empty=None,
        nested=[[1, 2]] * ROWS,
        blob=[b"\xff"] * ROWS,
        words=[f"the quick fox number {n} jumps" for n in range(ROWS)],
    )
    frame.columns = [*frame.columns[:-1], "signal"]
    frame["self"], frame["values"] = range(ROWS), rng().normal(size=ROWS)
    done, _ = study(frame, tmp_path)
    assert np.isfinite(done.headline.mean)


def test_a_condition_is_a_target_and_its_column_is_not_a_feature():
    import numpy as np
    import pandas as pd

    from probes.baseline.task import read_task

    task = read_task(pd.DataFrame({"delay": np.arange(100.0)}), "delay>15")
    assert (task.column, task.positives) == ("delay", 84)


def test_rows_handed_over_in_another_order_are_the_same_table():
    import pandas as pd

    from probes.baseline.reading import in_order_of_values

    frame = table(nested=[[1, 2]] * ROWS, when=pd.date_range("2024-01-01", periods=ROWS))
    once = in_order_of_values(frame)
    again = in_order_of_values(frame.sample(frac=1, random_state=3))
    pd.testing.assert_frame_equal(once, again)
    assert sorted(once.when) == list(frame.when)


def test_true_one_and_the_word_one_are_said_as_they_are_written():
    import pandas as pd

    from probes.baseline.task import read_task

    frame = pd.DataFrame({"mixed": [True, 1, "1.0", 2.0] * 30, "words": ["b", "a"] * 60})
    assert read_task(frame, "mixed").classes == ("1", "1.0", "2", "True")
    assert read_task(frame, "words=a").positives == 60
    assert read_task(frame.assign(words=frame.words.astype("category")), "words").positives == 60


def test_auc_by_ranks_counts_ties_as_half():
    import numpy as np

    from probes.baseline.scores import auc

    assert auc(np.array([0.0, 1.0, 0.0, 1.0]), np.array([1.0, 1.0, 1.0, 1.0])) == 0.5


@pytest.mark.parametrize(
    "raw", [{"effort": "lazy"}, {"capacity": "-3"}, {"capacity": "nan"}, {"colour": 1}]
)
def test_an_option_that_cannot_be_read_is_refused(raw):
    with pytest.raises(InputError):
        read_options(raw, TableHints(), None)
