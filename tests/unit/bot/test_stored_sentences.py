"""Sentences of probes are stored in English with their facts and said again in any language."""

from __future__ import annotations

import json
import math
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.stored_sentences import SAID, in_language, with_sources
from bot.texts import (
    NESTED,
    SOURCE_TREE,
    ComposedText,
    Texts,
    bare,
    joined,
    translate_source,
    use_language,
)
from tests import pseudo

SHARED = Texts(SOURCE_TREE / "probes" / "texts.yaml")
FOUND = Texts(SOURCE_TREE / "probes" / "access_codes.yaml")
READ = "rows_readable.sentence"


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with pseudo.installed(tmp_path_factory.mktemp("languages")):
        yield


def stored(sentence):
    return json.loads(json.dumps(with_sources({"sentence": sentence, "level": "ok"})))


def shown(row):
    with use_language(pseudo.NAME):
        return in_language(row)["sentence"]


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.lists(st.text(), min_size=1))
def test_what_was_said_in_any_language_is_stored_in_english_and_said_in_both(name, seconds, names):
    def sentence():
        read = FOUND.say(READ, table=joined(", ", names), seconds=seconds)
        return SHARED.say("it_was_at", sentence=bare(read), last=name)

    english = sentence()
    with use_language(pseudo.NAME):
        foreign = sentence()
    assert foreign != english
    assert stored(foreign) == stored(english)
    assert stored(english)["sentence"] == english == in_language(stored(english))["sentence"]
    assert shown(stored(english)) == foreign


def test_only_the_facts_that_a_sentence_shows_are_stored():
    row = stored(FOUND.say(READ, table="t", seconds=1.25, secret="a value of a row"))
    assert row[SAID]["sentence"]["facts"] == {"table": "t", "seconds": 1.25}


@pytest.mark.parametrize(
    "said",
    [
        {},
        {SAID: {}},
        {SAID: "no table"},
        {SAID: {"sentence": {"text": "probes/access_codes.yaml#gone", "facts": {}}}},
        {SAID: {"sentence": {"text": f"probes/access_codes.yaml#{READ}", "facts": {}}}},
        {SAID: {"sentence": {"text": f"probes/access_codes.yaml#{READ}"}}},
        {SAID: {"sentence": {"text": "../pyproject.toml#project", "facts": {}}}},
        {SAID: {"sentence": {"text": 7, "facts": []}}},
        {SAID: {"sentence": None}},
    ],
)
def test_a_row_without_a_source_that_can_be_said_shows_its_sentence(said):
    assert shown({"sentence": "The first row came.", **said}) == "The first row came."


def test_a_number_that_json_refuses_keeps_the_sentence_without_a_source():
    row = with_sources({"sentence": FOUND.say(READ, table="t", seconds=math.inf)})
    assert row["sentence"] == "The first row of t came after inf seconds."
    assert not json.loads(json.dumps(row, allow_nan=False))[SAID]


def test_sentences_in_sentences_end_at_a_depth():
    deep = "bottom"
    for _ in range(NESTED + 2):
        deep = SHARED.say("it_was_at", sentence=deep, last=deep)
    assert translate_source(deep.source, "en") is None


def test_a_source_from_elsewhere_has_to_say_what_it_came_with():
    honest = stored(FOUND.say("table_empty.sentence", table="orders"))
    lying = {**honest, "sentence": "All is well."}
    with use_language(pseudo.NAME):
        assert in_language(honest, checked=True)["sentence"] != honest["sentence"]
        assert in_language(lying, checked=True)["sentence"] == "All is well."


def test_a_sentence_survives_a_process():
    said = FOUND.say("table_empty.sentence", table="orders")
    copy = pickle.loads(pickle.dumps(said))
    assert isinstance(copy, ComposedText)
    assert (copy, copy.source) == (said, said.source)
