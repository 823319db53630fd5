"""The baseline never promises what is not there: planted faults of a whole study, each once."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from bot.domain.errors import InputError
from bot.domain.vocabulary import FindingLevel
from probes.baseline import confidence
from probes.baseline.findings import findings_of
from probes.baseline.leak_kinds import Leak, LeakKind
from probes.baseline.options import BOUNDS, Effort, Options
from probes.baseline.probe import result_of, study_frame
from probes.baseline.task import TaskKind
from probes.contract import ProbeContext, no_progress
from probes.settings import ProbeSettings


@pytest.fixture
def probe(tmp_path, monkeypatch):
    """Run the probe with no time for more than a line, unless all models are asked for."""

    def run(frame, every=False, **options):
        if not every:
            bounds = BOUNDS[Effort.QUICK]
            hurried = type(bounds)(bounds.rows, bounds.fold_rows, bounds.asked_rows, 0.0)
            monkeypatch.setitem(BOUNDS, Effort.QUICK, hurried)
        context = ProbeContext(ProbeSettings(), tmp_path, no_progress)
        chosen = Options(effort=Effort.QUICK, **options)
        study = study_frame(frame, "y", chosen, context)
        result = result_of(study, chosen, context, source="s", table="t")
        assert [one.code for one in result.findings] == [
            one.code for one in findings_of(study, chosen)
        ]
        return result

    return run


def honest(rows=900, seed=1):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=rows)
    y = (rng.random(rows) < 1 / (1 + np.exp(1 - 2 * signal))).astype(int)
    frame = pd.DataFrame({"signal": signal, "x": rng.normal(size=rows), "y": y})
    return frame, rng


def opened(rows, rng):
    return pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 365, rows)), "D")


def codes(result):
    return {one.code: one for one in result.findings}


def of_regimes():
    """Return rows whose answer follows the calendar week they fall into, and nothing else."""
    rng = np.random.default_rng(3)
    rows = 1_200
    regime = rng.integers(0, 2, 30)[np.arange(rows) // 40]
    y = (rng.random(rows) < np.where(regime, 0.9, 0.1)).astype(int)
    return pd.DataFrame({"x": rng.normal(size=rows), "created_at": opened(rows, rng), "y": y}), rng


@pytest.mark.slow
def test_a_second_date_does_not_switch_the_honest_split_off(probe):
    frame, rng = of_regimes()
    later = frame.created_at + pd.to_timedelta(rng.exponential(3, len(frame)), "D")
    for table in (frame, frame.assign(updated_at=later)):
        result = probe(table, every=True)
        lead = result.findings[0]
        assert lead.code == "no_better_than_guessing"
        assert lead.sentence.startswith("Checked in order of time by “created_at”")
        assert codes(result)["random_split_flatters"].evidence["at_random"]["mean"] > 0.75
    assert "not by “updated_at”" in codes(result)["time_order"].sentence


def test_a_figure_that_only_one_of_two_dates_bears_out_is_not_promised(probe):
    frame, rng = of_regimes()
    since = pd.Timestamp("2019-01-01") + pd.to_timedelta(rng.uniform(0, 1_500, len(frame)), "D")
    later = np.arange(len(frame)) > 0.3 * len(frame)
    y = (rng.random(len(frame)) < np.where(later, 0.8, 0.2)).astype(int)
    table = frame.assign(customer_since=since, x=later + rng.normal(0, 0.3, len(frame)), y=y)
    lead = (result := probe(table)).findings[0]
    assert (lead.level, lead.code, result.scenario) == (FindingLevel.SLOWS, "depends_on_time", None)
    assert lead.evidence["low"] > 0.6
    assert lead.evidence["by_rival"]["column"] == "created_at"
    assert lead.evidence["by_rival"]["low"] <= 0.5
    assert probe(table, time="created_at").findings[0].code == "no_better_than_guessing"
    assert probe(table, time="customer_since").scenario == "works"


@pytest.mark.slow
def test_without_a_usable_date_the_report_says_so(probe):
    frame, rng = honest()
    assert codes(probe(frame))["no_time_order"].level is FindingLevel.NOTE
    partly = pd.Series(opened(len(frame), rng)).where(rng.random(len(frame)) > 0.2)
    assert "“closed”" in codes(probe(frame.assign(closed=partly)))["no_time_order"].sentence


def with_a_batch_hour():
    frame, rng = honest()
    days = pd.Series(opened(len(frame), rng)).dt.normalize()
    hours = np.where(frame.y == 1, 2, rng.integers(8, 20, len(frame)))
    return frame.assign(loaded=days + pd.to_timedelta(hours, "h"))


def test_the_hour_of_a_batch_is_not_promised_until_explained(probe):
    result = probe(with_a_batch_hour())
    lead = result.findings[0]
    assert (lead.level, lead.code, result.scenario) == (FindingLevel.SLOWS, "near_perfect", None)
    assert lead.evidence["mean"] >= 0.98 > lead.evidence["without"]["mean"]
    assert "loaded · hour" in codes(result)["leak_single_predictor"].sentence
    assert codes(result)["leak_single_predictor"].asks == ("loaded",)


@pytest.mark.slow
def test_a_near_perfect_figure_counts_once_its_columns_are_vouched_for_or_explained(probe):
    frame = with_a_batch_hour()
    vouched = probe(frame, trusted=("loaded",))
    assert (vouched.findings[0].level, vouched.scenario) == (FindingLevel.OK, "works")
    left_out = probe(frame, known_after=("loaded",))
    assert left_out.findings[0].evidence["mean"] < 0.95


@pytest.mark.slow
def test_a_near_perfect_figure_that_no_search_suspects_asks_for_what_carries_it(probe):
    rng = np.random.default_rng(9)
    parts = rng.normal(size=(900, 8))
    y = (parts.sum(axis=1) + rng.normal(0, 0.3, 900) > 0).astype(int)
    frame = pd.DataFrame(parts).add_prefix("p").assign(y=y)
    result = probe(frame)
    assert (result.findings[0].code, result.scenario) == ("near_perfect", None)
    assert "carries_the_figure" in codes(result)
    told = probe(frame, explained="Eight readings")
    assert (told.findings[0].level, told.scenario) == (FindingLevel.OK, "works")
    assert "Eight readings" in told.findings[0].meaning


@pytest.mark.slow
@pytest.mark.parametrize("dated", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_one_customer_five_times_is_never_known_again(probe, named, dated):
    rng = np.random.default_rng(5)
    habits = pd.DataFrame(rng.normal(size=(160, 6))).add_prefix("h")
    habits["y"], habits["ref"] = rng.integers(0, 2, 160), rng.permutation(160) + 70_000
    rows = habits.loc[np.repeat(np.arange(160), 5)].reset_index(drop=True)
    rows[["h0", "h1"]] += rng.normal(0, 0.01, (800, 2))
    if dated:
        rows["at"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 365, 800), "D")
    result = probe(rows if named else rows.drop(columns="ref"), every=True)
    assert result.findings[0].evidence["mean"] < 0.65
    assert ("entity_found" in codes(result)) is named
    assert "duplicates_across_folds" in codes(result)
    if dated:
        assert "nearly all later rows repeat" in codes(result)["no_time_order"].sentence


def test_both_models_are_kept_and_each_answer_has_its_figure(probe):
    from probes.baseline.artifact import load_model

    frame, rng = honest()
    result = probe(frame.assign(near=frame.y + rng.normal(0, 0.2, len(frame))))
    with_it = load_model(result.artifacts["model"])
    without = load_model(result.artifacts["model_without_suspects"])
    assert "near" in with_it.plan.names
    assert "near" not in without.plan.names
    choices = result.facts["choices"]
    assert choices["known"]["artifact"] == "model"
    assert choices["later"]["artifact"] == "model_without_suspects"
    assert choices["known"]["finding"]["evidence"]["mean"] == with_it.about["figure"]["mean"]
    assert choices["later"]["finding"]["evidence"]["mean"] == without.about["figure"]["mean"]
    assert result.artifacts["card_without_suspects"].read_text().startswith("# Model card")
    lacking = frame.drop(columns="signal")
    for asked in (without.scores, without.outcomes):
        with pytest.raises(InputError, match="“signal”, which the rows do not hold"):
            asked(lacking)
    assert len(without.scores(lacking.assign(signal=None))) == len(frame), "null is not lacking"


@pytest.mark.slow
def test_strong_honest_columns_stay_in_and_are_asked_about(probe):
    rng = np.random.default_rng(6)
    size = rng.gamma(3, 1, 1_500)
    columns = {f"side{n}": size ** (1 / 3) * rng.normal(1, 0.01, 1_500) for n in range(3)}
    y = 900 * size + rng.normal(0, 120, 1_500)
    frame = pd.DataFrame({"weight": size * rng.normal(1, 0.02, 1_500), **columns, "y": y})
    result = probe(frame)
    assert result.facts["left_out"].keys() == {"y"}
    assert result.findings[0].evidence["mean"] > 0.9
    assert result.findings[0].evidence["without"]["columns"]


@pytest.mark.slow
def test_rows_too_young_for_their_outcome_are_left_out_when_asked(probe):
    frame, rng = honest(1_500)
    frame = frame.assign(opened=opened(1_500, rng))
    young = frame.opened > frame.opened.max() - pd.Timedelta(days=60)
    frame["y"] = frame.y.where(~young | (rng.random(1_500) < 0.1), 0)
    told = probe(frame)
    assert codes(told)["labels_not_ripe"].suggestion is not None
    ripe = probe(frame, outcome_days=60)
    assert "labels_not_ripe" not in codes(ripe)
    assert codes(ripe)["unripe_rows_left_out"].evidence["rows"] == pytest.approx(young.sum(), 2)


@pytest.mark.parametrize(("graver", "told"), [(True, 0), (False, 1)])
def test_a_small_lift_is_asked_about_once_graver_doubts_are_answered(monkeypatch, graver, told):
    lift = Leak(LeakKind.LIFT, ("visits",), 0.7, 0.75, 0.84)
    doubt = SimpleNamespace(carried=(), columns=(), each={}, without=None)
    study = SimpleNamespace(
        leaks=[lift], written_after={}, doubt=doubt, task=SimpleNamespace(kind=TaskKind.BINARY)
    )
    monkeypatch.setattr(confidence, "is_in_doubt", lambda study: graver)
    monkeypatch.setattr(confidence, "_without", lambda study, columns: None)
    assert len(list(confidence.leaks(study, Options()))) == told
