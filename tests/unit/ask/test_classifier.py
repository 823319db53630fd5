"""The classifier of questions: its weights, and what it must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ask.classifier import WEIGHTS, classifier, shipped
from bot.ask.intents import Intent
from bot.ask.lexicon import MOST_WRITTEN_OUT, _written_out
from bot.ask.wording import normalised, plain_form
from hour48.asking import answer_story
from tests.training.ask.__main__ import asked_questions, fingerprint
from tests.training.ask.train import phrasings, trained

STORY = Path(__file__).with_name("coupons.yaml")
MOST_BYTES = 550_000
ASKED = Path(__file__).with_name("asked")
AGAIN = "run python -m tests.training.ask tests/unit/ask/asked"


def test_the_shipped_weights_were_trained_from_these_phrasings():
    assert shipped().fingerprint == fingerprint(ASKED), AGAIN
    assert WEIGHTS.stat().st_size < MOST_BYTES


@pytest.mark.slow
def test_training_again_gives_the_shipped_weights():
    again = classifier(trained(phrasings(), list(asked_questions(ASKED))))
    assert again.by_words.intents == shipped().by_words.intents
    for each in phrasings()[::97]:
        assert probabilities(each.text, each.language, again) == pytest.approx(
            probabilities(each.text, each.language, shipped()), abs=0.05
        )


def probabilities(text, language, by):
    return by.probabilities(normalised(text, language), plain_form(text, language), language)


@pytest.mark.parametrize("text", ["", "?", "what blocks us", "xyzzy " * 50])
def test_probabilities_add_up_to_one_whatever_is_asked(text):
    assert sum(probabilities(text, "en", shipped()).values()) == pytest.approx(1.0)


def test_alternatives_of_a_phrasing_are_written_out():
    assert set(_written_out("who (signs|approves) (it|)")) == {
        "who signs it",
        "who approves it",
        "who signs",
        "who approves",
    }
    many = list(_written_out("(a|b|c|d) (e|f|g|h) (i|j|k|l)"))
    assert len(set(many)) == MOST_WRITTEN_OUT == len(many)


def test_an_unsure_answer_says_what_the_question_was_read_as():
    answer = answer_story(STORY, "any movement", at=0, asker=None, playbook=None)
    assert answer.intent is Intent.MISSED
    assert answer.text.startswith("Read as")


@pytest.mark.parametrize(
    "question",
    [
        "Close the roadmap blocker for us",
        "How many shops do they run?",
        "What will Pia decide next week?",
        "Is Cho any good at the job?",
        "Wie viel verdient Ben im Jahr?",
        "¿Cuántas tiendas hay en Madrid?",
        "Combien de magasins ont-ils ?",
    ],
)
def test_what_cannot_be_answered_is_not_guessed(question):
    answer = answer_story(STORY, question, at=40, asker=None, playbook=None)
    assert not answer.known
    assert answer.facts == ()
