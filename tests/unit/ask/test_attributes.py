"""Questions as what is asked of which thing: recorded or not, in any language."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ask.answer import Asking, as_question
from bot.ask.attributes import is_unrecorded
from bot.ask.intent_of import plain_of
from bot.domain.verdict import verdict, what_if
from hour48.asking import answer_story
from tests.training.ask.__main__ import _record

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
        ("ferry", 20, "did the vendor offer to meet us about the reservation system"),
        ("ferry", 14, "hat schon jemand mit dem helpdesk gesprochen?"),
        ("laundry", 20, "did anybody phone the tool maker about the planning tool"),
        ("laundry", 20, "le fabricant a-t-il promis quelque chose pour l'outil de planification ?"),
        ("laundry", 20, "¿alguien llamó al fabricante por la herramienta de planificación?"),
        ("laundry", 34, "did nils promise an answer"),
        ("laundry", 34, "did the nurses complain"),
        ("laundry", 34, "haben sich die pfleger beschwert"),
        ("laundry", 34, "¿se quejaron las enfermeras?"),
        ("laundry", 34, "les infirmières se sont plaintes ?"),
        ("ferry", 26, "y didnt marguerite answer"),
        ("ferry", 26, "warum hat Marguerite nie geantwortet"),
        ("ferry", 26, "¿por qué no contestó Marguerite?"),
        ("ferry", 26, "pourquoi Marguerite n'a jamais répondu"),
        ("ferry", 40, "has boyle come round yet"),
        ("ferry", 40, "hat boyle seine meinung geändert"),
        ("ferry", 40, "¿ha cambiado de opinión Boyle?"),
        ("ferry", 40, "Boyle a changé d'avis ?"),
        ("baggage", 48, "what did odile reject"),
        ("ferry", 34, "will captain boyle change his mind"),
        ("ferry", 34, "wird Captain Boyle am Ende doch zustimmen"),
        ("ferry", 34, "¿va a cambiar de opinión Boyle?"),
        ("ferry", 34, "Boyle va changer d'avis ?"),
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
        ("ferry", 34, "why did boyle shoot it down", {"decide business"}, "2 months"),
        ("ferry", 40, "was tadeo ok with security? what was the reason",
         {"decide security"}, "nothing to attack"),
        ("ferry", 6, "who waved the duplicate bookings through and whats the excuse",
         {"override duplicate_keys"}, "last row per plate"),
        ("ferry", 6, "wer hat die doppelten buchungen durchgewunken",
         {"override duplicate_keys"}, "last row per plate"),
        ("laundry", 20, "what did ruth approve exactly", {"decide privacy"}, "five beds"),
        ("funicular", 44, "did Yvonne come round in the end", {"decide privacy"}, "Without"),
        ("ferry", 20, "who owns the data, and who took the service", {"owner data"}, "No owner"),
        ("ferry", 20, "qui est responsable des données, et qui du service ?", {"owner data"},
         "Personne"),
        ("ferry", 48, "so did it ever go live, yes or no", {"gate deployment"}, "own it"),
        ("spindles", 36, "betriebsrat und legal, ist das ein problem oder zwei", {"same_cause"},
         "einer Ursache"),
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
        ("ferry", 34, "¿Boyle dijo que sí?", "No."),
        ("laundry", 40, "has nils answered security", "No."),
        ("laundry", 40, "hat Nils bei Security geantwortet?", "Nein."),
        ("laundry", 40, "Nils a répondu pour la sécurité ?", "Non."),
        ("laundry", 40, "¿respondió Nils lo de seguridad?", "No."),
        ("ferry", 34, "Boyle a dit oui ?", "Non."),
        ("ferry", 10, "kommen wir an die daten ran oder nicht", "Ja."),
        ("ferry", 10, "on a accès aux données ou pas", "Oui."),
        ("ferry", 10, "tenemos acceso a los datos o no", "Sí."),
        ("spindles", 10, "haben wir zugriff auf die daten", "Nein."),
    ],
)
def test_yes_or_no_comes_first_where_it_is_asked(story, at, question, first):
    assert asked(story, question, at).text.startswith(first)


@pytest.mark.parametrize(
    "question", ["is the laptop fixed or still stuck", "ist der laptop weg oder noch offen"]
)
def test_a_question_with_two_ends_gets_no_yes_and_no_no(question):
    assert asked("ferry", question, 14).text.startswith(("“my laptop", "„my laptop"))


def test_a_deadline_that_passed_is_no_entry_of_whom_it_failed():
    assert "Luz logged" not in asked("ferry", "what did I miss since hour 19", 26).text
    assert "Marguerite did not answer Luz" in asked("ferry", "what blocks us", 26).text


@pytest.mark.parametrize(
    "question",
    [
        "who gets to call it when the model wants something stopped",
        "wer darf das entscheiden",
        "¿quién puede decidir eso?",
        "qui a le droit de décider ?",
    ],
)
def test_a_blocker_tells_that_nobody_may_decide(tmp_path, question):
    story = tmp_path / "halt.yaml"
    title = "nobody will say whose word stops the line"
    event = f"{{at: 1, by: Ana, blocker: word, title: {title}, kind: decision_authority}}"
    story.write_text(f"story: A line\nteam: {{builder: Ana}}\nevents:\n  - {event}\n")
    answer = answer_story(story, question, at=5, asker=None, playbook=None)
    assert title in answer.text


def test_a_title_is_said_to_its_end_where_there_is_room():
    text = asked("ferry", "whats the matter with the gate scans", 2).text
    assert "who actually turned up" in text


def test_quotes_are_cut_before_a_line_is_left_out():
    text = asked("ferry", "what did I miss since hour 29", 44).text
    assert "next boat" in text
    assert "more" not in text


@pytest.mark.parametrize(
    ("question", "counted"),
    [
        ("how many blockers are there", "4 logged in all: 2 open, 2 resolved"),
        ("wie viele blocker gibt es", "Gemeldet: 4, davon offen: 2, gelöst: 2"),
    ],
)
def test_a_deadline_that_passed_is_no_blocker_that_somebody_logged(question, counted):
    assert counted in asked("ferry", question, 26).text


@pytest.mark.parametrize(
    ("question", "estimate"),
    [
        ("how long would it take to be live?", "Estimated: 50 % chance"),
        ("wie lange dauert es, bis wir live sind?", "Geschätzt: live mit 50 % Chance"),
        ("¿cuánto falta para estar en producción?", "Estimado: 50 %"),
        ("combien de temps avant d'être en production ?", "Estimation : 50 %"),
    ],
)
def test_a_forecast_is_said_to_be_an_estimate(question, estimate):
    assert estimate in asked("ferry", question, 26).text


def test_a_share_is_told_with_the_one_before_and_no_preface_that_yes_would_answer():
    story, question = Path(__file__).with_name("basket.yaml"), "how many % are we on now"
    answer = answer_story(story, f"{question} and since when", at=46, asker=None, playbook=None)
    assert answer.text.startswith("Yes. Wojtek deployed to 5 % of traffic at hour 42.")
    assert "hour 32 at 1 %" in answer.text


@pytest.mark.parametrize(
    ("story", "question", "is_priced"),
    [
        ("platelets", "combien coûte le serveur", True),
        ("trams", "wie viel kosten die amp clamps", True),
        ("trams", "how much does the door bus of TrainConnect cost", False),
    ],
)
def test_a_price_is_recorded_of_what_has_a_sum_in_its_title(story, question, is_priced):
    asking = Asking(_record(ASKED / f"{story}.yaml"), judge=verdict, try_fixes=what_if)
    q = as_question(asking, question, 48, None, "en")
    assert q.slots.blockers
    assert is_unrecorded(q, plain_of(q)) is not is_priced
