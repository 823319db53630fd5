"""Questions as what is asked of which thing: recorded or not, in any language."""

from __future__ import annotations

from pathlib import Path

import pytest

from hour48.asking import answer_story

ASKED = Path(__file__).with_name("asked")


def asked(story, question, at):
    return answer_story(ASKED / f"{story}.yaml", question, at=at, asker=None, playbook=None)


@pytest.mark.parametrize(
    ("story", "at", "question"),
    [
        ("spindles", 11, "what would the proper machine have set us back, roughly"),
        ("spindles", 13, "what was the trick henrike used to get round the hardware"),
        ("spindles", 22, "whats his deputys number"),
        ("ferry", 31, "and how much is that per car"),
        ("ferry", 24, "c'est combien, un nouveau système de réservation ?"),
        ("ferry", 14, "what did fergus do to the laptop"),
        ("ferry", 14, "was hat Fergus mit dem Laptop gemacht"),
        ("ferry", 14, "¿cuánto cuesta el portátil?"),
        ("ferry", 31, "what does the captain think about the quay"),
    ],
)  # fmt: skip  # a table, one row a line
def test_what_is_not_recorded_of_a_thing_is_unknown(story, at, question):
    answer = asked(story, question, at)
    assert not answer.known
    assert answer.facts == ()


@pytest.mark.parametrize(
    ("story", "at", "question", "wanted", "words"),
    [
        ("dairy", 20.5, "who picks up if a tank goes off at 3 in the morning", {"night-shift"},
         "night shift says it's not their tank"),
        ("spindles", 20, "whos in charge of the interface to the maintenance system",
         {"schnittstelle"}, "nirgends zugeordnet"),
        ("spindles", 22, "any word on where rothfuss is hiding", {"answer 20"}, "Messe"),
        ("spindles", 36, "are the works council and legal two problems or one",
         {"same_cause", "betriebsvereinbarung", "decide legal"}, "into one cause"),
        ("spindles", 38, "if the council signs tomorrow can we ship",
         {"leserecht", "schnittstelle", "decide legal", "request production"}, "not enough"),
        ("spindles", 48, "did we get anything into production",
         {"deployed", "gate deployment"}, "No deployment is recorded"),
        ("spindles", 42, "what happened since hour 34.5", {"same_cause", "sps"}, "one cause"),
        ("ferry", 12.5, "is iker stuck", {"laptop"}, "docker needs admin"),
        ("ferry", 12.5, "was hindert Iker", {"laptop"}, "docker needs admin"),
        ("ferry", 18, "whose data is it officially", {"owner data"}, "Noor"),
        ("ferry", 34, "why did boyle shoot it down", {"decide business"}, "in August"),
    ],
)  # fmt: skip  # a table, one row a line
def test_what_is_recorded_of_a_thing_is_told(story, at, question, wanted, words):
    answer = asked(story, question, at)
    assert answer.known
    assert wanted <= {fact.name for fact in answer.facts}
    assert words in answer.text


@pytest.mark.parametrize(
    ("story", "at", "question", "first"),
    [
        ("spindles", 6.5, "is segment resolved", "Yes."),
        ("spindles", 34.5, "did Frau Sailer approve legal", "No."),
        ("spindles", 32, "hat Wölfle Security freigegeben", "Ja."),
        ("ferry", 14, "is the laptop still blocking", "No."),
    ],
)
def test_yes_or_no_comes_first_where_it_is_asked(story, at, question, first):
    assert asked(story, question, at).text.startswith(first)


def test_a_title_is_said_to_its_end_where_there_is_room():
    text = asked("ferry", "whats the matter with the gate scans", 2).text
    assert "who actually turned up" in text


def test_quotes_are_cut_before_a_line_is_left_out():
    text = asked("ferry", "what did I miss since hour 29", 44).text
    assert "next boat" in text
    assert "more" not in text
