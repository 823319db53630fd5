"""The corpus and the weights that ship: enough, varied, apart, and no staler than the corpus."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from rapidfuzz import fuzz, process

from bot.domain.vocabulary import Kind
from bot.suggest.corpus import read_corpus, read_hand
from bot.suggest.features import normalise
from bot.suggest.model import load, save
from bot.suggest.suggestion import SHIPPED
from bot.suggest.train import fingerprint, fit_with
from tests.bench.suggestion import accuracy, judged, leave_one_hand_out

HERE = Path(__file__).parent
HELD_OUT = HERE / "held_out.yaml"
OTHER_LANGUAGES = [HERE / f"held_out_{name}.yaml" for name in ("french", "german", "spanish")]
MIXED = [HERE / "held_out_mixed.yaml", HERE / "held_out_varied.yaml"]
NEAR_COPY = 80.0


def test_each_kind_has_eighty_sentences_and_each_hand_every_kind():
    corpus = read_corpus()
    assert min(Counter(example.kind for example in corpus).values()) >= 80
    hands = {example.hand for example in corpus}
    assert len({(example.hand, example.kind) for example in corpus}) == len(hands) * len(Kind)


def test_the_held_out_part_has_twenty_sentences_a_kind():
    assert min(Counter(example.kind for example in read_hand(HELD_OUT)).values()) >= 20


def test_no_sentence_is_a_near_copy_of_one_of_another_hand_or_kind():
    everything = [*read_corpus(), *read_hand(HELD_OUT)]
    lines = [" ".join(sorted(normalise(example.text).split())) for example in everything]
    likeness = process.cdist(lines, lines, scorer=fuzz.ratio, score_cutoff=NEAR_COPY)
    copies = [
        (everything[one].text, everything[other].text)
        for one, other in zip(*likeness.nonzero(), strict=True)
        if one < other
        and (everything[one].hand, everything[one].kind)
        != (everything[other].hand, everything[other].kind)
    ]
    assert copies == []


def test_sentences_by_another_hand_reach_the_required_accuracy():
    measured = accuracy(judged(load(SHIPPED), read_hand(HELD_OUT)))
    assert measured.category >= 0.92
    assert measured.kind >= 0.85


@pytest.mark.parametrize(
    ("file", "kind", "category"), [(MIXED[0], 0.95, 0.97), (MIXED[1], 0.9, 0.94)]
)
def test_short_lines_of_four_languages_mixed_are_nearly_all_right(file, kind, category):
    measured = accuracy(judged(load(SHIPPED), read_hand(file)))
    assert measured.category >= category
    assert measured.kind >= kind
    assert measured.calibration_error <= 0.05


def test_sentences_in_other_languages_reach_the_required_accuracy():
    examples = [example for path in OTHER_LANGUAGES for example in read_hand(path)]
    measured = accuracy(judged(load(SHIPPED), examples))
    assert measured.category >= 0.85
    assert measured.kind >= 0.75


def test_a_probability_comes_true_as_often_as_it_says():
    examples = [example for path in HERE.glob("held_out*.yaml") for example in read_hand(path)]
    assert accuracy(judged(load(SHIPPED), examples)).calibration_error <= 0.05
    first = [each for path in (HELD_OUT, *OTHER_LANGUAGES) for each in read_hand(path)]
    assert accuracy(judged(load(SHIPPED), first)).calibration_error <= 0.05


def test_the_shipped_weights_were_trained_from_this_corpus_and_code():
    trained_from = fingerprint(read_corpus())
    assert load(SHIPPED).fingerprint == trained_from, "run python -m bot.suggest.train"


@pytest.mark.slow
def test_training_again_gives_the_shipped_weights(tmp_path: Path):
    shipped = load(SHIPPED)
    again = fit_with([])
    assert again.fingerprint == shipped.fingerprint, "run python -m bot.suggest.train"
    save(again, tmp_path / "again.zip")
    fresh = load(tmp_path / "again.zip")
    for example in read_hand(HELD_OUT):
        one = shipped.probabilities(shipped.vocabulary.vector(example.text))
        other = fresh.probabilities(fresh.vocabulary.vector(example.text))
        assert one == pytest.approx(other, abs=0.02)


def test_the_shipped_weights_stay_small():
    assert SHIPPED.stat().st_size < 600_000


@pytest.mark.slow
def test_each_hand_is_judged_well_by_a_model_that_never_saw_it():
    table = leave_one_hand_out()
    assert table["all hands"].kind >= 0.75
    assert table["all hands"].category >= 0.85
