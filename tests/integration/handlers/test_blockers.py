from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.slack.ids import Act, Shortcut, View
from bot.store.models import Blocker, Note
from handlers.blockers import ACTIONS, COMMANDS, SHORTCUTS, VIEWS
from handlers.dispatch import run
from handlers.request import Done, Errors, Form, Open, Request, Say
from tests.houses import ANA, BEN, CHANNEL, EVE, TEAM, add_sprint, advance

SENTENCE = "Read access needs a form signed by two directors"


def type_in(desk, text, user=ANA, channel=CHANNEL, receipt=None):
    request = Request(TEAM, user, "ana", channel, "trigger", text, receipt=receipt)
    return run(desk, COMMANDS["/blocker"], request)


def press(desk, act, value="1", user=ANA):
    request = Request(TEAM, user, "ana", CHANNEL, "trigger", action_id=act, value=value)
    return run(desk, ACTIONS[act], request)


def submit(desk, opened, user=ANA, receipt="view:1", **typed):
    values = {
        key: {key: {"selected_option": {"value": value}}}
        if key in ("kind", "severity", "remedy", "family", "sprint")
        else {key: {"value": value, "selected_user": value}}
        for key, value in typed.items()
    }
    view = dict(opened.view)
    request = Request(
        TEAM,
        user,
        "ana",
        form=Form(values),
        private=view["private_metadata"],
        view=view,
        receipt=receipt,
    )
    return run(desk, VIEWS[View.BLOCKER], request)


POSTED = "1700000000.000100"


def on_message(
    desk, shortcut, text="The build <!channel> fails", user=ANA, channel=CHANNEL, ts=POSTED
):
    message = {"text": text, "ts": ts, "user": BEN}
    return run(desk, SHORTCUTS[shortcut], Request(TEAM, user, "ana", channel, message=message))


def blockers(house):
    with house.reading(TEAM) as unit:
        return list(unit.session.scalars(select(Blocker).order_by(Blocker.id)))


def initial(view, block_id):
    [block] = [each for each in view["blocks"] if each["block_id"] == block_id]
    element = block["element"]
    chosen = element.get("initial_option", {}).get("value")
    return element.get("initial_value") or chosen or element.get("initial_user")


def said(outcome):
    assert isinstance(outcome, Say), outcome
    return str(outcome.content)


def test_a_sentence_is_logged_at_once_and_its_entities_are_read(desk, house, running_sprint):
    typed = "A &lt;b&gt; &amp; <@U2|ben> <https://x.test|the form> &amp;lt;"
    assert type_in(desk, typed) == Done()
    assert blockers(house)[0].title == "A <b> & @ben the form &lt;"


def test_elsewhere_one_is_told_where_it_went(desk, running_sprint):
    assert "Logged as blocker 1" in said(type_in(desk, SENTENCE, channel="D9"))


def test_a_delivery_that_comes_twice_is_logged_once(desk, house, running_sprint):
    for _ in range(2):
        type_in(desk, SENTENCE, receipt="command:1")
    assert len(blockers(house)) == 1


@pytest.mark.parametrize(
    ("word", "nearest"), [("lst", "list"), ("LISTS", "list"), ("hlep", "help")]
)
def test_a_mistyped_subcommand_is_not_logged(desk, house, running_sprint, word, nearest):
    assert f"/blocker {nearest}" in said(type_in(desk, word))
    assert blockers(house) == []


@pytest.mark.parametrize("text", ["!!", "x", "🙈"])
def test_too_few_words_are_refused_with_an_example(desk, house, running_sprint, text):
    outcome = type_in(desk, text)
    assert isinstance(outcome, (Say, Errors))
    assert "for example" in str(outcome)
    assert blockers(house) == []


def test_too_many_words_open_the_form_with_them(desk, running_sprint):
    outcome = type_in(desk, "access " * 100)
    assert isinstance(outcome, Open)
    assert len(initial(outcome.view, "title")) <= 300


def test_the_form_logs_what_was_filled_in(desk, house, running_sprint):
    opened = type_in(desk, "")
    assert isinstance(opened, Open)
    assert initial(opened.view, "kind") == "auto"
    filled = {
        "title": SENTENCE,
        "kind": "decision_authority",
        "severity": "slows",
        "remedy": "governance",
        "lead_time": "2-6 weeks",
        "waits_for": "legal",
        "owner": BEN,
        "family": "auto",
    }
    assert submit(desk, opened, **filled) == Done()
    [blocker] = blockers(house)
    assert (blocker.kind, blocker.severity, blocker.owner_id) == (
        "decision_authority",
        "slows",
        BEN,
    )
    assert (blocker.lead_time, blocker.waits_for, blocker.family) == ("2-6 weeks", "legal", None)


def test_a_fault_stands_at_its_field_and_the_form_stays_open(desk, house, running_sprint):
    opened = type_in(desk, "")
    outcome = submit(desk, opened, title="..", kind="auto", severity="stops")
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == ["title"]
    outcome = submit(desk, opened, title=SENTENCE, kind="bogus", severity="stops")
    assert isinstance(outcome, Errors)
    assert list(outcome.errors) == ["kind"]
    assert blockers(house) == []


def test_in_several_sprints_the_form_asks_which(desk, house, running_sprint):
    other = add_sprint(house, title="Second", channel_id="C2")
    opened = type_in(desk, SENTENCE, channel="D9")
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == SENTENCE
    assert initial(opened.view, "kind") == "approval_process"
    submit(desk, opened, sprint=str(other), title=SENTENCE, kind="auto", severity="stops")
    assert blockers(house)[0].sprint_id == other


def test_without_a_sprint_the_next_step_is_named(desk):
    assert "/sprint plan" in said(type_in(desk, SENTENCE, channel="D9"))


def test_before_the_start_nothing_is_logged(desk, house):
    add_sprint(house, status="planned", started_at=None, channel_id=None)
    assert "/sprint start" in said(type_in(desk, SENTENCE, channel="D9"))


def test_the_list_tells_what_is_open_and_what_it_waits_for(desk, house, running_sprint):
    assert "Nothing blocks" in said(type_in(desk, "list"))
    type_in(desk, SENTENCE)
    type_in(desk, "The notebook server has 2 GB of memory")
    press(desk, Act.BLOCKER_FIXED)
    shown = said(type_in(desk, "list", user=EVE))
    assert "1 open blocker" in shown
    assert "notebook server" in shown
    assert SENTENCE not in shown


def test_help_shows_examples(desk):
    assert "/blocker list" in said(type_in(desk, "help"))


def test_the_second_to_resolve_is_told_who_did(desk, house, running_sprint):
    type_in(desk, SENTENCE)
    assert press(desk, Act.BLOCKER_FIXED) == Done()
    advance(house, 1)
    shown = said(press(desk, Act.BLOCKER_WORKED_AROUND, user=BEN))
    assert "Ana marked blocker 1 as fixed" in shown
    assert "<!date^" in shown
    assert "Reopen" in said(press(desk, Act.BLOCKER_STILL, user=BEN))


def test_reopen_and_still_answer_a_second_press(desk, running_sprint):
    type_in(desk, SENTENCE)
    assert "open already" in said(press(desk, Act.BLOCKER_REOPEN))
    assert press(desk, Act.BLOCKER_STILL) == Done()
    assert "Noted" in said(press(desk, Act.BLOCKER_STILL))


@pytest.mark.parametrize("value", ["", "x", "99", "1:2:3x", "9" * 30])
@pytest.mark.parametrize("act", [act for act in ACTIONS if act != Act.BLOCKER_OPEN_FORM])
def test_a_button_of_another_time_is_answered(desk, running_sprint, act, value):
    assert isinstance(press(desk, act, value=value), Say)


def test_edit_opens_with_what_is_known_and_saves(desk, house, running_sprint):
    type_in(desk, SENTENCE)
    opened = press(desk, Act.BLOCKER_EDIT)
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == SENTENCE
    submit(desk, opened, title="Two signatures", kind="approval_process", severity="slows")
    [blocker] = blockers(house)
    assert (blocker.title, blocker.severity) == ("Two signatures", "slows")
    assert isinstance(press(desk, Act.BLOCKER_EDIT, user=EVE), Say)


def test_a_message_becomes_a_blocker_with_its_link_once(desk, house, running_sprint):
    opened = on_message(desk, Shortcut.LOG_AS_BLOCKER)
    assert isinstance(opened, Open)
    assert initial(opened.view, "title") == "The build @channel fails"
    submit(desk, opened, title="The build fails", kind="auto", severity="stops")
    assert blockers(house)[0].permalink.endswith("/C1/p1700000000000100")
    assert "blocker 1" in said(on_message(desk, Shortcut.LOG_AS_BLOCKER, user=BEN))


@pytest.mark.parametrize("shortcut", [Shortcut.LOG_AS_BLOCKER, Shortcut.KEEP_FOR_DEBRIEF])
@pytest.mark.parametrize("ts", ["", None, "../1.2", "é" * 30_000])
def test_a_message_that_nothing_names_is_neither_logged_nor_kept(
    desk, house, running_sprint, shortcut, ts
):
    assert "which message" in said(on_message(desk, shortcut, ts=ts))
    with house.reading(TEAM) as unit:
        assert unit.session.scalars(select(Note)).all() == []


def test_a_message_is_kept_for_the_debrief_once(desk, house, running_sprint):
    assert "Kept" in said(on_message(desk, Shortcut.KEEP_FOR_DEBRIEF))
    assert "Ana kept" in said(on_message(desk, Shortcut.KEEP_FOR_DEBRIEF, user=BEN))
    assert "no words" in said(on_message(desk, Shortcut.KEEP_FOR_DEBRIEF, text=""))
    with house.reading(TEAM) as unit:
        [note] = unit.session.scalars(select(Note))
    assert (note.text, note.said_by, note.kept_by) == ("The build @channel fails", BEN, ANA)
