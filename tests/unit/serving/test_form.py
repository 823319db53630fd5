"""A compiled model says what scikit-learn says, or scikit-learn is asked and the reason given."""

from __future__ import annotations

import json
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import murmurhash3_32

from probes.baseline.artifact import ServedModel, load_model, save_model
from probes.baseline.columns import prepare
from probes.baseline.models import ModelFamily
from serving.blocks import murmur3
from serving.compiling import compile_model
from serving.form import COMPILED, MISSING_BIN, OTHER_BIN, SLOW, form_of
from serving.values import FieldError, reader_of
from tests.served import FAMILIES, TARGETS, as_callers_send, customers, fitted, kept

ROWS = 200
FEW = 1_200


@pytest.mark.parametrize("target", TARGETS.values())
@pytest.mark.parametrize("family", FAMILIES)
def test_a_compiled_model_equals_the_saved_one_on_rows_it_never_saw(tmp_path, family, target):
    frame = customers(FEW)
    path = kept(tmp_path, frame, target, family)
    plain = json.loads(json.dumps(compile_model(path)))
    assert plain["form"] == COMPILED, plain["reason"]
    form, served = form_of(plain), load_model(path)
    unseen = frame.iloc[-ROWS:]
    rows = as_callers_send(unseen, served.plan.names)
    scored = [form.score(form.prepare(row)) for row in rows]
    wanted = served.scores(unseen)
    assert [one.score for one in scored] == pytest.approx(wanted, rel=1e-9, abs=1e-9)
    answers = [one.answer for one in scored]
    if served.classes:
        assert answers == served.outcomes(unseen)
    else:
        assert answers == pytest.approx(wanted, rel=1e-9, abs=1e-9)


@pytest.mark.smoke  # four thousand rows; a tree's split can lie between two sums of the same words
def test_a_text_s_numbers_are_added_up_in_scikit_learn_s_order(tmp_path):
    frame = customers()
    path = kept(tmp_path, frame, "left", ModelFamily.BOOSTING)
    form, served = form_of(compile_model(path)), load_model(path)
    scored = [form.score(form.prepare(row)) for row in as_callers_send(frame, served.plan.names)]
    assert [one.score for one in scored] == pytest.approx(served.scores(frame), abs=1e-12)


def test_a_column_s_value_reads_as_in_training(tmp_path):
    frame = customers()
    served = fitted(frame, "left", ModelFamily.DUMMY)
    form = form_of(compile_model(save_model(tmp_path / "m.skops", served)))
    unseen = frame.iloc[-ROWS:]
    wanted = prepare(unseen, served.plan)
    rows = [form.prepare(row) for row in as_callers_send(unseen, served.plan.names)]
    found = pd.DataFrame(rows, columns=wanted.columns, index=wanted.index)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-12)


def test_a_part_that_has_no_arithmetic_is_asked_of_scikit_learn_and_said(tmp_path):
    frame = customers()
    served = fitted(frame, "left", ModelFamily.LINEAR)
    odd = make_pipeline(FunctionTransformer(), *[step for _, step in served.model.steps])
    path = save_model(tmp_path / "odd.skops", _with(served, odd))
    plain = compile_model(path)
    assert (plain["form"], plain["reason"]) == (SLOW, "a pipeline of 3 steps")
    form = form_of(plain, path)
    rows = as_callers_send(frame.tail(20), served.plan.names)
    scores = [form.score(form.prepare(row)).score for row in rows]
    assert scores == pytest.approx(served.scores(frame.tail(20)), rel=1e-9)
    assert form.reason == "a pipeline of 3 steps"


def test_a_compiled_model_that_differs_is_not_used(tmp_path, monkeypatch):
    path = kept(tmp_path, customers(), "left", ModelFamily.LINEAR)
    monkeypatch.setattr("serving.compiling._link", lambda _: "softmax")
    monkeypatch.setattr("serving.estimators._softmax", lambda raw: [0.5, 0.5])
    monkeypatch.setitem(
        __import__("serving.estimators").estimators._LINKS, "softmax", lambda raw: [0.5, 0.5]
    )
    plain = compile_model(path)
    assert plain["form"] == SLOW
    assert "row 0 scores 0.5" in plain["reason"]


def _with(served: ServedModel, model) -> ServedModel:
    return ServedModel(
        model,
        served.plan,
        served.kind,
        served.target,
        served.classes,
        served.typical,
        served.reference,
        served.about,
    )


@pytest.fixture(scope="module")
def form(tmp_path_factory):
    return form_of(
        compile_model(kept(tmp_path_factory.mktemp("m"), customers(), "left", ModelFamily.LINEAR))
    )


@pytest.fixture
def row(form):
    return as_callers_send(customers().tail(1), list(form.names))[0]


@pytest.mark.parametrize("name", ["visits", "spend", "income", "area", "joined", "note"])
def test_a_used_column_that_is_not_sent_is_refused_by_name(form, row, name):
    del row[name]
    with pytest.raises(FieldError, match=f"{name}: this column is required"):
        form.prepare(row)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("visits", "many", "expected a number, got 'many'"),
        ("visits", [1], "expected a number"),
        ("visits", 10**400, "too large"),
        ("visits", math.inf, "not finite"),
        ("visits", "1e999", "not finite"),
        ("visits", "9" * 5_000, "expected a number, got '999"),
        ("income", "1,2,3", "expected a number"),
        ("area", {"a": 1}, "expected one value"),
        ("area", ["north"], "expected one value"),
        ("note", {}, "expected a text"),
        ("joined", 20_240_105, "expected a date"),
        ("joined", "32.01.2024", "expected a date"),
        ("joined", "soon", "expected a date"),
        ("last_seen", "2024-13-01", "expected a date"),
        ("last_seen", "9" * 300, "expected a date"),
    ],
)
def test_a_value_that_a_column_cannot_take_is_refused_by_name(form, row, name, value, problem):
    with pytest.raises(FieldError, match=problem) as refused:
        form.prepare(row | {name: value})
    assert refused.value.column == name
    assert len(str(refused.value)) < 150


@pytest.mark.parametrize(
    "value", ["05.06.2017", "13.06.2017", "5/6/17", "05.06.2017 10:00 PM", "05.06.2017T10:00Z"]
)
def test_a_date_whose_day_may_be_its_month_is_refused_where_no_notation_is_known(form, row, value):
    """A table's reader may have known the notation, and handed over moments."""
    with pytest.raises(FieldError, match="expected a date such as 2026-01-31") as refused:
        form.prepare(row | {"last_seen": value})
    assert refused.value.column == "last_seen"


@pytest.mark.parametrize("value", ["5 Jun 2017", "June 5, 2017", "2017-6-5", "2017/06/05"])
def test_a_date_that_can_be_read_in_one_way_is_read(form, row, value):
    iso = form.prepare(row | {"last_seen": "2017-06-05"})
    assert form.prepare(row | {"last_seen": value}) == iso


@pytest.mark.parametrize("value", [None, "", "n/a", "NULL", " - "])
@pytest.mark.parametrize("name", ["visits", "income", "joined"])
def test_what_tables_write_for_missing_is_missing(form, row, name, value):
    missing = form.score(form.prepare(row | {name: None})).score
    assert form.score(form.prepare(row | {name: value})).score == missing


@pytest.mark.parametrize(
    ("value", "same"),
    [("05.01.2024", "2024-01-05"), ("5.1.2024", "05.01.2024")],
)
def test_a_date_is_taken_as_the_table_wrote_it_and_as_iso(form, row, value, same):
    one, other = (form.prepare(row | {"joined": each}) for each in (value, same))
    assert one == other


@pytest.mark.parametrize("value", [20_240_105, "20240105", "2024-01-05"])
def test_a_date_that_a_table_wrote_as_a_whole_number_is_taken_as_one(value):
    column = {"name": "day", "use": "date", "parts": ["when", "month"], "notation": "%Y%m%d"}
    assert reader_of(column)(value) == (19_727.0, 1.0)
    with pytest.raises(FieldError, match="day: expected a date"):
        reader_of(column)(20_241_305)


def test_a_threshold_moves_the_answer_and_not_the_score(form, row):
    prepared = form.prepare(row)
    score = form.score(prepared).score
    assert form.score(prepared, score - 0.01).answer == "1"
    assert form.score(prepared, score + 0.01).answer == "0"


def test_a_value_s_bin_is_where_training_had_it(form, row):
    at = form.watched.index

    def bins_of(**values):
        return form.bins(form.prepare(row | values))

    assert bins_of(spend=None)[at("spend")] == MISSING_BIN
    assert bins_of(area="never seen")[at("area")] == OTHER_BIN
    assert bins_of(spend=-1)[at("spend")] == 0
    assert bins_of(spend=1e9)[at("spend")] == 9
    assert "note" not in form.watched


@given(st.text(max_size=40))
def test_words_are_hashed_as_scikit_learn_hashes_them(word):
    encoded = word.encode("utf-8", "replace")
    assert murmur3(encoded) == murmurhash3_32(encoded, seed=0)
