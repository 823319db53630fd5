from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reading import MONTH, find_lead_time, read, read_lead_time
from bot.reading.lexicon import LANGUAGES, tables
from tests.training.reading.corpus import corpus

ON = date(2026, 3, 4)  # a Wednesday


@pytest.mark.parametrize(
    ("line", "words", "bounds"),
    [
        ("waiting for legal, usually 2-3 weeks", "2-3 weeks", (14, 21)),
        ("security: up to 2 weeks", "up to 2 weeks", (None, 14)),
        ("procurement takes at least 3 months", "at least 3 months", (3 * MONTH, None)),
        ("next release in 3 months", "3 months", (3 * MONTH, 3 * MONTH)),
        ("10 wd for the firewall rule", "10 wd", (14, 14)),
        ("when Karl is back on the 16th", "when Karl is back on the 16th", (12, 12)),
        ("deployment only after the freeze", "after the freeze", None),
        ("CAB slot in KW 34", "KW 34", (166, 170)),
        ("migration Q3 next year, then 8 months", "Q3 next year, then 8 months", (727.5, 818.5)),
        ("dauert anderthalb Jahre", "anderthalb Jahre", (547.875, 547.875)),
        ("le juridique prend 1 mois", "1 mois", (MONTH, MONTH)),
        ("compras tarda de 4 a 6 semanas", "4 a 6 semanas", (28, 42)),
        ("min 2, max 5 weeks for the environment", "min 2, max 5 weeks", (14, 35)),
        ("worst case five weeks", "worst case five weeks", (None, 35)),
        ("half a year at the very least", "half a year", (182.625, None)),
        ("resubmit in two weeks at the earliest", "two weeks", (14, None)),
        ("hr says thursday next week", "thursday next week", (8, 8)),
        ("IT liefert Dienstag oder Mittwoch", "Dienstag oder Mittwoch", (6, 7)),
        ("wait for the committee, first monday of april", "first monday of april", (33, 33)),
        ("bis Ende April wird das nichts", "Ende April", (57, None)),
        ("board meets once a month, next one on the 17th", "the 17th", (13, 13)),
    ],
)
def test_a_lead_time_is_found_as_said(line, words, bounds):
    reading = read(line, on=ON)
    assert words in reading.lead_time
    assert reading.lead_days == (bounds and pytest.approx(bounds))


@pytest.mark.parametrize(
    "line",
    [
        "47 systems and no list",
        "the 2019 extract is corrupt",
        "3 of 12 tables are empty",
        "crashed at 2 a.m. again",
        "version 3.2 broke the api",
        "costs $3m a year",
        "ticket 48213 rejected",
        "error 504 on every call",
        "asked 3 weeks ago",
        "seit 3 Wochen keine Antwort",
        "il y a deux mois",
        "solo hay 6 meses de datos",
        "only 3 months of history",
        "export takes 19 hours",
        "licence is 900 euros a month",
        "ticket open since october",
        "broken since release 4.2",
        "no 24/7 cover",
        "a quarter of the ids is missing",
        "7-year-old mainframe",
        "support only 8-17h",
        "the 9-day window has gaps",
        "the dev left in autumn",
        "il est parti au printemps",
        "plant runs in 3 shifts",
        "the line works in three shifts",
        "3-shift operation",
    ],
)
def test_a_trap_is_no_time(line):
    assert read(line, on=ON).lead_time is None


def test_what_takes_shifts_is_a_time():
    assert read("retraining takes 3 shifts", on=ON).lead_time == "3 shifts"


def test_what_has_no_date_is_asked_about():
    assert find_lead_time("deployment only after the freeze", on=ON).is_asked_about
    assert not find_lead_time("legal needs 6 weeks", on=ON).is_asked_about


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("no GPU, <@U12345> is chasing it", "U12345"),
        ("GPU quota, owner: Ben", "Ben"),
        ("Freigabe fehlt, Karl kümmert sich", "Karl"),
        ("ask legal about it", None),
        ("mail to it@example.com bounced", None),
    ],
)
def test_an_owner_is_found_where_one_is_named(line, owner):
    assert read(line).owner == owner


@given(st.text(max_size=200), st.none() | st.dates())
def test_reading_never_raises(text, on):
    reading = read(text, on=on)
    assert 0 <= reading.probability <= 1
    assert reading.lead_days is None or any(figure is not None for figure in reading.lead_days)


@given(st.integers(1, 99), st.sampled_from(["weeks", "Wochen", "semaines", "semanas"]))
def test_the_language_does_not_matter(count, unit):
    assert read_lead_time(f"{count} {unit}").said == (7 * count, 7 * count)


@given(st.integers(1, 60), st.integers(1, 60))
def test_bounds_are_in_order(one, other):
    low, high = read_lead_time(f"{one}-{other} days").said
    assert (low, high) == (min(one, other), max(one, other))


def test_every_language_has_every_table():
    names = {language: set(table) for language, table in tables().items()}
    optional = {"wait_cues"}
    for language in LANGUAGES:
        missing = (names["en"] | names["de"]) - names[language] - optional - {"adjectives", "asap"}
        assert not missing, (language, missing)


@pytest.mark.parametrize(
    "line",
    [
        "Access to the loyalty replica needs a form",
        "Zugang zur Replik braucht ein Formular",
        "data is refreshed at 4 am, before that it's yesterday's",
        "should be done by monday evening",
        "Nobody in the team has deployed a model before",
        "Niemand im Team hat je ein Modell deployt",
        "Personne dans l'équipe n'a déployé de modèle",
        "None of us has access",
    ],
)
def test_a_thing_a_day_or_somebody_who_left_is_nobody_to_wait_for(line):
    assert read(line, on=ON).waits_for is None


@pytest.mark.parametrize(
    ("line", "party"),
    [
        ("No one from security answers", "security"),
        ("Niemand aus der Rechtsabteilung antwortet", "Rechtsabteilung"),
        ("Nobody but the head of IT may sign", "head of IT"),
        ("waiting for the platform team, 2 weeks", "platform team"),
    ],
)
def test_a_group_of_which_nobody_acts_is_waited_for(line, party):
    assert read(line, on=ON).waits_for == party


@pytest.mark.parametrize(
    "line",
    [
        "lunch?", "all good here", "tests are green", "alles gut bei uns", "merci à tous",
        "has anyone asked whether the board is free at 4?",
        "the other squad has waited for its licence since Monday",
        "if legal refuses we take the public table",
        "remember the project where security sat on it for half a year?",
    ],
)  # fmt: skip  # short lines, side by side
def test_small_talk_is_no_blocker(line):
    assert not read(line, on=ON).is_blocker


@pytest.mark.parametrize(
    "line",
    [
        "we are blocked: the gateway refuses our certificate until security approves it",
        "We are stuck: the service refuses our token until IT approves it",
        "Wir hängen fest, bis die Sicherheit antwortet",
        "nobody knows who owns the Kafka topic",
        "no one here can tell who is responsible for the exports",
        "Niemand weiß, wem der Server gehört",
    ],
)
def test_who_is_stuck_or_finds_no_owner_tells_of_a_blocker(line):
    assert read(line, on=ON).is_blocker


def test_most_lines_about_blockers_are_taken_for_blockers():
    readings = [read(line.text, on=ON) for line in corpus()["held_out"]]
    assert sum(reading.is_blocker for reading in readings) >= 0.7 * len(readings)


def test_a_year_before_at_is_a_year_and_no_working_days():
    assert read("board says 2028 at the earliest", on=ON).lead_days == (668, None)
    assert read_lead_time("2028").days.low > 150, "no day is known to count from"


@pytest.mark.parametrize(
    "line",
    [
        "it took 3 weeks but it's settled now",
        "the licence took 2 months, we have it now",
        "hat 3 Wochen gedauert, läuft jetzt",
        "der Zugang hat 2 Wochen gedauert, ist aber jetzt da",
        "ça a pris 3 semaines mais c'est réglé",
        "l'accord a pris 2 mois, c'est signé",
        "ya tenemos acceso, tardó 2 semanas",
        "tardaron un mes, pero ya está resuelto",
    ],
)
def test_what_a_settled_thing_took_is_no_lead_time(line):
    reading = read(line, on=ON)
    assert (reading.lead_time, reading.is_blocker) == (None, False)


@pytest.mark.parametrize(
    "line",
    [
        "it was fixed but legal needs 3 weeks again",
        "der Zugang war da, aber die Freigabe dauert 3 Wochen",
        "c'est signé mais l'installation prend 3 semaines",
        "ya está firmado, pero compras tarda 3 semanas",
    ],
)
def test_what_comes_after_a_settled_thing_is_a_lead_time(line):
    assert read(line, on=ON).lead_days == (21, 21)


@pytest.mark.parametrize(
    "line",
    [
        "la base est en lecture seule depuis 2 mois, on avance quand même avec un dump",
        "read-only since May, we continue with a dump anyway even when it is old",
        "Zugang fehlt, Jens kümmert sich, geht aber auch mit dem Export weiter",
        "sin acceso, seguimos mientras tanto con una copia",
    ],
)
def test_work_that_goes_on_another_way_is_slowed(line):
    reading = read(line, on=ON)
    assert (reading.severity, reading.lead_time) == ("slows", None)


@pytest.mark.parametrize(
    "line",
    [
        "geht auch mit dem Export nicht weiter",
        "we cannot continue with the export",
        "on n'avance plus quand même",
        "no seguimos con la copia",
    ],
)
def test_work_that_does_not_go_on_is_stopped(line):
    assert read(line, on=ON).severity == "stops"


@pytest.mark.parametrize(
    ("line", "owner"),
    [
        ("el servidor lleva 3 dias caido, lo mira Marta", "Marta"),
        ("le VPN est tombé depuis 4 jours, c'est Paul qui s'en occupe", "Paul"),
        ("le serveur est en panne depuis 3 jours, Léa s'en occupe", "Léa"),
        ("der Server ist seit 3 Tagen ausgefallen, darum kümmert sich Jens", "Jens"),
        ("the server has been down for 3 days, Ana is on it", "Ana"),
    ],
)
def test_what_has_been_broken_for_days_is_a_blocker_with_its_owner(line, owner):
    reading = read(line, on=ON)
    assert (reading.is_blocker, reading.owner, reading.lead_time) == (True, owner, None)


@pytest.mark.parametrize(
    "line",
    [
        "the account is read-only for 2 months",
        "they lent us a box, on loan for 6 weeks",
        "das Konto ist nur lesend für 2 Monate",
        "accès en lecture seule pendant 2 mois",
        "la cuenta es de solo lectura durante 2 meses",
    ],
)
def test_how_long_something_is_granted_is_no_lead_time(line):
    assert read(line, on=ON).lead_time is None


def test_what_comes_behind_a_grant_is_the_lead_time():
    assert read("read-only for 2 months, full access takes 3 weeks").lead_days == (21, 21)
    assert read("the network is frozen for 2 months").lead_time == "2 months"
