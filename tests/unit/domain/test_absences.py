"""Who is away, until which day of the plan, who stands in, and on which days items are due."""

import pytest

from bot.domain.record import SprintRecord
from bot.domain.story import parse_story
from bot.domain.verdict import verdict
from bot.domain.verdict.absences import absence_of, working_day
from bot.domain.verdict.hindrances.fields import refusal_says

TEAM = {"builder": "Ana", "data": "Ben", "approver": "Cho", "business": "Dee"}


def _record(*events, kickoff=None):
    record = parse_story({"story": "x", "team": TEAM, "events": list(events)}).record
    return SprintRecord(
        **{name: getattr(record, name) for name in record.__slots__} | {"kickoff": kickoff}
    )


def _answer(text, at=22, by="Cho"):
    return {"at": at, "by": by, "answer": text, "hour": at}


@pytest.mark.parametrize(
    ("text", "who", "stand_in"),
    [
        ("Noa is off from tomorrow until Tuesday, Fergus stands in for her", "Noa", "Fergus"),
        ("Noa (legal) out until monday, Kit deputises but only answers when asked", "Noa", "Kit"),
        ("Noa est en congé jusqu'à lundi, Basile la remplace", "Noa", "Basile"),
        ("Noa está de vacaciones hasta el jueves, la sustituye Rocío", "Noa", "Rocío"),
        ("Noa ist im Urlaub, Vertretung macht Frau Kuhn", "Noa", "Frau Kuhn"),
        ("Fr. Holm is out till 15 June, her deputy is Fr. Holm", "Fr. Holm", None),
        ("Noa is on leave, no stand-in", "Noa", None),
        ("Noa is away until Friday, deputy is Kit but Kit can't sign above 5k", "Noa", None),
        ("Noa ist im Urlaub, Vertretung ist Kit, der darf aber nichts freigeben", "Noa", None),
        ("Noa est absente jusqu'à jeudi, Kit la remplace mais signe pas", "Noa", None),
        ("Noa está de vacaciones, la sustituye Kit pero sin firma", "Noa", None),
    ],
)
def test_who_stands_in_is_read_of_the_one_who_is_away(text, who, stand_in):
    found = absence_of(who, _record(_answer(text)))
    assert found is not None
    assert found.stand_in == stand_in


@pytest.mark.parametrize(
    "text", ["Noa stands in for Kit until Monday", "we start with Noa alone", "Noa signed it"]
)
def test_who_is_only_named_is_not_away(text):
    assert absence_of("Noa", _record(_answer(text))) is None


def test_who_is_back_is_counted_in_days_of_the_plan_where_the_kickoff_is_known():
    said = _answer("Noa is away until 27 April")
    assert absence_of("Noa", _record(said, kickoff="2026-04-20")).back == 5
    assert absence_of("Noa", _record(said)).back is None


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("Noa is away until monday, no deputy", 6),
        ("Noa ist im Urlaub bis Donnerstag", 6),
        ("Noa est absente jusqu'à mardi", 6),
        ("Noa está de vacaciones hasta el jueves", 6),
        ("Noa is away until monday the 14th", None),
    ],
)
def test_a_bare_day_of_the_week_is_within_a_week_of_the_sprint(text, back):
    assert absence_of("Noa", _record(_answer(text))).back == back


def test_who_did_something_since_can_be_reached_unless_the_team_says_that_they_leave():
    away = {"at": 3, "by": "Ana", "blocker": "b", "title": "Noa is on leave until May"}
    ask = {"at": 5, "by": "Dee", "request": "legal", "of": "Noa"}
    no = {"at": 9, "by": "Noa", "decide": "legal", "decision": "rejected", "why": "By phone: no"}
    assert absence_of("Noa", _record(away)) is not None
    assert absence_of("Noa", _record(away, ask, no)) is None


@pytest.mark.parametrize(
    ("kickoff", "day", "due"),
    [
        ("2026-06-09", 5, 5),  # a Tuesday: the plan begins on Thursday
        ("2026-06-11", 7, 9),  # Saturday becomes Monday
        ("2026-06-12", 7, 8),  # Sunday does too
        (None, 7, 7),
    ],
)
def test_nothing_is_due_at_a_weekend_where_the_date_is_known(kickoff, day, due):
    assert working_day(day, SprintRecord("x", kickoff=kickoff)) == due


def _item(*events, kickoff=None):
    fixes = verdict(_record(*events, kickoff=kickoff)).fixes
    return next(each for each in fixes if "request" in each.text or "a yes to" in each.text)


ASK = {"at": 20, "by": "Dee", "request": "legal", "of": "Noa", "deadline": 4}
NO = {"at": 23, "by": "Noa", "decide": "legal", "decision": "rejected"}


def test_whoever_is_away_stays_so_while_others_find_a_way_round():
    away = {"at": 3, "by": "Ana", "blocker": "b", "title": "Noa on leave, deputy is Kit"}
    round_it = {"at": 9, "by": "Kit", "resolve": "b", "how": "worked_around"}
    back = {"at": 9, "by": "Kit", "resolve": "b", "how": "fixed"}
    assert absence_of("Noa", _record(away, round_it)).stand_in == "Kit"
    assert absence_of("Noa", _record(away, back)) is None


def test_a_request_goes_to_who_stands_in_by_name():
    item = _item(ASK, _answer("Noa is off until Tuesday, Kit stands in for her"))
    assert item.text.startswith("Dee asks Kit by day 7 to answer the legal request in Noa's place")
    assert item.owner == "Dee"


def test_a_request_waits_for_who_is_back_within_two_weeks():
    item = _item(ASK, _answer("Noa is away until 4 May"), kickoff="2026-04-20")
    assert item.text.startswith("Noa answers the legal request by day 13")
    assert item.due_day == 13


def test_who_steps_in_is_known_before_somebody_leaves():
    title = "Ben is a contractor until Friday, nobody else knows the script"
    told = {"at": 3, "by": "Ana", "blocker": "b", "title": title}
    record = _record(told, kickoff="2026-04-20")
    assert absence_of("Ben", record).back is None
    (fix, *_) = verdict(record).fixes
    assert "who can step in" in fix.text
    assert fix.due_day == 2


def test_nobody_is_supposed_who_would_stand_in_for_a_refuser():
    away = {"at": 24, "by": "Ana", "blocker": "b", "title": "Noa is away from Friday to August"}
    item = _item(ASK, {**NO, "why": "Only once the names are out"}, {**away, "severity": "slows"})
    assert "what can go on until Noa is back: “Only once the names are out”" in item.text
    assert "asks" not in item.text.partition(" asks for ")[2]


def test_without_a_deputy_who_is_above_is_asked_for():
    item = _item(ASK, _answer("Noa is on leave, no deputy"))
    assert item.text.startswith("Dee says by day 7 who above Noa answers the legal request")
    item = _item(ASK, _answer("Noa is away until monday, no deputy"))
    assert item.text.startswith("Noa answers the legal request by day 7")


def test_who_decides_instead_is_asked_by_name_where_the_no_names_them():
    no = {**NO, "why": "EUR 7,000 is above my limit, it must be put to Cho"}
    item = _item(ASK, no)
    assert item.text.startswith("Dee asks Cho by day 7 to answer the legal request, which Noa says")
    assert item.owner == "Dee"
    no = {**NO, "why": "3400 is over my limit of 1000, ask Cho on Saturday"}
    assert _item(ASK, no).text.startswith("Dee asks Cho by day 7 to answer the legal request")
    unnamed = _item(ASK, {**NO, "why": "above my limit, that is for the head of finance"})
    assert unnamed.text.startswith("Dee takes the legal request by day 7 to whoever decides it")


def test_who_was_asked_answers_where_a_title_waits_for_their_yes():
    title = "legal has to sign the contract, 3 weeks"
    told = {"at": 3, "by": "Ana", "blocker": "b", "title": title, "severity": "stops"}
    item = _item(told, ASK)
    assert item.text.startswith("Noa answers the legal request by day 7")
    assert item.text.endswith(f"; it is about “{title}”.")


@pytest.mark.parametrize("word", ["no", "just no", "nein", "c'est non"])
def test_a_bare_no_names_no_condition(word):
    assert refusal_says(word) == "flat"
