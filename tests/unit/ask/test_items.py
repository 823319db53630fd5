"""The items of a record, and which of them a question is about."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.ask.answer import Asking, as_question
from bot.ask.items import in_english, items_of
from bot.ask.relevance import about
from bot.domain.verdict import verdict, what_if
from bot.reading.weights import Regression
from hour48.asking import answer_story
from tests.training.ask.__main__ import _record

ASKED = Path(__file__).with_name("asked")


def asked(story, question, at):
    return answer_story(ASKED / f"{story}.yaml", question, at=at, asker=None, playbook=None)


@pytest.mark.parametrize(
    ("story", "at", "question", "fact"),
    [
        ("dairy", 21, "would anybody react if a tank goes off at night", "night-shift"),
    ],
)
def test_what_somebody_wrote_is_found_by_its_meaning(story, at, question, fact):
    assert fact in {each.name for each in asked(story, question, at).facts}


@pytest.mark.parametrize(
    ("story", "at", "question"),
    [
        ("vineyard", 30, "why did Etienne turn us down"),
        ("seedvault", 35, "warum hat Nadia legal abgelehnt"),
        ("radio", 30, "por qué Aurel dijo que no"),
    ],
)
def test_a_reason_for_the_opposite_is_no_answer(story, at, question):
    assert not asked(story, question, at).known


def question(story, text, at):
    asking = Asking(_record(ASKED / f"{story}.yaml"), judge=verdict, try_fixes=what_if)
    return as_question(asking, text, at, None, "en")


def test_an_item_is_told_whole_and_cites_what_it_tells():
    found = {each.key: each for each in items_of(question("linen", "anything", 47))}
    assert all(each.line and each.facts for each in found.values())
    told = found["privacy"].line
    for said in (
        "Gerold",
        "Baptiste",
        "hour 14",
        "hour 26",
        "hour 25",
        "folding machine",
        "2 weeks",
    ):
        assert said in told
    told = found["rfid-export"].line
    for said in ("Mikkel", "hour 1 ", "slows", "4 days", "Pilar", "worked around", "hour 6"):
        assert said in told


@pytest.mark.parametrize("language", ["de", "es", "fr"])
def test_items_are_told_in_the_language_of_the_question(language):
    asked_in = replace(question("linen", "anything", 47), language=language)
    assert len(items_of(asked_in)) == len(in_english(asked_in))
    assert not {i.line for i in items_of(asked_in)} & {i.line for i in in_english(asked_in)}


def test_without_weights_every_item_is_as_probable():
    found = about(Regression(0.0, {}), question("dairy", "anything", 40), {})
    assert {each.probability for each in found} == {0.5}


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ("How many approvals were asked for, and how did they end?", "4 approvals requested: 2"),
        ("Wie viele Freigaben wurden angefragt?", "Angefragte Freigaben: 4"),
        ("¿Cuántas aprobaciones se pidieron?", "Aprobaciones pedidas: 4"),
        ("combien d'accords ont été demandés ?", "Accords demandés : 4"),
    ],
)
def test_requests_are_counted_by_how_they_ended(text, counts):
    answer = asked("linen", text, 42)
    assert answer.text.startswith(counts)
    assert {"decide privacy", "request change", "decide business"} <= {f.name for f in answer.facts}


def test_what_is_counted_is_only_what_the_record_counts():
    assert not asked("linen", "How many orders came in last year?", 42).known


def test_each_part_of_a_question_has_its_items():
    answer = asked(
        "linen",
        "Are we in operation, what does the final gate say and whose reply is missing?",
        47.5,
    )
    assert {"gate deployment", "request security"} <= {fact.name for fact in answer.facts}


def test_many_blockers_are_all_named(tmp_path):
    story = tmp_path / "many.yaml"
    title = "keeps all of us from going on with the forecast until somebody mends it for good"
    events = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: Thing{at} {title}, kind: integration}}\n"
        for at in range(1, 9)
    )
    story.write_text(f"story: A line\nteam: {{builder: Ana}}\nevents:\n{events}")
    answer = answer_story(story, "what blocks us?", at=20, asker=None, playbook=None)
    assert all(f"Thing{at}" in answer.text for at in range(1, 9))
    assert len(answer.text.split()) <= 90


def test_a_clock_time_in_a_question_about_an_item_is_no_hour_that_is_asked_for():
    answer = asked("pearls", "what is it with the satellite link until 4 pm?", 5)
    assert "sat-link" in {fact.name for fact in answer.facts}


@pytest.mark.parametrize(
    ("story", "question", "facts"),
    [
        ("bursts", "DN90 or DN150??", {"gis-version"}),
        ("bursts", "burst book: how much has a clock time", {"probe quality"}),
        ("opera", "renewal dates missing for which years", {"probe quality"}),
        ("buses", "gate 24 n gate 48 said?", {"gate integration", "gate deployment"}),
    ],
)
def test_an_item_that_is_surely_asked_for_is_told_beside_a_list(story, question, facts):
    assert facts <= {each.name for each in asked(story, question, 48).facts}


@pytest.mark.parametrize(
    ("story", "question", "fact"),
    [
        ("sheets", "pourquoi paris veut pas donner l'occupation", "occupancy"),
        ("refits", "koen's joke, tell me again", "audicien-time"),
        ("sheets", "wie viele bewegungen doppelt und auf welcher linie", "probe quality"),
    ],
)
def test_a_detail_that_somebody_wrote_down_is_no_unknown(story, question, fact):
    answer = asked(story, question, 48)
    assert answer.known
    assert fact in {each.name for each in answer.facts}


@pytest.mark.parametrize(
    ("story", "question"),
    [
        ("trams", "TrainConnect 4 licence = how much"),
        ("bursts", "who stole the charger, any idea"),
        ("trams", "c'est qui le chef de gilles finalement"),
    ],
)
def test_what_is_near_and_not_written_down_is_unknown(story, question):
    assert not asked(story, question, 48).known


@pytest.mark.parametrize(
    "question", ["why is the data gate locked?", "warum ist das Gate Daten so ausgegangen?"]
)
def test_why_a_gate_came_out_so_is_told_by_the_blockers_of_its_phase(question):
    answer = asked("reefers", question, 48)
    assert [fact.name for fact in answer.facts] == ["gate data", "cooltrack-hist"]


def test_a_gate_alone_is_told_where_nobody_asks_why():
    assert "cooltrack-hist" not in {f.name for f in asked("reefers", "data gate?", 48).facts}


def test_both_requests_that_are_named_are_told():
    answer = asked("reefers", "did security and business approve?", 48)
    assert {"decide security", "decide business"} <= {fact.name for fact in answer.facts}


def test_nothing_is_listed_to_who_asks_for_one_thing_that_is_not_on_record():
    answer = asked("reefers", "what happened with the parking garage?", 48)
    assert not answer.known
    assert answer.facts == ()


def test_how_long_something_was_open_says_who_ended_it():
    text = asked("reefers", "how long was the port 8443 thing open and who fixed it?", 48).text
    assert "from hour 17 to hour 19.8; Lars fixed it." in text


@pytest.mark.parametrize(
    ("story", "text", "blocker", "said"),
    [
        ("reefers", "whats w crane-api?", "crane-api", "Priya took it back at hour 20.3"),
        ("yoghurt", "budget-pda tjrs d'actu ?", "budget-pda", "Rachid l'a retiré à l'heure 44,3"),
        ("lids", "wie steht es um idoc-test?", "idoc-test", "nahm das in Stunde"),
    ],
)
def test_a_blocker_that_somebody_took_back_is_told_so(story, text, blocker, said):
    answer = asked(story, text, None)
    assert said in answer.text
    assert f"{blocker}” is open" not in answer.text
    assert not answer.known or any(f.name.startswith("answer ") for f in answer.facts)


@pytest.mark.parametrize(
    ("story", "blocker"), [("reefers", "crane-api"), ("yoghurt", "budget-pda")]
)
def test_a_blocker_that_somebody_took_back_blocks_nothing(story, blocker):
    assert blocker not in {each.name for each in asked(story, "what blocks us?", None).facts}


@pytest.mark.parametrize(
    ("story", "question", "fact"),
    [
        ("depot", "was war mit graz, und wie gings aus", "lender"),
        ("mussels", "was that battery on 31 a real problem in the end", "answer 44"),
    ],
)
def test_what_is_asked_of_one_thing_is_no_judgement_of_the_sprint(story, question, fact):
    answer = asked(story, question, 48)
    assert fact in {each.name for each in answer.facts}
    assert answer.facts[0].name != "critical_path"


@pytest.mark.parametrize(
    ("story", "question"),
    [("depot", "name of night guard?"), ("counter", "what was the AUC once it was live")],
)
def test_what_the_likeliest_item_does_not_hold_is_not_known(story, question):
    assert not asked(story, question, 48).known


def test_a_name_after_an_and_stands_for_the_one_before_it():
    answer = asked("mussels", "on what conditions did we get security and change", 32)
    assert {"decide security", "decide change"} <= {each.name for each in answer.facts}


def test_a_price_that_somebody_wrote_is_told():
    answer = asked(
        "apples", "wieviel kostet die sps freigabe und darf swantje das unterschreiben", 48
    )
    assert answer.known
    assert "4.800" in answer.text
