"""The trained guess: its weights, and what it must leave alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ask.guess import WEIGHTS, guess, guesser, shipped
from bot.ask.intents import Intent
from bot.ask.train import fingerprint, phrasings, trained
from hour48.asking import answer_story

STORY = Path(__file__).with_name("coupons.yaml")
MOST_BYTES = 300_000
AGAIN = "run python -m bot.ask.train"


def test_the_shipped_weights_were_trained_from_these_phrasings():
    assert shipped().fingerprint == fingerprint(phrasings()), AGAIN
    assert WEIGHTS.stat().st_size < MOST_BYTES


@pytest.mark.slow
def test_training_again_gives_the_shipped_weights():
    again = guesser(trained(phrasings()))
    assert again.intents == shipped().intents
    for _, text in phrasings()[::7]:
        assert again.probabilities(text) == pytest.approx(shipped().probabilities(text), abs=0.03)


def test_probabilities_add_up_to_one_whatever_is_asked():
    for text in ("", "?", "what blocks us", "xyzzy " * 50):
        assert sum(shipped().probabilities(text).values()) == pytest.approx(1.0)


def test_a_guess_says_what_the_question_was_read_as():
    answer = answer_story(STORY, "Whats gumming everything up?", at=32, asker=None, playbook=None)
    assert answer.intent is Intent.BLOCKED
    assert answer.text.startswith("Read as")
    assert [fact.name for fact in answer.facts] == ["offers-roadmap"]


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


def test_a_guess_of_nothing_is_none():
    assert guess("how much does person earn a year")[0] is Intent.NONE
