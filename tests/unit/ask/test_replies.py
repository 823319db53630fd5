"""What is said to a question once it is known what it asks."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.ask.say import share
from hour48.asking import answer_story

STORY = Path(__file__).with_name("kiosk.yaml")


def asked(question, at=None, asker=None):
    return answer_story(STORY, question, at=at, asker=asker, playbook=None)


def facts(answer):
    return {fact.name for fact in answer.facts}


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("if the oven timer gets its interface, what else stops us?", "rejected by Cho"),
        ("wenn der Ofen seine Schnittstelle hat, reicht das?", "abgelehnt von Cho"),
        ("si le four a son interface, ça suffit ?", "refusé par Cho"),
        ("si el horno ya tiene su interfaz, ¿qué más nos frena?", "rechazado por Cho"),
    ],
)
def test_what_stays_open_is_told_when_one_thing_is_done(question, rest):
    answer = asked(question)
    assert answer.intent == "what_if"
    assert rest in answer.text
    wanted = {"oven", "till-login", "night-van", "decide security", "request privacy"}
    assert wanted | {"probe quality"} <= facts(answer)


def test_all_that_a_question_takes_as_done_is_taken():
    answer = asked("say the oven has an interface and somebody drives the van. good to go?")
    assert "Oven timer" in answer.text.split("Estimated")[1]
    assert "Nobody drives" in answer.text.split("Estimated")[1]
    assert "Login for the tills" in answer.text.split("Estimated")[0]


def test_what_people_joined_to_one_cause_goes_with_it():
    answer = asked("if the landlord hands out the login, are we through?")
    assert "security" not in answer.text.split("Estimated")[0]
    assert {"till-login", "decide security", "oven"} <= facts(answer)


@pytest.mark.parametrize(
    ("question", "at", "asker", "said", "wanted"),
    [
        ("what is next for me?", 28, "Gil", "Gil must decide privacy", {"request privacy"}),
        ("what's left for me, only mine pls", 40, "Ben", "Ben logged, still open", {"till-login"}),
        ("was ist für mich noch offen?", 40, "Ben", "Ben hat gemeldet", {"till-login"}),
        ("¿qué me queda a mí?", 40, "Ben", "Ben registró", {"till-login"}),
        ("qu'est-ce qui me reste à faire ?", 40, "Ben", "Ben a noté", {"till-login"}),
        ("did my security ask go through?", 40, "Dee", "Cho rejected", {"decide security"}),
        ("how many blockers are open and how many did Ana log?", 40, None, "Ana: 2 logged in all",
         {"till-login", "oven", "night-van", "proxy"}),
        ("¿cuántos bloqueos puso Dee?", 40, None, "Dee: Registrados en total: 1", {"night-van"}),
        ("how many things did Eve fix?", 40, None, "Resolved: 1", {"resolve proxy"}),
        ("the oven or the login for the tills, which takes longer?", 40, None,
         "Longest first: “Oven", {"oven", "till-login"}),
        ("what has the longest lead time?", 40, None, "Longest first: “Oven", {"oven"}),
        ("how long did security take?", 40, None, "after 5 h (hour 25 to 30)", {"decide security"}),
        ("wie lange hat Security gebraucht?", 40, None, "nach 5 h", {"decide security"}),
        ("how long does security really take? last time", 40, None,
         "quoted 2 weeks and took 5 weeks", {"decide security"}),
        ("what did we agree on as success?", 40, None, "at most ten rolls", {"answer 0"}),
        ("c'est quoi le critère de succès ?", 40, None, "at most ten rolls", {"answer 0"}),
        ("¿cuál es el criterio de éxito?", 40, None, "at most ten rolls", {"answer 0"}),
        ("was ist unser Erfolgskriterium?", 40, None, "at most ten rolls", {"answer 0"}),
        ("who is away and until when?", 40, None, "to 4 May", {"answer 20"}),
        ("wer vertritt Gil?", 40, None, "Eve stands in", {"answer 20"}),
        ("I was out since the oven thing, what happened?", 29, None, "Between hour 18",
         {"night-van", "answer 20", "gate integration", "request security", "request privacy"}),
    ],
)  # fmt: skip  # a table, one row a line
def test_a_list_or_figure_that_is_asked_for_is_told(question, at, asker, said, wanted):
    answer = asked(question, at, asker)
    assert said in answer.text
    assert wanted <= facts(answer)


@pytest.mark.parametrize("question", ["who stands in for Cho?", "why is Gil away?"])
def test_a_stand_in_or_a_reason_that_nobody_wrote_down_is_not_told(question):
    assert not asked(question, 40).known


def test_what_came_before_the_named_event_is_no_news():
    assert "oven" not in facts(asked("I was out since the oven thing, what happened?", 29))


@pytest.mark.parametrize(
    ("question", "at", "asker", "said", "wanted"),
    [
        ("gate 8 and gate 24?", 40, None, "Integration gate", {"gate data", "gate integration"}),
        ("le gate data, il dit quoi ?", 40, None, "Gate données", {"gate data"}),
        ("is it live?", 48, None, "Cho rejected security", {"gate deployment", "decide security"}),
        ("do I still need to fight the proxy?", 20, "Ana", "Eve fixed it", {"resolve proxy"}),
        ("anything I raised that is still open?", 40, "Dee", "1 open blocker", {"night-van"}),
        ("was habe ich gemeldet, was noch offen ist?", 40, "Dee", "1 offener", {"night-van"}),
        ("so what's next, realistically?", 40, None, "Still open: “Login", {"gate deployment"}),
        ("und wie geht's jetzt weiter?", 40, None, "Noch offen: „Login", {"gate deployment"}),
        ("¿y ahora qué toca?", 40, None, "Sigue abierto: «Login", {"gate deployment"}),
        ("bon, c'est quoi la suite ?", 40, None, "Encore ouvert : « Login", {"gate deployment"}),
        ("what did the quality probe find?", 40, None, "3 days of 90", {"probe quality"}),
        ("¿qué encontró la prueba quality?", 40, None, "an hour behind", {"probe quality"}),
        ("which blockers really stop us, not the slow ones?", 40, None, "2 open", {"oven"}),
        ("who are we waiting for on privacy?", 30, None, "Ana has waited", {"request privacy"}),
        ("Cho a dit quoi ?", 40, None, "Cho a refusé", {"decide security"}),
        ("what's on Ben's plate?", 40, None, "Ben logged, still open", {"till-login"}),
        ("was steht bei Dee noch an?", 40, None, "Dee hat gemeldet", {"night-van"}),
        ("¿qué le falta a Dee?", 40, None, "Dee registró", {"night-van"}),
        ("qu'est-ce qu'Ana doit encore faire ?", 40, None, "Ana a noté", {"oven"}),
        ("compare the login and the oven", 40, None, "Longest first", {"oven", "till-login"}),
        ("what was the first blocker?", 40, None, "Login for the tills", {"till-login"}),
        ("assuming the van has a driver, are there other blockers?", 40, None, "“Nobody drives",
         {"night-van", "oven"}),
        ("how many blockers in the first phase?", 40, None, "2 logged", {"till-login", "proxy"}),
        ("wie viele Blocker in der dritten Phase?", 40, None, "Gemeldet: 2", {"oven"}),
        ("combien de blocages techniques ?", 40, None, "Notés en tout : 3", {"till-login"}),
        ("what if we fix everything?", 0.2, None, "No open blockers", set()),
    ],
)  # fmt: skip  # a table, one row a line
def test_a_plain_question_is_told_all_that_is_open(question, at, asker, said, wanted):
    answer = asked(question, at, asker)
    assert said in answer.text
    assert wanted <= facts(answer)


@pytest.mark.parametrize(
    "question",
    ["¿qué sigue abierto?", "what's next week's menu?", "quelle est la suite du contrat ?"],
)
def test_next_within_another_question_does_not_ask_what_is_next(question):
    assert asked(question, 40).intent != "next"


@pytest.mark.parametrize("language", ["de", "fr", "es"])
def test_a_chance_below_one_percent_is_said_in_the_language_of_the_question(language):
    assert "less than" not in share(language, 0.001)


def test_a_quotation_within_a_title_does_not_end_the_quote(tmp_path):
    story = tmp_path / "marks.yaml"
    title = f"on ferme avec « divers » {'x ' * 30}"
    rows = (f'{{at: {at}, by: Ana, blocker: b{at}, title: "{at} {title}"}}' for at in range(1, 8))
    events = "".join(f"  - {row}\n" for row in rows)
    story.write_text(f"story: A line\nteam: {{builder: Ana}}\nevents:\n{events}")
    answer = answer_story(story, "what blocks us?", at=20, asker=None, playbook=None)
    assert answer.text.count("on ferme") == 7, "all of them"


def test_long_titles_of_a_list_are_cut_evenly(tmp_path):
    story = tmp_path / "many.yaml"
    title = "keeps all of us from going on with the forecast until somebody mends it for good"
    events = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: T{at} {title}, kind: integration}}\n"
        for at in range(1, 6)
    )
    story.write_text(f"story: A line\nteam: {{builder: Ana}}\nevents:\n{events}")
    answer = answer_story(story, "what blocks us?", at=20, asker=None, playbook=None)
    lengths = {len(part.split("”")[0].split()) for part in answer.text.split("“")[1:]}
    assert max(lengths) - min(lengths) <= 1
    assert lengths.pop() > 8


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("what does the integration gate mean for us?", "The way changes are decided"),
        ("was bedeutet das gate zur integration für uns?", "The way changes are decided"),
        ("¿qué significa el gate de integración para nosotros?", "The way changes are decided"),
        ("que signifie le gate d'intégration pour nous ?", "The way changes are decided"),
    ],
)
def test_what_a_gate_means_is_told_with_the_blockers_behind_it(question, said):
    answer = asked(question)
    assert said in answer.text
    assert {"gate integration", "oven"} <= facts(answer)


@pytest.mark.parametrize(
    "question",
    [
        "is the till login the same as security's no?",
        "Till-Login und das Nein von Security, ist das dasselbe?",
    ],
)
def test_whether_two_things_are_one_is_told_by_who_joined_them(question):
    answer = asked(question)
    assert "Ben" in answer.text
    assert "same_cause" in facts(answer)


REFUSED = """
story: A lift in a cable car
team: {builder: Ana, data: Ben, approver: Cho, business: Dee}
events:
  - {at: 2, by: Ben, blocker: scans, title: Logbook scans, severity: slows, lead_time: "2 weeks"}
  - {at: 20, by: Ana, request: security, of: Cho, deadline: 10}
  - {at: 21, by: Ana, request: change, of: Gil, deadline: 10}
  - {at: 22, by: Ana, request: legal, of: Mia, deadline: 10}
  - {at: 25, by: Cho, decide: security, decision: approved, why: "only if the stick is destroyed"}
  - {at: 26, by: Gil, decide: change, decision: approved, why: "only by night"}
  - {at: 27, by: Mia, decide: legal, decision: rejected, why: "nothing of it in the manual"}
  - {at: 30, by: Dee, answer: "we run it as a trial beside the rounds, by word of mouth", hour: 28}
  - {at: 33, by: Ben, deploy: 3, evidence: "https://lift.example/list"}
"""


@pytest.fixture
def refused(tmp_path):
    story = tmp_path / "refused.yaml"
    story.write_text(REFUSED)
    return lambda text: answer_story(story, text, at=None, asker=None, playbook=None)


@pytest.mark.parametrize(
    "question",
    ["why did we go live despite the no?", "wieso sind wir trotz dem nein live gegangen"],
)
def test_why_it_went_live_despite_a_no_is_what_was_said_between(refused, question):
    answer = refused(question)
    assert "we run it as a trial" in answer.text
    assert not answer.text.startswith(("Yes", "Ja"))
    assert {"answer 28", "decide legal", "deploy"} <= facts(answer)


@pytest.mark.parametrize(
    "question",
    ["what conditions did security and change set?", "welche auflagen für security und change?"],
)
def test_two_approvals_are_both_told(refused, question):
    answer = refused(question)
    assert "only if the stick is destroyed" in answer.text
    assert "only by night" in answer.text


def test_a_reason_for_something_else_is_no_reason_for_going_live(refused):
    assert "answer 28" not in facts(refused("why are the logbook scans no problem?"))


def test_what_the_team_said_comes_first_when_it_is_over(tmp_path):
    story = tmp_path / "over.yaml"
    said = "next: Ben mends the clocks by Wednesday, Ana replays, then Dee asks Cho"
    blockers = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: Cabinet {at} of the long pump hall is "
        f"locked and nobody has its key}}\n"
        for at in range(34, 40)
    )
    answered = f'  - {{at: 47, by: Ana, answer: "{said}", hour: 47}}\n'
    story.write_text(REFUSED + blockers + answered)
    answer = answer_story(story, "whats next?", at=None, asker=None, playbook=None)
    assert said in answer.text


def test_what_only_slows_is_told_with_the_time_that_was_quoted(refused):
    assert "“2 weeks”" in refused("what if we fix the logbook scans, how long is that?").text


def test_what_came_up_and_ended_while_away_is_one_line(tmp_path):
    story = tmp_path / "back.yaml"
    story.write_text(
        REFUSED
        + "  - {at: 35, by: Ana, blocker: feed, title: The feed is late}\n"
        + "  - {at: 36, by: Ben, resolve: feed, how: fixed}\n"
        + "  - {at: 38, by: Ana, blocker: feed-again, title: The feed is late again}\n"
        + "  - {at: 39, by: Ana, same_cause: [feed, feed-again]}\n"
    )
    text = answer_story(
        story, "what did I miss since hour 34?", at=37, asker=None, playbook=None
    ).text
    assert "Ana logged “The feed is late”; Ben fixed it at hour 36." in text
    text = answer_story(story, "is the feed fixed?", at=40, asker=None, playbook=None).text
    assert not text.startswith("Yes")


@pytest.mark.parametrize(
    ("question", "hour"),
    [
        ("what did I miss since hour 1?", "27: Mia rejected legal"),
        ("was habe ich seit Stunde 1 verpasst?", "27: Mia hat Recht abgelehnt"),
        ("¿qué me perdí desde la hora 1?", "27: Mia rechazó"),
        ("qu'est-ce que j'ai raté depuis l'heure 1 ?", "27: Mia a refusé"),
    ],
)
def test_a_long_list_names_its_hours_by_their_numbers(tmp_path, question, hour):
    story = tmp_path / "long.yaml"
    rows = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: Cabinet {at} of the hall is locked}}\n"
        f"  - {{at: {at}.5, by: Ben, resolve: b{at}, how: fixed}}\n"
        for at in range(3, 14)
    )
    story.write_text(REFUSED + rows)
    answer = answer_story(story, question, at=None, asker=None, playbook=None)
    assert hour in answer.text
    assert "“nothing of it in the manual”" in answer.text or "nothing of it" in answer.text


def test_what_somebody_owns_is_told_beside_what_was_asked_of_them(tmp_path):
    story = tmp_path / "owns.yaml"
    story.write_text(REFUSED + "  - {at: 34, by: Dee, owner: service, of: Gil}\n")
    answer = answer_story(
        story, "did gil ok the change and does he own anything?", at=None, asker=None, playbook=None
    )
    assert {"owner service", "request change"} <= facts(answer)


def test_what_nobody_approved_is_not_said_to_stop(tmp_path):
    story = tmp_path / "slow.yaml"
    rows = "".join(
        f"  - {{at: {at}, by: Ana, blocker: b{at}, title: Cabinet {at} of the long pump hall is "
        f"locked and its key is with the night guard, severity: slows}}\n"
        for at in range(3, 9)
    )
    story.write_text(REFUSED + rows)
    text = answer_story(story, "what blocks us?", at=None, asker=None, playbook=None).text
    assert "Stops" not in text
    assert "Not approved: Mia rejected legal" in text
    assert text.count("Cabinet") == 6, "all by their titles"


def test_an_override_is_told_with_its_finding(tmp_path):
    story = tmp_path / "found.yaml"
    rows = """
  - at: 5
    by: Ben
    probe: quality
    source: logbook.entries
    findings:
      - {code: wagon_blank, level: stops, says: the wagon is blank in 31 % of the rows}
  - {at: 6, by: Ana, override: wagon_blank, why: we go by the shift plan}
  - {at: 34, by: Dee, owner: service, of: Gil}
"""
    story.write_text(REFUSED + rows)

    def ask(text):
        return answer_story(story, text, at=None, asker=None, playbook=None)

    answer = ask("why did we ignore the blank wagons?")
    assert "31 %" in answer.text
    assert "we go by the shift plan" in answer.text
    assert "No owner is recorded: model, data, outcome." in ask("who owns what?").text
