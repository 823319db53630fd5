"""What callers send is parsed strictly and refused by the name of its field."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.requests import (
    RequestError,
    parse_inference,
    parse_json,
    parse_outcomes,
    parse_rows,
)

NOW = 1_800_000_000.0
KEY = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "values"),
        ({"values": {}}, "entity"),
        ({"values": {}, "entity": True}, "entity"),
        ({"values": {}, "entity": ""}, "entity"),
        ({"values": {}, "entity": "x" * 201}, "entity"),
        ({"values": {}, "entity": 1.5}, "entity"),
        ({"rows": {}}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": [{}] * 1_001}, "rows"),
        ({"rows": [{"entity": 1, "values": {}}, 7]}, "rows[1]"),
        ({"rows": [{"entity": 1, "values": {}}, {"values": {}}]}, "rows[1].entity"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(body, field):
    with pytest.raises(RequestError) as refused:
        parse_rows(body, None)
    assert (refused.value.status, refused.value.field) == (422, field)


def test_the_entity_column_names_who_a_row_is_about():
    (row,) = parse_rows({"values": {"household_id": 7.0}}, "household_id")
    assert row.entity == "7"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "inputs"),
        ({"inputs": [7]}, "inputs[0]"),
        ({"inputs": [{"name": "a", "data": []}]}, "inputs[0].data"),
        ({"inputs": [{"name": "a", "shape": [2], "data": [1]}]}, "inputs[0].shape"),
        ({"inputs": [{"name": "a", "data": [1]}, {"name": "b", "data": [1, 2]}]}, "b"),
        ({"inputs": [{"name": "a", "data": [1]}]}, "inputs.entity[0]"),
        ({"inputs": [{"name": "a", "data": [1] * 1_001}]}, "inputs[0].data"),
    ],
)
def test_a_tensor_that_cannot_be_read_is_named(body, field):
    with pytest.raises(RequestError) as refused:
        parse_inference(body, None)
    assert (refused.value.status, refused.value.field) == (422, field)


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        ({"value": 1}, "prediction"),
        ({"value": 1, "prediction": KEY, "entity": "7"}, "prediction"),
        ({"value": 1, "prediction": "x"}, "prediction"),
        ({"prediction": KEY}, "value"),
        ({"prediction": KEY, "value": None}, "value"),
        ({"prediction": KEY, "value": "x" * 201}, "value"),
        ({"prediction": KEY, "value": {"a": 1}}, "value"),
        ({"prediction": KEY, "value": 1e301}, "value"),
        ({"prediction": KEY, "value": "a\x00b"}, "value"),
        ({"prediction": KEY, "value": 1, "at": "soon"}, "at"),
        ({"prediction": KEY, "value": 1, "at": 7}, "at"),
        ({"prediction": KEY, "value": 1, "at": "9999-01-01"}, "at"),
        ({"prediction": KEY, "value": 1, "key": ""}, "key"),
    ],
)
def test_an_outcome_that_cannot_be_read_is_named(outcome, field):
    with pytest.raises(RequestError) as refused:
        parse_outcomes({"outcomes": [outcome]}, NOW)
    assert refused.value.field == f"outcomes[0].{field}"


@pytest.mark.parametrize(
    ("value", "said"),
    [(True, "1"), (False, "0"), (1, "1"), (1.0, "1"), (2.5, "2.5"), ("yes", "yes")],
)
def test_an_outcome_is_written_as_the_model_s_answers_are(value, said):
    (outcome,) = parse_outcomes({"entity": 7, "value": value}, NOW)
    assert (outcome.entity, outcome.value, outcome.at) == ("7", said, NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[", b"\xff", b"[NaN]", b"[Infinity]", b"[" * 100_000, b"9" * 5_000, b"{]"]
)
def test_what_is_no_json_is_refused(body):
    with pytest.raises(RequestError) as refused:
        parse_json(body)
    assert refused.value.status == 400
    assert len(refused.value.message) < 150


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)
NAMES = [
    "rows",
    "entity",
    "values",
    "inputs",
    "parameters",
    "outcomes",
    "prediction",
    "value",
    "at",
]
SHAPED = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, ANYTHING))
PARSERS = (
    lambda body: parse_rows(body, "a"),
    lambda body: parse_inference(body, "a"),
    lambda body: parse_outcomes(body, NOW),
)


def refusal_of(parse, body) -> RequestError | None:
    try:
        parse(body)
    except RequestError as refused:
        return refused
    return None


@pytest.mark.parametrize("parse", PARSERS)
@given(body=st.one_of(ANYTHING, SHAPED))
def test_whatever_is_sent_is_read_or_refused_by_field(parse, body):
    refused = refusal_of(parse, body)
    assert refused is None or (refused.field and refused.status == 422)
