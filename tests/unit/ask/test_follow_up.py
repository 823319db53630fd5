"""Questions that lean on the one before."""

from __future__ import annotations

from pathlib import Path

import pytest

from hour48.asking import answer_story

STORY = Path(__file__).with_name("coupons.yaml")


def asked(*questions, at=32, asker=None):
    *before, last = questions
    return answer_story(STORY, last, at=at, asker=asker, playbook=None, after=before)


@pytest.mark.parametrize(
    ("first", "then", "at", "wanted", "words"),
    [
        ("what's blocking us?", "and since when?", 32, "offers-roadmap", "at hour"),
        ("is the loyalty form resolved?", "who fixed it?", 10, "resolve loyalty-form", "Eve fixed"),
        ("is the loyalty form resolved?", "when?", 10, "resolve loyalty-form", "hour 5"),
        ("did security approve?", "since when?", 32, "request security", "since hour"),
        ("did security approve?", "who asked?", 32, "request security", "Ana has waited for Cho"),
        ("did security approve?", "and privacy?", 32, "request privacy", "Pia"),
        ("who waits for whom?", "and Pia?", 32, "request privacy", "Pia"),
        ("is the roadmap still in the way?", "how long will that take?", 32, "offers-roadmap", ""),
        ("Hat die Sicherheit zugestimmt?", "und seit wann?", 32, "request security", "Cho"),
        ("Hat die Sicherheit zugestimmt?", "wer hat gefragt?", 32, "request security", "Cho"),
        ("Was blockiert uns?", "seit wann denn?", 32, "offers-roadmap", "Stunde"),
        ("La sécurité a approuvé ?", "depuis quand ?", 32, "request security", "Cho"),
        ("La sécurité a approuvé ?", "et la confidentialité ?", 32, "request privacy", "Pia"),
        ("Qu'est-ce qui nous bloque ?", "depuis combien de temps ?", 32, "offers-roadmap", "heure"),
        ("¿Seguridad aprobó?", "¿desde cuándo?", 32, "request security", "Cho"),
        ("¿Qué nos bloquea?", "¿y quién lo pidió?", 32, "offers-roadmap", ""),
    ],
)
def test_a_few_words_take_the_topic_of_the_question_before(first, then, at, wanted, words):
    answer = asked(first, then, at=at)
    assert answer.known, answer.text
    assert wanted in {fact.name for fact in answer.facts}, answer.text
    assert words in answer.text


def test_it_is_asked_of_somebody_else_what_was_asked_before():
    assert asked("Am I needed?", "and Cho?", asker="Ana").text.startswith("Yes, Cho is needed")
    assert asked("Avez-vous besoin de Cho ?", "et Ana ?").text.startswith("Non")


def test_a_chain_of_them_keeps_the_topic():
    answer = asked("did security approve?", "since when?", "and who asked?")
    assert "request security" in {fact.name for fact in answer.facts}


@pytest.mark.parametrize(
    "own", ["what is next?", "which hour is it?", "who is on the team?", "help"]
)
def test_a_question_with_a_topic_of_its_own_takes_none(own):
    assert asked("did security approve?", own).text == asked(own).text


@pytest.mark.parametrize(
    "then", ["and how angry is he about it?", "what does it cost in the shop?"]
)
def test_what_nobody_recorded_stays_unknown_after_a_question(then):
    answer = asked("did security approve?", then)
    assert not answer.known
    assert answer.facts == ()


def test_a_refusal_says_what_is_on_record_of_what_was_named():
    answer = asked("why did Cho reject security?", at=34)
    assert not answer.known
    told = "Cho approved security at hour 33. Ana asked at hour 25.5, due at hour 37.5."
    assert answer.text == f"I know no more than this; nobody recorded more: {told}"
